//! What a server of Bright Pattern may say.

use helpline_protocol::bright_pattern::{Config, Request, read_push};
use helpline_protocol::model::{OutgoingAttachment, SinkKey, SourceKey, TranscriptQuery};
use helpline_protocol::{Command, HttpResponse, Input, Operation, RequestId, TransportFault};

use crate::bench::Bench;
use crate::choices::{Choices, text};
use crate::small;

const CHAT: &str = r#"{"state":"queued","ewt":"0","chat_id":"chat-1","is_new_chat":true}"#;
const HELLO: &str = r#"{"events":[{"event":"chat_session_party_joined","party_id":"agent-1","first_name":"Marek","type":"internal","timestamp":"1767088800"},{"event":"chat_session_message","party_id":"agent-1","msg_id":"a1","msg":"Hello","timestamp":"1767088801"}]}"#;

/// A session that has done nothing. Its caps are low, so that they are met.
pub(crate) fn fresh() -> Bench {
    let config = Config::new("acme.brightpattern.example", "app-1", "client-1");
    Bench::new(helpline_protocol::Config::from(config).with_limits(small()))
}

/// In a chat, and polling.
pub(crate) fn polling() -> Bench {
    let mut bench = fresh();
    bench.command(Command::Connect).expect("a fresh session connects");
    for operation in [Operation::Authorise, Operation::StartConversation] {
        bench.answer(operation, 200, CHAT);
    }
    bench
}

/// In a chat with a message of the agent's.
pub(crate) fn live() -> Bench {
    let mut bench = polling();
    bench.answer(Operation::Poll, 200, HELLO);
    bench
}

/// What the service answers when all is well, to the oldest request of this operation.
pub(crate) fn good_answer(bench: &mut Bench, operation: Operation) {
    let body = match operation {
        Operation::Authorise | Operation::StartConversation | Operation::ActiveConversation => CHAT,
        Operation::Poll | Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript => {
            r#"{"events":[]}"#
        }
        Operation::SendMessage | Operation::SendReceipt | Operation::SendTyping | Operation::SendEvent => "",
        Operation::Upload => r#"{"file_id":"file-1","file_name":"a.txt"}"#,
        _ => "{}",
    };
    bench.answer(operation, 200, body);
}

/// The body of a poll's answer. It is heard, and the session polls on or says why not.
pub(crate) fn polls(data: &[u8]) {
    let mut bench = live();
    answer_poll(&mut bench, data);
    bench.wake(6);
    let over = bench.has_ended() || bench.session.deadline().is_none();
    let asks = bench.pending.values().any(|of| matches!(of, Operation::Poll | Operation::CatchUp));
    assert!(
        over || asks || bench.session.deadline().is_some(),
        "nothing is asked any more, and nothing planned"
    );
}

/// One event in a poll's answer, and the same again: one with an id is told once.
pub(crate) fn events(data: &[u8]) {
    let mut bench = live();
    let body = [br#"{"events":["#.as_slice(), data, b"]}"].concat();
    answer_poll(&mut bench, &body);
    bench.wake(4);
    answer_poll(&mut bench, &body);
    bench.wake(4);
}

fn answer_poll(bench: &mut Bench, body: &[u8]) {
    let poll = bench.pending.iter().find(|(_, of)| **of == Operation::Poll).map(|(id, _)| *id);
    if let Some(poll) = poll {
        bench.respond(poll, 200, body.to_vec());
    }
}

/// What an answer's status may be.
pub(crate) const STATUSES: [u16; 12] = [200, 204, 302, 400, 401, 403, 404, 406, 408, 429, 500, 503];

/// Any answer to any request: the first bytes say which request, status and headers, the rest is the body.
pub(crate) fn answers(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut bench = if choices.byte() & 1 == 0 {
        let mut bench = fresh();
        bench.command(Command::Connect).expect("a fresh session connects");
        bench
    } else {
        busy()
    };
    let asked: Vec<RequestId> = bench.pending.keys().copied().collect();
    let Some(request) = choices.one_of(&asked).copied() else { return };
    let status = choices.one_of(&STATUSES).copied().unwrap_or(200);
    let flags = choices.byte();
    if flags & 0x80 != 0 {
        bench.fail(request, TransportFault::ConnectionLost);
    } else {
        let status = http::StatusCode::from_u16(status).unwrap_or_default();
        let mut response = HttpResponse::new(status, choices.rest().to_vec());
        if flags & 1 != 0 {
            response.headers.insert("retry-after", http::HeaderValue::from_static("2"));
        }
        bench.tell(Input::Response { request, result: Ok(response) });
    }
    bench.wake(6);
}

/// As many kinds of request as possible are under way.
pub(crate) fn busy() -> Bench {
    let mut bench = live();
    let attachment = OutgoingAttachment {
        name: "a.txt".to_owned(),
        content_type: None,
        size: 9,
        source: SourceKey::new("file"),
    };
    let commands = [
        Command::send_text("one"),
        Command::SendTyping { conversation: None },
        Command::SendAttachment { conversation: None, attachment },
        Command::DownloadAttachment { attachment: "f".to_owned(), sink: SinkKey::new("place") },
        Command::LoadTranscript { conversation: None, query: TranscriptQuery::default() },
        Command::BrightPattern { conversation: None, request: Request::Availability },
        Command::BrightPattern { conversation: None, request: Request::ExpectedParameters },
        Command::BrightPattern { conversation: None, request: Request::ServerVersion },
    ];
    for command in commands {
        drop(bench.command(command));
    }
    bench
}

/// What a push brought: read or refused, and given to a session.
pub(crate) fn pushes(data: &[u8]) {
    let payload = text(data);
    drop(read_push(&payload));
    let mut bench = live();
    drop(bench.command(Command::PushReceived { payload }));
    bench.wake(4);
}
