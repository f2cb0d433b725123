//! Whatever comes, it is told or refused, and what is sent can be read.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;

use super::*;
use crate::wire::http::Body;

/// The bodies of all fixtures that a server may send, good and bad.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> = fixtures("malformed").iter().map(|name| bytes_of(name)).collect();
    for name in fixtures("events/server") {
        bodies.push(json!({ "events": [json(&name)] }).to_string().into_bytes());
    }
    for name in responses::exchanges() {
        bodies.push(response(&json(&name)).body.to_vec());
    }
    bodies
}

/// A change of a body: from where, how much of it, and what instead.
fn mutation() -> impl Strategy<Value = (Index, usize, &'static [u8])> {
    let pieces: Vec<&'static [u8]> = vec![
        b"",
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"null",
        b"0",
        b"-1e999",
        b"\\ud83d",
        b"\x00",
        b"\xff",
        b"true",
        b"\"event\":",
        b"\"chat_session_",
        b"\"timestamp\":",
        b"1234567890123456789012345678901234567890",
    ];
    (any::<Index>(), 0_usize..20, select(pieces))
}

fn mutate(body: &mut Vec<u8>, (at, length, piece): (Index, usize, &[u8])) {
    let at = at.index(body.len() + 1);
    let end = (at + length).min(body.len());
    body.splice(at..end, piece.iter().copied());
}

proptest! {
    #[test]
    fn p14_any_bytes_are_facts_or_one_fault(
        which in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 0..4),
        operation in select(responses::ALL.to_vec()),
        status in select(vec![200_u16, 204, 404, 500]),
    ) {
        let bodies = bodies();
        let mut body = bodies[which.index(bodies.len())].clone();
        for mutation in mutations {
            mutate(&mut body, mutation);
        }
        let size = body.len();
        let shown = format!("{:?}", answer(operation, status, body));
        // What is told grows with what came and not faster; a byte may be shown as an escape of eight.
        prop_assert!(shown.len() < 16 * 1024 + 40 * size, "{} of {size}", shown.len());
    }

    #[test]
    fn p14_any_text_is_read_or_not(text in "\\PC{0,200}") {
        for operation in responses::ALL {
            drop(answer(operation, 200, text.clone()));
        }
    }

    /// What is sent comes back in the history as what was sent.
    #[test]
    fn p15_any_text_survives_the_way_there_and_back(text in "[^\r]{1,200}", number in 1_u64..u64::MAX) {
        let id = dialect().message_id(CHAT, number).unwrap();
        prop_assert_eq!(dialect().message_number(CHAT, &id), Some(number));
        let content = OutgoingContent::Text { text: text.clone() };
        let intent = Intent::SendMessage { content: &content, token: &id };
        let scope = Scope { credential: None, conversation: Some(CHAT) };
        let request = dialect().request(&intent, scope).unwrap();
        let Body::Bytes(bytes) = &request.body else { panic!("{request:?}") };
        let mut body: Value = serde_json::from_slice(bytes).unwrap();
        body["events"][0]["party_id"] = CHAT.into();
        let facts = facts(Operation::CatchUp, body.to_string());
        let [Fact::Item(item)] = facts.as_slice() else { panic!("{facts:?}") };
        prop_assert_eq!(item.identity.clone(), Some(dialect().own_identity(&id)));
        prop_assert_eq!(item.server_id.as_deref(), Some(&*id));
        if !text.contains('/') {
            prop_assert_eq!(item.body.text(), Some(&*text));
        }
    }

    /// No id leads out of its place, whatever it is.
    #[test]
    fn any_id_is_one_segment_or_refused(id in "\\PC{0,40}") {
        let scope = Scope { credential: None, conversation: Some(&id) };
        if let Ok(request) = dialect().request(&Intent::Poll, scope) {
            let path = request.uri.path();
            prop_assert_eq!(path.matches('/').count(), 6, "{}", path);
            prop_assert!(path.ends_with("/events"), "{}", path);
            let query = request.uri.query().unwrap();
            prop_assert_eq!(query, format!("tenantUrl={TENANT}"));
        }
    }

    /// A tenant or an id is taken as it is, or refused.
    #[test]
    fn any_configuration_is_taken_or_refused(tenant in "\\PC{0,30}", app in "\\PC{0,30}", client in "\\PC{0,30}") {
        if let Ok(dialect) = BrightPattern::new(&Config::new(&*tenant, &*app, &*client)) {
            let request = dialect.request(&Intent::StartConversation { introduction: None }, Scope::default());
            let request = request.unwrap();
            prop_assert_eq!(request.uri.query(), Some(&*format!("tenantUrl={tenant}")));
            let header = request.headers["authorization"].to_str().unwrap().to_owned();
            prop_assert_eq!(header, format!("MOBILE-API-140-327-PLAIN appId={app}, clientId={client}"));
        }
    }
}
