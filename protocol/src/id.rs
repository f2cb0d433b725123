//! Names for what a session hands out: monotone in a session, never reused, printed `r7 s2 c4 m12 v1`.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// From its number; for tests and for hosts that keep ids in a form of their own.
            #[must_use]
            pub const fn from_u64(number: u64) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn as_u64(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix)
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                    .and_then(|digits| digits.parse().ok())
                    .map(Self)
                    .ok_or_else(|| InvalidId { text: text.chars().take(32).collect(), example: concat!($prefix, "12") })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// An HTTP request that the session asked for; its answer carries it back.
    RequestId, "r"
);
id!(
    /// A socket that the session asked for; a socket dialled anew has a new one.
    SocketId, "s"
);
id!(
    /// An accepted command; [`Event::CommandFinished`](crate::Event::CommandFinished) carries it back.
    CommandId, "c"
);
id!(
    /// An item of a transcript. It never changes, not even when the provider gives the item an id.
    MessageKey, "m"
);
id!(
    /// A conversation of a session. Amazon Connect has exactly one, `v1`.
    ConversationKey, "v"
);

/// A text that is no id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{text:?} is not an id such as {example:?}")]
pub struct InvalidId {
    /// The text, cut to 32 characters.
    pub text: String,
    /// What one looks like.
    pub example: &'static str,
}

/// Hands out the numbers of one kind of id, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counter(u64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(0)
    }

    /// Goes on after `last`.
    pub(crate) const fn from_last(last: u64) -> Self {
        Self(last)
    }

    /// The number that was handed out last; zero before the first.
    pub(crate) const fn last(&self) -> u64 {
        self.0
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.saturating_add(1);
        self.0
    }
}

#[cfg(test)]
mod tests;
