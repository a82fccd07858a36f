//! Minutes (会议纪要): who was there, what was said and decided on each topic, and who has to do what by when.

mod facts;
mod paper;
mod record;
mod words;

pub use paper::paper;
pub use record::{Adjournment, Attendance, Debate, Record, Recusal};

use crate::html::Page;
use crate::words::Words;
use crate::{Language, Names};
use domain::Timestamp;
use domain::calendar::Zone;
use domain::deliberation::docket::{ItemDue, Outcome, Topic};
use facts::{Fact, Placed, Teller};

/// Plain enough to be read, printed and archived without anything else.
const STYLE: &str = "body{max-width:44em;margin:2em auto;line-height:1.7;font-family:serif}\
h1{text-align:center}table{border-collapse:collapse}th,td{border:1px solid;padding:.2em .6em;text-align:left}";

/// The minutes as a page of HTML. Moments are shown in the zone, departments by their codes.
pub fn html(record: &Record, language: Language, zone: &Zone) -> String {
    let (words, names) = (Words::of(language), Names::default());
    let minutes = Minutes(Teller { record, names: &names, words, zone });
    let agenda = &record.proceedings.agenda;
    let title = words.title(agenda.title.as_str());
    let mut page = Page::begin(words.code, &title, STYLE);
    page.element("h1", &title);
    minutes.proceedings(&mut page);
    minutes.attendance(&mut page);
    for placed in minutes.0.agenda() {
        minutes.topic(&mut page, &placed);
    }
    minutes.end(&mut page);
    page.end()
}

struct Minutes<'a>(Teller<'a>);

impl<'a> Minutes<'a> {
    fn fact(&self, page: &mut Page, label: &str, value: &str) {
        page.element("p", &format!("{label}{}{value}", self.0.words.colon));
    }

    fn facts(&self, page: &mut Page, facts: Vec<Fact>) {
        facts.iter().for_each(|(label, value)| self.fact(page, label, value));
    }

    fn proceedings(&self, page: &mut Page) {
        let Teller { words, record, .. } = self.0;
        let agenda = &record.proceedings.agenda;
        let time =
            [record.opened_at, record.closed_at].map(|at| at.map(|at| self.moment(at)).unwrap_or_default());
        self.fact(page, words.time, &time.join(words.until));
        self.fact(page, words.body, agenda.body.as_str());
        self.fact(page, words.chair, agenda.constitution.chair.as_str());
        if let Some((present, needed)) = record.quorum {
            let present = words.present_of(present, needed, agenda.constitution.voter_count());
            self.fact(page, words.quorum, &words.sentence(&present));
        }
        self.facts(page, self.0.proceedings());
    }

    fn attendance(&self, page: &mut Page) {
        let Teller { words, record, .. } = self.0;
        if record.attendance.is_empty() {
            return;
        }
        page.element("h2", words.attendance);
        let row = |attendance: &Attendance| {
            let left_at = attendance.left_at.map(|at| self.moment(at)).unwrap_or_default();
            vec![
                attendance.department.to_string(),
                attendance.delegate.to_string(),
                self.moment(attendance.arrived_at),
                left_at,
            ]
        };
        page.table(&words.attendance_columns, record.attendance.iter().map(row));
    }

    /// A topic below the heading of its section, and a sub-topic below its topic.
    fn topic(&self, page: &mut Page, placed: &Placed<'a>) {
        let topic = placed.topic;
        if let Some(section) = placed.section {
            page.element("h2", section.as_str());
        }
        let heading = if placed.is_sub_topic { "h3" } else { "h2" };
        page.element(heading, &format!("{}. {}", placed.number, topic.title));
        self.facts(page, self.0.topic(topic));
        if let Some(Outcome::Adopted { version, due_dates, .. }) = &topic.outcome {
            page.element("h3", self.0.words.decision);
            page.paragraphs(topic.version(*version).map_or("", |text| text.as_str()));
            self.items(page, topic, due_dates);
        }
    }

    fn items(&self, page: &mut Page, topic: &'a Topic, due_dates: &[ItemDue]) {
        if topic.items.is_empty() {
            return;
        }
        let rows = topic.items.iter().map(|item| {
            let due = due_dates.iter().find(|due| due.item == item.number);
            vec![
                item.number.to_string(),
                item.draft.title.to_string(),
                item.draft.lead.as_ref().map_or_else(String::new, ToString::to_string),
                self.0.listed(&item.draft.co_responsible),
                due.map_or_else(String::new, |due| self.0.due(due.due_on, due.due_at)),
            ]
        });
        page.table(&self.0.words.item_columns, rows);
    }

    fn end(&self, page: &mut Page) {
        let Teller { words, record, .. } = self.0;
        if !record.notes.is_empty() {
            page.element("h2", words.notes);
            record.notes.iter().for_each(|note| page.paragraphs(note.as_str()));
        }
    }

    /// A moment to the minute, as tables have it.
    fn moment(&self, at: Timestamp) -> String {
        let zone = self.0.zone;
        let date = zone.date_of(at);
        let since = at.duration_since(zone.start_of(date)).as_mins();
        format!("{date} {:02}:{:02}", since / 60, since % 60)
    }
}

#[cfg(test)]
mod tests;
