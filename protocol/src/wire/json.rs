//! Reading JSON from a server, under limits and with patience.
//!
//! What servers get wrong must cost as little as possible: a null is an absent member, a number may stand for
//! a text, the last of two members with one name counts, unknown members are skipped, and half a surrogate
//! pair costs one character. Errors name what was expected and where, never what stood there.

mod scalar;

use core::fmt;
use std::borrow::Cow;

pub(crate) use scalar::Scalar;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::limits::Limits;

/// Why a text could not be read. Repeats nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads one JSON document. `spare` must outlive what is read: where the text has broken characters, what is
/// read borrows from the mended text there.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    text: &'a str,
    spare: &'a mut String,
    limits: &Limits,
) -> Result<T, Problem> {
    let depth = limits.json_depth();
    if is_deeper(text, depth) {
        return Err(Problem(format!("more than {depth} levels of nesting")));
    }
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Some(mended) = with_whole_surrogates(text) else {
        return Err(error.into());
    };
    *spare = mended;
    serde_json::from_str(spare).map_err(Problem::from)
}

/// Whether arrays and objects are nested deeper than `limit`. One look at each byte, and no stack.
fn is_deeper(text: &str, limit: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The text with U+FFFD for each escaped half of a surrogate pair that lacks its other half; none where there
/// is nothing to mend.
fn with_whole_surrogates(text: &str) -> Option<String> {
    let mut mended = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        match escaped_unit(text, at) {
            Some(0xD800..=0xDBFF) if matches!(escaped_unit(text, at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(text.get(copied..at)?);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            Some(_) => at += 6,
            // Another escape. What follows the backslash is no backslash of its own; where it is longer than a
            // byte, the text is no JSON, and `get` above ends the search.
            None => at += 2,
        }
    }
    if copied == 0 {
        return None;
    }
    mended.push_str(text.get(copied..)?);
    Some(mended)
}

/// The UTF-16 unit that is escaped as `\uXXXX` at this place.
fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

/// A text, borrowed where it has no escapes. A number or truth value is taken as its text.
pub(crate) struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_cow(self) -> Cow<'a, str> {
        self.0
    }

    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_string()))
    }
}

/// A whole number; also one written as a text or with a zero fraction. None where it is another scalar.
#[derive(Clone, Copy)]
pub(crate) struct Int(pub(crate) Option<i64>);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let text = text.as_str().trim();
        Ok(Self(text.strip_suffix(".0").unwrap_or(text).parse().ok()))
    }
}

/// A truth value; also one written as a text. None where it is another scalar.
#[derive(Clone, Copy)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(text.as_str().trim().to_ascii_lowercase().parse().ok()))
    }
}

/// A list of at most `MAX` things; nulls in it are skipped.
pub(crate) struct List<T, const MAX: usize>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor::<T, MAX>(core::marker::PhantomData)).map(List)
    }
}

struct ListVisitor<T, const MAX: usize>(core::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("a text where a list belongs"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<Option<T>>()? {
            if values.len() == MAX {
                return Err(A::Error::custom(format_args!("a list of more than {MAX}")));
            }
            values.extend(value);
        }
        Ok(values)
    }
}

/// Any value, of which only a text and the text `status` of an object are kept.
pub(crate) enum Loose<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// An object.
    Object {
        /// Its member `status`, where that is a text.
        status: Option<Cow<'a, str>>,
    },
    /// Anything else.
    Other,
}

impl<'a> Deserialize<'a> for Loose<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut status = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.as_str() == "status" {
                status = match map.next_value()? {
                    Loose::Text(text) => Some(text),
                    Loose::Object { .. } | Loose::Other => None,
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Loose::Object { status })
    }
}

/// Declares what is read from a JSON object: each member by its name or names. All members are optional, a
/// null counts as absent, the last of several counts, unknown ones are skipped. (A derived `Deserialize`
/// refuses repeated members, copies texts inside an `Option`, and repeats a text that stands in the place of
/// an object in its error, where it may be a token.)
macro_rules! object {
    ($(#[$meta:meta])* $vis:vis struct $name:ident<$life:lifetime> {
        $($field:ident: $type:ty = $($key:literal)|+,)*
    }) => {
        $(#[$meta])*
        #[derive(Default)]
        $vis struct $name<$life> {
            $($vis $field: Option<$type>,)*
        }

        impl<$life> serde::Deserialize<$life> for $name<$life> {
            fn deserialize<D: serde::Deserializer<$life>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<$life> serde::de::Visitor<$life> for Members {
                    type Value = $name<$life>;

                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
                        Err(E::custom("a text where an object belongs"))
                    }

                    fn visit_map<A: serde::de::MapAccess<$life>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut value = $name::default();
                        while let Some(key) = map.next_key::<$crate::wire::json::Text<$life>>()? {
                            match key.as_str() {
                                $($($key)|+ => value.$field = map.next_value()?,)*
                                _ => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(value)
                    }
                }

                deserializer.deserialize_any(Members)
            }
        }
    };
}

pub(crate) use object;

#[cfg(test)]
mod tests;
