//! What a seed makes of a life: first the setup, then what happens and when.
//!
//! The whole plan is drawn before the life begins, so that it does not depend on what anybody makes of it: another
//! client can be put through the same.

use crate::alphabet::{Act, Agent, Host, Mixture, ServerFault, User};
use crate::network::{Flow, Weather};
use crate::rng::Rng;
use crate::setup::Setup;

/// How a life ends, once everything has healed and settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It does not.
    Open,
    /// The agent ends the chat.
    ByAgent,
    /// The user leaves.
    ByUser,
}

/// What a seed makes of a life.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// What there is at the start.
    pub setup: Setup,
    /// What happens, and how many milliseconds after what came before.
    pub acts: Vec<(u64, Act)>,
    /// How it ends.
    pub ending: Ending,
}

/// What each piece of a streamed message begins with. The whole stands where its first piece came, as the vendor's
/// own client has it, and the server keeps it where its last one went out: places are not compared.
pub(crate) const STREAMED: &str = " bot";

/// A token that is refused as soon as it was renewed is the end by the vendor's rule (wire 6.2), so none runs out
/// that soon.
const BETWEEN_EXPIRIES_MS: u64 = 60_000;

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xc0ff_ee00);
        let setup = Setup::draw(&mut rng);
        // Most lives are short, a few are long.
        let trouble = match rng.below(10) {
            0..=5 => rng.within(10_000, 30_000),
            6..=8 => rng.within(30_000, 80_000),
            _ => rng.within(80_000, 150_000),
        };
        let busy = if rng.percent(50) { 1_500 } else { rng.within(200, 4_000) };
        let mut drawer = Drawer::new(rng);
        let mut acts = Vec::new();
        let mut now = 0;
        while now < trouble {
            let wait = drawer.rng.within(1, busy);
            now += wait;
            acts.push((wait, drawer.draw(now)));
        }
        let ending = match drawer.rng.below(10) {
            0..=1 => Ending::ByAgent,
            2..=3 => Ending::ByUser,
            _ => Ending::Open,
        };
        // Some chats end in the midst of it.
        if drawer.rng.percent(8) {
            let end = if drawer.rng.percent(50) { Act::Agent(Agent::End) } else { Act::User(User::Leave) };
            let place = usize::try_from(drawer.rng.below(acts.len() as u64)).unwrap_or(0);
            acts.insert(place, (1, end));
        }
        Self { seed, setup, acts, ending }
    }
}

impl Plan {
    /// Whether the machine's clock goes back. Timers stand still then until it has caught up with the latest that the
    /// session has seen, and so it matters when that was.
    #[must_use]
    pub fn turns_back(&self) -> bool {
        self.acts.iter().any(|(_, act)| matches!(act, Act::Host(Host::Back(_))))
    }
}

struct Drawer {
    rng: Rng,
    said: u64,
    written: u64,
    last: Option<String>,
    files: u64,
    suspended: bool,
    weather: Weather,
    tokens_last_until: u64,
    /// Some lives are spared a kind of trouble, so that the others come into their own.
    odd_clock: bool,
    harsh: bool,
    /// An own file whose echo never comes is not known by its id until the next connect: there is one or the other.
    with_files: bool,
}

impl Drawer {
    fn new(mut rng: Rng) -> Self {
        let (odd_clock, harsh, with_files) = (rng.percent(35), rng.percent(60), rng.percent(50));
        Self {
            rng,
            said: 0,
            written: 0,
            last: None,
            files: 0,
            suspended: false,
            weather: Weather::default(),
            tokens_last_until: 0,
            odd_clock,
            harsh,
            with_files,
        }
    }

    fn draw(&mut self, now: u64) -> Act {
        match self.rng.below(100) {
            0..=34 => Act::User(self.user()),
            35..=63 => Act::Agent(self.agent()),
            64..=69 => Act::Host(self.host()),
            70..=79 => Act::Weather(self.weather()),
            80..=85 => Act::Server(ServerFault::Cut),
            86..=87 => Act::Server(ServerFault::HalfOpen),
            88 => Act::Server(ServerFault::Close(self.pick(&[1000, 1001, 1006, 1011, 4000]))),
            89 if now >= self.tokens_last_until => {
                self.tokens_last_until = now + BETWEEN_EXPIRIES_MS;
                Act::Server(ServerFault::Expire)
            }
            _ => Act::Server(ServerFault::Mixture(Box::new(self.mixture()))),
        }
    }

    fn user(&mut self) -> User {
        match self.rng.below(100) {
            0..=51 => {
                let count = if self.rng.percent(12) { self.rng.within(2, 6) } else { 1 };
                User::Say((0..count).map(|_| self.words()).collect())
            }
            52..=57 => User::Type(u32::try_from(self.rng.within(1, 20)).unwrap_or(1)),
            58..=69 => User::Read(usize::try_from(self.rng.below(4)).unwrap_or(0)),
            70..=72 => User::Confirm(usize::try_from(self.rng.below(4)).unwrap_or(0)),
            73..=76 => User::LoadHistory(u32::try_from(self.rng.within(1, 60)).unwrap_or(1)),
            77..=78 => User::LoadTranscript,
            79..=82 => User::Resend,
            83..=84 => User::Discard,
            // A chat takes so many files and no more, and one that is announced again may count again.
            85..=87 if self.with_files && self.files < 6 => {
                self.files += 1;
                let size = usize::try_from(self.rng.within(1, 3_000)).unwrap_or(1);
                User::SendFile { name: format!("file-{}.txt", self.files), size }
            }
            85..=89 => User::FetchFile,
            90..=92 => User::Answer,
            93 => User::Receipts(self.rng.percent(70)),
            _ => {
                self.suspended = !self.suspended;
                if self.suspended { User::Suspend } else { User::Resume }
            }
        }
    }

    /// Some say the same twice, as people do.
    fn words(&mut self) -> String {
        match &self.last {
            Some(last) if self.rng.percent(20) => last.clone(),
            _ => {
                self.written += 1;
                let text = format!("message {}", self.written);
                self.last = Some(text.clone());
                text
            }
        }
    }

    fn agent(&mut self) -> Agent {
        let said = |drawer: &mut Self, what: &str| {
            drawer.said += 1;
            format!("{what} {}", drawer.said)
        };
        match self.rng.below(100) {
            0..=44 => Agent::Say(said(self, "agent")),
            45..=47 => Agent::SayRich(said(self, "*agent*")),
            48..=55 => {
                let flood = self.rng.percent(5);
                let count = if flood { 300 } else { self.rng.within(2, 20) };
                let every_ms = if flood { 0 } else { self.rng.within(0, 1) * 150 };
                Agent::SayMany { prefix: format!("{} no.", said(self, "burst")), count, every_ms }
            }
            56..=57 => Agent::System(said(self, "flow")),
            58..=59 => {
                let pieces = (0..self.rng.within(1, 5)).map(|_| said(self, STREAMED)).collect();
                Agent::Stream(pieces)
            }
            60..=63 => Agent::Ask(self.rng.next()),
            64..=65 => {
                self.files += 1;
                let size = usize::try_from(self.rng.within(1, 3_000)).unwrap_or(1);
                Agent::SendFile { name: format!("agent-{}.txt", self.files), size }
            }
            66..=70 => Agent::Type,
            71..=79 => Agent::Deliver,
            80..=87 => Agent::Read,
            88..=89 => Agent::Join,
            90 => Agent::Leave,
            91 => Agent::Transfer,
            92 => Agent::TransferFailed,
            93 => Agent::SupervisorJoin,
            94 => Agent::SupervisorLeave,
            95 => Agent::SupervisorSay(said(self, "supervisor")),
            96 => Agent::Idle(self.rng.percent(50)),
            97 => Agent::Rename(said(self, "Ines")),
            98 => Agent::Unknown,
            _ => Agent::Garbage(u32::try_from(self.rng.within(1, 200)).unwrap_or(1)),
        }
    }

    fn host(&mut self) -> Host {
        let clocks = if self.odd_clock { 100 } else { 65 };
        match self.rng.below(clocks) {
            0..=12 => Host::Online(false),
            13..=29 => Host::Online(true),
            30..=41 => Host::Foreground(false),
            42..=57 => Host::Foreground(true),
            58..=60 => Host::Fidget,
            61..=64 => Host::Restart(self.rng.percent(50)),
            65..=79 => {
                let longest = self.pick(&[500, 5_000, 30_000, 120_000]);
                Host::Freeze(self.rng.within(1, longest))
            }
            80..=86 => {
                let longest = self.pick(&[2_000, 60_000, 3_600_000, 4_000_000_000_000]);
                Host::Forward(self.rng.within(1, longest))
            }
            87..=92 => Host::Back(self.rng.within(1, 4_000)),
            _ => {
                let off = i64::try_from(self.rng.within(0, 20_000_000)).unwrap_or(0);
                Host::SetWall(off - 10_000_000)
            }
        }
    }

    fn weather(&mut self) -> Weather {
        // What is broken is mended more often than not.
        if self.weather != Weather::default() && self.rng.percent(60) {
            self.weather = Weather::default();
            return self.weather;
        }
        let mut weather = Weather::default();
        match self.rng.below(if self.harsh { 10 } else { 6 }) {
            0..=1 => weather.jitter = self.rng.within(10, 2_500),
            2 => weather.lost_up = self.share(300),
            3 => weather.lost_down = self.share(300),
            4 => weather.doubled = self.share(400),
            5 => (weather.up, weather.down) = (Flow::Frozen, Flow::Frozen),
            6 => weather.down = self.pick(&[Flow::Frozen, Flow::Dead]),
            7 => weather.up = self.pick(&[Flow::Frozen, Flow::Dead]),
            8 => (weather.up, weather.down) = (Flow::Dead, Flow::Dead),
            _ => weather.refusing = true,
        }
        self.weather = weather;
        weather
    }

    /// A mixture that leaves some traffic through.
    fn mixture(&mut self) -> Mixture {
        let mut mixture = Mixture { echo: Some(0), ..Mixture::default() };
        if self.rng.percent(30) {
            return mixture;
        }
        let percent = |drawer: &mut Self, share| drawer.rng.percent(share);
        if percent(self, 40) {
            mixture.lost_requests = self.share(400);
        }
        if percent(self, 40) {
            mixture.lost_answers = self.share(400);
        }
        if percent(self, 15) {
            mixture.hung = self.share(400);
        }
        if percent(self, 15) {
            mixture.garbled = self.share(400);
        }
        if percent(self, 10) {
            mixture.halved = self.share(300);
        }
        if percent(self, 30) {
            let status = self.pick(&[429, 500, 503, 408, 502]);
            let seconds = self.number(1, 5);
            let retry_after = percent(self, 50).then_some(seconds);
            mixture.status = Some((status, self.number(1, 6), retry_after));
        }
        if percent(self, 30) {
            mixture.answer_delay = self.rng.within(1, 3_000);
        }
        if percent(self, 30) {
            // With the next one together less than the time for which a replaced socket is listened to.
            mixture.frame_delay = self.rng.within(1, 1_200);
        }
        if percent(self, 30) {
            mixture.doubled = 300;
        }
        if percent(self, 30) {
            mixture.reorder = self.rng.within(1, 700);
        }
        self.sockets(&mut mixture);
        mixture
    }

    fn sockets(&mut self, mixture: &mut Mixture) {
        let percent = |drawer: &mut Self, share| drawer.rng.percent(share);
        if percent(self, 20) {
            mixture.cut_after = Some((5, 40));
        }
        if percent(self, 8) {
            mixture.deaf_after = Some((1, 20));
        }
        if percent(self, 15) {
            mixture.garbage_every = self.rng.within(2, 9);
            mixture.foreign_every = self.rng.within(2, 9);
        }
        if percent(self, 8) {
            mixture.truncate_every = self.rng.within(2, 9);
        }
        if percent(self, 10) {
            mixture.refuse = Some((self.pick(&[503, 429, 500]), self.number(1, 4)));
        }
        mixture.no_ack = percent(self, 10);
        mixture.sick = percent(self, 10);
        mixture.throttle = percent(self, 10);
        mixture.echo = match self.rng.below(5) {
            0 => Some(-self.gap()),
            1 => Some(self.gap()),
            2 if !self.with_files => None,
            _ => Some(0),
        };
    }

    fn gap(&mut self) -> i64 {
        i64::try_from(self.rng.within(1, 2_000)).unwrap_or(1)
    }

    fn share(&mut self, most: u64) -> u16 {
        u16::try_from(self.rng.within(50, most)).unwrap_or(50)
    }

    fn number(&mut self, from: u64, to: u64) -> u32 {
        u32::try_from(self.rng.within(from, to)).unwrap_or(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.rng.below(from.len() as u64)).unwrap_or(0)]
    }
}
