//! Every short run of the link, and many long ones, held against what a host sees of it.

use std::collections::BTreeSet;

use super::*;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Connect,
    Authorised,
    /// The socket of the attempt opens, is greeted, or is refused.
    Opened,
    Greeted,
    Refused,
    Fail,
    FailFor(u64),
    ClosedLive,
    ClosedAttempt,
    ClosedRetiring,
    Lost,
    Rotate,
    /// A probe on the socket before is answered.
    Answered,
    Suspend(bool),
    Background(bool),
    Offline(bool),
    Hurry,
    /// The next alarm.
    Wake,
    End,
}

const ACTS: [Act; 22] = [
    Act::Connect,
    Act::Authorised,
    Act::Opened,
    Act::Greeted,
    Act::Refused,
    Act::Fail,
    Act::FailFor(40),
    Act::ClosedLive,
    Act::ClosedAttempt,
    Act::ClosedRetiring,
    Act::Lost,
    Act::Rotate,
    Act::Answered,
    Act::Suspend(true),
    Act::Suspend(false),
    Act::Background(true),
    Act::Background(false),
    Act::Offline(true),
    Act::Offline(false),
    Act::Hurry,
    Act::Wake,
    Act::End,
];

/// Probes that are unanswered when this socket takes over.
const fn unanswered(socket: SocketId) -> u8 {
    (socket.as_u64() % 2 == 1) as u8
}

/// The link, and what a host knows of it by its steps alone.
#[derive(Clone)]
struct Host {
    rig: Rig,
    connected: bool,
    ended: bool,
    gates: Gates,
    /// An address is being obtained.
    authorising: bool,
    /// Sockets dialled and neither closed by us nor reported closed; those that are open.
    dialled: BTreeSet<SocketId>,
    open: BTreeSet<SocketId>,
    live: Option<SocketId>,
    /// The one before, until it is closed.
    retiring: Option<SocketId>,
    /// Answers that it owes.
    owed: u8,
    /// Every socket there ever was.
    ever: u64,
    /// No address is asked for before, by the provider's word.
    not_before: Timestamp,
}

impl Host {
    fn new() -> Self {
        Self {
            rig: Rig::new(),
            connected: false,
            ended: false,
            gates: Gates::default(),
            authorising: false,
            dialled: BTreeSet::new(),
            open: BTreeSet::new(),
            live: None,
            retiring: None,
            owed: 0,
            ever: 0,
            not_before: Timestamp::ZERO,
        }
    }

    fn after(acts: &[Act]) -> Self {
        let mut host = Self::new();
        for act in acts {
            host.act(*act);
        }
        host
    }

    /// The socket on its way to being live.
    fn attempted(&self) -> Option<SocketId> {
        self.dialled
            .iter()
            .copied()
            .find(|socket| Some(*socket) != self.live && Some(*socket) != self.retiring)
    }

    fn act(&mut self, act: Act) {
        let none = 999;
        let of = |socket: Option<SocketId>| socket.map_or(none, SocketId::as_u64);
        let attempted = of(self.attempted());
        let steps = match act {
            Act::Connect => {
                self.connected = true;
                self.rig.connect()
            }
            Act::Authorised => {
                let steps = self.rig.authorised();
                assert_eq!(!steps.is_empty(), core::mem::take(&mut self.authorising));
                steps
            }
            Act::Opened => {
                let waits = self.attempted().is_some_and(|socket| self.open.insert(socket));
                let (counts, steps) = self.rig.opened(attempted);
                assert_eq!(counts, waits);
                steps
            }
            Act::Greeted if self.open.contains(&s(attempted)) => {
                self.rig.greeted_with(attempted, unanswered(s(attempted)))
            }
            Act::Refused if self.open.contains(&s(attempted)) => self.rig.refused(attempted).1,
            // Before it is open nothing comes on it.
            Act::Greeted | Act::Refused => return,
            Act::Fail => {
                self.authorising = false;
                self.rig.fail(None)
            }
            Act::FailFor(span) => {
                let (now, trying) = (self.rig.now, self.authorising || attempted != none);
                self.authorising = false;
                self.not_before =
                    if trying { self.not_before.max(now + secs(span)) } else { self.not_before };
                self.rig.fail(Some(secs(span)))
            }
            Act::ClosedLive => self.closed(of(self.live), SocketRole::Live),
            Act::ClosedAttempt => self.closed(attempted, SocketRole::Attempted),
            Act::ClosedRetiring => self.closed(of(self.retiring), SocketRole::Retiring),
            Act::Lost => self.rig.lost(),
            Act::Rotate => self.rig.rotate(),
            Act::Answered => {
                self.rig.answered(of(self.retiring));
                self.owed = self.owed.saturating_sub(1);
                Vec::new()
            }
            Act::Suspend(on) => self.gate(Gates { suspended: on, ..self.gates }),
            Act::Background(on) => self.gate(Gates { background: on, ..self.gates }),
            Act::Offline(on) => self.gate(Gates { offline: on, ..self.gates }),
            Act::Hurry => self.rig.run(|link, now, rng, _| link.hurry(now, rng)).1,
            Act::Wake => {
                let Some((at, _)) = self.rig.armed() else { return };
                self.rig.now = self.rig.now.max(at);
                let steps = self.rig.due().1;
                assert!(self.rig.armed().is_none_or(|(at, _)| at > self.rig.now), "P3");
                steps
            }
            Act::End => {
                self.ended = true;
                self.rig.end()
            }
        };
        self.follow(&steps);
        self.look();
    }

    fn closed(&mut self, socket: u64, role: SocketRole) -> Vec<Step> {
        let known = self.dialled.remove(&s(socket));
        self.open.remove(&s(socket));
        let (was, mut steps) = self.rig.closed(socket);
        assert_eq!(was, if known { role } else { SocketRole::Unknown });
        if role == SocketRole::Retiring && known {
            self.retiring = None;
            let gap = steps.pop();
            assert!(gap == Some(Step::Gap) || (gap.is_none() && self.owed == 0), "it took something with it");
        }
        steps
    }

    fn gate(&mut self, gates: Gates) -> Vec<Step> {
        self.gates = gates;
        self.rig.gate(gates)
    }

    fn follow(&mut self, steps: &[Step]) {
        let mut probed = None;
        // A replaced socket was closed that still owed an answer.
        let mut missed = false;
        for step in steps {
            match *step {
                Step::Authorise => {
                    assert!(!self.authorising && self.attempted().is_none(), "two attempts");
                    assert!(self.rig.now >= self.not_before, "sooner than the provider asked for");
                    self.authorising = true;
                }
                Step::CancelAuthorise => assert!(core::mem::take(&mut self.authorising)),
                Step::Open(socket) => {
                    self.ever += 1;
                    assert_eq!(socket, s(self.ever), "a socket of its own");
                    assert!(!self.authorising && self.attempted().is_none(), "two attempts");
                    self.dialled.insert(socket);
                }
                Step::Greet(socket) => assert!(self.open.contains(&socket) && self.live != Some(socket)),
                Step::Close(socket, why) => {
                    assert!(self.dialled.remove(&socket), "{socket} is closed twice, or was closed already");
                    self.open.remove(&socket);
                    assert!(why != Closing::Replaced || self.retiring == Some(socket));
                    if self.retiring == Some(socket) {
                        self.retiring = None;
                        missed = why == Closing::Replaced && self.owed > 0;
                    }
                }
                Step::Live { socket, renewed } => {
                    assert!(self.open.contains(&socket));
                    assert_eq!(renewed, self.live.is_some());
                    assert_eq!(probed.take(), self.live, "the one that is replaced, and no other");
                    self.retiring = self.live.replace(socket);
                    self.owed = unanswered(socket) + 1;
                }
                Step::Down => {
                    let live = self.live.take().expect("it was up");
                    assert!(!self.dialled.contains(&live), "it is closed first");
                }
                Step::Probe(socket) => {
                    assert!(self.open.contains(&socket));
                    assert_eq!(probed.replace(socket), None, "once");
                }
                Step::Gap => {
                    assert!(self.live.is_some());
                    assert!(core::mem::take(&mut missed), "nothing is missing");
                }
            }
        }
        assert_eq!(probed, None, "nothing took over");
        assert!(!missed, "something may be missing, and nobody says so");
        assert!(
            !self.ended
                || steps
                    .iter()
                    .all(|step| matches!(step, Step::Close(..) | Step::CancelAuthorise | Step::Down))
        );
    }

    /// What must hold between any two inputs.
    fn look(&self) {
        let link = &self.rig.link;
        assert_eq!(link.phase(), self.expected_phase());
        assert_eq!((link.live_socket(), link.gates()), (self.live, self.gates));
        assert_eq!(link.planned().is_some(), link.phase() == Phase::Waiting, "who waits knows for what");
        assert!(link.planned().is_none_or(|at| at >= self.not_before), "sooner than the provider asked for");
        let attempted = self.attempted();
        for number in 1..=self.ever {
            let socket = s(number);
            let counts = self.open.contains(&socket);
            assert_eq!(link.listens_to(socket), counts, "{socket}");
        }
        assert!(self.dialled.len() <= 3);
        assert!(!(self.authorising && attempted.is_some()), "two attempts");
        let idle = matches!(link.phase(), Phase::Idle | Phase::Suspended | Phase::Offline | Phase::Ended);
        assert!(!idle || (self.dialled.is_empty() && !self.authorising && self.rig.armed().is_none()));
        let stage_waits = matches!(link.phase(), Phase::Opening | Phase::Greeting | Phase::Waiting);
        assert!(!stage_waits || self.rig.armed().is_some(), "no way out of {:?}", link.phase());
    }

    fn expected_phase(&self) -> Phase {
        if self.ended {
            return Phase::Ended;
        }
        if !self.connected {
            return Phase::Idle;
        }
        if self.gates.suspended || self.gates.background {
            return Phase::Suspended;
        }
        if self.gates.offline {
            return Phase::Offline;
        }
        match (self.live, self.attempted()) {
            (Some(_), _) => Phase::Live,
            (None, Some(socket)) if self.open.contains(&socket) => Phase::Greeting,
            (None, Some(_)) => Phase::Opening,
            (None, None) if self.authorising => Phase::Authorising,
            (None, None) => Phase::Waiting,
        }
    }

    /// What concerns no socket that matters changes nothing.
    fn stale_inputs_change_nothing(&self) {
        for number in 0..=self.ever + 1 {
            let socket = s(number);
            let mut rig = self.rig.clone();
            if !self.dialled.contains(&socket) {
                assert_eq!(rig.closed(number), (SocketRole::Unknown, vec![]));
            }
            if self.attempted() != Some(socket) {
                assert_eq!(rig.opened(number), (false, vec![]));
                assert_eq!(rig.greeted(number), []);
                assert_eq!(rig.refused(number), (false, vec![]));
            }
            if self.retiring != Some(socket) {
                rig.answered(number);
            }
            assert!(rig.link == self.rig.link && rig.rng == self.rig.rng, "{socket}");
        }
    }

    /// Ended here, everything is closed, once, and nothing follows whatever comes.
    fn end_here(mut self) {
        self.act(Act::End);
        assert!(self.dialled.is_empty() && !self.authorising);
        for act in ACTS {
            let before = self.rig.link.clone();
            self.act(act);
            assert!(self.rig.armed().is_none() && self.rig.link.phase() == before.phase());
        }
    }

    /// With nothing more going wrong it comes up, within the longest waits there are.
    fn comes_up(mut self) {
        if self.ended {
            return;
        }
        for act in [Act::Connect, Act::Suspend(false), Act::Background(false), Act::Offline(false)] {
            self.act(act);
        }
        let begun = self.rig.now;
        for _ in 0..20 {
            match self.rig.link.phase() {
                Phase::Live => break,
                Phase::Authorising => self.act(Act::Authorised),
                Phase::Opening => self.act(Act::Opened),
                Phase::Greeting => self.act(Act::Greeted),
                Phase::Idle | Phase::Waiting | Phase::Suspended | Phase::Offline | Phase::Ended => {
                    self.act(Act::Wake);
                }
            }
        }
        assert_eq!(self.rig.link.phase(), Phase::Live);
        assert!(self.rig.now <= (begun + secs(31)).max(self.not_before + secs(31)));
    }
}

/// Walks every run of this length. What changes nothing need not be followed.
fn walk(host: &Host, depth: u8, runs: &mut u64) {
    host.stale_inputs_change_nothing();
    *runs += 1;
    if depth == 0 {
        host.clone().end_here();
        host.clone().comes_up();
        return;
    }
    for act in ACTS {
        let mut next = host.clone();
        next.act(act);
        let same = next.rig.link == host.rig.link && next.rig.rng == host.rig.rng;
        if !same {
            walk(&next, depth - 1, runs);
        }
    }
}

const UP: [Act; 4] = [Act::Connect, Act::Authorised, Act::Opened, Act::Greeted];

#[test]
fn every_short_run_from_the_start_keeps_the_rules() {
    let mut runs = 0;
    walk(&Host::new(), 8, &mut runs);
    assert!(runs > 50_000, "{runs}");
}

#[test]
fn every_short_run_from_a_live_link_keeps_the_rules() {
    let mut runs = 0;
    walk(&Host::after(&UP), 7, &mut runs);
    assert!(runs > 50_000, "{runs}");
}

#[test]
fn every_short_run_from_the_middle_of_a_rotation_keeps_the_rules() {
    let mut runs = 0;
    let rotation =
        [Act::Rotate, Act::Authorised, Act::Opened, Act::Greeted, Act::Rotate, Act::Authorised, Act::Opened];
    walk(&Host::after(&[&UP[..], &rotation].concat()), 6, &mut runs);
    assert!(runs > 50_000, "{runs}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// P3, P10, P12, P13, P18 and P19 for the link, over runs of any length and any time between.
    #[test]
    fn every_long_run_keeps_the_rules(
        acts in prop::collection::vec((0..ACTS.len() - 1, 0..40_000_u64, any::<bool>()), 0..150),
    ) {
        let mut host = Host::new();
        for (act, span, quick) in acts {
            if !quick {
                host.rig.now = host.rig.now + Duration::from_millis(span);
                host.act_due();
            }
            host.act(ACTS[act]);
        }
        host.stale_inputs_change_nothing();
        host.clone().comes_up();
        host.end_here();
    }

    /// P12: however attempts end, the wait before the next is within its bound, and not all the same.
    #[test]
    fn waits_are_within_their_bounds(seed in any::<u8>(), lost in prop::collection::vec(any::<bool>(), 1..12)) {
        let mut rig = Rig::with_seed(seed);
        rig.connect();
        for (tries, live) in lost.into_iter().enumerate() {
            if live {
                let socket = rig.authorised();
                let Some(Step::Open(socket)) = socket.first().copied() else { panic!("{socket:?}") };
                rig.opened(socket.as_u64());
                rig.greeted(socket.as_u64());
                rig.lost();
            } else {
                rig.fail(None);
            }
            let wait = rig.link.planned().expect("planned").saturating_since(rig.now);
            prop_assert!(wait <= secs(1 << tries.min(5)).min(secs(30)));
            prop_assert_eq!(rig.wake().1, vec![Step::Authorise]);
        }
    }
}

impl Host {
    /// A late wake: all that is due by now.
    fn act_due(&mut self) {
        let steps = self.rig.due().1;
        self.follow(&steps);
        self.look();
        assert!(self.rig.armed().is_none_or(|(at, _)| at > self.rig.now), "P3");
    }
}
