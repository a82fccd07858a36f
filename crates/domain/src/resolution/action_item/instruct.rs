//! 批示: what a leader has to say of an item, on record. It is how the leadership shows that it took note of what was escalated
//! to it.

use super::{Event, Item, Rejection, Stage, by_one_of};
use crate::{Code, Issued, Text};

/// It binds nobody and rules on nothing, so a party's own leader may give one; that of a department which only supports the
/// item may not.
pub(super) fn instruct(
    item: &Item,
    text: Text,
    leaders: &[Code],
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_one_of(leaders.iter(), issued)?;
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    Ok(vec![Event::Instructed { text }])
}
