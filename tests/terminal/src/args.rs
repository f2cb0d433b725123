//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, error::ErrorKind};
use helpline_protocol::Secret;

use crate::bright_pattern::{self, BrightPattern};
use crate::network::{NetworkArgs, Way};
use crate::replay::Replay;

/// The variable that a token may come in.
pub(crate) const TOKEN_VARIABLE: &str = "HELPLINE_PARTICIPANT_TOKEN";

/// A customer-support chat in the terminal.
///
/// With no arguments it starts an emulator of Amazon Connect in this process, with an agent who answers,
/// and connects to it over loopback: no account and no network are needed. Write "help" to the agent, and
/// /help for what the client can do.
#[derive(Debug, Parser)]
#[command(name = "chat", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Args {
    /// Whom to talk to; the embedded emulator where nothing is said.
    #[command(subcommand)]
    provider: Option<Provider>,

    /// Plain lines instead of a full screen; so also where stdin or stdout is no terminal.
    #[arg(long, global = true, help_heading = CLIENT, conflicts_with = "jsonl")]
    pub(crate) plain: bool,

    /// One command as JSON a line on stdin, one event as JSON a line on stdout. In commands about files,
    /// `source` and `sink` are paths: whoever writes the commands reads and writes files by them.
    #[arg(long, global = true, help_heading = CLIENT)]
    pub(crate) jsonl: bool,

    /// With --jsonl: `source` and `sink` are paths within this folder, and no others are taken.
    #[arg(long, global = true, help_heading = CLIENT, value_name = "FOLDER")]
    pub(crate) files: Option<PathBuf>,

    /// With --jsonl: leave it to stdin to say `{"type":"connect"}`.
    #[arg(long, global = true, help_heading = CLIENT)]
    pub(crate) no_connect: bool,

    /// Without a screen: stay so many seconds after stdin has ended and all is sent, for answers.
    #[arg(long, global = true, help_heading = CLIENT, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) linger: u64,

    /// Keep the chat's state in this file, and go on from it where there is one: messages that were not sent yet
    /// are sent, also after a crash. Not for the embedded emulator, which ends with this process.
    #[arg(long, global = true, help_heading = CLIENT, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// With --state: keep the tokens in it as well. Then --state alone is enough to go on, and whoever reads the
    /// file can take over the chat.
    #[arg(long, global = true, help_heading = CLIENT, requires = "state")]
    pub(crate) state_secrets: bool,

    /// Record the session in this new file, for `chat replay`; what was written in the chat is in it, its tokens
    /// are not.
    #[arg(long, global = true, help_heading = CLIENT, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,

    /// With --journal: record the tokens as well.
    #[arg(long, global = true, help_heading = CLIENT, requires = "journal")]
    pub(crate) journal_secrets: bool,

    #[command(flatten, next_help_heading = CLIENT)]
    network: NetworkArgs,

    /// The customer's name, as the embedded emulator is told it.
    #[arg(long, global = true, help_heading = CLIENT, default_value = "Visitor")]
    pub(crate) name: String,
}

const CLIENT: &str = "The client";

const AFTER: &str = "Exit codes: 0 the chat ended, or stdin ended and all was settled; \
1 it could not start, ended otherwise, or something was not sent; 2 the command line is wrong.";

#[derive(Debug, Subcommand)]
enum Provider {
    /// Amazon Connect Chat; without a token, the embedded emulator of it.
    AmazonConnect(AmazonConnect),
    /// Bright Pattern; without a tenant, the embedded emulator of it.
    BrightPattern(BrightPattern),
    /// Shows a recorded session again, step by step, forwards and back.
    Replay(ReplayArgs),
}

/// A journal, as --journal records it.
#[derive(Debug, ClapArgs)]
struct ReplayArgs {
    /// The journal.
    file: PathBuf,

    /// Only say whether this version gives the same outputs; 1 where it does not.
    #[arg(long)]
    check: bool,
}

/// The token is what your backend got from StartChatContact. Better than on the command line, where other
/// programs can read it, it stands in the environment (HELPLINE_PARTICIPANT_TOKEN) or in a file.
#[derive(Debug, Default, ClapArgs)]
struct AmazonConnect {
    /// The region of the instance, such as us-east-1.
    #[arg(long)]
    region: Option<String>,

    /// Another address of the service, for proxies and emulators; http only on loopback.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// The participant token. Other programs can see it here: prefer HELPLINE_PARTICIPANT_TOKEN, or a file.
    #[arg(long, value_name = "TOKEN", value_parser = secret, conflicts_with = "participant_token_file")]
    participant_token: Option<Secret>,

    /// A file with nothing in it but the participant token.
    #[arg(long, value_name = "PATH")]
    participant_token_file: Option<PathBuf>,

    /// The chat's contact id, as StartChatContact gave it.
    #[arg(long, value_name = "ID")]
    contact_id: Option<String>,

    /// The customer's participant id, as StartChatContact gave it.
    #[arg(long, value_name = "ID")]
    participant_id: Option<String>,
}

fn secret(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(Secret::from(text)) }
}

/// Whom to talk to.
#[derive(Debug)]
pub(crate) enum Target {
    /// The emulator in this process.
    Emulator,
    /// A service.
    AmazonConnect(Box<Remote>),
    /// Bright Pattern; none for the emulator of it in this process.
    BrightPattern(Option<Box<bright_pattern::Remote>>),
    /// The service of the chat whose state was kept.
    Kept,
    /// None: a journal.
    Replay(Replay),
}

/// An Amazon Connect instance, and a chat that a backend has started there.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) token: Secret,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) contact_id: Option<String>,
    pub(crate) participant_id: Option<String>,
}

impl Args {
    /// Reads the command line, the environment and, where one is named, the token's file.
    pub(crate) fn read() -> Result<(Self, Target, Way), clap::Error> {
        let mut args = Self::try_parse()?;
        let variable = std::env::var(TOKEN_VARIABLE).ok();
        let target = args.target(variable.as_deref())?;
        let way = args.network.way().map_err(|says| wrong(&says))?;
        Ok((args, target, way))
    }

    fn target(&mut self, variable: Option<&str>) -> Result<Target, clap::Error> {
        if self.no_connect && !self.jsonl {
            return Err(wrong("--no-connect goes with --jsonl, where stdin can say `connect`"));
        }
        if self.files.is_some() && !self.jsonl {
            return Err(wrong("--files goes with --jsonl, where commands name files"));
        }
        if let Some(folder) = self.files.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(wrong(&format!("--files {}: there is no such folder", folder.display())));
        }
        let unsaid = if self.state.is_some() { Target::Kept } else { Target::Emulator };
        let given = match self.provider.take() {
            Some(Provider::AmazonConnect(given)) => given,
            Some(Provider::Replay(ReplayArgs { file, check })) => {
                return Ok(Target::Replay(Replay { file, check, plain: self.plain }));
            }
            Some(Provider::BrightPattern(given)) => {
                return Ok(given.remote().map_or_else(
                    || if self.state.is_some() { Target::Kept } else { Target::BrightPattern(None) },
                    |remote| Target::BrightPattern(Some(Box::new(remote))),
                ));
            }
            None => return Ok(unsaid),
        };
        let token = match (given.participant_token, given.participant_token_file) {
            (Some(token), _) => Some(token),
            (None, Some(path)) => Some(token_from(&path)?),
            (None, None) => variable.map(str::trim).filter(|token| !token.is_empty()).map(Secret::from),
        };
        let (region, endpoint) = (given.region, given.endpoint);
        let (contact_id, participant_id) = (given.contact_id, given.participant_id);
        let Some(token) = token else {
            if [&region, &endpoint, &contact_id, &participant_id].iter().any(|given| given.is_some()) {
                let says = format!(
                    "a real service needs a participant token: set {TOKEN_VARIABLE} or give \
                     --participant-token-file; with no options at all the embedded emulator is used"
                );
                return Err(wrong(&says));
            }
            return Ok(unsaid);
        };
        if region.is_none() && endpoint.is_none() {
            return Err(wrong("say where the token is good: --region, such as us-east-1, or --endpoint"));
        }
        Ok(Target::AmazonConnect(Box::new(Remote { token, region, endpoint, contact_id, participant_id })))
    }
}

fn token_from(path: &std::path::Path) -> Result<Secret, clap::Error> {
    if path.as_os_str() == "-" {
        return Err(wrong("--participant-token-file cannot be stdin, which is for the chat: name a file"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(&format!("--participant-token-file {}: {error}", path.display())))?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(wrong(&format!(
            "--participant-token-file {}: it should hold one token and nothing else",
            path.display()
        )));
    }
    Ok(Secret::from(token))
}

fn wrong(says: &str) -> clap::Error {
    Args::command().error(ErrorKind::ValueValidation, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(line: &str, variable: Option<&str>) -> Result<Target, String> {
        let words = core::iter::once("chat").chain(line.split_whitespace());
        let mut args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        args.target(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_said_means_the_emulator() {
        for line in ["", "amazon-connect", "--plain", "amazon-connect --jsonl --no-connect"] {
            assert!(matches!(target(line, None), Ok(Target::Emulator)), "{line}");
        }
    }

    #[test]
    fn bright_pattern_is_emulated_unless_a_tenant_is_named() {
        assert!(matches!(target("bright-pattern --jsonl", None), Ok(Target::BrightPattern(None))));
        let line =
            "bright-pattern --tenant acme.example --app-id 7f3c --client-id c-1 --endpoint http://[::1]:1";
        let Ok(Target::BrightPattern(Some(remote))) = target(line, None) else { panic!("{line}") };
        assert_eq!(remote.label(), "Bright Pattern at acme.example");
        assert_eq!(remote.config("Dana").introduction().name.as_deref(), Some("Dana"));
    }

    #[test]
    fn a_state_alone_goes_on_with_the_chat_that_was_kept() {
        assert!(matches!(target("--state f", None), Ok(Target::Kept)));
        assert!(matches!(target("amazon-connect --state f", None), Ok(Target::Kept)));
        let line = "amazon-connect --region us-east-1 --state f";
        assert!(matches!(target(line, Some("t0ken")), Ok(Target::AmazonConnect(_))));
    }

    #[test]
    fn a_journal_is_replayed_by_its_name() {
        let Ok(Target::Replay(replay)) = target("replay j --check", None) else { panic!("no replay") };
        assert_eq!(replay, Replay { file: "j".into(), check: true, plain: false });
        assert!(target("replay", None).is_err());
    }

    #[test]
    fn a_token_comes_from_the_line_or_the_environment_and_is_not_shown() {
        for (line, variable) in [("--participant-token t0ken", None), ("", Some(" t0ken\n"))] {
            let target = target(&format!("amazon-connect --region us-east-1 {line}"), variable).unwrap();
            assert!(!format!("{target:?}").contains("t0ken"));
            let Target::AmazonConnect(remote) = target else { panic!("{target:?}") };
            assert_eq!(remote.token.expose(), "t0ken");
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (line, says) in [
            ("amazon-connect --region us-east-1", "needs a participant token"),
            ("amazon-connect --participant-token t0ken", "say where the token is good"),
            ("amazon-connect --participant-token t0ken --participant-token-file f", "cannot be used with"),
            ("amazon-connect --region r --participant-token-file -", "cannot be stdin"),
            ("amazon-connect --region r --participant-token-file /nowhere/at/all", "/nowhere/at/all"),
            ("--no-connect", "goes with --jsonl"),
            ("--files /", "goes with --jsonl"),
            ("--jsonl --files /nowhere/at/all", "no such folder"),
            ("--plain --jsonl", "cannot be used with"),
            ("--state-secrets", "--state <FILE>"),
            ("--journal-secrets", "--journal <FILE>"),
            ("telegram", "unrecognized subcommand"),
            ("bright-pattern --tenant acme.example", "--app-id"),
            ("bright-pattern --app-id a", "--tenant"),
            ("bright-pattern --endpoint http://127.0.0.1:1", "--tenant"),
        ] {
            let error = target(line, None).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
            assert!(!error.contains("t0ken"), "{line}: {error}");
        }
    }
}
