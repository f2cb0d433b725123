//! Every short run of a poller, and many long ones, held against what the provider sees of it.

use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// What is under way ends so; nothing happens where nothing is.
    Brings(Brought),
    Fails,
    FailsFor(u64),
    Busy,
    Missing,
    Cut,
    /// Time passes until the next alarm, or a little.
    Wait,
    Moment,
    Open(bool),
    Wake,
    WantHistory,
    Stop,
}

const ACTS: [Act; 15] = [
    Act::Brings(Brought::News),
    Act::Brings(Brought::Known),
    Act::Brings(Brought::Repeated),
    Act::Brings(Brought::Nothing),
    Act::Fails,
    Act::FailsFor(40),
    Act::Busy,
    Act::Missing,
    Act::Cut,
    Act::Wait,
    Act::Moment,
    Act::Open(true),
    Act::Open(false),
    Act::Wake,
    Act::WantHistory,
];

/// A poller, and what the provider sees.
#[derive(Clone)]
struct Seen {
    poller: Poller,
    rng: Rng,
    now: Timestamp,
    open: bool,
    under_way: Option<Work>,
    /// When the exchange under way began.
    since: Timestamp,
    /// A poll was lost, and no history was asked for since.
    owed: bool,
    stopped: bool,
    /// When polls began of which none brought news, or was held.
    idle: Vec<Timestamp>,
}

impl Seen {
    fn new(resumed: bool) -> Self {
        let mut poller = Poller::new(policy(), Backoff::new(BackoffPolicy::default()));
        poller.start(at(0), resumed);
        poller.set_open(true);
        Self {
            poller,
            rng: rng(),
            now: at(0),
            open: true,
            under_way: None,
            since: at(0),
            owed: resumed,
            stopped: false,
            idle: Vec::new(),
        }
    }

    /// Does one thing, and what the poller wants after it. What must not be is told.
    fn act(&mut self, act: Act) -> Result<(), String> {
        let work = self.under_way;
        match (act, work) {
            (Act::Brings(brought), Some(Work::Poll)) => {
                let held = self.now.saturating_since(self.since) >= secs(1);
                let quick =
                    matches!(brought, Brought::Repeated) || (matches!(brought, Brought::Nothing) && !held);
                if quick {
                    self.idle.push(self.since);
                } else {
                    self.idle.clear();
                }
                self.poller.answered(self.now, brought);
                self.under_way = None;
            }
            (Act::Brings(_), Some(Work::History)) => {
                self.poller.history_came(self.now);
                self.under_way = None;
            }
            (Act::Fails | Act::FailsFor(_), Some(work)) => {
                let retry_after = if let Act::FailsFor(wait) = act { Some(secs(wait)) } else { None };
                let failed = self.poller.failed(self.now, &mut self.rng, retry_after);
                self.owed |= work == Work::Poll;
                if matches!(failed, Failed::WithoutHistory { .. }) {
                    self.owed = false;
                } else if work == Work::History {
                    self.owed = true;
                }
                let wait = self.poller.retry_at().ok_or("a failure without a next try")?;
                let most = retry_after.unwrap_or_default().max(secs(30)) + secs(40);
                if wait.saturating_since(self.now) > most {
                    return Err(format!("a wait of {:?}", wait.saturating_since(self.now)));
                }
                if retry_after.is_some_and(|least| wait < self.now + least) {
                    return Err("a wait shorter than the provider asked for".to_owned());
                }
                self.under_way = None;
            }
            (Act::Busy, Some(Work::Poll)) => {
                self.poller.busy(self.now);
                self.owed = true;
                self.under_way = None;
            }
            (Act::Missing, Some(work)) => {
                let failed = self.poller.missing(self.now, &mut self.rng);
                self.stopped |= failed == Failed::Over;
                self.owed |= work == Work::Poll || failed != Failed::Over;
                if matches!(failed, Failed::WithoutHistory { .. }) {
                    self.owed = false;
                }
                self.under_way = None;
            }
            (Act::Cut, Some(Work::History)) => {
                self.poller.history_cut();
                self.owed = true;
                self.under_way = None;
            }
            (Act::Wait, _) => self.now = self.poller.next_alarm().map_or(self.now, |alarm| alarm.at),
            (Act::Moment, _) => self.now = self.now + Duration::from_millis(10),
            (Act::Open(open), _) => {
                self.open = open;
                self.poller.set_open(open);
            }
            (Act::Wake, _) => self.poller.wake(self.now, &mut self.rng),
            (Act::WantHistory, _) => self.poller.want_history(),
            (Act::Stop, _) => {
                self.poller.stop();
                self.stopped = true;
                self.under_way = None;
            }
            (Act::Brings(_) | Act::Fails | Act::FailsFor(_) | Act::Busy | Act::Missing | Act::Cut, _) => {}
        }
        self.look()
    }

    fn look(&mut self) -> Result<(), String> {
        if let Some(work) = self.poller.next(self.now) {
            self.begins(work)?;
        }
        if self.poller.next(self.now).is_some() {
            return Err("two exchanges at a time".to_owned());
        }
        let alarm = self.poller.next_alarm().map(|alarm| alarm.at);
        if alarm.is_some_and(|at| at <= self.now) {
            return Err("an alarm that is due and was not heard".to_owned());
        }
        let silent = alarm.is_none() && self.under_way.is_none();
        if silent && self.open && !self.stopped {
            return Err("nothing is under way, and nothing will be".to_owned());
        }
        if alarm.is_some() && (!self.open || self.under_way.is_some() || self.stopped) {
            return Err("an alarm for nothing".to_owned());
        }
        Ok(())
    }

    fn begins(&mut self, work: Work) -> Result<(), String> {
        if self.under_way.is_some() || !self.open || self.stopped {
            return Err(format!("{work:?} while it must not be"));
        }
        if work == Work::Poll && self.owed {
            return Err("a poll before what was lost is fetched".to_owned());
        }
        if work == Work::Poll
            && let Some(last) = self.idle.last()
        {
            let steps = [1, 2, 4, 5];
            let least = steps.get(self.idle.len() - 1).copied().unwrap_or(5);
            if self.now < *last + secs(least) {
                return Err(format!("polls too close after {} that brought nothing", self.idle.len()));
            }
        }
        if work == Work::History {
            self.owed = false;
        }
        self.under_way = Some(work);
        self.since = self.now;
        Ok(())
    }
}

fn walk(seen: &Seen, depth: usize, trail: &mut Vec<Act>) {
    if depth == 0 {
        return;
    }
    for act in ACTS.into_iter().chain([Act::Stop]) {
        let mut next = seen.clone();
        trail.push(act);
        if let Err(problem) = next.act(act) {
            panic!("{problem}, after {trail:?}");
        }
        walk(&next, depth - 1, trail);
        trail.pop();
    }
}

#[test]
fn every_short_run_keeps_to_the_rules() {
    for resumed in [false, true] {
        let mut seen = Seen::new(resumed);
        seen.look().unwrap();
        walk(&seen, 4, &mut Vec::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn long_runs_keep_to_the_rules(
        resumed: bool,
        acts in prop::collection::vec(0..ACTS.len(), 1..200),
    ) {
        let mut seen = Seen::new(resumed);
        seen.look().unwrap();
        for (index, act) in acts.iter().enumerate() {
            let told = seen.act(ACTS[*act]);
            prop_assert!(told.is_ok(), "{told:?} at step {index}");
        }
    }

    /// P4: what a poller does does not depend on how often it is looked at.
    #[test]
    fn looking_more_often_changes_nothing(acts in prop::collection::vec(0..ACTS.len(), 1..80)) {
        let (mut once, mut often) = (Seen::new(false), Seen::new(false));
        once.look().unwrap();
        often.look().unwrap();
        for act in acts {
            once.act(ACTS[act]).unwrap();
            often.look().unwrap();
            often.act(ACTS[act]).unwrap();
            often.look().unwrap();
            prop_assert!(once.poller == often.poller);
        }
    }
}
