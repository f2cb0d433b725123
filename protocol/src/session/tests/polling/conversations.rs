//! Several conversations in one session, and pushes that name them.

use super::*;
use crate::CommandError;

fn push(chat: &str) -> Command {
    Command::PushReceived { payload: format!(r#"{{"aps":{{"badge":1}},"chatID":"{chat}"}}"#) }
}

fn keys(rig: &Rig) -> Vec<ConversationKey> {
    rig.session.conversations().collect()
}

/// Two chats of one client at once, both polled.
fn two() -> Rig {
    let mut rig = Rig::begun();
    rig.command(push("other-chat")).unwrap();
    rig.history_brings(&[]);
    rig
}

/// The poll under way in a chat.
fn poll_of(rig: &Rig, chat: &str) -> Option<RequestId> {
    let under_way: Vec<RequestId> = rig.session.requests.iter().map(|(id, _)| id).collect();
    rig.out.iter().rev().find_map(|output| {
        let Output::Request { id, request, operation: Operation::Poll, .. } = output else { return None };
        let of_chat = request.uri.path().contains(&format!("/{chat}/"));
        (of_chat && under_way.contains(id)).then_some(*id)
    })
}

#[test]
fn a_push_for_a_chat_that_the_process_does_not_know_takes_it_up() {
    let mut rig = Rig::polling();
    let command = rig.command(push(CHAT)).unwrap();
    assert_eq!(rig.finished(command), Some(CommandResult::Done));
    assert_eq!(rig.asked(Operation::StartConversation), 0, "no other chat is begun");
    assert!(rig.said(Operation::CatchUp).starts_with(&format!("/clientweb/api/v2/chats/{CHAT}/history")));
    rig.history_brings(&[own_said(1, "hello"), agent_says("a1", "you were away")]);
    assert!(rig.is_live());
    assert_eq!((rig.asked(Operation::Poll), keys(&rig).len()), (1, 1));
    assert_eq!(rig.lines(), ["hello", "you were away"]);
}

#[test]
fn a_push_for_a_chat_that_is_polled_begins_no_second_poll() {
    let mut rig = Rig::begun();
    rig.pass(1_000);
    rig.command(push(CHAT)).unwrap();
    assert_eq!((rig.asked(Operation::Poll), rig.asked(Operation::CatchUp), keys(&rig).len()), (1, 0, 1));
}

#[test]
fn a_push_that_is_not_ours_is_said_to_be_and_one_that_makes_no_sense_is_refused() {
    let mut rig = Rig::begun();
    let command = rig.command(Command::PushReceived { payload: r#"{"aps":{}}"#.to_owned() }).unwrap();
    assert_eq!(rig.finished(command), Some(CommandResult::NotOurs));
    let refused = rig.command(Command::PushReceived { payload: r#"{"chatID":7}"#.to_owned() }).unwrap_err();
    assert!(matches!(refused, CommandError::InvalidArgument { .. }), "{refused}");
}

#[test]
fn a_chat_that_is_held_does_not_delay_another() {
    let mut rig = two();
    let (first, second) = (poll_of(&rig, CHAT).unwrap(), poll_of(&rig, "other-chat").unwrap());
    rig.pass(200);
    rig.answer_request(second, &format!(r#"{{"events":[{}]}}"#, agent_says("b1", "for b")));
    assert!(poll_of(&rig, "other-chat").is_some_and(|next| next != second));
    assert_eq!(poll_of(&rig, CHAT), Some(first), "that one is held all the while");
    assert_eq!(rig.lines_of(keys(&rig)[0]), [""; 0]);
    assert_eq!(rig.lines_of(keys(&rig)[1]), ["for b"]);
}

#[test]
fn a_chat_whose_polls_fail_does_not_delay_another_and_the_link_stays_up() {
    let mut rig = two();
    let broken = poll_of(&rig, CHAT).unwrap();
    rig.tell(Input::Response { request: broken, result: Err(TransportFault::ConnectionLost) });
    assert!(rig.is_live());
    assert_eq!(rig.told("connection lost"), 0);
    let first = keys(&rig)[0];
    // What goes to the one that is out of reach waits, what goes to the other does not.
    let to = |conversation, text: &str| Command::SendMessage {
        conversation: Some(conversation),
        content: crate::model::OutgoingContent::text(text),
    };
    rig.command(to(first, "waits")).unwrap();
    assert_eq!(rig.asked(Operation::SendMessage), 0);
    rig.command(to(keys(&rig)[1], "goes")).unwrap();
    assert!(rig.said(Operation::SendMessage).contains("other-chat:1"));
    rig.answer(Operation::SendMessage, 200, "");
    rig.wake();
    rig.history_brings(&[]);
    assert!(rig.said(Operation::SendMessage).contains(&format!("{CHAT}:1")));
    // With the last one the link is lost.
    for chat in [CHAT, "other-chat"] {
        let request = poll_of(&rig, chat).unwrap();
        rig.tell(Input::Response { request, result: Err(TransportFault::ConnectionLost) });
    }
    assert_eq!(rig.told("connection lost"), 1);
    assert!(matches!(rig.session.state(), ConnectionState::Reconnecting { .. }));
}

#[test]
fn the_end_of_one_is_not_the_end_of_another() {
    let mut rig = two();
    let request = poll_of(&rig, CHAT).unwrap();
    rig.answer_request(request, &format!(r#"{{"events":[{}]}}"#, event("ended")));
    assert!(rig.is_live());
    assert_eq!((poll_of(&rig, CHAT), poll_of(&rig, "other-chat").is_some()), (None, true));
    let request = poll_of(&rig, "other-chat").unwrap();
    rig.answer_request(request, &format!(r#"{{"events":[{}]}}"#, event("ended")));
    assert_eq!((rig.session.state(), rig.session.deadline()), (ConnectionState::Idle, None));
}

#[test]
fn conversations_that_are_over_cost_nothing_and_are_bounded() {
    let limits = crate::Limits::default().with_conversations(3);
    let config = crate::Config::from(Config::new("acme.example", "app", "client")).with_limits(limits);
    let mut rig = Rig::polling_with(config);
    for number in 0..10 {
        rig.command(Command::Connect).unwrap();
        rig.start(&format!("chat-{number}"), true);
        assert_eq!(rig.session.active.len(), 1);
        rig.poll_brings(&[event("ended")]);
    }
    assert_eq!(keys(&rig).len(), 3);
}

#[test]
fn what_needs_no_chat_can_be_asked_before_there_is_one() {
    let mut rig = Rig::polling();
    let request = crate::bright_pattern::Request::Availability;
    let ask = |request| Command::BrightPattern { conversation: None, request };
    let command = rig.command(ask(request)).unwrap();
    rig.answer(Operation::Availability, 200, r#"{"chat":"available","ewt":"3"}"#);
    assert!(matches!(rig.finished(command), Some(CommandResult::BrightPattern { .. })));
    let refused = rig.command(ask(crate::bright_pattern::Request::CaseHistory)).unwrap_err();
    assert_eq!(refused, CommandError::NotConnected);
    rig.command(Command::Connect).unwrap();
    let refused = rig.command(ask(crate::bright_pattern::Request::CaseHistory)).unwrap_err();
    assert!(matches!(refused, CommandError::NotNow { .. }), "{refused}");
}

#[test]
fn what_is_said_of_the_customer_goes_with_the_chat_that_it_is_said_for() {
    let mut rig = Rig::polling();
    let introduction = crate::model::Introduction {
        name: Some("Dana".to_owned()),
        phone_number: None,
        attributes: [("order".to_owned(), "17".to_owned())].into(),
    };
    rig.command(Command::StartConversation { introduction }).unwrap();
    let said = rig.said(Operation::StartConversation);
    assert!(said.contains(r#""from":"Dana""#) && said.contains(r#""order":"17""#), "{said}");
    rig.start(CHAT, true);
    let again = Command::StartConversation { introduction: crate::model::Introduction::default() };
    assert_eq!(rig.command(again), Err(CommandError::AlreadyConnected));
}

#[test]
fn how_far_a_conversation_has_got_is_told_when_it_changes() {
    let mut rig = Rig::begun();
    assert_eq!(rig.told("queued"), 1);
    let queued = |wait: u64| format!(r#"{{"event":"chat_session_status","state":"queued","ewt":"{wait}"}}"#);
    rig.poll_brings(&[queued(42)]);
    rig.poll_brings(&[queued(42), event("typing")]);
    rig.poll_brings(&[queued(30)]);
    assert_eq!((rig.told("42 s"), rig.told("30 s")), (1, 1));
}

#[test]
fn an_answer_to_a_message_may_bring_events_on_old_servers_and_a_lost_one_may_lose_them() {
    let config =
        Config::new("acme.example", "app", "client").with_api_version(crate::bright_pattern::ApiVersion::V1);
    let mut rig = Rig::polling_with(config.into());
    rig.command(Command::Connect).unwrap();
    rig.start(CHAT, true);
    rig.command(Command::send_text("hello")).unwrap();
    rig.events_of(Operation::SendMessage, &[agent_says("a1", "by the way")]);
    assert_eq!(rig.lines(), ["hello", "by the way"]);
    rig.command(Command::SendTyping { conversation: None }).unwrap();
    rig.no_answer(Operation::SendTyping, TransportFault::ConnectionLost);
    rig.pass(5_000);
    rig.poll_brings(&[]);
    assert_eq!(rig.asked(Operation::CatchUp), 1);
}
