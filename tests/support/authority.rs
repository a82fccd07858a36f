//! An authority that issues certificates, and the files that TLS reads.

use anyhow::Context as _;
use client::{ClientCertificate, Tls, Trust};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use std::path::{Path, PathBuf};

/// Somebody who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its private key, both in PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// Another authority each time.
    pub fn new() -> anyhow::Result<Authority> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("Authority {}", uuid::Uuid::now_v7()));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Authority(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server with this name.
    pub fn server(&self, name: &str) -> anyhow::Result<Certified> {
        self.issue(CertificateParams::new(vec![name.to_owned()])?, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a server with this name that has expired long ago.
    pub fn expired_server(&self, name: &str) -> anyhow::Result<Certified> {
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.not_after = date_time_ymd(2020, 1, 1);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client with this URI, such as `spiffe://river/archive`.
    pub fn client(&self, uri: &str) -> anyhow::Result<Certified> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(uri.try_into()?)];
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> anyhow::Result<Certified> {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?.pem();
        Ok(Certified { certificate, key: key.serialize_pem() })
    }

    /// How a client connects that trusts this authority, and shows this certificate.
    pub fn tls(&self, own: Option<&Certified>) -> Tls {
        let certificate =
            own.map(|own| ClientCertificate { certificate: own.certificate.clone(), key: own.key.clone() });
        Tls { trust: Trust::Authorities(self.pem()), certificate }
    }
}

/// The files that a server's settings name, in a folder that goes with the value.
pub struct TlsFolder(tempfile::TempDir);

impl TlsFolder {
    /// A folder with this certificate, and the authority of clients, if they must show one.
    pub fn new(server: &Certified, clients: Option<&Authority>) -> anyhow::Result<TlsFolder> {
        let folder = TlsFolder(tempfile::tempdir()?);
        folder.put(server)?;
        if let Some(clients) = clients {
            std::fs::write(folder.path("clients.pem"), clients.pem())?;
        }
        Ok(folder)
    }

    /// Puts another certificate in the place of the one that is there.
    pub fn put(&self, server: &Certified) -> anyhow::Result<()> {
        for (name, text) in [("server.pem", &server.certificate), ("server-key.pem", &server.key)] {
            let new = self.path("new");
            std::fs::write(&new, text)?;
            std::fs::rename(new, self.path(name)).context("renaming is one step")?;
        }
        Ok(())
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file in it with this content.
    pub fn file(&self, name: &str, text: &str) -> anyhow::Result<String> {
        std::fs::write(self.path(name), text)?;
        Ok(shown(&self.path(name)))
    }

    /// The settings of a server that uses the files.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("HUISHANG_TLS__CERTIFICATE_FILE", shown(&self.path("server.pem"))),
            ("HUISHANG_TLS__KEY_FILE", shown(&self.path("server-key.pem"))),
        ];
        if self.path("clients.pem").exists() {
            settings.push(("HUISHANG_TLS__CLIENT_CA_FILE", shown(&self.path("clients.pem"))));
        }
        settings
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
