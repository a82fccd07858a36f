//! What a decision must know of other aggregates, looked up inside its own commit.

use crate::views;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use domain::directory::department::Department;
use domain::scheduling::body::{Body, MeetingRules};
use domain::scheduling::session::{Attendee, Command, Session};
use domain::{Code, Date, Timestamp, Uuid};
use jiff::ToSpan as _;
use proto::{Invalid, Violation};
use service_kit::{CommandError, UnitOfWork, ViewStore};

/// A department that a request names, and the path of the field that names it.
pub(crate) type Named = (String, Code);

/// The departments that attendees name.
pub(crate) fn attending(within: &str, attendees: &[Attendee]) -> Vec<Named> {
    let path = |at| format!("{within}attendees[{at}].department_code");
    attendees.iter().enumerate().map(|(at, attendee)| (path(at), attendee.department.clone())).collect()
}

/// Refuses departments that are not in the directory, all of them at once.
pub(crate) async fn must_be_listed(unit: &mut UnitOfWork, named: &[Named]) -> Result<(), CommandError> {
    let mut violations = Vec::new();
    for (field, code) in named {
        if unit.load::<Department>(Department::id(code)).await?.profile().is_none() {
            let description = format!("names department {code}, which is not in the directory");
            violations.push(Violation { field: field.clone(), description });
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }.into()) }
}

/// The command that screens a session: against the rules of its body as they are now, with the number of other
/// sessions that the body has in the quarter of this one's earliest start. These are counted in the view, which
/// may lag by moments.
pub(crate) async fn screening(
    unit: &mut UnitOfWork,
    view: &ViewStore,
    default_calendar: &WorkingCalendar,
    session: Uuid,
) -> Result<Command, CommandError> {
    let calendar = unit.load::<Calendar>(Calendar::realm_id()).await?.in_force(default_calendar).clone();
    let state = unit.load::<Session>(session).await?;
    let Some(filed) = state.filed() else {
        // The command will be refused in any case.
        return Ok(Command::Screen { rules: MeetingRules::default(), calendar, sessions_this_quarter: 0 });
    };
    let body = filed.outline.body.clone();
    let defined = unit.load::<Body>(Body::id(&body)).await?;
    let rules = defined.version().map_or_else(MeetingRules::default, |version| version.charter.meeting_rules);
    let (from, to) = quarter(&calendar, filed.outline.earliest_start_at);
    let counted = view.query(0, move |tables| views::count_sessions(tables, session, &body, from, to));
    match counted.await {
        Ok((sessions_this_quarter, _)) => Ok(Command::Screen { rules, calendar, sessions_this_quarter }),
        Err(status) => Err(CommandError::Unavailable(status.message().to_owned())),
    }
}

/// The first moment of the quarter of the year that a moment is in, and the first moment of the next.
fn quarter(calendar: &WorkingCalendar, at: Timestamp) -> (Timestamp, Timestamp) {
    let date = calendar.date_of(at);
    let first_month = (date.month() - 1) / 3 * 3 + 1;
    let first = Date::new(date.year(), first_month, 1).unwrap_or(date);
    let next = first.checked_add(3.months()).unwrap_or(Date::MAX);
    (calendar.start_of(first), calendar.start_of(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_begins_and_ends_in_the_calendars_zone() {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let (from, to) = quarter(&calendar, "2027-12-31T16:00:00Z".parse().unwrap());
        assert_eq!(from.to_string(), "2027-12-31T16:00:00Z");
        assert_eq!(to.to_string(), "2028-03-31T16:00:00Z");
    }
}
