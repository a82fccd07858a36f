//! The NKey that stands for this process: a key pair whose seed is in a file, and whose public half the broker knows.

use async_nats::{Auth, AuthError, ConnectOptions};
use nkeys::KeyPair;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Maximum size of the file with a seed, in bytes.
const SEED_FILE_BYTES_MAX: u64 = 4096;

/// Options that sign what the broker asks with the seed in this file. It is read at every connection, so that a seed
/// can be replaced while the process runs; it must be readable now as well.
pub(super) fn options(file: &Path) -> Result<ConnectOptions, String> {
    read(file)?;
    let file = file.to_owned();
    Ok(ConnectOptions::with_auth_callback(move |nonce| std::future::ready(sign(&file, &nonce))))
}

fn sign(file: &Path, nonce: &[u8]) -> Result<Auth, AuthError> {
    let pair = read(file).map_err(AuthError::new)?;
    let mut auth = Auth::new();
    auth.signature = Some(pair.sign(nonce).map_err(AuthError::new)?);
    auth.nkey = Some(pair.public_key());
    Ok(auth)
}

/// Reads the seed of a user: alone, or between the lines with which `nsc` marks it.
fn read(file: &Path) -> Result<KeyPair, String> {
    let fault = |why: String| format!("the NKey seed in {} {why}", file.display());
    let mut text = String::new();
    File::open(file)
        .and_then(|open| open.take(SEED_FILE_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| fault(format!("cannot be read: {error}")))?;
    let seed = text.lines().map(str::trim).find(|line| line.starts_with("SU"));
    let seed =
        seed.ok_or_else(|| fault("is missing: no line begins with SU, as the seed of a user does".into()))?;
    KeyPair::from_seed(seed).map_err(|error| fault(format!("is damaged: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const SEED: &str = "SUANQDPB2RUOE4ETUA26CNX7FUKE5ZZKFCQIIW63OX225F2CO7UEXTM7ZY";

    fn read_text(text: &str) -> Result<KeyPair, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path())
    }

    #[test]
    fn a_seed_is_found_alone_and_between_marks() {
        let marked = format!("-----BEGIN USER NKEY SEED-----\n{SEED}\n------END USER NKEY SEED------\n");
        for text in [SEED.to_owned(), format!("{SEED}\n"), format!("  {SEED}\r\n"), marked] {
            assert_eq!(read_text(&text).unwrap().seed().unwrap(), SEED);
        }
    }

    #[test]
    fn what_is_no_seed_is_refused_without_being_shown() {
        let damaged = SEED.replace("QDPB", "QDPA");
        let account = KeyPair::new_account().seed().unwrap();
        for (text, why) in [("", "is missing"), (account.as_str(), "is missing"), (&damaged, "is damaged")] {
            let refusal = read_text(text).unwrap_err();
            assert!(refusal.contains(why), "{refusal}");
            assert!(text.is_empty() || !refusal.contains(text), "{refusal}");
        }
        assert!(read(Path::new("/nowhere/nkey")).unwrap_err().contains("/nowhere/nkey cannot be read"));
    }
}
