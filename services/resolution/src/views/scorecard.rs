//! Scorecards, from the items that a department leads.

use super::item;
use domain::Timestamp;
use domain::calendar::WorkingCalendar;
use domain::resolution::action_item::Stage;
use domain::text::composed;
use proto::Invalid;
use proto::resolution::v1::{GetScorecardRequest, Scorecard};
use rusqlite::Row;
use rusqlite::types::Value;
use service_kit::list::{checked_size, date_filter, read_token, token_after};
use service_kit::spans::{AsOf, Past, THEN};
use service_kit::{Rows, ScopedTables};

/// Rows on a page when nothing else is asked for.
const PAGE_ROWS: u32 = 50;

/// A department's account is for itself, and those above it; the stewards of a body see what of it comes from the body.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT lead_code, stage, first_due_at, first_done_at, promised_at, missed_promised_at, missed_done_at, paused_since,
         returned, extended, reopened, holds
     FROM items",
    "lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);

const PAST_ROWS: Rows = ROWS.selecting(concat!("SELECT * FROM ", past_items!()));

/// A page of scorecards, the token for the next one, and the moment that they are of.
type Page = (Vec<Scorecard>, String, Timestamp);

/// The query for scorecards. A page is told by the last department on the one before.
pub(crate) fn scorecard(
    request: &GetScorecardRequest,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page> + Send + 'static + use<>, Invalid> {
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let walk = walk(request);
    let (mut conditions, mut values) = conditions(request, &walk, &calendar)?;
    let size = checked_size(if request.page_size == 0 { PAGE_ROWS } else { request.page_size })?;
    Ok(move |tables: ScopedTables<'_>| {
        let mut accounts: Vec<Account> = Vec::new();
        let mut has_more = false;
        let past = as_of.past(tables)?;
        let now = Past::moment(past, now);
        if let Some(past) = past {
            conditions.push(THEN);
            values.extend(past.then());
        }
        let from = if past.is_some() { PAST_ROWS } else { ROWS };
        tables.each(&from, &conditions.join(" AND "), "lead_code", values, |row| {
            let lead: String = row.get("lead_code")?;
            if accounts.last().is_none_or(|account| account.card.department_code != lead) {
                has_more = accounts.len() == size as usize;
                if has_more {
                    return Ok(false);
                }
                let card = Scorecard { department_code: lead, ..Scorecard::default() };
                accounts.push(Account { card, days_late: vec![] });
            }
            if let Some(account) = accounts.last_mut() {
                account.add(row, now, &calendar)?;
            }
            Ok(true)
        })?;
        let rows: Vec<Scorecard> = accounts.into_iter().map(Account::close).collect();
        let next = rows.last().filter(|_| has_more).map(|row| token_after(&row.department_code, &walk));
        Ok((rows, next.unwrap_or_default(), now))
    })
}

/// What the rows depend on.
fn walk(request: &GetScorecardRequest) -> String {
    let page = GetScorecardRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    format!("{:?}", GetScorecardRequest { at_least_position: 0, ..page })
}

fn conditions(
    request: &GetScorecardRequest,
    walk: &str,
    calendar: &WorkingCalendar,
) -> Result<(Vec<&'static str>, Vec<Value>), Invalid> {
    let starts_on = date_filter("starts_on", &request.starts_on)?;
    let ends_on = date_filter("ends_on", &request.ends_on)?;
    let text = |text: &Option<String>| {
        let text = text.as_deref().filter(|text| !text.is_empty());
        text.map(|text| Value::from(composed(text).into_owned()))
    };
    let after = read_token(&request.page_token, walk)?.map(Value::from);
    let given = [
        ("lead_code > ?", after),
        ("lead_code = ?", text(&request.department_code)),
        ("first_due_at >= ?", starts_on.map(|date| calendar.start_of(date).as_microsecond().into())),
        ("first_due_at <= ?", ends_on.map(|date| calendar.end_of(date).as_microsecond().into())),
        ("resolution IN (SELECT id FROM resolutions WHERE body_code = ?)", text(&request.body_code)),
    ];
    let (mut conditions, mut values) = (vec!["TRUE"], Vec::new());
    for (condition, value) in given {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value);
        }
    }
    Ok((conditions, values))
}

/// A scorecard that is being added up.
struct Account {
    card: Scorecard,
    days_late: Vec<u32>,
}

impl Account {
    fn add(&mut self, row: &Row<'_>, now: Timestamp, calendar: &WorkingCalendar) -> rusqlite::Result<()> {
        let (promises, card) = (item::promises(row)?, &mut self.card);
        if promises.stage == Stage::Rescinded {
            card.rescinded += 1;
            return Ok(());
        }
        card.items += 1;
        card.kept += u32::from(promises.is_kept());
        card.accepted_late += u32::from(promises.missed.is_some());
        card.open_late += u32::from(promises.open_missed(now).is_some());
        card.returned += row.get::<_, u32>("returned")?;
        card.extended += row.get::<_, u32>("extended")?;
        card.reopened += row.get::<_, u32>("reopened")?;
        card.not_holding += u32::from(row.get::<_, Option<bool>>("holds")? == Some(false));
        let days_late = promises.days_past(now, calendar.zone());
        self.days_late.extend((days_late > 0).then_some(days_late));
        Ok(())
    }

    fn close(mut self) -> Scorecard {
        self.days_late.sort_unstable();
        let middle = self.days_late.len().saturating_sub(1) / 2;
        Scorecard {
            median_days_late: self.days_late.get(middle).copied().unwrap_or_default(),
            worst_days_late: self.days_late.last().copied().unwrap_or_default(),
            ..self.card
        }
    }
}
