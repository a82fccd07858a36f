//! How long the search for slots takes: a session of 40 departments in five rooms, in diaries of a year; and the same when
//! each department has five members, who are busy for many hours a day.
//!
//! What is measured is the search, with when all members of a department are away; reading the diaries from the view is not.

use crate::report::{self, Line, Target};
use domain::calendar::WorkingCalendar;
use domain::scheduling::equipment::Equipment;
use domain::scheduling::session::RoleOnTopic;
use domain::scheduling::slots::{
    Attending, Busy, Cause, Diaries, Engagement, MemberDiary, RoomDiary, Timeline, Wanted, find, members_away,
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
/// Members of each department.
const MEMBERS_EACH: u32 = 5;
const DAYS: i64 = 365;
/// Searches, each from another day on.
const SEARCHES: i64 = 200;
const YEAR_BEGINS: &str = "2027-01-01T00:00:00Z";

/// The search over each window: 30 days, as when none is given, and 92, the longest; without members, and with them.
pub fn of_a_year() -> anyhow::Result<Vec<Line>> {
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai")?;
    let (diaries, members) = (diaries(), members());
    let cases = [(30, 0), (92, 0), (30, members.len()), (92, members.len())];
    Ok(cases.map(|(days, count)| line(&calendar, &diaries, &members[..count], days)).into())
}

fn line(calendar: &WorkingCalendar, diaries: &Diaries, members: &[MemberDiary], days: i64) -> Line {
    let mut took: Vec<Duration> = (0..SEARCHES)
        .map(|nth| {
            let wanted = wanted(days_on(nth * (DAYS - days) / SEARCHES), days);
            // What the view reads: all that lies in the window.
            let window = Busy { starts_at: wanted.from_at, ends_at: wanted.until_at };
            let members: Vec<MemberDiary> = members.iter().map(|one| within(one, &window)).collect();
            let mut diaries = diaries.clone();
            let started = Instant::now();
            for (department, away) in members_away(members) {
                let own = diaries.departments.remove(&department).unwrap_or_default();
                diaries.departments.insert(department, own.iter().copied().chain(away).collect());
            }
            let found = find(&wanted, &diaries, calendar);
            let took = started.elapsed();
            std::hint::black_box(found);
            took
        })
        .collect();
    took.sort_unstable();
    let (p50, p95) = (took[took.len() / 2], took[took.len() * 95 / 100]);
    let of_members = if members.is_empty() { String::new() } else { format!(", {} members", members.len()) };
    Line {
        case: format!("slots of {DEPARTMENTS} departments, {ROOMS} rooms{of_members}, {days} of {DAYS} days"),
        measured: format!("p50 {}, p95 {}", report::time(p50), report::time(p95)),
        target: format!("p95 ≤ {}", report::time(TARGET)),
        verdict: Target::AtMost(TARGET.as_secs_f64()).verdict(p95.as_secs_f64()),
        ..Line::default()
    }
}

/// A member's diary, as far as it lies in a window.
fn within(member: &MemberDiary, window: &Busy) -> MemberDiary {
    let engagements = member.engagements.iter().filter(|one| one.time.overlaps(window)).copied();
    MemberDiary { engagements: engagements.collect(), ..member.clone() }
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

/// Each member of each department is busy for six hours of every day, in three stretches, by a calendar and by absences.
fn members() -> Vec<MemberDiary> {
    let engagement = |own: u32, day: i64, nth: i64| {
        let begins = 1 + (i64::from(own) * 3 + day * 5) % 4 + nth * 3;
        let starts_at = days_on(day) + SignedDuration::from_hours(begins);
        let time = Busy { starts_at, ends_at: starts_at + SignedDuration::from_hours(2) };
        let is_read = own.is_multiple_of(2);
        let cause = if is_read { Cause::Calendar } else { Cause::Absence };
        Engagement { time, cause, site: None, read_at: is_read.then(|| days_on(0)) }
    };
    let member = |own: u32| MemberDiary {
        department: department(own / MEMBERS_EACH),
        is_delegate: true,
        engagements: (0..DAYS).flat_map(|day| (0..3).map(move |nth| engagement(own, day, nth))).collect(),
    };
    (0..DEPARTMENTS * MEMBERS_EACH).map(member).collect()
}
