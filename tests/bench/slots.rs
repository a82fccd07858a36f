//! How long the search for slots takes: a session of 40 departments in five rooms, in diaries of a year.
//!
//! What is measured is the search; reading the diaries from the view is not.

use crate::report::{self, Line, Target};
use domain::calendar::WorkingCalendar;
use domain::scheduling::equipment::Equipment;
use domain::scheduling::session::RoleOnTopic;
use domain::scheduling::slots::{
    Attending, Busy, Cause, Diaries, Engagement, RoomDiary, Timeline, Wanted, find,
};
use domain::testing::{at, code};
use domain::{Code, Timestamp};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What 95 of 100 searches must not take longer than.
const TARGET: Duration = Duration::from_millis(10);
const DEPARTMENTS: u32 = 40;
const ROOMS: u32 = 5;
const DAYS: i64 = 365;
/// Searches, each from another day on.
const SEARCHES: i64 = 200;
const YEAR_BEGINS: &str = "2027-01-01T00:00:00Z";

/// The search over each window: 30 days, as when none is given, and 92, the longest.
pub fn of_a_year() -> anyhow::Result<Vec<Line>> {
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai")?;
    let diaries = diaries();
    Ok([30, 92].into_iter().map(|days| line(&calendar, &diaries, days)).collect())
}

fn line(calendar: &WorkingCalendar, diaries: &Diaries, days: i64) -> Line {
    let mut took: Vec<Duration> = (0..SEARCHES)
        .map(|nth| {
            let wanted = wanted(days_on(nth * (DAYS - days) / SEARCHES), days);
            let started = Instant::now();
            let found = find(&wanted, diaries, calendar);
            let took = started.elapsed();
            std::hint::black_box(found);
            took
        })
        .collect();
    took.sort_unstable();
    let (p50, p95) = (took[took.len() / 2], took[took.len() * 95 / 100]);
    Line {
        case: format!("slots of {DEPARTMENTS} departments, {ROOMS} rooms, {days} of {DAYS} days"),
        measured: format!("p50 {}, p95 {}", report::time(p50), report::time(p95)),
        target: format!("p95 ≤ {}", report::time(TARGET)),
        verdict: Target::AtMost(TARGET.as_secs_f64()).verdict(p95.as_secs_f64()),
        ..Line::default()
    }
}

fn days_on(days: i64) -> Timestamp {
    at(YEAR_BEGINS) + SignedDuration::from_hours(24 * days)
}

fn department(nth: u32) -> Code {
    code(&format!("DEPARTMENT-{nth}"))
}

/// A session of two hours in which all decide but every fourth, and half must be able to.
fn wanted(from_at: Timestamp, days: i64) -> Wanted {
    let attending = (0..DEPARTMENTS).map(|nth| {
        let decides = nth % 4 != 3;
        Attending {
            department: department(nth),
            role: if decides { RoleOnTopic::Decides } else { RoleOnTopic::Advises },
            may_chair: nth == 0,
            is_bound: decides,
            decides,
            substitutes: vec![department((nth + 1) % DEPARTMENTS)],
        }
    });
    Wanted {
        from_at,
        until_at: from_at + SignedDuration::from_hours(24 * days),
        notice_until_at: None,
        duration_minutes: 120,
        is_urgent: false,
        attending: attending.collect(),
        people: DEPARTMENTS,
        equipment: Equipment::default(),
        quorum: DEPARTMENTS / 2,
        full_quarters: BTreeSet::new(),
        asked: vec![],
    }
}

/// Each department and each room is taken for some hours of every day, all of them at other hours.
fn diaries() -> Diaries {
    let timeline = |own: u32, hours: i64, cause| -> Timeline {
        let engagement = |day: i64| {
            let begins = 1 + (i64::from(own) * 7 + day * 5) % 8;
            let starts_at = days_on(day) + SignedDuration::from_hours(begins);
            let time = Busy { starts_at, ends_at: starts_at + SignedDuration::from_hours(hours) };
            Engagement { time, cause, site: None, read_at: None }
        };
        (0..DAYS).map(engagement).collect()
    };
    let room = |nth: u32| RoomDiary {
        code: code(&format!("ROOM-{nth}")),
        seats: 50,
        equipment: Equipment::default(),
        site: None,
        busy: timeline(nth, 3, Cause::Session),
    };
    let departments: BTreeMap<Code, Timeline> =
        (0..DEPARTMENTS).map(|nth| (department(nth), timeline(nth, 2, Cause::Session))).collect();
    Diaries { rooms: (0..ROOMS).map(room).collect(), departments, ..Diaries::default() }
}
