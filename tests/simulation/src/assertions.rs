//! What must hold once everything has healed and settled, and after the end.

use std::fmt::Write as _;

use helpline_protocol::model::{DeliveryStatus, Direction, ItemBody};
use helpline_protocol::{
    AppState, Command, CommandError, ConnectionState, EndReason, Event, Input, Journal, Network, Replayer,
    Secrets,
};

use crate::plan::STREAMED;
use crate::reference::Reference;
use crate::truth::{Truth, compare};
use crate::vendor::Stage;
use crate::world::{ONLY, World};

/// Both sides agree: nothing is lost, doubled, out of order or left open.
///
/// # Panics
/// When they do not; the words begin with the property.
pub fn both_sides_agree<V: Stage>(world: &World<V>, reference: &Reference) {
    assert_eq!(world.session.state(), ConnectionState::Live, "P19: not live after healing");
    assert!(world.session.is_settled(), "P19: not settled: {:?}", world.session.usage());
    let truth = V::truth(&world.provider);
    let streamed = |text: Option<&str>| text.is_some_and(|text| text.starts_with(STREAMED));
    let (pieced, whole): (Vec<V::Entry>, Vec<V::Entry>) =
        truth.iter().cloned().partition(|entry| streamed(entry.text()));
    let shown =
        |pieced| world.session.transcript(ONLY).filter(move |item| streamed(item.body.text()) == pieced);
    let verdict = compare(shown(false), &whole);
    assert!(verdict.is_equal() && verdict.older == 0, "P7: {verdict}");
    for entry in &pieced {
        let same = shown(true).filter(|item| item.server_id.as_deref() == Some(entry.id()));
        let texts: Vec<_> = same.map(|item| item.body.text()).collect();
        assert!(texts == [entry.text()], "P7: {} is shown as {texts:?}", entry.words());
    }
    assert_eq!(shown(true).count(), pieced.len(), "P7: streamed messages");
    own_list_is_the_transcript(world);
    arrived_as_handed_over(world, reference, &truth, true);
    for item in world.session.transcript(ONLY).filter(|item| item.direction == Direction::Outgoing) {
        let settled = matches!(
            item.status,
            Some(DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read)
        );
        assert!(settled || item.status.is_none(), "P7: {item} is in no final state");
    }
    every_command_has_ended(world);
}

/// The chat is over: what is shown is true, what was handed over is delivered or reported, and nothing is doubled.
///
/// # Panics
/// When that is not so.
pub fn the_end_is_told<V: Stage>(world: &World<V>, reference: &Reference) {
    let truth = V::truth(&world.provider);
    arrived_as_handed_over(world, reference, &truth, false);
    own_list_is_the_transcript(world);
    every_command_has_ended(world);
    for item in world.session.transcript(ONLY) {
        match (V::Entry::id_of(item), &item.status) {
            (Some(id), _) if item.body.is_message() => {
                let known = truth.iter().any(|entry| entry.id() == id);
                assert!(known || item.partial, "P7: {item} is shown, and the server does not have it");
            }
            (None, Some(DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. })) | (Some(_), _) => {
            }
            // The answer to a file names no id; its echo would have.
            (None, Some(DeliveryStatus::Sent)) if matches!(item.body, ItemBody::Attachments { .. }) => {}
            (None, status) => panic!("P7: at the end {item} is {status:?}"),
        }
    }
}

/// After the end commands say so and change nothing, and nothing comes any more.
///
/// # Panics
/// When that is not so.
pub fn the_end_is_the_end<V: Stage>(world: &mut World<V>) {
    if world.session.state() == ConnectionState::Idle {
        // Another chat could be begun. Nobody does, and so nothing is asked.
        let (told, asked) = (world.lines.len(), world.requests.len());
        for input in [Input::Network(Network::Online), Input::App(AppState::Foreground), Input::Woke] {
            world.tell(input);
        }
        world.run_for(600_000);
        assert_eq!(
            (world.lines.len(), world.requests.len()),
            (told, asked),
            "P18: after the end of the chat"
        );
        match world.execute(Command::Leave) {
            Ok(_) => {}
            // It never came to a conversation that could be left.
            Err(CommandError::NotConnected) => return,
            Err(other) => panic!("P18: one cannot leave after the end of the chat: {other}"),
        }
    }
    let told = world.lines.len();
    for command in [
        Command::Connect,
        Command::send_text("too late"),
        Command::SendTyping { conversation: None },
        Command::LoadHistory { conversation: None, limit: None },
        Command::Resume,
        Command::Leave,
    ] {
        let name = command.name();
        let refused = world.execute(command);
        assert!(matches!(refused, Err(CommandError::Ended { .. })), "P18: {name} after the end: {refused:?}");
    }
    world.tell(Input::Network(Network::Online));
    world.tell(Input::Woke);
    world.run_for(100_000);
    assert!(world.lines.len() == told, "P18: after the end came {:?}", world.lines.last());
}

/// A session may end only for a reason that there is.
///
/// # Panics
/// When the reason is not one.
pub fn the_end_has_a_reason<V: Stage>(world: &World<V>, left: bool) {
    let over = V::has_ended(&world.provider);
    let ConnectionState::Ended { reason } = world.session.state() else {
        assert!(over, "P7: the session says that the chat is over, and it goes on");
        return;
    };
    let fits = match &reason {
        EndReason::Left => left,
        EndReason::ChatEnded => over,
        EndReason::CredentialRejected { .. } => over,
        _ => false,
    };
    assert!(
        fits,
        "P7: the session ended, {reason}, and the chat {}",
        if over { "is over" } else { "goes on" }
    );
}

/// No token and no address of a socket stands in anything that can be written.
///
/// # Panics
/// When one does.
pub fn no_secret_is_written<V: Stage>(world: &World<V>) {
    let mut text = format!("{:?}\n", world.session.session());
    let snapshot = world.session.snapshot(world.machine_time(), Secrets::Omit);
    let _ = writeln!(text, "{snapshot:?}\n{}", snapshot.to_json());
    if let Some(journal) = world.journal() {
        text.push_str(&journal);
    }
    for line in &world.lines {
        let _ = writeln!(text, "{}\n{:?}", line.event, line.event);
    }
    for secret in &world.provider.secrets {
        if let Some(place) = text.find(secret.as_str()) {
            let from = text[..place].rfind('\n').map_or(0, |line| line + 1);
            panic!("P17: a secret is written: {}", text[from..place].chars().take(200).collect::<String>());
        }
    }
}

/// The journal that was written does the same again.
///
/// # Panics
/// When it does not.
pub fn the_journal_replays<V: Stage>(world: &World<V>) {
    let text = world.journal().unwrap_or_default();
    let replayer = Journal::parse(&text).and_then(Replayer::new);
    let mut replayer = replayer.unwrap_or_else(|error| panic!("P2: no journal: {error}"));
    if let Some(difference) = replayer.check() {
        panic!("P2: {difference}");
    }
    let same = replayer.session().transcript(ONLY).eq(world.session.transcript(ONLY));
    assert!(same || !world.session.is_settled(), "P2: the journal leads to another transcript");
}

/// What the user was told makes up the transcript.
fn own_list_is_the_transcript<V: Stage>(world: &World<V>) {
    let difference = world.mirror.difference(world.session.transcript(ONLY));
    assert_eq!(difference, None, "P7: the user's own list");
}

fn arrived_as_handed_over<V: Stage>(world: &World<V>, reference: &Reference, truth: &[V::Entry], all: bool) {
    let own = || truth.iter().filter(|entry| entry.is_own());
    let texts: Vec<&str> = own().filter_map(Truth::text).collect();
    let files: Vec<&str> = own().filter_map(Truth::file).collect();
    if let Err(difference) = reference.check(&texts, &files, &world.lines, all) {
        panic!("P7: {difference}");
    }
    never_failed_and_there(world, reference, truth);
}

/// What is called failed is not at the server. A twin may be that was taken back, and had arrived by then.
fn never_failed_and_there<V: Stage>(world: &World<V>, reference: &Reference, truth: &[V::Entry]) {
    let count =
        |text: &str| truth.iter().filter(|entry| entry.is_own() && entry.text() == Some(text)).count();
    for item in world.session.transcript(ONLY) {
        let (ItemBody::Text { text }, Some(DeliveryStatus::Failed { .. })) = (&item.body, &item.status)
        else {
            continue;
        };
        let same = |other: &&helpline_protocol::model::TranscriptItem| {
            other.direction == Direction::Outgoing && other.body.text() == Some(text)
        };
        let named = world.session.transcript(ONLY).filter(same);
        let elsewhere = named.filter(|other| !matches!(other.status, Some(DeliveryStatus::Failed { .. })));
        let others = elsewhere.count() + reference.withdrawn(text, &world.lines);
        assert!(count(text) <= others, "P7: {item} is called failed, and arrived");
    }
}

fn every_command_has_ended<V: Stage>(world: &World<V>) {
    let open: Vec<String> =
        world.watch.commands().filter(|(_, done)| !done).map(|(command, _)| command.to_string()).collect();
    assert!(open.is_empty(), "P7: without an end: {}", open.join(" "));
    let changed = world.lines.iter().rev().find_map(|line| match &line.event {
        Event::ConnectionChanged { state } => Some(state),
        _ => None,
    });
    assert_eq!(changed, Some(&world.session.state()), "the state that was told last");
}
