//! Outputs of the machine on their way to the tasks that do them.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};

use crate::Machine;
use crate::io::{HttpResponse, Output};

/// The machine, and who waits for what.
#[derive(Debug)]
pub(super) struct State<M> {
    pub(super) server: M,
    pub(super) online: bool,
    exchanges: BTreeMap<u64, oneshot::Sender<Option<HttpResponse>>>,
    upgrades: BTreeMap<u64, oneshot::Sender<Upgrade>>,
    sockets: BTreeMap<u64, mpsc::UnboundedSender<ToSocket>>,
    names: u64,
    armed: Option<u64>,
    verbose: bool,
}

/// What becomes of an upgrade.
#[derive(Debug)]
pub(super) enum Upgrade {
    Accepted,
    Refused(u16),
}

/// What a socket's task has to do.
#[derive(Debug)]
pub(super) enum ToSocket {
    Send(String),
    Close(u16, String),
    Cut,
}

impl<M: Machine> State<M> {
    pub(super) const fn new(server: M, verbose: bool) -> Self {
        Self {
            server,
            online: true,
            exchanges: BTreeMap::new(),
            upgrades: BTreeMap::new(),
            sockets: BTreeMap::new(),
            names: 0,
            armed: None,
            verbose,
        }
    }

    /// A name for an exchange or a socket.
    const fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// Someone waits for an answer; `None` instead of one means that the connection is to be cut.
    pub(super) fn expect_answer(&mut self) -> (u64, oneshot::Receiver<Option<HttpResponse>>) {
        let exchange = self.name();
        let (sender, receiver) = oneshot::channel();
        self.exchanges.insert(exchange, sender);
        (exchange, receiver)
    }

    /// Nobody waits any more. Says whether the answer was still to come.
    pub(super) fn forget_answer(&mut self, exchange: u64) -> bool {
        self.exchanges.remove(&exchange).is_some()
    }

    pub(super) fn expect_socket(
        &mut self,
    ) -> (u64, oneshot::Receiver<Upgrade>, mpsc::UnboundedReceiver<ToSocket>) {
        let socket = self.name();
        let (decide, decision) = oneshot::channel();
        let (sender, receiver) = mpsc::unbounded_channel();
        self.upgrades.insert(socket, decide);
        self.sockets.insert(socket, sender);
        (socket, decision, receiver)
    }

    pub(super) fn forget_socket(&mut self, socket: u64) {
        self.upgrades.remove(&socket);
        self.sockets.remove(&socket);
    }

    /// Cuts all sockets and names them.
    pub(super) fn cut_all(&mut self) -> Vec<u64> {
        let sockets = std::mem::take(&mut self.sockets);
        sockets
            .into_iter()
            .map(|(socket, sender)| {
                let _ = sender.send(ToSocket::Cut);
                socket
            })
            .collect()
    }

    /// Whether the time of the next wakeup has changed since it was last asked.
    pub(super) fn rearmed(&mut self) -> bool {
        let next = self.server.next_wakeup();
        std::mem::replace(&mut self.armed, next) != next
    }

    pub(super) fn dispatch(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            self.log_output(&output);
            match output {
                Output::Answer { exchange, response } => {
                    if let Some(waiting) = self.exchanges.remove(&exchange) {
                        let _ = waiting.send(Some(response));
                    }
                }
                Output::NoAnswer { exchange } => {
                    if let Some(waiting) = self.exchanges.remove(&exchange) {
                        let _ = waiting.send(None);
                    }
                }
                // The sender stays where it is: whoever waits, waits.
                Output::Hang { .. } => {}
                Output::AcceptSocket { socket } => {
                    if let Some(waiting) = self.upgrades.remove(&socket) {
                        let _ = waiting.send(Upgrade::Accepted);
                    }
                }
                Output::RefuseSocket { socket, status } => {
                    self.sockets.remove(&socket);
                    if let Some(waiting) = self.upgrades.remove(&socket) {
                        let _ = waiting.send(Upgrade::Refused(status));
                    }
                }
                Output::Send { socket, text } => self.tell(socket, ToSocket::Send(text)),
                Output::Close { socket, code, reason } => {
                    self.tell(socket, ToSocket::Close(code, reason));
                    self.sockets.remove(&socket);
                }
                Output::Cut { socket } => {
                    self.tell(socket, ToSocket::Cut);
                    self.sockets.remove(&socket);
                }
            }
        }
    }

    fn tell(&self, socket: u64, what: ToSocket) {
        if let Some(sender) = self.sockets.get(&socket) {
            let _ = sender.send(what);
        }
    }

    pub(super) fn log(&self, line: impl FnOnce() -> String) {
        if self.verbose {
            eprintln!("{}", line());
        }
    }

    fn log_output(&self, output: &Output) {
        self.log(|| match output {
            Output::Answer { exchange, response } => format!("#{exchange} -> {}", response.status),
            Output::NoAnswer { exchange } => format!("#{exchange} -> cut without an answer"),
            Output::Hang { exchange } => format!("#{exchange} -> never answered"),
            Output::AcceptSocket { socket } => format!("socket {socket} -> accepted"),
            Output::RefuseSocket { socket, status } => {
                format!("socket {socket} -> refused {status}")
            }
            Output::Send { socket, text } => format!("socket {socket} -> {}", kind(text)),
            Output::Close { socket, code, reason } => {
                format!("socket {socket} -> close {code} {reason}")
            }
            Output::Cut { socket } => format!("socket {socket} -> reset"),
        });
    }
}

/// What kind of frame: its topic, and the content type inside.
pub(super) fn kind(frame: &str) -> String {
    let after = |mark: &str| {
        let rest = &frame[frame.find(mark)? + mark.len()..];
        Some(rest.trim_start().trim_start_matches('"').split(['"', '\\']).next().unwrap_or(""))
    };
    let topic = after("\"topic\":").unwrap_or("(no topic)");
    match after("\\\"ContentType\\\":\\\"") {
        Some(content_type) => format!("{topic} {content_type}"),
        None => topic.to_owned(),
    }
}
