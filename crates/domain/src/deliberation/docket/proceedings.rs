//! How far a docket has come: who is present, and what has been said and decided on each topic.

use super::agenda::{Agenda, AgendaTopic, Carried, Mode};
use super::amendment::Amendment;
use super::choices::OptionChoice;
use super::floor_state::Floor;
use super::item::{DraftedItem, ItemDue};
use super::late_topics::FloorMotion;
use super::mandates::{Mandate, all_stand_ins};
use super::motion::Motion;
use super::reminders::Reminders;
use super::{DEFERRALS_MAX, Rejection};
use crate::deliberation::ballot::secret::SECRET_VOTES_MIN;
use crate::deliberation::ballot::{Ballot, BallotResult, Roll, Seat, Votes};
use crate::resolution_change::ResolutionChange;
use crate::{Code, Date, Label, Line, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A department's stance on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stance {
    /// 同意
    Support,
    /// 有条件同意
    SupportWithConditions,
    /// 不同意
    Oppose,
    /// 弃权
    Abstain,
}

/// 表态: what a department says on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its stance on the topic.
    pub stance: Stance,
    /// Its reasons.
    pub reasons: Text,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
}

/// Stage of the debate on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicStage {
    /// Not yet opened.
    Waiting,
    /// Under debate, and timed.
    Open {
        /// When it was last opened.
        opened_at: Timestamp,
    },
    /// Paused, and not timed.
    Paused,
    /// The debate is closed.
    DebateClosed,
}

/// How a topic ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 通过
    Adopted {
        /// The version that was adopted.
        version: u32,
        /// The ballot that carried it.
        ballot: u32,
        /// The day of the decision.
        decided_on: Date,
        /// The deadline for the leads to acknowledge their items.
        acknowledge_by: Timestamp,
        /// Whether it is declaratory: nothing is to be done.
        declaratory: bool,
        /// When each item is due.
        due_dates: Vec<ItemDue>,
    },
    /// 不通过
    Rejected,
    /// 缓议: it may be opened again.
    Deferred {
        /// The day on which it is to be resumed.
        resume_on: Date,
    },
    /// 移交
    Referred {
        /// To which body or department.
        referred_to: Code,
    },
    /// 撤回
    Withdrawn,
}

impl Outcome {
    /// The outcome in one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Adopted { .. } => "adopted",
            Outcome::Rejected => "rejected",
            Outcome::Deferred { .. } => "deferred",
            Outcome::Referred { .. } => "referred",
            Outcome::Withdrawn => "withdrawn",
        }
    }
}

/// One topic and everything said and decided on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its number within the docket.
    pub number: u32,
    /// What it is about.
    pub title: Line,
    /// The time planned for it.
    pub timebox_minutes: u32,
    /// Who may see it.
    pub label: Label,
    /// Stage of its debate.
    pub stage: TopicStage,
    /// Seconds spent on it, not counting the time since it was last opened.
    pub spent_seconds: u64,
    /// Minutes of digressions.
    pub digression_minutes: u32,
    /// When its timebox is over, while it is open and timed.
    pub time_ends_at: Option<Timestamp>,
    /// Whether its timebox was over.
    pub time_ended: bool,
    /// Who speaks on it, and who wants to.
    pub floor: Floor,
    /// The motions that were moved on it, in order.
    pub motions: Vec<Motion>,
    /// The latest statement of each department.
    pub statements: BTreeMap<Code, Statement>,
    /// The proposal's versions; the last one is current.
    pub versions: Vec<Text>,
    /// The amendments, in order.
    pub amendments: Vec<Amendment>,
    /// The items drafted for it, in order.
    pub items: Vec<DraftedItem>,
    /// Departments that decide on it but recused themselves.
    pub recused: BTreeSet<Code>,
    /// Those of them that recused themselves from its current version only.
    pub recused_from_version: BTreeSet<Code>,
    /// Those of which a clerk of the docket put that down.
    pub recusals_put_down: BTreeSet<Code>,
    /// Who accepted to be bound by an item, by its number, without having a part in the decision.
    pub acceptances: BTreeMap<u32, BTreeSet<Code>>,
    /// Who withdrew its recusal itself: nobody else recuses it again.
    pub takes_part_again: BTreeSet<Code>,
    /// Who voted no itself when a text was last voted on, and has said nothing since: it objects.
    pub voted_no: BTreeSet<Code>,
    /// What its decision would do to earlier resolutions.
    pub changes: Vec<ResolutionChange>,
    /// The choices among options that were held on it, in order.
    pub choices: Vec<OptionChoice>,
    /// The ballots held on it, in order.
    pub ballots: Vec<Ballot>,
    /// The matter that it is about.
    pub carried: Option<Carried>,
    /// How many times it has been deferred, in earlier sessions too.
    pub deferrals: u32,
    /// The highest number of the ballots on it that were held before it was reconsidered, if it was: their results count no
    /// more.
    pub reconsidered: Option<u32>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Seconds of its debate beyond its timebox, once that is closed.
    pub overrun_seconds: u64,
    /// Who moved that it is deferred.
    pub moved_by: Option<Code>,
    /// How many minutes after the end of the decision clock it got its outcome, if it came late.
    pub late_minutes: Option<u64>,
    /// The motion that took it on the agenda of the sitting, if one did.
    pub moved_from: Option<FloorMotion>,
}

impl Topic {
    /// What a department has stated itself: no clerk put it down.
    pub(super) fn own_statement(&self, department: &Code) -> Option<&Statement> {
        self.statements.get(department).filter(|statement| !statement.put_down_by_clerk)
    }

    pub(super) fn new(entry: &AgendaTopic) -> Topic {
        Topic {
            number: entry.number,
            title: entry.title.clone(),
            timebox_minutes: entry.timebox_minutes,
            label: entry.label,
            stage: TopicStage::Waiting,
            spent_seconds: 0,
            digression_minutes: 0,
            time_ends_at: None,
            time_ended: false,
            floor: Floor::default(),
            motions: Vec::new(),
            statements: BTreeMap::new(),
            versions: Vec::new(),
            amendments: Vec::new(),
            items: Vec::new(),
            recused: BTreeSet::new(),
            recused_from_version: BTreeSet::new(),
            recusals_put_down: BTreeSet::new(),
            acceptances: BTreeMap::new(),
            takes_part_again: BTreeSet::new(),
            voted_no: BTreeSet::new(),
            changes: Vec::new(),
            choices: Vec::new(),
            ballots: Vec::new(),
            carried: entry.carried,
            deferrals: entry.carried.map_or(0, |carried| carried.deferrals),
            reconsidered: None,
            outcome: None,
            overrun_seconds: 0,
            moved_by: None,
            late_minutes: None,
            moved_from: None,
        }
    }

    /// How many times it may be deferred, in earlier sessions too.
    pub fn deferrals_max(&self) -> u32 {
        self.carried.map_or(DEFERRALS_MAX, |carried| carried.deferrals_max)
    }

    /// The number of the current version of the proposal; 0 while there is none.
    pub fn current_version(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap_or(u32::MAX)
    }

    /// The text of a version.
    pub fn version(&self, number: u32) -> Option<&Text> {
        self.versions.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The ballot that is open for votes, if one is.
    pub fn open_ballot(&self) -> Option<&Ballot> {
        self.ballots.iter().find(|ballot| ballot.is_open())
    }

    /// The choice that is open, if one is.
    pub fn open_choice(&self) -> Option<&OptionChoice> {
        self.choices.iter().find(|choice| choice.is_open())
    }

    /// The ballots on the text; those on motions and amendments are none of them, nor what was reconsidered.
    fn on_text(&self) -> impl DoubleEndedIterator<Item = &Ballot> {
        let before = self.reconsidered.unwrap_or(0);
        self.ballots.iter().filter(move |ballot| ballot.is_on_proposal() && ballot.number > before)
    }

    fn on_current_version(&self) -> impl DoubleEndedIterator<Item = &Ballot> {
        let version = self.current_version();
        self.on_text().filter(move |ballot| ballot.version == version)
    }

    /// The last result that settles something on a version that reads like this text.
    pub(super) fn settled_on(&self, text: &Text) -> Option<BallotResult> {
        let reading = text.reading();
        let reads_alike =
            |version: u32| self.version(version).is_some_and(|known| known.reading() == reading);
        let mut settled =
            self.on_text().rev().filter_map(|ballot| ballot.result).filter(BallotResult::settles);
        settled.find(|result| reads_alike(result.version))
    }

    /// The last result on the current version.
    pub fn counted(&self) -> Option<BallotResult> {
        self.on_current_version().rev().find_map(|ballot| ballot.result)
    }

    /// The last result on the current version, if it passed.
    pub fn passed(&self) -> Option<BallotResult> {
        self.counted().filter(|result| result.passed)
    }

    /// The last result on the current version, if it settles something.
    pub(super) fn settled(&self) -> Option<BallotResult> {
        self.counted().filter(BallotResult::settles)
    }

    /// How many ballots on the current version settled something.
    pub(super) fn settling_ballots(&self) -> u32 {
        count(self.on_current_version().filter(|ballot| ballot.result.is_some_and(|result| result.settles())))
    }

    /// Seconds spent on it until a moment.
    pub fn spent_until(&self, at: Timestamp) -> u64 {
        let running = match self.stage {
            TopicStage::Open { opened_at } => {
                u64::try_from(at.duration_since(opened_at).as_secs()).unwrap_or(0)
            }
            TopicStage::Waiting | TopicStage::Paused | TopicStage::DebateClosed => 0,
        };
        self.spent_seconds.saturating_add(running)
    }

    /// Whether its debate has begun and has not been closed.
    pub(super) fn is_in_debate(&self) -> bool {
        matches!(self.stage, TopicStage::Open { .. } | TopicStage::Paused)
    }
}

/// A docket that has been prepared, and what has happened on it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proceedings {
    /// What it was prepared with.
    pub agenda: Agenda,
    /// Whether it is the next call of a sitting that had no quorum, with the same topics: its quorum may be lower.
    pub(super) is_later_call: bool,
    /// Whether too few came to open it.
    pub(super) lacked_quorum: bool,
    /// The departments present, each with its delegate's name.
    pub present: BTreeMap<Code, Line>,
    /// Who may vote for whom.
    pub mandates: Vec<Mandate>,
    /// The topics, in order.
    pub topics: Vec<Topic>,
    /// The highest number given to an item.
    pub items: u32,
    /// The highest number given to a ballot.
    pub ballots: u32,
    /// How many times somebody was given the floor.
    pub turns: u32,
    /// How many times the time to sign was extended.
    pub signing_extensions: u32,
    /// Who was reminded to answer, and when the others are.
    pub reminders: Reminders,
}

impl Proceedings {
    pub(super) fn new(agenda: Agenda) -> Proceedings {
        let topics = agenda.topics.iter().map(Topic::new).collect();
        let (present, mandates) = (BTreeMap::new(), Vec::new());
        Proceedings {
            agenda,
            is_later_call: false,
            lacked_quorum: false,
            present,
            mandates,
            topics,
            items: 0,
            ballots: 0,
            turns: 0,
            signing_extensions: 0,
            reminders: Reminders::default(),
        }
    }

    /// The topic with this number.
    pub fn topic(&self, number: u32) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.number == number)
    }

    /// The topic with this number, if it exists and is undecided.
    pub(super) fn undecided(&self, number: u32) -> Result<&Topic, Rejection> {
        let topic = self.find_topic(number)?;
        match &topic.outcome {
            Some(outcome) => Err(Rejection::TopicDecided { topic_number: number, outcome: outcome.as_str() }),
            None => Ok(topic),
        }
    }

    /// The topic with this number, if something may be voted on: it is undecided, or it is asked whether that is reconsidered.
    pub(super) fn votable(&self, number: u32) -> Result<&Topic, Rejection> {
        let topic = self.find_topic(number)?;
        if topic.motion_in_ballot().is_some() { Ok(topic) } else { self.undecided(number) }
    }

    /// The topic with this number, if it exists.
    pub(super) fn find_topic(&self, number: u32) -> Result<&Topic, Rejection> {
        self.topic(number)
            .ok_or_else(|| Rejection::NotFound { what: format!("topic {number} of the docket") })
    }

    /// Whether a sitting with this agenda is the next call of this one.
    pub(super) fn is_called_again(&self, agenda: &Agenda) -> bool {
        let titles = self.agenda.topics.iter().map(|topic| &topic.title);
        (self.lacked_quorum || self.is_later_call)
            && titles.eq(agenda.topics.iter().map(|topic| &topic.title))
    }

    /// Whether the departments meet.
    pub fn is_meeting(&self) -> bool {
        self.agenda.mode == Mode::Meeting
    }

    /// Whether the department can vote as far as attendance goes: it is present, or this is a countersign.
    pub fn counts_as_present(&self, department: &Code) -> bool {
        !self.is_meeting() || self.present.contains_key(department)
    }

    /// The departments that decide on a topic, are not there, and for which others may vote now, each with these in turn: those
    /// of its mandate, or the substitute that takes its place. None while nothing is said or asked on the topic.
    pub fn stand_ins(&self, topic: &Topic) -> Vec<(&Code, Vec<&Code>)> {
        let is_asked = topic.open_ballot().is_some() || topic.open_choice().is_some();
        match topic.outcome.is_none() && (is_asked || matches!(topic.stage, TopicStage::Open { .. })) {
            true => all_stand_ins(self, topic),
            false => vec![],
        }
    }

    /// The department in the chair. When none can take it, it is the body's own, which then refuses.
    pub fn chair(&self, topic: Option<&Topic>) -> &Code {
        self.able_chair(topic).unwrap_or(&self.agenda.constitution.chair)
    }

    /// The first of the chair and its deputies that is there and, on a topic, has not recused itself.
    pub(super) fn able_chair(&self, topic: Option<&Topic>) -> Option<&Code> {
        let able = |department: &&Code| {
            self.counts_as_present(department)
                && topic.is_none_or(|topic| !topic.recused.contains(*department))
        };
        self.agenda.constitution.chairs().find(able)
    }

    /// Who may vote on a topic, and how many have to, with these votes cast so far.
    pub fn roll(&self, topic: &Topic, votes: &Votes) -> Roll {
        let constitution = &self.agenda.constitution;
        let deciding = self.agenda.deciding_on(topic.number);
        let voters = deciding.filter_map(|department| constitution.voter(department));
        let seats: Vec<Seat> = voters
            .map(|voter| {
                let vote = votes.get(&voter.department);
                let recused = topic.recused.contains(&voter.department);
                let cast_by = vote.and_then(|vote| vote.cast_by.clone());
                let statement = topic.statements.get(&voter.department);
                let opposes = statement.is_some_and(|statement| statement.stance == Stance::Oppose)
                    || topic.voted_no.contains(&voter.department);
                Seat {
                    department: voter.department.clone(),
                    weight: voter.weight,
                    veto: voter.veto,
                    present: self.counts_as_present(&voter.department) || cast_by.is_some(),
                    recused,
                    voted: vote.is_some() && !recused,
                    cast_by,
                    put_down_by_clerk: vote.is_some_and(|vote| vote.put_down_by_clerk),
                    objected: opposes && vote.is_none() && !recused,
                }
            })
            .collect();
        let recused = || seats.iter().filter(|seat| seat.recused);
        let present = count(seats.iter().filter(|seat| !seat.recused && seat.present));
        let recused_weight = recused().map(|seat| seat.weight).fold(0, u32::saturating_add);
        Roll {
            quorum: constitution.quorum(count(recused()), present),
            all_seats_weight: constitution.all_seats_weight(recused_weight),
            chair: self.able_chair(Some(topic)).cloned(),
            body_version: constitution.version,
            seats,
        }
    }
}

impl Proceedings {
    /// Who may vote in a ballot, and how many have to, with the votes cast so far.
    pub fn roll_of(&self, topic: &Topic, ballot: &Ballot) -> Roll {
        let mut roll = self.roll(topic, &ballot.cast_votes());
        if ballot.rules.secret {
            roll.quorum = roll.quorum.max(SECRET_VOTES_MIN);
        }
        // A veto is on what is decided, and neither on when nor on what is put to that decision.
        if !ballot.is_on_proposal() {
            roll.seats.iter_mut().for_each(|seat| seat.veto = false);
        }
        roll
    }
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
