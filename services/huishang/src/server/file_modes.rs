//! Who may read the files of a process. The umask takes care of what is written from now on; what an earlier version,
//! a restore or a copy left readable is tightened before anything is opened.

use anyhow::{Context as _, bail};
use service_kit::config::Config;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What the owner's group and everybody else may do.
const GROUP_AND_OTHERS: u32 = 0o077;
/// What everybody else may do.
const OTHERS: u32 = 0o007;

/// Takes the rights of all but their owner from log, views, keys, keys of persons and signed head.
///
/// # Errors
/// The modes cannot be changed, and everybody can read them.
pub fn tighten(config: &Config) -> anyhow::Result<()> {
    let mut tightened = Vec::new();
    for folder in ["log", "views", "keys", "personal-keys"] {
        tighten_all(&config.data.join(folder), &mut tightened)?;
    }
    tighten_all(&config.signed_head(), &mut tightened)?;
    tighten_all(&config.ledger_key(), &mut tightened)?;
    tighten_all(&config.delivery_key(), &mut tightened)?;
    tighten_all(&config.session_key(), &mut tightened)?;
    if let Some(key) = &config.ledger.sm2_key {
        tighten_all(key, &mut tightened)?;
    }
    if let Some(first) = tightened.first() {
        let (files, first) = (tightened.len(), first.display());
        tracing::warn!(files, %first, "others had access to files of this process; only their owner has now");
    }
    Ok(())
}

/// Tightens what is there under this name, and everything in it; links in it are not followed.
fn tighten_all(path: &Path, tightened: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("cannot look at {}", path.display());
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(unreadable),
    };
    tighten_one(path, &meta, tightened)?;
    if !meta.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        if !entry.file_type().with_context(unreadable)?.is_symlink() {
            tighten_all(&entry.path(), tightened)?;
        }
    }
    Ok(())
}

fn tighten_one(path: &Path, meta: &Metadata, tightened: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mode = meta.permissions().mode() & 0o7777;
    if mode & GROUP_AND_OTHERS == 0 {
        return Ok(());
    }
    let path_shown = path.display();
    match fs::set_permissions(path, Permissions::from_mode(mode & !GROUP_AND_OTHERS)) {
        Ok(()) => tightened.push(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // Kubernetes gives the files of a Secret to a group.
        Err(error) if mode & OTHERS == 0 => {
            tracing::warn!(path = %path_shown, %error, "its group has access, and that cannot be changed: it is {mode:03o}");
        }
        Err(error) => bail!(
            "everybody has access to {path_shown} (mode {mode:03o}), and that cannot be changed: {error}. Run \
             'chmod -R go= {path_shown}' as its owner, or make it belong to the user that runs huishang; a file that is \
             mounted needs a mode such as 0400"
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_others_could_read_is_their_owners_only() {
        let folder = tempfile::tempdir().unwrap();
        let sm2_key = folder.path().join("own/sm2-key.pem");
        let mut config = Config { data: folder.path().join("data"), ..Config::default() };
        config.ledger.sm2_key = Some(sm2_key.clone());
        let (key, view) = (config.ledger_key(), config.data.join("views/followup.sqlite"));
        for (file, mode) in [(&key, 0o444), (&view, 0o664), (&config.signed_head(), 0o604), (&sm2_key, 0o640)]
        {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "private").unwrap();
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
        let foreign = folder.path().join("foreign");
        fs::write(&foreign, "for everybody").unwrap();
        fs::set_permissions(&foreign, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&foreign, config.data.join("views/link")).unwrap();

        tighten(&config).unwrap();
        assert_eq!((mode(&key), mode(&view), mode(&config.signed_head())), (0o400, 0o600, 0o600));
        assert_eq!(mode(&sm2_key), 0o600);
        assert_eq!((mode(key.parent().unwrap()), mode(view.parent().unwrap())), (0o700, 0o700));
        assert_eq!(mode(&foreign), 0o644, "what a link leads to is not ours");
    }

    #[test]
    fn what_everybody_can_read_for_good_is_refused_with_what_to_do() {
        // Nobody, not even root, can change the mode of this file.
        let refused =
            tighten_all(Path::new("/proc/sys/kernel/ostype"), &mut Vec::new()).unwrap_err().to_string();
        assert!(refused.contains("chmod -R go= /proc/sys/kernel/ostype"), "{refused}");
    }
}
