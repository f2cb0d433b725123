//! The calls around a chat.

use bytes::Bytes;
use helpline_emulator::bright_pattern::{
    AgentAction, Api, HttpRequest, IceForm, Notice, Party, ServerConfig, Subscription, Tenant,
};
use serde_json::{Value, json};

use crate::errors::request_of;
use crate::rig::{Rig, code, fixture, list, members, messages, names, text};

#[test]
fn what_the_entry_offers() {
    let mut rig = Rig::new(ServerConfig::default());
    assert_eq!(rig.get("version").json(), json!({ "server_version": "5.5.6.12345 (Stable)" }));
    assert_eq!(rig.get("availability").json(), json!({ "chat": "available", "ewt": "3" }));
    let parameters = fixture("http/parameters-ok.json")["response"]["body"].clone();
    assert_eq!(rig.get("parameters").json(), parameters);
    let widgets = list(&rig.get("configuration").json(), "widgets");
    assert!(widgets[0]["definition"].is_object());

    let entry = &mut rig.server.config_mut().tenants[0].entries[0];
    entry.ewt = None;
    assert_eq!(rig.get("availability").json(), json!({ "chat": "available" }));
    rig.server.config_mut().tenants[0].entries[0].open = false;
    assert_eq!(rig.get("availability").json(), json!({ "chat": "notAvailable" }));
    rig.server.faults_mut().closed_word = Some("unavailable".to_owned());
    assert_eq!(rig.get("availability").json(), json!({ "chat": "unavailable" }));
}

#[test]
fn exchanges_of_the_dossier_are_answered_in_its_shape() {
    let chat = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
    for (name, exact) in [
        ("version-ok", true),
        ("availability-available", true),
        ("parameters-ok", true),
        ("request-chat-ios", true),
        ("request-chat-android", true),
        ("request-chat-web-initial-message", true),
        ("iceservers-plain", true),
        ("configuration-ok", false),
        ("request-sms-v1", true),
    ] {
        let fixture = fixture(&format!("http/{name}.json"));
        let config = ServerConfig { chat_ids: vec![chat.to_owned()], ..ServerConfig::default() };
        let mut rig = Rig::new(config);
        let answer = rig.call(request_of(&fixture));
        assert_eq!(answer.status, fixture["response"]["status"], "{name}");
        let (body, expected) = (answer.json(), &fixture["response"]["body"]);
        assert_eq!(members(&body), members(expected), "{name}");
        assert!(!exact || body == *expected, "{name}: {body} is not {expected}");
    }
}

#[test]
fn what_the_dossiers_clients_send_is_taken() {
    for name in [
        "send-message-ios",
        "send-message-ios-html",
        "send-message-android",
        "send-message-android-null-id",
        "send-message-v2-recommended",
        "send-receipts-batch",
        "send-delivered-ios",
        "send-read-android",
        "send-typing",
        "send-not-typing",
        "send-disconnect",
        "send-end",
        "notifications-apns",
        "notifications-firebase-ios",
        "notifications-firebase-android",
        "notifications-unsubscribe",
        "notifications-406-two-services",
        "close-case-406-no-case",
        "case-history-406-no-case",
        "send-events-400-bad-json",
        "chat-icon",
    ] {
        let fixture = fixture(&format!("http/{name}.json"));
        let config = ServerConfig {
            chat_ids: vec!["4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35".to_owned()],
            ..ServerConfig::default()
        };
        let mut rig = Rig::new(config);
        let mut request = request_of(&fixture);
        rig.client.client_id = "0B9D1C3E-52F7-4A86-9E41-3C7D8A5F2B10".to_owned();
        if name == "chat-icon" {
            // The widget shows a cookie, which the dossier leaves out here.
            rig.client.client_id = "WebChat".to_owned();
            let first = rig.post("chats", &json!({}));
            let cookie = first.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
            request.headers.push(("Cookie".to_owned(), cookie));
        } else {
            rig.start();
        }
        let answer = rig.call(request);
        let expected = &fixture["response"];
        assert_eq!(answer.status, expected["status"], "{name}");
        if expected["body"].is_null() {
            assert_eq!(answer.json(), Value::Null, "{name}");
        } else {
            assert_eq!(members(&answer.json()), members(&expected["body"]), "{name}");
            assert_eq!(answer.json().get("error_code"), expected["body"].get("error_code"), "{name}");
        }
    }
}

#[test]
fn tenants_are_apart() {
    let mut config = ServerConfig::default();
    config.tenants.push(Tenant::new("other.brightpattern.example", "app-2"));
    let mut rig = Rig::new(config);
    rig.start();
    let first = rig.chat.clone();
    rig.client.tenant = "other.brightpattern.example".to_owned();
    assert_eq!(code(&rig.get("availability")), (403, "3000".to_owned()), "an app of another tenant");
    rig.client.app_id = "app-2".to_owned();
    rig.start();
    assert_ne!(rig.chat, first);
    rig.chat = first;
    assert_eq!(rig.get("chats/{}/history").status, 404);
}

#[test]
fn version_1_differs() {
    let mut rig = Rig::chatting();
    rig.client.version = "v1".to_owned();
    assert_eq!(rig.get("version").status, 404);
    let again = rig.post("chats", &json!({})).json();
    assert_eq!(again["is_new_chat"], "false");
    rig.agent(AgentAction::Typing);
    let answer = rig.post(
        "chats/{}/events",
        &json!({ "events": [{ "event": "chat_session_message", "msg_id": "1", "msg": "Hello" }] }),
    );
    assert_eq!(names(&list(&answer.json(), "events")), ["typing"], "they ride on the answer");
    let idle = rig.poll();
    assert!(rig.answer(idle).is_none(), "and are gone from the polls");
    let request = HttpRequest { headers: Vec::new(), ..rig.client.get("availability") };
    assert_eq!(code(&rig.call(request)), (401, "2000".to_owned()));
    let sms = rig.post("requestsms", &json!({ "phone_number": "+15555550100", "from": "Dana" }));
    assert_eq!(sms.json(), json!({ "sms_error_code": "0", "error_message": "" }));
    assert_eq!(rig.server.stats().sms, 1);
    assert_eq!(Api::default(), Api::V2);
}

#[test]
fn a_case_is_attached_read_closed_and_detached() {
    let past = fixture("http/case-history-ok.json")["response"]["body"]["sessions"][0].clone();
    let cases = vec![("5001".to_owned(), past.clone())];
    let mut rig = Rig::chatting_at(ServerConfig { cases, ..ServerConfig::default() });
    assert_eq!(code(&rig.get("chats/{}/casehistory")), (406, "5601".to_owned()));
    assert_eq!(code(&rig.post("closecase", &json!({}))), (406, "5601".to_owned()));
    rig.agent(AgentAction::SetCase(Some("5001".to_owned())));
    rig.agent(AgentAction::SetCase(Some("5001".to_owned())));
    rig.message("x:1", "about my case");
    let sessions = list(&rig.get("chats/{}/casehistory").json(), "sessions");
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0], past);
    assert_eq!(members(&sessions[1]), members(&past));
    assert_eq!(messages(&list(&sessions[1], "events")), ["about my case"]);
    assert_eq!(rig.get("casehistory").json()["sessions"].as_array().unwrap().len(), 2, "as documented");

    let android = json!({ "events": [{ "event": "chat_session_end" }] });
    assert_eq!(rig.post("chats/{}/closecase", &android).json(), json!({}));
    assert_eq!(rig.server.has_ended(&rig.chat), Some(false), "the body is not looked at");
    assert!(rig.server.case_closed(&rig.chat));
    assert_eq!(rig.post("closecase", &json!({})).status, 200);
    rig.agent(AgentAction::SetCase(None));
    assert_eq!(rig.fetch().last().unwrap()["case_id"], "");
    assert_eq!(rig.get("chats/{}/casehistory").status, 406);
}

fn form(field: &str, name: &str, bytes: &str) -> String {
    format!(
        "\r\n--B\r\nContent-Disposition: form-data;name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: image/jpeg\r\n\r\n{bytes}\r\n--B--\r\n"
    )
}

fn upload(rig: &Rig, body: &str, content_type: &str) -> HttpRequest {
    let mut request = rig.client.request("POST", "files", body.as_bytes());
    request.headers.retain(|(name, _)| name != "Content-Type");
    request.headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    request
}

const FORM: &str = "multipart/form-data; boundary=B";

#[test]
fn files_go_up_and_down() {
    let mut rig = Rig::chatting();
    let request = upload(&rig, &form("file-upload-input", "photo.jpg", "bytes"), FORM);
    let answer = rig.call(request).json();
    assert_eq!(answer["file_name"], "photo.jpg");
    let id = text(&answer, "/file_id");
    let down = rig.get(&format!("chats/{{}}/files/{id}"));
    assert_eq!((down.status, &down.body[..]), (200, &b"bytes"[..]));
    assert_eq!(down.header("content-type"), Some("image/jpeg"));
    let bare = HttpRequest {
        method: "GET".to_owned(),
        target: format!("/clientweb/file/{id}"),
        ..HttpRequest::default()
    };
    assert_eq!(&rig.call(bare).body[..], b"bytes", "nobody is asked for credentials there");
    rig.post_events(json!([{
        "event": "chat_session_file", "msg_id": "11", "file_id": id, "file_type": "image", "file_name": "photo.jpg",
    }]));
    let file = &rig.history()[0];
    assert_eq!((&file["file_name"], &file["party_id"]), (&json!("photo.jpg"), &json!(rig.chat)));
    let stats = rig.server.stats();
    assert_eq!((stats.uploads, stats.upload_bytes, stats.downloads, stats.download_bytes), (1, 5, 2, 10));
}

#[test]
fn the_dossiers_uploads_are_taken() {
    for name in ["upload-ios", "upload-android", "upload-docs"] {
        let fixture = fixture(&format!("http/{name}.json"));
        let mut rig = Rig::new(ServerConfig::default());
        let answer = rig.call(request_of(&fixture));
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        assert!(rig.server.file_bytes(&text(&answer.json(), "/file_id")).is_some(), "{name}");
    }
}

#[test]
fn files_are_limited() {
    let mut rig = Rig::chatting_at(ServerConfig { file_bytes: 8, files_kept: 2, ..ServerConfig::default() });
    let request = upload(&rig, &form("file", "a", "123456789"), FORM);
    assert_eq!(code(&rig.call(request)), (400, "5501".to_owned()));
    let no_boundary = upload(&rig, &form("file", "a", "x"), "multipart/form-data");
    assert_eq!(rig.call(no_boundary).status, 400);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let request = upload(&rig, &form("file", name, "12345678"), FORM);
        ids.push(text(&rig.call(request).json(), "/file_id"));
    }
    let statuses = ids.iter().map(|id| rig.get(&format!("chats/{{}}/files/{id}")).status);
    assert_eq!(statuses.collect::<Vec<_>>(), [404, 200, 200], "the oldest goes first");
    assert_eq!(code(&rig.get("chats/{}/files/none")), (404, "5502".to_owned()));
}

#[test]
fn an_agents_file_can_be_fetched() {
    let mut rig = Rig::chatting();
    let (name, content_type) = ("label.png".to_owned(), "image/png".to_owned());
    rig.agent(AgentAction::SendFile { name, content_type, bytes: Bytes::from_static(b"png") });
    let file = rig.fetch().remove(0);
    assert_eq!((&file["file_type"], &file["file_name"]), (&json!("image"), &json!("label.png")));
    let id = text(&file, "/file_id");
    assert_eq!(&rig.get(&format!("chats/{{}}/files/{id}")).body[..], b"png");
}

#[test]
fn pictures() {
    let mut rig = Rig::chatting();
    let agent = rig.agent_id();
    let photo = rig.get(&format!("chats/{{}}/profilephotos/{agent}"));
    assert_eq!((photo.status, photo.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(rig.get("chats/{}/profilephotos/nobody").status, 404);
    let icon = rig.get("chats/{}/chaticon");
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/png")));
    let truth = rig.server.transcript(&rig.chat);
    assert_eq!(truth[1].by, Party::Agent);
}

#[test]
fn ice_servers_are_handed_out_in_clear_or_encrypted() {
    let mut rig = Rig::chatting();
    let clear = rig.get("iceservers").json();
    assert_eq!(list(&clear, "servers").len(), 2);
    rig.server.config_mut().ice = IceForm::Encrypted;
    assert_eq!(rig.get("iceservers").status, 404, "a chat has to be named");
    let mut request = rig.client.get("iceservers");
    request.target.push_str(&format!("&domain=shop.acme.example&sessionId={}", rig.chat));
    let answer = rig.call(request);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(text.len() > 200 && !text.contains("turn"), "{text}");
}

#[test]
fn a_device_is_told_while_its_app_does_not_poll() {
    let mut rig = Rig::chatting();
    let apns = json!({ "ios_apns_device_token": "3f9a", "ios_app_bundle_id": "com.example.acme.support" });
    assert_eq!(rig.post("chats/{}/notifications", &apns).json(), json!({}));
    let to = rig.server.subscription(&rig.chat).unwrap().clone();
    assert_eq!(
        to,
        Subscription::Apns { token: "3f9a".to_owned(), bundle_id: "com.example.acme.support".to_owned() }
    );
    rig.say("Hi Dana, I am looking into it.");
    let push = rig.server.pushes()[0].payload.clone();
    let mut expected = fixture("push/apns-new-message.json");
    expected["chatID"] = rig.chat.as_str().into();
    assert_eq!(push, expected);
    let poll = rig.poll();
    assert!(rig.answer(poll).is_some());
    rig.poll();
    rig.say("You are here");
    assert_eq!(rig.server.pushes().len(), 1, "the poll tells of it");
    for (token, to) in [
        ("ios_firebase_device_token", Subscription::FirebaseIos { token: "T".to_owned() }),
        ("android_firebase_device_token", Subscription::FirebaseAndroid { token: "T".to_owned() }),
    ] {
        assert_eq!(rig.post("chats/{}/notifications", &json!({ token: "T" })).status, 200);
        assert_eq!(rig.server.subscription(&rig.chat), Some(&to));
    }
    rig.agent(AgentAction::Warn);
    let push = &rig.server.pushes()[1].payload;
    assert_eq!(push["data"]["chatID"], rig.chat.as_str());
    assert_eq!(rig.post("chats/{}/notifications", &json!({})).status, 200);
    assert_eq!(rig.server.subscription(&rig.chat), None);
}

#[test]
fn subscriptions_that_cannot_be() {
    let mut rig = Rig::chatting();
    let two = json!({ "ios_apns_device_token": "a", "android_firebase_device_token": "b" });
    assert_eq!(code(&rig.post("chats/{}/notifications", &two)), (406, "5603".to_owned()));
    let no_topic = json!({ "ios_apns_device_token": "a" });
    assert_eq!(rig.post("chats/{}/notifications", &no_topic).status, 406);
    rig.server.config_mut().tenants[0].entries[0].firebase = false;
    let firebase = json!({ "ios_firebase_device_token": "a" });
    assert_eq!(code(&rig.post("chats/{}/notifications", &firebase)), (406, "5955".to_owned()));
    assert_eq!(rig.server.subscription(&rig.chat), None);
}

#[test]
fn pushes_look_like_the_dossiers() {
    let chat = "4d2f6a1e-9c3b-4e57-8a10-6b7f0c2d9e35";
    let apns = Subscription::Apns { token: "t".to_owned(), bundle_id: "b".to_owned() };
    let from = "Marek N.".to_owned();
    let text = "Hi Dana, I am looking into it.".to_owned();
    for (notice, name) in [
        (Notice::Message { from: from.clone(), text }, "push/apns-new-message.json"),
        (Notice::File { from, name: "label.jpg".to_owned() }, "push/apns-new-file.json"),
        (Notice::TimedOut, "push/apns-inactivity-timeout.json"),
    ] {
        assert_eq!(notice.payload(&apns, chat), fixture(name), "{name}");
    }
    let android = Subscription::FirebaseAndroid { token: "t".to_owned() };
    let payload = Notice::Warning.payload(&android, chat);
    assert_eq!(payload["data"], fixture("push/firebase-data.json"));
}
