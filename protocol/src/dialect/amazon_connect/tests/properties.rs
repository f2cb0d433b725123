use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::wire::http::Body;

/// The texts of all frames that a server may send, good and bad.
fn frames() -> Vec<String> {
    let mut names = fixtures("ws-", ".json");
    names.extend(fixtures("ws-", ".txt"));
    names.iter().map(|name| fixture(name)).collect()
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Mutation {
    Delete(Index, usize),
    Double(Index, usize),
    Insert(Index, &'static str),
    Truncate(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let pieces = [
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "0",
        "-1e999",
        "\\ud83d",
        "\\\\ud83d",
        "\u{0}",
        "é",
        "true",
        "\\\"",
        "\"Id\":",
        "\"MESSAGE\"",
        "aws/chat",
        "1234567890123456789012345678901234567890",
    ];
    prop_oneof![
        (any::<Index>(), 1_usize..20).prop_map(|(at, length)| Mutation::Delete(at, length)),
        (any::<Index>(), 1_usize..20).prop_map(|(at, length)| Mutation::Double(at, length)),
        (any::<Index>(), select(pieces.to_vec())).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        any::<Index>().prop_map(Mutation::Truncate),
    ]
}

fn mutate(text: &str, mutation: &Mutation) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (Mutation::Delete(at, _)
    | Mutation::Double(at, _)
    | Mutation::Insert(at, _)
    | Mutation::Truncate(at)) = mutation;
    let at = at.index(chars.len() + 1);
    let (before, after) = chars.split_at(at);
    let part = |length: &usize| (*length).min(after.len());
    let middle: Vec<char> = match mutation {
        Mutation::Delete(_, length) => after[part(length)..].to_vec(),
        Mutation::Double(_, length) => after[..part(length)].iter().chain(after).copied().collect(),
        Mutation::Insert(_, piece) => piece.chars().chain(after.iter().copied()).collect(),
        Mutation::Truncate(_) => Vec::new(),
    };
    before.iter().chain(&middle).collect()
}

/// Exactly one fact, and a small one, whatever came.
fn one_fact(frame: &Frame) {
    let mut facts = Vec::new();
    dialect().frame(frame, &Limits::default(), &mut facts);
    assert_eq!(facts.len(), 1, "{frame:?}");
    // A view's token is not shown with what was not understood, unless the mutation hit its name.
    if let (Frame::Text(text), Fact::Fault(_) | Fact::Unrecognized { .. }) = (frame, &facts[0]) {
        let shown = format!("{facts:?}");
        let named = text.find("viewToken").is_some_and(|name| Some(name) < text.find("invented/view"));
        assert!(!named || !shown.contains("invented/view"), "{shown}");
    }
}

proptest! {
    #[test]
    fn p14_any_bytes_are_one_fact(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        one_fact(&Frame::Text(String::from_utf8_lossy(&bytes).into_owned()));
        one_fact(&Frame::Binary(Bytes::from(bytes)));
    }

    #[test]
    fn p14_any_mutated_frame_is_one_fact(
        text in select(frames()),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        let text = mutations.iter().fold(text, |text, mutation| mutate(&text, mutation));
        one_fact(&Frame::Text(text));
    }

    /// The same one level deeper, where the frame itself stays whole.
    #[test]
    fn p14_any_mutated_item_is_one_fact(
        text in select(frames()),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        let whole: Value = serde_json::from_str(&text).unwrap_or_default();
        let content = whole["content"].as_str().unwrap_or_default().to_owned();
        let content = mutations.iter().fold(content, |text, mutation| mutate(&text, mutation));
        let frame = Value::from_iter([("topic", "aws/chat".to_owned()), ("content", content)]);
        one_fact(&Frame::Text(frame.to_string()));
    }

    #[test]
    fn p14_any_body_is_an_answer_or_a_refusal(
        name in select(fixtures("", ".response.json").into_iter().collect::<Vec<_>>()),
        mutations in proptest::collection::vec(mutation(), 0..4),
        status in 100_u16..1000,
        operation in select([&refusals::ALL[..], &refusals::STORAGE].concat()),
    ) {
        let fixture = json(&name);
        let text = mutations.iter().fold(body(&fixture), |text, mutation| mutate(&text, mutation));
        let mut answer = response(&fixture);
        (answer.status, answer.body) = (StatusCode::from_u16(status).unwrap(), Bytes::from(text));
        let said = answer_of(&dialect(), operation, &answer, &Limits::default());
        prop_assert_eq!(said.is_ok(), said.is_ok() && answer.status.is_success());
    }

    /// Nothing that opens a file or a log-in shows, whatever is done to the answer.
    #[test]
    fn p17_no_address_in_any_answer(
        (name, operation) in select(vec![
            ("start-attachment-upload", Operation::StartUpload),
            ("get-attachment", Operation::AttachmentUrl),
            ("get-authentication-url", Operation::AuthenticationUrl),
        ]),
        mutations in proptest::collection::vec(mutation(), 0..4),
        status in select(vec![200_u16, 400, 403, 503]),
    ) {
        let fixture = json(&format!("{name}.response.json"));
        let text = mutations.iter().fold(body(&fixture), |text, mutation| mutate(&text, mutation));
        let mut answer = response(&fixture);
        (answer.status, answer.body) = (StatusCode::from_u16(status).unwrap(), Bytes::from(text));
        let shown = format!("{:?}", answer_of(&dialect(), operation, &answer, &Limits::default()));
        for secret in ["s3.us-west-2", "login.shop"] {
            prop_assert!(!shown.contains(secret), "{}", shown);
        }
    }

    /// P15, as far as it goes without an emulator: whatever text a user sends is in the request as it was.
    #[test]
    fn p15_any_text_survives_encoding(text in "\\PC{1,200}", token in "[a-z0-9-]{1,36}") {
        let content = OutgoingContent::Text { text };
        let intent = Intent::SendMessage { content: &content, token: &token };
        let request = request_of(&dialect(), &intent, Some(&Secret::new("t"))).unwrap();
        let body: Value = match &request.body {
            Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap(),
            Body::Empty | Body::Source { .. } | Body::Framed { .. } => panic!("{request:?}"),
        };
        prop_assert_eq!(body["Content"].as_str(), Some(content.as_str()));
        prop_assert_eq!(body["ClientToken"].as_str(), Some(token.as_str()));
    }

    /// And a text inside an item inside a frame, escaped twice, is the text.
    #[test]
    fn p15_any_text_survives_decoding(text in any::<String>(), name in any::<String>()) {
        let item = serde_json::json!({
            "Type": "MESSAGE", "ContentType": "text/plain", "Content": text, "DisplayName": name, "Id": "m",
        });
        let frame = Value::from_iter([("topic", "aws/chat".to_owned()), ("content", item.to_string())]);
        let Fact::Item(item) = decode(&frame.to_string()) else { panic!("no item") };
        prop_assert_eq!(item.body.text(), Some(text.as_str()));
    }

    #[test]
    fn p17_no_secret_in_any_debug(secret in "[A-Z]{12,40}") {
        let config = Config::new(ChatDetails::new(secret.as_str())).with_endpoint(format!("https://u:{secret}@h.example"));
        let error = AmazonConnect::new(&config).unwrap_err();
        let good = Config::new(ChatDetails::new(secret.as_str()));
        let dialect = AmazonConnect::new(&good).unwrap();
        let request = request_of(&dialect, &Intent::Authorise { socket: true }, None).unwrap();
        let socket = dialect.socket(&Secret::new(format!("wss://h.example/p?ticket={secret}"))).unwrap();
        let refused = dialect.socket(&Secret::new(format!("ws://h.example/{secret}?ticket={secret}"))).unwrap_err();
        let core_config = crate::config::Config::from(good);
        let shown = format!(
            "{config:?} {error:?} {error} {dialect:?} {request:?} {socket:?} {refused:?} {refused} {core_config:?}"
        );
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }
}
