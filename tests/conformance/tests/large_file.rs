//! A file of the largest size, up and down over real TCP: whole, and in little memory.
//!
//! What is measured is the client and nothing but it: the server runs in a process of its own, which is this
//! program once more ([`serves_the_other_process`]), so that its memory, in which the file is whole, does not
//! count. Here the growth is taken of the peak of resident memory, which no thread, no buffer of the disk's and no
//! allocator escapes (`VmHWM` of `/proc/self/status`, set back by `/proc/self/clear_refs`), after a small file has
//! warmed the same paths up; and of what this thread, in which all of the client runs but the disk, holds at once.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use helpline_conformance::new;
use helpline_emulator::amazon_connect::ServerConfig;
use helpline_emulator::loopback::Loopback;
use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::adapter::files::{FileSink, FileSource, download};
use helpline_protocol::driver::{self, Chat, Events};
use helpline_protocol::model::{ItemBody, TranscriptChange};
use helpline_protocol::{Event, MessageKey};
use helpline_smol::Smol;
use helpline_tokio::Tokio;
use tokio::sync::watch;

/// The most that a session sends where nothing else is said.
const LARGE: usize = 20_000_000;
/// What a small file has that goes the same ways before.
const SMALL: usize = 400_000;
/// What is allowed: buffers of the client, of the file and of this and that.
const MOST: u64 = 2 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);
/// Tells the second process what it is.
const ROLE: &str = "HELPLINE_SERVES_LARGE_FILES";

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("helpline-large-file-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it.
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The server's process. It ends with its input, and so with this one however that ends.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    endpoint: String,
    token: String,
}

impl Server {
    fn start() -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--exact", "serves_the_other_process", "--ignored", "--nocapture"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a second process");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains("here: ") {
            line.clear();
            let read = output.read_line(&mut line).expect("it speaks");
            assert!(read > 0, "it says where it is");
        }
        let (_, where_it_is) = line.split_once("here: ").expect("it is there");
        let (endpoint, token) = where_it_is.trim().split_once(' ').expect("two words");
        let input = child.stdin.take();
        Self { endpoint: endpoint.to_owned(), token: token.to_owned(), input, output, child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        _ = self.output.read_to_end(&mut Vec::new());
        _ = self.child.wait();
    }
}

/// The second process: an emulator until its input ends. No test by itself.
#[tokio::test]
#[ignore = "it is started by the test beside it"]
async fn serves_the_other_process() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let server = Loopback::start(ServerConfig::default()).await.expect("a port is free");
    let chat = server.start_chat("Ines");
    println!("here: {} {}", server.endpoint(), chat.participant_token);
    let end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    end.await.expect("it waits").expect("its input ends");
}

/// Noise, which no layer could make smaller, and its checksum.
fn write_noise(path: &Path, size: usize) -> u64 {
    let mut file = std::fs::File::create(path).expect("a file");
    let mut rng = helpline_simulation::Rng::new(size as u64);
    let mut piece = vec![0; 64 * 1024];
    let mut left = size;
    while left > 0 {
        for eight in piece.chunks_mut(8) {
            eight.copy_from_slice(&rng.next().to_le_bytes());
        }
        let count = left.min(piece.len());
        file.write_all(&piece[..count]).expect("room on the disk");
        left -= count;
    }
    checksum(path)
}

fn checksum(path: &Path) -> u64 {
    let mut file = std::fs::File::open(path).expect("the file");
    let mut hasher = std::hash::DefaultHasher::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece).expect("it can be read") {
            0 => return hasher.finish(),
            count => hasher.write(&piece[..count]),
        }
    }
}

/// A number of bytes from `/proc/self/status`, where there is one.
fn status(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// How much the peak of resident memory rose over what there was; none where the system does not tell.
fn growth<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS").filter(|_| reset);
    let result = work();
    let peak = status("VmHWM");
    (result, before.zip(peak).map(|(before, peak)| peak.saturating_sub(before)))
}

/// The provider's ids of files, by the messages that they are in.
type Ids = BTreeMap<MessageKey, String>;

async fn note_ids(mut events: Events, ids: watch::Sender<Ids>) {
    while let Some(event) = events.next().await {
        let Event::TranscriptChanged { changes, .. } = event else { continue };
        for change in changes {
            let TranscriptChange::Changed { item, .. } = change else { continue };
            let ItemBody::Attachments { attachments } = item.body else { continue };
            if let Some(id) = attachments.into_iter().find_map(|file| file.id) {
                ids.send_modify(|ids| drop(ids.insert(item.key, id)));
            }
        }
    }
}

/// Sends a file and fetches it again, by the provider's id of it.
async fn there_and_back<A: Adapter>(
    chat: &Chat,
    ids: &mut watch::Receiver<Ids>,
    folder: &Path,
    name: &str,
) -> PathBuf {
    let file = FileSource::<A>::open(folder.join(name)).await.expect("the file");
    let sent = tokio::time::timeout(PATIENCE, chat.send_attachment(file)).await;
    let message = sent.expect("in time").expect("it is sent");
    // The provider shows it in the chat under the id by which it can be fetched.
    let shown = tokio::time::timeout(PATIENCE, ids.wait_for(|ids| ids.contains_key(&message))).await;
    let id = shown.expect("in time").expect("the session lives")[&message].clone();
    let sink = FileSink::<A>::in_folder(folder.join("back"), name);
    let fetched = tokio::time::timeout(PATIENCE, download(chat, id, sink)).await;
    fetched.expect("in time").expect("it is fetched")
}

/// One after the other, as both are measured in this one process.
#[test]
fn the_largest_file_goes_up_and_down_whole_and_in_little_memory() {
    goes_up_and_down::<Tokio>(new::<Tokio>);
    // All of the client in this thread, where what it holds is counted.
    goes_up_and_down::<Smol>(|| new::<Smol>().with_spawner(|task| drop(tokio::spawn(task))));
}

fn goes_up_and_down<A: Adapter>(runtime: impl FnOnce() -> A::Runtime) {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("back")).expect("a folder");
    let sums =
        [write_noise(&folder.0.join("small.pdf"), SMALL), write_noise(&folder.0.join("large.pdf"), LARGE)];
    let server = Server::start();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config::new(ChatDetails::new(server.token.as_str())).with_endpoint(&*server.endpoint);
    let (note, mut ids) = watch::channel(Ids::new());
    let chat = tokio.block_on(async {
        let (chat, events) = driver::connect(runtime(), config).expect("the configuration works");
        tokio::spawn(note_ids(events, note));
        chat
    });
    let back = tokio.block_on(there_and_back::<A>(&chat, &mut ids, &folder.0, "small.pdf"));
    assert_eq!(checksum(&back), sums[0]);

    let mut back = PathBuf::new();
    let mut go = || back = tokio.block_on(there_and_back::<A>(&chat, &mut ids, &folder.0, "large.pdf"));
    let (held, grown) = growth(|| allocation_counter::measure(&mut go));
    println!(
        "{} bytes held at once by the client's thread, peak of the process grown by {grown:?}",
        held.bytes_max
    );
    assert_eq!(std::fs::metadata(&back).expect("it is there").len(), LARGE as u64);
    assert_eq!(checksum(&back), sums[1], "what came back is what was sent");
    assert!(held.bytes_max < MOST, "{} bytes at once", held.bytes_max);
    if let Some(grown) = grown {
        assert!(grown < MOST, "the process has grown by {grown} bytes");
    }
    tokio.block_on(async { chat.leave().await }).expect("it takes its leave");
    // That the measure measures: a file in memory does not go unnoticed.
    let (whole, grown) = growth(|| std::fs::read(&back).expect("it is there"));
    assert_eq!(whole.len(), LARGE);
    assert!(grown.is_none_or(|grown| grown > LARGE as u64 / 2), "{grown:?}");
}
