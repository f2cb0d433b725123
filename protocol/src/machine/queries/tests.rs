use super::*;
use crate::error::TransportFault;
use crate::machine::backoff::BackoffPolicy;
use crate::rng::Rng;
use proptest::prelude::*;
use std::collections::BTreeSet;

mod snapshot;

const TRIES: u32 = 3;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn c(number: u64) -> CommandId {
    CommandId::from_u64(number)
}

fn failure() -> Failure {
    Failure::from(TransportFault::TimedOut)
}

fn try_again() -> Outcome {
    Outcome::TryAgain { failure: failure(), retry_after: None }
}

fn try_after(span: Duration) -> Outcome {
    Outcome::TryAgain { failure: failure(), retry_after: Some(span) }
}

fn denied() -> Outcome {
    Outcome::Denied { failure: failure() }
}

fn refused() -> Outcome {
    Outcome::Refused { failure: failure() }
}

/// Questions with their clock and chance; each asks for a number.
struct Desk {
    queries: Queries<u64>,
    rng: Rng,
    now: Timestamp,
}

impl Desk {
    fn new() -> Self {
        let mut queries = Queries::new(TRIES, Backoff::new(BackoffPolicy::default()));
        queries.set_open(true);
        Self { queries, rng: Rng::new([7; 32]), now: Timestamp::from_secs(100) }
    }

    /// With the questions of these commands, each asked once.
    fn asked(commands: &[u64]) -> Self {
        let mut desk = Self::new();
        for number in commands {
            desk.queries.put(c(*number), *number);
        }
        let asked: Vec<_> = core::iter::from_fn(|| desk.next()).collect();
        assert_eq!(asked, commands);
        desk
    }

    fn next(&mut self) -> Option<u64> {
        self.queries.next(self.now, |_, _| true).map(|(command, question)| {
            assert_eq!(command.as_u64() % 1_000, question % 1_000);
            *question
        })
    }

    fn settle(&mut self, number: u64, outcome: Outcome) -> Option<Failure> {
        self.queries.settle(self.now, &mut self.rng, c(number), outcome)
    }

    fn armed(&self) -> Option<Timestamp> {
        let alarm = self.queries.next_alarm()?;
        assert_eq!(alarm.why, DeadlineReason::QueryRetry);
        Some(alarm.at)
    }

    fn wake(&mut self) {
        self.now = self.armed().unwrap();
    }
}

#[test]
fn questions_are_asked_at_once_and_answered_in_any_order() {
    let mut desk = Desk::asked(&[1, 2, 3]);
    assert_eq!((desk.next(), desk.armed()), (None, None));
    for number in [2, 3, 1] {
        assert!(desk.queries.contains(c(number)));
        assert_eq!(desk.queries.peek(c(number)), Some(&number));
        assert_eq!(desk.queries.answered(c(number)), Some(number));
        assert_eq!((desk.queries.contains(c(number)), desk.queries.peek(c(number))), (false, None));
    }
    assert_eq!((desk.next(), desk.armed()), (None, None));
}

#[test]
fn one_that_waits_holds_up_no_other() {
    let mut desk = Desk::asked(&[1, 2]);
    assert_eq!(desk.settle(1, try_after(secs(90))), None);
    desk.queries.put(c(3), 3);
    assert_eq!(desk.next(), Some(3));
    assert_eq!(desk.settle(2, try_after(secs(30))), None);
    assert_eq!(desk.armed(), Some(desk.now + secs(30)), "the first of them");
    desk.wake();
    assert_eq!((desk.next(), desk.next()), (Some(2), None));
    assert_eq!(desk.armed(), desk.queries.retry_at(c(1)));
    desk.wake();
    assert_eq!((desk.next(), desk.armed()), (Some(1), None));
}

#[test]
fn a_question_is_asked_again_after_a_wait_that_is_no_shorter_than_was_asked_for() {
    let mut desk = Desk::asked(&[1]);
    assert_eq!(desk.settle(1, try_after(secs(50))), None);
    assert_eq!(desk.queries.retry_at(c(1)), Some(desk.now + secs(50)));
    desk.now = desk.now + secs(49);
    assert_eq!(desk.next(), None);
    desk.wake();
    assert_eq!((desk.next(), desk.next()), (Some(1), None));
    assert_eq!(desk.settle(1, try_again()), None);
    assert!(desk.armed().unwrap() <= desk.now + secs(2), "the second ceiling");
}

#[test]
fn a_question_is_given_up_after_its_tries() {
    let mut desk = Desk::asked(&[1, 2]);
    for _ in 1..TRIES {
        assert_eq!(desk.settle(1, try_again()), None);
        desk.wake();
        assert_eq!(desk.next(), Some(1));
    }
    assert_eq!(desk.settle(1, try_again()), Some(failure()));
    assert_eq!((desk.queries.contains(c(1)), desk.armed(), desk.next()), (false, None, None));
    assert_eq!(desk.settle(2, try_again()), None, "the tries of another are its own");
    assert_eq!(desk.settle(1, refused()), None, "told once");
}

#[test]
fn waits_grow_for_each_question_by_itself() {
    let mut desk = Desk::asked(&[1]);
    for _ in 1..TRIES {
        desk.settle(1, try_again());
        desk.wake();
        desk.next();
    }
    desk.queries.put(c(2), 2);
    assert_eq!(desk.next(), Some(2));
    desk.settle(2, try_again());
    assert!(desk.armed().unwrap() <= desk.now + secs(1), "the first ceiling");
}

#[test]
fn a_refusal_is_final() {
    let mut desk = Desk::asked(&[1, 2]);
    assert_eq!(desk.settle(1, refused()), Some(failure()));
    assert_eq!((desk.queries.contains(c(1)), desk.queries.contains(c(2))), (false, true));
    assert_eq!(desk.queries.answered(c(1)), None);
}

#[test]
fn a_denial_costs_no_try_and_no_wait_but_there_is_an_end_to_them() {
    let mut desk = Desk::asked(&[1]);
    for _ in 0..MOST_DENIALS {
        assert_eq!((desk.settle(1, denied()), desk.armed()), (None, None));
        assert_eq!(desk.next(), Some(1));
    }
    for _ in 1..TRIES {
        assert_eq!(desk.settle(1, try_again()), None);
        desk.wake();
        assert_eq!(desk.next(), Some(1));
    }
    assert_eq!(desk.settle(1, denied()), Some(failure()));
    assert_eq!((desk.next(), desk.armed()), (None, None));
}

#[test]
fn what_was_taken_back_is_not_asked_and_its_late_answer_finds_nothing() {
    let mut desk = Desk::asked(&[1, 2]);
    desk.queries.put(c(3), 3);
    desk.settle(2, try_again());
    for number in [1, 2, 3] {
        assert!(desk.queries.cancel(c(number)));
        assert!(!desk.queries.cancel(c(number)));
    }
    assert_eq!((desk.next(), desk.armed()), (None, None));
    assert_eq!((desk.queries.answered(c(1)), desk.settle(1, refused())), (None, None));
    assert_eq!(desk.queries.retry_at(c(2)), None);
}

#[test]
fn another_question_in_the_place_of_one_has_all_its_tries_and_denials() {
    let mut desk = Desk::asked(&[1]);
    desk.settle(1, denied());
    desk.next();
    desk.settle(1, try_again());
    desk.queries.put(c(1), 1_001);
    assert_eq!((desk.armed(), desk.queries.peek(c(1))), (None, Some(&1_001)));
    assert_eq!((desk.next(), desk.next()), (Some(1_001), None));
    for _ in 0..MOST_DENIALS {
        assert_eq!(desk.settle(1, denied()), None);
        assert_eq!(desk.next(), Some(1_001));
    }
    for _ in 1..TRIES {
        assert_eq!(desk.settle(1, try_again()), None);
        desk.wake();
        assert_eq!(desk.next(), Some(1_001));
    }
    assert_eq!(desk.queries.answered(c(1)), Some(1_001));
}

#[test]
fn nothing_is_asked_or_armed_while_closed() {
    let mut desk = Desk::asked(&[1]);
    desk.settle(1, try_again());
    desk.queries.put(c(2), 2);
    desk.queries.set_open(false);
    assert_eq!((desk.next(), desk.armed()), (None, None));
    assert!(desk.queries.retry_at(c(1)).is_some());
    desk.now = desk.now + secs(60);
    desk.queries.set_open(true);
    assert_eq!((desk.next(), desk.next(), desk.next()), (Some(1), Some(2), None));
    assert_eq!(desk.armed(), None);
}

#[test]
fn an_answer_that_comes_while_closed_counts() {
    let mut desk = Desk::asked(&[1, 2]);
    desk.queries.set_open(false);
    assert_eq!(desk.queries.answered(c(1)), Some(1));
    assert_eq!((desk.settle(2, try_again()), desk.armed()), (None, None));
}

#[test]
fn the_end_forgets_everything() {
    let mut desk = Desk::asked(&[1, 2]);
    desk.settle(2, try_again());
    desk.queries.put(c(3), 3);
    desk.queries.clear();
    assert_eq!((desk.next(), desk.armed()), (None, None));
    assert!([1, 2, 3].iter().all(|number| !desk.queries.contains(c(*number))));
    assert_eq!((desk.queries.answered(c(1)), desk.settle(1, refused())), (None, None));
}

#[derive(Clone, Debug)]
enum Step {
    Put(u64),
    Wait(u64),
    Answer(u64),
    Settle(u64, Outcome),
    Cancel(u64),
    Open(bool),
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(try_again()),
        2 => (0..100_u64).prop_map(|span| try_after(secs(span))),
        2 => Just(denied()),
        1 => Just(refused()),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let number = || 1..6_u64;
    prop_oneof![
        4 => number().prop_map(Step::Put),
        4 => (0..40_000_000_u64).prop_map(Step::Wait),
        2 => number().prop_map(Step::Answer),
        9 => (number(), outcomes()).prop_map(|(number, outcome)| Step::Settle(number, outcome)),
        1 => number().prop_map(Step::Cancel),
        1 => any::<bool>().prop_map(Step::Open),
    ]
}

/// What is to become of a question.
#[derive(Clone, Debug, PartialEq)]
struct Account {
    question: u64,
    asked: bool,
    /// Not asked before this.
    from: Timestamp,
    floor: Timestamp,
    tries: u32,
    denials: u32,
}

struct Model {
    desk: Desk,
    open: bool,
    under_way: BTreeMap<u64, Account>,
    put: u64,
    ended: BTreeSet<u64>,
}

impl Model {
    fn apply(&mut self, step: Step) {
        let now = self.desk.now;
        match step {
            Step::Put(number) => {
                // As the session does: a command has one question at a time, the next when that is answered.
                if let Some(other) = self.under_way.get(&number) {
                    self.ended.insert(other.question);
                }
                self.put += 1_000;
                let question = self.put + number;
                self.desk.queries.put(c(number), question);
                let (from, floor) = (Timestamp::ZERO, Timestamp::ZERO);
                let account = Account { question, asked: false, from, floor, tries: 0, denials: 0 };
                self.under_way.insert(number, account);
            }
            Step::Wait(micros) => self.desk.now = now + Duration::from_micros(micros),
            Step::Answer(number) => {
                let question = self.under_way.remove(&number).map(|account| account.question);
                assert_eq!(self.desk.queries.answered(c(number)), question);
                assert!(question.is_none_or(|question| self.ended.insert(question)));
            }
            Step::Settle(number, outcome) => self.settle(number, outcome),
            Step::Cancel(number) => {
                let question = self.under_way.remove(&number).map(|account| account.question);
                assert_eq!(self.desk.queries.cancel(c(number)), question.is_some());
                assert!(question.is_none_or(|question| self.ended.insert(question)));
            }
            Step::Open(open) => {
                self.open = open;
                self.desk.queries.set_open(open);
            }
        }
    }

    fn settle(&mut self, number: u64, outcome: Outcome) {
        let now = self.desk.now;
        let Some(account) = self.under_way.get_mut(&number) else {
            assert_eq!(self.desk.settle(number, outcome), None);
            return;
        };
        if !account.asked {
            return;
        }
        let is_final = match &outcome {
            Outcome::TryAgain { retry_after, .. } => {
                let span = retry_after.unwrap_or(Duration::ZERO);
                account.floor = account.floor.max(now + span);
                account.tries >= TRIES
            }
            Outcome::Denied { .. } => account.denials >= MOST_DENIALS,
            Outcome::Refused { .. } => true,
        };
        let again = matches!(outcome, Outcome::TryAgain { .. });
        let settled = self.desk.settle(number, outcome);
        assert_eq!(settled.is_some(), is_final);
        if is_final {
            let account = self.under_way.remove(&number).unwrap();
            assert!(self.ended.insert(account.question));
            return;
        }
        account.asked = false;
        if again {
            account.from = self.desk.queries.retry_at(c(number)).unwrap();
            assert!(account.from >= account.floor && account.from <= account.floor.max(now + secs(30)));
        } else {
            (account.denials, account.tries, account.from) = (account.denials + 1, account.tries - 1, now);
        }
    }

    /// What a session does after each input; then all must be as accounted for.
    fn pump(&mut self) {
        let now = self.desk.now;
        let mut due = BTreeSet::new();
        for account in self.under_way.values_mut().filter(|account| !account.asked) {
            if self.open && account.from <= now {
                (account.asked, account.tries) = (true, account.tries + 1);
                due.insert(account.question);
            }
        }
        while let Some(question) = self.desk.next() {
            assert!(due.remove(&question), "asked once a try");
        }
        assert!(due.is_empty());
        let waiting = self.under_way.values().filter(|account| !account.asked).map(|account| account.from);
        assert_eq!(self.desk.armed(), waiting.min().filter(|_| self.open));
        assert!(self.desk.armed().is_none_or(|at| at > now));
        for number in 1..6 {
            let account = self.under_way.get(&number);
            assert_eq!(self.desk.queries.peek(c(number)), account.map(|account| &account.question));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// P3, P6: whatever the provider answers and the user takes back, each question ends once, is asked once a try,
    /// and nothing is armed that nobody serves.
    #[test]
    fn each_question_ends_once(steps in prop::collection::vec(steps(), 0..120)) {
        let (under_way, ended) = (BTreeMap::new(), BTreeSet::new());
        let mut model = Model { desk: Desk::new(), open: true, under_way, put: 0, ended };
        for step in steps {
            model.apply(step);
            model.pump();
        }
        model.desk.queries.clear();
        model.under_way.clear();
        model.pump();
    }

    /// P5, P19: woken only at the alarms, every question gets to its end with a bounded number of requests.
    #[test]
    fn questions_get_to_their_end_by_their_alarms_alone(
        questions in 0..6_u64,
        troubles in prop::collection::vec(prop::option::of(outcomes()), 0..60),
    ) {
        let mut desk = Desk::new();
        (1..=questions).for_each(|number| desk.queries.put(c(number), number));
        let (mut troubles, mut ended, mut requests) = (troubles.into_iter(), 0, 0);
        loop {
            if let Some(number) = desk.next() {
                requests += 1;
                let over = match troubles.next().flatten() {
                    Some(outcome) => desk.settle(number, outcome).is_some(),
                    None => desk.queries.answered(c(number)).is_some(),
                };
                ended += u64::from(over);
            } else if let Some(at) = desk.armed() {
                prop_assert!(at > desk.now);
                desk.wake();
            } else {
                break;
            }
            prop_assert!(requests <= questions * u64::from(TRIES + MOST_DENIALS));
        }
        prop_assert_eq!(ended, questions);
    }
}
