//! Days that are not what their weekday says: holidays, and days of a weekend that make up for one (调休).

use super::words::Words;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Those of the working calendar.
#[derive(Default)]
pub(super) struct SpecialDays {
    holidays: BTreeSet<Date>,
    make_up_days: BTreeSet<Date>,
}

/// How such a day is marked: by colour and by a word.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl SpecialDays {
    pub(super) fn new(holidays: &[String], make_up_days: &[String]) -> SpecialDays {
        let dates = |days: &[String]| days.iter().filter_map(|day| day.parse().ok()).collect();
        SpecialDays { holidays: dates(holidays), make_up_days: dates(make_up_days) }
    }

    /// The mark of a day; none of an ordinary one.
    pub(super) fn mark(&self, words: Words, date: Date) -> Option<Mark> {
        match (self.holidays.contains(&date), self.make_up_days.contains(&date)) {
            (true, _) => Some(Mark { class: "day-off", word: words.t("day off") }),
            (false, true) => Some(Mark { class: "day-on", word: words.t("workday") }),
            (false, false) => None,
        }
    }
}
