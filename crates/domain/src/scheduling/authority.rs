//! Who may do what with a session: what its body says to a command, before the session itself is asked.

use super::body::{self, Function, Version};
use super::poll;
use super::session::{Attendee, Command, Filed, Kind, Outline, Rejection, RoleOnTopic, State};
use crate::{Audience, Code, Issued, Label, Role};
use std::collections::BTreeSet;

/// Refuses a command on a session of this body from whoever may not issue it, and a request that the body does not
/// allow. Process managers may do everything; a session that does not exist refuses by itself.
pub fn check(
    session: &State,
    body: &body::State,
    command: &Command,
    issued: &Issued,
) -> Result<(), Rejection> {
    if issued.by.is_process() {
        return Ok(());
    }
    if let Command::Request { outline, .. } | Command::Alarm { outline, .. } = command {
        return request(outline, body, issued);
    }
    let Some(filed) = session.filed() else { return Ok(()) };
    let people = People { filed, version: defined(&filed.outline.body, body)?, issued };
    match command {
        Command::Request { .. }
        | Command::Alarm { .. }
        | Command::Override { .. }
        | Command::Absorb { .. }
        | Command::Adjourn { .. }
        | Command::ExtendSigning { .. }
        | Command::CallMeeting { .. }
        | Command::NoteFloorTopic { .. }
        | Command::Conclude
        | Command::CheckDeadlines => Ok(()),
        Command::AddTopic { roles, .. } => {
            people.secretariat()?;
            let deciding = roles.iter().filter(|given| given.role == RoleOnTopic::Decides);
            have_seats(deciding.map(|given| &given.department), people.version)
        }
        Command::Screen { .. }
        | Command::Admit
        | Command::Return { .. }
        | Command::ConvertToCountersign { .. }
        | Command::Merge { .. }
        | Command::Schedule { .. }
        | Command::Move { .. } => people.secretariat(),
        Command::Postpone { .. } | Command::Convene { .. } => people.in_charge(),
        Command::Cancel { .. } => people.requester().or_else(|_| people.in_charge()),
        Command::Revise { attendees, .. } => {
            people.requester()?;
            seats(attendees, people.version)
        }
        Command::SubmitPaper { topic, .. } => {
            people.own()?;
            people.sees(*topic)
        }
        Command::RelabelTopic { .. } | Command::RelabelPaper { .. } => people.requester(),
        Command::AnswerInvitation { department, .. } | Command::NameDelegate { department, .. } => {
            people.of(department)
        }
    }
}

/// Refuses a command on the poll of a session from whoever may not issue it: departments answer and propose for themselves, or
/// the secretariat does on their behalf; the secretariat asks, and takes a time, as it schedules; and whoever requested the
/// session may decline what was proposed.
pub fn check_poll(
    session: &State,
    body: &body::State,
    command: &poll::Command,
    issued: &Issued,
) -> Result<(), Rejection> {
    let Some(filed) = session.filed().filter(|_| !issued.by.is_process()) else { return Ok(()) };
    let people = People { filed, version: defined(&filed.outline.body, body)?, issued };
    match command {
        poll::Command::Open { .. } | poll::Command::Adopt { .. } | poll::Command::Withdraw { .. } => {
            people.secretariat()
        }
        poll::Command::Decline { .. } => people.requester(),
        poll::Command::Answer { department, .. } | poll::Command::Propose { department, .. } => {
            people.of(department)
        }
        poll::Command::End { .. } | poll::Command::CheckDeadlines => Ok(()),
    }
}

fn request(outline: &Outline, body: &body::State, issued: &Issued) -> Result<(), Rejection> {
    let version = defined(&outline.body, body)?;
    if issued.by.department.is_none() {
        return Err(Rejection::DepartmentRequired);
    }
    let convenors = &version.charter.convenors;
    let own = issued.by.department.as_ref().filter(|own| convenors.contains(own));
    if let Some(own) =
        own.filter(|own| outline.kind == Kind::Emergency && !version.holds(own, Function::Convenor))
    {
        let (department_code, body_code) = (own.clone(), version.body.clone());
        return Err(Rejection::OfficeNotAccepted { department_code, body_code });
    }
    if outline.kind == Kind::Emergency && !speaks_for_one_of(convenors, issued) {
        return Err(Rejection::NotAConvenor {
            body_code: version.body.clone(),
            needed_codes: joined(convenors),
            department_code: issued.by.spoken_for(),
        });
    }
    seats(&outline.attendees, version)
}

fn defined<'a>(code: &Code, body: &'a body::State) -> Result<&'a Version, Rejection> {
    body.version().ok_or_else(|| Rejection::UnknownBody { body_code: code.clone() })
}

/// Refuses attendees that decide and may not.
fn seats(attendees: &[Attendee], version: &Version) -> Result<(), Rejection> {
    let decides = |attendee: &&Attendee| attendee.roles.iter().any(|role| role.role == RoleOnTopic::Decides);
    have_seats(attendees.iter().filter(decides).map(|attendee| &attendee.department), version)
}

/// Refuses a vote for a department whose seat has none: it is a guest, and heard.
fn have_seats<'a>(mut deciding: impl Iterator<Item = &'a Code>, version: &Version) -> Result<(), Rejection> {
    match deciding.find(|department| !version.may_vote(department)) {
        Some(guest) => {
            let (department_code, body_code) = (guest.clone(), version.body.clone());
            Err(Rejection::SeatRequired { department_code, body_code })
        }
        None => Ok(()),
    }
}

/// Those who have to do with a session, and who issued the command.
struct People<'a> {
    filed: &'a Filed,
    version: &'a Version,
    issued: &'a Issued,
}

impl People<'_> {
    fn is_of_the_secretariat(&self) -> bool {
        is_clerk_of(&self.version.charter.secretariat, self.issued)
    }

    fn is_in_the_chair(&self) -> bool {
        let department = self.issued.by.department.as_ref();
        self.issued.by.is(Role::Chair)
            && department.is_some_and(|department| self.version.in_effect().may_chair(department))
    }

    fn is_the_requester(&self) -> bool {
        self.filed.requester.as_ref().is_some_and(|requester| self.issued.by.speaks_for(requester))
    }

    /// The clerks of the secretariat.
    fn secretariat(&self) -> Result<(), Rejection> {
        if self.is_of_the_secretariat() {
            return Ok(());
        }
        Err(Rejection::NotTheSecretariat {
            body_code: self.version.body.clone(),
            needed_codes: joined(&self.version.charter.secretariat),
            department_code: self.issued.by.spoken_for(),
        })
    }

    /// The clerks of the secretariat, and the chair.
    fn in_charge(&self) -> Result<(), Rejection> {
        if self.is_of_the_secretariat() || self.is_in_the_chair() {
            return Ok(());
        }
        let charter = &self.version.in_effect();
        Err(Rejection::NotInCharge {
            body_code: self.version.body.clone(),
            secretariat_codes: joined(&charter.secretariat),
            chair_codes: joined(std::iter::once(&charter.chair).chain(&charter.deputies)),
            department_code: self.issued.by.spoken_for(),
        })
    }

    /// The requesting department, and the clerks of the secretariat on its behalf.
    fn requester(&self) -> Result<(), Rejection> {
        if self.is_the_requester() || self.is_of_the_secretariat() {
            return Ok(());
        }
        Err(self.not_your_department(joined(&self.filed.requester)))
    }

    /// A department itself, and the clerks of the secretariat on its behalf.
    fn of(&self, department: &Code) -> Result<(), Rejection> {
        if self.issued.by.speaks_for(department) || self.is_of_the_secretariat() {
            return Ok(());
        }
        Err(self.not_your_department(department.to_string()))
    }

    /// Whoever attends, requested the session, or leads it.
    fn own(&self) -> Result<(), Rejection> {
        let department = self.issued.by.department.as_ref();
        let attends = department.is_some_and(|department| self.filed.outline.is_attended_by(department));
        if attends || self.is_the_requester() || self.is_in_the_chair() || self.is_of_the_secretariat() {
            return Ok(());
        }
        Err(Rejection::NotOfTheSession { department_code: self.issued.by.spoken_for() })
    }

    /// Whoever takes part in a secret topic. To others it is like one that is not there.
    fn sees(&self, number: u32) -> Result<(), Rejection> {
        let topic = self.filed.outline.topic(number).filter(|topic| topic.label == Label::Secret);
        let sees = |audience: Audience<'_>| match audience {
            Audience::Everybody => true,
            Audience::Concerned { departments, .. } => {
                departments.into_iter().any(|department| self.issued.by.speaks_for(department))
            }
        };
        let may = topic.is_none_or(|topic| sees(self.filed.audience_of(topic)));
        if may || self.is_in_the_chair() || self.is_of_the_secretariat() {
            return Ok(());
        }
        Err(Rejection::UnknownTopic { topic_number: number })
    }

    fn not_your_department(&self, needed_codes: String) -> Rejection {
        Rejection::NotYourDepartment { department_code: self.issued.by.spoken_for(), needed_codes }
    }
}

fn speaks_for_one_of(departments: &[Code], issued: &Issued) -> bool {
    departments.iter().any(|department| issued.by.speaks_for(department))
}

/// Whether a clerk of one of these departments issues the command.
pub(super) fn is_clerk_of(departments: &[Code], issued: &Issued) -> bool {
    issued.by.is(Role::Clerk) && speaks_for_one_of(departments, issued)
}

/// Refuses to change what belongs to a department, or to nobody, to whoever is neither of that department, nor of one above it, nor an
/// operator. Answers with those who may.
pub(super) fn must_be_own(
    department: Option<&Code>,
    answered_for: &BTreeSet<Code>,
    issued: &Issued,
) -> Result<(), String> {
    let is_own = department.is_some_and(|department| answered_for.contains(department));
    if is_own || issued.by.is(Role::Operator) || issued.by.is_process() {
        return Ok(());
    }
    Err(department.map_or("operators", Code::as_str).to_owned())
}

pub(super) fn joined<'a>(codes: impl IntoIterator<Item = &'a Code>) -> String {
    codes.into_iter().map(Code::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
