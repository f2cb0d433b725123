//! The entries of the timeline as rows of text.

use helpline_protocol::model::{DeliveryStatus, Direction, ItemBody, ProcessingStatus, Role, TranscriptItem};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use unicode_segmentation::UnicodeSegmentation;

use super::files::{at_the_edge, files, sending, with_bar};
use super::wrap::{markdown, wrap, wrap_text};
use crate::app::App;
use crate::app::question::{Question, key};
use crate::app::timeline::{Entry, Note, Tone};
use crate::input::width;
use crate::words::{self, Clock};

/// How wide the columns are; narrow terminals have one below the other.
#[derive(Clone, Copy)]
pub(crate) struct Columns {
    wide: bool,
    indent: usize,
    text: usize,
}

const NAME: usize = 10;
const BEFORE_TEXT: usize = 8 + 2 + NAME + 2;
/// Longer rows are hard to read.
const LONGEST: usize = 100;

impl Columns {
    pub(crate) fn new(columns: usize) -> Self {
        if columns >= 60 {
            return Self { wide: true, indent: BEFORE_TEXT, text: (columns - BEFORE_TEXT).min(LONGEST) };
        }
        let indent = if columns >= 30 { 2 } else { 0 };
        Self { wide: false, indent, text: columns.saturating_sub(indent).max(2) }
    }
}

pub(crate) const DIM: Style = Style::new().add_modifier(Modifier::DIM);

pub(crate) const fn tone(tone: Tone) -> (&'static str, Style) {
    match tone {
        Tone::Quiet => ("·", DIM),
        Tone::Good => ("+", Style::new().fg(Color::Green)),
        Tone::Warning => ("!", Style::new().fg(Color::Yellow)),
        Tone::Bad => ("✗", Style::new().fg(Color::Red)),
    }
}

/// The rows of one entry; never none.
pub(crate) fn entry(entry: &Entry, app: &App, clock: &Clock, columns: Columns) -> Vec<Line<'static>> {
    match entry {
        Entry::Note(note) => self::note(note, clock, columns),
        Entry::Item(item) => match &item.body {
            ItemBody::Notice { notice } => {
                let text = words::notice(&item.sender, notice);
                happening(&clock.time(item.at), "·", &text, DIM, columns)
            }
            _ => message(item, app, clock, columns),
        },
    }
}

fn note(note: &Note, clock: &Clock, columns: Columns) -> Vec<Line<'static>> {
    let (mark, style) = tone(note.tone);
    happening(&clock.time(note.at), mark, &note.text, style, columns)
}

fn happening(time: &str, mark: &str, text: &str, style: Style, columns: Columns) -> Vec<Line<'static>> {
    let rows = if columns.wide {
        wrap_text(text, style, columns.text)
    } else {
        wrap_text(&format!("{mark} {text}"), style, columns.text + columns.indent)
    };
    if !columns.wide {
        return rows;
    }
    let head = vec![Span::styled(time.to_owned(), DIM), Span::styled(format!("  {mark:>NAME$}  "), style)];
    join(head, rows, columns)
}

/// Puts the head before the first row, and as much room before the others.
fn join(head: Vec<Span<'static>>, rows: Vec<Line<'static>>, columns: Columns) -> Vec<Line<'static>> {
    let mut head = Some(head);
    let indent = |_| vec![Span::raw(" ".repeat(columns.indent))];
    rows.into_iter()
        .map(|row| {
            let mut spans = head.take().unwrap_or_else(|| indent(()));
            spans.extend(row.spans);
            Line::from(spans)
        })
        .collect()
}

fn message(item: &TranscriptItem, app: &App, clock: &Clock, columns: Columns) -> Vec<Line<'static>> {
    let own = item.direction == Direction::Outgoing;
    let name = if own { "You".to_owned() } else { words::name(&item.sender) };
    let style = name_style(item, own);
    let body = body(item, app, clock, columns.text, own);
    if columns.wide {
        let name = fit(&name, NAME);
        let pad = NAME - width(&name);
        let head = vec![
            Span::styled(clock.time(item.at), DIM),
            Span::raw("  "),
            Span::styled(name, style),
            Span::raw(" ".repeat(pad + 2)),
        ];
        return join(head, body, columns);
    }
    let name = fit(&name, columns.text.saturating_sub(9).max(4));
    let head = Line::from(vec![
        Span::styled(name, style),
        Span::raw(" "),
        Span::styled(clock.time(item.at).chars().take(5).collect::<String>(), DIM),
    ]);
    let indent = || Span::raw(" ".repeat(columns.indent));
    let rows = body.into_iter().map(|row| Line::from_iter(core::iter::once(indent()).chain(row.spans)));
    core::iter::once(head).chain(rows).collect()
}

const fn name_style(item: &TranscriptItem, own: bool) -> Style {
    let color = match item.sender.role {
        _ if own => Color::Cyan,
        Role::Agent => Color::Green,
        Role::Supervisor => Color::Yellow,
        Role::Bot | Role::System => Color::Magenta,
        _ => Color::Blue,
    };
    Style::new().fg(color).add_modifier(Modifier::BOLD)
}

/// Cuts a name to so many columns.
fn fit(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let mut cut = String::new();
    for grapheme in name.graphemes(true) {
        if width(&cut) + width(grapheme) >= columns {
            break;
        }
        cut.push_str(grapheme);
    }
    cut.push('…');
    cut
}

fn body(item: &TranscriptItem, app: &App, clock: &Clock, columns: usize, own: bool) -> Vec<Line<'static>> {
    let style = if own { Style::new().fg(Color::Cyan) } else { Style::new() };
    let mut rows = match &item.body {
        ItemBody::Interactive { interactive } => {
            let active = app.question().is_some_and(|question| question.key == item.key);
            question(&Question::new(interactive, clock), app.answer(item.key), active, columns)
        }
        ItemBody::Markdown { .. } => {
            wrap(&markdown(&words::message(item).unwrap_or_default(), style), columns)
        }
        ItemBody::Attachments { .. } => files(item, app, style, columns),
        _ => wrap_text(&words::message(item).unwrap_or_default(), style, columns),
    };
    if item.partial
        && let Some(last) = rows.last_mut()
    {
        last.push_span(Span::styled(" ▍", DIM));
    }
    if let Some(processing) = &item.processing {
        rows.extend(processing_note(processing, columns));
    }
    if let (true, Some(status)) = (own, &item.status) {
        put_status(&mut rows, item, status, app, columns);
    }
    rows
}

fn processing_note(status: &ProcessingStatus, columns: usize) -> Vec<Line<'static>> {
    let text = match status {
        ProcessingStatus::Processing => "(being processed by the service)",
        ProcessingStatus::Failed => "(the service could not process it)",
        ProcessingStatus::Rejected => "(refused by a rule of the company's)",
        ProcessingStatus::Other(_) | _ => return Vec::new(),
    };
    wrap_text(text, DIM, columns)
}

/// Puts the state at the right edge of the last row, or of one more where there is no room; what is wrong
/// gets rows of its own.
fn put_status(
    rows: &mut Vec<Line<'static>>,
    item: &TranscriptItem,
    status: &DeliveryStatus,
    app: &App,
    columns: usize,
) {
    let (mark, word) = words::status(status);
    if let Some(trouble) = words::trouble(status) {
        let failed = matches!(status, DeliveryStatus::Failed { .. });
        let style = Style::new().fg(if failed { Color::Red } else { Color::Yellow });
        let text = format!("{mark} {word} ({}): {trouble}", item.key);
        rows.extend(wrap_text(&text, style, columns));
        return;
    }
    let style = match status {
        DeliveryStatus::Read => Style::new().fg(Color::Green),
        _ => DIM,
    };
    let state = format!("{mark} {word}");
    let state = match sending(item, app) {
        Some(upload) => Span::styled(with_bar(upload, &state, columns), Style::new().fg(Color::Cyan)),
        None => Span::styled(state, style),
    };
    at_the_edge(rows, state, columns);
}

/// A box around what can be chosen.
fn question(question: &Question, answer: Option<&str>, active: bool, columns: usize) -> Vec<Line<'static>> {
    let inner = columns.saturating_sub(4).clamp(2, 60);
    let quiet = if active { Style::new() } else { DIM };
    let frame = if active { Style::new().fg(Color::Yellow) } else { DIM };
    let mut rows = wrap_text(&question.title, quiet.add_modifier(Modifier::BOLD), inner);
    for line in &question.lines {
        rows.extend(wrap_text(line, DIM, inner));
    }
    for (index, option) in question.options.iter().enumerate() {
        if let Some(card) = &option.card {
            rows.extend(wrap_text(card, quiet.add_modifier(Modifier::UNDERLINED), inner));
        }
        let mark = key(index).map_or_else(|| "/pick".to_owned(), |key| key.to_string());
        let mut head = Some(Span::styled(format!(" {mark}  "), frame.add_modifier(Modifier::BOLD)));
        let indent = head.as_ref().map_or(0, Span::width).min(inner / 2);
        let mut spans = vec![Span::styled(option.label.clone(), quiet)];
        spans.extend(option.detail.as_ref().map(|detail| Span::styled(format!(" · {detail}"), DIM)));
        for row in wrap(&spans, inner.saturating_sub(indent)) {
            let start = head.take().unwrap_or_else(|| Span::raw(" ".repeat(indent)));
            rows.push(Line::from_iter(core::iter::once(start).chain(row.spans)));
        }
    }
    if let (Some(_), Some(reply)) = (answer, &question.reply) {
        rows.extend(wrap_text(reply, Style::new().add_modifier(Modifier::ITALIC), inner));
    }
    let foot = match (answer, question.keys()) {
        (Some(answer), _) => format!(" chosen: {} ", fit(answer, inner.saturating_sub(10).max(4))),
        (None, Some(keys)) if active => format!(" press {keys} "),
        _ => String::new(),
    };
    let widest =
        rows.iter().map(Line::width).max().unwrap_or_default().max(width(&foot)).min(inner.max(width(&foot)));
    boxed(rows, widest.min(columns.saturating_sub(4).max(2)), &foot, frame)
}

fn boxed(rows: Vec<Line<'static>>, inner: usize, foot: &str, frame: Style) -> Vec<Line<'static>> {
    let bar = |left: &str, text: &str, right: &str| {
        let fill = (inner + 1).saturating_sub(width(text));
        Line::from(Span::styled(format!("{left}─{text}{}{right}", "─".repeat(fill)), frame))
    };
    let mut lines = vec![bar("┌", "", "┐")];
    for row in rows {
        // A blank at the end of a broken row may stand one column out.
        let gap = inner.saturating_sub(row.width());
        let mut spans = vec![Span::styled("│ ", frame)];
        spans.extend(row.spans);
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(" │", frame));
        lines.push(Line::from(spans));
    }
    let foot = if width(foot) <= inner { foot } else { "" };
    lines.push(bar("└", foot, "┘"));
    lines
}
