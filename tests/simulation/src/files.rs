//! The host's files: what requests send from, and where answers go.

use std::collections::BTreeMap;

use bytes::Bytes;
use helpline_protocol::model::{SinkKey, SourceKey};
use helpline_protocol::{Body, HttpRequest, HttpResponse, RequestId, Sink, TransportFault};

/// Files by name, as a host without a disk has them.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// What can be sent.
    pub sources: BTreeMap<SourceKey, Bytes>,
    /// What was fetched, whole.
    pub fetched: BTreeMap<SinkKey, Bytes>,
    awaited: BTreeMap<RequestId, Sink>,
}

impl Files {
    /// Makes bytes known by a name.
    pub fn add(&mut self, name: &str, bytes: impl Into<Bytes>) {
        self.sources.insert(SourceKey::new(name), bytes.into());
    }

    /// Puts the bytes in that a request stands for, and notes where its answer goes.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn load(
        &mut self,
        id: RequestId,
        request: &mut HttpRequest,
        sink: Option<Sink>,
    ) -> Result<(), TransportFault> {
        let find = |source: &SourceKey| {
            let reason =
                || TransportFault::Other { reason: format!("there is no file {:?}", source.as_str()) };
            self.sources.get(source).cloned().ok_or_else(reason)
        };
        if let Body::Source { source, .. } = &request.body {
            request.body = Body::from(find(source)?);
        } else if let Body::Framed { before, source, after, .. } = &request.body {
            request.body = Body::from(Bytes::from([before.clone(), find(source)?, after.clone()].concat()));
        }
        if let Some(sink) = sink {
            self.awaited.insert(id, sink);
        }
        Ok(())
    }

    /// Takes the body of a good answer to where it belongs, as a host does.
    ///
    /// # Errors
    /// That of the request, or that the answer is too large for its place.
    pub fn store(
        &mut self,
        id: RequestId,
        result: Result<HttpResponse, TransportFault>,
    ) -> Result<HttpResponse, TransportFault> {
        let (Some(sink), Ok(mut answer)) = (self.awaited.remove(&id), result.clone()) else {
            return result;
        };
        if !answer.status.is_success() {
            return result;
        }
        let size = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        if size > sink.limit {
            return Err(TransportFault::TooLarge {
                limit: usize::try_from(sink.limit).unwrap_or(usize::MAX),
            });
        }
        self.fetched.insert(sink.key, std::mem::take(&mut answer.body));
        answer.sunk = Some(size);
        Ok(answer)
    }
}
