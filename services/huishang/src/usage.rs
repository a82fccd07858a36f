//! What is wrong with a command line.

use crate::client::layout::{broken, terminal_columns};
use crate::language::{current, say, text};
use clap::error::{ContextKind, ErrorKind};
use client::Language;
use std::error::Error as _;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// Prints help, or what is wrong; returns the exit code of the process. Nobody can be told that printing failed.
pub fn report(error: &clap::Error) -> ExitCode {
    match fault(error) {
        None if current() == Language::English => drop(error.print()),
        None => drop(write!(std::io::stdout(), "{}", help(error))),
        Some(fault) => {
            let columns = terminal_columns(&std::io::stderr());
            let told = match current() {
                Language::English => error.render().to_string(),
                Language::Chinese => in_chinese(error, &fault),
            };
            match broken(&told, columns) {
                // As clap prints it, with its colors.
                same if same == told && current() == Language::English => drop(error.print()),
                told => drop(write!(std::io::stderr(), "{told}")),
            }
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The help, without the last words of clap's own.
fn help(error: &clap::Error) -> String {
    let help = error.render();
    let help = if std::io::stdout().is_terminal() { help.ansi().to_string() } else { help.to_string() };
    help.replace("[OPTIONS]", text("[OPTIONS]"))
}

fn in_chinese(error: &clap::Error, fault: &str) -> String {
    let mut told = format!("{}{fault}\n", text("error: "));
    if let Some(usage) = of(error, ContextKind::Usage) {
        let usage = usage.trim_start_matches("Usage:").trim().replace("[OPTIONS]", text("[OPTIONS]"));
        told.push_str(&format!("\n{}{usage}\n", text("Usage: ")));
    }
    told + &format!("\n{}\n", text("For more information, add --help"))
}

/// The fault in a sentence; none when it is only help that is to be printed.
pub fn fault(error: &clap::Error) -> Option<String> {
    let get = |kind| of(error, kind).unwrap_or_default();
    let (argument, value) = (get(ContextKind::InvalidArg), get(ContextKind::InvalidValue));
    let mut sentence = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument => say("there is no argument {argument}", &[("argument", &argument)]),
        ErrorKind::InvalidSubcommand => {
            say("there is no command {command}", &[("command", &get(ContextKind::InvalidSubcommand))])
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            say("{argument} needs a value", &[("argument", &argument)])
        }
        ErrorKind::InvalidValue => say(
            "{argument} cannot be {value}; it is one of {values}",
            &[("argument", &argument), ("value", &value), ("values", &get(ContextKind::ValidValue))],
        ),
        ErrorKind::ValueValidation if argument.is_empty() => error.to_string().trim().to_owned(),
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let why = current().fault(&why).into_owned();
            say("{argument}: {why}", &[("argument", &argument), ("why", &why)])
        }
        ErrorKind::MissingRequiredArgument => say("missing: {arguments}", &[("arguments", &argument)]),
        ErrorKind::MissingSubcommand => text("a command is missing").to_owned(),
        ErrorKind::ArgumentConflict => say(
            "{argument} cannot be given together with {other}",
            &[("argument", &argument), ("other", &get(ContextKind::PriorArg))],
        ),
        ErrorKind::NoEquals => say("the value of {argument} belongs after '='", &[("argument", &argument)]),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            say("{argument} does not have the right number of values", &[("argument", &argument)])
        }
        _ => return None,
    };
    let suggestions =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(known) = suggestions.into_iter().find_map(|kind| of(error, kind)) {
        sentence += &say("; there is {known}", &[("known", &known)]);
    }
    Some(sentence.trim_start_matches("error: ").to_owned())
}

fn of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    error.get(kind).map(ToString::to_string).filter(|text| !text.is_empty())
}
