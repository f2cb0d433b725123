//! What a session is born with.

mod record;

pub(crate) use record::ConfigRecord;

use crate::dialect::{Policy, amazon_connect, bright_pattern};
use crate::error::ConfigError;
use crate::limits::Limits;

/// What a session is born with: whom it talks to, and how. Made from a provider's own configuration,
/// such as [`amazon_connect::Config`] or [`bright_pattern::Config`].
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub(crate) provider: ProviderConfig,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
}

/// A provider's own part of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ProviderConfig {
    AmazonConnect(amazon_connect::Config),
    BrightPattern(Box<bright_pattern::Config>),
}

impl Config {
    /// The timers and retries in use.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sets the timers and retries; begin with the provider's own, such as [`Policy::amazon_connect`].
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The caps in use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sets the caps. Default: [`Limits::default`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.policy.check()?;
        self.limits.check()
    }
}

impl From<amazon_connect::Config> for Config {
    fn from(config: amazon_connect::Config) -> Self {
        Self {
            provider: ProviderConfig::AmazonConnect(config),
            policy: Policy::amazon_connect(),
            limits: Limits::default(),
        }
    }
}

impl From<bright_pattern::Config> for Config {
    fn from(config: bright_pattern::Config) -> Self {
        Self {
            provider: ProviderConfig::BrightPattern(Box::new(config)),
            policy: Policy::bright_pattern(),
            limits: Limits::default(),
        }
    }
}
