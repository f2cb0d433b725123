//! Serves Bright Pattern.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use helpline_emulator::bright_pattern::{
    APP_ID, AgentScript, FAULT_HELP, Faults, IceForm, STORIES, Server, ServerConfig, Span, TENANT, Tenant,
};

use super::{Serving, rate};

#[derive(Debug, Args)]
#[command(after_help = FAULT_HELP)]
pub(crate) struct BrightPattern {
    #[command(flatten)]
    serving: Serving,
    /// How the agent behaves.
    #[arg(long, value_enum, default_value_t = Agent::Demo)]
    agent: Agent,
    /// Tell one of the dossier's stories instead: script, faults, and the id of the chat come with it. An unknown NAME
    /// lists them.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(STORIES), conflicts_with_all = ["agent", "rate"])]
    story: Option<String>,
    /// Messages that the agent sends without being asked, as MS:COUNT.
    #[arg(long, value_name = "MS:COUNT", value_parser = rate)]
    rate: Option<(u64, u64)>,
    /// The tenant's domain, which clients give as `tenantUrl`.
    #[arg(long, default_value = TENANT)]
    tenant: String,
    /// The entry that clients name.
    #[arg(long, default_value = APP_ID)]
    app_id: String,
    /// How long an idle poll is held, in milliseconds; 5000..15000 unless a story has its own.
    #[arg(long, value_name = "MS|MS..MS", value_parser = span)]
    hold: Option<Span>,
    /// How long a customer may be silent, in seconds; 0: for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    inactivity: u64,
    /// How long a chat lives without polls, in seconds; 0: for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    absence: u64,
    /// How long after its end the history of a chat can be read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    grace: u64,
    /// A held poll whose client has gone is given up at once, and its events stay.
    #[arg(long)]
    notice_hangup: bool,
    /// The service is closed.
    #[arg(long)]
    closed: bool,
    /// ICE servers are handed out encrypted.
    #[arg(long)]
    encrypted_ice: bool,
    /// Something that goes wrong; see below. Repeatable.
    #[arg(long = "fault", value_name = "NAME[=VALUE]", value_parser = fault)]
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Agent {
    /// A bot, a queue, and an agent who types, confirms, answers, and shows every kind of event.
    Demo,
    /// Joins at once and answers each message at once with `echo: <text>`.
    Echo,
    /// Does nothing.
    Silent,
}

fn fault(text: &str) -> Result<String, String> {
    let checked = Faults::default().set(text);
    checked.map(|()| text.to_owned()).map_err(|error| error.to_string())
}

fn span(text: &str) -> Result<Span, String> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (from.parse(), to.parse()) {
        (Ok(from), Ok(to)) if from <= to => Ok(Span { from, to }),
        _ => Err("expected MS or MS..MS, from small to large".to_owned()),
    }
}

/// Milliseconds, unless there are none.
fn limit(seconds: u64) -> Option<u64> {
    (seconds > 0).then(|| seconds.saturating_mul(1000))
}

impl BrightPattern {
    fn config(&self) -> std::io::Result<ServerConfig> {
        let mut script = match self.agent {
            Agent::Demo => AgentScript::demo(),
            Agent::Echo => AgentScript::echo(),
            Agent::Silent => AgentScript::silent(),
        };
        if let Some((every_ms, count)) = self.rate {
            script = script.with_rate(every_ms, count);
        }
        let story = self.story.as_deref().and_then(ServerConfig::story);
        let mut server = story.unwrap_or_else(|| ServerConfig::with_script(script));
        let mut tenant = Tenant::new(&self.tenant, &self.app_id);
        tenant.entries[0].open = !self.closed;
        server.tenants = vec![tenant];
        server.hold = self.hold.unwrap_or(server.hold);
        server.inactivity_ms = limit(self.inactivity);
        server.absence_ms = limit(self.absence);
        server.history_after_end_ms = self.grace.saturating_mul(1000);
        server.notices_hangup = self.notice_hangup;
        server.ice = if self.encrypted_ice { IceForm::Encrypted } else { IceForm::Clear };
        for text in &self.faults {
            server.faults.set(text).map_err(std::io::Error::other)?;
        }
        Ok(server)
    }

    pub(crate) async fn serve(self) -> std::io::Result<()> {
        let server = self.config()?;
        let served = self.serving.start::<Server>(server).await?;
        let line = serde_json::json!({
            "provider": "bright-pattern",
            "tenant": self.tenant,
            "app_id": self.app_id,
            "client_id": served.host.with(|server, _, _| server.new_client_id()),
        });
        self.serving.run(served, line).await
    }
}
