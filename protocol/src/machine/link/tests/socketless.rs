//! The link of a provider that is polled: up once something gets through, down while nothing does.

use super::*;

/// An attempt is under way.
fn asking() -> Rig {
    let mut rig = Rig::new();
    assert_eq!(rig.connect(), [Step::Authorise]);
    rig
}

/// Something got through.
fn reached() -> Rig {
    let mut rig = asking();
    assert!(rig.link.reached());
    rig
}

const fn tries(failed: u32, next_at: u64) -> Tries {
    Tries { failed, next_at: at(next_at) }
}

#[test]
fn it_is_up_once_something_gets_through() {
    let mut rig = asking();
    assert!(rig.link.lets_try());
    assert!(!rig.link.is_live() && !rig.link.been_live());
    assert!(rig.link.reached());
    assert_eq!((rig.link.phase(), rig.link.live_socket(), rig.armed()), (Phase::Live, None, None));
    assert!(rig.link.is_live() && rig.link.been_live() && rig.link.lets_try());
    assert!(!rig.link.reached(), "it is up already");
    assert_eq!(rig.link.phase(), Phase::Live);
}

#[test]
fn it_is_down_while_nothing_gets_through_and_shows_the_tries_that_are_made() {
    let mut rig = reached();
    assert!(rig.link.unreached(tries(1, 103)), "it was up");
    assert!(!rig.link.is_live());
    assert_eq!((rig.link.phase(), rig.link.planned()), (Phase::Waiting, Some(at(103))));
    assert!(rig.link.lets_try() && rig.link.has_failed());
    assert_eq!(rig.armed(), None, "who makes the tries has the alarm");
    assert!(!rig.link.unreached(tries(2, 109)), "it was down");
    assert_eq!((rig.link.attempt_number(), rig.link.planned()), (2, Some(at(109))));
    assert!(rig.link.reached());
    assert!(!rig.link.has_failed());
    assert_eq!((rig.link.attempt_number(), rig.link.planned()), (1, None));
}

#[test]
fn a_first_try_that_fails_was_never_up() {
    let mut rig = asking();
    assert!(!rig.link.unreached(tries(1, 103)));
    assert_eq!((rig.link.phase(), rig.link.planned()), (Phase::Waiting, Some(at(103))));
    assert!(!rig.link.been_live() && rig.link.has_failed());
}

#[test]
fn no_try_is_made_before_it_is_wanted_and_none_while_it_is_held_or_over() {
    let mut idle = Rig::new();
    let mut held = reached();
    held.gate(SUSPENDED);
    let mut offline = reached();
    offline.gate(OFFLINE);
    let mut over = reached();
    over.end();
    for rig in [&mut idle, &mut held, &mut offline, &mut over] {
        let before = rig.link.clone();
        assert!(!rig.link.lets_try());
        assert!(!rig.link.reached(), "what still comes in {:?} does not bring it up", before.phase());
        assert!(!rig.link.unreached(tries(1, 103)));
        assert_eq!(rig.link, before);
    }
}

#[test]
fn a_link_that_was_held_waits_for_its_own_attempt_first() {
    let mut rig = reached();
    rig.gate(BACKGROUND);
    rig.gate(FREE);
    let planned = rig.link.next_attempt();
    assert!(planned.is_some() && rig.link.planned() == planned);
    assert!(!rig.link.lets_try());
    assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
    assert!(rig.link.lets_try() && rig.link.reached());
}

#[test]
fn an_answer_ends_the_wait_of_a_link_that_was_held() {
    let mut rig = reached();
    rig.gate(OFFLINE);
    rig.gate(FREE);
    assert!(rig.link.reached());
    assert_eq!((rig.link.phase(), rig.link.next_attempt(), rig.armed()), (Phase::Live, None, None));
}

#[test]
fn it_rests_when_there_is_nothing_that_it_would_be_for() {
    let mut rig = reached();
    rig.link.unreached(tries(4, 130));
    let (_, steps) = rig.run(|link, now, _, steps| link.rest(now, steps));
    assert_eq!(steps, []);
    assert_eq!((rig.link.phase(), rig.link.planned(), rig.armed()), (Phase::Idle, None, None));
    assert!(!rig.link.has_failed(), "what comes next begins anew");
    assert_eq!(rig.connect(), [Step::Authorise]);
    let (_, steps) = rig.run(|link, now, _, steps| link.rest(now, steps));
    assert_eq!(steps, [Step::CancelAuthorise]);
    assert_eq!(rig.link.phase(), Phase::Idle);
}
