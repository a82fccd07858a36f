//! A follow-up's row as far as it changes: read once for a record, changed in memory by its events, written once.

use super::super::board::{self, Counted};
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Event, Stage};
use domain::followup::ladder::{Rung, RungKind};
use proto::Wire as _;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, ToSql, Transaction};

/// A rung that is still to come. Sorted as they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pending {
    pub(super) due_at: i64,
    pub(super) number: u32,
    kind: i32,
}

impl From<&Rung> for Pending {
    fn from(rung: &Rung) -> Pending {
        Pending { due_at: rung.due_at.as_microsecond(), number: rung.number, kind: rung.kind.to_wire() }
    }
}

/// What is in the column: `due_at:number:kind` for each rung, with a space between.
pub(super) fn write_rungs(rungs: &[Pending]) -> String {
    let written: Vec<String> =
        rungs.iter().map(|rung| format!("{}:{}:{}", rung.due_at, rung.number, rung.kind)).collect();
    written.join(" ")
}

fn read_rungs(text: &str) -> Option<Vec<Pending>> {
    let rung = |word: &str| {
        let (due_at, rest) = word.split_once(':')?;
        let (number, kind) = rest.split_once(':')?;
        Some(Pending { due_at: due_at.parse().ok()?, number: number.parse().ok()?, kind: kind.parse().ok()? })
    };
    text.split(' ').filter(|word| !word.is_empty()).map(rung).collect()
}

/// What changes of a follow-up.
#[derive(Debug, Clone)]
pub(in super::super) struct ChangingRow {
    rowid: i64,
    lead: String,
    due_on: String,
    due_at: i64,
    acknowledge_by: i64,
    zone: String,
    stage: i32,
    acknowledged: bool,
    help_from: Option<String>,
    escalated_to: i32,
    extensions: u32,
    rungs: Vec<Pending>,
}

impl ChangingRow {
    pub(super) fn read(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<ChangingRow>> {
        let mut statement = tables.prepare_cached(
            "SELECT rowid, lead_code, due_on, due_at, acknowledge_by, time_zone, stage, acknowledged, help_from_code,
                 escalated_to, extensions, rungs
             FROM follow_ups WHERE id = ?1",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            let rungs = read_rungs(&row.get::<_, String>(11)?);
            let unreadable = || rusqlite::Error::InvalidColumnType(11, "rungs".to_owned(), Type::Text);
            Ok(ChangingRow {
                rowid: row.get(0)?,
                lead: row.get(1)?,
                due_on: row.get(2)?,
                due_at: row.get(3)?,
                acknowledge_by: row.get(4)?,
                zone: row.get(5)?,
                stage: row.get(6)?,
                acknowledged: row.get(7)?,
                help_from: row.get(8)?,
                escalated_to: row.get(9)?,
                extensions: row.get(10)?,
                rungs: rungs.ok_or_else(unreadable)?,
            })
        };
        statement.query_row([id], read).optional()
    }

    pub(in super::super) fn rowid(&self) -> i64 {
        self.rowid
    }

    /// The zone whose calendar days are counted.
    pub(in super::super) fn zone(&self) -> rusqlite::Result<Zone> {
        super::zone(&self.zone)
    }

    /// Changes it as an event says. That it is planned is what makes the row.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Planned { .. } => {}
            Event::Acknowledged => {
                self.acknowledged = true;
                self.drop_rungs(is_acknowledgement);
            }
            Event::Contested => self.drop_rungs(is_acknowledgement),
            Event::ContestResolved { lead, acknowledge_by, rungs } => {
                lead.as_str().clone_into(&mut self.lead);
                self.acknowledge_by = acknowledge_by.as_microsecond();
                self.acknowledged = false;
                self.drop_rungs(is_acknowledgement);
                self.add_rungs(rungs);
            }
            Event::Blocked { help_from } => self.help_from = Some(help_from.as_str().to_owned()),
            Event::Unblocked => self.help_from = None,
            Event::Claimed => self.stop(Stage::Claimed),
            Event::Returned => self.stage = Stage::Open.to_wire(),
            Event::Replanned { due_on, due_at, cause, rungs } => {
                (self.due_on, self.due_at) = (due_on.to_string(), due_at.as_microsecond());
                self.extensions += u32::from(*cause == Cause::Extension);
                self.escalated_to = 0;
                self.stage = Stage::Open.to_wire();
                self.drop_rungs(|rung| !is_acknowledgement(rung));
                self.add_rungs(rungs);
            }
            Event::Satisfied => self.end(Stage::Satisfied),
            Event::Cancelled => self.end(Stage::Cancelled),
            Event::Reminded { rung, .. }
            | Event::AcknowledgementOverdue { rung, .. }
            | Event::Overdue { rung, .. }
            | Event::Skipped { rung, .. } => self.drop_rungs(|pending| pending.number == *rung),
            Event::Escalated { rung, tier, .. } => {
                self.escalated_to = self.escalated_to.max(tier.to_wire());
                self.drop_rungs(|pending| pending.number == *rung);
            }
        }
    }

    fn add_rungs(&mut self, rungs: &[Rung]) {
        self.rungs.extend(rungs.iter().map(Pending::from));
        self.rungs.sort_unstable();
    }

    fn drop_rungs(&mut self, unwanted: impl Fn(&Pending) -> bool) {
        self.rungs.retain(|rung| !unwanted(rung));
    }

    fn stop(&mut self, stage: Stage) {
        self.stage = stage.to_wire();
        self.help_from = None;
    }

    fn end(&mut self, stage: Stage) {
        self.stop(stage);
        self.rungs.clear();
    }

    /// The rung that comes first; none while the clock has stopped.
    fn next(&self) -> Option<Pending> {
        self.rungs.first().filter(|_| self.stage == Stage::Open.to_wire()).copied()
    }

    fn counted(&self) -> Counted<'_> {
        Counted {
            lead: &self.lead,
            due_at: self.due_at,
            stage: self.stage,
            blocked: self.help_from.is_some(),
            escalated: self.escalated_to > 0,
            acknowledged: self.acknowledged,
            extended: self.extensions > 0,
        }
    }

    /// Writes what differs from before, if anything does: an index costs only when a column of it is written.
    pub(super) fn write(&self, tables: &Transaction<'_>, before: &ChangingRow) -> rusqlite::Result<()> {
        let (next, next_before) = (self.next(), before.next());
        let (next_at, next_number) = (next.map(|rung| rung.due_at), next.map(|rung| rung.number));
        let rungs = write_rungs(&self.rungs);
        let columns: [(&str, &dyn ToSql, bool); 12] = [
            ("lead_code", &self.lead, self.lead != before.lead),
            ("due_on", &self.due_on, self.due_on != before.due_on),
            ("due_at", &self.due_at, self.due_at != before.due_at),
            ("acknowledge_by", &self.acknowledge_by, self.acknowledge_by != before.acknowledge_by),
            ("stage", &self.stage, self.stage != before.stage),
            ("acknowledged", &self.acknowledged, self.acknowledged != before.acknowledged),
            ("help_from_code", &self.help_from, self.help_from != before.help_from),
            ("escalated_to", &self.escalated_to, self.escalated_to != before.escalated_to),
            ("extensions", &self.extensions, self.extensions != before.extensions),
            ("rungs", &rungs, self.rungs != before.rungs),
            ("next_notice_at", &next_at, next_at != next_before.map(|rung| rung.due_at)),
            ("next_rung", &next_number, next_number != next_before.map(|rung| rung.number)),
        ];
        let (mut assignments, mut values) = (Vec::new(), vec![&self.rowid as &dyn ToSql]);
        for (column, value, _) in columns.into_iter().filter(|(.., changed)| *changed) {
            values.push(value);
            assignments.push(format!("{column} = ?{}", values.len()));
        }
        if assignments.is_empty() {
            return Ok(());
        }
        let update = format!("UPDATE follow_ups SET {} WHERE rowid = ?1", assignments.join(", "));
        tables.prepare_cached(&update)?.execute(values.as_slice())?;
        board::count(tables, Some(before.counted()), self.counted())
    }
}

fn is_acknowledgement(rung: &Pending) -> bool {
    rung.kind == RungKind::Acknowledgement.to_wire()
}
