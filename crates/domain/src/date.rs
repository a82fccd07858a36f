//! A date as people write it down: exactly `2027-03-31`.

use crate::Date;

/// Why a text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// It is written otherwise: with a time, with an offset, without hyphens, as a week.
    #[error("must be a date such as 2027-03-31")]
    Form,
    /// The month does not exist.
    #[error("is not a date: there is no month {month}")]
    NoSuchMonth {
        /// What was given.
        month: i8,
    },
    /// The month does not have that day.
    #[error("is not a date: there is no {day} {} {year}", month_name(*.month))]
    NoSuchDay {
        /// The year.
        year: i16,
        /// The month, from 1.
        month: i8,
        /// What was given.
        day: i8,
    },
}

/// Reads a date, written `YYYY-MM-DD` and nothing else: whoever writes a time or an offset means a moment, and which
/// date that is depends on the place.
pub fn parse(text: &str) -> Result<Date, DateError> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return Err(DateError::Form);
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0')).ok_or(DateError::Form)
        })
    };
    let year = number(&[y1, y2, y3, y4])?;
    // Two digits fit.
    let (month, day) = (number(&[m1, m2])? as i8, number(&[d1, d2])? as i8);
    if !(1..=12).contains(&month) {
        return Err(DateError::NoSuchMonth { month });
    }
    Date::new(year, month, day).map_err(|_| DateError::NoSuchDay { year, month, day })
}

/// Calendar days from a date to a later one; 0 when it is not later.
pub(crate) fn days_between(from: Date, until: Date) -> u32 {
    let days = until.since(from).map(|span| span.get_days());
    u32::try_from(days.unwrap_or_default()).unwrap_or(0)
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(month - 1).ok().and_then(|at| NAMES.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_year_a_month_and_a_day_and_nothing_else() {
        assert_eq!(parse("2027-03-31"), Ok(jiff::civil::date(2027, 3, 31)));
        assert_eq!(parse("2028-02-29"), Ok(jiff::civil::date(2028, 2, 29)));
        for text in [
            "2027-03-31T22:00:00-08:00",
            "2027-03-31T22:00:00Z",
            "2027-03-31[Europe/Berlin]",
            "20270331",
            "2027-3-1",
            "27-03-31",
            "2027-W13-3",
            "2027-090",
            "2027/03/31",
            " 2027-03-31",
            "2027-03-31 ",
            "-002027-03-31",
            "+002027-03-31",
            "２０２７-０３-３１",
            "2027-03-3é",
            "",
        ] {
            assert_eq!(parse(text), Err(DateError::Form), "{text:?}");
        }
    }

    #[test]
    fn a_day_that_does_not_exist_is_named() {
        let refused = |text| parse(text).unwrap_err().to_string();
        assert_eq!(refused("2027-02-30"), "is not a date: there is no 30 February 2027");
        assert_eq!(refused("2027-02-29"), "is not a date: there is no 29 February 2027");
        assert_eq!(refused("2027-04-00"), "is not a date: there is no 0 April 2027");
        assert_eq!(refused("2027-13-01"), "is not a date: there is no month 13");
        assert_eq!(refused("20270331"), "must be a date such as 2027-03-31");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(year in 0_i16..=9999, day in 1_i16..=365) {
            let date = jiff::civil::date(year, 1, 1)
                .checked_add(jiff::Span::new().days(day - 1))
                .unwrap();
            proptest::prop_assert_eq!(parse(&date.to_string()), Ok(date));
        }
    }
}
