//! Runs what the command line says.

use crate::args::{Arguments, Command, Completions, Import, Ledger, Serve, Settings, Up};
use crate::client;
use crate::demo;
use crate::health;
use crate::node::{self, EMBEDDED, Node, Service};
use crate::plan;
use crate::repair;
use crate::stdout::print_line;
use crate::token;
use anyhow::Context as _;
use clap::CommandFactory as _;
use service_kit::config::{Config, ConfigError, without_credentials};
use service_kit::{logging, shutdown};
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Runs one command to its end.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Up(arguments) => up(&arguments).await,
        Command::Serve(arguments) => serve(&arguments).await,
        Command::Health(arguments) => health::run(&arguments).await,
        Command::Token(arguments) => print_line(&token::run(&arguments.claims, &arguments.location.load()?)?),
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Import(Import::Plan(arguments)) => plan::run(&arguments.plan, &arguments.connection).await,
        Command::Ledger(Ledger::Repair(arguments)) => repair::run(&arguments).await,
        Command::Completions(arguments) => completions(&arguments),
        Command::Client(invocation) => client::run(invocation).await,
    }
}

/// Prints to standard error why a command failed; returns the exit code of the process.
pub fn report(error: &anyhow::Error) -> ExitCode {
    // If standard error is closed, the exit code still tells programs.
    let mut out = std::io::stderr().lock();
    if let Some(error) = error.downcast_ref::<client::Error>() {
        let _ = error.print(&mut out);
        return ExitCode::from(error.exit_code());
    }
    if error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    // A service refused in the middle of a longer command: print the step, then the refusal.
    if let Some(status) = error.chain().find_map(|cause| cause.downcast_ref::<tonic::Status>()) {
        let steps: Vec<String> = error
            .chain()
            .take_while(|cause| cause.downcast_ref::<tonic::Status>().is_none())
            .map(ToString::to_string)
            .collect();
        if !steps.is_empty() {
            let _ = writeln!(out, "during {}:", steps.join(", "));
        }
        let refused = client::Error::from_status(status.clone());
        let _ = refused.print(&mut out);
        return ExitCode::from(refused.exit_code());
    }
    let _ = writeln!(out, "error: {error:#}");
    if error.downcast_ref::<ConfigError>().is_some() {
        return ExitCode::from(2);
    }
    if error.downcast_ref::<health::NotServing>().is_some() {
        return ExitCode::from(7);
    }
    error.downcast_ref::<repair::Refusal>().map_or(ExitCode::FAILURE, |refusal| refusal.exit_code().into())
}

async fn up(arguments: &Up) -> anyhow::Result<()> {
    let config = arguments.settings.load(None)?;
    if arguments.settings.print_config {
        return print_config(&config);
    }
    if config.journal != EMBEDDED {
        let shown = without_credentials(&config.journal);
        let why = format!("is {shown}, but 'up' has its own; use 'huishang serve'");
        return Err(ConfigError::new("journal", why).into());
    }
    let stop = start_logging(&config)?;
    let created_keys = node::create_development_keys(&config)?;
    let node = Node::build(&config, &Service::ALL, arguments.accept_stale, stop).await?;
    print_line(&welcome(&config, &arguments.settings, node.address, created_keys))?;
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
    let stop = start_logging(&config)?;
    Node::build(&config, &services, arguments.accept_stale, stop).await?.run().await
}

fn completions(arguments: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "huishang", &mut script);
    print_line(String::from_utf8(script)?.trim_end())
}

/// Starts logging; returns the token that signals cancel.
fn start_logging(config: &Config) -> anyhow::Result<CancellationToken> {
    logging::start(config.log.format, &config.log.filter)
        .with_context(|| format!("the log filter {:?}", config.log.filter))?;
    for name in Config::variables_passed_over() {
        tracing::warn!(name, "a variable of the environment begins like a setting, but is none");
    }
    let stop = CancellationToken::new();
    shutdown::on_signals(stop.clone())?;
    Ok(stop)
}

/// What somebody who starts it for the first time needs to know.
fn welcome(config: &Config, settings: &Settings, address: SocketAddr, created_keys: bool) -> String {
    let default = Config::default();
    // The name that was typed, so that the lines below can be copied.
    let name = std::env::args().next().unwrap_or_else(|| "huishang".into());
    let data = if config.data == default.data {
        String::new()
    } else {
        format!(" --data {}", config.data.display())
    };
    let server =
        if config.listen == default.listen { String::new() } else { format!(" --server http://{address}") };
    let mut text =
        format!("huishang listens on http://{address} and keeps its data in {}\n", config.data.display());
    if created_keys {
        let keys = config.data.join("keys");
        text.push_str(&format!(
            "created development keys in {}: whoever can read them can act as anybody here\n",
            keys.display()
        ));
    }
    if config.identity.jwks.is_none() {
        // Tokens are signed for the realm and its issuer.
        if let Some(file) = &settings.location.config {
            text.push_str(&format!("\nfor tokens:        export HUISHANG_CONFIG={}", file.display()));
        }
        if config.realm != default.realm {
            text.push_str(&format!("\nfor tokens:        export HUISHANG_REALM={}", config.realm));
        }
        text.push_str(&format!(
            "\nget a token:       export HUISHANG_TOKEN=$({name} token --role clerk,operator{data})\n\
             try a command:     {name} department register --code transport --name '交通运输局' --level municipal --kind agency{server}\n\
             and a query:       {name} department list{server}\n\
             or without token:  {name} department list --as clerk{data}{server}\n"
        ));
    }
    text.push_str("\nCtrl-C stops it");
    text
}

/// Prints all settings in force as TOML, those too that follow from others, without secrets.
fn print_config(config: &Config) -> anyhow::Result<()> {
    let shown = config.effective().without_secrets();
    print_line(toml::to_string(&shown)?.trim_end())?;
    if shown.nats.credentials.is_none() {
        print_line("# nats.credentials is not set")?;
    }
    Ok(())
}
