//! Whole runs against a server that goes on talking meanwhile.

use std::collections::BTreeSet;

use super::*;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

/// One thing that happens during a run against a server.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The page asked for comes, of this many items.
    Page(usize),
    Fail,
    Pause,
    Unpause,
    Live,
    Wake,
    Pass(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1..5_usize).prop_map(Act::Page),
        1 => Just(Act::Fail),
        1 => Just(Act::Pause),
        2 => Just(Act::Unpause),
        4 => Just(Act::Live),
        2 => Just(Act::Wake),
        1 => (0..5_000_u64).prop_map(Act::Pass),
    ];
    prop::collection::vec(act, 0..60)
}

/// A conversation of numbered items, some of which were missed.
struct Run {
    catch_up: CatchUp<u32>,
    rng: Rng,
    now: Timestamp,
    known: u32,
    server: u32,
    fetched: BTreeSet<u32>,
    asked: Option<u32>,
    done: Option<Step>,
}

impl Run {
    fn new(goal: Goal, known: u32, missed: u32, held: usize) -> Self {
        let policy = CatchUpPolicy { pages: 1_000, tries: 1_000, held };
        let mut run = Self {
            catch_up: CatchUp::new(policy, Backoff::new(BackoffPolicy::default())),
            rng: rng(),
            now: at(0),
            known,
            server: known + missed,
            fetched: BTreeSet::new(),
            asked: None,
            done: None,
        };
        let step = run.catch_up.begin(at(0), goal);
        run.follow(step);
        run
    }

    fn follow(&mut self, step: Step) {
        match &step {
            Step::Fetch { cursor, .. } => {
                assert_eq!(self.asked, None, "one page at a time");
                self.asked = Some(cursor.as_deref().map_or(u32::MAX, |cursor| cursor.parse().unwrap()));
            }
            Step::Nothing => {}
            Step::Closed { .. } | Step::Incomplete { .. } | Step::Unavailable { .. } => {
                self.done = Some(step)
            }
        }
    }

    fn act(&mut self, act: Act) {
        let step = match act {
            Act::Page(size) => {
                let Some(before) = self.asked.take() else { return };
                let page: Vec<u32> =
                    (1..=self.server).rev().filter(|item| *item < before).take(size).collect();
                let added =
                    page.iter().filter(|item| **item > self.known && self.fetched.insert(**item)).count();
                let next = page.last().filter(|last| **last > 1).map(u32::to_string);
                let overlap = page.iter().any(|item| *item <= self.known);
                self.catch_up.page(Seen { overlap, items: page.len(), added, next })
            }
            Act::Fail if self.asked.take().is_some() => self.catch_up.failed(self.now, &mut self.rng, None),
            Act::Pause if self.asked.take().is_some() => self.catch_up.paused(at(1)),
            Act::Fail | Act::Pause => return,
            Act::Unpause => {
                self.catch_up.unpaused(self.now);
                Step::Nothing
            }
            Act::Live => {
                self.server += 1;
                assert_eq!(self.catch_up.hold(self.server), None);
                Step::Nothing
            }
            Act::Wake => {
                self.now = self.catch_up.retry_at().map_or(self.now, |at| at.max(self.now));
                let step = self.catch_up.due(self.now);
                assert!(armed(&self.catch_up).is_none_or(|at| at > self.now), "P3");
                step
            }
            Act::Pass(millis) => {
                self.now = self.now + Duration::from_millis(millis);
                self.catch_up.due(self.now)
            }
        };
        self.follow(step);
    }
}

proptest! {
    /// P7 and P19: whatever fails and whatever comes meanwhile, a run ends; and when it says that nothing is
    /// missing, nothing is.
    #[test]
    fn a_gap_said_to_be_closed_is_closed(
        goal in prop_oneof![Just(Goal::Gap), Just(Goal::Check)],
        known in 0..6_u32,
        missed in 0..20_u32,
        held in 0..6_usize,
        acts in acts(),
    ) {
        let mut run = Run::new(goal, known, missed, held);
        for act in acts {
            if run.done.is_some() {
                break;
            }
            run.act(act);
            prop_assert!(run.catch_up.held() <= held);
        }
        let mut rounds = 0;
        while run.done.is_none() {
            rounds += 1;
            prop_assert!(rounds < 500, "it does not end: {:?}", run.catch_up);
            for act in [Act::Unpause, Act::Wake, Act::Page(5)] {
                if run.done.is_none() {
                    run.act(act);
                }
            }
        }
        prop_assert!(matches!(run.done, Some(Step::Closed { .. })), "{:?}", run.done);
        prop_assert!(!run.catch_up.is_running() && armed(&run.catch_up).is_none());
        prop_assert_eq!(run.catch_up.recovered(), run.fetched.len());
        let live: Vec<u32> = run.catch_up.release().into();
        prop_assert!(live.is_sorted(), "in the order they came");
        let mut all: BTreeSet<u32> = (1..=known).collect();
        all.extend(run.fetched.iter().chain(&live));
        prop_assert_eq!(all, (1..=run.server).collect::<BTreeSet<u32>>());
    }

    /// P3 and P9: whatever is called when, nothing is armed in the past, and no more is held than may be.
    #[test]
    fn any_calls_leave_nothing_due(
        calls in prop::collection::vec((0..9_u8, 0..90_000_u64, any::<bool>()), 0..80),
    ) {
        let (mut run, mut rng, mut now) = (catch_up(), rng(), at(0));
        for (call, span, flag) in calls {
            now = now + Duration::from_millis(span);
            let was_running = run.is_running();
            let step = match call {
                0 => run.begin(now, if flag { Goal::Gap } else { Goal::First }),
                1 => run.page(if flag { overlapping(None) } else { more("a") }),
                2 => run.failed(now, &mut rng, flag.then_some(secs(30))),
                3 => run.paused(now),
                4 => {
                    run.unpaused(now);
                    Step::Nothing
                }
                5 => run.refused(),
                6 => {
                    run.abort();
                    Step::Nothing
                }
                7 => {
                    prop_assert_eq!(run.hold(1).is_some(), !was_running);
                    Step::Nothing
                }
                _ => Step::Nothing,
            };
            let ends = matches!(step, Step::Closed { .. } | Step::Incomplete { .. } | Step::Unavailable { .. });
            prop_assert!(!ends || (was_running && !run.is_running()));
            let _ = run.due(now);
            if run.is_look_due(now) {
                run.begin_look(now, Goal::Check);
            }
            prop_assert!(armed(&run).is_none_or(|at| at > now));
            prop_assert!(run.held() <= 4);
        }
    }
}
