//! The other end: a session with a service, or with the emulator in this process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use helpline_emulator::amazon_connect::{AgentScript, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::model::{OutgoingAttachment, SinkKey, SourceKey};
use helpline_protocol::{Command, CommandId, Network};
use helpline_tokio::files::{FileKeys, FileSink, FileSource};
use helpline_tokio::{Chat, ChatError, Events, TokioRuntime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::app::files::Wanted;
use crate::args::{Remote, Target};

/// A session that runs, not connected yet.
pub(crate) struct Service {
    pub(crate) chat: Chat,
    pub(crate) events: Events,
    pub(crate) network: Wire,
    /// What it is, in words.
    pub(crate) label: String,
}

/// What the client can do to the network.
pub(crate) enum Wire {
    /// Everything: it ends in this process.
    Emulator(Loopback),
    /// Nothing.
    Remote,
}

/// Bytes a second of files, to and from the emulator: as at home, so that there is something to see.
const PACE: u64 = 2_000_000;

impl Service {
    /// Starts a session, and the emulator where nothing else is asked for. `keys` are the files that commands
    /// may name.
    pub(crate) async fn start(target: Target, name: &str, keys: FileKeys) -> Result<Self, String> {
        let (config, network, label) = match target {
            Target::Emulator => {
                let mut server = ServerConfig::with_script(AgentScript::demo());
                server.faults.storage_bytes_per_second = Some(PACE);
                let emulator =
                    Loopback::start(server).await.map_err(|error| format!("no emulator: {error}"))?;
                // What a backend does with StartChatContact, and hands to its app.
                let started = emulator.start_chat(name);
                let details = ChatDetails::new(started.participant_token)
                    .with_contact_id(started.contact_id)
                    .with_participant_id(started.participant_id);
                let endpoint = emulator.endpoint();
                let label = format!("Amazon Connect, emulated on {}", endpoint.trim_start_matches("http://"));
                (Config::new(details).with_endpoint(endpoint), Wire::Emulator(emulator), label)
            }
            Target::AmazonConnect(remote) => {
                let label = label(&remote);
                (config(*remote), Wire::Remote, label)
            }
        };
        let runtime = TokioRuntime::builder().with_file_keys(keys).build();
        let started = helpline_protocol::driver::start(runtime, config);
        let (chat, events) = started.map_err(|error| error.to_string())?;
        Ok(Self { chat, events, network, label })
    }
}

fn label(remote: &Remote) -> String {
    match (&remote.endpoint, &remote.region) {
        // An address may hold a password before its host.
        (Some(url), _) => {
            let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            format!("Amazon Connect at {}", host.rsplit('@').next().unwrap_or_default())
        }
        (None, Some(region)) => format!("Amazon Connect in {region}"),
        (None, None) => "Amazon Connect".to_owned(),
    }
}

fn config(remote: Remote) -> Config {
    let mut details = ChatDetails::new(remote.token);
    if let Some(id) = remote.contact_id {
        details = details.with_contact_id(id);
    }
    if let Some(id) = remote.participant_id {
        details = details.with_participant_id(id);
    }
    let mut config = Config::new(details);
    if let Some(region) = remote.region {
        config = config.with_region(&region);
    }
    match remote.endpoint {
        Some(endpoint) => config.with_endpoint(endpoint),
        None => config,
    }
}

/// Something to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Command(Command),
    /// Looks at a file and sends it.
    Attach(String),
    /// Fetches a file into a folder.
    Save(Fetch),
    /// Says that the network is there or not; with the emulator, makes it so.
    Network(Network),
    /// Cuts the connections, without a word to the session; with a number, for so many seconds.
    Cut(Option<u64>),
}

/// A file, and the folder where it is to be put; the current one where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    pub(crate) file: Wanted,
    pub(crate) folder: Option<String>,
}

/// What is told of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Report(Report),
    /// It did not come to a command, and why.
    Not(String),
    /// A file is being fetched by this command; [`Word::Fetched`] follows.
    Fetching {
        id: CommandId,
        command: Command,
    },
    /// It has come to its end: with its place if it is there.
    Fetched {
        path: Option<PathBuf>,
    },
}

/// What became of an order that was a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) command: Command,
    pub(crate) result: Result<CommandId, ChatError>,
}

/// Carries out orders in a task of its own, so that the screen never waits.
pub(crate) fn carry_out(chat: Chat, network: Wire) -> (UnboundedSender<Order>, UnboundedReceiver<Word>) {
    let (orders, mut wanted) = unbounded_channel();
    let (reports, done) = unbounded_channel();
    let mut hands = Hands { chat, network, reports, offline: false, outage: None };
    tokio::spawn(async move {
        loop {
            let outage = hands.outage;
            let over = async {
                match outage {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                order = wanted.recv() => match order {
                    Some(order) => hands.carry_out(order).await,
                    None => break,
                },
                () = over => {
                    hands.outage = None;
                    hands.connect_cables();
                }
            }
        }
    });
    (orders, done)
}

struct Hands {
    chat: Chat,
    network: Wire,
    reports: UnboundedSender<Word>,
    /// The user wants no network.
    offline: bool,
    /// Until when there is none, as nobody knows.
    outage: Option<Instant>,
}

impl Hands {
    /// What cannot be done any more, as the session's task is gone, is told by the end of its events.
    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Command(command) => self.command(command).await,
            Order::Attach(path) => match attachment(&path).await {
                Ok(attachment) => {
                    self.command(Command::SendAttachment { conversation: None, attachment }).await;
                }
                Err(says) => self.tell(Word::Not(says)),
            },
            Order::Save(fetch) => self.save(fetch).await,
            Order::Network(state) => {
                self.offline = state == Network::Offline;
                self.connect_cables();
                let _ = self.chat.network(state).await;
            }
            Order::Cut(seconds) => {
                let seconds = seconds.map(core::time::Duration::from_secs);
                self.outage = seconds.map(|seconds| Instant::now() + seconds).or(self.outage);
                self.connect_cables();
                if let Wire::Emulator(emulator) = &self.network {
                    emulator.cut_sockets();
                }
            }
        }
    }

    async fn command(&self, command: Command) {
        let result = self.chat.execute(command.clone()).await;
        self.tell(Word::Report(Report { command, result }));
    }

    /// Begins to fetch a file; a task waits for its end.
    async fn save(&self, Fetch { file, folder }: Fetch) {
        let folder = folder.map_or_else(|| PathBuf::from("."), |folder| at_home(&folder));
        let Some(folder) = real_folder(&folder).await else {
            return self.tell(Word::Not(format!("There is no folder {}", folder.display())));
        };
        let sink = FileSink::in_folder(folder, &file.name);
        let attachment = file.attachment;
        // The session names the sink by itself.
        let command = Command::DownloadAttachment { attachment: attachment.clone(), sink: SinkKey::new("") };
        let begun = match self.chat.start_download(attachment, sink.clone()).await {
            Ok(begun) => begun,
            Err(error) => return self.tell(Word::Report(Report { command, result: Err(error) })),
        };
        self.tell(Word::Fetching { id: begun.command(), command });
        let reports = self.reports.clone();
        tokio::spawn(async move {
            // Why it did not work out is told by the end of the command.
            let path = begun.finished().await.ok().and_then(|_| sink.path());
            drop(reports.send(Word::Fetched { path }));
        });
    }

    fn tell(&self, word: Word) {
        drop(self.reports.send(word));
    }

    fn connect_cables(&self) {
        if let Wire::Emulator(emulator) = &self.network {
            emulator.set_online(!self.offline && self.outage.is_none());
        }
    }
}

/// A file to be sent, known by its path.
async fn attachment(path: &str) -> Result<OutgoingAttachment, String> {
    let found = at_home(path);
    let file = FileSource::open(&found).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("There is no file {path}"),
        ErrorKind::InvalidInput => format!("{path} is no file"),
        ErrorKind::PermissionDenied => format!("{path} may not be read"),
        _ => format!("{path}: {error}"),
    })?;
    // What was typed is text, and so is the path of the home folder if it is to be of use here.
    let (Some(source), Some(name)) = (found.to_str(), found.file_name().and_then(|name| name.to_str()))
    else {
        return Err(format!("{path}: its whole path has to be UTF-8"));
    };
    let (name, source) = (name.to_owned(), SourceKey::new(source));
    Ok(OutgoingAttachment { name, content_type: None, size: file.size(), source })
}

/// The folder by its full path, if it is one.
async fn real_folder(path: &Path) -> Option<PathBuf> {
    let path = tokio::fs::canonicalize(path).await.ok()?;
    tokio::fs::metadata(&path).await.ok().filter(std::fs::Metadata::is_dir).map(|_| path)
}

/// A path that may begin with `~`, as shells take it.
fn at_home(path: &str) -> PathBuf {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}
