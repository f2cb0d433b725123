//! Messages on their way out.

use helpline_emulator::amazon_connect::Operation as Call;
use helpline_protocol::model::DeliveryStatus;
use helpline_protocol::{Command, CommandResult, Failure, Operation};
use serde_json::Value;

use crate::rig::{Look as _, connected};

fn tokens(asked: &[(u64, Value)]) -> Vec<&str> {
    asked.iter().map(|(_, body)| body["ClientToken"].as_str().expect("there is one")).collect()
}

#[test]
pub(crate) fn row_04_a_retried_send_keeps_its_client_token() {
    let mut world = connected(&[
        "lost-answer=next:4,op=message",
        "status=500,op=message,times=1",
        "status=429,op=message,times=1",
        "echo=never",
    ]);
    world.send("one");
    world.run_for(60_000);
    world.send("two");
    world.run_for(10_000);
    let asked = world.asked(Operation::SendMessage);
    let tokens = tokens(&asked);
    assert_eq!(tokens.len(), 6, "tried until it was answered: {tokens:?}");
    assert!(tokens[..5].iter().all(|token| *token == tokens[0] && token.len() == 36), "{tokens:?}");
    assert_ne!(tokens[5], tokens[0], "another message has another");
    let stats = world.provider.server.stats();
    assert_eq!((stats.messages, stats.duplicates), (2, 2));
    world.assert_equal();
}

#[test]
pub(crate) fn row_05_a_send_of_unknown_outcome_is_looked_for_before_it_is_sent_again() {
    // It arrived, and nothing said so: the history does, and nothing is sent again.
    let mut world = connected(&["lost-answer=1000,op=message", "echo=never"]);
    world.send("arrived");
    world.run_for(600_000);
    let asked = world.asked(Operation::SendMessage);
    let first = asked[0].0;
    assert!(asked.iter().all(|(at, _)| at - first <= 121_000), "the token is not trusted beyond its window");
    assert!(matches!(world.result_of("arrived"), Some(CommandResult::Sent { .. })));
    let looked = world.asked(Operation::CatchUp);
    assert!(looked.iter().any(|(at, _)| *at > asked.last().unwrap().0), "the history was asked: {looked:?}");
    assert_eq!(world.provider.server.stats().messages, 1);
    world.assert_equal();

    // The history cannot be had: uncertain, and a resend of the user's is under the token it always had.
    let mut world = connected(&["lost-answer=1000,op=message", "status=500,op=transcript", "echo=never"]);
    world.send("who knows");
    world.run_for(1_200_000);
    let message = world.key_of("who knows");
    let status = world.own()[0].status.clone();
    assert!(matches!(status, Some(DeliveryStatus::Uncertain { .. })), "{status:?}");
    world.heal();
    world.execute(Command::Resend { message }).unwrap();
    world.run_for(60_000);
    let asked = world.asked(Operation::SendMessage);
    let tokens = tokens(&asked);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_eq!(world.provider.server.stats().messages, 1, "it is there once");
    world.assert_equal();
}

#[test]
pub(crate) fn row_41_a_failure_belongs_to_its_message_alone() {
    let mut world = connected(&[]);
    world.send("fine");
    world.run_for(1_000);
    world.fault("status=400,op=message,times=1");
    world.send("refused");
    world.send("behind it");
    world.run_for(1_000);
    let status = |world: &helpline_simulation::World, text: &str| {
        world.session.item(world.key_of(text)).and_then(|item| item.status.clone()).unwrap()
    };
    let first = status(&world, "refused");
    let DeliveryStatus::Failed { failure: Failure::Provider { fault } } = &first else { panic!("{first:?}") };
    assert_eq!(fault.status, Some(400));
    let blocked_by = world.key_of("refused");
    let behind = status(&world, "behind it");
    assert_eq!(behind, DeliveryStatus::Failed { failure: Failure::Blocked { blocked_by } });
    assert_eq!(status(&world, "fine"), DeliveryStatus::Sent);
    // Another failure later changes neither.
    world.execute(Command::Discard { message: world.key_of("behind it") }).unwrap();
    world.fault("status=402,op=message,times=1");
    world.send("refused otherwise");
    world.run_for(1_000);
    assert_eq!(status(&world, "refused"), first);
    let other = status(&world, "refused otherwise");
    assert_ne!(other, first);
    assert_eq!(status(&world, "fine"), DeliveryStatus::Sent);
    assert_eq!(world.calls(Call::CreateConnection), 1, "the link has nothing to do with it");
}
