//! What may be done only so often in a week.

use crate::Date;

/// How often something was done in the week in which it was done last; weeks begin on Monday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weekly {
    /// The Monday of that week; none before the first time.
    pub week_of: Option<Date>,
    /// How often.
    pub count: u32,
}

impl Weekly {
    /// How often in the week of this date.
    pub fn in_week_of(self, date: Date) -> u32 {
        if self.week_of == Some(monday_of(date)) { self.count } else { 0 }
    }

    /// With one more on this date.
    #[must_use]
    pub fn and_on(self, date: Date) -> Weekly {
        Weekly { week_of: Some(monday_of(date)), count: self.in_week_of(date) + 1 }
    }
}

/// The Monday of the week of a date.
pub fn monday_of(date: Date) -> Date {
    let days = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(jiff::Span::new().days(days)).unwrap_or(date)
}
