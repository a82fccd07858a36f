//! A copy of a directory tree in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The directories and files in a directory, by their relative paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub dirs: BTreeSet<PathBuf>,
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Image {
    /// Reads a directory.
    pub fn read(root: &Path) -> Image {
        let mut image = Image::default();
        let mut unread = vec![PathBuf::new()];
        while let Some(dir) = unread.pop() {
            for entry in fs::read_dir(root.join(&dir)).expect("a directory") {
                let entry = entry.expect("an entry");
                let path = dir.join(entry.file_name());
                if entry.file_type().expect("a type").is_dir() {
                    image.dirs.insert(path.clone());
                    unread.push(path);
                } else {
                    image.files.insert(path, fs::read(entry.path()).expect("the file is readable"));
                }
            }
        }
        image
    }

    /// Replaces a directory's content with this image.
    pub fn write(&self, root: &Path) {
        if root.exists() {
            fs::remove_dir_all(root).expect("it is removed");
        }
        fs::create_dir_all(root).expect("a directory");
        for dir in &self.dirs {
            fs::create_dir(root.join(dir)).expect("a directory");
        }
        for (file, bytes) in &self.files {
            fs::write(root.join(file), bytes).expect("the file is writable");
        }
    }

    /// Returns the content of an existing file.
    pub fn file(&mut self, path: &Path) -> &mut Vec<u8> {
        self.files.get_mut(path).expect("it is there")
    }

    /// Returns the first path at which two images differ.
    pub fn difference(&self, other: &Image) -> Option<PathBuf> {
        let dirs = self.dirs.symmetric_difference(&other.dirs).next().cloned();
        let paths = self.files.keys().chain(other.files.keys());
        dirs.or_else(|| {
            paths.into_iter().find(|path| self.files.get(*path) != other.files.get(*path)).cloned()
        })
    }
}
