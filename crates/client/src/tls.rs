//! What a connection with TLS needs, and what its faults mean.

mod handshake;

pub(crate) use handshake::refusal;

use std::fmt;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// How rustls begins to say that it does not accept a server's certificate.
const CERTIFICATE_FAULT: &str = "invalid peer certificate: ";
/// How rustls begins to say why the server ends the connection.
const ALERT: &str = "received fatal alert: ";

/// How connections with TLS are made.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Whose certificates a server may show.
    pub trust: Trust,
    /// What is shown to a server that asks for a certificate.
    pub certificate: Option<ClientCertificate>,
}

/// Whose certificates a server may show.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// Those that this machine trusts.
    #[default]
    System,
    /// Those signed by one of these authorities, in PEM.
    Authorities(String),
}

/// A certificate of one's own, and its private key.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The certificate and those between it and its authority, in PEM.
    pub certificate: String,
    /// Its private key, in PEM.
    pub key: String,
}

// The key is not for logs.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

impl Tls {
    pub(crate) fn config(&self) -> ClientTlsConfig {
        let config = match &self.trust {
            Trust::System => ClientTlsConfig::new().with_native_roots(),
            Trust::Authorities(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        };
        match &self.certificate {
            Some(own) => config.identity(Identity::from_pem(&own.certificate, &own.key)),
            None => config,
        }
    }
}

/// Why a server's certificate is not accepted and what to do, if that is the cause of a failure.
pub(crate) fn distrust(cause: &str) -> Option<String> {
    let fault = cause.strip_prefix(CERTIFICATE_FAULT)?;
    Some(if fault.contains("expired") {
        format!("it has expired, and is to be replaced on the server ({fault})")
    } else if fault.contains("not valid for name") {
        format!("it is for another name; use one of its names in the address ({fault})")
    } else if matches!(fault, "UnknownIssuer" | "BadSignature") {
        format!("no trusted authority has signed it; --ca-file names a file with the one that did ({fault})")
    } else {
        fault.to_owned()
    })
}

/// What the cause of a broken connection means and what to do, if it is one of TLS.
pub(crate) fn explain(cause: &str) -> Option<String> {
    if cause.contains("InvalidContentType") {
        return Some(
            "no TLS is spoken there; use http:// in the address, or set tls.certificate_file there".into(),
        );
    }
    let alert = cause.strip_prefix(ALERT)?;
    match alert {
        "CertificateRequired" => {
            Some("the server asks for a certificate; --cert-file and --key-file name yours".into())
        }
        "UnknownCA"
        | "BadCertificate"
        | "CertificateExpired"
        | "CertificateUnknown"
        | "CertificateRevoked"
        | "UnsupportedCertificate"
        | "DecryptError"
        | "AccessDenied" => {
            Some(format!("the server does not accept the certificate that --cert-file names ({alert})"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let own = ClientCertificate { certificate: "public".into(), key: "secret".into() };
        let tls = Tls { certificate: Some(own), ..Tls::default() };
        assert!(!format!("{tls:?}").contains("secret"), "{tls:?}");
    }
}
