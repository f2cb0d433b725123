//! Snapshots that earlier versions wrote. Each is restored here and goes on: none of these files is ever changed,
//! and each version of the format adds its own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test, with helpers that are no test functions"
)]

use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::{
    Body, Command, CommandResult, ConnectionState, Event, Frame, HttpResponse, Input, Now, Operation, Output,
    Session, Snapshot, SocketId, Timestamp, WallTime,
};

const SAMPLES: &[(&str, &str)] = &[
    ("idle", include_str!("snapshots/v1-idle.json")),
    ("catching up", include_str!("snapshots/v1-catching-up.json")),
    ("in mid-send", include_str!("snapshots/v1-in-mid-send.json")),
    ("file under way, with secrets", include_str!("snapshots/v1-file-under-way-with-secrets.json")),
    ("questions", include_str!("snapshots/v1-questions.json")),
    ("reconnecting, with secrets", include_str!("snapshots/v1-reconnecting-with-secrets.json")),
    ("ended", include_str!("snapshots/v1-ended.json")),
];

const GRANT: &str = r#"{"Websocket":{"Url":"wss://gateway.example/prod?ticket=t"},"ConnectionCredentials":{"ConnectionToken":"next"}}"#;
const ACK: &str = r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#;

/// A host that has the session of a sample, and a provider that says yes.
struct Host {
    session: Session,
    at: u64,
    out: Vec<Output>,
    events: Vec<Event>,
    sent: Vec<String>,
    ids: u64,
}

impl Host {
    fn restore(text: &str) -> Self {
        let snapshot = Snapshot::parse(text).expect("it is read");
        let config = snapshot.config().unwrap_or_else(|| {
            let details = ChatDetails::new("secret-participant").with_participant_id("me");
            Config::new(details).into()
        });
        let mut out = Vec::new();
        let session = Session::restore(config, &snapshot, [2; 32], now(0), &mut out).expect("it is restored");
        let mut host = Self { session, at: 0, out, events: Vec::new(), sent: Vec::new(), ids: 0 };
        host.carry_out();
        host
    }

    fn tell(&mut self, input: Input) {
        self.session.handle(now(self.at), input, &mut self.out);
    }

    /// Answers all that is asked, until nothing is.
    fn carry_out(&mut self) {
        while !self.out.is_empty() {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Request { id, request, operation, .. } => {
                        let answer = self.answer(operation, &request.body);
                        self.tell(Input::Response { request: id, result: Ok(answer) });
                    }
                    Output::OpenSocket { id, .. } => {
                        self.tell(Input::SocketOpened { socket: id });
                        self.frame(id, ACK);
                    }
                    Output::SendFrame { socket, frame: Frame::Text(text) } => self.probed(socket, &text),
                    Output::Event(event) => self.events.push(event),
                    _ => {}
                }
            }
        }
    }

    fn frame(&mut self, socket: SocketId, text: &str) {
        self.tell(Input::Frame { socket, frame: Frame::Text(text.to_owned()) });
    }

    fn probed(&mut self, socket: SocketId, text: &str) {
        if text.contains("aws/heartbeat") {
            self.frame(socket, r#"{"topic":"aws/heartbeat"}"#);
        } else if text.contains("aws/ping") {
            self.frame(socket, r#"{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}"#);
        }
    }

    fn answer(&mut self, operation: Operation, body: &Body) -> HttpResponse {
        self.ids += 1;
        let text = match operation {
            Operation::Authorise => GRANT.to_owned(),
            Operation::SendMessage => {
                let Body::Bytes(body) = body else { panic!("a message without a body") };
                let body: serde_json::Value = serde_json::from_slice(body).unwrap();
                self.sent.push(body["Content"].as_str().unwrap().to_owned());
                format!(r#"{{"Id":"n{}","AbsoluteTime":"2026-03-14T10:00:00.000Z"}}"#, self.ids)
            }
            Operation::StartUpload => {
                r#"{"AttachmentId":"a9","UploadMetadata":{"Url":"https://store.example/put"}}"#.to_owned()
            }
            Operation::AttachmentUrl => r#"{"Url":"https://store.example/get"}"#.to_owned(),
            Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript => {
                r#"{"Transcript":[]}"#.to_owned()
            }
            _ => "{}".to_owned(),
        };
        HttpResponse::new(http::StatusCode::OK, text)
    }

    fn wait(&mut self, millis: u64) {
        self.at += millis;
        self.tell(Input::Woke);
        self.carry_out();
    }
}

fn now(millis: u64) -> Now {
    let wall = 1_773_480_500_000 + i64::try_from(millis).unwrap();
    Now::new(Timestamp::from_millis(millis), WallTime::from_unix_millis(wall))
}

#[test]
fn every_snapshot_that_was_ever_written_is_restored_and_goes_on() {
    for (name, text) in SAMPLES {
        let mut host = Host::restore(text);
        let _ = host.session.execute(now(0), Command::Connect, &mut host.out);
        host.carry_out();
        if let ConnectionState::Ended { .. } = host.session.state() {
            assert_eq!(*name, "ended");
            assert!(host.session.transcript(helpline_protocol::ConversationKey::from_u64(1)).count() > 5);
            continue;
        }
        for _ in 0..5 {
            host.wait(2_000);
        }
        assert_eq!(host.session.state(), ConnectionState::Live, "{name}");
        let taken = host.session.execute(now(host.at), Command::send_text("and on"), &mut host.out).unwrap();
        host.carry_out();
        assert_eq!(host.sent.last().map(String::as_str), Some("and on"), "{name}");
        let sent = host.events.iter().any(|event| {
            let Event::CommandFinished { command, result } = event else { return false };
            *command == taken && matches!(result, CommandResult::Sent { .. })
        });
        assert!(sent, "{name}: {:?}", host.events);
        let mut texts = host.sent.clone();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), host.sent.len(), "{name}: something went twice");
    }
}

#[test]
fn what_was_in_mid_send_arrives_in_its_order() {
    let mut host = Host::restore(SAMPLES[2].1);
    for _ in 0..5 {
        host.wait(2_000);
    }
    assert_eq!(host.sent, ["one", "two", "three"]);
}
