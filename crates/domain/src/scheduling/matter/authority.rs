//! Who may do what with a matter: what the body that it is before says to a command.

use super::{Command, Known, Rejection, State};
use crate::scheduling::authority::{is_clerk_of, joined};
use crate::scheduling::body::{self, Version};
use crate::{Code, Issued, Role};

/// Refuses a command on a matter from whoever may not issue it. `body` is the body whose turn it is; a matter that
/// does not exist refuses by itself. What a session's commit does with its matters is for the session's rules.
pub fn check(
    matter: &State,
    body: &body::State,
    command: &Command,
    issued: &Issued,
) -> Result<(), Rejection> {
    if issued.by.is_process() {
        return Ok(());
    }
    if let Command::TakeIn { intake } = command {
        defined(&intake.body, body)?;
        return match issued.by.department {
            Some(_) => Ok(()),
            None => Err(Rejection::DepartmentRequired),
        };
    }
    let Some(known) = matter.known() else { return Ok(()) };
    let version = defined(known.body_in_charge(), body)?;
    match command {
        Command::Withdraw { .. } | Command::Relabel { .. } => raiser(known, version, issued),
        Command::Classify { .. } => chair(version, issued),
        _ => secretariat(version, issued),
    }
}

fn defined<'a>(code: &Code, body: &'a body::State) -> Result<&'a Version, Rejection> {
    body.version().ok_or_else(|| Rejection::UnknownBody { body_code: code.clone() })
}

fn secretariat(version: &Version, issued: &Issued) -> Result<(), Rejection> {
    if is_clerk_of(&version.charter.secretariat, issued) {
        return Ok(());
    }
    Err(Rejection::NotTheSecretariat {
        body_code: version.body.clone(),
        needed_codes: joined(&version.charter.secretariat),
        department_code: issued.by.spoken_for(),
    })
}

/// Whoever may be in the chair: the rule by which a matter is decided is not for those who prepare it to choose.
fn chair(version: &Version, issued: &Issued) -> Result<(), Rejection> {
    let charter = version.in_effect();
    let own = issued.by.department.as_ref();
    if issued.by.is(Role::Chair) && own.is_some_and(|own| charter.may_chair(own)) {
        return Ok(());
    }
    Err(Rejection::NotYourDepartment {
        department_code: issued.by.spoken_for(),
        needed_codes: joined([&charter.chair].into_iter().chain(&charter.deputies)),
    })
}

/// The department that raised it, and the clerks of the secretariat.
fn raiser(known: &Known, version: &Version, issued: &Issued) -> Result<(), Rejection> {
    let raised_it = known.raised_by.as_ref().is_some_and(|department| issued.by.speaks_for(department));
    if raised_it || is_clerk_of(&version.charter.secretariat, issued) {
        return Ok(());
    }
    Err(Rejection::NotYourDepartment {
        department_code: issued.by.spoken_for(),
        needed_codes: joined(known.raised_by.iter().chain(&version.charter.secretariat)),
    })
}
