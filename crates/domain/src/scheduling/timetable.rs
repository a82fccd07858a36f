//! A timetable (排期方案): many sessions put into rooms and hours at once, proposed with what it moves and what it wins, and
//! adopted in one act, or in part.
//!
//! [`plan`] is pure: it looks for the timetable that costs least, in a number of steps from a seed, by the words and prices
//! in which [slots](super::slots) are explained, with three more: a session without a place, one that was announced
//! otherwise, and one that cannot be decided where it stays. The folder holds its parts: `quarter` is what is planned,
//! `board` what it costs where each session is, `search` how it is moved, `explain` what that means, [`adoption`] what
//! adopting it requires of sessions, rooms, diaries and quotas.

pub mod adoption;
mod board;
mod explain;
mod quarter;
mod search;

pub use board::{MOVED, UNDECIDABLE, UNPLACED};
pub use explain::Entry;
pub use quarter::{DEPARTMENTS_MAX, Planned, Quarter, SESSIONS_MAX};
pub use search::{STEPS_DEFAULT, STEPS_MAX};

use super::authority::{is_clerk_of, joined};
use super::body::Version;
use super::session::Slot;
use super::slots::{ObstacleRecord, Penalty, Reason};
use crate::{Aggregate, Audience, Code, Issued, Line, Text, Timestamp, Uuid, rejections};
use board::{Board, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Obstacles that are kept of one session, at most.
const OBSTACLES_MAX: usize = 8;

/// The departments that attend the sessions of a quarter, or take somebody's place.
fn departments(quarter: &Quarter) -> impl Iterator<Item = &Code> {
    quarter.sessions.iter().flat_map(|planned| planned.wanted.departments())
}

/// The timetable to which a search leads: always the same for the same quarter, seed and steps. No session is left without
/// a place for which the search for slots has one. Refused when there are more sessions or departments than fit.
pub fn plan(quarter: &Quarter, seed: u64, steps: u64) -> Result<Vec<Entry>, Rejection> {
    check_size("sessions", quarter.sessions.len(), SESSIONS_MAX)?;
    let all: BTreeSet<&Code> = departments(quarter).collect();
    check_size("departments", all.len(), DEPARTMENTS_MAX)?;
    if quarter.sessions.is_empty() {
        return Err(Rejection::NothingToPlan);
    }
    let before = Board::of(quarter);
    let mut after = Board::of(quarter);
    search::search(quarter, &mut after, seed, steps.min(STEPS_MAX));
    for at in 0..quarter.sessions.len() {
        if after.places[at] == Place::Off {
            place_in_a_slot(quarter, &mut after, at);
        }
    }
    Ok(explain::entries(quarter, &before, &after))
}

/// Puts a session into the best of its open slots, if it has one beside the others.
fn place_in_a_slot(quarter: &Quarter, board: &mut Board, at: usize) {
    for suggestion in explain::found(quarter, at, board).suggestions {
        let starts = &board.pieces[at].starts;
        let start = starts.iter().position(|start| start.time.starts_at == suggestion.slot.starts_at);
        let room = quarter.diaries.rooms.iter().position(|room| room.code == suggestion.slot.room);
        let (Some(start), Some(Ok(room))) = (start, room.map(u16::try_from)) else { continue };
        let place = Place::At { start: start as u32, room };
        let mark = board.mark();
        if board.put(&[(at, place)]).is_some() {
            board.keep();
            return;
        }
        board.take_back(mark);
    }
}

fn check_size(field: &'static str, given: usize, max: usize) -> Result<(), Rejection> {
    if given <= max { Ok(()) } else { Err(Rejection::TooManyEntries { field, given, max }) }
}

/// What one reason costs in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The reason.
    pub reason: Reason,
    /// The points.
    pub price: u32,
}

/// The penalties by their reasons.
fn shares(penalties: &[Penalty]) -> Vec<Share> {
    let mut sums: BTreeMap<Reason, u32> = BTreeMap::new();
    for penalty in penalties {
        let sum = sums.entry(penalty.reason).or_default();
        *sum = sum.saturating_add(penalty.price);
    }
    sums.into_iter().map(|(reason, price)| Share { reason, price }).collect()
}

/// What is proposed for one session, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The session.
    pub session: Uuid,
    /// The room and time for which it is announced.
    pub announced: Option<Slot>,
    /// The room and time that it gets; none when it gets none.
    pub slot: Option<Slot>,
    /// Whether it was to stay where it is.
    pub is_pinned: bool,
    /// What speaks against where it is announced.
    pub before: Vec<Share>,
    /// What speaks against where it is to be.
    pub after: Vec<Share>,
    /// What stands in the way, when it gets no room and time.
    pub obstacles: Vec<ObstacleRecord>,
}

impl Row {
    fn of(entry: &Entry) -> Row {
        let obstacles = entry.opening.iter().flat_map(|opening| &opening.obstacles);
        Row {
            session: entry.session,
            announced: entry.announced.clone(),
            slot: entry.slot.clone(),
            is_pinned: entry.is_pinned,
            before: shares(&entry.before),
            after: shares(&entry.after),
            obstacles: obstacles.take(OBSTACLES_MAX).map(ObstacleRecord::of).collect(),
        }
    }

    /// Whether the session gets another room or time.
    pub fn is_change(&self) -> bool {
        self.slot.is_some() && self.slot != self.announced
    }
}

/// The wish that costs most: what could be asked of somebody, so that all go better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The session.
    pub session: Uuid,
    /// Why it costs something.
    pub reason: Reason,
    /// The department that it is about.
    pub department: Option<Code>,
    /// Its points.
    pub price: u32,
}

/// The costliest of the penalties.
fn costliest(entries: &[Entry]) -> Option<Wish> {
    let all = entries.iter().flat_map(|entry| entry.after.iter().map(move |penalty| (entry, penalty)));
    let (entry, penalty) = all.reduce(|most, next| if next.1.price > most.1.price { next } else { most })?;
    let (reason, department) = (penalty.reason, penalty.department.clone());
    Some(Wish { session: entry.session, reason, department, price: penalty.price })
}

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is called.
    pub title: Line,
    /// The bodies whose sessions are in it.
    pub bodies: Vec<Code>,
    /// The first moment that was looked at.
    pub from_at: Timestamp,
    /// The moment before which sessions were to start.
    pub until_at: Timestamp,
    /// The seed of the search.
    pub seed: u64,
    /// Its steps.
    pub steps: u64,
    /// The sessions.
    pub rows: Vec<Row>,
    /// The wish that costs most.
    pub costliest: Option<Wish>,
}

impl Proposal {
    /// The same with what was planned.
    #[must_use]
    pub fn planned(self, entries: &[Entry]) -> Proposal {
        Proposal { rows: entries.iter().map(Row::of).collect(), costliest: costliest(entries), ..self }
    }

    /// The sessions that get another room or time.
    pub fn changes(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_change())
    }
}

/// A session that could not be given what was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The session.
    pub session: Uuid,
    /// The reason of the refusal.
    pub reason: Line,
    /// The refusal in words.
    pub message: Text,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Proposes a timetable.
    Propose(Proposal),
    /// Notes that sessions were given what was proposed, in the same commit or before it, and which could not be.
    Adopt {
        /// The sessions.
        sessions: Vec<Uuid>,
        /// Those that could not be.
        left: Vec<Left>,
    },
    /// Gives it up.
    Withdraw {
        /// Why.
        reason: Text,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A timetable was proposed.
    Proposed {
        /// What is proposed.
        proposal: Proposal,
        /// The department that proposed it.
        proposer: Option<Code>,
    },
    /// Sessions were given what was proposed.
    Adopted {
        /// The sessions.
        sessions: Vec<Uuid>,
        /// Those that could not be.
        left: Vec<Left>,
    },
    /// It was given up.
    Withdrawn {
        /// Why.
        reason: Text,
    },
}

/// Stage of a timetable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Waits to be adopted.
    Proposed,
    /// Some of its sessions have what was proposed.
    PartlyAdopted,
    /// All of them have.
    Adopted,
    /// Was given up.
    Withdrawn,
}

impl Stage {
    /// The stage's name in lists and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Proposed => "proposed",
            Stage::PartlyAdopted => "partly adopted",
            Stage::Adopted => "adopted",
            Stage::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

rejections! {
    /// Why a command on a timetable is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        WrongStage("WRONG_STAGE") { action: &'static str, needed: &'static str, stage: Stage } =
            "a timetable can be {action} only when it is {needed}; this one is {stage}",
        NothingToPlan("NOTHING_TO_PLAN") =
            "no session is to be planned; one must be admitted or scheduled, and start within the window",
        TooManyEntries("TOO_MANY_ENTRIES") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; it can have {max}",
        NotInTheTimetable("NOT_IN_THE_TIMETABLE") { session_id: Uuid } =
            "the timetable proposes no change for session {session_id}, or it was made already",
        SessionChanged("SESSION_CHANGED") { session_id: Uuid } =
            "session {session_id} has been given another room or time since the timetable was proposed; propose it again",
        UnknownBody("UNKNOWN_BODY") { body_code: Code } =
            "body {body_code} is not defined; check its code, or define it first",
        NotTheSecretariat("NOT_THE_SECRETARIAT") {
            body_code: Code,
            needed_codes: String,
            department_code: String,
        } = "only clerks of {needed_codes}, the secretariat of body {body_code}, may do this; you speak for \
             {department_code}",
    }
}

/// What is known of one timetable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never proposed.
    #[default]
    Absent,
    /// Proposed.
    Known(Box<Known>),
}

/// A timetable that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What is proposed.
    pub proposal: Proposal,
    /// The department that proposed it.
    pub proposer: Option<Code>,
    /// The sessions that were given what was proposed, in the order in which they were.
    pub adopted: Vec<Uuid>,
    /// The sessions that could not be, the last time that it was tried.
    pub left: Vec<Left>,
    /// Why it was given up, if it was.
    pub withdrawn: Option<Text>,
}

impl Known {
    /// Its stage.
    pub fn stage(&self) -> Stage {
        match (&self.withdrawn, self.adopted.len()) {
            (Some(_), _) => Stage::Withdrawn,
            (None, 0) => Stage::Proposed,
            (None, adopted) if adopted < self.proposal.changes().count() => Stage::PartlyAdopted,
            (None, _) => Stage::Adopted,
        }
    }

    /// The changes that were not made yet: all, or those of these sessions. Refused when one of them has none.
    pub fn open(&self, chosen: &[Uuid]) -> Result<Vec<&Row>, Rejection> {
        let open: Vec<&Row> =
            self.proposal.changes().filter(|row| !self.adopted.contains(&row.session)).collect();
        if let Some(session_id) = chosen.iter().find(|id| !open.iter().any(|row| row.session == **id)) {
            return Err(Rejection::NotInTheTimetable { session_id: *session_id });
        }
        Ok(open.into_iter().filter(|row| chosen.is_empty() || chosen.contains(&row.session)).collect())
    }

    /// Refuses what is done to a timetable that is over.
    pub fn must_be_open(&self, action: &'static str) -> Result<(), Rejection> {
        match self.stage() {
            Stage::Proposed | Stage::PartlyAdopted => Ok(()),
            stage => Err(Rejection::WrongStage { action, needed: "proposed or partly adopted", stage }),
        }
    }
}

impl State {
    /// What is known of it, if it was proposed.
    pub fn known(&self) -> Option<&Known> {
        match self {
            State::Absent => None,
            State::Known(known) => Some(known),
        }
    }
}

/// Refuses whoever is no clerk of the secretariat of a body. Process managers may do everything.
pub fn check(version: &Version, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.is_process() || is_clerk_of(&version.charter.secretariat, issued) {
        return Ok(());
    }
    Err(Rejection::NotTheSecretariat {
        body_code: version.body.clone(),
        needed_codes: joined(&version.charter.secretariat),
        department_code: issued.by.spoken_for(),
    })
}

/// The timetable aggregate.
#[derive(Debug)]
pub struct Timetable;

impl Aggregate for Timetable {
    const CATEGORY: &'static str = "scheduling.timetable";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let known = match (state, command) {
            (State::Absent, Command::Propose(proposal)) => {
                let proposer = issued.by.department.clone();
                return Ok(vec![Event::Proposed { proposal, proposer }]);
            }
            (State::Absent, _) => return Err(Rejection::NotFound { what: "timetable" }),
            (State::Known(known), command) => (known, command),
        };
        match known {
            (known, Command::Propose(_)) => {
                Err(Rejection::WrongStage { action: "proposed", needed: "new", stage: known.stage() })
            }
            (known, Command::Adopt { sessions, left }) => {
                known.must_be_open("adopted")?;
                if !sessions.is_empty() {
                    known.open(&sessions)?;
                }
                let is_known = sessions.is_empty() && left == known.left;
                Ok(if is_known { vec![] } else { vec![Event::Adopted { sessions, left }] })
            }
            (known, Command::Withdraw { reason }) => {
                if known.stage() == Stage::Withdrawn {
                    return Ok(vec![]);
                }
                known.must_be_open("withdrawn")?;
                Ok(vec![Event::Withdrawn { reason }])
            }
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        let Some(known) = state.known() else { return Audience::Everybody };
        let bodies = &known.proposal.bodies;
        bodies.iter().fold(Audience::of([]), |audience, body| audience.before(body.clone()))
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match (&mut state, event) {
            (_, Event::Proposed { proposal, proposer }) => {
                return State::Known(Box::new(Known {
                    proposal: proposal.clone(),
                    proposer: proposer.clone(),
                    adopted: vec![],
                    left: vec![],
                    withdrawn: None,
                }));
            }
            (State::Known(known), Event::Adopted { sessions, left }) => {
                known.adopted.extend(sessions);
                known.left.clone_from(left);
            }
            (State::Known(known), Event::Withdrawn { reason }) => known.withdrawn = Some(reason.clone()),
            (State::Absent, _) => {}
        }
        state
    }
}

#[cfg(test)]
mod tests;
