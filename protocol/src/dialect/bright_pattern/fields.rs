//! An object whose members are not known beforehand: the answers of a form, a signal.

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::wire::json::{Scalar, Text};

/// Members of one object. What a form asks for fits; what is beyond is left out.
const MEMBERS: usize = 256;

/// The scalar members of an object, in order. An object that comes as a text is read as well; anything else has
/// none.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// The last member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// A whole number.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    /// A truth value, off where there is none.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// All of them that are no longer than a limit, in bytes.
    pub(super) fn to_map(&self, limit: usize) -> BTreeMap<String, String> {
        let short = self.0.iter().filter(|(_, value)| value.len() <= limit);
        short.map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    /// All of them.
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    fn into_owned<'b>(self) -> Fields<'b> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Fields(self.0.into_iter().map(|(name, value)| (own(name), own(value))).collect())
    }
}

impl<'a> Deserialize<'a> for Fields<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        // A text in a text in a text is not followed: the inner one is taken for an object only.
        let inner = text.trim_start().starts_with('{').then(|| serde_json::from_str::<Fields<'_>>(text));
        Ok(inner.and_then(Result::ok).map(|fields| fields.into_owned().0).unwrap_or_default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<Text<'de>, Scalar<'de>>()? {
            let value = value.0.filter(|_| members.len() < MEMBERS);
            members.extend(value.map(|value| (name.into_cow(), value)));
        }
        Ok(members)
    }
}
