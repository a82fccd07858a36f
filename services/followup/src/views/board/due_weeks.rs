//! How much falls due when: the clocks that the board counts, by the week in which they end.

use super::super::condition::Condition;
use super::super::follow_up::{CHANGED, SINCE};
use domain::calendar::WorkingCalendar;
use domain::{Code, Date, Timestamp};
use proto::Invalid;
use proto::followup::v1::{DueRow, DueWeek, GetDueWeeksRequest};
use rusqlite::Row;
use service_kit::list::{ListQuery, Page};
use service_kit::spans::{AsOf, Past, THEN};
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeSet;

/// How many weeks are looked at when nothing else is asked for.
const WEEKS: u32 = 12;
/// How many weeks can be asked for, at most.
const WEEKS_MAX: u32 = 53;
/// Days of a week.
const WEEK_DAYS: u32 = 7;

/// The clocks of a department, or of all: "due_at:follow_ups", with a space between.
macro_rules! clocks_of {
    ($from:literal) => {
        concat!("SELECT lead_code, group_concat(due_at || ':' || follow_ups, ' ') AS clocks FROM ", $from)
    };
}
const ROWS: Rows = super::ROWS.selecting(clocks_of!("running"));
const PAST_ROWS: Rows = super::ROWS.selecting(clocks_of!("running_spans"));

/// The clocks of some follow-ups, in the same words.
macro_rules! clocks_of_some {
    ($($from:tt)*) => {
        concat!("SELECT lead_code, group_concat(due_at || ':1', ' ') AS clocks FROM ", $($from)*)
    };
}
const CHANGED_ROWS: Rows = super::ROWS.selecting(clocks_of_some!("follow_ups"));
const CHANGED_PAST_ROWS: Rows = super::ROWS.selecting(clocks_of_some!(past_follow_ups!()));
/// Whose clock runs.
const RUNS: &str = "open AND runs";

/// A page of the departments, the sums over all of them, the weeks, and the moment that they are of.
type DueWeeks = (Page<DueRow>, DueRow, Vec<DueWeek>, Timestamp);

/// The query for what falls due when, of what these departments lead; with none, of all.
pub(crate) fn due_weeks(
    request: &GetDueWeeksRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<DueWeeks> + Send + 'static + use<>, Invalid> {
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let since = AsOf::named(SINCE, request.changed_since_at, request.changed_since_position)?;
    let weeks = match request.weeks.unwrap_or(WEEKS) {
        weeks @ 1..=WEEKS_MAX => weeks,
        weeks => {
            let fault = format!("is {weeks}; 1 to {WEEKS_MAX} are accepted");
            return Err(Invalid::field("weeks", fault));
        }
    };
    let condition = Condition::under(under).of_body(&request.body_code);
    let rows = match (since.is_now(), as_of.is_now()) {
        (true, true) => ROWS,
        (true, false) => PAST_ROWS,
        (false, true) => CHANGED_ROWS,
        (false, false) => CHANGED_PAST_ROWS,
    };
    let (size, token) = (request.page_size, &request.page_token);
    let list = ListQuery::new(rows, &["lead_code"], "lead_code", "", size, token)?.group_by("lead_code");
    Ok(move |tables: ScopedTables<'_>| {
        let past = as_of.past(tables)?;
        let condition = match (since.past(tables)?, past) {
            (None, None) => condition,
            (None, Some(past)) => condition.and(running_then!(), past.way()),
            (Some(since), None) => condition.and(RUNS, []).and(CHANGED, since.until(None)),
            (Some(since), Some(then)) => {
                condition.and(RUNS, []).and(CHANGED, since.until(past)).and(THEN, then.then())
            }
        };
        let at = Past::moment(past, now);
        let ahead = Ahead::of(at, weeks, &calendar);
        let totals = condition.clone().first(tables, &rows, [], |row| ahead.count(row, String::new()))?;
        let page = list
            .filter(condition.text(), condition.values().to_vec())
            .run(tables, |row| ahead.count(row, row.get("lead_code")?))?;
        Ok((page, totals.unwrap_or_default(), ahead.weeks(&calendar), at))
    })
}

/// The weeks from a moment on: of each its first day that is looked at and its last, and the moment at which it ends.
struct Ahead {
    at: i64,
    weeks: Vec<(Date, Date, i64)>,
}

impl Ahead {
    fn of(at: Timestamp, weeks: u32, calendar: &WorkingCalendar) -> Ahead {
        let today = calendar.date_of(at);
        let to_sunday = 6 - u32::from(today.weekday().to_monday_zero_offset().unsigned_abs());
        let week = |nth: u32| {
            let sunday = calendar.after_days(today, to_sunday + WEEK_DAYS * nth);
            let first =
                if nth == 0 { today } else { calendar.after_days(today, to_sunday + WEEK_DAYS * nth - 6) };
            (first, sunday, calendar.end_of(sunday).as_microsecond())
        };
        Ahead { at: at.as_microsecond(), weeks: (0..weeks).map(week).collect() }
    }

    /// Counts the clocks of a row.
    fn count(&self, row: &Row<'_>, department_code: String) -> rusqlite::Result<DueRow> {
        let clocks: Option<String> = row.get("clocks")?;
        let mut counts = DueRow { department_code, due: vec![0; self.weeks.len()], ..DueRow::default() };
        for clock in clocks.unwrap_or_default().split_whitespace() {
            let (due_at, follow_ups) = clock.split_once(':').unwrap_or_default();
            let (due_at, follow_ups) = (due_at.parse().unwrap_or(i64::MAX), follow_ups.parse().unwrap_or(0));
            let nth = self.weeks.partition_point(|(_, _, ends_at)| *ends_at < due_at);
            *match counts.due.get_mut(nth) {
                _ if due_at < self.at => &mut counts.late,
                Some(week) => week,
                None => &mut counts.later,
            } += follow_ups;
            counts.total += follow_ups;
        }
        Ok(counts)
    }

    fn weeks(&self, calendar: &WorkingCalendar) -> Vec<DueWeek> {
        let week = |&(first, last, _): &(Date, Date, i64)| {
            let iso = last.iso_week_date();
            DueWeek {
                week: format!("{:04}-W{:02}", iso.year(), iso.week()),
                starts_on: first.to_string(),
                ends_on: last.to_string(),
                working_days: calendar.working_days_between(first, last)
                    + u32::from(calendar.is_working_day(first)),
                holidays: calendar.holidays_within(first, last).map(|date| date.to_string()).collect(),
                make_up_days: calendar
                    .make_up_days_within(first, last)
                    .map(|date| date.to_string())
                    .collect(),
            }
        };
        self.weeks.iter().map(week).collect()
    }
}
