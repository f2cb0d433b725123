//! What may have arrived without an answer that says so, and what could not be fetched: it is looked for until it is
//! known.

use core::time::Duration;

use super::{ACK, GRANT, Rig, chat, now};
use crate::dialect::amazon_connect::{ChatDetails, Config};
use crate::event::CommandResult;
use crate::model::{DeliveryStatus, TranscriptQuery};
use crate::session::Session;
use crate::{
    Command, CommandError, ConversationKey, Event, Input, MessageKey, Operation, Output, Policy, SocketId,
    TransportFault,
};

/// The message that is written; the first item is the agent's.
const OURS: MessageKey = MessageKey::from_u64(2);

const ENDED: &str = r#"{"AbsoluteTime":"2026-03-14T09:28:00.000Z","ContentType":"application/vnd.amazonaws.connect.event.chat.ended","Id":"e","Type":"EVENT"}"#;

/// Live since the time zero, on a line that is not looked after, so that nothing but what a test is about asks for
/// anything.
fn live() -> Rig {
    let long = Duration::from_secs(6_000);
    let policy = Policy::amazon_connect().with_heartbeat_interval(long).with_heartbeat_wait(long);
    let details = ChatDetails::new("secret-participant").with_participant_id("me");
    let config = crate::Config::from(Config::new(details)).with_policy(policy);
    let mut rig = Rig::with(Session::new(config, [7; 32], now(0)).unwrap(), 0, Vec::new());
    rig.command(Command::Connect).unwrap();
    rig.answer(Operation::Authorise, 200, GRANT);
    rig.tell(Input::SocketOpened { socket: SocketId::from_u64(1) });
    rig.frame(ACK);
    rig.answer(Operation::CatchUp, 200, &page(&[said("old", "before", 0)]));
    rig.out.clear();
    rig
}

/// A message of ours, so many seconds after the beginning.
fn mine(id: &str, text: &str, secs: u32) -> String {
    item(id, text, secs, "me", "CUSTOMER")
}

/// A message of the agent's.
fn said(id: &str, text: &str, secs: u32) -> String {
    item(id, text, secs, "agent", "AGENT")
}

fn item(id: &str, text: &str, secs: u32, who: &str, role: &str) -> String {
    let (minute, second) = (26 + (40 + secs) / 60, (40 + secs) % 60);
    format!(
        r#"{{"AbsoluteTime":"2026-03-14T09:{minute}:{second:02}.500Z","Content":"{text}","ContentType":"text/plain","Id":"{id}","Type":"MESSAGE","ParticipantId":"{who}","ParticipantRole":"{role}"}}"#
    )
}

fn page(items: &[String]) -> String {
    format!(r#"{{"Transcript":[{}]}}"#, items.join(","))
}

/// A page without the end of the transcript.
fn page_before(items: &[String], next: &str) -> String {
    format!(r#"{{"Transcript":[{}],"NextToken":"{next}"}}"#, items.join(","))
}

fn asked(rig: &Rig, of: Operation) -> usize {
    let requests =
        rig.out.iter().filter(|it| matches!(it, Output::Request { operation, .. } if *operation == of));
    requests.count()
}

fn texts(rig: &Rig) -> Vec<&str> {
    let all = rig.session.transcript(ConversationKey::from_u64(1));
    all.filter_map(|item| item.body.text()).collect()
}

fn status(rig: &Rig, message: MessageKey) -> Option<DeliveryStatus> {
    let mut all = rig.session.transcript(ConversationKey::from_u64(1));
    all.find(|item| item.key == message).and_then(|item| item.status.clone())
}

fn is_sent(rig: &Rig, message: MessageKey) -> bool {
    rig.events().any(|event| {
        matches!(event, Event::CommandFinished { result: CommandResult::Sent { message: sent }, .. } if *sent == message)
    })
}

/// Until so many milliseconds, as a host would: at each deadline; requests of this kind are not answered in time.
fn until(rig: &mut Rig, end: u64, lost: Operation) {
    while let Some(deadline) = rig.session.deadline().filter(|deadline| deadline.at <= now(end).at) {
        rig.at = deadline.at.as_micros().div_ceil(1_000);
        let before = asked(rig, lost);
        rig.tell(Input::Woke);
        if asked(rig, lost) > before {
            rig.no_answer(lost, TransportFault::ConnectionLost);
        }
    }
    rig.at = end;
    rig.tell(Input::Woke);
}

#[test]
fn a_message_in_doubt_that_is_taken_back_is_looked_for_once_the_provider_must_be_done_with_it() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    rig.command(Command::Discard { message: OURS }).unwrap();
    assert!(!rig.session.is_settled(), "it is not known yet what became of it");
    let wait = u64::try_from(Policy::amazon_connect().doubt_wait().as_millis()).unwrap();
    until(&mut rig, wait - 1, Operation::SendMessage);
    assert_eq!(asked(&rig, Operation::CatchUp), 0);
    until(&mut rig, wait, Operation::SendMessage);
    // The agent's last words were known already; the page goes on to what was said before the message.
    rig.answer(Operation::CatchUp, 200, &page(&[said("old", "before", 0), mine("x", "hello", 1)]));
    assert_eq!(texts(&rig), ["before", "hello"], "it arrived all the same");
    assert!(rig.session.is_settled());
}

#[test]
fn after_the_end_nothing_is_looked_for() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    rig.command(Command::Discard { message: OURS }).unwrap();
    rig.frame(&chat(ENDED));
    assert!(rig.session.is_settled());
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn a_message_that_was_certainly_not_taken_is_not_looked_for_when_it_is_taken_back() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.answer(Operation::SendMessage, 429, "{}");
    rig.command(Command::Discard { message: OURS }).unwrap();
    assert!(rig.session.is_settled());
    until(&mut rig, 100_000, Operation::SendMessage);
    assert_eq!(asked(&rig, Operation::CatchUp), 0);
}

/// Its echo came before its answer, and no answer ever does: the provider forgets tokens, so it may not be sent for
/// ever, and it stands in the transcript.
#[test]
fn a_message_that_shows_is_not_sent_again_after_its_token_may_be_forgotten() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.frame(&chat(&mine("x", "hello", 1)));
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    assert!(!is_sent(&rig, OURS), "an answer under the same token can still tell whether it is this one");
    until(&mut rig, 300_000, Operation::SendMessage);
    assert!(is_sent(&rig, OURS), "{:?}", status(&rig, OURS));
    assert_eq!(status(&rig, OURS), Some(DeliveryStatus::Sent));
    let last = asked(&rig, Operation::SendMessage);
    until(&mut rig, 900_000, Operation::SendMessage);
    assert_eq!((asked(&rig, Operation::SendMessage), texts(&rig)), (last, vec!["before", "hello"]));
    let refused = rig.command(Command::Discard { message: OURS });
    assert_eq!(refused, Err(CommandError::NotFailed { message: OURS }));
}

#[test]
fn a_message_that_shows_cannot_be_taken_back() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.frame(&chat(&mine("x", "hello", 1)));
    rig.no_answer(Operation::SendMessage, TransportFault::TimedOut);
    let refused = rig.command(Command::Discard { message: OURS });
    assert_eq!(refused, Err(CommandError::NotFailed { message: OURS }));
}

#[test]
fn at_the_end_a_message_that_shows_was_sent() {
    let mut rig = live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.frame(&chat(&mine("x", "hello", 1)));
    rig.frame(&chat(ENDED));
    assert!(is_sent(&rig, OURS), "{:?}", rig.out);
    assert_eq!(status(&rig, OURS), Some(DeliveryStatus::Sent));
}

#[test]
fn what_could_not_be_read_is_looked_for_with_as_many_tries_as_anything_that_was_missed() {
    let mut rig = live();
    rig.frame("{");
    until(&mut rig, 2_000, Operation::SendMessage);
    rig.no_answer(Operation::CatchUp, TransportFault::ConnectionLost);
    until(&mut rig, 4_000, Operation::SendMessage);
    assert_eq!(asked(&rig, Operation::CatchUp), 2);
    rig.answer(Operation::CatchUp, 200, &page(&[said("old", "before", 0), said("new", "missed", 1)]));
    assert_eq!(texts(&rig), ["before", "missed"]);
    assert!(!rig.events().any(|event| matches!(event, Event::HistoryUnavailable { .. })));
}

/// Nothing else would fetch it, for as long as the link stays up.
#[test]
fn what_was_missed_and_could_not_be_fetched_is_fetched_later() {
    let mut rig = live();
    // Something came that could not be read.
    rig.frame("{");
    until(&mut rig, 60_000, Operation::CatchUp);
    let given_up = rig.events().filter(|event| matches!(event, Event::HistoryUnavailable { .. })).count();
    assert_eq!(given_up, 1);
    rig.frame(&chat(&said("live", "live", 30)));
    assert_eq!(texts(&rig), ["before", "live"], "nothing is held back until then");
    let tries = asked(&rig, Operation::CatchUp);
    while asked(&rig, Operation::CatchUp) == tries {
        let deadline = rig.session.deadline().expect("another run");
        rig.at = deadline.at.as_micros().div_ceil(1_000);
        assert!(rig.at < 180_000, "in time");
        rig.tell(Input::Woke);
    }
    rig.no_answer(Operation::CatchUp, TransportFault::ConnectionLost);
    assert_eq!(asked(&rig, Operation::CatchUp), tries + 1, "one try at a time from here on");
    until(&mut rig, 400_000, Operation::CatchUp);
    let told = rig.events().filter(|event| matches!(event, Event::HistoryUnavailable { .. })).count();
    assert_eq!(told, 1, "once");
    while asked(&rig, Operation::CatchUp) < tries + 7 {
        rig.at = rig.session.deadline().expect("another run").at.as_micros().div_ceil(1_000);
        rig.tell(Input::Woke);
    }
    rig.answer(Operation::CatchUp, 200, &page(&[said("old", "before", 0), said("new", "missed", 1)]));
    assert_eq!(texts(&rig), ["before", "missed", "live"]);
    assert!(rig.events().any(|event| matches!(event, Event::GapClosed { .. })));
}

/// A part of the transcript that was asked for on a line that is dead without anybody knowing: what stands before it
/// is not here.
#[test]
fn a_part_of_the_transcript_does_not_end_the_search_for_what_was_missed() {
    let mut rig = live();
    let query = TranscriptQuery::default();
    rig.command(Command::LoadTranscript { conversation: None, query }).unwrap();
    let part = [said("n3", "three", 20), said("n4", "four", 80)];
    rig.answer(Operation::LoadTranscript, 200, &page_before(&part, "earlier"));
    assert_eq!(texts(&rig), ["before", "three", "four"]);
    rig.tell(Input::SocketClosed {
        socket: SocketId::from_u64(1),
        why: crate::SocketClosed::Failed(TransportFault::ConnectionLost),
    });
    rig.at = 20_000;
    rig.tell(Input::Woke);
    rig.answer(Operation::Authorise, 200, GRANT);
    let socket = rig.out.iter().rev().find_map(|output| {
        let Output::OpenSocket { id, .. } = output else { return None };
        Some(*id)
    });
    let socket = socket.expect("another socket");
    rig.tell(Input::SocketOpened { socket });
    rig.tell(Input::Frame { socket, frame: crate::Frame::Text(ACK.to_owned()) });
    let [three, four] = part;
    rig.answer(Operation::CatchUp, 200, &page_before(&[three, four, said("n5", "five", 90)], "more"));
    let rest = [said("old", "before", 0), said("n1", "one", 10), said("n2", "two", 11)];
    rig.answer(Operation::CatchUp, 200, &page(&rest));
    assert_eq!(texts(&rig), ["before", "one", "two", "three", "four", "five"]);
}
