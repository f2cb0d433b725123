use super::super::interactive::read_question;
use super::super::tests::{fixture, json as fixture_json};
use super::*;
use crate::limits::Limits;

fn question(name: &str) -> Interactive {
    read_question(&fixture(&format!("content-interactive-{name}.json")), &Limits::default())
}

fn element_of(name: &str, index: usize) -> Result<OutgoingContent, EncodeError> {
    choose(&question(name), &Choice::Element { index })
}

/// The content of a message fixture.
fn sent(name: &str) -> String {
    let fixture = fixture_json(&format!("send-message-{name}.request.json"));
    fixture["body"]["Content"].as_str().unwrap().to_owned()
}

#[test]
fn titles_and_dates_are_sent_as_text() {
    assert_eq!(element_of("list-picker", 1), Ok(OutgoingContent::text("Refund")));
    assert_eq!(element_of("panel", 0), Ok(OutgoingContent::text("Track")));
    assert_eq!(element_of("quick-reply", 1), Ok(OutgoingContent::text("No")));
    assert_eq!(element_of("time-picker", 0), Ok(OutgoingContent::text(sent("time-picker-choice"))));
}

#[test]
fn an_action_is_answered_in_the_providers_form() {
    let text = sent("interactive-response-list");
    assert_eq!(element_of("list-picker-actions", 1), Ok(OutgoingContent::InteractiveResponse { text }));
    assert_eq!(element_of("list-picker-actions", 0), Ok(OutgoingContent::text("Harbour store")));
}

#[test]
fn a_link_sends_nothing() {
    assert!(element_of("list-picker-actions", 2).unwrap_err().problem.contains("nothing is sent"));
}

#[test]
fn a_card_is_answered_by_json_in_a_text() {
    let choice = Choice::CardElement { card: 1, element: 1 };
    let text = r#"{"templateIdentifier":"carousel-el-2","listTitle":"Harbour store","selectionText":"Call"}"#;
    assert_eq!(choose(&question("carousel"), &choice), Ok(OutgoingContent::text(text)));
    // The members are those of the vendor's example, in its order.
    let members = |text: &str| text.split('"').skip(1).step_by(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(members(text), members(&sent("carousel-choice")));
}

#[test]
fn a_form_is_answered_in_the_providers_form() {
    let choice = |data: &str| Choice::Form { action: "Submit".to_owned(), data: data.to_owned() };
    let text = sent("interactive-response-view");
    let data = r#"{"email":"ines@example.org","reason":"late"}"#;
    assert_eq!(
        choose(&question("view-resource"), &choice(data)),
        Ok(OutgoingContent::InteractiveResponse { text })
    );
    let text = r#"{"version":"1.0","templateType":"ViewResource","action":"Submit","data":{}}"#.to_owned();
    assert_eq!(
        choose(&question("view-resource"), &choice(" ")),
        Ok(OutgoingContent::InteractiveResponse { text })
    );
    assert!(choose(&question("view-resource"), &choice("{")).is_err());
}

#[test]
fn what_does_not_fit_the_question_is_refused() {
    let form = Choice::Form { action: "Submit".to_owned(), data: String::new() };
    for name in [
        "list-picker",
        "panel",
        "quick-reply",
        "time-picker",
        "unknown-template",
        "carousel",
        "view-resource",
    ] {
        let question = question(name);
        assert!(choose(&question, &Choice::Element { index: 99 }).is_err(), "{name}");
        assert!(choose(&question, &Choice::CardElement { card: 9, element: 0 }).is_err(), "{name}");
        assert!(choose(&question, &Choice::CardElement { card: 0, element: 9 }).is_err(), "{name}");
        assert_eq!(choose(&question, &form).is_ok(), name == "view-resource", "{name}");
    }
    let none = element_of("quick-reply", 2).unwrap_err();
    assert_eq!(none.problem, "there is no element 2: there are 2, counted from 0");
}
