//! What a seed makes of session, server and network before anything happens.

use std::time::Duration;

use helpline_protocol::{Limits, Policy};

use crate::network::Latency;
use crate::rng::Rng;

/// What a simulated chat is made of. The words fit every provider; what one does not have is left out.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The session's timers, given the provider's own.
    pub quick: bool,
    /// Items a page when what was missed is fetched.
    pub page: u32,
    /// Items of the first page.
    pub first_page: u32,
    /// The session's caps.
    pub limits: Limits,
    /// The network, when it is well.
    pub latency: Latency,
    /// How long a socket may live, in milliseconds.
    pub socket_life_ms: Option<u64>,
    /// How long a token lives, in milliseconds.
    pub token_life_ms: Option<u64>,
    /// The agent confirms by itself after so many milliseconds.
    pub confirms_after_ms: Option<u64>,
    /// The agent answers each message.
    pub echoes: bool,
    /// How many messages a chat has before the session first connects.
    pub before: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            quick: false,
            page: 100,
            first_page: 100,
            limits: Limits::default(),
            latency: Latency::default(),
            socket_life_ms: None,
            token_life_ms: None,
            confirms_after_ms: None,
            echoes: false,
            before: 0,
        }
    }
}

impl Setup {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let mut setup = Self {
            quick: rng.percent(50),
            // So that what a flood brings is found again on the hundred pages that are asked for.
            page: u32::try_from(rng.within(25, 100)).unwrap_or(100),
            first_page: u32::try_from(rng.within(5, 100)).unwrap_or(100),
            ..Self::default()
        };
        if rng.percent(30) {
            setup.latency = Latency { http: rng.within(1, 300), socket: rng.within(1, 300) };
        }
        if rng.percent(30) {
            setup.socket_life_ms = Some(rng.within(90, 120) * 1_000);
        }
        if rng.percent(15) {
            setup.token_life_ms = Some(rng.within(90, 150) * 1_000);
        }
        if rng.percent(40) {
            setup.confirms_after_ms = Some(rng.within(100, 3_000));
        }
        setup.echoes = rng.percent(30);
        if rng.percent(40) {
            setup.before = rng.within(1, 60);
        }
        if rng.percent(20) {
            setup.limits = Limits::default()
                .with_outbox_items(usize::try_from(rng.within(3, 20)).unwrap_or(3))
                .with_held_items(usize::try_from(rng.within(2, 20)).unwrap_or(2))
                .with_requests(usize::try_from(rng.within(6, 12)).unwrap_or(6))
                .with_participants(usize::try_from(rng.within(1, 4)).unwrap_or(1));
        }
        setup
    }

    /// The session's timers, from the provider's.
    #[must_use]
    pub fn policy(&self, policy: Policy) -> Policy {
        let policy = policy
            .with_reorder_slack(Duration::from_secs(5))
            .with_catch_up_page(self.page)
            .with_first_page(self.first_page);
        if !self.quick {
            return policy;
        }
        policy
            .with_heartbeat_interval(Duration::from_secs(2))
            .with_heartbeat_wait(Duration::from_secs(2))
            .with_request_timeout(Duration::from_secs(4))
    }
}
