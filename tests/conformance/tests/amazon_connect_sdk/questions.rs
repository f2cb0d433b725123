//! Files, forms and pages: what is asked of the provider.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use helpline_emulator::amazon_connect::{AgentAction, InteractiveKind};
use helpline_protocol::model::{
    ItemBody, ScanDirection, SortOrder, StartPosition, TranscriptItem, TranscriptPage, TranscriptQuery,
};
use helpline_protocol::{Command, CommandError, CommandResult};
use helpline_simulation::World;

use super::Row;
use super::desk::{Desk, block_on, soon};
use super::stage::{live, run};
use crate::adapter::files::MemorySink;
use crate::adapter::{AttachmentSource, ChatError};

pub(crate) const ROWS: &[Row] = &[
    ("ChatSession.getTranscript", the_handle_loads_a_page),
    ("getTranscript.scanDirection", pages_go_both_ways),
    ("getTranscript.sortOrder", a_page_is_in_the_order_that_is_asked_for),
    ("getTranscript.maxResults", a_page_is_as_long_as_asked_for),
    ("getTranscript.nextToken", a_page_goes_on_where_the_last_ended),
    ("getTranscript.startPosition", a_page_begins_at_an_item_a_time_or_the_end),
    ("ChatSession.sendAttachment", a_file_arrives),
    ("ChatSession.downloadAttachment", a_file_is_fetched),
    ("ChatSession.getAttachmentDownloadUrl", a_files_address_is_good_for_a_while),
    ("ChatSession.describeView", a_form_is_described),
];

/// Twenty messages of an agent's, a second apart.
pub(crate) fn twenty() -> World {
    let mut world = live();
    world.agent(AgentAction::SayMany { prefix: "tick".to_owned(), count: 20, every_ms: 1_000 });
    world.run_for(30_000);
    world
}

pub(crate) fn load(world: &mut World, query: TranscriptQuery) -> TranscriptPage {
    match run(world, Command::LoadTranscript { conversation: None, query }) {
        CommandResult::Page { page } => page,
        other => panic!("no page: {other:?}"),
    }
}

fn numbers(page: &TranscriptPage) -> Vec<u32> {
    let number = |item: &TranscriptItem| item.body.text()?.strip_prefix("tick ")?.parse().ok();
    page.items.iter().filter_map(number).collect()
}

fn ticks(world: &mut World, query: TranscriptQuery) -> Vec<u32> {
    numbers(&load(world, query))
}

fn key_of(world: &World, number: usize) -> helpline_protocol::MessageKey {
    world.transcript()[number - 1].key
}

fn the_handle_loads_a_page() {
    block_on(async {
        let desk = Desk::open().await;
        for text in ["one", "two"] {
            desk.say(text);
        }
        let page = soon(desk.chat.load_transcript(TranscriptQuery::default())).await.expect("a page");
        let texts: Vec<_> = page.items.iter().filter_map(|item| item.body.text()).collect();
        assert_eq!(texts, ["one", "two"]);
        assert_eq!(page.initial_segment, Some(desk.details.contact_id));
        assert_eq!(page.next, None);
    });
}

fn pages_go_both_ways() {
    let mut world = twenty();
    let from = Some(StartPosition::Item { message: key_of(&world, 10) });
    let limit = Some(3);
    let back = TranscriptQuery { from, limit, ..TranscriptQuery::default() };
    let on = TranscriptQuery { direction: ScanDirection::Forward, ..back.clone() };
    let (back, on) = (ticks(&mut world, back), ticks(&mut world, on));
    assert!(back.iter().all(|number| *number <= 10) && back.contains(&9), "{back:?}");
    assert!(on.iter().all(|number| *number >= 10) && on.contains(&11), "{on:?}");
    let nowhere = TranscriptQuery { direction: ScanDirection::Forward, ..TranscriptQuery::default() };
    let refused = world.execute(Command::LoadTranscript { conversation: None, query: nowhere }).unwrap_err();
    assert!(matches!(refused, CommandError::InvalidArgument { .. }), "a start is needed: {refused}");
}

fn a_page_is_in_the_order_that_is_asked_for() {
    let mut world = twenty();
    let query = TranscriptQuery { limit: Some(3), ..TranscriptQuery::default() };
    assert_eq!(ticks(&mut world, query.clone()), [18, 19, 20], "the oldest first, unless said otherwise");
    let newest_first = TranscriptQuery { order: SortOrder::Descending, ..query };
    assert_eq!(ticks(&mut world, newest_first), [20, 19, 18]);
}

fn a_page_is_as_long_as_asked_for() {
    let mut world = twenty();
    for limit in [1, 7, 20] {
        let query = TranscriptQuery { limit: Some(limit), ..TranscriptQuery::default() };
        assert_eq!(u32::try_from(ticks(&mut world, query).len()), Ok(limit));
    }
    let query = TranscriptQuery { limit: Some(101), ..TranscriptQuery::default() };
    assert_eq!(ticks(&mut world, query).len(), 20, "more than the service gives is no mistake");
}

fn a_page_goes_on_where_the_last_ended() {
    let mut world = twenty();
    let query = TranscriptQuery { limit: Some(8), ..TranscriptQuery::default() };
    let (mut cursor, mut found) = (None, Vec::new());
    for _ in 0..3 {
        let page = load(&mut world, TranscriptQuery { cursor: cursor.take(), ..query.clone() });
        let mut older = numbers(&page);
        older.append(&mut found);
        found = older;
        cursor = page.next;
    }
    assert_eq!(found, (1..=20).collect::<Vec<_>>());
    assert_eq!(cursor, None);
}

fn a_page_begins_at_an_item_a_time_or_the_end() {
    let mut world = twenty();
    let query = TranscriptQuery { limit: Some(5), ..TranscriptQuery::default() };
    let message = key_of(&world, 12);
    let item = TranscriptQuery { from: Some(StartPosition::Item { message }), ..query.clone() };
    let at_item = ticks(&mut world, item);
    assert!(at_item.contains(&11) && !at_item.contains(&13), "{at_item:?}");
    let time = world.transcript()[11].at;
    let at_time = TranscriptQuery { from: Some(StartPosition::Time { time }), ..query.clone() };
    let at_time = ticks(&mut world, at_time);
    assert!(at_time.contains(&11) && !at_time.contains(&13), "{at_time:?}");
    let recent = TranscriptQuery { from: Some(StartPosition::MostRecent { count: 2 }), ..query };
    let recent = ticks(&mut world, recent);
    assert!(recent.contains(&19) || recent.contains(&18), "{recent:?}");
}

const FILE: &[u8] = b"forty-two";

fn a_file_arrives() {
    block_on(async {
        let desk = Desk::open().await;
        let progress = Arc::new(Mutex::new(0));
        let told = Arc::clone(&progress);
        let file = AttachmentSource::from_bytes("invoice.txt", FILE)
            .with_progress(move |progress| *told.lock().expect("no panic") = progress.done);
        let message = soon(desk.chat.send_attachment(file)).await.expect("it is sent");
        assert_eq!(*progress.lock().expect("no panic"), 9);
        let stats = desk.stats();
        assert_eq!((stats.uploads_started, stats.upload_bytes, stats.uploads_completed), (1, 9, 1));
        let item = desk.chat.item(message).await.expect("the session lives").expect("the item");
        assert!(matches!(item.body, ItemBody::Attachments { .. }), "{item}");
        let refused = desk.chat.send_attachment(AttachmentSource::from_bytes("evil.exe", FILE)).await;
        assert!(matches!(refused, Err(ChatError::Refused(CommandError::InvalidAttachment { .. }))));
    });
}

/// A chat in which the agent has sent a file, and the provider's id of that.
async fn with_file() -> (Desk, String) {
    let mut desk = Desk::open().await;
    desk.agent(AgentAction::SendAttachment {
        name: "../receipt.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: Bytes::from_static(FILE),
    });
    let item = desk.item(|item| matches!(item.body, ItemBody::Attachments { .. })).await;
    let ItemBody::Attachments { attachments } = item.body else { panic!("a file") };
    (desk, attachments[0].id.clone().expect("an id"))
}

fn a_file_is_fetched() {
    block_on(async {
        let (desk, id) = with_file().await;
        let sink = MemorySink::new();
        let size = soon(desk.chat.download_attachment(id, sink.clone())).await.expect("it is fetched");
        assert_eq!((size, sink.bytes().as_deref()), (9, Some(FILE)));
        assert_eq!(desk.stats().downloads, 1);
        let unknown = soon(desk.chat.download_attachment("nothing", MemorySink::new())).await;
        assert!(matches!(unknown, Err(ChatError::Failed { .. })), "{unknown:?}");
    });
}

fn a_files_address_is_good_for_a_while() {
    block_on(async {
        let (desk, id) = with_file().await;
        let address = soon(desk.chat.attachment_url(id, Some(60))).await.expect("an address");
        assert!(address.url.expose().starts_with(&desk.server.endpoint()), "{}", address.url.expose());
        assert_eq!((address.size, address.expires_at.is_some()), (Some(9), true));
        assert_eq!(desk.stats().downloads, 0, "it is not fetched");
    });
}

fn a_form_is_described() {
    block_on(async {
        let mut desk = Desk::open().await;
        desk.agent(AgentAction::Interactive(InteractiveKind::View));
        let message = desk.item(|item| matches!(item.body, ItemBody::Interactive { .. })).await.key;
        let view = soon(desk.chat.describe_view(message)).await.expect("a form");
        assert_eq!(view.name.as_deref(), Some("Return form"));
        assert_eq!(desk.stats().views, 1);
    });
}
