use core::task::{Context, Waker};

use super::{EVENTS_WAITING, Events, Outlet, READY};
use crate::error::TransportFault;
use crate::event::Event;
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::model::{Participant, Role};
use crate::output::Operation;
use crate::{CommandResult, Retry};

const CONVERSATION: ConversationKey = ConversationKey::from_u64(1);

fn someone(id: &str, name: &str) -> Participant {
    Participant { id: Some(id.to_owned()), role: Role::Agent, display_name: Some(name.to_owned()) }
}

fn started(id: &str, name: &str) -> Event {
    Event::TypingStarted { conversation: CONVERSATION, participant: someone(id, name) }
}

fn stopped(id: &str, name: &str) -> Event {
    Event::TypingStopped { conversation: CONVERSATION, participant: someone(id, name) }
}

fn queued(number: u64) -> Event {
    let (command, message) = (CommandId::from_u64(number), MessageKey::from_u64(number));
    Event::MessageQueued { command, conversation: CONVERSATION, message }
}

fn finished(number: u64) -> Event {
    Event::CommandFinished { command: CommandId::from_u64(number), result: CommandResult::Done }
}

fn fault(operation: Operation) -> Event {
    Event::TransportFault { operation, fault: TransportFault::TimedOut, retry: Retry::Manual }
}

/// What a reader sees who begins only now.
fn read(outlet: &mut Outlet, events: &mut Events) -> Vec<Event> {
    let mut context = Context::from_waker(Waker::noop());
    let mut seen = Vec::new();
    loop {
        outlet.poll(&mut context);
        let before = seen.len();
        while let Ok(event) = events.ready.try_recv() {
            seen.push(event);
        }
        if seen.len() == before {
            return seen;
        }
    }
}

#[test]
fn typing_that_waits_is_told_as_it_is_at_last() {
    let (mut outlet, mut events) = Outlet::new();
    for event in [started("a", "Ann"), queued(1), started("b", "Bob"), stopped("a", "Ann B."), queued(2)] {
        outlet.push(event);
    }
    let expected = [queued(1), started("b", "Bob"), stopped("a", "Ann B."), queued(2)];
    assert_eq!(read(&mut outlet, &mut events), expected);
}

#[test]
fn who_has_no_id_is_known_by_the_rest() {
    let nameless = |role| Event::TypingStarted {
        conversation: CONVERSATION,
        participant: Participant { id: None, role, display_name: None },
    };
    let (mut outlet, mut events) = Outlet::new();
    for event in [nameless(Role::Agent), nameless(Role::Bot), nameless(Role::Agent)] {
        outlet.push(event);
    }
    assert_eq!(read(&mut outlet, &mut events), [nameless(Role::Bot), nameless(Role::Agent)]);
}

#[test]
fn states_keep_only_the_latest_once_the_reader_is_far_behind() {
    let (mut outlet, mut events) = Outlet::new();
    outlet.push(Event::ConnectionRenewed);
    outlet.push(Event::ConnectionRenewed);
    assert_eq!(outlet.waiting(), 2, "nothing is dropped while there is room");
    let mut expected = vec![Event::ConnectionRenewed];
    for number in 0..EVENTS_WAITING as u64 {
        outlet.push(queued(number));
        outlet.push(finished(number));
        expected.extend([queued(number), finished(number)]);
    }
    for operation in [Operation::Authorise, Operation::CatchUp, Operation::Authorise] {
        outlet.push(fault(operation));
    }
    outlet.push(Event::ConnectionRenewed);
    expected.extend([fault(Operation::CatchUp), fault(Operation::Authorise), Event::ConnectionRenewed]);
    assert_eq!(read(&mut outlet, &mut events), expected, "messages and results are all there, in order");
}

#[test]
fn without_a_reader_events_are_thrown_away() {
    let (mut outlet, events) = Outlet::new();
    let mut context = Context::from_waker(Waker::noop());
    for number in 0..2 * READY as u64 {
        outlet.push(queued(number));
    }
    outlet.poll(&mut context);
    assert!(outlet.waiting() > 0 && !outlet.is_gone());
    drop(events);
    outlet.poll(&mut context);
    assert!(outlet.is_gone());
    outlet.push(queued(1));
    assert_eq!(outlet.waiting(), 0);
}

#[test]
fn the_stream_ends_after_the_last_event_and_not_before() {
    let (mut outlet, mut events) = Outlet::new();
    for number in 0..2 * READY as u64 {
        outlet.push(queued(number));
    }
    assert!(!outlet.finish());
    assert_eq!(read(&mut outlet, &mut events).len(), 2 * READY);
    assert!(outlet.finish());
    assert!(events.ready.try_recv().is_err());
}
