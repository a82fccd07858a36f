//! The minutes of a docket (会议纪要): drafted when it is closed, corrected, confirmed or objected to by those who took
//! part, and sealed with the hash of the document.
//!
//! The document itself is derived from the log whenever it is read. What is kept here is what people say about it. The
//! minutes have the id of their docket.

use crate::{Aggregate, Audience, Code, Issued, Line, Role, Text, Timestamp, rejections};
use std::collections::BTreeMap;

/// Working days in which those who took part confirm the minutes, or object.
pub const CONFIRM_WORKING_DAYS: u32 = 5;
/// Corrections and objections, at most.
pub const NOTES_MAX: usize = 100;

/// What a department says about the minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// They are right.
    Confirmed,
    /// They are not.
    Objected {
        /// What is wrong.
        reason: Text,
    },
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Asks those who took part; issued when the docket was closed.
    Draft {
        /// The departments that took part.
        participants: Vec<Code>,
        /// The departments whose clerks act for the body.
        secretariat: Vec<Code>,
        /// The departments that may know of the docket.
        concerned: Vec<Code>,
        /// The body; not noted in old logs.
        body: Option<Code>,
        /// Until when silence means no.
        confirm_by: Timestamp,
    },
    /// Adds a correction, which the document shows; objections made before it are answered.
    Correct {
        /// What is right instead.
        text: Text,
    },
    /// Says that the minutes are right.
    Confirm {
        /// The department that does.
        department: Code,
    },
    /// Says that they are not.
    Object {
        /// The department that does.
        department: Code,
        /// What is wrong.
        reason: Text,
    },
    /// Takes silence for consent when the time is over.
    CheckDeadlines,
    /// Seals the document; issued when nobody has anything to say about it any more.
    Seal {
        /// The SHA-256 of each document, by its language.
        sha256: Vec<Digest>,
    },
}

/// The hash of a document in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The language: `en` or `zh`.
    pub language: Line,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: Line,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The minutes were drafted.
    Drafted {
        /// The departments that took part.
        participants: Vec<Code>,
        /// The departments whose clerks act for the body.
        secretariat: Vec<Code>,
        /// The departments that may know of the docket.
        concerned: Vec<Code>,
        /// The body; not noted in old logs.
        body: Option<Code>,
        /// Until when they may object.
        confirm_by: Timestamp,
    },
    /// A correction was added.
    Corrected {
        /// What is right instead.
        text: Text,
    },
    /// A department confirmed them.
    Confirmed {
        /// Which.
        department: Code,
    },
    /// A department objected.
    Objected {
        /// Which.
        department: Code,
        /// What is wrong.
        reason: Text,
    },
    /// All have confirmed, by word or by silence.
    Settled {
        /// The departments that said nothing.
        silent: Vec<Code>,
    },
    /// The document is final.
    Sealed {
        /// The SHA-256 of each document, by its language.
        sha256: Vec<Digest>,
    },
}

rejections! {
    /// Why a command on minutes is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist",
        MinutesSettled("MINUTES_SETTLED") = "the minutes were confirmed, and can no longer be changed",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        NotAParticipant("NOT_A_PARTICIPANT") { department_code: Code } =
            "department {department_code} does not take part",
        NotesExhausted("NOTES_EXHAUSTED") { max: usize } =
            "the minutes have {max} corrections and objections, the most they can have",
        NoFonts("NO_FONTS") =
            "a PDF needs fonts, and this installation has none: ask for docx or html, or have its operator name a \
             folder of fonts in the setting documents.fonts_folder",
        NoGlyph("NO_GLYPH") { character: String } =
            "no font of this installation has the character {character}: ask for docx or html, or have its \
             operator put a font that has it into the folder documents.fonts_folder",
        DocumentTooLarge("DOCUMENT_TOO_LARGE") { bytes: usize, max: usize } =
            "the file would have {bytes} bytes, and at most {max} are sent: ask for another format",
    }
}

/// What is known of the minutes of one docket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Not drafted.
    #[default]
    Absent,
    /// Drafted.
    Drafted(Box<Draft>),
}

/// Minutes that were drafted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The departments that took part.
    pub participants: Vec<Code>,
    /// The departments whose clerks act for the body.
    pub secretariat: Vec<Code>,
    /// The departments that may know of the docket.
    pub concerned: Vec<Code>,
    /// The body; not noted in old logs.
    pub body: Option<Code>,
    /// Until when they may object.
    pub confirm_by: Timestamp,
    /// What departments said about them.
    pub opinions: BTreeMap<Code, Opinion>,
    /// Corrections and objections, in their order.
    pub notes: Vec<Text>,
    /// Whether all have confirmed, by word or by silence.
    pub settled: bool,
    /// The SHA-256 of each document, once they are sealed.
    pub sealed: Vec<Digest>,
}

impl Draft {
    /// The departments that have confirmed them.
    pub fn confirming(&self) -> impl Iterator<Item = &Code> {
        let confirms = |(_, opinion): &(&Code, &Opinion)| matches!(opinion, Opinion::Confirmed);
        self.opinions.iter().filter(confirms).map(|(department, _)| department)
    }

    /// The departments that object.
    pub fn objecting(&self) -> impl Iterator<Item = &Code> {
        let objects = |(_, opinion): &(&Code, &Opinion)| matches!(opinion, Opinion::Objected { .. });
        self.opinions.iter().filter(objects).map(|(department, _)| department)
    }

    /// Settled when everybody has confirmed, or when the time is over and nobody objects.
    fn settled_at(&self, now: Timestamp) -> Option<Event> {
        let silent: Vec<Code> =
            self.participants.iter().filter(|code| !self.opinions.contains_key(*code)).cloned().collect();
        let is_over = silent.is_empty() || now >= self.confirm_by;
        (!self.settled && is_over && self.objecting().next().is_none()).then_some(Event::Settled { silent })
    }
}

impl State {
    /// The minutes, once they are drafted.
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            State::Absent => None,
            State::Drafted(draft) => Some(draft),
        }
    }
}

/// The minutes aggregate.
#[derive(Debug)]
pub struct Minutes;

impl Aggregate for Minutes {
    const CATEGORY: &'static str = "deliberation.minutes";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (State::Absent, Command::Draft { participants, secretariat, concerned, body, confirm_by }) => {
                Ok(vec![Event::Drafted { participants, secretariat, concerned, body, confirm_by }])
            }
            (State::Absent, _) => Err(Rejection::NotFound { what: "the minutes".to_owned() }),
            (State::Drafted(draft), command) => draft.decide(command, issued),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.draft().map_or(Audience::Everybody, |draft| {
            Audience::of(&draft.concerned).kept_by(&draft.secretariat).before(draft.body.clone())
        })
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Drafted { participants, secretariat, concerned, body, confirm_by }) => {
                State::Drafted(Box::new(Draft {
                    participants: participants.clone(),
                    secretariat: secretariat.clone(),
                    concerned: concerned.clone(),
                    body: body.clone(),
                    confirm_by: *confirm_by,
                    opinions: BTreeMap::new(),
                    notes: Vec::new(),
                    settled: false,
                    sealed: Vec::new(),
                }))
            }
            (State::Drafted(mut draft), event) => {
                draft.apply(event);
                State::Drafted(draft)
            }
            (State::Absent, _) => State::Absent,
        }
    }
}

impl Draft {
    fn decide(&self, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Draft { .. } => Ok(vec![]),
            Command::CheckDeadlines => Ok(self.settled_at(issued.at).into_iter().collect()),
            Command::Seal { sha256 } if self.settled && self.sealed.is_empty() => {
                Ok(vec![Event::Sealed { sha256 }])
            }
            Command::Seal { .. } => Ok(vec![]),
            Command::Confirm { department } => {
                if self.opinions.get(&department) == Some(&Opinion::Confirmed) {
                    return Ok(vec![]);
                }
                self.must_be_open()?;
                self.must_speak_for(&department, issued)?;
                Ok(self.followed_by_settling(Event::Confirmed { department }, issued))
            }
            Command::Object { department, reason } => {
                self.must_be_open()?;
                self.must_speak_for(&department, issued)?;
                self.must_have_room()?;
                Ok(vec![Event::Objected { department, reason }])
            }
            Command::Correct { text } => {
                self.must_be_open()?;
                if !(issued.by.is(Role::Clerk)
                    && self.secretariat.iter().any(|own| issued.by.speaks_for(own)))
                {
                    return Err(not_your_department(&self.secretariat, issued));
                }
                self.must_have_room()?;
                Ok(vec![Event::Corrected { text }])
            }
        }
    }

    fn followed_by_settling(&self, event: Event, issued: &Issued) -> Vec<Event> {
        let mut after = self.clone();
        after.apply(&event);
        [event].into_iter().chain(after.settled_at(issued.at)).collect()
    }

    fn must_be_open(&self) -> Result<(), Rejection> {
        if self.settled { Err(Rejection::MinutesSettled) } else { Ok(()) }
    }

    fn must_have_room(&self) -> Result<(), Rejection> {
        if self.notes.len() < NOTES_MAX { Ok(()) } else { Err(Rejection::NotesExhausted { max: NOTES_MAX }) }
    }

    fn must_speak_for(&self, department: &Code, issued: &Issued) -> Result<(), Rejection> {
        if !self.participants.contains(department) {
            return Err(Rejection::NotAParticipant { department_code: department.clone() });
        }
        match issued.by.speaks_for(department) {
            true => Ok(()),
            false => Err(not_your_department(std::slice::from_ref(department), issued)),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Drafted { .. } => {}
            Event::Corrected { text } => {
                self.notes.push(text.clone());
                self.opinions.retain(|_, opinion| *opinion == Opinion::Confirmed);
            }
            Event::Confirmed { department } => {
                self.opinions.insert(department.clone(), Opinion::Confirmed);
            }
            Event::Objected { department, reason } => {
                self.notes.push(reason.clone());
                self.opinions.insert(department.clone(), Opinion::Objected { reason: reason.clone() });
            }
            Event::Settled { .. } => self.settled = true,
            Event::Sealed { sha256 } => self.sealed.clone_from(sha256),
        }
    }
}

fn not_your_department(needed: &[Code], issued: &Issued) -> Rejection {
    Rejection::NotYourDepartment {
        department_code: issued.by.spoken_for(),
        needed_codes: needed.iter().map(Code::as_str).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{actor, at, code, given, text};

    const BY: &str = "2027-03-15T16:00:00Z";

    fn drafted() -> Event {
        let departments = vec![code("WATER"), code("ROADS")];
        Event::Drafted {
            participants: departments.clone(),
            secretariat: vec![code("WATER")],
            concerned: departments,
            body: Some(code("FLOOD")),
            confirm_by: at(BY),
        }
    }

    fn confirm(department: &str) -> Command {
        Command::Confirm { department: code(department) }
    }

    fn objected() -> Event {
        Event::Objected { department: code("ROADS"), reason: text("漏记一项") }
    }

    #[test]
    fn silence_confirms_when_the_time_is_over() {
        let before = given::<Minutes>(&[drafted()]).at("2027-03-10T01:00:00Z");
        assert_eq!(before.when(Command::CheckDeadlines), Ok(vec![]));
        let silent = vec![code("WATER"), code("ROADS")];
        let settled = given::<Minutes>(&[drafted()]).at(BY).when(Command::CheckDeadlines);
        assert_eq!(settled, Ok(vec![Event::Settled { silent }]));
    }

    #[test]
    fn the_last_to_confirm_settles_them() {
        let one = Event::Confirmed { department: code("WATER") };
        let last = given::<Minutes>(&[drafted(), one.clone()]).by(actor("wang", "ROADS", Role::Delegate));
        let confirmed = Event::Confirmed { department: code("ROADS") };
        assert_eq!(last.when(confirm("ROADS")), Ok(vec![confirmed, Event::Settled { silent: vec![] }]));
        let another = given::<Minutes>(&[drafted(), one]).by(actor("li", "WATER", Role::Delegate));
        assert!(matches!(another.when(confirm("ROADS")), Err(Rejection::NotYourDepartment { .. })));
    }

    #[test]
    fn an_objection_holds_them_up_until_the_secretariat_corrects_them() {
        let objected_to = given::<Minutes>(&[drafted(), objected()]).at(BY);
        assert_eq!(objected_to.when(Command::CheckDeadlines), Ok(vec![]));
        let correct = || Command::Correct { text: text("补记一项") };
        let stranger = given::<Minutes>(&[drafted(), objected()]).by(actor("wang", "ROADS", Role::Clerk));
        assert!(stranger.when(correct()).is_err());
        let clerk = given::<Minutes>(&[drafted(), objected()]).by(actor("wen", "WATER", Role::Clerk));
        let corrected = Event::Corrected { text: text("补记一项") };
        assert_eq!(clerk.when(correct()), Ok(vec![corrected.clone()]));
        let after = given::<Minutes>(&[drafted(), objected(), corrected]).at(BY);
        assert!(matches!(after.when(Command::CheckDeadlines).unwrap()[..], [Event::Settled { .. }]));
    }

    #[test]
    fn what_is_settled_is_sealed_once_and_not_changed() {
        let settled = [drafted(), Event::Settled { silent: vec![] }];
        let refused =
            given::<Minutes>(&settled).by(actor("wen", "WATER", Role::Clerk)).when(confirm("WATER"));
        assert_eq!(refused, Err(Rejection::MinutesSettled));
        let seal = || Command::Seal { sha256: vec![] };
        assert_eq!(given::<Minutes>(&[drafted()]).when(seal()), Ok(vec![]));
        assert_eq!(given::<Minutes>(&settled).when(seal()), Ok(vec![Event::Sealed { sha256: vec![] }]));
    }
}
