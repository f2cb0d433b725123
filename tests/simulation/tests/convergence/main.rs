//! Mixed faults over many seeds: first trouble, with safety held at every step, then everything heals, and all
//! must settle within a stated time, with nothing lost, doubled or out of order.

mod plan;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use helpline_emulator::amazon_connect::{Faults, Role};
use helpline_protocol::model::{DeliveryStatus, Direction};
use helpline_protocol::{AppState, Command, ConnectionState, Event, Input, Network};
use helpline_simulation::{Line, World, compare};
use plan::{Plan, TROUBLE_MS, begin, disturb};

const SEEDS: u64 = 200;

/// Everything must have settled so long after the last trouble: longer than the longest backoff, the message's
/// window of tokens, and a request's timeout after each other.
const HEALING_MS: u64 = 240_000;

#[test]
fn whatever_happens_both_sides_agree_in_the_end() {
    let (from, to) = seeds();
    let mut tally = BTreeMap::new();
    let mut failed = Vec::new();
    for seed in from..to {
        let run = catch_unwind(AssertUnwindSafe(|| {
            let (lines, injected) = live_through(seed);
            let (again, _) = live_through(seed);
            assert!(lines == again, "two runs differ");
            injected
        }));
        match run {
            Ok(injected) => {
                for (what, times) in injected {
                    *tally.entry(what).or_insert(0) += times;
                }
            }
            Err(panic) if from + 1 == to => resume_unwind(panic),
            Err(panic) => {
                let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                failed.push(format!("HELPLINE_SEED={seed}: {why}"));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    println!("{} seeds, injected: {tally:?}", to - from);
    for what in ["cuts", "lost answers", "statuses", "silences"] {
        assert!(tally.get(what).is_some_and(|times| *times > 0), "no {what} were injected");
    }
}

/// `HELPLINE_SEED=7` lives through one seed and tells its story, `HELPLINE_SEED=200..5000` goes on searching.
fn seeds() -> (u64, u64) {
    let Ok(wanted) = std::env::var("HELPLINE_SEED") else {
        return (0, SEEDS);
    };
    let number = |text: &str| text.parse::<u64>().expect("HELPLINE_SEED is a number or a range N..M");
    match wanted.split_once("..") {
        Some((from, to)) => (number(from), number(to)),
        None => (number(&wanted), number(&wanted) + 1),
    }
}

/// One life: trouble, healing, judgement. What the user was told, and what was injected.
fn live_through(seed: u64) -> (Vec<Line>, BTreeMap<&'static str, u64>) {
    let mut plan = Plan::new(seed);
    let mut world = begin(&plan);
    let end = catch_unwind(AssertUnwindSafe(|| {
        while world.now() < TROUBLE_MS {
            let wait = plan.rng.within(1, 1_500);
            world.run_for(wait);
            disturb(&mut world, &mut plan);
        }
        heal(&mut world, &plan);
        judge(&world, &plan);
    }));
    if let Err(panic) = end {
        // Of one seed alone the whole story; of many, the words of the panic.
        let (from, to) = seeds();
        let story = if from + 1 == to { &world.lines[..] } else { &[] };
        for line in story {
            eprintln!("{:>10} {}", line.at, line.event);
        }
        resume_unwind(panic);
    }
    let stats = world.provider.server.stats();
    plan.injected.insert("lost answers", stats.lost_answers + stats.hung);
    let refused = stats.answers.iter().filter(|(status, _)| **status >= 400);
    plan.injected.insert("statuses", refused.map(|(_, times)| times).sum());
    (world.lines, plan.injected)
}

fn heal(world: &mut World, plan: &Plan) {
    world.provider.server.set_faults(Faults::default());
    world.set_line_down(false);
    world.tell(Input::Network(Network::Online));
    world.tell(Input::App(AppState::Foreground));
    if plan.suspended {
        world.execute(Command::Resume).expect("it is suspended");
    }
    world.run_for(HEALING_MS);
    // What failed, or is uncertain, may be sent again; the first one takes those behind it along.
    for _ in 0..plan.sent.len() {
        let Some(stuck) = world.transcript().into_iter().find(|item| {
            matches!(item.status, Some(DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }))
        }) else {
            break;
        };
        let message = stuck.key;
        world.execute(Command::Resend { message }).expect("it has failed");
        world.run_for(10_000);
    }
    // What was said before the first page is fetched on request only.
    for _ in 0..10 {
        let load = Command::LoadHistory { conversation: None, limit: Some(100) };
        world.execute(load).expect("no other load is under way");
        world.run_for(5_000);
    }
    world.run_for(30_000);
}

fn judge(world: &World, plan: &Plan) {
    assert_eq!(world.session.state(), ConnectionState::Live, "not live after healing");
    assert!(world.session.is_settled(), "not settled after healing: {:?}", world.session.usage());
    let contact = &world.provider.chat.contact_id;
    let truth = world.provider.server.transcript(contact);
    let verdict = compare(world.transcript().into_iter(), &truth);
    assert!(verdict.is_equal() && verdict.older == 0, "{verdict}");
    assert_eq!(world.mirror.difference(world.transcript().into_iter()), None, "the user's own list");

    let arrived: Vec<&str> = truth
        .iter()
        .filter(|entry| entry.kind == "MESSAGE" && entry.role == Some(Role::Customer))
        .filter_map(|entry| entry.content.as_deref())
        .collect();
    let mut sorted = arrived.clone();
    sorted.sort_unstable();
    let mut sent: Vec<&str> = plan.sent.iter().map(|(_, text)| text.as_str()).collect();
    if !plan.resent(world) {
        assert_eq!(arrived, sent, "the messages as they arrived");
    }
    sent.sort_unstable();
    assert_eq!(sorted, sent, "each message arrives once");
    for item in world.transcript() {
        if item.direction == Direction::Outgoing {
            let settled = matches!(
                item.status,
                Some(DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read)
            );
            assert!(settled, "{item}");
        }
    }
    each_command_ends_once(world, plan);
    no_receipt_twice(world);
}

fn each_command_ends_once(world: &World, plan: &Plan) {
    for (command, _) in &plan.sent {
        let ends = world.lines.iter().filter(
            |line| matches!(&line.event, Event::CommandFinished { command: of, .. } if of == command),
        );
        assert_eq!(ends.count(), 1, "{command} ends once");
    }
}

fn no_receipt_twice(world: &World) {
    let mut seen = std::collections::BTreeSet::new();
    for line in &world.lines {
        if let Event::ReceiptReceived { message, receipt, by, .. } = &line.event {
            assert!(
                seen.insert((*message, *receipt, by.clone())),
                "{message} is told to be {receipt:?} twice"
            );
        }
    }
}
