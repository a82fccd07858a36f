//! Runs what the command line asks for.

use crate::args::{Arguments, Command, Import, Ledger, Serve, Up};
use crate::client;
use crate::demo;
use crate::node::{self, Node, Service};
use crate::page::say;
use crate::plan;
use crate::repair;
use crate::token;
use anyhow::{Context as _, bail};
use clap::CommandFactory as _;
use service_kit::config::Config;
use service_kit::{logging, shutdown};
use std::io::Write as _;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Runs one command to its end.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Up(arguments) => up(&arguments).await,
        Command::Serve(arguments) => serve(&arguments).await,
        Command::Token(arguments) => say(&token::run(&arguments.wish, &arguments.place.load()?)?),
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Import(Import::Plan(arguments)) => plan::run(&arguments.plan, &arguments.connection).await,
        Command::Ledger(Ledger::Repair(arguments)) => repair::run(&arguments).await,
        Command::Completions(arguments) => {
            let mut script = Vec::new();
            clap_complete::generate(arguments.shell, &mut Arguments::command(), "huishang", &mut script);
            say(String::from_utf8(script)?.trim_end())
        }
        Command::Client(invocation) => client::run(invocation).await,
    }
}

/// Says on standard error why a command failed, and with which code the process ends.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let mut out = std::io::stderr().lock();
    // If standard error is closed, the exit code still tells.
    if let Some(error) = error.downcast_ref::<client::Error>() {
        let _ = error.say(&mut out);
        return ExitCode::from(error.exit_code());
    }
    if error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    // What a service said in the middle of a longer command: what was done, then what it said.
    if let Some(status) = error.chain().find_map(|cause| cause.downcast_ref::<tonic::Status>()) {
        let doing: Vec<String> = error
            .chain()
            .take_while(|cause| cause.downcast_ref::<tonic::Status>().is_none())
            .map(ToString::to_string)
            .collect();
        if !doing.is_empty() {
            let _ = writeln!(out, "while at {}:", doing.join(", "));
        }
        let refused = client::Error::said(status.clone());
        let _ = refused.say(&mut out);
        return ExitCode::from(refused.exit_code());
    }
    let _ = writeln!(out, "error: {error:#}");
    error.downcast_ref::<repair::Refusal>().map_or(ExitCode::FAILURE, |refusal| refusal.exit_code().into())
}

async fn up(arguments: &Up) -> anyhow::Result<()> {
    let config = arguments.settings.load(None)?;
    if arguments.settings.print_config {
        return print_config(&config);
    }
    if config.journal != "embedded" {
        bail!(
            "'up' has a journal of its own, but the settings say {}; use 'huishang serve'",
            public(&config.journal)
        );
    }
    let stop = begin(&config)?;
    let made = node::development_keys(&config)?;
    let node = Node::build(&config, &Service::ALL, arguments.accept_stale, stop).await?;
    say(&welcome(&config, node.address, made))?;
    node.run().await
}

async fn serve(arguments: &Serve) -> anyhow::Result<()> {
    let config = arguments.settings.load(arguments.journal.as_deref())?;
    if arguments.settings.print_config {
        return print_config(&config);
    }
    let mut services = arguments.services.clone();
    services.sort_unstable();
    services.dedup();
    let stop = begin(&config)?;
    Node::build(&config, &services, arguments.accept_stale, stop).await?.run().await
}

/// Begins logging and listening for signals.
fn begin(config: &Config) -> anyhow::Result<CancellationToken> {
    logging::start(config.log.format, &config.log.filter)
        .with_context(|| format!("the log filter {:?}", config.log.filter))?;
    let stop = CancellationToken::new();
    shutdown::on_signals(stop.clone())?;
    Ok(stop)
}

/// What somebody who starts it for the first time wants to know.
fn welcome(config: &Config, address: std::net::SocketAddr, made_keys: bool) -> String {
    let default = Config::default();
    // As it was called, so that the lines below can be copied.
    let me = std::env::args().next().unwrap_or_else(|| "huishang".into());
    let data = if config.data == default.data {
        String::new()
    } else {
        format!(" --data {}", config.data.display())
    };
    let server =
        if config.listen == default.listen { String::new() } else { format!(" --server http://{address}") };
    let mut text =
        format!("huishang listens on http://{address} and keeps its data in {}\n", config.data.display());
    if made_keys {
        let keys = config.data.join("keys");
        text.push_str(&format!(
            "made development keys in {}: who can read them can be anybody here\n",
            keys.display()
        ));
    }
    if config.identity.jwks.is_none() {
        text.push_str(&format!(
            "\nget a token:       export HUISHANG_TOKEN=$({me} token --role clerk,operator{data})\n\
             try a command:     {me} department register --code transport --name '交通运输局' --level municipal --kind agency{server}\n\
             and look:          {me} department list{server}\n\
             or without token:  {me} department list --as clerk{data}{server}\n"
        ));
    }
    text.push_str("\nCtrl-C ends it");
    text
}

/// The settings in force as TOML. They hold no secrets but what a URL may carry, and that is left out.
fn print_config(config: &Config) -> anyhow::Result<()> {
    let shown = Config { journal: public(&config.journal), ..config.clone() };
    say(toml::to_string(&shown)?.trim_end())
}

/// A URL without the name and password in it.
fn public(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, place)) => format!("{scheme}://***@{place}"),
        None => url.to_owned(),
    }
}
