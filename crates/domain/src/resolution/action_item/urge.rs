//! 催办: urging the lead on, within a budget, so that an urge keeps its weight.

use super::{Event, Item, Rejection, Stage, URGES_PER_WEEK_MAX, by_outsider};
use crate::calendar::WorkingCalendar;
use crate::weekly::monday_of;
use crate::{Issued, Text};

pub(super) fn urge(
    item: &Item,
    text: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    if !matches!(item.stage, Stage::Assigned | Stage::Underway) {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    if item.suspension.is_some() {
        return Err(Rejection::Suspended { number: item.assignment.number.clone() });
    }
    let urged_on = calendar.date_of(issued.at);
    let urges = item.urges.in_week_of(urged_on);
    if urges >= URGES_PER_WEEK_MAX {
        let next_on = calendar.after_days(monday_of(urged_on), 7);
        return Err(Rejection::UrgesExhausted { urges, max: URGES_PER_WEEK_MAX, next_on });
    }
    Ok(vec![Event::Urged { text, urged_on }])
}
