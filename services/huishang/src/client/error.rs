//! Why a client command failed, said to people, and its exit code said to programs.

use super::flags::Flag;
use std::io::Write;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// What the exit codes mean; shown by `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    another failure
  2    wrong usage, or an argument that the service does not take
  3    not found
  4    a rule refused it
  5    no valid token, or its roles may not do it
  6    a conflict: the command id or the thing was used for something else, or others were faster
  7    the service cannot be reached, or did not answer in time
  130  interrupted";

/// Why a client command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments do not make a request.
    #[error("{0}")]
    Usage(String),
    /// There is no token to show.
    #[error(
        "no token: give --token or --token-file, set HUISHANG_TOKEN, or, where 'huishang up' made development keys, give --as ROLE[@DEPARTMENT]"
    )]
    NoToken,
    /// Nobody listens at the address.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The address.
        server: String,
        /// What the system said.
        why: String,
    },
    /// The service said no.
    #[error("{}", .0.status.message())]
    Refused(Box<Refused>),
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The answer could not be printed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

/// A service's no.
#[derive(Debug)]
pub struct Refused {
    /// What it said.
    pub status: Status,
    /// The fields of the request, and the flags that fill them.
    pub flags: Vec<Flag>,
    /// The command's id.
    pub command_id: Option<String>,
}

impl Error {
    /// What a service said to a request that no flags made.
    pub fn said(status: Status) -> Error {
        Error::Refused(Box::new(Refused { status, flags: vec![], command_id: None }))
    }

    /// What the process ends with.
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

    /// Says it, with everything that helps.
    pub fn say(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Error::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Error::Refused(refused) => refused.say(out)?,
            other => writeln!(out, "error: {other}")?,
        }
        if let Some(hint) = self.hint() {
            writeln!(out, "hint: {hint}")?;
        }
        Ok(())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Unreachable { .. } => Some(
                "is it running? 'huishang up' starts it; --server or HUISHANG_SERVER names another address"
                    .into(),
            ),
            Error::Refused(refused) => refused.hint(),
            _ => None,
        }
    }
}

/// What lies at the bottom of an error.
pub fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
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

impl Refused {
    fn say(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let details = self.status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
        if violations.is_empty() {
            writeln!(out, "error: {}", self.message())?;
        } else {
            writeln!(out, "error: the request is not taken")?;
        }
        for violation in violations {
            writeln!(out, "  {}", self.fault(&violation.field, &violation.description))?;
        }
        if let Some(info) = details.error_info() {
            let mut figures: Vec<String> =
                info.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
            figures.sort();
            figures.insert(0, info.reason.clone());
            writeln!(out, "  rule: {}", figures.join("  "))?;
        }
        Ok(())
    }

    fn message(&self) -> String {
        match self.status.message() {
            "" => format!("the service answered {:?}", self.status.code()),
            message => message.to_owned(),
        }
    }

    /// A field's fault under the name of its flag; what is inside the flag's value follows the name.
    fn fault(&self, field: &str, description: &str) -> String {
        let fits = |flag: &&Flag| {
            let rest = field.strip_prefix(&flag.wire_path());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let Some(flag) = self.flags.iter().filter(fits).max_by_key(|flag| flag.wire_path().len()) else {
            return format!("{field} {description}");
        };
        let name = flag.written();
        match field[flag.wire_path().len()..].trim_start_matches('.') {
            "" => format!("{name} {}", flag.in_own_words(description)),
            inside => format!("{name} {inside} {description}"),
        }
    }

    fn hint(&self) -> Option<String> {
        match self.status.code() {
            Code::Unauthenticated => {
                Some("'huishang token --role … --department …' makes a token where the signing key is".into())
            }
            Code::Aborted => Some("others changed the same thing at the same time; try again".into()),
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                let id = self.command_id.as_ref()?;
                Some(format!(
                    "whether it was done is not known; the same command with --command-id {id} makes sure"
                ))
            }
            Code::Unimplemented => Some(
                "the server does not know this command; is it older, or does another address serve it?"
                    .into(),
            ),
            _ => None,
        }
    }
}
