//! What the SDK's types hold.

use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{
    APP_ID, AgentAction, Entry, ErrorCode, ErrorForm, ErrorRule, Operation, ServerConfig, TENANT, Tenant,
    TimeForm,
};
use helpline_protocol::bright_pattern::{Availability, CaseSession, Reply, Request};
use helpline_protocol::model::{ConversationState, Introduction, ItemBody, Role};
use helpline_protocol::{CommandResult, Event, Failure, ProviderFault};
use serde_json::json;

use super::stage::{Stage, config, connected_at, idle, live, live_at, server};

pub(crate) const ROWS: &[Row] = &[
    ("ContactCenterChatSessionProperties.chatID", || {
        let stage = connected_at(config(), server());
        assert_eq!(started(&stage), (stage.chat(), false));
    }),
    ("ContactCenterChatSessionProperties.state", || {
        for (word, state) in [
            ("queued", ConversationState::Queued),
            ("connecting", ConversationState::Connecting),
            ("connected", ConversationState::Connected),
            ("ivr", ConversationState::Automated),
            ("establishing", ConversationState::Other("establishing".to_owned())),
        ] {
            let server = ServerConfig { initial_state: word.to_owned(), ..server() };
            let stage = connected_at(config(), server);
            let told = |event: &Event| matches!(event, Event::ConversationChanged { progress, .. } if *progress == state);
            assert_eq!(stage.count(told), 1, "{word}");
        }
    }),
    ("ContactCenterChatSessionProperties.estimatedWaitTime", || {
        let mut stage = connected_at(config(), server());
        stage.agent(AgentAction::Status { state: "queued".to_owned(), ewt: Some(42) });
        let told = |event: &Event| matches!(event, Event::ConversationChanged { wait_seconds: Some(42), .. });
        assert_eq!(stage.count(told), 1);
    }),
    ("ContactCenterChatSessionProperties.isNewChat", || {
        let first = connected_at(config(), server());
        assert!(!started(&first).1);
        assert!(started(&first.again(config())).1);
    }),
    ("ContactCenterChatSessionProperties.phoneNumber", || {
        let introduction = Introduction { phone_number: Some("12345".to_owned()), ..Introduction::default() };
        let mut stage = live_at(config().with_introduction(introduction), server());
        let CommandResult::BrightPattern { reply: Reply::ActiveChat { chat: Some(chat) } } =
            stage.ask(Request::ActiveChat)
        else {
            panic!()
        };
        assert_eq!(chat.phone_number.as_deref(), Some("12345"));
    }),
    ("ContactCenterServiceAvailability.chat", || {
        assert_eq!(availability(true, Some(3)).0, Availability::Available);
        assert_eq!(availability(false, None).0, Availability::Unavailable);
    }),
    ("ContactCenterServiceAvailability.estimatedWaitTime", || {
        assert_eq!(availability(true, Some(7)).1, Some(7));
        assert_eq!(availability(true, None).1, None);
    }),
    ("ContactCenterChatSession.chatID", || {
        let ids: Vec<_> = case().into_iter().map(|session| session.chat_id).collect();
        assert!(ids.contains(&Some("b81c7f20-3d64-4c09-9f2a-51e0d7a6c843".to_owned())), "{ids:?}");
    }),
    ("ContactCenterChatSession.createdTime", || {
        let past = past();
        assert_eq!(past.created_at.map(|at| at.to_string()).as_deref(), Some("2025-12-30T10:00:00.000Z"));
    }),
    ("ContactCenterChatSession.events", || assert_eq!(past().entries.len(), 1)),
    ("ContactCenterCaseHistory.sessions", || assert_eq!(case().len(), 2)),
    ("ContactCenterVersion.serverVersion", || {
        let result = idle().ask(Request::ServerVersion);
        assert!(matches!(
            result,
            CommandResult::BrightPattern { reply: Reply::ServerVersion { version } } if !version.is_empty()
        ));
    }),
    ("ContactCenterUploadedFileInfo.fileID", || {
        let attachment = file();
        assert!(attachment.id.is_some_and(|id| !id.is_empty()));
    }),
    ("ContactCenterUploadedFileInfo.fileName", || assert_eq!(file().name.as_deref(), Some("invoice.pdf"))),
    ("ContactCenterErrorResponse.error_code", || {
        for form in [ErrorForm::default(), ErrorForm::Number] {
            assert_eq!(fault(form).code.as_deref(), Some("5601"), "{form:?}");
        }
    }),
    ("ContactCenterErrorResponse.error_message", || {
        assert_eq!(
            fault(ErrorForm::default()).message.as_deref(),
            Some("No case is specified for this session.")
        );
    }),
    ("ContactCenterChatSessionPartyType.scenario", || {
        let mut stage = live();
        stage.agent(AgentAction::BotJoin);
        assert_eq!(stage.newest().sender.role, Role::Bot);
    }),
    ("ContactCenterChatSessionPartyType.internal", || assert_eq!(live().newest().sender.role, Role::Agent)),
    ("ContactCenterChatSessionPartyType.external", || {
        let mut stage = live();
        stage.agent(AgentAction::OtherJoin { kind: "external".to_owned(), name: "Lee".to_owned() });
        assert_eq!(stage.newest().sender.role, Role::Other("external".to_owned()));
        let chat = stage.chat();
        let ourselves = json!({ "event": "chat_session_party_joined", "party_id": chat, "type": "external" });
        stage.agent(AgentAction::Raw(ourselves));
        assert_eq!(stage.newest().sender.role, Role::Customer);
    }),
    ("timestamp", || {
        for times in [
            TimeForm::Seconds,
            TimeForm::Milliseconds,
            TimeForm::Number,
            TimeForm::NumberMilliseconds,
            TimeForm::Fraction,
        ] {
            let mut server = server();
            server.faults.times = times;
            let mut stage = live_at(config(), server);
            stage.agent(AgentAction::Say("now".to_owned()));
            let at = stage.newest().at.to_string();
            assert!(at.starts_with("2026-03-14T09:26:4"), "{times:?}: {at}");
        }
    }),
];

fn started(stage: &Stage) -> (String, bool) {
    let started = stage.lines.iter().find_map(|event| match event {
        Event::ConversationStarted { id, resumed, .. } => Some((id.clone(), *resumed)),
        _ => None,
    });
    started.expect("a chat")
}

fn availability(open: bool, ewt: Option<u32>) -> (Availability, Option<u64>) {
    let entry = Entry { open, ewt, ..Entry::new(APP_ID) };
    let tenants = vec![Tenant { domain: TENANT.to_owned(), entries: vec![entry] }];
    let mut stage = Stage::new(config(), ServerConfig { tenants, ..server() });
    match stage.ask(Request::Availability) {
        CommandResult::BrightPattern { reply: Reply::Availability { availability, wait_seconds } } => {
            (availability, wait_seconds)
        }
        other => panic!("{other:?}"),
    }
}

/// The chats of a case with one from before.
fn case() -> Vec<CaseSession> {
    let past = json!({
        "chat_id": "b81c7f20-3d64-4c09-9f2a-51e0d7a6c843",
        "created_time": "1767088800",
        "events": [{ "event": "chat_session_message", "msg_id": "1", "msg": "before", "timestamp": "1767088810" }],
    });
    let server = ServerConfig { cases: vec![("1042".to_owned(), past)], ..server() };
    let mut stage = live_at(config(), server);
    stage.agent(AgentAction::SetCase(Some("1042".to_owned())));
    match stage.ask(Request::CaseHistory) {
        CommandResult::BrightPattern { reply: Reply::CaseHistory { sessions } } => sessions,
        other => panic!("{other:?}"),
    }
}

fn past() -> CaseSession {
    let is_past =
        |session: &CaseSession| session.chat_id.as_deref() == Some("b81c7f20-3d64-4c09-9f2a-51e0d7a6c843");
    case().into_iter().find(is_past).expect("the one from before")
}

fn file() -> helpline_protocol::model::Attachment {
    let mut stage = live();
    stage.agent(AgentAction::SendFile {
        name: "invoice.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: bytes::Bytes::from_static(b"%PDF"),
    });
    let ItemBody::Attachments { mut attachments } = stage.newest().body else { panic!() };
    attachments.remove(0)
}

/// What is told of a refusal that is written so.
fn fault(form: ErrorForm) -> ProviderFault {
    let mut server = server();
    server.faults.error_form = form;
    server.faults.errors = vec![ErrorRule::next(Operation::CloseCase, ErrorCode::NoCase, 1)];
    match live_at(config(), server).ask(Request::CloseCase) {
        CommandResult::Failed { failure: Failure::Provider { fault } } => fault,
        other => panic!("{other:?}"),
    }
}
