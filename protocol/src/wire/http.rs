//! HTTP messages as plain values: comparable, cloneable, and silent about secrets.

use core::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::model::SourceKey;

/// A request for the host to send. `Debug` shows neither the query, nor a header's value, nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub uri: Uri,
    /// The headers; the host adds `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The path carries a token, and is not shown either.
    pub(crate) path_is_secret: bool,
}

impl HttpRequest {
    /// A request with no headers and no body.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: HeaderMap::new(), body: Body::Empty, path_is_secret: false }
    }

    /// As the `http` crate's request, its body as bytes; none for a source of the host's, which the host puts
    /// there itself.
    #[must_use]
    pub fn into_http(self) -> http::Request<Bytes> {
        let body = match self.body {
            Body::Empty | Body::Source { .. } | Body::Framed { .. } => Bytes::new(),
            Body::Bytes(bytes) => bytes,
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}

impl From<http::Request<Bytes>> for HttpRequest {
    fn from(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let (method, uri, headers, body) = (parts.method, parts.uri, parts.headers, Body::from(body));
        Self { method, uri, headers, body, path_is_secret: false }
    }
}

/// What a request carries.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Nothing.
    Empty,
    /// Bytes at hand.
    Bytes(Bytes),
    /// Bytes that the host has: it reads them from the start each time that it sends the request.
    Source {
        /// What the host knows them by.
        source: SourceKey,
        /// How many there are.
        size: u64,
    },
    /// Bytes that the host has, between some at hand: a part of a form with what stands around it.
    Framed {
        /// What goes before.
        before: Bytes,
        /// What the host knows its bytes by.
        source: SourceKey,
        /// How many of those there are.
        size: u64,
        /// What goes after.
        after: Bytes,
    },
}

impl Body {
    /// How many bytes it has in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        let length = |bytes: &Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => length(bytes),
            Self::Source { size, .. } => *size,
            Self::Framed { before, size, after, .. } => {
                length(before).saturating_add(*size).saturating_add(length(after))
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(bytes) }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "[{} bytes]", bytes.len()),
            Self::Source { size, .. } => write!(f, "[{size} bytes of the host's]"),
            Self::Framed { size, .. } => {
                write!(f, "[{} bytes, {size} of them of the host's]", self.size())
            }
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("uri", &format_args!("{}", Shown(self)))
            .field("headers", &Names(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}

/// An answer to a request. `Debug` shows neither a header's value nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body; the host cuts it off at `Limits::body_bytes`. Empty where it went to a sink.
    pub body: Bytes,
    /// How many bytes went to the request's sink, if they did.
    pub sunk: Option<u64>,
}

impl HttpResponse {
    /// An answer with no headers.
    #[must_use]
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), sunk: None }
    }

    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl From<http::Response<Bytes>> for HttpResponse {
    fn from(response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body, sunk: None }
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status.as_u16())
            .field("headers", &Names(&self.headers))
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}

/// Addresses carry tickets in their query, and some in their path.
struct Shown<'a>(&'a HttpRequest);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = &self.0.uri;
        write!(f, "{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())?;
        if let Some(port) = uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(if self.0.path_is_secret { "/[redacted]" } else { uri.path() })?;
        if uri.query().is_some() { f.write_str("?[redacted]") } else { Ok(()) }
    }
}

struct Names<'a>(&'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys().map(http::HeaderName::as_str)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        let mut request =
            HttpRequest::new(Method::POST, Uri::from_static("wss://host.example:444/path?ticket=abc"));
        request.headers.insert("x-amz-bearer", http::HeaderValue::from_static("token-1"));
        request.body = Body::from(Bytes::from_static(b"token-2"));
        let shown = format!("{request:?}");
        assert!(shown.contains("wss://host.example:444/path?[redacted]"), "{shown}");
        assert!(shown.contains("x-amz-bearer") && shown.contains("[7 bytes]"), "{shown}");
        for secret in ["abc", "token-1", "token-2"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        request.path_is_secret = true;
        assert!(!format!("{request:?}").contains("path"), "{request:?}");
        let response = HttpResponse::new(StatusCode::OK, "token-3");
        assert!(!format!("{response:?}").contains("token-3"));
    }
}
