//! Power cuts on a recorded disk: every state in which one can leave the directory is a whole log.
//!
//! `FAULTS_STATES` says how many states are tried, `FAULTS_SEED` which, and
//! `FAULTS_ONLY` that it is one of them alone. A state that is not opened well is kept in a
//! directory, whose name is printed: threads make each recording a little different.

use super::disk::{self, Step};
use super::image::Image;
use super::lives;
use super::proof;
use super::recording::{Recording, Survives};
use super::workload::{Acknowledged, runtime};
use crate::seed::{Random, command, seed, setting};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tempfile::TempDir;

/// How many states all tests here try together.
const STATES: u64 = 800;
/// How many states of one recovery are tried.
const STATES_OF_A_RECOVERY: u64 = 20;

#[test]
fn a_power_cut_at_any_moment_loses_nothing() {
    let trial = Trial::new("a_power_cut_at_any_moment_loses_nothing", 64);
    let life = recorded(trial.place.path(), Image::default(), vec![], lives::first);
    trial.run(&life, 0..trial.states());
}

#[test]
fn a_power_cut_during_recovery_from_another_loses_nothing() {
    let trial = Trial::new("a_power_cut_during_recovery_from_another_loses_nothing", 35);
    let place = trial.place.path();
    let first = recorded(place, Image::default(), vec![], lives::first);
    for begin in (0..trial.states()).step_by(STATES_OF_A_RECOVERY as usize) {
        let numbers = begin..(begin + STATES_OF_A_RECOVERY).min(trial.states());
        if trial.only.is_none_or(|only| numbers.contains(&only)) {
            let (image, told) = first.crash(&mut Random::new(trial.seed, begin ^ (1 << 63)));
            let recovery = recorded(place, image, told, lives::after_recovery);
            trial.run(&recovery, numbers);
        }
    }
}

#[test]
fn a_power_cut_while_the_index_is_written_loses_nothing() {
    let trial = Trial::new("a_power_cut_while_the_index_is_written_loses_nothing", 1);
    let place = trial.place.path();
    let made = place.join("made");
    let (next, told) = runtime().block_on(lives::long(&made.join("log"))).expect("it is appended");
    let life = async |dir: &Path| lives::with_a_full_run(dir, next).await;
    let life = recorded(place, Image::read(&made), told, life);
    trial.run(&life, 0..trial.states());
}

/// What would be lost if the log did not sync is lost here too: otherwise the tests above show nothing.
#[test]
fn a_disk_that_syncs_nothing_is_found_out() {
    let place = memory_directory();
    let mut life = recorded(place.path(), Image::default(), vec![], lives::first);
    for file in ["log/sled/db", "log", "log/sled"] {
        let steps = life.recording.steps.clone();
        life.recording.steps.retain(|step| !matches!(step, Step::Sync(path) if path == Path::new(file)));
        let (image, told) = life.state(life.recording.steps.len(), Survives::Nothing);
        life.recording.steps = steps;
        image.write(&place.path().join("state"));
        let found = proof::whole(&place.path().join("state/log"), &told);
        assert!(found.is_err(), "{file} need not be synced: {found:?}");
    }
}

/// Where many small files are written fast, and syncs cost nothing: what a sync means is in the recording.
fn memory_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a directory")
}

/// A recording, with the commits that were acknowledged before it began.
struct Life {
    recording: Recording,
    told: Vec<Acknowledged>,
}

/// Records what a life does to a directory that begins as an image. Replayed, all of it must be what is
/// in the directory in the end; if not, there is a way to the disk that is not recorded.
fn recorded(
    place: &Path,
    before: Image,
    told: Vec<Acknowledged>,
    life: impl AsyncFnOnce(&Path) -> anyhow::Result<()>,
) -> Life {
    let root = place.join("recorded");
    before.write(&root);
    let watching = disk::watch(&root, None);
    runtime().block_on(life(&root.join("log"))).expect("nothing fails");
    let recording = Recording { before, steps: watching.end().steps };
    let replayed = recording.state(recording.steps.len(), Survives::All);
    let difference = replayed.difference(&Image::read(&root));
    assert_eq!(difference, None, "it was changed by a call that is not recorded");
    Life { recording, told }
}

impl Life {
    /// A state that a power cut leaves, and what was acknowledged before it.
    fn crash(&self, random: &mut Random) -> (Image, Vec<Acknowledged>) {
        let steps = self.recording.steps.len() as u64;
        let step = random.below(steps + 1) as usize;
        let odds = [(1, 20), (1, 4), (1, 2), (3, 4), (19, 20)][random.below(5) as usize];
        let survives = match random.below(8) {
            0 => Survives::All,
            1 => Survives::Nothing,
            _ => Survives::Some { random: random.clone(), one: odds.0, of: odds.1 },
        };
        self.state(step, survives)
    }

    fn state(&self, step: usize, survives: Survives) -> (Image, Vec<Acknowledged>) {
        let told = self.told.iter().copied().chain(self.recording.told_before(step)).collect();
        (self.recording.state(step, survives), told)
    }
}

/// States that are tried by one test.
struct Trial {
    test: &'static str,
    percent: u64,
    seed: u64,
    all_states: u64,
    only: Option<u64>,
    place: TempDir,
}

impl Trial {
    /// A test that tries so many percent of all states.
    fn new(test: &'static str, percent: u64) -> Trial {
        let only = Some(setting("FAULTS_ONLY", u64::MAX)).filter(|only| *only != u64::MAX);
        let all_states = setting("FAULTS_STATES", STATES);
        Trial { test, percent, seed: seed(), all_states, only, place: memory_directory() }
    }

    fn states(&self) -> u64 {
        (self.all_states * self.percent).div_ceil(100)
    }

    /// Tries the states of these numbers, on all processors.
    fn run(&self, life: &Life, numbers: Range<u64>) {
        let (next, lost) = (AtomicU64::new(numbers.start), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for worker in 0..thread::available_parallelism().map_or(1, usize::from) {
                let (next, lost, numbers) = (&next, &lost, &numbers);
                scope.spawn(move || {
                    let root = self.place.path().join(format!("state.{worker}"));
                    while lost.lock().expect("no panic").is_empty() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            return;
                        }
                        if self.only.is_none_or(|only| only == number)
                            && let Err(why) = self.try_one(life, number - numbers.start, number, &root)
                        {
                            lost.lock().expect("no panic").push(why);
                        }
                    }
                });
            }
        });
        let lost = lost.into_inner().expect("no panic");
        assert!(lost.is_empty(), "{}", lost.join("\n"));
    }

    fn try_one(&self, life: &Life, place: u64, number: u64, root: &Path) -> Result<(), String> {
        let (image, told) = self.crash(life, place, number);
        image.write(root);
        proof::whole(&root.join("log"), &told).map(drop).map_err(|why| self.report(number, &image, &why))
    }

    /// First the state before every step, with all and then with nothing of what is not durable; then any.
    fn crash(&self, life: &Life, place: u64, number: u64) -> (Image, Vec<Acknowledged>) {
        let moments = life.recording.moments();
        match moments.get(place as usize / 2) {
            Some(step) if place.is_multiple_of(2) => life.state(*step, Survives::All),
            Some(step) => life.state(*step, Survives::Nothing),
            None => life.crash(&mut Random::new(self.seed, number)),
        }
    }

    fn report(&self, number: u64, image: &Image, why: &str) -> String {
        let kept = TempDir::new().expect("a directory").keep();
        image.write(&kept);
        let settings = [("SEED", self.seed), ("STATES", self.all_states), ("ONLY", number)];
        let command = command(self.test, &settings);
        format!("state {number}: {why}\nIt is kept in {}; or: {command}", kept.display())
    }
}
