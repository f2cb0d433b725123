//! From what the user wants to what is to be done: the same for the screen and for plain lines.

use helpline_protocol::driver::ChatError;
use helpline_protocol::model::{DeliveryStatus, ItemBody, OutgoingContent, ReceiptSettings, TranscriptItem};
use helpline_protocol::{Command, MessageKey, Network, WallTime};

use crate::app::question::{Act, Opt, Question};
use crate::app::timeline::Tone;
use crate::app::{App, News};
use crate::commands::{Line, Slash};
use crate::service::{Fetch, Order, Report, Word};
use crate::words::Clock;

/// What a line means beyond orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    Help,
    Events,
    Quit,
}

/// The user's hands.
pub(crate) struct Control {
    clock: Clock,
    /// The network ends in this process.
    embedded: bool,
    /// Orders that are commands and have not been reported on.
    unreported: usize,
    /// The user was told that messages would be left behind.
    warned: bool,
    /// The user wants no network.
    offline: bool,
    /// The user holds the connection.
    suspended: bool,
    orders: Vec<Order>,
    read: Option<MessageKey>,
}

impl Control {
    pub(crate) const fn new(clock: Clock, embedded: bool) -> Self {
        Self {
            clock,
            embedded,
            unreported: 0,
            warned: false,
            offline: false,
            suspended: false,
            orders: Vec::new(),
            read: None,
        }
    }

    /// What is to be done, in order.
    pub(crate) fn take_orders(&mut self) -> Vec<Order> {
        core::mem::take(&mut self.orders)
    }

    /// Whether nothing is under way and nothing waits.
    pub(crate) fn is_settled(&self, app: &App) -> bool {
        self.unreported == 0 && self.orders.is_empty() && app.is_settled()
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.unreported += 1;
        self.orders.push(Order::Command(command));
    }

    /// Lifts what the user imposed, as nobody is left to do it.
    pub(crate) fn let_go(&mut self) {
        if core::mem::take(&mut self.offline) {
            self.orders.push(Order::Network(Network::Online));
        }
        if core::mem::take(&mut self.suspended) {
            self.command(Command::Resume);
        }
    }

    /// Does what a line says. What there is to say about it stands in `app.flash`.
    pub(crate) fn line(&mut self, app: &mut App, line: Line) -> Wish {
        app.flash = None;
        let insists = core::mem::take(&mut self.warned);
        match line {
            Line::Empty => {}
            Line::Wrong(says) => app.flash = Some(says),
            Line::Say(text) => self.command(Command::send_text(text)),
            Line::Do(slash) => return self.slash(app, slash, insists),
        }
        Wish::Nothing
    }

    fn slash(&mut self, app: &mut App, slash: Slash, insists: bool) -> Wish {
        match slash {
            Slash::Drop(seconds) if self.embedded => self.orders.push(Order::Cut(seconds)),
            Slash::Drop(_) => {
                let says = "/drop works with the embedded emulator only; to a real service there is nothing to cut here";
                app.flash = Some(says.to_owned());
            }
            Slash::Offline | Slash::Online => {
                let network = if slash == Slash::Offline { Network::Offline } else { Network::Online };
                self.offline = network == Network::Offline;
                self.orders.push(Order::Network(network));
                if !self.embedded {
                    app.flash =
                        Some("The session is told so; the network itself is left as it is".to_owned());
                }
            }
            Slash::Suspend | Slash::Resume => {
                self.suspended = slash == Slash::Suspend;
                self.command(if self.suspended { Command::Suspend } else { Command::Resume });
            }
            Slash::History(limit) => self.command(Command::LoadHistory { conversation: None, limit }),
            Slash::Markdown(text) => self.command(Command::SendMessage {
                conversation: None,
                content: OutgoingContent::Markdown { text },
            }),
            Slash::Resend(key) => match key.or_else(|| resendable(app)) {
                Some(message) => self.command(Command::Resend { message }),
                None => app.flash = Some("Nothing has failed: there is nothing to send again".to_owned()),
            },
            Slash::Discard(key) => match key.or_else(|| discardable(app)) {
                Some(message) => self.command(Command::Discard { message }),
                None => {
                    app.flash = Some("Nothing has failed or waits: there is nothing to discard".to_owned())
                }
            },
            Slash::Attach(path) => {
                self.unreported += 1;
                self.orders.push(Order::Attach(path));
            }
            Slash::Save(number, folder) => self.save(app, number, folder),
            Slash::Cancel(number) => self.cancel(app, number),
            Slash::Url(number) => match app.wanted_file(number) {
                Ok(file) => {
                    let attachment = file.attachment;
                    self.command(Command::AttachmentUrl { attachment, expires_in: None });
                }
                Err(says) => app.flash = Some(says),
            },
            Slash::Receipts(on) => self.command(Command::ConfigureReceipts {
                settings: ReceiptSettings { enabled: Some(on), ..ReceiptSettings::default() },
            }),
            Slash::Reset if self.may_go(app, insists, "/reset") => self.command(Command::Reset),
            Slash::Pick(number) => self.pick(app, number - 1),
            Slash::End if self.may_go(app, insists, "/end") => self.command(Command::Leave),
            Slash::Quit if self.may_go(app, insists, "/quit") => return Wish::Quit,
            Slash::End | Slash::Quit | Slash::Reset => {}
            Slash::Events => return Wish::Events,
            Slash::Help => return Wish::Help,
        }
        Wish::Nothing
    }

    /// Warns once where messages would be left behind.
    fn may_go(&mut self, app: &mut App, insists: bool, command: &str) -> bool {
        let (waiting, saving) = (app.waiting(), app.files.savings().count());
        if (waiting == 0 && saving == 0) || insists || app.is_over() {
            return true;
        }
        self.warned = true;
        if waiting == 0 {
            app.flash = Some(format!("A file is still being saved: {command} again goes anyway"));
            return false;
        }
        let messages = crate::words::count(u64::try_from(waiting).unwrap_or(u64::MAX), "message");
        let verb = if waiting == 1 { "has" } else { "have" };
        app.flash = Some(format!("{messages} {verb} not been sent yet: {command} again goes anyway"));
        false
    }

    fn save(&mut self, app: &mut App, number: usize, folder: Option<String>) {
        match app.wanted_file(number) {
            Ok(file) if app.files.saving(&file.attachment).is_some() => {
                app.flash = Some(format!("File {number} is being saved already"));
            }
            Ok(file) => {
                self.unreported += 1;
                self.orders.push(Order::Save(Fetch { file, folder }));
            }
            Err(says) => app.flash = Some(says),
        }
    }

    fn cancel(&mut self, app: &mut App, number: Option<usize>) {
        let savings = match number.map(|number| app.wanted_file(number)) {
            None => app.files.savings().collect(),
            Some(Ok(file)) => {
                app.files.saving(&file.attachment).map(|(command, _)| command).into_iter().collect()
            }
            Some(Err(says)) => {
                app.flash = Some(says);
                return;
            }
        };
        let savings: Vec<_> = savings;
        if savings.is_empty() {
            app.flash = Some("Nothing is being saved; /discard takes back what is being sent".to_owned());
        }
        for command in savings {
            self.command(Command::Cancel { command });
        }
    }

    /// Chooses by a key; says whether there was something to choose.
    pub(crate) fn press(&mut self, app: &mut App, key: char) -> bool {
        let chosen = asked(app, &self.clock)
            .and_then(|(message, question)| question.option(key).cloned().map(|option| (message, option)));
        let found = chosen.is_some();
        if let Some((message, option)) = chosen {
            self.choose(app, message, &option);
        }
        found
    }

    fn pick(&mut self, app: &mut App, index: usize) {
        let Some((message, question)) = asked(app, &self.clock) else {
            app.flash = Some("There is no question to answer".to_owned());
            return;
        };
        match question.options.get(index) {
            Some(option) => self.choose(app, message, option),
            None => {
                let most = question.options.len();
                app.flash = Some(format!("The question has {most} to choose from, and no {}", index + 1));
            }
        }
    }

    fn choose(&mut self, app: &mut App, message: MessageKey, option: &Opt) {
        app.flash = None;
        match &option.act {
            Act::Open(url) => app.flash = Some(format!("A link, to be opened in a browser: {url}")),
            Act::Choose(choice) => {
                app.answered(message, &option.label);
                self.command(Command::Answer { message, choice: choice.clone() });
            }
        }
    }

    /// Marks what the user has seen as read, and with it all before it.
    pub(crate) fn seen(&mut self, app: &App, message: MessageKey) {
        let newer = self.read.is_none_or(|read| app.timeline.is_before(read, message));
        if newer && !app.is_over() {
            self.read = Some(message);
            self.command(Command::MarkRead { message });
        }
    }

    /// Takes in what is told of an order. A text that was refused comes back, to be written otherwise.
    pub(crate) fn word(&mut self, app: &mut App, word: Word, now: WallTime) -> (Vec<News>, Option<String>) {
        let mut news = Vec::new();
        match word {
            Word::Report(report) => return self.report(app, report, now),
            Word::Fetching { id, command } => return (app.accepted(id, &command, now), None),
            Word::Fetched { path } => {
                self.unreported = self.unreported.saturating_sub(1);
                if let Some(path) = path {
                    let text = format!("Saved as {}", crate::words::clean_line(&path.to_string_lossy()));
                    app.say(now, Tone::Good, text, &mut news);
                }
            }
            Word::Not(says) => {
                self.unreported = self.unreported.saturating_sub(1);
                app.flash = Some(crate::words::clean_line(&says));
            }
        }
        (news, None)
    }

    /// Takes in what became of a command. A text that was refused comes back, to be written otherwise.
    pub(crate) fn report(
        &mut self,
        app: &mut App,
        report: Report,
        now: WallTime,
    ) -> (Vec<News>, Option<String>) {
        self.unreported = self.unreported.saturating_sub(1);
        let Report { command, result } = report;
        let error = match result {
            Ok(id) => return (app.accepted(id, &command, now), None),
            Err(error) => error,
        };
        match &command {
            // Nobody asked for these by name.
            Command::SendTyping { .. } | Command::MarkRead { .. } => return (Vec::new(), None),
            Command::Answer { message, .. } => app.unanswered(*message),
            _ => {}
        }
        match error {
            ChatError::Refused(error) => app.refused(&error),
            error => app.flash = Some(crate::app::upper_first(&error.to_string())),
        }
        let text = match command {
            Command::SendMessage { content: OutgoingContent::Text { text }, .. } => Some(text),
            Command::SendMessage { content: OutgoingContent::Markdown { text }, .. } => {
                Some(format!("/markdown {text}"))
            }
            _ => None,
        };
        (Vec::new(), text)
    }
}

/// The first that may get through; else the first that will not, for the session to say so.
fn resendable(app: &App) -> Option<MessageKey> {
    let hopeful = app.troubled().find(|item| !crate::words::is_hopeless(item));
    hopeful.or_else(|| app.troubled().next()).map(|item| item.key)
}

fn discardable(app: &App) -> Option<MessageKey> {
    let waits = |item: &&TranscriptItem| match item.status {
        Some(DeliveryStatus::Queued) => true,
        // A file on its way can be taken back, a text cannot.
        Some(DeliveryStatus::Sending) => matches!(item.body, ItemBody::Attachments { .. }),
        _ => false,
    };
    app.troubled().next().or_else(|| app.timeline.items().rev().find(waits)).map(|item| item.key)
}

/// The question that can be answered now.
fn asked(app: &App, clock: &Clock) -> Option<(MessageKey, Question)> {
    let item = app.question()?;
    match &item.body {
        ItemBody::Interactive { interactive } => Some((item.key, Question::new(interactive, clock))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
