//! The other end: a session with a service, or with the emulator in this process.

use core::pin::pin;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_channel::{Receiver, Sender, unbounded};
use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::driver::adapter::files::{Disk, FileKeys, FileSink, FileSource};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::driver::{Chat, ChatError, Driver, Events, Runtime};
use helpline_protocol::model::{OutgoingAttachment, SinkKey, SourceKey};
use helpline_protocol::{Command, CommandId, ConnectionState, Network, Snapshot, Timestamp};

use crate::app::files::Wanted;
use crate::args::{Remote, Target};
use crate::bright_pattern;
use crate::emulator::{Embedded, Server};
use crate::first::{first, sleep_until};
use crate::keep::{self, State};
use crate::network::Way;

/// A session that runs, not connected yet.
pub(crate) struct Service<A: Adapter> {
    pub(crate) runtime: A::Runtime,
    pub(crate) chat: Chat,
    pub(crate) events: Events,
    pub(crate) network: Wire,
    /// What it is, in words.
    pub(crate) label: String,
    /// It has never been connected.
    pub(crate) is_new: bool,
}

/// What a session begins with.
pub(crate) struct Start {
    /// The customer's name.
    pub(crate) name: String,
    /// Commands may name files within this folder; where it is none, anywhere: whoever writes commands here runs
    /// the program as well.
    pub(crate) files: Option<PathBuf>,
    /// Where its state is kept.
    pub(crate) state: Option<State>,
    /// What was kept of it before.
    pub(crate) snapshot: Option<Snapshot>,
    /// Where its journal goes, and whether with secrets.
    pub(crate) journal: Option<(PathBuf, bool)>,
    /// How it gets to the service.
    pub(crate) way: Way,
}

/// What the client can do to the network.
pub(crate) enum Wire {
    /// Everything: it ends in this process.
    Emulator(Embedded),
    /// Nothing.
    Remote,
}

impl<A: Adapter> Service<A> {
    /// Starts a session or goes on with one, and starts the emulator where nothing else is asked for.
    pub(crate) async fn start(target: Target, start: Start) -> Result<Self, String> {
        let Start { name, files, state, snapshot, journal, way } = start;
        let no_emulator = |error| format!("no emulator: {error}");
        let (config, network, label): (helpline_protocol::Config, _, _) = match target {
            Target::Emulator => {
                let emulator = Embedded::amazon_connect().await.map_err(no_emulator)?;
                // What a backend does with StartChatContact, and hands to its app.
                let Server::AmazonConnect(host) = &emulator.server else {
                    return Err("the emulator is another one".to_owned());
                };
                let started = host.start_chat(&name);
                let details = ChatDetails::new(started.participant_token)
                    .with_contact_id(started.contact_id)
                    .with_participant_id(started.participant_id);
                let endpoint = emulator.endpoint();
                let label = format!("Amazon Connect, emulated on {}", endpoint.trim_start_matches("http://"));
                (Config::new(details).with_endpoint(endpoint).into(), Wire::Emulator(emulator), label)
            }
            Target::AmazonConnect(remote) => {
                let label = label(&remote);
                (config(*remote).into(), Wire::Remote, label)
            }
            Target::BrightPattern(None) => {
                let emulator = Embedded::bright_pattern().await.map_err(no_emulator)?;
                let endpoint = emulator.endpoint();
                let label = format!("Bright Pattern, emulated on {}", endpoint.trim_start_matches("http://"));
                (bright_pattern::emulated(endpoint, &name).into(), Wire::Emulator(emulator), label)
            }
            Target::BrightPattern(Some(remote)) => {
                let label = remote.label();
                (remote.config(&name).into(), Wire::Remote, label)
            }
            Target::Kept => {
                let config = kept_config(snapshot.as_ref())?;
                (config, Wire::Remote, "The chat that was kept".to_owned())
            }
            // Has no other end.
            Target::Replay(_) => return Err("a journal is replayed without a service".to_owned()),
        };
        let keys = files.map_or_else(FileKeys::anywhere, FileKeys::within);
        let runtime = way.of(Builder::<A>::new()).with_file_keys(keys).build();
        let records = keep::records(state, snapshot, journal)?;
        let driver = Driver::with_records(runtime.clone(), config, records);
        let driver = driver.map_err(|error| error.to_string())?;
        let is_new = driver.session().state() == ConnectionState::Idle;
        let (chat, events) = driver.start();
        Ok(Self { runtime, chat, events, network, label, is_new })
    }
}

/// All that the chat needs stands in what was kept of it, if its tokens do.
fn kept_config(snapshot: Option<&Snapshot>) -> Result<helpline_protocol::Config, String> {
    let Some(snapshot) = snapshot else {
        return Err("there is no state yet to go on with: say whom to talk to, as with amazon-connect \
                    --region and a token; the embedded emulator would end with this process"
            .to_owned());
    };
    snapshot.config().ok_or_else(|| {
        "the state was kept without its tokens: give the participant token again, and --region or --endpoint"
            .to_owned()
    })
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
pub(crate) fn carry_out<A: Adapter>(
    runtime: A::Runtime,
    chat: Chat,
    network: Wire,
) -> (Sender<Order>, Receiver<Word>) {
    let (orders, wanted) = unbounded();
    let (reports, done) = unbounded();
    let mut hands =
        Hands::<A> { runtime: runtime.clone(), chat, network, reports, offline: false, outage: None };
    runtime.spawn(async move { hands.work(wanted).await });
    (orders, done)
}

/// The next word on an order; there may be none ever again.
pub(crate) async fn word(reports: &Receiver<Word>) -> Word {
    match reports.recv().await {
        Ok(word) => word,
        Err(_) => core::future::pending().await,
    }
}

/// What there is to do next.
enum Next {
    Order(Option<Order>),
    OutageOver,
}

struct Hands<A: Adapter> {
    runtime: A::Runtime,
    chat: Chat,
    network: Wire,
    reports: Sender<Word>,
    /// The user wants no network.
    offline: bool,
    /// Until when there is none, as nobody knows.
    outage: Option<Timestamp>,
}

impl<A: Adapter> Hands<A> {
    async fn work(&mut self, orders: Receiver<Order>) {
        loop {
            let (runtime, outage) = (&self.runtime, self.outage);
            let next = first([
                pin!(async { Next::Order(orders.recv().await.ok()) }),
                pin!(async {
                    sleep_until(runtime, outage).await;
                    Next::OutageOver
                }),
            ])
            .await;
            match next {
                Next::Order(Some(order)) => self.carry_out(order).await,
                Next::Order(None) => break,
                Next::OutageOver => {
                    self.outage = None;
                    self.connect_cables();
                }
            }
        }
    }

    /// What cannot be done any more, as the session's task is gone, is told by the end of its events.
    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Command(command) => self.command(command).await,
            Order::Attach(path) => match attachment::<A>(&path).await {
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
                self.outage = seconds.map(|seconds| self.runtime.now().at + seconds).or(self.outage);
                self.connect_cables();
                if let Wire::Emulator(emulator) = &self.network {
                    emulator.cut();
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
        let Some(folder) = real_folder::<A>(&folder).await else {
            return self.tell(Word::Not(format!("There is no folder {}", folder.display())));
        };
        let sink = FileSink::<A>::in_folder(folder, &file.name);
        let attachment = file.attachment;
        // The session names the sink by itself.
        let command = Command::DownloadAttachment { attachment: attachment.clone(), sink: SinkKey::new("") };
        let begun = match self.chat.start_download(attachment, sink.clone()).await {
            Ok(begun) => begun,
            Err(error) => return self.tell(Word::Report(Report { command, result: Err(error) })),
        };
        self.tell(Word::Fetching { id: begun.command(), command });
        let reports = self.reports.clone();
        self.runtime.spawn(async move {
            // Why it did not work out is told by the end of the command.
            let path = begun.finished().await.ok().and_then(|_| sink.path());
            drop(reports.try_send(Word::Fetched { path }));
        });
    }

    fn tell(&self, word: Word) {
        drop(self.reports.try_send(word));
    }

    fn connect_cables(&self) {
        if let Wire::Emulator(emulator) = &self.network {
            emulator.set_online(!self.offline && self.outage.is_none());
        }
    }
}

/// A file to be sent, known by its path.
async fn attachment<D: Disk>(path: &str) -> Result<OutgoingAttachment, String> {
    let found = at_home(path);
    let file = FileSource::<D>::open(&found).await.map_err(|error| match error.kind() {
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
async fn real_folder<D: Disk>(path: &Path) -> Option<PathBuf> {
    let path = path.to_path_buf();
    let real = move |disk: &D| disk.real_path(&path).map(|path| path.is_dir().then_some(path));
    D::default().work(real).await.ok().flatten()
}

/// A path that may begin with `~`, as shells take it.
fn at_home(path: &str) -> PathBuf {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}
