//! Whether a link is alive.

use helpline_protocol::{Input, LostReason, Network, SocketClosed, TransportFault};

use crate::hand::{HEARTBEAT, Hand, PING};
use crate::rig::{Look as _, connected};

#[test]
pub(crate) fn row_09_either_missed_heartbeat_replaces_the_socket() {
    for (fault, probe) in [("no-heartbeat", "aws/heartbeat"), ("no-ping", "aws/ping")] {
        let mut world = connected(&[]);
        let since = world.now();
        world.fault(fault);
        world.run_for(22_000);
        let lost = world.lost();
        let [(at, LostReason::Silent { probe: told }), ..] = &lost[..] else { panic!("{fault}: {lost:?}") };
        assert_eq!(told, probe);
        assert!(at - since <= 20_100, "{fault}: noticed after {}", at - since);
        world.heal();
        world.run_for(60_000);
        world.assert_live();
        assert!(world.provider.server.stats().sockets_opened >= 2);
    }
    // A failure instead of an answer, twice, does the same.
    let mut world = connected(&["ping-500"]);
    world.run_for(25_000);
    let lost = world.lost();
    assert!(matches!(&lost[..], [(_, LostReason::Unhealthy { .. }), ..]), "{lost:?}");
}

#[test]
pub(crate) fn row_10_heartbeats_go_on_after_a_long_loss() {
    let mut world = connected(&[]);
    world.set_line_down(true);
    world.run_for(45_000);
    world.set_line_down(false);
    world.run_for(60_000);
    world.assert_live();
    for topic in ["aws/heartbeat", "aws/ping"] {
        let before = world.provider.server.stats().received(topic);
        world.run_for(60_000);
        let after = world.provider.server.stats().received(topic);
        assert!((5..=7).contains(&(after - before)), "{topic}: {} in a minute", after - before);
    }
    // And they are still worth something.
    let contact = world.provider.chat.contact_id.clone();
    let (now, losses) = (world.now(), world.lost().len());
    world.provider.act(now, |server, _, _| server.silence_sockets(&contact));
    world.run_for(20_500);
    assert_eq!(world.lost().len(), losses + 1);
}

#[test]
pub(crate) fn row_11_an_answer_to_an_older_probe_revives_nothing() {
    let mut hand = Hand::live(|config| config);
    let first = hand.socket();
    // Answers that nobody asked for count for nothing.
    hand.now = 9_000;
    hand.frame(first, HEARTBEAT);
    hand.frame(first, PING);
    hand.until(15_000);
    let sent = |hand: &Hand| (hand.sent(first, "aws/heartbeat"), hand.sent(first, "aws/ping"));
    assert_eq!(sent(&hand), (2, 2), "one of a kind every ten seconds");
    hand.until(20_100);
    assert_eq!(sent(&hand), (2, 2), "and no other while one waits");
    let silent =
        |hand: &Hand| hand.events().iter().filter(|event| event.to_string().contains("no answer to")).count();
    assert_eq!(silent(&hand), 1, "the answer before the probe did not save the socket");
    // The answers come at last, on the old socket: the new one is judged by its own.
    hand.until(23_000);
    hand.authorised();
    hand.opened();
    let second = hand.socket();
    assert_ne!(first, second);
    hand.acknowledged(second);
    hand.until(25_000);
    hand.frame(first, HEARTBEAT);
    hand.frame(first, PING);
    hand.until(34_000);
    assert_eq!(silent(&hand), 2, "the second is silent too");
    let why = SocketClosed::Failed(TransportFault::ConnectionLost);
    hand.tell(Input::SocketClosed { socket: first, why });
    assert!(hand.session.usage().stale_inputs >= 2, "what is late is counted");
}

#[test]
pub(crate) fn row_34_a_new_network_probes_and_does_not_drop() {
    let mut world = connected(&[]);
    for _ in 0..5 {
        let before = world.provider.server.stats().received("aws/heartbeat");
        world.run_for(2_000);
        world.tell(Input::Network(Network::Online));
        world.run_for(500);
        let after = world.provider.server.stats().received("aws/heartbeat");
        assert!(after > before, "the socket is asked at once");
    }
    assert_eq!(world.provider.server.stats().sockets_opened, 1, "a healthy one stays");
    assert!(world.lost().is_empty());
    // A dead one is noticed by that probe, sooner than by the next of its own.
    let contact = world.provider.chat.contact_id.clone();
    let now = world.now();
    world.provider.act(now, |server, _, _| server.silence_sockets(&contact));
    world.run_for(200);
    world.tell(Input::Network(Network::Online));
    world.run_for(10_100);
    let lost = world.lost();
    assert!(matches!(&lost[..], [(_, LostReason::Silent { .. })]), "{lost:?}");
}
