//! Files and questions, with the provider's part played by hand.

use super::{Rig, agent_message, chat};
use crate::model::{OutgoingAttachment, ReceiptSettings, SinkKey, SourceKey, TranscriptQuery};
use crate::{
    Body, Command, CommandError, CommandResult, ConnectionState, DeadlineReason, EndReason, Event,
    HttpResponse, Input, Operation, Output, TransportFault, amazon_connect,
};

const TICKET: &str = r#"{"AttachmentId":"att-1","UploadMetadata":{"Url":"https://storage.example/put?signature=secret-signature","UrlExpiry":"2026-03-14T10:26:40.000Z","HeadersToInclude":{"Content-Type":"text/plain","x-amz-acl":"bucket-owner-full-control"}}}"#;

const ADDRESS: &str = r#"{"Url":"https://storage.example/get?signature=secret-signature","UrlExpiry":"2026-03-14T10:26:40.000Z","AttachmentSizeInBytes":5}"#;

fn file(name: &str, size: u64) -> Command {
    let source = SourceKey::new("disk");
    let attachment = OutgoingAttachment { name: name.to_owned(), content_type: None, size, source };
    Command::SendAttachment { conversation: None, attachment }
}

fn echo(status: &str) -> String {
    chat(&format!(
        r#"{{"AbsoluteTime":"2026-03-14T09:37:02.000Z","Id":"i1","Type":"ATTACHMENT","ParticipantId":"me","DisplayName":"Ines","ParticipantRole":"CUSTOMER","Attachments":[{{"ContentType":"text/plain","AttachmentId":"att-1","AttachmentName":"notes.txt","Status":"{status}"}}]}}"#
    ))
}

fn told(rig: &Rig) -> String {
    rig.events().map(|event| format!("{event}\n")).collect()
}

fn asked(rig: &Rig, of: Operation) -> usize {
    rig.out
        .iter()
        .filter(|output| matches!(output, Output::Request { operation, .. } if *operation == of))
        .count()
}

#[test]
fn a_file_goes_through_its_three_stages_and_is_one_item() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    let put = rig.out.iter().find_map(|output| {
        let Output::Request { request, operation: Operation::Upload, .. } = output else { return None };
        Some(request.clone())
    });
    let put = put.expect("an upload");
    assert_eq!(put.method, http::Method::PUT);
    assert_eq!(put.body, Body::Source { source: SourceKey::new("disk"), size: 5 });
    assert_eq!(put.headers.get("x-amz-acl").unwrap(), "bucket-owner-full-control");
    assert!(put.headers.get("x-amz-bearer").is_none(), "storage gets no credential of ours");
    let request = rig.request(Operation::Upload);
    rig.tell(Input::Progress { request, done: 3, total: Some(5) });
    rig.answer(Operation::Upload, 200, "");
    rig.answer(Operation::CompleteUpload, 200, "{}");
    assert!(told(&rig).contains("c2 3 of 5 bytes"), "{}", told(&rig));
    assert!(told(&rig).contains("c2 sent m1"), "{}", told(&rig));
    rig.frame(&echo("IN_PROGRESS"));
    rig.frame(&echo("APPROVED"));
    let items: Vec<String> = rig.session.transcript(rig.session.current).map(ToString::to_string).collect();
    assert_eq!(items, ["m1 me attached [\"notes.txt\"] [sent]"]);
}

#[test]
fn a_file_that_the_chat_shows_before_the_answer_is_sent_all_the_same() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.answer(Operation::Upload, 200, "");
    rig.frame(&echo("APPROVED"));
    assert!(told(&rig).contains("c2 sent m1"), "{}", told(&rig));
    assert_eq!(rig.session.transcript(rig.session.current).count(), 1);
    assert!(rig.out.iter().any(|output| matches!(output, Output::CancelRequest { .. })));
}

#[test]
fn a_file_that_storage_refuses_has_failed_at_that_stage_and_can_be_sent_again() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.answer(Operation::Upload, 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
    let story = told(&rig);
    assert!(story.contains("asked for upload, status 403, code \"SignatureDoesNotMatch\""), "{story}");
    assert_eq!(asked(&rig, Operation::CompleteUpload), 0);
    assert_eq!(rig.session.state(), ConnectionState::Live);
    let message = crate::MessageKey::from_u64(1);
    rig.command(Command::Resend { message }).unwrap();
    rig.answer(Operation::StartUpload, 200, &TICKET.replace("att-1", "att-2"));
    rig.answer(Operation::Upload, 200, "");
    rig.answer(Operation::CompleteUpload, 200, "{}");
    assert!(told(&rig).contains("c3 sent m1"), "{}", told(&rig));
}

#[test]
fn a_completing_whose_answer_was_lost_is_not_a_failure() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.answer(Operation::Upload, 200, "");
    rig.no_answer(Operation::CompleteUpload, TransportFault::ConnectionLost);
    rig.at = 5_000;
    rig.tell(Input::Woke);
    rig.answer(Operation::CompleteUpload, 409, "");
    assert!(told(&rig).contains("c2 sent m1"), "{}", told(&rig));
}

#[test]
fn an_upload_that_breaks_off_is_tried_again_after_a_while() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.no_answer(Operation::Upload, TransportFault::ConnectionLost);
    let deadline = rig.session.deadline().expect("a deadline");
    assert_eq!(deadline.why, DeadlineReason::UploadRetry);
    rig.at = deadline.at.as_micros().div_ceil(1_000);
    rig.tell(Input::Woke);
    assert_eq!((asked(&rig, Operation::StartUpload), asked(&rig, Operation::Upload)), (1, 2));
}

#[test]
fn a_file_on_its_way_can_be_taken_back() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    let put = rig.request(Operation::Upload);
    rig.command(Command::Discard { message: crate::MessageKey::from_u64(1) }).unwrap();
    assert!(rig.out.contains(&Output::CancelRequest { id: put }));
    assert!(told(&rig).contains("c2 withdrawn"), "{}", told(&rig));
    assert_eq!(rig.session.transcript(rig.session.current).count(), 0);
}

/// It is known by its attachment's id, so that nothing has to be waited for.
#[test]
fn marks_on_a_file_are_told_as_they_come() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.answer(Operation::Upload, 200, "");
    rig.answer(Operation::CompleteUpload, 200, "{}");
    rig.frame(&echo("APPROVED"));
    rig.frame(&chat(
        r#"{"Type":"MESSAGEMETADATA","AbsoluteTime":"2026-03-14T09:37:04.000Z","ContentType":"application/vnd.amazonaws.connect.event.message.metadata","MessageMetadata":{"MessageId":"i1","Receipts":[{"RecipientParticipantId":"agent","DeliveredTimestamp":"2026-03-14T09:37:04.000Z"}]}}"#,
    ));
    let items: Vec<String> = rig.session.transcript(rig.session.current).map(ToString::to_string).collect();
    assert_eq!(items, ["m1 me attached [\"notes.txt\"] [delivered]"]);
    let marks = rig.events().filter(|event| matches!(event, Event::ReceiptReceived { .. })).count();
    assert_eq!(marks, 1);
}

#[test]
fn a_file_that_is_taken_back_while_it_is_completed_is_looked_for() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.answer(Operation::Upload, 200, "");
    rig.command(Command::Discard { message: crate::MessageKey::from_u64(1) }).unwrap();
    assert_eq!((rig.session.transcript(rig.session.current).count(), rig.session.is_settled()), (0, false));
    let before = asked(&rig, Operation::CatchUp);
    rig.at = 30_000;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig, Operation::CatchUp), before + 1);
    rig.answer(Operation::CatchUp, 200, r#"{"Transcript":[]}"#);
    assert!(rig.session.is_settled());
}

#[test]
fn a_file_that_cannot_be_sent_is_refused_before_its_first_byte() {
    let mut rig = Rig::live();
    for (name, size) in [("notes.txt", 0), ("notes.txt", 20_000_001), ("", 5), ("../x.txt", 5), ("run", 5)] {
        let refused = rig.command(file(name, size));
        assert!(matches!(refused, Err(CommandError::InvalidAttachment { .. })), "{name} {size}: {refused:?}");
    }
    assert_eq!(rig.out, Vec::new());
    assert!(rig.command(file("PHOTO.JPG", 5)).is_ok());
}

#[test]
fn a_file_is_fetched_in_two_steps_into_the_hosts_place() {
    let mut rig = Rig::live();
    let sink = SinkKey::new("here");
    rig.command(Command::DownloadAttachment { attachment: "att-9".to_owned(), sink: sink.clone() }).unwrap();
    rig.answer(Operation::AttachmentUrl, 200, ADDRESS);
    let id = rig.request(Operation::Download);
    let into = rig.out.iter().find_map(|output| {
        let Output::Request { sink, operation: Operation::Download, .. } = output else { return None };
        sink.clone()
    });
    let into = into.expect("a sink");
    assert_eq!((into.key, into.limit), (sink, 5));
    let mut answer = HttpResponse::new(http::StatusCode::OK, "");
    answer.sunk = Some(5);
    rig.tell(Input::Response { request: id, result: Ok(answer) });
    assert!(told(&rig).contains("c2 downloaded 5 bytes"), "{}", told(&rig));
    assert!(!format!("{:?}", rig.out).contains("secret-signature"));
}

#[test]
fn a_download_can_be_taken_back_at_either_step() {
    for steps in 0..2 {
        let mut rig = Rig::live();
        let sink = SinkKey::new("here");
        let command =
            rig.command(Command::DownloadAttachment { attachment: "att-9".to_owned(), sink }).unwrap();
        if steps == 1 {
            rig.answer(Operation::AttachmentUrl, 200, ADDRESS);
        }
        rig.command(Command::Cancel { command }).unwrap();
        assert!(told(&rig).contains("c2 withdrawn\nc3 done"), "{}", told(&rig));
        let again = rig.command(Command::Cancel { command });
        assert_eq!(again, Err(CommandError::UnknownCommand { command }));
    }
}

#[test]
fn an_address_is_told_once_it_is_there_and_shown_in_no_debug() {
    let mut rig = Rig::live();
    rig.command(Command::AttachmentUrl { attachment: "att-9".to_owned(), expires_in: Some(60) }).unwrap();
    rig.answer(Operation::AttachmentUrl, 500, "");
    assert!(told(&rig).contains("again at"), "{}", told(&rig));
    rig.at = 2_000;
    rig.tell(Input::Woke);
    rig.answer(Operation::AttachmentUrl, 200, ADDRESS);
    let url = rig.events().find_map(|event| {
        let Event::CommandFinished { result: CommandResult::AttachmentUrl { url, .. }, .. } = event else {
            return None;
        };
        Some(url.clone())
    });
    assert!(url.expect("an address").expose().contains("secret-signature"));
    assert!(!format!("{:?}", rig.out).contains("secret-signature"));
    let refused = rig.command(Command::AttachmentUrl { attachment: "att-9".to_owned(), expires_in: Some(3) });
    assert!(matches!(refused, Err(CommandError::InvalidArgument { .. })), "{refused:?}");
}

#[test]
fn a_part_of_the_transcript_is_answered_in_the_order_asked_for_and_merged() {
    let mut rig = Rig::live();
    rig.frame(&agent_message("a1"));
    let query = TranscriptQuery { limit: Some(2), ..TranscriptQuery::default() };
    rig.command(Command::LoadTranscript { conversation: None, query }).unwrap();
    let item = |id: &str, at: &str| {
        format!(
            r#"{{"AbsoluteTime":"2026-03-14T09:{at}.000Z","Content":"{id}","ContentType":"text/plain","Id":"{id}","Type":"MESSAGE","ParticipantRole":"AGENT"}}"#
        )
    };
    let body = format!(
        r#"{{"InitialContactId":"first","NextToken":"more","Transcript":[{},{}]}}"#,
        item("a0", "20:00"),
        item("a1", "27:30")
    );
    rig.answer(Operation::LoadTranscript, 200, &body);
    let page = rig.events().find_map(|event| {
        let Event::CommandFinished { result: CommandResult::Page { page }, .. } = event else { return None };
        Some(page.clone())
    });
    let page = page.expect("a page");
    let ids: Vec<_> = page.items.iter().filter_map(|item| item.server_id.clone()).collect();
    assert_eq!((ids, page.next.as_deref()), (vec!["a0".to_owned(), "a1".to_owned()], Some("more")));
    assert_eq!(page.initial_segment.as_deref(), Some("first"));
    assert_eq!(rig.session.transcript(rig.session.current).count(), 2);
}

#[test]
fn receipts_can_be_turned_off_and_on_at_any_time() {
    let mut rig = Rig::live();
    let off = ReceiptSettings { enabled: Some(false), ..ReceiptSettings::default() };
    rig.command(Command::ConfigureReceipts { settings: off }).unwrap();
    rig.frame(&agent_message("a1"));
    assert_eq!(rig.session.usage().pending_receipts, 0);
    let on = ReceiptSettings { enabled: Some(true), window_millis: Some(100), ..ReceiptSettings::default() };
    rig.command(Command::ConfigureReceipts { settings: on }).unwrap();
    rig.command(Command::MarkRead { message: crate::MessageKey::from_u64(1) }).unwrap();
    rig.at = 200;
    rig.tell(Input::Woke);
    assert_eq!(asked(&rig, Operation::SendReceipt), 1);
}

#[test]
fn what_only_the_provider_has_is_asked_and_answered() {
    let mut rig = Rig::live();
    let request = amazon_connect::Request::SendEvent {
        content_type: "application/vnd.amazonaws.connect.event.connection.acknowledged".to_owned(),
        content: None,
    };
    rig.command(Command::AmazonConnect { request }).unwrap();
    rig.answer(Operation::SendEvent, 200, r#"{"Id":"e1","AbsoluteTime":"2026-03-14T09:27:31.000Z"}"#);
    assert!(told(&rig).contains("c2 answered event"), "{}", told(&rig));
    rig.frame(&agent_message("a1"));
    let message = crate::MessageKey::from_u64(1);
    let view =
        rig.command(Command::AmazonConnect { request: amazon_connect::Request::DescribeView { message } });
    assert!(matches!(view, Err(CommandError::InvalidArgument { .. })), "{view:?}");
}

#[test]
fn a_session_that_is_put_away_says_nothing_to_the_provider() {
    let mut rig = Rig::live();
    rig.command(Command::send_text("hello")).unwrap();
    rig.out.clear();
    rig.command(Command::Reset).unwrap();
    assert_eq!(rig.session.state(), ConnectionState::Ended { reason: EndReason::Reset });
    assert_eq!(asked(&rig, Operation::Leave), 0);
    assert!(told(&rig).contains("uncertain"), "{}", told(&rig));
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn every_question_ends_with_the_session() {
    let mut rig = Rig::live();
    rig.command(Command::AttachmentUrl { attachment: "att-9".to_owned(), expires_in: None }).unwrap();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.command(Command::Reset).unwrap();
    for command in ["c2 failed", "c3 failed"] {
        assert!(told(&rig).contains(command), "{command}: {}", told(&rig));
    }
    assert_eq!(rig.session.usage().commands, 0);
}

#[test]
fn what_the_session_is_connected_with_can_be_read_and_is_not_shown() {
    let fresh = Rig::new();
    assert!(!fresh.session.is_active());
    assert_eq!(fresh.session.connection(), crate::ConnectionDetails::default());
    let mut rig = Rig::live();
    let connection = rig.session.connection();
    assert!(rig.session.is_active());
    assert_eq!(connection.token.as_ref().map(crate::Secret::expose), Some("secret-connection"));
    let expires = crate::WallTime::parse("2026-03-14T10:32:10.000Z").unwrap();
    assert_eq!(
        (connection.socket_expires_at, connection.socket),
        (Some(expires), Some(crate::SocketId::from_u64(1)))
    );
    assert!(!format!("{connection:?}").contains("secret"));
    rig.command(Command::Reset).unwrap();
    assert!(!rig.session.is_active());
    assert_eq!(rig.session.connection().token, None);
}

#[test]
fn a_download_that_came_short_is_fetched_again_and_one_that_is_too_large_is_not() {
    let start = || {
        let mut rig = Rig::live();
        let sink = SinkKey::new("here");
        rig.command(Command::DownloadAttachment { attachment: "att-9".to_owned(), sink }).unwrap();
        rig.answer(Operation::AttachmentUrl, 200, ADDRESS);
        rig
    };
    let mut short = start();
    let mut answer = HttpResponse::new(http::StatusCode::OK, "");
    answer.sunk = Some(4);
    short.tell(Input::Response { request: short.request(Operation::Download), result: Ok(answer) });
    short.at = 5_000;
    short.tell(Input::Woke);
    assert_eq!(asked(&short, Operation::Download), 2);
    let mut large = start();
    large.no_answer(Operation::Download, TransportFault::TooLarge { limit: 5 });
    assert!(told(&large).contains("c2 failed: download: it was larger than 5 bytes"), "{}", told(&large));
}

#[test]
fn a_file_that_the_host_cannot_read_fails_at_once() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    rig.no_answer(Operation::Upload, TransportFault::Local { reason: "the source has 4 bytes".to_owned() });
    assert!(told(&rig).contains("c2 failed: upload: the source has 4 bytes"), "{}", told(&rig));
    assert_eq!(asked(&rig, Operation::Upload), 1);
}

#[test]
fn a_question_that_is_denied_under_a_fresh_token_fails_alone() {
    let mut rig = Rig::live();
    rig.command(Command::AttachmentUrl { attachment: "att-9".to_owned(), expires_in: None }).unwrap();
    rig.answer(Operation::AttachmentUrl, 403, "");
    rig.answer(Operation::Authorise, 200, &super::GRANT.replace("secret-connection", "secret-second"));
    for _ in 0..4 {
        if told(&rig).contains("c2 failed") {
            break;
        }
        rig.answer(Operation::AttachmentUrl, 403, "");
    }
    assert!(
        told(&rig).contains("c2 failed: the provider refused, asked for attachment_url, status 403"),
        "{}",
        told(&rig)
    );
    assert_eq!(rig.session.state(), ConnectionState::Live);
    assert_eq!(asked(&rig, Operation::Authorise), 1);
}

#[test]
fn a_file_waits_for_the_link_and_goes_on_as_soon_as_it_is_up() {
    let mut rig = Rig::live();
    rig.command(file("notes.txt", 5)).unwrap();
    rig.answer(Operation::StartUpload, 200, TICKET);
    let why = crate::SocketClosed::Failed(TransportFault::ConnectionLost);
    rig.tell(Input::SocketClosed { socket: crate::SocketId::from_u64(1), why });
    rig.no_answer(Operation::Upload, TransportFault::ConnectionLost);
    for second in 1..60 {
        rig.at = second * 1_000;
        rig.tell(Input::Woke);
        let refused = rig.out.iter().rev().find_map(|output| {
            let Output::Request { id, operation: Operation::Authorise, .. } = output else { return None };
            Some(*id)
        });
        let result = Err(TransportFault::ConnectFailed);
        rig.tell(Input::Response { request: refused.unwrap(), result });
    }
    assert_eq!(asked(&rig, Operation::Upload), 1, "no try is spent on a dead network");
    assert!(!told(&rig).contains("c2 failed"), "{}", told(&rig));
}
