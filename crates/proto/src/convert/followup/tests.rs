use super::*;
use crate::record::{EventCodec, kind_of};
use domain::followup::follow_up::Event;
use domain::{Code, Line, Timestamp, Uuid};
use std::collections::BTreeSet;

#[test]
fn every_event_of_a_follow_up_comes_back() {
    let code = |text| Code::parse(text).unwrap();
    let due_at: Timestamp = "2027-03-31T15:59:59.999999Z".parse().unwrap();
    let due = "2027-03-31".parse().unwrap();
    let (lead, acknowledge_by, ladder) = (code("WATER"), due_at, Ladder::default());
    let mut rungs = ladder.rungs(due_at, Timestamp::UNIX_EPOCH, 1);
    rungs.push(Rung { no: 1, kind: RungKind::Acknowledgement, days: 0, at: due_at });
    let subject = Subject {
        resolution: Uuid::from_u128(3),
        number: Line::parse("FLOOD-2027-0001/1").unwrap(),
        title: Line::parse("改造").unwrap(),
        lead: lead.clone(),
        co_responsible: vec![code("ROADS")],
        due,
        due_at,
        acknowledge_by,
    };
    let replanned = |cause| Event::Replanned { due, due_at, cause, rungs: rungs.clone() };
    let escalated = |to| Event::Escalated { rung: 6, to, lead: lead.clone(), due_at, days_late: 3 };
    let events = [
        Event::Planned { subject, ladder, rungs: rungs.clone() },
        Event::Acknowledged,
        Event::Contested,
        Event::Ruled { lead: lead.clone(), acknowledge_by, rungs: rungs.clone() },
        Event::Blocked { help_from: code("FINANCE") },
        Event::Unblocked,
        Event::Claimed,
        Event::Returned,
        replanned(Cause::Extension),
        replanned(Cause::Reopening),
        Event::Satisfied,
        Event::Cancelled,
        Event::Reminded { rung: 2, lead: lead.clone(), days_before: 7, due_at },
        Event::AcknowledgementOverdue { rung: 1, lead: lead.clone(), acknowledge_by },
        Event::Overdue { rung: 5, lead: lead.clone(), due_at, days_late: 0 },
        escalated(Tier::Supervisor),
        escalated(Tier::Leadership),
        Event::Skipped { rung: 3, days_before: 3 },
    ];
    let mut kinds = BTreeSet::new();
    for event in events {
        let stored = FollowUp::encode(&event);
        kinds.insert(kind_of(&stored).to_owned());
        assert_eq!(FollowUp::decode(kind_of(&stored), &stored.value).unwrap(), Some(event));
    }
    assert_eq!(kinds, FollowUp::TYPES.iter().map(|kind| (*kind).to_owned()).collect());
}
