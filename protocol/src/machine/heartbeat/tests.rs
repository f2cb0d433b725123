use super::*;
use proptest::prelude::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const fn amazon() -> HeartbeatPolicy {
    HeartbeatPolicy {
        interval: secs(10),
        wait: secs(4),
        probe_when: ProbeWhen::Every,
        first: FirstProbe::AtOnce,
        tolerated_failures: 1,
    }
}

const fn silence() -> HeartbeatPolicy {
    HeartbeatPolicy { probe_when: ProbeWhen::AfterSilence, first: FirstProbe::AfterInterval, ..amazon() }
}

/// Started at zero, with the first probe sent at zero.
fn probed() -> Heartbeat {
    let mut heartbeat = Heartbeat::new(amazon());
    heartbeat.start(at(0));
    assert_eq!(heartbeat.due(at(0)), Some(Decision::Probe));
    heartbeat
}

fn armed(heartbeat: &Heartbeat) -> Option<(Timestamp, DeadlineReason)> {
    heartbeat.next_alarm().map(|alarm| (alarm.at, alarm.why))
}

#[test]
fn nothing_is_armed_without_a_socket() {
    let mut heartbeat = Heartbeat::new(amazon());
    assert_eq!(armed(&heartbeat), None);
    assert_eq!(heartbeat.due(at(100)), None);
    heartbeat.probe_now(at(100));
    assert_eq!(armed(&heartbeat), None);
    heartbeat.start(at(100));
    heartbeat.stop();
    assert_eq!(armed(&heartbeat), None);
}

#[test]
fn the_first_probe_is_at_once_or_an_interval_later() {
    let mut heartbeat = Heartbeat::new(amazon());
    heartbeat.start(at(5));
    assert_eq!(armed(&heartbeat), Some((at(5), DeadlineReason::Heartbeat)));
    let mut heartbeat = Heartbeat::new(HeartbeatPolicy { first: FirstProbe::AfterInterval, ..amazon() });
    heartbeat.start(at(5));
    assert_eq!(armed(&heartbeat), Some((at(15), DeadlineReason::Heartbeat)));
}

#[test]
fn probes_are_spaced_from_send_to_send_however_slow_the_answer() {
    let mut heartbeat = probed();
    assert_eq!(armed(&heartbeat), Some((at(4), DeadlineReason::HeartbeatLost)));
    assert!(heartbeat.answered(at(3)));
    assert_eq!(armed(&heartbeat), Some((at(10), DeadlineReason::Heartbeat)));
    assert_eq!(heartbeat.due(at(9)), None);
    assert_eq!(heartbeat.due(at(10)), Some(Decision::Probe));
}

#[test]
fn a_probe_without_an_answer_is_a_loss_and_stops_the_machine() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.due(at(3)), None);
    assert_eq!(heartbeat.due(at(4)), Some(Decision::Lost));
    assert_eq!(armed(&heartbeat), None);
    assert_eq!(heartbeat.due(at(400)), None);
}

#[test]
fn an_answer_that_arrives_with_the_timeout_beats_it() {
    let mut heartbeat = probed();
    assert!(heartbeat.answered(at(4)));
    assert_eq!(heartbeat.due(at(4)), None);
}

#[test]
fn an_answer_to_no_probe_vouches_for_nothing() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.unanswered(), 1);
    assert!(heartbeat.answered(at(1)));
    assert_eq!(heartbeat.unanswered(), 0);
    let before = heartbeat.clone();
    assert!(!heartbeat.answered(at(2)));
    assert_eq!(heartbeat.refused(at(2)), Refusal::Unasked);
    assert_eq!(heartbeat, before);
}

#[test]
fn a_new_socket_is_not_alive_by_the_answer_to_the_old_ones_probe() {
    let mut heartbeat = probed();
    heartbeat.stop();
    let mut policy = Heartbeat::new(HeartbeatPolicy { first: FirstProbe::AfterInterval, ..amazon() });
    policy.start(at(1));
    assert!(!policy.answered(at(2)));
    heartbeat.start(at(1));
    assert!(!heartbeat.answered(at(1)));
}

#[test]
fn two_unhealthy_answers_in_a_row_are_a_loss_and_a_healthy_one_between_forgives() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.refused(at(1)), Refusal::Tolerated);
    assert_eq!(heartbeat.due(at(10)), Some(Decision::Probe));
    assert!(heartbeat.answered(at(11)));
    assert_eq!(heartbeat.due(at(20)), Some(Decision::Probe));
    assert_eq!(heartbeat.refused(at(21)), Refusal::Tolerated);
    assert_eq!(heartbeat.due(at(30)), Some(Decision::Probe));
    assert_eq!(heartbeat.refused(at(31)), Refusal::Lost);
    assert_eq!(armed(&heartbeat), None);
}

#[test]
fn doubt_from_outside_brings_the_probe_forward_unless_one_is_out() {
    let mut heartbeat = probed();
    heartbeat.probe_now(at(2));
    assert_eq!(armed(&heartbeat), Some((at(4), DeadlineReason::HeartbeatLost)));
    assert!(heartbeat.answered(at(3)));
    heartbeat.probe_now(at(5));
    assert_eq!(heartbeat.due(at(5)), Some(Decision::Probe));
    assert_eq!(armed(&heartbeat), Some((at(9), DeadlineReason::HeartbeatLost)));
}

#[test]
fn an_hour_of_sleep_costs_one_probe() {
    let mut heartbeat = probed();
    assert!(heartbeat.answered(at(1)));
    assert_eq!(heartbeat.due(at(3_600)), Some(Decision::Probe));
    assert_eq!(heartbeat.due(at(3_600)), None);
    assert_eq!(armed(&heartbeat), Some((at(3_604), DeadlineReason::HeartbeatLost)));
}

#[test]
fn a_timeout_slept_over_asks_again_before_it_gives_up() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.due(at(3_600)), Some(Decision::Probe));
    assert_eq!(heartbeat.due(at(3_604)), Some(Decision::Lost));

    let mut heartbeat = probed();
    assert_eq!(heartbeat.due(at(3_600)), Some(Decision::Probe));
    assert!(heartbeat.answered(at(3_600)));
    assert_eq!(armed(&heartbeat), Some((at(3_610), DeadlineReason::Heartbeat)));
}

/// As many answers come before that to a probe that is sent when the socket is replaced.
#[test]
fn every_probe_that_was_sent_is_owed_an_answer() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.unanswered(), 1);
    assert_eq!(heartbeat.due(at(100)), Some(Decision::Probe), "asked once more");
    assert_eq!(heartbeat.unanswered(), 2);
    assert!(heartbeat.answered(at(100)));
    assert_eq!(heartbeat.unanswered(), 1);
    assert!(!heartbeat.answered(at(100)), "one was enough");
    assert_eq!(heartbeat.unanswered(), 0);
    let (next, _) = armed(&heartbeat).unwrap();
    heartbeat.due(next);
    heartbeat.refused(next);
    assert_eq!(heartbeat.unanswered(), 0, "a refusal is an answer");
    let (next, _) = armed(&heartbeat).unwrap();
    heartbeat.due(next);
    heartbeat.start(next);
    assert_eq!(heartbeat.unanswered(), 0, "that was another socket");
}

#[test]
fn a_timeout_that_is_only_a_little_late_is_a_loss() {
    assert_eq!(probed().due(at(8)), Some(Decision::Lost));
    assert_eq!(probed().due(at(8) + Duration::from_micros(1)), Some(Decision::Probe));
}

#[test]
fn a_host_that_is_always_late_still_notices_a_loss() {
    let mut heartbeat = probed();
    for round in 1..=LATE_WAKES {
        assert_eq!(heartbeat.due(at(60 * u64::from(round))), Some(Decision::Probe));
    }
    assert_eq!(heartbeat.due(at(60 * u64::from(LATE_WAKES + 1))), Some(Decision::Lost));
}

#[test]
fn talk_puts_off_probes_that_are_for_silence_and_no_others() {
    let mut heartbeat = Heartbeat::new(silence());
    heartbeat.start(at(0));
    heartbeat.activity(at(9));
    assert_eq!(armed(&heartbeat), Some((at(19), DeadlineReason::Heartbeat)));

    let mut heartbeat = probed();
    let before = heartbeat.clone();
    heartbeat.activity(at(3));
    assert_eq!(heartbeat, before);
}

#[test]
fn talk_ends_the_wait_for_a_probe_that_was_for_silence() {
    let mut heartbeat = Heartbeat::new(silence());
    heartbeat.start(at(0));
    assert_eq!(heartbeat.due(at(10)), Some(Decision::Probe));
    heartbeat.activity(at(12));
    assert_eq!(armed(&heartbeat), Some((at(22), DeadlineReason::Heartbeat)));
}

#[test]
fn talk_does_not_settle_a_doubt_since_it_may_be_old() {
    let mut heartbeat = Heartbeat::new(silence());
    heartbeat.start(at(0));
    heartbeat.probe_now(at(1));
    heartbeat.activity(at(1));
    assert_eq!(heartbeat.due(at(1)), Some(Decision::Probe));
    heartbeat.activity(at(2));
    assert_eq!(armed(&heartbeat), Some((at(5), DeadlineReason::HeartbeatLost)));
    assert!(heartbeat.answered(at(3)));

    // What is read as the probe falls due may have waited for the wake, and does not put it off.
    heartbeat.activity(at(13));
    assert_eq!(armed(&heartbeat), Some((at(13), DeadlineReason::Heartbeat)));

    // Frozen over the probe: what is read first on waking was received before.
    heartbeat.activity(at(600));
    assert_eq!(heartbeat.due(at(600)), Some(Decision::Probe));
    heartbeat.activity(at(601));
    assert_eq!(armed(&heartbeat), Some((at(604), DeadlineReason::HeartbeatLost)));
}

#[test]
fn an_answer_makes_up_for_late_wakes() {
    let mut heartbeat = probed();
    for round in 1..=10 {
        assert_eq!(heartbeat.due(at(3_600 * round)), Some(Decision::Probe));
        assert!(heartbeat.answered(at(3_600 * round)));
        assert_eq!(heartbeat.due(at(3_600 * round + 10)), Some(Decision::Probe));
    }
}

#[test]
fn a_new_socket_starts_with_a_clean_sheet() {
    let mut heartbeat = probed();
    assert_eq!(heartbeat.refused(at(1)), Refusal::Tolerated);
    heartbeat.start(at(2));
    assert_eq!(heartbeat.due(at(2)), Some(Decision::Probe));
    assert_eq!(heartbeat.refused(at(3)), Refusal::Tolerated);
}

#[test]
fn a_doubt_about_a_probe_that_is_out_is_settled_by_its_answer_only() {
    let mut heartbeat = Heartbeat::new(silence());
    heartbeat.start(at(0));
    assert_eq!(heartbeat.due(at(10)), Some(Decision::Probe));
    heartbeat.probe_now(at(11));
    heartbeat.activity(at(12));
    assert_eq!(armed(&heartbeat), Some((at(14), DeadlineReason::HeartbeatLost)));
}

#[test]
fn a_policy_of_zeroes_does_not_spin() {
    let zero = HeartbeatPolicy { interval: Duration::ZERO, wait: Duration::ZERO, ..amazon() };
    let mut heartbeat = Heartbeat::new(zero);
    heartbeat.start(at(1));
    assert_eq!(heartbeat.due(at(1)), Some(Decision::Probe));
    assert_eq!(armed(&heartbeat), Some((at(1) + SHORTEST, DeadlineReason::HeartbeatLost)));
    assert!(heartbeat.answered(at(1)));
    assert_eq!(armed(&heartbeat), Some((at(1) + SHORTEST, DeadlineReason::Heartbeat)));
}

fn policies() -> impl Strategy<Value = HeartbeatPolicy> {
    let span = || (0..30_000_000_u64).prop_map(Duration::from_micros);
    (span(), span(), any::<bool>(), any::<bool>(), 0..3_u32).prop_map(
        |(interval, wait, every, at_once, failures)| HeartbeatPolicy {
            interval,
            wait,
            probe_when: if every { ProbeWhen::Every } else { ProbeWhen::AfterSilence },
            first: if at_once { FirstProbe::AtOnce } else { FirstProbe::AfterInterval },
            tolerated_failures: failures,
        },
    )
}

proptest! {
    /// P11, first half: woken at its deadlines, a link that answers until it falls silent is declared lost
    /// within interval + wait of the last thing it said.
    #[test]
    fn a_silent_link_is_detected_within_interval_and_wait(
        policy in policies(),
        answers in prop::collection::vec(0..1_000_u64, 0..20),
    ) {
        let mut heartbeat = Heartbeat::new(policy.clone());
        heartbeat.start(at(0));
        let bound = policy.interval.max(SHORTEST) + policy.wait.max(SHORTEST);
        let (mut now, mut heard) = (at(0), at(0));
        let mut answers = answers.into_iter();
        for _ in 0..100 {
            let Some(alarm) = heartbeat.next_alarm() else { break };
            now = now.max(alarm.at);
            match heartbeat.due(now) {
                Some(Decision::Lost) | None => break,
                Some(Decision::Probe) => {
                    if let Some(thousandth) = answers.next() {
                        // Somewhere within the wait, its end excluded.
                        let micros = u64::try_from(policy.wait.max(SHORTEST).as_micros()).unwrap();
                        now = now + Duration::from_micros(micros * thousandth / 1_000);
                        prop_assert!(heartbeat.answered(now));
                        heard = now;
                    }
                }
            }
        }
        prop_assert_eq!(heartbeat.next_alarm(), None);
        // Silence is counted from the last answer; where answers are slow the next probe may be due already.
        prop_assert!(now.saturating_since(heard) <= bound, "{} after {}", now, heard);
    }

    /// P11, second half: a link that answers each probe in time is never declared lost, however late the host
    /// wakes, and never has two probes outstanding.
    #[test]
    fn a_link_that_answers_is_never_declared_lost(
        policy in policies(),
        steps in prop::collection::vec((0..40_000_000_u64, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let mut heartbeat = Heartbeat::new(policy);
        heartbeat.start(at(0));
        let mut now = at(0);
        for (sleep, doubt, talk) in steps {
            now = now + Duration::from_micros(sleep);
            if talk { heartbeat.activity(now); }
            if doubt { heartbeat.probe_now(now); }
            let decision = heartbeat.due(now);
            prop_assert_ne!(decision, Some(Decision::Lost));
            if decision == Some(Decision::Probe) {
                prop_assert_eq!(heartbeat.due(now), None);
                prop_assert!(heartbeat.answered(now));
            }
        }
    }

    /// P11 for silence: whoever talks within each interval is never even probed after the first time.
    #[test]
    fn a_link_that_talks_is_left_alone(gaps in prop::collection::vec(0..10_000_000_u64, 1..60)) {
        let mut heartbeat = Heartbeat::new(silence());
        heartbeat.start(at(0));
        let mut now = at(0);
        for gap in gaps {
            now = now + Duration::from_micros(gap);
            heartbeat.activity(now);
            prop_assert_eq!(heartbeat.due(now), None);
        }
    }

    /// P3 and P5: any steps at any times leave nothing armed in the past, and nothing armed when stopped.
    #[test]
    fn nothing_is_armed_in_the_past_after_due(
        policy in policies(),
        steps in prop::collection::vec((0..7_u8, prop_oneof![0..60_000_000_u64, Just(u64::MAX / 4)]), 0..80),
    ) {
        let mut heartbeat = Heartbeat::new(policy);
        let mut now = at(0);
        for (step, span) in steps {
            now = (now + Duration::from_micros(span)).min(Timestamp::MAX - Duration::from_secs(3_600));
            match step {
                0 => heartbeat.start(now),
                1 => heartbeat.stop(),
                2 => heartbeat.probe_now(now),
                3 => { heartbeat.answered(now); }
                4 => { heartbeat.refused(now); }
                5 => heartbeat.activity(now),
                _ => {}
            }
            let decision = heartbeat.due(now);
            prop_assert!(heartbeat.next_alarm().is_none_or(|alarm| alarm.at > now));
            if decision == Some(Decision::Lost) || step == 1 {
                prop_assert_eq!(heartbeat.next_alarm(), None);
            }
        }
    }
}
