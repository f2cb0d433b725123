//! Files: announced, put, completed, scanned, and asked for.

use helpline_emulator::amazon_connect::{
    AgentAction, AgentScript, AttachmentStatus, Chance, ChanceRule, Operation, Scan, ServerConfig,
};
use serde_json::{Value, json};

use crate::rig::{Rig, fixture_item, fixture_json, members, text};

const START: &str = "/participant/start-attachment-upload";
const COMPLETE: &str = "/participant/complete-attachment-upload";
const GET: &str = "/participant/attachment";

fn scanned(scan: Scan) -> (Rig, u64) {
    Rig::connected_with(AgentScript { scan, ..AgentScript::silent() })
}

#[test]
fn an_upload_is_announced_as_the_dossier_has_it() {
    let (mut rig, _) = Rig::connected();
    let request = fixture_json("start-attachment-upload.request.json");
    let expected = fixture_json("start-attachment-upload.response.json")["body"].clone();
    let (status, answer) = rig.call(START, request["body"].clone());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(members(&answer), members(&expected));
    let (upload, known) = (&answer["UploadMetadata"], &expected["UploadMetadata"]);
    assert_eq!(members(upload), members(known));
    assert_eq!(members(&upload["HeadersToInclude"]), members(&known["HeadersToInclude"]));
    for name in ["Content-Type", "Content-Length", "Content-Disposition", "x-amz-acl"] {
        assert_eq!(upload["HeadersToInclude"][name], known["HeadersToInclude"][name]);
    }
    assert_eq!(upload["UrlExpiry"], "2026-03-14T09:41:40.000Z", "in a quarter of an hour");
    assert!(text(upload, "/Url").starts_with("http://127.0.0.1:80/connect/attachments/chat/"));
}

#[test]
fn a_mobile_client_needs_no_client_token() {
    let (mut rig, _) = Rig::connected();
    let request = fixture_json("start-attachment-upload-mobile.request.json");
    assert_eq!(rig.call(START, request["body"].clone()).0, 200);
}

#[test]
fn a_file_goes_up_becomes_an_item_and_comes_down() {
    let (mut rig, socket) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"%PDF-1.7");
    let item = rig.items(socket).pop().unwrap();
    let expected = fixture_item("ws-server-chat-attachment-approved-customer.json");
    assert_eq!(members(&item), members(&expected));
    assert_eq!(members(&item["Attachments"][0]), members(&expected["Attachments"][0]));
    assert_eq!(item["Attachments"][0]["AttachmentId"], id.as_str());
    assert_eq!(item["Attachments"][0]["Status"], "APPROVED");
    let (items, _) = rig.read(json!({}));
    let mut live = item;
    live.as_object_mut().unwrap().remove("InitialContactId");
    assert_eq!(items, [live]);

    let (status, answer) = rig.call(GET, fixture_json("get-attachment.request.json")["body"].clone());
    assert_eq!(status, 400, "an id that is not known: {answer}");
    let (_, answer) = rig.call(GET, json!({ "AttachmentId": id }));
    let expected = fixture_json("get-attachment.response.json")["body"].clone();
    assert_eq!(members(&answer), members(&expected));
    assert_eq!(answer["AttachmentSizeInBytes"], 8);
    let file = rig.fetch("GET", &text(&answer, "/Url"), &[], b"");
    assert_eq!((file.status, &file.body[..]), (200, &b"%PDF-1.7"[..]));
    assert_eq!(file.header("Content-Type"), Some("application/pdf"));
    assert_eq!(file.header("Content-Disposition"), Some("attachment; filename=\"receipt.pdf\""));
    let stats = rig.server.stats();
    assert_eq!((stats.uploads_started, stats.uploads_stored, stats.uploads_completed), (1, 1, 1));
    assert_eq!((stats.upload_bytes, stats.downloads, stats.download_bytes), (8, 1, 8));
}

#[test]
fn a_file_is_shared_and_never_copied() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", &vec![7; 1 << 20]);
    let url = rig.address(&id);
    let stored = rig.server.attachment_bytes(&id).unwrap();
    let first = rig.fetch("GET", &url, &[], b"").body;
    assert_eq!(first.as_ptr(), stored.as_ptr());
}

#[test]
fn completing_before_the_put_or_twice_is_a_conflict() {
    let (mut rig, socket) = Rig::connected();
    let file = rig.announce("receipt.pdf", "application/pdf", 3);
    let (status, answer) = rig.complete(&file.id);
    assert_eq!((status, members(&answer).len()), (409, 1));
    rig.put(&file, b"abc");
    assert_eq!(rig.complete(&file.id), (200, json!({})));
    assert_eq!(rig.complete(&file.id).0, 409);
    assert_eq!(rig.statuses(socket).len(), 1);
}

#[test]
fn the_client_token_makes_an_upload_one_and_its_completion_one() {
    let (mut rig, socket) = Rig::connected();
    let start = fixture_json("start-attachment-upload.request.json")["body"].clone();
    let first = rig.call(START, start.clone());
    assert_eq!(first, rig.call(START, start.clone()));
    let mut other = start;
    other["AttachmentName"] = "another.pdf".into();
    assert_ne!(first.1["AttachmentId"], rig.call(START, other).1["AttachmentId"], "not by the token alone");

    let file = rig.announce("receipt.pdf", "application/pdf", 3);
    rig.put(&file, b"abc");
    let complete = json!({ "AttachmentIds": [file.id], "ClientToken": "once" });
    rig.server.faults_mut().lost_answers =
        vec![ChanceRule::new(Some(Operation::CompleteUpload), Chance::Next(1))];
    let token = rig.token.clone();
    let lost = rig.request(helpline_emulator::amazon_connect::HttpRequest::post(
        COMPLETE,
        &token,
        &complete.to_string(),
    ));
    assert!(rig.answer(lost).is_none());
    assert_eq!(rig.call(COMPLETE, complete), (200, json!({})), "the same as what was lost, and no conflict");
    assert_eq!(rig.statuses(socket).len(), 1);
    assert_eq!(rig.server.stats().uploads_completed, 1);
}

#[test]
fn a_scan_ends_well_or_badly_after_a_while_under_the_same_item() {
    for (scan, end) in [
        (Scan::Approve { after_ms: 700 }, "APPROVED"),
        (Scan::Reject { after_ms: 700 }, "REJECTED"),
        (Scan::ByName { after_ms: 700 }, "APPROVED"),
    ] {
        let (mut rig, socket) = scanned(scan);
        let id = rig.upload("receipt.pdf", b"abc");
        assert_eq!(rig.statuses(socket), ["IN_PROGRESS"]);
        assert_eq!(rig.call(GET, json!({ "AttachmentId": id })).0, 400, "not while it is scanned");
        rig.advance(699);
        assert_eq!(rig.statuses(socket), ["IN_PROGRESS"]);
        rig.advance(1);
        assert_eq!(rig.statuses(socket), ["IN_PROGRESS", end]);
        let items = rig.items(socket);
        assert_eq!(
            (&items[0]["Id"], &items[0]["AbsoluteTime"]),
            (&items[1]["Id"], &items[1]["AbsoluteTime"])
        );
        let (stored, _) = rig.read(json!({}));
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0]["Attachments"][0]["Status"], end);
        let expected = if end == "APPROVED" { 200 } else { 400 };
        assert_eq!(rig.call(GET, json!({ "AttachmentId": id })).0, expected);
    }
}

#[test]
fn a_scan_by_name_finds_the_virus() {
    let (mut rig, socket) = scanned(Scan::ByName { after_ms: 10 });
    rig.upload("Virus.pdf", b"abc");
    rig.advance(10);
    assert_eq!(rig.statuses(socket), ["IN_PROGRESS", "REJECTED"]);
    let entry = rig.transcript().pop().unwrap();
    assert_eq!((entry.kind, entry.content_type.as_str()), ("ATTACHMENT", ""));
    assert_eq!(entry.attachment.unwrap().status, AttachmentStatus::Rejected);
}

#[test]
fn a_scan_that_ends_after_the_chat_is_not_told() {
    let (mut rig, socket) = scanned(Scan::Approve { after_ms: 500 });
    rig.upload("receipt.pdf", b"abc");
    rig.agent(AgentAction::End);
    rig.advance(2000);
    assert_eq!(rig.statuses(socket), ["IN_PROGRESS"]);
}

#[test]
fn the_agent_sends_a_file() {
    let (mut rig, socket) = Rig::connected();
    rig.agent(AgentAction::SendAttachment {
        name: "label.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: vec![1, 2, 3].into(),
    });
    let item = rig.items(socket).pop().unwrap();
    let expected = fixture_item("ws-server-chat-attachment-approved-agent.json");
    assert_eq!(members(&item), members(&expected));
    assert_eq!(item["ParticipantRole"], "AGENT");
    assert_eq!(item["Attachments"][0]["AttachmentName"], "label.png");
    let id = text(&item, "/Attachments/0/AttachmentId");
    let url = rig.address(&id);
    assert_eq!(rig.fetch("GET", &url, &[], b"").body, [1, 2, 3][..]);
    assert_eq!(rig.complete(&id).0, 400, "it is not the customer's to complete");
}

#[test]
fn no_receipts_are_made_for_files() {
    let (mut rig, socket) = Rig::connected();
    rig.upload("receipt.pdf", b"abc");
    rig.agent(AgentAction::MarkDelivered(helpline_emulator::amazon_connect::Which::All));
    assert_eq!(rig.items(socket).len(), 1);
}

#[test]
fn the_agent_takes_note_of_a_file_once_it_is_approved() {
    let (mut rig, _) = Rig::connected_with(AgentScript::demo());
    rig.advance(5000);
    rig.upload("receipt.pdf", b"abc");
    rig.advance(5000);
    let said = rig.transcript().pop().unwrap().content.unwrap();
    assert_eq!(said, "Thank you, I have your file receipt.pdf.");
    rig.upload("virus.pdf", b"abc");
    rig.advance(5000);
    assert_eq!(rig.transcript().pop().unwrap().kind, "ATTACHMENT");
    rig.say("file");
    rig.advance(5000);
    assert_eq!(rig.transcript().pop().unwrap().attachment.unwrap().name, "return-label.txt");
}

#[test]
fn a_file_is_too_large_or_one_too_many() {
    let (mut rig, _) = Rig::connected();
    let start = |size: u64| json!({ "AttachmentName": "a.pdf", "ContentType": "application/pdf", "AttachmentSizeInBytes": size });
    let limit = 20 * 1024 * 1024;
    assert_eq!(rig.call(START, start(limit)).0, 200);
    let (status, answer) = rig.call(START, start(limit + 1));
    assert_eq!(status, 402, "{answer}");
    for _ in 1..35 {
        assert_eq!(rig.call(START, start(1)).0, 200);
    }
    let token = rig.token.clone();
    let answer = rig.call_as(&token, START, &start(1));
    assert_eq!(answer.status, 402);
    assert_eq!(answer.header("x-amzn-ErrorType"), Some("ServiceQuotaExceededException"));
    rig.advance(15 * 60 * 1000);
    assert_eq!(rig.call(START, start(1)).0, 200, "those that never came count no more");
}

#[test]
fn files_that_came_count_for_good_and_in_their_own_chat() {
    let mut rig = Rig::new(ServerConfig { attachments_per_chat: 1, ..ServerConfig::default() });
    rig.connect();
    rig.upload("receipt.pdf", b"abc");
    rig.advance(16 * 60 * 1000);
    let start =
        json!({ "AttachmentName": "a.pdf", "ContentType": "application/pdf", "AttachmentSizeInBytes": 1 });
    assert_eq!(rig.call(START, start).0, 402);
    let now = rig.now;
    rig.chat = rig.server.start_chat(now, "Noor");
    rig.connect();
    rig.upload("receipt.pdf", b"abc");
}

#[test]
fn the_quotas_can_be_set() {
    let mut rig = Rig::new(ServerConfig {
        attachment_bytes: 10,
        attachments_per_chat: 1,
        attachment_extensions: vec!["log".to_owned()],
        ..ServerConfig::default()
    });
    rig.connect();
    let start = |name: &str, size: u64| json!({ "AttachmentName": name, "ContentType": "text/plain", "AttachmentSizeInBytes": size });
    assert_eq!(rig.call(START, start("a.pdf", 1)).0, 400);
    assert_eq!(rig.call(START, start("a.log", 11)).0, 402);
    assert_eq!(rig.call(START, start("a.log", 10)).0, 200);
    assert_eq!(rig.call(START, start("a.log", 10)).0, 402);
}

#[test]
fn the_end_of_a_name_decides_whether_a_file_is_taken() {
    let (mut rig, _) = Rig::connected();
    for (name, status) in [
        ("a.pdf", 200),
        ("A.JPG", 200),
        ("x.y.docx", 200),
        ("a.exe", 400),
        ("pdf", 400),
        ("a.pdf ", 400),
        ("a.", 400),
    ] {
        let body =
            json!({ "AttachmentName": name, "ContentType": "application/pdf", "AttachmentSizeInBytes": 1 });
        assert_eq!(rig.call(START, body).0, status, "{name}");
    }
}

#[test]
fn uploads_are_validated_as_the_model_has_them() {
    let (mut rig, _) = Rig::connected();
    let good = fixture_json("start-attachment-upload.request.json")["body"].clone();
    for (member, value, named) in [
        ("ContentType", Value::Null, "contentType"),
        ("ContentType", "".into(), "contentType"),
        ("ContentType", "x".repeat(256).into(), "contentType"),
        ("AttachmentName", Value::Null, "attachmentName"),
        ("AttachmentName", format!("{}.pdf", "x".repeat(253)).into(), "attachmentName"),
        ("AttachmentSizeInBytes", Value::Null, "attachmentSizeInBytes"),
        ("AttachmentSizeInBytes", 0.into(), "attachmentSizeInBytes"),
        ("AttachmentSizeInBytes", (-1).into(), "attachmentSizeInBytes"),
        ("AttachmentSizeInBytes", "48213".into(), "attachmentSizeInBytes"),
        ("ClientToken", "".into(), "clientToken"),
        ("ClientToken", "x".repeat(501).into(), "clientToken"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let (status, answer) = rig.call(START, body);
        assert_eq!(status, 400, "{member}");
        assert!(text(&answer, "/message").contains(named), "{answer}");
    }
    for ids in [Value::Null, json!([]), json!(["a", "b"]), json!([1]), json!("a"), json!(["unknown"])] {
        assert_eq!(rig.call(COMPLETE, json!({ "AttachmentIds": ids })).0, 400, "{ids}");
    }
}

#[test]
fn asking_for_a_file_is_validated_as_the_model_has_it() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abc");
    for (member, value, status) in [
        ("AttachmentId", Value::Null, 400),
        ("AttachmentId", "".into(), 400),
        ("AttachmentId", "x".repeat(257).into(), 400),
        ("UrlExpiryInSeconds", 4.into(), 400),
        ("UrlExpiryInSeconds", 5.into(), 200),
        ("UrlExpiryInSeconds", 300.into(), 200),
        ("UrlExpiryInSeconds", 301.into(), 400),
        ("UrlContentDisposition", "INLINE".into(), 200),
        ("UrlContentDisposition", "inline".into(), 400),
    ] {
        let mut body = json!({ "AttachmentId": id });
        body[member] = value.clone();
        assert_eq!(rig.call(GET, body).0, status, "{member} {value}");
    }
}

#[test]
fn a_file_is_seen_in_its_own_chat_only() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abc");
    let pending = rig.announce("b.pdf", "application/pdf", 3);
    rig.put(&pending, b"abc");
    let now = rig.now;
    rig.chat = rig.server.start_chat(now, "Noor");
    rig.connect();
    assert_eq!(rig.call(GET, json!({ "AttachmentId": id })).0, 400);
    assert_eq!(rig.complete(&pending.id).0, 400);
}
