//! TLS, as a scenario wants it.

use std::fs;
use std::sync::Arc;

use scenario::TlsPlan;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::LoadError;

/// What makes connections secure; sessions are resumed, as clients do.
pub(super) fn connector(plan: &TlsPlan) -> Result<TlsConnector, LoadError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if plan.verify {
        let roots = Arc::new(roots(plan)?);
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| LoadError::Tls(error.into()))?
    } else {
        Arc::new(Trusting(Arc::clone(&provider)))
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LoadError::Tls(error.into()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// HTTP/2, as handshakes name it (RFC 9113, 3.2).
pub(super) const HTTP_2: &[u8] = b"h2";

/// One that speaks HTTP/2 with those who do, and makes connections as secure as `connector`.
pub(super) fn agreeing_on_http_2(connector: &TlsConnector) -> TlsConnector {
    let mut config = ClientConfig::clone(connector.config());
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The certificates of the system, and those of the scenario.
fn roots(plan: &TlsPlan) -> Result<RootCertStore, LoadError> {
    let mut roots = RootCertStore::empty();
    // Where the system has none, or broken ones, the handshake says what is missing.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &plan.ca {
        let refused = |what: &str| LoadError::Tls(format!("{}: {what}", path.display()).into());
        let pem = fs::read(path).map_err(|error| refused(&error.to_string()))?;
        let read = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        let certificates = read.map_err(|error| refused(&error.to_string()))?;
        if certificates.is_empty() {
            return Err(refused("there is no certificate in it"));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| refused(&error.to_string()))?;
        }
    }
    Ok(roots)
}

/// Takes any certificate, as `verify: false` says; what is signed must still be signed with it.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
