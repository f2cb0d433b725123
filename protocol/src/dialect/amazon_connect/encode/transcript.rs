//! GetTranscript: pages as the session walks them, and any part that a user asks for.

use serde::Serialize;

use super::{error, has_chars};
use crate::dialect::{EncodeError, FetchFrom, FetchQuery};
use crate::model::{ScanDirection, SortOrder, StartPosition, TranscriptQuery};
use crate::time::WallTime;

/// Items of a page (API model: `MaxResults`, `MostRecent`).
const PAGE_ITEMS: u32 = 100;

/// Items of a page where nobody says. The service's own default is 10; this is what chatjs asks for.
const USUAL_ITEMS: u32 = 15;

/// Characters of an id (API model: `ContactId`, `StartPosition.Id`).
const ID_CHARS: usize = 256;

/// GetTranscript.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTranscript<'a> {
    scan_direction: &'static str,
    sort_order: &'static str,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_position: Option<Start<'a>>,
}

/// One of the three (API model: `StartPosition`).
#[derive(Serialize)]
enum Start<'a> {
    Id(&'a str),
    AbsoluteTime(String),
    MostRecent(u32),
}

/// Always backwards from the newest: forwards needs a start position, which the service refuses where it is of
/// a past contact, and which may have been forgotten.
pub(super) fn page<'a>(query: &FetchQuery<'a>) -> GetTranscript<'a> {
    let (next_token, start) = match query.from {
        FetchFrom::Newest => (None, None),
        FetchFrom::Cursor { cursor, start } => (Some(cursor), start),
        FetchFrom::Item { server_id } => (None, Some(server_id)),
    };
    GetTranscript {
        scan_direction: "BACKWARD",
        sort_order: "DESCENDING",
        max_results: query.limit.clamp(1, PAGE_ITEMS),
        next_token,
        contact_id: None,
        start_position: start.map(Start::Id),
    }
}

/// What a user asked for. `start` is the service's id of the item to begin at, where it is one.
pub(super) fn part<'a>(
    query: &'a TranscriptQuery,
    start: Option<&'a str>,
) -> Result<GetTranscript<'a>, EncodeError> {
    check_query(query)?;
    let start_position = match query.from {
        None => None,
        Some(StartPosition::Item { .. }) => {
            let id = start.filter(|id| has_chars(id, ID_CHARS)).ok_or_else(|| {
                error("the service does not know the message to begin at: begin at one that it has")
            })?;
            Some(Start::Id(id))
        }
        Some(StartPosition::Time { time }) => Some(Start::AbsoluteTime(time.to_string())),
        Some(StartPosition::MostRecent { count }) => Some(Start::MostRecent(count)),
    };
    Ok(GetTranscript {
        scan_direction: match query.direction {
            ScanDirection::Backward => "BACKWARD",
            ScanDirection::Forward => "FORWARD",
        },
        sort_order: match query.order {
            SortOrder::Ascending => "ASCENDING",
            SortOrder::Descending => "DESCENDING",
        },
        max_results: query.limit.unwrap_or(USUAL_ITEMS).clamp(1, PAGE_ITEMS),
        next_token: query.cursor.as_deref(),
        contact_id: query.segment.as_deref(),
        start_position,
    })
}

/// Refuses what the service would. It answers 400, with no word of why, where one is to go on in time from
/// nowhere, which an empty start position is too (chatjs issue 19).
pub(in crate::dialect::amazon_connect) fn check_query(query: &TranscriptQuery) -> Result<(), EncodeError> {
    if query.direction == ScanDirection::Forward && query.from.is_none() {
        return Err(error(
            "`forward` needs a place to begin: give `from` (an item, a time), with each cursor too, or go `backward`",
        ));
    }
    if query.cursor.as_deref() == Some("") {
        return Err(error("the cursor is empty: the last page has none, and before the first give none"));
    }
    if query.segment.as_deref().is_some_and(|segment| !has_chars(segment, ID_CHARS)) {
        return Err(error(
            "a segment is a ContactId of 1 to 256 characters: give one, or none for the present",
        ));
    }
    match query.from {
        Some(StartPosition::MostRecent { count }) if !(1..=PAGE_ITEMS).contains(&count) => {
            Err(error(&format!("`most_recent` takes a count of 1 to {PAGE_ITEMS}, not {count}")))
        }
        Some(StartPosition::Time { time }) if WallTime::parse(&time.to_string()).is_err() => {
            Err(error("the time to begin at is none that can be written as a date: give one of this era"))
        }
        Some(StartPosition::MostRecent { .. } | StartPosition::Time { .. } | StartPosition::Item { .. })
        | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
