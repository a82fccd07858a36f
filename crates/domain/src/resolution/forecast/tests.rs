use super::*;
use crate::testing::code;
use proptest::prelude::*;

const DAY: i64 = 86_400_000_000;

fn seen(ratios: &[(u32, bool)]) -> History {
    History::of(ratios.iter().map(|&(ratio, finished)| Taken { ratio, finished }))
}

fn pending(waits_for: Vec<Uuid>) -> Pending {
    Pending { lead: code("WATER"), started_at: 0, given: 10 * DAY, waits_for }
}

fn situation<'s>(
    items: &'s BTreeMap<Uuid, Pending>,
    histories: &'s BTreeMap<Code, History>,
) -> Situation<'s> {
    Situation { items, histories, now: 2 * DAY }
}

#[test]
fn what_is_not_done_yet_counts_as_far_as_it_has_come() {
    let all_done: Vec<_> = (1..=10).map(|nth| (nth * 100, true)).collect();
    let near = |likely: Option<f64>, expected: f64| (likely.unwrap() - expected).abs() < 1e-9;
    assert!(near(seen(&all_done).likelihood(0, 500), 0.5));
    assert_eq!(seen(&all_done).likelihood(500, 1_000), Some(1.0));
    // Ten more that have taken half of their time say nothing of the first half, and much of the second.
    let open = std::iter::repeat_n((500, false), 10);
    let with_open = seen(&all_done.iter().copied().chain(open).collect::<Vec<_>>());
    assert!(near(with_open.likelihood(0, 500), 0.25));
    assert!(near(with_open.likelihood(0, 600), 0.4));
}

#[test]
fn where_too_little_was_seen_nothing_is_said() {
    let nine: Vec<_> = (1..=9).map(|nth| (nth * 100, true)).collect();
    assert_eq!(seen(&nine).likelihood(0, 1_000), None);
    let ten: Vec<_> = (1..=10).map(|nth| (nth * 100, true)).collect();
    assert_eq!(seen(&ten).likelihood(600, 1_000).map(|likely| likely > 0.0), Some(true));
    assert_eq!(seen(&ten).likelihood(700, 1_000), None, "four came so far");
    let items = BTreeMap::from([(Uuid::from_u128(1), pending(vec![]))]);
    let silent = forecast(situation(&items, &BTreeMap::new()), Uuid::from_u128(1), 10 * DAY, 7);
    assert_eq!(silent, Err(Silence::TooLittleHistory));
}

#[test]
fn what_waits_is_later_than_what_it_waits_for_and_less_likely() {
    let history: Vec<_> = (1..=20).map(|nth| (nth * 50, true)).collect();
    let histories = BTreeMap::from([(code("WATER"), seen(&history))]);
    let [first, second] = [1, 2].map(Uuid::from_u128);
    let items = BTreeMap::from([(first, pending(vec![])), (second, pending(vec![first]))]);
    let ask = |item, seed| forecast(situation(&items, &histories), item, 10 * DAY, seed).unwrap();
    let (alone, after) = (ask(first, 7), ask(second, 7));
    assert_eq!(alone.likelihood_percent, 100);
    assert!(after.likelihood_percent < 60, "{after:?}");
    assert!(after.half_at > alone.half_at && after.nine_tenths_at > after.half_at, "{after:?}");
    assert_eq!(ask(second, 7), after, "the same seed says the same");
}

/// A department that is in time three times of four, by chance.
fn steady(items: u32) -> Vec<Led> {
    let mut numbers = Numbers(1);
    let led = |nth: u32| {
        let started_at = i64::from(nth) * 3 * DAY;
        let takes = if numbers.next() < 0.75 { 8 } else { 14 };
        Led { started_at, first_due_at: started_at + 10 * DAY, finished_at: Some(started_at + takes * DAY) }
    };
    (0..items).map(led).collect()
}

#[test]
fn the_track_record_of_a_steady_department_is_calibrated() {
    let record = track_record(&steady(300), 2_000 * DAY).unwrap();
    assert!(record.forecasts > 280, "{record:?}");
    let told: Vec<&Bin> = record.bins.iter().filter(|bin| bin.forecasts > 30).collect();
    assert!(told.iter().all(|bin| (bin.said_percent - bin.happened_percent).abs() < 8.0), "{record:?}");
    assert!((record.brier_score - record.base_brier_score).abs() < 0.03, "{record:?}");
    assert_eq!(track_record(&steady(12), 2_000 * DAY), None, "too few to judge");
}

proptest! {
    /// Of one item, drawing comes to what the estimator says; a later due date is never less likely.
    #[test]
    fn drawing_comes_to_what_was_seen(
        ratios in prop::collection::vec((1..2_000_u32, prop::bool::weighted(0.8)), 10..60), elapsed in 0..900_u32
    ) {
        let history = seen(&ratios);
        let histories = BTreeMap::from([(code("WATER"), history.clone())]);
        let items = BTreeMap::from([(Uuid::nil(), pending(vec![]))]);
        let now = i64::from(elapsed) * 10 * DAY / 1_000;
        let situation = Situation { now, ..situation(&items, &histories) };
        let asked = |due: i64| forecast(situation, Uuid::nil(), due, 11);
        match history.likelihood(elapsed, WHOLE) {
            None => prop_assert_eq!(asked(10 * DAY), Err(Silence::TooLittleHistory)),
            Some(likely) => {
                let drawn = asked(10 * DAY).unwrap();
                prop_assert!((f64::from(drawn.likelihood_percent) - 100.0 * likely).abs() <= 6.0, "{drawn:?} {likely}");
                prop_assert!(asked(11 * DAY).unwrap().likelihood_percent >= drawn.likelihood_percent);
            }
        }
    }
}
