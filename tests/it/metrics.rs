//! What Prometheus finds: what a process measures of its work, in the names of the catalogue.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use tests::{Mode, Sandbox, SandboxConfig, until};
use tonic::Code;

/// An installation that measures itself.
fn measured(mode: Mode) -> anyhow::Result<Sandbox> {
    let listen = ("HUISHANG_METRICS__LISTEN", "127.0.0.1:0".to_owned());
    Sandbox::start_with(mode, SandboxConfig { settings: vec![listen], ..SandboxConfig::default() })
}

/// What Prometheus would fetch from the process that runs a service.
fn scrape(sandbox: &mut Sandbox, service: &'static str) -> anyhow::Result<String> {
    let process = sandbox.process_of(service);
    let log = sandbox.process(process).log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut served = lines.filter(|line| line["message"] == "metrics are served");
    let address =
        served.next().context("metrics are served")?["address"].as_str().unwrap_or_default().to_owned();
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET /metrics HTTP/1.1\r\nHost: huishang\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(body.to_owned())
}

/// The samples, by the metric's name and its labels as they are written.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
        .collect()
}

/// Waits until a sample of a service's process fits.
async fn wait_for(
    sandbox: &mut Sandbox,
    service: &'static str,
    name: &str,
    fits: impl Fn(f64) -> bool,
) -> anyhow::Result<f64> {
    let what = format!("{name} of {service}");
    let found = until(&what, async || match scrape(sandbox, service) {
        Ok(text) => samples(&text).get(name).copied().filter(|value| fits(*value)).map(Ok),
        Err(error) => Some(Err(error)),
    });
    found.await
}

in_both_modes!(a_process_measures_what_it_does);
async fn a_process_measures_what_it_does(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = measured(mode)?;
    // Given a command, a query, a refusal and somebody without a token
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.call(ListDepartmentsRequest::default()).await?;
    let nobody = sandbox.client_with_token("").await?;
    let refused = nobody.call(ListDepartmentsRequest::default()).await.unwrap_err();
    ensure!(refused.code() == Code::Unauthenticated, "{refused}");
    // Then each is counted under its rpc, code and reason,
    let text = scrape(&mut sandbox, "directory")?;
    let found = samples(&text);
    let of = |rpc: &str, code: &str| {
        let service = "huishang.directory.v1.DirectoryService";
        let name = format!("huishang_requests_total{{service=\"{service}\",rpc=\"{rpc}\",code=\"{code}\"}}");
        found.get(name.as_str()).copied()
    };
    ensure!(of("RegisterDepartment", "OK") == Some(1.0), "{text}");
    ensure!(of("ListDepartments", "OK") == Some(1.0), "{text}");
    ensure!(of("ListDepartments", "UNAUTHENTICATED") == Some(1.0), "{text}");
    ensure!(found["huishang_refusals_total{reason=\"TOKEN_MISSING\"}"] == 1.0, "{text}");
    ensure!(found["huishang_commit_duration_seconds_count"] >= 1.0, "{text}");
    ensure!(found["huishang_requests_in_flight"] == 0.0, "{text}");
    // the positions come to agree,
    let committed =
        wait_for(&mut sandbox, "directory", "huishang_committed_position", |at| at >= 1.0).await?;
    let view = "huishang_consumer_position{consumer=\"directory\"}";
    wait_for(&mut sandbox, "directory", view, |at| at >= committed).await?;
    wait_for(&mut sandbox, "ledger", "huishang_log_position", |at| at >= committed).await?;
    wait_for(&mut sandbox, "ledger", "huishang_signed_head_position", |at| at >= committed).await?;
    wait_for(&mut sandbox, "ledger", "huishang_log_group_records_count", |groups| groups >= 1.0).await?;
    wait_for(&mut sandbox, "directory", "huishang_journal_connected", |connected| connected == 1.0).await?;
    // and no subject, department or token becomes a label.
    ensure!(!text.contains("WATER") && !text.contains("clerk@"), "{text}");
    Ok(())
}

in_both_modes!(every_metric_is_in_the_catalogue_and_well_formed);
async fn every_metric_is_in_the_catalogue_and_well_formed(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = measured(mode)?;
    sandbox.client(Role::Clerk, Some("WATER")).await?.register_department("WATER").await?;
    for service in ["directory", "followup", "ledger"] {
        wait_for(&mut sandbox, service, "huishang_disk_free_bytes{directory=\"data\"}", |bytes| bytes > 0.0)
            .await?;
        let text = scrape(&mut sandbox, service)?;
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE huishang_")) {
            let (name, kind) = line.split_once(' ').context("a kind")?;
            let known =
                service_kit::metrics::ALL.iter().find(|metric| metric.name == format!("huishang_{name}"));
            let known = known.with_context(|| format!("huishang_{name} is not in the catalogue"))?;
            ensure!(format!("{:?}", known.kind).to_lowercase().starts_with(kind), "{line}: {known:?}");
            ensure!(text.contains(&format!("# HELP {} {}\n", known.name, known.help)), "{}", known.name);
        }
        check_with_promtool(&text)?;
    }
    Ok(())
}

/// Has `promtool check metrics` look at a scrape, where that is installed.
fn check_with_promtool(text: &str) -> anyhow::Result<()> {
    let promtool = std::env::var_os("TEST_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let started = Command::new(&promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut check = match started {
        Ok(check) => check,
        Err(error) => {
            eprintln!("NOT RUN: promtool check metrics: {error}; install Debian's package prometheus");
            return Ok(());
        }
    };
    check.stdin.take().context("its input is piped")?.write_all(text.as_bytes())?;
    let checked = check.wait_with_output()?;
    let said =
        String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    ensure!(checked.status.success() && said.trim().is_empty(), "promtool: {said}");
    Ok(())
}
