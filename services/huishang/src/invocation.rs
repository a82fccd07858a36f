//! A client command: a call of one rpc, or something on the whole log that is more than one.

use crate::archive;
use crate::client::options::Options;
use crate::client::{Error, RpcInvocation, commands, noun_command, read_call};
use crate::help;
use crate::language::text;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};

/// The noun of the log.
const LOG: &str = "log";

/// A client command with its arguments, ready to run.
#[derive(Debug, Clone)]
pub enum Invocation {
    /// A call of one rpc.
    Rpc(Box<RpcInvocation>),
    /// A command on the whole log that is more than one rpc.
    Archive(Box<(Options, archive::Command)>),
}

impl Subcommand for Invocation {
    fn augment_subcommands(command: Command) -> Command {
        commands::NOUNS.iter().fold(command, |command, noun| {
            // The descriptors are read only when a command of the noun is called.
            command.subcommand(Command::new(noun.name).about(noun.about).defer(define))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        commands::find(name).is_some()
    }
}

fn define(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = noun_command(command, |verb| is_of_archive(&name, verb));
    help::in_language(if name == LOG { archive::Command::augment_subcommands(command) } else { command })
}

/// Whether a command is written by hand, because it is more than one rpc.
fn is_of_archive(noun: &str, verb: &str) -> bool {
    noun == LOG && archive::Command::has_subcommand(verb)
}

impl FromArgMatches for Invocation {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing =
            || clap::Error::raw(ErrorKind::MissingSubcommand, format!("{}\n", text("a command is missing")));
        let (noun, of_noun) = matches.subcommand().ok_or_else(missing)?;
        let (verb, of_verb) = of_noun.subcommand().unwrap_or(("", of_noun));
        if is_of_archive(noun, verb) {
            let options = Options::from_arg_matches(of_verb)?;
            let command = archive::Command::from_arg_matches(of_noun)?;
            return Ok(Invocation::Archive(Box::new((options, command))));
        }
        read_call(noun, verb, of_verb).map(|call| Invocation::Rpc(Box::new(call)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Runs a client command until its answer is printed.
pub async fn run(invocation: Invocation) -> anyhow::Result<()> {
    let running = async {
        match &invocation {
            Invocation::Rpc(call) => Ok(call.run().await?),
            Invocation::Archive(archive) => archive::run(&archive.1, &archive.0).await,
        }
    };
    tokio::select! {
        outcome = running => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::Interrupted.into()),
    }
}
