//! The emulator in this process. It is a server on tokio, whatever the client runs on: it has a thread and a
//! runtime of its own, and the two meet over loopback only.

use std::io;
use std::thread;

use async_channel::{Sender, bounded};
use helpline_emulator::amazon_connect::{AgentScript, ServerConfig};
use helpline_emulator::loopback::Loopback;

/// Bytes a second of files, to and from the emulator: as at home, so that there is something to see.
const PACE: u64 = 2_000_000;

/// An emulator that runs until it is dropped.
pub(crate) struct Embedded {
    pub(crate) host: Loopback,
    /// Its thread ends when this is gone.
    _stop: Sender<()>,
}

impl Embedded {
    /// Starts one, with an agent who answers.
    pub(crate) async fn start() -> io::Result<Self> {
        let (started, result) = bounded(1);
        let (stop, stopped) = bounded::<()>(1);
        thread::Builder::new().name("emulator".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send_blocking(Err(error))),
            };
            runtime.block_on(async {
                let mut server = ServerConfig::with_script(AgentScript::demo());
                server.faults.storage_bytes_per_second = Some(PACE);
                drop(started.send(Loopback::start(server).await).await);
                _ = stopped.recv().await;
            });
        })?;
        let host = result.recv().await.map_err(io::Error::other)??;
        Ok(Self { host, _stop: stop })
    }
}
