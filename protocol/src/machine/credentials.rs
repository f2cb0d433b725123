//! The token that requests carry, and the life of the socket that came with it. Both are renewed before they
//! run out: early by a margin, and by chance a little earlier still, since clients that came together would
//! otherwise return together. What a provider says of a lifetime is checked before it is believed: a time that
//! is absent, unreadable or past gives an assumed life instead, and no timer is ever so short that a faulty
//! clock, ours or theirs, could flood the provider. One obtaining is under way at a time; its result serves
//! everybody who waits.
//!
//! Each token has a generation, so that the refusal of a request that carried an older one does not cost the
//! new one. A refused token is renewed; if the next two are refused as well, each soon and before it has ever worked,
//! renewing is no help and the refusal is final. Two, as the first may have run out in the meantime by chance, and a
//! chat that is given up by mistake is worse than one call more. One that lay unused for longer may have run out like
//! any other, as in an app that was away, and does not count. Where another is being obtained by then, for a socket or as its time was
//! up, that one tells; but it was not asked for because of the refusal, and may have run out with the first, so that
//! its own refusal is renewed for once, too.

mod snapshot;

use core::time::Duration;

pub(crate) use snapshot::SavedToken;

use crate::machine::Alarms;
use crate::output::DeadlineReason;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::time::{Now, Timestamp, WallTime};

/// When credentials are renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialPolicy {
    /// How long before its end a life is renewed. Default 60 s.
    pub(crate) renew_before: Duration,
    /// How much earlier still, at most, by chance. Default 60 s.
    pub(crate) renew_jitter: Duration,
    /// A socket is replaced after this long, whatever the provider says. Default 3,540 s.
    pub(crate) socket_lifetime_cap: Duration,
    /// A socket's life where the provider says nothing of use; none where sockets last. Default 1 h.
    pub(crate) assumed_socket_lifetime: Option<Duration>,
    /// A token's life where the provider says nothing of use; none where tokens last. Default 12 h.
    pub(crate) assumed_token_lifetime: Option<Duration>,
    /// No renewal comes sooner than this after an obtaining. Default 30 s.
    pub(crate) shortest_timer: Duration,
}

impl Default for CredentialPolicy {
    fn default() -> Self {
        Self {
            renew_before: Duration::from_secs(60),
            renew_jitter: Duration::from_secs(60),
            socket_lifetime_cap: Duration::from_secs(3_540),
            assumed_socket_lifetime: Some(Duration::from_secs(60 * 60)),
            assumed_token_lifetime: Some(Duration::from_secs(12 * 60 * 60)),
            shortest_timer: Duration::from_secs(30),
        }
    }
}

/// Where the credentials stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There are none.
    Missing,
    /// There are none, and the first are on their way.
    Obtaining,
    /// They are there.
    Held,
    /// They are there, and others are on their way.
    Renewing,
    /// The provider does not take them, and renewing is no help. Only [`Credentials::clear`] leads out.
    Rejected,
}

/// What a provider gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The token; none where the one before stays, or the provider has none.
    pub(crate) token: Option<Secret>,
    /// When the token runs out, by the provider's clock; none where it says nothing that can be read.
    pub(crate) token_expires: Option<WallTime>,
    /// The socket.
    pub(crate) socket: SocketGrant,
}

/// What a grant means for the socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SocketGrant {
    /// The one in use stays, and with it the time of its replacement.
    #[default]
    Kept,
    /// A socket is dialled with this grant.
    New {
        /// When it runs out, by the provider's clock; none where it says nothing that can be read.
        expires: Option<WallTime>,
    },
}

/// What is to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The token only; the socket stays.
    Token,
    /// The socket, and the token with it, as one call gives both.
    Socket,
}

/// What to do about a request that was refused for its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RejectedDecision {
    /// Renew, then ask again.
    Renew,
    /// A renewal is asked for already: ask again when it is there.
    AwaitRenewal,
    /// There is a newer token: ask again with that.
    AlreadyRenewed,
    /// Renewing was tried and is no help.
    Final,
}

/// The credentials of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    policy: CredentialPolicy,
    state: State,
    token: Option<Secret>,
    generation: u64,
    /// When to renew the token, and when to replace the socket.
    token_at: Option<Timestamp>,
    socket_at: Option<Timestamp>,
    /// The renewal that is due or under way, so that a failed one is repeated as what it was.
    wanted: Option<Renewal>,
    trust: Trust,
}

/// How far the token in hand is believed to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Nothing speaks against it.
    Full,
    /// It was refused, and a renewal asked for. `again`: the one before it, which never worked, was refused as well.
    Refused { again: bool },
    /// It replaces one that was refused, and has not worked yet. Until then it can hardly have run out. `last`: so did
    /// the one before it.
    Probation { until: Timestamp, last: bool },
}

impl Credentials {
    /// With none.
    pub(crate) const fn new(policy: CredentialPolicy) -> Self {
        Self {
            policy,
            state: State::Missing,
            token: None,
            generation: 0,
            token_at: None,
            socket_at: None,
            wanted: None,
            trust: Trust::Full,
        }
    }

    /// Begins to obtain or renew. False if that is under way already, or of no use.
    pub(crate) const fn begin(&mut self) -> bool {
        match self.state {
            State::Missing => self.state = State::Obtaining,
            State::Held => self.state = State::Renewing,
            State::Obtaining | State::Renewing | State::Rejected => return false,
        }
        true
    }

    /// Obtaining or renewing did not work out. What is held stays; a renewal is due again at `retry_at`, which
    /// is none where the caller connects anew anyway.
    pub(crate) fn failed(&mut self, retry_at: Option<Timestamp>) {
        match self.state {
            State::Obtaining => self.state = State::Missing,
            State::Renewing => {
                self.state = State::Held;
                match self.wanted.unwrap_or(Renewal::Token) {
                    Renewal::Token => self.token_at = retry_at.or(self.token_at),
                    Renewal::Socket => self.socket_at = retry_at.or(self.socket_at),
                }
            }
            State::Missing | State::Held | State::Rejected => {}
        }
    }

    /// What a provider gave, asked for or, as from the host, not.
    pub(crate) fn obtained(&mut self, now: Now, rng: &mut Rng, grant: Grant) {
        let jitter = rng.span_up_to(self.policy.renew_jitter);
        if let Some(token) = grant.token {
            self.generation = self.generation.saturating_add(1);
            self.token = Some(token);
            let life = self.life(now, grant.token_expires, self.policy.assumed_token_lifetime);
            self.token_at = life.map(|life| self.timer(now, life, jitter));
            if let Trust::Refused { again } = self.trust {
                self.trust = Trust::Probation { until: now.at + self.policy.shortest_timer, last: again };
            }
        }
        if let SocketGrant::New { expires } = grant.socket {
            let life = self.life(now, expires, self.policy.assumed_socket_lifetime);
            let life = life.map(|life| life.min(self.policy.socket_lifetime_cap));
            self.socket_at = life.map(|life| self.timer(now, life, jitter));
        }
        self.wanted = None;
        self.state = State::Held;
    }

    /// What is to be renewed now. The caller begins it, and tells how it went.
    pub(crate) fn due(&mut self, now: Timestamp) -> Option<Renewal> {
        if self.state != State::Held {
            return None;
        }
        let (token, socket) = (passed(self.token_at, now), passed(self.socket_at, now));
        if token {
            self.token_at = None;
        }
        if socket {
            self.socket_at = None;
        }
        // A new socket brings a new token, so it is enough for both.
        let renewal = match (socket, token) {
            (true, _) => Renewal::Socket,
            (false, true) => Renewal::Token,
            (false, false) => return None,
        };
        self.wanted = Some(renewal);
        Some(renewal)
    }

    /// Whether this token replaced one that was refused, a moment ago, and has not worked yet: that it is refused as
    /// well says that renewing is no help.
    pub(crate) fn is_on_probation(&self, now: Timestamp, generation: u64) -> bool {
        matches!(self.trust, Trust::Probation { until, .. } if now < until) && generation == self.generation
    }

    /// A request that carried the token of `generation` was refused for it.
    pub(crate) fn rejected(&mut self, now: Timestamp, generation: u64) -> RejectedDecision {
        let under_way = match self.state {
            State::Rejected => return RejectedDecision::Final,
            State::Missing | State::Obtaining => return RejectedDecision::AwaitRenewal,
            State::Renewing => true,
            State::Held => false,
        };
        if generation != self.generation {
            return RejectedDecision::AlreadyRenewed;
        }
        let on_probation = self.is_on_probation(now, generation);
        match self.trust {
            // The one on its way may have been given before this one ran out, and have run out with it. It is not what
            // a renewal for a refusal brings: should it be refused as well, that renewal is still to come.
            Trust::Full if under_way => RejectedDecision::AwaitRenewal,
            Trust::Full => {
                self.trust = Trust::Refused { again: false };
                RejectedDecision::Renew
            }
            Trust::Refused { .. } => RejectedDecision::AwaitRenewal,
            // It may have run out before it was ever used, as in a machine that slept.
            Trust::Probation { .. } if under_way => {
                self.trust = Trust::Refused { again: on_probation };
                RejectedDecision::AwaitRenewal
            }
            Trust::Probation { last: true, .. } if on_probation => {
                self.deny();
                RejectedDecision::Final
            }
            Trust::Probation { .. } => {
                self.trust = Trust::Refused { again: on_probation };
                RejectedDecision::Renew
            }
        }
    }

    /// A request that carried the token of `generation` was not refused for it. Only the token in hand gains
    /// by that: that an older one once worked says nothing.
    pub(crate) fn accepted(&mut self, generation: u64) {
        if generation == self.generation && matches!(self.trust, Trust::Probation { .. }) {
            self.trust = Trust::Full;
        }
    }

    /// The provider gives none any more.
    pub(crate) fn deny(&mut self) {
        self.clear();
        self.state = State::Rejected;
    }

    /// The socket is gone, so there is none to replace; the next comes with its own grant.
    pub(crate) fn lost_socket(&mut self) {
        self.socket_at = None;
        if self.wanted == Some(Renewal::Socket) {
            self.wanted = Some(Renewal::Token);
        }
    }

    /// Forgets the token and all about it. Generations go on, so that what was asked with it stays old.
    pub(crate) fn clear(&mut self) {
        self.state = State::Missing;
        self.token = None;
        self.token_at = None;
        self.socket_at = None;
        self.wanted = None;
        self.trust = Trust::Full;
    }

    /// The token in hand.
    pub(crate) const fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// Which token that is: requests keep the number that they went out with.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Where the credentials stand.
    #[cfg(test)]
    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// What is left of a life, less the margin. A time that is past is as good as none.
    fn life(&self, now: Now, expires: Option<WallTime>, assumed: Option<Duration>) -> Option<Duration> {
        let stated = expires.map(|expires| expires.saturating_since(now.wall)).filter(|left| !left.is_zero());
        stated.or(assumed).map(|left| left.saturating_sub(self.policy.renew_before))
    }

    fn timer(&self, now: Now, life: Duration, jitter: Duration) -> Timestamp {
        now.at + life.saturating_sub(jitter).max(self.policy.shortest_timer)
    }
}

fn passed(alarm: Option<Timestamp>, now: Timestamp) -> bool {
    alarm.is_some_and(|at| at <= now)
}

impl Alarms for Credentials {
    /// None while others are on their way, as these will set the times anew.
    fn alarms(&self, alarm: &mut dyn FnMut(Timestamp, DeadlineReason)) {
        if self.state != State::Held {
            return;
        }
        if let Some(at) = self.token_at.into_iter().chain(self.socket_at).min() {
            alarm(at, DeadlineReason::Renew);
        }
    }
}

#[cfg(test)]
mod tests;
