//! The numbers that a provider's behaviour asks for. Every one can be changed; each default says where it
//! comes from.

use core::time::Duration;

use serde::{Deserialize, Serialize};

macro_rules! policy {
    ($($(#[$doc:meta])* $name:ident / $set:ident: $type:ty,)*) => {
        /// How a session behaves in time: intervals, waits, retries. [`Policy::amazon_connect`] has the
        /// defaults for that provider; the setters change one number each.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Policy {
            $(pub(crate) $name: $type,)*
        }

        impl Policy {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(&self) -> $type {
                    self.$name
                }

                #[doc = concat!("Sets [`Policy::", stringify!($name), "`].")]
                #[must_use]
                pub const fn $set(mut self, value: $type) -> Self {
                    self.$name = value;
                    self
                }
            )*
        }
    };
}

policy! {
    /// How long obtaining credentials may take. Amazon Connect: 10 s.
    authorise_timeout / with_authorise_timeout: Duration,
    /// How long a socket may take to open. Amazon Connect: 10 s.
    open_timeout / with_open_timeout: Duration,
    /// How long any other request may take. Amazon Connect and Bright Pattern: 15 s.
    request_timeout / with_request_timeout: Duration,

    /// An unacknowledged greeting is sent again after this. Amazon Connect: 1 s, as chatjs does.
    greeting_wait / with_greeting_wait: Duration,
    /// How often a greeting is sent in all before the socket is given up. Amazon Connect: 4, as chatjs does.
    greeting_tries / with_greeting_tries: u32,
    /// A refused greeting is sent again after this. Amazon Connect: 500 ms, as chatjs does.
    greeting_refused_wait / with_greeting_refused_wait: Duration,
    /// How often a greeting may be refused before the socket is given up. Amazon Connect: 5, as chatjs does.
    greeting_refusals / with_greeting_refusals: u32,

    /// Time between two probes of a kind. Amazon Connect: 10 s, as its three clients do.
    heartbeat_interval / with_heartbeat_interval: Duration,
    /// How long a probe may stay unanswered. A dead line is noticed within interval + wait. Amazon Connect: 10 s.
    heartbeat_wait / with_heartbeat_wait: Duration,
    /// How many probes in a row may be answered with a failure before the socket is replaced. Amazon Connect: 2.
    heartbeat_refusals / with_heartbeat_refusals: u32,

    /// How long a poll may take. Bright Pattern: 30 s, as the provider holds one for up to 15 s.
    poll_timeout / with_poll_timeout: Duration,
    /// An answer to a poll that brings nothing, and comes sooner than this, was not held: the next poll begins no
    /// sooner than this after the last one did, and later the more often it happens. Bright Pattern: 1 s.
    poll_gap / with_poll_gap: Duration,
    /// The longest that this doubles to. Bright Pattern: 5 s.
    poll_gap_cap / with_poll_gap_cap: Duration,
    /// Where the provider says that an earlier poll of ours is still held: how long to wait for it. Again so much
    /// longer each time, up to three times. Bright Pattern: 5 s.
    poll_busy_wait / with_poll_busy_wait: Duration,
    /// A conversation that was not polled for this long is looked up in its history when the app, the network or a
    /// push wakes it. Bright Pattern: 15 s.
    poll_stale_after / with_poll_stale_after: Duration,

    /// The longest wait before the first retry; each wait is drawn evenly from zero to this, doubled a try.
    backoff_base / with_backoff_base: Duration,
    /// What the longest wait is multiplied by from try to try.
    backoff_factor / with_backoff_factor: u32,
    /// The longest wait that doubling leads to.
    backoff_cap / with_backoff_cap: Duration,
    /// A link must have lived this long for the waits to begin anew.
    backoff_reset_after / with_backoff_reset_after: Duration,
    /// When network or foreground come back, a planned wait is cut to a draw from zero to this, since many
    /// clients come back at once.
    wake_jitter / with_wake_jitter: Duration,

    /// A socket is replaced at the latest after this. Amazon Connect: 3,540 s, as chatjs does.
    socket_lifetime / with_socket_lifetime: Duration,
    /// A socket that was replaced is listened to for this much longer, as what the provider wrote to it before
    /// may still be on its way. 2 s.
    socket_overlap / with_socket_overlap: Duration,
    /// Credentials and sockets are renewed this long before they end. Amazon Connect: 60 s.
    renew_before / with_renew_before: Duration,
    /// And up to this much earlier, drawn evenly.
    renew_jitter / with_renew_jitter: Duration,
    /// How long a token is believed to live where the provider does not say. Amazon Connect: 12 h.
    assumed_token_lifetime / with_assumed_token_lifetime: Duration,
    /// How long a socket is believed to live where the provider does not say. Amazon Connect: 1 h.
    assumed_socket_lifetime / with_assumed_socket_lifetime: Duration,
    /// No renewal comes sooner than this after the last, whatever the provider says. 30 s.
    shortest_renewal / with_shortest_renewal: Duration,

    /// A message of unknown outcome is sent again under its token until this long after its first try; later
    /// it is looked for in the history first. Amazon Connect does not say how long it remembers a token: 2 min.
    replay_window / with_replay_window: Duration,
    /// A message of unknown outcome is looked for no sooner than this after its last try: the provider may still be
    /// at work on it, and one that was called failed would appear later. Sending it again under its token needs no
    /// such wait. Amazon Connect: 30 s, twice what a request may take. Bright Pattern: 2 s, as there every such
    /// message is looked for.
    doubt_wait / with_doubt_wait: Duration,
    /// How often a message is tried before the session gives up on it and says so. 10.
    send_tries / with_send_tries: u32,

    /// How often each stage of sending a file is tried before the file has failed. 4.
    upload_tries / with_upload_tries: u32,
    /// How often a question of the user's (a file's address, a part of the transcript) is asked before it has
    /// failed. 4.
    query_tries / with_query_tries: u32,
    /// How long an upload or download may make no headway. Amazon Connect: 30 s.
    transfer_timeout / with_transfer_timeout: Duration,

    /// Whether receipts are sent at all. Those of others are told in any case. On.
    receipts / with_receipts: bool,
    /// Whether what arrives from an agent or bot is marked as delivered by itself. On.
    automatic_delivered / with_automatic_delivered: bool,
    /// Receipts are collected for this long and sent together. Amazon Connect: 5 s, as its clients do.
    receipt_window / with_receipt_window: Duration,
    /// "Delivered" waits this long, as "read" may make it needless. Amazon Connect: 3 s, as its clients do.
    delivered_delay / with_delivered_delay: Duration,

    /// Others are told at most once in this time that the user types. Amazon Connect: 10 s, as its clients do.
    typing_throttle / with_typing_throttle: Duration,
    /// Somebody who typed counts as typing for this long. Amazon Connect: 12 s, as its clients do.
    typing_expiry / with_typing_expiry: Duration,

    /// The others are told this long after the last key that the user has stopped typing, where the provider has a
    /// word for that. Bright Pattern: 30 s, as its web client does.
    typing_stop_after / with_typing_stop_after: Option<Duration>,

    /// Items fetched at the first connect. Amazon Connect: 30, as its mobile clients do.
    first_page / with_first_page: u32,
    /// Items a page when what was missed is fetched. Amazon Connect: 100, the most it gives.
    catch_up_page / with_catch_up_page: u32,
    /// Live frames may overtake each other by this much: what was missed is fetched back to an item that is
    /// older by this than the newest known. 5 s.
    reorder_slack / with_reorder_slack: Duration,
    /// How often the fetching of what was missed is tried before the session says that it cannot. 6.
    catch_up_tries / with_catch_up_tries: u32,

    /// Having left, the provider's goodbye is waited for this long. Amazon Connect: 5 s. Bright Pattern: 15 s.
    leave_wait / with_leave_wait: Duration,
    /// Whether the link is closed while the app is in the background. Amazon Connect: yes, as its mobile
    /// clients do.
    close_in_background / with_close_in_background: bool,
}

impl Policy {
    /// The defaults for Amazon Connect Chat.
    #[must_use]
    pub const fn amazon_connect() -> Self {
        Self {
            authorise_timeout: Duration::from_secs(10),
            open_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            greeting_wait: Duration::from_secs(1),
            greeting_tries: 4,
            greeting_refused_wait: Duration::from_millis(500),
            greeting_refusals: 5,
            heartbeat_interval: Duration::from_secs(10),
            heartbeat_wait: Duration::from_secs(10),
            heartbeat_refusals: 2,
            poll_timeout: Duration::from_secs(30),
            poll_gap: Duration::from_secs(1),
            poll_gap_cap: Duration::from_secs(5),
            poll_busy_wait: Duration::from_secs(5),
            poll_stale_after: Duration::from_secs(15),
            backoff_base: Duration::from_secs(1),
            backoff_factor: 2,
            backoff_cap: Duration::from_secs(30),
            backoff_reset_after: Duration::from_secs(30),
            wake_jitter: Duration::from_secs(1),
            socket_lifetime: Duration::from_secs(3540),
            socket_overlap: Duration::from_secs(2),
            renew_before: Duration::from_secs(60),
            renew_jitter: Duration::from_secs(60),
            assumed_token_lifetime: Duration::from_secs(12 * 3600),
            assumed_socket_lifetime: Duration::from_secs(3600),
            shortest_renewal: Duration::from_secs(30),
            replay_window: Duration::from_secs(120),
            doubt_wait: Duration::from_secs(30),
            send_tries: 10,
            upload_tries: 4,
            query_tries: 4,
            transfer_timeout: Duration::from_secs(30),
            receipts: true,
            automatic_delivered: true,
            receipt_window: Duration::from_secs(5),
            delivered_delay: Duration::from_secs(3),
            typing_throttle: Duration::from_secs(10),
            typing_expiry: Duration::from_secs(12),
            typing_stop_after: None,
            first_page: 30,
            catch_up_page: 100,
            reorder_slack: Duration::from_secs(5),
            catch_up_tries: 6,
            leave_wait: Duration::from_secs(5),
            close_in_background: true,
        }
    }

    /// The defaults for Bright Pattern. What it says of no number is as for Amazon Connect.
    #[must_use]
    pub const fn bright_pattern() -> Self {
        Self {
            // There is no token by which the provider would know a second try.
            replay_window: Duration::ZERO,
            doubt_wait: Duration::from_secs(2),
            receipt_window: Duration::from_secs(1),
            delivered_delay: Duration::from_millis(500),
            typing_throttle: Duration::from_secs(3),
            typing_expiry: Duration::from_secs(30),
            typing_stop_after: Some(Duration::from_secs(30)),
            leave_wait: Duration::from_secs(15),
            ..Self::amazon_connect()
        }
    }

    /// What cannot work, by the field's name.
    pub(crate) fn check(&self) -> Result<(), crate::error::ConfigError> {
        let at_least = |field, value: Duration, least: Duration| {
            if value >= least {
                return Ok(());
            }
            let problem = format!("{value:?} is too short, give it at least {least:?}");
            Err(crate::error::ConfigError::Field { field, problem })
        };
        let some = Duration::from_millis(100);
        at_least("heartbeat_interval", self.heartbeat_interval, some)?;
        at_least("heartbeat_wait", self.heartbeat_wait, some)?;
        at_least("authorise_timeout", self.authorise_timeout, some)?;
        at_least("open_timeout", self.open_timeout, some)?;
        at_least("request_timeout", self.request_timeout, some)?;
        at_least("poll_timeout", self.poll_timeout, some)?;
        at_least("poll_gap", self.poll_gap, some)?;
        at_least("poll_gap_cap", self.poll_gap_cap, self.poll_gap)?;
        at_least("poll_busy_wait", self.poll_busy_wait, some)?;
        at_least("greeting_wait", self.greeting_wait, some)?;
        at_least("greeting_refused_wait", self.greeting_refused_wait, some)?;
        at_least("backoff_base", self.backoff_base, Duration::from_millis(10))?;
        at_least("backoff_cap", self.backoff_cap, self.backoff_base)?;
        at_least("transfer_timeout", self.transfer_timeout, some)?;
        at_least("shortest_renewal", self.shortest_renewal, Duration::from_secs(1))?;
        let positive = |field, value: u32| {
            if value > 0 {
                return Ok(());
            }
            Err(crate::error::ConfigError::Field {
                field,
                problem: "0 makes no sense, give it at least 1".to_owned(),
            })
        };
        positive("greeting_tries", self.greeting_tries)?;
        positive("send_tries", self.send_tries)?;
        positive("catch_up_tries", self.catch_up_tries)?;
        positive("upload_tries", self.upload_tries)?;
        positive("query_tries", self.query_tries)?;
        positive("first_page", self.first_page)?;
        positive("catch_up_page", self.catch_up_page)?;
        positive("backoff_factor", self.backoff_factor)
    }
}
