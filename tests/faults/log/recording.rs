//! What was done to a directory, and the states in which a power cut can leave it.
//!
//! The model of the disk is the strict one of POSIX: only a sync of a file makes what was written to it
//! before durable, with its length; only a sync of a directory makes what was created, renamed or removed in
//! it durable, so a file that was synced can still lack its name. Of what is not durable any part may
//! survive, in any choice: of names each by itself (a renaming is one thing), of writes each sector of 512
//! bytes by itself. Two writes of the same sector survive in their order. A file system may promise more
//! (ext4 keeps the name of a new file that was synced); the log does not rely on that.

use super::disk::Step;
use super::image::Image;
use super::workload::Acknowledged;
use crate::seed::Random;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const SECTOR_BYTES: u64 = 512;

/// The steps that were recorded, and the directory before them.
#[derive(Debug)]
pub struct Recording {
    pub before: Image,
    pub steps: Vec<Step>,
}

/// What survives of that which is not durable.
#[derive(Debug, Clone)]
pub enum Survives {
    All,
    Nothing,
    /// Of `of` things about `one`, writes in part.
    Some {
        random: Random,
        one: u64,
        of: u64,
    },
}

impl Survives {
    fn this(&mut self) -> bool {
        match self {
            Survives::All => true,
            Survives::Nothing => false,
            Survives::Some { random, one, of } => random.below(*of) < *one,
        }
    }

    /// The parts of a write that survive: offset and length in its bytes.
    fn parts(&mut self, offset: u64, bytes: usize) -> Vec<(usize, usize)> {
        if !self.this() {
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

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
enum Node {
    Dir,
    File(FileNumber),
}

/// The directory as it is seen by who works on it, by the numbers of its files.
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

/// What a step does to the disk.
enum Effect<'a> {
    /// Names get or lose what they stand for, all or none.
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
    /// The commits whose callers had been told before a step.
    pub fn told_before(&self, step: usize) -> Vec<Acknowledged> {
        let told = |step: &Step| match step {
            Step::Told(acknowledged) => Some(*acknowledged),
            _ => None,
        };
        self.steps[..step].iter().filter_map(told).collect()
    }

    /// Before which steps the disk is another one than before the others, and the end.
    pub fn moments(&self) -> Vec<usize> {
        let told = |step: &usize| matches!(self.steps.get(*step), Some(Step::Told(_)));
        (0..=self.steps.len()).filter(|step| !told(step)).collect()
    }

    /// The directory as a power cut before a step leaves it.
    pub fn state(&self, step: usize, mut survives: Survives) -> Image {
        let mut files: Vec<Vec<u8>> = self.before.files.values().cloned().collect();
        let mut names: BTreeMap<PathBuf, Node> = Names::of(&self.before).0.into_iter().collect();
        for (effect, durable) in self.effects(step) {
            let mut part = if durable { Survives::All } else { survives.clone() };
            match effect {
                Effect::Name { changes, .. } if part.this() => {
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
                    if part.this() {
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

    /// What the steps before one did, and whether that was durable then.
    fn effects(&self, step: usize) -> Vec<(Effect<'_>, bool)> {
        let mut names = Names::of(&self.before);
        let mut effects: Vec<(Effect<'_>, bool)> = Vec::new();
        let mut files = self.before.files.len();
        let parent = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        for step in &self.steps[..step] {
            let effect = match step {
                Step::Told(_) => continue,
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

/// What can be reached: names in directories that are there. A parent comes before what is in it.
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
