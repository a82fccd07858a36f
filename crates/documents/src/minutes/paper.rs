//! Minutes as a paper (纪要): a red heading, the topics with what became of them, and at the end who was there.

use super::Record;
use super::words::Words;
use crate::paper::{Block, Paper};
use crate::{Language, Names};
use domain::calendar::Zone;
use domain::deliberation::docket::{DraftedItem, Mode, Outcome, Topic};
use domain::{Code, Date, Line, Timestamp};

/// The minutes as a paper. Moments are shown in the zone, departments and the body by their names.
pub fn paper(record: &Record, names: &Names, language: Language, zone: &Zone) -> Paper {
    let words = Words::of(language);
    let agenda = &record.proceedings.agenda;
    let mut draft = Draft { record, names, words, zone, blocks: Vec::new() };
    draft.blocks.push(Block::Mark(words.mark(names.body(&agenda.body))));
    draft.blocks.push(Block::Title(agenda.title.to_string()));
    draft.facts();
    for (nth, topic) in (1..).zip(&record.proceedings.topics) {
        draft.topic(nth, topic);
    }
    draft.notes();
    draft.attendance();
    let dated = record.closed_at.or(record.opened_at).map_or(Date::ZERO, |at| zone.date_of(at));
    Paper { language, name: words.title(agenda.title.as_str()), dated, blocks: draft.blocks }
}

struct Draft<'a> {
    record: &'a Record,
    names: &'a Names,
    words: &'static Words,
    zone: &'a Zone,
    blocks: Vec<Block>,
}

impl<'a> Draft<'a> {
    fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    fn fact(&mut self, label: &str, value: &str) {
        self.paragraph(format!("{label}{}{value}", self.words.colon));
    }

    fn paragraphs(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        self.blocks.extend(lines.map(|line| Block::Paragraph(line.to_owned())));
    }

    fn facts(&mut self) {
        let (words, record) = (self.words, self.record);
        let agenda = &record.proceedings.agenda;
        if let (Some(opened_at), Some(closed_at)) = (record.opened_at, record.closed_at) {
            self.fact(words.time, &self.span(opened_at, closed_at));
        }
        self.fact(words.chair, self.names.department(&agenda.constitution.chair));
        if let Some((present, needed)) = record.quorum {
            let seats = agenda.constitution.voter_count();
            self.fact(words.quorum, &words.set(&words.present_of(present, needed, seats)));
        }
    }

    fn topic(&mut self, nth: usize, topic: &Topic) {
        let words = self.words;
        self.blocks.push(Block::Heading(words.first_level(nth, topic.title.as_str())));
        if !topic.recused.is_empty() {
            let recused = self.listed(topic.recused.iter());
            self.fact(words.recused, &recused);
        }
        for (department, statement) in &topic.statements {
            let who = words.says(self.names.department(department), statement.stance);
            self.fact(&who, statement.reasons.as_str());
        }
        for result in topic.ballots.iter().filter_map(|ballot| ballot.result) {
            self.fact(words.ballot, &words.set(&words.count(&result)));
        }
        if let Some(outcome) = &topic.outcome {
            let outcome =
                words.outcome(outcome, |code| self.names.body(code).to_owned(), |day| words.day(day));
            self.fact(words.outcome, &words.sentence(&outcome));
        }
        if let Some(reason) = self.record.reasons.get(&topic.number) {
            self.fact(words.reason, reason.as_str());
        }
        if let Some(Outcome::Adopted { version, due_dates, .. }) = &topic.outcome {
            self.blocks.push(Block::Subheading(words.second_level(1, words.decision)));
            self.paragraphs(topic.version(*version).map_or("", |text| text.as_str()));
            for (nth, item) in (1..).zip(&topic.items) {
                let due = due_dates.iter().find(|due| due.item == item.number).map(|due| due.due_on);
                self.item(nth, item, due);
            }
        }
    }

    fn item(&mut self, nth: usize, item: &DraftedItem, due: Option<Date>) {
        let (words, draft) = (self.words, &item.draft);
        let [_, _, lead, supporting, due_on] = words.item_columns;
        let mut facts = Vec::new();
        if let Some(code) = &draft.lead {
            facts.push((lead, self.names.department(code).to_owned()));
        }
        if !draft.co_responsible.is_empty() {
            facts.push((supporting, self.listed(draft.co_responsible.iter())));
        }
        if let Some(day) = due {
            facts.push((due_on, words.day(day)));
        }
        let facts: Vec<String> =
            facts.iter().map(|(label, value)| format!("{label}{}{value}", words.colon)).collect();
        let title = words.sentence(draft.title.as_str());
        self.paragraph(format!("{nth}. {title}{}", words.sentence(&facts.join(words.semicolon))));
    }

    fn notes(&mut self) {
        if self.record.notes.is_empty() {
            return;
        }
        let nth = self.record.proceedings.topics.len() + 1;
        self.blocks.push(Block::Heading(self.words.first_level(nth, self.words.notes)));
        let notes = &self.record.notes;
        notes.iter().for_each(|note| self.paragraphs(note.as_str()));
    }

    /// Who was there with a vote, who of those was not, and who else was there.
    fn attendance(&mut self) {
        let agenda = &self.record.proceedings.agenda;
        if agenda.mode != Mode::Meeting {
            return;
        }
        let has_vote = |department: &Code| agenda.constitution.has_vote(department);
        let here = |department: &Code| self.record.attendance.iter().any(|one| one.department == *department);
        let mut came: Vec<&Code> = Vec::new();
        for one in &self.record.attendance {
            if !came.contains(&&one.department) {
                came.push(&one.department);
            }
        }
        let (present, attending): (Vec<&Code>, Vec<&Code>) =
            came.into_iter().partition(|code| has_vote(code));
        let away = agenda.participants.iter().map(|one| &one.department);
        let away: Vec<String> = away
            .filter(|code| has_vote(code) && !here(code))
            .map(|code| self.names.department(code).to_owned())
            .collect();
        let [of_present, of_away, of_attending] = self.words.attendance_labels;
        let people = |codes: &[&Code]| codes.iter().map(|code| self.people(code)).collect::<Vec<_>>();
        let lists = [(of_present, people(&present)), (of_away, away), (of_attending, people(&attending))];
        for (nth, (label, list)) in lists.into_iter().filter(|(_, list)| !list.is_empty()).enumerate() {
            if nth == 0 {
                self.blocks.push(Block::Gap);
            }
            let label = format!("{label}{}", self.words.colon);
            self.blocks.push(Block::Labelled { label, text: list.join(self.words.comma) });
        }
    }

    /// A department with those who spoke for it; of whom it was not always there, from when until when.
    fn people(&self, department: &Code) -> String {
        let (words, record) = (self.words, self.record);
        let of_it = record.attendance.iter().filter(|one| one.department == *department);
        let mut people: Vec<(&Line, Vec<String>)> = Vec::new();
        for one in of_it {
            let came = record.opened_at.filter(|opened_at| one.arrived_at > *opened_at);
            let left = one.left_at.filter(|at| record.closed_at.is_none_or(|closed_at| *at < closed_at));
            let mut times = Vec::new();
            times.extend(came.map(|_| words.came(&self.clock(one.arrived_at))));
            times.extend(left.map(|at| words.left(&self.clock(at))));
            people.push((&one.delegate, times));
        }
        let told = people.iter().map(|(name, times)| match times.as_slice() {
            [] => name.to_string(),
            times => format!("{name}{}", words.in_brackets(&times.join(words.comma))),
        });
        format!("{} {}", self.names.department(department), told.collect::<Vec<_>>().join(words.comma))
    }

    fn listed(&self, codes: impl Iterator<Item = &'a Code>) -> String {
        codes.map(|code| self.names.department(code)).collect::<Vec<_>>().join(self.words.comma)
    }

    /// From one moment until another; the day is said once if it is the same.
    fn span(&self, from: Timestamp, until: Timestamp) -> String {
        let words = self.words;
        let [first, last] = [from, until].map(|at| self.zone.date_of(at));
        let begin = words.moment(first, &self.clock(from));
        let end = match first == last {
            true => self.clock(until),
            false => words.moment(last, &self.clock(until)),
        };
        format!("{begin}{}{end}", words.through)
    }

    /// A time of day, to the minute.
    fn clock(&self, at: Timestamp) -> String {
        let since = at.duration_since(self.zone.start_of(self.zone.date_of(at))).as_mins();
        self.words.clock(since / 60, since % 60)
    }
}
