//! The follow-up's events by example.

use crate::convert::sample::{Sample, at, code, line, samples};
use domain::Uuid;
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Event, FollowUp, Subject, Tier};
use domain::followup::ladder::{Ladder, Rung, RungKind, Unit};
use domain::followup::ladder_policy::{self, LadderPolicy};

pub fn all() -> Vec<Box<dyn Sample>> {
    let due_at = at("2027-03-31T15:59:59.999999Z");
    let due_on = "2027-03-31".parse().unwrap();
    let acknowledge_by = at("2027-03-04T15:59:59.999999Z");
    let lead = code("WATER");
    let ladder = in_working_days();
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
        body: None,
        number: line("FLOOD-2027-0001/1"),
        title: line("改造"),
        lead: lead.clone(),
        co_responsible: vec![code("ROADS")],
        due_on,
        due_at,
        acknowledge_by,
        zone: Zone::named("Asia/Shanghai").unwrap(),
    };
    let replanned = |cause| Event::Replanned {
        due_on,
        due_at,
        cause,
        rungs: rungs.clone(),
        at: None,
        first_due_on: None,
        first_due_at: None,
        acknowledge_by: None,
    };
    let escalated = |tier| Event::Escalated { rung: 5, tier, lead: lead.clone(), due_at, days_late: 3 };
    let of_body = Subject { body: Some(code("FLOOD")), ..subject.clone() };
    let first = vec![
        Event::Planned { subject, ladder, rungs: rungs.clone() },
        Event::Acknowledged { rungs: vec![], at: None },
        Event::Contested { rungs: vec![], at: None },
        Event::ContestResolved { lead: lead.clone(), acknowledge_by, rungs: rungs.clone() },
        Event::Blocked { department: None, help_from: code("FINANCE") },
        Event::Unblocked { department: None },
        Event::Claimed { rungs: vec![], at: None },
        Event::Returned,
        replanned(Cause::Extension),
        replanned(Cause::Reopening),
        Event::Satisfied { rungs: vec![], at: None },
        Event::Cancelled,
        Event::Reminded { rung: 2, lead: lead.clone(), days_before: 7, due_at, days_left: None },
        Event::AcknowledgementOverdue { rung: 1, lead: lead.clone(), acknowledge_by },
        Event::Overdue { rung: 4, lead: lead.clone(), due_at, days_late: 2 },
        escalated(Tier::Supervisor),
        escalated(Tier::Leadership),
        Event::Skipped { rung: 3, days_before: 1 },
    ];
    let follow_ups =
        samples::<FollowUp>(first.into_iter().chain(of_follow_through(of_body, &rungs)).collect());
    let reason = domain::testing::text("The season begins");
    let defined = ladder_policy::Event::Defined { body: code("FLOOD"), ladder: in_hours(), reason };
    follow_ups.into_iter().chain(samples::<LadderPolicy>(vec![defined])).collect()
}

/// As ladders were at first.
fn in_working_days() -> Ladder {
    Ladder {
        unit: Unit::WorkingDays,
        reminders: vec![7, 1],
        supervisor: 3,
        leadership: 8,
        judgement: vec![],
        ruling: vec![],
        report: 0,
        stale: 0,
        look_back_months: 0,
    }
}

/// With everything in it.
fn in_hours() -> Ladder {
    Ladder {
        unit: Unit::Hours,
        judgement: vec![1, 5],
        ruling: vec![2],
        report: 10,
        stale: 15,
        look_back_months: 6,
        ..in_working_days()
    }
}

/// What a body's own ladder, the clock that stands still, and those who are waited for add to it.
fn of_follow_through(subject: Subject, rungs: &[Rung]) -> Vec<Event> {
    let (due_on, due_at, lead, rungs) =
        (subject.due_on, subject.due_at, subject.lead.clone(), rungs.to_vec());
    let in_hours = in_hours();
    let replanned = |cause| Event::Replanned {
        due_on,
        due_at,
        cause,
        rungs: rungs.clone(),
        at: None,
        first_due_on: None,
        first_due_at: None,
        acknowledge_by: None,
    };
    let notified = |kind, department| Event::Notified { rung: 7, kind, department, distance: 5, due_at };
    vec![
        Event::Planned { subject, ladder: in_hours.clone(), rungs: rungs.clone() },
        Event::AcceptorNamed { acceptor: Some(code("AUDIT")) },
        Event::AcceptorNamed { acceptor: None },
        Event::Acknowledged { rungs: rungs.clone(), at: None },
        Event::Contested { rungs: rungs.clone(), at: None },
        Event::Reported { rungs: rungs.clone(), at: None },
        Event::Urged { lead: lead.clone(), due_at },
        Event::Instructed { lead: lead.clone(), due_at },
        Event::Disputed { department: lead.clone(), due_at },
        Event::Blocked { department: Some(lead.clone()), help_from: code("FINANCE") },
        Event::Unblocked { department: Some(lead.clone()) },
        Event::Paused { at: None },
        Event::Resumed,
        Event::Claimed { rungs: rungs.clone(), at: None },
        replanned(Cause::Pause),
        replanned(Cause::Reassignment),
        Event::Reprojected { ladder: in_hours.clone(), rungs: rungs.clone() },
        Event::Satisfied { rungs: rungs.clone(), at: None },
        Event::LookedBack,
        Event::Reminded { rung: 2, lead: lead.clone(), days_before: 7, due_at, days_left: Some(9) },
        notified(RungKind::Judgement, Some(code("AUDIT"))),
        notified(RungKind::Ruling, None),
        notified(RungKind::Report, Some(lead.clone())),
        notified(RungKind::Stale, None),
        notified(RungKind::LookBack, None),
    ]
    .into_iter()
    .chain(with_moments(due_on, due_at, &rungs))
    .collect()
}

/// What notes when it happened.
fn with_moments(due_on: domain::Date, due_at: domain::Timestamp, rungs: &[Rung]) -> Vec<Event> {
    let (at, rungs) = (Some(due_at), || rungs.to_vec());
    vec![
        Event::Acknowledged { rungs: rungs(), at },
        Event::Contested { rungs: rungs(), at },
        Event::Reported { rungs: rungs(), at },
        Event::Paused { at },
        Event::Claimed { rungs: rungs(), at },
        Event::Replanned {
            due_on,
            due_at,
            cause: Cause::Pause,
            rungs: rungs(),
            at,
            first_due_on: Some(due_on),
            first_due_at: at,
            acknowledge_by: at,
        },
        Event::Satisfied { rungs: rungs(), at },
    ]
}
