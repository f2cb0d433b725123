//! Spans and events of `tracing`, where the feature of that name is on; else nothing.
//!
//! - Span `session`: everything of one. Its number is drawn from a count of this process.
//! - Span `request` within it: `operation`, `host`, and at its end `status` and `ms`.
//! - Events within it `connecting`, `connected`, `disconnected`, `answered`, `state`, `retry`, `fault`.
//! - Events of a hub `session taken in`, `session gone`, `closing`, and of a governor `throttled`.

#[cfg(feature = "tracing")]
mod on {
    use core::future::Future;
    use core::sync::atomic::{AtomicU64, Ordering};
    use core::time::Duration;
    use std::collections::BTreeMap;

    use tracing::instrument::{Instrument as _, Instrumented};
    use tracing::{debug, debug_span, info, warn};

    use crate::error::{Retry, TransportFault};
    use crate::event::Event;
    use crate::id::{RequestId, SocketId};
    use crate::input::SocketClosed;
    use crate::output::Operation;
    use crate::wire::http::{HttpRequest, HttpResponse};

    static SESSIONS: AtomicU64 = AtomicU64::new(1);

    /// Where a session's doings are told.
    pub(in crate::driver) struct Span {
        session: tracing::Span,
        requests: BTreeMap<RequestId, tracing::Span>,
    }

    impl Span {
        pub(in crate::driver) fn session() -> Self {
            let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
            Self { session: tracing::info_span!("session", number), requests: BTreeMap::new() }
        }

        /// Runs a request in its span.
        pub(in crate::driver) fn trace<F: Future>(&self, id: RequestId, call: F) -> Instrumented<F> {
            let span = self.requests.get(&id).cloned().unwrap_or_else(tracing::Span::none);
            call.instrument(span)
        }

        pub(in crate::driver) fn request(
            &mut self,
            id: RequestId,
            operation: Operation,
            request: &HttpRequest,
        ) {
            let span = debug_span!(
                parent: &self.session, "request",
                id = %id, operation = operation.name(), host = host(request),
                status = tracing::field::Empty, ms = tracing::field::Empty
            );
            if !span.is_disabled() {
                self.requests.insert(id, span);
            }
        }

        pub(in crate::driver) fn answered(
            &mut self,
            id: RequestId,
            operation: Operation,
            result: &Result<HttpResponse, TransportFault>,
            took: Duration,
        ) {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let span = self.requests.remove(&id).unwrap_or_else(|| self.session.clone());
            let _inside = span.enter();
            span.record("ms", ms);
            let operation = operation.name();
            match result {
                Ok(answer) => {
                    span.record("status", answer.status.as_u16());
                    debug!(operation, status = answer.status.as_u16(), ms, "answered");
                }
                Err(fault) => warn!(operation, fault = fault.kind(), ms, "not answered"),
            }
        }

        /// A request is not waited for any more.
        pub(in crate::driver) fn cancelled(&mut self, id: RequestId, operation: Operation) {
            self.requests.remove(&id);
            let _inside = self.session.enter();
            debug!(operation = operation.name(), "taken back");
        }

        pub(in crate::driver) fn dial(&self, socket: SocketId, request: &HttpRequest) {
            let _inside = self.session.enter();
            debug!(%socket, host = host(request), "connecting");
        }

        pub(in crate::driver) fn opened(&self, socket: SocketId) {
            let _inside = self.session.enter();
            info!(%socket, "connected");
        }

        pub(in crate::driver) fn closed(&self, socket: SocketId, why: &SocketClosed) {
            let _inside = self.session.enter();
            match why {
                SocketClosed::ByPeer { code, .. } => info!(%socket, code, "disconnected"),
                SocketClosed::Failed(fault) => info!(%socket, fault = fault.kind(), "disconnected"),
            }
        }

        pub(in crate::driver) fn event(&self, event: &Event) {
            let _inside = self.session.enter();
            match event {
                Event::ConnectionChanged { state } => info!(state = state.name(), "state"),
                Event::TransportFault { operation, fault, retry: Retry::Automatic { at } } => {
                    warn!(operation = operation.name(), fault = fault.kind(), %at, "retry");
                }
                Event::TransportFault { operation, fault, .. } => {
                    warn!(operation = operation.name(), fault = fault.kind(), "fault");
                }
                Event::ProviderFault { fault } => warn!(
                    operation = fault.operation.map(Operation::name),
                    fault = fault.kind.name(),
                    status = fault.status,
                    "fault"
                ),
                Event::GapClosed { recovered, .. } => info!(recovered, "gap closed"),
                Event::HistoryUnavailable { .. } => warn!("what was missed cannot be fetched"),
                Event::ProbeFailed { probe, status, .. } => warn!(probe, status, "probe failed"),
                Event::Unrecognized { .. } => warn!("something of unknown kind came"),
                // What users say and do is theirs; and the state says what comes of a lost link.
                Event::ConnectionLost { .. }
                | Event::ConnectionRenewalFailed { .. }
                | Event::ConnectionRenewed
                | Event::CredentialsRenewed { .. }
                | Event::CommandFinished { .. }
                | Event::MessageQueued { .. }
                | Event::TranscriptChanged { .. }
                | Event::ReceiptReceived { .. }
                | Event::TypingStarted { .. }
                | Event::TypingStopped { .. }
                | Event::TransferProgress { .. }
                | Event::ConversationStarted { .. }
                | Event::ConversationChanged { .. }
                | Event::ConversationEnded { .. }
                | Event::BrightPattern { .. } => {}
            }
        }
    }

    /// A hub has more sessions or fewer, or closes.
    pub(in crate::driver) fn hub(what: &'static str, sessions: usize) {
        debug!(sessions, "{what}");
    }

    /// The provider said "too often".
    pub(in crate::driver) fn throttled(operation: Operation, wait: Duration) {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        warn!(operation = operation.name(), ms, "throttled");
    }

    /// All of an address that may be told.
    fn host(request: &HttpRequest) -> &str {
        request.uri.host().unwrap_or_default()
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use core::time::Duration;

    use crate::error::TransportFault;
    use crate::event::Event;
    use crate::id::{RequestId, SocketId};
    use crate::input::SocketClosed;
    use crate::output::Operation;
    use crate::wire::http::{HttpRequest, HttpResponse};

    /// Where nothing is told.
    pub(in crate::driver) struct Span;

    #[allow(clippy::unused_self, reason = "with the feature `tracing` there is something to say")]
    impl Span {
        pub(in crate::driver) const fn session() -> Self {
            Self
        }

        pub(in crate::driver) const fn trace<F>(&self, _: RequestId, call: F) -> F {
            call
        }

        pub(in crate::driver) const fn request(&mut self, _: RequestId, _: Operation, _: &HttpRequest) {}

        pub(in crate::driver) const fn answered(
            &mut self,
            _: RequestId,
            _: Operation,
            _: &Result<HttpResponse, TransportFault>,
            _: Duration,
        ) {
        }

        pub(in crate::driver) const fn cancelled(&mut self, _: RequestId, _: Operation) {}

        pub(in crate::driver) const fn dial(&self, _: SocketId, _: &HttpRequest) {}

        pub(in crate::driver) const fn opened(&self, _: SocketId) {}

        pub(in crate::driver) const fn closed(&self, _: SocketId, _: &SocketClosed) {}

        pub(in crate::driver) const fn event(&self, _: &Event) {}
    }

    pub(in crate::driver) const fn hub(_: &'static str, _: usize) {}

    pub(in crate::driver) const fn throttled(_: Operation, _: Duration) {}
}

#[cfg(not(feature = "tracing"))]
pub(in crate::driver) use off::{Span, hub, throttled};
#[cfg(feature = "tracing")]
pub(in crate::driver) use on::{Span, hub, throttled};
