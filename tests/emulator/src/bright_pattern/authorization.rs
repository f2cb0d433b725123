//! Who asks: the one odd `Authorization` header.

use super::codes::ErrorCode;

/// The only scheme there is.
const SCHEME: &str = "MOBILE-API-140-327-PLAIN";

/// A client that is told apart by a cookie instead of by its id.
pub(crate) const WEB_CHAT: &str = "WebChat";
/// That cookie. Its real name is not known.
pub(crate) const COOKIE: &str = "BPSESSION";

/// The two strings that a client shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) app_id: String,
    pub(crate) client_id: String,
}

/// Reads the header: the scheme, a blank, and `name=value` between commas, in any order, quoted or not.
pub(crate) fn parse(header: Option<&str>) -> Result<Credentials, ErrorCode> {
    let header = header.map(str::trim).filter(|header| !header.is_empty());
    let header = header.ok_or(ErrorCode::NoAuthorization)?;
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(ErrorCode::AuthorizationScheme);
    }
    let (mut app_id, mut client_id) = (None, None);
    for parameter in parameters(rest) {
        let (name, value) = parameter.split_once('=').ok_or(ErrorCode::AuthorizationFormat)?;
        let value = unquoted(value.trim()).ok_or(ErrorCode::AuthorizationFormat)?;
        match name.trim() {
            "appId" => app_id = Some(value),
            "clientId" => client_id = Some(value),
            "" => return Err(ErrorCode::AuthorizationFormat),
            // Whatever else is said is not listened to.
            _ => {}
        }
    }
    let filled = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
    Ok(Credentials {
        app_id: filled(app_id).ok_or(ErrorCode::NoAppId)?,
        client_id: filled(client_id).ok_or(ErrorCode::NoClientId)?,
    })
}

/// Splits at commas that do not stand in quotes. Empty parts do not count.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let comma = move |symbol: char| {
        quoted ^= symbol == '"';
        symbol == ',' && !quoted
    };
    text.split(comma).map(str::trim).filter(|part| !part.is_empty())
}

/// Without its quotes, which come in pairs or not at all.
fn unquoted(value: &str) -> Option<&str> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|inner| !inner.contains('"')),
        None => (!value.contains('"')).then_some(value),
    }
}

/// The value of the session cookie.
pub(crate) fn session_cookie(header: Option<&str>) -> Option<&str> {
    let cookies = header?.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    cookies.into_iter().find(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
