//! The screen: keys in, drawings out.

use core::pin::pin;
use core::time::Duration;
use std::io;

use async_channel::{Receiver, Sender, unbounded};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{Events, Runtime};
use helpline_protocol::{Command, ConnectionState, Event};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event as Terminal, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use ratatui::crossterm::execute;

use crate::app::App;
use crate::commands::parse;
use crate::control::{Control, Wish};
use crate::first::{first, sleep_until};
use crate::service::{self, Order, Service, Wire, Word, carry_out};
use crate::view::{Move, Screen, draw};
use crate::words::{self, Clock};
use crate::{Exit, signals};

/// The terminal as it was, however this ends. A panic is seen to by ratatui's own hook as well.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        // Nothing more can be done about a terminal that is gone.
        drop(execute!(io::stdout(), DisableBracketedPaste));
        // Done twice, it would set the cursor onto what the panic has to say.
        if !std::thread::panicking() {
            ratatui::restore();
        }
    }
}

/// What the run came to, and what there is to say about it on the terminal as it was.
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    pub(crate) says: Vec<String>,
}

/// Runs until the user closes it.
pub(crate) async fn run<A: Adapter>(service: Service<A>, clock: Clock) -> io::Result<Outcome> {
    let embedded = matches!(service.network, Wire::Emulator(_));
    let mut control = Control::new(clock.clone(), embedded);
    control.command(Command::Connect);
    let (orders, reports) = carry_out::<A>(service.runtime.clone(), service.chat, service.network);
    let screen = Screen::new(service.label, clock);
    let mut tui = Tui { app: App::new(), control, screen, orders, quit: false };
    let mut terminal = ratatui::try_init()?;
    let restore = Restore;
    execute!(io::stdout(), EnableBracketedPaste)?;
    let result = tui.follow(&mut terminal, &service.runtime, service.events, reports, keys()).await;
    drop(restore);
    result.map(|signal| tui.outcome(signal))
}

/// What the terminal says, read by a thread of its own: it ends with the process.
fn keys() -> Receiver<io::Result<Terminal>> {
    let (sender, keys) = unbounded();
    std::thread::spawn(move || {
        loop {
            let event = event::read();
            let broken = event.is_err();
            if sender.try_send(event).is_err() || broken {
                break;
            }
        }
    });
    keys
}

/// What comes next.
enum Next {
    Signal(&'static str),
    Key(Option<io::Result<Terminal>>),
    Word(Word),
    Event(Option<Event>),
    Draw,
}

struct Tui {
    app: App,
    control: Control,
    screen: Screen,
    orders: Sender<Order>,
    quit: bool,
}

/// Events and keys that are taken in between two drawings, at the most.
const AT_ONCE: usize = 200;

impl Tui {
    async fn follow(
        &mut self,
        terminal: &mut DefaultTerminal,
        runtime: &impl Runtime,
        mut events: Events,
        reports: Receiver<Word>,
        keys: Receiver<io::Result<Terminal>>,
    ) -> io::Result<Option<&'static str>> {
        let mut stop = pin!(signals::ended());
        let mut running = true;
        while !self.quit {
            self.draw(terminal)?;
            self.send_orders();
            let mut wait = self.pace();
            for _ in 0..AT_ONCE {
                let until = runtime.now().at + wait;
                let next = first([
                    pin!(async { Next::Signal(stop.as_mut().await) }),
                    pin!(async { Next::Key(keys.recv().await.ok()) }),
                    pin!(async { Next::Word(service::word(&reports).await) }),
                    pin!(async {
                        match running {
                            true => Next::Event(events.next().await),
                            false => core::future::pending().await,
                        }
                    }),
                    pin!(async {
                        sleep_until(runtime, Some(until)).await;
                        Next::Draw
                    }),
                ])
                .await;
                match next {
                    Next::Signal(signal) => return Ok(Some(signal)),
                    Next::Key(Some(event)) => self.terminal(&event?),
                    Next::Key(None) => return Ok(Some("the terminal is gone")),
                    Next::Word(word) => self.word(word),
                    Next::Event(Some(event)) => drop(self.app.apply(&event, words::now())),
                    Next::Event(None) => running = false,
                    Next::Draw => break,
                }
                // What has come in by now goes into the same drawing.
                wait = Duration::ZERO;
            }
        }
        Ok(None)
    }

    /// How long a drawing is good for.
    const fn pace(&self) -> Duration {
        match self.app.connection {
            ConnectionState::Reconnecting { retry_at: Some(_), .. } => Duration::from_millis(200),
            _ => Duration::from_secs(60),
        }
    }

    fn draw(&mut self, terminal: &mut DefaultTerminal) -> io::Result<()> {
        terminal.draw(|frame| draw(frame, &self.app, &mut self.screen, words::now()))?;
        if let Some(shown) = self.screen.shown {
            self.control.seen(&self.app, shown);
        }
        Ok(())
    }

    fn send_orders(&mut self) {
        for order in self.control.take_orders() {
            // The task is gone only when the runtime is.
            drop(self.orders.try_send(order));
        }
    }

    fn word(&mut self, word: Word) {
        let (_, refused) = self.control.word(&mut self.app, word, words::now());
        if let Some(text) = refused.filter(|_| self.screen.editor.is_empty()) {
            self.screen.editor.set(&text);
        }
    }

    fn terminal(&mut self, event: &Terminal) {
        match event {
            Terminal::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Terminal::Paste(text) => {
                self.screen.help = None;
                self.screen.editor.insert(text);
                self.typing();
            }
            // A new size is drawn like anything else.
            Terminal::Key(_)
            | Terminal::Resize(..)
            | Terminal::Mouse(_)
            | Terminal::FocusGained
            | Terminal::FocusLost => {}
        }
    }

    fn key(&mut self, key: &KeyEvent) {
        if self.screen.help.is_some() && self.help_key(key.code) {
            return;
        }
        let held = |modifiers| key.modifiers.contains(modifiers);
        let (ctrl, alt) = (held(KeyModifiers::CONTROL), held(KeyModifiers::ALT));
        // Where AltGr is told as both, it is there to write.
        match key.code {
            KeyCode::Char(c) if ctrl && !alt => self.ctrl(c),
            KeyCode::Char(c) if alt && !ctrl => self.alt(c),
            KeyCode::Char(c) => self.write(c),
            KeyCode::Enter if alt || held(KeyModifiers::SHIFT) => self.screen.editor.insert("\n"),
            KeyCode::Enter => self.enter(),
            code => self.edit(code, ctrl || alt),
        }
    }

    /// Scrolls or closes the help; whether the key has been seen to.
    fn help_key(&mut self, code: KeyCode) -> bool {
        let Some(first) = self.screen.help else { return false };
        let step = match code {
            KeyCode::Down => first.saturating_add(1),
            KeyCode::PageDown => first.saturating_add(10),
            KeyCode::Up => first.saturating_sub(1),
            KeyCode::PageUp => first.saturating_sub(10),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | ' ') => {
                self.screen.help = None;
                return true;
            }
            _ => {
                self.screen.help = None;
                return false;
            }
        };
        self.screen.help = Some(step);
        true
    }

    fn write(&mut self, c: char) {
        if self.screen.editor.is_empty() && self.control.press(&mut self.app, c) {
            self.screen.scroll.go(Move::Bottom);
            return;
        }
        self.screen.editor.insert(c.encode_utf8(&mut [0; 4]));
        self.typing();
    }

    /// Tells the others, unless it is a command that is being written.
    fn typing(&mut self) {
        let text = self.screen.editor.text();
        let message = !text.starts_with('/') || text.starts_with("//");
        if message && !text.trim().is_empty() && self.app.connection == ConnectionState::Live {
            self.control.command(Command::SendTyping { conversation: None });
        }
    }

    fn enter(&mut self) {
        let text = self.screen.editor.take();
        if text.trim().is_empty() {
            return;
        }
        self.screen.scroll.go(Move::Bottom);
        match self.control.line(&mut self.app, parse(&text)) {
            Wish::Nothing => {}
            Wish::Help => self.screen.help = Some(0),
            Wish::Events => self.toggle_events(),
            Wish::Quit => self.quit = true,
        }
    }

    fn toggle_events(&mut self) {
        self.screen.events = Some(!self.screen.shows_events);
    }

    fn ctrl(&mut self, c: char) {
        let editor = &mut self.screen.editor;
        match c.to_ascii_lowercase() {
            'c' if editor.is_empty() => self.close(),
            'c' => drop(editor.take()),
            'd' if editor.is_empty() => self.close(),
            'd' => editor.delete(),
            'a' => editor.home(),
            'e' => editor.end(),
            'b' => editor.left(),
            'f' => editor.right(),
            'w' => editor.delete_word_left(),
            'h' => editor.backspace(),
            'u' => editor.delete_to_start(),
            'k' => editor.delete_to_end(),
            'y' => editor.yank(),
            'j' => editor.insert("\n"),
            'p' => editor.up(self.screen.input_columns),
            'n' => editor.down(self.screen.input_columns),
            _ => {}
        }
    }

    fn close(&mut self) {
        self.quit = self.control.line(&mut self.app, parse("/quit")) == Wish::Quit;
    }

    fn alt(&mut self, c: char) {
        let editor = &mut self.screen.editor;
        match c.to_ascii_lowercase() {
            'b' => editor.word_left(),
            'f' => editor.word_right(),
            'd' => editor.delete_word_right(),
            _ => {}
        }
    }

    fn edit(&mut self, code: KeyCode, word: bool) {
        let Screen { editor, scroll, input_columns, page, .. } = &mut self.screen;
        let page = page.saturating_sub(2).max(1);
        match code {
            KeyCode::Esc => {
                self.app.flash = None;
                if editor.is_empty() {
                    self.app.dismiss();
                    scroll.go(Move::Bottom);
                }
            }
            KeyCode::PageUp => scroll.go(Move::Up(page)),
            KeyCode::PageDown => scroll.go(Move::Down(page)),
            KeyCode::Home if word || editor.is_empty() => scroll.go(Move::Top),
            KeyCode::End if word || editor.is_empty() => scroll.go(Move::Bottom),
            KeyCode::Home => editor.home(),
            KeyCode::End => editor.end(),
            KeyCode::Left if word => editor.word_left(),
            KeyCode::Right if word => editor.word_right(),
            KeyCode::Left => editor.left(),
            KeyCode::Right => editor.right(),
            KeyCode::Up => editor.up(*input_columns),
            KeyCode::Down => editor.down(*input_columns),
            KeyCode::Backspace if word => editor.delete_word_left(),
            KeyCode::Backspace => editor.backspace(),
            KeyCode::Delete if word => editor.delete_word_right(),
            KeyCode::Delete => editor.delete(),
            _ => {}
        }
    }

    fn outcome(&self, signal: Option<&'static str>) -> Outcome {
        let unsent = self.app.troubled().count() + self.app.waiting();
        let mut says = vec![match self.app.is_over() {
            true => words::connection(&self.app.connection, words::now()),
            false => "Closed".to_owned(),
        }];
        if unsent > 0 {
            says.push(format!("{} not sent", words::count(unsent as u64, "message")));
        }
        says.extend(signal.map(str::to_owned));
        let well = self.app.ended_well().unwrap_or(unsent == 0) && signal.is_none();
        Outcome { exit: if well { Exit::Well } else { Exit::Failed }, says }
    }
}
