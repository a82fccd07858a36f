//! The board: how items stand, by the department that leads them.

use domain::Timestamp;
use domain::calendar::Zone;
use proto::Invalid;
use proto::followup::v1::{BoardColumn, BoardCounts, BoardRow, FollowUpStage, GetBoardRequest};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params};
use service_kit::list::{ListQuery, Page};
use service_kit::{Rows, ScopedTables};

/// How many calendar days ahead the board looks.
const DUE_SOON_DAYS: i64 = 7;

/// The columns, in the order of the counts.
const COLUMNS: [BoardColumn; 9] = [
    BoardColumn::Open,
    BoardColumn::DueSoon,
    BoardColumn::Late,
    BoardColumn::Blocked,
    BoardColumn::Escalated,
    BoardColumn::Unacknowledged,
    BoardColumn::AwaitingAcceptance,
    BoardColumn::Extended,
    BoardColumn::Done,
];

/// The condition under which a follow-up is in a column at a moment, and its values. Where only open ones are, it
/// says so first, for the indexes of those.
pub(super) fn column(column: BoardColumn, now: Timestamp, zone: &Zone) -> (&'static str, Vec<i64>) {
    let (soon_until, now) = (due_soon_until(now, zone), now.as_microsecond());
    match column {
        // Nothing is in a column that is not specified.
        BoardColumn::Unspecified => ("FALSE", vec![]),
        BoardColumn::Open => ("open", vec![]),
        BoardColumn::DueSoon => ("open AND stage = 1 AND due_at >= ? AND due_at <= ?", vec![now, soon_until]),
        BoardColumn::Late => ("open AND stage = 1 AND due_at < ?", vec![now]),
        BoardColumn::Blocked => ("open AND blocked", vec![]),
        BoardColumn::Escalated => ("open AND escalated", vec![]),
        BoardColumn::Unacknowledged => ("open AND unacknowledged", vec![]),
        BoardColumn::AwaitingAcceptance => ("open AND claimed", vec![]),
        BoardColumn::Extended => ("open AND extended", vec![]),
        BoardColumn::Done => ("done", vec![]),
    }
}

/// A follow-up as the board counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counted<'r> {
    pub(super) lead: &'r str,
    pub(super) due_at: i64,
    pub(super) stage: i32,
    pub(super) blocked: bool,
    pub(super) escalated: bool,
    pub(super) acknowledged: bool,
    pub(super) extended: bool,
}

/// The columns of the table `board`, in their order.
type Counts = [i64; 8];

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
        ];
        counts.map(i64::from)
    }

    /// Where its clock runs, if it does: for whom, and up to when.
    fn running(&self) -> Option<(&str, i64)> {
        (self.stage == RUNNING).then_some((self.lead, self.due_at))
    }
}

/// The stages of a follow-up on the wire that the board tells apart.
const RUNNING: i32 = FollowUpStage::Open as i32;
const CLAIMED: i32 = FollowUpStage::Claimed as i32;
const DONE: i32 = FollowUpStage::Satisfied as i32;

/// Counts a follow-up as it is now, in place of what it was before, if it was there.
pub(super) fn count(
    tables: &Transaction<'_>,
    before: Option<Counted<'_>>,
    now: Counted<'_>,
) -> rusqlite::Result<()> {
    let negative = |counts: Counts| counts.map(|count| -count);
    match before {
        Some(before) if before.lead == now.lead => {
            let (new, old) = (now.counts(), before.counts());
            add(tables, now.lead, std::array::from_fn(|column| new[column] - old[column]))?;
        }
        Some(before) => {
            add(tables, before.lead, negative(before.counts()))?;
            add(tables, now.lead, now.counts())?;
        }
        None => add(tables, now.lead, now.counts())?,
    }
    let (stops, runs) = (before.as_ref().and_then(Counted::running), now.running());
    if stops != runs {
        stops.map(|clock| stop_clock(tables, clock)).transpose()?;
        runs.map(|clock| start_clock(tables, clock)).transpose()?;
    }
    Ok(())
}

/// Adds to a department's counts.
fn add(tables: &Transaction<'_>, lead: &str, counts: Counts) -> rusqlite::Result<()> {
    if counts == Counts::default() {
        return Ok(());
    }
    let [follow_ups, open, blocked, escalated, unacknowledged, claimed, extended, done] = counts;
    tables
        .prepare_cached(
            "INSERT INTO board VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET
                 follow_ups = follow_ups + excluded.follow_ups,
                 open = open + excluded.open,
                 blocked = blocked + excluded.blocked,
                 escalated = escalated + excluded.escalated,
                 unacknowledged = unacknowledged + excluded.unacknowledged,
                 claimed = claimed + excluded.claimed,
                 extended = extended + excluded.extended,
                 done = done + excluded.done",
        )?
        .execute(params![lead, follow_ups, open, blocked, escalated, unacknowledged, claimed, extended, done])
        .map(drop)
}

fn start_clock(tables: &Transaction<'_>, (lead, due_at): (&str, i64)) -> rusqlite::Result<()> {
    let start =
        "INSERT INTO running VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET follow_ups = follow_ups + 1";
    tables.prepare_cached(start)?.execute(params![lead, due_at]).map(drop)
}

fn stop_clock(tables: &Transaction<'_>, (lead, due_at): (&str, i64)) -> rusqlite::Result<()> {
    let stop = "UPDATE running SET follow_ups = follow_ups - 1 WHERE lead_code = ?1 AND due_at = ?2";
    tables.prepare_cached(stop)?.execute(params![lead, due_at])?;
    let tidy = "DELETE FROM running WHERE lead_code = ?1 AND due_at = ?2 AND follow_ups = 0";
    tables.prepare_cached(tidy)?.execute(params![lead, due_at]).map(drop)
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

/// A department's counts, which it sees, and those above it.
const ROWS: Rows = Rows::of_departments(
    "SELECT lead_code, open,
         (SELECT coalesce(sum(running.follow_ups), 0) FROM running
          WHERE running.lead_code = board.lead_code AND due_at >= ? AND due_at <= ?) AS due_soon,
         (SELECT coalesce(sum(running.follow_ups), 0) FROM running
          WHERE running.lead_code = board.lead_code AND due_at < ?) AS late,
         blocked, escalated, unacknowledged, claimed, extended, done
     FROM board",
    "lead_code IN (SELECT value FROM json_each(?))",
);

/// The same for all of them together, but for what the clock changes.
const TOTALS: Rows = ROWS.selecting(
    "SELECT coalesce(sum(open), 0) AS open, 0 AS due_soon, 0 AS late,
         coalesce(sum(blocked), 0) AS blocked, coalesce(sum(escalated), 0) AS escalated,
         coalesce(sum(unacknowledged), 0) AS unacknowledged, coalesce(sum(claimed), 0) AS claimed,
         coalesce(sum(extended), 0) AS extended, coalesce(sum(done), 0) AS done
     FROM board",
);
const CLOCKS: Rows = ROWS.selecting("SELECT coalesce(sum(follow_ups), 0) FROM running");

/// A page of the board, and the totals.
type Board = (Page<BoardRow>, BoardCounts);

/// The query for a page of the board, with the totals. It adds up what the view has counted, and reads no follow-up:
/// its time depends on the number of departments and of the days on which something is due.
pub fn board(
    request: &GetBoardRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Board> + Send + 'static + use<>, Invalid> {
    let (soon_until, now) = (due_soon_until(now, zone), now.as_microsecond());
    let (size, token) = (request.page_size, &request.page_token);
    let rows = ListQuery::new(ROWS, &["lead_code"], "lead_code", "", size, token)?
        .selecting_with([now, soon_until, now])
        .filter("follow_ups > ?", [0]);
    Ok(move |tables: ScopedTables<'_>| {
        let running = |condition: &str, moments: &[i64]| {
            let values = moments.iter().copied().map(Value::from);
            tables.first(&CLOCKS, condition, values, |row| row.get(0))
        };
        let totals = BoardCounts {
            due_soon: running("due_at >= ? AND due_at <= ?", &[now, soon_until])?.unwrap_or_default(),
            late: running("due_at < ?", &[now])?.unwrap_or_default(),
            ..tables.first(&TOTALS, "TRUE", [], counts)?.unwrap_or_default()
        };
        Ok((rows.run(tables, row)?, totals))
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
    })
}
