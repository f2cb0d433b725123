//! What the SDK is asked, and how it is asked here.

use std::collections::BTreeMap;

use bytes::Bytes;
use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{
    AgentAction, Chance, ChanceRule, ChatRequest, Operation, ReceiptKind, Subscription,
};
use helpline_protocol::bright_pattern::{
    Availability, CallSignal, CaseEntry, Push, PushService, Reply, Request, read_push,
};
use helpline_protocol::model::{
    Direction, Introduction, ItemBody, OutgoingAttachment, OutgoingContent, SinkKey, SourceKey,
    TranscriptQuery,
};
use helpline_protocol::{AppState, Command, CommandResult, ConnectionState, Event, Input, Secret};
use serde_json::{Value, json};

use super::stage::{FIRST, Stage, config, connected_at, idle, live, server};

pub(crate) const ROWS: &[Row] = &[
    ("checkAvailability", || {
        let CommandResult::BrightPattern { reply: Reply::Availability { availability, wait_seconds } } =
            idle().ask(Request::Availability)
        else {
            panic!()
        };
        assert_eq!((availability, wait_seconds), (Availability::Available, Some(3)));
    }),
    ("getVersion", || {
        let CommandResult::BrightPattern { reply: Reply::ServerVersion { version } } =
            idle().ask(Request::ServerVersion)
        else {
            panic!()
        };
        assert!(version.starts_with(|sign: char| sign.is_ascii_digit()), "{version}");
    }),
    ("requestChat", request_chat),
    ("requestChat.phoneNumber", || {
        let introduction = Introduction { phone_number: Some("12345".to_owned()), ..Introduction::default() };
        assert_eq!(asked_with(introduction).phone_number.as_deref(), Some("12345"));
        assert_eq!(asked_with(Introduction::default()).phone_number, None);
    }),
    ("requestChat.from", || {
        let introduction = Introduction { name: Some("Dana".to_owned()), ..Introduction::default() };
        assert_eq!(asked_with(introduction).from.as_deref(), Some("Dana"));
    }),
    ("requestChat.parameters", || {
        let attributes = BTreeMap::from([("email".to_owned(), "dana@example.com".to_owned())]);
        let asked = asked_with(Introduction { attributes, ..Introduction::default() });
        assert_eq!(asked.parameters["email"], "dana@example.com");
    }),
    ("getChatHistory", history),
    ("getCaseHistory", case_history),
    ("sendChatMessage", || {
        let mut stage = live();
        let sent = say(&mut stage, OutgoingContent::text("a < b & c\nnext"));
        assert_eq!(sent["msg"], "a &lt; b &amp; c<br>next");
        assert_eq!(sent["msg_text"], "a < b & c\nnext");
    }),
    ("sendChatMessage.format", || {
        let mut stage = live();
        let sent = say(&mut stage, OutgoingContent::Html { html: "<b>Urgent</b>".to_owned() });
        assert_eq!((&sent["msg"], &sent["msg_text"]), (&json!("<b>Urgent</b>"), &json!("Urgent")));
    }),
    ("sendChatMessage.messageID", || {
        let mut stage = live();
        let ids: Vec<_> =
            ["one", "two"].map(|text| say(&mut stage, OutgoingContent::text(text))["msg_id"].clone()).into();
        let chat = stage.chat();
        assert_eq!(ids, [json!(format!("{chat}:1")), json!(format!("{chat}:2"))]);
        assert_eq!(stage.newest().server_id, Some(format!("{chat}:2")));
    }),
    ("chatMessageDelivered", || receipts(&[ReceiptKind::Delivered], false)),
    ("chatMessageRead", || receipts(&[ReceiptKind::Read], true)),
    ("chatTyping", || {
        let mut stage = live();
        for _ in 0..3 {
            assert_eq!(stage.run(Command::SendTyping { conversation: None }), CommandResult::Done);
        }
        assert_eq!(stage.server.stats().typing, 1);
    }),
    ("chatNotTyping", || {
        let mut stage = live();
        stage.run(Command::SendTyping { conversation: None });
        assert_eq!(stage.run(Command::StopTyping { conversation: None }), CommandResult::Done);
        assert_eq!(stage.server.stats().not_typing, 1);
    }),
    ("closeCase", || {
        let mut stage = live();
        stage.agent(AgentAction::SetCase(Some("1042".to_owned())));
        assert_eq!(stage.ask(Request::CloseCase), CommandResult::Done);
        assert!(stage.server.case_closed(&stage.chat()));
    }),
    ("disconnectChat", || {
        let mut stage = live();
        assert_eq!(stage.ask(Request::Disconnect), CommandResult::Done);
        stage.agent(AgentAction::BotJoin);
        stage.agent(AgentAction::BotSay("How did we do?".to_owned()));
        assert_eq!(stage.newest().body.text(), Some("How did we do?"));
    }),
    ("endChat", end_chat),
    ("subscribeForRemoteNotificationsAPNs", || {
        let service = PushService::Apns {
            token: Secret::new("3f9a"),
            bundle_id: "com.example.acme.support".to_owned(),
        };
        let expected =
            Subscription::Apns { token: "3f9a".to_owned(), bundle_id: "com.example.acme.support".to_owned() };
        assert_eq!(subscribed(service), Some(expected));
    }),
    ("subscribeForRemoteNotificationsFirebase", || {
        let token = "fT9x".to_owned();
        let ios = PushService::FirebaseIos { token: Secret::new("fT9x") };
        assert_eq!(subscribed(ios), Some(Subscription::FirebaseIos { token: token.clone() }));
        let android = PushService::FirebaseAndroid { token: Secret::new("fT9x") };
        assert_eq!(subscribed(android), Some(Subscription::FirebaseAndroid { token }));
    }),
    ("unsubscribe", || {
        let mut stage = live();
        let service = PushService::FirebaseIos { token: Secret::new("fT9x") };
        stage.ask(Request::Subscribe { service });
        assert_eq!(stage.ask(Request::Unsubscribe), CommandResult::Done);
        assert_eq!(stage.server.subscription(&stage.chat()), None);
    }),
    ("appDidReceiveMessage", push),
    ("uploadFile", || {
        let mut stage = live();
        send_file(&mut stage);
        assert_eq!((stage.server.stats().uploads, stage.server.stats().upload_bytes), (1, 7));
    }),
    ("sendChatFile", || {
        let mut stage = live();
        let sent = send_file(&mut stage);
        assert_eq!((&sent["file_name"], &sent["file_type"]), (&json!("photo.jpg"), &json!("image")));
        let file_id = sent["file_id"].as_str().expect("an id");
        assert_eq!(stage.server.file_bytes(file_id), Some(Bytes::from_static(b"picture")));
    }),
    ("getFileUrl", fetch_file),
    ("sendSignalingData", || {
        let mut stage = live();
        let to = agent_of(&stage);
        let signals = [
            CallSignal::RequestCall { video: true },
            CallSignal::Candidate {
                candidate: "candidate:1".to_owned(),
                mid: Some("0".to_owned()),
                line: Some(0),
            },
            CallSignal::End,
        ];
        let ids = signals.map(|signal| {
            let request = Request::Signal { to: to.clone(), signal };
            stage.execute(Command::BrightPattern { conversation: None, request }).expect("it is taken")
        });
        stage.run_for(1_000);
        assert!(ids.iter().all(|id| stage.result_of(*id) == Some(CommandResult::Done)));
        let kinds: Vec<_> =
            stage.server.stats().signals.iter().map(|signal| signal["data"]["type"].clone()).collect();
        assert_eq!(kinds, ["REQUEST_CALL", "ICE_CANDIDATE", "END_CALL"]);
    }),
    ("startPolling", || {
        let mut stage = live();
        stage.tell(Input::App(AppState::Background));
        stage.run_for(30_000);
        stage.tell(Input::App(AppState::Foreground));
        stage.agent(AgentAction::Say("welcome back".to_owned()));
        assert_eq!(stage.newest().body.text(), Some("welcome back"));
        assert_eq!(stage.server.stats().polls_refused, 0);
    }),
    ("stopPolling", || {
        let mut stage = live();
        assert_eq!(stage.run(Command::Suspend), CommandResult::Done);
        stage.agent(AgentAction::Say("into the held poll".to_owned()));
        assert_eq!(stage.newest().body.text(), Some("into the held poll"));
        let polls = stage.calls(Operation::Poll);
        stage.run_for(60_000);
        assert_eq!(stage.calls(Operation::Poll), polls);
    }),
];

fn request_chat() {
    let stage = connected_at(config(), server());
    let started = |stage: &Stage| {
        stage.lines.iter().find_map(|event| match event {
            Event::ConversationStarted { id, resumed, .. } => Some((id.clone(), *resumed)),
            _ => None,
        })
    };
    assert_eq!(started(&stage), Some((stage.chat(), false)));
    // A request whose answer is lost is made again, and finds what it began.
    let mut lossy = server();
    lossy.faults.lost_answers =
        vec![ChanceRule { operation: Some(Operation::RequestChat), chance: Chance::Next(1), seen: 0 }];
    let stage = connected_at(config(), lossy);
    assert_eq!((stage.server.stats().chats_started, stage.server.stats().chats_resumed), (1, 1));
    assert_eq!(started(&stage), Some((stage.chat(), true)));
}

/// What a service is told of a customer who introduces themselves so.
fn asked_with(introduction: Introduction) -> ChatRequest {
    let mut stage = idle();
    assert_eq!(stage.run(Command::StartConversation { introduction }), CommandResult::Done);
    stage.server.request_of(&stage.chat()).expect("the request").clone()
}

fn history() {
    let mut stage = live();
    stage.agent(AgentAction::Say("Hello".to_owned()));
    let before = stage.items().len();
    let query = TranscriptQuery::default();
    let CommandResult::Page { page } = stage.run(Command::LoadTranscript { conversation: None, query })
    else {
        panic!()
    };
    assert!(page.items.iter().any(|item| item.body.text() == Some("Hello")), "{page:?}");
    assert_eq!(stage.items().len(), before, "nothing is there twice");
    stage.assert_told();
}

fn case_history() {
    let mut stage = live();
    assert!(matches!(stage.ask(Request::CaseHistory), CommandResult::Failed { .. }), "there is no case yet");
    stage.run(Command::send_text("Hello"));
    stage.agent(AgentAction::SetCase(Some("1042".to_owned())));
    let CommandResult::BrightPattern { reply: Reply::CaseHistory { sessions } } =
        stage.ask(Request::CaseHistory)
    else {
        panic!()
    };
    let session =
        sessions.iter().find(|it| it.chat_id.as_deref() == Some(&*stage.chat())).expect("this chat");
    assert!(session.created_at.is_some());
    let said = session.entries.iter().any(|entry| match entry {
        CaseEntry::Item { body, .. } => body.text() == Some("Hello"),
        _ => false,
    });
    assert!(said, "{session:?}");
}

/// Sends a message. Returns it as the service has it.
fn say(stage: &mut Stage, content: OutgoingContent) -> Value {
    let result = stage.run(Command::SendMessage { conversation: None, content });
    assert!(matches!(result, CommandResult::Sent { .. }), "{result:?}");
    assert_eq!(stage.newest().direction, Direction::Outgoing);
    last_sent(stage)
}

/// The newest event of the customer's that the service has.
pub(crate) fn last_sent(stage: &Stage) -> Value {
    last_sent_of(stage, None)
}

/// The newest of this name, where one is given.
pub(crate) fn last_sent_of(stage: &Stage, name: Option<&str>) -> Value {
    let chat = stage.chat();
    let mine = |json: &&std::sync::Arc<str>| {
        let event: Value = serde_json::from_str(json).expect("JSON");
        let is_ours = event["party_id"].as_str() == Some(&*chat) || event.get("party_id").is_none();
        is_ours && name.is_none_or(|name| event["event"] == name)
    };
    let entries = stage.server.transcript(&chat);
    let json = entries.iter().rev().map(|entry| &entry.json).find(mine).expect("an event of ours");
    serde_json::from_str(json).expect("JSON")
}

fn receipts(wanted: &[ReceiptKind], read: bool) {
    let mut stage = live();
    stage.agent(AgentAction::Say("Hello".to_owned()));
    let message = stage.newest().key;
    if read {
        assert_eq!(stage.run(Command::MarkRead { message }), CommandResult::Done);
    }
    stage.run_for(5_000);
    let id = stage.newest().server_id.expect("an id");
    let kinds: Vec<_> =
        stage.server.stats().receipts.iter().filter(|it| it.message_id == id).map(|it| it.kind).collect();
    for kind in wanted {
        assert_eq!(kinds.iter().filter(|it| *it == kind).count(), 1, "{kinds:?}");
    }
}

fn end_chat() {
    let mut stage = live();
    assert_eq!(stage.run(Command::EndConversation { conversation: None }), CommandResult::Done);
    assert_eq!(stage.server.has_ended(&stage.chat()), Some(true));
    let ended = |event: &Event| matches!(event, Event::ConversationEnded { conversation: FIRST, .. });
    assert_eq!(stage.count(ended), 1);
    let mut stage = live();
    assert_eq!(stage.run(Command::Leave), CommandResult::Done);
    assert_eq!(stage.server.has_ended(&stage.chat()), Some(true));
    assert!(matches!(stage.session.state(), ConnectionState::Ended { .. }));
}

fn subscribed(service: PushService) -> Option<Subscription> {
    let mut stage = live();
    assert_eq!(stage.ask(Request::Subscribe { service }), CommandResult::Done);
    stage.server.subscription(&stage.chat()).cloned()
}

fn push() {
    let mut stage = live();
    let service = PushService::FirebaseIos { token: Secret::new("fT9x") };
    stage.ask(Request::Subscribe { service });
    stage.run(Command::Suspend);
    stage.run_for(30_000);
    stage.agent(AgentAction::Say("are you there?".to_owned()));
    let payload = stage.server.pushes().last().expect("a push").payload.to_string();
    assert_eq!(read_push(&payload), Ok(Push::Chat { chat_id: stage.chat() }));
    stage.run(Command::Resume);
    assert_eq!(stage.run(Command::PushReceived { payload }), CommandResult::Done);
    stage.run_for(1_000);
    assert_eq!(stage.newest().body.text(), Some("are you there?"));
    let foreign = Command::PushReceived { payload: r#"{"aps":{}}"#.to_owned() };
    assert_eq!(stage.run(foreign), CommandResult::NotOurs);
}

/// Sends a file. Returns the event that shows it.
fn send_file(stage: &mut Stage) -> Value {
    stage.files.add("photo", "picture");
    let attachment = OutgoingAttachment {
        name: "photo.jpg".to_owned(),
        content_type: None,
        size: 7,
        source: SourceKey::new("photo"),
    };
    let result = stage.run(Command::SendAttachment { conversation: None, attachment });
    assert!(matches!(result, CommandResult::Sent { .. }), "{result:?}");
    last_sent(stage)
}

fn fetch_file() {
    let mut stage = live();
    stage.agent(AgentAction::SendFile {
        name: "invoice.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: Bytes::from_static(b"%PDF"),
    });
    let ItemBody::Attachments { attachments } = stage.newest().body else { panic!() };
    let attachment = attachments[0].id.clone().expect("an id");
    let address = Command::AttachmentUrl { attachment: attachment.clone(), expires_in: None };
    let CommandResult::AttachmentUrl { url, .. } = stage.run(address) else { panic!() };
    assert!(url.expose().contains(&attachment));
    let sink = SinkKey::new("invoice");
    let result = stage.run(Command::DownloadAttachment { attachment, sink: sink.clone() });
    assert_eq!(result, CommandResult::Downloaded { size: 4 });
    assert_eq!(stage.files.fetched[&sink], "%PDF");
}

/// The party id of the agent.
pub(crate) fn agent_of(stage: &Stage) -> String {
    let mut senders = stage.items().into_iter().map(|item| &item.sender);
    let agent = senders.find(|sender| sender.role == helpline_protocol::model::Role::Agent);
    agent.and_then(|agent| agent.id.clone()).expect("an agent")
}
