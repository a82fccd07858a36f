//! When a docket is closed, its minutes are drafted, and those who took part are asked about them.

use crate::Uuid;
use crate::calendar::WorkingCalendar;
use crate::deliberation::docket;
use crate::deliberation::minutes::{self, CONFIRM_WORKING_DAYS};

/// This process manager's name.
pub const NAME: &str = "draft_minutes";

/// The command for the minutes that follows from a docket's event; they have the docket's id.
pub fn react(
    id: Uuid,
    state: &docket::State,
    event: &docket::Event,
    calendar: &WorkingCalendar,
) -> Vec<(Uuid, minutes::Command)> {
    let (docket::Event::Closed { closed_at, .. }, Some(proceedings)) = (event, state.proceedings()) else {
        return vec![];
    };
    let agenda = &proceedings.agenda;
    let confirm_on = calendar.after_working_days(calendar.date_of(*closed_at), CONFIRM_WORKING_DAYS);
    let draft = minutes::Command::Draft {
        participants: agenda.participants.iter().map(|participant| participant.department.clone()).collect(),
        secretariat: agenda.constitution.secretariat.clone(),
        concerned: agenda.concerned().cloned().collect(),
        body: Some(agenda.body.clone()),
        confirm_by: calendar.end_of(confirm_on),
    };
    vec![(id, draft)]
}
