//! The state of the client, made from events alone: no terminal, no clock, no connection.

pub(crate) mod files;
pub(crate) mod question;
pub(crate) mod timeline;

use std::collections::{BTreeMap, VecDeque};

use helpline_protocol::model::{
    DeliveryStatus, Direction, ItemBody, Notice, Origin, Participant, TranscriptChange, TranscriptItem,
};
use helpline_protocol::{
    Command, CommandError, CommandId, CommandResult, ConnectionState, EndReason, Event, Failure, MessageKey,
    SuspendedBy, WallTime, amazon_connect,
};

use crate::words;
use files::Files;
use timeline::{Effect, Timeline, Tone};

/// What a user of the client sees and can do.
pub(crate) struct App {
    pub(crate) timeline: Timeline,
    pub(crate) connection: ConnectionState,
    pub(crate) typing: Vec<Participant>,
    pub(crate) files: Files,
    /// Commands that were accepted and have not come to their end.
    pending: BTreeMap<CommandId, Asked>,
    /// Ends that were told before the acceptance was.
    early: BTreeMap<CommandId, CommandResult>,
    /// What was chosen from which question.
    answers: BTreeMap<MessageKey, String>,
    /// A question that the user does not want to answer.
    dismissed: Option<MessageKey>,
    /// A short word on the last thing the user did; gone with the next.
    pub(crate) flash: Option<String>,
    /// Events, one a line.
    pub(crate) log: VecDeque<(WallTime, String)>,
}

/// What an accepted command was for, as far as its end is of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Connect,
    Message,
    /// A message that is a file of so many bytes.
    File(u64),
    Save,
    Url,
    History,
    /// Whether receipts are to be sent, where that is what is to be changed.
    Receipts(Option<bool>),
    Leave,
    Reset,
    /// Typing and marks, which the client gives by itself.
    Unawares,
    Other,
}

/// What an event changed that is worth a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Item(MessageKey),
    /// How far an own message has got.
    Status(MessageKey),
    /// What it says is another, or complete.
    Body(MessageKey),
    Said(Tone, String),
    /// The connection is in a state that has no words of its own in the timeline.
    Connection,
    Typing(String),
    /// How far a file is, at every quarter.
    Headway(String),
}

const LOG: usize = 500;

impl App {
    pub(crate) const fn new() -> Self {
        Self {
            timeline: Timeline::new(),
            connection: ConnectionState::Idle,
            typing: Vec::new(),
            files: Files::new(),
            pending: BTreeMap::new(),
            early: BTreeMap::new(),
            answers: BTreeMap::new(),
            dismissed: None,
            flash: None,
            log: VecDeque::new(),
        }
    }

    /// Takes in an event, and says what there is to tell about it.
    pub(crate) fn apply(&mut self, event: &Event, now: WallTime) -> Vec<News> {
        self.keep(event, now);
        let mut news = Vec::new();
        match event {
            Event::ConnectionChanged { state } => self.connection_changed(state, now, &mut news),
            Event::ConnectionLost { reason } => {
                self.typing.clear();
                self.say(now, Tone::Warning, format!("Connection lost: {}", words::lost(reason)), &mut news);
            }
            Event::TranscriptChanged { origin, changes, .. } => {
                for change in changes {
                    self.transcript_changed(change, *origin, &mut news);
                }
            }
            Event::TypingStarted { participant, .. } => {
                self.stop_typing(participant);
                self.typing.push(participant.clone());
                news.push(News::Typing(words::name(participant)));
            }
            Event::TypingStopped { participant, .. } => self.stop_typing(participant),
            Event::GapClosed { from, recovered, .. } => {
                if let Some(text) = gap_closed(from.is_some(), *recovered) {
                    self.say(now, Tone::Good, text, &mut news);
                }
            }
            Event::HistoryUnavailable { failure, .. } => {
                let text = format!("Messages may be missing here: {}", words::reason(failure));
                self.say(now, Tone::Warning, text, &mut news);
            }
            Event::CommandFinished { command, result } => self.finished(*command, result, now, &mut news),
            Event::ConversationEnded { why, .. } => {
                self.typing.clear();
                if let Some(why) = why {
                    self.say(now, Tone::Quiet, format!("The chat is over: {why}"), &mut news);
                }
            }
            Event::ConversationStarted { resumed: true, .. } => {
                self.say(now, Tone::Quiet, "The chat goes on".to_owned(), &mut news);
            }
            Event::ConversationChanged { progress, wait_seconds, .. } => {
                let wait = wait_seconds.filter(|wait| *wait > 0);
                let wait = wait.map(|wait| format!(", about {wait} s to wait")).unwrap_or_default();
                self.say(now, Tone::Quiet, words::clean(&format!("The chat is {progress}{wait}")), &mut news);
            }
            Event::BrightPattern { event, .. } => {
                self.say(now, Tone::Quiet, words::clean(&event.to_string()), &mut news);
            }
            Event::TransferProgress { command, message, done, total } => {
                let moved = self.files.moved(*command, *message, *done, *total).cloned();
                news.extend(moved.and_then(|moved| self.headway(&moved)).map(News::Headway));
            }
            Event::MessageQueued { command, message, .. } => {
                let size = match self.pending.get(command) {
                    Some(Asked::File(size)) => Some(*size),
                    Some(_) => return news,
                    None => None,
                };
                self.files.queued(*command, *message, size);
            }
            // These are for the panel of events; what follows from them is told by others.
            Event::ConnectionRenewed
            | Event::ConnectionRenewalFailed { .. }
            | Event::CredentialsRenewed { .. }
            | Event::ReceiptReceived { .. }
            | Event::ProbeFailed { .. }
            | Event::ProviderFault { .. }
            | Event::TransportFault { .. }
            | Event::Unrecognized { .. }
            | _ => {}
        }
        news
    }

    /// Keeps an event for the panel, unless nobody asked for it by name: typing and marks would fill it.
    fn keep(&mut self, event: &Event, now: WallTime) {
        if let Event::CommandFinished { command, result: CommandResult::Done } = event
            && self.pending.get(command) == Some(&Asked::Unawares)
        {
            return;
        }
        if let (Event::TransferProgress { command, .. }, Some((_, last))) = (event, self.log.back()) {
            // Only how far it is now: it would fill the panel too.
            if crate::log::is_headway_of(last, *command) {
                self.log.pop_back();
            }
        }
        self.log.push_back((now, crate::log::line(event)));
        if self.log.len() > LOG {
            self.log.pop_front();
        }
    }

    /// Puts a note under what stands there.
    pub(crate) fn note(&mut self, now: WallTime, tone: Tone, text: impl Into<String>) {
        self.timeline.note(now, tone, text);
    }

    pub(crate) fn say(&mut self, now: WallTime, tone: Tone, text: String, news: &mut Vec<News>) {
        news.push(News::Said(tone, text.clone()));
        self.note(now, tone, text);
    }

    fn connection_changed(&mut self, state: &ConnectionState, now: WallTime, news: &mut Vec<News>) {
        let old = core::mem::replace(&mut self.connection, state.clone());
        if old == *state {
            return;
        }
        let held = matches!(old, ConnectionState::Idle | ConnectionState::Connecting);
        match state {
            ConnectionState::Live if held => self.say(now, Tone::Good, "Connected".to_owned(), news),
            ConnectionState::Live => self.say(now, Tone::Good, "Connected again".to_owned(), news),
            ConnectionState::Offline => {
                let text = "Offline: what you write waits here until there is a network (/online)";
                self.say(now, Tone::Warning, text.to_owned(), news);
            }
            ConnectionState::Suspended { by: SuspendedBy::Background } => {
                self.say(now, Tone::Quiet, "Suspended in the background".to_owned(), news);
            }
            ConnectionState::Suspended { .. } => {
                self.say(now, Tone::Quiet, "Suspended: /resume goes on".to_owned(), news);
            }
            // The transcript has said so already.
            ConnectionState::Ended { reason: EndReason::ChatEnded } if self.last_is_the_end() => {
                self.typing.clear();
                news.push(News::Connection);
            }
            ConnectionState::Ended { reason } => {
                self.typing.clear();
                let fine = is_fine(reason);
                let tone = if fine { Tone::Quiet } else { Tone::Bad };
                let reason = words::clean_line(&reason.to_string());
                let reason = if fine { reason } else { format!("the session has ended: {reason}") };
                self.say(now, tone, upper_first(&reason), news);
            }
            // Told by the status line, which counts down.
            ConnectionState::Idle
            | ConnectionState::Connecting
            | ConnectionState::Reconnecting { .. }
            | _ => {
                news.push(News::Connection);
            }
        }
    }

    fn last_is_the_end(&self) -> bool {
        let last = self.timeline.items().last();
        last.is_some_and(|item| matches!(item.body, ItemBody::Notice { notice: Notice::ConversationEnded }))
    }

    fn transcript_changed(&mut self, change: &TranscriptChange, origin: Origin, news: &mut Vec<News>) {
        if let TranscriptChange::Added { item, .. } | TranscriptChange::Changed { item, .. } = change {
            self.files.number_all(item);
        }
        match self.timeline.apply(change, origin) {
            Effect::Added(key) => news.push(News::Item(key)),
            Effect::Changed(old) => {
                let key = old.key;
                let Some(new) = self.timeline.get(key) else { return };
                if new.body != old.body || new.partial != old.partial {
                    news.push(News::Body(key));
                }
                if new.status != old.status {
                    news.push(News::Status(key));
                }
            }
            Effect::Removed(key) => self.files.removed(key),
            Effect::Nothing => {}
        }
    }

    fn stop_typing(&mut self, who: &Participant) {
        self.typing.retain(|other| match (&other.id, &who.id) {
            (Some(one), Some(two)) => one != two,
            _ => other != who,
        });
    }

    /// A command was accepted.
    pub(crate) fn accepted(&mut self, id: CommandId, command: &Command, now: WallTime) -> Vec<News> {
        let asked = match command {
            Command::Connect => Asked::Connect,
            Command::SendMessage { .. } | Command::Answer { .. } | Command::Resend { .. } => Asked::Message,
            Command::SendAttachment { attachment, .. } => Asked::File(attachment.size),
            Command::DownloadAttachment { attachment, .. } => {
                self.files.fetch(id, attachment);
                Asked::Save
            }
            Command::AttachmentUrl { .. } => Asked::Url,
            Command::LoadHistory { .. } => Asked::History,
            Command::ConfigureReceipts { settings } => Asked::Receipts(settings.enabled),
            Command::Leave => Asked::Leave,
            Command::Reset => Asked::Reset,
            Command::SendTyping { .. } | Command::MarkRead { .. } | Command::MarkDelivered { .. } => {
                Asked::Unawares
            }
            Command::Discard { .. }
            | Command::Cancel { .. }
            | Command::LoadTranscript { .. }
            | Command::AmazonConnect { .. }
            | Command::Suspend
            | Command::Resume
            | _ => Asked::Other,
        };
        let mut news = Vec::new();
        self.files.accepted(id, if let Asked::File(size) = &asked { Some(*size) } else { None });
        self.pending.insert(id, asked);
        if let Some(result) = self.early.remove(&id) {
            if self.pending.get(&id) == Some(&Asked::Unawares) {
                let line = crate::log::line(&Event::CommandFinished { command: id, result: result.clone() });
                self.log.retain(|(_, kept)| *kept != line);
            }
            self.finished(id, &result, now, &mut news);
        }
        news
    }

    fn finished(&mut self, id: CommandId, result: &CommandResult, now: WallTime, news: &mut Vec<News>) {
        let Some(asked) = self.pending.remove(&id) else {
            self.early.insert(id, result.clone());
            return;
        };
        let transfer = self.files.finished(id);
        match (asked, result) {
            (Asked::History, CommandResult::Loaded { items, complete }) => {
                let found = match items {
                    0 => "Nothing older".to_owned(),
                    items => format!("{} fetched", words::count(u64::from(*items), "older message")),
                };
                let rest = if *complete && *items > 0 { "; that is the beginning of the chat" } else { "" };
                self.say(now, Tone::Quiet, format!("{found}{rest}"), news);
            }
            // A message carries its own failure, and the end of a session is told once.
            (Asked::Message | Asked::File(_), _)
            | (_, CommandResult::Failed { failure: Failure::Ended { .. } }) => {}
            (_, CommandResult::Downloaded { size }) => self.files.arrived(transfer, *size),
            (Asked::Save, CommandResult::Withdrawn) => {
                self.say(now, Tone::Quiet, "No longer saved; nothing of the file is left".to_owned(), news);
            }
            (_, CommandResult::AttachmentUrl { url, expires_at, .. }) => {
                let until =
                    expires_at.map(|at| format!(" (for {})", words::until(now, at))).unwrap_or_default();
                // The only place where it is shown: it was asked for by name.
                let text = format!("Whoever has this address can fetch the file{until}: {}", url.expose());
                self.say(now, Tone::Quiet, text, news);
            }
            (Asked::Receipts(Some(on)), CommandResult::Done) => {
                let words = if on { "are told" } else { "are no longer told" };
                self.say(now, Tone::Quiet, format!("The others {words} what you have read"), news);
            }
            (_, CommandResult::Page { page }) => {
                let items = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
                self.say(
                    now,
                    Tone::Quiet,
                    format!("{} of the transcript fetched", words::count(items, "item")),
                    news,
                );
            }
            (_, CommandResult::AmazonConnect { reply }) => {
                self.say(now, Tone::Quiet, vendor(reply).to_owned(), news);
            }
            (asked, CommandResult::Failed { failure }) => {
                let what = match asked {
                    Asked::Connect => "Connecting",
                    Asked::History => "Fetching older messages",
                    Asked::Leave => "Leaving",
                    Asked::Reset => "Putting the session away",
                    Asked::Save => "Saving the file",
                    Asked::Url => "Asking for the address",
                    Asked::Receipts(_) => "Changing receipts",
                    Asked::Message | Asked::File(_) | Asked::Unawares | Asked::Other => return,
                };
                let text = format!("{what} did not work out: {}", words::reason(failure));
                self.say(now, Tone::Warning, text, news);
            }
            _ => {}
        }
    }

    /// A command was refused.
    pub(crate) fn refused(&mut self, error: &CommandError) {
        self.flash = Some(upper_first(&words::clean_line(&error.to_string())));
    }

    /// Remembers what was chosen.
    pub(crate) fn answered(&mut self, question: MessageKey, label: &str) {
        self.answers.insert(question, label.to_owned());
    }

    /// Takes a choice back that was not accepted.
    pub(crate) fn unanswered(&mut self, question: MessageKey) {
        self.answers.remove(&question);
    }

    /// What was chosen from a question.
    pub(crate) fn answer(&self, question: MessageKey) -> Option<&str> {
        self.answers.get(&question).map(String::as_str)
    }

    /// Hides the keys of the question that can be answered now; says whether there was one.
    pub(crate) fn dismiss(&mut self) -> bool {
        let active = self.question().map(|item| item.key);
        if active.is_some() {
            self.dismissed = active;
        }
        active.is_some()
    }

    /// The question that can be answered now: the last one, unless it was answered or sent away.
    pub(crate) fn question(&self) -> Option<&TranscriptItem> {
        let last = self.timeline.items().rev().find(|item| {
            item.direction == Direction::Incoming && matches!(item.body, ItemBody::Interactive { .. })
        })?;
        let open =
            !self.is_over() && !self.answers.contains_key(&last.key) && self.dismissed != Some(last.key);
        open.then_some(last)
    }

    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.connection, ConnectionState::Ended { .. })
    }

    /// Whether the session ended as chats do, if it has ended.
    pub(crate) const fn ended_well(&self) -> Option<bool> {
        match &self.connection {
            ConnectionState::Ended { reason } => Some(is_fine(reason)),
            _ => None,
        }
    }

    /// Own messages that wait or are under way.
    pub(crate) fn waiting(&self) -> usize {
        self.own(|status| matches!(status, DeliveryStatus::Queued | DeliveryStatus::Sending)).count()
    }

    /// Own messages that failed or are uncertain, the oldest first.
    pub(crate) fn troubled(&self) -> impl DoubleEndedIterator<Item = &TranscriptItem> {
        self.own(|status| matches!(status, DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }))
    }

    fn own(&self, is: impl Fn(&DeliveryStatus) -> bool) -> impl DoubleEndedIterator<Item = &TranscriptItem> {
        self.timeline.items().filter(move |item| item.status.as_ref().is_some_and(&is))
    }

    /// Whether all that was asked for has come to its end.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.waiting() == 0
    }
}

/// Whether it is an end that somebody wanted.
const fn is_fine(reason: &EndReason) -> bool {
    matches!(reason, EndReason::ChatEnded | EndReason::Left | EndReason::Reset)
}

/// What came of a request that only this provider knows.
const fn vendor(reply: &amazon_connect::Reply) -> &'static str {
    match reply {
        amazon_connect::Reply::View { .. } => "The form came; this client cannot show it",
        amazon_connect::Reply::AuthenticationUrl { .. } => "The address of the log-in page came",
        amazon_connect::Reply::AuthenticationCancelled => "The log-in is given up",
        amazon_connect::Reply::Event { .. } => "The event was taken",
        _ => "The service answered",
    }
}

fn gap_closed(reconnected: bool, recovered: u32) -> Option<String> {
    match (reconnected, recovered) {
        (_, 1..) => {
            let kind = if reconnected { "missed message" } else { "earlier message" };
            let verb = if reconnected { "recovered" } else { "fetched" };
            Some(format!("{} {verb}", words::count(u64::from(recovered), kind)))
        }
        (true, 0) => Some("Nothing was missed".to_owned()),
        (false, 0) => None,
    }
}

/// Sentences of the library's begin small.
pub(crate) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
