//! A message of unknown outcome that stands further back than the transcript is looked through.

use core::time::Duration;

use super::{ACK, GRANT, Rig, now};
use crate::dialect::amazon_connect::{ChatDetails, Config};
use crate::error::Failure;
use crate::event::CommandResult;
use crate::model::DeliveryStatus;
use crate::session::Session;
use crate::{
    Body, Command, Event, Input, Limits, MessageKey, Operation, Output, Policy, SocketId, TransportFault,
};

/// One page without end.
const PAGE: &str = r#"{"Transcript":[{"AbsoluteTime":"2026-03-14T09:27:30.410Z","Content":"Hello","ContentType":"text/plain","Id":"a1","Type":"MESSAGE","ParticipantId":"agent","ParticipantRole":"AGENT"}],"NextToken":"more"}"#;

/// Live; a message is tried once, and one page is looked through.
fn short_sighted() -> Rig {
    let long = Duration::from_secs(600);
    let policy =
        Policy::amazon_connect().with_send_tries(1).with_heartbeat_interval(long).with_heartbeat_wait(long);
    let config = crate::Config::from(Config::new(ChatDetails::new("secret-participant")))
        .with_policy(policy)
        .with_limits(Limits::default().with_catch_up_pages(1));
    let mut rig = Rig::with(Session::new(config, [7; 32], now(0)).unwrap(), 0, Vec::new());
    rig.command(Command::Connect).unwrap();
    rig.answer(Operation::Authorise, 200, GRANT);
    rig.tell(Input::SocketOpened { socket: SocketId::from_u64(1) });
    rig.frame(ACK);
    rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    rig.out.clear();
    rig
}

/// The tokens under which messages went out.
fn tokens(rig: &Rig) -> Vec<String> {
    let sent = rig.out.iter().filter_map(|output| {
        let Output::Request { operation: Operation::SendMessage, request, .. } = output else { return None };
        Some(&request.body)
    });
    let token = |body: &Body| {
        let Body::Bytes(body) = body else { panic!("a body") };
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        body["ClientToken"].as_str().unwrap().to_owned()
    };
    sent.map(token).collect()
}

fn status(rig: &Rig) -> Option<DeliveryStatus> {
    let conversation = rig.session.conversations().next()?;
    rig.session.transcript(conversation).find_map(|item| item.status.clone())
}

fn is_asked(rig: &Rig) -> bool {
    rig.out.iter().any(|it| matches!(it, Output::Request { operation: Operation::CatchUp, .. }))
}

#[test]
fn it_is_looked_for_after_the_wait_and_then_the_user_decides() {
    let mut rig = short_sighted();
    rig.command(Command::send_text("far back")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    let wait = u64::try_from(Policy::amazon_connect().doubt_wait().as_millis()).unwrap();
    rig.at = wait - 1;
    rig.tell(Input::Woke);
    assert!(!is_asked(&rig), "the provider may still be at work on it");
    rig.at = wait;
    rig.tell(Input::Woke);
    assert!(is_asked(&rig), "{:?}", rig.out);
    rig.answer(Operation::CatchUp, 200, PAGE);
    let failure = Failure::OutOfSight { pages: 1 };
    let result = CommandResult::Failed { failure: failure.clone() };
    let told = rig
        .events()
        .any(|event| matches!(event, Event::CommandFinished { result: found, .. } if *found == result));
    assert!(told, "{:?}", rig.out);
    assert_eq!(status(&rig), Some(DeliveryStatus::Uncertain { failure }));

    let first = tokens(&rig);
    rig.out.clear();
    rig.command(Command::Resend { message: MessageKey::from_u64(1) }).unwrap();
    assert!(!is_asked(&rig), "in vain");
    assert_eq!(tokens(&rig), first, "under its token");
    rig.answer(Operation::SendMessage, 200, r#"{"Id":"x1","AbsoluteTime":"2026-03-14T09:28:00.000Z"}"#);
    assert!(rig.session.open_commands.is_empty());
    assert_eq!(status(&rig), Some(DeliveryStatus::Sent));
}
