//! TLS: whom to believe, and as whom to come; for requests and sockets alike.

mod config;
mod pin;

use core::fmt;
use std::sync::{Arc, OnceLock};

use rustls::{AlertDescription, CertificateError, ClientConfig};

pub use config::{TlsConfig, TlsConfigError};
pub use pin::Pin;

use crate::error::{CertificateProblem, TransportFault};
use pin::NotPinned;

/// Where a configuration comes from.
#[derive(Clone)]
enum From {
    Ours(TlsConfig),
    Own(Arc<ClientConfig>),
}

/// A TLS configuration that is made when it is first needed: reading the system's certificates takes a while,
/// and a session that stays on this machine needs none.
#[derive(Clone)]
pub struct Tls {
    from: From,
    made: Arc<OnceLock<Result<Arc<ClientConfig>, String>>>,
}

impl Tls {
    pub(super) fn new(config: TlsConfig) -> Self {
        Self { from: From::Ours(config), made: Arc::default() }
    }

    pub(super) fn own(config: Arc<ClientConfig>) -> Self {
        Self { from: From::Own(config), made: Arc::default() }
    }

    /// The configuration, which is made by the first call.
    ///
    /// # Errors
    /// [`TransportFault::Tls`] where none can be made, as on a machine without root certificates.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TransportFault> {
        let made = self.made.get_or_init(|| self.from.config().map(Arc::new)).clone();
        made.map_err(|reason| TransportFault::Tls { reason })
    }
}

impl From {
    fn config(&self) -> Result<ClientConfig, String> {
        let mut config = match self {
            Self::Ours(config) => config.client_config()?,
            Self::Own(config) => ClientConfig::clone(config),
        };
        // Neither of our clients speaks HTTP/2, and a WebSocket upgrade exists in HTTP/1.1 only.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// What went wrong with TLS.
pub(super) fn fault(error: &rustls::Error) -> TransportFault {
    let reason = error.to_string();
    if let rustls::Error::InvalidCertificate(error) = error {
        return TransportFault::Certificate { problem: problem(error), reason };
    }
    if let rustls::Error::AlertReceived(alert) = error
        && is_about_us(*alert)
    {
        return TransportFault::ClientCertificate { reason };
    }
    TransportFault::Tls { reason }
}

fn problem(error: &CertificateError) -> CertificateProblem {
    use CertificateError as E;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is of no use to tell apart")]
    match error {
        E::NotValidForName | E::NotValidForNameContext { .. } => CertificateProblem::WrongHost,
        E::Expired | E::ExpiredContext { .. } => CertificateProblem::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
        E::UnknownIssuer => CertificateProblem::UnknownAuthority,
        E::Revoked => CertificateProblem::Revoked,
        E::Other(other) if other.0.is::<NotPinned>() => CertificateProblem::NotPinned,
        _ => CertificateProblem::Invalid,
    }
}

/// Whether an alert says that the certificate which we brought, or brought not, will not do.
const fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::NoCertificate
    )
}

#[cfg(test)]
mod tests;
