//! The client commands: one for every rpc, generated from the protos.
//!
//! [`commands`] has the command of every rpc, [`descriptors`] reads the protos, [`flags`] and [`value`] turn the
//! command line into a request, [`options`] say where it goes, [`print`] and [`cell`] show the answer, [`log`] a
//! record, [`number`] looks up numbers, [`error`] explains failures, [`token`] signs tokens for development.

mod cell;
pub mod commands;
mod descriptors;
mod error;
mod flags;
mod log;
mod number;
pub mod options;
mod print;
mod table;
#[cfg(test)]
mod tests;
pub mod text_file;
pub mod token;
mod value;

pub use error::{EXIT_CODES, Error};
pub use table::STYLE;

use crate::language::{current, say, text};
use ::client::language::fill;
use ::client::{Answer, Messages, is_unavailable};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};
use commands::Entry;
use descriptors::{first_sentence, method_help, role_word};
use flags::Flag;
use jiff::tz::TimeZone;
use options::Options;
use print::Printer;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::time::Duration;
use text_file::without_bom;
use tonic::Status;

/// Time before a stream that broke is resumed.
const RESUME_DELAY: Duration = Duration::from_millis(500);

/// A call of one rpc.
#[derive(Debug, Clone)]
pub struct RpcInvocation {
    options: Options,
    entry: &'static Entry,
    method: MethodDescriptor,
    flags: Vec<Flag>,
    request: DynamicMessage,
    /// Whether the command line selects records of the log.
    selects_records: bool,
}

/// Adds a noun's verbs, or its flags if it has no verb; not those verbs that are more than one rpc.
pub fn noun_command(command: Command, is_more_than_an_rpc: impl Fn(&str) -> bool) -> Command {
    let name = command.get_name().to_owned();
    // The options' own description must not replace the noun's.
    let about = commands::find(&name).map_or("", |noun| noun.about);
    let command = Options::augment_args(command).about(about);
    let mut entries = commands::of(&name);
    if let (Some(entry), None) = (commands::of(&name).find(|entry| entry.verb.is_empty()), entries.nth(1)) {
        return verb_command(command, entry);
    }
    let command = command.subcommand_required(true).arg_required_else_help(true);
    let verbs = commands::of(&name).filter(|entry| !is_more_than_an_rpc(entry.verb));
    verbs.fold(command, |command, entry| command.subcommand(verb_command(Command::new(entry.verb), entry)))
}

fn verb_command(command: Command, entry: &Entry) -> Command {
    let (Some(method), Some(noun)) = (descriptors::method(entry.rpc), commands::find(entry.noun)) else {
        return command;
    };
    let comment = method_help(&method) + &log::note(entry.rpc) + &contract_note(entry);
    let from_json =
        Arg::new("from-json").long("from-json").value_name("FILE").display_order(flags::DISPLAY_LAST).help(
            text("A file with the request in protobuf JSON, '-' for standard input; flags override it"),
        );
    command
        .about(first_sentence(&comment))
        .long_about(comment)
        .next_help_heading(None)
        .args(flags::arguments(&flags::plan(&method.input(), noun)))
        .arg(from_json)
}

/// Reads the call that the arguments of a noun describe.
pub fn read_call(noun: &str, verb: &str, matches: &ArgMatches) -> Result<RpcInvocation, clap::Error> {
    let missing =
        || clap::Error::raw(ErrorKind::MissingSubcommand, format!("{}\n", text("a command is missing")));
    let entry = commands::of(noun).find(|entry| entry.verb == verb).ok_or_else(missing)?;
    let (Some(method), Some(noun)) = (descriptors::method(entry.rpc), commands::find(noun)) else {
        return Err(missing());
    };
    let flags = flags::plan(&method.input(), noun);
    let base = match matches.get_one::<String>("from-json") {
        Some(file) => from_json(&method, file).map_err(|why| {
            clap::Error::raw(
                ErrorKind::ValueValidation,
                format!(
                    "{}\n",
                    say("{argument}: {why}", &[("argument", &format!("--from-json {file}")), ("why", &why)])
                ),
            )
        })?,
        None => DynamicMessage::new(method.input()),
    };
    let request = flags::request(&flags, matches, base);
    Ok(RpcInvocation {
        options: Options::from_arg_matches(matches)?,
        entry,
        method,
        flags,
        request,
        selects_records: log::selects_records(matches),
    })
}

/// Who may use a command, and the reasons with which it may be refused.
fn contract_note(entry: &Entry) -> String {
    let listed = |words: &[String]| words.join(text(", "));
    let roles: Vec<String> = entry.contract.roles.iter().copied().map(role_word).collect();
    let mut note = format!("\n\n{}", say("Roles: {roles}", &[("roles", &listed(&roles))]));
    if !entry.contract.refuses.is_empty() {
        let reasons = listed(&entry.contract.refuses);
        note.push_str(&format!("\n\n{}", say("May be refused with: {reasons}", &[("reasons", &reasons)])));
    }
    note
}

fn from_json(method: &MethodDescriptor, file: &str) -> Result<DynamicMessage, String> {
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().read_to_string(&mut text).map(|_| ()),
        file => std::fs::read_to_string(file).map(|content| text = content),
    };
    read.map_err(|error| error.to_string())?;
    value::json(&method.input(), without_bom(&text))
}

impl RpcInvocation {
    /// Calls the rpc, and prints its answer.
    pub async fn run(&self) -> Result<(), Error> {
        let client = self.options.client_of(descriptors::service(self.entry.rpc)).await?;
        let refused = |status| Error::refused(status, &self.flags, &self.request);
        let mut request = self.request.clone();
        if let Some(noun) = commands::find(self.entry.noun).filter(|noun| !noun.by_number.is_empty()) {
            number::resolve(noun, &self.flags, &mut request, &client).await.map_err(refused)?;
        }
        if self.entry.rpc == log::TAIL && !self.selects_records {
            log::begin_near_head(&mut request, &client).await.map_err(refused)?;
        }
        let mut last = None;
        loop {
            match client.call_reflective(&self.method, &request).await.map_err(refused)? {
                Answer::One(answer) => return self.print(&answer, &request),
                Answer::Many(answers) => match self.print_all(answers, &request, &mut last).await? {
                    None => return Ok(()),
                    Some(broken) if !log::resume_after(&mut request, last.as_ref()) => {
                        return Err(refused(broken));
                    }
                    Some(_) => tokio::time::sleep(RESUME_DELAY).await,
                },
            }
        }
    }

    /// Prints a stream to its end, or until it breaks; `last` is the last message printed.
    async fn print_all(
        &self,
        mut answers: Box<Messages>,
        request: &DynamicMessage,
        last: &mut Option<DynamicMessage>,
    ) -> Result<Option<Status>, Error> {
        loop {
            match answers.next().await {
                Ok(Some(answer)) => {
                    self.print(&answer, request)?;
                    *last = Some(answer);
                }
                Ok(None) => return Ok(None),
                Err(status) if is_unavailable(&status) => return Ok(Some(status)),
                Err(status) => return Err(Error::refused(status, &self.flags, &self.request)),
            }
        }
    }

    fn print(&self, answer: &DynamicMessage, request: &DynamicMessage) -> Result<(), Error> {
        let mut out = std::io::stdout().lock();
        if self.options.json {
            writeln!(out, "{}", cell::json(answer))?;
        } else if let Some(line) = log::line(answer, &TimeZone::system()) {
            writeln!(out, "{line}")?;
        } else {
            let size = terminal_size::terminal_size().filter(|_| std::io::stdout().is_terminal());
            let width = size.map(|(width, _)| width.0);
            if let Some(sentence) = outcome(&self.method, answer, request) {
                writeln!(out, "{sentence}\n")?;
            }
            let mut printer = Printer { out: &mut out, zone: TimeZone::system(), width };
            match self.entry.contract.reads {
                true => printer.answer(answer)?,
                false => printer.command_answer(answer)?,
            }
        }
        out.flush()?;
        Ok(())
    }
}

/// What is so now that a command was carried out, or what would be if it was only validated; none for a query.
fn outcome(method: &MethodDescriptor, answer: &DynamicMessage, request: &DynamicMessage) -> Option<String> {
    let sentence = current().done(method)?;
    let value = |path: &str| match path.strip_prefix("request.") {
        Some(path) => value_at(request, path),
        None => value_at(answer, path),
    };
    let outcome = fill(sentence, value);
    let is_validated =
        request.get_field_by_name("validate_only").is_some_and(|field| field.as_bool() == Some(true));
    Some(match is_validated {
        true => say("Nothing was written; it would be so: {outcome}", &[("outcome", &outcome)]),
        false => outcome,
    })
}

/// The value at a path of fields.
fn value_at(message: &DynamicMessage, path: &str) -> Option<String> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let field = message.descriptor().get_field_by_name(name)?;
    match rest {
        "" => Some(cell::field(message, &field, &TimeZone::system())),
        rest => value_at(message.get_field(&field).as_message()?, rest),
    }
}
