//! Many sessions of one process at one server over real TCP: each is lost and found many times, all have
//! everything in the end, and none hears of another's chat.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helpline_conformance::{new, on_each_runtime};
use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, Role, ServerConfig};
use helpline_emulator::loopback::{Loopback, LoopbackConfig};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Chat, Events, Runtime};
use helpline_protocol::model::{DeliveryStatus, Direction};
use helpline_protocol::{CommandResult, Config, Event, Policy, amazon_connect};
use helpline_simulation::{Mirror, Rng, compare};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

const SESSIONS: u64 = 200;
/// Messages each way in each of them.
const MESSAGES: usize = 50;
/// How many talk at a time. All are connected for as long as the test runs.
const AT_ONCE: usize = 40;
/// More than enough on a slow machine; in practice it takes a fifth.
const PATIENCE: Duration = Duration::from_secs(120);

/// What one user has seen so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    mirror: Mirror,
    sent: usize,
    /// What was not sent, or was not meant for this one.
    failed: Vec<String>,
    gaps_closed: u64,
}

impl Seen {
    fn take(&mut self, event: &Event) {
        match event {
            Event::CommandFinished { result: CommandResult::Sent { .. }, .. } => self.sent += 1,
            Event::CommandFinished { result: CommandResult::Failed { failure }, .. } => {
                self.failed.push(failure.to_string());
            }
            Event::GapClosed { .. } => self.gaps_closed += 1,
            Event::Unrecognized { .. } | Event::ProviderFault { .. } => self.failed.push(event.to_string()),
            event => self.mirror.apply(event),
        }
    }

    fn heard(&self) -> usize {
        let incoming = |item: &&helpline_protocol::model::TranscriptItem| {
            item.direction == Direction::Incoming && item.body.is_message()
        };
        self.mirror.items().iter().filter(incoming).count()
    }
}

/// One customer.
struct Customer {
    number: u64,
    details: ChatDetails,
    chat: Chat,
    seen: watch::Receiver<Seen>,
}

async fn two_hundred_sessions_that_are_cut_at_random_end_up_whole_and_apart<A: Adapter>() {
    let began = Instant::now();
    let config = LoopbackConfig { server: ServerConfig::default(), seed: 11, ..LoopbackConfig::default() };
    let server = Arc::new(Loopback::start(config).await.expect("a port is free"));
    let runtime = new::<A>();
    let customers: Vec<Customer> =
        (0..SESSIONS).map(|number| join(&server, runtime.clone(), number)).collect();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut talks = JoinSet::new();
    for customer in customers {
        let (server, turns) = (Arc::clone(&server), Arc::clone(&turns));
        talks.spawn(async move {
            let _turn = turns.acquire().await.expect("it is not closed");
            talk(&server, &customer).await;
            customer
        });
    }
    let mut done = Vec::new();
    while let Some(customer) = timeout(PATIENCE, talks.join_next()).await.expect("all come to an end") {
        done.push(customer.expect("it talked to the end"));
    }
    let (mut gaps, mut cuts) = (0, 0);
    for customer in &done {
        judge(&server, customer).await;
        gaps += customer.seen.borrow().gaps_closed;
    }
    server.with(|server, _, _| cuts += server.stats().sockets_closed);
    println!(
        "{SESSIONS} sessions, {MESSAGES} messages each way in {:.1} s, {cuts} sockets lost, {gaps} gaps closed",
        began.elapsed().as_secs_f64()
    );
    assert!(cuts >= SESSIONS && gaps >= SESSIONS / 2, "they were lost and found: {cuts}, {gaps}");
}

/// A session in a chat of its own, connecting.
fn join(server: &Loopback, runtime: impl Runtime, number: u64) -> Customer {
    let details = server.start_chat(&format!("Customer {number}"));
    let provider = amazon_connect::ChatDetails::new(details.participant_token.as_str())
        .with_contact_id(&details.contact_id)
        .with_participant_id(&details.participant_id);
    // Short waits between tries: a server on loopback can take it.
    let policy = Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(200))
        .with_first_page(100);
    let config = amazon_connect::Config::new(provider).with_endpoint(server.endpoint());
    let (chat, events) =
        driver::connect(runtime, Config::from(config).with_policy(policy)).expect("the configuration works");
    let (show, seen) = watch::channel(Seen::default());
    tokio::spawn(read(events, show));
    Customer { number, details, chat, seen }
}

/// Reads events until the session is gone, as an app would.
async fn read(mut events: Events, show: watch::Sender<Seen>) {
    while let Some(event) = events.next().await {
        show.send_modify(|seen| seen.take(&event));
    }
}

/// Both sides talk, while the line is cut every now and then.
async fn talk(server: &Loopback, customer: &Customer) {
    let contact = &customer.details.contact_id;
    let mut rng = Rng::new(customer.number);
    let many = AgentAction::SayMany {
        prefix: format!("agent of {} says", customer.number),
        count: u64::try_from(MESSAGES).unwrap(),
        every_ms: 10,
    };
    server.with(|server, now, out| server.agent(now, contact, many, out));
    let mut seen = customer.seen.clone();
    for number in 0..MESSAGES {
        let text = format!("customer {} says {number}", customer.number);
        customer.chat.queue_text(text).await.expect("the outbox has room");
        if number == 10 || rng.percent(4) {
            server.with(|server, now, out| server.cut_sockets(now, contact, out));
        }
        // As fast as the server takes them, and not all at once.
        let room = |seen: &Seen| seen.sent + seen.failed.len() + 4 > number;
        timeout(PATIENCE, seen.wait_for(room)).await.expect("they go out").expect("the session lives");
    }
    let all = |seen: &Seen| seen.sent + seen.failed.len() >= MESSAGES && seen.heard() >= MESSAGES;
    timeout(PATIENCE, seen.wait_for(all)).await.expect("all arrive").expect("the session lives");
}

/// What this customer has is what the server has of this chat, and nothing else.
async fn judge(server: &Loopback, customer: &Customer) {
    let Customer { number, details, chat, seen } = customer;
    let truth = server.with(|server, _, _| server.transcript(&details.contact_id));
    let mut seen = seen.clone();
    let transcript = loop {
        let transcript = chat.transcript().await.expect("the session lives");
        let verdict = compare(transcript.iter(), &truth);
        let difference = seen.borrow_and_update().mirror.difference(transcript.iter());
        if verdict.is_equal() && verdict.older == 0 && difference.is_none() {
            break transcript;
        }
        // The reader may be behind; but if nothing more comes, this is how it stays.
        let more = timeout(Duration::from_secs(10), seen.changed()).await;
        assert!(more.is_ok(), "{number}: {verdict}; the user's own list: {difference:?}");
    };
    assert_eq!(seen.borrow().failed, Vec::<String>::new(), "{number}");
    let by = |role: Role| -> Vec<&str> {
        let of_role = truth.iter().filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(role));
        of_role.filter_map(|entry| entry.content.as_deref()).collect()
    };
    let own: Vec<String> = (0..MESSAGES).map(|message| format!("customer {number} says {message}")).collect();
    assert_eq!(by(Role::Customer), own, "what the server got, in order");
    assert_eq!(by(Role::Agent).len(), MESSAGES);
    let names = [format!("customer {number} says "), format!("agent of {number} says ")];
    for item in &transcript {
        let text = item.body.text().unwrap_or_default();
        assert!(names.iter().any(|name| text.starts_with(name)), "{number} has {item}");
        if item.direction == Direction::Outgoing {
            assert_eq!(item.status, Some(DeliveryStatus::Sent), "{item}");
        }
    }
}

on_each_runtime!(
    (flavor = "multi_thread", worker_threads = 2)
    two_hundred_sessions_that_are_cut_at_random_end_up_whole_and_apart,
);
