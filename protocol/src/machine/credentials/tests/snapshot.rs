//! What is written of credentials, where that was asked for, and how they come back in another process.

use super::*;
use crate::machine::saved::Thaw;

/// Written at `taken`, read by a host whose time has just begun, `away` seconds later.
fn restored(credentials: &Credentials, taken: u64, away: u64) -> Credentials {
    let saved = credentials.save(at(taken)).expect("there is a token");
    let text = serde_json::to_string(&saved).unwrap();
    let saved: SavedToken = serde_json::from_str(&text).unwrap();
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, wall(taken + away)), wall(taken));
    let generation = credentials.generation();
    Credentials::restore(credentials.policy.clone(), generation, Some(&saved), thaw)
}

#[test]
fn a_token_comes_back_with_its_time_and_without_that_of_the_socket() {
    let mut credentials = credentials();
    credentials.obtained(now(0), &mut rng(), grant(Some(wall(HOUR)), Some(wall(30 * MINUTE))));
    let back = restored(&credentials, 10 * MINUTE, 5 * MINUTE);
    assert_eq!((back.state(), back.generation()), (State::Held, 1));
    assert_eq!(back.token(), Some(&Secret::new("token")));
    assert_eq!(armed(&back), Some(at(44 * MINUTE)), "59 minutes less fifteen");
    assert!(restored(&credentials, 10 * MINUTE, HOUR).due(at(0)).is_some(), "it ran out meanwhile");
}

#[test]
fn without_a_token_only_the_count_of_them_goes_on() {
    let mut credentials = held();
    assert!(credentials.save(at(0)).is_some());
    credentials.clear();
    assert!(credentials.save(at(0)).is_none());
    let thaw = Thaw::new(now(0), wall(0));
    let mut back = Credentials::restore(CredentialPolicy::default(), 1, None, thaw);
    assert_eq!((back.state(), back.token(), back.generation()), (State::Missing, None, 1));
    assert!(back.begin());
    back.obtained(now(0), &mut rng(), grant(None, None));
    assert_eq!(back.generation(), 2);
}

#[test]
fn how_far_it_is_believed_to_work_comes_back() {
    let mut trusted = held();
    assert_eq!(restored(&trusted, 0, 0).rejected(at(2), 1), RejectedDecision::Renew);
    trusted.rejected(at(2), 1);
    assert_eq!(restored(&trusted, 0, 0).rejected(at(2), 1), RejectedDecision::AwaitRenewal);
    trusted.begin();
    trusted.obtained(now(1), &mut rng(), grant(None, None));
    let mut back = restored(&trusted, 1, 0);
    assert!(back.is_on_probation(at(2), 2));
    assert_eq!(back.rejected(at(2), 2), RejectedDecision::Renew);
    let mut back = restored(&back, 1, 0);
    back.begin();
    back.obtained(now(2), &mut rng(), grant(None, None));
    let mut back = restored(&back, 2, 0);
    assert_eq!(back.rejected(at(3), 3), RejectedDecision::Final, "the second in a row");
    let mut back = restored(&trusted, 1, 30);
    assert_eq!(back.rejected(at(0), 2), RejectedDecision::Renew, "it lay unused while the session was away");
}
