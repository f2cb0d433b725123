//! What can be made to go wrong. All of it is drawn from the server's seed.

use super::clock::instant;
use super::errors::ErrorEncoding;
use super::operation::Operation;
use crate::chance::{Chance, Span};

/// The switches. `Faults::default()` is a server that behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Cut each socket after so many frames sent.
    pub drop_after: Option<Span>,
    /// How many sockets [`Self::drop_after`] still applies to; `None`: all.
    pub drop_times: Option<u32>,
    /// Sockets that [`Self::drop_after`] strikes are closed with this code instead of being cut.
    pub drop_code: Option<u16>,
    /// Sockets open, but nothing is ever sent on them.
    pub silent_socket: bool,
    /// Each socket is half open after so many frames sent: it stays, but nothing comes and nothing is heard.
    pub silent_after: Option<Span>,
    /// How many sockets [`Self::silent_after`] still applies to; `None`: all.
    pub silent_times: Option<u32>,
    /// `aws/heartbeat` is not answered.
    pub no_heartbeat: bool,
    /// `aws/ping` is not answered.
    pub no_ping: bool,
    /// `aws/ping` is answered with this status instead of 200.
    pub ping_status: Option<u16>,
    /// Subscribe is not acknowledged (and yet holds).
    pub no_ack: bool,
    /// So many subscribes are acknowledged with `failure`, and do not hold.
    pub ack_failures: u32,
    /// The upgrade is refused with this status.
    pub refuse_upgrade: Option<u16>,
    /// How many upgrades [`Self::refuse_upgrade`] still applies to; `None`: all.
    pub refuse_times: Option<u32>,
    /// Calls answered with an error.
    pub statuses: Vec<StatusRule>,
    /// How errors are written, all of them.
    pub encoding: ErrorEncoding,
    /// Connections cut before the server acts.
    pub lost_requests: Vec<ChanceRule>,
    /// Connections cut after the server acted.
    pub lost_answers: Vec<ChanceRule>,
    /// Calls acted upon and never answered.
    pub hang: Vec<ChanceRule>,
    /// Answers that are no JSON, after acting.
    pub garbage_answers: Vec<ChanceRule>,
    /// Answers cut when half of their body is out; uploads are cut when half of the file has come.
    pub cut_half: Vec<ChanceRule>,
    /// The storage takes in and gives out so many bytes a second.
    pub storage_bytes_per_second: Option<u64>,
    /// Answers of the storage come later by so many milliseconds, beside whatever holds for all answers.
    pub storage_delay: Option<Span>,
    /// How long addresses for uploads made from now on are good.
    pub upload_life_ms: Option<u64>,
    /// How long addresses for downloads made from now on are good, whatever the client asks for.
    pub download_life_ms: Option<u64>,
    /// How long tokens of views made from now on are good.
    pub view_life_ms: Option<u64>,
    /// A view's token is good once.
    pub view_once: bool,
    /// How expiries are told.
    pub expiry: ExpiryForm,
    /// Answers come later by so many milliseconds.
    pub answer_delay: Option<Span>,
    /// Frames come later by so many milliseconds; their order on one socket is kept.
    pub frame_delay: Option<Span>,
    /// Chat frames are sent twice.
    pub duplicate: Chance,
    /// Each chat frame is held for 0 to so many milliseconds, without regard to order.
    pub reorder_ms: u64,
    /// A frame that is no JSON is sent before every Nth chat frame. 0: never.
    pub garbage_every: u64,
    /// Every Nth chat frame is cut in the middle. 0: never.
    pub truncate_every: u64,
    /// A frame of another contact is sent before every Nth chat frame. 0: never.
    pub foreign_every: u64,
    /// The order of answer and echo.
    pub echo: EchoOrder,
    /// Lifetime of connection tokens made from now on.
    pub token_life_ms: Option<u64>,
    /// Lifetime of sockets whose tickets are made from now on.
    pub socket_life_ms: Option<u64>,
    /// How long a ticket made from now on may wait to be dialled.
    pub ticket_life_ms: Option<u64>,
    /// The chat ends so many milliseconds after its last socket was lost.
    pub end_while_away_ms: Option<u64>,
    /// The clock that goes on the wire is wrong by so many milliseconds.
    pub clock_skew_ms: i64,
    /// The last page of a transcript has an empty NextToken instead of none.
    pub empty_next_token: bool,
    /// Calls beyond the vendor's default rates are answered 429.
    pub throttle: bool,
}

/// A chance for one operation, or for all.
pub type ChanceRule = crate::chance::ChanceRule<Operation>;

/// Calls of one operation, or of all, answered with an error status.
pub type StatusRule = crate::chance::StatusRule<Operation>;

/// Which comes first, the answer to a send or its echo on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EchoOrder {
    /// Both at once; whatever delays are set apply to each.
    #[default]
    Natural,
    /// The echo, and the answer so much later.
    Before {
        /// Milliseconds between.
        gap_ms: u64,
    },
    /// The answer, and the echo so much later.
    After {
        /// Milliseconds between.
        gap_ms: u64,
    },
    /// No echo at all; the item is in the transcript.
    Never,
}

/// How `ConnectionExpiry` and `Expiry` are written. The lifetimes behind them stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiryForm {
    /// `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    #[default]
    Normal,
    /// Not at all.
    Absent,
    /// A text that is no time.
    Unreadable,
    /// A time long past.
    Past,
    /// A time beyond what some timers can hold.
    Far,
    /// Without a fraction, and with an offset.
    Offset,
}

impl ExpiryForm {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 6] = [
        ("normal", Self::Normal),
        ("absent", Self::Absent),
        ("unreadable", Self::Unreadable),
        ("past", Self::Past),
        ("far", Self::Far),
        ("offset", Self::Offset),
    ];

    pub(crate) fn write(self, time_ms: u64) -> Option<String> {
        Some(match self {
            Self::Normal => instant(time_ms),
            Self::Absent => return None,
            Self::Unreadable => "tomorrow".to_owned(),
            Self::Past => "2001-09-09T01:46:40.000Z".to_owned(),
            Self::Far => "2099-12-31T23:59:59.999Z".to_owned(),
            Self::Offset => instant(time_ms).replace(&instant(time_ms)[19..], "+00:00"),
        })
    }
}

impl Faults {
    /// Takes one of a limited number; `None` is without limit.
    pub(crate) const fn take(times: &mut Option<u32>) -> bool {
        match times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}
