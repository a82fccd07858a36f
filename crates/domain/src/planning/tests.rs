use super::*;
use proptest::prelude::*;

/// Two rooms, two days of twelve grains, and meetings that people share.
fn small() -> Problem {
    let rooms = vec![Room { capacity: 6 }, Room { capacity: 4 }];
    let days = (0..24).map(|grain| grain / 12).collect();
    let meeting = |nth: u32| Meeting {
        grains: 1 + nth % 4,
        required: vec![nth % 5, 5 + nth % 3],
        preferred: vec![8 + nth % 4],
    };
    Problem::new(rooms, days, (0..12).map(meeting).collect()).unwrap()
}

#[test]
fn the_same_seed_and_steps_give_the_same_plan() {
    let search = Search { seed: 7, steps: 40_000 };
    let plan = anneal(&small(), search);
    assert_eq!(plan, anneal(&small(), search));
    assert_ne!(plan.placements, anneal(&small(), Search { seed: 8, ..search }).placements);
}

#[test]
fn workers_have_seeds_of_their_own_and_the_best_plan_wins() {
    let searches = (0..4).map(|worker| Search { seed: worker_seed(7, worker), steps: 10_000 });
    let plans: Vec<Plan> = searches.map(|search| anneal(&small(), search)).collect();
    let found = best(plans.clone()).unwrap();
    assert!(plans.iter().all(|plan| plan.score <= found.score));
    assert!(plans.iter().any(|plan| plan.placements != found.placements));
}

#[test]
fn a_search_leaves_nothing_that_cannot_be() {
    let plan = anneal(&small(), Search { seed: 1, steps: 400_000 });
    assert_eq!(plan.score.hard, 0, "{}", plan.score);
}

#[test]
fn each_constraint_has_its_price() {
    let meeting = |required: &[u32], preferred: &[u32]| Meeting {
        grains: 2,
        required: required.to_vec(),
        preferred: preferred.to_vec(),
    };
    let rooms = vec![Room { capacity: 2 }, Room { capacity: 5 }];
    let meetings = vec![meeting(&[1, 2], &[3]), meeting(&[1], &[2, 3])];
    let problem = Problem::new(rooms, vec![0, 0, 0, 1, 1, 1], meetings).unwrap();
    let scored = |places: [(u32, u32); 2]| {
        score(&problem, &places.map(|(start, room)| Placement { start, room })).to_string()
    };
    // Neither shares anything: late by 1 and by 4.
    assert_eq!(scored([(0, 1), (4, 1)]), "0 / 0 / -6");
    // In the small room one has no seat, and the larger one has three seats more; three change rooms soon after.
    assert_eq!(scored([(0, 0), (4, 1)]), "-1 / 0 / -12");
    // Person 1 is required in both, 2 and 3 are torn; one grain is shared, and rooms are changed by three.
    assert_eq!(scored([(0, 1), (1, 0)]), "-2 / -2 / -19");
    // In one room, for two grains; nobody changes rooms.
    assert_eq!(scored([(0, 1), (0, 1)]), "-4 / -4 / -22");
    // No break between the two; the second ends on another day.
    assert_eq!(scored([(0, 1), (2, 1)]), "-1 / 0 / -104");
    // The last grain is the sixth.
    assert_eq!(scored([(0, 1), (5, 1)]), "-6 / 0 / -7");
}

#[test]
fn what_is_no_problem_is_refused() {
    let room = || vec![Room { capacity: 1 }];
    let meeting =
        |grains, required: &[u32]| Meeting { grains, required: required.to_vec(), preferred: vec![1] };
    assert_eq!(Problem::new(vec![], vec![0], vec![meeting(1, &[])]), Err(Flaw::Rooms { given: 0 }));
    assert_eq!(Problem::new(room(), vec![], vec![meeting(1, &[])]), Err(Flaw::Grains { given: 0 }));
    assert_eq!(Problem::new(room(), vec![0], vec![]), Err(Flaw::Meetings { given: 0 }));
    let long = Problem::new(room(), vec![0], vec![meeting(2, &[])]);
    assert_eq!(long, Err(Flaw::Length { meeting: 0, given: 2, max: 1 }));
    let twice = Problem::new(room(), vec![0], vec![meeting(1, &[1])]);
    assert_eq!(twice, Err(Flaw::Twice { meeting: 0, person: 1 }));
}

proptest! {
    /// What the search believes that moves cost is what they cost when the whole plan is counted again.
    #[test]
    fn costs_that_follow_moves_are_those_of_the_whole_plan(seed in any::<u64>(), steps in 1_usize..200) {
        let problem = small();
        let mut numbers = numbers::Numbers::new(seed);
        let weights = layout::Weights { alone: 1_000_000, hard: 1_000_000, medium: 1_000 };
        let mut layout = layout::Layout::random(&problem, weights, &mut numbers);
        let proposals = proposals::Proposals::of(&problem);
        let cost = |layout: &layout::Layout| {
            let plan: Vec<Placement> = (0..problem.meetings().len()).map(|meeting| layout.at(meeting)).collect();
            let Score { hard, medium, soft } = score(&problem, &plan);
            -(hard * weights.hard + medium * weights.medium + soft)
        };
        let mut moves = Vec::new();
        for _ in 0..steps {
            proposals.draw(&layout, &mut numbers, &mut moves);
            let before = cost(&layout);
            // Of the limits on both sides of zero, only those from the true increase on let the moves pass.
            let passes = [-1_000_000, -1_000, 0, 1_000, 1_000_000].map(|limit| (limit, layout.is_within(&moves, limit)));
            moves.iter().for_each(|one| layout.place(*one));
            let increase = cost(&layout) - before;
            for (limit, passed) in passes {
                prop_assert_eq!(passed, increase <= limit, "{} costs {}", limit, increase);
            }
        }
    }
}
