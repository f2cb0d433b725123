//! Each operation can be answered by a client of the user's own, in place of the service.

use std::sync::Arc;

use bytes::Bytes;
use helpline_emulator::amazon_connect::{AgentAction, InteractiveKind, Operation as Asked};
use helpline_protocol::model::{ItemBody, TranscriptQuery};
use helpline_protocol::{Operation, TransportFault};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};
use tower_service::Service as _;

use super::Row;
use super::desk::{Desk, block_on, config, serve, soon};
use crate::adapter::{AttachmentSource, Builder, HttpClient};

pub(crate) const ROWS: &[Row] = &[
    ("AWSClient.createParticipantConnection", credentials_are_obtained_in_another_way),
    ("AWSClient.sendMessage", a_message_is_taken_by_somebody_else),
    ("AWSClient.sendEvent", an_event_is_taken_by_somebody_else),
    ("AWSClient.getTranscript", the_transcript_comes_from_elsewhere),
    ("AWSClient.disconnectParticipantConnection", leaving_is_kept_from_the_service),
    ("AWSClient.startAttachmentUpload", a_file_gets_another_name),
    ("AWSClient.completeAttachmentUpload", completing_is_kept_from_the_service),
    ("AWSClient.getAttachment", the_address_of_a_file_is_another),
    ("AWSClient.describeView", a_form_comes_from_elsewhere),
];

/// Passes a request on, as it would have gone.
pub(crate) async fn pass(
    mut client: HttpClient,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, TransportFault> {
    client.call(request).await
}

fn answer(json: &Value) -> Response<Bytes> {
    Response::new(Bytes::from(json.to_string()))
}

/// A chat in which requests for one purpose never reach the service, but are answered so.
async fn answered(operation: Operation, json: Value) -> Desk {
    let json = Arc::new(json);
    let build = move |builder: Builder| {
        let client = builder.http_client();
        builder.with_http_fn(move |request: Request<Bytes>| {
            let own = request.extensions().get() == Some(&operation);
            let (client, json) = (client.clone(), Arc::clone(&json));
            async move { if own { Ok(answer(&json)) } else { pass(client, request).await } }
        })
    };
    Desk::open_by(build).await
}

/// A chat in which requests for one purpose are changed on their way.
fn changed(
    operation: Operation,
    change: impl Fn(&mut Request<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(Builder) -> Builder {
    move |builder: Builder| {
        let client = builder.http_client();
        builder.with_http_fn(move |mut request: Request<Bytes>| {
            if request.extensions().get() == Some(&operation) {
                change(&mut request);
            }
            pass(client.clone(), request)
        })
    }
}

fn credentials_are_obtained_in_another_way() {
    block_on(async {
        let (server, details) = serve().await;
        let token = HeaderValue::from_str(&details.participant_token).expect("a token");
        let build = changed(Operation::Authorise, move |request| {
            request.headers_mut().insert("x-amz-bearer", token.clone());
        });
        let mut placeholder = details.clone();
        placeholder.participant_token = "known-to-the-proxy-alone".to_owned();
        let config = config(&server, &placeholder);
        let desk = Desk::with(server, details, config, build).await;
        soon(desk.chat.send_text("hi")).await.expect("it is sent");
        assert_eq!(desk.arrived(), ["hi"]);
    });
}

fn a_message_is_taken_by_somebody_else() {
    block_on(async {
        let taken = json!({ "Id": "own-1", "AbsoluteTime": "2026-03-14T09:30:00.000Z" });
        let desk = answered(Operation::SendMessage, taken).await;
        let message = soon(desk.chat.send_text("hi")).await.expect("it is sent");
        let item = desk.chat.item(message).await.expect("the session lives").expect("the item");
        assert_eq!(item.server_id.as_deref(), Some("own-1"));
        assert_eq!(desk.calls(Asked::SendMessage), 0);
    });
}

fn an_event_is_taken_by_somebody_else() {
    block_on(async {
        let taken = json!({ "Id": "own-2", "AbsoluteTime": "2026-03-14T09:30:00.000Z" });
        let desk = answered(Operation::SendEvent, taken.clone()).await;
        let event = soon(desk.chat.send_event("application/vnd.example", None)).await.expect("it is taken");
        assert_eq!(event.id.as_deref(), Some("own-2"));
        // Typing and receipts are events too, each with a purpose of its own.
        let quiet = answered(Operation::SendTyping, taken.clone()).await;
        soon(quiet.chat.typing()).await.expect("it is taken");
        let unread = answered(Operation::SendReceipt, taken).await;
        unread.agent(AgentAction::Say("hello".to_owned()));
        let mut unread = unread;
        let message = unread.item(|item| item.body.is_message()).await.key;
        unread.chat.mark_read(message).await.expect("it is noted");
        unread.settled().await;
        for desk in [desk, quiet, unread] {
            assert_eq!(desk.calls(Asked::SendEvent), 0);
        }
    });
}

fn the_transcript_comes_from_elsewhere() {
    block_on(async {
        let page = json!({ "InitialContactId": "archive", "Transcript": [{
            "Id": "old-1", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "from the archive",
            "ParticipantRole": "AGENT", "AbsoluteTime": "2026-03-14T09:00:00.000Z",
        }] });
        let desk = answered(Operation::LoadTranscript, page).await;
        let page = soon(desk.chat.load_transcript(TranscriptQuery::default())).await.expect("a page");
        let texts: Vec<_> = page.items.iter().filter_map(|item| item.body.text()).collect();
        assert_eq!(texts, ["from the archive"]);
        assert_eq!(page.initial_segment.as_deref(), Some("archive"));
    });
}

fn leaving_is_kept_from_the_service() {
    block_on(async {
        let desk = answered(Operation::Leave, json!({})).await;
        soon(desk.chat.leave()).await.expect("it is confirmed");
        assert_eq!(desk.calls(Asked::Disconnect), 0);
        assert!(!desk.has_ended());
    });
}

fn file() -> AttachmentSource {
    AttachmentSource::from_bytes("invoice.txt", "forty-two")
}

fn a_file_gets_another_name() {
    block_on(async {
        let build = changed(Operation::StartUpload, |request| {
            let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
            assert_eq!(body["AttachmentSizeInBytes"], 9);
            body["AttachmentName"] = "seen-by-the-proxy.txt".into();
            *request.body_mut() = Bytes::from(body.to_string());
        });
        let desk = Desk::open_by(build).await;
        soon(desk.chat.send_attachment(file())).await.expect("it is sent");
        let truth = desk.server.with(|server, _, _| server.transcript(&desk.details.contact_id));
        let names: Vec<_> = truth.iter().filter_map(|entry| Some(&entry.attachment.as_ref()?.name)).collect();
        assert_eq!(names, ["seen-by-the-proxy.txt"]);
    });
}

fn completing_is_kept_from_the_service() {
    block_on(async {
        let desk = answered(Operation::CompleteUpload, json!({})).await;
        soon(desk.chat.send_attachment(file())).await.expect("it is sent");
        let stats = desk.stats();
        assert_eq!((stats.uploads_stored, stats.upload_bytes, stats.uploads_completed), (1, 9, 0));
    });
}

fn the_address_of_a_file_is_another() {
    block_on(async {
        let url = "https://files.proxy.example/1?ticket=2";
        let address =
            json!({ "Url": url, "UrlExpiry": "2099-01-01T00:00:00.000Z", "AttachmentSizeInBytes": 9 });
        let desk = answered(Operation::AttachmentUrl, address).await;
        let address = soon(desk.chat.attachment_url("file-1", None)).await.expect("an address");
        assert_eq!((address.url.expose(), address.size), (url, Some(9)));
        assert_eq!(desk.calls(Asked::GetAttachment), 0);
    });
}

fn a_form_comes_from_elsewhere() {
    block_on(async {
        let view = json!({ "View": { "Id": "v", "Name": "Ours", "Content": { "Actions": ["Go"] } } });
        let mut desk = answered(Operation::DescribeView, view).await;
        desk.agent(AgentAction::Interactive(InteractiveKind::View));
        let message = desk.item(|item| matches!(item.body, ItemBody::Interactive { .. })).await.key;
        let view = soon(desk.chat.describe_view(message)).await.expect("a form");
        assert_eq!((view.name.as_deref(), view.actions), (Some("Ours"), vec!["Go".to_owned()]));
        assert_eq!(desk.stats().views, 0);
    });
}
