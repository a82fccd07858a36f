//! What is read of certificates (X.509): when they expire, and whom they name.

use crate::identity::ClientCertificate;
use crate::limits::CERTIFICATE_EXPIRY_WARNING;
use domain::Timestamp;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// The certificates of a PEM file, at least one.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// When the first of them to expire does.
    pub(super) expires_at: Timestamp,
}

impl Chain {
    /// Reads all certificates; says what is wrong with the text.
    pub(super) fn parse(pem: &[u8]) -> Result<Chain, String> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("it is not PEM: {error}"))?;
        let ends = certificates.iter().map(expires_at).collect::<Result<Vec<_>, _>>()?;
        let expires_at = ends.into_iter().min().ok_or("it has no certificate in PEM")?;
        Ok(Chain { certificates, expires_at })
    }
}

fn expires_at(certificate: &CertificateDer<'_>) -> Result<Timestamp, String> {
    let (_, parsed) = parse_x509_certificate(certificate)
        .map_err(|error| format!("a certificate in it cannot be read: {error}"))?;
    // The end of the year 9999, which RFC 5280 has for "never", is beyond what a timestamp can be.
    Ok(Timestamp::from_second(parsed.validity().not_after.timestamp()).unwrap_or(Timestamp::MAX))
}

/// How much longer a certificate can be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lifetime {
    #[default]
    Long,
    /// It is to be replaced.
    Short,
    /// It has expired.
    Over,
}

impl Lifetime {
    pub(super) fn of(expires_at: Timestamp, now: Timestamp) -> Lifetime {
        let seconds_left = expires_at.as_second() - now.as_second();
        match seconds_left {
            ..=0 => Lifetime::Over,
            _ if seconds_left < CERTIFICATE_EXPIRY_WARNING.as_secs().cast_signed() => Lifetime::Short,
            _ => Lifetime::Long,
        }
    }
}

/// What a client has shown, if it can be read: whom it was issued to, by the DNS names and URIs among its subject
/// alternative names.
pub(in crate::serve) fn client_certificate(certificate: &CertificateDer<'_>) -> Option<ClientCertificate> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let names = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) | GeneralName::URI(name) => Some((*name).to_owned()),
        _ => None,
    });
    Some(ClientCertificate::new(names.collect(), expires_at(certificate).ok()?))
}
