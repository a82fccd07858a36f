//! `huishang doctor`: looks at everything that an installation needs, changes nothing, and says of each thing that is wrong
//! what to do.

mod finding;
mod machine;
mod services;
#[cfg(test)]
mod tests;

use crate::client::options::Server;
use crate::language::{current, say, text};
use crate::settings::Settings;
use crate::stdout::print_line;
use anyhow::Context as _;
use domain::Timestamp;
use finding::{Finding, Level};
use serde_json::json;
use service_kit::config::Config;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// `huishang doctor`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The journal that the services share: nats://HOST:PORT
    #[arg(long, env = "HUISHANG_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// A folder with backups that are made by hand, whose age is looked at
    #[arg(long, value_name = "DIR")]
    pub backups: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Writes findings and settings, without secrets, to a new file for whoever helps
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// The settings of the process.
    #[command(flatten)]
    pub settings: Settings,
    /// Where a running process is.
    #[command(flatten)]
    pub server: Server,
}

/// Something does not work.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the findings are faults")]
pub struct Faults(usize);

/// Looks, and prints the findings; fails with [`Faults`].
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = arguments.settings.load(arguments.journal.as_deref());
    let findings = match &config {
        Ok(config) => examine(config, arguments).await,
        Err(error) => vec![Finding::fault(
            "configuration",
            current().fault(&format!("{error:#}")).into_owned(),
            text("correct that setting; 'huishang up --print-config' shows them all").to_owned(),
        )],
    };
    if let Some(file) = &arguments.bundle {
        write_bundle(file, config.as_ref().ok(), &findings)?;
    }
    match arguments.json {
        true => print_line(&serde_json::to_string(&json!({"findings": findings}))?)?,
        false => findings.iter().flat_map(lines).try_for_each(|line| print_line(&line))?,
    }
    match findings.iter().filter(|finding| finding.level == Level::Fault).count() {
        0 => Ok(()),
        faults => Err(Faults(faults).into()),
    }
}

async fn examine(config: &Config, arguments: &Arguments) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", text("the settings make sense").to_owned())];
    findings.extend(machine::keys(config));
    findings.push(machine::clock(config));
    findings.push(machine::fsync(config));
    findings.push(machine::disk(config));
    findings.push(machine::open_files(config));
    findings.extend(services::port(config, &arguments.server).await);
    findings.extend(tokio::task::block_in_place(|| services::lag(config)));
    findings.push(services::tls(config));
    findings.extend(tokio::task::block_in_place(|| services::jwks(config)));
    findings.extend(services::nats(config).await);
    findings.extend(machine::backups(config, arguments.backups.as_deref()).await);
    findings
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is the machine's clock that is examined, also in a rehearsal"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A line for the finding, and one for its remedy.
fn lines(finding: &Finding) -> Vec<String> {
    let mark = match finding.level {
        Level::Good => text("good   "),
        Level::Unknown => text("unknown"),
        Level::Warning => text("warning"),
        Level::Fault => text("fault  "),
    };
    let mut lines = vec![format!("{mark} {}: {}", finding.check, finding.what)];
    lines.extend(finding.remedy.as_ref().map(|remedy| say("        → {remedy}", &[("remedy", remedy)])));
    lines
}

/// Settings hold no secrets but in the journal's URL, which is shown without them.
fn write_bundle(file: &Path, config: Option<&Config>, findings: &[Finding]) -> anyhow::Result<()> {
    let bundle = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": now().to_string(),
        "settings": config.map(|config| config.effective().without_secrets()),
        "findings": findings,
    });
    let text = serde_json::to_string_pretty(&bundle)?;
    let write =
        || OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(text.as_bytes());
    write().with_context(|| format!("--bundle {}", file.display()))
}
