//! The files of the chat: the numbers they go by, their sizes, and how far those on their way have got.

use std::collections::BTreeMap;

use helpline_protocol::model::{Attachment, AttachmentStatus, DeliveryStatus, ItemBody, TranscriptItem};
use helpline_protocol::{CommandId, MessageKey};

use super::App;
use crate::words;

/// What is known of files beyond the transcript.
#[derive(Debug)]
pub(crate) struct Files {
    /// Each file's message and its place there. The number of a file is its place here, from 1, and stays.
    numbers: Vec<(MessageKey, usize)>,
    /// Sizes of what was handed over here.
    sent: BTreeMap<MessageKey, u64>,
    /// Sizes of what was fetched, by the provider's id.
    fetched: BTreeMap<String, u64>,
    /// Messages of commands that were not accepted yet, as far as is known here.
    queued: BTreeMap<CommandId, MessageKey>,
    transfers: BTreeMap<CommandId, Transfer>,
}

/// A file on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// The message, where it is sent.
    message: Option<MessageKey>,
    /// The provider's id, where it is fetched.
    attachment: Option<String>,
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
}

impl Transfer {
    /// How much of a hundred, where that can be known.
    pub(crate) fn percent(&self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        let percent = u128::from(self.done) * 100 / u128::from(total);
        Some(u64::try_from(percent).unwrap_or(100).min(100))
    }
}

/// A file as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown<'app> {
    pub(crate) number: Option<usize>,
    /// Its name and size.
    pub(crate) title: String,
    pub(crate) kind: Option<String>,
    /// What a scanner makes of it; whether it refused it.
    pub(crate) scan: Option<(String, bool)>,
    pub(crate) saving: Option<&'app Transfer>,
}

impl Shown<'_> {
    /// All of it on one line, but how far it has got.
    pub(crate) fn line(&self) -> String {
        let number = self.number.map(|number| format!("[{number}] ")).unwrap_or_default();
        let more = [self.kind.as_deref(), self.scan.as_ref().map(|(words, _)| words.as_str())];
        let more: String = more.into_iter().flatten().map(|more| format!(" · {more}")).collect();
        format!("{number}{}{more}", self.title)
    }
}

/// What is needed to fetch a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) attachment: String,
    pub(crate) name: String,
}

impl Files {
    pub(crate) const fn new() -> Self {
        Self {
            numbers: Vec::new(),
            sent: BTreeMap::new(),
            fetched: BTreeMap::new(),
            queued: BTreeMap::new(),
            transfers: BTreeMap::new(),
        }
    }

    /// Gives the files of an item their numbers.
    pub(crate) fn number_all(&mut self, item: &TranscriptItem) {
        let ItemBody::Attachments { attachments } = &item.body else { return };
        for index in 0..attachments.len() {
            if !self.numbers.contains(&(item.key, index)) {
                self.numbers.push((item.key, index));
            }
        }
    }

    /// A message was taken away. What was numbered last makes room for the next.
    pub(crate) fn removed(&mut self, message: MessageKey) {
        self.sent.remove(&message);
        while self.numbers.last().is_some_and(|(last, _)| *last == message) {
            self.numbers.pop();
        }
    }

    /// A message stands in the outbox, by a command that may not have been accepted yet.
    pub(crate) fn queued(&mut self, command: CommandId, message: MessageKey, size: Option<u64>) {
        match size {
            Some(size) => drop(self.sent.insert(message, size)),
            None => drop(self.queued.insert(command, message)),
        }
    }

    /// The command that made a message was accepted; it is known here no longer.
    pub(crate) fn accepted(&mut self, command: CommandId, size: Option<u64>) {
        let message = self.queued.remove(&command);
        if let (Some(message), Some(size)) = (message, size) {
            self.sent.insert(message, size);
        }
    }

    /// A file is to be fetched.
    pub(crate) fn fetch(&mut self, command: CommandId, attachment: &str) {
        self.transfers.entry(command).or_default().attachment = Some(attachment.to_owned());
    }

    /// A file moves. Returns it when another quarter of it is done.
    pub(crate) fn moved(
        &mut self,
        command: CommandId,
        message: Option<MessageKey>,
        done: u64,
        total: Option<u64>,
    ) -> Option<&Transfer> {
        let transfer = self.transfers.entry(command).or_default();
        let before = transfer.percent().unwrap_or(0) / 25;
        transfer.message = message.or(transfer.message);
        (transfer.done, transfer.total) = (done, total.or(transfer.total));
        let now = transfer.percent().unwrap_or(0) / 25;
        (now > before && now < 4).then_some(transfer)
    }

    /// A command has come to its end.
    pub(crate) fn finished(&mut self, command: CommandId) -> Option<Transfer> {
        self.transfers.remove(&command)
    }

    /// A file has been fetched.
    pub(crate) fn arrived(&mut self, transfer: Option<Transfer>, size: u64) {
        if let Some(attachment) = transfer.and_then(|transfer| transfer.attachment) {
            self.fetched.insert(attachment, size);
        }
    }

    /// The upload of a message.
    pub(crate) fn sending(&self, message: MessageKey) -> Option<&Transfer> {
        self.transfers.values().find(|transfer| transfer.message == Some(message))
    }

    /// The command that fetches a file, and how far it is.
    pub(crate) fn saving(&self, attachment: &str) -> Option<(CommandId, &Transfer)> {
        let (command, transfer) =
            self.transfers.iter().find(|(_, transfer)| transfer.attachment.as_deref() == Some(attachment))?;
        Some((*command, transfer))
    }

    /// The commands that fetch files.
    pub(crate) fn savings(&self) -> impl DoubleEndedIterator<Item = CommandId> {
        self.transfers.iter().filter(|(_, transfer)| transfer.attachment.is_some()).map(|(id, _)| *id)
    }

    fn number(&self, message: MessageKey, index: usize) -> Option<usize> {
        self.numbers.iter().position(|known| *known == (message, index)).map(|at| at + 1)
    }

    fn size(&self, message: MessageKey, attachment: &Attachment) -> Option<u64> {
        let fetched = attachment.id.as_deref().and_then(|id| self.fetched.get(id));
        fetched.or_else(|| self.sent.get(&message)).copied()
    }

    fn title(&self, message: MessageKey, attachment: &Attachment) -> String {
        let name = attachment.name.as_deref().map_or_else(|| "a file".to_owned(), words::clean_line);
        let size = self.size(message, attachment);
        size.map(|size| format!("{name} · {}", words::size(size))).unwrap_or(name)
    }
}

impl App {
    /// The files of an item as they are shown.
    pub(crate) fn shown_files<'app>(&'app self, item: &'app TranscriptItem) -> Vec<Shown<'app>> {
        let ItemBody::Attachments { attachments } = &item.body else { return Vec::new() };
        let arrived = !matches!(
            item.status,
            Some(
                DeliveryStatus::Queued
                    | DeliveryStatus::Sending
                    | DeliveryStatus::Failed { .. }
                    | DeliveryStatus::Uncertain { .. }
            )
        );
        let show = |(index, file): (usize, &'app Attachment)| {
            let id = file.id.as_deref();
            Shown {
                number: self.files.number(item.key, index),
                title: self.files.title(item.key, file),
                kind: file.content_type.as_deref().map(words::clean_line),
                // What has not arrived is scanned by nobody.
                scan: scan(&file.status).filter(|_| arrived),
                saving: id.and_then(|id| self.files.saving(id)).map(|(_, transfer)| transfer),
            }
        };
        attachments.iter().enumerate().map(show).collect()
    }

    /// A file by its number, if it can be fetched; else why not.
    pub(crate) fn wanted_file(&self, number: usize) -> Result<Wanted, String> {
        let place = number.checked_sub(1).and_then(|at| self.files.numbers.get(at));
        let Some((message, index)) = place else {
            return Err(match self.files.numbers.len() {
                0 => "There are no files in this chat yet".to_owned(),
                1 => format!("There is no file {number}, only file 1"),
                most => format!("There is no file {number}, only 1 to {most}"),
            });
        };
        let item = self.timeline.get(*message);
        let file = item.and_then(|item| match &item.body {
            ItemBody::Attachments { attachments } => attachments.get(*index),
            _ => None,
        });
        let Some(file) = file else {
            return Err(format!("File {number} has left the transcript"));
        };
        let name = file.name.clone().unwrap_or_default();
        match (&file.status, &file.id) {
            (AttachmentStatus::Rejected, _) => {
                Err(format!("File {number} was refused by the scanner: nobody can fetch it"))
            }
            (_, None) => Err(format!("File {number} has not arrived: there is nothing to fetch yet")),
            (AttachmentStatus::InProgress, _) => {
                Err(format!("File {number} is still being scanned: try again in a moment"))
            }
            (_, Some(id)) => Ok(Wanted { attachment: id.clone(), name }),
        }
    }

    /// How far a transfer is, in words.
    pub(super) fn headway(&self, transfer: &Transfer) -> Option<String> {
        let (percent, total) = (transfer.percent()?, words::size(transfer.total?));
        if let Some(message) = transfer.message {
            return Some(format!("{message} {percent} % of {total} sent"));
        }
        let id = transfer.attachment.as_deref()?;
        let number = self.files.numbers.iter().position(|(message, index)| {
            let item = self.timeline.get(*message);
            item.is_some_and(|item| {
                matches!(&item.body, ItemBody::Attachments { attachments }
                if attachments.get(*index).is_some_and(|file| file.id.as_deref() == Some(id)))
            })
        })?;
        Some(format!("file {} {percent} % of {total} saved", number + 1))
    }
}

fn scan(status: &AttachmentStatus) -> Option<(String, bool)> {
    match status {
        AttachmentStatus::InProgress => Some(("being scanned".to_owned(), false)),
        AttachmentStatus::Rejected => Some(("refused by the scanner".to_owned(), true)),
        AttachmentStatus::Other(status) => Some((words::clean_line(status), false)),
        AttachmentStatus::Approved | AttachmentStatus::Unknown | _ => None,
    }
}
