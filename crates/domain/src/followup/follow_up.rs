//! A follow-up (督办): the clock beside an action item.
//!
//! It learns from process managers what became of the item, and from a timer that a moment has come.
//! Deadlines are data: every rung of the ladder is written in an event before it is due, and each happens at
//! most once, however often deadlines are checked.

mod deadlines;
mod event;

pub use event::Event;

use super::ladder::{Ladder, Rung, RungKind};
use crate::calendar::Zone;
use crate::{Aggregate, Audience, Code, Date, Issued, Line, Timestamp, Uuid, rejections};

/// What is followed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its resolution.
    pub resolution: Uuid,
    /// The item's number.
    pub number: Line,
    /// What it is called.
    pub title: Line,
    /// The department that answers for it.
    pub lead: Code,
    /// The departments that support it.
    pub co_responsible: Vec<Code>,
    /// When it is due.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Until when the lead must acknowledge.
    pub acknowledge_by: Timestamp,
    /// The zone whose calendar days are counted.
    pub zone: Zone,
}

/// Why a follow-up is planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 延期: the due date was moved.
    Extension,
    /// 重开: an accepted item was reopened.
    Reopening,
}

/// Whom an escalation goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// 督查
    Supervisor,
    /// 领导
    Leadership,
}

/// The commands; all come from process managers and timers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// Begins to follow an item up.
    Plan { subject: Subject, ladder: Ladder },
    /// The lead took it on.
    Acknowledge,
    /// The lead disputed that it is its to do: nobody has to acknowledge until that is ruled on.
    Contest,
    /// A contest was ruled on; this department leads now.
    ResolveContest { lead: Code, acknowledge_by: Timestamp },
    /// The work cannot go on.
    Block { help_from: Code },
    /// It can.
    Unblock,
    /// The work is claimed to be done: the clock stops until that is judged.
    Claim,
    /// It is not done: the clock runs on.
    Return,
    /// Another due date counts.
    Replan { due_on: Date, due_at: Timestamp, cause: Cause },
    /// The item was accepted.
    Satisfy,
    /// The item is no longer owed.
    Cancel,
    /// Lets every rung happen whose time has come.
    CheckDeadlines,
}

rejections! {
    /// Why a follow-up stays as it is.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist",
        AlreadyPlanned("ALREADY_PLANNED") { number: Line } =
            "item {number} is already followed up, with other content",
    }
}

/// How far the item has come, as far as the clock matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The lead has something to do; the clock runs.
    Open,
    /// Somebody else has to judge; the clock has stopped.
    Claimed,
    /// Done.
    Satisfied,
    /// No longer owed.
    Cancelled,
}

/// What is known of one follow-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never planned.
    #[default]
    Absent,
    /// Planned, and what became of it.
    Planned(Box<FollowedItem>),
}

/// One item that is followed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedItem {
    /// What is followed up, as it is now.
    pub subject: Subject,
    /// The policy that its rungs are made by.
    pub ladder: Ladder,
    /// How far the item has come.
    pub stage: Stage,
    /// Whether the lead took it on.
    pub acknowledged: bool,
    /// The department asked for help, while the work cannot go on.
    pub blocked: Option<Code>,
    /// The highest tier that was notified since the due date was set.
    pub escalated: Option<Tier>,
    /// How often the due date was moved.
    pub extensions: u32,
    /// The rungs still to come, in the order of time.
    pub pending: Vec<Rung>,
    /// The rungs that happened, skipped ones not included.
    pub fired: Vec<Rung>,
    /// The last number given to a rung.
    pub rungs: u32,
}

impl FollowedItem {
    /// The departments whose matter it is: the lead, those that support it, and the one that is asked for help.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let Subject { lead, co_responsible, .. } = &self.subject;
        [lead].into_iter().chain(co_responsible).chain(&self.blocked)
    }
}

impl State {
    /// The item, once it is followed up.
    pub fn followed_item(&self) -> Option<&FollowedItem> {
        match self {
            State::Absent => None,
            State::Planned(item) => Some(item),
        }
    }

    /// The moment at which [`Command::CheckDeadlines`] will have something to do; none while the clock
    /// has stopped.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let item = self.followed_item().filter(|item| item.stage == Stage::Open)?;
        item.pending.iter().map(|rung| rung.due_at).min()
    }
}

/// The follow-up aggregate. A follow-up has the id of its action item.
#[derive(Debug)]
pub struct FollowUp;

impl Aggregate for FollowUp {
    const CATEGORY: &'static str = "followup.follow_up";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let (item, command) = match (state, command) {
            (State::Absent, Command::Plan { subject, ladder }) => return Ok(plan(subject, ladder, issued)),
            (State::Absent, _) => return Err(Rejection::NotFound { what: "the follow-up".to_owned() }),
            (State::Planned(item), command) => (item, command),
        };
        match command {
            Command::Plan { subject, .. } if item.subject.number == subject.number => Ok(vec![]),
            Command::Plan { .. } => Err(Rejection::AlreadyPlanned { number: item.subject.number.clone() }),
            Command::Replan { due_on, due_at, cause } => Ok(item.replan(due_on, due_at, cause, issued)),
            Command::CheckDeadlines => Ok(item.check_deadlines(issued.at)),
            command => Ok(item.follow(command)),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.followed_item().map_or(Audience::Everybody, |item| Audience::of(item.concerned()))
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Planned { subject, ladder, rungs }) => {
                State::Planned(Box::new(FollowedItem::new(subject, ladder, rungs)))
            }
            (State::Planned(mut item), event) => {
                item.apply(event);
                State::Planned(item)
            }
            (State::Absent, _) => State::Absent,
        }
    }
}

fn plan(subject: Subject, ladder: Ladder, issued: &Issued) -> Vec<Event> {
    let mut rungs = vec![acknowledgement(subject.acknowledge_by, 0)];
    rungs.extend(ladder.rungs(subject.due_at, &subject.zone, issued.at, 1));
    vec![Event::Planned { subject, ladder, rungs }]
}

fn acknowledgement(due_at: Timestamp, last: u32) -> Rung {
    Rung { number: last + 1, kind: RungKind::Acknowledgement, days: 0, due_at }
}

impl FollowedItem {
    fn new(subject: &Subject, ladder: &Ladder, rungs: &[Rung]) -> FollowedItem {
        let mut item = FollowedItem {
            subject: subject.clone(),
            ladder: ladder.clone(),
            stage: Stage::Open,
            acknowledged: false,
            blocked: None,
            escalated: None,
            extensions: 0,
            pending: Vec::new(),
            fired: Vec::new(),
            rungs: 0,
        };
        item.add(rungs);
        item
    }

    /// Whether nothing is owed any more.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Satisfied | Stage::Cancelled)
    }

    /// What follows from something that became of the item. What is so already, or comes after the end,
    /// changes nothing.
    fn follow(&self, command: Command) -> Vec<Event> {
        let (open, claimed) = (self.stage == Stage::Open, self.stage == Stage::Claimed);
        let event = match command {
            Command::Acknowledge if open && !self.acknowledged => Event::Acknowledged,
            Command::Contest if open && !self.acknowledged => Event::Contested,
            Command::ResolveContest { lead, acknowledge_by } if open => Event::ContestResolved {
                lead,
                acknowledge_by,
                rungs: vec![acknowledgement(acknowledge_by, self.rungs)],
            },
            Command::Block { help_from } if open && self.blocked.as_ref() != Some(&help_from) => {
                Event::Blocked { help_from }
            }
            Command::Unblock if self.blocked.is_some() => Event::Unblocked,
            Command::Claim if open => Event::Claimed,
            Command::Return if claimed => Event::Returned,
            Command::Satisfy if open || claimed => Event::Satisfied,
            Command::Cancel if open || claimed => Event::Cancelled,
            _ => return vec![],
        };
        vec![event]
    }

    fn replan(&self, due_on: Date, due_at: Timestamp, cause: Cause, issued: &Issued) -> Vec<Event> {
        let wanted = match cause {
            Cause::Extension => self.stage == Stage::Open && due_at != self.subject.due_at,
            Cause::Reopening => self.stage == Stage::Satisfied,
        };
        if !wanted {
            return vec![];
        }
        let rungs = self.ladder.rungs(due_at, &self.subject.zone, issued.at, self.rungs);
        vec![Event::Replanned { due_on, due_at, cause, rungs }]
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Planned { .. } => {}
            Event::Acknowledged => {
                self.acknowledged = true;
                self.drop_rungs(|kind| kind == RungKind::Acknowledgement);
            }
            Event::Contested => self.drop_rungs(|kind| kind == RungKind::Acknowledgement),
            Event::ContestResolved { lead, acknowledge_by, rungs } => {
                self.subject.lead = lead.clone();
                self.subject.acknowledge_by = *acknowledge_by;
                self.acknowledged = false;
                self.drop_rungs(|kind| kind == RungKind::Acknowledgement);
                self.add(rungs);
            }
            Event::Blocked { help_from } => self.blocked = Some(help_from.clone()),
            Event::Unblocked => self.blocked = None,
            Event::Claimed => self.stop(Stage::Claimed),
            Event::Returned => self.stage = Stage::Open,
            Event::Replanned { due_on, due_at, cause, rungs } => {
                (self.subject.due_on, self.subject.due_at) = (*due_on, *due_at);
                self.extensions += u32::from(*cause == Cause::Extension);
                self.escalated = None;
                self.stage = Stage::Open;
                self.drop_rungs(|kind| kind != RungKind::Acknowledgement);
                self.add(rungs);
            }
            Event::Satisfied => self.end(Stage::Satisfied),
            Event::Cancelled => self.end(Stage::Cancelled),
            Event::Reminded { rung, .. }
            | Event::AcknowledgementOverdue { rung, .. }
            | Event::Overdue { rung, .. } => self.fire(*rung),
            Event::Escalated { rung, tier, .. } => {
                self.escalated = self.escalated.max(Some(*tier));
                self.fire(*rung);
            }
            Event::Skipped { rung, .. } => self.pending.retain(|pending| pending.number != *rung),
        }
    }

    fn add(&mut self, rungs: &[Rung]) {
        self.rungs = rungs.iter().map(|rung| rung.number).fold(self.rungs, u32::max);
        self.pending.extend(rungs);
        self.pending.sort_by_key(|rung| (rung.due_at, rung.number));
    }

    fn fire(&mut self, number: u32) {
        let fired = self.pending.iter().find(|rung| rung.number == number).copied();
        self.fired.extend(fired);
        self.pending.retain(|rung| rung.number != number);
    }

    fn drop_rungs(&mut self, unwanted: fn(RungKind) -> bool) {
        self.pending.retain(|rung| !unwanted(rung.kind));
    }

    fn stop(&mut self, stage: Stage) {
        self.stage = stage;
        self.blocked = None;
    }

    fn end(&mut self, stage: Stage) {
        self.stop(stage);
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests;
