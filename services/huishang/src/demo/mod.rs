//! `huishang demo`: three matters from request to supervised result, played over gRPC as any client
//! would, against a server that is started for it or against a running one.

mod cast;
mod conference;
mod ending;
mod flood;
mod followthrough;
mod hotline;
mod stage;

use crate::client::connection::Options;
use crate::installation::Installation;
use crate::node::{Node, Service, development_keys};
use crate::page::say;
use crate::token::signing_key;
use anyhow::Context as _;
use domain::Role;
use followthrough::Items;
use service_kit::config::Config;
use stage::{Stage, part, tell};
use std::path::PathBuf;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// The moment at which the story begins: a Monday, 09:00 in Shanghai.
const BEGINNING: &str = "movable:2027-03-01T01:00:00Z";

/// How the demo is played.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Plays against a running server: a URL, or 'scheduling=URL,…' when services are apart; its clock
    /// must be movable
    #[arg(long, env = "HUISHANG_SERVER", value_name = "URL", conflicts_with = "keep")]
    pub server: Option<String>,
    /// Keeps the data of the started server in this directory, which must not hold a log yet
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// The key that signs the tokens of the running server's players
    #[arg(long, value_name = "FILE", default_value = "./huishang-data/keys/signing-key.pem")]
    pub signing_key: PathBuf,
}

/// Plays the stories.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let began = Instant::now();
    match &arguments.server {
        Some(server) => {
            let config = Config::default();
            let key = signing_key(&config, Some(&arguments.signing_key))?;
            play(Installation::new(&Options::to(server), key, config)?).await?;
        }
        None => play_on_own_server(arguments).await?,
    }
    say(&format!("\n   Played in {:.1} s.", began.elapsed().as_secs_f64()))
}

async fn play_on_own_server(arguments: &Arguments) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("a temporary directory")?;
    let data = arguments.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    if data.join("log").exists() {
        anyhow::bail!("{} holds a log already; give --keep another directory", data.display());
    }
    let config =
        Config { data, listen: ([127, 0, 0, 1], 0).into(), clock: BEGINNING.into(), ..Config::default() };
    development_keys(&config)?;
    let key = signing_key(&config, None)?;
    let stop = CancellationToken::new();
    let node = Node::build(&config, &Service::ALL, false, stop.clone()).await?;
    let options = Options::to(&format!("http://{}", node.address));
    tell(format!("An embedded server runs on {} with its data in {}.", node.address, config.data.display()))?;
    let serving = tokio::spawn(node.run());
    let played = play(Installation::new(&options, key, config.clone())?).await;
    stop.cancel();
    serving.await??;
    played?;
    if arguments.keep.is_some() {
        let data = config.data.display();
        say(&format!("\n   The data are kept: huishang up --data {data} --clock {BEGINNING}"))?;
    }
    Ok(())
}

async fn play(installation: Installation) -> anyhow::Result<()> {
    part("Before 会前: the directory")?;
    let stage = Stage::take(installation.clone()).await?;
    let clerk = installation.desk(Role::Clerk, Some("HOUSING"))?;
    cast::enter(&stage, &clerk).await?;

    part("1 · A standing conference of 28 departments 部际联席会议")?;
    let conference = conference::convene_and_decide(&stage).await?;
    let conference = Items::of(&stage, &conference, 6).await?;
    followthrough::first_weeks(&stage, &conference).await?;

    part("2 · A session raised by one hotline case 多部门联动会商")?;
    let call = hotline::take_the_call(&stage).await?;
    tell("Meanwhile the conference's departments work:")?;
    followthrough::deliver(&stage, &conference).await?;
    hotline::answer_it(&stage, &call).await?;
    let hotline = Items::of(&stage, &call, 2).await?;
    hotline.acknowledge(1, "CITY-WATER").await?;
    hotline.acknowledge(2, "CITY-HOUSING").await?;

    part("3 · An emergency, decided within its clock 应急会商")?;
    let flood = flood::decide_within_the_clock(&stage).await?;
    let flood = Items::of(&stage, &flood, 2).await?;

    part("After 会后: what became of the decisions")?;
    followthrough::the_same_night(&stage, &conference, &hotline, &flood).await?;
    followthrough::neglect(&stage, &conference).await?;
    ending::close(&stage).await
}
