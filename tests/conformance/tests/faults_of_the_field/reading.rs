//! Frames, well made and not.

use helpline_emulator::amazon_connect::AgentAction;
use helpline_protocol::model::{AuthenticationStage, Direction, ItemBody, Notice, Role, Template};
use helpline_protocol::{Command, ConnectionState, Event, FaultKind, amazon_connect};
use serde_json::{Value, json};

use crate::hand::Hand;
use crate::rig::{Look as _, connected, world};

fn notices(world: &helpline_simulation::World) -> Vec<Notice> {
    let of = world.transcript().into_iter().filter_map(|item| match &item.body {
        ItemBody::Notice { notice } => Some(notice.clone()),
        _ => None,
    });
    of.collect()
}

#[test]
pub(crate) fn row_17_members_that_are_missing_cost_nothing_but_themselves() {
    let whole = json!({
        "Id": "i", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "hello",
        "AbsoluteTime": "2026-03-14T09:27:00.000Z", "ParticipantId": "agent", "ParticipantRole": "AGENT",
        "DisplayName": "Tomasz", "ContactId": "contact", "InitialContactId": "contact",
        "MessageMetadata": { "MessageId": "i", "Receipts": [{ "RecipientParticipantId": "me" }] },
    });
    for member in whole.as_object().unwrap().keys().filter(|name| *name != "Id" && *name != "Type") {
        for without in [None, Some(Value::Null)] {
            let mut item = whole.clone();
            match without {
                None => drop(item.as_object_mut().unwrap().remove(member)),
                Some(null) => item[member] = null,
            }
            let mut hand = Hand::live(|config| config);
            hand.item(&item);
            assert_eq!(hand.transcript().len(), 1, "without {member}: {:?}", hand.events());
            assert_eq!(hand.session.state(), ConnectionState::Live);
        }
    }
    let mut hand = Hand::live(|config| config);
    hand.item(&json!({ "Id": "bare", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "hello" }));
    let item = hand.transcript()[0].clone();
    assert_eq!(
        (item.sender.role, item.sender.display_name, item.body.text()),
        (Role::Unknown, None, Some("hello"))
    );
    // Receipts without the message they are on are told, and nothing else comes of them.
    for metadata in [json!({}), json!({ "MessageId": null }), json!({ "Receipts": [{}] })] {
        hand.item(&json!({ "Type": "MESSAGEMETADATA", "MessageMetadata": metadata }));
    }
    hand.item(&json!({ "Type": "MESSAGEMETADATA", "MessageMetadata": { "MessageId": "bare" } }));
    assert_eq!(hand.transcript().len(), 1);
    assert_eq!(hand.session.state(), ConnectionState::Live);
}

#[test]
pub(crate) fn row_18_a_failed_transfer_is_told() {
    let mut world = connected(&[]);
    world.agent(AgentAction::TransferFailed);
    world.say("so I stay");
    world.run_for(1_000);
    assert_eq!(notices(&world), [Notice::TransferFailed]);
    assert_eq!(world.texts(), ["so I stay"]);
    world.assert_live();
}

#[test]
pub(crate) fn row_19_a_frame_that_is_no_json_is_told_and_passed_over() {
    let mut world = connected(&[]);
    let frames = [
        "",
        "garbage",
        "[1,2",
        "{\"topic\":",
        "null",
        "[]",
        "17",
        "\u{0}\u{fffd}",
        "{\"topic\":\"aws/chat\",\"content\":\"{\"}",
    ];
    for frame in frames {
        world.agent(AgentAction::RawFrame(frame.to_owned()));
    }
    world.say("and on");
    world.run_for(1_000);
    let told = world.events().into_iter().filter(|event| match event {
        Event::ProviderFault { fault } => fault.kind == FaultKind::Malformed,
        event => matches!(event, Event::Unrecognized { .. }),
    });
    assert_eq!(told.count(), frames.len(), "{:?}", world.events());
    assert_eq!(world.texts(), ["and on"]);
    assert!(world.lost().is_empty());
    world.assert_live();
}

#[test]
pub(crate) fn row_20_unknown_content_types_are_told_and_kept() {
    let mut world = connected(&[]);
    let say = |content_type: &str, content: &str| AgentAction::SayAs {
        content_type: content_type.to_owned(),
        content: content.to_owned(),
    };
    world.agent(say("application/vnd.example.hologram", "~~"));
    world.agent(AgentAction::Event { name: "participant.levitated".to_owned(), content: None });
    world.run_for(1_000);
    let [item] = world.transcript()[..] else { panic!("{:?}", world.transcript()) };
    let ItemBody::Other { content_type, content } = &item.body else { panic!("{item:?}") };
    assert_eq!(content_type.as_deref(), Some("application/vnd.example.hologram"));
    assert_eq!(content.as_deref(), Some("~~"));
    let told: Vec<&str> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Unrecognized { what, .. } => Some(what.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["event participant.levitated"]);
    world.assert_live();
}

#[test]
pub(crate) fn row_21_every_declared_event_is_told_as_itself() {
    let authentication = |stage, attempt| Notice::Authentication { stage, attempt };
    let attempt = "0b4d2c7e-2f0a-4c55-9d0e-3f1f8f2b6a11";
    let declared = [
        ("participant.displayname.updated", None, Notice::ParticipantRenamed),
        ("participant.active", None, Notice::ParticipantActive),
        ("participant.inactive", None, Notice::ParticipantInactive),
        ("participant.idle", None, Notice::ParticipantIdle),
        ("participant.returned", None, Notice::ParticipantReturned),
        ("participant.autodisconnection", None, Notice::ParticipantAutoDisconnected),
        ("participant.invited", None, Notice::ParticipantInvited),
        ("connection.acknowledged", None, Notice::ConnectionAcknowledged),
        ("workflow.cancelled", None, Notice::WorkflowCancelled),
        (
            "authentication.initiated",
            Some(format!(r#"{{"SessionId":"{attempt}"}}"#)),
            authentication(AuthenticationStage::Initiated, Some(attempt.to_owned())),
        ),
        ("authentication.succeeded", None, authentication(AuthenticationStage::Succeeded, None)),
        ("authentication.failed", None, authentication(AuthenticationStage::Failed, None)),
        ("authentication.timeout", None, authentication(AuthenticationStage::TimedOut, None)),
        ("authentication.expired", None, authentication(AuthenticationStage::Expired, None)),
        ("authentication.cancelled", None, authentication(AuthenticationStage::Cancelled, None)),
    ];
    let mut world = connected(&[]);
    for (name, content, _) in &declared {
        world.agent(AgentAction::Event { name: (*name).to_owned(), content: content.clone() });
        world.run_for(100);
    }
    let expected: Vec<Notice> = declared.into_iter().map(|(_, _, notice)| notice).collect();
    assert_eq!(notices(&world), expected);
    world.assert_live();
}

#[test]
pub(crate) fn row_36_frames_of_another_contact_are_told() {
    // A wrong contact id, as a backend may hand over by mistake: nothing is filtered in silence.
    let mut world = world(&[]);
    let chat = &world.provider.chat;
    let details =
        amazon_connect::ChatDetails::new(chat.participant_token.as_str()).with_contact_id("mistaken");
    world.replace_session(amazon_connect::Config::new(details).with_endpoint("http://127.0.0.1:80"));
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    for number in 0..3 {
        world.say(&format!("{number}"));
    }
    world.run_for(1_000);
    let told = world.events().into_iter().filter(
        |event| matches!(event, Event::Unrecognized { what, raw } if what == "foreign contact" && !raw.is_empty()),
    );
    assert_eq!(told.count(), 3);
    assert!(world.transcript().is_empty());
    world.assert_live();
}

#[test]
pub(crate) fn row_38_questions_with_unknown_keys_are_read() {
    let question = json!({
        "templateType": "ListPicker", "version": "9.9", "shape": { "of": ["things", 1, null] },
        "data": {
            "novelty": true,
            "replyMessage": { "title": "Thanks", "sparkle": 3 },
            "content": {
                "title": "Which one?", "fontSize": 12, "referenceId": "r1",
                "elements": [{ "title": "This", "weight": 1.5 }, { "title": "That", "nested": [[]] }],
            },
        },
    });
    let mut world = connected(&[]);
    world.agent(AgentAction::SayAs {
        content_type: "application/vnd.amazonaws.connect.message.interactive".to_owned(),
        content: question.to_string(),
    });
    world.run_for(1_000);
    let item = world.transcript()[0].clone();
    let ItemBody::Interactive { interactive } = &item.body else { panic!("{item:?}") };
    let Template::ListPicker { heading, elements, .. } = &interactive.template else { panic!("{item:?}") };
    let titles: Vec<&str> = elements.iter().map(|element| element.title.as_str()).collect();
    assert_eq!((heading.title.as_str(), titles), ("Which one?", vec!["This", "That"]));
    assert!(interactive.reply.is_some());
}

#[test]
pub(crate) fn row_39_a_bots_pieces_grow_one_message() {
    let mut world = connected(&["reorder=600", "duplicate=1/3"]);
    let pieces = ["Your ", "parcel ", "is ", "on ", "its ", "way."];
    world.agent(AgentAction::StreamBot(pieces.map(str::to_owned).to_vec()));
    let mut shown = vec![String::new()];
    for _ in 0..60 {
        world.run_for(50);
        let texts = world.texts();
        assert!(texts.len() <= 1, "one message: {texts:?}");
        if let Some(text) = texts.first().filter(|text| **text != shown[shown.len() - 1]) {
            shown.push((*text).to_owned());
        }
    }
    assert!(shown.len() > 2, "it grew: {shown:?}");
    assert!(shown.windows(2).all(|two| two[1].starts_with(&two[0])), "and only that: {shown:?}");
    let item = world.transcript()[0];
    assert_eq!((item.body.text(), item.partial), (Some("Your parcel is on its way."), false));
    assert_eq!(item.direction, Direction::Incoming);
    world.assert_equal();
}
