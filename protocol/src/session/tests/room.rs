//! The cap on requests holds for all of them, and the link finds room under it whatever the user asks for.

use super::{ACK, GRANT, Rig, agent_message, now};
use crate::dialect::amazon_connect::{ChatDetails, Config};
use crate::error::ConfigError;
use crate::model::TranscriptQuery;
use crate::session::Session;
use crate::{
    Command, Frame, HttpResponse, Input, Limits, Operation, Output, RequestId, SocketClosed, SocketId,
    TransportFault,
};

const MOST: usize = Limits::LEAST_REQUESTS;

fn session(requests: usize) -> Result<Session, ConfigError> {
    let config = crate::Config::from(Config::new(ChatDetails::new("secret-participant")));
    Session::new(config.with_limits(Limits::default().with_requests(requests)), [7; 32], now(0))
}

/// Live, with as many questions asked as may be.
fn crowded() -> Rig {
    let mut rig = Rig::with(session(MOST).unwrap(), 0, Vec::new());
    rig.command(Command::Connect).unwrap();
    rig.answer(Operation::Authorise, 200, GRANT);
    rig.tell(Input::SocketOpened { socket: SocketId::from_u64(1) });
    rig.frame(ACK);
    rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    rig.out.clear();
    for _ in 0..2 * MOST {
        let query = TranscriptQuery::default();
        rig.command(Command::LoadTranscript { conversation: None, query }).unwrap();
    }
    rig
}

fn asked(rig: &Rig, of: Operation) -> usize {
    rig.out.iter().filter(|it| matches!(it, Output::Request { operation, .. } if *operation == of)).count()
}

#[test]
fn less_than_a_session_needs_is_refused() {
    let ConfigError::Field { field, problem } = session(MOST - 1).unwrap_err();
    assert_eq!((field, problem.as_str()), ("requests", "5 is too few, allow at least 6"));
}

#[test]
fn what_the_user_asks_for_leaves_room_for_credentials_what_was_missed_and_the_goodbye() {
    let mut rig = crowded();
    assert_eq!(asked(&rig, Operation::LoadTranscript), MOST - Limits::LINK_REQUESTS);
    rig.command(Command::send_text("in its turn")).unwrap();
    assert_eq!(asked(&rig, Operation::SendMessage), 0);
    let why = SocketClosed::Failed(TransportFault::ConnectionLost);
    rig.tell(Input::SocketClosed { socket: SocketId::from_u64(1), why });
    rig.at = 1_500;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig, Operation::Authorise), 1);
    rig.answer(Operation::Authorise, 200, GRANT);
    let socket = SocketId::from_u64(2);
    rig.tell(Input::SocketOpened { socket });
    rig.tell(Input::Frame { socket, frame: Frame::Text(ACK.to_owned()) });
    assert_eq!(asked(&rig, Operation::CatchUp), 1);
    rig.command(Command::Leave).unwrap();
    assert_eq!(asked(&rig, Operation::Leave), 1);
    assert!(rig.session.usage().requests <= MOST, "{:?}", rig.session.usage());
    // With room, what waits has its turn.
    rig.answer(Operation::LoadTranscript, 200, r#"{"Transcript":[]}"#);
    let more = asked(&rig, Operation::LoadTranscript) + asked(&rig, Operation::SendMessage);
    assert_eq!(more, MOST - Limits::LINK_REQUESTS + 1);
    assert!(rig.session.usage().requests <= MOST, "{:?}", rig.session.usage());
}

#[test]
fn receipts_wait_for_room() {
    let mut rig = crowded();
    rig.frame(&agent_message("a1"));
    rig.at = 9_000;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig, Operation::SendReceipt), 0);
    let mut answered = 0;
    while asked(&rig, Operation::SendReceipt) == 0 {
        let request = questions(&rig).nth(answered).expect("with none under way there is room");
        let page = HttpResponse::new(http::StatusCode::OK, r#"{"Transcript":[]}"#);
        rig.tell(Input::Response { request, result: Ok(page) });
        answered += 1;
        assert!(rig.session.usage().requests <= MOST, "{:?}", rig.session.usage());
    }
}

/// Those that were asked, in order.
fn questions(rig: &Rig) -> impl Iterator<Item = RequestId> {
    rig.out.iter().filter_map(|output| {
        let Output::Request { id, operation: Operation::LoadTranscript, .. } = output else { return None };
        Some(*id)
    })
}
