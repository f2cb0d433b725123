//! What a server of Amazon Connect may say.

use helpline_protocol::amazon_connect::{ChatDetails, Config, Request};
use helpline_protocol::model::{
    Choice, Interactive, ItemBody, OutgoingAttachment, SinkKey, SourceKey, TranscriptItem, TranscriptQuery,
};
use helpline_protocol::{
    Command, Frame, HttpResponse, Input, MessageKey, Operation, RequestId, TransportFault,
};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::choices::{Choices, text};
use crate::small;

const GRANT: &str = r#"{"Websocket":{"Url":"wss://gateway.example/prod?ticket=t","ConnectionExpiry":"2026-03-14T10:32:10.000Z"},"ConnectionCredentials":{"ConnectionToken":"connection","Expiry":"2026-03-15T09:26:40.000Z"}}"#;
pub(crate) const ACK: &str =
    r#"{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}"#;

/// A session that has done nothing. Its caps are low, so that they are met.
pub(crate) fn fresh() -> Bench {
    let details = ChatDetails::new("participant").with_participant_id("me").with_contact_id("contact");
    Bench::new(helpline_protocol::Config::from(Config::new(details)).with_limits(small()))
}

/// Connected and subscribed; the first page is asked for.
pub(crate) fn greeted() -> Bench {
    let mut bench = fresh();
    bench.command(Command::Connect).expect("a fresh session connects");
    good_answer(&mut bench, Operation::Authorise);
    bench.open();
    bench.frame(Frame::Text(ACK.to_owned()));
    bench
}

/// Connected, with a message of the agent's.
pub(crate) fn live() -> Bench {
    let mut bench = greeted();
    good_answer(&mut bench, Operation::CatchUp);
    bench.frame(chat(&message("a1", "Hello")));
    bench
}

/// What the service answers when all is well, to the oldest request of this operation.
pub(crate) fn good_answer(bench: &mut Bench, operation: Operation) {
    let body = match operation {
        Operation::Authorise => GRANT,
        Operation::CatchUp | Operation::LoadHistory | Operation::LoadTranscript => {
            r#"{"Transcript":[],"NextToken":"next","InitialContactId":"contact"}"#
        }
        Operation::SendMessage | Operation::SendReceipt | Operation::SendTyping | Operation::SendEvent => {
            r#"{"Id":"own-1","AbsoluteTime":"2026-03-14T09:27:31.000Z"}"#
        }
        Operation::StartUpload => {
            r#"{"AttachmentId":"file-1","UploadMetadata":{"Url":"https://bucket.example/x?sign=1","UrlExpiry":"2026-03-14T09:51:58.000Z","HeadersToInclude":{"Content-Type":"text/plain"}}}"#
        }
        Operation::AttachmentUrl => {
            r#"{"Url":"https://bucket.example/x?sign=1","UrlExpiry":"2026-03-14T09:43:00.000Z","AttachmentSizeInBytes":9}"#
        }
        _ => "{}",
    };
    bench.answer(operation, 200, body);
}

pub(crate) fn chat(content: &str) -> Frame {
    let frame = json!({"topic": "aws/chat", "contentType": "application/json", "content": content});
    Frame::Text(frame.to_string())
}

pub(crate) fn message(id: &str, content: &str) -> String {
    item(id, "text/plain", content)
}

fn item(id: &str, content_type: &str, content: &str) -> String {
    json!({
        "AbsoluteTime": "2026-03-14T09:27:30.410Z", "Content": content, "ContentType": content_type, "Id": id,
        "Type": "MESSAGE", "ParticipantId": "agent", "DisplayName": "Tomasz", "ParticipantRole": "AGENT",
        "ContactId": "contact",
    })
    .to_string()
}

/// Whatever a frame says, it is heard: of a frame nothing is swallowed but what the protocol itself repeats.
pub(crate) fn frames(data: &[u8]) {
    let mut bench = live();
    bench.frame(Frame::Text(text(data)));
    bench.frame(Frame::Binary(bytes::Bytes::copy_from_slice(data)));
    assert!(bench.has_ended() || !bench.events.is_empty(), "a binary frame was swallowed");
    bench.wake(2);
}

pub(crate) fn items(data: &[u8]) {
    let mut bench = live();
    bench.frame(chat(&text(data)));
    // The same twice is the same once: an item with an id adds nothing the second time.
    let before = bench.session.usage().transcript_items;
    bench.frame(chat(&text(data)));
    let has_id = serde_json::from_slice::<Value>(data).is_ok_and(|item| item["Id"].is_string());
    let after = bench.session.usage().transcript_items;
    assert!(!has_id || after == before, "an item with an id was doubled");
    bench.wake(2);
}

pub(crate) fn templates(data: &[u8]) {
    let mut bench = live();
    let content_type = "application/vnd.amazonaws.connect.message.interactive";
    bench.frame(chat(&item("q1", content_type, &text(data))));
    let asked = bench.added().find_map(question);
    let Some((key, interactive)) = asked else { return };
    drop(serde_json::to_string(&interactive).expect("a question can be written"));
    for index in 0..data.len().min(40) {
        answer(&mut bench, key, Choice::Element { index });
        answer(&mut bench, key, Choice::CardElement { card: index % 5, element: index / 5 });
    }
    answer(&mut bench, key, Choice::Form { action: "Submit".to_owned(), data: text(data) });
    bench.wake(3);
}

fn question(item: &TranscriptItem) -> Option<(MessageKey, Interactive)> {
    let ItemBody::Interactive { interactive } = &item.body else { return None };
    Some((item.key, interactive.clone()))
}

fn answer(bench: &mut Bench, message: MessageKey, choice: Choice) {
    // Refused or sent; with a full outbox, refused.
    drop(bench.command(Command::Answer { message, choice }));
}

/// What an answer's status may be.
pub(crate) const STATUSES: [u16; 12] = [200, 204, 302, 400, 401, 402, 403, 404, 409, 429, 500, 503];

/// Any answer to any request: the first bytes say which request, status and headers, the rest is the body.
pub(crate) fn answers(data: &[u8]) {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let mut bench = match first % 3 {
        0 => {
            let mut bench = fresh();
            bench.command(Command::Connect).expect("a fresh session connects");
            bench
        }
        1 => greeted(),
        _ => busy(),
    };
    let asked: Vec<RequestId> = bench.pending.keys().copied().collect();
    let Some(request) = choices.one_of(&asked).copied() else { return };
    let status = choices.one_of(&STATUSES).copied().unwrap_or(200);
    let flags = choices.byte();
    let body = choices.rest();
    if flags & 0x80 != 0 {
        bench.fail(request, TransportFault::TooLarge { limit: 1 });
    } else {
        bench.tell(Input::Response { request, result: Ok(response(status, flags, body)) });
    }
    bench.wake(3);
}

fn response(status: u16, flags: u8, body: &[u8]) -> HttpResponse {
    let status = http::StatusCode::from_u16(status).unwrap_or_default();
    let mut response = HttpResponse::new(status, body.to_vec());
    let mut set = |name: &'static str, value: &'static str| {
        response.headers.insert(name, http::HeaderValue::from_static(value));
    };
    if flags & 1 != 0 {
        set("x-amzn-errortype", "ThrottlingException:http://internal.amazon.com/");
    }
    if flags & 2 != 0 {
        set("x-amzn-errortype", "AccessDeniedException");
    }
    if flags & 4 != 0 {
        set("retry-after", "2");
    }
    response.sunk = (flags & 8 != 0).then_some(9);
    response
}

/// As many kinds of request as possible are under way.
pub(crate) fn busy() -> Bench {
    let mut bench = live();
    let message = bench.messages.first().copied().unwrap_or(MessageKey::from_u64(1));
    let attachment = OutgoingAttachment {
        name: "a.txt".to_owned(),
        content_type: None,
        size: 9,
        source: SourceKey::new("file"),
    };
    let commands = [
        Command::send_text("one"),
        Command::SendTyping { conversation: None },
        Command::LoadHistory { conversation: None, limit: Some(5) },
        Command::SendAttachment { conversation: None, attachment },
        Command::AttachmentUrl { attachment: "f".to_owned(), expires_in: None },
        Command::DownloadAttachment { attachment: "f".to_owned(), sink: SinkKey::new("place") },
        Command::LoadTranscript { conversation: None, query: TranscriptQuery::default() },
        Command::AmazonConnect { request: Request::CancelAuthentication { attempt: "a".to_owned() } },
        Command::MarkRead { message },
    ];
    for command in commands {
        drop(bench.command(command));
    }
    bench
}

pub(crate) fn details(data: &[u8]) {
    let Ok(details) = serde_json::from_slice::<ChatDetails>(data) else { return };
    // The token shows nowhere: with another one, the same is shown.
    let mut other = ChatDetails::new("another");
    other = details.contact_id().map_or_else(|| other.clone(), |id| other.clone().with_contact_id(id));
    other =
        details.participant_id().map_or_else(|| other.clone(), |id| other.clone().with_participant_id(id));
    assert_eq!(format!("{details:?}"), format!("{other:?}"), "a token is shown");
    let config = helpline_protocol::Config::from(Config::new(details));
    drop(helpline_protocol::Session::new(config, [1; 32], crate::bench::now(0)));
}
