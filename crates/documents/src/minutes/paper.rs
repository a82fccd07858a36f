//! Minutes as a paper (纪要): a red heading, the topics with what became of them, and at the end who was there.

use super::Record;
use super::facts::{Fact, Placed, Teller};
use crate::paper::{Block, Paper};
use crate::words::Words;
use crate::{Language, Names};
use domain::calendar::Zone;
use domain::deliberation::docket::{DraftedItem, ItemDue, Mode, Outcome};
use domain::{Code, Date, Line, Timestamp};

/// The minutes as a paper. Moments are shown in the zone, departments and the body by their names.
pub fn paper(record: &Record, names: &Names, language: Language, zone: &Zone) -> Paper {
    let words = Words::of(language);
    let agenda = &record.proceedings.agenda;
    let teller = Teller { record, names, words, zone };
    let mut draft = Draft { teller, blocks: Vec::new() };
    draft.blocks.push(Block::Mark(words.title(names.body(&agenda.body))));
    draft.blocks.push(Block::Rule);
    draft.blocks.push(Block::Title(agenda.title.to_string()));
    draft.proceedings();
    for placed in draft.teller.agenda() {
        draft.topic(&placed);
    }
    draft.notes();
    draft.attendance();
    let dated = record.closed_at.or(record.opened_at).map_or(Date::ZERO, |at| zone.date_of(at));
    let name = words.title(agenda.title.as_str());
    Paper { language, name, dated, blocks: draft.blocks, proof: None }
}

struct Draft<'a> {
    teller: Teller<'a>,
    blocks: Vec<Block>,
}

impl<'a> Draft<'a> {
    fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    fn fact(&mut self, label: &str, value: &str) {
        self.paragraph(format!("{label}{}{value}", self.teller.words.colon));
    }

    fn facts(&mut self, facts: Vec<Fact>) {
        facts.iter().for_each(|(label, value)| self.fact(label, value));
    }

    fn paragraphs(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        self.blocks.extend(lines.map(|line| Block::Paragraph(line.to_owned())));
    }

    fn proceedings(&mut self) {
        let Teller { words, record, names, .. } = self.teller;
        let agenda = &record.proceedings.agenda;
        if let (Some(opened_at), Some(closed_at)) = (record.opened_at, record.closed_at) {
            self.fact(words.time, &self.span(opened_at, closed_at));
        }
        self.fact(words.chair, names.department(&agenda.constitution.chair));
        if let Some((present, needed)) = record.quorum {
            let seats = agenda.constitution.voter_count();
            self.fact(words.quorum, &words.sentence(&words.present_of(present, needed, seats)));
        }
        self.facts(self.teller.proceedings());
    }

    /// A topic below the heading of its section. A sub-topic has the number of its topic in its own.
    fn topic(&mut self, placed: &Placed<'a>) {
        let (words, topic) = (self.teller.words, placed.topic);
        if let Some(section) = placed.section {
            self.blocks.push(Block::Heading(section.to_string()));
        }
        let title = topic.title.as_str();
        self.blocks.push(Block::Heading(match placed.number.parse() {
            Ok(number) => words.first_level(number, title),
            Err(_) => format!("{} {title}", placed.number),
        }));
        self.facts(self.teller.topic(topic));
        if let Some(Outcome::Adopted { version, due_dates, .. }) = &topic.outcome {
            self.blocks.push(Block::Subheading(words.second_level(1, words.decision)));
            self.paragraphs(topic.version(*version).map_or("", |text| text.as_str()));
            for (nth, item) in (1..).zip(&topic.items) {
                self.item(nth, item, due_dates.iter().find(|due| due.item == item.number));
            }
        }
    }

    fn item(&mut self, nth: usize, item: &'a DraftedItem, due: Option<&ItemDue>) {
        let (words, draft) = (self.teller.words, &item.draft);
        let [_, _, lead, supporting, due_on] = words.item_columns;
        let mut facts = Vec::new();
        if let Some(code) = &draft.lead {
            facts.push((lead, self.teller.name(code).to_owned()));
        }
        if !draft.co_responsible.is_empty() {
            facts.push((supporting, self.teller.listed(&draft.co_responsible)));
        }
        if let Some(due) = due {
            facts.push((due_on, self.teller.due(due.due_on, due.due_at)));
        }
        let facts: Vec<String> =
            facts.iter().map(|(label, value)| format!("{label}{}{value}", words.colon)).collect();
        let title = words.sentence(draft.title.as_str());
        self.paragraph(format!("{nth}. {title}{}", words.sentence(&facts.join(words.semicolon))));
    }

    fn notes(&mut self) {
        let Teller { words, record, .. } = self.teller;
        if record.notes.is_empty() {
            return;
        }
        let of_their_own = record.proceedings.agenda.topics.iter().filter(|entry| entry.parent.is_none());
        let nth = of_their_own.count() + 1;
        self.blocks.push(Block::Heading(words.first_level(nth, words.notes)));
        record.notes.iter().for_each(|note| self.paragraphs(note.as_str()));
    }

    /// Who was there with a vote, who of those was not, and who else was there.
    fn attendance(&mut self) {
        let Teller { words, record, .. } = self.teller;
        let agenda = &record.proceedings.agenda;
        if agenda.mode != Mode::Meeting {
            return;
        }
        let has_vote = |department: &Code| agenda.constitution.has_vote(department);
        let here = |department: &Code| record.attendance.iter().any(|one| one.department == *department);
        let mut came: Vec<&Code> = Vec::new();
        for one in &record.attendance {
            if !came.contains(&&one.department) {
                came.push(&one.department);
            }
        }
        let (present, attending): (Vec<&Code>, Vec<&Code>) =
            came.into_iter().partition(|code| has_vote(code));
        let away = agenda.participants.iter().map(|one| &one.department);
        let away: Vec<String> = away
            .filter(|code| has_vote(code) && !here(code))
            .map(|code| self.teller.names.department(code).to_owned())
            .collect();
        let [of_present, of_away, of_attending] = words.attendance_labels;
        let people = |codes: &[&Code]| codes.iter().map(|code| self.people(code)).collect::<Vec<_>>();
        let lists = [(of_present, people(&present)), (of_away, away), (of_attending, people(&attending))];
        for (nth, (label, list)) in lists.into_iter().filter(|(_, list)| !list.is_empty()).enumerate() {
            if nth == 0 {
                self.blocks.push(Block::Gap);
            }
            let label = format!("{label}{}", words.colon);
            self.blocks.push(Block::Labelled { label, text: list.join(words.comma) });
        }
    }

    /// A department with those who spoke for it; of whom it was not always there, from when until when.
    fn people(&self, department: &Code) -> String {
        let Teller { words, record, .. } = self.teller;
        let of_it = record.attendance.iter().filter(|one| one.department == *department);
        let mut people: Vec<(&Line, Vec<String>)> = Vec::new();
        for one in of_it {
            let came = record.opened_at.filter(|opened_at| one.arrived_at > *opened_at);
            let left = one.left_at.filter(|at| record.closed_at.is_none_or(|closed_at| *at < closed_at));
            let mut times = Vec::new();
            times.extend(came.map(|_| words.came(&self.teller.clock(one.arrived_at))));
            times.extend(left.map(|at| words.left(&self.teller.clock(at))));
            people.push((&one.delegate, times));
        }
        let told = people.iter().map(|(name, times)| match times.as_slice() {
            [] => name.to_string(),
            times => format!("{name}{}", words.in_brackets(&times.join(words.comma))),
        });
        format!("{} {}", self.teller.names.department(department), told.collect::<Vec<_>>().join(words.comma))
    }

    /// From one moment until another; the day is said once if it is the same.
    fn span(&self, from: Timestamp, until: Timestamp) -> String {
        let Teller { words, zone, .. } = self.teller;
        let [first, last] = [from, until].map(|at| zone.date_of(at));
        let end = match first == last {
            true => self.teller.clock(until),
            false => self.teller.moment(until),
        };
        format!("{}{}{end}", self.teller.moment(from), words.through)
    }
}
