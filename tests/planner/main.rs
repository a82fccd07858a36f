//! The planner on the public meeting-scheduling sets: its scores against a second implementation, which shares nothing
//! with it, and that what cannot be is gone after few steps.

use domain::planning::{Plan, Search, anneal, best, worker_seed};
use std::thread;
use tests::{MEETING_SETS, meeting_set, recount};

/// Plans of each set that are counted again, from those that were hardly searched for to better ones.
const STEPS: [u64; 4] = [0, 10_000, 100_000, 2_000_000];

/// Steps of a short search: a fraction of a second of an optimized build.
const SHORT_STEPS: u64 = 1_000_000;

#[test]
fn a_second_implementation_counts_the_same() -> anyhow::Result<()> {
    for set in MEETING_SETS {
        let problem = meeting_set(set)?;
        let plans: Vec<Plan> =
            STEPS.iter().map(|&steps| anneal(&problem, Search { seed: steps + 1, steps })).collect();
        let broken = plans.iter().filter(|plan| plan.score.hard < 0).count();
        anyhow::ensure!(0 < broken && broken < STEPS.len(), "{broken} of the plans cannot be");
        recount(set, &plans)?;
    }
    Ok(())
}

#[test]
fn a_short_search_leaves_nothing_that_cannot_be() -> anyhow::Result<()> {
    for set in MEETING_SETS {
        let problem = meeting_set(set)?;
        let search = |worker| Search { seed: worker_seed(1, worker), steps: SHORT_STEPS };
        let plans = thread::scope(|workers| {
            let started = [0, 1].map(|worker| {
                workers.spawn({
                    let problem = &problem;
                    move || anneal(problem, search(worker))
                })
            });
            started.map(|worker| worker.join().expect("a worker does not panic"))
        });
        let plan = best(plans).expect("there are two plans");
        anyhow::ensure!(plan.score.hard == 0, "{set} meetings: {}", plan.score);
    }
    Ok(())
}
