//! What a decision must know of other aggregates, looked up inside its own commit.

use crate::views;
use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::directory::calendar::Calendar;
use domain::directory::department::Department;
use domain::scheduling::authority;
use domain::scheduling::body::{Body, Version};
use domain::scheduling::session::{Attendee, Command, Filed, Session};
use domain::{Code, Date, Timestamp, Uuid};
use jiff::ToSpan as _;
use proto::{Invalid, Violation};
use service_kit::{CommandError, Scope, UnitOfWork, ViewStore};

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

/// Refuses a command that the body of the session, as it is now, does not allow to whoever issued it.
pub(crate) async fn must_be_allowed(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &Command,
) -> Result<(), CommandError> {
    let state = unit.load::<Session>(session).await?;
    let code = match (command, state.filed()) {
        (Command::Request { outline, .. }, None) => outline.body.clone(),
        (_, Some(filed)) => filed.outline.body.clone(),
        (_, None) => return Ok(()),
    };
    let body = unit.load::<Body>(Body::id(&code)).await?;
    authority::check(&state, &body, command, unit.issued()).map_err(CommandError::rejected::<Session>)
}

/// The department in the chair of a body; none when the body is not defined.
pub(crate) async fn chair(unit: &mut UnitOfWork, body: &Code) -> Result<Option<Code>, CommandError> {
    let defined = unit.load::<Body>(Body::id(body)).await?;
    Ok(defined.version().map(|version| version.charter.chair.clone()))
}

/// The body of a session as it is now, and the realm's calendar.
struct Circumstances {
    filed: Filed,
    version: Version,
    calendar: WorkingCalendar,
}

impl Circumstances {
    /// None when there is no session, or no body of it: the command is refused for that.
    async fn of(
        unit: &mut UnitOfWork,
        default_calendar: &WorkingCalendar,
        session: Uuid,
    ) -> Result<Option<Circumstances>, CommandError> {
        let calendar = unit.load::<Calendar>(Calendar::realm_id()).await?.in_force(default_calendar).clone();
        let state = unit.load::<Session>(session).await?;
        let Some(filed) = state.filed().cloned() else { return Ok(None) };
        let body = unit.load::<Body>(Body::id(&filed.outline.body)).await?;
        Ok(body.version().cloned().map(|version| Circumstances { filed, version, calendar }))
    }

    fn constitution(&self, at: Timestamp) -> Constitution {
        self.version.constitution(self.filed.outline.class, self.calendar.date_of(at))
    }
}

/// What a session that is convened now is decided by; none when there is no such session.
pub(crate) async fn constitution(
    unit: &mut UnitOfWork,
    default_calendar: &WorkingCalendar,
    session: Uuid,
) -> Result<Option<Constitution>, CommandError> {
    let now = unit.issued().at;
    let circumstances = Circumstances::of(unit, default_calendar, session).await?;
    Ok(circumstances.map(|circumstances| circumstances.constitution(now)))
}

/// The command that screens a session: against the rules of its body as they are now, with the number of other
/// sessions that the body has in the quarter of this one's earliest start. These are counted in the view, which
/// may lag by moments; all of them count, whoever screens. None when there is no such session.
pub(crate) async fn screening(
    unit: &mut UnitOfWork,
    view: &ViewStore,
    default_calendar: &WorkingCalendar,
    session: Uuid,
) -> Result<Option<Command>, CommandError> {
    let Some(circumstances) = Circumstances::of(unit, default_calendar, session).await? else {
        return Ok(None);
    };
    let start = circumstances.filed.outline.earliest_start_at;
    let constitution = circumstances.constitution(start);
    let Circumstances { filed, version, calendar } = circumstances;
    let (body, (from, to)) = (filed.outline.body, quarter(&calendar, start));
    let counted =
        view.query(Scope::whole(), 0, move |tables| views::count_sessions(tables, session, &body, from, to));
    match counted.await {
        Ok((sessions_this_quarter, _)) => Ok(Some(Command::Screen {
            rules: version.charter.meeting_rules,
            calendar,
            sessions_this_quarter,
            deciders_min: constitution.quorum(0, 0),
        })),
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
