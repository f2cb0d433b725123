//! A host with no async in it: a [`Session`] driven by threads, blocking HTTP (ureq) and blocking WebSockets
//! (tungstenite), here against an emulator in this process. One thread owns the session, and waits for what another
//! has to tell or for the deadline; a request has a thread until it is answered, a socket while it is open. Without
//! TLS, which loopback does not need: for a real provider build ureq with it, and give the socket a rustls stream.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant, SystemTime};

use helpline_emulator::amazon_connect::{AgentScript, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::model::OutgoingContent;
use helpline_protocol::{
    Command, Event, Frame, HttpRequest, HttpResponse, Input, Now, Output, Session, SocketClosed, SocketId,
    Timestamp, TransportFault, WallTime, amazon_connect,
};
use tungstenite::{Error::Io, Message, WebSocket};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long a socket's thread listens before it looks whether there is something to send.
const LISTEN: Duration = Duration::from_millis(10);

/// Owns the session, and carries out what it asks for.
struct Host {
    session: Session,
    began: Instant,
    agent: ureq::Agent,
    /// What threads have to tell.
    tell: Sender<Input>,
    told: Receiver<Input>,
    /// What each socket's thread has to send; a socket whose sender is dropped says goodbye.
    sockets: BTreeMap<SocketId, Sender<Frame>>,
}

impl Host {
    fn new(config: amazon_connect::Config) -> Result<Self, Error> {
        let (began, mut seed, (tell, told)) = (Instant::now(), [0; 32], mpsc::channel());
        getrandom::fill(&mut seed)?;
        let session = Session::new(config, seed, now(began))?;
        // Retries, redirects and what a status means are the session's affair.
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Ok(Self { session, began, agent, tell, told, sockets: BTreeMap::new() })
    }

    /// Gives a command, and returns what the user is told at once.
    fn execute(&mut self, command: Command) -> Result<Vec<Event>, Error> {
        let mut out = Vec::new();
        self.session.execute(now(self.began), command, &mut out)?;
        Ok(self.carry_out(out))
    }

    /// Waits for what comes first, and returns what the user is told of it.
    fn wait(&mut self) -> Vec<Event> {
        let deadline = self.session.deadline().map(|deadline| deadline.at);
        let wait = deadline.map_or(Duration::MAX, |at| at.saturating_since(now(self.began).at));
        let input = self.told.recv_timeout(wait).unwrap_or(Input::Woke);
        let mut out = Vec::new();
        self.session.handle(now(self.began), input, &mut out);
        self.carry_out(out)
    }

    fn carry_out(&mut self, out: Vec<Output>) -> Vec<Event> {
        let mut events = Vec::new();
        for output in out {
            let tell = self.tell.clone();
            match output {
                Output::Request { id: request, request: what, timeout, .. } => {
                    let agent = self.agent.clone();
                    // Whoever is told may have gone away.
                    std::thread::spawn(move || {
                        _ = tell.send(Input::Response { request, result: exchange(&agent, what, timeout) });
                    });
                }
                Output::OpenSocket { id: socket, request, timeout } => {
                    let (sender, frames) = mpsc::channel();
                    self.sockets.insert(socket, sender);
                    std::thread::spawn(move || {
                        let why = converse(socket, request, timeout, &frames, &tell);
                        _ = tell.send(Input::SocketClosed { socket, why });
                    });
                }
                Output::SendFrame { socket, frame } => {
                    _ = self.sockets.get(&socket).map(|sender| sender.send(frame));
                }
                Output::CloseSocket { id, .. } => drop(self.sockets.remove(&id)),
                Output::Event(event) => events.push(event),
                // An answer that nobody waits for is ignored. Nothing is kept on disk here.
                _ => {}
            }
        }
        events
    }
}

fn now(began: Instant) -> Now {
    let at = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let wall = WallTime::from_unix_millis(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX));
    Now::new(Timestamp::from_micros(at), wall)
}

fn exchange(
    agent: &ureq::Agent,
    request: HttpRequest,
    timeout: Duration,
) -> Result<HttpResponse, TransportFault> {
    let request = request.into_http().map(|body| body.to_vec());
    let request = agent.configure_request(request).timeout_global(Some(timeout)).build();
    // It may have arrived: a message is sent again under its token, whatever went wrong.
    let mut answer = agent.run(request).map_err(|_| TransportFault::ConnectionLost)?;
    let body = answer.body_mut().read_to_vec().map_err(|_| TransportFault::ConnectionLost)?;
    Ok(answer.map(|_| body.into()).into())
}

/// Opens a socket, and reads and writes until it ends. Why it did.
fn converse(
    socket: SocketId,
    request: HttpRequest,
    timeout: Duration,
    frames: &Receiver<Frame>,
    tell: &Sender<Input>,
) -> SocketClosed {
    let Ok(mut open) = dial(request, timeout) else {
        return SocketClosed::Failed(TransportFault::ConnectFailed);
    };
    _ = tell.send(Input::SocketOpened { socket });
    loop {
        match frames.try_recv() {
            Ok(Frame::Text(text)) => drop(open.send(Message::text(text))),
            Ok(_) | Err(TryRecvError::Empty) => {}
            // The session has given it up: one goodbye, and no wait for the answer.
            Err(TryRecvError::Disconnected) => break drop(open.close(None)),
        }
        match open.read() {
            Ok(Message::Text(text)) => {
                let frame = Frame::Text(text.as_str().to_owned());
                _ = tell.send(Input::Frame { socket, frame });
            }
            Ok(Message::Close(frame)) => {
                let code = frame.map(|frame| frame.code.into());
                return SocketClosed::ByPeer { code, reason: String::new() };
            }
            Ok(_) => {}
            Err(Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return SocketClosed::Failed(TransportFault::ConnectionLost),
        }
    }
    SocketClosed::Failed(TransportFault::Cancelled)
}

fn dial(request: HttpRequest, timeout: Duration) -> Result<WebSocket<TcpStream>, Error> {
    let uri = request.into_http().uri().clone();
    let mut addresses = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80)).to_socket_addrs()?;
    let stream = TcpStream::connect_timeout(&addresses.next().ok_or("no such host")?, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    let (open, _answer) = tungstenite::client(uri, stream)?;
    open.get_ref().set_read_timeout(Some(LISTEN))?;
    Ok(open)
}

fn main() -> Result<(), Error> {
    run().map(|story| print!("{story}"))
}

/// Says something to the emulator's agent, hears the answer, and leaves. Returns what was said.
fn run() -> Result<String, Error> {
    // For the emulator: a server, and async inside. The host knows nothing of it.
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = tokio.block_on(Loopback::start(ServerConfig::with_script(AgentScript::echo())))?;
    let details = server.start_chat("Ines");
    let chat = amazon_connect::ChatDetails::new(details.participant_token.as_str());
    let mut host = Host::new(amazon_connect::Config::new(chat).with_endpoint(server.endpoint()))?;
    let mut events = host.execute(Command::Connect)?;
    let (mut story, mut leaving) = (String::new(), false);
    let content = OutgoingContent::text("Where is my parcel?");
    events.extend(host.execute(Command::SendMessage { conversation: None, content })?);
    while !story.contains("ended: you left the chat") {
        events.drain(..).for_each(|event| story.push_str(&format!("{event}\n")));
        if !leaving && story.contains("echo: Where") {
            leaving = true;
            events.extend(host.execute(Command::Leave)?);
        }
        events.extend(host.wait());
    }
    Ok(story)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_goes_out_and_an_answer_comes() {
        let story = super::run().unwrap();
        assert!(story.contains("connection live"), "{story}");
        assert!(story.contains("ended: you left the chat"), "{story}");
    }
}
