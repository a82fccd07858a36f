//! The follow-up's events by example.

use crate::convert::sample::{Sample, at, code, line, samples};
use domain::Uuid;
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Event, FollowUp, Subject, Tier};
use domain::followup::ladder::{Ladder, Rung, RungKind};

pub fn all() -> Vec<Box<dyn Sample>> {
    let due_at = at("2027-03-31T15:59:59.999999Z");
    let due_on = "2027-03-31".parse().unwrap();
    let acknowledge_by = at("2027-03-04T15:59:59.999999Z");
    let lead = code("WATER");
    let ladder = Ladder { reminder_days: vec![7, 1], supervisor_days: 3, leadership_days: 8 };
    let rungs = vec![
        Rung { number: 1, kind: RungKind::Acknowledgement, days: 0, due_at: acknowledge_by },
        Rung { number: 2, kind: RungKind::Reminder, days: 7, due_at: at("2027-03-24T15:59:59.999999Z") },
        Rung { number: 3, kind: RungKind::Reminder, days: 1, due_at: at("2027-03-30T15:59:59.999999Z") },
        Rung { number: 4, kind: RungKind::Overdue, days: 0, due_at },
        Rung { number: 5, kind: RungKind::Supervisor, days: 3, due_at: at("2027-04-03T15:59:59.999999Z") },
        Rung { number: 6, kind: RungKind::Leadership, days: 8, due_at: at("2027-04-08T15:59:59.999999Z") },
    ];
    let subject = Subject {
        resolution: Uuid::from_u128(3),
        number: line("FLOOD-2027-0001/1"),
        title: line("改造"),
        lead: lead.clone(),
        co_responsible: vec![code("ROADS")],
        due_on,
        due_at,
        acknowledge_by,
        zone: Zone::named("Asia/Shanghai").unwrap(),
    };
    let replanned = |cause| Event::Replanned { due_on, due_at, cause, rungs: rungs.clone() };
    let escalated = |tier| Event::Escalated { rung: 5, tier, lead: lead.clone(), due_at, days_late: 3 };
    samples::<FollowUp>(vec![
        Event::Planned { subject, ladder, rungs: rungs.clone() },
        Event::Acknowledged,
        Event::Contested,
        Event::ContestResolved { lead: lead.clone(), acknowledge_by, rungs: rungs.clone() },
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
        Event::Overdue { rung: 4, lead: lead.clone(), due_at, days_late: 2 },
        escalated(Tier::Supervisor),
        escalated(Tier::Leadership),
        Event::Skipped { rung: 3, days_before: 1 },
    ])
}
