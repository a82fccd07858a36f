//! A recording of changes to a directory, and the states in which a power cut may leave it.
//!
//! The disk is modeled strictly after POSIX: only syncing a file makes its earlier writes and its length durable;
//! only syncing a directory makes the entries created, renamed or removed in it durable, so a synced file may
//! still lose its name. Of the changes that are not durable, any subset may survive: directory changes each as a
//! whole (a rename is one change), writes in sectors of 512 bytes. Writes to the same sector take effect in their
//! order. A file system may guarantee more (ext4 keeps the name of a new file that was synced); the log does not
//! rely on that.

use super::disk::Step;
use super::image::Image;
use super::workload::Acknowledged;
use crate::seed::Random;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const SECTOR_BYTES: u64 = 512;

/// The recorded steps, and the directory before them.
#[derive(Debug)]
pub struct Recording {
    pub before: Image,
    pub steps: Vec<Step>,
}

/// Which of the changes that are not durable survive.
#[derive(Debug, Clone)]
pub enum Survives {
    All,
    Nothing,
    /// About `one` in `of` changes, and writes partially.
    Some {
        random: Random,
        one: u64,
        of: u64,
    },
}

impl Survives {
    fn next(&mut self) -> bool {
        match self {
            Survives::All => true,
            Survives::Nothing => false,
            Survives::Some { random, one, of } => random.below(*of) < *one,
        }
    }

    /// Returns the surviving parts of a write, as offsets and lengths within it.
    fn parts(&mut self, offset: u64, bytes: usize) -> Vec<(usize, usize)> {
        if !self.next() {
            return vec![];
        }
        let Survives::Some { random, .. } = self else { return vec![(0, bytes)] };
        if random.one_in(2) {
            return vec![(0, bytes)];
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while at < bytes {
            let to_border = (SECTOR_BYTES - (offset + at as u64) % SECTOR_BYTES) as usize;
            let length = to_border.min(bytes - at);
            if random.one_in(2) {
                parts.push((at, length));
            }
            at += length;
        }
        parts
    }
}

type FileNumber = usize;

/// What a directory entry refers to.
#[derive(Debug, Clone, Copy)]
enum Node {
    Dir,
    File(FileNumber),
}

/// The present directory entries, with numbered files.
struct Names(HashMap<PathBuf, Node>);

impl Names {
    fn of(image: &Image) -> Names {
        let dirs = image.dirs.iter().map(|path| (path.clone(), Node::Dir));
        let files = image.files.keys().zip(0..).map(|(path, number)| (path.clone(), Node::File(number)));
        Names(dirs.chain(files).collect())
    }

    fn file(&self, path: &Path) -> FileNumber {
        match self.0.get(path) {
            Some(Node::File(number)) => *number,
            _ => panic!("{} is no file that was recorded", path.display()),
        }
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || matches!(self.0.get(path), Some(Node::Dir))
    }
}

/// Effect of a step on the disk.
enum Effect<'a> {
    /// Directory entries are set or removed, atomically.
    Name {
        dir: PathBuf,
        changes: Vec<(PathBuf, Option<Node>)>,
    },
    Write {
        file: FileNumber,
        offset: u64,
        bytes: &'a [u8],
    },
    SetLen {
        file: FileNumber,
        len: u64,
    },
}

impl Recording {
    /// Returns the commits acknowledged before a step.
    pub fn acknowledged_before(&self, step: usize) -> Vec<Acknowledged> {
        let acknowledged = |step: &Step| match step {
            Step::Acknowledged(acknowledged) => Some(*acknowledged),
            _ => None,
        };
        self.steps[..step].iter().filter_map(acknowledged).collect()
    }

    /// Returns the steps that change the disk, and the end: the moments at which a power cut makes a difference.
    pub fn moments(&self) -> Vec<usize> {
        let is_acknowledgement = |step: &usize| matches!(self.steps.get(*step), Some(Step::Acknowledged(_)));
        (0..=self.steps.len()).filter(|step| !is_acknowledgement(step)).collect()
    }

    /// Returns the directory after a power cut just before a step.
    pub fn state(&self, step: usize, mut survives: Survives) -> Image {
        let mut files: Vec<Vec<u8>> = self.before.files.values().cloned().collect();
        let mut names: BTreeMap<PathBuf, Node> = Names::of(&self.before).0.into_iter().collect();
        for (effect, durable) in self.effects(step) {
            let mut part = if durable { Survives::All } else { survives.clone() };
            match effect {
                Effect::Name { changes, .. } if part.next() => {
                    for (name, node) in changes {
                        match node {
                            Some(node) => names.insert(name, node),
                            None => names.remove(&name),
                        };
                    }
                }
                Effect::Name { .. } => {}
                Effect::Write { file, offset, bytes } => {
                    let content = file_of(&mut files, file);
                    for (at, length) in part.parts(offset, bytes.len()) {
                        let start = offset as usize + at;
                        content.resize(content.len().max(start + length), 0);
                        content[start..start + length].copy_from_slice(&bytes[at..at + length]);
                    }
                }
                Effect::SetLen { file, len } => {
                    if part.next() {
                        file_of(&mut files, file).resize(len as usize, 0);
                    }
                }
            }
            if !durable {
                survives = part;
            }
        }
        assemble(&names, &files)
    }

    /// Returns the effects of the steps before one, and whether each was durable by then.
    fn effects(&self, step: usize) -> Vec<(Effect<'_>, bool)> {
        let mut names = Names::of(&self.before);
        let mut effects: Vec<(Effect<'_>, bool)> = Vec::new();
        let mut files = self.before.files.len();
        let parent = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        for step in &self.steps[..step] {
            let effect = match step {
                Step::Acknowledged(_) => continue,
                Step::Sync(path) => {
                    let dir = names.is_dir(path);
                    let synced = (!dir).then(|| names.file(path));
                    for (effect, durable) in &mut effects {
                        *durable |= match effect {
                            Effect::Name { dir: of, .. } => dir && of == path,
                            Effect::Write { file, .. } | Effect::SetLen { file, .. } => Some(*file) == synced,
                        };
                    }
                    continue;
                }
                Step::MakeDir(path) => {
                    Effect::Name { dir: parent(path), changes: vec![(path.clone(), Some(Node::Dir))] }
                }
                Step::Create(path) => {
                    files += 1;
                    let node = Node::File(files - 1);
                    Effect::Name { dir: parent(path), changes: vec![(path.clone(), Some(node))] }
                }
                Step::Remove(path) => Effect::Name { dir: parent(path), changes: vec![(path.clone(), None)] },
                Step::Rename { from, to } => {
                    let node = Node::File(names.file(from));
                    assert_eq!(parent(from), parent(to), "files stay in their directories");
                    let changes = vec![(from.clone(), None), (to.clone(), Some(node))];
                    Effect::Name { dir: parent(from), changes }
                }
                Step::Write { file, offset, bytes } => {
                    Effect::Write { file: names.file(file), offset: *offset, bytes }
                }
                Step::SetLen { file, len } => Effect::SetLen { file: names.file(file), len: *len },
            };
            if let Effect::Name { changes, .. } = &effect {
                for (name, node) in changes {
                    match node {
                        Some(node) => names.0.insert(name.clone(), *node),
                        None => names.0.remove(name),
                    };
                }
            }
            effects.push((effect, false));
        }
        effects
    }
}

fn file_of(files: &mut Vec<Vec<u8>>, number: FileNumber) -> &mut Vec<u8> {
    if files.len() <= number {
        files.resize(number + 1, Vec::new());
    }
    &mut files[number]
}

/// Builds the image of everything reachable. Parents sort before their entries.
fn assemble(names: &BTreeMap<PathBuf, Node>, files: &[Vec<u8>]) -> Image {
    let mut image = Image::default();
    for (path, node) in names {
        let parent = path.parent().unwrap_or(Path::new(""));
        if !parent.as_os_str().is_empty() && !image.dirs.contains(parent) {
            continue;
        }
        match node {
            Node::Dir => drop(image.dirs.insert(path.clone())),
            Node::File(number) => {
                drop(image.files.insert(path.clone(), files.get(*number).cloned().unwrap_or_default()))
            }
        }
    }
    image
}
