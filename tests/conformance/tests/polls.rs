//! End to end over real TCP, by polls: each adapter against the Bright Pattern emulator on loopback, which loses one
//! poll in ten after it has drained it, and one answer in ten to what is sent after it has acted. Two chats at once.

use std::time::{Duration, Instant};

use helpline_conformance::{new, on_each_runtime};
use helpline_emulator::bright_pattern::{
    APP_ID, AgentAction, Chance, ChanceRule, Faults, Operation, Party, Server, ServerConfig, Span, TENANT,
};
use helpline_emulator::loopback::{Host, LoopbackConfig};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Chat, Events};
use helpline_protocol::model::{Direction, TranscriptItem};
use helpline_protocol::{CommandResult, Config, Event, Policy, bright_pattern};
use helpline_simulation::Mirror;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const MESSAGES: usize = 500;
/// More than enough on a slow machine; in practice it takes a fifth.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the user has seen so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    mirror: Mirror,
    sent: usize,
    failed: Vec<String>,
    gaps_closed: usize,
    recovered: u32,
}

/// One of the chats.
struct Client {
    name: &'static str,
    id: String,
    chat: Chat,
    seen: watch::Receiver<Seen>,
    reader: tokio::task::JoinHandle<()>,
}

on_each_runtime!(
    (flavor = "multi_thread", worker_threads = 2)
    five_hundred_messages_each_way_through_lost_polls_and_unanswered_posts_in_two_chats
);

async fn five_hundred_messages_each_way_through_lost_polls_and_unanswered_posts_in_two_chats<A: Adapter>() {
    let began = Instant::now();
    let server = start_server().await;
    let (one, other) = (join::<A>(&server, "one").await, join::<A>(&server, "other").await);
    assert_ne!(one.id, other.id);
    let in_time = tokio::join!(talk(&server, &one), talk(&server, &other));
    server.with(|server, _, _| server.set_faults(Faults::default()));
    for (client, in_time) in [(&one, in_time.0), (&other, in_time.1)] {
        check(&server, client, in_time).await;
    }
    let stats = server.with(|server, _, _| server.stats().clone());
    println!(
        "{MESSAGES} messages each way in each of two chats in {:.1} s: {} polls, {} events lost with polls that were \
         drained; {} posts; {} answers lost in all; {} histories, {} gaps closed, {} items recovered",
        began.elapsed().as_secs_f64(),
        stats.calls_of(Operation::Poll),
        stats.events_lost,
        stats.calls_of(Operation::SendEvents),
        stats.lost_answers,
        stats.calls_of(Operation::History),
        one.seen.borrow().gaps_closed + other.seen.borrow().gaps_closed,
        one.seen.borrow().recovered + other.seen.borrow().recovered,
    );
    assert_eq!(stats.doubled_messages, 0, "messages that the agent saw twice");
    assert_eq!(stats.polls_refused, 0, "polls beside another");
    assert!(stats.events_lost > 20 && stats.lost_answers > 50, "enough went wrong");
    for client in [one, other] {
        // The session would live on as long as somebody watches it.
        client.reader.abort();
    }
}

/// Loses one poll in ten that has events, and the answer to one in ten of what is sent.
async fn start_server() -> Host<Server> {
    let faults = Faults {
        lost_polls: Chance::PerMille(100),
        lost_answers: vec![ChanceRule::new(Some(Operation::SendEvents), Chance::PerMille(100))],
        ..Faults::default()
    };
    let server = ServerConfig { faults, hold: Span::fixed(300), ..ServerConfig::default() };
    let config = LoopbackConfig { server, seed: 7, port: 0, verbose: false };
    Host::start(config).await.expect("a port is free")
}

async fn join<A: Adapter>(server: &Host<Server>, name: &'static str) -> Client {
    let provider = bright_pattern::Config::new(TENANT, APP_ID, name).with_endpoint(server.endpoint());
    let config = Config::from(provider).with_policy(impatient());
    let (chat, events) = driver::connect(new::<A>(), config).expect("the configuration works");
    let (show, seen) = watch::channel(Seen::default());
    let reader = tokio::spawn(read(events, show));
    let id = loop {
        let id = server.with(|server, _, _| server.chat_of_client(name).map(ToOwned::to_owned));
        if let Some(id) = id {
            break id;
        }
        sleep(Duration::from_millis(5)).await;
    };
    Client { name, id, chat, seen, reader }
}

/// The vendor's numbers, but with short waits: a server on loopback can take it.
fn impatient() -> Policy {
    Policy::bright_pattern()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(100))
        .with_poll_gap(Duration::from_millis(100))
        .with_doubt_wait(Duration::from_millis(50))
        .with_receipt_window(Duration::from_millis(500))
        .with_delivered_delay(Duration::from_millis(100))
}

/// Both sides talk, until all has arrived or patience is at its end.
async fn talk(server: &Host<Server>, client: &Client) -> bool {
    let many = AgentAction::SayMany {
        prefix: format!("agent to {}", client.name),
        first: 1,
        last: MESSAGES as u64,
        every_ms: 10,
    };
    server.with(|server, now, out| server.agent(now, &client.id, AgentAction::Join, out));
    server.with(|server, now, out| server.agent(now, &client.id, many, out));
    for text in texts(client) {
        client.chat.queue_text(text).await.expect("the outbox has room");
        sleep(Duration::from_millis(5)).await;
    }
    let done = |seen: &Seen| seen.sent + seen.failed.len() >= MESSAGES && heard(&seen.mirror) >= MESSAGES;
    let mut seen = client.seen.clone();
    matches!(timeout(PATIENCE, seen.wait_for(done)).await, Ok(Ok(_)))
}

fn texts(client: &Client) -> Vec<String> {
    (0..MESSAGES).map(|number| format!("{} {number}", client.name)).collect()
}

async fn check(server: &Host<Server>, client: &Client, in_time: bool) {
    let seen = client.seen.borrow().clone();
    assert!(in_time, "not all arrived: {} sent, {} heard", seen.sent, heard(&seen.mirror));
    assert_eq!(seen.failed, Vec::<String>::new(), "messages that failed");
    let truth = server.with(|server, _, _| server.transcript(&client.id).to_vec());
    let by = |party: Party| -> Vec<String> {
        let of = truth.iter().filter(|entry| entry.event == "chat_session_message" && entry.by == party);
        of.filter_map(|entry| entry.text.clone()).collect()
    };
    assert_eq!(by(Party::Customer), texts(client), "what the server got, in order");
    let from_agent: Vec<String> =
        (1..=MESSAGES).map(|number| format!("agent to {} {number}", client.name)).collect();
    assert_eq!(by(Party::Agent), from_agent, "what the agent said");
    // Both ways without the history's help.
    let transcript = client.chat.transcript().await.expect("the session lives");
    assert_eq!(said(&transcript, Direction::Outgoing), texts(client));
    assert_eq!(said(&transcript, Direction::Incoming), from_agent);
    // How the two stand to each other only the history tells.
    client.chat.load_history(None).await.expect("the history comes");
    let transcript = client.chat.transcript().await.expect("the session lives");
    let messages = truth.iter().filter(|entry| entry.event == "chat_session_message");
    let expected: Vec<String> = messages.filter_map(|entry| entry.text.clone()).collect();
    let both: Vec<String> = transcript.iter().filter_map(text).collect();
    assert_eq!(both, expected, "the whole transcript, as the provider has it");
    let shown = || client.seen.borrow().mirror.difference(transcript.iter());
    for _ in 0..100 {
        if shown().is_none() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(shown(), None, "the user's own list");
    assert!(seen.gaps_closed > 3, "polls were lost and mended");
}

fn text(item: &TranscriptItem) -> Option<String> {
    item.body.text().map(ToOwned::to_owned)
}

fn said(transcript: &[TranscriptItem], direction: Direction) -> Vec<String> {
    transcript.iter().filter(|item| item.direction == direction).filter_map(text).collect()
}

fn heard(mirror: &Mirror) -> usize {
    let incoming =
        mirror.items().iter().filter(|item| item.direction == Direction::Incoming && item.body.is_message());
    incoming.count()
}

/// Reads events until the session is gone, as an app would.
async fn read(mut events: Events, show: watch::Sender<Seen>) {
    while let Some(event) = events.next().await {
        let lost = show.is_closed();
        show.send_modify(|seen| match &event {
            Event::CommandFinished { result: CommandResult::Sent { .. }, .. } => seen.sent += 1,
            Event::CommandFinished { result: CommandResult::Failed { failure }, .. } => {
                seen.failed.push(failure.to_string());
            }
            Event::GapClosed { recovered, .. } => {
                seen.gaps_closed += 1;
                seen.recovered += recovered;
            }
            event => seen.mirror.apply(event),
        });
        if lost {
            return;
        }
    }
}
