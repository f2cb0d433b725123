//! GetTranscript: which items a query names, page by page.

use serde_json::{Value, json};

use super::chat::Chat;
use super::clock;
use super::errors::Refusal;
use super::item::Item;
use super::validate::{Body, constraint};

const DEFAULT_RESULTS: u64 = 10;

/// Where a scan starts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    Newest,
    Id(String),
    Time(u64),
    MostRecent(u64),
}

/// A checked query, less its page size.
#[derive(Debug)]
struct Query {
    forward: bool,
    ascending: bool,
    start: Start,
}

/// How a page is made and told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// Names the chat in tokens.
    pub(crate) chat: usize,
    /// Keeps tokens from being made up.
    pub(crate) secret: u64,
    /// The last page has an empty token instead of none.
    pub(crate) empty_next_token: bool,
}

/// Answers a query.
pub(crate) fn read(chat: &Chat, body: &Body, paging: Paging) -> Result<Value, Refusal> {
    let max = body.integer("MaxResults", 0, 100)?.unwrap_or(DEFAULT_RESULTS);
    let max = if max == 0 { DEFAULT_RESULTS } else { max };
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let token = body.optional_text("NextToken", 0, 1000)?.filter(|token| !token.is_empty());
    let contact = body.optional_text("ContactId", 1, 256)?;
    let query = query(body)?;

    if contact.is_some_and(|contact| !chat.contacts.contains(&contact)) {
        return Ok(answer(chat, &query, 0..0, None, paging));
    }
    let first_page = token.is_none();
    let binding = binding(&query, paging);
    // What was said in earlier chats comes before position `past`, which no scan passes but one backward, by a token.
    let (past, count) = (chat.past.len(), chat.past.len() + chat.items.len());
    let cursor = match token {
        Some(token) => open(&token, binding, paging.secret)
            .filter(|cursor| *cursor <= count)
            .ok_or_else(Refusal::invalid_parameter)?,
        None => past + first(chat, &query)?,
    };
    let (range, next) = if query.forward {
        let end = cursor.saturating_add(max).min(count);
        (cursor..end, (end < count).then_some(end))
    } else {
        let floor = if cursor > past || (cursor == past && first_page) { past } else { 0 };
        let begin = cursor.saturating_sub(max).max(floor);
        (begin..cursor, (begin > 0).then_some(begin))
    };
    let next = next.map(|next| seal(next, binding, paging.secret));
    Ok(answer(chat, &query, range, next, paging))
}

fn query(body: &Body) -> Result<Query, Refusal> {
    let direction = body.choice("ScanDirection", &["FORWARD", "BACKWARD"])?;
    let order = body.choice("SortOrder", &["DESCENDING", "ASCENDING"])?;
    let start = match body.object("StartPosition")?.filter(|start| !start.is_empty()) {
        None => Start::Newest,
        Some(start) => start_position(&start)?,
    };
    let forward = match direction.as_deref() {
        Some("FORWARD") => true,
        Some(_) => false,
        None => start != Start::Newest,
    };
    if forward && start == Start::Newest {
        return Err(Refusal::invalid_parameter());
    }
    Ok(Query { forward, ascending: order.as_deref() == Some("ASCENDING"), start })
}

fn start_position(start: &Body) -> Result<Start, Refusal> {
    let given = ["Id", "AbsoluteTime", "MostRecent"];
    if given.iter().filter(|name| start.has(name)).count() != 1 {
        return Err(Refusal::invalid_parameter());
    }
    if let Some(id) = start.optional_text("Id", 1, 256)? {
        return Ok(Start::Id(id));
    }
    if let Some(time) = start.optional_text("AbsoluteTime", 1, 100)? {
        let time = clock::parse(&time)
            .ok_or_else(|| constraint("AbsoluteTime", "Member must be an ISO 8601 time"))?;
        return Ok(Start::Time(time));
    }
    let count = start.integer("MostRecent", 0, 100)?;
    Ok(Start::MostRecent(count.unwrap_or(0)))
}

/// The cursor of a query's first page: the first item of a forward scan, or the end (exclusive) of a backward one.
/// Start positions are inclusive.
fn first(chat: &Chat, query: &Query) -> Result<usize, Refusal> {
    let items = &chat.items;
    let at = match &query.start {
        Start::Newest => return Ok(items.len()),
        Start::Id(id) => chat.position(id).ok_or_else(Refusal::invalid_parameter)?,
        Start::Time(time) if query.forward => items.partition_point(|item| item.time_ms < *time),
        Start::Time(time) => return Ok(items.partition_point(|item| item.time_ms <= *time)),
        Start::MostRecent(0) => return Ok(items.len()),
        Start::MostRecent(count) => items.len().saturating_sub(usize::try_from(*count).unwrap_or(usize::MAX)),
    };
    let end = (at + 1).min(items.len());
    Ok(if query.forward { at } else { end })
}

fn answer(
    chat: &Chat,
    query: &Query,
    range: std::ops::Range<usize>,
    next: Option<String>,
    paging: Paging,
) -> Value {
    let item = |at: usize| match at.checked_sub(chat.past.len()) {
        Some(at) => chat.items.get(at).map(Item::json),
        None => chat.past.get(at).map(Item::past_json),
    };
    let mut items: Vec<Value> = range.filter_map(item).map(Value::Object).collect();
    if !query.ascending {
        items.reverse();
    }
    let mut answer = json!({ "InitialContactId": &*chat.initial_contact_id, "Transcript": items });
    match next {
        Some(token) => answer["NextToken"] = token.into(),
        None if paging.empty_next_token => answer["NextToken"] = "".into(),
        None => {}
    }
    answer
}

/// What a token is good for: this chat and this query, whatever the page size.
fn binding(query: &Query, paging: Paging) -> u64 {
    let text = format!("{}/{}/{}/{:?}", paging.chat, query.forward, query.ascending, query.start);
    fnv(paging.secret, text.as_bytes())
}

fn seal(cursor: usize, binding: u64, secret: u64) -> String {
    let hidden = cursor as u64 ^ binding;
    format!("{hidden:016x}{:016x}", fnv(secret ^ binding, &hidden.to_be_bytes()))
}

fn open(token: &str, binding: u64, secret: u64) -> Option<usize> {
    let (hidden, check) = (token.get(..16)?, token.get(16..)?);
    let hidden = u64::from_str_radix(hidden, 16).ok()?;
    let check = u64::from_str_radix(check, 16).ok()?;
    let genuine = check == fnv(secret ^ binding, &hidden.to_be_bytes());
    genuine.then(|| usize::try_from(hidden ^ binding).ok())?
}

/// FNV-1a; nothing here needs more.
fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
