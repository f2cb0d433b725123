//! Bright Pattern on the command line.

use clap::Args as ClapArgs;
use helpline_protocol::bright_pattern::Config;
use helpline_protocol::model::Introduction;

/// Without a tenant, the embedded emulator.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct BrightPattern {
    /// The tenant's bare domain, such as acme.brightpattern.com.
    #[arg(long, value_name = "DOMAIN", requires = "app_id")]
    tenant: Option<String>,

    /// The id of the Messaging/Chat scenario entry.
    #[arg(long, value_name = "ID", requires = "tenant")]
    app_id: Option<String>,

    /// Whose chat it is: a UUID made once and kept. A chat that goes on for it is taken up.
    #[arg(long, value_name = "ID", requires = "tenant", default_value = "helpline-terminal")]
    client_id: String,

    /// Another address of the server than the tenant's domain; http only on loopback.
    #[arg(long, value_name = "URL", requires = "tenant")]
    endpoint: Option<String>,
}

/// A tenant, and who talks to it.
#[derive(Debug)]
pub(crate) struct Remote {
    tenant: String,
    app_id: String,
    client_id: String,
    endpoint: Option<String>,
}

impl BrightPattern {
    /// The tenant that is meant; none for the embedded emulator.
    pub(crate) fn remote(self) -> Option<Remote> {
        let Self { tenant, app_id, client_id, endpoint } = self;
        Some(Remote { tenant: tenant?, app_id: app_id?, client_id, endpoint })
    }
}

impl Remote {
    /// What it is, in words.
    pub(crate) fn label(&self) -> String {
        format!("Bright Pattern at {}", self.tenant)
    }

    /// A session there, for a customer of this name.
    pub(crate) fn config(self, name: &str) -> Config {
        let config =
            Config::new(self.tenant, self.app_id, self.client_id).with_introduction(introduced(name));
        match self.endpoint {
            Some(endpoint) => config.with_endpoint(endpoint),
            None => config,
        }
    }
}

/// A session at the emulator.
pub(crate) fn emulated(endpoint: String, name: &str) -> Config {
    use helpline_emulator::bright_pattern::{APP_ID, TENANT};
    Config::new(TENANT, APP_ID, "helpline-terminal")
        .with_introduction(introduced(name))
        .with_endpoint(endpoint)
}

fn introduced(name: &str) -> Introduction {
    Introduction { name: Some(name.to_owned()), ..Introduction::default() }
}
