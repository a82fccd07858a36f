use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn development_keys_are_created_where_there_is_neither() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("data/keys");
    assert!(ensure_development_keys(&keys).unwrap());
    let (private, public) = (fs::read(keys.join(SIGNING_KEY)).unwrap(), fs::read(keys.join(JWKS)).unwrap());
    // Another start leaves them as they are.
    assert!(!ensure_development_keys(&keys).unwrap());
    assert_eq!(fs::read(keys.join(SIGNING_KEY)).unwrap(), private);
    assert_eq!(fs::read(keys.join(JWKS)).unwrap(), public);
    // Only their owner can read them.
    assert_eq!(mode(&keys), 0o700);
    assert_eq!(mode(&keys.join(SIGNING_KEY)), 0o600);
    assert_eq!(mode(&keys.join(JWKS)), 0o600);
}

#[test]
fn what_exists_is_never_written_over() {
    for (own, missing) in [(JWKS, SIGNING_KEY), (SIGNING_KEY, JWKS)] {
        // Given one of the two files, made by somebody else
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(own), "my own").unwrap();
        // When development keys are wanted
        let refused = ensure_development_keys(folder.path()).unwrap_err().to_string();
        // Then it stays, nothing is put beside it, and the error says what to do.
        assert_eq!(fs::read_to_string(folder.path().join(own)).unwrap(), "my own");
        assert!(!folder.path().join(missing).exists());
        for part in [own, missing, "identity.jwks", "move this one away"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}

#[test]
fn a_link_that_leads_nowhere_is_something() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("not-mounted");
    std::os::unix::fs::symlink(&elsewhere, folder.path().join(SIGNING_KEY)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.path().join("ledger-key.pem")).unwrap();
    assert!(ensure_development_keys(folder.path()).is_err());
    assert!(ensure_key(&folder.path().join("ledger-key.pem")).is_err());
    assert!(!elsewhere.exists(), "no key was written to where the link leads");
}

#[test]
fn a_ledgers_key_is_created_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys/ledger-key.pem");
    let key = ensure_key(&file).unwrap();
    assert_eq!(ensure_key(&file).unwrap().to_bytes(), key.to_bytes());
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    // Given a damaged one, then it is named, with what to do, and stays.
    fs::write(&file, "damaged").unwrap();
    let refused = ensure_key(&file).unwrap_err().to_string();
    assert!(refused.contains("ledger-key.pem") && refused.contains("put back a copy"), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "damaged");
}
