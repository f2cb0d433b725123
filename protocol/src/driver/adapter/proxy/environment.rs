//! The usual variables of the environment.

use super::{Proxy, ProxyConfig, ProxyConfigError};

impl ProxyConfig {
    /// From the variables that most programs read, through `variable`, which an adapter makes of its environment:
    ///
    /// - `https_proxy` or `HTTPS_PROXY` for `https` and `wss`, `http_proxy` or `HTTP_PROXY` for `http` and `ws`,
    ///   `all_proxy` or `ALL_PROXY` for what has none of these; in lower case first. An empty one counts as none.
    /// - `no_proxy` or `NO_PROXY` for [`ProxyConfig::with_exceptions`].
    /// - `HTTP_PROXY` in upper case counts for nothing where `REQUEST_METHOD` is set: in a program that a web server
    ///   runs it is a header of whoever asks.
    ///
    /// # Errors
    /// [`ProxyConfigError::Variable`], which names the one that is wrong: to go without a proxy then would be to go
    /// where somebody said not to.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyConfigError> {
        let has = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let proxy = |names: &[&str]| -> Result<Option<Proxy>, ProxyConfigError> {
            let found = names.iter().find_map(|name| has(name).map(|value| (*name, value)));
            let Some((name, value)) = found else { return Ok(None) };
            let wrong =
                |error| ProxyConfigError::Variable { variable: name.to_owned(), error: Box::new(error) };
            value.trim().parse().map(Some).map_err(wrong)
        };
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let plain: &[&str] = if is_cgi {
            &["http_proxy", "all_proxy", "ALL_PROXY"]
        } else {
            &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        };
        let config = Self {
            secure: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            plain: proxy(plain)?,
            ..Self::none()
        };
        let exceptions = has("no_proxy").or_else(|| has("NO_PROXY")).unwrap_or_default();
        Ok(config.with_exceptions(&exceptions))
    }
}
