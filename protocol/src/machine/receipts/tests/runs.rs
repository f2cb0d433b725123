//! Whole runs, held against a memory of their own.

use std::collections::BTreeSet;

use super::*;
use proptest::prelude::*;

/// One step of a run: what happens, and how long after the last.
#[derive(Clone, Copy, Debug)]
enum Step {
    Delivered(u64),
    Read(u64),
    Settle(Outcome),
    Hold,
    Release,
    Pass,
}

/// A run with a memory of its own, against which the machine is held.
#[derive(Clone)]
struct Run {
    receipts: Receipts<u64>,
    style: ReceiptStyle,
    now: Timestamp,
    wanted: BTreeSet<(u64, ReceiptKind)>,
    flying: Vec<Send>,
    done: Vec<Send>,
    held: bool,
}

impl Run {
    fn new(receipts: Receipts<u64>) -> Self {
        let style = receipts.policy.style;
        Self {
            receipts,
            style,
            now: at(0),
            wanted: BTreeSet::new(),
            flying: vec![],
            done: vec![],
            held: false,
        }
    }

    fn step(&mut self, step: Step, span: Duration) {
        self.now = self.now + span;
        match step {
            Step::Delivered(number) => self.mark(number, ReceiptKind::Delivered),
            Step::Read(number) => self.mark(number, ReceiptKind::Read),
            Step::Settle(outcome) => {
                if !self.flying.is_empty() {
                    let sent = self.flying.remove(0);
                    assert!(self.receipts.settled(self.now, sent, outcome));
                    if outcome == Outcome::Sent || outcome == Outcome::Drop {
                        assert!(!self.done.contains(&sent), "{sent:?} twice");
                        self.done.push(sent);
                    }
                }
            }
            Step::Hold => {
                self.held = true;
                self.receipts.hold();
            }
            Step::Release => {
                self.held = false;
                self.receipts.release();
            }
            Step::Pass => {}
        }
        let due = self.receipts.due(self.now);
        assert!(armed(&self.receipts).is_none_or(|alarm| alarm > self.now), "P3");
        assert!(due.is_empty() || (self.flying.is_empty() && !self.held), "one flight, and none while held");
        for sent in &due {
            assert!(!self.is_done(sent.message.as_u64(), sent.kind), "{sent:?} says nothing new");
        }
        if self.style == ReceiptStyle::LatestOfKind {
            assert!(due.len() <= 2 && due.windows(2).all(|pair| pair[0].kind > pair[1].kind));
        }
        self.flying.extend(due);
    }

    fn mark(&mut self, number: u64, kind: ReceiptKind) {
        self.wanted.insert((number, kind));
        let noted = match kind {
            ReceiptKind::Delivered => self.receipts.delivered(self.now, m(number)),
            ReceiptKind::Read => self.receipts.read(self.now, m(number)),
        };
        assert!(!noted || !self.is_done(number, kind));
    }

    fn is_done(&self, number: u64, kind: ReceiptKind) -> bool {
        self.done.iter().any(|done| {
            done.kind >= kind
                && match self.style {
                    ReceiptStyle::LatestOfKind => done.message.as_u64() >= number,
                    ReceiptStyle::Each => done.message.as_u64() == number,
                }
        })
    }

    /// All faults are over: everything that was marked must be covered within a few windows.
    fn finish(mut self) {
        self.step(Step::Release, Duration::ZERO);
        let mut rounds = 0;
        while self.receipts.len() > 0 {
            rounds += 1;
            assert!(rounds < 50, "{:?}", self.receipts);
            if self.flying.is_empty() {
                let alarm = armed(&self.receipts).expect("what waits has an alarm");
                self.step(Step::Pass, alarm.saturating_since(self.now));
            } else {
                self.step(Step::Settle(Outcome::Sent), Duration::ZERO);
            }
        }
        for (number, kind) in self.wanted.clone() {
            assert!(self.is_done(number, kind), "m{number} {kind:?} is lost");
        }
        self.receipts.end();
        assert_eq!((armed(&self.receipts), self.receipts.due(Timestamp::MAX)), (None, vec![]));
    }
}

/// P8 over every run of five steps with three messages.
#[test]
fn every_short_run_is_monotone_and_loses_nothing() {
    const STEPS: [(Step, u64); 11] = [
        (Step::Delivered(1), 0),
        (Step::Delivered(2), 0),
        (Step::Delivered(3), 1),
        (Step::Read(1), 0),
        (Step::Read(2), 1),
        (Step::Read(3), 0),
        (Step::Settle(Outcome::Sent), 0),
        (Step::Settle(AGAIN), 0),
        (Step::Hold, 0),
        (Step::Pass, 3),
        (Step::Pass, 6),
    ];
    fn walk(run: &Run, depth: u8) {
        if depth == 0 {
            return run.clone().finish();
        }
        for (step, span) in STEPS {
            let mut next = run.clone();
            next.step(step, secs(span));
            walk(&next, depth - 1);
        }
    }
    walk(&Run::new(latest()), 4);
    walk(&Run::new(each(1_000)), 4);
    // From the middle of things: a flight is out, and a delivered mark was too late for it.
    let mut run = Run::new(latest());
    for (step, span) in [(Step::Read(1), 0), (Step::Delivered(2), 4), (Step::Pass, 1)] {
        run.step(step, secs(span));
    }
    walk(&run, 4);
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        3 => (0..12_u64).prop_map(Step::Delivered),
        3 => (0..12_u64).prop_map(Step::Read),
        4 => prop_oneof![
            Just(Outcome::Sent),
            Just(AGAIN),
            Just(Outcome::Drop),
            (0..200_u64).prop_map(|secs| Outcome::TryAgain { not_before: Some(at(secs)) }),
        ].prop_map(Step::Settle),
        1 => Just(Step::Hold),
        2 => Just(Step::Release),
        3 => Just(Step::Pass),
    ];
    prop::collection::vec((step, prop_oneof![4 => 0..8_000_u64, 1 => 0..100_000_u64]), 0..80)
}

proptest! {
    /// P3, P5 and P8: monotone, at most one a message and kind, one flight at a time, nothing after the end,
    /// and nothing lost.
    #[test]
    fn no_run_doubles_or_loses_a_mark(
        steps in steps(),
        each in any::<bool>(),
        window in prop_oneof![Just(0), 0..20_000_u64],
        delay in prop_oneof![Just(0), 0..20_000_u64],
    ) {
        let policy = ReceiptPolicy {
            window: Duration::from_millis(window),
            delivered_delay: Duration::from_millis(delay),
            style: if each { ReceiptStyle::Each } else { ReceiptStyle::LatestOfKind },
            ..ReceiptPolicy::default()
        };
        let mut run = Run::new(Receipts::new(policy, 1_000));
        for (step, span) in steps {
            run.step(step, Duration::from_millis(span));
        }
        run.finish();
    }

    /// P9: never more than the cap, whatever is marked.
    #[test]
    fn the_cap_holds(
        cap in 0..6_usize,
        marks in prop::collection::vec((any::<bool>(), 0..40_u64, 0..9_u64, any::<bool>()), 0..80),
    ) {
        for mut receipts in [each(cap), Receipts::new(ReceiptPolicy::default(), cap)] {
            let (mut now, mut flying) = (at(0), Vec::new());
            for (is_read, number, span, settle) in &marks {
                now = now + secs(*span);
                let mark = m(*number);
                if *is_read { receipts.read(now, mark); } else { receipts.delivered(now, mark); }
                if *settle && !flying.is_empty() { receipts.settled(now, flying.remove(0), AGAIN); }
                flying.extend(receipts.due(now));
                prop_assert!(receipts.len() <= cap);
            }
        }
    }
}
