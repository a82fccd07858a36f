//! `huishang demo`: six matters, each from the request to the supervised result, played over gRPC as any client
//! would play them, on a server that is started for it or on a running one.

mod amending;
mod appointment;
mod cascade;
mod cast;
mod conference;
mod ending;
mod flood;
mod followthrough;
mod hotline;
mod outliving;
mod outlook;
mod quarter;
mod stage;
mod village;

use crate::client::options::Server;
use crate::client::token::signing_key;
use crate::language::{say, text};
use crate::server::entrance::create_development_keys;
use crate::server::node::Node;
use crate::server::services::Service;
use crate::settings::Location;
use crate::stdout::print_line;
use crate::story::deployment::Deployment;
use anyhow::Context as _;
use domain::Role;
use service_kit::config::Config;
use service_kit::shutdown;
use stage::{Stage, heading, narrate};
use std::path::PathBuf;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// The clock at the beginning of the story: a Monday, 09:00 in Shanghai.
const BEGINNING: &str = "movable:2027-03-01T01:00:00Z";

/// How the demo is played.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The running server with a movable clock to play on; without one, a server is started.
    #[command(flatten)]
    pub server: Server,
    /// Keeps the data of the started server in this directory, which must not contain a log yet
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub keep: Option<PathBuf>,
    /// Goes on serving afterwards, so that the story can be walked in the console, until it is interrupted
    #[arg(long, conflicts_with = "server")]
    pub open: bool,
    /// The key that signs the clients' tokens for the running server [default: DATA/keys/signing-key.pem]
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    /// The settings and the data of the running server, which its tokens follow.
    #[command(flatten)]
    pub location: Location,
}

/// Plays the stories.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let played = |started: Instant| {
        let seconds = format!("{:.1}", started.elapsed().as_secs_f64());
        print_line("")?;
        narrate(say("Played in {seconds} s.", &[("seconds", &seconds)]))
    };
    if arguments.server.is_given() {
        let config = arguments.location.load()?;
        let key = signing_key(&config, arguments.signing_key.as_deref())?;
        play(Deployment::new(&arguments.server, key, config)?).await?;
        played(started)
    } else {
        play_on_own_server(arguments, || played(started)).await
    }
}

#[expect(clippy::disallowed_methods, reason = "it waits for its server")]
async fn play_on_own_server(
    arguments: &Arguments,
    has_played: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("a temporary directory")?;
    let data = arguments.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    if data.join("log").exists() {
        anyhow::bail!(say(
            "{dir} already contains a log; give --keep another directory",
            &[("dir", &data.display())]
        ));
    }
    let config =
        Config { data, listen: ([127, 0, 0, 1], 0).into(), clock: BEGINNING.into(), ..Config::default() };
    create_development_keys(&config)?;
    let key = signing_key(&config, None)?;
    let stop = CancellationToken::new();
    let node = Node::build(&config, Service::all(), false, stop.clone()).await?;
    let address = node.address;
    let server = Server::at(&format!("http://{address}"));
    narrate(say(
        "An embedded server listens on {address}; its data is in {data}.",
        &[("address", &address), ("data", &config.data.display())],
    ))?;
    let serving = tokio::spawn(node.run());
    let played = play(Deployment::new(&server, key, config.clone())?).await.and_then(|()| has_played());
    if arguments.open && played.is_ok() {
        shutdown::on_signals(stop.clone())?;
        narrate(say(
            "Walk through it at http://{address}/ in any role, such as supervisor. Ctrl-C ends it.",
            &[("address", &address)],
        ))?;
        stop.cancelled().await;
    }
    stop.cancel();
    serving.await??;
    played?;
    if arguments.keep.is_some() {
        print_line("")?;
        narrate(say(
            "The data was kept: huishang up --data {data} --clock {clock}",
            &[("data", &config.data.display()), ("clock", &BEGINNING)],
        ))?;
    }
    Ok(())
}

async fn play(deployment: Deployment) -> anyhow::Result<()> {
    heading(text("Before 会前: the directory"))?;
    let stage = Stage::set_up(deployment.clone()).await?;
    let clerk = deployment.client(Role::Clerk, Some(text("HOUSING")))?;
    cast::register(&stage, &clerk).await?;

    heading(text("1 · A standing conference of 28 departments 部际联席会议"))?;
    let conference = conference::convene_and_decide(&stage).await?;
    followthrough::first_weeks(&stage, &conference).await?;
    let planned = outlook::promise(&stage).await?;

    heading(text("2 · A session raised by one hotline case 多部门联动会商"))?;
    let case = hotline::prepare(&stage).await?;
    let appointment = appointment::prepare(&stage).await?;
    narrate(text("Meanwhile the departments of the conference are at work:"))?;
    followthrough::deliver(&stage, &conference).await?;
    outlook::keep(&stage, &planned).await?;
    let hotline = hotline::meet_and_decide(&stage, &case).await?;
    hotline.acknowledge(1, text("CITY-WATER")).await?;
    hotline.acknowledge(2, text("CITY-HOUSING")).await?;

    heading(text("3 · An appointment by secret ballot 无记名表决"))?;
    appointment::vote_in_secret(&stage, &appointment).await?;

    heading(text("4 · Three tiers, from the conference to the city 三级会商"))?;
    cascade::three_tiers(&stage, &conference).await?;

    heading(text("5 · An emergency, decided by its deadline 应急会商"))?;
    let flood = flood::decide_by_deadline(&stage).await?;

    heading(text("6 · A quarter, planned at once 季度排期"))?;
    quarter::plan(&stage).await?;

    heading(text("After 会后: what became of the decisions"))?;
    followthrough::the_same_night(&conference, &hotline, &flood).await?;
    followthrough::neglect(&stage, &conference).await?;
    outlook::look(&stage, &conference, &planned).await?;

    heading(text("7 · What outlives its session 事项比会商长"))?;
    outliving::play(&stage).await?;

    heading(text("8 · A village without users 无用户的村"))?;
    village::play(&stage).await?;
    ending::report(&stage).await
}
