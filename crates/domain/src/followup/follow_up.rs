//! A follow-up (督办): the clock beside an action item.
//!
//! It learns from process managers what became of the item, and from a timer that a moment has come.
//! Deadlines are data: every rung of the ladder is written in an event before it is due, and each happens at
//! most once, however often deadlines are checked.

mod deadlines;
mod event;
mod evolve;

pub use deadlines::is_live;
pub use event::Event;

use super::ladder::{Ladder, Rung, RungKind, Step};
use crate::calendar::{WorkingCalendar, Zone};
use crate::{Aggregate, Audience, Code, Date, Issued, Line, Timestamp, Uuid, rejections};
use std::collections::BTreeMap;

/// What is followed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its resolution.
    pub resolution: Uuid,
    /// The body that decided it, whose ladder counts; not noted in old logs.
    pub body: Option<Code>,
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

/// When an item is due once its clock runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The date.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// What its lead promised first, as that has moved; none: as it was.
    pub first_due: Option<(Date, Timestamp)>,
    /// Until when the lead must acknowledge; none: as it was.
    pub acknowledge_by: Option<Timestamp>,
}

/// Why a follow-up is planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 延期: the due date was moved.
    Extension,
    /// 重开: an accepted item was reopened.
    Reopening,
    /// 顺延: the clock stood still, and the due date moved by the working days that it did.
    Pause,
    /// 改派: another department leads, and has its own time.
    Reassignment,
}

/// Whom an escalation goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// 督查
    Supervisor,
    /// 领导
    Leadership,
}

/// The commands; all come from process managers and timers. Those that plan rungs have the calendar to do it by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// Begins to follow an item up.
    Plan { subject: Subject, ladder: Ladder, calendar: WorkingCalendar },
    /// Who judges the work was named.
    NameAcceptor { acceptor: Option<Code> },
    /// The lead took it on.
    Acknowledge { calendar: WorkingCalendar },
    /// The lead disputed that it is its to do: the clock stops until that is ruled on.
    Contest { calendar: WorkingCalendar },
    /// A contest was ruled on; this department leads now, with this due date if it is another one.
    ResolveContest { lead: Code, acknowledge_by: Timestamp, due: Option<Moved>, calendar: WorkingCalendar },
    /// The lead reported how far it has come.
    Report { calendar: WorkingCalendar },
    /// The lead was urged on.
    Urge,
    /// A leader gave an instruction.
    Instruct,
    /// The work of a department cannot go on.
    Block { department: Code, help_from: Code },
    /// It can; with none, that of every department.
    Unblock { department: Option<Code> },
    /// Nothing is owed for the time being.
    Pause,
    /// It is owed again, with this due date if it is another one.
    Resume { due: Option<Moved>, calendar: WorkingCalendar },
    /// The work is claimed to be done: the clock stops until that is judged.
    Claim { calendar: WorkingCalendar },
    /// It is not done: the clock runs on, up to this due date if it is another one.
    Return { due: Option<Moved>, calendar: WorkingCalendar },
    /// Another due date counts.
    Replan { due_on: Date, due_at: Timestamp, cause: Cause, calendar: WorkingCalendar },
    /// Another policy or another calendar counts.
    Reproject { ladder: Ladder, calendar: WorkingCalendar },
    /// The item was accepted.
    Satisfy { calendar: WorkingCalendar },
    /// A look-back was recorded.
    LookBack,
    /// A department contests, after the work was accepted, what a clerk put down for it.
    Dispute { department: Code },
    /// The item is no longer owed.
    Cancel,
    /// Lets every rung happen whose time has come.
    CheckDeadlines { calendar: WorkingCalendar },
    /// Another command, about something that happened at a moment that may be over: clocks begin then.
    Learn { at: Timestamp, command: Box<Command> },
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
    /// When it was first promised to be done, by the lead that it has now.
    pub first_due_on: Date,
    /// The last moment of that date.
    pub first_due_at: Timestamp,
    /// Whether the lead took it on.
    pub acknowledged: bool,
    /// Whether the lead disputes that it is its to do, and waits for a ruling.
    pub contested: bool,
    /// Whether nothing is owed for the time being.
    pub paused: bool,
    /// The department that judges the work; none: the supervisors.
    pub acceptor: Option<Code>,
    /// The departments whose work cannot go on, each with the one that it asked for help.
    pub blocked: BTreeMap<Code, Code>,
    /// The highest tier that was notified since the due date was set.
    pub escalated: Option<Tier>,
    /// The highest tier that was ever notified.
    pub highest_escalation: Option<Tier>,
    /// Whether a leader gave an instruction since the leadership was last notified.
    pub instructed: bool,
    /// How often the due date was moved.
    pub extensions: u32,
    /// The rungs still to come, in the order of time.
    pub pending: Vec<Rung>,
    /// The rungs that happened, skipped ones not included.
    pub fired: Vec<Rung>,
    /// The last number given to a rung.
    pub rungs: u32,
    /// The last number given to a rung before the present due date was agreed on.
    pub agreed_after: u32,
    /// The last number given to a rung before the lead's last report.
    pub cycle_after: u32,
    /// From when reports are counted: the last one, the acknowledgement, or when the clock last ran on; not known in old
    /// logs.
    pub heard_at: Option<Timestamp>,
    /// Since when a claim or a contest waits; not known in old logs.
    pub awaits_since: Option<Timestamp>,
    /// The last number given to a rung before that.
    pub awaits_after: u32,
    /// Whether it was ever past due while its clock ran.
    pub was_late: bool,
}

impl FollowedItem {
    /// The departments whose matter it is: the lead, those that support it, the acceptor, and those that are asked for
    /// help.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let Subject { lead, co_responsible, .. } = &self.subject;
        [lead].into_iter().chain(co_responsible).chain(&self.acceptor).chain(self.blocked.values())
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
            (state, Command::Learn { at, command }) => {
                let then = Issued { at: at.min(issued.at), by: issued.by.clone() };
                return Self::decide(state, *command, &then);
            }
            (State::Absent, Command::Plan { subject, ladder, calendar }) => {
                return Ok(plan(subject, ladder, &calendar, issued));
            }
            (State::Absent, _) => return Err(Rejection::NotFound { what: "the follow-up".to_owned() }),
            (State::Planned(item), command) => (item, command),
        };
        match command {
            Command::Plan { subject, .. } if item.subject.number == subject.number => Ok(vec![]),
            Command::Plan { .. } => Err(Rejection::AlreadyPlanned { number: item.subject.number.clone() }),
            Command::CheckDeadlines { calendar } => Ok(item.check_deadlines(issued.at, &calendar)),
            command => Ok(item.follow(command, issued.at)),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.followed_item().map_or(Audience::Everybody, |item| {
            Audience::of(item.concerned()).before(item.subject.body.clone())
        })
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

fn plan(subject: Subject, ladder: Ladder, calendar: &WorkingCalendar, issued: &Issued) -> Vec<Event> {
    let ladder = ladder.for_due(subject.due_at, [&subject.zone, calendar.zone()]);
    let mut steps = vec![ladder.passed(RungKind::Acknowledgement, subject.acknowledge_by, calendar)];
    steps.extend(ladder.around(subject.due_on, subject.due_at, calendar, issued.at));
    let rungs = numbered(steps, 0);
    vec![Event::Planned { subject, ladder, rungs }]
}

fn numbered(steps: Vec<Step>, last: u32) -> Vec<Rung> {
    let numbered = steps.into_iter().zip(last + 1..);
    numbered.map(|((kind, days, due_at), number)| Rung { number, kind, days, due_at }).collect()
}

impl FollowedItem {
    fn new(subject: &Subject, ladder: &Ladder, rungs: &[Rung]) -> FollowedItem {
        let mut item = FollowedItem {
            first_due_on: subject.due_on,
            first_due_at: subject.due_at,
            subject: subject.clone(),
            ladder: ladder.clone(),
            stage: Stage::Open,
            acknowledged: false,
            contested: false,
            paused: false,
            acceptor: None,
            blocked: BTreeMap::new(),
            escalated: None,
            highest_escalation: None,
            instructed: false,
            extensions: 0,
            pending: Vec::new(),
            fired: Vec::new(),
            rungs: 0,
            agreed_after: 0,
            cycle_after: 0,
            heard_at: None,
            awaits_since: None,
            awaits_after: 0,
            was_late: false,
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
    fn follow(&self, command: Command, now: Timestamp) -> Vec<Event> {
        let (open, claimed) = (self.stage == Stage::Open, self.stage == Stage::Claimed);
        let (ladder, at) = (&self.ladder, Some(now));
        let event = match command {
            Command::NameAcceptor { acceptor } if acceptor != self.acceptor => {
                Event::AcceptorNamed { acceptor }
            }
            Command::Acknowledge { calendar } if open && !self.acknowledged => {
                Event::Acknowledged { rungs: self.numbered(ladder.cycle(now, &calendar)), at }
            }
            Command::Contest { calendar } if open && !self.acknowledged => {
                let steps = ladder.each_after(RungKind::Ruling, &ladder.ruling, now, &calendar);
                Event::Contested { rungs: self.numbered(steps), at }
            }
            Command::Report { calendar } if open => {
                Event::Reported { rungs: self.numbered(ladder.cycle(now, &calendar)), at }
            }
            Command::Urge if open => {
                Event::Urged { lead: self.subject.lead.clone(), due_at: self.subject.due_at }
            }
            Command::Instruct if open || claimed => {
                Event::Instructed { lead: self.subject.lead.clone(), due_at: self.subject.due_at }
            }
            Command::Block { department, help_from }
                if open && self.blocked.get(&department) != Some(&help_from) =>
            {
                Event::Blocked { department: Some(department), help_from }
            }
            Command::Unblock { department } if self.is_blocked(department.as_ref()) => {
                Event::Unblocked { department }
            }
            Command::Pause if !self.paused && !self.is_closed() => Event::Paused { at },
            Command::Claim { calendar } if open => {
                let steps = ladder.each_after(RungKind::Judgement, &ladder.judgement, now, &calendar);
                Event::Claimed { rungs: self.numbered(steps), at }
            }
            Command::Satisfy { calendar } if open || claimed => {
                Event::Satisfied { rungs: self.numbered(ladder.look_back(now, &calendar)), at }
            }
            Command::LookBack if self.stage == Stage::Satisfied && !self.pending.is_empty() => {
                Event::LookedBack
            }
            Command::Dispute { department } => Event::Disputed { department, due_at: self.subject.due_at },
            Command::Cancel if open || claimed => Event::Cancelled,
            command => return self.follow_clock(command, now),
        };
        vec![event]
    }

    /// What follows from what lets the clock run on, or another due date or policy count.
    fn follow_clock(&self, command: Command, now: Timestamp) -> Vec<Event> {
        match command {
            Command::ResolveContest { lead, acknowledge_by, due, calendar } if self.stage == Stage::Open => {
                self.resolve_contest(lead, acknowledge_by, due, &calendar, now)
            }
            Command::Resume { due, calendar } if self.paused => {
                self.run_on(Event::Resumed, due, Cause::Pause, &calendar, now)
            }
            Command::Return { due, calendar } if self.stage == Stage::Claimed => {
                self.run_on(Event::Returned, due, Cause::Pause, &calendar, now)
            }
            Command::Replan { due_on, due_at, cause, calendar } => {
                let wanted = match cause {
                    Cause::Reopening => self.stage == Stage::Satisfied,
                    _ => !self.is_closed() && due_at != self.subject.due_at,
                };
                let due = Moved { due_on, due_at, first_due: None, acknowledge_by: None };
                let replanned = || self.replanned(due, cause, &calendar, now);
                if wanted { vec![replanned()] } else { vec![] }
            }
            Command::Reproject { ladder, calendar } if !self.is_closed() => {
                let ladder = ladder.for_due(self.subject.due_at, [&self.subject.zone, calendar.zone()]);
                let mut item = self.clone();
                item.ladder = ladder.clone();
                let rungs = item.projected(None, &calendar, now);
                let same = ladder == self.ladder && times(&rungs) == times(&self.pending);
                if same { vec![] } else { vec![Event::Reprojected { ladder, rungs }] }
            }
            _ => vec![],
        }
    }

    fn resolve_contest(
        &self,
        lead: Code,
        acknowledge_by: Timestamp,
        due: Option<Moved>,
        calendar: &WorkingCalendar,
        now: Timestamp,
    ) -> Vec<Event> {
        let cause = if lead == self.subject.lead { Cause::Pause } else { Cause::Reassignment };
        let steps = vec![self.ladder.passed(RungKind::Acknowledgement, acknowledge_by, calendar)];
        let resolved = Event::ContestResolved { lead, acknowledge_by, rungs: self.numbered(steps) };
        self.run_on(resolved, due, cause, calendar, now)
    }

    /// An event, and another due date after it if there is one.
    fn run_on(
        &self,
        event: Event,
        due: Option<Moved>,
        cause: Cause,
        calendar: &WorkingCalendar,
        now: Timestamp,
    ) -> Vec<Event> {
        let mut item = self.clone();
        item.apply(&event);
        let replanned = due.map(|due| item.replanned(due, cause, calendar, now));
        std::iter::once(event).chain(replanned).collect()
    }

    fn replanned(&self, due: Moved, cause: Cause, calendar: &WorkingCalendar, now: Timestamp) -> Event {
        let Moved { due_on, due_at, first_due, acknowledge_by } = due;
        let (first_due_on, first_due_at) = first_due.unzip();
        let event = |rungs| Event::Replanned {
            due_on,
            due_at,
            cause,
            rungs,
            at: Some(now),
            first_due_on,
            first_due_at,
            acknowledge_by,
        };
        let mut item = self.clone();
        item.apply(&event(vec![]));
        item.pending.clone_from(&self.pending);
        item.agreed_after = self.agreed_after;
        item.ladder = item.ladder.for_due(due_at, [&item.subject.zone, calendar.zone()]);
        event(item.projected(Some(cause), calendar, now))
    }

    /// Every moment at which something will happen, as the item is now, after it was planned again for a cause, or with none
    /// by another policy or calendar. Where only the clock or the policy changed, what has happened since the due date was
    /// agreed on does not happen again; and what counts from a report, a claim or a contest counts from that still.
    fn projected(&self, cause: Option<Cause>, calendar: &WorkingCalendar, now: Timestamp) -> Vec<Rung> {
        let Subject { due_on, due_at, acknowledge_by, .. } = self.subject;
        let ladder = &self.ladder;
        let mut steps = ladder.around(due_on, due_at, calendar, now);
        if matches!(cause, None | Some(Cause::Pause)) {
            steps.retain(|&(kind, days, _)| !self.has_fired(kind, days));
        }
        if self.acknowledged {
            steps.extend(self.cycle(calendar));
        } else if !self.has_fired(RungKind::Acknowledgement, 0) {
            // Whoever could not act while the clock stood still has until the next working day at least.
            let by = if self.contested { acknowledge_by } else { acknowledge_by.max(now) };
            steps.push(ladder.passed(RungKind::Acknowledgement, by, calendar));
        }
        steps.extend(self.waiting(RungKind::Judgement, &ladder.judgement, calendar));
        steps.extend(self.waiting(RungKind::Ruling, &ladder.ruling, calendar));
        steps.sort_by_key(|&(kind, _, at)| (at, kind));
        self.numbered(steps)
    }

    /// When reports are asked for that were not asked for since the last one.
    fn cycle(&self, calendar: &WorkingCalendar) -> Vec<Step> {
        let asked = |kind| self.fired.iter().any(|rung| rung.kind == kind && rung.number > self.cycle_after);
        match self.heard_at {
            Some(heard_at) => {
                let steps = self.ladder.cycle(heard_at, calendar).into_iter();
                steps.filter(|&(kind, ..)| !asked(kind)).collect()
            }
            None => {
                [RungKind::Report, RungKind::Stale].into_iter().flat_map(|kind| self.planned(kind)).collect()
            }
        }
    }

    /// When somebody is told that a claim or a contest waits for them, as often as they were not told yet.
    fn waiting(&self, kind: RungKind, given: &[u32], calendar: &WorkingCalendar) -> Vec<Step> {
        let waits = if kind == RungKind::Judgement { self.stage == Stage::Claimed } else { self.contested };
        match self.awaits_since {
            _ if !waits => vec![],
            Some(since) => {
                let told = |rung: &&Rung| rung.kind == kind && rung.number > self.awaits_after;
                let told = self.fired.iter().filter(told).count();
                self.ladder.each_after(kind, given, since, calendar).into_iter().skip(told).collect()
            }
            None => self.planned(kind),
        }
    }

    /// What is planned of a kind.
    fn planned(&self, kind: RungKind) -> Vec<Step> {
        let of_kind = self.pending.iter().filter(|rung| rung.kind == kind);
        of_kind.map(|rung| (kind, rung.days, rung.due_at)).collect()
    }

    fn has_fired(&self, kind: RungKind, days: u32) -> bool {
        self.fired.iter().any(|rung| {
            let same = rung.kind == kind && (rung.days == days || kind != RungKind::Reminder);
            same && rung.number > self.agreed_after
        })
    }

    fn is_blocked(&self, department: Option<&Code>) -> bool {
        department.map_or(!self.blocked.is_empty(), |department| self.blocked.contains_key(department))
    }

    fn numbered(&self, steps: Vec<Step>) -> Vec<Rung> {
        numbered(steps, self.rungs)
    }
}

/// What will happen when, whatever its number.
fn times(rungs: &[Rung]) -> Vec<(Timestamp, RungKind, u32)> {
    let mut times: Vec<_> = rungs.iter().map(|rung| (rung.due_at, rung.kind, rung.days)).collect();
    times.sort_unstable();
    times
}

#[cfg(test)]
mod tests;
