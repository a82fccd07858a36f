//! The calendar as a whole.

use super::event::{deadline, session, task};
use super::{Invited, Names, Shown, Wanted, What};
use crate::letter::either;
use domain::Timestamp;
use domain::calendar::WorkingCalendar;
use domain::delivery::calendar_feed::Terms;
use icalendar::{Writer, zone};
use jiff::SignedDuration;

/// How often programs should read a feed again.
const REFRESH: &str = "PT1H";
/// Time around the entries for which a zone's rules are written.
const AROUND: SignedDuration = SignedDuration::from_hours(24 * 366);

/// A calendar that is written.
pub(super) struct Page<'a> {
    pub(super) terms: &'a Terms,
    pub(super) calendar: &'a WorkingCalendar,
    pub(super) names: &'a Names,
    pub(super) wanted: &'a Wanted,
    /// Who is invited by it, and how; none for a calendar that is read.
    pub(super) invited: Option<(&'static str, Invited<'a>)>,
}

impl Page<'_> {
    pub(super) fn write(&self, shown: &[Shown]) -> String {
        let (mut writer, zone_name) = (Writer::default(), self.calendar.zone_name());
        writer.begin("VCALENDAR");
        writer.put("VERSION", "2.0");
        writer.put("PRODID", "-//Huishang//Calendar//EN");
        writer.put("CALSCALE", "GREGORIAN");
        match self.invited {
            Some((method, _)) => writer.put("METHOD", method),
            None => self.head(&mut writer),
        }
        if let (Some(first), Some(last)) = (moments(shown).min(), moments(shown).max()) {
            let (starts_at, ends_at) = (first.checked_sub(AROUND), last.checked_add(AROUND));
            zone::write(&mut writer, zone_name, starts_at.unwrap_or(first), ends_at.unwrap_or(last));
        }
        for Shown { entry, what } in shown {
            match what {
                What::Session(filed) => session(&mut writer, self, entry, filed),
                What::Item(item) if self.wanted.tasks => task(&mut writer, self, entry, item),
                What::Item(item) => deadline(&mut writer, self, entry, item),
            }
        }
        writer.end("VCALENDAR");
        writer.finish()
    }

    /// What a calendar that is read says of itself.
    fn head(&self, writer: &mut Writer) {
        writer.put("METHOD", "PUBLISH");
        writer.text("NAME", self.terms.name.as_str());
        writer.text("X-WR-CALNAME", self.terms.name.as_str());
        writer.put("X-WR-TIMEZONE", self.calendar.zone_name());
        writer.put("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
        writer.put("X-PUBLISHED-TTL", REFRESH);
    }

    /// One of two texts, in the language of the feed.
    pub(super) fn say(&self, chinese: String, english: String) -> String {
        either(self.terms.language, chinese, english)
    }
}

fn moments(shown: &[Shown]) -> impl Iterator<Item = Timestamp> {
    shown.iter().flat_map(|one| [Some(one.entry.starts_at), one.entry.ends_at]).flatten()
}
