//! Forecasts of items, and how good they were, from the items of a department.

use super::{Named, item};
use domain::calendar::Zone;
use domain::resolution::action_item::Stage;
use domain::resolution::forecast::{
    HISTORY_MAX, History, Led, Pending, Silence, Situation, TrackRecord, forecast as forecast_of,
    track_record,
};
use domain::text::composed;
use domain::{Code, Timestamp, Uuid};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::Row;
use rusqlite::types::{Type, Value};
use service_kit::list::{checked_size, read_token, token_after};
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeMap;

/// What a department led is its own account, as its scorecard is. Stages 4 and 5 on the wire are claimed and accepted, stage 6
/// is rescinded.
const LED: Rows = Rows::of_those_concerned(
    "SELECT lead_code, led_since, first_due_at, iif(stage IN (4, 5), claimed_at, NULL) AS finished_at FROM items",
    "lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);
const LEADS: Rows = LED.selecting("SELECT DISTINCT lead_code FROM items");

/// What a department led, the last items by what was promised first.
fn led(tables: ScopedTables<'_>, lead: &str) -> rusqlite::Result<Vec<Led>> {
    let read = |row: &Row<'_>| {
        Ok(Led {
            started_at: row.get("led_since")?,
            first_due_at: row.get("first_due_at")?,
            finished_at: row.get("finished_at")?,
        })
    };
    let values = [Value::from(lead.to_owned())];
    tables.all(&LED, "lead_code = ? AND stage <> 6", "due_at DESC, rowid DESC", values, HISTORY_MAX, read)
}

/// An item in question, or one that it waits for.
struct Known {
    id: Uuid,
    pending: Pending,
    stage: Stage,
    due_at: i64,
    due_on: String,
    number: String,
    is_paused: bool,
}

fn known(tables: ScopedTables<'_>, condition: &str, value: String) -> rusqlite::Result<Option<Known>> {
    let unreadable = |fault: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault)
    };
    tables.first(&item::WITH_WAITS, condition, [value.into()], |row| {
        let id: String = row.get("id")?;
        let lead: String = row.get("lead_code")?;
        let waits_for: Option<String> = row.get("waits_for")?;
        let waits_for = waits_for.unwrap_or_default();
        let (started_at, first_due_at): (i64, i64) = (row.get("led_since")?, row.get("first_due_at")?);
        let stage =
            Stage::from_wire(row.get::<_, i32>("stage")?).map_err(|fault| unreadable(fault.into()))?;
        Ok(Known {
            id: Uuid::try_parse(&id).map_err(|fault| unreadable(fault.into()))?,
            pending: Pending {
                lead: Code::from_wire(lead).map_err(|fault| unreadable(fault.into()))?,
                started_at,
                given: (first_due_at - started_at).max(1),
                waits_for: waits_for.split_whitespace().filter_map(|id| Uuid::try_parse(id).ok()).collect(),
            },
            stage,
            due_at: row.get("due_at")?,
            due_on: row.get("due_on")?,
            number: row.get("written")?,
            is_paused: row.get::<_, Option<i64>>("paused_since")?.is_some(),
        })
    })
}

impl Known {
    /// Why nothing is said of it, whatever was seen.
    fn silence(&self, now: i64) -> Option<Silence> {
        match self.stage {
            Stage::Claimed | Stage::Accepted | Stage::Rescinded => Some(Silence::NotOpen),
            Stage::Contested => Some(Silence::ClockStandsStill),
            _ if self.is_paused && self.pending.waits_for.is_empty() => Some(Silence::ClockStandsStill),
            _ if !self.is_paused && self.due_at < now => Some(Silence::Late),
            _ => None,
        }
    }
}

/// The query for the forecast of an item; the answer lacks the view's position.
pub(crate) fn forecast(
    named: Named,
    now: Timestamp,
    zone: Zone,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetForecastResponse>> + Send + 'static {
    move |tables| {
        let Some(asked) = known(tables, named.condition, named.value)? else { return Ok(None) };
        let micros = now.as_microsecond();
        let own = led(tables, asked.pending.lead.as_str())?;
        let record = track_record(&own, micros);
        let mut answer = pb::GetForecastResponse {
            number: asked.number.clone(),
            due_on: asked.due_on.clone(),
            evaluated_at: now.to_wire(),
            record: record.map(|record| shown(asked.pending.lead.as_str(), &record)),
            ..Default::default()
        };
        let mut histories = BTreeMap::from([(asked.pending.lead.clone(), history(&own, micros))]);
        answer.finished = histories[&asked.pending.lead].finished as u32;
        let (id, due_at) = (asked.id, asked.due_at);
        let said = match asked.silence(micros) {
            Some(silence) => Err(silence),
            None => match gather(tables, asked, micros, &mut histories)? {
                Ok(items) => {
                    let situation = Situation { items: &items, histories: &histories, now: micros };
                    // The same item says the same for as long as nothing changes.
                    forecast_of(situation, id, due_at, id.as_u64_pair().1)
                }
                Err(silence) => Err(silence),
            },
        };
        match said {
            Ok(said) => {
                let date =
                    |micros| Timestamp::from_microsecond(micros).ok().map(|at| zone.date_of(at).to_wire());
                answer.likelihood_percent = Some(said.likelihood_percent);
                answer.half_on = said.half_at.and_then(date);
                answer.nine_tenths_on = said.nine_tenths_at.and_then(date);
                answer.runs = said.runs;
            }
            Err(silence) => answer.silence = silence.to_wire(),
        }
        Ok(Some(answer))
    }
}

/// The item, and what it waits for, directly and through others, with the histories of those who lead them.
fn gather(
    tables: ScopedTables<'_>,
    asked: Known,
    now: i64,
    histories: &mut BTreeMap<Code, History>,
) -> rusqlite::Result<Result<BTreeMap<Uuid, Pending>, Silence>> {
    let (mut items, mut next) = (BTreeMap::new(), asked.pending.waits_for.clone());
    items.insert(asked.id, asked.pending);
    while let Some(id) = next.pop() {
        if items.contains_key(&id) {
            continue;
        }
        let Some(found) = known(tables, "id = ?", id.to_string())? else { return Ok(Err(Silence::Unseen)) };
        if let Some(Silence::ClockStandsStill) = found.silence(now) {
            return Ok(Err(Silence::ClockStandsStill));
        }
        let lead = &found.pending.lead;
        if !histories.contains_key(lead) {
            histories.insert(lead.clone(), history(&led(tables, lead.as_str())?, now));
        }
        next.extend(found.pending.waits_for.iter().copied());
        items.insert(id, found.pending);
    }
    Ok(Ok(items))
}

fn history(led: &[Led], now: i64) -> History {
    History::of(led.iter().map(|item| item.taken(now)))
}

fn shown(department: &str, record: &TrackRecord) -> pb::ForecastRecord {
    let bin = |bin: &domain::resolution::forecast::Bin| pb::ForecastBin {
        forecasts: bin.forecasts,
        said_percent: bin.said_percent,
        happened_percent: bin.happened_percent,
    };
    pb::ForecastRecord {
        department_code: department.to_owned(),
        forecasts: record.forecasts,
        brier_score: record.brier_score,
        base_brier_score: record.base_brier_score,
        bins: record.bins.iter().map(bin).collect(),
    }
}

/// A page of records, and the token for the next one.
type Page = (Vec<pb::ForecastRecord>, String);

/// The query for how good forecasts were. A page is told by the last department on the one before.
pub(crate) fn records(
    request: &pb::ListForecastRecordsRequest,
    now: Timestamp,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page> + Send + 'static + use<>, Invalid> {
    let size = checked_size(request.page_size)?;
    let only = request.department_code.as_deref().filter(|code| !code.is_empty());
    let only = only.map(|code| composed(code).into_owned());
    let walk = format!("ListForecastRecords {only:?}");
    let after = read_token(&request.page_token, &walk)?.unwrap_or_default();
    Ok(move |tables: ScopedTables<'_>| {
        let (condition, values) = match only {
            Some(code) => ("lead_code > ? AND lead_code = ?", vec![Value::from(after), code.into()]),
            None => ("lead_code > ?", vec![Value::from(after)]),
        };
        let read = |row: &Row<'_>| row.get::<_, String>("lead_code");
        let mut leads = tables.all(&LEADS, condition, "lead_code", values, size + 1, read)?;
        let has_more = leads.len() > size as usize;
        leads.truncate(size as usize);
        let next = leads.last().filter(|_| has_more).map(|lead| token_after(lead, &walk)).unwrap_or_default();
        let mut records = Vec::new();
        for lead in leads {
            let record = track_record(&led(tables, &lead)?, now.as_microsecond());
            records.extend(record.map(|record| shown(&lead, &record)));
        }
        Ok((records, next))
    })
}
