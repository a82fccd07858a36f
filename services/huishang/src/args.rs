//! The command line: what can be asked of the binary.

use crate::client::{EXIT_CODES, Invocation};
use crate::node::Service;
use crate::token;
use clap::{Parser, Subcommand};
use serde::Serialize;
use service_kit::config::Config;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Huishang (会商): carries a matter between departments from the request to the supervised result.
#[derive(Debug, Parser)]
#[command(name = "huishang", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What is asked.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs everything in one process, with its own log; nothing else is needed
    Up(Up),
    /// Runs some of the services, which meet others on a NATS journal
    Serve(Serve),
    // Commands that are neither a process nor one rpc (the demo, imports) have their case here and
    // their line in `cli::run`.
    /// Signs a token with a key at hand, for development and rehearsals
    Token(Token),
    /// Plays three matters from request to supervised result, on a server started for it
    Demo(crate::demo::Arguments),
    /// Takes in what was decided elsewhere
    #[command(subcommand)]
    Import(Import),
    /// What is done to a ledger that does not run
    #[command(subcommand)]
    Ledger(Ledger),
    /// Prints a completion script for a shell
    Completions(Completions),
    /// The client commands, one for every rpc
    #[command(flatten)]
    Client(Invocation),
}

/// `huishang up`.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Goes on with a log that is known to have had more, and records that
    #[arg(long)]
    pub accept_stale: bool,
    /// How this process is set.
    #[command(flatten)]
    pub settings: Settings,
}

/// `huishang serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The services to run here
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<Service>,
    /// Where the services meet: nats://HOST:PORT
    #[arg(long, env = "HUISHANG_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// Has the ledger go on with a log that is known to have had more, and records that
    #[arg(long)]
    pub accept_stale: bool,
    /// How this process is set.
    #[command(flatten)]
    pub settings: Settings,
}

/// `huishang token`.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// For whom.
    #[command(flatten)]
    pub wish: token::Arguments,
    /// Where the key is.
    #[command(flatten)]
    pub place: Place,
}

/// `huishang import`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Takes a plan the whole way: one session, one docket, one resolution, an item for each action
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
    /// Compares JetStream's stream with the log, and puts back what it lost
    Repair(crate::repair::Arguments),
}

/// `huishang completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Where a configuration and its data are.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// A TOML file with settings; the environment and flags go over it
    #[arg(long, env = "HUISHANG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where this process keeps its data [default: ./huishang-data]
    #[arg(long, env = "HUISHANG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// The settings of a process that serves. The file and the environment know them by the same words.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Where things are.
    #[command(flatten)]
    pub place: Place,
    /// Where gRPC listens [default: 127.0.0.1:7400]
    #[arg(long, env = "HUISHANG_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The JWKS file with the keys that vouch for tokens [default: DATA/keys/jwks.json]
    #[arg(long, env = "HUISHANG_IDENTITY__JWKS", value_name = "FILE")]
    pub identity_jwks: Option<PathBuf>,
    /// The installation's name [default: main]
    #[arg(long, env = "HUISHANG_REALM", value_name = "NAME")]
    pub realm: Option<String>,
    /// 'system', or 'movable:2027-03-01T01:00:00Z' for rehearsals [default: system]
    #[arg(long, env = "HUISHANG_CLOCK", value_name = "CLOCK")]
    pub clock: Option<String>,
    /// The time zone until a calendar is defined [default: Asia/Shanghai]
    #[arg(long, env = "HUISHANG_TIME_ZONE", value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// How log lines look: auto, human or json [default: auto]
    #[arg(long, env = "HUISHANG_LOG__FORMAT", value_name = "FORMAT", value_parser = ["auto", "human", "json"])]
    pub log_format: Option<String>,
    /// What is logged, as in RUST_LOG: 'info,scheduling=debug' [default: info]
    #[arg(long, env = "HUISHANG_LOG__FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,
    /// Prints the resulting settings as TOML, without secrets, and ends
    #[arg(long)]
    pub print_config: bool,
}

/// What flags say, in the shape of the configuration.
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

impl Place {
    /// The configuration in force at this place.
    pub fn load(&self) -> anyhow::Result<Config> {
        load(self, Flags::default())
    }

    /// The same, with what these two flags say.
    pub fn load_with(&self, journal: Option<&str>, realm: Option<&String>) -> anyhow::Result<Config> {
        load(self, Flags { journal, realm, ..Flags::default() })
    }
}

impl Settings {
    /// The configuration in force: defaults, file, environment, flags.
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
        load(&self.place, flags)
    }
}

fn load(place: &Place, flags: Flags<'_>) -> anyhow::Result<Config> {
    let flags = Flags { data: place.data.as_ref(), ..flags };
    Config::load(place.config.as_deref(), flags)
        .map_err(|error| anyhow::anyhow!("the configuration: {error}"))
}
