use super::*;
use proptest::prelude::*;

use crate::rng::Rng;

mod snapshot;

const WALL: i64 = 1_800_000_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn wall(secs: u64) -> WallTime {
    WallTime::from_unix_millis(WALL) + Duration::from_secs(secs)
}

fn now(secs: u64) -> Now {
    Now::new(at(secs), wall(secs))
}

fn rng() -> Rng {
    Rng::new([7; 32])
}

/// Without jitter, so that the times in the tests are round.
fn credentials() -> Credentials {
    Credentials::new(CredentialPolicy { renew_jitter: Duration::ZERO, ..CredentialPolicy::default() })
}

fn grant(token_expires: Option<WallTime>, socket_expires: Option<WallTime>) -> Grant {
    Grant {
        token: Some(Secret::new("token")),
        token_expires,
        socket: SocketGrant::New { expires: socket_expires },
    }
}

fn held() -> Credentials {
    let mut credentials = credentials();
    assert!(credentials.begin());
    credentials.obtained(now(0), &mut rng(), grant(None, None));
    credentials
}

fn armed(credentials: &Credentials) -> Option<Timestamp> {
    credentials.next_alarm().map(|alarm| {
        assert_eq!(alarm.why, DeadlineReason::Renew);
        alarm.at
    })
}

#[test]
fn one_obtaining_is_under_way_at_a_time() {
    let mut credentials = credentials();
    assert_eq!((credentials.state(), credentials.token(), armed(&credentials)), (State::Missing, None, None));
    assert!(credentials.begin());
    assert!(!credentials.begin());
    assert_eq!(credentials.state(), State::Obtaining);
    credentials.failed(Some(at(5)));
    assert_eq!((credentials.state(), armed(&credentials)), (State::Missing, None));
    assert!(credentials.begin());
    credentials.obtained(now(0), &mut rng(), grant(None, None));
    assert_eq!((credentials.state(), credentials.generation()), (State::Held, 1));
    assert_eq!(credentials.token(), Some(&Secret::new("token")));
    assert!(credentials.begin());
    assert!(!credentials.begin());
    assert_eq!(credentials.state(), State::Renewing);
}

#[test]
fn the_socket_is_replaced_before_it_runs_out() {
    let mut credentials = credentials();
    credentials.obtained(now(0), &mut rng(), grant(Some(wall(12 * HOUR)), Some(wall(30 * MINUTE))));
    assert_eq!(armed(&credentials), Some(at(29 * MINUTE)));
    assert_eq!(credentials.due(at(29 * MINUTE)), Some(Renewal::Socket));
}

#[test]
fn the_socket_is_replaced_at_the_cap_whatever_the_provider_says() {
    let mut credentials = credentials();
    credentials.obtained(now(100), &mut rng(), grant(None, Some(wall(12 * HOUR))));
    assert_eq!(armed(&credentials), Some(at(100 + 3_540)));
}

#[test]
fn a_token_that_runs_out_first_is_renewed_alone() {
    let mut credentials = credentials();
    credentials.obtained(now(0), &mut rng(), grant(Some(wall(10 * MINUTE)), None));
    assert_eq!(credentials.due(at(9 * MINUTE)), Some(Renewal::Token));
    assert!(credentials.begin());
    let token_only = Grant { socket: SocketGrant::Kept, ..grant(Some(wall(HOUR * 9)), None) };
    credentials.obtained(now(9 * MINUTE), &mut rng(), token_only);
    assert_eq!(
        (credentials.generation(), armed(&credentials)),
        (2, Some(at(59 * MINUTE))),
        "the socket's time stands"
    );
}

#[test]
fn a_new_socket_is_enough_where_both_are_due() {
    let mut credentials = credentials();
    credentials.obtained(now(0), &mut rng(), grant(Some(wall(10 * MINUTE)), Some(wall(20 * MINUTE))));
    assert_eq!(credentials.due(at(HOUR)), Some(Renewal::Socket));
    assert_eq!((credentials.due(at(HOUR)), armed(&credentials)), (None, None));
}

#[test]
fn a_time_that_is_absent_or_past_gives_an_assumed_life() {
    for expires in [None, Some(wall(0)), Some(WallTime::EPOCH), Some(WallTime::from_unix_millis(i64::MIN))] {
        let mut credentials = credentials();
        credentials.obtained(now(5), &mut rng(), grant(expires, expires));
        assert_eq!(credentials.socket_at, Some(at(5 + 59 * MINUTE)), "{expires:?}");
        assert_eq!(credentials.token_at, Some(at(5 + 12 * HOUR - MINUTE)), "{expires:?}");
    }
}

#[test]
fn no_timer_is_shorter_than_the_shortest() {
    for left in [1, 10, 60, 80] {
        let mut credentials = credentials();
        credentials.obtained(now(0), &mut rng(), grant(Some(wall(left)), Some(wall(left))));
        assert_eq!(armed(&credentials), Some(at(30)), "{left} s left");
    }
}

#[test]
fn what_lasts_is_not_renewed() {
    let policy = CredentialPolicy {
        assumed_token_lifetime: None,
        assumed_socket_lifetime: None,
        ..CredentialPolicy::default()
    };
    let mut credentials = Credentials::new(policy);
    credentials.obtained(now(0), &mut rng(), grant(None, None));
    assert_eq!((credentials.state(), armed(&credentials)), (State::Held, None));
}

#[test]
fn a_failed_renewal_keeps_what_is_held_and_is_repeated_as_what_it_was() {
    let mut credentials = held();
    let rotation = at(59 * MINUTE);
    assert_eq!(credentials.due(rotation), Some(Renewal::Socket));
    assert!(credentials.begin());
    assert_eq!(armed(&credentials), None);
    credentials.failed(Some(at(HOUR)));
    assert!(credentials.token().is_some());
    assert_eq!(armed(&credentials), Some(at(HOUR)));
    assert_eq!(credentials.due(at(HOUR)), Some(Renewal::Socket));
}

#[test]
fn what_was_wanted_before_is_not_what_a_later_failure_repeats() {
    let mut credentials = held();
    credentials.due(at(59 * MINUTE));
    credentials.begin();
    credentials.obtained(now(59 * MINUTE), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::Renew);
    credentials.begin();
    credentials.failed(Some(at(HOUR)));
    assert_eq!(credentials.due(at(HOUR)), Some(Renewal::Token));
}

#[test]
fn nothing_is_due_while_others_are_on_their_way() {
    let mut credentials = held();
    credentials.begin();
    assert_eq!(credentials.due(at(59 * MINUTE)), None);
    credentials.failed(None);
    assert_eq!(credentials.due(at(59 * MINUTE)), Some(Renewal::Socket));
}

#[test]
fn renewals_are_spread_by_the_jitter() {
    let mut rng = rng();
    let times: Vec<Timestamp> = (0..200)
        .map(|_| {
            let mut credentials = Credentials::new(CredentialPolicy::default());
            credentials.obtained(now(0), &mut rng, grant(None, None));
            armed(&credentials).unwrap()
        })
        .collect();
    assert!(times.iter().all(|time| at(3_480) <= *time && *time <= at(3_540)));
    assert!(times.iter().any(|time| *time < at(3_490)) && times.iter().any(|time| *time > at(3_530)));
}

#[test]
fn a_lost_socket_is_not_replaced() {
    let mut credentials = held();
    credentials.lost_socket();
    assert_eq!(armed(&credentials), Some(at(12 * HOUR - MINUTE)), "the token still runs out");

    let mut credentials = held();
    credentials.due(at(59 * MINUTE));
    credentials.begin();
    credentials.lost_socket();
    credentials.failed(Some(at(HOUR)));
    assert_eq!(credentials.due(at(HOUR)), Some(Renewal::Token));
}

#[test]
fn a_refused_token_is_renewed_once_for_all_who_carried_it() {
    let mut credentials = held();
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::Renew);
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    assert!(credentials.begin());
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AlreadyRenewed);
    assert_eq!(credentials.state(), State::Held);
}

#[test]
fn a_token_refused_while_it_is_being_renewed_asks_for_nothing_more() {
    let mut credentials = held();
    credentials.begin();
    for _ in 0..2 {
        assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    }
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    assert_eq!(
        (credentials.rejected(at(2), 1), credentials.state()),
        (RejectedDecision::AlreadyRenewed, State::Held)
    );
}

/// All tokens ran out at once, those on their way among them: the one that comes was not asked for because of it.
#[test]
fn what_was_asked_for_before_a_refusal_may_have_run_out_with_it_and_is_renewed_once_more() {
    let mut credentials = held();
    credentials.begin();
    credentials.rejected(at(2), 1);
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::Renew);
    assert!(credentials.begin());
    credentials.obtained(now(2), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(2), 3), RejectedDecision::Renew);
    assert!(credentials.begin());
    credentials.obtained(now(3), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(3), 4), RejectedDecision::Final, "two were asked for because of it");
}

/// A machine that slept over the life of a token that it never used: the renewal that is under way will tell.
#[test]
fn a_fresh_token_refused_while_another_is_obtained_is_not_final() {
    let mut credentials = held();
    credentials.rejected(at(2), 1);
    credentials.begin();
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    credentials.begin();
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::AwaitRenewal);
    credentials.obtained(now(2), &mut rng(), grant(None, None));
    assert_eq!(credentials.state(), State::Held);
    assert_eq!(credentials.rejected(at(2), 3), RejectedDecision::Final, "and that one was the last");
}

#[test]
fn two_fresh_tokens_that_are_refused_too_are_final() {
    let mut credentials = held();
    credentials.rejected(at(2), 1);
    credentials.begin();
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    credentials.accepted(1);
    assert!(credentials.is_on_probation(at(2), 2));
    assert!(!credentials.is_on_probation(at(2), 1), "who carried the old one may carry the new one");
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::Renew, "it may have run out by chance");
    credentials.begin();
    credentials.obtained(now(2), &mut rng(), grant(None, None));
    assert_eq!(
        credentials.rejected(at(3), 3),
        RejectedDecision::Final,
        "that the first once worked is no help"
    );
    assert_eq!(
        (credentials.state(), credentials.token(), armed(&credentials)),
        (State::Rejected, None, None)
    );
    assert!(!credentials.begin());
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::Final);
}

/// An app that was away for a while, and a provider that took no token any more in that time.
#[test]
fn a_fresh_token_that_lay_unused_may_have_run_out_like_any_other() {
    let mut credentials = held();
    credentials.rejected(at(1), 1);
    credentials.begin();
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    assert!(credentials.is_on_probation(at(30), 2) && !credentials.is_on_probation(at(31), 2));
    assert_eq!(credentials.rejected(at(31), 2), RejectedDecision::Renew);
    credentials.begin();
    credentials.obtained(now(32), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(33), 3), RejectedDecision::Renew, "the first that is refused at once");
    credentials.begin();
    credentials.obtained(now(34), &mut rng(), grant(None, None));
    assert_eq!(credentials.rejected(at(35), 4), RejectedDecision::Final, "the second");
}

#[test]
fn a_fresh_token_that_worked_is_renewed_again_when_it_is_refused_later() {
    let mut credentials = held();
    credentials.rejected(at(2), 1);
    credentials.begin();
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    credentials.accepted(2);
    assert!(!credentials.is_on_probation(at(2), 2));
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::Renew);
}

#[test]
fn a_refusal_survives_a_renewal_that_failed() {
    let mut credentials = held();
    credentials.rejected(at(2), 1);
    credentials.begin();
    credentials.failed(Some(at(3)));
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    assert_eq!(credentials.due(at(3)), Some(Renewal::Token));
}

#[test]
fn after_clearing_all_begins_anew_but_the_generations() {
    let mut credentials = held();
    credentials.rejected(at(2), 1);
    credentials.clear();
    assert_eq!((credentials.state(), credentials.token(), armed(&credentials)), (State::Missing, None, None));
    assert_eq!(credentials.rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    credentials.begin();
    credentials.obtained(now(1), &mut rng(), grant(None, None));
    assert_eq!(credentials.generation(), 2);
    assert_eq!(credentials.rejected(at(2), 2), RejectedDecision::Renew);

    credentials.deny();
    credentials.clear();
    assert!(credentials.begin());
}

#[test]
fn no_token_shows() {
    let mut credentials = credentials();
    credentials.obtained(
        now(0),
        &mut rng(),
        Grant { token: Some(Secret::new("t0psecret")), ..Grant::default() },
    );
    assert!(!format!("{credentials:?}").contains("t0psecret"));
}

fn expiries() -> impl Strategy<Value = Option<WallTime>> {
    prop::option::of(prop_oneof![
        any::<i64>().prop_map(WallTime::from_unix_millis),
        (-100_000_000..100_000_000_i64).prop_map(|off| WallTime::from_unix_millis(WALL + off)),
    ])
}

proptest! {
    /// P3 and P5 with expiries of any sort; and no storm: renewals are at least the shortest timer apart, never
    /// past the cap, and a renewal that is due comes within its jitter.
    #[test]
    fn renewals_keep_their_distance_whatever_the_provider_says(
        seed in any::<[u8; 32]>(),
        grants in prop::collection::vec((expiries(), expiries(), any::<bool>()), 1..40),
        late in 0..100_000_u64,
    ) {
        let policy = CredentialPolicy::default();
        let (mut credentials, mut rng) = (Credentials::new(policy.clone()), Rng::new(seed));
        let mut now = now(0);
        let mut socket_since = None;
        for (token, socket, kept) in grants {
            prop_assert!(credentials.begin());
            prop_assert!(!credentials.begin());
            let mut grant = grant(token, socket);
            if kept { grant.socket = SocketGrant::Kept; } else { socket_since = Some(now.at); }
            let kept_at = if kept { credentials.socket_at } else { None };
            credentials.obtained(now, &mut rng, grant);
            let at = armed(&credentials).unwrap();
            prop_assert!(at >= now.at + policy.shortest_timer || Some(at) == kept_at, "{} at {}", at, now.at);
            if let Some(since) = socket_since.filter(|_| credentials.socket_at.is_some()) {
                prop_assert!(at <= since + policy.socket_lifetime_cap);
            }
            prop_assert_eq!(credentials.due(now.at.max(at - Duration::from_micros(1))), None);
            if at == Timestamp::MAX {
                // Some expiries are further away than time goes: they never come.
                break;
            }
            let at = at + Duration::from_millis(late);
            now = Now::new(at, wall(0) + at.saturating_since(Timestamp::ZERO));
            let due = credentials.due(at);
            prop_assert!(due.is_some());
            if due == Some(Renewal::Socket) { socket_since = None; }
            prop_assert_eq!(credentials.due(at), None);
            prop_assert!(armed(&credentials).is_none_or(|next| next > at));
        }
    }

    /// Any calls in any order: one obtaining at a time, generations only rise, no alarm but while held, and each
    /// generation asks for a renewal at most once.
    #[test]
    fn any_calls_keep_the_rules(
        calls in prop::collection::vec((0..9_u8, 0..4_u64, 0..4_000_u64, expiries()), 0..80),
    ) {
        let (mut credentials, mut rng) = (Credentials::new(CredentialPolicy::default()), rng());
        let mut time = now(0);
        let mut renewed = vec![];
        for (call, back, span, expires) in calls {
            time = Now::new(time.at + Duration::from_secs(span), time.wall + Duration::from_secs(span));
            let before = (credentials.state(), credentials.generation());
            let generation = before.1.saturating_sub(back);
            match call {
                0 => prop_assert_eq!(credentials.begin(), matches!(before.0, State::Missing | State::Held)),
                1 => credentials.failed(Some(time.at + Duration::from_secs(1))),
                2 | 3 => credentials.obtained(time, &mut rng, grant(expires, expires)),
                4 => match credentials.rejected(time.at, generation) {
                    RejectedDecision::Renew => {
                        prop_assert!(!renewed.contains(&generation));
                        renewed.push(generation);
                    }
                    RejectedDecision::Final => prop_assert_eq!(credentials.state(), State::Rejected),
                    RejectedDecision::AlreadyRenewed => prop_assert!(generation < before.1),
                    RejectedDecision::AwaitRenewal => {}
                },
                5 => credentials.accepted(generation),
                6 => credentials.lost_socket(),
                7 => credentials.clear(),
                _ => credentials.deny(),
            }
            credentials.due(time.at);
            prop_assert!(credentials.generation() >= before.1);
            prop_assert!(armed(&credentials).is_none_or(|at| at > time.at && credentials.state() == State::Held));
            let has_token = matches!(credentials.state(), State::Held | State::Renewing);
            prop_assert_eq!(credentials.token().is_some(), has_token);
        }
    }
}
