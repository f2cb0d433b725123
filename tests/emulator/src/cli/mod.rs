//! One command a provider.

pub(crate) mod amazon_connect;
pub(crate) mod bright_pattern;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use helpline_emulator::Machine;
use helpline_emulator::certificates::{Authority, Validity};
use helpline_emulator::front::Front;
use helpline_emulator::loopback::{Host, LoopbackConfig};
use serde_json::Value;

/// What every provider's command takes.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// Port to listen on; 0 takes any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of ids, tokens and faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One line on standard error for each request and frame, without tokens.
    #[arg(long)]
    verbose: bool,
    /// Serve https and wss, with a certificate by an authority that is made for the occasion; its own is written into
    /// this file, as PEM, for a client to believe.
    #[arg(long, value_name = "FILE")]
    tls: Option<PathBuf>,
    /// What is the matter with the certificate.
    #[arg(long, value_enum, default_value_t = Certificate::Good, requires = "tls")]
    certificate: Certificate,
    /// Also write the first line into this file, for programs that cannot read the output.
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Certificate {
    /// Nothing.
    Good,
    /// It is for another host.
    WrongHost,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is by another authority than the one in the file.
    OtherAuthority,
    /// Nothing, but clients have to bring one as well, and none will do.
    WantsClients,
}

/// A host, and what stands in front of it.
pub(crate) struct Served<M: Machine> {
    pub(crate) host: Host<M>,
    front: Option<Front>,
}

impl Serving {
    /// Starts a host, and TLS in front of it if that is wanted.
    pub(crate) async fn start<M: Machine>(&self, server: M::Config) -> std::io::Result<Served<M>> {
        let port = if self.tls.is_some() { 0 } else { self.port };
        let config = LoopbackConfig { server, seed: self.seed, port, verbose: self.verbose };
        let host = Host::<M>::start(config).await?;
        let front = match &self.tls {
            Some(path) => Some(self.front(&host, path).await?),
            None => None,
        };
        Ok(Served { host, front })
    }

    /// TLS in front of a host, with the certificate of its authority in a file.
    async fn front<M: Machine>(&self, host: &Host<M>, path: &Path) -> std::io::Result<Front> {
        let authority = Authority::new("helpline emulator");
        let other = Authority::new("another");
        let (issuer, validity, clients) = match self.certificate {
            Certificate::Good => (&authority, Validity::Good, None),
            Certificate::WrongHost => (&authority, Validity::WrongHost, None),
            Certificate::Expired => (&authority, Validity::Expired, None),
            Certificate::NotYetValid => (&authority, Validity::NotYetValid, None),
            Certificate::OtherAuthority => (&other, Validity::Good, None),
            Certificate::WantsClients => (&authority, Validity::Good, Some(&other)),
        };
        let identity = issuer.server(validity).server_config(clients);
        let front = Front::start(identity, self.port, ([127, 0, 0, 1], host.port()).into()).await?;
        host.with(|server, _, _| server.served_at(&front.socket_base()));
        std::fs::write(path, authority.pem())?;
        Ok(front)
    }

    /// Tells in one line where the service is and what a client needs, and serves until it is told to stop.
    pub(crate) async fn run<M: Machine>(&self, served: Served<M>, mut line: Value) -> std::io::Result<()> {
        let Served { host, front } = served;
        line["endpoint"] = front.as_ref().map_or_else(|| host.endpoint(), Front::endpoint).into();
        if let Some(path) = &self.tls {
            line["authority"] = path.display().to_string().into();
        }
        println!("{line}");
        let write = |path: &Path| std::fs::write(path, format!("{line}\n"));
        self.details.as_deref().map_or(Ok(()), write)?;
        stopped().await?;
        host.stop();
        Ok(())
    }
}

/// `MS:COUNT`.
pub(crate) fn rate(text: &str) -> Result<(u64, u64), String> {
    text.split_once(':')
        .and_then(|(every, count)| Some((every.parse().ok()?, count.parse().ok()?)))
        .ok_or_else(|| "expected MS:COUNT, such as 100:50".to_owned())
}

/// Ctrl-C, or what a supervisor sends.
async fn stopped() -> std::io::Result<()> {
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
