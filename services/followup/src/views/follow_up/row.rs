//! A follow-up's row as far as it changes: read once for a record, changed in memory by its events, written once.

use super::super::board::{self, Account, Counted};
use domain::Timestamp;
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Event, Stage, Tier, is_live};
use domain::followup::ladder::{Rung, RungKind};
use proto::Wire as _;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, ToSql, Transaction};
use service_kit::Record;
use service_kit::spans::position_of;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Empty where it is not known.
    body: String,
    due_on: String,
    due_at: i64,
    acknowledge_by: i64,
    zone: String,
    stage: i32,
    acknowledged: bool,
    contested: bool,
    paused: bool,
    acceptor: Option<String>,
    first_due_on: String,
    /// The departments that are blocked, each with the one that it asked for help.
    blockages: BTreeMap<String, String>,
    escalated_to: i32,
    highest_escalation: i32,
    instructed: bool,
    was_late: bool,
    extensions: u32,
    rungs: Vec<Pending>,
}

fn write_blockages(blockages: &BTreeMap<String, String>) -> String {
    let written: Vec<String> = blockages.iter().map(|(blocked, help)| format!("{blocked}:{help}")).collect();
    written.join(" ")
}

/// Codes have neither a colon nor a space in them.
fn read_blockages(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(' ').filter_map(|pair| pair.split_once(':'));
    pairs.map(|(blocked, help)| (blocked.to_owned(), help.to_owned())).collect()
}

impl ChangingRow {
    pub(super) fn read(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<ChangingRow>> {
        let mut statement = tables.prepare_cached(
            "SELECT rowid, lead_code, due_on, due_at, acknowledge_by, time_zone, stage, acknowledged, blockages,
                 escalated_to, extensions, rungs, contested, paused, acceptor_code, first_due_on, highest_escalation,
                 was_late, coalesce(body_code, ''), instructed
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
                blockages: read_blockages(&row.get::<_, String>(8)?),
                escalated_to: row.get(9)?,
                extensions: row.get(10)?,
                rungs: rungs.ok_or_else(unreadable)?,
                contested: row.get(12)?,
                paused: row.get(13)?,
                acceptor: row.get(14)?,
                first_due_on: row.get(15)?,
                highest_escalation: row.get(16)?,
                was_late: row.get(17)?,
                body: row.get(18)?,
                instructed: row.get(19)?,
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
        use RungKind::{Acknowledgement, Judgement, Report, Ruling, Stale};
        match event {
            Event::Planned { .. } | Event::Urged { .. } | Event::Disputed { .. } => {}
            Event::Instructed { .. } => self.instructed = true,
            Event::AcceptorNamed { acceptor } => self.acceptor = acceptor.as_ref().map(ToString::to_string),
            Event::Acknowledged { rungs, at } => {
                self.note_late(*at);
                (self.acknowledged, self.contested) = (true, false);
                self.replace(&[Acknowledgement, Ruling, Report, Stale], rungs);
            }
            Event::Contested { rungs, at } => {
                self.note_late(*at);
                self.contested = true;
                self.replace(&[Acknowledgement, Ruling], rungs);
            }
            Event::ContestResolved { lead, acknowledge_by, rungs } => {
                lead.as_str().clone_into(&mut self.lead);
                self.acknowledge_by = acknowledge_by.as_microsecond();
                (self.acknowledged, self.contested) = (false, false);
                self.replace(&[Acknowledgement, Ruling], rungs);
            }
            Event::Reported { rungs, at } => {
                self.note_late(*at);
                self.replace(&[Report, Stale], rungs);
            }
            Event::Blocked { department, help_from } => {
                let department = department.as_ref().map_or(self.lead.clone(), ToString::to_string);
                self.blockages.insert(department, help_from.to_string());
            }
            Event::Unblocked { department } => {
                self.blockages.retain(|code, _| department.as_ref().is_some_and(|one| one.as_str() != code));
            }
            Event::Paused { at } => {
                self.note_late(*at);
                self.paused = true;
            }
            Event::Resumed => self.paused = false,
            Event::Claimed { rungs, at } => {
                self.note_late(*at);
                self.stop(Stage::Claimed);
                self.replace(&[Judgement], rungs);
            }
            Event::Returned => {
                self.stage = Stage::Open.to_wire();
                self.replace(&[Judgement], &[]);
            }
            Event::Replanned { due_on, due_at, cause, rungs, at, first_due_on, acknowledge_by, .. } => {
                if matches!(cause, Cause::Extension | Cause::Reassignment) {
                    self.note_late(*at);
                }
                let moves_along = *cause == Cause::Pause && self.first_due_on == self.due_on;
                (self.due_on, self.due_at) = (due_on.to_string(), due_at.as_microsecond());
                self.replan(*cause);
                match first_due_on {
                    Some(first_due_on) => self.first_due_on = first_due_on.to_string(),
                    None if moves_along => self.first_due_on.clone_from(&self.due_on),
                    None => {}
                }
                if let Some(acknowledge_by) = acknowledge_by {
                    self.acknowledge_by = acknowledge_by.as_microsecond();
                }
                self.rungs.clear();
                self.add_rungs(rungs);
            }
            Event::Reprojected { rungs, .. } => {
                self.rungs.clear();
                self.add_rungs(rungs);
            }
            Event::Satisfied { rungs, at } => {
                self.note_late(*at);
                self.end(Stage::Satisfied);
                self.add_rungs(rungs);
            }
            Event::LookedBack => self.rungs.clear(),
            Event::Cancelled => self.end(Stage::Cancelled),
            fired => self.fired(fired),
        }
    }

    /// A rung has fired, or is left out.
    fn fired(&mut self, event: &Event) {
        match event {
            Event::Overdue { rung, .. } => {
                self.was_late = true;
                self.drop_rung(*rung);
            }
            Event::Reminded { rung, .. }
            | Event::AcknowledgementOverdue { rung, .. }
            | Event::Notified { rung, .. }
            | Event::Skipped { rung, .. } => self.drop_rung(*rung),
            Event::Escalated { rung, tier, .. } => {
                self.escalated_to = self.escalated_to.max(tier.to_wire());
                self.highest_escalation = self.highest_escalation.max(tier.to_wire());
                self.instructed &= *tier != Tier::Leadership;
                self.drop_rung(*rung);
            }
            _ => {}
        }
    }

    /// Notes that it was past due at a moment while its clock ran, if it was.
    fn note_late(&mut self, at: Option<Timestamp>) {
        let runs = self.stage == Stage::Open.to_wire() && !self.paused && !self.contested;
        self.was_late |= runs && at.is_some_and(|at| at.as_microsecond() > self.due_at);
    }

    fn replan(&mut self, cause: Cause) {
        if cause == Cause::Pause {
            return;
        }
        self.extensions += u32::from(cause == Cause::Extension);
        if cause == Cause::Reopening {
            self.stage = Stage::Open.to_wire();
        }
        if cause == Cause::Reassignment {
            self.first_due_on.clone_from(&self.due_on);
            self.extensions = 0;
        }
        self.escalated_to = 0;
    }

    fn replace(&mut self, kinds: &[RungKind], rungs: &[Rung]) {
        let kinds: Vec<i32> = kinds.iter().map(|kind| kind.to_wire()).collect();
        self.rungs.retain(|rung| !kinds.contains(&rung.kind));
        self.add_rungs(rungs);
    }

    fn add_rungs(&mut self, rungs: &[Rung]) {
        self.rungs.extend(rungs.iter().map(Pending::from));
        self.rungs.sort_unstable();
    }

    fn drop_rung(&mut self, number: u32) {
        self.rungs.retain(|rung| rung.number != number);
    }

    fn stop(&mut self, stage: Stage) {
        self.stage = stage.to_wire();
        self.blockages.clear();
    }

    fn end(&mut self, stage: Stage) {
        self.stop(stage);
        (self.paused, self.contested) = (false, false);
        self.rungs.clear();
    }

    /// The rung that comes first of those that time runs for.
    fn next(&self) -> Option<Pending> {
        let stage = Stage::from_wire(self.stage).ok()?;
        let runs = |rung: &&Pending| {
            RungKind::from_wire(rung.kind).is_ok_and(|kind| is_live(stage, self.contested, self.paused, kind))
        };
        self.rungs.iter().find(runs).copied()
    }

    /// Those who are asked for help, and the acceptor.
    fn called_upon(&self) -> BTreeSet<&str> {
        self.blockages.values().chain(&self.acceptor).map(String::as_str).collect()
    }

    fn counted(&self) -> Counted<'_> {
        Counted {
            account: Account { lead: &self.lead, body: &self.body },
            due_at: self.due_at,
            stage: self.stage,
            blocked: !self.blockages.is_empty(),
            escalated: self.escalated_to > 0,
            acknowledged: self.acknowledged,
            extended: self.extensions > 0,
            held: self.paused || self.contested,
            was_late: self.was_late,
        }
    }

    /// Writes what differs from before, if anything does: an index costs only when a column of it is written.
    pub(super) fn write(
        &self,
        tables: &Transaction<'_>,
        record: &Record,
        before: &ChangingRow,
    ) -> rusqlite::Result<()> {
        let (next, next_before) = (self.next(), before.next());
        let (next_at, next_number) = (next.map(|rung| rung.due_at), next.map(|rung| rung.number));
        let rungs = write_rungs(&self.rungs);
        let blockages = write_blockages(&self.blockages);
        let (help_from, help_before) = (self.blockages.values().next(), before.blockages.values().next());
        let columns: [(&str, &dyn ToSql, bool); 20] = [
            ("lead_code", &self.lead, self.lead != before.lead),
            ("due_on", &self.due_on, self.due_on != before.due_on),
            ("due_at", &self.due_at, self.due_at != before.due_at),
            ("acknowledge_by", &self.acknowledge_by, self.acknowledge_by != before.acknowledge_by),
            ("stage", &self.stage, self.stage != before.stage),
            ("acknowledged", &self.acknowledged, self.acknowledged != before.acknowledged),
            ("contested", &self.contested, self.contested != before.contested),
            ("paused", &self.paused, self.paused != before.paused),
            ("acceptor_code", &self.acceptor, self.acceptor != before.acceptor),
            ("first_due_on", &self.first_due_on, self.first_due_on != before.first_due_on),
            ("blockages", &blockages, self.blockages != before.blockages),
            ("help_from_code", &help_from, help_from != help_before),
            (
                "highest_escalation",
                &self.highest_escalation,
                self.highest_escalation != before.highest_escalation,
            ),
            ("instructed", &self.instructed, self.instructed != before.instructed),
            ("was_late", &self.was_late, self.was_late != before.was_late),
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
        if self.called_upon() != before.called_upon() {
            self.write_called_upon(tables)?;
        }
        super::span::keep(tables, record, self.rowid)?;
        board::count(tables, position_of(record), Some(before.counted()), self.counted())
    }

    fn write_called_upon(&self, tables: &Transaction<'_>) -> rusqlite::Result<()> {
        tables.prepare_cached("DELETE FROM called_upon WHERE follow_up = ?1")?.execute([self.rowid])?;
        let mut insert =
            tables.prepare_cached("INSERT INTO called_upon (department, follow_up) VALUES (?1, ?2)")?;
        let mut note = tables.prepare_cached("INSERT OR IGNORE INTO ever_called_upon VALUES (?1, ?2)")?;
        for department in self.called_upon() {
            insert.execute(rusqlite::params![department, self.rowid])?;
            note.execute(rusqlite::params![department, self.rowid])?;
        }
        Ok(())
    }
}
