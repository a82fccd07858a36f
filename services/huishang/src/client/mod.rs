//! The client commands: one for every rpc, generated from the protos.
//!
//! [`commands`] has the command of every rpc, [`descriptors`] reads the protos, [`flags`] and [`value`] turn the
//! command line into a request, [`connection`] and [`call`] send it to a service, [`print`] and [`cell`] show the
//! answer, [`log`] a record, [`number`] looks up numbers, [`error`] explains failures.

mod call;
mod cell;
mod commands;
pub mod connection;
pub mod descriptors;
mod error;
mod flags;
mod log;
mod number;
mod print;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use call::is_unavailable;
pub use error::{EXIT_CODES, Error};
pub use table::STYLE;

use crate::archive;
use crate::text_file::without_bom;
use call::{Answer, Call, Messages};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches, Subcommand};
use commands::Entry;
use connection::Options;
use descriptors::{first_sentence, method_comment};
use flags::Flag;
use jiff::tz::TimeZone;
use print::Printer;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::time::Duration;
use tonic::Status;

/// The noun of the log.
const LOG: &str = "log";
/// Time before a stream that broke is resumed.
const RESUME_DELAY: Duration = Duration::from_millis(500);

/// A client command with its arguments, ready to run.
#[derive(Debug, Clone)]
pub enum Invocation {
    /// A call of one rpc.
    Rpc(Box<RpcInvocation>),
    /// A command on the whole log that is more than one rpc.
    Archive(Options, archive::Command),
}

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

impl Subcommand for Invocation {
    fn augment_subcommands(command: Command) -> Command {
        commands::NOUNS.iter().fold(command, |command, noun| {
            // The descriptors are read only when a command of the noun is called.
            command.subcommand(Command::new(noun.name).about(noun.about).defer(noun_command))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        commands::find(name).is_some()
    }
}

/// Adds a noun's verbs, or its flags if it has no verb.
fn noun_command(command: Command) -> Command {
    let name = command.get_name().to_owned();
    // The options' own description must not replace the noun's.
    let about = commands::find(&name).map_or("", |noun| noun.about);
    let command = Options::augment_args(command).about(about);
    let mut entries = commands::of(&name);
    if let (Some(entry), None) = (commands::of(&name).find(|entry| entry.verb.is_empty()), entries.nth(1)) {
        return verb_command(command, entry);
    }
    let command = commands::of(&name)
        .filter(|entry| !is_of_archive(&name, entry.verb))
        .fold(command.subcommand_required(true).arg_required_else_help(true), |command, entry| {
            command.subcommand(verb_command(Command::new(entry.verb), entry))
        });
    if name == LOG { archive::Command::augment_subcommands(command) } else { command }
}

/// Whether a command is written by hand, because it is more than one rpc.
fn is_of_archive(noun: &str, verb: &str) -> bool {
    noun == LOG && archive::Command::has_subcommand(verb)
}

fn verb_command(command: Command, entry: &Entry) -> Command {
    let (Some(method), Some(noun)) = (descriptors::method(entry.rpc), commands::find(entry.noun)) else {
        return command;
    };
    let comment = method_comment(&method) + &log::note(entry.rpc) + &contract_note(entry);
    let from_json = Arg::new("from-json")
        .long("from-json")
        .value_name("FILE")
        .display_order(flags::DISPLAY_LAST)
        .help("A file with the request in protobuf JSON, '-' for standard input; flags override it");
    command
        .about(first_sentence(&comment))
        .long_about(comment)
        .next_help_heading(None)
        .args(flags::arguments(&flags::plan(&method.input(), noun)))
        .arg(from_json)
}

impl FromArgMatches for Invocation {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "a command is missing\n");
        let (noun, matches) = matches.subcommand().ok_or_else(missing)?;
        let of_noun = matches;
        let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
        if is_of_archive(noun, verb) {
            let options = Options::from_arg_matches(matches)?;
            return Ok(Invocation::Archive(options, archive::Command::from_arg_matches(of_noun)?));
        }
        let entry = commands::of(noun).find(|entry| entry.verb == verb).ok_or_else(missing)?;
        let (Some(method), Some(noun)) = (descriptors::method(entry.rpc), commands::find(noun)) else {
            return Err(missing());
        };
        let flags = flags::plan(&method.input(), noun);
        let base = match matches.get_one::<String>("from-json") {
            Some(file) => from_json(&method, file).map_err(|why| {
                clap::Error::raw(ErrorKind::ValueValidation, format!("--from-json {file}: {why}\n"))
            })?,
            None => DynamicMessage::new(method.input()),
        };
        let request = flags::request(&flags, matches, base);
        Ok(Invocation::Rpc(Box::new(RpcInvocation {
            options: Options::from_arg_matches(matches)?,
            entry,
            method,
            flags,
            request,
            selects_records: log::selects_records(matches),
        })))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Who may use a command, and the reasons with which it may be refused.
fn contract_note(entry: &Entry) -> String {
    let roles: Vec<&str> = entry.contract.roles.iter().map(|role| role.as_str()).collect();
    let mut note = format!("\n\nRoles: {}", roles.join(", "));
    if !entry.contract.refuses.is_empty() {
        note.push_str(&format!("\n\nMay be refused with: {}", entry.contract.refuses.join(", ")));
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

/// Runs a client command until its answer is printed.
pub async fn run(invocation: Invocation) -> anyhow::Result<()> {
    let running = async {
        match &invocation {
            Invocation::Rpc(call) => Ok(call.run().await?),
            Invocation::Archive(options, command) => archive::run(command, options).await,
        }
    };
    tokio::select! {
        outcome = running => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::Interrupted.into()),
    }
}

impl RpcInvocation {
    async fn run(&self) -> Result<(), Error> {
        let address = self.options.address(descriptors::service(self.entry.rpc))?;
        let token = self.options.token()?;
        let channel = connection::connect(&address).await?;
        let refused = |status| call::refused(status, &self.flags, &self.request);
        let mut request = self.request.clone();
        if let Some(noun) = commands::find(self.entry.noun).filter(|noun| !noun.by_number.is_empty()) {
            number::resolve(noun, &self.flags, &mut request, &channel, &token).await.map_err(refused)?;
        }
        if self.entry.rpc == log::TAIL && !self.selects_records {
            log::begin_near_head(&mut request, &channel, &token).await.map_err(refused)?;
        }
        let mut call = Call { method: self.method.clone(), request, token };
        let mut last = None;
        loop {
            match call.send(&channel).await.map_err(refused)? {
                Answer::One(answer) => return self.print(&answer),
                Answer::Many(answers) => match self.print_all(answers, &mut last).await? {
                    None => return Ok(()),
                    Some(broken) if !log::resume_after(&mut call.request, last.as_ref()) => {
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
        last: &mut Option<DynamicMessage>,
    ) -> Result<Option<Status>, Error> {
        loop {
            match answers.next().await {
                Ok(Some(answer)) => {
                    self.print(&answer)?;
                    *last = Some(answer);
                }
                Ok(None) => return Ok(None),
                Err(status) if call::is_unavailable(&status) => return Ok(Some(status)),
                Err(status) => return Err(call::refused(status, &self.flags, &self.request)),
            }
        }
    }

    fn print(&self, answer: &DynamicMessage) -> Result<(), Error> {
        let mut out = std::io::stdout().lock();
        if self.options.json {
            writeln!(out, "{}", cell::json(answer))?;
        } else if let Some(line) = log::line(answer, &TimeZone::system()) {
            writeln!(out, "{line}")?;
        } else {
            let size = terminal_size::terminal_size().filter(|_| std::io::stdout().is_terminal());
            let width = size.map(|(width, _)| width.0);
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
