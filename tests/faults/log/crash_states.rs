//! Power cuts on a recorded disk: every state of the directory after a power cut is an intact log.
//!
//! `FAULTS_STATES` is the number of states to check, `FAULTS_SEED` selects them, and `FAULTS_ONLY` selects a
//! single one. A state that fails is saved in a directory, whose name is printed, because thread timing makes
//! each recording slightly different.

use super::disk::{self, Step};
use super::image::Image;
use super::proof;
use super::recording::{Recording, Survives};
use super::scenarios;
use super::workload::{Acknowledged, runtime};
use crate::seed::{Random, command, seed, setting};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tempfile::TempDir;

/// Number of states checked by all tests here together.
const STATES: u64 = 800;
/// Number of states checked per recovery.
const STATES_OF_A_RECOVERY: u64 = 20;

#[test]
fn a_power_cut_at_any_moment_loses_nothing() {
    let trial = Trial::new("a_power_cut_at_any_moment_loses_nothing", 64);
    let run = record(trial.temp.path(), Image::default(), vec![], scenarios::all_operations);
    trial.run(&run, 0..trial.states());
}

#[test]
fn a_power_cut_during_recovery_from_another_loses_nothing() {
    let trial = Trial::new("a_power_cut_during_recovery_from_another_loses_nothing", 35);
    let temp = trial.temp.path();
    let first = record(temp, Image::default(), vec![], scenarios::all_operations);
    for begin in (0..trial.states()).step_by(STATES_OF_A_RECOVERY as usize) {
        let numbers = begin..(begin + STATES_OF_A_RECOVERY).min(trial.states());
        if trial.only.is_none_or(|only| numbers.contains(&only)) {
            let (image, acknowledged) = first.crash(&mut Random::new(trial.seed, begin ^ (1 << 63)));
            let recovery = record(temp, image, acknowledged, scenarios::after_recovery);
            trial.run(&recovery, numbers);
        }
    }
}

#[test]
fn a_power_cut_while_the_index_is_written_loses_nothing() {
    let trial = Trial::new("a_power_cut_while_the_index_is_written_loses_nothing", 1);
    let temp = trial.temp.path();
    let prepared = temp.join("prepared");
    let (next, acknowledged) =
        runtime().block_on(scenarios::long(&prepared.join("log"))).expect("appending works");
    let scenario = async |dir: &Path| scenarios::with_a_full_run(dir, next).await;
    let run = record(temp, Image::read(&prepared), acknowledged, scenario);
    trial.run(&run, 0..trial.states());
}

/// Without syncs the model must lose acknowledged commits; otherwise the tests above prove nothing.
#[test]
fn a_missing_sync_is_detected() {
    let temp = memory_directory();
    let mut run = record(temp.path(), Image::default(), vec![], scenarios::all_operations);
    let (end, tenth) = (run.recording.steps.len(), run.after_acknowledgement(10));
    for (file, step) in [("log/sled/db", end), ("log", end), ("log/sled", end), ("log/commit.a", tenth)] {
        let steps = run.recording.steps.clone();
        let is_kept = |step: &Step| !matches!(step, Step::Sync(path) if path == Path::new(file));
        let kept = steps[..step].iter().filter(|step| is_kept(step)).count();
        run.recording.steps.retain(is_kept);
        let (image, acknowledged) = run.state(kept, Survives::Nothing);
        run.recording.steps = steps;
        image.write(&temp.path().join("state"));
        let found = proof::check_intact(&temp.path().join("state/log"), &acknowledged);
        assert!(found.is_err(), "nothing is lost without syncing {file}: {found:?}");
    }
}

/// Returns a directory in memory, where files are written fast and syncs cost nothing; the effect of syncs is
/// modeled by the recording.
fn memory_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a directory")
}

/// A recorded scenario, with the commits that were acknowledged before it.
struct RecordedRun {
    recording: Recording,
    acknowledged: Vec<Acknowledged>,
}

/// Records what a scenario does to a directory that starts as `before`. The complete replay must equal the
/// final directory; otherwise there are calls that are not recorded.
fn record(
    temp: &Path,
    before: Image,
    acknowledged: Vec<Acknowledged>,
    scenario: impl AsyncFnOnce(&Path) -> anyhow::Result<()>,
) -> RecordedRun {
    let root = temp.join("recorded");
    before.write(&root);
    let watching = disk::watch(&root, None);
    runtime().block_on(scenario(&root.join("log"))).expect("nothing fails");
    let recording = Recording { before, steps: watching.finish().steps };
    let replayed = recording.state(recording.steps.len(), Survives::All);
    let difference = replayed.difference(&Image::read(&root));
    assert_eq!(difference, None, "the directory was changed by a call that is not recorded");
    RecordedRun { recording, acknowledged }
}

impl RecordedRun {
    /// Returns a random state after a power cut, and the commits acknowledged before it.
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

    /// The step after an acknowledgement.
    fn after_acknowledgement(&self, number: usize) -> usize {
        let is_one = |(_, step): &(usize, &Step)| matches!(step, Step::Acknowledged(_));
        let at = self.recording.steps.iter().enumerate().filter(is_one).nth(number - 1);
        at.map(|(at, _)| at + 1).expect("so many commits were acknowledged")
    }

    fn state(&self, step: usize, survives: Survives) -> (Image, Vec<Acknowledged>) {
        let acknowledged =
            self.acknowledged.iter().copied().chain(self.recording.acknowledged_before(step)).collect();
        (self.recording.state(step, survives), acknowledged)
    }
}

/// The states checked by one test.
struct Trial {
    test: &'static str,
    percent: u64,
    seed: u64,
    all_states: u64,
    only: Option<u64>,
    temp: TempDir,
}

impl Trial {
    /// Creates the trial of a test that checks `percent` of all states.
    fn new(test: &'static str, percent: u64) -> Trial {
        let only = Some(setting("FAULTS_ONLY", u64::MAX)).filter(|only| *only != u64::MAX);
        let all_states = setting("FAULTS_STATES", STATES);
        Trial { test, percent, seed: seed(), all_states, only, temp: memory_directory() }
    }

    fn states(&self) -> u64 {
        (self.all_states * self.percent).div_ceil(100)
    }

    /// Checks the states with these numbers, on all processors.
    fn run(&self, run: &RecordedRun, numbers: Range<u64>) {
        let (next, failures) = (AtomicU64::new(numbers.start), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for worker in 0..thread::available_parallelism().map_or(1, usize::from) {
                let (next, failures, numbers) = (&next, &failures, &numbers);
                scope.spawn(move || {
                    let root = self.temp.path().join(format!("state.{worker}"));
                    while failures.lock().expect("no panic").is_empty() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            return;
                        }
                        if self.only.is_none_or(|only| only == number)
                            && let Err(why) = self.check_state(run, number - numbers.start, number, &root)
                        {
                            failures.lock().expect("no panic").push(why);
                        }
                    }
                });
            }
        });
        let failures = failures.into_inner().expect("no panic");
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    fn check_state(&self, run: &RecordedRun, index: u64, number: u64, root: &Path) -> Result<(), String> {
        let (image, acknowledged) = self.crash(run, index, number);
        image.write(root);
        let checked = proof::check_intact(&root.join("log"), &acknowledged);
        checked.map(drop).map_err(|why| self.report(number, &image, &why))
    }

    /// Returns first the states before each step, with all and then with none of what is not durable; then
    /// random ones.
    fn crash(&self, run: &RecordedRun, index: u64, number: u64) -> (Image, Vec<Acknowledged>) {
        let moments = run.recording.moments();
        match moments.get(index as usize / 2) {
            Some(step) if index.is_multiple_of(2) => run.state(*step, Survives::All),
            Some(step) => run.state(*step, Survives::Nothing),
            None => run.crash(&mut Random::new(self.seed, number)),
        }
    }

    fn report(&self, number: u64, image: &Image, why: &str) -> String {
        let saved = TempDir::new().expect("temporary directory").keep();
        image.write(&saved);
        let settings = [("SEED", self.seed), ("STATES", self.all_states), ("ONLY", number)];
        let command = command(self.test, &settings);
        format!("state {number}: {why}\nIt is saved in {}; to repeat: {command}", saved.display())
    }
}
