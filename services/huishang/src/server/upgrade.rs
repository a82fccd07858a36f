//! `huishang upgrade --rehearse BACKUP`: whether this version makes of a log what the installed one makes of it.

use super::entrance::create_development_keys;
use super::node::Node;
use super::services::Service;
use crate::archive::progress;
use crate::archive::restore;
use crate::archive::stored_backup::{Credentials, Place, StoredBackup};
use crate::client::printable;
use crate::language::{say, text};
use crate::stdout::print_text;
use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use service_kit::config::{Config, Identity};
use service_kit::view::{Compared, Difference, RegisteredView};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Time between two questions whether the installed version has built its views.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// `huishang upgrade`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Rehearses with a copy of the log from this backup, a directory or URL; nothing else is touched
    #[arg(long, value_name = "DIR|URL", required = true)]
    pub rehearse: String,
    /// The program that is installed now, with whose views those of this one are compared
    #[arg(long, value_name = "PROGRAM", required = true)]
    pub installed: PathBuf,
    /// What reaches the URL.
    #[command(flatten)]
    pub credentials: Credentials,
}

/// Restores the backup to a temporary directory, has the installed version build its views of it, then this one, and
/// compares them. The directory is removed.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let work = tempfile::tempdir().context(text("a temporary directory for the copy of the log"))?;
    let backup = Place::open(&arguments.rehearse, &arguments.credentials)?;
    let mut backup = StoredBackup::open(backup).await?;
    let head = restore::restore(&mut backup, work.path()).await?;
    print_text(&say(
        "all {records} records of the backup were restored to {dir}",
        &[("records", &head.position), ("dir", &work.path().display())],
    ))?;

    let config = Config {
        data: work.path().to_owned(),
        listen: free_address()?,
        identity: Identity { jwks: None, ..Identity::default() },
        ..Config::default()
    };
    build_views(&arguments.installed, &config).await?;
    let installed = work.path().join("views-of-installed");
    std::fs::rename(work.path().join("views"), &installed)
        .context(text("the views of the installed version"))?;
    compare(&config, &installed).await
}

/// Runs the installed version on the copy until its views are built.
async fn build_views(program: &Path, config: &Config) -> anyhow::Result<()> {
    let shown = program.display();
    let listen = config.listen.to_string();
    let mut server = without_settings(program);
    server.args(["up", "--listen", &listen, "--log-filter", "error", "--data"]).arg(&config.data);
    server.stdout(Stdio::null()).kill_on_drop(true);
    let mut server = server.spawn().with_context(|| say("cannot start {program}", &[("program", &shown)]))?;
    loop {
        if let Some(status) = server.try_wait()? {
            bail!(say(
                "{program} ended with {status} on the copy of the log; what it wrote says why",
                &[("program", &shown), ("status", &status)],
            ));
        }
        let mut question = without_settings(program);
        question.args(["health", "--ready", "--server", &format!("http://{listen}")]);
        question.stdout(Stdio::null()).stderr(Stdio::null());
        if question.status().await?.success() {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    stop(&mut server).await?;
    print_text(&say("{program} has built its views", &[("program", &shown)]))
}

/// A program that sees none of this process's settings: it works on the copy, and on nothing else.
#[expect(clippy::disallowed_methods, reason = "settings are taken away, and not read")]
fn without_settings(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUISHANG_") {
            command.env_remove(name);
        }
    }
    command
}

async fn stop(server: &mut Child) -> anyhow::Result<()> {
    let id = server.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    kill_process(id.context(text("the installed version has ended"))?, Signal::TERM)?;
    let status = server.wait().await?;
    ensure!(status.success(), say("the installed version ended with {status}", &[("status", &status)]));
    Ok(())
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Opens the copy with this version, and compares each of its views with that of the installed one.
async fn compare(config: &Config, installed: &Path) -> anyhow::Result<()> {
    create_development_keys(config)?;
    let stop = CancellationToken::new();
    let node = Node::build(config, Service::all(), false, stop.clone()).await?;
    let mut different = Vec::new();
    for view in node.views() {
        let (sentence, equal) = match installed.join(format!("{}.sqlite", view.name)) {
            file if file.exists() => compare_view(&node, &view, &file).await?,
            _ => (say("the view {view} is new", &[("view", &view.name)]), true),
        };
        print_text(&sentence)?;
        if !equal {
            different.push(view.name);
        }
    }
    stop.cancel();
    node.ended().await;
    ensure!(
        different.is_empty(),
        say(
            "this version makes something else of the log in these views: {views}. CHANGELOG.md must say so",
            &[("views", &different.join(text(", ")))],
        )
    );
    print_text(text("there are no differences"))
}

async fn compare_view(node: &Node, view: &RegisteredView, file: &Path) -> anyhow::Result<(String, bool)> {
    let bar = progress::records(&format!("{} {}", text("replaying"), view.name), 0);
    let shown = bar.clone();
    let report = Box::new(move |replayed, records| {
        shown.set_length(records);
        shown.set_position(replayed);
    });
    let Compared { position, difference } = view.compare_with(node.journal(), file.into(), report).await?;
    bar.finish_and_clear();
    let (name, equal) = (view.name, difference.is_none());
    let sentence = match difference {
        None => say(
            "the view {view} is the same of {records} records",
            &[("view", &name), ("records", &position)],
        ),
        Some(Difference { table, row, has, replay_has }) => say(
            "the view {view} differs of {records} records: table {table}, row {row}\n  \
             installed {has}\n  this one  {replay_has}",
            &[
                ("view", &name),
                ("records", &position),
                ("table", &table),
                ("row", &printable(&row)),
                ("has", &printable(&has)),
                ("replay_has", &printable(&replay_has)),
            ],
        ),
    };
    Ok((sentence, equal))
}
