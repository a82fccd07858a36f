//! The serving process: `huishang up` and `huishang serve`, and what is done to a ledger that is not running.

mod door;
pub mod entrance;
mod file_modes;
mod gateway;
mod log_health;
pub mod node;
pub mod own_log;
pub mod repair;
pub mod services;
mod stale_log;
pub mod storage;
pub mod upgrade;

use crate::client::options::Server;
use crate::language::{say, text};
use crate::settings::Settings;
use crate::stdout::{print_line, print_text};
use anyhow::Context as _;
use console::Forward;
use gateway::Gateway;
use node::Node;
use serde_json::Value;
use service_kit::config::{Config, ConfigError, without_credentials};
use service_kit::traces::{self, Traces};
use service_kit::{logging, metrics, shutdown, version};
use services::Service;
use std::net::SocketAddr;
use std::path::Path;
use storage::EMBEDDED;
use tokio_util::sync::CancellationToken;

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
    /// Where the services are to which the console passes calls on.
    #[command(flatten)]
    pub server: Server,
    /// Has the ledger use a log that is known to have had more records, and records that
    #[arg(long)]
    pub accept_stale: bool,
    /// The settings of this process.
    #[command(flatten)]
    pub settings: Settings,
}

/// Runs all services until the process is told to stop.
pub async fn up(arguments: &Up) -> anyhow::Result<()> {
    let config = arguments.settings.load(None)?;
    if arguments.settings.print_config {
        return print_config(&config);
    }
    if config.journal != EMBEDDED {
        let shown = without_credentials(&config.journal);
        let why = say("is {journal}, but 'up' has its own; use 'huishang serve'", &[("journal", &shown)]);
        return Err(ConfigError::new("journal", why).into());
    }
    let (stop, traces) = start_observing(&config, "huishang").await?;
    let created_keys = entrance::create_development_keys(&config)?;
    let node = Node::build(&config, Service::all(), arguments.accept_stale, stop).await?;
    print_line(&welcome(&config, &arguments.settings, node.address, created_keys))?;
    until_the_end(node.run(), traces).await
}

/// Runs some of the services until the process is told to stop.
pub async fn serve(arguments: &Serve) -> anyhow::Result<()> {
    let config = arguments.settings.load(arguments.journal.as_deref())?;
    if arguments.settings.print_config {
        return print_config(&config);
    }
    let mut services = arguments.services.clone();
    services.sort_unstable();
    services.dedup();
    let process = match services[..] {
        [only] => format!("huishang-{only}"),
        _ => "huishang".to_owned(),
    };
    let (stop, traces) = start_observing(&config, &process).await?;
    let forward = services.contains(&Service::Console).then(|| arguments.server.connect()).transpose()?;
    let forward = forward.map(Forward::new);
    if let ([Service::Console], Some(forward)) = (&services[..], &forward) {
        let gateway = Gateway::build(&config, forward.clone(), stop).await?;
        print_serving(&config, &services, gateway.address)?;
        return until_the_end(gateway.run(), traces).await;
    }
    let node = Node::build(&config, &services, arguments.accept_stale, stop).await?;
    print_serving(&config, &services, node.address)?;
    let node = match forward {
        Some(forward) => node.passing_on(forward),
        None => node,
    };
    until_the_end(node.run(), traces).await
}

fn print_serving(config: &Config, services: &[Service], address: SocketAddr) -> anyhow::Result<()> {
    let served: Vec<String> = services.iter().map(Service::to_string).collect();
    print_text(&say(
        "huishang serves {services} on http://{address} and keeps its data in {data}",
        &[("services", &served.join(text(", "))), ("address", &address), ("data", &config.data.display())],
    ))
}

/// Serves until the end, and then sends what was traced.
async fn until_the_end(
    serving: impl Future<Output = anyhow::Result<()>>,
    traces: Traces,
) -> anyhow::Result<()> {
    let served = serving.await;
    tokio::task::block_in_place(|| traces.end());
    served
}

/// Starts logging, measuring and tracing what this process does; returns the token that signals cancel.
async fn start_observing(config: &Config, process: &str) -> anyhow::Result<(CancellationToken, Traces)> {
    logging::start(config.log.format, &config.log.filter)
        .with_context(|| format!("the log filter {:?}", config.log.filter))?;
    tracing::info!(version = version::VERSION, commit = version::COMMIT, "huishang starts");
    for name in Config::variables_passed_over() {
        tracing::warn!(name, "a variable of the environment begins like a setting, but is none");
    }
    let stop = CancellationToken::new();
    shutdown::on_signals(stop.clone())?;
    if let Some(listen) = config.metrics.listen {
        metrics::start(listen, stop.clone()).await?;
    }
    Ok((stop, traces::start(&config.traces, &config.realm, process)?))
}

/// What somebody who starts it for the first time needs to know.
fn welcome(config: &Config, settings: &Settings, address: SocketAddr, created_keys: bool) -> String {
    let mut welcome = say(
        "huishang listens on {url} and keeps its data in {data}\n",
        &[("url", &url(config, address)), ("data", &config.data.display())],
    );
    welcome.push_str(&say("the console, for people, is at {url}/\n", &[("url", &url(config, address))]));
    if created_keys {
        let keys = config.data.join("keys");
        welcome.push_str(&say(
            "created development keys in {keys}: whoever can read them can act as anybody here\n",
            &[("keys", &keys.display())],
        ));
    }
    if !entrance::has_keys_of_its_own(config) {
        // The name that was typed, so that the lines below can be copied.
        let name = quoted(&std::env::args().next().unwrap_or_else(|| "huishang".into()));
        welcome.push_str(text("\nin another terminal, in this directory:\n"));
        for (variable, value) in settings_of_commands(config, settings, address) {
            welcome.push_str(&format!("  export {variable}={}\n", quoted(&value)));
        }
        welcome.push_str(&say(
            "  export HUISHANG_TOKEN=$({name} token --role clerk,operator)\n  \
               {name} department register --code transport --name '交通运输局' \\\n    --level municipal --kind agency\n  \
               {name} department list\n\
             or without the token:\n  \
               {name} department list --as clerk\n",
            &[("name", &name)],
        ));
    }
    welcome.push_str(text("\nCtrl-C stops it"));
    welcome
}

/// What commands need to know of a process that was not started with the defaults, wherever they are called.
fn settings_of_commands(
    config: &Config,
    settings: &Settings,
    address: SocketAddr,
) -> Vec<(&'static str, String)> {
    let default = Config::default();
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.to_owned()).display().to_string();
    let changed =
        |is_changed: bool, variable: &'static str, value: String| is_changed.then_some((variable, value));
    let audience = config.identity.audience.clone();
    let server = match address.ip().is_unspecified() {
        true => url(config, SocketAddr::from(([127, 0, 0, 1], address.port()))),
        false => url(config, address),
    };
    let of_commands = [
        settings.location.config.as_ref().map(|file| ("HUISHANG_CONFIG", absolute(file))),
        changed(config.data != default.data, "HUISHANG_DATA", absolute(&config.data)),
        changed(config.listen != default.listen || config.tls != default.tls, "HUISHANG_SERVER", server),
        changed(config.realm != default.realm, "HUISHANG_REALM", config.realm.clone()),
        changed(
            config.identity.issuer != default.identity.issuer,
            "HUISHANG_IDENTITY__ISSUER",
            config.identity.issuer.clone(),
        ),
        audience.map(|audience| ("HUISHANG_IDENTITY__AUDIENCE", audience)),
    ];
    of_commands.into_iter().flatten().collect()
}

fn url(config: &Config, address: SocketAddr) -> String {
    let scheme = if config.tls_files().is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@+".contains(&byte);
    match !word.is_empty() && word.bytes().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Prints all settings in force as TOML, those too that follow from others, without secrets.
fn print_config(config: &Config) -> anyhow::Result<()> {
    let shown = config.effective().without_secrets();
    print_line(toml::to_string(&shown)?.trim_end())?;
    unset(&serde_json::to_value(&shown)?)
        .iter()
        .try_for_each(|key| print_line(&format!("# {key} is not set")))
}

/// The keys of settings without a value, which TOML cannot show.
fn unset(settings: &Value) -> Vec<String> {
    let Value::Object(settings) = settings else { return Vec::new() };
    let keys = settings.iter().flat_map(|(name, value)| match value {
        Value::Null => vec![name.clone()],
        section => unset(section).into_iter().map(|key| format!("{name}.{key}")).collect(),
    });
    keys.collect()
}
