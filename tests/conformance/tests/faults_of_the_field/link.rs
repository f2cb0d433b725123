//! How a link comes about, is lost and made again.

use helpline_emulator::amazon_connect::{AgentAction, Operation as Call};
use helpline_protocol::{
    Command, CommandId, ConnectionState, EndReason, Event, Input, LostReason, Network, Operation,
};
use helpline_simulation::{World, WorldConfig};

use crate::rig::{Look as _, connected, of, server, world};

/// When credentials were asked for.
fn tries(world: &World) -> Vec<u64> {
    world.asked(Operation::Authorise).into_iter().map(|(at, _)| at).collect()
}

#[test]
pub(crate) fn row_06_every_retry_backs_off_with_jitter_and_one_try_is_under_way() {
    // The ways in which a try can fail: at the credentials, at the upgrade, at the greeting, and right after it.
    for fault in
        ["status=500,op=connection", "lost-request=1000,op=connection", "refuse-upgrade=503", "drop-after=2"]
    {
        let mut seen = Vec::new();
        for seed in 1..=3 {
            let mut world = of(WorldConfig { seed, server: server(&[fault]), ..WorldConfig::default() });
            world.execute(Command::Connect).unwrap();
            world.run_until(600_000);
            let tries = tries(&world);
            let early = tries.iter().filter(|at| **at < 10_000).count();
            assert!(early <= 12, "{fault}: {early} tries in ten seconds");
            assert!((15..100).contains(&tries.len()), "{fault}: {} tries in ten minutes", tries.len());
            for wait in tries.windows(2).map(|pair| pair[1] - pair[0]) {
                assert!(wait <= 31_500, "{fault}: waits are capped: {wait}");
            }
            let longest = tries.windows(2).map(|pair| pair[1] - pair[0]).max();
            assert!(longest > Some(8_000), "{fault}: and they grow: {longest:?}");
            seen.push(tries);
        }
        assert!(seen[0] != seen[1] && seen[1] != seen[2], "{fault}: chance decides");
    }
    // No second call while one is under way.
    let mut world = world(&["hang=1000,op=connection"]);
    world.execute(Command::Connect).unwrap();
    world.run_until(60_000);
    assert!(tries(&world).windows(2).all(|pair| pair[1] - pair[0] >= 10_000), "{:?}", tries(&world));
}

#[test]
pub(crate) fn row_29_each_state_is_told_once_with_its_reason() {
    let mut world = connected(&[]);
    for _ in 0..5 {
        world.cut();
        world.run_for(40_000);
        world.assert_live();
    }
    world.agent(AgentAction::End);
    world.run_for(10_000);
    let mut last = ConnectionState::Idle;
    let mut lost = 0;
    for event in world.events() {
        match event {
            Event::ConnectionChanged { state } => {
                assert_ne!(*state, last, "a state is told when it changes");
                assert!(!matches!(last, ConnectionState::Ended { .. }), "the end is the end");
                if last == ConnectionState::Live && matches!(state, ConnectionState::Reconnecting { .. }) {
                    assert!(lost > 0, "a loss has its reason before it");
                    lost -= 1;
                }
                last = state.clone();
            }
            Event::ConnectionLost { .. } => lost += 1,
            _ => {}
        }
    }
    assert_eq!(lost, 0, "no reason without a loss");
    assert_eq!(last, ConnectionState::Ended { reason: EndReason::ChatEnded });
    let ends = world.events().into_iter().filter(|event| matches!(event, Event::ConversationEnded { .. }));
    assert_eq!(ends.count(), 1);
}

#[test]
pub(crate) fn row_30_connect_finishes_when_the_subscription_holds() {
    let mut world = world(&["no-ack"]);
    let connect = world.execute(Command::Connect).unwrap();
    world.run_until(3_000);
    assert!(world.provider.server.stats().sockets_open > 0, "there is a socket");
    assert_eq!(finished(&world, connect), None, "and yet no connection");
    assert_eq!(world.session.state(), ConnectionState::Connecting);
    world.heal();
    world.run_for(60_000);
    let live = world.lines.iter().find_map(|line| match &line.event {
        Event::ConnectionChanged { state: ConnectionState::Live } => Some(line.at),
        _ => None,
    });
    assert!(live.is_some());
    assert_eq!(finished(&world, connect), live, "it finishes at that moment");
    assert!(world.provider.server.stats().sent("aws/subscribe") >= 1, "it was acknowledged");
}

fn finished(world: &World, wanted: CommandId) -> Option<u64> {
    world.lines.iter().find_map(|line| match &line.event {
        Event::CommandFinished { command, .. } if *command == wanted => Some(line.at),
        _ => None,
    })
}

#[test]
pub(crate) fn row_33_a_close_frame_of_whatever_code_reconnects() {
    for code in [1000, 1001, 1006, 1011, 4000, 4999] {
        let mut world = connected(&[]);
        let contact = world.provider.chat.contact_id.clone();
        let now = world.now();
        world.provider.act(now, |server, wall, out| server.close_sockets(wall, &contact, code, "away", out));
        world.say("meanwhile");
        world.run_for(5_000);
        let lost = world.lost();
        let [(_, LostReason::Closed { code: Some(told), text })] = &lost[..] else { panic!("{lost:?}") };
        assert_eq!((*told, text.as_str()), (code, "away"));
        world.assert_live();
        assert_eq!(world.texts(), ["meanwhile"]);
    }
}

#[test]
pub(crate) fn row_45_the_network_is_what_the_host_says_it_is() {
    let mut world = connected(&[]);
    world.set_line_down(true);
    world.tell(Input::Network(Network::Offline));
    assert_eq!(world.session.state(), ConnectionState::Offline);
    world.send("later");
    world.run_for(600_000);
    assert_eq!(tries(&world).len(), 1, "nothing is tried without a network");
    assert!(world.asked(Operation::SendMessage).is_empty());
    world.set_line_down(false);
    let back = world.now();
    world.tell(Input::Network(Network::Online));
    world.run_for(5_000);
    let again = tries(&world)[1];
    assert!(again - back <= 1_001, "and soon when there is one: after {}", again - back);
    world.assert_live();
    assert_eq!(world.calls(Call::SendMessage), 1);
    world.assert_equal();
}
