//! `kill -9` in the middle of a chat, again and again: the terminal client goes on from its state file, and nothing
//! is lost or doubled.
//!
//! The client is a process of its own, the emulator is in this one. Each life of the client hands over messages as
//! fast as they are taken while the agent speaks too, and ends after a random time. What counts is what the client
//! said it took: `command_accepted` is on stdout after the message is on disk.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Role, TranscriptEntry};
use helpline_emulator::loopback::{Loopback, LoopbackConfig};
use helpline_protocol::{Config, ConversationKey, Secrets, Session, Snapshot, amazon_connect};
use helpline_simulation::{Rng, at, compare};

/// How often the client is killed.
const KILLS: u64 = 100;
/// The longest that it lives, in milliseconds: long enough to connect and say something.
const LONGEST_LIFE: u64 = 700;
/// Between two messages of the user's.
const BREATH: Duration = Duration::from_millis(15);

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("helpline-kill-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the state");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A life of the client.
struct Client {
    child: Child,
    /// Reads what it says, and returns the lines of stdin that it took.
    reader: thread::JoinHandle<Vec<u64>>,
}

impl Client {
    fn start(folder: &Path, endpoint: &str) -> (Self, ChildStdin) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chat"))
            .args(["amazon-connect", "--jsonl", "--endpoint", endpoint, "--participant-token-file"])
            .arg(folder.join("token"))
            .arg("--state")
            .arg(folder.join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let reader = thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            // Half a line is what the kill left of one.
            let said = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok());
            said.filter(|line| line["type"] == "command_accepted")
                .filter_map(|line| line["line"].as_u64())
                .collect()
        });
        (Self { child, reader }, stdin)
    }

    /// Ends it by SIGKILL. Returns the lines that it took.
    fn kill(mut self) -> Vec<u64> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
        self.reader.join().expect("the reader lives")
    }

    fn finish(mut self) -> (ExitStatus, Vec<u64>) {
        let status = self.child.wait().expect("it ends");
        (status, self.reader.join().expect("the reader lives"))
    }
}

/// Hands over messages until nobody takes them. Returns their texts.
fn talk(mut stdin: ChildStdin, round: u64, most: u64) -> thread::JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let mut said = Vec::new();
        while said.len() < usize::try_from(most).unwrap_or(usize::MAX) {
            let text = format!("user {round}.{}", said.len() + 1);
            let line = format!(r#"{{"type":"send_message","content":{{"kind":"text","text":"{text}"}}}}"#);
            if writeln!(stdin, "{line}").is_err() {
                break;
            }
            said.push(text);
            thread::sleep(BREATH);
        }
        said
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_killed_a_hundred_times_loses_and_doubles_nothing() {
    let server = Loopback::start(LoopbackConfig::default()).await.expect("a port is free");
    let details = server.start_chat("Ines");
    let folder = Folder::new();
    std::fs::write(folder.0.join("token"), &details.participant_token).expect("the token is written");
    let mut rng = Rng::new(seed());
    let (mut taken, mut said) = (Vec::new(), Vec::new());
    for round in 0..KILLS {
        let (client, stdin) = Client::start(&folder.0, &server.endpoint());
        let most = rng.within(1, 8);
        let talking = talk(stdin, round, most);
        let life = rng.within(1, LONGEST_LIFE);
        let before = rng.below(life);
        tokio::time::sleep(Duration::from_millis(before)).await;
        agent_says(&server, &details, round);
        tokio::time::sleep(Duration::from_millis(life - before)).await;
        let lines = client.kill();
        let texts = talking.join().expect("the talker lives");
        taken.extend(lines.iter().filter_map(|line| texts.get(usize::try_from(line - 1).ok()?).cloned()));
        said.extend(texts);
    }
    let (client, stdin) = Client::start(&folder.0, &server.endpoint());
    drop(stdin);
    let (status, _) = client.finish();
    assert!(status.success(), "the last life ends well: {status}");

    let truth = server.with(|server, _, _| server.transcript(&details.contact_id));
    let got = texts_of(&truth, Role::Customer);
    let stats = server.with(|server, _, _| server.stats().clone());
    println!(
        "{KILLS} kills: {} messages handed over, {} taken, {} arrived; {} sockets, {} calls recognised by their token",
        said.len(),
        taken.len(),
        got.len(),
        stats.sockets_opened,
        stats.duplicates,
    );
    for (text, count) in counted(&got) {
        assert_eq!(count, 1, "{text} arrived {count} times");
        assert!(said.iter().any(|known| known == text), "{text} was never said");
    }
    let arrived_of_taken: Vec<_> = got.iter().filter(|text| taken.contains(text)).cloned().collect();
    assert_eq!(arrived_of_taken, taken, "what was taken has arrived, in its order");
    assert_eq!(texts_of(&truth, Role::Agent).len(), usize::try_from(KILLS).unwrap());
    assert!(taken.len() > 50 && stats.sockets_opened > 30, "there was hardly a chat");
    same_here(&folder.0.join("state"), &details, &server.endpoint(), &truth);
}

/// The state that is left shows what the server has.
fn same_here(state: &Path, details: &ChatDetails, endpoint: &str, truth: &[TranscriptEntry]) {
    let text = std::fs::read_to_string(state).expect("the state is there");
    assert!(!text.contains(&details.participant_token), "no secret was asked for");
    let snapshot = Snapshot::parse(&text).expect("it is whole");
    let provider = amazon_connect::ChatDetails::new(details.participant_token.as_str());
    let config = Config::from(amazon_connect::Config::new(provider).with_endpoint(endpoint));
    let session =
        Session::restore(config, &snapshot, [0; 32], at(0), &mut Vec::new()).expect("it can be restored");
    assert!(!session.snapshot(at(0), Secrets::Omit).has_secrets());
    let verdict = compare(session.transcript(ConversationKey::from_u64(1)), truth);
    assert!(verdict.is_equal(), "{verdict}");
}

fn agent_says(server: &Loopback, details: &ChatDetails, round: u64) {
    let say = AgentAction::Say(format!("agent {round}"));
    server.with(|server, now, out| server.agent(now, &details.contact_id, say, out));
}

fn texts_of(truth: &[TranscriptEntry], role: Role) -> Vec<String> {
    let of_role = truth.iter().filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(role));
    of_role.filter_map(|entry| entry.content.clone()).collect()
}

fn counted(texts: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text.as_str()).or_insert(0) += 1;
    }
    counts
}

/// `HELPLINE_SEED=N` for other moments.
fn seed() -> u64 {
    let given = std::env::var("HELPLINE_SEED").ok();
    given.map_or(1, |text| text.parse().expect("HELPLINE_SEED is a number"))
}
