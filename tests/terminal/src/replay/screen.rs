//! A replay on the screen: one step at a time, forwards and back.

use std::io;
use std::path::Path;

use helpline_protocol::{ReplayStep, Replayer};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize as _};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use crate::Exit;

/// How far a long step goes at once.
const FAR: usize = 20;

/// Runs until the user has seen enough.
pub(super) fn run(replayer: Replayer, file: &Path) -> io::Result<Exit> {
    let mut viewer = Viewer::new(replayer);
    let title = file.display().to_string();
    let mut terminal = ratatui::try_init()?;
    let shown = loop {
        if let Err(error) = terminal.draw(|frame| viewer.draw(frame, &title)) {
            break Err(error);
        }
        match event::read() {
            Ok(Event::Key(key)) if key.kind == KeyEventKind::Press && !viewer.key(key) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    ratatui::restore();
    shown.map(|()| Exit::Well)
}

/// Where the user is.
pub(super) struct Viewer {
    replayer: Replayer,
    /// The step that led here; none at the beginning.
    step: Option<ReplayStep>,
    scroll: u16,
}

impl Viewer {
    pub(super) fn new(replayer: Replayer) -> Self {
        let step = replayer.restoring().cloned();
        Self { replayer, step, scroll: 0 }
    }

    /// Whether it goes on.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let here = self.replayer.position();
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return false,
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('n' | ' ') | KeyCode::Right | KeyCode::Enter => self.go(here.saturating_add(1)),
            KeyCode::Char('p') | KeyCode::Left | KeyCode::Backspace => self.go(here.saturating_sub(1)),
            KeyCode::PageDown => self.go(here.saturating_add(FAR)),
            KeyCode::PageUp => self.go(here.saturating_sub(FAR)),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(usize::MAX),
            KeyCode::Down => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            _ => {}
        }
        true
    }

    /// To where so many calls have been made. The last of them is the step that is shown.
    fn go(&mut self, position: usize) {
        let position = position.min(self.replayer.journal().len());
        self.scroll = 0;
        self.replayer.seek(position.saturating_sub(1));
        self.step = if position == 0 { self.replayer.restoring().cloned() } else { self.replayer.forward() };
    }

    fn draw(&self, frame: &mut Frame<'_>, title: &str) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
                .areas(frame.area());
        let (here, all) = (self.replayer.position(), self.replayer.journal().len());
        let state = self.replayer.session().state();
        frame.render_widget(Line::from(format!("{title}  {here} of {all}  {state}")).bold(), head);
        frame.render_widget(
            Paragraph::new(self.text()).wrap(Wrap { trim: false }).scroll((self.scroll, 0)),
            body,
        );
        let keys = "n, space: on   p: back   PgUp, PgDn: 20 steps   Home, End   up, down: scroll   q: quit";
        frame.render_widget(Line::from(keys).dim(), foot);
    }

    fn text(&self) -> Text<'static> {
        let Some(step) = &self.step else {
            return Text::from("The session is born. Press n for the first call.");
        };
        let style = if step.difference.is_some() { Style::new().red() } else { Style::new() };
        // What another side said may hold what a terminal would act on.
        let shown: Vec<String> = step.to_string().lines().map(without_controls).collect();
        Text::styled(shown.join("\n"), style)
    }
}

fn without_controls(line: &str) -> String {
    line.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use helpline_protocol::amazon_connect::{ChatDetails, Config};
    use helpline_protocol::{Command, Input, Journal, Now, Recorder, Secrets, Timestamp, WallTime};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn viewer() -> Viewer {
        let at = |secs| Now::new(Timestamp::from_secs(secs), WallTime::EPOCH);
        let (mut text, mut out) = (String::new(), Vec::new());
        let config = Config::new(ChatDetails::new("t"));
        let mut recorder = Recorder::new(config, [7; 32], at(0), Secrets::Omit, |line: &str| {
            text.push_str(line);
            text.push('\n');
        })
        .unwrap();
        recorder.execute(at(0), Command::Connect, &mut out).unwrap();
        recorder.handle(at(20), Input::Woke, &mut out);
        recorder.execute(at(21), Command::send_text("hello"), &mut out).unwrap();
        drop(recorder);
        Viewer::new(Replayer::new(Journal::parse(&text).unwrap()).unwrap())
    }

    fn screen(viewer: &Viewer) -> String {
        let mut terminal = Terminal::new(TestBackend::new(70, 9)).unwrap();
        terminal.draw(|frame| viewer.draw(frame, "chat.journal")).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn keys_go_forwards_and_back() {
        let mut viewer = viewer();
        let beginning = screen(&viewer);
        assert!(beginning.contains("The session is born"), "{beginning}");
        let press = |viewer: &mut Viewer, code| assert!(viewer.key(KeyEvent::from(code)));
        press(&mut viewer, KeyCode::Char('n'));
        let first = screen(&viewer);
        assert!(first.contains("1 of 3  connecting") && first.contains("> connect as c1"), "{first}");
        press(&mut viewer, KeyCode::Char(' '));
        press(&mut viewer, KeyCode::Char('n'));
        assert!(screen(&viewer).contains("queued m1"));
        press(&mut viewer, KeyCode::Char('n'));
        assert!(screen(&viewer).contains("3 of 3"));
        press(&mut viewer, KeyCode::Char('p'));
        press(&mut viewer, KeyCode::Char('p'));
        assert_eq!(screen(&viewer), first);
        press(&mut viewer, KeyCode::Home);
        assert_eq!(screen(&viewer), beginning);
        press(&mut viewer, KeyCode::Char('p'));
        assert_eq!(screen(&viewer), beginning);
        press(&mut viewer, KeyCode::End);
        assert!(screen(&viewer).contains("3 of 3"));
        assert!(!viewer.key(KeyEvent::from(KeyCode::Char('q'))));
    }
}
