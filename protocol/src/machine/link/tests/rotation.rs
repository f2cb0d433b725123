//! Moving to a new socket before the old one's time is up.

use super::*;

/// Live on socket 1, with a rotation under way.
fn rotating() -> Rig {
    let mut rig = Rig::live();
    rig.now = at(1_000);
    rig.due();
    assert_eq!(rig.rotate(), [Step::Authorise]);
    rig
}

/// Live on socket 2, socket 1 kept for a while.
fn rotated() -> Rig {
    let mut rig = rotating();
    assert_eq!(rig.up(2), takes_over(2, 1));
    rig
}

/// The same, with so many probes unanswered on socket 1 when socket 2 took over.
fn rotated_with(unanswered: u8) -> Rig {
    let mut rig = rotating();
    rig.authorised();
    rig.opened(2);
    assert_eq!(rig.greeted_with(2, unanswered), takes_over(2, 1), "one probe more in any case");
    rig
}

const CLOSE_OLD: Step = Step::Close(s(1), Closing::Replaced);

#[test]
fn the_old_socket_stays_live_until_the_new_one_is_greeted() {
    let mut rig = rotating();
    let live = |rig: &Rig| (rig.link.phase(), rig.link.live_socket()) == (Phase::Live, Some(s(1)));
    assert!(live(&rig));
    assert_eq!(rig.authorised(), [Step::Open(s(2))]);
    assert!(live(&rig));
    assert_eq!(rig.opened(2), (true, vec![Step::Greet(s(2))]));
    assert!(live(&rig) && rig.link.listens_to(s(1)) && rig.link.listens_to(s(2)));
    assert_eq!(rig.greeted(2), takes_over(2, 1));
    assert_eq!((rig.link.phase(), rig.link.live_socket()), (Phase::Live, Some(s(2))));
}

#[test]
fn the_old_socket_is_listened_to_for_the_overlap_and_closed_once() {
    let mut rig = rotated();
    assert!(rig.link.listens_to(s(1)));
    assert_eq!(rig.armed(), Some((at(1_002), DeadlineReason::Renew)));
    rig.answered(1);
    assert!(rig.link.listens_to(s(1)), "for the whole of the overlap");
    assert_eq!(rig.pass(Duration::from_micros(1_999_999)), (None, vec![]));
    assert_eq!(rig.armed(), Some((at(1_002), DeadlineReason::Renew)));
    assert_eq!(rig.wake(), (None, vec![CLOSE_OLD]));
    assert!(!rig.link.listens_to(s(1)));
    assert_eq!(rig.closed(1), (SocketRole::Unknown, vec![]));
    assert_ne!(rig.armed().map(|(_, why)| why), Some(DeadlineReason::Renew));
    assert_eq!(rig.pass(secs(10)), (None, vec![]));
}

#[test]
fn an_old_socket_that_answers_its_probe_took_nothing_with_it() {
    for unanswered in 0..=3 {
        let mut rig = rotated_with(unanswered);
        for _ in 0..=unanswered {
            rig.answered(1);
        }
        let before = rig.link.clone();
        rig.answered(1);
        assert_eq!(rig.link, before, "more than were asked for say no more");
        assert_eq!(rig.wake(), (None, vec![CLOSE_OLD]));
    }
}

#[test]
fn an_old_socket_that_leaves_its_probe_unanswered_may_have_taken_something_with_it() {
    let mut rig = rotated();
    assert_eq!(rig.wake(), (None, vec![CLOSE_OLD, Step::Gap]));
    assert_eq!((rig.link.phase(), rig.link.live_socket()), (Phase::Live, Some(s(2))));
    rig.answered(1);
    assert_eq!(rig.pass(secs(10)), (None, vec![]), "once");
}

#[test]
fn an_answer_to_an_earlier_probe_does_not_vouch_for_the_old_socket() {
    for unanswered in 1..=3 {
        for answers in 0..=unanswered {
            let mut rig = rotated_with(unanswered);
            for _ in 0..answers {
                rig.answered(1);
            }
            assert_eq!(rig.wake(), (None, vec![CLOSE_OLD, Step::Gap]), "{answers} of {unanswered} and one");
        }
    }
    // However many there were.
    let mut rig = rotated_with(u8::MAX);
    assert_eq!(rig.wake(), (None, vec![CLOSE_OLD, Step::Gap]));
}

#[test]
fn an_answer_on_another_socket_does_not_vouch_for_the_old_one() {
    let mut rig = rotated();
    let before = rig.link.clone();
    for socket in [0, 2, 3, 99] {
        rig.answered(socket);
        assert_eq!(rig.link, before, "socket {socket}");
    }
    assert_eq!(rig.wake(), (None, vec![CLOSE_OLD, Step::Gap]));
    // Nor does one that came before there was anything to vouch for.
    let mut rig = rotating();
    rig.answered(1);
    rig.up(2);
    assert_eq!(rig.wake(), (None, vec![CLOSE_OLD, Step::Gap]));
}

#[test]
fn only_a_socket_that_takes_over_has_another_one_probed() {
    let mut rig = rotating();
    rig.lost();
    assert_eq!(rig.authorised(), [Step::Open(s(2))]);
    rig.opened(2);
    assert_eq!(rig.greeted_with(2, 1), [Step::Live { socket: s(2), renewed: false }]);
    assert_eq!(rig.pass(secs(10)), (None, vec![]), "no overlap");
}

#[test]
fn an_old_socket_that_breaks_in_the_overlap_may_have_taken_something_with_it() {
    let mut rig = rotated();
    assert_eq!(rig.closed(1), (SocketRole::Retiring, vec![Step::Gap]));
    assert_eq!(rig.link.phase(), Phase::Live);
    assert_ne!(rig.armed().map(|(_, why)| why), Some(DeadlineReason::Renew));
}

#[test]
fn there_is_one_rotation_at_a_time_and_none_without_a_live_socket() {
    let mut rig = rotating();
    assert_eq!(rig.rotate(), []);
    rig.authorised();
    assert_eq!(rig.rotate(), []);
    assert_eq!(Rig::new().rotate(), []);
    assert_eq!(Rig::greeting().rotate(), []);
    let mut waiting = Rig::live();
    waiting.lost();
    assert_eq!(waiting.rotate(), []);
}

#[test]
fn a_rotation_that_fails_keeps_the_old_socket_and_is_tried_again() {
    let mut rig = rotating();
    rig.authorised();
    rig.opened(2);
    assert_eq!(rig.closed(2), (SocketRole::Attempted, vec![]));
    assert_eq!((rig.link.phase(), rig.link.live_socket()), (Phase::Live, Some(s(1))));
    assert_eq!(rig.link.planned(), None, "to the user nothing is wrong");
    let (at, why) = rig.armed().expect("planned");
    assert!(why == DeadlineReason::Reconnect && at <= rig.now + secs(1));
    assert_eq!(rig.link.next_attempt(), Some(at));
    assert_eq!(rig.wake(), (None, vec![Step::Authorise]));
    assert_eq!(rig.up(3), takes_over(3, 1));
}

#[test]
fn a_rotation_that_waits_for_its_next_try_is_not_begun_sooner() {
    let mut rig = rotating();
    rig.fail(Some(secs(90)));
    assert_eq!(rig.rotate(), []);
    assert_eq!(rig.link.next_attempt(), Some(rig.now + secs(90)));
    assert_eq!(rig.pass(secs(90)), (None, vec![Step::Authorise]));
}

#[test]
fn a_rotation_refused_or_overdue_closes_only_the_new_socket() {
    let mut rig = rotating();
    rig.authorised();
    assert_eq!(rig.pass(secs(10)), (Some(Overdue::Opening), vec![faulty(2)]));
    assert_eq!(rig.link.live_socket(), Some(s(1)));
    rig.wake();
    assert_eq!(rig.fail(Some(secs(90))), []);
    assert_eq!(rig.armed(), Some((rig.now + secs(90), DeadlineReason::Reconnect)));
}

#[test]
fn losing_the_live_socket_turns_a_rotation_into_the_reconnect() {
    type Lose = fn(&mut Rig) -> Vec<Step>;
    let ways: [(Lose, Vec<Step>); 2] =
        [(|rig| rig.closed(1).1, vec![Step::Down]), (|rig| rig.lost(), vec![faulty(1), Step::Down])];
    for (lose, expected) in ways {
        let mut rig = rotating();
        assert_eq!(lose(&mut rig), expected);
        assert_eq!((rig.link.phase(), rig.link.planned()), (Phase::Authorising, None));
        assert_eq!(
            rig.up(2),
            [Step::Live { socket: s(2), renewed: false }],
            "something may have been missed"
        );

        let mut rig = rotating();
        rig.authorised();
        lose(&mut rig);
        assert_eq!(rig.link.phase(), Phase::Opening);
        assert_eq!(rig.armed(), Some((at(1_010), DeadlineReason::OpenTimeout)));

        let mut rig = rotating();
        rig.authorised();
        rig.opened(2);
        lose(&mut rig);
        assert_eq!(rig.link.phase(), Phase::Greeting);
        assert_eq!(rig.fail(None), [faulty(2)]);
        assert_eq!(rig.link.phase(), Phase::Waiting);
    }
}

#[test]
fn losing_the_live_socket_while_a_rotation_waits_reconnects_no_later_and_waits_for_the_provider() {
    for seed in 0..50 {
        let mut rig = Rig { rng: Rng::new([seed; 32]), ..rotating() };
        rig.fail(None);
        let planned = rig.link.next_attempt().expect("planned");
        rig.lost();
        assert_eq!(rig.link.phase(), Phase::Waiting);
        assert!(rig.link.planned().expect("planned") <= planned);
    }
    let mut rig = rotating();
    rig.fail(Some(secs(60)));
    rig.lost();
    assert_eq!(rig.link.planned(), Some(at(1_060)));
}

#[test]
fn losing_the_new_socket_within_the_overlap_closes_the_old_one_too() {
    let mut rig = rotated();
    assert_eq!(rig.closed(2), (SocketRole::Live, vec![faulty(1), Step::Down]));
    assert!(!rig.link.listens_to(s(1)));
    assert_eq!(rig.armed().map(|(_, why)| why), Some(DeadlineReason::Reconnect));
}

#[test]
fn a_second_rotation_within_the_overlap_closes_the_oldest() {
    let [probe, live] = takes_over(3, 2);
    for (answered, expected) in
        [(true, vec![CLOSE_OLD, probe, live]), (false, vec![CLOSE_OLD, probe, live, Step::Gap])]
    {
        let mut rig = rotated();
        if answered {
            rig.answered(1);
        }
        rig.rotate();
        rig.authorised();
        rig.opened(3);
        assert_eq!(rig.greeted(3), expected);
        assert!(rig.link.listens_to(s(2)) && rig.link.listens_to(s(3)) && !rig.link.listens_to(s(1)));
        // The second one owes its own answer.
        rig.answered(1);
        assert_eq!(rig.wake(), (None, vec![Step::Close(s(2), Closing::Replaced), Step::Gap]));
    }
}

#[test]
fn a_gate_and_the_end_close_old_new_and_live() {
    for (why, close) in [(Closing::Held, true), (Closing::Over, false)] {
        let mut rig = rotated();
        rig.rotate();
        rig.authorised();
        let mut steps = if close { rig.gate(SUSPENDED) } else { rig.end() };
        assert_eq!(steps.pop(), Some(Step::Down));
        let mut sockets = Vec::new();
        for step in steps {
            let Step::Close(socket, reason) = step else { panic!("{step:?}") };
            assert_eq!(reason, why);
            sockets.push(socket);
        }
        sockets.sort_unstable();
        assert_eq!(sockets, [s(1), s(2), s(3)]);
        assert_eq!(rig.armed(), None);
    }
    assert_eq!(rotating().end(), [Step::CancelAuthorise, Step::Close(s(1), Closing::Over), Step::Down]);
}

#[test]
fn health_is_counted_through_a_rotation() {
    let mut rig = Rig::live();
    rig.lost();
    rig.wake();
    rig.up(2);
    assert!(rig.link.has_failed());
    rig.pass(secs(20));
    rig.rotate();
    rig.up(3);
    rig.pass(secs(10));
    assert!(!rig.link.has_failed(), "30 s up in all");
}
