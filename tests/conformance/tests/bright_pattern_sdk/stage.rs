//! A session beside the service, in virtual time, brought to where an exercise begins.

use std::collections::BTreeMap;

use helpline_emulator::bright_pattern::{
    APP_ID, AgentAction, Input as ToServer, Operation as Asked, Output as FromServer, Server, ServerConfig,
    TENANT,
};
use helpline_emulator::bright_pattern::{HttpRequest as ServerRequest, HttpResponse as ServerResponse};
use helpline_protocol::bright_pattern::{self, Request};
use helpline_protocol::model::TranscriptItem;
use helpline_protocol::{
    Command, CommandError, CommandId, CommandResult, Config, ConnectionState, ConversationKey, Event,
    HttpRequest, HttpResponse, Input, Output, Policy, RequestId, Session, TransportFault,
};
use helpline_simulation::{Files, Mirror, WALL_START, at, session_seed};

/// Whose chat it is.
pub(crate) const CLIENT: &str = "0B9D1C3E-52F7-4A86-9E41-3C7D8A5F2B10";

/// Milliseconds that anything takes to get to the other side.
const LATENCY: u64 = 5;

/// The conversation that is begun first.
pub(crate) const FIRST: ConversationKey = ConversationKey::from_u64(1);

/// A session, the service, and time.
pub(crate) struct Stage {
    pub(crate) session: Session,
    pub(crate) server: Server,
    pub(crate) lines: Vec<Event>,
    pub(crate) mirror: Mirror,
    pub(crate) files: Files,
    /// Requests that the session made.
    pub(crate) sent: Vec<HttpRequest>,
    /// What is on its way to the session, by when it arrives.
    coming: BTreeMap<(u64, u64), Input>,
    /// What a lost request or answer looks like to the host, where that is not a lost connection.
    pub(crate) fault_in_place_of_loss: Option<TransportFault>,
    now: u64,
    count: u64,
}

/// The configuration of a session at the emulator.
pub(crate) fn config() -> bright_pattern::Config {
    bright_pattern::Config::new(TENANT, APP_ID, CLIENT).with_endpoint("http://127.0.0.1:80")
}

/// A server whose polls are held for ten seconds.
pub(crate) fn server() -> ServerConfig {
    let mut config = ServerConfig::default();
    (config.hold.from, config.hold.to) = (10_000, 10_000);
    config
}

impl Stage {
    pub(crate) fn new(config: impl Into<Config>, server: ServerConfig) -> Self {
        Self {
            session: Session::new(config, session_seed(1), at(0)).expect("the configuration works"),
            server: Server::new(server, 1),
            lines: Vec::new(),
            mirror: Mirror::default(),
            files: Files::default(),
            sent: Vec::new(),
            coming: BTreeMap::new(),
            fault_in_place_of_loss: None,
            now: 0,
            count: 0,
        }
    }

    /// The same chat in another session, as after a restart of the app.
    pub(crate) fn again(self, config: impl Into<Config>) -> Self {
        let Self { server, now, count, files, .. } = self;
        let session = Session::new(config, session_seed(2), at(now)).expect("the configuration works");
        let (lines, mirror, sent, coming) = Default::default();
        let fault_in_place_of_loss = None;
        let mut stage =
            Self { session, server, lines, mirror, files, sent, coming, fault_in_place_of_loss, now, count };
        assert_eq!(stage.run(Command::Connect), CommandResult::Done);
        stage.run_for(1_000);
        stage
    }

    pub(crate) fn execute(&mut self, command: Command) -> Result<CommandId, CommandError> {
        let mut out = Vec::new();
        let result = self.session.execute(at(self.now), command, &mut out);
        self.carry(out);
        result
    }

    pub(crate) fn tell(&mut self, input: Input) {
        let input = match input {
            Input::Response { request, result } => {
                Input::Response { request, result: self.files.store(request, result) }
            }
            other => other,
        };
        let mut out = Vec::new();
        self.session.handle(at(self.now), input, &mut out);
        self.carry(out);
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn run_for(&mut self, span: u64) {
        let end = self.now + span;
        while let Some(next) = self.next_step().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            if let Some(entry) = self.coming.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let input = entry.remove();
                self.tell(input);
            } else if self.server.next_wakeup().is_some_and(|wake| wake <= WALL_START + self.now) {
                self.serve(ToServer::Wakeup);
            } else {
                self.tell(Input::Woke);
            }
        }
        self.now = end;
    }

    fn next_step(&self) -> Option<u64> {
        let arrival = self.coming.keys().next().map(|(at, _)| *at);
        let server = self.server.next_wakeup().map(|wake| wake.saturating_sub(WALL_START));
        let deadline = self.session.deadline().map(|deadline| deadline.at.as_micros().div_ceil(1_000));
        [arrival, server, deadline].into_iter().flatten().min()
    }

    fn serve(&mut self, input: ToServer) {
        let mut out = Vec::new();
        self.server.handle(WALL_START + self.now, input, &mut out);
        self.take(out);
    }

    /// What the service does goes on its way.
    fn take(&mut self, out: Vec<FromServer>) {
        for output in out {
            let (exchange, result) = match output {
                FromServer::Answer { exchange, response } if response.cut_at.is_none() => {
                    (exchange, Ok(from_server(response)))
                }
                FromServer::Answer { exchange, .. } | FromServer::NoAnswer { exchange } => (
                    exchange,
                    Err(self.fault_in_place_of_loss.clone().unwrap_or(TransportFault::ConnectionLost)),
                ),
                FromServer::Hang { .. } => continue,
                other => panic!("the service has no sockets: {other:?}"),
            };
            self.come(exchange, result);
        }
    }

    fn come(&mut self, exchange: u64, result: Result<HttpResponse, TransportFault>) {
        let input = Input::Response { request: RequestId::from_u64(exchange), result };
        self.count += 1;
        self.coming.insert((self.now + LATENCY, self.count), input);
    }

    fn carry(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Request { id, mut request, sink, .. } => {
                    self.sent.push(request.clone());
                    match self.files.load(id, &mut request, sink) {
                        Ok(()) => {
                            let request = to_server(request);
                            self.serve(ToServer::Http { exchange: id.as_u64(), request });
                        }
                        Err(fault) => self.come(id.as_u64(), Err(fault)),
                    }
                }
                Output::Event(event) => {
                    self.mirror.apply(&event);
                    self.lines.push(event);
                }
                Output::CancelRequest { id } => self.serve(ToServer::Gone { exchange: id.as_u64() }),
                Output::Checkpoint => {}
                other => panic!("a poll needs no {other:?}"),
            }
        }
    }

    /// The company's side does something in the client's chat, and a second passes.
    pub(crate) fn agent(&mut self, action: AgentAction) {
        let chat = self.chat();
        let mut out = Vec::new();
        self.server.agent(WALL_START + self.now, &chat, action, &mut out);
        self.take(out);
        self.run_for(1_000);
    }

    /// The provider's id of the client's chat.
    pub(crate) fn chat(&self) -> String {
        self.server.chat_of_client(CLIENT).expect("a chat").to_owned()
    }

    /// Gives a command, and lets a minute pass at the most until it has finished.
    pub(crate) fn run(&mut self, command: Command) -> CommandResult {
        let id = self.execute(command).expect("the command is taken");
        for _ in 0..600 {
            if let Some(result) = self.result_of(id) {
                return result;
            }
            self.run_for(100);
        }
        panic!("{id} has not finished: {:#?}", self.lines)
    }

    /// Asks for what only this provider has.
    pub(crate) fn ask(&mut self, request: Request) -> CommandResult {
        self.run(Command::BrightPattern { conversation: None, request })
    }

    pub(crate) fn result_of(&self, id: CommandId) -> Option<CommandResult> {
        self.lines.iter().find_map(|event| match event {
            Event::CommandFinished { command, result } if *command == id => Some(result.clone()),
            _ => None,
        })
    }

    pub(crate) fn items(&self) -> Vec<&TranscriptItem> {
        self.session.transcript(FIRST).collect()
    }

    pub(crate) fn newest(&self) -> TranscriptItem {
        (*self.items().last().expect("an item")).clone()
    }

    /// What only this provider tells.
    pub(crate) fn told(&self) -> Vec<&bright_pattern::Event> {
        self.lines
            .iter()
            .filter_map(|event| match event {
                Event::BrightPattern { event, .. } => Some(event),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn has_told(&self, wanted: impl Fn(&bright_pattern::Event) -> bool) -> bool {
        self.told().into_iter().any(wanted)
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.lines.iter().filter(|event| wanted(event)).count()
    }

    pub(crate) fn calls(&self, operation: Asked) -> u64 {
        self.server.stats().calls_of(operation)
    }

    /// Whether all changes that were told make up the transcript that there is.
    pub(crate) fn assert_told(&self) {
        assert_eq!(self.mirror.difference(self.items().into_iter()), None, "the user's own list");
    }
}

/// A session that has not connected.
pub(crate) fn idle() -> Stage {
    Stage::new(config(), server())
}

/// One that is in a chat, with an agent.
pub(crate) fn live() -> Stage {
    live_at(config(), server())
}

pub(crate) fn live_at(config: impl Into<Config>, server: ServerConfig) -> Stage {
    let mut stage = connected_at(config, server);
    stage.agent(AgentAction::Join);
    stage
}

/// One that is in a chat where nobody is yet.
pub(crate) fn connected_at(config: impl Into<Config>, server: ServerConfig) -> Stage {
    let mut stage = Stage::new(config, server);
    assert_eq!(stage.run(Command::Connect), CommandResult::Done);
    assert_eq!(stage.session.state(), ConnectionState::Live);
    stage.run_for(1_000);
    stage
}

/// The policy that a session has.
pub(crate) fn policy() -> Policy {
    Policy::bright_pattern()
}

fn to_server(request: HttpRequest) -> ServerRequest {
    let target = request.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let method = request.method.to_string();
    ServerRequest { method, target, headers, body: request.into_http().into_body().to_vec() }
}

fn from_server(response: ServerResponse) -> HttpResponse {
    let status = http::StatusCode::from_u16(response.status).expect("a status");
    let mut converted = HttpResponse::new(status, response.body);
    for (name, value) in response.headers {
        let name: http::HeaderName = name.parse().expect("a header name");
        converted.headers.append(name, value.parse().expect("a header value"));
    }
    converted
}
