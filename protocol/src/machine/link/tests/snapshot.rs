//! What is written of a link, and how it comes back in another process: without sockets, as one that waits for the
//! host to say that there is a network.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};

const TAKEN: WallTime = WallTime::from_unix_millis(1_000_000);

/// Written now, read by a host whose time has just begun, `away` seconds later.
fn restored_ended(rig: &Rig, away: u64, ended: bool) -> Rig {
    let text = serde_json::to_string(&rig.link.save(rig.now)).unwrap();
    let saved: SavedLink = serde_json::from_str(&text).unwrap();
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, TAKEN + secs(away)), TAKEN);
    let link = Link::restore(policy(), BackoffPolicy::default(), &saved, ended, thaw);
    Rig { link, rng: Rng::new([1; 32]), now: Timestamp::ZERO }
}

fn restored(rig: &Rig) -> Rig {
    restored_ended(rig, 0, false)
}

#[test]
fn one_that_nobody_asked_for_is_idle() {
    let mut back = restored(&Rig::new());
    assert_eq!((back.link.phase(), back.link.gates(), back.armed()), (Phase::Idle, FREE, None));
    assert!(!back.link.been_live());
    assert_eq!(back.connect(), [Step::Authorise]);
}

#[test]
fn one_that_was_up_dials_once_there_is_a_network() {
    let mut back = restored(&Rig::live());
    assert_eq!((back.link.phase(), back.link.gates(), back.armed()), (Phase::Offline, OFFLINE, None));
    assert!(back.link.been_live() && !back.link.has_failed());
    assert_eq!(back.gate(FREE), []);
    assert_eq!(back.wake(), (None, vec![Step::Authorise]));
    assert_eq!(back.authorised(), [Step::Open(s(2))], "its sockets are told from those before");
}

#[test]
fn what_the_user_holds_stays_held() {
    let mut rig = Rig::live();
    rig.gate(SUSPENDED);
    let mut back = restored(&rig);
    assert_eq!(back.link.phase(), Phase::Suspended);
    assert_eq!(back.gate(SUSPENDED), []);
    assert_eq!((back.link.phase(), back.armed()), (Phase::Suspended, None), "the network is no reason");
    back.gate(FREE);
    assert_eq!(back.wake(), (None, vec![Step::Authorise]));

    let mut rig = Rig::new();
    rig.gate(SUSPENDED);
    let mut back = restored(&rig);
    assert_eq!((back.link.phase(), back.link.gates()), (Phase::Idle, SUSPENDED));
    assert_eq!(back.connect(), []);
    assert_eq!(back.link.phase(), Phase::Suspended);
}

#[test]
fn the_new_host_says_itself_whether_it_is_in_the_background() {
    let mut rig = Rig::live();
    rig.gate(BACKGROUND);
    assert_eq!(restored(&rig).link.gates(), OFFLINE);
}

#[test]
fn one_that_is_over_stays_over() {
    let mut back = restored_ended(&Rig::live(), 0, true);
    assert_eq!((back.link.phase(), back.link.gates(), back.armed()), (Phase::Ended, FREE, None));
    assert_eq!(back.connect(), []);
}

#[test]
fn whoever_started_the_host_waits_no_longer_than_the_provider_asked_for() {
    let mut rig = Rig::greeting();
    rig.fail(Some(secs(60)));
    for (away, dialled_at) in [(0, 60), (15, 45), (900, 0)] {
        let mut back = restored_ended(&rig, away, false);
        assert!(back.link.has_failed());
        back.gate(FREE);
        back.link.dial_soonest(Timestamp::ZERO);
        assert_eq!(back.link.next_attempt(), Some(at(dialled_at)));
    }

    let mut live = Rig::live();
    live.fail(None);
    let before = live.link.clone();
    live.link.dial_soonest(live.now);
    assert_eq!(live.link, before, "nothing is planned");
}

#[test]
fn a_rotation_that_failed_keeps_its_wait() {
    let mut rig = Rig::live();
    rig.rotate();
    rig.fail(Some(secs(60)));
    let planned = rig.link.next_attempt();
    rig.link.dial_soonest(rig.now);
    assert_eq!(rig.link.next_attempt(), planned);
    assert!(planned >= Some(rig.now + secs(60)));
}

#[test]
fn one_that_was_up_and_that_nobody_asked_for_cannot_be() {
    let saved = |wanted: bool, been_live: bool| -> SavedLink {
        serde_json::from_value(serde_json::json!({ "wanted": wanted, "been_live": been_live })).unwrap()
    };
    let problem = Some("the link was up, and nobody asked for it");
    assert_eq!(saved(false, true).contradiction(false), problem);
    assert_eq!(saved(false, true).contradiction(true), None, "it rests");
    for possible in [saved(false, false), saved(true, false), saved(true, true)] {
        assert_eq!((possible.contradiction(false), possible.contradiction(true)), (None, None));
    }
}
