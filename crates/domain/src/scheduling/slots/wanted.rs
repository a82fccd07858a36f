//! What is looked for: by the session, its body, and the caller's window.

use super::{AskedTime, Attending, WINDOW_DAYS_DEFAULT};
use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::scheduling::body::MeetingRules;
use crate::scheduling::equipment::Equipment;
use crate::scheduling::session::{
    Attendee, Filed, Kind, Rejection, RoleOnTopic, Stage, first_day_after_notice, latest_start_at,
    notice_days,
};
use crate::scheduling::{diary, quota};
use crate::{Code, Date, Timestamp, Uuid};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The first moment at which the session may start.
    pub from_at: Timestamp,
    /// The moment before which it must start.
    pub until_at: Timestamp,
    /// The first moment that the body's notice allows; none when it needs no notice.
    pub notice_until_at: Option<Timestamp>,
    /// How long it lasts.
    pub duration_minutes: u32,
    /// Whether it may start at any hour of any day.
    pub is_urgent: bool,
    /// The departments that attend.
    pub attending: Vec<Attending>,
    /// The people who attend.
    pub people: u32,
    /// Equipment that they need.
    pub equipment: Equipment,
    /// Departments that must be able to decide.
    pub quorum: u32,
    /// The first days of the quarters in which the body has as many sessions as it may have.
    pub full_quarters: BTreeSet<Date>,
    /// The times about which its departments were asked, with what they said.
    pub asked: Vec<AskedTime>,
}

/// What a session is decided by, and counted with, if it takes place.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Its id.
    pub session: Uuid,
    /// What it is decided by.
    pub constitution: &'a Constitution,
    /// The rules of its body, as they are now.
    pub rules: &'a MeetingRules,
    /// The sessions of its body in each quarter.
    pub counted: &'a quota::State,
    /// The realm's calendar.
    pub calendar: &'a WorkingCalendar,
    /// The moment.
    pub now: Timestamp,
}

impl Wanted {
    /// The departments that attend, or take somebody's place.
    pub fn departments(&self) -> impl Iterator<Item = &Code> {
        self.attending.iter().flat_map(|one| std::iter::once(&one.department).chain(&one.substitutes))
    }

    /// What is looked for, between the moments that the caller gave: never in the past, and never before the session may
    /// start. Refused once the session was convened, or when it never will be.
    pub fn of(
        filed: &Filed,
        setting: &Setting<'_>,
        (earliest, latest): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Wanted, Rejection> {
        let Setting { session, constitution, rules, counted, calendar, now } = *setting;
        let (action, needed, stage) = ("scheduled", "not yet convened", filed.stage());
        if !matches!(
            stage,
            Stage::Requested | Stage::Screened | Stage::Returned | Stage::Admitted | Stage::Scheduled
        ) {
            return Err(Rejection::WrongStage { action, needed, stage });
        }
        let outline = &filed.outline;
        let from_at = earliest.unwrap_or(now).max(now).max(outline.earliest_start_at);
        let second_call_at = filed.second_call_at.filter(|_| outline.kind != Kind::Emergency);
        let from_at = second_call_at.map_or(from_at, |second_call_at| second_call_at.max(from_at));
        let month = SignedDuration::from_hours(24 * WINDOW_DAYS_DEFAULT);
        let notice = notice_days(filed);
        let first_day = first_day_after_notice(filed, calendar, calendar.date_of(now));
        let is_free_to_overlap = diary::is_exempt(filed);
        let deciding: BTreeSet<_> = diary::deciding(outline).collect();
        let attending = outline.attendees.iter().map(|attendee| {
            let decides = deciding.contains(&attendee.department);
            Attending {
                decides,
                is_bound: decides && !is_free_to_overlap,
                ..attending(attendee, constitution)
            }
        });
        let until_at = latest.unwrap_or_else(|| from_at.checked_add(month).unwrap_or(Timestamp::MAX));
        let limit = quota::limit_of(filed, rules);
        Ok(Wanted {
            from_at,
            until_at: until_at.min(latest_start_at(calendar, now)),
            notice_until_at: (notice > 0).then(|| calendar.start_of(first_day)),
            duration_minutes: outline.duration_minutes,
            is_urgent: outline.kind == Kind::Emergency,
            attending: attending.collect(),
            people: outline.people(),
            equipment: Equipment::from_iter(&outline.equipment),
            quorum: quorum(constitution),
            full_quarters: limit.map(|limit| counted.full_quarters(session, limit)).unwrap_or_default(),
            asked: vec![],
        })
    }
}

fn attending(attendee: &Attendee, constitution: &Constitution) -> Attending {
    let department = attendee.department.clone();
    let voter = constitution.voter(&department);
    let role = attendee.roles.iter().map(|given| given.role).min().unwrap_or(RoleOnTopic::Informed);
    let role = if voter.is_none() { role.max(RoleOnTopic::Advises) } else { role };
    Attending {
        role,
        is_bound: false,
        decides: false,
        may_chair: constitution.chairs().any(|chair| *chair == department),
        substitutes: voter.map(|voter| voter.substitutes.clone()).unwrap_or_default(),
        department,
    }
}

/// The fewest departments that are a quorum when nobody else is there.
pub fn quorum(constitution: &Constitution) -> u32 {
    let all = constitution.voter_count();
    (1..all).find(|present| *present >= constitution.quorum(0, *present)).unwrap_or(all)
}
