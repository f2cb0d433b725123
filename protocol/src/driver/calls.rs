//! Futures under way, each with a name by which it can be taken back.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::BTreeMap;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::output::Operation;

pub(super) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Running<K, T> = FuturesUnordered<Abortable<Task<(K, T)>>>;

/// What to do with a call when the driver winds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// Nobody needs its answer.
    Drop,
    /// It carries what the user said: it may still finish.
    LetFinish,
}

/// What the user said may still arrive after the session was closed; the rest has no reader any more. Of a file
/// only the last step can still make something of it.
pub(super) const fn at_end(operation: Operation) -> AtEnd {
    match operation {
        Operation::SendMessage
        | Operation::SendReceipt
        | Operation::SendEvent
        | Operation::CompleteUpload
        | Operation::CancelAuthentication
        | Operation::CloseCase
        | Operation::Notifications
        | Operation::RequestSms
        | Operation::Leave => AtEnd::LetFinish,
        Operation::Authorise
        | Operation::StartConversation
        | Operation::Poll
        | Operation::SendTyping
        | Operation::CatchUp
        | Operation::LoadHistory
        | Operation::LoadTranscript
        | Operation::StartUpload
        | Operation::Upload
        | Operation::AttachmentUrl
        | Operation::Download
        | Operation::DescribeView
        | Operation::ServerVersion
        | Operation::Availability
        | Operation::ExpectedParameters
        | Operation::ActiveConversation
        | Operation::CaseHistory
        | Operation::IceServers
        | Operation::Configuration
        | Operation::AuthenticationUrl => AtEnd::Drop,
    }
}

/// Futures under way. Only those that were woken are polled.
pub(super) struct Calls<K, T> {
    /// None where there is nothing under way: an empty one takes room too.
    running: Option<Running<K, T>>,
    handles: BTreeMap<K, (AbortHandle, AtEnd)>,
}

impl<K: Copy + Ord + Send + 'static, T: Send + 'static> Calls<K, T> {
    pub(super) const fn new() -> Self {
        Self { running: None, handles: BTreeMap::new() }
    }

    pub(super) fn start(&mut self, key: K, at_end: AtEnd, call: impl Future<Output = T> + Send + 'static) {
        let (handle, registration) = AbortHandle::new_pair();
        let task: Task<(K, T)> = Box::pin(async move { (key, call.await) });
        self.handles.insert(key, (handle, at_end));
        self.running.get_or_insert_default().push(Abortable::new(task, registration));
    }

    /// Takes a call back; its future is dropped with the next poll, and its answer never comes.
    pub(super) fn cancel(&mut self, key: K) {
        if let Some((handle, _)) = self.handles.remove(&key) {
            handle.abort();
        }
    }

    /// The next call to finish. Pending as well where there is none.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(K, T)> {
        let Some(running) = &mut self.running else { return Poll::Pending };
        loop {
            match running.poll_next_unpin(context) {
                Poll::Ready(Some(Ok((key, answer)))) => {
                    self.handles.remove(&key);
                    return Poll::Ready((key, answer));
                }
                Poll::Ready(Some(Err(_taken_back))) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Gives room back that is not needed now.
    pub(super) fn rest(&mut self) {
        if self.running.as_ref().is_some_and(FuturesUnordered::is_empty) {
            *self = Self::new();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// Takes all back that nobody needs, and lets the others come to their end.
    pub(super) async fn wind_up(mut self) {
        self.handles.retain(|_, (handle, at_end)| {
            let keep = *at_end == AtEnd::LetFinish;
            if !keep {
                handle.abort();
            }
            keep
        });
        if let Some(mut running) = self.running {
            while running.next().await.is_some() {}
        }
    }
}
