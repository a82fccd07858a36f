//! The planner on the public meeting-scheduling sets: what a plan is worth after two seconds, and after sixty.
//!
//! A search is so many steps long, not so many seconds: how many steps a second has is measured first.

use crate::report;
use domain::planning::{Plan, Problem, Score, Search, anneal, best, worker_seed};
use std::thread;
use std::time::{Duration, Instant};
use tests::{MEETING_SETS, meeting_set, recount};

/// Searches beside each other.
const WORKERS: u64 = 2;
/// Steps by which the speed is measured.
const SPEED_STEPS: u64 = 2_000_000;
/// How long is searched for.
const LENGTHS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(60)];
/// What a plain simulated annealing reached in sixty seconds on two cores, for each set.
const REFERENCES: [Score; 5] = [
    Score { hard: 0, medium: -144, soft: -10_070 },
    Score { hard: 0, medium: -56, soft: -21_428 },
    Score { hard: 0, medium: -85, soft: -73_727 },
    Score { hard: 0, medium: -18, soft: -207_028 },
    Score { hard: 0, medium: -40, soft: -696_603 },
];

/// Prints the table.
pub fn print() -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for (set, reference) in MEETING_SETS.into_iter().zip(REFERENCES) {
        let problem = meeting_set(set)?;
        for length in LENGTHS {
            let (_, speed) = search(&problem, SPEED_STEPS);
            let steps = (SPEED_STEPS as f64 * length.as_secs_f64() / speed.as_secs_f64()) as u64;
            let (plan, took) = search(&problem, steps);
            recount(set, std::slice::from_ref(&plan))?;
            lines.push(vec![
                format!("{set} meetings, {} s", length.as_secs()),
                plan.score.to_string(),
                reference.to_string(),
                if plan.score > reference { "better" } else { "not better" }.to_owned(),
                report::time(took),
                format!("{} × {:.0} M", WORKERS, steps as f64 / 1e6),
            ]);
        }
    }
    report::print(&["case", "hard / medium / soft", "reference, 60 s", "", "took", "steps"], lines);
    Ok(())
}

/// The best plan of the workers, and how long they took.
fn search(problem: &Problem, steps: u64) -> (Plan, Duration) {
    let started = Instant::now();
    let plans: Vec<Plan> = thread::scope(|scope| {
        let worker = |worker| move || anneal(problem, Search { seed: worker_seed(1, worker), steps });
        let workers: Vec<_> = (0..WORKERS).map(|number| scope.spawn(worker(number))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    (best(plans).expect("there are workers"), started.elapsed())
}
