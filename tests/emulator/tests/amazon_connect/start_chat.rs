//! StartChatContact.

use helpline_emulator::amazon_connect::{AgentScript, HttpRequest, ServerConfig};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_json, members, text};

fn start(rig: &mut Rig, body: &Value) -> (u16, Value) {
    let mut request = HttpRequest::post("/contact/chat", "", &body.to_string());
    "PUT".clone_into(&mut request.method);
    let exchange = rig.request(request);
    let (_, answer) = rig.answer(exchange).expect("an answer");
    (answer.status, answer.json())
}

fn adopt(rig: &mut Rig, answer: &Value) {
    rig.chat.contact_id = text(answer, "/ContactId");
    rig.chat.participant_id = text(answer, "/ParticipantId");
    rig.chat.participant_token = text(answer, "/ParticipantToken");
}

#[test]
fn a_backend_starts_a_chat_with_a_first_message() {
    let mut rig = Rig::new(ServerConfig::default());
    let request = fixture_json("startchat-contact.request.json");
    let (status, answer) = start(&mut rig, &request["body"]);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        members(&answer).into_keys().collect::<Vec<_>>(),
        ["ContactId", "ParticipantId", "ParticipantToken"]
    );
    adopt(&mut rig, &answer);
    rig.connect();
    let (items, _) = rig.read(json!({}));
    assert_eq!(items[0]["Content"], "Hello, my parcel is late");
    assert_eq!(items[0]["ParticipantRole"], "CUSTOMER");
    assert_eq!(items[0]["DisplayName"], "Ines");
}

#[test]
fn the_client_token_makes_it_one_chat() {
    let mut rig = Rig::new(ServerConfig::default());
    let request = fixture_json("startchat-contact.request.json");
    let first = start(&mut rig, &request["body"]);
    assert_eq!(first, start(&mut rig, &request["body"]));
    let mut other = request["body"].clone();
    other["ClientToken"] = "another".into();
    assert_ne!(first.1["ContactId"], start(&mut rig, &other).1["ContactId"]);
    other["ClientToken"] = "".into();
    let without = start(&mut rig, &other);
    assert_ne!(without.1["ContactId"], start(&mut rig, &other).1["ContactId"], "no token, no memory");
}

#[test]
fn it_is_validated() {
    let mut rig = Rig::new(ServerConfig::default());
    let good = fixture_json("startchat-contact.request.json")["body"].clone();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    for (body, named) in [
        (broken(&|body| body["InstanceId"] = Value::Null), "instanceId"),
        (broken(&|body| body["ContactFlowId"] = Value::Null), "contactFlowId"),
        (broken(&|body| body["ParticipantDetails"] = Value::Null), "participantDetails"),
        (broken(&|body| body["ParticipantDetails"] = json!({})), "displayName"),
        (broken(&|body| body["ParticipantDetails"]["DisplayName"] = "".into()), "displayName"),
        (broken(&|body| body["ChatDurationInMinutes"] = 59.into()), "chatDurationInMinutes"),
        (broken(&|body| body["SupportedMessagingContentTypes"] = json!(["text/markdown"])), "text/plain"),
        (broken(&|body| body["InitialMessage"] = json!({ "Content": "x" })), "contentType"),
        (broken(&|body| body["ConnectionTypes"] = json!(["WEBRTC"])), "connectionTypes"),
    ] {
        let (status, answer) = start(&mut rig, &body);
        assert_eq!(status, 400, "{answer}");
        assert!(text(&answer, "/message").contains(named), "{answer}");
    }
}

#[test]
fn only_the_content_types_that_were_named_may_be_sent() {
    let mut rig = Rig::new(ServerConfig::default());
    let body = json!({
        "InstanceId": "i",
        "ContactFlowId": "f",
        "ParticipantDetails": { "DisplayName": "Ines" },
        "SupportedMessagingContentTypes": ["text/plain", "application/json"],
    });
    let (_, answer) = start(&mut rig, &body);
    adopt(&mut rig, &answer);
    rig.connect();
    for (content_type, status) in [("text/plain", 200), ("application/json", 200), ("text/markdown", 400)] {
        let body = json!({ "ContentType": content_type, "Content": "{}" });
        assert_eq!(rig.call("/participant/message", body).0, status, "{content_type}");
    }
}

#[test]
fn it_may_return_the_connection_at_once() {
    let mut rig = Rig::new(ServerConfig::default());
    let body = json!({
        "InstanceId": "i",
        "ContactFlowId": "f",
        "ParticipantDetails": { "DisplayName": "Ines" },
        "ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
    });
    let (_, answer) = start(&mut rig, &body);
    rig.token = text(&answer, "/ConnectionCredentials/ConnectionToken");
    rig.say("hello");
    let url = text(&answer, "/Websocket/Url");
    rig.dial(url.strip_prefix("ws://127.0.0.1:80").unwrap()).unwrap();
}

#[test]
fn the_agent_answers_the_first_message_when_the_customer_is_there() {
    let mut rig = Rig::new(ServerConfig::with_script(AgentScript::demo()));
    let request = fixture_json("startchat-contact.request.json");
    let (_, answer) = start(&mut rig, &request["body"]);
    adopt(&mut rig, &answer);
    rig.advance(10_000);
    assert_eq!(rig.transcript().len(), 1);
    rig.connect();
    rig.advance(10_000);
    let last = rig.transcript().pop().unwrap().content.unwrap();
    assert!(last.contains("my parcel is late"), "{last}");
}
