//! Every request, against the fixtures where the vendor's clients make it too.

use serde_json::json;

use super::*;
use crate::dialect::{FetchFrom, FetchQuery, OutgoingReceipt};
use crate::model::{ReceiptKind, SinkKey, SourceKey};
use crate::secret::Secret;
use crate::wire::http::Body;

/// The agent of the fixtures.
const AGENT: &str = "e19d4b72-6a05-4c8f-93b1-7d20f5c8a64e";

fn in_chat() -> Scope<'static> {
    Scope { credential: None, conversation: Some(CHAT) }
}

fn request_by(dialect: &BrightPattern, intent: &Intent<'_>) -> HttpRequest {
    dialect.request(intent, in_chat()).unwrap()
}

fn request(intent: &Intent<'_>) -> HttpRequest {
    request_by(&dialect(), intent)
}

fn asked_for(request: Request) -> HttpRequest {
    self::request(&Intent::BrightPattern { request: &request, token: "t-1" })
}

fn body_of(request: &HttpRequest) -> Value {
    match &request.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap(),
        Body::Empty => Value::Null,
        Body::Source { .. } | Body::Framed { .. } => panic!("{request:?}"),
    }
}

/// Method and address of a request: the path below the version, and what stands in the query beside the tenant.
fn line(request: &HttpRequest) -> String {
    let uri = request.uri.to_string();
    let path = uri.strip_prefix(&format!("https://{TENANT}/clientweb/api/")).unwrap();
    let (path, query) = path.split_once('?').unwrap();
    let rest = query.strip_prefix(&format!("tenantUrl={TENANT}")).unwrap();
    format!("{} {}{rest}", request.method, path.replace(CHAT, "CHAT"))
}

/// Whether a request is what a fixture of the vendor's iOS SDK shows.
fn check(name: &str, request: &HttpRequest) {
    let fixture = json(&format!("http/{name}.json"));
    let expected = &fixture["request"];
    assert_eq!(request.method.as_str(), expected["method"].as_str().unwrap(), "{name}");
    let uri = request.uri.to_string();
    let (address, query) = uri.split_once('?').unwrap();
    assert_eq!(address, expected["url"].as_str().unwrap(), "{name}");
    assert_eq!(query, format!("tenantUrl={TENANT}"), "{name}");
    let body = expected.get("body").cloned().unwrap_or(Value::Null);
    assert_eq!(body_of(request), body, "{name}");
    check_headers(request);
}

fn check_headers(request: &HttpRequest) {
    let value = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let who = format!("MOBILE-API-140-327-PLAIN appId={APP}, clientId={CLIENT}");
    assert_eq!(value("authorization"), Some(who));
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(value("cache-control").as_deref(), Some("no-cache"));
    assert_eq!(value("user-agent").as_deref(), Some("MobileClient"));
    let json = matches!(request.body, Body::Bytes(_)).then_some("application/json; charset=utf-8");
    if !matches!(request.body, Body::Framed { .. }) {
        assert_eq!(value("content-type").as_deref(), json);
    }
}

fn send(content: &OutgoingContent, token: &str) -> HttpRequest {
    request(&Intent::SendMessage { content, token })
}

#[test]
fn what_the_vendors_clients_send_is_what_we_send() {
    check("send-typing", &request(&Intent::SendTyping { typing: true, token: "" }));
    check("send-not-typing", &request(&Intent::SendTyping { typing: false, token: "" }));
    check("send-end", &request(&Intent::Leave { token: "" }));
    check("send-disconnect", &asked_for(Request::Disconnect));
    let receipt = |kind, id: &str| OutgoingReceipt { kind, server_id: id.to_owned() };
    let delivered = receipt(ReceiptKind::Delivered, "8D6E0C52-1F97-4B3A-A4E8-5C2D9B70F163");
    check("send-delivered-ios", &request(&Intent::SendReceipts { receipts: &[delivered], token: "" }));
    let text = OutgoingContent::text("a < b & c\nnext line");
    check("send-message-v2-recommended", &send(&text, &format!("{CHAT}:7")));
    check("close-case-ok", &asked_for(Request::CloseCase));
    check("case-history-ok", &asked_for(Request::CaseHistory));
    check("version-ok", &asked_for(Request::ServerVersion));
    check("availability-available", &asked_for(Request::Availability));
    check("parameters-ok", &asked_for(Request::ExpectedParameters));
    check("active-chat-ok", &asked_for(Request::ActiveChat));
    check("poll-events", &request(&Intent::Poll));
    let query = FetchQuery { from: FetchFrom::Newest, limit: 30 };
    check("history-ok", &request(&Intent::Fetch(query)));
    check("configuration-ok", &asked_for(Request::Configuration));
    check("iceservers-plain", &{
        let mut request = asked_for(Request::IceServers { domain: None });
        // The encrypted form wants to know more; the other does not mind.
        request.uri = request.uri.to_string().split('&').next().unwrap().parse().unwrap();
        request
    });
    let sink = || SinkKey::new("s");
    check("chat-icon", &asked_for(Request::ChatIcon { sink: sink() }));
    check("profile-photo", &asked_for(Request::ProfilePhoto { party: AGENT.to_owned(), sink: sink() }));
}

#[test]
fn several_receipts_go_together() {
    let fixture = json("http/send-receipts-batch.json");
    let receipts: Vec<_> = fixture["request"]["body"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| {
            let kind = match event["event"].as_str().unwrap() {
                "chat_session_message_delivered" => ReceiptKind::Delivered,
                "chat_session_message_read" => ReceiptKind::Read,
                _ => return None,
            };
            Some(OutgoingReceipt { kind, server_id: event["ref_msg_id"].as_str().unwrap().to_owned() })
        })
        .collect();
    assert!(receipts.len() > 1);
    let body = body_of(&request(&Intent::SendReceipts { receipts: &receipts, token: "" }));
    assert_eq!(body["events"].as_array().unwrap().len(), receipts.len());
    for event in body["events"].as_array().unwrap() {
        assert!(fixture["request"]["body"]["events"].as_array().unwrap().contains(event), "{event}");
    }
}

#[test]
fn a_chat_is_asked_for_with_what_there_is_to_say() {
    let fixture = json("http/request-chat-ios.json");
    let expected = &fixture["request"]["body"];
    let strings = |value: &Value| -> BTreeMap<String, String> {
        let pairs = value.as_object().unwrap().iter();
        pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    };
    let introduction = Introduction {
        name: Some(expected["from"].as_str().unwrap().to_owned()),
        phone_number: Some(expected["phone_number"].as_str().unwrap().to_owned()),
        attributes: strings(&expected["parameters"]),
    };
    let config = config()
        .with_introduction(introduction)
        .with_user_platform(strings(&expected["parameters"]["user_platform"]));
    let dialect = BrightPattern::new(&config).unwrap();
    check("request-chat-ios", &request_by(&dialect, &Intent::StartConversation { introduction: None }));
    // What is not said is left out, not null (the vendor's iOS issue 27).
    let bare = body_of(&request(&Intent::StartConversation { introduction: None }));
    assert_eq!(bare, json!({ "parameters": {} }));
    let other = Introduction { name: Some("Dana".to_owned()), ..Introduction::default() };
    let intent = Intent::StartConversation { introduction: Some(&other) };
    let body = body_of(&request_by(&dialect, &intent));
    assert_eq!(body["from"], "Dana");
    assert_eq!(body.get("phone_number"), None);
    assert_eq!(body["parameters"]["user_platform"], expected["parameters"]["user_platform"]);
}

#[test]
fn the_request_for_a_chat_can_say_a_first_message_and_where_the_customer_is() {
    let place = Coordinates { latitude: "52.370216".to_owned(), longitude: "4.895168".to_owned() };
    let config = config().with_initial_message("a < b").with_location(place);
    let dialect = BrightPattern::new(&config).unwrap();
    let body = body_of(&request_by(&dialect, &Intent::StartConversation { introduction: None }));
    assert_eq!(
        body,
        json!({
            "parameters": { "location": { "latitude": "52.370216", "longitude": "4.895168" } },
            "initial_message":
                { "event": "chat_session_message", "msg_id": "1", "msg": "a &lt; b", "msg_text": "a < b" },
        })
    );
}

#[test]
fn a_chat_can_be_taken_up_without_beginning_one() {
    let dialect = BrightPattern::new(&config().with_resume_only(true)).unwrap();
    let request = |introduction| request_by(&dialect, &Intent::StartConversation { introduction });
    assert_eq!(line(&request(None)), "GET v2/chats/active");
    // Who is introduced wants to begin one.
    assert_eq!(line(&request(Some(&Introduction::default()))), "POST v2/chats");
}

#[test]
fn messages_go_out_in_the_forms_that_there_are() {
    let event = |content: &OutgoingContent| body_of(&send(content, "id-1"))["events"][0].clone();
    let html = OutgoingContent::Html { html: "<b>Urgent</b> &amp; new".to_owned() };
    assert_eq!(
        event(&html),
        json!({ "event": "chat_session_message", "msg_id": "id-1", "msg": "<b>Urgent</b> &amp; new",
                "msg_text": "Urgent & new" })
    );
    let reply = OutgoingContent::Reply { text: "Yes".to_owned(), question: "S-3".to_owned() };
    assert_eq!(
        event(&reply),
        json!({ "event": "chat_session_message", "msg_id": "id-1", "msg": "Yes", "msg_text": "Yes",
                "directive_id": "S-3" })
    );
    for content in [
        OutgoingContent::Markdown { text: "a".to_owned() },
        OutgoingContent::Json { text: "{}".to_owned() },
        OutgoingContent::InteractiveResponse { text: "{}".to_owned() },
    ] {
        let error = dialect().check(&content).unwrap_err();
        assert!(error.to_string().contains("text or HTML"), "{error}");
        let intent = Intent::SendMessage { content: &content, token: "" };
        assert!(dialect().request(&intent, in_chat()).is_err());
    }
    assert_eq!(dialect().check(&OutgoingContent::text("")), Err(CommandError::Empty));
    assert!(dialect().check(&OutgoingContent::text("x".repeat(32_768))).is_ok());
    assert!(dialect().check(&OutgoingContent::text("x".repeat(32_769))).is_err());
}

/// Events of the vendor's own clients that we send as well, and what makes them.
#[test]
fn what_only_this_service_has_goes_out_as_its_clients_send_it() {
    let text = |text: &str| text.to_owned();
    let form = |name: &str| json(&format!("events/client/{name}.json"));
    let pairs = |event: &Value| -> BTreeMap<String, String> {
        let pairs = event["data"].as_object().unwrap().iter();
        pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    let submit = |name: &str| {
        let event = form(name);
        let (id, name) =
            (text(event["form_request_id"].as_str().unwrap()), text(event["form_name"].as_str().unwrap()));
        Request::SubmitForm { id, name, data: pairs(&event) }
    };
    let secret = pairs(&form("secure-form-data")).into_iter().map(|(name, value)| (name, Secret::new(value)));
    let place = Coordinates { latitude: text("52.370216"), longitude: text("4.895168") };
    let signal = |signal| Request::Signal { to: text(AGENT), signal };
    let sdp = text(form("signaling-answer-call")["data"]["sdp"].as_str().unwrap());
    for (name, request) in [
        ("disconnect", Request::Disconnect),
        ("typing-preview", Request::TypingPreview { text: text("Hello, I wan") }),
        ("location", Request::SendLocation { place, url: Some(text("https://maps.example/?q=52.37,4.89")) }),
        (
            "navigation",
            Request::SendNavigation { title: text("Basket"), page: text("https://shop.acme.example/basket") },
        ),
        ("form-data", submit("form-data")),
        ("form-data-text-input", submit("form-data-text-input")),
        ("form-data-location", submit("form-data-location")),
        ("form-data-cancel", Request::CancelForm { id: text("17"), name: text("Survey") }),
        (
            "secure-form-data",
            Request::SubmitSecureForm { id: text("f1"), name: text("card-details"), data: secret.collect() },
        ),
        ("secure-form-cancel", Request::CancelSecureForm { id: text("f1"), name: text("card-details") }),
        ("cobrowsing-rejected", Request::RejectCobrowsing),
        (
            "cobrowsing-started",
            Request::StartCobrowsing {
                provider: text("SURFLY"),
                url: text("https://surfly.example/s/abc"),
                id: Some(text("abc")),
            },
        ),
        ("cobrowsing-ended", Request::EndCobrowsing),
        ("message-web-cobrowsing", Request::CobrowsingCode { code: text("123-456") }),
        ("signaling-request-call", signal(CallSignal::RequestCall { video: true })),
        ("signaling-answer-call", signal(CallSignal::Answer { sdp })),
        (
            "signaling-ice-candidate",
            signal(CallSignal::Candidate {
                candidate: text("candidate:1 1 udp 2122260223 192.0.2.9 51000 typ host"),
                mid: Some(text("0")),
                line: Some(0),
            }),
        ),
        ("signaling-call-rejected", signal(CallSignal::Rejected { code: None, reason: None })),
        ("signaling-end-call", signal(CallSignal::End)),
    ] {
        let mut expected = form(name);
        if let Some(id) = expected.get_mut("msg_id") {
            *id = "t-1".into();
        }
        let sent = asked_for(request);
        assert_eq!(line(&sent), "POST v2/chats/CHAT/events", "{name}");
        assert_eq!(body_of(&sent), json!({ "events": [expected] }), "{name}");
    }
}

#[test]
fn pushes_are_subscribed_for_each_service() {
    let token = |name: &str, member: &str| {
        let fixture = json(&format!("http/{name}.json"));
        Secret::new(fixture["request"]["body"][member].as_str().unwrap())
    };
    let apns = PushService::Apns {
        token: token("notifications-apns", "ios_apns_device_token"),
        bundle_id: "com.example.acme.support".to_owned(),
    };
    let ios =
        PushService::FirebaseIos { token: token("notifications-firebase-ios", "ios_firebase_device_token") };
    let android = PushService::FirebaseAndroid {
        token: token("notifications-firebase-android", "android_firebase_device_token"),
    };
    for (name, service) in [
        ("notifications-apns", apns),
        ("notifications-firebase-ios", ios),
        ("notifications-firebase-android", android),
    ] {
        check(name, &asked_for(Request::Subscribe { service }));
    }
    check("notifications-unsubscribe", &asked_for(Request::Unsubscribe));
}

#[test]
fn the_first_version_differs_in_its_address_and_a_few_words() {
    let dialect = BrightPattern::new(&config().with_api_version(ApiVersion::V1)).unwrap();
    assert_eq!(line(&request_by(&dialect, &Intent::Poll)), "GET v1/chats/CHAT/events");
    let refused = |dialect: &BrightPattern, request: Request| {
        dialect
            .request(&Intent::BrightPattern { request: &request, token: "" }, in_chat())
            .unwrap_err()
            .problem
    };
    assert!(refused(&dialect, Request::ServerVersion).contains("first version"));
    let sms = || Request::RequestSms {
        phone_number: "+15555550142".to_owned(),
        from: Some("Acme".to_owned()),
        parameters: BTreeMap::from([("order_number".to_owned(), "A-1".to_owned())]),
    };
    assert!(refused(&self::dialect(), sms()).contains("first version"));
    let request = request_by(&dialect, &Intent::BrightPattern { request: &sms(), token: "" });
    check("request-sms-v1", &request);
    // Some such servers fail on a file with an id.
    let intent = Intent::CompleteUpload { attachment: &receipt(), attachment_id: "f-1", token: "id-1" };
    assert_eq!(body_of(&request_by(&dialect, &intent))["events"][0].get("msg_id"), None);
    assert_eq!(body_of(&self::request(&intent))["events"][0]["msg_id"], "id-1");
}

fn receipt() -> OutgoingAttachment {
    OutgoingAttachment {
        name: "photo.jpg".to_owned(),
        content_type: None,
        size: 9,
        source: SourceKey::new("disk"),
    }
}

#[test]
fn a_file_is_sent_as_a_form_and_then_shown() {
    let intent = Intent::Upload { attachment: &receipt(), ticket: None, token: "b0-1f" };
    let request = request(&intent);
    assert_eq!(line(&request), "POST v2/files");
    check_headers(&request);
    let content_type = request.headers["content-type"].to_str().unwrap();
    assert_eq!(content_type, "multipart/form-data; boundary=helpline-b01f");
    let Body::Framed { before, source, size, .. } = &request.body else { panic!("{request:?}") };
    assert_eq!((source.as_str(), *size), ("disk", 9));
    let before = core::str::from_utf8(before).unwrap();
    assert!(before.contains("name=\"file-upload-input\"; filename=\"photo.jpg\""), "{before}");
    assert!(before.contains("Content-Type: image/jpeg"), "{before}");
    let mut expected = json("events/client/file-web.json");
    expected["msg_id"] = "id-1".into();
    let file_id = expected["file_id"].as_str().unwrap().to_owned();
    let intent = Intent::CompleteUpload { attachment: &receipt(), attachment_id: &file_id, token: "id-1" };
    assert_eq!(body_of(&self::request(&intent)), json!({ "events": [expected] }));
}

#[test]
fn only_the_services_own_address_is_told_who_we_are() {
    let own = dialect().file_address(Some(CHAT), "c70a4e19-2d5b-4f86-b3a1-98e6d0f7c254").unwrap();
    check("download-file-api", &request(&Intent::Download { url: own.expose() }));
    let linked = dialect().file_address(Some(CHAT), "https://cdn.acme.example/doc/terms.pdf?v=1").unwrap();
    let request = request(&Intent::Download { url: linked.expose() });
    assert_eq!(request.uri.to_string(), "https://cdn.acme.example/doc/terms.pdf?v=1");
    assert!(request.headers.is_empty());
    for url in [
        "http://cdn.acme.example/x",
        "ftp://h.example/",
        "",
        &format!("https://h.example/{}", "x".repeat(4_096)),
    ] {
        assert!(dialect().request(&Intent::Download { url }, in_chat()).is_err(), "{url}");
    }
    // The same host by another scheme or port is another.
    for url in [format!("https://{TENANT}:8443/clientweb/file/x"), format!("https://{TENANT}.evil.example/")]
    {
        assert!(self::request(&Intent::Download { url: &url }).headers.is_empty(), "{url}");
    }
    assert_eq!(dialect().file_address(None, "f-1"), None);
    assert_eq!(dialect().file_address(Some(CHAT), ".."), None);
}

#[test]
fn an_id_stays_in_its_place_in_the_address() {
    for (chat, path) in
        [("../../x?y=1", "..%2F..%2Fx%3Fy%3D1"), ("a b&c#d", "a%20b%26c%23d"), ("é", "%C3%A9")]
    {
        let scope = Scope { credential: None, conversation: Some(chat) };
        let request = dialect().request(&Intent::Poll, scope).unwrap();
        assert_eq!(line(&request), format!("GET v2/chats/{path}/events"));
    }
    for chat in ["", ".", "..", "a\r\nb", "\u{0}"] {
        let scope = Scope { credential: None, conversation: Some(chat) };
        assert!(dialect().request(&Intent::Poll, scope).is_err(), "{chat:?}");
    }
    let scope = Scope::default();
    assert!(dialect().request(&Intent::Poll, scope).unwrap_err().problem.contains("start one"));
}

#[test]
fn what_the_service_has_no_way_to_say_is_refused_in_words() {
    let long = "x".repeat(32_769);
    let sdp = "x".repeat(256 * 1024 + 1);
    let to = || AGENT.to_owned();
    let text = |text: &str| text.to_owned();
    for (request, hint) in [
        (Request::TypingPreview { text: long }, "`text`"),
        (Request::SendNavigation { title: text("a"), page: text("") }, "`page`"),
        (Request::SubmitForm { id: text(""), name: text("a"), data: BTreeMap::new() }, "`id`"),
        (
            Request::SubmitSecureForm { id: text("a"), name: text("a"), data: BTreeMap::new() },
            "give them again",
        ),
        (Request::Signal { to: text(""), signal: CallSignal::End }, "`to`"),
        (Request::Signal { to: to(), signal: CallSignal::Answer { sdp } }, "262144"),
        (
            Request::Signal { to: to(), signal: CallSignal::Other { kind: None, data: BTreeMap::new() } },
            "nobody knows",
        ),
        (Request::CobrowsingCode { code: text("") }, "`code`"),
        (
            Request::Subscribe { service: PushService::FirebaseIos { token: Secret::default() } },
            "give it again",
        ),
        (
            Request::Subscribe {
                service: PushService::Apns { token: Secret::new("t"), bundle_id: text("") },
            },
            "bundle_id",
        ),
        (Request::ProfilePhoto { party: text(".."), sink: SinkKey::new("s") }, "segment"),
    ] {
        let intent = Intent::BrightPattern { request: &request, token: "" };
        let problem = dialect().request(&intent, in_chat()).unwrap_err().problem;
        assert!(problem.contains(hint), "{problem}");
    }
    for intent in [
        Intent::Authorise { socket: true },
        Intent::StartUpload { attachment: &receipt(), token: "" },
        Intent::AttachmentUrl { attachment: "a", expires_in: None },
    ] {
        assert!(dialect().request(&intent, in_chat()).is_err());
    }
    let query = TranscriptQuery { cursor: Some("c".to_owned()), ..TranscriptQuery::default() };
    assert!(dialect().check_query(&query).is_err());
    assert!(dialect().check_query(&TranscriptQuery::default()).is_ok());
}

#[test]
fn secrets_are_sent_and_not_shown() {
    let data = BTreeMap::from([("card_number".to_owned(), Secret::new("4111"))]);
    let form = Request::SubmitSecureForm { id: "f1".to_owned(), name: "card".to_owned(), data };
    let push = Request::Subscribe { service: PushService::FirebaseIos { token: Secret::new("dev-4111") } };
    for request in [form, push] {
        let json = serde_json::to_string(&request).unwrap();
        let sent = asked_for(request.clone());
        assert!(body_of(&sent).to_string().contains("4111"));
        for shown in [format!("{request:?}"), format!("{sent:?}"), json] {
            assert!(!shown.contains("4111") && !shown.contains(CLIENT), "{shown}");
        }
    }
}
