//! The screen: what of the state stands where. Draws, and decides nothing.

mod files;
mod scroll;
pub(crate) mod transcript;
pub(crate) mod wrap;

use helpline_protocol::model::{Direction, ItemBody, TranscriptItem};
use helpline_protocol::{ConnectionState, EndReason, MessageKey, WallTime};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use crate::app::App;
use crate::app::question::Question;
use crate::commands::HELP;
use crate::input::{Editor, width};
use crate::words::{self, Clock};
pub(crate) use scroll::{Move, Scroll};
use transcript::{Columns, DIM};
use wrap::wrap_text;

/// What belongs to the screen and not to the chat.
pub(crate) struct Screen {
    pub(crate) service: String,
    pub(crate) clock: Clock,
    pub(crate) editor: Editor,
    pub(crate) scroll: Scroll,
    /// Whether the events are shown; by the room there is where the user did not say.
    pub(crate) events: Option<bool>,
    /// Whether they were at the last drawing.
    pub(crate) shows_events: bool,
    /// The first row of the help that is shown, while it is open.
    pub(crate) help: Option<usize>,
    /// The columns of the input at the last drawing.
    pub(crate) input_columns: usize,
    /// The rows of the transcript at the last drawing.
    pub(crate) page: usize,
    /// The newest message of somebody else's that was on the screen at the last drawing.
    pub(crate) shown: Option<MessageKey>,
}

impl Screen {
    pub(crate) fn new(service: impl Into<String>, clock: Clock) -> Self {
        Self {
            service: service.into(),
            clock,
            editor: Editor::default(),
            scroll: Scroll::default(),
            events: None,
            shows_events: false,
            help: None,
            input_columns: 80,
            page: 20,
            shown: None,
        }
    }
}

/// Beside a chat of 80 columns there is room for the events.
const ROOM_FOR_EVENTS: u16 = 130;

/// Draws it all.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App, screen: &mut Screen, now: WallTime) {
    let area = frame.area();
    screen.shown = None;
    if area.width < 12 || area.height < 4 {
        frame.render_widget(Paragraph::new(words::connection(&app.connection, now)), area);
        return;
    }
    let wide = area.width >= ROOM_FOR_EVENTS;
    screen.shows_events = screen.events.unwrap_or(wide);
    let side = if wide && screen.shows_events { (area.width * 2 / 5).min(80) } else { 0 };
    let [chat, events] = Layout::horizontal([Constraint::Min(0), Constraint::Length(side)]).areas(area);
    draw_chat(frame, app, screen, now, chat);
    if side > 0 {
        draw_events(frame, app, screen, events);
    }
    if let Some(first) = screen.help {
        screen.help = Some(draw_help(frame, area, first));
    }
}

fn draw_chat(frame: &mut Frame<'_>, app: &App, screen: &mut Screen, now: WallTime, area: Rect) {
    screen.input_columns = usize::from(area.width.saturating_sub(2)).max(2);
    let (rows, cursor) = screen.editor.rows(screen.input_columns);
    let most = usize::from(area.height / 3).max(1);
    let input_rows = rows.len().min(most);
    let flash =
        app.flash.as_ref().map(|flash| wrap_text(flash, Style::new().fg(Color::Yellow), area.width.into()));
    let flash_rows = flash.as_ref().map_or(0, |rows| rows.len().min(usize::from(area.height / 4)));
    let roomy = u16::from(area.height >= 8);
    let [header, middle, rule, hint, input, status] = Layout::vertical([
        Constraint::Length(roomy),
        Constraint::Min(0),
        Constraint::Length(roomy),
        Constraint::Length(u16::try_from(flash_rows).unwrap_or(0)),
        Constraint::Length(u16::try_from(input_rows).unwrap_or(1)),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(header_line(screen, header.width), header);
    // Where there is no room beside the chat, the events stand in its place.
    if screen.shows_events && frame.area().width < ROOM_FOR_EVENTS {
        draw_events(frame, app, screen, middle);
    } else {
        draw_transcript(frame, app, screen, middle);
    }
    frame.render_widget(rule_line(app, screen, rule.width.into()), rule);
    frame.render_widget(Paragraph::new(flash.unwrap_or_default()), hint);
    draw_input(frame, app, screen, input, (rows, cursor));
    frame.render_widget(Paragraph::new(status_line(app, now, status.width.into())), status);
}

fn header_line(screen: &Screen, columns: u16) -> Line<'static> {
    let name = " helpline ";
    let service = words::short(&screen.service, usize::from(columns).saturating_sub(name.len() + 1));
    Line::from(vec![Span::raw(name).bold().reversed(), Span::styled(format!(" {service}"), DIM)])
}

fn draw_transcript(frame: &mut Frame<'_>, app: &App, screen: &mut Screen, area: Rect) {
    let columns = Columns::new(area.width.into());
    let height = usize::from(area.height);
    screen.page = height.max(1);
    let entries = app.timeline.entries();
    let rows_of = |at: usize| {
        entries.get(at).map(|entry| transcript::entry(entry, app, &screen.clock, columns)).unwrap_or_default()
    };
    let window = screen.scroll.window(entries, height, rows_of);
    screen.shown = window.entries.clone().rev().find_map(|at| {
        let item = entries.get(at)?.item()?;
        (item.direction == Direction::Incoming && item.body.is_message()).then_some(item.key)
    });
    // A chat begins at the top, as on paper.
    frame.render_widget(Paragraph::new(Text::from(window.rows)), area);
}

/// The line above the input: who types, and whether this is the newest.
fn rule_line(app: &App, screen: &Screen, columns: usize) -> Line<'static> {
    let names: Vec<_> = app.typing.iter().map(words::name).collect();
    let typing = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} is typing … "),
        [one, other] => format!(" {one} and {other} are typing … "),
        [..] => " Several people are typing … ".to_owned(),
    };
    let below = screen.scroll.below();
    let below = if below > 0 { format!(" {below} more below, End goes there ") } else { String::new() };
    let room = columns.saturating_sub(4);
    let typing = words::short(&typing, room);
    let below = if width(&below) + width(&typing) <= room { below } else { String::new() };
    let fill = columns.saturating_sub(2 + width(&typing) + width(&below));
    Line::from(vec![
        Span::styled("──", DIM),
        Span::styled(typing, Style::new().fg(Color::Green).add_modifier(Modifier::ITALIC)),
        Span::styled("─".repeat(fill), DIM),
        Span::styled(below, Style::new().fg(Color::Yellow)),
    ])
}

type Laid = (Vec<crate::input::Row>, (usize, usize));

fn draw_input(frame: &mut Frame<'_>, app: &App, screen: &Screen, area: Rect, (rows, (row, column)): Laid) {
    let height = usize::from(area.height);
    let first = (row + 1).saturating_sub(height).min(rows.len().saturating_sub(height));
    let mark =
        |nth: usize| Span::styled(if nth == 0 { "> " } else { "  " }, Style::new().fg(Color::Cyan).bold());
    let lines: Vec<_> = if screen.editor.is_empty() {
        vec![Line::from(vec![mark(0), Span::styled(placeholder(app, screen), DIM)])]
    } else {
        let shown = rows.iter().enumerate().skip(first).take(height);
        shown
            .map(|(nth, row)| {
                Line::from(vec![mark(nth), Span::raw(row.text(screen.editor.text()).to_owned())])
            })
            .collect()
    };
    frame.render_widget(Paragraph::new(lines), area);
    let x = area
        .x
        .saturating_add(u16::try_from(column + 2).unwrap_or(u16::MAX))
        .min(area.right().saturating_sub(1));
    let y = area.y.saturating_add(u16::try_from(row.saturating_sub(first)).unwrap_or(0));
    frame.set_cursor_position(Position::new(x, y));
}

fn placeholder(app: &App, screen: &Screen) -> String {
    if let ConnectionState::Ended { reason } = &app.connection {
        let what = if *reason == EndReason::Reset { "session is put away" } else { "chat is over" };
        return format!("The {what}; Ctrl+C or /quit closes");
    }
    let keys = app.question().and_then(|item| match &item.body {
        ItemBody::Interactive { interactive } => Question::new(interactive, &screen.clock).keys(),
        _ => None,
    });
    match keys {
        Some(keys) => format!("Press {keys} to answer, or Esc to write a message instead"),
        None => "Write a message, or /help".to_owned(),
    }
}

fn status_line(app: &App, now: WallTime, columns: usize) -> Line<'static> {
    let (mark, style) = match &app.connection {
        ConnectionState::Live => ("●", Style::new().fg(Color::Green)),
        ConnectionState::Connecting | ConnectionState::Reconnecting { .. } => {
            ("◌", Style::new().fg(Color::Yellow))
        }
        ConnectionState::Ended { .. } if app.ended_well() == Some(false) => {
            ("■", Style::new().fg(Color::Red))
        }
        ConnectionState::Ended { .. } => ("■", Style::new()),
        ConnectionState::Offline => ("○", Style::new().fg(Color::Red)),
        ConnectionState::Idle | ConnectionState::Suspended { .. } | _ => {
            ("○", Style::new().fg(Color::Yellow))
        }
    };
    let state = format!(" {mark} {}", words::connection(&app.connection, now));
    let state = words::short(&state, columns);
    let mut spans = vec![Span::styled(state, style.add_modifier(Modifier::BOLD))];
    let again = |item: &TranscriptItem| !words::is_hopeless(item);
    let cure = if app.troubled().any(again) { "not sent, /resend" } else { "not sent, /discard" };
    let troubled = (app.troubled().count(), cure, Style::new().fg(Color::Red));
    let waiting = (app.waiting(), "waiting", Style::new());
    for (number, what, style) in [troubled, waiting] {
        let span = Span::styled(format!("  ·  {number} {what}"), style);
        let used: usize = spans.iter().map(Span::width).sum();
        if number > 0 && used + span.width() <= columns {
            spans.push(span);
        }
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let hints = ["/help  PgUp PgDn  Ctrl+C ", "/help  Ctrl+C ", "/help "];
    if let Some(hint) = hints.iter().find(|hint| used + width(hint) + 2 <= columns) {
        spans.push(Span::raw(" ".repeat(columns - used - width(hint))));
        spans.push(Span::styled(*hint, DIM));
    }
    Line::from(spans)
}

fn draw_events(frame: &mut Frame<'_>, app: &App, screen: &Screen, area: Rect) {
    let block = Block::new().borders(Borders::LEFT).border_style(DIM);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let columns = usize::from(inner.width).saturating_sub(11).max(8);
    let mut rows = Vec::new();
    for (at, text) in app.log.iter().rev() {
        let mut time = Some(screen.clock.time(*at));
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let spans = [Span::raw(kind.to_owned()), Span::styled(format!(" {rest}"), DIM)];
        let entry = wrap::wrap(&spans, columns).into_iter().map(|row| {
            let time = time.take().unwrap_or_else(|| " ".repeat(8));
            Line::from_iter([Span::styled(format!(" {time}  "), DIM)].into_iter().chain(row.spans))
        });
        rows.extend(entry.collect::<Vec<_>>().into_iter().rev());
        if rows.len() + 1 >= usize::from(inner.height) {
            break;
        }
    }
    rows.truncate(usize::from(inner.height).saturating_sub(1));
    rows.push(Line::from(vec![
        Span::raw(" What the engine tells").bold(),
        Span::styled("  (/events hides it)", DIM),
    ]));
    rows.reverse();
    frame.render_widget(Paragraph::new(rows), inner);
}

const KEYS: &[(&str, &str)] = &[
    ("1-9, a-z", "answer the last question, while the line is empty"),
    ("Enter", "send; Alt+Enter or Ctrl+J begins a new line"),
    ("PgUp, PgDn", "scroll; so do Home and End while the line is empty"),
    ("Up, Down", "what you wrote before"),
    ("Ctrl+W, U, K, Y", "cut a word, to the start, to the end; put back"),
    ("Ctrl+C", "clear the line; on an empty line, close"),
];

/// Draws the help over the rest, from a row on; returns the row that it could begin with.
fn draw_help(frame: &mut Frame<'_>, area: Rect, first: usize) -> usize {
    let left = 17;
    let across = usize::from(area.width).min(84);
    let mut rows = Vec::new();
    for (nth, (what, says)) in HELP.iter().chain(KEYS).enumerate() {
        if nth == HELP.len() {
            rows.push(Line::default());
        }
        let mut head = Some(Span::raw(format!(" {what:<left$}")).bold());
        for row in wrap_text(says, Style::new(), across.saturating_sub(left + 4)) {
            let start = head.take().unwrap_or_else(|| Span::raw(" ".repeat(left + 1)));
            rows.push(Line::from_iter(core::iter::once(start).chain(row.spans)));
        }
    }
    let height = (rows.len() + 2).min(area.height.into());
    let first = first.min((rows.len() + 2).saturating_sub(height));
    let more = first + height < rows.len() + 2;
    let [place] = Layout::horizontal([Constraint::Length(u16::try_from(across).unwrap_or(area.width))])
        .flex(ratatui::layout::Flex::Center)
        .areas(area);
    let [place] = Layout::vertical([Constraint::Length(u16::try_from(height).unwrap_or(area.height))])
        .flex(ratatui::layout::Flex::Center)
        .areas(place);
    let foot = if more { " Down shows more, Esc closes " } else { " Esc closes " };
    let block = Block::bordered().title(" Help ").title_bottom(foot);
    frame.render_widget(Clear, place);
    frame.render_widget(
        Paragraph::new(rows).block(block).scroll((u16::try_from(first).unwrap_or(0), 0)),
        place,
    );
    first
}

#[cfg(test)]
mod tests;
