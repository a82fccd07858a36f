//! Dates and moments, as people write them.

use super::markup::Markup;
use super::words::Words;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use prost_types::Timestamp as Moment;

/// What dates are written with: the zone of the working calendar, and the day that is today in it.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// Of the zone with this name; of UTC if it is not known.
    pub(super) fn of(zone: &str) -> Calendar {
        Calendar { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    fn local(&self, moment: &Moment) -> DateTime {
        self.zone.to_datetime(timestamp(moment))
    }

    /// The day on which a moment is.
    pub(super) fn date(&self, moment: &Moment) -> Date {
        self.local(moment).date()
    }

    /// A moment as machines read it.
    fn machine(&self, moment: &Moment) -> String {
        let offset = self.zone.to_offset(timestamp(moment)).seconds();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        let local = self.local(moment).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// A moment that was written without a zone, such as 2027-03-31T09:12.
    pub(super) fn read(&self, text: &str) -> Option<Moment> {
        let local: DateTime = text.parse().ok()?;
        let seconds = self.zone.to_timestamp(local).ok()?.as_second();
        Some(Moment { seconds, nanos: 0 })
    }

    /// A moment as a field of a form has it.
    pub(super) fn field(&self, moment: &Moment) -> String {
        self.local(moment).strftime("%Y-%m-%dT%H:%M").to_string()
    }

    /// A moment with its year and day of the week.
    pub(super) fn full(&self, words: Words, moment: &Moment) -> Markup {
        Markup::time(&self.machine(moment), &self.full_text(words, moment))
    }

    /// The same as a text.
    pub(super) fn full_text(&self, words: Words, moment: &Moment) -> String {
        let local = self.local(moment);
        let (date, time) = (full_date(words, local.date()), local.strftime("%H:%M"));
        match words.is_chinese() {
            true => format!("{date}（{}）{time}", weekday(words, local.date())),
            false => format!("{} {date}, {time}", weekday(words, local.date())),
        }
    }

    /// When something is due: on a date, or at a moment that is not the last of one.
    pub(super) fn full_due(&self, words: Words, due_on: &str, due_at: Option<&Moment>) -> Markup {
        match due_at.filter(|due_at| !self.ends_a_day(due_at)) {
            Some(due_at) => self.full(words, due_at),
            None => full_day(words, due_on),
        }
    }

    /// Whether a moment is the last of its date: one microsecond before the next begins.
    fn ends_a_day(&self, moment: &Moment) -> bool {
        let next = timestamp(moment).checked_add(jiff::SignedDuration::from_micros(1));
        next.is_ok_and(|next| self.zone.to_datetime(next).time() == jiff::civil::Time::midnight())
    }

    /// A moment without its year.
    pub(super) fn short(&self, words: Words, moment: &Moment) -> Markup {
        let local = self.local(moment);
        let shown = match words.is_chinese() {
            true => format!("{}{}", short_date(words, local.date()), local.strftime("%H:%M")),
            false => format!("{}, {}", short_date(words, local.date()), local.strftime("%H:%M")),
        };
        Markup::time(&self.machine(moment), &shown)
    }
}

/// A date such as 2027-03-31 without its year; the text itself if it is none.
pub(super) fn day(words: Words, text: &str) -> Markup {
    match text.parse::<Date>() {
        Ok(date) => Markup::time(text, &short_date(words, date)),
        Err(_) => Markup::text(text),
    }
}

/// The same as a text.
pub(super) fn day_text(words: Words, text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |date| short_date(words, date))
}

/// The same with its day of the week.
pub(super) fn day_of_week(words: Words, date: Date) -> Markup {
    let (day, weekday) = (short_date(words, date), weekday(words, date));
    let shown = if words.is_chinese() { format!("{day} {weekday}") } else { format!("{weekday} {day}") };
    Markup::time(&date.to_string(), &shown)
}

/// The same with its year and day of the week.
pub(super) fn full_day(words: Words, text: &str) -> Markup {
    match text.parse::<Date>() {
        Ok(date) if words.is_chinese() => {
            Markup::time(text, &format!("{}（{}）", full_date(words, date), weekday(words, date)))
        }
        Ok(date) => Markup::time(text, &format!("{} {}", weekday(words, date), full_date(words, date))),
        Err(_) => Markup::text(text),
    }
}

fn timestamp(moment: &Moment) -> Timestamp {
    Timestamp::new(moment.seconds, moment.nanos).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn full_date(words: Words, date: Date) -> String {
    match words.is_chinese() {
        true => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        false => date.strftime("%-d %b %Y").to_string(),
    }
}

fn short_date(words: Words, date: Date) -> String {
    match words.is_chinese() {
        true => format!("{}月{}日", date.month(), date.day()),
        false => date.strftime("%-d %b").to_string(),
    }
}

fn weekday(words: Words, date: Date) -> String {
    const CHINESE: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    match words.is_chinese() {
        true => {
            format!("星期{}", CHINESE[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())])
        }
        false => date.strftime("%a").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::Language;

    #[test]
    fn a_moment_is_written_as_its_readers_write_it_and_read_back() {
        let calendar = Calendar::of("Asia/Shanghai");
        let moment = calendar.read("2027-03-31T09:12").expect("a moment");
        let [english, chinese] = [Language::English, Language::Chinese].map(Words);
        let shown = calendar.full(chinese, &moment).to_string();
        assert_eq!(shown, "<time datetime=\"2027-03-31T09:12:00+08:00\">2027年3月31日（星期三）09:12</time>");
        assert!(calendar.full(english, &moment).to_string().contains(">Wed 31 Mar 2027, 09:12<"));
        assert!(calendar.short(chinese, &moment).to_string().contains(">3月31日09:12<"));
        assert_eq!(calendar.field(&moment), "2027-03-31T09:12");
        assert_eq!(day(english, "2027-03-31").to_string(), "<time datetime=\"2027-03-31\">31 Mar</time>");
        assert_eq!(day(english, "<soon>").to_string(), "&lt;soon&gt;");
    }
}
