//! A chat with something of everything, step by step.

use super::{ACK, GRANT, Rig, agent_message, chat};
use crate::amazon_connect::{ChatDetails, Config};
use crate::model::{OutgoingAttachment, SinkKey, SourceKey, TranscriptQuery};
use crate::{Command, Input, MessageKey, Operation, SocketId, TransportFault};

/// The configuration of every rig.
pub(in crate::session) fn config() -> Config {
    Config::new(ChatDetails::new("secret-participant").with_participant_id("me"))
}

const VIEW: &str = r#"{\"templateType\":\"ViewResource\",\"version\":\"1.0\",\"data\":{\"content\":{\"viewId\":\"v\",\"viewToken\":\"secret-view\"}}}"#;

const TICKET: &str = r#"{"AttachmentId":"a1","UploadMetadata":{"Url":"https://store.example/put?sig=secret-upload","UrlExpiry":"2026-03-14T10:00:00.000Z","HeadersToInclude":{"x-amz-signature":"secret-header"}}}"#;

type Step = (&'static str, fn(&mut Rig));

/// What happens. Steps are a second apart.
pub(in crate::session) const STORY: &[Step] = &[
    ("nothing yet", |_| {}),
    ("connect", |rig| {
        rig.command(Command::Connect).unwrap();
    }),
    ("no answer", |rig| rig.no_answer(Operation::Authorise, TransportFault::ConnectionLost)),
    ("asked again", |rig| {
        rig.at += 2_000;
        rig.tell(Input::Woke);
    }),
    ("granted", |rig| rig.answer(Operation::Authorise, 200, GRANT)),
    ("opened", |rig| rig.tell(Input::SocketOpened { socket: SocketId::from_u64(1) })),
    ("a message before the link is up", |rig| send(rig, "early")),
    ("live", |rig| rig.frame(ACK)),
    ("what comes meanwhile is held", |rig| rig.frame(&agent_message("held"))),
    ("the first page", |rig| {
        rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[],"NextToken":"older"}"#);
    }),
    ("it has arrived", |rig| {
        rig.answer(Operation::SendMessage, 200, r#"{"Id":"e1","AbsoluteTime":"2026-03-14T09:27:31.000Z"}"#);
    }),
    ("an agent speaks", |rig| rig.frame(&agent_message("i1"))),
    ("and asks", |rig| {
        rig.frame(&chat(&format!(
            r#"{{"AbsoluteTime":"2026-03-14T09:27:32.000Z","Content":"{VIEW}","ContentType":"application/vnd.amazonaws.connect.message.interactive","Id":"i2","Type":"MESSAGE","ParticipantId":"bot","ParticipantRole":"SYSTEM"}}"#
        )));
    }),
    ("a part of a message", |rig| {
        rig.frame(&chat(
            r#"{"AbsoluteTime":"2026-03-14T09:27:33.000Z","Content":"Hel","ContentType":"text/plain","Id":"i3","Type":"MESSAGE","ParticipantId":"bot","ParticipantRole":"SYSTEM","MessageMetadata":{"MessageId":"i3"},"ChunkNumber":1}"#,
        ));
    }),
    ("somebody types", |rig| {
        rig.frame(&chat(
            r#"{"AbsoluteTime":"2026-03-14T09:27:33.000Z","ContentType":"application/vnd.amazonaws.connect.event.typing","Id":"t1","Type":"EVENT","ParticipantId":"agent","ParticipantRole":"AGENT"}"#,
        ));
    }),
    ("read", |rig| {
        rig.command(Command::MarkRead { message: MessageKey::from_u64(2) }).unwrap();
    }),
    ("its receipt goes out", |rig| {
        rig.frame(r#"{"topic":"aws/heartbeat"}"#);
        rig.frame(r#"{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}"#);
        rig.at += 6_000;
        rig.tell(Input::Woke);
    }),
    ("three messages", |rig| {
        send(rig, "one");
        send(rig, "two");
        send(rig, "three");
    }),
    ("the first is of unknown outcome", |rig| {
        rig.no_answer(Operation::SendMessage, TransportFault::ConnectionLost);
    }),
    ("and goes again", |rig| {
        rig.at += 1_100;
        rig.tell(Input::Woke);
    }),
    ("it is refused for good", |rig| {
        rig.answer(Operation::SendMessage, 400, r#"{"__type":"ValidationException","Message":"no"}"#);
    }),
    ("typing", |rig| {
        rig.command(Command::SendTyping { conversation: None }).unwrap();
    }),
    ("a file", |rig| {
        let attachment = OutgoingAttachment {
            name: "bill.pdf".to_owned(),
            content_type: None,
            size: 10,
            source: SourceKey::new("/bill"),
        };
        rig.command(Command::SendAttachment { conversation: None, attachment }).unwrap();
    }),
    ("it is announced", |rig| rig.answer(Operation::StartUpload, 200, TICKET)),
    ("and uploaded", |rig| rig.answer(Operation::Upload, 200, "")),
    ("its completing is of unknown outcome", |rig| {
        rig.no_answer(Operation::CompleteUpload, TransportFault::ConnectionLost);
    }),
    ("older items", |rig| {
        rig.command(Command::LoadHistory { conversation: None, limit: None }).unwrap();
    }),
    ("questions", |rig| {
        rig.command(Command::DownloadAttachment { attachment: "f1".to_owned(), sink: SinkKey::new("/f1") })
            .unwrap();
        let query = TranscriptQuery::default();
        rig.command(Command::LoadTranscript { conversation: None, query }).unwrap();
    }),
    ("the file's address", |rig| {
        let body = r#"{"Url":"https://store.example/get?sig=secret-download","UrlExpiry":"2026-03-14T10:00:00.000Z","AttachmentSizeInBytes":3}"#;
        rig.answer(Operation::AttachmentUrl, 200, body);
    }),
    ("receipts off", |rig| {
        let settings = crate::model::ReceiptSettings { enabled: Some(false), ..Default::default() };
        rig.command(Command::ConfigureReceipts { settings }).unwrap();
    }),
    ("held by the user", |rig| {
        rig.command(Command::Suspend).unwrap();
    }),
    ("a message meanwhile", |rig| send(rig, "late")),
    ("and no longer", |rig| {
        rig.command(Command::Resume).unwrap();
    }),
    ("leaving", |rig| {
        rig.command(Command::Leave).unwrap();
    }),
    ("the provider knows", |rig| rig.answer(Operation::Leave, 200, "{}")),
    ("over", |rig| {
        rig.at += 6_000;
        rig.tell(Input::Woke);
    }),
];

fn send(rig: &mut Rig, text: &str) {
    rig.at += 1_000;
    rig.command(Command::send_text(text)).unwrap();
}
