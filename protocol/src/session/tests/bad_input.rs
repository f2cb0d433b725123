//! What is wrong, late or foreign changes nothing but what it must.

use super::{ACK, Rig, agent_message};
use crate::{
    Command, CommandError, ConnectionState, EndReason, Event, Frame, HttpResponse, Input, Operation, Output,
    RequestId, SocketClosed, SocketId, TransportFault,
};

fn grant_with(url: &str) -> String {
    serde_json::json!({
        "Websocket": {"Url": url, "ConnectionExpiry": "2026-03-14T10:32:10.000Z"},
        "ConnectionCredentials": {"ConnectionToken": "secret-connection", "Expiry": "2026-03-15T09:26:40.000Z"},
    })
    .to_string()
}

#[test]
fn a_socket_address_that_is_neither_encrypted_nor_local_is_not_dialled() {
    for url in [
        "ws://gateway.example/x",
        "http://gateway.example/x",
        "wss://",
        "",
        "not an address",
        "ws://127.0.0.1.example/x",
    ] {
        let mut rig = Rig::new();
        rig.command(Command::Connect).unwrap();
        rig.answer(Operation::Authorise, 200, &grant_with(url));
        let dialled = rig.out.iter().any(|output| matches!(output, Output::OpenSocket { .. }));
        assert!(!dialled, "{url:?} was dialled");
        assert!(
            rig.events().any(|event| matches!(event, Event::ProviderFault { .. })),
            "{url:?}: {:?}",
            rig.out
        );
        assert!(rig.session.deadline().is_some(), "{url:?}: it is tried again");
    }
    for url in ["ws://127.0.0.1:8080/x", "ws://localhost:1/x", "ws://[::1]:1/x", "wss://gateway.example/x"] {
        let mut rig = Rig::new();
        rig.command(Command::Connect).unwrap();
        rig.answer(Operation::Authorise, 200, &grant_with(url));
        let dialled = rig.out.iter().any(|output| matches!(output, Output::OpenSocket { .. }));
        assert!(dialled, "{url:?} was not dialled");
    }
}

#[test]
fn late_foreign_and_repeated_input_is_counted_and_changes_nothing() {
    let mut rig = Rig::live();
    let response = HttpResponse::new(http::StatusCode::OK, "{}");
    let socket = SocketId::from_u64(99);
    let stale = [
        Input::Response { request: RequestId::from_u64(1), result: Ok(response) },
        Input::Response { request: RequestId::from_u64(999), result: Err(TransportFault::TimedOut) },
        Input::SocketOpened { socket },
        Input::SocketOpened { socket: SocketId::from_u64(1) },
        Input::Frame { socket, frame: Frame::Text(agent_message("a1")) },
        Input::SocketClosed { socket, why: SocketClosed::Failed(TransportFault::ConnectionLost) },
    ];
    let expected = u64::try_from(stale.len()).unwrap();
    let deadline = rig.session.deadline();
    for input in stale {
        rig.tell(input);
    }
    assert_eq!(rig.out, Vec::new());
    assert_eq!(rig.session.deadline(), deadline);
    assert_eq!(rig.session.usage().stale_inputs, expected);
}

#[test]
fn every_broken_frame_is_one_event_and_the_session_lives_on() {
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    let huge = format!(r#"{{"topic":"aws/chat","content":"{}"}}"#, "x".repeat(300_000));
    let broken = [
        "",
        "word",
        "{",
        r#"{"topic":"aws/chat"}"#,
        r#"{"topic":"aws/new","content":1}"#,
        "[]",
        "null",
        &deep,
        &huge,
    ];
    let mut rig = Rig::live();
    for text in broken {
        rig.out.clear();
        rig.frame(text);
        assert_eq!(rig.out.len(), 1, "{text:.40}: {:?}", rig.out);
        let surfaced =
            matches!(rig.out[0], Output::Event(Event::ProviderFault { .. } | Event::Unrecognized { .. }));
        assert!(surfaced, "{text:.40}: {:?}", rig.out);
    }
    rig.out.clear();
    rig.frame(&agent_message("a1"));
    assert!(rig.events().any(|event| event.to_string().contains("Hello")));
    assert_eq!(rig.session.state(), ConnectionState::Live);
}

#[test]
fn a_refused_command_changes_nothing_and_puts_out_nothing() {
    let mut fresh = Rig::new();
    let before = fresh.session.clone();
    assert_eq!(fresh.command(Command::send_text("x")), Err(CommandError::NotConnected));
    assert_eq!(fresh.session, before);

    let mut rig = Rig::live();
    let before = rig.session.clone();
    assert_eq!(rig.command(Command::Connect), Err(CommandError::AlreadyConnected));
    assert_eq!(rig.command(Command::send_text("")), Err(CommandError::Empty));
    let long = rig.command(Command::send_text("x".repeat(20_000)));
    assert!(matches!(long, Err(CommandError::TooLarge { limit: 16_384, .. })), "{long:?}");
    let foreign = crate::ConversationKey::from_u64(2);
    let typing = rig.command(Command::SendTyping { conversation: Some(foreign) });
    assert_eq!(typing, Err(CommandError::UnknownConversation { conversation: foreign }));
    let message = crate::MessageKey::from_u64(77);
    assert_eq!(rig.command(Command::MarkRead { message }), Err(CommandError::UnknownMessage { message }));
    assert!(matches!(rig.command(Command::Resume), Err(CommandError::NotNow { .. })));
    assert_eq!(rig.session, before);
    assert_eq!(rig.out, Vec::new());
}

#[test]
fn after_the_end_commands_say_so_and_inputs_do_nothing() {
    let mut rig = Rig::new();
    rig.command(Command::Connect).unwrap();
    rig.answer(Operation::Authorise, 403, "");
    let reason = EndReason::CredentialRejected { code: None, chat_may_have_ended: false };
    assert_eq!(rig.session.state(), ConnectionState::Ended { reason: reason.clone() });
    rig.out.clear();
    assert_eq!(rig.command(Command::send_text("x")), Err(CommandError::Ended { reason }));
    rig.frame(ACK);
    rig.tell(Input::Woke);
    rig.tell(Input::Network(crate::Network::Online));
    assert_eq!(rig.out, Vec::new());
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn a_full_outbox_refuses_the_next_message() {
    let mut rig = Rig::live();
    rig.session.limits = crate::Limits::default().with_outbox_items(2);
    rig.command(Command::send_text("1")).unwrap();
    rig.command(Command::send_text("2")).unwrap();
    let refused = rig.command(Command::send_text("3"));
    assert_eq!(refused, Err(CommandError::LimitReached { name: "outbox_items".to_owned(), limit: 2 }));
}

#[test]
fn time_that_goes_back_is_counted_and_does_no_harm() {
    let mut rig = Rig::live();
    rig.at = 5_000;
    rig.tell(Input::Woke);
    rig.at = 1_000;
    rig.tell(Input::Woke);
    assert_eq!(rig.session.usage().clock_went_back, 1);
    let deadline = rig.session.deadline().expect("a deadline");
    assert!(deadline.at > crate::Timestamp::from_secs(5));
}

#[test]
fn no_token_shows_in_what_a_session_is_or_puts_out() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("hello")).unwrap();
    let shown = format!("{:?} {:?}", rig.session, rig.out);
    for secret in ["secret-participant", "secret-connection", "secret-ticket"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

#[test]
fn a_frame_that_cannot_be_read_may_have_been_an_item_and_is_looked_for() {
    let mut rig = Rig::live();
    rig.out.clear();
    // A message, cut in the middle.
    let message = agent_message("a1");
    rig.frame(&message[..message.len() / 2]);
    rig.frame("garbage");
    let asked = |rig: &Rig| {
        let asks = |output: &&Output| matches!(output, Output::Request { operation: Operation::CatchUp, .. });
        rig.out.iter().filter(asks).count()
    };
    assert_eq!(asked(&rig), 0, "a flood of garbage would be a flood of requests");
    rig.at += 2_000;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig), 1, "one look for both: {:?}", rig.out);
}
