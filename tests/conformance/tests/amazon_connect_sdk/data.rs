//! What a chat is started from, what it is connected with, pages and forms.

use helpline_emulator::amazon_connect::{AgentAction, InteractiveKind, ReceiptKind as Seen};
use helpline_protocol::amazon_connect::{ChatDetails, Reply, Request, View};
use helpline_protocol::model::TranscriptQuery;
use helpline_protocol::{Command, CommandResult, Config, Event, Session, amazon_connect};
use helpline_simulation::{World, WorldConfig, at, session_seed};

use super::Row;
use super::questions::{load, twenty};
use super::stage::{events, live, live_at, newest, run, say};

pub(crate) const ROWS: &[Row] = &[
    ("ChatDetails.contactId", with_the_contact_foreign_frames_are_told_apart),
    ("ChatDetails.participantId", with_the_participant_own_receipts_are_told_apart),
    ("ChatDetails.participantToken", the_token_is_all_that_is_needed),
    ("ConnectionDetailsProvider.updateChatDetails", a_session_begins_from_what_the_backend_answers),
    ("ConnectionDetailsProvider.getConnectionDetails", token_and_socket_can_be_read),
    ("ConnectionDetailsProvider.updateConnectionDetails", what_is_connected_with_is_renewed_by_itself),
    ("ConnectionDetailsProvider.getChatDetails", the_chats_details_can_be_read),
    ("ConnectionDetailsProvider.isChatSessionActive", activity_can_be_read),
    ("ConnectionDetailsProvider.setChatSessionState", activity_follows_from_what_happens),
    ("ConnectionDetails.getWebsocketUrl", the_sockets_address_goes_to_the_host_alone),
    ("ConnectionDetails.getConnectionToken", the_token_is_the_one_that_requests_carry),
    ("ConnectionDetails.getExpiry", expiries_are_the_providers),
    ("MessageReceiptType.messageDelivered", marking_as_delivered_is_told),
    ("MessageReceiptType.messageRead", marking_as_read_is_told),
    ("TranscriptResponse.initialContactId", a_page_names_the_first_contact),
    ("TranscriptResponse.nextToken", a_page_says_how_to_go_on),
    ("TranscriptResponse.transcript", a_page_has_its_items),
    ("TranscriptData.transcriptList", the_transcript_can_be_read),
    ("TranscriptData.previousTranscriptNextToken", older_items_need_no_token),
    ("ViewResource.id", a_form_has_all_its_parts),
    ("ViewResource.name", a_form_has_all_its_parts),
    ("ViewResource.arn", a_form_has_all_its_parts),
    ("ViewResource.version", a_form_has_all_its_parts),
    ("ViewResource.content.Actions", a_form_has_all_its_parts),
    ("ViewResource.content.InputSchema", a_form_has_all_its_parts),
    ("ViewResource.content.Template", a_form_has_all_its_parts),
];

fn with_the_contact_foreign_frames_are_told_apart() {
    let faults = helpline_emulator::amazon_connect::Faults { foreign_every: 1, ..Default::default() };
    let mut world = live_at(helpline_emulator::amazon_connect::ServerConfig { faults, ..Default::default() });
    say(&mut world, "ours");
    assert_eq!(world.transcript().len(), 1);
    let foreign =
        |event: &&Event| matches!(event, Event::Unrecognized { what, .. } if what == "foreign contact");
    assert_eq!(events(&world).into_iter().filter(foreign).count(), 1);
}

fn with_the_participant_own_receipts_are_told_apart() {
    let mut world = live();
    say(&mut world, "hello");
    let message = newest(&world).key;
    run(&mut world, Command::MarkRead { message });
    world.run_for(10_000);
    assert_eq!(world.provider.server.stats().receipts.len(), 1, "the provider echoes it");
    let told = events(&world).into_iter().filter(|event| matches!(event, Event::ReceiptReceived { .. }));
    assert_eq!(told.count(), 0, "it is not somebody else's");
}

fn the_token_is_all_that_is_needed() {
    let mut world = World::new(WorldConfig::default());
    let bare = ChatDetails::new(world.provider.chat.participant_token.as_str());
    let config = amazon_connect::Config::new(bare).with_endpoint("http://127.0.0.1:80");
    world.replace_session(config);
    assert_eq!(run(&mut world, Command::Connect), CommandResult::Done);
    let result = run(&mut world, Command::send_text("hi"));
    assert!(matches!(result, CommandResult::Sent { .. }), "{result}");
}

fn a_session_begins_from_what_the_backend_answers() {
    let answers = [
        r#"{"ContactId":"c","ParticipantId":"p","ParticipantToken":"t"}"#,
        r#"{"contactId":"c","participantId":"p","participantToken":"t"}"#,
        r#"{"data":{"startChatResult":{"ContactId":"c","ParticipantId":"p","ParticipantToken":"t"}}}"#,
    ];
    let expected = ChatDetails::new("t").with_contact_id("c").with_participant_id("p");
    for answer in answers {
        let details: ChatDetails = serde_json::from_str(answer).expect("details");
        assert_eq!(details, expected);
        // Other details are another chat, and so another session.
        let config = Config::from(amazon_connect::Config::new(details));
        Session::new(config, session_seed(1), at(0)).expect("a session");
    }
}

fn token_and_socket_can_be_read() {
    let world = live();
    let connection = world.session.connection();
    assert!(connection.token.is_some() && connection.socket.is_some(), "{connection:?}");
    assert!(!format!("{connection:?}").contains(connection.token.expect("a token").expose()));
}

fn what_is_connected_with_is_renewed_by_itself() {
    let mut world = live();
    let before = world.session.connection();
    world.run_for(3_600_000);
    let after = world.session.connection();
    assert!(after.token.is_some() && after.token != before.token, "another token");
    assert!(after.socket.is_some() && after.socket != before.socket, "another socket");
    let renewed =
        events(&world).into_iter().filter(|event| matches!(event, Event::CredentialsRenewed { .. }));
    assert!(renewed.count() >= 1, "and it is told");
}

fn the_chats_details_can_be_read() {
    let details = ChatDetails::new("t").with_contact_id("c").with_participant_id("p");
    let config = amazon_connect::Config::new(details.clone());
    assert_eq!(config.chat(), &details);
    assert_eq!((details.contact_id(), details.participant_id()), (Some("c"), Some("p")));
    assert_eq!(details.participant_token().expose(), "t");
    assert!(!format!("{config:?}").contains("\"t\""), "{config:?}");
}

fn activity_can_be_read() {
    let mut world = live();
    assert!(world.session.is_active());
    run(&mut world, Command::Leave);
    assert!(!world.session.is_active());
}

fn activity_follows_from_what_happens() {
    let mut world = live();
    run(&mut world, Command::Suspend);
    assert!(world.session.is_active(), "it is held, and goes on");
    run(&mut world, Command::Resume);
    run(&mut world, Command::Reset);
    assert!(!world.session.is_active());
}

fn the_sockets_address_goes_to_the_host_alone() {
    let mut world = World::new(WorldConfig { keep_outputs: true, ..WorldConfig::default() });
    run(&mut world, Command::Connect);
    let dialled = |output: &helpline_protocol::Output| match output {
        helpline_protocol::Output::OpenSocket { id, request, .. } => Some((*id, request.uri.clone())),
        _ => None,
    };
    let (id, uri) = world.outputs.iter().find_map(|(_, output)| dialled(output)).expect("a socket");
    assert_eq!(world.session.connection().socket, Some(id));
    let ticket = uri.query().expect("a ticket");
    assert!(world.lines.iter().all(|line| !format!("{:?}", line.event).contains(ticket)));
}

fn the_token_is_the_one_that_requests_carry() {
    let mut world = World::new(WorldConfig { keep_outputs: true, ..WorldConfig::default() });
    run(&mut world, Command::Connect);
    run(&mut world, Command::send_text("hi"));
    let carried = |output: &helpline_protocol::Output| match output {
        helpline_protocol::Output::Request { request, .. } => request.headers.get("x-amz-bearer").cloned(),
        _ => None,
    };
    let last = world.outputs.iter().rev().find_map(|(_, output)| carried(output)).expect("a bearer");
    let token = world.session.connection().token.expect("a token");
    assert_eq!(last.as_bytes(), token.expose().as_bytes());
}

fn expiries_are_the_providers() {
    let world = live();
    let connection = world.session.connection();
    let hours = |at: Option<helpline_protocol::WallTime>| {
        at.expect("an expiry").saturating_since(at_start()).as_secs_f64() / 3600.0
    };
    assert!((hours(connection.token_expires_at) - 24.0).abs() < 0.01);
    assert!((hours(connection.socket_expires_at) - 1.0).abs() < 0.01);
}

fn at_start() -> helpline_protocol::WallTime {
    at(0).wall
}

/// The kinds that arrived after a mark of this one.
fn marked(mark: impl FnOnce(helpline_protocol::MessageKey) -> Command) -> Vec<Seen> {
    let policy = helpline_protocol::Policy::amazon_connect().with_automatic_delivered(false);
    let mut world = super::stage::live_with(policy);
    say(&mut world, "hello");
    let message = newest(&world).key;
    run(&mut world, mark(message));
    world.run_for(20_000);
    world.provider.server.stats().receipts.iter().map(|receipt| receipt.kind).collect()
}

fn marking_as_delivered_is_told() {
    assert_eq!(marked(|message| Command::MarkDelivered { message }), [Seen::Delivered]);
}

fn marking_as_read_is_told() {
    assert_eq!(marked(|message| Command::MarkRead { message }), [Seen::Read]);
}

fn a_page_names_the_first_contact() {
    let mut world = live();
    let first = world.provider.chat.contact_id.clone();
    world.agent(AgentAction::Transfer);
    world.run_for(1_000);
    let page = load(&mut world, TranscriptQuery::default());
    assert_eq!(page.initial_segment.as_deref(), Some(first.as_str()), "a transfer does not change it");
}

fn a_page_says_how_to_go_on() {
    let mut world = twenty();
    let page = load(&mut world, TranscriptQuery { limit: Some(8), ..TranscriptQuery::default() });
    assert!(page.next.is_some());
    let whole = load(&mut world, TranscriptQuery { limit: Some(100), ..TranscriptQuery::default() });
    assert_eq!(whole.next, None);
}

fn a_page_has_its_items() {
    let mut world = twenty();
    let page = load(&mut world, TranscriptQuery { limit: Some(100), ..TranscriptQuery::default() });
    let kept: Vec<_> = world.transcript().into_iter().cloned().collect();
    assert_eq!(page.items, kept, "the items of the transcript");
}

fn the_transcript_can_be_read() {
    let world = twenty();
    let texts: Vec<_> = world.transcript().iter().filter_map(|item| item.body.text()).collect();
    assert_eq!(texts.len(), 20);
    assert_eq!((texts[0], texts[19]), ("tick 1", "tick 20"));
}

fn older_items_need_no_token() {
    let mut world = World::new(WorldConfig::default());
    world.agent(AgentAction::SayMany { prefix: "old".to_owned(), count: 45, every_ms: 0 });
    run(&mut world, Command::Connect);
    world.run_for(1_000);
    assert_eq!(world.transcript().len(), 30, "the first page");
    let older = Command::LoadHistory { conversation: None, limit: Some(10) };
    assert_eq!(run(&mut world, older.clone()), CommandResult::Loaded { items: 10, complete: false });
    let rest = run(&mut world, older);
    assert!(matches!(rest, CommandResult::Loaded { items: 5, .. }), "{rest}");
    let first = world.transcript()[0].body.text().map(str::to_owned);
    assert_eq!((world.transcript().len(), first.as_deref()), (45, Some("old 1")));
}

pub(crate) fn view_of(world: &mut World) -> View {
    world.agent(AgentAction::Interactive(InteractiveKind::View));
    world.run_for(1_000);
    let message = newest(world).key;
    match run(world, Command::AmazonConnect { request: Request::DescribeView { message } }) {
        CommandResult::AmazonConnect { reply: Reply::View { view } } => view,
        other => panic!("no form: {other:?}"),
    }
}

fn a_form_has_all_its_parts() {
    let view = view_of(&mut live());
    assert_eq!(view.id.as_deref(), Some("return-form"));
    assert_eq!(view.name.as_deref(), Some("Return form"));
    assert!(view.arn.is_some_and(|arn| arn.ends_with("view/return-form:1")));
    assert_eq!(view.version, Some(1));
    assert_eq!(view.actions, ["Submit", "Cancel"]);
    let json = |text: Option<String>| -> serde_json::Value {
        serde_json::from_str(&text.expect("a document")).expect("JSON")
    };
    assert_eq!(json(view.input_schema)["required"][0], "OrderNumber");
    assert_eq!(json(view.template)["Head"]["Title"], "Return form");
}
