//! What minutes say of a topic besides its text and its items, each with its label: the same in every format.

use super::Record;
use crate::Names;
use crate::words::Words;
use domain::calendar::Zone;
use domain::deliberation::ballot::options::ChoiceMethod;
use domain::deliberation::ballot::{Ballot, Choice};
use domain::deliberation::docket::choices::{ChoiceResult, OptionChoice};
use domain::deliberation::docket::{AmendmentStage, Mode, MotionKind, MotionStage, Outcome, Topic};
use domain::{Code, Date, Line, Timestamp};

/// A label, and what is said.
pub(super) type Fact = (String, String);

/// A topic at its place on the agenda.
pub(super) struct Placed<'a> {
    pub(super) topic: &'a Topic,
    /// Its number on paper.
    pub(super) number: String,
    /// The heading of the section that begins with it.
    pub(super) section: Option<&'a Line>,
    pub(super) is_sub_topic: bool,
}

/// Says it in one language. Without names, departments and bodies go by their codes.
pub(super) struct Teller<'a> {
    pub(super) record: &'a Record,
    pub(super) names: &'a Names,
    pub(super) words: &'static Words,
    pub(super) zone: &'a Zone,
}

impl<'a> Teller<'a> {
    /// The topics, each at its place.
    pub(super) fn agenda(&self) -> Vec<Placed<'a>> {
        let proceedings = &self.record.proceedings;
        let entries = proceedings.agenda.topics.iter().zip(proceedings.agenda.printed_numbers());
        let placed = entries.filter_map(|(entry, number)| {
            let topic = proceedings.topic(entry.number)?;
            Some(Placed {
                topic,
                number,
                section: entry.section.as_ref(),
                is_sub_topic: entry.parent.is_some(),
            })
        });
        placed.collect()
    }

    /// How they came together: a call that too few heeded, a countersign, mandates.
    pub(super) fn proceedings(&self) -> Vec<Fact> {
        let (words, agenda) = (self.words, &self.record.proceedings.agenda);
        let mut facts = Vec::new();
        for call in &self.record.adjourned {
            let value =
                words.adjourned(&self.moment(call.at), call.present, call.needed, call.reason.as_str());
            facts.push((words.adjournment.to_owned(), words.sentence(&value)));
        }
        for (at, reason) in &self.record.countersigned {
            let value = words.meeting_called(&self.moment(*at), reason.as_str());
            facts.push((words.form.to_owned(), words.sentence(&value)));
        }
        if let Mode::Countersign { sign_by } = agenda.mode {
            facts.push((words.form.to_owned(), words.sentence(&words.countersign(&self.moment(sign_by)))));
        }
        let placed = self.agenda();
        for mandate in &self.record.proceedings.mandates {
            let holders = self.listed(&mandate.holders);
            let topic = placed.iter().find(|placed| mandate.topic == Some(placed.topic.number));
            let topic = topic.map(|placed| placed.number.as_str());
            let value = words.mandate(self.name(&mandate.department), &holders, topic);
            facts.push((words.mandate.to_owned(), words.sentence(&value)));
        }
        facts
    }

    /// What happened on a topic, from its debate to its outcome.
    pub(super) fn topic(&self, topic: &Topic) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.debate(topic, &mut facts);
        facts.extend(topic.choices.iter().map(|choice| (self.words.choice.to_owned(), self.choice(choice))));
        self.amendments(topic, &mut facts);
        self.changes(topic, &mut facts);
        let count = topic.ballots.len();
        facts.extend(topic.ballots.iter().flat_map(|ballot| self.ballot(ballot, count)));
        self.outcome(topic, &mut facts);
        facts
    }

    fn debate(&self, topic: &Topic, facts: &mut Vec<Fact>) {
        let words = self.words;
        let debate = self.record.debates.get(&topic.number).filter(|debate| debate.spent_seconds > 0);
        if let Some(debate) = debate {
            let minutes = |seconds: u64| seconds.div_ceil(60);
            let [spent, over] = [debate.spent_seconds, debate.overrun_seconds].map(minutes);
            let value = words.time_spent(spent, over, debate.digression_minutes);
            facts.push((words.time_used.to_owned(), words.sentence(&value)));
        }
        self.speakers(topic, facts);
        self.motions(topic, facts);
        for recusal in self.record.recusals.iter().filter(|recusal| recusal.topic == topic.number) {
            let version = recusal.version.map(|version| words.of_version(version)).unwrap_or_default();
            let why = words.in_brackets(&format!("{version}{}", recusal.reason));
            let by_clerk = topic.recusals_put_down.contains(&recusal.department);
            let who = self.put_down(self.name(&recusal.department), by_clerk);
            facts.push((words.recused.to_owned(), format!("{who}{why}")));
        }
        for (department, statement) in &topic.statements {
            let who = self.put_down(self.name(department), statement.put_down_by_clerk);
            facts.push((words.says(&who, statement.stance), statement.reasons.to_string()));
        }
    }

    /// Who spoke for how long, and what was out of order.
    fn speakers(&self, topic: &Topic, facts: &mut Vec<Fact>) {
        let words = self.words;
        let spoken = topic.floor.spoken.iter();
        let spoken: Vec<String> =
            spoken.map(|(code, seconds)| words.spoken(self.name(code), seconds.div_ceil(60))).collect();
        if !spoken.is_empty() {
            let label = words.pick("Speeches", "发言用时").to_owned();
            facts.push((label, words.sentence(&spoken.join(words.comma))));
        }
        for point in &topic.floor.points {
            let raised = format!("{}{}{}", self.name(&point.department), words.colon, point.text);
            let ruling = point.ruling.as_ref().map(|ruling| words.ruling(ruling));
            let said = [Some(raised), ruling].into_iter().flatten().collect::<Vec<_>>().join(words.semicolon);
            facts.push((words.pick("Point of order", "秩序问题").to_owned(), words.sentence(&said)));
        }
    }

    /// What was moved by whom, who seconded it, and what became of it.
    fn motions(&self, topic: &'a Topic, facts: &mut Vec<Fact>) {
        let words = self.words;
        for motion in &topic.motions {
            let aim = match &motion.kind {
                MotionKind::CloseDebate => words.pick("close the debate", "结束讨论").to_owned(),
                MotionKind::Reconsider => words.pick("reconsider the topic", "复议").to_owned(),
                MotionKind::Appeal { point } => words.appeal_from(*point),
                MotionKind::Defer { resume_on } => words.deferral_until(&words.day(*resume_on)),
                MotionKind::Refer { referred_to } => words.referral_to(self.names.body(referred_to)),
                MotionKind::Main { title, .. } => words.taking_up(title.as_str()),
            };
            let mover = self.put_down(self.name(&motion.department), motion.put_down_by_clerk);
            let mover = words.moved(motion.number, &mover, &aim);
            let seconder = motion.seconded_by.as_ref();
            let seconder = seconder.map(|code| self.seconded(code, motion.second_put_down_by_clerk));
            let reason = Some(format!("{}{}{}", words.reason, words.colon, motion.reason));
            let stage = Some(words.motion_stage(motion.stage).to_owned());
            let said = [Some(mover), seconder, reason, stage].into_iter().flatten().collect::<Vec<_>>();
            let label = words.pick("Motion", "动议").to_owned();
            facts.push((label, words.sentence(&said.join(words.semicolon))));
        }
    }

    /// What was asked, what there was to choose from, the figures, and what came out.
    fn choice(&self, choice: &OptionChoice) -> String {
        let words = self.words;
        let options =
            (1..).zip(&choice.options).map(|(number, option): (u32, _)| format!("{number}. {option}"));
        let options = options.collect::<Vec<_>>().join(words.semicolon);
        let asked =
            format!("{}{}{options}", choice.question, words.in_brackets(words.choice_method(choice.method)));
        let Some(result) = &choice.result else {
            return words.sentence(&format!("{asked}{}{}", words.semicolon, words.not_counted()));
        };
        let figures = figures(words, choice, result).join(words.semicolon);
        let pieces = [asked, figures, self.chosen(choice, result)];
        let said: Vec<String> =
            pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| words.sentence(piece)).collect();
        said.join(words.space)
    }

    fn chosen(&self, choice: &OptionChoice, result: &ChoiceResult) -> String {
        let words = self.words;
        if result.cast < result.quorum {
            return words.choice_without_quorum(result.cast, result.quorum);
        }
        let option = |&number: &u32| named(choice, number);
        let first = result.first.iter().map(option).collect::<Vec<_>>().join(words.comma);
        let cast = words.choice_cast(result.cast, result.quorum);
        let chosen = match (&result.tie_broken, result.first.len()) {
            (Some(broken), _) => words.tie_broken(&first, &named(choice, broken.option), broken.by),
            (None, 0) => words.none_chosen().to_owned(),
            (None, 1) => words.chosen(&first),
            (None, _) => words.equal(&first),
        };
        format!("{cast}{}{chosen}", words.semicolon)
    }

    /// Who did something, and that a clerk put it down for them.
    fn put_down(&self, who: &str, by_clerk: bool) -> String {
        let mark = by_clerk.then(|| self.words.in_brackets(self.words.put_down_by_clerk()));
        format!("{who}{}", mark.unwrap_or_default())
    }

    fn seconded(&self, code: &Code, by_clerk: bool) -> String {
        self.put_down(&self.words.seconded(self.name(code)), by_clerk)
    }

    fn amendments(&self, topic: &Topic, facts: &mut Vec<Fact>) {
        let words = self.words;
        for amendment in &topic.amendments {
            let fallen = words.fallen(amendment);
            let stage = match amendment.stage {
                AmendmentStage::Pending => words.pick("not decided", "未决"),
                AmendmentStage::Adopted => words.pick("adopted", "采纳"),
                AmendmentStage::Rejected => words.pick("rejected", "不采纳"),
                AmendmentStage::AwaitsSecond => words.motion_stage(MotionStage::AwaitsSecond),
                AmendmentStage::Withdrawn => words.motion_stage(MotionStage::Withdrawn),
                AmendmentStage::Lapsed => words.motion_stage(MotionStage::Lapsed),
                AmendmentStage::Fallen => fallen.as_str(),
            };
            let by = self.put_down(self.name(&amendment.department), amendment.put_down_by_clerk);
            let amends = amendment.amends.map(|number| words.to_amendment(number));
            let seconder = amendment.seconded_by.as_ref();
            let seconder = seconder.map(|code| self.seconded(code, amendment.second_put_down_by_clerk));
            let further: Vec<String> = amends.into_iter().chain(seconder).collect();
            let value = words.amendment(amendment.number, &by, &further, stage);
            facts.push((words.amendment.to_owned(), words.sentence(&value)));
        }
    }

    /// What its decision does to earlier resolutions.
    fn changes(&self, topic: &Topic, facts: &mut Vec<Fact>) {
        for change in &topic.changes {
            let known = self.record.resolutions.get(&change.resolution);
            let number = known.map_or_else(|| change.resolution.to_string(), ToString::to_string);
            let effect = self.words.change(change.effect);
            facts.push((self.words.changes.to_owned(), self.words.sentence(&format!("{effect} {number}"))));
        }
    }

    fn ballot(&self, ballot: &Ballot, of: usize) -> Option<Fact> {
        let words = self.words;
        let nth = if of > 1 { words.nth_ballot(ballot.number) } else { words.ballot.to_owned() };
        let on = match (ballot.motion, ballot.amendment) {
            (Some(motion), _) => words.of_motion(motion),
            (None, Some(amendment)) => words.of_amendment(amendment),
            (None, None) => words.of_version(ballot.version).trim_end().to_owned(),
        };
        let label = format!("{nth}{}", words.in_brackets(&on));
        if let Some(reason) = &ballot.voided {
            return Some((label, words.sentence(&words.voided(reason.as_str()))));
        }
        let result = ballot.result?;
        let mut said = vec![words.sentence(&words.count(&result))];
        if ballot.hands.is_some() {
            said.push(words.sentence(words.by_hands()));
        }
        for (choice, label) in [(Choice::No, words.against), (Choice::Abstain, words.abstaining)] {
            let of_choice = ballot.votes.iter().filter(|(_, vote)| vote.choice == choice);
            let of_choice: Vec<&str> = of_choice.map(|(department, _)| self.name(department)).collect();
            if !of_choice.is_empty() {
                said.push(words.sentence(&format!("{label}{}{}", words.colon, of_choice.join(words.comma))));
            }
        }
        let carried = ballot.votes.iter().filter_map(|(seat, vote)| {
            let by = vote.cast_by.as_ref()?;
            Some(words.voted_for(self.name(by), self.name(seat)))
        });
        let carried: Vec<String> = carried.collect();
        if !carried.is_empty() {
            let label = words.voting_for_others();
            said.push(words.sentence(&format!("{label}{}{}", words.colon, carried.join(words.comma))));
        }
        Some((label, said.join(words.space)))
    }

    fn outcome(&self, topic: &Topic, facts: &mut Vec<Fact>) {
        let (words, record) = (self.words, self.record);
        if let Some(outcome) = &topic.outcome {
            let name = |code: &Code| self.names.body(code).to_owned();
            let said = words.outcome(outcome, name, |day| words.day(day));
            facts.push((words.outcome.to_owned(), words.sentence(&said)));
            if let Outcome::Adopted { declaratory: true, .. } = outcome {
                facts.push((words.nature.to_owned(), words.declaratory().to_owned()));
            }
        }
        if let Some(mover) = &topic.moved_by {
            facts.push((words.moved_by.to_owned(), words.sentence(self.name(mover))));
        }
        if let Some(reason) = record.reasons.get(&topic.number) {
            facts.push((words.reason.to_owned(), reason.to_string()));
        }
        if let Some((decide_by, late_minutes)) = record.late.get(&topic.number) {
            let value = words.decided_late(&self.moment(*decide_by), *late_minutes);
            facts.push((words.decision_clock.to_owned(), words.sentence(&value)));
        }
    }

    pub(super) fn name(&self, department: &'a Code) -> &'a str {
        self.names.department(department)
    }

    pub(super) fn listed(&self, codes: impl IntoIterator<Item = &'a Code>) -> String {
        codes.into_iter().map(|code| self.name(code)).collect::<Vec<_>>().join(self.words.comma)
    }

    /// When something is due: a day, or a moment of one where it is due in hours.
    pub(super) fn due(&self, due_on: Date, due_at: Timestamp) -> String {
        if self.zone.ends_a_day(due_at) { self.words.day(due_on) } else { self.moment(due_at) }
    }

    /// A moment, to the minute.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        self.words.moment(self.zone.date_of(at), &self.clock(at))
    }

    /// A time of day, to the minute.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        let since = at.duration_since(self.zone.start_of(self.zone.date_of(at))).as_mins();
        self.words.clock(since / 60, since % 60)
    }
}

/// An option by its number.
fn named(choice: &OptionChoice, number: u32) -> String {
    let known = usize::try_from(number).ok().and_then(|at| choice.options.get(at.checked_sub(1)?));
    known.map_or_else(|| number.to_string(), ToString::to_string)
}

/// The figures of the options, of each round or, in pairs, of each option against the others.
fn figures(words: &Words, choice: &OptionChoice, result: &ChoiceResult) -> Vec<String> {
    let row = |of: &[u32]| {
        let each = choice.options.iter().zip(of).map(|(option, figure)| format!("{option} {figure}"));
        each.collect::<Vec<_>>().join(words.comma)
    };
    let rows = (1..).zip(&result.figures);
    let told = rows.map(|(nth, figures): (u32, _)| match choice.method {
        ChoiceMethod::InstantRunoff => format!("{}{}", words.round(nth), row(&figures.of_options)),
        ChoiceMethod::Schulze => format!("{}{}", words.over(&named(choice, nth)), row(&figures.of_options)),
        _ => row(&figures.of_options),
    });
    told.collect()
}
