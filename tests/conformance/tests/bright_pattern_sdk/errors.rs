//! What can go wrong, and what becomes of it.

use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{
    AgentAction, Chance, ChanceRule, ErrorCode, ErrorRule, Faults, MalformedRule, Operation, StatusRule,
};
use helpline_protocol::bright_pattern::{Config, Request};
use helpline_protocol::model::{ConversationEnd, OutgoingAttachment, SinkKey, SourceKey};
use helpline_protocol::{
    Command, CommandError, CommandResult, ConfigError, ConnectionState, DeadlineReason, EndReason, Event,
    Failure, FaultKind, ProviderFault, Retry, Session, TransportFault,
};
use helpline_simulation::{at, session_seed};

use super::stage::{Stage, config, idle, live, server};

/// One for each code of the service.
pub(crate) const CODES: &[Row] = &[
    ("chatSessionBadTenantUrl", || fatal(ErrorCode::BadTenantUrl)),
    ("chatSessionNoAuthHeader", || fatal(ErrorCode::NoAuthorization)),
    ("chatSessionAuthHeaderWrongFormat", || fatal(ErrorCode::AuthorizationFormat)),
    ("chatSessionAuthHeaderBadScheme", || fatal(ErrorCode::AuthorizationScheme)),
    ("chatSessionAuthHeaderMissingAppId", || fatal(ErrorCode::NoAppId)),
    ("chatSessionAuthHeaderMissingClientId", || fatal(ErrorCode::NoClientId)),
    ("chatSessionAuthHeaderBadAppId", || fatal(ErrorCode::BadAppId)),
    ("chatSessionEntryNotFound", || fatal(ErrorCode::EntryNotFound)),
    ("chatSessionServerTimeout", || passing(ErrorCode::ServerTimeout)),
    ("chatSessionServerNotAvailable", || passing(ErrorCode::NoServer)),
    ("chatSessionServerDisconnected", || passing(ErrorCode::ServerDisconnected)),
    ("chatSessionInternalServerError", || broken(ErrorCode::Internal)),
    ("chatSessionUnspecifiedServerError", || broken(ErrorCode::Unspecified)),
    ("chatSessionInvalidJson", || refused(ErrorCode::InvalidJson, Retry::Never)),
    ("chatSessionCaseNotSpecified", || refused(ErrorCode::NoCase, Retry::Never)),
    ("chatSessionTooManyParameters", || refused(ErrorCode::TooManyParameters, Retry::Never)),
    ("chatSessionCrmServerError", || refused(ErrorCode::CrmError, Retry::Manual)),
    ("chatSessionFileError", || refused(ErrorCode::FileError, Retry::Manual)),
    ("chatSessionUploadSizeLimitExceeded", || {
        let fault = upload_fault(ErrorCode::UploadTooLarge);
        assert_eq!((fault.code.as_deref(), fault.retry), (Some("5501"), Retry::Never));
    }),
    ("chatSessionFileNotFound", file_not_found),
    ("chatSessionNotFound", || {
        let mut stage = live();
        stage.server.set_faults(errors(Operation::Poll, ErrorCode::ChatNotFound, 1));
        stage.run_for(15_000);
        let ended = |event: &Event| {
            matches!(event, Event::ConversationEnded { why: Some(ConversationEnd::NotFound), .. })
        };
        assert_eq!(stage.count(ended), 1);
    }),
    ("chatSessionTooManyPollRequests", || {
        let mut stage = live();
        stage.server.set_faults(errors(Operation::Poll, ErrorCode::TooManyPolls, 1));
        stage.run_for(10_000);
        let calls = stage.calls(Operation::Poll);
        stage.run_for(1_500);
        assert_eq!(stage.calls(Operation::Poll), calls, "the other poll is waited for");
        assert_eq!(stage.session.deadline().map(|deadline| deadline.why), Some(DeadlineReason::Poll));
        stage.run_for(15_000);
        stage.agent(AgentAction::Say("still here".to_owned()));
        assert_eq!(stage.newest().body.text(), Some("still here"));
    }),
    ("chatSessionNoEvents", || {
        let mut stage = live();
        stage.server.set_faults(errors(Operation::Poll, ErrorCode::NoEvents, 2));
        stage.run_for(30_000);
        assert_eq!(stage.session.state(), ConnectionState::Live);
        assert_eq!(faults(&stage).count(), 0);
    }),
];

pub(crate) const ROWS: &[Row] = &[
    ("badStatusCode", || {
        let mut stage = live();
        let statuses = vec![StatusRule::next(Operation::CloseCase, 418, 1)];
        stage.server.set_faults(Faults { statuses, ..Faults::default() });
        let fault = failed_by(&mut stage, Request::CloseCase);
        assert_eq!((fault.status, fault.code), (Some(418), None));
    }),
    ("unexpectedResponse", || {
        let fault = TransportFault::Protocol { reason: "it speaks no HTTP".to_owned() };
        assert_eq!(with_polls_answered_by(fault.clone()), Some(fault));
    }),
    ("dataEmpty", || {
        let fault = malformed(Operation::Availability, "empty", Request::Availability);
        assert_eq!(fault.kind, FaultKind::Malformed);
    }),
    ("failedToCodeJSON", || {
        let fault = malformed(Operation::Availability, "html-instead-of-json", Request::Availability);
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(fault.expected.is_some() && fault.found.is_some(), "{fault:?}");
    }),
    ("failedToCreateURLRequest", || {
        let request = Request::ProfilePhoto { party: "..".to_owned(), sink: SinkKey::new("s") };
        let refused = live().execute(Command::BrightPattern { conversation: None, request });
        assert!(matches!(refused, Err(CommandError::InvalidArgument { .. })), "{refused:?}");
    }),
    ("failedToBuildBaseURL", || assert_eq!(field(config().with_endpoint("no address")), "with_endpoint")),
    ("failedToCast", || {
        let mut stage = live();
        stage
            .agent(AgentAction::Raw(serde_json::json!({ "event": "chat_session_message", "party_id": "p" })));
        stage.agent(AgentAction::Say("the next one".to_owned()));
        assert_eq!(faults(&stage).filter(|fault| fault.kind == FaultKind::Malformed).count(), 1);
        assert_eq!(stage.newest().body.text(), Some("the next one"));
    }),
    ("failedToEncodeImage", || {
        let mut stage = live();
        stage.files.add("notes", "any bytes");
        assert!(matches!(upload(&mut stage), CommandResult::Sent { .. }));
    }),
    ("URLError", || {
        let told = with_polls_answered_by(TransportFault::NameNotFound);
        assert_eq!(told, Some(TransportFault::NameNotFound));
    }),
    ("Android: FailedTenantURL", || {
        assert_eq!(field(Config::new("https://acme.example", "a", "c")), "tenant");
    }),
    ("Android: SessionNotCreated", || {
        let refused = idle().execute(Command::send_text("Hello"));
        assert_eq!(refused, Err(CommandError::NotConnected));
        let mut stage = live();
        assert!(matches!(stage.execute(Command::Resume), Err(CommandError::NotNow { .. })));
    }),
    ("Android: FileUploadError", || {
        assert_eq!(upload_fault(ErrorCode::FileError).code.as_deref(), Some("5558"));
    }),
    ("Android: CommonCCError", || {
        let mut stage = live();
        stage.server.set_faults(errors(Operation::SendEvents, ErrorCode::InvalidJson, 1));
        let result = stage.run(Command::send_text("Hello"));
        assert!(matches!(result, CommandResult::Failed { .. }), "{result:?}");
    }),
];

fn errors(operation: Operation, code: ErrorCode, times: u32) -> Faults {
    Faults { errors: vec![ErrorRule::next(operation, code, times)], ..Faults::default() }
}

fn faults(stage: &Stage) -> impl Iterator<Item = &ProviderFault> {
    stage.lines.iter().filter_map(|event| match event {
        Event::ProviderFault { fault } => Some(fault),
        _ => None,
    })
}

fn field(config: Config) -> &'static str {
    match Session::new(config, session_seed(1), at(0)) {
        Err(ConfigError::Field { field, .. }) => field,
        other => panic!("{:?}", other.map(|_| "taken")),
    }
}

/// Nothing would ever work: the session ends, at the start as in the middle.
fn fatal(code: ErrorCode) {
    let mut server = server();
    server.faults = errors(Operation::RequestChat, code, 1);
    let mut stage = Stage::new(config(), server);
    assert!(matches!(stage.run(Command::Connect), CommandResult::Failed { .. }));
    assert_fatal(&stage);
    let mut stage = live();
    stage.server.set_faults(errors(Operation::Poll, code, 1));
    stage.run_for(15_000);
    assert_fatal(&stage);
    let ended = stage.session.state().to_string();
    assert!(ended.contains(code.text()), "{ended}");
    let polls = stage.calls(Operation::Poll);
    stage.run_for(60_000);
    assert_eq!(stage.calls(Operation::Poll), polls);
}

fn assert_fatal(stage: &Stage) {
    let state = stage.session.state();
    let reason = EndReason::Misconfigured { problem: String::new() };
    let ConnectionState::Ended { reason: found } = &state else { panic!("{state:?}") };
    assert_eq!(core::mem::discriminant(found), core::mem::discriminant(&reason), "{state:?}");
}

/// It passes, and is tried again until it has.
fn passing(code: ErrorCode) {
    let mut stage = live();
    stage.server.set_faults(errors(Operation::Poll, code, 2));
    stage.run_for(10_000);
    stage.agent(AgentAction::Say("said meanwhile".to_owned()));
    stage.run_for(60_000);
    assert_eq!(stage.newest().body.text(), Some("said meanwhile"));
    let again = |fault: &&ProviderFault| matches!(fault.retry, Retry::Automatic { .. });
    assert!(faults(&stage).filter(again).count() > 0, "{:#?}", stage.lines);
    stage.server.set_faults(errors(Operation::SendEvents, code, 1));
    assert!(matches!(stage.run(Command::send_text("Hello")), CommandResult::Sent { .. }));
    assert_eq!(stage.server.stats().doubled_messages, 0);
}

/// What only asks is asked again; what acts is reported.
fn broken(code: ErrorCode) {
    passing(code);
    let mut stage = live();
    stage.server.set_faults(errors(Operation::Configuration, code, 1));
    assert!(matches!(stage.ask(Request::Configuration), CommandResult::BrightPattern { .. }));
    refused(code, Retry::Manual);
}

/// It is reported, and not tried again.
fn refused(code: ErrorCode, retry: Retry) {
    let mut stage = live();
    stage.server.set_faults(errors(Operation::CloseCase, code, 1));
    let fault = failed_by(&mut stage, Request::CloseCase);
    assert_eq!((fault.code, fault.retry), (Some(code.number().to_string()), retry));
    assert_eq!(stage.calls(Operation::CloseCase), 1);
    assert_eq!(stage.session.state(), ConnectionState::Live);
}

fn failed_by(stage: &mut Stage, request: Request) -> ProviderFault {
    match stage.ask(request) {
        CommandResult::Failed { failure: Failure::Provider { fault } } => fault,
        other => panic!("{other:?}"),
    }
}

/// What is told of an answer that makes no sense, however often it is asked for.
fn malformed(operation: Operation, name: &str, request: Request) -> ProviderFault {
    let mut server = server();
    server.faults.malformed = vec![MalformedRule {
        operation: Some(operation),
        name: Some(name.to_owned()),
        chance: Chance::Every(1),
        seen: 0,
        sent: 0,
    }];
    failed_by(&mut Stage::new(config(), server), request)
}

/// What is told when a poll comes to this end.
fn with_polls_answered_by(fault: TransportFault) -> Option<TransportFault> {
    let mut stage = live();
    let lost = vec![ChanceRule::new(Some(Operation::Poll), Chance::Next(1))];
    stage.server.set_faults(Faults { lost_requests: lost, ..Faults::default() });
    stage.fault_in_place_of_loss = Some(fault);
    stage.run_for(30_000);
    stage.lines.iter().find_map(|event| match event {
        Event::TransportFault { fault, retry: Retry::Automatic { .. }, .. } => Some(fault.clone()),
        _ => None,
    })
}

fn upload(stage: &mut Stage) -> CommandResult {
    let attachment = OutgoingAttachment {
        name: "notes.bin".to_owned(),
        content_type: None,
        size: 9,
        source: SourceKey::new("notes"),
    };
    stage.run(Command::SendAttachment { conversation: None, attachment })
}

fn upload_fault(code: ErrorCode) -> ProviderFault {
    let mut stage = live();
    stage.files.add("notes", "any bytes");
    stage.server.set_faults(errors(Operation::Upload, code, 1));
    match upload(&mut stage) {
        CommandResult::Failed { failure: Failure::Provider { fault } } => fault,
        other => panic!("{other:?}"),
    }
}

fn file_not_found() {
    let mut stage = live();
    let download = |stage: &mut Stage| {
        stage.agent(AgentAction::SendFile {
            name: "a.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: bytes::Bytes::from_static(b"x"),
        });
        let helpline_protocol::model::ItemBody::Attachments { attachments } = stage.newest().body else {
            panic!()
        };
        let attachment = attachments[0].id.clone().expect("an id");
        stage.run(Command::DownloadAttachment { attachment, sink: SinkKey::new("s") })
    };
    stage.server.set_faults(errors(Operation::Download, ErrorCode::FileNotFound, 2));
    assert_eq!(download(&mut stage), CommandResult::Downloaded { size: 1 }, "it was not ready yet");
    stage.server.set_faults(errors(Operation::Download, ErrorCode::FileNotFound, 9));
    assert!(matches!(
        download(&mut stage),
        CommandResult::Failed { failure: Failure::Provider { fault } } if fault.code.as_deref() == Some("5502")
    ));
}
