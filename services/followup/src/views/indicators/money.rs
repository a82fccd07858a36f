//! The indicators in money, of sessions whose body said what an hour of one person costs. Nothing is assumed where nothing was said,
//! and nothing is converted: each currency has indicators of its own.

use super::{Asked, HOUR_MICROS, PRESENCES, SESSIONS, count};
use proto::followup::v1::Indicator;
use rusqlite::types::Value;
use service_kit::{Rows, ScopedTables};

/// Currencies that are told of, at most.
const CURRENCIES_MAX: u32 = 20;
/// Reported of attendance without a role in one province, a year.
const IDLE_BASELINE: (&str, f64) = ("CNY", 230_000_000.0);

/// What an hour costs in a currency, as a session was screened last up to a position; NULL in another one.
macro_rules! rate {
    ($session:literal) => {
        concat!(
            "(SELECT CASE WHEN currency = ? THEN minor_units * 1.0 / units_in_one END FROM session_rates
              WHERE session = ",
            $session,
            " AND since <= ? ORDER BY since DESC LIMIT 1)"
        )
    };
}

const CURRENCIES: Rows = SESSIONS.selecting(
    "SELECT DISTINCT currency FROM sessions JOIN session_rates ON session_rates.session = sessions.id",
);
const COST_AVOIDED: Rows = SESSIONS.selecting(concat!(
    "SELECT sum(spared_minutes / 60.0 * ",
    rate!("sessions.id"),
    ") FROM sessions"
));
const IDLE_COST: Rows = PRESENCES.selecting(concat!(
    "SELECT sum(max(0, min(coalesce(ends_at, closed_at), closed_at) - max(starts_at, opened_at)) * 1.0 / ? * ",
    rate!("meetings.id"),
    ") FROM presences JOIN meetings ON meetings.id = presences.meeting"
));

/// Two for each currency, in the order of their letters.
pub(super) fn indicators(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Vec<Indicator>> {
    let known = "currency IS NOT NULL AND since <= ?";
    let position = || Value::from(asked.position());
    let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let currencies = tables.all(&CURRENCIES, known, "currency", [position()], CURRENCIES_MAX, read)?;
    let mut indicators = Vec::new();
    for currency in currencies {
        let rate = || [Value::from(currency.clone()), position()];
        let avoided = asked.spared().amount(tables, &COST_AVOIDED, rate())?;
        let meaning =
            "what the person-hours avoided would have cost, by the hourly rate of the body of each session";
        indicators.push(count("cost_avoided", &currency, avoided, meaning));
        let hour = [Value::from(HOUR_MICROS)];
        let idle = asked.idle_of_a_year().amount(tables, &IDLE_COST, hour.into_iter().chain(rate()))?;
        indicators.push(idle_cost(asked, &currency, idle));
    }
    Ok(indicators)
}

fn idle_cost(asked: &Asked, currency: &str, idle: f64) -> Indicator {
    if asked.has_period() {
        let meaning =
            "what the hours of idle attendance cost, by the hourly rate of the body of each session";
        return count("idle_attendance_cost", currency, idle, meaning);
    }
    let meaning = "what the hours of idle attendance cost in sessions concluded in the last 365 days, by the hourly rate of the \
                   body of each session";
    let (in_currency, reported) = IDLE_BASELINE;
    let baseline = (in_currency == currency).then_some(reported);
    Indicator { baseline, ..count("idle_attendance_cost", currency, idle, meaning) }
}
