//! Certificate pinning, by the hash of the public key.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::config::TlsConfigError;

/// The SHA-256 of a public key, as a certificate holds it (its `SubjectPublicKeyInfo`). As text it is that of RFC
/// 7469, as `sha256/n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=`.
///
/// A certificate that is renewed with the same key keeps its pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin([u8; 32]);

impl Pin {
    /// From the hash itself.
    #[must_use]
    pub const fn from_sha256(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// That of a public key: the DER of its `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn of_public_key(key: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, key).as_ref());
        Self(hash)
    }

    /// That of the key in a certificate, given as DER.
    ///
    /// # Errors
    /// [`TlsConfigError::BadCertificate`] where it is none.
    pub fn of_certificate(certificate: &[u8]) -> Result<Self, TlsConfigError> {
        let certificate = CertificateDer::from(certificate);
        let parsed = ParsedCertificate::try_from(&certificate)
            .map_err(|error| TlsConfigError::BadCertificate { reason: error.to_string() })?;
        Ok(Self::of_public_key(&parsed.subject_public_key_info()))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", BASE64.encode(&self.0))
    }
}

impl FromStr for Pin {
    type Err = TlsConfigError;

    fn from_str(text: &str) -> Result<Self, TlsConfigError> {
        let bad = || TlsConfigError::BadPin { found: text.chars().take(80).collect() };
        let base64 = text.strip_prefix("sha256/").ok_or_else(bad)?;
        let hash = BASE64.decode(base64.as_bytes()).map_err(|_| bad())?;
        hash.try_into().map(Self).map_err(|_| bad())
    }
}

/// Pins, and the hosts that they are for.
#[derive(Clone, Debug, Default)]
pub(super) struct Pins(Vec<(Option<String>, Pin)>);

impl Pins {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For one host, or for all that have none of their own.
    pub(super) fn add(&mut self, host: Option<&str>, pin: Pin) {
        self.0.push((host.map(str::to_ascii_lowercase), pin));
    }

    /// Whether a key may be that of a host: where none is pinned for it, any may.
    fn allow(&self, host: &str, key: Pin) -> bool {
        let host = host.to_ascii_lowercase();
        let own = |pinned: &Option<String>| pinned.as_deref().is_some_and(|pinned| covers(pinned, &host));
        let has_own = self.0.iter().any(|(pinned, _)| own(pinned));
        let mut pins = self
            .0
            .iter()
            .filter(|(pinned, _)| if has_own { own(pinned) } else { pinned.is_none() })
            .peekable();
        pins.peek().is_none() || pins.any(|(_, pin)| *pin == key)
    }
}

/// Whether a host is meant: by its name, or by `*.` and the end of its name.
fn covers(pinned: &str, host: &str) -> bool {
    match pinned.strip_prefix('*') {
        Some(end) => host.len() > end.len() && host.ends_with(end),
        None => pinned == host,
    }
}

/// A certificate is as it should be, but of another key.
#[derive(Debug)]
pub(super) struct NotPinned(Pin);

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its public key {} is none of the pinned", self.0)
    }
}

impl core::error::Error for NotPinned {}

/// Judges certificates as another does, and then by their keys.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) judge: Arc<dyn ServerCertVerifier>,
    pub(super) pins: Pins,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        // The server's own key alone: anybody can put other certificates beside it.
        let key = Pin::of_public_key(&ParsedCertificate::try_from(end_entity)?.subject_public_key_info());
        if self.pins.allow(&server_name.to_str(), key) {
            return Ok(verified);
        }
        Err(CertificateError::Other(OtherError(Arc::new(NotPinned(key)))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.judge.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[rustls::DistinguishedName]> {
        self.judge.root_hint_subjects()
    }
}

#[cfg(test)]
mod tests;
