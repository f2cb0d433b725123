use super::*;

fn titles(text: &str) -> Option<(Vec<String>, bool)> {
    directed(text)?.choices.map(|choices| (choices.titles, choices.column))
}

#[test]
fn buttons_are_choices() {
    let found = directed("Is this about an order? /buttons [Yes] [No]").unwrap();
    assert_eq!(found.text, "Is this about an order?");
    assert_eq!(
        found.choices,
        Some(Choices { titles: vec!["Yes".to_owned(), "No".to_owned()], column: false })
    );
    assert_eq!(titles("/buttons-column [ A ][B]"), Some((vec!["A".to_owned(), "B".to_owned()], true)));
    assert_eq!(titles("/choice [A]"), Some((vec!["A".to_owned()], false)));
    assert_eq!(directed("Choose /buttons [A] and tell us").unwrap().text, "Choose  and tell us");
}

#[test]
fn linked_files_leave_their_address_in_the_text() {
    let found = directed("Our map: /attachment: https://acme.example/map.png, image").unwrap();
    assert_eq!(found.text, "Our map: https://acme.example/map.png");
    assert_eq!(found.files, vec![("https://acme.example/map.png".to_owned(), Some("image".to_owned()))]);
    let found = directed("/attachment: https://a.example/1 then\n/attachment: https://a.example/2").unwrap();
    assert_eq!(found.text, "https://a.example/1 then\nhttps://a.example/2");
    assert_eq!(found.files.len(), 2);
}

#[test]
fn what_is_no_directive_stays() {
    for text in [
        "and/or",
        "https://acme.example/buttons [A]",
        "/buttons",
        "/buttons now",
        "/attachment: javascript:alert(1)",
        "/attachment: file",
        "/ban",
        "/choice one of us",
        "a / b",
        "/",
    ] {
        assert_eq!(directed(text), None, "{text}");
    }
}
