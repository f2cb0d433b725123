//! The emulator in this process. It is a server on tokio, whatever the client runs on: it has a thread and a
//! runtime of its own, and the two meet over loopback only.

use std::future::Future;
use std::io;
use std::thread;

use async_channel::{Sender, bounded};
use helpline_emulator::amazon_connect;
use helpline_emulator::bright_pattern;
use helpline_emulator::loopback::{Host, Loopback};

/// Bytes a second of files, to and from the emulator: as at home, so that there is something to see.
const PACE: u64 = 2_000_000;

/// An emulator that runs until it is dropped.
pub(crate) struct Embedded {
    pub(crate) server: Server,
    /// Its thread ends when this is gone.
    _stop: Sender<()>,
}

/// Whose emulator it is.
pub(crate) enum Server {
    /// Amazon Connect's.
    AmazonConnect(Loopback),
    /// Bright Pattern's.
    BrightPattern(Host<bright_pattern::Server>),
}

impl Embedded {
    /// Starts that of Amazon Connect, with an agent who answers.
    pub(crate) async fn amazon_connect() -> io::Result<Self> {
        let mut server = amazon_connect::ServerConfig::with_script(amazon_connect::AgentScript::demo());
        server.faults.storage_bytes_per_second = Some(PACE);
        Self::start(|| async { Loopback::start(server).await.map(Server::AmazonConnect) }).await
    }

    /// Starts that of Bright Pattern, with a bot and an agent who answer.
    pub(crate) async fn bright_pattern() -> io::Result<Self> {
        let server = bright_pattern::ServerConfig::with_script(bright_pattern::AgentScript::demo());
        Self::start(|| async { Host::start(server).await.map(Server::BrightPattern) }).await
    }

    async fn start<F>(server: impl FnOnce() -> F + Send + 'static) -> io::Result<Self>
    where
        F: Future<Output = io::Result<Server>>,
    {
        let (started, result) = bounded(1);
        let (stop, stopped) = bounded::<()>(1);
        thread::Builder::new().name("emulator".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send_blocking(Err(error))),
            };
            runtime.block_on(async {
                drop(started.send(server().await).await);
                _ = stopped.recv().await;
            });
        })?;
        let server = result.recv().await.map_err(io::Error::other)??;
        Ok(Self { server, _stop: stop })
    }

    /// Where it is served.
    pub(crate) fn endpoint(&self) -> String {
        match &self.server {
            Server::AmazonConnect(host) => host.endpoint(),
            Server::BrightPattern(host) => host.endpoint(),
        }
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        match &self.server {
            Server::AmazonConnect(host) => host.cut_sockets(),
            Server::BrightPattern(host) => host.cut_sockets(),
        }
    }

    /// Whether it can be reached.
    pub(crate) fn set_online(&self, online: bool) {
        match &self.server {
            Server::AmazonConnect(host) => host.set_online(online),
            Server::BrightPattern(host) => host.set_online(online),
        }
    }
}
