//! A configuration as it is written into snapshots and journals: all that a session goes by, and its token only
//! where that was asked for.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Config, ProviderConfig};
use crate::dialect::{Dialect, Policy, amazon_connect, bright_pattern};
use crate::limits::Limits;
use crate::secret::Secret;

/// A configuration as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConfigRecord {
    #[serde(flatten)]
    provider: ProviderRecord,
    /// By name, so that what an older version wrote can be read: a number it does not name has its default, and one
    /// that is not known any more decides nothing any more.
    #[serde(deserialize_with = "known_numbers")]
    policy: Value,
    limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "kebab-case")]
enum ProviderRecord {
    AmazonConnect(amazon_connect::Record),
    BrightPattern(bright_pattern::Record),
}

impl ConfigRecord {
    pub(crate) fn new(dialect: &Dialect, policy: &Policy, limits: &Limits) -> Self {
        let provider = match dialect {
            Dialect::AmazonConnect(dialect) => ProviderRecord::AmazonConnect(dialect.record()),
            Dialect::BrightPattern(dialect) => ProviderRecord::BrightPattern(dialect.record()),
        };
        let policy = serde_json::to_value(policy).unwrap_or_default();
        Self { provider, policy, limits: limits.clone() }
    }

    /// The configuration, with the token that is not part of this. None where a number is none.
    pub(crate) fn config(&self, token: Secret) -> Option<Config> {
        let provider = match &self.provider {
            ProviderRecord::AmazonConnect(record) => ProviderConfig::AmazonConnect(record.config(token)),
            ProviderRecord::BrightPattern(record) => {
                ProviderConfig::BrightPattern(Box::new(record.config(&token)))
            }
        };
        let policy = self.policy(match &self.provider {
            ProviderRecord::AmazonConnect(_) => Policy::amazon_connect(),
            ProviderRecord::BrightPattern(_) => Policy::bright_pattern(),
        })?;
        Some(Config { provider, policy, limits: self.limits.clone() })
    }

    /// Whether this is of the same chat as `dialect`, as far as both say.
    pub(crate) fn is_of(&self, dialect: &Dialect) -> bool {
        match (&self.provider, dialect) {
            (ProviderRecord::AmazonConnect(record), Dialect::AmazonConnect(dialect)) => {
                record.is_same_chat(&dialect.record())
            }
            (ProviderRecord::BrightPattern(record), Dialect::BrightPattern(dialect)) => {
                record.is_same_chat(&dialect.record())
            }
            (ProviderRecord::AmazonConnect(_) | ProviderRecord::BrightPattern(_), _) => false,
        }
    }

    fn policy(&self, default: Policy) -> Option<Policy> {
        with_numbers(default, self.policy.as_object()?)
    }
}

/// A policy with these of its numbers.
fn with_numbers(default: Policy, said: &Map<String, Value>) -> Option<Policy> {
    let mut whole = serde_json::to_value(default).ok()?;
    let numbers = whole.as_object_mut()?;
    for (name, number) in said {
        if let Some(slot) = numbers.get_mut(name) {
            slot.clone_from(number);
        }
    }
    serde_json::from_value(whole).ok()
}

/// Reads the numbers of a policy that are known. They have the same names whatever the provider.
fn known_numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let mut said = Map::deserialize(deserializer)?;
    let known = serde_json::to_value(Policy::amazon_connect()).map_err(D::Error::custom)?;
    said.retain(|name, _| known.get(name).is_some());
    if with_numbers(Policy::amazon_connect(), &said).is_none() {
        return Err(D::Error::custom("a number of the policy cannot be read"));
    }
    Ok(Value::Object(said))
}
