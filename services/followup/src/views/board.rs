//! The board: how items stand, by the department that leads them.

#[macro_use]
mod accounts;
mod due_weeks;
mod narrowed;

pub(crate) use due_weeks::due_weeks;

use super::condition::Condition;
use super::follow_up::{CHANGED, SINCE};
use domain::calendar::Zone;
use domain::{Code, Timestamp};
use proto::Invalid;
use proto::followup::v1::{BoardColumn, BoardCounts, BoardRow, FollowUpStage, GetBoardRequest};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use service_kit::list::{ListQuery, Page};
use service_kit::spans::{self, AsOf, FOREVER, Past, THEN, node};
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeSet;

/// How many calendar days ahead the board looks.
const DUE_SOON_DAYS: i64 = 7;

/// The columns, in the order of the counts; the last one is counted by weeks.
const COLUMNS: [BoardColumn; 13] = [
    BoardColumn::Open,
    BoardColumn::DueSoon,
    BoardColumn::Late,
    BoardColumn::Blocked,
    BoardColumn::Escalated,
    BoardColumn::Unacknowledged,
    BoardColumn::AwaitingAcceptance,
    BoardColumn::Extended,
    BoardColumn::Done,
    BoardColumn::Paused,
    BoardColumn::Cancelled,
    BoardColumn::WasLate,
    BoardColumn::Ahead,
];

/// The condition under which a follow-up is in a column at a moment, and its values. Where only open ones are, it
/// says so first, for the indexes of those.
pub(super) fn column(column: BoardColumn, now: Timestamp, zone: &Zone) -> (&'static str, Vec<i64>) {
    let (soon_until, now) = (due_soon_until(now, zone), now.as_microsecond());
    match column {
        // Nothing is in a column that is not specified.
        BoardColumn::Unspecified => ("FALSE", vec![]),
        BoardColumn::Open => ("open", vec![]),
        BoardColumn::DueSoon => ("open AND runs AND due_at >= ? AND due_at <= ?", vec![now, soon_until]),
        BoardColumn::Late => ("open AND runs AND due_at < ?", vec![now]),
        BoardColumn::Blocked => ("open AND blocked", vec![]),
        BoardColumn::Escalated => ("open AND escalated", vec![]),
        BoardColumn::Unacknowledged => ("open AND unacknowledged", vec![]),
        BoardColumn::AwaitingAcceptance => ("open AND claimed", vec![]),
        BoardColumn::Extended => ("open AND extended", vec![]),
        BoardColumn::Done => ("done", vec![]),
        BoardColumn::Paused => ("open AND held", vec![]),
        BoardColumn::Cancelled => ("cancelled", vec![]),
        BoardColumn::WasLate => ("was_late", vec![]),
        BoardColumn::Ahead => ("open AND runs AND due_at >= ?", vec![now]),
    }
}

/// What is counted together: the follow-ups that a department leads, of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Account<'r> {
    pub(super) lead: &'r str,
    /// Empty where it is not known.
    pub(super) body: &'r str,
}

/// A follow-up as the board counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counted<'r> {
    pub(super) account: Account<'r>,
    pub(super) due_at: i64,
    pub(super) stage: i32,
    pub(super) blocked: bool,
    pub(super) escalated: bool,
    pub(super) acknowledged: bool,
    pub(super) extended: bool,
    pub(super) held: bool,
    pub(super) was_late: bool,
}

/// The columns of the table `board`, in their order.
type Counts = [i64; 11];

impl Counted<'_> {
    /// What it adds to its department's counts.
    fn counts(&self) -> Counts {
        let (claimed, done) = (self.stage == CLAIMED, self.stage == DONE);
        let open = self.stage == RUNNING || claimed;
        let counts = [
            true,
            open,
            open && self.blocked,
            open && self.escalated,
            open && !self.acknowledged,
            claimed,
            open && self.extended,
            done,
            self.stage == RUNNING && self.held,
            self.stage == CANCELLED,
            self.was_late,
        ];
        counts.map(i64::from)
    }

    /// Where its clock runs, if it does: for whom, and up to when.
    fn running(&self) -> Option<(Account<'_>, i64)> {
        (self.stage == RUNNING && !self.held).then_some((self.account, self.due_at))
    }
}

/// The stages of a follow-up on the wire that the board tells apart.
const RUNNING: i32 = FollowUpStage::Open as i32;
const CLAIMED: i32 = FollowUpStage::Claimed as i32;
const DONE: i32 = FollowUpStage::Satisfied as i32;
const CANCELLED: i32 = FollowUpStage::Cancelled as i32;

/// Counts a follow-up as it is since a position, in place of what it was before, if it was there.
pub(super) fn count(
    tables: &Transaction<'_>,
    since: i64,
    before: Option<Counted<'_>>,
    now: Counted<'_>,
) -> rusqlite::Result<()> {
    let negative = |counts: Counts| counts.map(|count| -count);
    match before {
        Some(before) if before.account == now.account => {
            let (new, old) = (now.counts(), before.counts());
            add(tables, since, now.account, std::array::from_fn(|column| new[column] - old[column]))?;
        }
        Some(before) => {
            add(tables, since, before.account, negative(before.counts()))?;
            add(tables, since, now.account, now.counts())?;
        }
        None => add(tables, since, now.account, now.counts())?,
    }
    let (stops, runs) = (before.as_ref().and_then(Counted::running), now.running());
    if stops != runs {
        stops.map(|clock| stop_clock(tables, since, clock)).transpose()?;
        runs.map(|clock| start_clock(tables, since, clock)).transpose()?;
    }
    Ok(())
}

/// Adds to the counts of an account.
fn add(tables: &Transaction<'_>, since: i64, account: Account<'_>, counts: Counts) -> rusqlite::Result<()> {
    if counts == Counts::default() {
        return Ok(());
    }
    let [
        follow_ups,
        open,
        blocked,
        escalated,
        unacknowledged,
        claimed,
        extended,
        done,
        held,
        cancelled,
        was_late,
    ] = counts;
    tables
        .prepare_cached(
            "INSERT INTO board VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT DO UPDATE SET
                 follow_ups = follow_ups + excluded.follow_ups,
                 open = open + excluded.open,
                 blocked = blocked + excluded.blocked,
                 escalated = escalated + excluded.escalated,
                 unacknowledged = unacknowledged + excluded.unacknowledged,
                 claimed = claimed + excluded.claimed,
                 extended = extended + excluded.extended,
                 done = done + excluded.done,
                 held = held + excluded.held,
                 cancelled = cancelled + excluded.cancelled,
                 was_late = was_late + excluded.was_late",
        )?
        .execute(params![
            account.lead,
            account.body,
            follow_ups,
            open,
            blocked,
            escalated,
            unacknowledged,
            claimed,
            extended,
            done,
            held,
            cancelled,
            was_late,
        ])?;
    keep_board_span(tables, since, account)
}

/// What the counts of an account are since a position.
fn keep_board_span(tables: &Transaction<'_>, since: i64, account: Account<'_>) -> rusqlite::Result<()> {
    let span = "INSERT OR REPLACE INTO board_spans
        SELECT lead_code, body_code, ?3, follow_ups, open, blocked, escalated, unacknowledged, claimed, extended,
            done, held, cancelled, was_late
        FROM board WHERE lead_code = ?1 AND body_code = ?2";
    let values = params![account.lead, account.body, since];
    tables.prepare_cached(span)?.execute(values).map(drop)
}

/// Clocks that run: those of an account, up to a moment.
type Clock<'r> = (Account<'r>, i64);

fn start_clock(tables: &Transaction<'_>, since: i64, clock: Clock<'_>) -> rusqlite::Result<()> {
    let (account, due_at) = clock;
    let start =
        "INSERT INTO running VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET follow_ups = follow_ups + 1";
    tables.prepare_cached(start)?.execute(params![account.lead, account.body, due_at])?;
    keep_running_span(tables, since, clock)
}

fn stop_clock(tables: &Transaction<'_>, since: i64, clock: Clock<'_>) -> rusqlite::Result<()> {
    let (account, due_at) = clock;
    for change in [
        "UPDATE running SET follow_ups = follow_ups - 1
         WHERE lead_code = ?1 AND body_code = ?2 AND due_at = ?3",
        "DELETE FROM running WHERE lead_code = ?1 AND body_code = ?2 AND due_at = ?3 AND follow_ups = 0",
    ] {
        tables.prepare_cached(change)?.execute(params![account.lead, account.body, due_at])?;
    }
    keep_running_span(tables, since, clock)
}

fn keep_running_span(
    tables: &Transaction<'_>,
    since: i64,
    (account, due_at): Clock<'_>,
) -> rusqlite::Result<()> {
    let key = params![account.lead, account.body, due_at];
    let last = "SELECT span, since, until FROM running_spans
        WHERE lead_code = ?1 AND body_code = ?2 AND due_at = ?3 ORDER BY since DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let last: Option<(i64, i64, i64)> = tables.prepare_cached(last)?.query_row(key, read).optional()?;
    if let Some((span, begun, FOREVER)) = last {
        spans::end(tables, "running_spans", (span, begun), since)?;
    }
    let span = "INSERT INTO running_spans (lead_code, body_code, due_at, follow_ups, since, until, node)
        SELECT lead_code, body_code, due_at, follow_ups, ?4, ?5, ?6 FROM running
        WHERE lead_code = ?1 AND body_code = ?2 AND due_at = ?3";
    let values = params![account.lead, account.body, due_at, since, FOREVER, node(since, FOREVER)];
    tables.prepare_cached(span)?.execute(values).map(drop)
}

/// The end of the last day of those ahead.
fn due_soon_until(now: Timestamp, zone: &Zone) -> i64 {
    let next = zone.date_of(zone.moved(now, DUE_SOON_DAYS + 1));
    zone.start_of(next).as_microsecond() - 1
}

/// Reads the columns that a query names, each once.
pub(super) fn chosen(field: &str, columns: &[i32]) -> Result<Vec<BoardColumn>, Invalid> {
    let mut chosen = Vec::new();
    for (nth, &number) in columns.iter().enumerate() {
        match BoardColumn::try_from(number) {
            Ok(column) if COLUMNS.contains(&column) => {
                if !chosen.contains(&column) {
                    chosen.push(column);
                }
            }
            _ => {
                let known = COLUMNS.map(|column| column.as_str_name()).join(", ");
                return Err(Invalid::field(&format!("{field}[{nth}]"), format!("must be one of {known}")));
            }
        }
    }
    Ok(chosen)
}

/// The counts of departments, which they see and those above them; of each, the stewards of a body see what is its.
const ROWS: Rows = Rows::of_those_concerned(
    of_each!(accounts!()),
    "lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);
const TOTALS: Rows = ROWS.selecting(of_all!(accounts!()));
const PAST_ROWS: Rows = ROWS.selecting(of_each!(past_accounts!()));
const PAST_TOTALS: Rows = ROWS.selecting(of_all!(past_accounts!()));

/// A page of the board, the totals, and the moment that they are of.
type Board = (Page<BoardRow>, BoardCounts, Timestamp);

/// The query for a page of the board, with the totals. It adds up what the view has counted, and reads no follow-up:
/// its time depends on the number of departments and of the days on which something is due.
pub fn board(
    request: &GetBoardRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Board> + Send + 'static + use<>, Invalid> {
    board_under(request, None, now, zone)
}

/// The same for what these departments lead; with none, for all.
pub(crate) fn board_under(
    request: &GetBoardRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Board> + Send + 'static + use<>, Invalid> {
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let (zone, narrowed_by) = (zone.clone(), narrowed::conditions(request, as_of)?);
    let since = AsOf::named(SINCE, request.changed_since_at, request.changed_since_position)?;
    let of = Condition::under(under).of_body(&request.body_code);
    let is_narrowed = !narrowed_by.is_empty() || !since.is_now();
    let of = narrowed_by
        .into_iter()
        .fold(of, |of, (condition, values)| of.and(condition, values.into_iter().map(Value::from)));
    let (rows, totals) = match (as_of.is_now(), is_narrowed) {
        (true, false) => (ROWS, TOTALS),
        (false, false) => (PAST_ROWS, PAST_TOTALS),
        (true, true) => (narrowed::ROWS, narrowed::TOTALS),
        (false, true) => (narrowed::PAST_ROWS, narrowed::PAST_TOTALS),
    };
    let (size, token) = (request.page_size, &request.page_token);
    let rows = ListQuery::new(rows, &["lead_code"], "lead_code", "", size, token)?.group_by("lead_code");
    Ok(move |tables: ScopedTables<'_>| {
        let past = as_of.past(tables)?;
        let of = match since.past(tables)? {
            Some(since) => of.and(CHANGED, since.until(past)),
            None => of,
        };
        let at = Past::moment(past, now);
        let moments = [at.as_microsecond(), due_soon_until(at, &zone), at.as_microsecond()].map(Value::from);
        let (selected, of): (Vec<Value>, _) = match (past, is_narrowed) {
            (None, _) => (moments.into(), of),
            (Some(past), true) => (moments.into(), of.and(THEN, past.then())),
            (Some(past), false) => {
                let position = [Value::from(past.position)];
                (position.into_iter().chain(moments).chain(past.way()).collect(), of)
            }
        };
        let rows = rows.filter(of.text(), of.values().to_vec());
        let rows = if is_narrowed { rows } else { rows.filter("follow_ups > ?", [0]) };
        let totals = of.first(tables, &totals, selected.clone(), counts)?.unwrap_or_default();
        Ok((rows.selecting_with(selected).run(tables, row)?, totals, at))
    })
}

fn row(row: &Row<'_>) -> rusqlite::Result<BoardRow> {
    Ok(BoardRow { department_code: row.get("lead_code")?, counts: Some(counts(row)?) })
}

fn counts(row: &Row<'_>) -> rusqlite::Result<BoardCounts> {
    Ok(BoardCounts {
        open: row.get("open")?,
        due_soon: row.get("due_soon")?,
        late: row.get("late")?,
        blocked: row.get("blocked")?,
        escalated: row.get("escalated")?,
        unacknowledged: row.get("unacknowledged")?,
        awaiting_acceptance: row.get("claimed")?,
        extended: row.get("extended")?,
        done: row.get("done")?,
        paused: row.get("held")?,
        cancelled: row.get("cancelled")?,
        was_late: row.get("was_late")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::testing::at;

    #[test]
    fn seven_days_ahead_are_days_of_the_calendar_also_when_the_clocks_change() {
        // In Berlin the 28th of March 2027 has 23 hours, and the 31st of October 25.
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for (now, last) in [
            ("2027-03-22T22:59:59Z", "2027-03-29T21:59:59.999999Z"),
            ("2027-03-22T23:00:00Z", "2027-03-30T21:59:59.999999Z"),
            ("2027-10-25T21:59:59Z", "2027-11-01T22:59:59.999999Z"),
            ("2027-10-25T22:00:00Z", "2027-11-02T22:59:59.999999Z"),
        ] {
            assert_eq!(due_soon_until(at(now), &berlin), at(last).as_microsecond(), "{now}");
        }
    }
}
