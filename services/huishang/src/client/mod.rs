//! The client commands: one for every rpc, generated from the protos.
//!
//! [`commands`] has the command of every rpc, [`descriptors`] reads the protos, [`flags`] and [`value`] turn the
//! command line into a request, [`options`] say where it goes, [`print`] and [`cell`] show the answer, [`rows`] reads the whole of a list, [`document`]
//! writes one that is a file, [`log`] shows a record, [`identified`] knows what has an id, [`ids`] finds what was named in short, [`moment`] knows time zones,
//! [`layout`] terminals, [`error`] explains failures, [`token`] signs tokens for development, [`take_answer`] takes answers that
//! come by mail, which [`itip`] reads.

mod cell;
pub mod commands;
mod descriptors;
mod document;
mod error;
mod flags;
pub mod health;
mod identified;
mod ids;
mod itip;
pub mod layout;
mod log;
pub mod moment;
pub mod options;
mod print;
pub mod rows;
mod table;
pub mod take_answer;
#[cfg(test)]
mod tests;
pub mod text_file;
pub mod token;
mod value;

pub use cell::printable;
pub use descriptors::{label_of, said, value_of};
pub use error::{EXIT_CODES, Error};
pub use flags::with_joined_truth_values;

use crate::language::{current, say, text};
use crate::stdout::print_note;
use ::client::language::fill;
use ::client::{Answer, Client, Messages, is_unavailable};
use cell::Style;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};
use commands::Entry;
use descriptors::{first_sentence, method_help, role_word};
use flags::Flag;
use jiff::tz::TimeZone;
use options::Options;
use print::Printer;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
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
    /// Where an answer that is a file is written.
    output: Option<PathBuf>,
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
    let from_json = Arg::new(flags::FROM_JSON)
        .long(flags::FROM_JSON)
        .value_name("FILE")
        .display_order(flags::DISPLAY_LAST)
        .help(text("A file with the request in protobuf JSON, '-' for standard input; flags override it"));
    command
        .about(first_sentence(&comment))
        .long_about(comment)
        .next_help_heading(None)
        .args(flags::arguments(&flags::plan(&method.input(), noun)))
        .arg(from_json)
        .args(document::is(&method.output()).then(document::argument))
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
    let base = match matches.get_one::<String>(flags::FROM_JSON) {
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
    let options = Options::from_arg_matches(matches)?;
    Ok(RpcInvocation {
        output: document::output(&method.output(), matches, options.json)?,
        options,
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
        // What an answer can do without is not waited for.
        let lookups = client.clone().patient(Duration::ZERO);
        match self.call(&client, &lookups).await {
            Err(error) if error.has_moments() && !self.options.utc => {
                Err(match moment::realm_zone(&lookups).await {
                    Ok(zone) => error.in_zone(zone),
                    Err(_) => error,
                })
            }
            outcome => outcome,
        }
    }

    async fn call(&self, client: &Client, lookups: &Client) -> Result<(), Error> {
        let refused = |status| Error::refused(status, &self.flags, &self.request);
        let mut request = self.request.clone();
        let mut zone = None;
        if moment::has_local(&request) {
            let known = self.zone_of_input(lookups).await?;
            moment::settle(&mut request, &known).map_err(Error::Usage)?;
            zone = Some(known);
        }
        if ids::are_given_otherwise(&self.flags, &request) {
            ids::resolve(&self.flags, &mut request, lookups).await?;
        }
        if self.entry.rpc == log::TAIL && !self.selects_records {
            log::begin_near_head(&mut request, client).await.map_err(refused)?;
        }
        let mut last = None;
        loop {
            let answered = client.call_reflective(&self.method, &request).await.map_err(refused)?;
            let zone = match &zone {
                Some(known) => known,
                None => &*zone.insert(self.zone_of_answers(lookups).await?),
            };
            match answered {
                Answer::One(answer) => return self.print(&answer, &request, zone),
                Answer::Many(answers) => match self.print_all(answers, &request, &mut last, zone).await? {
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
        zone: &TimeZone,
    ) -> Result<Option<Status>, Error> {
        loop {
            match answers.next().await {
                Ok(Some(answer)) => {
                    self.print(&answer, request, zone)?;
                    *last = Some(answer);
                }
                Ok(None) => return Ok(None),
                Err(status) if is_unavailable(&status) => return Ok(Some(status)),
                Err(status) => return Err(Error::refused(status, &self.flags, &self.request)),
            }
        }
    }

    /// The time zone of moments that were given without an offset.
    async fn zone_of_input(&self, client: &Client) -> Result<TimeZone, Error> {
        if self.options.utc {
            return Ok(TimeZone::UTC);
        }
        moment::realm_zone(client).await.map_err(|why| {
            Error::Usage(say(
                "a time without an offset is in the realm's time zone, which cannot be learned: {why}; \
                 write the offset too, or add --utc",
                &[("why", &why)],
            ))
        })
    }

    /// The time zone of moments in an answer; UTC where that of the realm cannot be learned, which is said.
    async fn zone_of_answers(&self, client: &Client) -> Result<TimeZone, Error> {
        if self.options.utc || self.options.json || !moment::is_in(&self.method.output()) {
            return Ok(TimeZone::UTC);
        }
        match moment::realm_zone(client).await {
            Ok(zone) => Ok(zone),
            Err(why) => {
                print_note(&say(
                    "times are in UTC; the realm's time zone cannot be learned: {why}",
                    &[("why", &cell::printable(&why))],
                ));
                Ok(TimeZone::UTC)
            }
        }
    }

    fn print(&self, answer: &DynamicMessage, request: &DynamicMessage, zone: &TimeZone) -> Result<(), Error> {
        if let Some(file) = &self.output {
            return match document::write(answer, file)? {
                Some(sentence) => Ok(writeln!(std::io::stdout().lock(), "{sentence}")?),
                None => Ok(()),
            };
        }
        let mut out = std::io::stdout().lock();
        let width = layout::terminal_columns(&out);
        if self.options.json {
            writeln!(out, "{}", cell::json(answer))?;
        } else if let Some(line) = log::line(answer, zone, width) {
            writeln!(out, "{line}")?;
        } else {
            let mut printer = Printer { out: &mut out, zone: zone.clone(), width };
            if let Some(sentence) = outcome(&self.method, answer, request, &printer.style(answer)) {
                writeln!(printer.out, "{}\n", layout::broken(&sentence, width))?;
            }
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
fn outcome(
    method: &MethodDescriptor,
    answer: &DynamicMessage,
    request: &DynamicMessage,
    style: &Style,
) -> Option<String> {
    let sentence = current().done(method)?;
    let value = |path: &str| match path.strip_prefix("request.") {
        Some(path) => value_at(request, path, style),
        None => value_at(answer, path, style),
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
fn value_at(message: &DynamicMessage, path: &str, style: &Style) -> Option<String> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let field = message.descriptor().get_field_by_name(name)?;
    match rest {
        "" => Some(cell::field(message, &field, style)),
        rest => value_at(message.get_field(&field).as_message()?, rest, style),
    }
}
