use super::*;
use crate::error::TransportFault;
use crate::event::EndReason;
use crate::machine::backoff::BackoffPolicy;

mod checks;
mod doubt;
mod fails;
mod server;
mod snapshot;
mod waits;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const fn m(number: u64) -> MessageKey {
    MessageKey::from_u64(number)
}

const fn c(number: u64) -> CommandId {
    CommandId::from_u64(number)
}

fn failure() -> Failure {
    Failure::from(TransportFault::TimedOut)
}

/// Why the transcript cannot be asked.
fn no_sight() -> Failure {
    Failure::from(TransportFault::ConnectionLost)
}

fn not_now() -> Outcome {
    Outcome::NotNow { failure: failure(), retry_after: None }
}

fn unknown() -> Outcome {
    Outcome::Unknown { failure: failure(), retry_after: None }
}

fn refused() -> Outcome {
    Outcome::Refused { failure: failure() }
}

fn denied() -> Outcome {
    Outcome::Again { failure: failure() }
}

/// An outbox with its chance, and messages numbered from 1; command and token go by the same number.
#[derive(Clone)]
struct Line {
    outbox: Outbox,
    rng: Rng,
    handed_over: u64,
}

impl Line {
    fn new() -> Self {
        let policy = OutboxPolicy { replay_window: secs(120), doubt_wait: secs(0), tries: 3 };
        let mut outbox = Outbox::new(policy, Backoff::new(BackoffPolicy::default()));
        outbox.set_open(true);
        Self { outbox, rng: Rng::new([7; 32]), handed_over: 0 }
    }

    /// With this many messages.
    fn of(messages: u64) -> Self {
        let mut line = Self::new();
        for _ in 0..messages {
            line.push();
        }
        line
    }

    fn push(&mut self) -> MessageKey {
        self.handed_over += 1;
        let number = self.handed_over;
        let content = OutgoingContent::text(format!("text {number}"));
        self.outbox.push(m(number), content, format!("token {number}"), c(number));
        m(number)
    }

    /// What goes out now: the number of the message, its text and its token agreeing with it.
    fn sends(&mut self, now: Timestamp) -> Option<u64> {
        match self.outbox.next(now)? {
            Next::Send { key, content, token } => {
                let number = key.as_u64();
                assert_eq!(content, OutgoingContent::text(format!("text {number}")));
                assert_eq!(token, format!("token {number}"));
                Some(number)
            }
            Next::Check => panic!("it wants the transcript"),
        }
    }

    /// The transcript is asked now.
    fn checks(&mut self, now: Timestamp) {
        assert_eq!(self.outbox.next(now), Some(Next::Check));
        assert!(self.outbox.is_checking());
    }

    /// It is whole, and does not have the head.
    fn checked(&mut self) -> Vec<Fate> {
        let mut fates = Vec::new();
        self.outbox.checked(&mut fates);
        fates
    }

    /// It cannot be asked.
    fn uncheckable(&mut self) -> Vec<Fate> {
        let mut fates = Vec::new();
        self.outbox.uncheckable(no_sight(), &mut fates);
        fates
    }

    fn settle(&mut self, now: Timestamp, number: u64, outcome: Outcome) -> Vec<Fate> {
        let mut fates = Vec::new();
        self.outbox.settle(now, &mut self.rng, m(number), outcome, &mut fates);
        fates
    }

    /// Sends the head and has it end so. Returns when it is tried again.
    fn try_once(&mut self, now: Timestamp, number: u64, outcome: Outcome) -> Option<Timestamp> {
        assert_eq!(self.sends(now), Some(number));
        let fates = self.settle(now, number, outcome);
        assert_eq!(fates, [Fate::Waits(m(number))]);
        self.armed()
    }

    fn armed(&self) -> Option<Timestamp> {
        self.outbox.next_alarm().map(|alarm| {
            assert_eq!(alarm.why, DeadlineReason::OutboxRetry);
            alarm.at
        })
    }

    fn doubted(&self) -> Vec<u64> {
        self.outbox.in_doubt().map(|entry| entry.key.as_u64()).collect()
    }

    /// The provider has it. `command` is who is told.
    fn accept(&mut self, number: u64, command: Option<CommandId>) {
        assert_eq!(self.outbox.accepted(m(number)).map(|entry| entry.command), Some(command));
    }
}

fn failed(number: u64) -> Fate {
    Fate::Failed { key: m(number), command: Some(c(number)), failure: failure() }
}

fn uncertain(number: u64) -> Fate {
    Fate::Uncertain { key: m(number), command: Some(c(number)), failure: no_sight() }
}

fn blocked(number: u64, by: u64) -> Fate {
    let failure = Failure::Blocked { blocked_by: m(by) };
    Fate::Failed { key: m(number), command: Some(c(number)), failure }
}

#[test]
fn messages_go_out_in_the_order_they_were_handed_over_one_at_a_time() {
    let mut line = Line::of(3);
    for number in 1..=3 {
        assert_eq!(line.sends(at(number)), Some(number));
        assert_eq!(line.outbox.next(at(1_000)), None, "one is on its way");
        line.accept(number, Some(c(number)));
    }
    assert_eq!(line.outbox.next(at(1_000)), None);
    assert_eq!((line.outbox.len(), line.outbox.bytes(), line.armed()), (0, 0, None));
}

#[test]
fn nothing_goes_out_and_nothing_is_armed_while_it_is_shut() {
    let mut line = Line::of(1);
    line.outbox.set_open(false);
    assert_eq!(line.outbox.next(at(0)), None);
    line.outbox.set_open(true);
    let again = line.try_once(at(0), 1, not_now()).expect("planned");
    line.outbox.set_open(false);
    assert_eq!((line.armed(), line.outbox.next(at(1_000))), (None, None));
    line.outbox.set_open(true);
    assert_eq!(line.armed(), Some(again));
    assert_eq!(line.sends(at(1_000)), Some(1));
}

#[test]
fn a_message_that_is_not_taken_now_is_tried_again_after_a_wait_under_its_token() {
    let mut line = Line::of(2);
    let again = line.try_once(at(10), 1, not_now()).expect("planned");
    assert!(again > at(10) && again <= at(11), "{again}");
    assert!(line.outbox.is_waiting(m(1)) && line.outbox.is_waiting(m(2)));
    assert_eq!(line.outbox.next(again - Duration::from_micros(1)), None);
    assert_eq!(line.outbox.retry_at(), Some(again));
    assert_eq!(line.sends(again), Some(1));
    assert_eq!(line.armed(), None);
}

#[test]
fn the_waits_grow_and_success_makes_them_short_again() {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for seed in 0..200 {
        let mut line = Line { rng: Rng::new([seed; 32]), ..Line::of(2) };
        let first = line.try_once(at(0), 1, not_now()).expect("planned");
        one.push(first.saturating_since(at(0)));
        let second = line.try_once(at(10), 1, not_now()).expect("planned");
        two.push(second.saturating_since(at(10)));
        assert_eq!(line.sends(at(20)), Some(1));
        line.accept(1, Some(c(1)));
        let fresh = line.try_once(at(30), 2, not_now()).expect("planned");
        assert!(fresh <= at(31));
    }
    assert!(one.iter().all(|wait| *wait <= secs(1)));
    assert!(two.iter().all(|wait| *wait <= secs(2)) && two.iter().any(|wait| *wait > secs(1)));
}

#[test]
fn what_the_provider_asks_for_is_waited_for_even_when_the_network_comes_back() {
    let mut line = Line::of(1);
    let busy = Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) };
    assert_eq!(line.try_once(at(0), 1, busy), Some(at(60)));
    line.outbox.hurry(at(5), &mut line.rng);
    assert_eq!(line.armed(), Some(at(60)));
}

#[test]
fn the_network_coming_back_cuts_a_wait_short() {
    let mut line = Line::of(1);
    line.outbox.hurry(at(0), &mut line.rng);
    assert_eq!(line.armed(), None);
    for seed in 0..100 {
        let mut line = Line { rng: Rng::new([seed; 32]), ..Line::of(1) };
        line.outbox.backoff =
            Backoff::new(BackoffPolicy { base: secs(1_000), cap: secs(1_000), ..BackoffPolicy::default() });
        let planned = line.try_once(at(0), 1, not_now()).expect("planned");
        line.outbox.hurry(at(1), &mut line.rng);
        let now = line.armed().expect("planned");
        assert!(now <= planned && now <= at(2), "{now}");
    }
}

#[test]
fn a_credential_that_was_not_taken_costs_no_try() {
    let mut line = Line::of(1);
    for _ in 0..MOST_DENIALS {
        assert_eq!(line.sends(at(0)), Some(1));
        assert_eq!(line.settle(at(0), 1, denied()), [Fate::Waits(m(1))]);
        assert_eq!(line.armed(), None);
    }
    assert_eq!(line.doubted(), Vec::<u64>::new(), "the provider did not act on it");
    line.try_once(at(0), 1, not_now());
    line.try_once(at(100), 1, not_now());
    assert_eq!(line.sends(at(200)), Some(1), "three real tries are allowed");
}

#[test]
fn a_message_that_no_credential_is_good_for_has_failed() {
    let mut line = Line::of(2);
    for _ in 0..MOST_DENIALS {
        assert_eq!(line.sends(at(0)), Some(1));
        line.settle(at(0), 1, denied());
    }
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.settle(at(0), 1, denied()), [failed(1), blocked(2, 1)]);
    line.outbox.resend(m(1), c(9));
    assert_eq!(line.sends(at(1)), Some(1));
    assert_eq!(line.settle(at(1), 1, denied()), [Fate::Waits(m(1))], "the user begins it anew");
}

#[test]
fn an_outcome_of_another_message_changes_nothing() {
    let mut line = Line::of(2);
    assert_eq!(line.sends(at(0)), Some(1));
    for number in [2, 99] {
        let before = line.outbox.clone();
        assert_eq!(line.settle(at(1), number, refused()), []);
        assert_eq!(line.outbox, before);
    }
    assert!(line.outbox.accepted(m(99)).is_none());
}

#[test]
fn without_an_answer_it_is_sent_again_while_the_token_is_remembered() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    assert_eq!(line.sends(at(120) - Duration::from_micros(1)), Some(1));
}

#[test]
fn once_the_token_may_be_forgotten_the_transcript_is_asked_first() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    assert_eq!(line.outbox.next(at(120)), Some(Next::Check));
    assert!(line.outbox.is_checking() && !line.outbox.is_waiting(m(1)));
    assert_eq!((line.outbox.next(at(500)), line.armed()), (None, None), "asked once");

    // It is not there: it never arrived, and is as new.
    let mut absent = line.clone();
    assert_eq!(absent.checked(), [], "it has tries left");
    assert_eq!(absent.doubted(), Vec::<u64>::new());
    assert_eq!(absent.sends(at(500)), Some(1));
    absent.settle(at(500), 1, unknown());
    assert_eq!(absent.sends(at(619)), Some(1), "the window begins anew");

    // The transcript could not be asked: it is asked again, after a wait.
    let mut unasked = line.clone();
    unasked.outbox.unchecked(at(200), &mut unasked.rng);
    let again = unasked.armed().expect("planned");
    assert!(again > at(200));
    assert_eq!(unasked.outbox.next(again), Some(Next::Check));

    // It is there.
    line.accept(1, Some(c(1)));
    assert!(!line.outbox.is_checking());
}

#[test]
fn a_message_that_certainly_did_not_arrive_needs_no_check_however_old_it_is() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, not_now());
    assert_eq!(line.sends(at(10_000)), Some(1));
}

#[test]
fn a_check_that_nobody_asked_for_changes_nothing() {
    let mut line = Line::of(1);
    line.try_once(at(0), 1, unknown());
    let before = line.outbox.clone();
    assert_eq!((line.checked(), line.uncheckable()), (vec![], vec![]));
    line.outbox.unchecked(at(1), &mut line.rng);
    assert_eq!(line.outbox, before);
    assert_eq!(line.doubted(), [1]);
}

#[test]
fn in_doubt_is_what_may_have_arrived_and_nothing_else() {
    let mut line = Line::of(3);
    assert_eq!(line.doubted(), Vec::<u64>::new());
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.doubted(), [1], "on its way");
    line.settle(at(0), 1, not_now());
    assert_eq!(line.doubted(), Vec::<u64>::new());
    line.try_once(at(10), 1, unknown());
    assert_eq!(line.doubted(), [1]);
    assert_eq!(line.sends(at(20)), Some(1));
    line.settle(at(20), 1, refused());
    assert_eq!(line.doubted(), [1], "it is looked for, while what it holds up was never sent");
    line.checks(at(20));
    assert_eq!(line.doubted(), [1]);
    let mut absent = line.clone();
    absent.checked();
    assert_eq!(absent.doubted(), Vec::<u64>::new(), "it is not there");
    line.uncheckable();
    assert_eq!(line.doubted(), [1], "uncertain, while what it blocks was never sent");
}

#[test]
fn a_message_in_doubt_that_waits_for_its_turn_again_is_still_in_doubt() {
    let mut line = checks::uncertain_line();
    line.push();
    assert_eq!(line.sends(at(6)), Some(2));
    assert_eq!(line.outbox.resend(m(1), c(9)), [m(1)]);
    assert_eq!(line.doubted(), [2, 1], "an echo of it is it, wherever it stands in the line");
}

#[test]
fn what_waits_can_be_discarded_and_what_is_on_its_way_cannot() {
    let mut line = Line::of(3);
    assert_eq!(line.sends(at(0)), Some(1));
    assert_eq!(line.outbox.discard(m(1)), None);
    assert_eq!(line.outbox.discard(m(2)), Some(Some(c(2))));
    assert_eq!(line.outbox.discard(m(2)), None);
    line.accept(1, Some(c(1)));
    assert_eq!(line.sends(at(1)), Some(3));
    line.settle(at(1), 3, refused());
    assert_eq!(line.outbox.discard(m(3)), Some(None), "its command has heard already");
    assert_eq!((line.outbox.len(), line.outbox.bytes()), (0, 0));
}

#[test]
fn nothing_is_armed_for_a_line_that_was_discarded() {
    let mut line = Line::of(1);
    let again = line.try_once(at(0), 1, not_now()).expect("planned");
    line.outbox.discard(m(1));
    assert_eq!(line.armed(), None);
    assert_eq!(line.outbox.next(again), None);
    assert_eq!(line.armed(), None);
}

#[test]
fn discarding_the_head_does_not_shorten_what_the_provider_asked_for() {
    let mut line = Line::of(2);
    let busy = Outcome::NotNow { failure: failure(), retry_after: Some(secs(60)) };
    line.try_once(at(0), 1, busy);
    line.outbox.discard(m(1));
    assert_eq!(line.armed(), Some(at(60)));
    line.outbox.discard(m(2));
    line.push();
    assert_eq!(line.outbox.next(at(59)), None);
    assert_eq!(line.sends(at(60)), Some(3));
}
