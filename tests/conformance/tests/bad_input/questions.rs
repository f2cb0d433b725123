//! Questions and forms that are not whole.

use helpline_emulator::amazon_connect::{AgentAction, InteractiveKind, Operation as Call};
use helpline_protocol::model::{Choice, ItemBody, Template};
use helpline_protocol::{
    Command, CommandError, CommandResult, Failure, MessageKey, Operation, Retry, amazon_connect,
};
use helpline_simulation::World;
use serde_json::json;

use crate::rig::{Look as _, connected};
use crate::{failure, lives_on, outcome, refused};

fn describe(message: MessageKey) -> Command {
    Command::AmazonConnect { request: amazon_connect::Request::DescribeView { message } }
}

fn ask(world: &mut World, content: &str) -> (MessageKey, Template) {
    world.agent(AgentAction::SayAs {
        content_type: "application/vnd.amazonaws.connect.message.interactive".to_owned(),
        content: content.to_owned(),
    });
    world.run_for(1_000);
    let item = *world.transcript().last().expect("the question");
    let ItemBody::Interactive { interactive } = &item.body else { panic!("{item}") };
    (item.key, interactive.template.clone())
}

#[test]
fn a_view_token_that_is_not_good() {
    for fault in ["view-life=0", "view-once"] {
        let mut world = connected(&[fault]);
        world.agent(AgentAction::Interactive(InteractiveKind::View));
        world.run_for(1_000);
        let message = world.transcript()[0].key;
        if fault == "view-once" {
            let first = outcome(&mut world, describe(message));
            assert!(matches!(first, CommandResult::AmazonConnect { .. }), "{first:?}");
        }
        let before = world.calls(Call::DescribeView);
        let failure = failure(&mut world, describe(message));
        let Failure::Provider { fault: told } = &failure else { panic!("{fault}: {failure:?}") };
        assert_eq!((told.operation, told.status), (Some(Operation::DescribeView), Some(404)));
        assert_eq!(told.code.as_deref(), Some("ResourceNotFoundException"));
        assert_eq!(told.retry, Retry::Never);
        assert_eq!(world.calls(Call::DescribeView), before + 1, "it is not asked again");
        lives_on(&mut world);
    }
}

#[test]
fn a_view_of_a_message_that_has_none() {
    let mut world = connected(&[]);
    world.say("no form");
    world.run_for(1_000);
    let message = world.transcript()[0].key;
    for message in [message, MessageKey::from_u64(99)] {
        let error = refused(&mut world, describe(message));
        assert!(error.to_string().contains("no form"), "{error}");
    }
    lives_on(&mut world);
}

#[test]
fn templates_with_missing_parts_stay_readable_and_cannot_be_answered() {
    let mut world = connected(&[]);
    for (content, reason) in [
        (json!({}), "templateType"),
        (json!({ "templateType": "ListPicker" }), "elements"),
        (json!({ "templateType": "ListPicker", "data": { "content": { "title": "t" } } }), "elements"),
        (
            json!({ "templateType": "ListPicker", "data": { "content": { "title": "t", "elements": [{}] } } }),
            "title",
        ),
        (json!({ "templateType": "QuickReply", "data": { "content": { "elements": 5 } } }), ""),
        (json!({ "templateType": "TimePicker", "data": { "content": { "title": "t" } } }), "timeslots"),
        (
            json!({ "templateType": "TimePicker", "data": { "content": { "title": "t", "timeslots": [{}] } } }),
            "date",
        ),
        (json!({ "templateType": "Carousel", "data": { "content": { "title": "t" } } }), "elements"),
        (json!({ "templateType": "ViewResource", "data": { "content": { "viewId": "v" } } }), "viewToken"),
        (json!({ "templateType": "Hologram", "data": { "content": {} } }), "known"),
        (json!("a text"), ""),
        (json!([]), ""),
    ] {
        let (message, template) = ask(&mut world, &content.to_string());
        let Template::Unknown { reason: told, .. } = &template else { panic!("{content}: {template:?}") };
        assert!(!told.is_empty() && told.contains(reason), "{content}: {told}");
        let error = refused(&mut world, Command::Answer { message, choice: Choice::Element { index: 0 } });
        let CommandError::InvalidChoice { hint, .. } = &error else { panic!("{content}: {error:?}") };
        assert!(!hint.is_empty());
    }
    // A heading without a title, and a card that is not whole among those that are.
    let card = |content| json!({ "templateType": "Panel", "data": { "content": content } });
    let whole = card(json!({ "title": "p", "elements": [{ "title": "e" }] }));
    let carousel = json!({
        "templateType": "Carousel", "data": { "content": { "title": "t", "elements": [card(json!({})), whole] } },
    });
    let (message, template) = ask(&mut world, &carousel.to_string());
    let Template::Carousel { cards, .. } = &template else { panic!("{template:?}") };
    assert!(matches!(cards[0].template, Template::Unknown { .. }));
    assert!(matches!(cards[1].template, Template::Panel { .. }));
    let choice = |card| Command::Answer { message, choice: Choice::CardElement { card, element: 0 } };
    assert!(matches!(refused(&mut world, choice(0)), CommandError::InvalidChoice { .. }));
    assert!(matches!(outcome(&mut world, choice(1)), CommandResult::Sent { .. }));
    lives_on(&mut world);
}
