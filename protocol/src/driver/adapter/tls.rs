//! Which server certificates are believed.

use core::fmt;
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;

use crate::error::TransportFault;

/// Where trust comes from.
#[derive(Clone)]
pub(super) enum Trust {
    Platform,
    #[cfg(feature = "webpki-roots")]
    Webpki,
    Own(Arc<ClientConfig>),
}

/// A TLS configuration that is made when it is first needed: reading the system's certificates takes a while,
/// and a session that stays on this machine needs none.
#[derive(Clone)]
pub struct Tls {
    trust: Trust,
    made: Arc<OnceLock<Result<Arc<ClientConfig>, String>>>,
}

impl Tls {
    pub(super) fn new(trust: Trust) -> Self {
        Self { trust, made: Arc::default() }
    }

    /// The configuration, which is made by the first call.
    ///
    /// # Errors
    /// [`TransportFault::Tls`] where none can be made, as on a machine without root certificates.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TransportFault> {
        let made = self.made.get_or_init(|| self.trust.config()).clone();
        made.map_err(|reason| TransportFault::Tls { reason })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// What went wrong with TLS.
pub(super) fn fault(error: &rustls::Error) -> TransportFault {
    TransportFault::Tls { reason: error.to_string() }
}

impl Trust {
    fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let mut config = match self {
            Self::Platform => platform()?,
            #[cfg(feature = "webpki-roots")]
            Self::Webpki => {
                let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
                builder()?.with_root_certificates(roots).with_no_client_auth()
            }
            Self::Own(config) => ClientConfig::clone(config),
        };
        // Neither of our clients speaks HTTP/2, and a WebSocket upgrade exists in HTTP/1.1 only.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

#[cfg(feature = "platform-verifier")]
fn platform() -> Result<ClientConfig, String> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    let config = builder()?.with_platform_verifier().map_err(|error| error.to_string())?;
    Ok(config.with_no_client_auth())
}

#[cfg(not(feature = "platform-verifier"))]
fn platform() -> Result<ClientConfig, String> {
    Err("no roots: enable `platform-verifier` or `webpki-roots`, or give a configuration of your own"
        .to_owned())
}

/// With a provider of its own: the process-wide one belongs to the program, not to a library.
#[cfg(any(feature = "platform-verifier", feature = "webpki-roots"))]
fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}
