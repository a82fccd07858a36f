//! The command line: commands, flags, and how flags become a configuration.

use crate::client::{EXIT_CODES, Invocation};
use crate::node::Service;
use crate::token;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use serde::Serialize;
use service_kit::config::Config;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Huishang (会商): takes a matter between departments from the request to the supervised result.
#[derive(Debug, Parser)]
#[command(name = "huishang", version, after_help = EXIT_CODES, infer_long_args = true)]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs all services in one process with its own log; nothing else is needed
    Up(Up),
    /// Runs some of the services; they share a NATS journal with the others
    Serve(Serve),
    /// Asks a running process whether it lives, or is ready; needs no token
    Health(crate::health::Arguments),
    /// Signs a token with a local key, for development and rehearsals
    Token(Token),
    /// Plays three matters from the request to the supervised result, on a server started for it
    Demo(crate::demo::Arguments),
    /// Imports what was decided elsewhere
    #[command(subcommand)]
    Import(Import),
    /// Maintains a ledger that is not running
    #[command(subcommand)]
    Ledger(Ledger),
    /// Prints a completion script for a shell
    Completions(Completions),
    /// One client command for every rpc
    #[command(flatten)]
    Client(Invocation),
}

/// `huishang up`.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Uses a log that is known to have had more records, and records that
    #[arg(long)]
    pub accept_stale: bool,
    /// The settings of this process.
    #[command(flatten)]
    pub settings: Settings,
}

/// `huishang serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The services to run here
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<Service>,
    /// The journal that the services share: nats://HOST:PORT
    #[arg(long, env = "HUISHANG_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// Has the ledger use a log that is known to have had more records, and records that
    #[arg(long)]
    pub accept_stale: bool,
    /// The settings of this process.
    #[command(flatten)]
    pub settings: Settings,
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

/// `huishang import`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Takes a plan through every step: one session, one docket, one resolution, an item for each action
    Plan(ImportPlan),
}

/// `huishang import plan`.
#[derive(Debug, clap::Args)]
pub struct ImportPlan {
    /// What is imported.
    #[command(flatten)]
    pub plan: crate::plan::Arguments,
    /// Where it goes.
    #[command(flatten)]
    pub connection: crate::client::connection::Options,
}

/// `huishang ledger`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Compares JetStream's stream with the log, and restores what it lost
    Repair(crate::repair::Arguments),
}

/// `huishang completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Where the configuration and the data are.
#[derive(Debug, Clone, clap::Args)]
pub struct Location {
    /// A TOML file with settings; the environment and flags override it
    #[arg(long, env = "HUISHANG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where this process keeps its data [default: ./huishang-data]
    #[arg(long, env = "HUISHANG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// The settings of a serving process; the file and the environment use the same names.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Where the configuration and the data are.
    #[command(flatten)]
    pub location: Location,
    /// The address that gRPC listens on [default: 127.0.0.1:7400]
    #[arg(long, env = "HUISHANG_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The JWKS file with the keys that verify tokens [default: DATA/keys/jwks.json]
    #[arg(long, env = "HUISHANG_IDENTITY__JWKS", value_name = "FILE")]
    pub identity_jwks: Option<PathBuf>,
    /// The deployment's name [default: main]
    #[arg(long, env = "HUISHANG_REALM", value_name = "NAME")]
    pub realm: Option<String>,
    /// 'system', or 'movable:2027-03-01T01:00:00Z' for rehearsals [default: system]
    #[arg(long, env = "HUISHANG_CLOCK", value_name = "CLOCK")]
    pub clock: Option<String>,
    /// The time zone until a calendar is defined [default: Asia/Shanghai]
    #[arg(long, env = "HUISHANG_TIME_ZONE", value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Format of log lines [default: auto]
    #[arg(long, env = "HUISHANG_LOG__FORMAT", value_name = "FORMAT", value_parser = ["auto", "human", "json"])]
    pub log_format: Option<String>,
    /// What is logged, in the syntax of RUST_LOG: 'info,scheduling=debug' [default: info]
    #[arg(long, env = "HUISHANG_LOG__FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,
    /// Prints the resulting settings as TOML, without secrets, and exits
    #[arg(long)]
    pub print_config: bool,
}

/// The flags, in the shape of the configuration.
#[derive(Debug, Default, Serialize)]
struct Flags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<&'a SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a String>,
    identity: IdentityFlags<'a>,
    log: LogFlags<'a>,
}

#[derive(Debug, Default, Serialize)]
struct IdentityFlags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<&'a PathBuf>,
}

#[derive(Debug, Default, Serialize)]
struct LogFlags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a String>,
}

impl Location {
    /// The resulting configuration: defaults, file, environment, flags.
    pub fn load(&self) -> anyhow::Result<Config> {
        load(self, Flags::default())
    }

    /// The same, with these two flags.
    pub fn load_with(&self, journal: Option<&str>, realm: Option<&String>) -> anyhow::Result<Config> {
        load(self, Flags { journal, realm, ..Flags::default() })
    }
}

impl Settings {
    /// The resulting configuration: defaults, file, environment, flags.
    pub fn load(&self, journal: Option<&str>) -> anyhow::Result<Config> {
        let flags = Flags {
            realm: self.realm.as_ref(),
            listen: self.listen.as_ref(),
            journal,
            clock: self.clock.as_ref(),
            time_zone: self.time_zone.as_ref(),
            identity: IdentityFlags { jwks: self.identity_jwks.as_ref() },
            log: LogFlags { format: self.log_format.as_ref(), filter: self.log_filter.as_ref() },
            ..Flags::default()
        };
        load(&self.location, flags)
    }
}

fn load(location: &Location, flags: Flags<'_>) -> anyhow::Result<Config> {
    let flags = Flags { data: location.data.as_ref(), ..flags };
    Config::load(location.config.as_deref(), flags).context("the configuration")
}
