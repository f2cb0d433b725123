//! One command a provider.

pub(crate) mod amazon_connect;
pub(crate) mod bright_pattern;

use std::path::Path;

use clap::Args;
use serde_json::Value;

/// What every provider's command takes.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// Port to listen on; 0 takes any.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Seed of ids, tokens and faults.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// One line on standard error for each request and frame, without tokens.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Also write the first line into this file, for programs that cannot read the output.
    #[arg(long, value_name = "FILE")]
    details: Option<std::path::PathBuf>,
}

impl Serving {
    /// Tells in one line where the service is, and what a client needs.
    pub(crate) fn announce(&self, line: &Value) -> std::io::Result<()> {
        println!("{line}");
        let write = |path: &Path| std::fs::write(path, format!("{line}\n"));
        self.details.as_deref().map_or(Ok(()), write)
    }
}

/// `MS:COUNT`.
pub(crate) fn rate(text: &str) -> Result<(u64, u64), String> {
    text.split_once(':')
        .and_then(|(every, count)| Some((every.parse().ok()?, count.parse().ok()?)))
        .ok_or_else(|| "expected MS:COUNT, such as 100:50".to_owned())
}

/// Ctrl-C, or what a supervisor sends.
pub(crate) async fn stopped() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
