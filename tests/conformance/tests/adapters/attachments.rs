//! Files through a whole session, by the handles and by the driver, against a tiny server.

use std::sync::{Arc, Mutex};

use helpline_conformance::servers::SOON;
use helpline_conformance::servers::amazon::{Amazon, Mishap};
use helpline_conformance::servers::storage::{Folder, LARGE, Pattern, bytes};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::files::{FileKeys, FileSink, FileSource, download};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::driver::{self, Driver};
use helpline_protocol::driver::{AttachmentSource, AttachmentTarget, Chat, ChatError, Events, Runtime};
use helpline_protocol::model::{DeliveryStatus, ReceiptSettings, SourceKey, TranscriptQuery};
use helpline_protocol::{Command, CommandError, CommandId, CommandResult, ConnectionState, Event};
use tokio::time::timeout;

async fn connected<A: Adapter>(amazon: &Amazon) -> (Chat, Events) {
    connected_by(new::<A>(), amazon).await
}

async fn connected_by(runtime: impl Runtime, amazon: &Amazon) -> (Chat, Events) {
    let (chat, events) = driver::start(runtime, amazon.config()).unwrap();
    timeout(SOON, chat.connect()).await.expect("a live link").unwrap();
    (chat, events)
}

fn large() -> AttachmentSource {
    AttachmentSource::new("large.pdf", LARGE, Pattern::new(LARGE))
}

/// Reads events until a command has finished, and returns what they told of progress, and the result.
async fn finished(events: &mut Events, wanted: Option<CommandId>) -> (Vec<u64>, CommandResult) {
    let found = async {
        let mut done = Vec::new();
        while let Some(event) = events.next().await {
            if let Event::TransferProgress { done: now, total, .. } = event {
                assert_eq!(total, Some(LARGE));
                done.push(now);
            } else if let Event::CommandFinished { command, result } = event
                && wanted.map_or(!done.is_empty(), |wanted| command == wanted)
            {
                return (done, result);
            }
        }
        panic!("the events ended");
    };
    timeout(3 * SOON, found).await.expect("an end to it")
}

fn heard() -> (Arc<Mutex<Vec<u64>>>, impl Fn(driver::Progress) + Send + Sync + 'static) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    (heard, move |progress| told.lock().unwrap().push(progress.done))
}

async fn a_large_file_is_sent_and_its_progress_told<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    let (heard, tell) = heard();
    let (sent, told) =
        tokio::join!(chat.send_attachment(large().with_progress(tell)), finished(&mut events, None));
    let message = sent.unwrap();
    assert_eq!(told.1, CommandResult::Sent { message });
    assert!(told.0.is_sorted() && told.0.last() == Some(&LARGE), "{:?}", told.0);
    let heard = heard.lock().unwrap().clone();
    assert!(heard.is_sorted() && heard.last() == Some(&LARGE) && heard.len() >= told.0.len(), "{heard:?}");
    let [(head, good)] = &amazon.stored()[..] else { panic!("{:?}", amazon.stored()) };
    assert_eq!(*good, LARGE);
    assert!(head.starts_with("put /put?signature=1 "), "{head}");
    assert_eq!(head.matches("content-length: 20000000\r\n").count(), 1, "{head}");
    assert_eq!(amazon.asked("complete-attachment-upload").len(), 1);
    let item = chat.item(message).await.unwrap().unwrap();
    assert_eq!(item.status, Some(DeliveryStatus::Sent));
}

async fn a_file_that_was_cut_off_is_read_from_its_start_again<A: Adapter>() {
    let folder = Folder::new("retry");
    let path = folder.0.join("large.pdf");
    std::fs::write(&path, bytes(0, usize::try_from(LARGE).unwrap())).unwrap();
    let amazon = Amazon::start().await;
    let (chat, _events) = connected::<A>(&amazon).await;
    amazon.mishap(Mishap::Cut(5_000_000));
    let file = FileSource::<A>::open(path).await.unwrap();
    timeout(3 * SOON, chat.send_attachment(file)).await.unwrap().unwrap();
    let good: Vec<_> = amazon.stored().iter().map(|(_, good)| *good).collect();
    assert!(good.len() == 2 && good[0] >= 5_000_000 && good[1] == LARGE, "{good:?}");
    assert_eq!(amazon.asked("start-attachment-upload").len(), 1, "the ticket is good for a second try");
}

async fn a_large_file_is_fetched_into_a_folder<A: Adapter>() {
    let folder = Folder::new("fetched");
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    let sink = || FileSink::<A>::in_folder(&*folder.0, "../large.pdf");
    let (path, told) = tokio::join!(download::<A>(&chat, "file-1", sink()), finished(&mut events, None));
    assert_eq!(path.unwrap(), folder.0.join("_large.pdf"));
    assert_eq!(told.1, CommandResult::Downloaded { size: LARGE });
    assert!(told.0.is_sorted() && told.0.last() == Some(&LARGE), "{:?}", told.0);
    assert_eq!(download::<A>(&chat, "file-1", sink()).await.unwrap(), folder.0.join("_large (1).pdf"));
    for name in ["_large.pdf", "_large (1).pdf"] {
        assert!(std::fs::read(folder.0.join(name)).unwrap() == bytes(0, usize::try_from(LARGE).unwrap()));
    }
    assert_eq!(folder.names().len(), 2);
}

async fn a_fetch_that_was_cut_off_begins_anew<A: Adapter>() {
    let folder = Folder::new("fetched-again");
    let amazon = Amazon::start().await;
    let (chat, _events) = connected::<A>(&amazon).await;
    amazon.mishap(Mishap::Cut(5_000_000));
    let (heard, tell) = heard();
    let sink = FileSink::<A>::in_folder(&*folder.0, "large.pdf");
    let target = AttachmentTarget::new(sink.clone()).with_progress(tell);
    let size = timeout(3 * SOON, chat.download_attachment("file-1", target)).await.unwrap().unwrap();
    assert_eq!(size, LARGE);
    assert!(std::fs::read(sink.path().unwrap()).unwrap() == bytes(0, usize::try_from(LARGE).unwrap()));
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.windows(2).filter(|pair| pair[1] < pair[0]).count(), 1, "one try more: {heard:?}");
    assert_eq!(folder.names(), ["large.pdf"]);
}

async fn a_fetch_that_is_taken_back_closes_its_connection_and_leaves_nothing<A: Adapter>() {
    let folder = Folder::new("cancelled");
    let mut amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    amazon.mishap(Mishap::Halt(1_000_000));
    let sink = FileSink::<A>::in_folder(&*folder.0, "large.pdf");
    let downloading = chat.start_download("file-1", sink.clone()).await.unwrap();
    let command = downloading.command();
    assert_eq!(timeout(SOON, amazon.halted.recv()).await.unwrap(), Some("halted"));
    downloading.cancel().await.unwrap();
    assert_eq!(downloading.finished().await, Err(ChatError::Withdrawn));
    assert_eq!(timeout(2 * SOON, amazon.halted.recv()).await.unwrap(), Some("closed"));
    assert_eq!(finished(&mut events, Some(command)).await.1, CommandResult::Withdrawn);
    assert_eq!((sink.path(), folder.names().len()), (None, 0));
    let again = chat.cancel(command).await.unwrap_err();
    assert_eq!(again, ChatError::Refused(CommandError::UnknownCommand { command }));
}

async fn a_file_that_is_discarded_half_way_closes_its_connection<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, _events) = connected::<A>(&amazon).await;
    amazon.mishap(Mishap::Halt(1_000_000));
    let message = chat.queue_attachment(large()).await.unwrap();
    assert_eq!(timeout(SOON, amazon.halted.recv()).await.unwrap(), Some("halted"));
    chat.discard(message).await.unwrap();
    assert_eq!(timeout(2 * SOON, amazon.halted.recv()).await.unwrap(), Some("closed"));
    assert_eq!(chat.item(message).await.unwrap(), None);
    assert_eq!(chat.usage().await.unwrap().uploads, 0);
}

async fn after_an_early_refusal_the_rest_is_not_sent<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, _events) = connected::<A>(&amazon).await;
    amazon.mishap(Mishap::Refuse);
    let message = chat.queue_attachment(large()).await.unwrap();
    assert_eq!(timeout(2 * SOON, amazon.halted.recv()).await.unwrap(), Some("kept back"));
    drop(chat.discard(message).await);
}

async fn a_call_that_is_dropped_half_way_sends_its_file_all_the_same<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    {
        let mut call = std::pin::pin!(chat.send_attachment(large()));
        while amazon.asked("start-attachment-upload").is_empty() {
            tokio::select! {
                biased;
                sent = &mut call => panic!("{sent:?} so soon"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    let (done, result) = finished(&mut events, None).await;
    assert!(matches!(result, CommandResult::Sent { .. }), "{result:?}");
    assert_eq!((done.last(), amazon.stored()[0].1), (Some(&LARGE), LARGE));
}

async fn a_driver_that_is_polled_by_fits_and_starts_loses_no_progress<A: Adapter>() {
    let amazon = Amazon::start().await;
    let mut driver = Driver::new(new::<A>(), amazon.config()).unwrap();
    driver.execute(Command::Connect).unwrap();
    let mut done = Vec::new();
    let all = async {
        loop {
            let event = tokio::select! {
                biased;
                event = driver.next_event() => event.expect("no end"),
                () = tokio::task::yield_now() => continue,
            };
            if event == (Event::ConnectionChanged { state: ConnectionState::Live }) {
                driver.send_attachment(None, large()).unwrap();
            } else if let Event::TransferProgress { done: now, .. } = event {
                done.push(now);
            } else if let Event::CommandFinished { result: CommandResult::Sent { .. }, .. } = event {
                return;
            }
        }
    };
    timeout(3 * SOON, all).await.unwrap();
    assert!(done.is_sorted() && done.last() == Some(&LARGE), "{done:?}");
}

async fn commands_as_data_name_files_where_that_is_allowed<A: Adapter>() {
    let folder = Folder::new("jsonl");
    std::fs::write(folder.0.join("in.pdf"), bytes(0, usize::try_from(LARGE).unwrap())).unwrap();
    let amazon = Amazon::start().await;
    let runtime = Builder::<A>::new().with_file_keys(FileKeys::<A>::within(&*folder.0)).build();
    let (chat, _events) = connected_by(runtime, &amazon).await;
    let run = async |line: String| {
        let command: Command = serde_json::from_str(&line).unwrap();
        timeout(3 * SOON, chat.run(command)).await.unwrap().unwrap()
    };
    let send = format!(
        r#"{{"type":"send_attachment","attachment":{{"name":"in.pdf","size":{LARGE},"source":"in.pdf"}}}}"#
    );
    assert!(matches!(run(send).await, CommandResult::Sent { .. }));
    assert_eq!(amazon.stored()[0].1, LARGE);
    let fetch = r#"{"type":"download_attachment","attachment":"file-1","sink":"out.pdf"}"#;
    assert_eq!(run(fetch.to_owned()).await, CommandResult::Downloaded { size: LARGE });
    assert_eq!(folder.names(), ["in.pdf", "out.pdf"]);

    let (chat, _events) = connected::<A>(&amazon).await;
    let key = SourceKey::new("registered");
    chat.register_source(key.clone(), Pattern::new(LARGE)).await.unwrap();
    let line = format!(
        r#"{{"type":"send_attachment","attachment":{{"name":"b.pdf","size":{LARGE},"source":"registered"}}}}"#
    );
    let result = chat.run(serde_json::from_str(&line).unwrap()).await.unwrap();
    assert!(matches!(result, CommandResult::Sent { .. }), "{result:?}");
    chat.forget_source(key).await.unwrap();
    let refused = chat.execute(serde_json::from_str(fetch).unwrap()).await;
    assert!(refused.is_ok(), "that the key is not known turns out when it is asked for");
}

async fn the_rest_of_what_can_be_asked<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, _events) = connected::<A>(&amazon).await;
    let address = chat.attachment_url("file-1", Some(60)).await.unwrap();
    assert!(address.url.expose().ends_with("/get?signature=1"));
    assert_eq!((address.size, address.expires_at.is_some()), (Some(LARGE), true));
    assert!(!format!("{address:?}").contains("signature"), "{address:?}");
    assert_eq!(amazon.asked("attachment")[0]["UrlExpiryInSeconds"], 60);
    let refused = chat.attachment_url("file-1", Some(4)).await.unwrap_err();
    assert!(matches!(refused, ChatError::Refused(CommandError::InvalidArgument { .. })), "{refused:?}");

    let page = chat.load_transcript(TranscriptQuery::default()).await.unwrap();
    assert_eq!(page.initial_segment.as_deref(), Some("contact-1"));
    chat.configure_receipts(ReceiptSettings { enabled: Some(false), ..Default::default() }).await.unwrap();
    let taken = chat.send_event("application/vnd.example", Some("{}".to_owned())).await.unwrap();
    assert_eq!(taken.id.as_deref(), Some("event"));
    let attempt = "0b4d2c7e-2f0a-4c55-9d0e-3f1f8f2b6a11";
    let page = chat.authentication_url(attempt, "https://shop.example/back").await.unwrap();
    assert_eq!(page.expose(), "https://login.example/?state=1");
    chat.cancel_authentication(attempt).await.unwrap();
    let text = chat.send_text("not a form").await.unwrap();
    let refused = chat.describe_view(text).await.unwrap_err();
    assert!(matches!(refused, ChatError::Refused(CommandError::InvalidArgument { .. })), "{refused:?}");
    assert_eq!(chat.limits().await.unwrap().uploads(), 35);
    assert!(chat.is_settled().await.unwrap());
    chat.reset().await.unwrap();
    let state = chat.state().await.unwrap();
    assert!(matches!(state, ConnectionState::Ended { .. }), "{state}");
    assert!(amazon.asked("disconnect").is_empty(), "not a word to the provider");
}

on_each_runtime!(
    a_large_file_is_sent_and_its_progress_told,
    a_file_that_was_cut_off_is_read_from_its_start_again,
    a_large_file_is_fetched_into_a_folder,
    a_fetch_that_was_cut_off_begins_anew,
    a_fetch_that_is_taken_back_closes_its_connection_and_leaves_nothing,
    a_file_that_is_discarded_half_way_closes_its_connection,
    after_an_early_refusal_the_rest_is_not_sent,
    a_call_that_is_dropped_half_way_sends_its_file_all_the_same,
    a_driver_that_is_polled_by_fits_and_starts_loses_no_progress,
    commands_as_data_name_files_where_that_is_allowed,
    the_rest_of_what_can_be_asked,
);
