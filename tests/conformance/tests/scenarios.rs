//! Every scenario on every arm. The simulation's transcript is the snapshot; the other arms must say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use helpline_conformance::{Scenario, parse, play_on_smol, play_on_tokio, simulate};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> Scenario {
    let file = format!("{name}.scenario");
    let text = fs::read_to_string(folder("scenarios").join(&file)).expect("the scenario's file");
    parse(&file, &text).unwrap_or_else(|error| panic!("{error}"))
}

fn on_simulation(name: &str) {
    let scenario = read(name);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(scenario.shows.trim());
    let transcript = simulate(&scenario);
    // First what the scenario demands: a snapshot can be accepted unread, this cannot.
    let unmet = scenario.unmet(&transcript);
    assert!(unmet.is_empty(), "{}\n{transcript}", unmet.join("\n"));
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}

fn on_runtime(play: impl Fn(&Scenario) -> String, name: &str) {
    let scenario = read(name);
    if let Some(difference) = first_difference(&simulate(&scenario), &play(&scenario)) {
        panic!("another story is told than by the simulation:\n{difference}");
    }
}

/// Where two texts part, with what leads there.
fn first_difference(expected: &str, found: &str) -> Option<String> {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let most = expected.len().max(found.len());
    let place = (0..most).find(|place| expected.get(*place) != found.get(*place))?;
    let mut text = String::new();
    for line in &expected[place.saturating_sub(5)..place] {
        text.push_str(&format!("      {line}\n"));
    }
    for (mark, lines) in [("sim   ", &expected), ("told  ", &found)] {
        for line in lines.iter().skip(place).take(6) {
            text.push_str(&format!("{mark}{line}\n"));
        }
    }
    Some(text)
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        mod simulation {
            $(#[test] fn $name() { super::on_simulation(stringify!($name)); })*
        }

        mod tokio {
            $(#[test] fn $name() { super::on_runtime(super::play_on_tokio, stringify!($name)); })*
        }

        mod smol {
            $(#[test] fn $name() { super::on_runtime(super::play_on_smol, stringify!($name)); })*
        }
    };
}

fn stems(of: &str, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(of)).expect("the folder");
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

#[test]
fn every_scenario_is_played_and_every_snapshot_is_of_one() {
    let played: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(stems("scenarios", ".scenario"), played, "the list below is not the folder");
    assert_eq!(stems("snapshots", ".snap"), played, "snapshots without a scenario, or without one");
}

scenarios! {
    answer_lost
    answer_lost_and_no_echo
    answers_always_lost
    authorise_fails_for_a_while
    authorise_hangs
    background_and_foreground
    bot_streaming
    broken_frames
    catch_up_fails_for_a_while
    catch_up_over_pages
    chat_with_a_helpful_agent
    closed_by_server
    connected_too_late
    connection_token_expired
    connection_token_expires_again_unused
    drop_and_catch_up
    duplicates_and_reordering
    ended_by_agent
    ended_while_away
    first_connect
    first_load_fails_and_much_is_missed
    first_page_and_an_older_message_of_ours
    heartbeat_lost
    heartbeat_lost_at_two_seconds
    heartbeat_unanswered
    history_in_pages
    history_unavailable
    idle_and_put_out
    interactive_answered
    leave
    leave_while_disconnected
    line_freezes_for_a_moment
    line_freezes_for_long
    message_discarded
    message_refused
    network_changes_on_a_living_link
    no_answer_to_a_send
    odd_expiries
    offline_and_online
    outbox_while_offline
    ping_answered_500_twice
    receipts_from_agent
    receipts_off
    receipts_to_agent
    reconnect_with_backoff
    request_lost
    requests_always_lost
    rotation
    rotation_fails_at_first
    rotation_from_a_dead_socket
    send_answer_before_echo
    send_echo_before_answer
    send_never_echoed
    subscribe_refused
    subscribe_unacknowledged
    supervisor_joins
    suspend_and_resume
    throttled_authorise
    throttled_by_the_vendors_rates
    throttled_send
    transfer
    typing_both_ways
    unknown_event
}
