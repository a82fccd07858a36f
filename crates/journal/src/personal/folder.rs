//! A folder of keys, each in a file of its own: what is destroyed leaves nothing in a file that stays.

use super::key::{Key, STORED_BYTES};
use domain::Uuid;
use event_log::durable_file::sync_parent;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The keys on this disk.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
    /// Held while a file is written or removed: a ledger and an erasure may do the same at the same moment.
    changing: Arc<Mutex<()>>,
}

impl KeyFolder {
    /// Opens a folder, and creates it if it is not there. What a crash has left half done is tidied up: a key that was
    /// not written whole was never used, and one that was overwritten is destroyed.
    pub fn open(path: &Path) -> io::Result<KeyFolder> {
        if !path.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            sync_parent(path)?;
        }
        Ok(KeyFolder { path: path.to_owned(), changing: Arc::default() })
    }

    fn file(&self, id: Uuid) -> PathBuf {
        self.path.join(id.to_string())
    }

    /// Reads all keys.
    pub(super) fn read(&self) -> io::Result<Vec<Key>> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let id =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| Uuid::try_parse(name).ok());
            let Some(id) = id else {
                if path.extension().is_some_and(|ending| ending == "part") {
                    destroy(&path)?;
                }
                continue;
            };
            let stored = fs::read(&path)?;
            if stored.iter().all(|byte| *byte == 0) {
                destroy(&path)?;
                continue;
            }
            let malformed = || {
                let what = format!("{} is no key: it has {} bytes", path.display(), stored.len());
                io::Error::new(io::ErrorKind::InvalidData, what)
            };
            keys.push(Key::from_bytes(id, &stored).ok_or_else(malformed)?);
        }
        Ok(keys)
    }

    /// Whether it has a key.
    pub(super) fn has(&self, id: Uuid) -> bool {
        self.file(id).exists()
    }

    /// Stores a key durably.
    pub(super) fn store(&self, id: Uuid, key: &[u8; STORED_BYTES]) -> io::Result<()> {
        let _changing = self.changing();
        let file = self.file(id);
        let part = file.with_added_extension("part");
        let mut written =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        written.write_all(key)?;
        written.sync_all()?;
        fs::rename(&part, &file)?;
        sync_parent(&file)
    }

    /// Destroys a key, if it is there: overwrites it and removes it, durably.
    pub(super) fn destroy(&self, id: Uuid) -> io::Result<()> {
        let _changing = self.changing();
        destroy(&self.file(id))
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn destroy(file: &Path) -> io::Result<()> {
    let mut opened = match OpenOptions::new().write(true).open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    opened.write_all(&[0; STORED_BYTES])?;
    opened.sync_all()?;
    fs::remove_file(file)?;
    sync_parent(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::key::Tag;
    use std::sync::Barrier;

    #[test]
    fn a_key_is_read_as_it_was_stored_until_it_is_destroyed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = KeyFolder::open(&parent.path().join("keys")).unwrap();
        let [one, other] = ["li", "wang"].map(|name| Key::generate(Tag::of(name)));
        folder.store(one.id, &one.to_bytes()).unwrap();
        folder.store(other.id, &other.to_bytes()).unwrap();
        folder.destroy(one.id).unwrap();
        folder.destroy(one.id).unwrap();
        let kept = folder.read().unwrap();
        assert_eq!(kept.iter().map(|key| key.id).collect::<Vec<_>>(), [other.id]);
        assert_eq!(kept[0].to_bytes(), other.to_bytes());
    }

    #[test]
    fn several_may_store_or_destroy_a_key_at_the_same_moment() {
        let parent = tempfile::tempdir().unwrap();
        let folder = KeyFolder::open(parent.path()).unwrap();
        let at_once = |change: fn(&KeyFolder, &Key) -> io::Result<()>, key: &Key| {
            let barrier = Barrier::new(4);
            let wait_and_change = || {
                barrier.wait();
                change(&folder, key)
            };
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(wait_and_change)).collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
            });
        };
        for nth in 0..50 {
            let key = Key::generate(Tag::of(&format!("li {nth}")));
            at_once(|folder, key| folder.store(key.id, &key.to_bytes()), &key);
            assert!(folder.has(key.id));
            at_once(|folder, key| folder.destroy(key.id), &key);
            assert!(!folder.has(key.id));
        }
        assert!(folder.read().unwrap().is_empty());
    }

    #[test]
    fn what_a_crash_has_left_is_tidied_up() {
        let parent = tempfile::tempdir().unwrap();
        let folder = KeyFolder::open(parent.path()).unwrap();
        let key = Key::generate(Tag::of("li"));
        fs::write(folder.file(key.id).with_added_extension("part"), &key.to_bytes()[..20]).unwrap();
        let overwritten = folder.file(Uuid::new_v4());
        fs::write(&overwritten, [0; STORED_BYTES]).unwrap();
        assert!(folder.read().unwrap().is_empty());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);

        fs::write(&overwritten, b"short").unwrap();
        assert!(folder.read().unwrap_err().to_string().contains("is no key"));
    }
}
