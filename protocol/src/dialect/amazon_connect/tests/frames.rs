use super::*;
use crate::error::{FaultKind, Retry};
use crate::model::ItemBody;

#[test]
fn every_server_frame_has_its_fact() {
    let mut names = fixtures("ws-server-", ".json");
    names.extend(fixtures("ws-malformed-", ".txt"));
    check_table(include_str!("frames.txt"), &names, |name| describe::fact(&decode(&fixture(name))));
}

#[test]
fn white_space_makes_no_difference() {
    for name in fixtures("ws-server-", ".json") {
        let dense = json(&name).to_string();
        let (one, two) = (decode(&fixture(&name)), decode(&dense));
        match (&one, &two) {
            (Fact::Unrecognized { what, .. }, Fact::Unrecognized { what: other, .. }) => {
                assert_eq!(what, other)
            }
            (Fact::Fault(one), Fact::Fault(two)) => assert_eq!(one.kind, two.kind),
            _ => assert_eq!(one, two, "{name}"),
        }
    }
}

/// A chat frame around an item.
fn chat(item: &str) -> Fact {
    decode(&Value::from_iter([("topic", "aws/chat"), ("content", item)]).to_string())
}

fn expected(fact: &Fact) -> &str {
    let Fact::Fault(fault) = fact else {
        panic!("{fact:?}");
    };
    assert_eq!((fault.kind, fault.retry), (FaultKind::Malformed, Retry::Never));
    fault.expected.as_deref().unwrap()
}

fn item_of(fact: Fact) -> crate::dialect::WireItem {
    let Fact::Item(item) = fact else {
        panic!("{fact:?}");
    };
    *item
}

#[test]
fn a_binary_frame_is_one_fault() {
    let mut facts = Vec::new();
    dialect().frame(&Frame::Binary(Bytes::from_static(b"{}")), &Limits::default(), &mut facts);
    assert_eq!(describe::fact(&facts[0]), "malformed expected <a text frame> found 25 bytes");
    assert_eq!(facts.len(), 1);
}

#[test]
fn limits_hold_for_frames_ids_and_what_is_shown() {
    let limits = Limits::default().with_frame_bytes(40).with_raw_bytes(8);
    let fact = decode_with(&dialect(), &"x".repeat(41), &limits);
    assert_eq!(expected(&fact), "a frame of at most 40 bytes");
    let Fact::Fault(fault) = decode_with(&dialect(), "\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}", &limits) else {
        panic!()
    };
    assert_eq!(fault.found.as_deref(), Some("\u{fc}\u{fc}\u{fc}\u{fc}"));

    let long = "i".repeat(257);
    for item in [
        format!(r#"{{"Type":"MESSAGE","ContentType":"text/plain","Id":"{long}"}}"#),
        format!(r#"{{"Type":"MESSAGE","ContentType":"text/plain","ParticipantId":"{long}"}}"#),
        format!(r#"{{"Type":"MESSAGE","ContentType":"text/plain","ContactId":"{long}"}}"#),
        format!(r#"{{"Type":"MESSAGE","ContentType":"text/plain","RelatedContactId":"{long}"}}"#),
        format!(r#"{{"Type":"ATTACHMENT","Attachments":[{{"AttachmentId":"{long}"}}]}}"#),
        format!(r#"{{"Type":"MESSAGEMETADATA","MessageMetadata":{{"MessageId":"{long}"}}}}"#),
        format!(
            r#"{{"Type":"MESSAGEMETADATA","MessageMetadata":{{"MessageId":"m","Receipts":[{{"RecipientParticipantId":"{long}"}}]}}}}"#
        ),
        format!(r#"{{"Type":"TYPING","ParticipantId":"{long}"}}"#),
    ] {
        assert_eq!(expected(&chat(&item)), "ids of at most 256 characters", "{item}");
    }
    let many = "{},".repeat(257);
    let fact = chat(&format!(r#"{{"Type":"ATTACHMENT","Attachments":[{many}{{}}]}}"#));
    assert!(expected(&fact).contains("more than 256"));
    // Names are cut, as they are only shown.
    let item =
        item_of(chat(&format!(r#"{{"Type":"MESSAGE","DisplayName":"{long}","ParticipantRole":"{long}"}}"#)));
    assert_eq!(item.sender.display_name.map(|name| name.len()), Some(256));
    assert_eq!(item.sender.role, Role::Other("i".repeat(256)));
}

#[test]
fn half_a_surrogate_costs_one_character_at_every_level() {
    // In the frame itself, in the item, and in the JSON inside the item's content.
    let frame = r#"{"topic":"aws/chat","content":"{\"Type\":\"MESSAGE\",\"ContentType\":\"text/plain\",\"Content\":\"a \ud83d b \\udc4b c \\ud83d\\udc4b\"}"}"#;
    let text = "a \u{fffd} b \u{fffd} c 👋".to_owned();
    assert_eq!(item_of(decode(frame)).body, ItemBody::Text { text });

    let content = r#"{"templateType":"QuickReply","data":{"content":{"title":"a \ud83d","elements":[{"title":"\udc4b"}]}}}"#;
    let item = serde_json::json!({
        "Type": "MESSAGE",
        "ContentType": "application/vnd.amazonaws.connect.message.interactive",
        "Content": content,
    });
    let ItemBody::Interactive { interactive } = item_of(chat(&item.to_string())).body else { panic!() };
    assert_eq!(describe::question(&interactive), "quick reply \"a \u{fffd}\" (\"\u{fffd}\")");
}

#[test]
fn nesting_is_bounded_at_every_level() {
    let deep = format!(r#"{{"Type":"MESSAGE","X":{}{}}}"#, "[".repeat(600), "]".repeat(600));
    assert_eq!(expected(&chat(&deep)), "content that holds a JSON object: more than 64 levels of nesting");
    let content = format!(r#"{{"templateType":"Panel","X":{}{}}}"#, "[".repeat(600), "]".repeat(600));
    let kind = "application/vnd.amazonaws.connect.message.interactive";
    let item = serde_json::json!({ "Type": "MESSAGE", "ContentType": kind, "Content": content });
    let ItemBody::Interactive { interactive } = item_of(chat(&item.to_string())).body else { panic!() };
    assert!(describe::question(&interactive).ends_with("more than 64 levels of nesting"));
}

#[test]
fn items_with_next_to_nothing_are_still_something() {
    let described = |item: &str| describe::fact(&chat(item));
    assert_eq!(described("{}"), "unrecognized <item without a type> of 2 bytes");
    assert_eq!(described(r#"{"Type":null}"#), "unrecognized <item without a type> of 13 bytes");
    assert_eq!(
        described(r#"{"Type":"MESSAGE"}"#),
        "no-id never nobody Unknown -: other None None in no contact"
    );
    assert_eq!(
        described(
            r#"{"Type":"MESSAGE","ContentType":"Text/Plain; charset=utf-8","Id":"","AbsoluteTime":"soon"}"#
        ),
        "no-id never nobody Unknown -: text \"\" in no contact"
    );
    assert_eq!(described(r#"{"Attachments":[]}"#), "no-id never nobody Unknown -: files in no contact");
    assert_eq!(described(r#"{"Type":"EVENT"}"#), "unrecognized <event > of 16 bytes");
    assert_eq!(
        described(r#"{"Type":"MESSAGE","Type":"TYPING","ParticipantRole":"AGENT"}"#),
        "typing nobody Agent -"
    );
    assert!(described(r#"{"Type":"MESSAGEMETADATA"}"#).starts_with("malformed"));
    assert!(
        described(r#"{"Type":"MESSAGE_READ","Content":"{\"messageId\":\"m\"}"}"#).starts_with("malformed")
    );
    assert_eq!(
        described(
            r#"{"Type":"MESSAGE_DELIVERED","AbsoluteTime":"2026-03-14T09:27:34Z","MessageMetadata":{"MessageId":"m"}}"#
        ),
        "receipts m [nobody delivered 09:27:34.000Z read -]"
    );
    let event = "application/vnd.amazonaws.connect.event.authentication.initiated";
    for content in ["null", r#""no json""#, r#""{}""#] {
        let item = format!(r#"{{"ContentType":"{event}","Content":{content}}}"#);
        assert!(described(&item).contains("stage: Initiated, attempt: None"), "{item}");
    }
}

#[test]
fn only_a_contact_that_is_known_to_be_another_is_foreign() {
    for (members, foreign) in [
        (r#""InitialContactId":"other","ContactId":"other""#, true),
        (r#""InitialContactId":"other""#, false),
        (r#""ContactId":"other""#, false),
        (r#""InitialContactId":"","ContactId":"""#, false),
        (r#""InitialContactId":"other","ContactId":"other","RelatedContactId":"past""#, false),
        (r#""InitialContactId":"other","ContactId":"other","RelatedContactId":"""#, true),
    ] {
        let fact = chat(&format!(r#"{{"Type":"MESSAGE",{members}}}"#));
        assert_eq!(matches!(fact, Fact::Unrecognized { .. }), foreign, "{members}");
    }
}

#[test]
fn a_contact_that_is_not_configured_filters_nothing() {
    let open = AmazonConnect::new(&Config::new(ChatDetails::new(TOKEN))).unwrap();
    let text = fixture("ws-server-chat-odd-foreign-contact.json");
    assert!(matches!(decode_with(&open, &text, &Limits::default()), Fact::Item(_)));
}

#[test]
fn odd_acknowledgements_and_probes() {
    for (frame, said) in [
        (r#"{"topic":"aws/subscribe","content":{"status":"pending"}}"#, "greeting refused"),
        (r#"{"topic":"aws/ping"}"#, "probe 1 refused None None"),
        (r#"{"topic":"aws/ping","statusCode":"200"}"#, "probe 1 answered"),
        (r#"{"topic":"aws/heartbeat","content":{"a":[1]},"x":null}"#, "probe 0 answered"),
        (r#"{"topic":null,"message":"Forbidden"}"#, "refused message <Forbidden>"),
    ] {
        assert_eq!(describe::fact(&decode(frame)), said);
    }
    for content in ["\"success\"", "{}", "[]", "1", "{\"status\":[]}"] {
        let frame = format!(r#"{{"topic":"aws/subscribe","content":{content}}}"#);
        assert_eq!(expected(&decode(&frame)), "content with a status");
    }
}

#[test]
fn what_is_shown_holds_no_view_token() {
    let content = r#"{\"templateType\":\"ViewResource\",\"data\":{\"content\":{\"viewToken\":\"secret"#;
    for text in [format!("{{{content}"), format!(r#"{{"topic":"aws/other","content":"{content}"}}"#)] {
        let shown = format!("{:?}", decode(&text));
        assert!(shown.contains("viewToken[redacted") && !shown.contains("secret"), "{shown}");
    }
}
