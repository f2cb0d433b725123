//! The storage behind presigned addresses, and what can go wrong there.

use helpline_emulator::amazon_connect::{
    Chance, ChanceRule, HttpResponse, Operation, Output, Reception, StatusRule,
};
use serde_json::json;

use crate::rig::{Announced, Rig, text};

fn code(response: &HttpResponse) -> String {
    assert_eq!(response.header("Content-Type"), Some("application/xml"));
    assert_eq!(response.header("Access-Control-Allow-Origin"), Some("*"), "browsers have to see it");
    let xml = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(xml.starts_with("<?xml"), "{xml}");
    let (_, rest) = xml.split_once("<Code>").unwrap();
    rest.split_once("</Code>").unwrap().0.to_owned()
}

fn announced() -> (Rig, Announced) {
    let (mut rig, _) = Rig::connected();
    let file = rig.announce("receipt.pdf", "application/pdf", 3);
    (rig, file)
}

/// A PUT with other headers than were given.
fn put_with(change: impl Fn(&mut Vec<(String, String)>)) -> HttpResponse {
    let (mut rig, mut file) = announced();
    change(&mut file.headers);
    rig.put(&file, b"abc")
}

#[test]
fn every_signed_header_must_come_as_it_was_given() {
    let names = announced().1.headers.into_iter().map(|(name, _)| name);
    for name in names.filter(|name| name != "Content-Length") {
        let missing = put_with(|headers| headers.retain(|(known, _)| *known != name));
        assert_eq!((missing.status, code(&missing).as_str()), (403, "SignatureDoesNotMatch"), "{name}");
        let changed = put_with(|headers| {
            let header = headers.iter_mut().find(|(known, _)| *known == name).unwrap();
            header.1.push('x');
        });
        assert_eq!((changed.status, code(&changed).as_str()), (403, "SignatureDoesNotMatch"), "{name}");
    }
    let lower = put_with(|headers| headers.iter_mut().for_each(|header| header.0.make_ascii_lowercase()));
    assert_eq!(lower.status, 200, "names have no case");
    assert!(lower.header("ETag").unwrap().starts_with('"'));
}

#[test]
fn the_real_length_counts_and_not_the_header() {
    let without = put_with(|headers| headers.retain(|(name, _)| name != "Content-Length"));
    assert_eq!(without.status, 200, "clients that make it themselves leave it out");
    for bytes in [&b"ab"[..], b"abcd", b""] {
        let (mut rig, file) = announced();
        let answer = rig.put(&file, bytes);
        assert_eq!((answer.status, code(&answer).as_str()), (403, "SignatureDoesNotMatch"));
        assert_eq!(rig.complete(&file.id).0, 409, "nothing is there");
    }
}

#[test]
fn credentials_do_not_belong_into_the_storage() {
    for (name, status) in
        [("X-Amz-Bearer", 403), ("x-amz-meta-more", 403), ("Authorization", 400), ("User-Agent", 200)]
    {
        let answer = put_with(|headers| headers.push((name.to_owned(), "x".to_owned())));
        assert_eq!(answer.status, status, "{name}");
    }
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abc");
    let url = rig.address(&id);
    let bearer = ("X-Amz-Bearer".to_owned(), rig.token.clone());
    let answer = rig.fetch("GET", &url, &[bearer], b"");
    assert_eq!((answer.status, code(&answer).as_str()), (403, "AccessDenied"));
}

#[test]
fn an_address_is_good_for_what_it_was_signed_for() {
    let (mut rig, file) = announced();
    let answer = rig.fetch("GET", &file.url, &[], b"");
    assert_eq!((answer.status, code(&answer).as_str()), (403, "SignatureDoesNotMatch"), "a PUT is no GET");
    let changed = Announced { url: format!("{}x", file.url), headers: file.headers.clone(), ..announced().1 };
    assert_eq!(code(&rig.put(&changed, b"abc")), "SignatureDoesNotMatch");
    let bare = file.url.split_once('?').unwrap().0.to_owned();
    let bare = Announced { url: bare, headers: file.headers.clone(), ..announced().1 };
    assert_eq!(code(&rig.put(&bare, b"abc")), "AccessDenied");
    let other = rig.announce("other.pdf", "application/pdf", 3);
    let query = other.url.split_once('?').unwrap().1;
    let mixed = format!("{}?{query}", file.url.split_once('?').unwrap().0);
    let mixed = Announced { url: mixed, headers: file.headers.clone(), ..announced().1 };
    assert_eq!(code(&rig.put(&mixed, b"abc")), "SignatureDoesNotMatch");
    let written_otherwise = file.url.replace("%3B", ";");
    let file = Announced { url: written_otherwise, ..file };
    assert_eq!(rig.put(&file, b"abc").status, 200, "an encoding changes nothing");
}

#[test]
fn addresses_expire() {
    let (mut rig, file) = announced();
    rig.advance(15 * 60 * 1000 - 1);
    assert_eq!(rig.put(&file, b"abc").status, 200);
    rig.advance(1);
    let late = rig.put(&file, b"abc");
    assert_eq!((late.status, code(&late).as_str()), (403, "AccessDenied"));
    assert_eq!(rig.complete(&file.id).0, 200, "what was put in time is there");
    let body = json!({ "AttachmentId": file.id, "UrlExpiryInSeconds": 5 });
    let (_, answer) = rig.call("/participant/attachment", body);
    assert_eq!(answer["UrlExpiry"], "2026-03-14T09:41:45.000Z");
    rig.advance(4999);
    assert_eq!(rig.fetch("GET", &text(&answer, "/Url"), &[], b"").status, 200);
    rig.advance(1);
    assert_eq!(rig.fetch("GET", &text(&answer, "/Url"), &[], b"").status, 403);
}

#[test]
fn a_put_may_be_repeated_until_the_upload_is_completed() {
    let (mut rig, file) = announced();
    assert_eq!(rig.put(&file, b"abc").status, 200);
    assert_eq!(rig.put(&file, b"xyz").status, 200);
    rig.complete(&file.id);
    assert_eq!(rig.put(&file, b"abc").status, 403);
    assert_eq!(rig.server.attachment_bytes(&file.id).unwrap(), b"xyz"[..]);
}

#[test]
fn the_disposition_is_as_it_was_asked_for() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abc");
    let body = json!({ "AttachmentId": id, "UrlContentDisposition": "INLINE" });
    let (_, answer) = rig.call("/participant/attachment", body);
    let file = rig.fetch("GET", &text(&answer, "/Url"), &[], b"");
    assert_eq!(file.header("Content-Disposition"), Some("inline; filename=\"receipt.pdf\""));
}

#[test]
fn the_storage_can_be_told_to_fail() {
    let (mut rig, file) = announced();
    for (status, expected) in [(403, "SignatureDoesNotMatch"), (500, "InternalError"), (503, "SlowDown")] {
        rig.server.faults_mut().statuses = vec![StatusRule::next(Operation::Upload, status, 1)];
        let answer = rig.put(&file, b"abc");
        assert_eq!((answer.status, code(&answer).as_str()), (status, expected));
    }
    assert_eq!(rig.server.attachment_bytes(&file.id), None);
    rig.put(&file, b"abc");
    rig.complete(&file.id);
    let url = rig.address(&file.id);
    rig.server.faults_mut().set("status=500,op=download,times=1").unwrap();
    assert_eq!(code(&rig.fetch("GET", &url, &[], b"")), "InternalError");
    rig.server.faults_mut().set("hang=next:1,op=download").unwrap();
    let hung = rig.send("GET", &url, &[], b"");
    assert!(rig.answer(hung).is_none());
    assert_eq!(rig.fetch("GET", &url, &[], b"").status, 200);
    assert_eq!(rig.server.stats().storage_errors["InternalError"], 2);
}

#[test]
fn a_download_is_cut_half_way() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abcdef");
    let url = rig.address(&id);
    rig.server.faults_mut().set("cut-half=next:1,op=download").unwrap();
    let cut = rig.fetch("GET", &url, &[], b"");
    assert_eq!((cut.status, cut.body.len(), cut.cut_at), (200, 6, Some(3)));
    assert_eq!(rig.fetch("GET", &url, &[], b"").cut_at, None);
    assert_eq!(rig.server.stats().cut_halves, 1);
}

#[test]
fn an_upload_is_cut_half_way_and_nothing_is_stored() {
    let (mut rig, file) = announced();
    let rule = ChanceRule::new(Some(Operation::Upload), Chance::Next(2));
    rig.server.faults_mut().cut_half = vec![rule];
    let cut = rig.send("PUT", &file.url, &file.headers, b"abc");
    assert!(rig.log.iter().any(|(_, output)| *output == Output::NoAnswer { exchange: cut }));
    assert_eq!(rig.server.attachment_bytes(&file.id), None);

    rig.server.faults_mut().storage_bytes_per_second = Some(1000);
    let half = Reception { cut_at_permille: Some(500), bytes_per_second: Some(1000) };
    assert_eq!(rig.server.begin_upload(900, &file.url), half, "a host that asks is told where to cut");
    let whole = Reception { cut_at_permille: None, bytes_per_second: Some(1000) };
    assert_eq!(rig.server.begin_upload(901, &file.url), whole);
    assert_eq!(rig.server.begin_upload(902, "/participant/message"), Reception::default());
    assert_eq!(rig.server.stats().cut_halves, 2);
}

#[test]
fn the_pace_of_a_download_is_told_to_the_host() {
    let (mut rig, _) = Rig::connected();
    let id = rig.upload("receipt.pdf", b"abcdef");
    let url = rig.address(&id);
    rig.server.faults_mut().set("storage-pace=2000").unwrap();
    assert_eq!(rig.fetch("GET", &url, &[], b"").bytes_per_second, Some(2000));
}

#[test]
fn the_storage_can_be_slow_to_answer() {
    let (mut rig, file) = announced();
    rig.server.faults_mut().set("storage-delay=700").unwrap();
    let put = rig.send("PUT", &file.url, &file.headers, b"abc");
    rig.advance(699);
    assert!(rig.answer(put).is_none());
    rig.advance(1);
    assert_eq!(rig.answer(put).unwrap().1.status, 200);
    assert_eq!(rig.complete(&file.id).0, 200, "the service itself is as quick as ever");
}

#[test]
fn lifetimes_can_be_shortened() {
    let (mut rig, _) = Rig::connected();
    rig.server.faults_mut().set("upload-life=1").unwrap();
    rig.server.faults_mut().set("download-life=2").unwrap();
    let file = rig.announce("receipt.pdf", "application/pdf", 3);
    assert_eq!(file.answer["UploadMetadata"]["UrlExpiry"], "2026-03-14T09:26:41.000Z");
    rig.put(&file, b"abc");
    rig.complete(&file.id);
    let url = rig.address(&file.id);
    rig.advance(1999);
    assert_eq!(rig.fetch("GET", &url, &[], b"").status, 200);
    rig.advance(1);
    assert_eq!(rig.fetch("GET", &url, &[], b"").status, 403);
}
