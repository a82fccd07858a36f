//! Why a client command failed: a message for people, an exit code for programs.

use super::cell::printable;
use super::commands::{self, Entry};
use super::descriptors::role_word;
use super::flags::{self, Flag};
use super::moment;
use crate::language::{current, say, text};
use client::{Refusal, is_unavailable, root_cause, with_moments};
use domain::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use prost_reflect::DynamicMessage;
use std::collections::BTreeMap;
use std::io::Write;
use tonic::{Code, Status};

/// What the exit codes mean; shown by `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    another failure
  2    wrong usage, or an argument that the service does not accept
  3    not found
  4    refused by a rule
  5    no valid token, or its roles are not sufficient
  6    a conflict: the command id was used for another command, or the resource was changed
  7    the service cannot be reached, or did not answer in time
  130  interrupted";

/// The domain of the reasons that belong to no context.
const PLATFORM: &str = "huishang.api.v1";

/// Why a client command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments are not a valid request.
    #[error("{0}")]
    Usage(String),
    /// There is no token.
    #[error(
        "no token: add --token or --token-file, set HUISHANG_TOKEN, or, where 'huishang up' created development keys, add --as ROLE[@DEPARTMENT]"
    )]
    NoToken,
    /// There is no connection to the address.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The address.
        server: String,
        /// The cause.
        why: String,
    },
    /// The service refused.
    #[error("{}", .0.status.message())]
    Refused(Box<Refused>),
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The answer could not be printed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

/// A refusal by a service.
#[derive(Debug)]
pub struct Refused {
    /// Its answer.
    pub status: Status,
    /// The flags, with the fields of the request that they set.
    pub flags: Vec<Flag>,
    /// The command's id.
    pub command_id: Option<String>,
    /// The time zone that its moments are told in; UTC, as the service tells them, if it is not known.
    pub zone: Option<TimeZone>,
}

impl Error {
    /// A refusal of a request that was not made from flags.
    pub fn from_status(status: Status) -> Error {
        Error::Refused(Box::new(Refused { status, flags: vec![], command_id: None, zone: None }))
    }

    /// The same with the moments of a refusal in this time zone.
    pub fn in_zone(mut self, zone: TimeZone) -> Error {
        if let Error::Refused(refused) = &mut self {
            refused.zone = Some(zone);
        }
        self
    }

    /// Whether it is a refusal that tells moments.
    pub fn has_moments(&self) -> bool {
        matches!(self, Error::Refused(refused) if !refused.moments(&Refusal::of(&refused.status)).is_empty())
    }

    /// A refusal of a request that was made from flags.
    pub fn refused(status: Status, flags: &[Flag], request: &DynamicMessage) -> Error {
        let (flags, command_id) = (flags.to_vec(), flags::command_id(request));
        Error::Refused(Box::new(Refused { status: as_unavailable(status), flags, command_id, zone: None }))
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::NoToken => 5,
            Error::Unreachable { .. } => 7,
            Error::Refused(refused) => exit_code(refused.status.code()),
            Error::Interrupted => 130,
            Error::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Error::Output(_) => 1,
        }
    }

    /// Prints the message, with what helps to correct it.
    pub fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Error::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Error::Refused(refused) => refused.print(out)?,
            other => writeln!(out, "{}{}", text("error: "), other.sentence())?,
        }
        if let Some(hint) = self.hint() {
            writeln!(out, "{}{hint}", text("hint: "))?;
        }
        Ok(())
    }

    /// What [`Display`](std::fmt::Display) says, in the language that is spoken.
    pub fn sentence(&self) -> String {
        match self {
            Error::Refused(refused) => refused.message(&Refusal::of(&refused.status)),
            Error::Unreachable { server, why } => {
                say("cannot reach {server}: {why}", &[("server", server), ("why", &current().fault(why))])
            }
            Error::Output(error) => say("cannot print: {error}", &[("error", error)]),
            other => {
                let english = other.to_string();
                current().fault(text(&english)).into_owned()
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Unreachable { .. } => Some(
                text("is it running? 'huishang up' starts it; --server or HUISHANG_SERVER names another address")
                    .into(),
            ),
            Error::Refused(refused) => refused.hint(),
            _ => None,
        }
    }
}

/// A broken connection is reported like a service that is not available.
fn as_unavailable(status: Status) -> Status {
    match std::error::Error::source(&status) {
        Some(cause) if is_unavailable(&status) => {
            Status::unavailable(format!("the connection broke: {}", root_cause(cause)))
        }
        _ => status,
    }
}

/// The exit code for a status.
pub fn exit_code(code: Code) -> u8 {
    match code {
        Code::Ok => 0,
        Code::InvalidArgument | Code::OutOfRange => 2,
        Code::NotFound => 3,
        Code::FailedPrecondition => 4,
        Code::Unauthenticated | Code::PermissionDenied => 5,
        Code::AlreadyExists | Code::Aborted => 6,
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled => 7,
        Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => 1,
    }
}

/// Who may call an rpc, by its command and by the names of the roles.
fn role_required(details: &BTreeMap<&str, &str>) -> String {
    let (rpc, roles) = (details.get("rpc").unwrap_or(&""), details.get("roles").unwrap_or(&""));
    let command = commands::table().iter().find(|entry| rpc.ends_with(entry.rpc));
    let command = command.map_or_else(|| (*rpc).to_owned(), Entry::words);
    let role = |name: &str| Role::parse(name).map_or_else(|| name.to_owned(), role_word);
    let roles: Vec<String> = roles.split(", ").map(role).collect();
    say(
        "'{command}' is for the roles {roles}; the token has none of them",
        &[("command", &command), ("roles", &roles.join(text(", ")))],
    )
}

impl Refused {
    fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let refusal = Refusal::of(&self.status);
        let violations = refusal.violations();
        if violations.is_empty() {
            writeln!(out, "{}{}", text("error: "), printable(&self.message(&refusal)))?;
        } else {
            writeln!(out, "{}{}", text("error: "), text("the request is not valid"))?;
        }
        for violation in violations {
            writeln!(out, "  {}", self.fault(&violation.field, &violation.description))?;
        }
        if let Some(reason) = refusal.reason() {
            let details = refusal.details();
            let details = details.iter().map(|(name, value)| format!("  {name}={}", printable(value)));
            writeln!(out, "  {}{reason}{}", text("reason: "), details.collect::<String>())?;
        }
        match self.zone.as_ref().and_then(TimeZone::iana_name) {
            Some(zone) if !self.moments(&refusal).is_empty() => {
                writeln!(out, "  {}", say("times in {zone}", &[("zone", &zone)]))
            }
            _ => Ok(()),
        }
    }

    /// The moments among the details, as the service writes them.
    fn moments(&self, refusal: &Refusal) -> Vec<(String, Timestamp)> {
        let details = refusal.details().into_values();
        details.filter_map(|value| Some((value.to_owned(), value.parse().ok()?))).collect()
    }

    fn reason(&self) -> Option<String> {
        Refusal::of(&self.status).reason().map(str::to_owned)
    }

    fn message(&self, refusal: &Refusal) -> String {
        let Some(zone) = &self.zone else { return self.message_in_utc(refusal) };
        let details = refusal.details().into_values();
        with_moments(self.message_in_utc(refusal), details, |moment| moment::shown(moment, zone, false))
    }

    fn message_in_utc(&self, refusal: &Refusal) -> String {
        let (message, details) = (self.status.message(), refusal.details());
        let (domain, reason) = (refusal.domain().unwrap_or_default(), refusal.reason().unwrap_or_default());
        if (domain, reason) == (PLATFORM, "ROLE_REQUIRED") {
            return role_required(&details);
        }
        match current().reason(domain, reason, &details) {
            // Without details, the service's own sentence says more.
            Some(sentence) if details.is_empty() && domain == PLATFORM => {
                say("{sentence} ({message})", &[("sentence", &sentence), ("message", &message)])
            }
            Some(sentence) => sentence,
            None if message.is_empty() => {
                say("the service answered {code}", &[("code", &format!("{:?}", self.status.code()))])
            }
            None => current().fault(message).into_owned(),
        }
    }

    /// A field's fault under the name of its flag, followed by the path within the flag's value.
    fn fault(&self, field: &str, description: &str) -> String {
        let fits = |flag: &&Flag| {
            let rest = field.strip_prefix(&flag.wire_path());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let Some(flag) = self.flags.iter().filter(fits).max_by_key(|flag| flag.wire_path().len()) else {
            return format!("{field} {}", current().fault(description));
        };
        let name = flag.display_name();
        match field[flag.wire_path().len()..].trim_start_matches('.') {
            "" => format!("{name} {}", current().fault(&flag.localize(description))),
            inside => format!("{name} {} {}", inside.replace('_', "-"), current().fault(description)),
        }
    }

    fn hint(&self) -> Option<String> {
        match self.status.code() {
            Code::Unauthenticated | Code::PermissionDenied => Some(
                text("'huishang token --role … --department …' signs a token, where there is a signing key").into(),
            ),
            Code::Aborted if self.reason() == Some("CONCURRENT_CHANGES".into()) => {
                Some(text("others changed the same resource at the same time; repeat the command").into())
            }
            Code::Aborted => {
                Some(text("the resource was changed in the meantime; read it again, then decide again").into())
            }
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                let id = self.command_id.as_ref()?;
                Some(say(
                    "the outcome is not known; repeat the command with --command-id {id}: it is carried out once",
                    &[("id", id)],
                ))
            }
            Code::Unimplemented => Some(
                text("the server does not know this command: it is an older version, or another address serves this command")
                    .into(),
            ),
            _ => None,
        }
    }
}
