//! What the indicators are asked of: a period, a body, some departments; and the conditions that say so.

use crate::views::DAY_MICROS;
use crate::views::condition::Condition;
use domain::calendar::Zone;
use domain::{Code, Date, Timestamp};
use proto::Invalid;
use proto::followup::v1::GetIndicatorsRequest;
use rusqlite::types::Value;
use service_kit::list::date_filter;
use service_kit::scope::as_json;
use service_kit::serve::read;
use service_kit::spans::{AsOf, FOREVER, Past};
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeSet;

/// Days in the year that session hours are counted for, when no period is asked for.
const YEAR_DAYS: i64 = 365;
/// Decides or advises there, and neither led, said, submitted or voted anything, nor got anything to do.
const IDLE: &str = "EXISTS (SELECT 1 FROM roles
        WHERE roles.meeting = presences.meeting AND roles.department = presences.department)
    AND NOT EXISTS (SELECT 1 FROM acted
        WHERE acted.meeting = presences.meeting AND acted.department = presences.department)
    AND opened_at IS NOT NULL AND (ends_at IS NULL OR ends_at > opened_at)";

/// What is asked for: of which time, which body, and which departments.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    starts_at: Option<i64>,
    ends_at: Option<i64>,
    body: Option<String>,
    under: Option<String>,
    as_of: AsOf,
    now: Timestamp,
    /// The last position that counts.
    position: i64,
}

impl Asked {
    pub(crate) fn read(
        request: &GetIndicatorsRequest,
        under: Option<&BTreeSet<Code>>,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<Asked, Invalid> {
        let starts_on = date_filter("starts_on", &request.starts_on)?;
        let ends_on = date_filter("ends_on", &request.ends_on)?;
        if let (Some(starts_on), Some(ends_on)) = (starts_on, ends_on)
            && ends_on < starts_on
        {
            return Err(Invalid::field("ends_on", "must not be before starts_on"));
        }
        let body = request.body_code.clone().filter(|code| !code.is_empty());
        let body: Option<Code> = read("body_code", body)?;
        let next = |date: Date| date.tomorrow().unwrap_or(Date::MAX);
        Ok(Asked {
            starts_at: starts_on.map(|date| zone.start_of(date).as_microsecond()),
            ends_at: ends_on.map(|date| zone.start_of(next(date)).as_microsecond()),
            body: body.map(|body| body.to_string()),
            under: under.map(as_json),
            as_of: AsOf::read(request.as_of_at, request.as_of_position)?,
            now,
            position: FOREVER - 1,
        })
    }

    /// The same with the position and the moment that are asked for.
    pub(super) fn resolved(self, tables: ScopedTables<'_>) -> rusqlite::Result<Asked> {
        Ok(match self.as_of.past(tables)? {
            Some(Past { position, at }) => Asked { position: position.min(self.position), now: at, ..self },
            None => self,
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The last position that counts; for the present, one that everything is before.
    pub(super) fn position(&self) -> i64 {
        self.position
    }

    pub(super) fn has_period(&self) -> bool {
        self.starts_at.is_some() || self.ends_at.is_some()
    }

    /// The condition that something happened in the time that is asked for, at a body that is, and as far as it concerns
    /// the departments.
    fn of(&self, (moment, since): (&str, &str), under: &str) -> Condition {
        let known = format!("{moment} IS NOT NULL AND {since} <= ?");
        let condition = Condition::new(&known, [self.position.into()]);
        let condition = match self.starts_at {
            Some(starts_at) => condition.and(&format!("{moment} >= ?"), [starts_at.into()]),
            None => condition,
        };
        let condition = match self.ends_at {
            Some(ends_at) => condition.and(&format!("{moment} < ?"), [ends_at.into()]),
            None => condition,
        };
        let condition = match &self.body {
            Some(code) => condition.and("body_code = ?", [code.clone().into()]),
            None => condition,
        };
        match &self.under {
            Some(codes) if under == OF_DEPARTMENT => condition.and(under, [codes.clone().into()]),
            Some(codes) => {
                condition.and(under, [codes.clone().into(), self.position.into(), self.position.into()])
            }
            None => condition,
        }
    }

    /// Meetings that are concluded.
    pub(super) fn meetings(&self) -> Condition {
        self.of(CLOSED, OF_CONCERNED)
    }

    /// Sessions that departments met in.
    pub(super) fn convened(&self) -> Condition {
        self.of(("convened_at", "convened_since"), OF_CONCERNED)
    }

    /// Sessions in whose place a countersign decided.
    pub(super) fn avoided(&self) -> Condition {
        self.of(("avoided_at", "avoided_since"), OF_CONCERNED)
    }

    /// Sessions in whose place a countersign decided, or the session that they were merged into.
    pub(super) fn spared(&self) -> Condition {
        self.of(("spared_at", "spared_since"), OF_CONCERNED)
    }

    /// Decisions that were adopted.
    pub(super) fn decisions(&self) -> Condition {
        let of_concerned = "docket IN (SELECT session FROM concerned
            WHERE department IN (SELECT value FROM json_each(?)) AND since <= ? AND until > ?)";
        let adopted = self.of(("adopted_at", "adopted_since"), of_concerned);
        adopted.and("adopted_until > ?", [self.position.into()])
    }

    /// The time that somebody was there; when no period is asked for, in the last year.
    pub(super) fn presences(&self) -> Condition {
        let condition = self.of(CLOSED, OF_DEPARTMENT).and("opened_at IS NOT NULL", []);
        match self.has_period() {
            true => condition,
            false => {
                let since = self.now.as_microsecond() - YEAR_DAYS * DAY_MICROS;
                condition.and("closed_at > ?", [since.into()])
            }
        }
    }

    /// The time that somebody was there for nothing.
    pub(super) fn idle(&self) -> Condition {
        self.of(CLOSED, OF_DEPARTMENT).and(IDLE, [])
    }

    /// The same; when no period is asked for, in the last year.
    pub(super) fn idle_of_a_year(&self) -> Condition {
        self.presences().and(IDLE, [])
    }

    /// The departments that are asked for.
    pub(super) fn departments(&self) -> Condition {
        let registered = Condition::new("registered_since <= ?", [self.position.into()]);
        match &self.under {
            Some(codes) => registered.and("code IN (SELECT value FROM json_each(?))", [codes.clone().into()]),
            None => registered,
        }
    }
}

const OF_DEPARTMENT: &str = "department IN (SELECT value FROM json_each(?))";
const OF_CONCERNED: &str = "id IN (SELECT session FROM concerned
    WHERE department IN (SELECT value FROM json_each(?)) AND since <= ? AND until > ?)";
const CLOSED: (&str, &str) = ("closed_at", "closed_since");

impl Condition {
    /// One number; 0 where there is nothing to add up. The values of the selection come before those of the condition.
    pub(super) fn figure(
        self,
        tables: ScopedTables<'_>,
        rows: &Rows,
        selected: impl IntoIterator<Item = i64>,
    ) -> rusqlite::Result<f64> {
        self.amount(tables, rows, selected.into_iter().map(Value::from))
    }

    /// The same, of a selection with other values than numbers.
    pub(super) fn amount(
        self,
        tables: ScopedTables<'_>,
        rows: &Rows,
        selected: impl IntoIterator<Item = Value>,
    ) -> rusqlite::Result<f64> {
        let found = self.first(tables, rows, selected, |row| row.get::<_, Option<f64>>(0))?;
        Ok(found.flatten().unwrap_or_default())
    }
}
