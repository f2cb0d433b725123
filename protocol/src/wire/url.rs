//! Which addresses are safe to be used.

use core::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlKind {
    /// Requests: `https`, or `http` where that is safe.
    Http,
    /// A WebSocket: `wss`, or `ws` where that is safe.
    Socket,
}

impl UrlKind {
    const fn secure(self) -> &'static str {
        match self {
            Self::Http => "https",
            Self::Socket => "wss",
        }
    }

    const fn plain(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socket => "ws",
        }
    }
}

/// Why an address is not used. Says nothing of its path and query, as they may carry a ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    /// It is no address, or one without a host.
    #[error("this is no absolute address such as {0}://host/path")]
    NotAbsolute(&'static str),
    /// It has a name or a password in it.
    #[error("the address has a user or a password in it: leave them out")]
    UserInfo,
    /// It is of another scheme.
    #[error("the address must begin with {0}://")]
    Scheme(&'static str),
    /// It is not encrypted and leaves this machine.
    #[error("the address is neither encrypted ({0}://) nor on this machine, and plain text was not allowed")]
    Insecure(&'static str),
}

/// Reads an address and checks that it may be used: encrypted, or on this machine, or plain text was allowed
/// by name.
pub(crate) fn check(text: &str, kind: UrlKind, allow_plaintext: bool) -> Result<Uri, UrlError> {
    let not_absolute = || UrlError::NotAbsolute(kind.secure());
    let uri: Uri = text.parse().map_err(|_| not_absolute())?;
    let authority = uri.authority().ok_or_else(not_absolute)?;
    if authority.as_str().contains('@') {
        return Err(UrlError::UserInfo);
    }
    let host = authority.host();
    if host.is_empty() {
        return Err(not_absolute());
    }
    let scheme = uri.scheme_str().unwrap_or_default();
    if scheme.eq_ignore_ascii_case(kind.secure()) {
        return Ok(uri);
    }
    if !scheme.eq_ignore_ascii_case(kind.plain()) {
        return Err(UrlError::Scheme(kind.secure()));
    }
    if allow_plaintext || is_loopback(host) {
        return Ok(uri);
    }
    Err(UrlError::Insecure(kind.secure()))
}

/// An address below `base`: its path, without a slash at the end, then `path`, which begins with one.
pub(crate) fn join(base: &Uri, path: &str) -> Result<Uri, UrlError> {
    let error = || UrlError::NotAbsolute(UrlKind::Http.secure());
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(whole.parse().map_err(|_| error())?);
    Uri::from_parts(parts).map_err(|_| error())
}

/// Whether a host is this machine. Names other than `localhost` are not resolved, and so are not.
pub(crate) fn is_loopback(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
