//! Credentials and sockets that end.

use helpline_emulator::amazon_connect::{AgentAction, Operation as Call};
use helpline_protocol::model::{ItemBody, Notice};
use helpline_protocol::{Command, ConnectionState, EndReason, Event, Operation, Output, RequestId};
use helpline_simulation::{Latency, WorldConfig};

use crate::rig::{Look as _, connected, of, server, world};

#[test]
pub(crate) fn row_07_only_a_refused_credential_ends_a_renewal() {
    for fault in [
        "status=500,op=connection,times=5",
        "status=503,op=connection,times=5",
        "status=429,op=connection,times=5",
        "lost-request=next:5,op=connection",
        "lost-answer=next:5,op=connection",
        "garbage-answer=next:3,op=connection",
    ] {
        let mut world = connected(&[]);
        world.fault(fault);
        world.cut();
        world.say("missed");
        world.run_for(180_000);
        world.assert_live();
        assert_eq!(world.texts(), ["missed"], "{fault}");
        assert!(world.calls(Call::CreateConnection) > 4, "{fault}: it was tried again and again");
    }
    let mut world = connected(&[]);
    world.fault("status=403,op=connection");
    world.cut();
    world.run_for(30_000);
    assert!(matches!(world.session.state(), ConnectionState::Ended { .. }));
    assert_eq!(world.calls(Call::CreateConnection), 2, "403 is the end, and at once");
}

#[test]
pub(crate) fn row_08_a_refused_credential_is_told_as_that_and_no_event_is_made_up() {
    let rejected = |chat_may_have_ended| ConnectionState::Ended {
        reason: EndReason::CredentialRejected {
            code: Some("AccessDeniedException".to_owned()),
            chat_may_have_ended,
        },
    };
    let mut world = connected(&["end-while-away"]);
    world.say("one");
    world.run_for(1_000);
    world.cut();
    world.run_for(30_000);
    assert_eq!(world.session.state(), rejected(true));
    assert_eq!(world.texts(), ["one"]);
    let made_up = world.transcript().into_iter().any(|item| {
        item.server_id.is_none() || item.body == ItemBody::Notice { notice: Notice::ConversationEnded }
    });
    assert!(!made_up, "no item that the service did not send");
    // Of a token that never was good there is no chat to have ended.
    let mut world =
        of(WorldConfig { server: server(&["status=403,op=connection"]), ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(5_000);
    assert_eq!(world.session.state(), rejected(false));
}

#[test]
pub(crate) fn row_12_sockets_and_tokens_are_renewed_before_they_end() {
    let mut world = world(&["socket-life=600", "token-life=700"]);
    world.execute(Command::Connect).unwrap();
    for minute in 0..90 {
        world.run_until((minute + 1) * 60_000);
        world.send(&format!("minute {minute}"));
        world.say(&format!("and {minute}"));
    }
    world.run_for(5_000);
    assert!(world.lost().is_empty(), "{:?}", world.lost());
    let renewed = world.events().into_iter().filter(|event| **event == Event::ConnectionRenewed).count();
    assert!((8..=13).contains(&renewed), "{renewed} renewals in 90 minutes");
    assert_eq!(world.provider.server.stats().answers.keys().copied().collect::<Vec<_>>(), [200]);
    assert_eq!(world.provider.server.stats().client_close_codes.get(&0), None);
    world.assert_equal();
}

#[test]
pub(crate) fn row_13_what_comes_on_two_sockets_is_shown_once() {
    let mut world = connected(&[]);
    world.run_until(3_400_000);
    world.agent(AgentAction::SayMany { prefix: "tick".to_owned(), count: 8_000, every_ms: 20 });
    let mut both = 0;
    while world.now() < 3_600_000 {
        world.run_for(20);
        both += u64::from(world.provider.server.stats().sockets_open == 2);
        if both > 100 && world.provider.server.stats().sockets_open == 1 {
            break;
        }
    }
    assert!(both > 10, "for a while there were two");
    world.run_for(200_000);
    assert!(world.lost().is_empty());
    assert_eq!(world.texts().len(), 8_000);
    world.assert_equal();
    let held = world.events().into_iter().any(|event| matches!(event, Event::GapClosed { .. }));
    assert!(!held, "with both alive nothing has to be fetched");
}

#[test]
pub(crate) fn row_35_one_call_for_credentials_serves_all_who_need_it() {
    // Answers take two seconds, so that everybody asks meanwhile.
    for cut_first in [true, false] {
        let latency = Latency { http: 1_000, socket: 10 };
        let mut world = of(WorldConfig { latency, ..WorldConfig::default() });
        world.execute(Command::Connect).unwrap();
        world.run_until(5_000);
        let before = world.outputs.len();
        if cut_first {
            world.cut();
            world.run_for(50);
        }
        let contact = world.provider.chat.contact_id.clone();
        world.provider.server.expire_tokens(&contact);
        world.send("one");
        world.execute(Command::SendTyping { conversation: None }).unwrap();
        world.execute(Command::LoadHistory { conversation: None, limit: None }).unwrap();
        world.execute(Command::AttachmentUrl { attachment: "unknown".to_owned(), expires_in: None }).unwrap();
        world.run_for(2_100);
        if !cut_first {
            world.cut();
        }
        world.run_for(60_000);
        let calls: Vec<(u64, RequestId)> = world.outputs[before..]
            .iter()
            .filter_map(|(at, output)| match output {
                Output::Request { id, operation: Operation::Authorise, .. } => Some((*at, *id)),
                _ => None,
            })
            .collect();
        if cut_first {
            assert_eq!(calls.len(), 1, "one for token and socket: {calls:?}");
        } else {
            // A call for the token alone was under way; one that brings a socket too takes its place.
            assert!(calls.len() <= 2, "{calls:?}");
            for two in calls.windows(2) {
                let back = |(at, output): &(u64, Output)| {
                    *at <= two[1].0 && matches!(output, Output::CancelRequest { id } if *id == two[0].1)
                };
                let over = two[1].0 - two[0].0 >= 2_000;
                assert!(over || world.outputs.iter().any(back), "one at a time: {calls:?}");
            }
        }
        world.assert_live();
        assert_eq!(world.own().len(), 1);
        world.assert_equal();
    }
}

#[test]
pub(crate) fn row_43_odd_expiries_flood_nobody() {
    for form in ["absent", "unreadable", "past", "far", "offset"] {
        let mut world = world(&[&format!("expiry={form}")]);
        world.execute(Command::Connect).unwrap();
        world.run_until(3 * 3_600_000);
        let calls = world.calls(Call::CreateConnection);
        assert!((3..=6).contains(&calls), "{form}: {calls} calls in three hours");
        world.assert_live();
        let gaps: Vec<u64> =
            world.asked(Operation::Authorise).windows(2).map(|two| two[1].0 - two[0].0).collect();
        assert!(gaps.iter().all(|gap| *gap >= 30_000), "{form}: {gaps:?}");
        world.send("still here");
        world.run_for(5_000);
        world.assert_equal();
    }
}
