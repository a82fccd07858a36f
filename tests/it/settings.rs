//! Settings, as an operator meets them: what is in force can be seen, what is wrong is named, what is not ours does no
//! harm, and no secret is printed.

use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::{Command, Output};
use tests::{Mode, Sandbox, huishang};

/// What Kubernetes puts into every pod beside a Service called `huishang`.
const KUBERNETES: [(&str, &str); 8] = [
    ("HUISHANG_PORT", "tcp://10.0.0.11:7400"),
    ("HUISHANG_SERVICE_HOST", "10.0.0.11"),
    ("HUISHANG_SERVICE_PORT", "7400"),
    ("HUISHANG_SERVICE_PORT_GRPC", "7400"),
    ("HUISHANG_PORT_7400_TCP", "tcp://10.0.0.11:7400"),
    ("HUISHANG_PORT_7400_TCP_PROTO", "tcp"),
    ("HUISHANG_PORT_7400_TCP_PORT", "7400"),
    ("HUISHANG_PORT_7400_TCP_ADDR", "10.0.0.11"),
];

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Output> {
    Command::new(huishang())
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .context("the binary runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_whole_configuration_in_force_is_printed() -> anyhow::Result<()> {
    // Given settings from which others follow
    let shown = run(
        &["up", "--print-config", "--data", "/srv/huishang", "--realm", "007"],
        &[("HUISHANG_IDENTITY__ISSUER", "407408718192")],
    )?;
    // Then all are printed, those that follow included.
    let text = printed(&shown);
    for line in [
        "realm = \"007\"",
        "jwks = \"/srv/huishang/keys/jwks.json\"",
        "issuer = \"407408718192\"",
        "audience = \"huishang/007\"",
        "token_lifetime_hours_max = 24",
        "key = \"/srv/huishang/keys/ledger-key.pem\"",
        "signed_head = \"/srv/huishang/signed-head\"",
        "connections_max = 1024",
        "# nats.credentials is not set",
        "# nats.nkey_file is not set",
        "# nats.ca_file is not set",
        "# metrics.listen is not set",
        "# backup.url is not set",
    ] {
        ensure!(text.lines().any(|printed| printed == line), "{line}: {text}{}", error(&shown));
    }
    // What is printed is a configuration file, which means the same.
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("huishang.toml");
    std::fs::write(&file, &text)?;
    let again = run(&["up", "--print-config", "--config", path(&file)?], &[])?;
    ensure!(printed(&again) == text, "{}{}", printed(&again), error(&again));
    Ok(())
}

fn path(file: &Path) -> anyhow::Result<&str> {
    file.to_str().context("a path")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_kubernetes_does_no_harm() -> anyhow::Result<()> {
    let config = run(&["up", "--print-config"], &KUBERNETES)?;
    ensure!(config.status.success(), "{}", error(&config));
    ensure!(printed(&config) == printed(&run(&["up", "--print-config"], &[])?), "{}", printed(&config));
    // The client neither.
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let (server, folder) = (sandbox.server(), sandbox.folder());
    let list = run(
        &["department", "list", "--as", "auditor", "--server", &server, "--data", path(folder)?],
        &KUBERNETES,
    )?;
    ensure!(list.status.success(), "{}", error(&list));
    Ok(())
}

#[test]
fn what_makes_no_sense_is_wrong_usage_and_named() -> anyhow::Result<()> {
    for (variable, value, key) in [
        ("HUISHANG_LIMITS__CONNECTIONS_MAX", "0", "limits.connections_max"),
        ("HUISHANG_LIMITS__REQUESTS_AT_ONCE_MAX", "0", "limits.requests_at_once_max"),
        ("HUISHANG_LIMITS__LOG_RESERVE_MIB", "much", "limits.log_reserve_mib"),
        ("HUISHANG_COMMIT__LEDGERS", "0", "commit.ledgers"),
        // 'up' has one ledger.
        ("HUISHANG_COMMIT__LEDGERS", "2", "commit.ledgers"),
        ("HUISHANG_NATS__REPLICAS", "2", "nats.replicas"),
        ("HUISHANG_JOURNAL", "nats://127.0.0.1:4222", "journal"),
        ("HUISHANG_CLOCK", "sundial", "clock"),
        ("HUISHANG_TIME_ZONE", "Asia/Linjiang", "time_zone"),
        ("HUISHANG_REALM", "Linjiang", "realm"),
        ("HUISHANG_LOG__FILTER", "info,=,", "log.filter"),
        ("HUISHANG_IDENTITY__AUDIENSE", "x", "HUISHANG_IDENTITY__AUDIENCE"),
        ("HUISHANG_REALMS", "x", "HUISHANG_REALM"),
    ] {
        let data = tempfile::tempdir()?;
        let ended =
            run(&["up", "--listen", "127.0.0.1:0", "--data", path(data.path())?], &[(variable, value)])?;
        ensure!(ended.status.code() == Some(2), "{variable}={value}: {:?} {}", ended.status, error(&ended));
        ensure!(error(&ended).contains(key), "{variable}={value}: {}", error(&ended));
        ensure!(data.path().read_dir()?.next().is_none(), "{variable}={value}: nothing is created");
    }
    let alone = run(&["serve", "ledger"], &[])?;
    ensure!(alone.status.code() == Some(2) && error(&alone).contains("journal"), "{}", error(&alone));
    let token = run(&["token", "--role", "clerk", "--hours", "25"], &[])?;
    ensure!(token.status.code() == Some(2), "{}", error(&token));
    ensure!(error(&token).contains("identity.token_lifetime_hours_max"), "{}", error(&token));
    Ok(())
}

#[test]
fn no_password_and_no_token_is_printed() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let data = path(data.path())?;
    // Nothing listens on port 1.
    let journal = "nats://user:sesame@127.0.0.1:1";
    let keys = data.to_owned() + "/keys";
    service_kit::identity::ensure_development_keys(Path::new(&keys))?;
    for (arguments, variables) in [
        (vec!["serve", "ledger", "--journal", journal, "--print-config"], vec![]),
        (vec!["serve", "directory", "--listen", "127.0.0.1:0", "--journal", journal], vec![]),
        (
            vec!["serve", "directory", "--listen", "127.0.0.1:0", "--journal", journal],
            vec![("HUISHANG_LOG__FILTER", "trace,async_nats=trace,async_nats::connector=trace")],
        ),
        (vec!["serve", "directory", "--journal", "http://user:sesame@127.0.0.1:1"], vec![]),
        (vec!["serve", "directory", "--journal", "user:sesame@127.0.0.1:1"], vec![]),
        (vec!["up"], vec![("HUISHANG_JOURNAL", journal)]),
        (vec!["serve", "--help"], vec![("HUISHANG_JOURNAL", journal)]),
        (vec!["ledger", "repair", "--help"], vec![("HUISHANG_JOURNAL", journal)]),
        (vec!["department", "list", "--help"], vec![("HUISHANG_TOKEN", "sesame")]),
        (vec!["department", "list", "--help"], vec![("HUISHANG_SERVER", "http://user:sesame@127.0.0.1:1")]),
        (
            vec!["department", "list", "--token", "x"],
            vec![("HUISHANG_SERVER", "http://user:sesame@127.0.0.1:1")],
        ),
        (
            vec!["department", "list", "--token", "x"],
            vec![("HUISHANG_SERVER", "https://user:sesame@127.0.0.1:1")],
        ),
        (vec!["department", "list", "--token", "x"], vec![("HUISHANG_SERVER", "user:sesame@127.0.0.1:1:1")]),
        (vec!["demo", "--help"], vec![("HUISHANG_SERVER", "http://user:sesame@127.0.0.1:1")]),
        (vec!["department", "list", "--token", "sesame\u{1b}"], vec![]),
    ] {
        let variables: Vec<_> = variables.into_iter().chain([("HUISHANG_DATA", data)]).collect();
        let ended = run(&arguments, &variables)?;
        let all = printed(&ended) + &error(&ended);
        ensure!(!all.contains("sesame"), "{arguments:?}: {all}");
    }
    let shown = run(&["serve", "ledger", "--journal", journal, "--print-config"], &[])?;
    ensure!(printed(&shown).contains("journal = \"nats://***@127.0.0.1:1\""), "{}", printed(&shown));
    Ok(())
}
