//! What whoever has not answered in an open ballot is told.

use super::{Said, either, local};
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{Docket, Event, Proceedings};
use domain::delivery::subscription::MailLanguage;
use proto::record::{EventCodec as _, kind_of};
use service_kit::Record;

/// What a reminder says; nothing of another event.
pub(super) fn said(
    proceedings: &Proceedings,
    event: &Event,
    record: &Record,
    calendar: &WorkingCalendar,
    language: MailLanguage,
) -> Option<Said> {
    let Event::SeatReminded { department, reminder } = event else { return None };
    let title = &proceedings.agenda.title;
    let silence_agrees = proceedings.agenda.constitution.rule.method.counts_silence();
    let (chinese, english) = match reminder.answer_by.map(|by| local(by, calendar.zone_name())) {
        Some(by) => (
            format!("会签《{title}》待 {department} 于 {by} 前答复"),
            format!("The countersign \"{title}\" waits for {department} to answer until {by}"),
        ),
        None => (
            format!("会商《{title}》正在表决，待 {department} 投票"),
            format!("A ballot of \"{title}\" is open, and waits for {department} to vote"),
        ),
    };
    let mut lines = Vec::new();
    let topics: Vec<String> = reminder.topics.iter().map(u32::to_string).collect();
    lines.push(("议题", "Topics", topics.join(", ")));
    if silence_agrees {
        let then = either(language, "视为同意".to_owned(), "Whoever is silent agrees".to_owned());
        lines.push(("届时未答复", "At the end", then));
    }
    if let Some(text) = by_hand(record) {
        lines.push(("附言", "Message", text));
    }
    if reminder.answer_by.is_some() {
        lines.push(("时区", "Time zone", calendar.zone_name().to_owned()));
    }
    Some(Said { sentence: either(language, chinese, english), lines })
}

/// What whoever reminded by hand says.
fn by_hand(record: &Record) -> Option<String> {
    let events =
        record.events.iter().filter_map(|stored| Docket::decode(kind_of(stored), &stored.value).ok()?);
    let mut texts = events.filter_map(|event| match event {
        Event::RemindersSent { text, .. } => text,
        _ => None,
    });
    texts.next().map(|text| text.to_string())
}
