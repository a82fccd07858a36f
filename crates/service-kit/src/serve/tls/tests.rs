use super::*;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::fs;

/// A certificate that expires in this year, and its key, both in PEM.
fn pair(year: i32) -> (String, String) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, 1, 1);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn write(files: &TlsFiles, (certificate, key): &(String, String)) {
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles { certificate: folder.join("c.pem"), key: folder.join("k.pem"), client_authorities: None }
}

fn year(tls: &Tls) -> String {
    tls.certificate_expires_at().to_string()[..4].to_owned()
}

#[test]
fn a_new_certificate_is_taken_over_and_one_that_cannot_be_used_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    write(&files, &pair(2090));
    let tls = Tls::open(files.clone()).unwrap();
    assert_eq!(year(&tls), "2090");
    let next = pair(2091);
    // Between the two files, the key is that of another certificate.
    fs::write(&files.certificate, &next.0).unwrap();
    tls.reread(false);
    assert_eq!(year(&tls), "2090");
    fs::write(&files.key, &next.1).unwrap();
    tls.reread(false);
    assert_eq!(year(&tls), "2091");
    write(&files, &pair(2020));
    tls.reread(true);
    assert_eq!(year(&tls), "2091", "an expired one does not take the place of a valid one");
    fs::remove_file(&files.key).unwrap();
    tls.reread(true);
    assert_eq!(year(&tls), "2091");
}

#[test]
fn what_cannot_be_used_is_said_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let good = files(folder.path());
    let (certificate, key) = pair(2090);
    for (certificate, key, why) in [
        (key.as_str(), key.as_str(), "c.pem: it has no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            key.as_str(),
            "c.pem: a certificate in it cannot be read",
        ),
        (certificate.as_str(), certificate.as_str(), "k.pem: it has no private key"),
        (certificate.as_str(), pair(2090).1.as_str(), "k.pem: the key is not that of the certificate"),
    ] {
        write(&good, &(certificate.to_owned(), key.to_owned()));
        let refused = Tls::open(good.clone()).err().unwrap().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    write(&good, &(certificate, key));
    let clients = TlsFiles { client_authorities: Some(folder.path().join("nowhere.pem")), ..good };
    assert!(Tls::open(clients).err().unwrap().to_string().contains("nowhere.pem"));
}
