//! The command line: its commands and their flags.

use crate::client::{EXIT_CODES, health, options, take_answer, token};
use crate::doctor;
use crate::exchange;
use crate::help;
use crate::identity;
use crate::invocation::Invocation;
use crate::language;
use crate::paper;
use crate::server::{self, repair, upgrade};
use crate::settings::Location;
use crate::story::{demo, plan};
use ::client::Language;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use service_kit::version::VERSION_AND_COMMIT;
use std::ffi::OsString;

/// Huishang (会商): takes a matter between departments from the request to the supervised result.
#[derive(Debug, Parser)]
#[command(name = "huishang", version = VERSION_AND_COMMIT.as_str(), after_help = EXIT_CODES, infer_long_args = true)]
pub struct Arguments {
    /// The language that people are answered in, 'en' or 'zh' [default: by LC_ALL, LC_MESSAGES or LANG]
    #[arg(long = "lang", id = "lang", global = true, env = language::VARIABLE, value_name = "LANGUAGE", value_parser = language::parse)]
    pub language: Option<Language>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The command line in the language that is spoken.
    pub fn command_line() -> clap::Command {
        help::in_language(Arguments::command())
    }

    /// Reads a command line.
    pub fn read(words: Vec<OsString>) -> Result<Arguments, clap::Error> {
        let mut command = Arguments::command_line();
        let matches = command.try_get_matches_from_mut(words)?;
        let read = Arguments::from_arg_matches(&matches);
        read.map_err(|error| match language::current() {
            Language::English => error.format(&mut command),
            Language::Chinese => error,
        })
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs all services in one process with its own log; nothing else is needed
    Up(server::Up),
    /// Runs some of the services; they share a NATS journal with the others
    Serve(server::Serve),
    /// Asks a running process whether it lives, or is ready; needs no token
    Health(health::Arguments),
    /// Takes a mail from standard input that answers an invitation, as a mail server passes it on; needs no token
    TakeAnswer(take_answer::Arguments),
    /// Signs a token with a local key, for development and rehearsals
    Token(Token),
    /// Explains who may call, and why
    #[command(subcommand)]
    Identity(Identity),
    /// Looks at everything that an installation needs, changes nothing, and says what to do
    Doctor(doctor::Arguments),
    /// Says whether a file, or a printed page, has the figures that the log gives
    Verify(Box<paper::Arguments>),
    /// Plays six matters from the request to the supervised result, on a server started for it
    Demo(demo::Arguments),
    /// Imports what was decided elsewhere
    #[command(subcommand)]
    Import(Import),
    /// Prints or writes what others can take in
    #[command(subcommand)]
    Export(Export),
    /// Maintains a ledger that is not running
    #[command(subcommand)]
    Ledger(Ledger),
    /// Compares what this version and the installed one make of a log, before an upgrade
    Upgrade(upgrade::Arguments),
    /// Prints a completion script for a shell
    Completions(Completions),
    /// One client command for every rpc
    #[command(flatten)]
    Client(Invocation),
}

/// `huishang token`.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// Whom it is for.
    #[command(flatten)]
    pub claims: token::Arguments,
    /// Where the key and the settings are.
    #[command(flatten)]
    pub location: Location,
}

/// `huishang identity`.
#[derive(Debug, Subcommand)]
pub enum Identity {
    /// Says what comes of a token here: whose it is, its key, its claims, and what they come to
    Explain(identity::Explain),
}

/// `huishang import`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Puts a plan on record that was decided elsewhere: one resolution, and an item for each action
    Plan(ImportPlan),
    /// Registers departments and members of a Popolo file or OParl folder, and defines its working calendar
    Directory(ImportDirectory),
}

/// `huishang import directory`.
#[derive(Debug, clap::Args)]
pub struct ImportDirectory {
    /// What is imported.
    #[command(flatten)]
    pub directory: exchange::Arguments,
    /// Where it goes.
    #[command(flatten)]
    pub connection: options::Options,
}

/// `huishang export`.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// Prints departments, members and the working calendar as Popolo, which 'import directory' takes in
    Directory(ExportFromServer),
    /// Prints the directory, bodies, sessions and ballots that the caller may see as Popolo
    Popolo(ExportFromServer),
    /// Writes what is public as OParl 1.1: a folder that any web server serves
    Oparl(Box<ExportOparl>),
}

/// `huishang export directory`, `huishang export popolo`.
#[derive(Debug, clap::Args)]
pub struct ExportFromServer {
    /// Where it comes from.
    #[command(flatten)]
    pub connection: options::Options,
}

/// `huishang export oparl`.
#[derive(Debug, clap::Args)]
pub struct ExportOparl {
    /// What is exported.
    #[command(flatten)]
    pub oparl: exchange::oparl::Arguments,
    /// Where it comes from.
    #[command(flatten)]
    pub connection: options::Options,
}

/// `huishang import plan`.
#[derive(Debug, clap::Args)]
pub struct ImportPlan {
    /// What is imported.
    #[command(flatten)]
    pub plan: plan::Arguments,
    /// Where it goes.
    #[command(flatten)]
    pub connection: options::Options,
}

/// `huishang ledger`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Compares JetStream's stream with the log, and restores what it lost
    Repair(repair::Arguments),
}

/// `huishang completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}
