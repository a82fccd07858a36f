//! A resolution (决议) as a paper: what was decided, who has to do what by when, how it was carried, and where the log has
//! it. All of it is as it was registered, but for what later decisions made of it.

use crate::paper::{Block, Paper};
use crate::words::Words;
use crate::{Language, Names};
use domain::calendar::Zone;
use domain::deliberation::ballot::BallotResult;
use domain::resolution::action_item::Assignment;
use domain::resolution::resolution::{Origin, Registration};
use domain::resolution_change::ChangeEffect;
use domain::{Code, Line, Text, Timestamp};
use std::collections::BTreeSet;

/// What the paper is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What was registered.
    pub registration: Registration,
    /// The count of the ballot that carried it; none of what was adopted elsewhere.
    pub result: Option<BallotResult>,
    /// Its items as they were assigned, in order.
    pub items: Vec<Assignment>,
    /// Items of it that whoever reads the paper may not see.
    pub items_withheld: usize,
    /// The earlier resolutions that it changes.
    pub changes: Vec<Change>,
    /// What later ones made of it, each with its number and title.
    pub changed_by: Vec<(ChangeEffect, Text)>,
    /// The position at which the log has it.
    pub position: u64,
}

/// What it does to an earlier resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What becomes of that one.
    pub effect: ChangeEffect,
    /// The number of that one.
    pub number: Line,
    /// Its title.
    pub title: Line,
}

impl Record {
    /// The departments that the paper names.
    pub fn departments(&self) -> BTreeSet<&Code> {
        let of_items =
            self.items.iter().flat_map(|item| std::iter::once(&item.lead).chain(&item.co_responsible));
        of_items.chain(self.dissenting()).collect()
    }

    fn dissenting(&self) -> &[Code] {
        match &self.registration.origin {
            Origin::Session { dissenting, .. } => dissenting,
            Origin::Elsewhere { .. } => &[],
        }
    }
}

/// The resolution as a paper. Moments are shown in the zone, departments and the body by their names.
pub fn paper(record: &Record, names: &Names, language: Language, zone: &Zone) -> Paper {
    let words = Words::of(language);
    let registration = &record.registration;
    let title = title(words, registration.title.as_str());
    let mut draft = Draft { record, names, words, zone, headings: 0, blocks: Vec::new() };
    draft.head(&title);
    draft.decision();
    draft.items();
    draft.votes();
    draft.changes();
    draft.end();
    Paper { language, name: title, dated: registration.decided_on, blocks: draft.blocks, proof: None }
}

/// What the paper is called: in Chinese, 关于……的决议.
fn title(words: &Words, title: &str) -> String {
    if !words.is_chinese() {
        return format!("Resolution: {title}");
    }
    let about = if title.starts_with("关于") { "" } else { "关于" };
    if title.ends_with("决议") || title.ends_with("决定") {
        return title.to_owned();
    }
    format!("{about}{title}的决议")
}

/// The number as papers write it: FLOOD-2027-0003 is FLOOD〔2027〕3号.
fn number(words: &Words, number: &str) -> String {
    let mut parts = number.rsplitn(3, '-');
    let (nth, year, body) = (parts.next(), parts.next(), parts.next());
    match (body, year, nth.and_then(|nth| nth.parse::<u32>().ok())) {
        (Some(body), Some(year), Some(nth)) if words.is_chinese() => format!("{body}〔{year}〕{nth}号"),
        _ if words.is_chinese() => number.to_owned(),
        _ => format!("No. {number}"),
    }
}

struct Draft<'a> {
    record: &'a Record,
    names: &'a Names,
    words: &'static Words,
    zone: &'a Zone,
    headings: usize,
    blocks: Vec<Block>,
}

impl<'a> Draft<'a> {
    fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    fn paragraphs(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        self.blocks.extend(lines.map(|line| Block::Paragraph(line.to_owned())));
    }

    fn heading(&mut self, heading: &str) {
        self.headings += 1;
        self.blocks.push(Block::Heading(self.words.first_level(self.headings, heading)));
    }

    fn pick(&self, english: &'static str, chinese: &'static str) -> &'static str {
        self.words.pick(english, chinese)
    }

    fn body(&self) -> &'a str {
        self.names.body(&self.record.registration.body)
    }

    fn listed(&self, codes: impl IntoIterator<Item = &'a Code>) -> String {
        let names = codes.into_iter().map(|code| self.names.department(code));
        names.collect::<Vec<_>>().join(self.words.comma)
    }

    /// Whose it is, its number and its title; and what later decisions made of it, before anything else.
    fn head(&mut self, title: &str) {
        let (words, record, body) = (self.words, self.record, self.body());
        let mark = if words.is_chinese() { format!("{body}文件") } else { body.to_owned() };
        self.blocks.push(Block::Mark(mark));
        self.blocks.push(Block::Number(number(words, record.registration.number.as_str())));
        self.blocks.push(Block::Rule);
        self.blocks.push(Block::Title(title.to_owned()));
        for (effect, by) in &record.changed_by {
            let changed = match effect {
                ChangeEffect::Amends => self.pick("Amended by", "本决议已被修改，修改的决议"),
                ChangeEffect::Supersedes => {
                    self.pick("No longer in force, superseded by", "本决议已失效，取代的决议")
                }
                ChangeEffect::Rescinds => {
                    self.pick("No longer in force, rescinded by", "本决议已废止，废止的决议")
                }
            };
            self.paragraph(words.sentence(&format!("{changed}{}{by}", words.colon)));
        }
    }

    fn decision(&mut self) {
        let registration = &self.record.registration;
        let day = self.words.day(registration.decided_on);
        let body = self.body();
        self.paragraph(match self.words.is_chinese() {
            true => format!("{body}{day}作出决议如下："),
            false => format!("On {day}, {body} resolved:"),
        });
        self.paragraphs(registration.text.as_str());
    }

    fn items(&mut self) {
        let (words, record) = (self.words, self.record);
        if record.registration.declaratory {
            return self.paragraph(self.pick(
                "The decision is declaratory; there is nothing to carry out.",
                "本决议为宣示性决议，没有须办理的事项。",
            ));
        }
        if record.items.is_empty() && record.items_withheld == 0 {
            return;
        }
        self.heading(self.pick("Action items", "任务分工"));
        for (nth, item) in (1..).zip(&record.items) {
            self.item(nth, item);
        }
        match record.items_withheld {
            0 => {}
            withheld if words.is_chinese() => self.paragraph(format!("另有{withheld}项任务，本件未列。")),
            withheld => self.paragraph(format!("{withheld} more are not shown here.")),
        }
    }

    fn item(&mut self, nth: usize, item: &Assignment) {
        let words = self.words;
        let [_, _, lead, supporting, due] = words.item_columns;
        self.blocks.push(Block::Subheading(words.second_level(nth, item.title.as_str())));
        let mut facts = vec![(lead, self.names.department(&item.lead).to_owned())];
        if !item.co_responsible.is_empty() {
            facts.push((supporting, self.listed(&item.co_responsible)));
        }
        facts.push((due, self.due(item.due_at)));
        let facts = facts.iter().map(|(label, value)| format!("{label}{}{value}", words.colon));
        self.paragraph(words.sentence(&facts.collect::<Vec<_>>().join(words.semicolon)));
        for (label, text) in [
            (self.pick("Deliverable", "成果"), &item.deliverable),
            (self.pick("Acceptance criterion", "验收标准"), &item.criterion),
        ] {
            self.paragraph(format!("{label}{}{}", words.colon, words.sentence(text.as_str())));
        }
        self.paragraph(format!("{}{}{}", self.pick("Number", "编号"), words.colon, item.number));
    }

    /// A day, or a moment of one where it is due in hours.
    fn due(&self, due_at: Timestamp) -> String {
        let day = self.zone.date_of(due_at);
        if self.zone.ends_a_day(due_at) {
            return self.words.day(day);
        }
        let minutes = due_at.duration_since(self.zone.start_of(day)).as_mins();
        self.words.moment(day, &self.words.clock(minutes / 60, minutes % 60))
    }

    fn votes(&mut self) {
        let (words, record) = (self.words, self.record);
        let Origin::Session { votes, .. } = &record.registration.origin else { return };
        self.heading(self.pick("How it was carried", "表决情况"));
        let count = record.result.as_ref().map(|result| words.count(result));
        self.paragraph(words.sentence(&count.unwrap_or_else(|| votes.sentence.to_string())));
        if !record.dissenting().is_empty() {
            let dissenting = self.listed(record.dissenting());
            self.paragraph(words.sentence(&format!("{}{}{dissenting}", words.against, words.colon)));
        }
    }

    fn changes(&mut self) {
        let (words, record) = (self.words, self.record);
        if record.changes.is_empty() {
            return;
        }
        self.heading(self.pick("Earlier resolutions", "与此前决议的关系"));
        for Change { effect, number, title } in &record.changes {
            let effect = words.change(*effect);
            self.paragraph(words.sentence(&format!("{effect} {number} {title}")));
        }
    }

    /// Whose it is and of which day, and where the log has it.
    fn end(&mut self) {
        let (words, record) = (self.words, self.record);
        let registration = &record.registration;
        let (by, day) = (self.body().to_owned(), words.day(registration.decided_on));
        self.blocks.extend([Block::Gap, Block::Signed { by, day }]);
        let (number, position) = (&registration.number, record.position);
        let mut notes = vec![match words.is_chinese() {
            true => format!("登记号{number}，台账第{position}号记录"),
            false => format!("Registered as {number}, record {position} of the log"),
        }];
        if let Origin::Elsewhere { source } = &registration.origin {
            notes.push(format!("{}{}{source}", self.pick("Adopted elsewhere", "原件"), words.colon));
        }
        let notes = notes.join(words.semicolon);
        self.paragraph(if words.is_chinese() { format!("（{notes}）") } else { format!("({notes})") });
    }
}

#[cfg(test)]
mod tests;
