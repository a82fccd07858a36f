//! Whole commands, from the client's request to the reply that says "durable", against their references.

use crate::command::{Echoed, Registered, Target};
use crate::disk;
use crate::echo;
use crate::jetstream::JetStream;
use crate::measure::{Case, Sample, alternate};
use crate::postgres::{self, Postgres};
use crate::report::{self, Line, cpu, median, ratios, spread, time};
use crate::settings::Settings;
use event_log::{EventLog, Options};
use futures::FutureExt as _;
use std::time::Duration;
use tests::{Mode, Process, Sandbox, SandboxConfig};

/// An installation with the system's clock, and the echo beside it.
struct Pair {
    _sandbox: Sandbox,
    _echo: Process,
    ours: Target,
    echo: Target,
}

impl Pair {
    fn start(mode: Mode, brokers: usize) -> anyhow::Result<Pair> {
        let mut sandbox = Sandbox::start_with(mode, SandboxConfig { clock: "system".to_owned(), brokers })?;
        let ours = Target::installation(&mut sandbox)?;
        let (process, address) = echo::start()?;
        let echo = Target::echo(&process, &address, &ours)?;
        Ok(Pair { _sandbox: sandbox, _echo: process, ours, echo })
    }

    fn commands(&self, in_flight: usize, time: Duration) -> Case<'_> {
        Case::new("commands", move || self.ours.load::<Registered>(in_flight, time).boxed())
    }

    fn echoes(&self, in_flight: usize, time: Duration) -> Case<'_> {
        Case::new("echo", move || self.echo.load::<Echoed>(in_flight, time).boxed())
    }
}

pub async fn embedded_512(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let pair = Pair::start(Mode::Embedded, 1)?;
    let cases = [pair.commands(512, settings.time), pair.echoes(512, settings.time)];
    let series = alternate(settings.rounds, &cases).await?;
    let case = "embedded, whole command, 512 in flight";
    Ok(vec![Line::of_rates(case, &series[0], ("echo", &series[1]), (0.7, "≥ 70 % of echo"))])
}

pub async fn embedded_64(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let pair = Pair::start(Mode::Embedded, 1)?;
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let (log, _) = EventLog::open(Options::new(folder.path().join("log")))?;
    let alone = Case::new("group commit alone", || disk::group_commit(&log, 64, settings.time).boxed());
    let cases = [pair.commands(64, settings.time), pair.echoes(64, settings.time), alone];
    let series = alternate(settings.rounds, &cases).await?;
    log.clone().close().await;
    let smaller = |(echo, raw): (&Sample, &Sample)| if echo.rate < raw.rate { *echo } else { *raw };
    let references: Vec<Sample> = series[1].iter().zip(&series[2]).map(smaller).collect();
    let echo_is_smaller = median(&series[1], |s| s.rate) < median(&series[2], |s| s.rate);
    let name = if echo_is_smaller { "echo" } else { "group commit alone" };
    let case = "embedded, whole command, 64 in flight";
    let target = (0.8, "≥ 80 % of the smaller of echo and group commit");
    Ok(vec![Line::of_rates(case, &series[0], (name, &references), target)])
}

pub async fn embedded_1(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let pair = Pair::start(Mode::Embedded, 1)?;
    let sync = Case::new("fdatasync", || async { disk::syncs(&settings.folder) }.boxed());
    let cases = [pair.commands(1, settings.time), pair.echoes(1, settings.time), sync];
    let series = alternate(settings.rounds, &cases).await?;
    let seconds = |sample: &Sample| sample.p50.as_secs_f64();
    let allowed: Vec<Sample> = series[1]
        .iter()
        .zip(&series[2])
        .map(|(echo, sync)| Sample { p50: echo.p50 + sync.p50.mul_f64(1.5), ..*echo })
        .collect();
    let ratio = ratios(&series[0], &allowed, seconds);
    let p50 = |samples: &[Sample]| time(Duration::from_secs_f64(median(samples, seconds)));
    Ok(vec![Line {
        case: "embedded, whole command, one at a time".to_owned(),
        measured: format!("p50 {}", p50(&series[0])),
        reference: format!("echo {}, fdatasync {}", p50(&series[1]), p50(&series[2])),
        ratio: spread(ratio),
        cpu: format!("{} : {}", cpu(&series[0]), cpu(&series[1])),
        target: "p50 ≤ echo + 1.5 fdatasync".to_owned(),
        verdict: report::Target::AtMost(1.0).verdict(ratio.median),
    }])
}

pub async fn against_postgres(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let case = "embedded, whole command, 64 in flight";
    let Some(postgres) = Postgres::start(&settings.folder).await? else {
        return Ok(vec![Line::not_measured(case, "no PostgreSQL here")]);
    };
    let pair = Pair::start(Mode::Embedded, 1)?;
    let inserts = Case::new("PostgreSQL", || postgres.load(settings.time).boxed());
    let cases = [pair.commands(postgres::CONNECTIONS, settings.time), inserts];
    let series = alternate(settings.rounds, &cases).await?;
    let target = (2.0, "≥ 2 × PostgreSQL, version checked");
    Ok(vec![Line::of_rates(case, &series[0], (&postgres.version, &series[1]), target)])
}

pub async fn distributed(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let pair = Pair::start(Mode::Distributed, 1)?;
    let plain = JetStream::start(&settings.folder).await?;
    let publishes = Case::new("JetStream, sync always", || plain.load(512, settings.time).boxed());
    let cases = [pair.commands(512, settings.time), pair.echoes(512, settings.time), publishes];
    let series = alternate(settings.rounds, &cases).await?;
    let case = "over one nats-server, 512 in flight";
    let plain = ("JetStream, sync always", series[2].as_slice());
    Ok(vec![
        Line::of_rates(case, &series[0], ("echo", &series[1]), (0.5, "≥ 50 % of echo")),
        Line::of_rates(case, &series[0], plain, (10.0, "≥ 10 × publishes")),
    ])
}

pub async fn distributed_r3(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let pair = Pair::start(Mode::Distributed, 3)?;
    let cases = [pair.commands(512, settings.time), pair.echoes(512, settings.time)];
    let series = alternate(settings.rounds, &cases).await?;
    let case = "over three nats-servers, R3, 512 in flight";
    Ok(vec![Line::of_rates(case, &series[0], ("echo", &series[1]), (0.25, "≥ 25 % of echo"))])
}
