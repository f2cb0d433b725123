//! Serves an emulator until it is told to stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use helpline_emulator::amazon_connect::{AgentScript, FAULT_HELP, Faults, Scan, ServerConfig};
use helpline_emulator::certificates::{Authority, Validity};
use helpline_emulator::front::Front;
use helpline_emulator::loopback::{Loopback, LoopbackConfig};

/// Emulators of support-chat services, on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    provider: Provider,
}

#[derive(Debug, Subcommand)]
enum Provider {
    /// Amazon Connect Chat. The first line on standard output is a JSON object with the endpoint and a chat to join.
    AmazonConnect(AmazonConnect),
}

#[derive(Debug, Args)]
#[command(after_help = FAULT_HELP)]
struct AmazonConnect {
    /// Port to listen on; 0 takes any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of ids, tokens and faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
enum Agent {
    /// Greets, types, confirms, answers, and shows every kind of message.
    Demo,
    /// Answers each message at once with `echo: <text>`.
    Echo,
    /// Does nothing.
    Silent,
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

fn rate(text: &str) -> Result<(u64, u64), String> {
    text.split_once(':')
        .and_then(|(every, count)| Some((every.parse().ok()?, count.parse().ok()?)))
        .ok_or_else(|| "expected MS:COUNT, such as 100:50".to_owned())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let Provider::AmazonConnect(options) = Cli::parse().provider;
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helpline-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: AmazonConnect) -> std::io::Result<()> {
    let mut script = match options.agent {
        Agent::Demo => AgentScript::demo(),
        Agent::Echo => AgentScript::echo(),
        Agent::Silent => AgentScript::silent(),
    };
    if let Some((every_ms, count)) = options.rate {
        script = script.with_rate(every_ms, count);
    }
    if let Some(scan) = options.scan {
        script.scan = scan;
    }
    let mut server = ServerConfig::with_script(script);
    // A person may take longer than a backend to hand over the chat that is made below.
    server.first_connect_ms = 7 * 24 * 3600 * 1000;
    for text in &options.faults {
        server.faults.set(text).map_err(std::io::Error::other)?;
    }
    let host = Loopback::start(LoopbackConfig {
        server,
        seed: options.seed,
        port: if options.tls.is_some() { 0 } else { options.port },
        verbose: options.verbose,
    })
    .await?;
    let front = match &options.tls {
        Some(path) => Some(front(&host, options.port, options.certificate, path).await?),
        None => None,
    };
    let chat = host.start_chat(&options.name);
    let mut line = serde_json::json!({
        "provider": "amazon-connect",
        "endpoint": front.as_ref().map_or_else(|| host.endpoint(), Front::endpoint),
        "contact_id": chat.contact_id,
        "participant_id": chat.participant_id,
        "participant_token": chat.participant_token,
    });
    if let Some(path) = &options.tls {
        line["authority"] = path.display().to_string().into();
    }
    println!("{line}");
    if let Some(path) = options.details {
        std::fs::write(path, format!("{line}\n"))?;
    }
    stopped().await?;
    host.stop();
    Ok(())
}

/// TLS in front of a host, with the certificate of its authority in a file.
async fn front(host: &Loopback, port: u16, certificate: Certificate, path: &Path) -> std::io::Result<Front> {
    let authority = Authority::new("helpline emulator");
    let other = Authority::new("another");
    let (issuer, validity, clients) = match certificate {
        Certificate::Good => (&authority, Validity::Good, None),
        Certificate::WrongHost => (&authority, Validity::WrongHost, None),
        Certificate::Expired => (&authority, Validity::Expired, None),
        Certificate::NotYetValid => (&authority, Validity::NotYetValid, None),
        Certificate::OtherAuthority => (&other, Validity::Good, None),
        Certificate::WantsClients => (&authority, Validity::Good, Some(&other)),
    };
    let identity = issuer.server(validity).server_config(clients);
    let front = Front::start(identity, port, ([127, 0, 0, 1], host.port()).into()).await?;
    host.with(|server, _, _| server.set_socket_base(&front.socket_base()));
    std::fs::write(path, authority.pem())?;
    Ok(front)
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
