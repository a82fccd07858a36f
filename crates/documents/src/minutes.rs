//! Minutes (会议纪要): who was there, what was said and decided on each topic, and who has to do what by when.

mod paper;
mod record;
mod words;

pub use paper::paper;
pub use record::{Attendance, Record};

use crate::Language;
use crate::html::Page;
use domain::calendar::Zone;
use domain::deliberation::ballot::BallotResult;
use domain::deliberation::docket::{Outcome, Topic};
use domain::{Code, Date, Timestamp};
use words::Words;

/// Plain enough to be read, printed and archived without anything else.
const STYLE: &str = "body{max-width:44em;margin:2em auto;line-height:1.7;font-family:serif}\
h1{text-align:center}table{border-collapse:collapse}th,td{border:1px solid;padding:.2em .6em;text-align:left}";

/// The minutes as a page of HTML. Moments are shown in the zone.
pub fn html(record: &Record, language: Language, zone: &Zone) -> String {
    let minutes = Minutes { record, words: Words::of(language), zone };
    let agenda = &record.proceedings.agenda;
    let title = minutes.words.title(agenda.title.as_str());
    let mut page = Page::begin(minutes.words.code, &title, STYLE);
    page.element("h1", &title);
    minutes.facts(&mut page);
    minutes.attendance(&mut page);
    for topic in &record.proceedings.topics {
        minutes.topic(&mut page, topic);
    }
    minutes.end(&mut page);
    page.end()
}

struct Minutes<'a> {
    record: &'a Record,
    words: &'static Words,
    zone: &'a Zone,
}

impl Minutes<'_> {
    fn fact(&self, page: &mut Page, label: &str, value: &str) {
        page.element("p", &format!("{label}{}{value}", self.words.colon));
    }

    fn facts(&self, page: &mut Page) {
        let (words, record) = (self.words, self.record);
        let agenda = &record.proceedings.agenda;
        let time =
            [record.opened_at, record.closed_at].map(|at| at.map(|at| self.moment(at)).unwrap_or_default());
        self.fact(page, words.time, &time.join(words.until));
        self.fact(page, words.body, agenda.body.as_str());
        self.fact(page, words.chair, agenda.constitution.chair.as_str());
        if let Some((present, needed)) = record.quorum {
            self.fact(
                page,
                words.quorum,
                &words.present_of(present, needed, agenda.constitution.voter_count()),
            );
        }
    }

    fn attendance(&self, page: &mut Page) {
        let words = self.words;
        if self.record.attendance.is_empty() {
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
        page.table(&words.attendance_columns, self.record.attendance.iter().map(row));
    }

    fn topic(&self, page: &mut Page, topic: &Topic) {
        let words = self.words;
        page.element("h2", &format!("{}. {}", topic.number, topic.title));
        for department in &topic.recused {
            self.fact(page, words.recused, department.as_str());
        }
        for (department, statement) in &topic.statements {
            let stance = words.stance(statement.stance);
            self.fact(page, &format!("{department} {stance}"), statement.reasons.as_str());
        }
        for result in topic.ballots.iter().filter_map(|ballot| ballot.result) {
            self.fact(page, words.ballot, &self.count(&result));
        }
        let outcome = topic.outcome.as_ref();
        self.fact(
            page,
            words.outcome,
            &outcome.map_or_else(String::new, |it| words.outcome(it, Code::to_string, |day| day.to_string())),
        );
        if let Some(reason) = self.record.reasons.get(&topic.number) {
            self.fact(page, words.reason, reason.as_str());
        }
        if let Some(Outcome::Adopted { version, due_dates, .. }) = outcome {
            page.element("h3", words.decision);
            page.paragraphs(topic.version(*version).map_or("", |text| text.as_str()));
            let due = |item: u32| due_dates.iter().find(|due| due.item == item).map(|due| due.due_on);
            self.items(page, topic, due);
        }
    }

    fn items(&self, page: &mut Page, topic: &Topic, due: impl Fn(u32) -> Option<Date>) {
        if topic.items.is_empty() {
            return;
        }
        let rows = topic.items.iter().map(|item| {
            let supporting: Vec<&str> = item.draft.co_responsible.iter().map(|code| code.as_str()).collect();
            vec![
                item.number.to_string(),
                item.draft.title.to_string(),
                item.draft.lead.as_ref().map_or_else(String::new, ToString::to_string),
                supporting.join(self.words.comma),
                due(item.number).map_or_else(String::new, |due_on| due_on.to_string()),
            ]
        });
        page.table(&self.words.item_columns, rows);
    }

    fn end(&self, page: &mut Page) {
        let words = self.words;
        if !self.record.notes.is_empty() {
            page.element("h2", words.notes);
            self.record.notes.iter().for_each(|note| page.paragraphs(note.as_str()));
        }
    }

    fn count(&self, result: &BallotResult) -> String {
        self.words.count(result)
    }

    /// A moment to the minute, as people read it.
    fn moment(&self, at: Timestamp) -> String {
        let date = self.zone.date_of(at);
        let since = at.duration_since(self.zone.start_of(date)).as_mins();
        format!("{date} {:02}:{:02}", since / 60, since % 60)
    }
}

#[cfg(test)]
mod tests;
