use super::*;
use crate::model::{Element, Heading};

fn question(template: Template, id: Option<&str>) -> Interactive {
    Interactive { template_id: id.map(str::to_owned), ..Interactive::new(template) }
}

fn buttons() -> Template {
    let element =
        |title: &str| Element { title: title.to_owned(), subtitle: None, image: None, action: None };
    let heading = Heading { title: "Is this about an order?".to_owned(), subtitle: None, image: None };
    Template::QuickReply { heading, elements: vec![element("Yes"), element("No")] }
}

#[test]
fn an_answer_names_its_question() {
    let choice = Choice::Element { index: 1 };
    let answer = choose(&question(buttons(), Some("S-3")), &choice);
    assert_eq!(answer, Ok(OutgoingContent::Reply { text: "No".to_owned(), question: "S-3".to_owned() }));
    assert_eq!(choose(&question(buttons(), None), &choice), Ok(OutgoingContent::text("No")));
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let form = Choice::Form { action: "Submit".to_owned(), data: "{}".to_owned() };
    for (choice, hint) in [
        (Choice::Element { index: 2 }, "there are 2"),
        (Choice::CardElement { card: 0, element: 0 }, "choose element"),
        (form, "choose element"),
    ] {
        let error = choose(&question(buttons(), Some("S-3")), &choice).unwrap_err();
        assert!(error.problem.contains(hint), "{error}");
    }
    let unknown = Template::Unknown { name: None, raw: "{}".to_owned(), reason: "?".to_owned() };
    assert!(choose(&question(unknown, None), &Choice::Element { index: 0 }).is_err());
}
