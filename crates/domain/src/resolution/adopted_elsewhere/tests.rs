use super::*;
use crate::Actor;
use crate::resolution::action_item;
use crate::resolution::resolution::{Command, Registration};
use crate::testing::{code, line, text};

const RESOLUTION: Uuid = Uuid::from_u128(7);

fn obligation(due: DueRule) -> Obligation {
    Obligation {
        title: line("Rebuild the pumps"),
        deliverable: text("Twelve stations"),
        criterion: text("Two hours under load"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS")],
        due,
    }
}

fn adopted(decided_on: &str, items: Vec<Obligation>) -> AdoptedElsewhere {
    AdoptedElsewhere {
        body: code("STATE-COUNCIL"),
        title: line("Action plan"),
        text: text("The actions of the plan"),
        decided_on: decided_on.parse().unwrap(),
        source: line("Document 12 of 2026"),
        items,
        changes: vec![],
    }
}

/// Recorded on Monday, 1 March 2027, late in the evening in Shanghai.
fn recorded(adopted: AdoptedElsewhere) -> Result<Registering, Rejection> {
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let issued = Issued { at: "2027-03-01T15:30:00Z".parse().unwrap(), by: Actor::process("test") };
    adopted.record(RESOLUTION, &calendar, &issued)
}

#[test]
fn it_enters_with_its_source_and_without_votes() {
    let registering =
        recorded(adopted("2026-11-02", vec![obligation(DueRule::AfterWorkingDays(5))])).unwrap();
    assert_eq!(registering.acknowledge_by, "2027-03-04T15:59:59.999999Z".parse().unwrap());
    let numbered = registering.with_number(&line("STATE-COUNCIL-2026-0001"));
    let (id, Command::Register { registration }) = numbered.resolution else { panic!("it is registered") };
    assert_eq!(id, RESOLUTION);
    let Registration { origin, declaratory, decided_on, .. } = registration;
    assert_eq!(origin, Origin::Elsewhere { source: line("Document 12 of 2026") });
    assert_eq!((declaratory, decided_on.to_string().as_str()), (false, "2026-11-02"));
    let [(_, action_item::Command::Assign { assignment })] = &numbered.items[..] else { panic!("one item") };
    // Counted from the day on which it is recorded: the decision may be years old.
    assert_eq!(assignment.due_on.to_string(), "2027-03-08");
    assert_eq!(assignment.number.as_str(), "STATE-COUNCIL-2026-0001/1");
}

#[test]
fn with_nothing_to_do_it_is_declaratory() {
    assert!(recorded(adopted("2027-03-01", vec![])).unwrap().declaratory);
}

#[test]
fn what_may_have_been_promised_long_ago_is_late_and_not_refused() {
    let due = DueRule::On("2026-12-31".parse().unwrap());
    assert_eq!(
        recorded(adopted("2026-11-02", vec![obligation(due)])).unwrap().items[0].1.due_on.to_string(),
        "2026-12-31"
    );
}

#[test]
fn dates_that_cannot_be_are_refused() {
    let date = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!(
        recorded(adopted("2027-03-02", vec![])),
        Err(Rejection::DecidedLater { decided_on: date("2027-03-02"), today: date("2027-03-01") })
    );
    let before = obligation(DueRule::On(date("2026-11-01")));
    assert_eq!(
        recorded(adopted("2026-11-02", vec![obligation(DueRule::AfterDays(1)), before])),
        Err(Rejection::DueBeforeDecision {
            item_number: 2,
            due_on: date("2026-11-01"),
            decided_on: date("2026-11-02")
        })
    );
    let far = obligation(DueRule::AfterDays(3_651));
    assert_eq!(
        recorded(adopted("2026-11-02", vec![far])),
        Err(Rejection::DueOutOfRange { days: 3_651, max: 3_650 })
    );
}

#[test]
fn there_are_not_more_items_than_one_commit_holds() {
    let items = vec![obligation(DueRule::AfterDays(1)); ITEMS_MAX + 1];
    assert_eq!(recorded(adopted("2026-11-02", items)), Err(Rejection::TooManyItems { items: 251, max: 250 }));
}
