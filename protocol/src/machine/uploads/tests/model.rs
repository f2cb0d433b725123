//! Files, a user and a provider that do anything, against a plain account of what is to come of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Push,
    Wait(u64),
    /// The stage under way succeeds; a ticket is good for this many seconds.
    Succeed(Option<u64>),
    Settle(Outcome),
    Shown(u64),
    Discard(u64),
    Resend(u64),
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
    let number = || 1..8_u64;
    prop_oneof![
        3 => Just(Step::Push),
        4 => (0..40_000_000_u64).prop_map(Step::Wait),
        9 => prop::option::of(0..60_u64).prop_map(Step::Succeed),
        6 => outcomes().prop_map(Step::Settle),
        2 => number().prop_map(Step::Shown),
        1 => number().prop_map(Step::Discard),
        2 => number().prop_map(Step::Resend),
        1 => any::<bool>().prop_map(Step::Open),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    InLine,
    Failed,
    Uncertain,
    Completed,
    Shown,
    Discarded,
}

struct Account {
    fate: Fate,
    /// The command that is to hear of it yet.
    owed: Option<CommandId>,
    stage: At,
    tries: u32,
    denials: u32,
    token: Option<String>,
    expires: Option<WallTime>,
    known: bool,
    maybe_acted: bool,
}

impl Account {
    fn reach(&mut self, stage: At) {
        (self.stage, self.tries, self.denials, self.token) = (stage, 0, 0, None);
        self.known &= stage != At::Start;
    }
}

struct Model {
    line: Line,
    files: BTreeMap<u64, Account>,
    order: Vec<u64>,
    under_way: bool,
    open: bool,
    blocked: Timestamp,
    floor: Timestamp,
    tokens: BTreeSet<String>,
    commands: u64,
}

impl Model {
    fn new() -> Self {
        Self {
            line: Line::new(),
            files: BTreeMap::new(),
            order: Vec::new(),
            under_way: false,
            open: true,
            blocked: Timestamp::ZERO,
            floor: Timestamp::ZERO,
            tokens: BTreeSet::new(),
            commands: 1_000,
        }
    }

    fn head(&mut self) -> Option<(u64, &mut Account)> {
        let number = *self.order.first().filter(|_| self.under_way)?;
        self.files.get_mut(&number).map(|file| (number, file))
    }

    /// File `number` is not in the line any more, or never was.
    fn leave(&mut self, number: u64, fate: Fate) {
        if self.order.first() == Some(&number) {
            (self.under_way, self.blocked) = (false, self.floor);
        }
        self.order.retain(|other| *other != number);
        self.files.get_mut(&number).unwrap().fate = fate;
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Push => {
                self.line.push();
                let number = self.line.pushed;
                let owed = Some(c(number));
                let (fate, stage, token, expires) = (Fate::InLine, At::Start, None, None);
                let (tries, denials, known, maybe_acted) = (0, 0, false, false);
                let file = Account { fate, owed, stage, tries, denials, token, expires, known, maybe_acted };
                self.files.insert(number, file);
                self.order.push(number);
            }
            Step::Wait(micros) => self.line.wait(Duration::from_micros(micros)),
            Step::Succeed(good_for) => self.succeed(good_for),
            Step::Settle(outcome) => self.settle(outcome),
            Step::Shown(number) => self.shown(number),
            Step::Discard(number) => self.discard(number),
            Step::Resend(number) => self.resend(number),
            Step::Open(open) => {
                self.open = open;
                self.line.uploads.set_open(open);
            }
        }
    }

    fn succeed(&mut self, good_for: Option<u64>) {
        let expires = good_for.map(|span| self.line.now.wall + secs(span));
        let Some((number, file)) = self.head() else { return };
        let (stage, owed) = (file.stage, file.owed);
        match stage {
            At::Start => {
                file.reach(At::Put);
                (file.known, file.expires) = (true, expires);
            }
            At::Put => file.reach(At::Complete),
            At::Complete => file.owed = None,
        }
        let reported = self.line.succeed(number, stage, expires);
        self.under_way = false;
        if stage == At::Complete {
            assert_eq!(reported, owed);
            self.leave(number, Fate::Completed);
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        let now = self.line.now.at;
        let Some((number, file)) = self.head() else { return };
        let (is_final, span) = match &outcome {
            Outcome::TryAgain { retry_after, .. } => {
                file.maybe_acted |= file.stage == At::Complete;
                (file.tries >= TRIES, *retry_after)
            }
            Outcome::Denied { .. } if file.denials < MOST_DENIALS => {
                (file.denials, file.tries) = (file.denials + 1, file.tries - 1);
                (false, None)
            }
            Outcome::Denied { .. } | Outcome::Refused { .. } => (true, None),
        };
        let (uncertain, command) = (file.maybe_acted, file.owed);
        if is_final {
            file.owed = None;
        }
        self.floor = self.floor.max(span.map_or(Timestamp::ZERO, |span| now + span));
        self.under_way = false;
        let again = matches!(outcome, Outcome::TryAgain { .. });
        let settled = self.line.settle(number, outcome);
        if is_final {
            assert_eq!(settled, Some(Failed { key: m(number), command, failure: failure(), uncertain }));
            self.leave(number, if uncertain { Fate::Uncertain } else { Fate::Failed });
            return;
        }
        assert_eq!(settled, None);
        self.blocked = now;
        if again {
            self.blocked = self.line.uploads.retry_at().unwrap();
            assert!(self.blocked >= self.floor && self.blocked <= self.floor.max(now + secs(30)));
        }
    }

    fn shown(&mut self, number: u64) {
        let id = format!("a{number}");
        let known = self.files.get_mut(&number).filter(|file| file.known);
        assert_eq!(self.line.uploads.known_as(&id), known.as_ref().map(|_| m(number)));
        let Some(file) = known else { return };
        file.known = false;
        let (owed, fate) = (file.owed.take(), file.fate);
        assert_eq!(self.line.uploads.shown(&id), owed);
        self.leave(number, if fate == Fate::Completed { fate } else { Fate::Shown });
    }

    fn discard(&mut self, number: u64) {
        let here = [Fate::InLine, Fate::Failed, Fate::Uncertain];
        let Some(file) = self.files.get_mut(&number).filter(|file| here.contains(&file.fate)) else { return };
        file.known = false;
        assert_eq!(self.line.uploads.discard(m(number)), Some(file.owed.take()));
        self.leave(number, Fate::Discarded);
    }

    fn resend(&mut self, number: u64) {
        self.commands += 1;
        let accepted = self.line.resend(number, self.commands);
        let parked = [Fate::Failed, Fate::Uncertain];
        let file = self.files.get_mut(&number).filter(|file| parked.contains(&file.fate));
        assert_eq!(accepted, file.is_some());
        let Some(file) = file else { return };
        assert_eq!(file.owed.replace(c(self.commands)), None);
        match file.stage {
            At::Start | At::Put => file.reach(At::Start),
            At::Complete => (file.tries, file.denials) = (0, 0),
        }
        file.fate = Fate::InLine;
        self.order.push(number);
    }

    /// What a session does after each input; then all must be as accounted for.
    fn pump(&mut self) {
        let now = self.line.now;
        let may = self.open && !self.under_way && self.blocked.max(self.floor) <= now.at;
        let due = self.order.first().copied().filter(|_| may);
        let begun = self.line.next();
        assert_eq!(begun.as_ref().map(|upload| upload.key), due.map(m));
        if let (Some(upload), Some(file)) = (begun, due.and_then(|number| self.files.get_mut(&number))) {
            let stage = stage_of(&upload);
            if (file.stage, stage) == (At::Put, At::Start) {
                assert!(file.expires.is_some_and(|expires| expires <= now.wall));
                file.reach(At::Start);
            }
            assert_eq!((stage, upload.command), (file.stage, file.owed));
            match &file.token {
                Some(token) => assert_eq!(&upload.token, token),
                None => assert!(stage == At::Put || self.tokens.insert(upload.token.clone())),
            }
            file.token = Some(upload.token);
            file.tries += 1;
            self.under_way = true;
        }
        let waits = self.open && !self.under_way && !self.order.is_empty();
        assert_eq!(self.line.armed(), waits.then(|| self.blocked.max(self.floor)));
        assert!(self.line.armed().is_none_or(|at| at > now.at));
        let parked = self.files.values().filter(|file| matches!(file.fate, Fate::Failed | Fate::Uncertain));
        assert_eq!(self.line.uploads.len(), self.order.len() + parked.count());
        let known = self.files.values().filter(|file| file.known).count();
        assert_eq!(self.line.uploads.announced.len(), known);
        for (number, file) in &self.files {
            assert_eq!(self.line.uploads.is_under_way(m(*number)), file.fate == Fate::InLine);
            assert_eq!(file.owed.is_some(), file.fate == Fate::InLine, "heard of it when it ended");
        }
    }

    fn end(mut self) {
        let mut expected = Vec::new();
        for number in core::mem::take(&mut self.order) {
            let under_way = core::mem::take(&mut self.under_way);
            let file = self.files.get_mut(&number).unwrap();
            let uncertain = file.maybe_acted || (under_way && file.stage == At::Complete);
            let command = file.owed.take();
            expected.push(Failed { key: m(number), command, failure: failure(), uncertain });
            file.fate = if uncertain { Fate::Uncertain } else { Fate::Failed };
        }
        assert_eq!(self.line.uploads.end(&failure()), expected);
        self.open = false;
        self.pump();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// P3, P7: each file ends once, as completed, shown, failed, uncertain or discarded, in whatever order
    /// the world moves; its command hears of that then and at no other time; nothing is armed that nobody serves.
    #[test]
    fn each_file_ends_once_and_each_command_hears_of_it_once(steps in prop::collection::vec(steps(), 0..120)) {
        let mut model = Model::new();
        for step in steps {
            model.apply(step);
            model.pump();
        }
        model.end();
    }

    /// P5, P19: woken only at its alarms, whatever fails and however wrong the clock is, the line gets to its end
    /// with a bounded number of requests.
    #[test]
    fn the_line_gets_to_its_end_by_its_alarms_alone(
        files in 0..6_u64,
        troubles in prop::collection::vec(prop::option::of(outcomes()), 0..60),
        good_for in prop::option::of(0..60_u64),
    ) {
        let mut line = Line::of(files);
        let most = troubles.len() + usize::try_from(files * u64::from(3 + 2 * MOST_RESTARTS)).unwrap();
        let (mut troubles, mut requests, mut ended) = (troubles.into_iter(), 0, 0);
        loop {
            if let Some((number, stage)) = line.begin() {
                requests += 1;
                let expires = good_for.map(|span| line.now.wall + secs(span));
                let heard = match troubles.next().flatten() {
                    Some(outcome) => line.settle(number, outcome).and_then(|failed| failed.command),
                    None => line.succeed(number, stage, expires),
                };
                ended += u64::from(heard.is_some());
            } else if let Some(at) = line.armed() {
                prop_assert!(at > line.now.at);
                line.wake();
            } else {
                break;
            }
            prop_assert!(requests <= most, "{} requests", requests);
        }
        prop_assert_eq!(ended, files);
        prop_assert!((1..=files).all(|number| !line.uploads.is_under_way(m(number))));
    }
}
