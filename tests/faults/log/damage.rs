//! Damage to the files of a closed log is either reported or harmless, never silent.
//!
//! `FAULTS_DAMAGES` is the number of random damages in addition to those of whole files, `FAULTS_SEED` selects
//! them, and `FAULTS_ONLY` selects a single one.

use super::image::Image;
use super::proof::{self, Found};
use super::scenarios;
use super::workload::runtime;
use crate::seed::{Random, command, seed, setting};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use tempfile::TempDir;

const TEST: &str = "damage_is_reported_or_harmless";
const DAMAGES: u64 = 160;
const PAGE_BYTES: usize = 4096;
const ANCHORS: [&str; 2] = ["anchor.a", "anchor.b"];

#[derive(Debug, Clone)]
enum Damage {
    /// One bit is flipped.
    Bit { file: PathBuf, bit: usize },
    /// A page is zeroed.
    Page { file: PathBuf, page: usize },
    /// The file is truncated.
    Tail { file: PathBuf, len: usize },
    /// The files are missing.
    Missing(Vec<PathBuf>),
    /// The file is replaced by an older version.
    Old(PathBuf),
    /// Everything except the anchors is replaced by an older version.
    AllOld,
}

#[test]
fn damage_is_reported_or_harmless() {
    let (seed, damages) = (seed(), setting("FAULTS_DAMAGES", DAMAGES));
    let only = Some(setting("FAULTS_ONLY", u64::MAX)).filter(|only| *only != u64::MAX);
    let temp = TempDir::new().expect("temporary directory");
    let origin = temp.path().join("origin");
    let mut old = Image::default();
    let acknowledged = runtime()
        .block_on(scenarios::in_two_halves(&origin, || old = Image::read(&origin)))
        .expect("nothing fails");
    let whole = Image::read(&origin);
    let mut tried = of_whole_files(&whole, &old);
    tried.extend((0..damages).map(|number| at_random(&whole, &mut Random::new(seed, number))));

    let (next, silent) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let outcomes = [const { AtomicU64::new(0) }; 2];
    thread::scope(|scope| {
        for worker in 0..thread::available_parallelism().map_or(1, usize::from) {
            let dir = temp.path().join(format!("damaged.{worker}"));
            let (next, silent, tried, outcomes) = (&next, &silent, &tried, &outcomes);
            let (whole, old, acknowledged) = (&whole, &old, &acknowledged);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(damage) = tried.get(number) else { return };
                    if only.is_some_and(|only| only != number as u64) {
                        continue;
                    }
                    damage.apply(whole, old).write(&dir);
                    match proof::check(&dir, acknowledged) {
                        Ok(Found::Reported(_)) => drop(outcomes[0].fetch_add(1, Ordering::Relaxed)),
                        Ok(Found::Intact { .. }) => drop(outcomes[1].fetch_add(1, Ordering::Relaxed)),
                        Err(why) => {
                            silent.lock().expect("no panic").push(report(number, damage, seed, damages, &why))
                        }
                    }
                }
            });
        }
    });
    let silent = silent.into_inner().expect("no panic");
    assert!(silent.is_empty(), "{} of {}:\n{}", silent.len(), tried.len(), silent.join("\n"));
    let [reported, harmless] = outcomes.map(AtomicU64::into_inner);
    assert!(
        only.is_some() || reported > harmless / 8,
        "{reported} were reported, {harmless} harmless: is anything damaged?"
    );
}

fn report(number: usize, damage: &Damage, seed: u64, damages: u64, why: &str) -> String {
    let settings = [("SEED", seed), ("DAMAGES", damages), ("ONLY", number as u64)];
    format!("{number}, {damage:?}: {why}\n  {}", command(TEST, &settings))
}

/// Returns the damages of whole files: each file missing, each replaced by its older version, both anchors
/// missing, and everything except the anchors older.
fn of_whole_files(whole: &Image, old: &Image) -> Vec<Damage> {
    let missing = whole.files.keys().map(|file| Damage::Missing(vec![file.clone()]));
    let older = old.files.iter().filter(|(file, bytes)| whole.files.get(*file) != Some(bytes));
    let older = older.map(|(file, _)| Damage::Old(file.clone()));
    let anchors = Damage::Missing(ANCHORS.map(PathBuf::from).to_vec());
    missing.chain(older).chain([anchors, Damage::AllOld]).collect()
}

/// Returns random damage, half of it in the largest file.
fn at_random(whole: &Image, random: &mut Random) -> Damage {
    let files: Vec<_> = whole.files.iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let largest = files.iter().max_by_key(|(_, bytes)| bytes.len());
    let any = &files[random.below(files.len() as u64) as usize];
    let (file, bytes) = if random.one_in(2) { any } else { largest.unwrap_or(any) };
    let (file, len) = ((*file).clone(), bytes.len() as u64);
    match random.below(4) {
        0 => Damage::Page { file, page: random.below(len.div_ceil(PAGE_BYTES as u64)) as usize },
        1 => Damage::Tail { file, len: random.below(len) as usize },
        _ => Damage::Bit { file, bit: random.below(len * 8) as usize },
    }
}

impl Damage {
    fn apply(&self, whole: &Image, old: &Image) -> Image {
        let mut image = whole.clone();
        match self {
            Damage::Bit { file, bit } => image.file(file)[bit / 8] ^= 1 << (bit % 8),
            Damage::Page { file, page } => {
                let bytes = image.file(file);
                let end = ((page + 1) * PAGE_BYTES).min(bytes.len());
                bytes[page * PAGE_BYTES..end].fill(0);
            }
            Damage::Tail { file, len } => image.file(file).truncate(*len),
            Damage::Missing(files) => image.files.retain(|file, _| !files.contains(file)),
            Damage::Old(file) => drop(image.files.insert(file.clone(), old.files[file].clone())),
            Damage::AllOld => {
                image = old.clone();
                for anchor in ANCHORS.map(Path::new) {
                    image.files.insert(anchor.to_owned(), whole.files[anchor].clone());
                }
            }
        }
        image
    }
}
