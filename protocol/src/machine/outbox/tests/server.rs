//! Whole runs against a server that remembers tokens for a while, over a line that loses what it likes.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

/// What becomes of one try.
#[derive(Clone, Copy, Debug)]
enum Weather {
    Fine,
    /// The request is lost, which looks the same as the next.
    RequestLost,
    AnswerLost,
    /// Turned away, for a while that the server names.
    Busy(u64),
    NoConnection,
    Refused,
    CredentialRefused,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Push,
    /// What is on its way ends so.
    Weather(Weather),
    /// The transcript is looked at, where that is wanted.
    Look(Sight),
    Resend(usize),
    Discard(usize),
    Open(bool),
    Hurry,
}

/// What comes of looking at the transcript.
#[derive(Clone, Copy, Debug)]
enum Sight {
    Whole,
    NotNow,
    Never,
}

/// How a message stands with the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Waits,
    Sent,
    Failed,
    Uncertain,
    Withdrawn,
}

/// How long the server remembers a token; longer than the outbox believes.
const MEMORY: Duration = secs(150);

/// How long a request may take.
const TIMEOUT: Duration = secs(15);

/// The outbox, and what the server and the user know of it.
struct Run {
    line: Line,
    now: Timestamp,
    /// The messages that the server made, each with the time of it.
    server: Vec<(u64, Timestamp)>,
    said: Vec<Said>,
    /// The message, and when its request times out.
    on_its_way: Option<(u64, Timestamp)>,
    /// Sent again by the user, who so gave up the order.
    resent: BTreeSet<u64>,
    /// Nothing goes out before, by the server's word.
    not_before: Timestamp,
    /// Those of which a try had no answer, while nobody has looked whether it arrived.
    unsure: BTreeSet<u64>,
    /// Tries and denials of each since it was handed over, or sent again.
    spent: BTreeMap<u64, (u32, u32)>,
}

/// The tries that the outbox of a [`Line`] makes.
const TRIES: u32 = 3;

impl Run {
    fn new() -> Self {
        Self {
            line: Line::new(),
            now: at(1),
            server: Vec::new(),
            said: Vec::new(),
            on_its_way: None,
            resent: BTreeSet::new(),
            not_before: Timestamp::ZERO,
            unsure: BTreeSet::new(),
            spent: BTreeMap::new(),
        }
    }

    fn say(&mut self, number: u64, said: Said) {
        let known = &mut self.said[usize::try_from(number - 1).unwrap()];
        assert_eq!(*known, Said::Waits, "{number} ended twice");
        *known = said;
    }

    fn fates(&mut self, fates: Vec<Fate>) {
        for fate in fates {
            match fate {
                Fate::Waits(key) => assert!(self.line.outbox.is_waiting(key)),
                Fate::Failed { key, .. } => {
                    assert!(!self.arrived(key.as_u64()), "{key} is called failed, and the server has it");
                    assert!(!self.unsure.contains(&key.as_u64()), "{key} is called failed, and may be there");
                    self.say(key.as_u64(), Said::Failed);
                }
                Fate::Uncertain { key, .. } => {
                    let on_its_way = self.on_its_way.is_some_and(|(sent, _)| sent == key.as_u64());
                    assert!(on_its_way || self.unsure.contains(&key.as_u64()), "{key} is certain");
                    self.say(key.as_u64(), Said::Uncertain);
                }
            }
        }
    }

    fn arrived(&self, number: u64) -> bool {
        self.server.iter().any(|(made, _)| *made == number)
    }

    /// The server gets a message: the same token within its memory is the same message.
    fn server_takes(&mut self, number: u64) {
        let made = self.server.iter().find(|(made, _)| *made == number).copied();
        match made {
            None => self.server.push((number, self.now)),
            Some((_, at)) => assert!(self.now.saturating_since(at) <= MEMORY, "{number} is doubled"),
        }
    }

    fn weather(&mut self, weather: Weather) {
        let Some((number, _)) = self.on_its_way.take() else { return };
        let outcome = match weather {
            Weather::Fine => {
                self.server_takes(number);
                let entry = self.line.outbox.accepted(m(number)).expect("it is here");
                assert_eq!(entry.token, format!("token {number}"));
                self.say(number, Said::Sent);
                return;
            }
            Weather::AnswerLost => {
                self.server_takes(number);
                unknown()
            }
            Weather::RequestLost => unknown(),
            Weather::Busy(wait) => {
                self.not_before = self.not_before.max(self.now + secs(wait));
                Outcome::NotNow { failure: failure(), retry_after: Some(secs(wait)) }
            }
            Weather::NoConnection => not_now(),
            Weather::Refused => refused(),
            Weather::CredentialRefused => denied(),
        };
        let (tries, denials) = self.spent.entry(number).or_default();
        match outcome {
            Outcome::Again { .. } => *denials += 1,
            Outcome::Refused { .. } => *tries = TRIES,
            Outcome::NotNow { .. } | Outcome::Unknown { .. } => *tries += 1,
        }
        let is_last = *tries >= TRIES || *denials > MOST_DENIALS;
        if matches!(outcome, Outcome::Unknown { .. }) {
            self.unsure.insert(number);
        }
        let fates = self.line.settle(self.now, number, outcome);
        let waits = fates == [Fate::Waits(m(number))];
        assert_eq!(waits, !is_last || self.unsure.contains(&number), "{fates:?}");
        self.fates(fates);
    }

    /// The transcript tells of all that arrived: each that is in doubt is found there, or it never was.
    fn look(&mut self, sight: Sight) {
        if !self.line.outbox.is_checking() {
            return;
        }
        let head = self.line.outbox.line.front().expect("it is looked for").key.as_u64();
        match sight {
            Sight::Whole => {}
            Sight::NotNow => {
                self.line.outbox.unchecked(self.now, &mut self.line.rng);
                return;
            }
            Sight::Never => {
                let fates = self.line.uncheckable();
                assert!(matches!(fates[0], Fate::Uncertain { key, .. } if key == m(head)));
                self.fates(fates);
                return;
            }
        }
        for number in self.line.doubted() {
            if self.arrived(number) {
                self.line.outbox.accepted(m(number)).expect("it is here");
                let said = &mut self.said[usize::try_from(number - 1).unwrap()];
                assert!(matches!(said, Said::Waits | Said::Uncertain));
                *said = Said::Sent;
                self.unsure.remove(&number);
            }
        }
        self.unsure.remove(&head);
        let given_up = !self.may_try(head) && !self.arrived(head);
        let fates = self.line.checked();
        assert_eq!(given_up, !fates.is_empty(), "{fates:?}");
        self.fates(fates);
    }

    /// Whether a message has a try left.
    fn may_try(&self, number: u64) -> bool {
        let (tries, denials) = self.spent.get(&number).copied().unwrap_or_default();
        tries < TRIES && denials <= MOST_DENIALS
    }

    /// Time passes, and what is due on the way happens.
    fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        for _ in 0..1_000 {
            let timeout = self.on_its_way.map(|(_, until)| until);
            let next = timeout.into_iter().chain(self.line.armed()).min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = next;
            if timeout == Some(next) {
                self.weather(Weather::RequestLost);
            }
            self.pump();
        }
        self.now = until;
        self.pump();
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Push => {
                self.line.push();
                self.said.push(Said::Waits);
            }
            Act::Weather(weather) => self.weather(weather),
            Act::Look(sight) => self.look(sight),
            Act::Resend(which) => self.resend(which),
            Act::Discard(which) => {
                let Some(number) = self.pick(which, |said| said != Said::Sent && said != Said::Withdrawn)
                else {
                    return;
                };
                let on_its_way = self.on_its_way.is_some_and(|(sent, _)| sent == number);
                let told = self.line.outbox.discard(m(number));
                assert!(!on_its_way || told.is_none());
                if told.is_some() {
                    self.said[usize::try_from(number - 1).unwrap()] = Said::Withdrawn;
                }
            }
            Act::Open(open) => self.line.outbox.set_open(open),
            Act::Hurry => self.line.outbox.hurry(self.now, &mut self.line.rng),
        }
        self.pump();
    }

    fn resend(&mut self, which: usize) {
        let parked = |said| matches!(said, Said::Failed | Said::Uncertain);
        let Some(number) = self.pick(which, parked) else { return };
        let back = self.line.outbox.resend(m(number), c(1_000));
        assert_eq!(back.first(), Some(&m(number)));
        assert!(back[1..].is_sorted(), "what follows keeps its order");
        for key in back {
            self.resent.insert(key.as_u64());
            self.spent.remove(&key.as_u64());
            self.said[usize::try_from(key.as_u64() - 1).unwrap()] = Said::Waits;
        }
    }

    fn pick(&self, which: usize, fits: impl Fn(Said) -> bool) -> Option<u64> {
        let all: Vec<u64> =
            (1..).zip(&self.said).filter(|(_, said)| fits(**said)).map(|(number, _)| number).collect();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    /// Sends what may go out, as the session does after every input.
    fn pump(&mut self) {
        if let Some(next) = self.line.outbox.next(self.now) {
            assert_eq!(self.on_its_way, None, "one at a time");
            assert!(self.line.outbox.open);
            if let Next::Send { key, token, .. } = next {
                assert!(self.now >= self.not_before, "the server asked to wait until {}", self.not_before);
                assert_eq!(token, format!("token {}", key.as_u64()));
                assert!(self.may_try(key.as_u64()), "{key} has no try left");
                self.on_its_way = Some((key.as_u64(), self.now + TIMEOUT));
            }
        }
        self.look_at_it();
    }

    fn look_at_it(&self) {
        let waiting = self.said.iter().filter(|said| **said == Said::Waits).count();
        let armed = self.line.armed();
        assert!(armed.is_none_or(|at| at > self.now), "P3");
        assert!(waiting > 0 || armed.is_none(), "nothing waits, and something is armed");
        assert!(armed.is_none() || self.on_its_way.is_none());
        let kept = self.said.iter().filter(|said| !matches!(said, Said::Sent | Said::Withdrawn)).count();
        assert_eq!(self.line.outbox.len(), kept);
        let bytes: usize = (1..)
            .zip(&self.said)
            .filter(|(_, said)| !matches!(said, Said::Sent | Said::Withdrawn))
            .map(|(number, _): (u64, _)| format!("text {number}").len())
            .sum();
        assert_eq!(self.line.outbox.bytes(), bytes);
        // Whatever arrived without the user knowing is in doubt, so that an echo of it can be known.
        let doubted = self.line.doubted();
        for (number, _) in &self.server {
            let said = self.said[usize::try_from(number - 1).unwrap()];
            let settled = matches!(said, Said::Sent | Said::Withdrawn);
            assert!(settled || doubted.contains(number), "{number} is {said:?} and not doubted: {doubted:?}");
        }
    }

    /// All is well from here on: everything must come to its end.
    fn finish(mut self) {
        self.act(Act::Open(true));
        let mut rounds = 0;
        while self.said.contains(&Said::Waits) {
            rounds += 1;
            assert!(rounds < 1_000, "{:?}", self.line.outbox);
            if let Some(at) = self.line.armed() {
                self.now = at;
            }
            self.act(Act::Look(Sight::Whole));
            self.act(Act::Weather(Weather::Fine));
        }
        assert_eq!(self.line.armed(), None);
        for (number, said) in (1..).zip(&self.said) {
            assert!(*said != Said::Sent || self.arrived(number), "{number} is called sent, and is not");
            assert!(
                *said != Said::Failed || !self.arrived(number),
                "{number} is called failed, and is there"
            );
        }
        let order: Vec<u64> = self
            .server
            .iter()
            .map(|(number, _)| *number)
            .filter(|number| !self.resent.contains(number))
            .collect();
        assert!(order.is_sorted(), "{order:?}");
        let over = Failure::Ended { reason: EndReason::Left };
        let mut fates = Vec::new();
        self.line.outbox.end(&over, &mut fates);
        assert_eq!(fates, [], "everything has ended already");
    }
}

fn acts() -> impl Strategy<Value = Vec<(Act, u64)>> {
    let weather = prop_oneof![
        4 => Just(Weather::Fine),
        3 => Just(Weather::RequestLost),
        4 => Just(Weather::AnswerLost),
        2 => (1..90_u64).prop_map(Weather::Busy),
        2 => Just(Weather::NoConnection),
        2 => Just(Weather::Refused),
        1 => Just(Weather::CredentialRefused),
    ];
    let sight = prop_oneof![4 => Just(Sight::Whole), 4 => Just(Sight::NotNow), 1 => Just(Sight::Never)];
    let act = prop_oneof![
        4 => Just(Act::Push),
        8 => weather.prop_map(Act::Weather),
        3 => sight.prop_map(Act::Look),
        3 => any::<usize>().prop_map(Act::Resend),
        1 => any::<usize>().prop_map(Act::Discard),
        2 => prop_oneof![3 => Just(true), 1 => Just(false)].prop_map(Act::Open),
        1 => Just(Act::Hurry),
    ];
    prop::collection::vec((act, prop_oneof![6 => 0..15_000_u64, 1 => 0..200_000_u64]), 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// P7: each message ends exactly once, is never doubled and never called failed when it arrived; those
    /// that the user did not send again arrive in the order of handing over.
    #[test]
    fn no_weather_loses_doubles_or_reorders_a_message(acts in acts()) {
        let mut run = Run::new();
        for (act, span) in acts {
            run.pass(Duration::from_millis(span));
            run.act(act);
        }
        run.finish();
    }

    /// The same run ended in the middle: each message has been said to be one thing, once.
    #[test]
    fn an_end_at_any_time_settles_everything(acts in acts()) {
        let mut run = Run::new();
        for (act, span) in acts {
            run.pass(Duration::from_millis(span));
            run.act(act);
        }
        let over = Failure::Ended { reason: EndReason::Left };
        let mut fates = Vec::new();
        run.line.outbox.end(&over, &mut fates);
        run.fates(fates);
        assert!(!run.said.contains(&Said::Waits));
        assert_eq!((run.line.armed(), run.line.outbox.next(at(9_999_999))), (None, None));
    }
}
