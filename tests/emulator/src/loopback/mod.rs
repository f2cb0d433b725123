//! Serves a machine over real HTTP and WebSocket on 127.0.0.1, and does to connections what the machine asks for.
//!
//! ```
//! use helpline_emulator::amazon_connect::{AgentAction, AgentScript, ServerConfig};
//! use helpline_emulator::loopback::Loopback;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let host = Loopback::start(ServerConfig::with_script(AgentScript::silent())).await?;
//! let chat = host.start_chat("Ines");
//! // ... a client connects to host.endpoint() with chat.participant_token ...
//! host.with(|server, now_ms, out| {
//!     server.agent(now_ms, &chat.contact_id, AgentAction::Say("Hello".to_owned()), out);
//! });
//! assert_eq!(host.with(|server, _, _| server.transcript(&chat.contact_id).len()), 1);
//! # Ok(())
//! # }
//! ```

mod body;
mod dispatch;
mod http;
mod socket;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::Machine;
use crate::amazon_connect::{self, ChatDetails};
use crate::io::{Input, Output};
use dispatch::State;

/// What to serve and where.
#[derive(Debug, Clone, Default)]
pub struct LoopbackConfig<C = amazon_connect::ServerConfig> {
    /// The server.
    pub server: C,
    /// The seed of its generator.
    pub seed: u64,
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// One line on standard error for each request and frame, without tokens.
    pub verbose: bool,
}

impl<C: Default> From<C> for LoopbackConfig<C> {
    fn from(server: C) -> Self {
        Self { server, ..Self::default() }
    }
}

/// Amazon Connect that listens.
pub type Loopback = Host<amazon_connect::Server>;

/// A server that listens. It stops when dropped.
#[derive(Debug)]
pub struct Host<M: Machine> {
    shared: Arc<Shared<M>>,
    port: u16,
    tasks: Vec<JoinHandle<()>>,
}

/// What all tasks of a host share.
#[derive(Debug)]
struct Shared<M> {
    state: Mutex<State<M>>,
    /// The next wakeup is another one.
    rearm: Notify,
    /// Every connection that sees this change is cut.
    cut: watch::Sender<u64>,
}

impl<M: Machine> Host<M> {
    /// Listens and serves, on the tokio runtime it is called in.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(config: impl Into<LoopbackConfig<M::Config>>) -> io::Result<Self> {
        let config = config.into();
        let listener = TcpListener::bind(("127.0.0.1", config.port)).await?;
        let port = listener.local_addr()?.port();
        let mut server = M::new(config.server, config.seed);
        server.served_at(&format!("ws://127.0.0.1:{port}"));
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(server, config.verbose)),
            rearm: Notify::new(),
            cut: watch::Sender::new(0),
        });
        let tasks = vec![
            tokio::spawn(accept(Arc::clone(&shared), listener)),
            tokio::spawn(keep_time(Arc::clone(&shared))),
        ];
        Ok(Self { shared, port, tasks })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Runs something on the server, with the time, and does the outputs: agent actions, switches, a look at the truth.
    pub fn with<R>(&self, run: impl FnOnce(&mut M, u64, &mut Vec<Output>) -> R) -> R {
        self.shared.with(run)
    }

    /// Resets all WebSocket connections now.
    pub fn cut_sockets(&self) {
        self.shared.cut_sockets();
    }

    /// While offline all connections are cut, and new ones as soon as they are made.
    pub fn set_online(&self, online: bool) {
        self.shared.lock().online = online;
        if !online {
            self.shared.cut_sockets();
            self.shared.cut_connections();
        }
    }

    /// Stops listening and cuts everything.
    pub fn stop(self) {
        drop(self);
    }
}

impl Loopback {
    /// One chat, as a backend's StartChatContact would make it.
    #[must_use]
    pub fn start_chat(&self, display_name: &str) -> ChatDetails {
        self.with(|server, now_ms, _| server.start_chat(now_ms, display_name))
    }
}

impl<M: Machine> Drop for Host<M> {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.cut_sockets();
        self.shared.cut_connections();
    }
}

impl<M: Machine> Shared<M> {
    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, run: impl FnOnce(&mut M, u64, &mut Vec<Output>) -> R) -> R {
        let mut out = Vec::new();
        let mut state = self.lock();
        let result = run(&mut state.server, unix_ms(), &mut out);
        self.settle(&mut state, out);
        result
    }

    fn input(&self, state: &mut State<M>, input: Input) {
        let mut out = Vec::new();
        state.server.handle(unix_ms(), input, &mut out);
        self.settle(state, out);
    }

    fn settle(&self, state: &mut State<M>, out: Vec<Output>) {
        state.dispatch(out);
        if state.rearmed() {
            self.rearm.notify_one();
        }
    }

    fn cut_sockets(&self) {
        let mut state = self.lock();
        for socket in state.cut_all() {
            self.input(&mut state, Input::SocketClosed { socket, code: None });
        }
    }

    fn cut_connections(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

/// Unix time in milliseconds.
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Wakes the machine when it wants to be woken.
async fn keep_time<M: Machine>(shared: Arc<Shared<M>>) {
    loop {
        let due_ms = shared.lock().server.next_wakeup();
        let wait = async {
            match due_ms {
                None => std::future::pending().await,
                Some(due_ms) => {
                    let wait = std::time::Duration::from_millis(due_ms.saturating_sub(unix_ms()));
                    tokio::time::sleep(wait).await;
                }
            }
        };
        tokio::select! {
            () = wait => {
                let mut state = shared.lock();
                shared.input(&mut state, Input::Wakeup);
            }
            () = shared.rearm.notified() => {}
        }
    }
}

async fn accept<M: Machine>(shared: Arc<Shared<M>>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        // Before the question, so that no cut falls between.
        let cut = shared.cut.subscribe();
        if shared.lock().online {
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(Arc::clone(&shared), stream, cut));
        } else {
            let _ = stream.set_zero_linger();
        }
    }
}

/// One connection, until it ends, becomes a socket, or is cut.
async fn serve<M: Machine>(shared: Arc<Shared<M>>, stream: TcpStream, mut cut: watch::Receiver<u64>) {
    let service = service_fn(|request| http::answer(Arc::clone(&shared), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        _ = connection => {}
        _ = cut.changed() => {}
    }
}
