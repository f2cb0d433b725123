//! End to end over real TCP: each adapter against the emulator on loopback, which cuts sockets and loses answers all
//! the while.

use std::time::{Duration, Instant};

use helpline_conformance::{new, on_each_runtime};
use helpline_emulator::amazon_connect::{AgentAction, Chance, ChanceRule, Faults, Role, ServerConfig, Span};
use helpline_emulator::loopback::{Loopback, LoopbackConfig};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Chat, Events};
use helpline_protocol::model::{DeliveryStatus, Direction};
use helpline_protocol::{CommandResult, Config, Event, Policy, amazon_connect};
use helpline_simulation::{Mirror, Verdict, compare};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const MESSAGES: usize = 500;
/// More than enough on a slow machine; in practice it takes a fifth.
const PATIENCE: Duration = Duration::from_secs(50);

/// What the user has seen so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    mirror: Mirror,
    sent: usize,
    failed: Vec<String>,
    gaps_closed: usize,
    recovered: u32,
}

async fn five_hundred_messages_each_way_through_cuts_and_lost_answers<A: Adapter>() {
    let began = Instant::now();
    let server = start_server().await;
    let details = server.start_chat("Ines");
    let contact = details.contact_id.clone();
    let provider = amazon_connect::ChatDetails::new(details.participant_token.as_str())
        .with_contact_id(&details.contact_id)
        .with_participant_id(&details.participant_id);
    let provider = amazon_connect::Config::new(provider).with_endpoint(server.endpoint());
    let config = Config::from(provider).with_policy(impatient());
    let (chat, events) = driver::connect(new::<A>(), config).expect("the configuration works");
    let (show, mut seen) = watch::channel(Seen::default());
    let reader = tokio::spawn(read(events, show));

    let many = |prefix: &str| AgentAction::SayMany {
        prefix: prefix.to_owned(),
        count: MESSAGES as u64,
        every_ms: 10,
    };
    server.with(|server, now, out| server.agent(now, &contact, many("agent"), out));
    let expected: Vec<String> = (0..MESSAGES).map(|number| format!("user {number}")).collect();
    for text in &expected {
        chat.queue_text(text.as_str()).await.expect("the outbox has room");
        sleep(Duration::from_millis(5)).await;
    }
    let done = |seen: &Seen| seen.sent + seen.failed.len() >= MESSAGES && said(&seen.mirror) >= MESSAGES;
    let in_time = matches!(timeout(PATIENCE, seen.wait_for(done)).await, Ok(Ok(_)));
    server.with(|server, _, _| server.set_faults(Faults::default()));
    let verdict = settle(&chat, &server, &contact).await;

    let transcript = chat.transcript().await.expect("the session lives");
    let seen = seen.borrow().clone();
    print_injected(&server, &seen, began);
    assert!(in_time, "not all arrived: {} sent, {} heard", seen.sent, said(&seen.mirror));
    assert_eq!(seen.failed, Vec::<String>::new(), "messages that failed");
    assert!(verdict.is_equal() && verdict.older == 0, "{verdict}");
    assert_eq!(seen.mirror.difference(transcript.iter()), None, "the user's own list");
    let truth = server.with(|server, _, _| server.transcript(&contact));
    let by = |role: Role| -> Vec<String> {
        let of_role = truth.iter().filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(role));
        of_role.filter_map(|entry| entry.content.clone()).collect()
    };
    assert_eq!(by(Role::Customer), expected, "what the server got, in order");
    let from_agent: Vec<String> = (1..=MESSAGES).map(|number| format!("agent {number}")).collect();
    assert_eq!(by(Role::Agent), from_agent, "what the agent said");
    for item in transcript.iter().filter(|item| item.direction == Direction::Outgoing) {
        assert_eq!(item.status, Some(DeliveryStatus::Sent), "{item}");
    }
    assert!(seen.gaps_closed > 3, "the link was lost and made again");
    // The session would live on as long as somebody watches it.
    reader.abort();
}

/// Cuts each socket after 20 to 60 frames, and loses one answer in ten after acting.
async fn start_server() -> Loopback {
    let faults = Faults {
        drop_after: Some(Span { from: 20, to: 60 }),
        lost_answers: vec![ChanceRule::new(None, Chance::PerMille(100))],
        ..Faults::default()
    };
    let server = ServerConfig { faults, ..ServerConfig::default() };
    let config = LoopbackConfig { server, seed: 7, ..LoopbackConfig::default() };
    Loopback::start(config).await.expect("a port is free")
}

/// The vendor's numbers, but with short waits between tries: a server on loopback can take it.
fn impatient() -> Policy {
    Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(100))
        .with_receipt_window(Duration::from_millis(500))
        .with_delivered_delay(Duration::from_millis(100))
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

fn said(mirror: &Mirror) -> usize {
    let incoming =
        mirror.items().iter().filter(|item| item.direction == Direction::Incoming && item.body.is_message());
    incoming.count()
}

/// Waits until both sides have the same, and says how they stand.
async fn settle(chat: &Chat, server: &Loopback, contact: &str) -> Verdict {
    for _ in 0..100 {
        let verdict = look(chat, server, contact).await;
        if verdict.is_equal() {
            return verdict;
        }
        sleep(Duration::from_millis(50)).await;
    }
    look(chat, server, contact).await
}

async fn look(chat: &Chat, server: &Loopback, contact: &str) -> Verdict {
    let transcript = chat.transcript().await.expect("the session lives");
    let truth = server.with(|server, _, _| server.transcript(contact));
    compare(transcript.iter(), &truth)
}

fn print_injected(server: &Loopback, seen: &Seen, began: Instant) {
    let stats = server.with(|server, _, _| server.stats().clone());
    println!(
        "{MESSAGES} messages each way in {:.1} s: {} sockets opened and {} lost, {} of {} answers lost, {} calls \
         recognised by their token; {} gaps closed, {} items recovered",
        began.elapsed().as_secs_f64(),
        stats.sockets_opened,
        stats.sockets_closed,
        stats.lost_answers,
        stats.calls.values().sum::<u64>(),
        stats.duplicates,
        seen.gaps_closed,
        seen.recovered,
    );
}

on_each_runtime!(
    (flavor = "multi_thread", worker_threads = 2)
    five_hundred_messages_each_way_through_cuts_and_lost_answers,
);
