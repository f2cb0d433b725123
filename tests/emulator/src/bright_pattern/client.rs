//! Requests as the vendor's clients make them, for tests that have no client at hand.

use super::config::{APP_ID, TENANT};
use crate::io::HttpRequest;
use crate::percent;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The tenant's domain.
    pub tenant: String,
    /// The entry.
    pub app_id: String,
    /// The device.
    pub client_id: String,
    /// `v1` or `v2`.
    pub version: String,
}

impl Client {
    /// A client of the tenant that servers have by default.
    #[must_use]
    pub fn new(client_id: &str) -> Self {
        Self {
            tenant: TENANT.to_owned(),
            app_id: APP_ID.to_owned(),
            client_id: client_id.to_owned(),
            version: "v2".to_owned(),
        }
    }

    /// A GET of a path below the version: `availability`, `chats/{chat}/events`, ...
    #[must_use]
    pub fn get(&self, path: &str) -> HttpRequest {
        self.request("GET", path, b"")
    }

    /// A POST of a JSON text.
    #[must_use]
    pub fn post(&self, path: &str, body: &str) -> HttpRequest {
        self.request("POST", path, body.as_bytes())
    }

    /// Any request, with the headers that the mobile clients send.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> HttpRequest {
        let tenant = percent::encode(&self.tenant, "-._~");
        let authorization =
            format!("MOBILE-API-140-327-PLAIN appId={}, clientId={}", self.app_id, self.client_id);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", "no-cache"),
            ("User-Agent", "MobileClient"),
        ];
        HttpRequest {
            method: method.to_owned(),
            target: format!("/clientweb/api/{}/{path}?tenantUrl={tenant}", self.version),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.to_vec(),
        }
    }
}
