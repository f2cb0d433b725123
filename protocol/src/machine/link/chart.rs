//! The phases of a link, what moves it from one to the next, and the picture of it.
#![doc = include_str!("chart.md")]

use core::fmt::Write as _;

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Not asked for yet.
    Idle,
    /// Obtaining an address.
    Authorising,
    /// Dialling it.
    Opening,
    /// Waiting for the provider to acknowledge the greeting.
    Greeting,
    /// Up.
    Live,
    /// Waiting for the next attempt.
    Waiting,
    /// Held by the user or the background.
    Suspended,
    /// Held for want of a network.
    Offline,
    /// Over.
    Ended,
}

/// What moves a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Trigger {
    /// The user wants it.
    Connect,
    /// An address came.
    Authorised,
    /// The socket opened.
    Opened,
    /// The greeting was acknowledged.
    Greeted,
    /// It did not work out, or was lost.
    Failed,
    /// The wait is over.
    RetryDue,
    /// The user or the background holds it.
    Suspend,
    /// There is no network.
    GoOffline,
    /// Nothing holds it any more.
    Release,
    /// There is nothing left that it would be for: all conversations of the session are over.
    Rest,
    /// The session is over.
    End,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Idle,
        Self::Authorising,
        Self::Opening,
        Self::Greeting,
        Self::Live,
        Self::Waiting,
        Self::Suspended,
        Self::Offline,
        Self::Ended,
    ];
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Authorised,
        Self::Opened,
        Self::Greeted,
        Self::Failed,
        Self::RetryDue,
        Self::Suspend,
        Self::GoOffline,
        Self::Release,
        Self::Rest,
        Self::End,
    ];
}

/// The one table of transitions: what is not here does not move a link.
#[must_use]
pub const fn next(phase: Phase, trigger: Trigger) -> Option<Phase> {
    use Phase as P;
    use Trigger as T;
    Some(match (phase, trigger) {
        (P::Idle, T::Connect) | (P::Waiting, T::RetryDue) => P::Authorising,
        (P::Authorising, T::Authorised) => P::Opening,
        (P::Opening, T::Opened) => P::Greeting,
        (P::Greeting, T::Greeted) => P::Live,
        (P::Authorising | P::Opening | P::Greeting | P::Live, T::Failed) => P::Waiting,
        (P::Authorising | P::Opening | P::Greeting | P::Live | P::Waiting | P::Offline, T::Suspend) => {
            P::Suspended
        }
        (P::Authorising | P::Opening | P::Greeting | P::Live | P::Waiting | P::Suspended, T::GoOffline) => {
            P::Offline
        }
        (P::Suspended | P::Offline, T::Release) => P::Waiting,
        (P::Authorising | P::Live | P::Waiting | P::Suspended | P::Offline, T::Rest) => P::Idle,
        (
            P::Idle
            | P::Authorising
            | P::Opening
            | P::Greeting
            | P::Live
            | P::Waiting
            | P::Suspended
            | P::Offline,
            T::End,
        ) => P::Ended,
        _ => return None,
    })
}

/// The table as a Mermaid state diagram. What every state shares, the way to `Ended`, is left out of the
/// lines and stands in a note.
#[must_use]
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> Idle\n");
    for from in Phase::ALL {
        for trigger in Trigger::ALL {
            if let Some(to) = next(from, trigger)
                && trigger != Trigger::End
            {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "    {from:?} --> {to:?}: {trigger:?}");
            }
        }
    }
    text.push_str("    Ended --> [*]\n    note right of Ended: every state leads here by End\n");
    text
}

#[cfg(test)]
mod tests {
    /// The picture in the documentation, and in the README, is the table. On a mismatch, put the text that the
    /// failure prints into `chart.md`.
    #[test]
    fn the_picture_in_the_documentation_is_the_table() {
        let expected = format!("\n```mermaid\n{}```\n", super::diagram());
        assert_eq!(include_str!("chart.md"), expected, "{expected}");
    }
}
