//! Certificates by an authority that is made on the spot: good ones, and such as nobody should believe.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// An authority with a key of its own.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// For whom and when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For 127.0.0.1 and localhost, today.
    Good,
    /// For `elsewhere.example`.
    WrongHost,
    /// Until 2001.
    Expired,
    /// From 2999 on.
    NotYetValid,
}

/// A certificate and its private key.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    chain_pem: String,
    key: KeyPair,
}

impl Authority {
    /// An authority of this name.
    ///
    /// # Panics
    /// Where no certificate can be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority") }
    }

    /// The certificate of the authority itself, as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The certificate of the authority itself, as DER.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// A server's certificate, with a new key.
    ///
    /// # Panics
    /// Where none can be made.
    #[must_use]
    pub fn server(&self, validity: Validity) -> Identity {
        self.server_with(validity, KeyPair::generate().expect("a key"))
    }

    /// Another certificate for the same key, as when one is renewed.
    #[must_use]
    pub fn renewed(&self, identity: &Identity) -> Identity {
        let key = KeyPair::try_from(identity.key.serialized_der()).expect("the key as it was");
        self.server_with(Validity::Good, key)
    }

    /// A client's certificate, with a new key.
    ///
    /// # Panics
    /// Where none can be made.
    #[must_use]
    pub fn client(&self, name: &str) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params, KeyPair::generate().expect("a key"))
    }

    fn server_with(&self, validity: Validity, key: KeyPair) -> Identity {
        let hosts: &[&str] = match validity {
            Validity::WrongHost => &["elsewhere.example"],
            Validity::Good | Validity::Expired | Validity::NotYetValid => &["127.0.0.1", "localhost"],
        };
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match validity {
            Validity::Good | Validity::WrongHost => {}
            Validity::Expired => {
                params.not_before = date_time_ymd(2000, 1, 1);
                params.not_after = date_time_ymd(2001, 1, 1);
            }
            Validity::NotYetValid => params.not_before = date_time_ymd(2999, 1, 1),
        }
        self.sign(&params, key)
    }

    fn sign(&self, params: &CertificateParams, key: KeyPair) -> Identity {
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate: certificate.der().clone(), chain_pem: certificate.pem(), key }
    }
}

impl Identity {
    /// The certificate, as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate, as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.chain_pem
    }

    /// The private key, as PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The public key, as the DER of its `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.key.subject_public_key_info()
    }

    /// What a server that comes as this needs, for HTTP/1.1. With an authority, clients have to bring a certificate
    /// of it.
    ///
    /// # Panics
    /// Where rustls does not take it.
    #[must_use]
    pub fn server_config(&self, clients: Option<&Authority>) -> ServerConfig {
        self.server_config_of(ALL_VERSIONS, clients)
    }

    /// As [`Identity::server_config`], for these versions of TLS only.
    ///
    /// # Panics
    /// Where rustls does not take it.
    #[must_use]
    pub fn server_config_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        clients: Option<&Authority>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.issuer.der().clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut config = builder.with_single_cert(vec![self.certificate.clone()], key).expect("a server");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}
