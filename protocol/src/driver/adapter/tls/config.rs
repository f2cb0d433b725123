//! What a user may say about TLS.

use core::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

use super::pin::{Pin, Pinned, Pins};

/// Whom to believe, and as whom to come: the same for requests and sockets.
///
/// TLS 1.2 is the least. Nothing about the program's other users of rustls is changed: it has a provider of
/// cryptography of its own.
///
/// ```
/// use helpline_protocol::driver::adapter::TlsConfig;
///
/// # fn example(authority: &[u8], chain: &[u8], key: &[u8]) -> Result<TlsConfig, Box<dyn std::error::Error>> {
/// let tls = TlsConfig::own_roots()
///     .with_root_pem(authority)?
///     .with_pin_for("chat.example.com", "sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=".parse()?)
///     .with_client_certificate_pem(chain, key)?;
/// # Ok(tls)
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct TlsConfig {
    roots: Roots,
    own: Vec<CertificateDer<'static>>,
    pins: Pins,
    client: Option<Arc<CertifiedKey>>,
}

/// Whose word counts, besides the user's own roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roots {
    Platform,
    #[cfg(feature = "webpki-roots")]
    Webpki,
    None,
}

/// What is wrong with what was said about TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// There is no certificate in it.
    #[error("there is no certificate in it: give PEM with `BEGIN CERTIFICATE`")]
    NoCertificate,
    /// It cannot be read as PEM.
    #[error("it is no PEM: {reason}")]
    BadPem {
        /// Why.
        reason: String,
    },
    /// It is no certificate.
    #[error("it is no certificate: {reason}")]
    BadCertificate {
        /// Why.
        reason: String,
    },
    /// It is no private key, or not that of the certificate.
    #[error("it is no private key for this certificate: {reason}")]
    BadKey {
        /// Why.
        reason: String,
    },
    /// It is no pin.
    #[error("{found:?} is no pin: give `sha256/` and the Base64 of 32 bytes")]
    BadPin {
        /// What was given.
        found: String,
    },
}

impl TlsConfig {
    /// Certificates are judged by the operating system, with whatever its administrators put there (feature
    /// `platform-verifier`). The default.
    pub const fn platform() -> Self {
        Self::of(Roots::Platform)
    }

    /// Certificates are judged by Mozilla's roots, compiled in.
    #[cfg(feature = "webpki-roots")]
    pub const fn webpki_roots() -> Self {
        Self::of(Roots::Webpki)
    }

    /// Certificates are judged by the roots that are added, and by no others.
    pub const fn own_roots() -> Self {
        Self::of(Roots::None)
    }

    const fn of(roots: Roots) -> Self {
        Self { roots, own: Vec::new(), pins: Pins::new(), client: None }
    }

    /// Believes one or more authorities too, given as PEM.
    ///
    /// # Errors
    /// Where there is no certificate in it, or one that cannot be read.
    pub fn with_root_pem(mut self, pem: &[u8]) -> Result<Self, TlsConfigError> {
        for certificate in certificates(pem)? {
            self = self.with_root_der(&certificate)?;
        }
        Ok(self)
    }

    /// Believes an authority too, given as DER.
    ///
    /// # Errors
    /// Where it is no certificate.
    pub fn with_root_der(mut self, der: &[u8]) -> Result<Self, TlsConfigError> {
        let root = CertificateDer::from(der.to_vec());
        let checked = RootCertStore::empty().add(root.clone());
        checked.map_err(|error| TlsConfigError::BadCertificate { reason: error.to_string() })?;
        self.own.push(root);
        Ok(self)
    }

    /// Talks only to servers whose own key is this, or another that was added: give a second one that is kept safe,
    /// for the day on which the first is replaced. It comes on top of whatever else a certificate has to be.
    ///
    /// It is for every host that has no pins of its own, storage of files and proxies that are reached by TLS
    /// among them. Keys of authorities are no pins: to believe only one of these, see [`TlsConfig::own_roots`].
    pub fn with_pin(mut self, pin: Pin) -> Self {
        self.pins.add(None, pin);
        self
    }

    /// As [`TlsConfig::with_pin`], for one host: its name, or `*.` and the end of the names of several. Where there
    /// are pins for a host, those without a host do not count for it.
    pub fn with_pin_for(mut self, host: &str, pin: Pin) -> Self {
        self.pins.add(Some(host), pin);
        self
    }

    /// Shows this certificate to servers that ask for one: its chain, from the own one up, and its private key,
    /// both as PEM.
    ///
    /// # Errors
    /// Where they cannot be read, or do not belong together.
    pub fn with_client_certificate_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, TlsConfigError> {
        let bad = |reason: String| TlsConfigError::BadKey { reason };
        let chain = certificates(chain)?;
        // What is wrong with a key is said without its text.
        let key =
            PrivateKeyDer::from_pem_slice(key).map_err(|_| bad("no PEM of a private key".to_owned()))?;
        let certified =
            CertifiedKey::from_der(chain, key, &provider()).map_err(|error| bad(error.to_string()))?;
        self.client = Some(Arc::new(certified));
        Ok(self)
    }

    /// As rustls has it.
    pub(super) fn client_config(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(provider());
        let mut judge = self.judge(&provider)?;
        if !self.pins.is_empty() {
            judge = Arc::new(Pinned { judge, pins: self.pins.clone() });
        }
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(judge);
        Ok(match &self.client {
            Some(certified) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())))
            }
            None => builder.with_no_client_auth(),
        })
    }

    fn judge(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
        let mut store = match self.roots {
            Roots::Platform => return self.platform_judge(provider),
            #[cfg(feature = "webpki-roots")]
            Roots::Webpki => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Roots::None => RootCertStore::empty(),
        };
        for root in &self.own {
            store.add(root.clone()).map_err(|error| error.to_string())?;
        }
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build();
        judge.map(|judge| judge as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
    }

    #[cfg(all(feature = "platform-verifier", not(target_os = "android")))]
    fn platform_judge(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
        let judge =
            rustls_platform_verifier::Verifier::new_with_extra_roots(self.own.clone(), provider.clone());
        judge.map(|judge| Arc::new(judge) as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
    }

    #[cfg(all(feature = "platform-verifier", target_os = "android"))]
    fn platform_judge(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
        if !self.own.is_empty() {
            return Err("Android's verifier takes no roots of a program: start from `own_roots`".to_owned());
        }
        let judge = rustls_platform_verifier::Verifier::new(provider.clone());
        judge.map(|judge| Arc::new(judge) as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
    }

    #[cfg(not(feature = "platform-verifier"))]
    fn platform_judge(&self, _: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
        Err("no roots: enable `platform-verifier` or `webpki-roots`, or give roots of your own".to_owned())
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self::platform()
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig")
            .field("roots", &self.roots)
            .field("own", &self.own.len())
            .field("pins", &self.pins)
            .field("client_certificate", &self.client.is_some())
            .finish()
    }
}

/// A provider of its own: the process-wide one belongs to the program, not to a library.
fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| TlsConfigError::BadPem { reason: error.to_string() })?;
    if certificates.is_empty() { Err(TlsConfigError::NoCertificate) } else { Ok(certificates) }
}
