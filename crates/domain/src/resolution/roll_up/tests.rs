use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn node(parent: u128, stage: Stage, reported_percent: u32) -> Node {
    let parent = (parent > 0).then(|| id(parent));
    Node { parent, stage, reported_percent, late: stage == Stage::Assigned }
}

#[test]
fn percent_and_counts_roll_up_from_the_last_tier_to_the_first() {
    let nodes = BTreeMap::from([
        (id(1), node(0, Stage::Underway, 90)),
        (id(2), node(1, Stage::Underway, 10)),
        (id(3), node(1, Stage::Accepted, 70)),
        (id(4), node(1, Stage::Rescinded, 0)),
        (id(5), node(2, Stage::Underway, 55)),
        (id(6), node(2, Stage::Assigned, 0)),
    ]);
    let rolled = roll_up(&nodes);
    let of = |number| {
        let RollUp { percent, below, open, late } = rolled[&id(number)];
        (percent, below, open, late)
    };
    assert_eq!(of(5), (55, 0, 0, 0), "what the lead reported");
    assert_eq!(of(2), (27, 2, 2, 1), "the mean of 55 and 0, rounded down; not what its own lead said");
    assert_eq!(of(3), (100, 0, 0, 0), "accepted");
    assert_eq!(of(1), (63, 5, 3, 1), "the mean of 27 and 100: what is rescinded does not count");
}

#[test]
fn what_is_a_part_of_something_unknown_counts_for_itself() {
    let nodes = BTreeMap::from([(id(2), node(1, Stage::Underway, 40))]);
    assert_eq!(roll_up(&nodes)[&id(2)], RollUp { percent: 40, ..RollUp::default() });
}
