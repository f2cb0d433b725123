//! What a user sends and fetches, and the sources and sinks that a session knows by name.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::Driver;
use super::runtime::Runtime;
use super::transfer::{ByteSink, ByteSource, Framed, local};
use crate::command::Command;
use crate::error::{CommandError, TransportFault};
use crate::event::{CommandResult, Event};
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::model::{
    DeliveryStatus, OutgoingAttachment, SinkKey, SourceKey, TranscriptChange, TranscriptItem,
};
use crate::output::Sink;
use crate::wire::http::{Body, HttpRequest};

/// How far a transfer has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes so far.
    pub done: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// A file to be sent: its name, its size and where its bytes come from.
///
/// The source is kept until the provider has the file or it is discarded, since a failed one can be sent again.
#[derive(Clone)]
#[must_use]
pub struct AttachmentSource {
    name: String,
    content_type: Option<String>,
    size: u64,
    source: Arc<dyn ByteSource>,
    progress: Option<OnProgress>,
}

impl AttachmentSource {
    /// A file of this name, as the others are to see it, and of exactly `size` bytes. Where the source then has
    /// more or fewer, the transfer fails before the server has all of it.
    pub fn new(name: impl Into<String>, size: u64, source: impl ByteSource) -> Self {
        Self { name: name.into(), content_type: None, size, source: Arc::new(source), progress: None }
    }

    /// Bytes at hand.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(name, u64::try_from(bytes.len()).unwrap_or(u64::MAX), bytes)
    }

    /// Under another name than the source's own.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its MIME type. Default: what the extension of its name says.
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Has `progress` called as the file moves, along with
    /// [`Event::TransferProgress`](crate::Event::TransferProgress). A second try begins at zero again.
    ///
    /// It is called in the session's task: it should be quick, and must not panic.
    pub fn with_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }
}

impl<N: Into<String>, B: Into<Bytes>> From<(N, B)> for AttachmentSource {
    fn from((name, bytes): (N, B)) -> Self {
        Self::from_bytes(name, bytes)
    }
}

impl fmt::Debug for AttachmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentSource")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Where a file that is fetched goes. Any [`ByteSink`] becomes one.
#[derive(Clone)]
#[must_use]
pub struct AttachmentTarget {
    sink: Arc<dyn ByteSink>,
    progress: Option<OnProgress>,
}

impl AttachmentTarget {
    /// Into a sink.
    pub fn new(sink: impl ByteSink) -> Self {
        Self { sink: Arc::new(sink), progress: None }
    }

    /// Has `progress` called as the file moves, as [`AttachmentSource::with_progress`] does.
    pub fn with_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }
}

impl<S: ByteSink> From<S> for AttachmentTarget {
    fn from(sink: S) -> Self {
        Self::new(sink)
    }
}

impl fmt::Debug for AttachmentTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentTarget").finish_non_exhaustive()
    }
}

impl<R: Runtime> Driver<R> {
    /// Hands over a file, as [`Command::SendAttachment`] does for one whose source is registered.
    ///
    /// # Errors
    /// When the session refuses it; then nothing has changed.
    pub fn send_attachment(
        &mut self,
        conversation: Option<ConversationKey>,
        attachment: impl Into<AttachmentSource>,
    ) -> Result<CommandId, CommandError> {
        let (own, attachment) = self.files.name_source(attachment.into());
        let command = Command::SendAttachment { conversation, attachment };
        let accepted = self.kept.execute(self.runtime.now(), command, &mut self.outputs);
        self.files.source_asked(own, accepted.as_ref().ok().copied());
        self.perform_all();
        accepted
    }

    /// Fetches a file, as [`Command::DownloadAttachment`] does into a sink that is registered.
    ///
    /// # Errors
    /// When the session refuses it; then nothing has changed.
    pub fn download_attachment(
        &mut self,
        attachment: impl Into<String>,
        into: impl Into<AttachmentTarget>,
    ) -> Result<CommandId, CommandError> {
        let (own, sink) = self.files.name_sink(into.into());
        let command = Command::DownloadAttachment { attachment: attachment.into(), sink };
        let accepted = self.kept.execute(self.runtime.now(), command, &mut self.outputs);
        self.files.sink_asked(own, accepted.as_ref().ok().copied());
        self.perform_all();
        accepted
    }

    /// Makes a source known by a key, for commands that name it. It stays until it is forgotten or replaced:
    /// a file that failed can be sent again.
    pub fn register_source(&mut self, key: SourceKey, source: impl ByteSource) {
        self.files.register_source(key, Arc::new(source));
    }

    /// Makes a sink known by a key, for commands that name it, until it is forgotten or replaced.
    pub fn register_sink(&mut self, key: SinkKey, sink: impl ByteSink) {
        self.files.register_sink(key, Arc::new(sink));
    }

    /// Forgets a source. A request that is reading from it reads on.
    pub fn forget_source(&mut self, key: &SourceKey) {
        self.files.forget_source(key);
    }

    /// Forgets a sink. A request that is writing to it writes on.
    pub fn forget_sink(&mut self, key: &SinkKey) {
        self.files.forget_sink(key);
    }
}

/// The sources and sinks of a session, by name. What [`AttachmentSource`] and [`AttachmentTarget`] bring has a
/// name of its own, and is let go when nothing can ask for it any more.
pub(super) struct Files {
    sources: BTreeMap<SourceKey, Arc<dyn ByteSource>>,
    sinks: BTreeMap<SinkKey, Arc<dyn ByteSink>>,
    named: u64,
    /// Handed over, and not yet known by a message.
    handed: BTreeMap<CommandId, OwnSource>,
    sending: BTreeMap<MessageKey, OwnSource>,
    fetching: BTreeMap<CommandId, OwnSink>,
}

/// A source that was named here.
pub(super) struct OwnSource {
    key: SourceKey,
    progress: Option<OnProgress>,
}

/// A sink that was named here.
pub(super) struct OwnSink {
    key: SinkKey,
    progress: Option<OnProgress>,
}

/// What was found for a request: a source with its size, a sink with its limit.
#[derive(Default)]
pub(super) struct Resolved {
    pub(super) source: Option<(Arc<dyn ByteSource>, u64)>,
    pub(super) sink: Option<(Arc<dyn ByteSink>, u64)>,
}

impl Files {
    pub(super) const fn new() -> Self {
        Self {
            sources: BTreeMap::new(),
            sinks: BTreeMap::new(),
            named: 0,
            handed: BTreeMap::new(),
            sending: BTreeMap::new(),
            fetching: BTreeMap::new(),
        }
    }

    pub(super) fn register_source(&mut self, key: SourceKey, source: Arc<dyn ByteSource>) {
        self.sources.insert(key, source);
    }

    pub(super) fn register_sink(&mut self, key: SinkKey, sink: Arc<dyn ByteSink>) {
        self.sinks.insert(key, sink);
    }

    pub(super) fn forget_source(&mut self, key: &SourceKey) {
        self.sources.remove(key);
    }

    pub(super) fn forget_sink(&mut self, key: &SinkKey) {
        self.sinks.remove(key);
    }

    /// Gives a source a name, and the session what it is to know of it.
    pub(super) fn name_source(&mut self, attachment: AttachmentSource) -> (OwnSource, OutgoingAttachment) {
        let AttachmentSource { name, content_type, size, source, progress } = attachment;
        let key = SourceKey::new(self.fresh_name());
        self.register_source(key.clone(), source);
        let own = OwnSource { key: key.clone(), progress };
        (own, OutgoingAttachment { name, content_type, size, source: key })
    }

    /// Gives a sink a name.
    pub(super) fn name_sink(&mut self, target: AttachmentTarget) -> (OwnSink, SinkKey) {
        let key = SinkKey::new(self.fresh_name());
        self.register_sink(key.clone(), target.sink);
        (OwnSink { key: key.clone(), progress: target.progress }, key)
    }

    /// The session took, or refused, the command that names this source.
    pub(super) fn source_asked(&mut self, own: OwnSource, command: Option<CommandId>) {
        match command {
            Some(command) => drop(self.handed.insert(command, own)),
            None => self.forget_source(&own.key),
        }
    }

    /// The session took, or refused, the command that names this sink.
    pub(super) fn sink_asked(&mut self, own: OwnSink, command: Option<CommandId>) {
        match command {
            Some(command) => drop(self.fetching.insert(command, own)),
            None => self.forget_sink(&own.key),
        }
    }

    /// The source and sink that a request needs: those registered, else what the runtime finds.
    pub(super) fn resolve<R: Runtime>(
        &self,
        runtime: &R,
        request: &HttpRequest,
        sink: Option<&Sink>,
    ) -> Result<Resolved, TransportFault> {
        let mut resolved = Resolved::default();
        let find =
            |key: &SourceKey| self.sources.get(key).map_or_else(|| runtime.source(key), |it| Ok(it.clone()));
        match &request.body {
            Body::Source { source, size } => resolved.source = Some((find(source)?, *size)),
            Body::Framed { before, source, after, .. } => {
                let framed = Framed::new(before.clone(), find(source)?, after.clone());
                resolved.source = Some((Arc::new(framed), request.body.size()));
            }
            Body::Empty | Body::Bytes(_) => {}
        }
        if let Some(Sink { key, limit }) = sink {
            let sink = self.sinks.get(key).map_or_else(|| runtime.sink(key), |it| Ok(it.clone()))?;
            resolved.sink = Some((sink, *limit));
        }
        Ok(resolved)
    }

    /// Follows what becomes of the files, and tells who wants to know how far they are.
    pub(super) fn see(&mut self, event: &Event) {
        if let Event::TransferProgress { command, message, done, total } = event {
            let progress = match message {
                Some(message) => self.sending.get(message).and_then(|own| own.progress.as_ref()),
                None => self.fetching.get(command).and_then(|own| own.progress.as_ref()),
            };
            if let Some(progress) = progress {
                progress(Progress { done: *done, total: *total });
            }
        } else if let Event::MessageQueued { command, message, .. } = event {
            if let Some(own) = self.handed.remove(command) {
                self.sending.insert(*message, own);
            }
        } else if let Event::CommandFinished { command, result } = event {
            self.finished(*command, result);
        } else if let Event::TranscriptChanged { changes, .. } = event {
            self.changed(changes);
        }
    }

    fn finished(&mut self, command: CommandId, result: &CommandResult) {
        if let CommandResult::Sent { message } = result {
            self.let_go(*message);
        }
        if let Some(own) = self.handed.remove(&command) {
            self.forget_source(&own.key);
        }
        if let Some(own) = self.fetching.remove(&command) {
            self.forget_sink(&own.key);
        }
    }

    fn changed(&mut self, changes: &[TranscriptChange]) {
        if self.sending.is_empty() {
            return;
        }
        for change in changes {
            match change {
                TranscriptChange::Removed { key } => self.let_go(*key),
                TranscriptChange::Added { item, .. } | TranscriptChange::Changed { item, .. } => {
                    if has_arrived(item) {
                        self.let_go(item.key);
                    }
                }
            }
        }
    }

    /// The session is over: nothing is asked for any more.
    pub(super) fn clear(&mut self) {
        *self = Self { named: self.named, ..Self::new() };
    }

    /// Nothing can ask for the bytes of this message any more.
    fn let_go(&mut self, message: MessageKey) {
        if let Some(own) = self.sending.remove(&message) {
            self.forget_source(&own.key);
        }
    }

    fn fresh_name(&mut self) -> String {
        self.named = self.named.saturating_add(1);
        format!("helpline:handle:{}", self.named)
    }
}

const fn has_arrived(item: &TranscriptItem) -> bool {
    matches!(item.status, Some(DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read))
}

/// Nobody has registered a source or sink under this name.
pub(super) fn unregistered(what: &str, key: &str) -> TransportFault {
    local(format!("no {what} is registered under {key:?}"))
}

#[cfg(test)]
mod tests;
