//! The chat as plain lines: one for each thing that happens. Stdin lines are messages and /commands.

use core::pin::pin;
use core::time::Duration;
use std::io::{self, IsTerminal, Write};

use async_channel::{Receiver, Sender};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{Events, Runtime};
use helpline_protocol::model::{Direction, ItemBody, TranscriptItem};
use helpline_protocol::{Command, Event, MessageKey, Timestamp, WallTime};

use crate::app::files::Shown;
use crate::app::question::Question;
use crate::app::{App, News};
use crate::commands::{HELP, Line, Slash, parse};
use crate::control::{Control, Wish};
use crate::first::{first, sleep_until};
use crate::service::{self, Order, Service, Wire, Word, carry_out};
use crate::stdin::{self, Input};
use crate::words::{self, Clock};
use crate::{Exit, diagnose, log};

/// Runs until the chat has ended, the user quits, or stdin has ended and all is settled.
pub(crate) async fn run<A: Adapter>(
    service: Service<A>,
    clock: Clock,
    linger: Duration,
    out: impl Write,
) -> io::Result<Exit> {
    let embedded = matches!(service.network, Wire::Emulator(_));
    let (orders, reports) = carry_out::<A>(service.runtime.clone(), service.chat, service.network);
    let mut control = Control::new(clock.clone(), embedded);
    control.command(Command::Connect);
    let mut plain = Plain { app: App::new(), control, clock, out, orders, leaving: None, line: 0 };
    plain.say(words::now(), &service.label)?;
    if io::stdin().is_terminal() {
        plain.say(words::now(), "Write a message and press Enter; /help lists the commands")?;
    }
    plain.follow(&service.runtime, service.events, reports, stdin::lines(), linger).await
}

/// What comes next.
enum Next {
    Word(Word),
    Event(Option<Event>),
    Line(Option<Input>),
    Leave,
    Signal(&'static str),
}

struct Plain<W> {
    app: App,
    control: Control,
    clock: Clock,
    out: W,
    orders: Sender<Order>,
    /// A line that waits until all before it is done.
    leaving: Option<Slash>,
    line: u64,
}

impl<W: Write> Plain<W> {
    async fn follow(
        &mut self,
        runtime: &impl Runtime,
        mut events: Events,
        reports: Receiver<Word>,
        lines: Receiver<Input>,
        linger: Duration,
    ) -> io::Result<Exit> {
        let mut open = true;
        let mut leave_at: Option<Timestamp> = None;
        let mut stop = pin!(crate::signals::ended());
        loop {
            self.send_orders();
            if self.control.is_settled(&self.app) {
                match self.leaving.take() {
                    Some(Slash::Quit) => return Ok(self.settled()),
                    Some(slash) => {
                        self.control.line(&mut self.app, Line::Do(slash));
                        continue;
                    }
                    None if !open && leave_at.is_none() => leave_at = Some(runtime.now().at + linger),
                    None => {}
                }
            }
            let wanted = open && self.leaving.is_none();
            let next = first([
                pin!(async { Next::Word(service::word(&reports).await) }),
                pin!(async { Next::Event(events.next().await) }),
                pin!(async { Next::Line(stdin::line(&lines, wanted).await) }),
                pin!(async {
                    sleep_until(runtime, leave_at).await;
                    Next::Leave
                }),
                pin!(async { Next::Signal(stop.as_mut().await) }),
            ])
            .await;
            match next {
                Next::Word(word) => self.word(word)?,
                Next::Event(Some(event)) => self.event(&event)?,
                Next::Event(None) => return Ok(self.over()),
                Next::Line(Some(line)) => self.input(line)?,
                Next::Line(None) => {
                    open = false;
                    self.control.let_go();
                }
                Next::Leave => return Ok(self.settled()),
                Next::Signal(signal) => {
                    diagnose(signal);
                    return Ok(Exit::Failed);
                }
            }
        }
    }

    fn send_orders(&mut self) {
        for order in self.control.take_orders() {
            // The task is gone only when the runtime is.
            drop(self.orders.try_send(order));
        }
    }

    fn over(&self) -> Exit {
        if self.app.ended_well() == Some(true) { Exit::Well } else { Exit::Failed }
    }

    fn settled(&self) -> Exit {
        let unsent = self.app.troubled().count() + self.app.waiting();
        if unsent == 0 {
            return Exit::Well;
        }
        diagnose(&format!("{} not sent", words::count(unsent as u64, "message")));
        Exit::Failed
    }

    fn input(&mut self, input: Input) -> io::Result<()> {
        self.line += 1;
        let problem = match input {
            Input::Line(text) => return self.wish(parse(&words::clean(&text))),
            Input::TooLong => format!("longer than {} bytes", stdin::LONGEST),
            Input::NotText => "not UTF-8".to_owned(),
            Input::Broken(error) => error,
        };
        diagnose(&format!("line {} of stdin is not sent: {problem}", self.line));
        Ok(())
    }

    fn wish(&mut self, line: Line) -> io::Result<()> {
        // What was written before is sent before the chat is left.
        if let Line::Do(slash @ (Slash::End | Slash::Quit | Slash::Reset)) = line {
            self.leaving = Some(slash);
            return Ok(());
        }
        let now = words::now();
        match self.control.line(&mut self.app, line) {
            Wish::Help => {
                for (usage, does) in HELP {
                    self.say(now, &format!("{usage:<16} {does}"))?;
                }
            }
            Wish::Events => {
                self.app.flash = Some("Events are shown on the screen, and by --jsonl".to_owned())
            }
            Wish::Nothing | Wish::Quit => {}
        }
        self.flash(now)
    }

    fn word(&mut self, word: Word) -> io::Result<()> {
        let now = words::now();
        let (news, refused) = self.control.word(&mut self.app, word, now);
        self.tell(&news, now)?;
        if let (Some(text), Some(flash)) = (refused, &mut self.app.flash) {
            flash.push_str(&format!(" (not taken: {})", words::short(&words::clean_line(&text), 40)));
        }
        self.flash(now)
    }

    fn flash(&mut self, now: WallTime) -> io::Result<()> {
        match self.app.flash.take() {
            Some(flash) => self.say(now, &flash),
            None => Ok(()),
        }
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let now = words::now();
        if matches!(
            event,
            Event::ProviderFault { .. }
                | Event::ConnectionRenewalFailed { .. }
                | Event::TransportFault { .. }
                | Event::ProbeFailed { .. }
                | Event::Unrecognized { .. }
        ) {
            diagnose(&log::line(event));
        }
        let news = self.app.apply(event, now);
        self.tell(&news, now)
    }

    fn tell(&mut self, news: &[News], now: WallTime) -> io::Result<()> {
        for (nth, one) in news.iter().enumerate() {
            match one {
                // It was just shown with the state that it has by now.
                News::Status(key) if news[..nth].contains(&News::Item(*key)) => {}
                News::Said(_, text) => self.say(now, text)?,
                News::Connection => self.say(now, &words::connection(&self.app.connection, now))?,
                News::Headway(text) => writeln!(self.out, "{}  {text}", self.clock.time(now))?,
                News::Typing(name) => self.say(now, &format!("{name} is typing"))?,
                News::Item(key) | News::Body(key) => self.item(*key)?,
                News::Status(key) => {
                    let state = self.app.timeline.get(*key).and_then(state);
                    if let Some(state) = state {
                        writeln!(self.out, "{}  {state}", self.clock.time(now))?;
                    }
                }
            }
        }
        self.out.flush()
    }

    fn say(&mut self, at: WallTime, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}  -- {}", self.clock.time(at), words::clean_line(text))
    }

    fn item(&mut self, key: MessageKey) -> io::Result<()> {
        let Some(item) = self.app.timeline.get(key).filter(|item| !item.partial) else { return Ok(()) };
        let files: Vec<_> = self.app.shown_files(item).iter().map(Shown::line).collect();
        let text = if files.is_empty() { words::message(item) } else { Some(files.join(" / ")) };
        let line = line(item, text, &self.clock);
        writeln!(self.out, "{line}")?;
        if item.direction == Direction::Incoming && item.body.is_message() {
            self.control.seen(&self.app, key);
        }
        Ok(())
    }
}

/// An item on one line, with its text where it is a message.
fn line(item: &TranscriptItem, text: Option<String>, clock: &Clock) -> String {
    let time = clock.time(item.at);
    let own = item.direction == Direction::Outgoing;
    let name = if own { "You".to_owned() } else { words::name(&item.sender) };
    match &item.body {
        ItemBody::Notice { notice } => format!("{time}  -- {}", words::notice(&item.sender, notice)),
        ItemBody::Interactive { interactive } => {
            format!("{time}  {name}: {}", question(&Question::new(interactive, clock)))
        }
        _ => {
            let text = text.unwrap_or_default().replace('\n', " / ");
            let state = state(item).filter(|_| own).map(|state| format!("  [{state}]")).unwrap_or_default();
            format!("{time}  {name}: {text}{state}")
        }
    }
}

fn question(question: &Question) -> String {
    let mut text = question.title.clone();
    for line in &question.lines {
        text.push_str(&format!(" / {}", line.replace('\n', " / ")));
    }
    for (index, option) in question.options.iter().enumerate() {
        if let Some(card) = &option.card {
            text.push_str(&format!(" / {card}:"));
        }
        text.push_str(&format!(" ({}) {}", index + 1, option.label));
        if let Some(detail) = &option.detail {
            text.push_str(&format!(" · {detail}"));
        }
    }
    if !question.options.is_empty() {
        text.push_str("  [/pick N]");
    }
    text
}

/// `m2 sent`.
fn state(item: &TranscriptItem) -> Option<String> {
    let status = item.status.as_ref()?;
    let (_, word) = words::status(status);
    let trouble = words::trouble(status).map(|trouble| format!(": {trouble}")).unwrap_or_default();
    Some(format!("{} {word}{trouble}", item.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(json: &str) -> TranscriptItem {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_message_is_one_line() {
        let own = item(
            r#"{"key":"m3","at":"2026-03-14T09:26:53.589Z","sender":{"role":"customer"},"direction":"outgoing",
                "body":{"kind":"text","text":"two\nlines\u001b[2J"},"status":{"state":"sent"}}"#,
        );
        assert_eq!(
            line(&own, words::message(&own), &Clock::utc()),
            "09:26:53  You: two / lines[2J  [m3 sent]"
        );
        assert_eq!(state(&own).as_deref(), Some("m3 sent"));
    }

    #[test]
    fn a_question_is_one_line() {
        let asked = item(
            r#"{"key":"m4","at":"2026-03-14T09:26:53Z","sender":{"role":"agent","display_name":"Tomasz"},
                "direction":"incoming","body":{"kind":"interactive","interactive":{"template":{"type":"quick_reply",
                "heading":{"title":"Helpful?"},"elements":[{"title":"Yes"},{"title":"No","subtitle":"alas"}]}}}}"#,
        );
        assert_eq!(
            line(&asked, None, &Clock::utc()),
            "09:26:53  Tomasz: Helpful? (1) Yes (2) No · alas  [/pick N]"
        );
    }

    #[test]
    fn a_failure_says_why_and_what_to_do() {
        let failed = item(
            r#"{"key":"m5","at":"2026-03-14T09:26:53Z","sender":{"role":"customer"},"direction":"outgoing",
                "body":{"kind":"text","text":"hi"},
                "status":{"state":"failed","failure":{"by":"transport","fault":"timed_out"}}}"#,
        );
        let expected = "m5 not sent: no answer within the time allowed; /resend sends it again";
        assert_eq!(state(&failed).as_deref(), Some(expected));
    }
}
