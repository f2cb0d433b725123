use super::*;
use crate::machine::backoff::BackoffPolicy;

mod rotation;
mod snapshot;
mod socketless;
mod table;
mod walks;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const fn s(number: u64) -> SocketId {
    SocketId::from_u64(number)
}

const SUSPENDED: Gates = Gates { suspended: true, background: false, offline: false };
const BACKGROUND: Gates = Gates { suspended: false, background: true, offline: false };
const OFFLINE: Gates = Gates { suspended: false, background: false, offline: true };
const FREE: Gates = Gates { suspended: false, background: false, offline: false };

const fn policy() -> LinkPolicy {
    LinkPolicy {
        open_timeout: secs(10),
        greeting_wait: secs(1),
        greeting_tries: 4,
        greeting_refused_wait: Duration::from_millis(500),
        greeting_refusals: 5,
        overlap: secs(2),
    }
}

/// A link with its chance and its time.
#[derive(Clone)]
struct Rig {
    link: Link,
    rng: Rng,
    now: Timestamp,
}

impl Rig {
    fn new() -> Self {
        Self::with_seed(1)
    }

    fn with_seed(seed: u8) -> Self {
        let link = Link::new(policy(), Backoff::new(BackoffPolicy::default()));
        Self { link, rng: Rng::new([seed; 32]), now: at(100) }
    }

    /// Runs one call and returns its steps.
    fn run<T>(
        &mut self,
        call: impl FnOnce(&mut Link, Timestamp, &mut Rng, &mut Vec<Step>) -> T,
    ) -> (T, Vec<Step>) {
        let mut steps = Vec::new();
        let result = call(&mut self.link, self.now, &mut self.rng, &mut steps);
        (result, steps)
    }

    fn connect(&mut self) -> Vec<Step> {
        self.run(|link, _, _, steps| link.connect(steps)).1
    }

    fn authorised(&mut self) -> Vec<Step> {
        self.run(|link, now, _, steps| link.authorised(now, steps)).1
    }

    fn opened(&mut self, socket: u64) -> (bool, Vec<Step>) {
        self.run(|link, now, _, steps| link.opened(now, s(socket), steps))
    }

    fn greeted(&mut self, socket: u64) -> Vec<Step> {
        self.greeted_with(socket, 0)
    }

    /// Greeted while so many probes are unanswered on the socket before.
    fn greeted_with(&mut self, socket: u64, unanswered: u8) -> Vec<Step> {
        self.run(|link, now, _, steps| link.greeted(now, s(socket), unanswered, steps)).1
    }

    /// A probe is answered on a socket that is not the live one.
    fn answered(&mut self, socket: u64) {
        self.link.retired_answered(s(socket));
    }

    fn refused(&mut self, socket: u64) -> (bool, Vec<Step>) {
        self.run(|link, now, rng, steps| link.greeting_refused(now, rng, s(socket), steps))
    }

    fn fail(&mut self, retry_after: Option<Duration>) -> Vec<Step> {
        self.run(|link, now, rng, steps| link.fail(now, rng, retry_after, steps)).1
    }

    fn lost(&mut self) -> Vec<Step> {
        self.run(|link, now, rng, steps| link.lost(now, rng, steps)).1
    }

    fn closed(&mut self, socket: u64) -> (SocketRole, Vec<Step>) {
        self.run(|link, now, rng, steps| link.closed(now, rng, s(socket), steps))
    }

    fn rotate(&mut self) -> Vec<Step> {
        self.run(|link, _, _, steps| link.rotate(steps)).1
    }

    fn gate(&mut self, gates: Gates) -> Vec<Step> {
        self.run(|link, now, rng, steps| link.gate(now, rng, gates, steps)).1
    }

    fn due(&mut self) -> (Option<Overdue>, Vec<Step>) {
        self.run(|link, now, rng, steps| link.due(now, rng, steps))
    }

    fn end(&mut self) -> Vec<Step> {
        self.run(|link, now, _, steps| link.end(now, steps)).1
    }

    fn pass(&mut self, span: Duration) -> (Option<Overdue>, Vec<Step>) {
        self.now = self.now + span;
        self.due()
    }

    /// Waits for the next alarm, and does what is due.
    fn wake(&mut self) -> (Option<Overdue>, Vec<Step>) {
        self.now = self.armed().expect("something is planned").0;
        self.due()
    }

    fn armed(&self) -> Option<(Timestamp, DeadlineReason)> {
        self.link.next_alarm().map(|alarm| (alarm.at, alarm.why))
    }

    /// From an address being obtained to live on this socket.
    fn up(&mut self, socket: u64) -> Vec<Step> {
        assert_eq!(self.authorised(), [Step::Open(s(socket))]);
        assert_eq!(self.opened(socket), (true, vec![Step::Greet(s(socket))]));
        self.greeted(socket)
    }

    /// Live on socket 1.
    fn live() -> Self {
        let mut rig = Self::new();
        assert_eq!(rig.connect(), [Step::Authorise]);
        assert_eq!(rig.up(1), [Step::Live { socket: s(1), renewed: false }]);
        rig
    }

    /// Greeting on socket 1.
    fn greeting() -> Self {
        let mut rig = Self::new();
        rig.connect();
        rig.authorised();
        rig.opened(1);
        rig
    }
}

/// A socket takes over from another.
const fn takes_over(new: u64, old: u64) -> [Step; 2] {
    [Step::Probe(s(old)), Step::Live { socket: s(new), renewed: true }]
}

const fn faulty(socket: u64) -> Step {
    Step::Close(s(socket), Closing::Faulty)
}

#[test]
fn it_comes_up_in_three_stages() {
    let mut rig = Rig::new();
    assert_eq!((rig.link.phase(), rig.armed()), (Phase::Idle, None));
    assert_eq!(rig.connect(), [Step::Authorise]);
    assert_eq!((rig.link.phase(), rig.armed()), (Phase::Authorising, None));
    assert_eq!(rig.authorised(), [Step::Open(s(1))]);
    assert_eq!(rig.link.phase(), Phase::Opening);
    assert_eq!(rig.armed(), Some((at(110), DeadlineReason::OpenTimeout)));
    assert_eq!(rig.opened(1), (true, vec![Step::Greet(s(1))]));
    assert_eq!(rig.link.phase(), Phase::Greeting);
    assert_eq!(rig.armed(), Some((at(101), DeadlineReason::Greeting)));
    assert!(!rig.link.been_live() && !rig.link.is_live());
    assert_eq!(rig.greeted(1), [Step::Live { socket: s(1), renewed: false }]);
    assert_eq!((rig.link.phase(), rig.link.live_socket()), (Phase::Live, Some(s(1))));
    assert!(rig.link.is_live() && rig.link.been_live() && !rig.link.has_failed());
    assert_eq!(rig.armed(), Some((at(130), DeadlineReason::Healthy)));
}

#[test]
fn it_is_connected_once() {
    let mut rig = Rig::live();
    let before = rig.link.clone();
    assert_eq!(rig.connect(), []);
    assert_eq!(rig.link, before);
}

#[test]
fn it_listens_to_a_socket_from_the_greeting_on() {
    let mut rig = Rig::new();
    rig.connect();
    rig.authorised();
    assert!(!rig.link.listens_to(s(1)), "it is not open");
    rig.opened(1);
    assert!(rig.link.listens_to(s(1)));
    rig.greeted(1);
    assert!(rig.link.listens_to(s(1)) && !rig.link.listens_to(s(2)));
}

#[test]
fn a_socket_that_does_not_open_in_time_is_given_up() {
    let mut rig = Rig::new();
    rig.connect();
    rig.authorised();
    assert_eq!(rig.pass(secs(9)), (None, vec![]));
    assert_eq!(rig.pass(secs(1)), (Some(Overdue::Opening), vec![faulty(1)]));
    assert_eq!(rig.link.phase(), Phase::Waiting);
    assert_eq!(rig.opened(1), (false, vec![]), "too late");
    assert_eq!(rig.closed(1), (SocketRole::Unknown, vec![]));
}

#[test]
fn an_unacknowledged_greeting_is_sent_four_times_in_all() {
    let mut rig = Rig::greeting();
    for _ in 0..3 {
        assert_eq!(rig.pass(secs(1)), (None, vec![Step::Greet(s(1))]));
    }
    assert_eq!(rig.pass(secs(1)), (Some(Overdue::Greeting), vec![faulty(1)]));
    assert_eq!(rig.link.phase(), Phase::Waiting);
    assert_eq!(rig.greeted(1), []);
}

#[test]
fn an_acknowledgement_of_any_of_the_greetings_counts() {
    let mut rig = Rig::greeting();
    rig.pass(secs(1));
    rig.pass(secs(1));
    assert_eq!(rig.greeted(1), [Step::Live { socket: s(1), renewed: false }]);
}

#[test]
fn a_refused_greeting_is_sent_again_soon_and_given_up_at_the_fifth_refusal() {
    let mut rig = Rig::greeting();
    for _ in 0..4 {
        assert_eq!(rig.refused(1), (false, vec![]));
        assert_eq!(rig.pass(Duration::from_millis(499)), (None, vec![]));
        assert_eq!(rig.pass(Duration::from_millis(1)), (None, vec![Step::Greet(s(1))]));
    }
    assert_eq!(rig.refused(1), (true, vec![faulty(1)]));
    assert_eq!(rig.link.phase(), Phase::Waiting);
    assert_eq!(rig.refused(1), (false, vec![]));
}

#[test]
fn a_socket_that_now_refuses_and_now_is_silent_is_given_up_in_the_end() {
    let mut rig = Rig::greeting();
    let mut greetings = 1;
    while rig.link.phase() == Phase::Greeting {
        greetings += rig.pass(secs(1)).1.iter().filter(|step| matches!(step, Step::Greet(_))).count();
        if greetings % 3 == 0 {
            rig.refused(1);
        }
        assert!(greetings <= 20, "greeted for ever");
    }
}

#[test]
fn each_failed_attempt_leads_to_another_within_growing_bounds() {
    let mut longest = [Duration::ZERO; 8];
    for seed in 0..=255 {
        let mut rig = Rig::with_seed(seed);
        rig.connect();
        for (tries, longest) in longest.iter_mut().enumerate() {
            assert_eq!(rig.fail(None), []);
            assert_eq!(rig.link.phase(), Phase::Waiting);
            assert_eq!(rig.link.attempt_number(), u32::try_from(tries).unwrap() + 1);
            let planned = rig.link.planned().expect("it will try again");
            assert_eq!(rig.armed(), Some((planned, DeadlineReason::Reconnect)));
            let wait = planned.saturating_since(rig.now);
            assert!(wait <= secs(1 << tries).min(secs(30)), "{wait:?} at try {tries}");
            *longest = wait.max(*longest);
            assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
            assert_eq!((rig.link.phase(), rig.link.planned()), (Phase::Authorising, None));
        }
    }
    for (tries, longest) in longest.into_iter().enumerate() {
        let bound = secs(1 << tries).min(secs(30));
        assert!(longest > bound * 9 / 10, "try {tries} makes no use of its {bound:?}: {longest:?}");
    }
}

#[test]
fn the_providers_word_on_when_to_come_back_is_kept_whatever_else_happens() {
    let mut rig = Rig::new();
    rig.connect();
    rig.fail(Some(secs(60)));
    assert_eq!(rig.link.planned(), Some(at(160)));
    rig.run(|link, now, rng, _| link.hurry(now, rng));
    assert_eq!(rig.link.planned(), Some(at(160)));
    rig.gate(OFFLINE);
    rig.gate(FREE);
    assert_eq!(rig.link.planned(), Some(at(160)));
    assert_eq!(rig.link.next_attempt(), Some(at(160)));
}

#[test]
fn a_planned_wait_is_cut_short_when_the_user_is_back_and_nothing_else_is() {
    for seed in 0..50 {
        let mut rig = Rig::with_seed(seed);
        rig.connect();
        for _ in 0..6 {
            rig.fail(None);
            rig.wake();
        }
        rig.fail(None);
        let planned = rig.link.planned().expect("planned");
        rig.run(|link, now, rng, _| link.hurry(now, rng));
        let now = rig.link.planned().expect("planned");
        assert!(now <= planned && now <= rig.now + secs(1));
    }
    for mut rig in [Rig::new(), Rig::live(), Rig::greeting()] {
        let before = rig.link.clone();
        rig.run(|link, now, rng, _| link.hurry(now, rng));
        assert_eq!(rig.link, before);
    }
}

#[test]
fn waits_grow_on_through_links_that_do_not_last_and_start_anew_after_one_that_did() {
    let mut rig = Rig::live();
    for socket in 2..6 {
        assert_eq!(rig.closed(socket - 1), (SocketRole::Live, vec![Step::Down]));
        assert_eq!(rig.link.attempt_number(), u32::try_from(socket).unwrap() - 1);
        rig.wake();
        rig.up(socket);
        rig.pass(secs(10));
    }
    rig.pass(secs(20));
    assert!(!rig.link.has_failed());
    rig.closed(5);
    assert_eq!(rig.link.attempt_number(), 1);
}

#[test]
fn a_live_socket_that_is_no_good_is_closed_and_replaced() {
    let mut rig = Rig::live();
    assert_eq!(rig.lost(), [faulty(1), Step::Down]);
    assert_eq!((rig.link.phase(), rig.link.live_socket()), (Phase::Waiting, None));
    assert!(rig.link.been_live());
    assert_eq!(rig.lost(), []);
    assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
    assert_eq!(rig.up(2), [Step::Live { socket: s(2), renewed: false }]);
}

#[test]
fn a_socket_that_closed_by_itself_is_not_closed_again() {
    assert_eq!(Rig::live().closed(1), (SocketRole::Live, vec![Step::Down]));
    assert_eq!(Rig::greeting().closed(1), (SocketRole::Attempted, vec![]));
    assert_eq!(Rig::live().closed(9), (SocketRole::Unknown, vec![]));
}

#[test]
fn a_gate_takes_everything_down_and_the_last_to_open_plans_an_attempt() {
    for gates in [SUSPENDED, BACKGROUND, OFFLINE] {
        let held = if gates == OFFLINE { Phase::Offline } else { Phase::Suspended };
        let mut rig = Rig::live();
        assert_eq!(rig.gate(gates), [Step::Close(s(1), Closing::Held), Step::Down]);
        assert_eq!((rig.link.phase(), rig.link.gates(), rig.armed()), (held, gates, None));
        assert_eq!(rig.pass(secs(10_000)), (None, vec![]));
        assert_eq!(rig.gate(FREE), []);
        assert_eq!(rig.link.phase(), Phase::Waiting);
        let wait = rig.link.planned().expect("planned").saturating_since(rig.now);
        // The user wants it now; the network gives it back to many at once.
        assert!(wait <= secs(1) && wait.is_zero() == (gates == SUSPENDED), "{wait:?}");
        assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
    }
}

#[test]
fn a_gate_ends_an_attempt_wherever_it_is() {
    let mut rig = Rig::new();
    rig.connect();
    assert_eq!(rig.gate(OFFLINE), [Step::CancelAuthorise]);
    let mut rig = Rig::new();
    rig.connect();
    rig.authorised();
    assert_eq!(rig.gate(SUSPENDED), [Step::Close(s(1), Closing::Held)]);
    assert_eq!(Rig::greeting().gate(BACKGROUND), [Step::Close(s(1), Closing::Held)]);
    let mut rig = Rig::new();
    rig.connect();
    rig.fail(None);
    assert_eq!((rig.gate(OFFLINE), rig.armed()), (vec![], None));
}

#[test]
fn it_stays_down_until_every_gate_is_open() {
    let mut rig = Rig::live();
    let all = Gates { suspended: true, background: true, offline: true };
    rig.gate(OFFLINE);
    assert_eq!(rig.link.phase(), Phase::Offline);
    let ways = [
        all,
        SUSPENDED,
        Gates { offline: true, ..BACKGROUND },
        BACKGROUND,
        Gates { suspended: true, ..OFFLINE },
    ];
    for gates in ways {
        assert_eq!(rig.gate(gates), []);
        assert_eq!((rig.link.phase(), rig.armed()), (Phase::Suspended, None), "{gates:?}");
    }
    rig.gate(OFFLINE);
    assert_eq!((rig.link.phase(), rig.armed()), (Phase::Offline, None));
    rig.gate(FREE);
    assert_eq!(rig.link.phase(), Phase::Waiting);
}

#[test]
fn a_gate_that_closed_before_the_user_connects_holds_the_connect() {
    for (gates, phase) in [(SUSPENDED, Phase::Suspended), (OFFLINE, Phase::Offline)] {
        let mut rig = Rig::new();
        assert_eq!(rig.gate(gates), []);
        assert_eq!(rig.link.phase(), Phase::Idle);
        assert_eq!((rig.connect(), rig.link.phase(), rig.armed()), (vec![], phase, None));
        rig.gate(FREE);
        assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
    }
    let mut rig = Rig::new();
    rig.gate(OFFLINE);
    rig.gate(FREE);
    assert_eq!(rig.connect(), [Step::Authorise]);
}

#[test]
fn a_gate_that_says_the_same_again_changes_nothing() {
    let mut rig = Rig::live();
    let before = rig.link.clone();
    assert_eq!(rig.gate(FREE), []);
    assert_eq!(rig.link, before);
}

#[test]
fn the_end_closes_everything_and_nothing_follows() {
    let mut rig = Rig::live();
    assert_eq!(rig.end(), [Step::Close(s(1), Closing::Over), Step::Down]);
    assert_eq!((rig.link.phase(), rig.armed()), (Phase::Ended, None));
    assert_eq!(Rig::greeting().end(), [Step::Close(s(1), Closing::Over)]);
    assert_eq!(Rig::new().end(), []);
}
