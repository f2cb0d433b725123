//! Serves Amazon Connect.

use clap::{Args, ValueEnum};
use helpline_emulator::amazon_connect::{AgentScript, FAULT_HELP, Faults, Scan, Server, ServerConfig};

use super::{Serving, rate};

#[derive(Debug, Args)]
#[command(after_help = FAULT_HELP)]
pub(crate) struct AmazonConnect {
    #[command(flatten)]
    serving: Serving,
    /// How the agent behaves.
    #[arg(long, value_enum, default_value_t = Agent::Demo)]
    agent: Agent,
    /// Messages that the agent sends without being asked, as MS:COUNT.
    #[arg(long, value_name = "MS:COUNT", value_parser = rate)]
    rate: Option<(u64, u64)>,
    /// The customer's name in the chat that is made at the start.
    #[arg(long, default_value = "Ines")]
    name: String,
    /// How the customer's files are scanned: off, approve[:MS], reject[:MS], or name[:MS], which finds `virus` in names.
    #[arg(long, value_name = "SCAN", value_parser = scan)]
    scan: Option<Scan>,
    /// Something that goes wrong; see below. Repeatable.
    #[arg(long = "fault", value_name = "NAME[=VALUE]", value_parser = fault)]
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Agent {
    /// Greets, types, confirms, answers, and shows every kind of message.
    Demo,
    /// Answers each message at once with `echo: <text>`.
    Echo,
    /// Does nothing.
    Silent,
}

fn fault(text: &str) -> Result<String, String> {
    let checked = Faults::default().set(text);
    checked.map(|()| text.to_owned()).map_err(|error| error.to_string())
}

fn scan(text: &str) -> Result<Scan, String> {
    let (kind, after) = text.split_once(':').unwrap_or((text, "1000"));
    let after_ms = after.parse().map_err(|_| "expected milliseconds behind the colon".to_owned())?;
    match kind {
        "off" => Ok(Scan::Off),
        "approve" => Ok(Scan::Approve { after_ms }),
        "reject" => Ok(Scan::Reject { after_ms }),
        "name" => Ok(Scan::ByName { after_ms }),
        _ => Err("expected off, approve, reject or name".to_owned()),
    }
}

impl AmazonConnect {
    pub(crate) async fn serve(self) -> std::io::Result<()> {
        let mut script = match self.agent {
            Agent::Demo => AgentScript::demo(),
            Agent::Echo => AgentScript::echo(),
            Agent::Silent => AgentScript::silent(),
        };
        if let Some((every_ms, count)) = self.rate {
            script = script.with_rate(every_ms, count);
        }
        if let Some(scan) = self.scan {
            script.scan = scan;
        }
        let mut server = ServerConfig::with_script(script);
        // A person may take longer than a backend to hand over the chat that is made below.
        server.first_connect_ms = 7 * 24 * 3600 * 1000;
        for text in &self.faults {
            server.faults.set(text).map_err(std::io::Error::other)?;
        }
        let served = self.serving.start::<Server>(server).await?;
        let chat = served.host.start_chat(&self.name);
        let line = serde_json::json!({
            "provider": "amazon-connect",
            "contact_id": chat.contact_id,
            "participant_id": chat.participant_id,
            "participant_token": chat.participant_token,
        });
        self.serving.run(served, line).await
    }
}
