//! Invitations: until when they are to be answered, the answers, those that are missing, and the delegates.

use super::convening::rules;
use super::{
    Answer, Appointment, Command, Event, Filed, Invitation, Kind, Progress, Rejection, Stage, State,
};
use crate::calendar::WorkingCalendar;
use crate::scheduling::diary::deciding;
use crate::scheduling::emergency::halfway;
use crate::scheduling::slots::WORK_ENDS_HOUR;
use crate::{Code, Issued, Line, Text, Timestamp};

/// The same command; one that schedules or moves the session and does not say until when answers are asked for asks as the
/// body's rules have it: until the end of work, so many working days before the start. Where that is over already, half of the
/// time that is left is given. In an emergency nobody is asked: whoever is called acknowledges.
#[must_use]
pub fn asking(filed: &Filed, command: &Command, calendar: &WorkingCalendar, now: Timestamp) -> Command {
    let mut command = command.clone();
    if let Command::Schedule { starts_at, answer_by, .. } | Command::Move { starts_at, answer_by, .. } =
        &mut command
    {
        *answer_by = answer_by.or_else(|| usual(filed, *starts_at, calendar, now));
    }
    command
}

fn usual(
    filed: &Filed,
    starts_at: Timestamp,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Option<Timestamp> {
    let days = rules(filed).answer_working_days();
    if days == 0 || filed.outline.kind == Kind::Emergency || starts_at <= now {
        return None;
    }
    let day = calendar.before_working_days(calendar.date_of(starts_at), days);
    let at = calendar.zone().at_hour(day, WORK_ENDS_HOUR);
    Some(if at > now { at } else { halfway(now, starts_at) }).filter(|at| *at > now)
}

/// What a department answers.
pub(super) struct Given {
    pub(super) answer: Answer,
    pub(super) reason: Option<Text>,
    pub(super) substitute: Option<Line>,
}

/// Records an answer. It is taken as long as the session waits to begin, and marked where it comes late.
pub(super) fn answer(
    filed: &Filed,
    department: Code,
    given: Given,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Given { answer, reason, substitute } = given;
    let Progress::Scheduled(appointment) = &filed.progress else {
        return Err(filed.wrong_stage("answered", "scheduled"));
    };
    let Some(invitation) = appointment.invitation(&department) else {
        return Err(Rejection::NotInvited { department_code: department });
    };
    if answer == Answer::Decline && reason.is_none() {
        return Err(Rejection::DeclineReasonRequired { department_code: department });
    }
    let mut events = Vec::new();
    let put_down_by_clerk = is_put_down(&department, issued);
    let is_new = invitation.answer != Some(answer) || invitation.reason != reason;
    if is_new || invitation.put_down_by_clerk && !put_down_by_clerk {
        let said_itself = invitation.answer.is_some() && !invitation.put_down_by_clerk;
        nothing_of_its_own(&department, said_itself, issued)?;
        let late = appointment.answer_by.is_some_and(|by| issued.at > by);
        let (department, answered_at) = (department.clone(), Some(issued.at));
        events.push(Event::InvitationAnswered {
            department,
            answer,
            reason,
            answered_at,
            late,
            put_down_by_clerk,
        });
    }
    if let Some(delegate) = substitute {
        events.extend(name_delegate(filed, (department, delegate, None), issued)?);
    }
    Ok(events)
}

/// Whether a clerk of the secretariat answers for a department that is not the own.
fn is_put_down(department: &Code, issued: &Issued) -> bool {
    !issued.by.is_process() && !issued.by.speaks_for(department)
}

/// Refuses a clerk who would put down something else in place of what a department has said itself.
fn nothing_of_its_own(department: &Code, is_its_own: bool, issued: &Issued) -> Result<(), Rejection> {
    match is_its_own && is_put_down(department, issued) {
        true => Err(Rejection::SaidItself { department_code: department.clone() }),
        false => Ok(()),
    }
}

pub(super) fn name_delegate(
    filed: &Filed,
    (department, delegate, in_place_of): (Code, Line, Option<Line>),
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Admitted, Stage::Scheduled], "given a delegate", "admitted or scheduled")?;
    if !filed.outline.is_attended_by(&department) {
        return Err(Rejection::NotInvited { department_code: department });
    }
    let put_down_by_clerk = is_put_down(&department, issued);
    let known = filed.delegates.iter().find(|known| known.department == department);
    if let Some(known) = known {
        let is_new = known.delegate != delegate || known.in_place_of != in_place_of;
        if !is_new && (put_down_by_clerk || !known.put_down_by_clerk) {
            return Ok(vec![]);
        }
        nothing_of_its_own(&department, !known.put_down_by_clerk, issued)?;
    }
    Ok(vec![Event::DelegateNamed { department, delegate, in_place_of, put_down_by_clerk }])
}

/// Reminds whoever was to have answered by now and has not, each once.
pub(super) fn check(filed: &Filed, now: Timestamp) -> Vec<Event> {
    let Some(answer_by) = filed.next_reminder().filter(|by| *by <= now) else { return vec![] };
    let unreminded = filed.appointment().into_iter().flat_map(Appointment::unreminded);
    let reminded = |invitation: &Invitation| Event::InvitationReminded {
        department: invitation.department.clone(),
        answer_by,
        reminded_at: now,
    };
    unreminded.map(reminded).collect()
}

/// How many of those that decide have said that they come, before the session begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attendance {
    /// Those that accepted: they are expected.
    pub accepted: u32,
    /// Those that do not know yet: they are counted neither among those that come nor among those that do not.
    pub tentative: u32,
    /// Those that declined.
    pub declined: u32,
    /// Those that have not answered.
    pub waiting: u32,
}

impl Appointment {
    /// The invitation of a department.
    pub fn invitation(&self, department: &Code) -> Option<&Invitation> {
        self.invitations.iter().find(|known| known.department == *department)
    }

    /// The departments that have not answered.
    pub fn waiting(&self) -> impl Iterator<Item = &Code> {
        self.invitations.iter().filter(|known| known.answer.is_none()).map(|known| &known.department)
    }

    fn unreminded(&self) -> impl Iterator<Item = &Invitation> {
        self.invitations.iter().filter(|known| known.answer.is_none() && known.reminded_at.is_none())
    }
}

impl Filed {
    /// When those that have not answered by then are reminded; none where nobody is to be.
    pub fn next_reminder(&self) -> Option<Timestamp> {
        let Progress::Scheduled(appointment) = &self.progress else { return None };
        appointment.answer_by.filter(|_| appointment.unreminded().next().is_some())
    }

    /// What those that decide have answered; none when it is not scheduled.
    pub fn attendance(&self) -> Option<Attendance> {
        let Progress::Scheduled(appointment) = &self.progress else { return None };
        let mut attendance = Attendance::default();
        for invitation in deciding(&self.outline).filter_map(|own| appointment.invitation(own)) {
            let count = match invitation.answer {
                Some(Answer::Accept) => &mut attendance.accepted,
                Some(Answer::Tentative) => &mut attendance.tentative,
                Some(Answer::Decline) => &mut attendance.declined,
                None => &mut attendance.waiting,
            };
            *count += 1;
        }
        Some(attendance)
    }
}

impl State {
    /// What will happen between two moments if nobody acts, and when.
    pub fn upcoming(&self, now: Timestamp, until: Timestamp) -> Vec<(Timestamp, Event)> {
        let Some(filed) = self.filed() else { return vec![] };
        let Some(at) = filed.next_reminder().map(|at| at.max(now)).filter(|at| *at <= until) else {
            return vec![];
        };
        check(filed, at).into_iter().map(|event| (at, event)).collect()
    }
}
