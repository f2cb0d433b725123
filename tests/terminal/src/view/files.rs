//! The files of a message as rows: what they are, and bars of those on their way.

use helpline_protocol::model::{DeliveryStatus, TranscriptItem};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::transcript::DIM;
use super::wrap::{wrap, wrap_text};
use crate::app::App;
use crate::app::files::{Shown, Transfer};
use crate::input::width;
use crate::words;

/// The longest a bar gets, and the shortest that says anything.
const LONGEST: usize = 16;
const SHORTEST: usize = 5;

/// The rows of the files of a message, without its own state.
pub(crate) fn files(item: &TranscriptItem, app: &App, style: Style, columns: usize) -> Vec<Line<'static>> {
    let shown = app.shown_files(item);
    if shown.is_empty() {
        return wrap_text(&words::message(item).unwrap_or_default(), DIM, columns);
    }
    let moving = sending(item, app).is_some();
    shown.iter().flat_map(|file| rows(file, moving, style, columns)).collect()
}

/// How far the upload of a message is, while it is on its way.
pub(crate) fn sending<'app>(item: &TranscriptItem, app: &'app App) -> Option<&'app Transfer> {
    let under_way = item.status == Some(DeliveryStatus::Sending);
    app.files.sending(item.key).filter(|_| under_way)
}

fn rows(file: &Shown<'_>, moving: bool, style: Style, columns: usize) -> Vec<Line<'static>> {
    let mut spans = Vec::new();
    if let Some(number) = file.number {
        spans.push(Span::styled(format!("[{number}] "), style.add_modifier(Modifier::BOLD)));
    }
    spans.push(Span::styled(file.title.clone(), style));
    // A bar needs the room.
    if let Some(kind) = file.kind.as_ref().filter(|_| !moving && file.saving.is_none()) {
        spans.push(Span::styled(format!(" · {kind}"), DIM));
    }
    if let Some((words, refused)) = &file.scan {
        let color = if *refused { Color::Red } else { Color::Yellow };
        spans.push(Span::styled(format!(" · {words}"), Style::new().fg(color)));
    }
    let mut rows = wrap(&spans, columns);
    if let Some(saving) = file.saving {
        let text = with_bar(saving, "↓ saving", columns);
        at_the_edge(&mut rows, Span::styled(text, Style::new().fg(Color::Green)), columns);
    }
    rows
}

/// `██████░░░░  60 %  → sending`: as much of it as there is room for.
pub(crate) fn with_bar(transfer: &Transfer, word: &str, columns: usize) -> String {
    let Some(percent) = transfer.percent() else {
        return format!("{}  {word}", words::size(transfer.done));
    };
    let text = format!("{percent:>3} %  {word}");
    let room = columns.saturating_sub(width(&text) + 1).min(LONGEST);
    if room < SHORTEST {
        return text;
    }
    let full = usize::try_from(percent).unwrap_or(100) * room / 100;
    format!("{}{} {text}", "█".repeat(full), "░".repeat(room - full))
}

/// Puts something at the right edge of the last row, or of one more where there is no room.
pub(crate) fn at_the_edge(rows: &mut Vec<Line<'static>>, span: Span<'static>, columns: usize) {
    let room = columns.saturating_sub(span.width());
    match rows.last_mut() {
        Some(last) if last.width() + 2 <= room => {
            let gap = room - last.width();
            last.push_span(Span::raw(" ".repeat(gap)));
            last.push_span(span);
        }
        _ => rows.push(Line::from(vec![Span::raw(" ".repeat(room)), span])),
    }
}
