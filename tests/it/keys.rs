//! Keys: public ones are read again while the process runs, development keys are made only where nothing is lost and
//! nobody else can use them, and a token is good for one realm.

use crate::commands::offline;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use service_kit::identity::ensure_development_keys;
use std::future::Future;
use std::path::Path;
use std::process::{Command, Output};
use tests::{Client, Mode, Process, Sandbox, SandboxConfig, huishang};
use tonic::{Code, Status};

/// Waits until something is so.
async fn until<F: Future<Output = anyhow::Result<bool>>>(
    what: &str,
    is_so: impl Fn() -> F,
) -> anyhow::Result<()> {
    tests::until(what, async || is_so().await.map(|so| so.then_some(())).transpose()).await
}

async fn is_accepted(client: &Client) -> anyhow::Result<bool> {
    match client.call(ListDepartmentsRequest::default()).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::Unauthenticated => Ok(false),
        Err(status) => Err(status.into()),
    }
}

/// Lines of a process's log that contain a text.
fn count(process: &Process, text: &str) -> usize {
    process.log().lines().filter(|line| line.contains(text)).count()
}

/// `huishang up` in a directory, on any port, with these variables and flags; it is expected to end by itself.
fn up(data: &Path, variables: &[(&str, &str)], flags: &[&str]) -> anyhow::Result<Output> {
    Command::new(huishang())
        .args(["up", "--data"])
        .arg(data)
        .args(flags)
        .envs(variables.iter().copied())
        .output()
        .context("the binary runs")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_out_of_the_file_vouches_no_more() -> anyhow::Result<()> {
    // Given a token that was accepted
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let keys = sandbox.folder().join("keys");
    let old = sandbox.client(Role::Auditor, None).await?;
    ensure!(is_accepted(&old).await?, "the token is valid");
    let mut follower = old.follow(0).await?;
    // When the keys are replaced by others
    std::fs::rename(&keys, sandbox.folder().join("old-keys"))?;
    ensure_development_keys(&keys)?;
    // Then it is refused, and a token of the new key is accepted, without a restart.
    until("the old token is refused", || async { Ok(!is_accepted(&old).await?) }).await?;
    let new = sandbox.client(Role::Auditor, None).await?;
    ensure!(is_accepted(&new).await?, "the new key vouches");
    let ended = follower.wait_for_more(1).await.unwrap_err().downcast::<Status>()?;
    ensure!(ended.code() == Code::Unauthenticated, "what was begun with the old token ends: {ended}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sighup_the_file_is_read_again_and_the_process_goes_on() -> anyhow::Result<()> {
    // Given a running process
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let client = sandbox.client(Role::Auditor, None).await?;
    let id = sandbox.process("up").id().to_string();
    // When it is told to read its keys again
    ensure!(Command::new("kill").args(["-HUP", &id]).status()?.success(), "the signal is sent");
    // Then it does, though nothing has changed, and goes on.
    let process = sandbox.process("up");
    until("the keys are read again", || {
        let read = count(process, "read the keys that verify tokens again");
        async move { Ok(read == 1) }
    })
    .await?;
    ensure!(is_accepted(&client).await? && sandbox.is_running("up")?, "it goes on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_became_unreadable_leaves_the_keys_as_they_were() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let client = sandbox.client(Role::Auditor, None).await?;
    std::fs::write(sandbox.folder().join("keys/jwks.json"), "{\"keys\": [")?;
    let process = sandbox.process("up");
    until("it is reported", || {
        let reported = count(process, "the keys that verify tokens stay as they were");
        async move { Ok(reported == 1) }
    })
    .await?;
    ensure!(is_accepted(&client).await?, "the old keys vouch");
    Ok(())
}

#[test]
fn without_a_usable_key_the_process_does_not_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let jwks = folder.path().join("public.json");
    let leaked = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "leaked", "x": "AQ", "d": "sesame"},
                              {"kty": "RSA", "kid": "sealed", "use": "enc", "n": "AQ", "e": "AQAB"}]}"#;
    std::fs::write(&jwks, leaked)?;
    let flags = ["--listen", "127.0.0.1:0", "--identity-jwks", jwks.to_str().context("a path")?];
    let ended = up(&folder.path().join("data"), &[], &flags)?;
    let told = error(&ended);
    ensure!(!ended.status.success(), "{told}");
    for part in [
        "public.json",
        "no key in it that verifies tokens",
        "\"leaked\" is refused",
        "\"sealed\" is passed over",
    ] {
        ensure!(told.contains(part), "{part}: {told}");
    }
    ensure!(!told.contains("sesame"), "{told}");
    Ok(())
}

#[test]
fn a_damaged_signing_key_is_not_taken_for_a_missing_one() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let [damaged, missing] = ["damaged.pem", "missing.pem"].map(|name| folder.path().join(name));
    std::fs::write(&damaged, "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n")?;
    for (file, said) in [(damaged, "cannot be used"), (missing, "there is no signing key")] {
        let file = file.display().to_string();
        let refused = offline(&["token", "--role", "clerk", "--signing-key", &file])?;
        ensure!(!refused.status.success() && error(&refused).contains(said), "{}", error(&refused));
        ensure!(error(&refused).contains(&file), "{}", error(&refused));
    }
    Ok(())
}

#[test]
fn keys_of_ones_own_are_never_written_over() -> anyhow::Result<()> {
    for (own, missing) in [("jwks.json", "signing-key.pem"), ("signing-key.pem", "jwks.json")] {
        // Given a data directory with one of the two files
        let data = tempfile::tempdir()?;
        std::fs::create_dir(data.path().join("keys"))?;
        std::fs::write(data.path().join("keys").join(own), "my own")?;
        // When the process is started
        let ended = up(data.path(), &[], &["--listen", "127.0.0.1:0"])?;
        // Then it says what to do, and has changed nothing.
        ensure!(!ended.status.success(), "{}", error(&ended));
        ensure!(error(&ended).contains(own) && error(&ended).contains("identity.jwks"), "{}", error(&ended));
        ensure!(
            std::fs::read_to_string(data.path().join("keys").join(own))? == "my own",
            "{own} was changed"
        );
        ensure!(!data.path().join("keys").join(missing).exists(), "{missing} was made");
    }
    Ok(())
}

#[test]
fn development_keys_are_not_used_where_others_can_reach_them() -> anyhow::Result<()> {
    let elsewhere = ["--listen", "0.0.0.0:0"];
    // Given a new data directory, then none are made.
    let data = tempfile::tempdir()?;
    let ended = up(data.path(), &[], &elsewhere)?;
    ensure!(ended.status.code() == Some(2), "{}", error(&ended));
    ensure!(error(&ended).contains("identity.jwks is not set"), "{}", error(&ended));
    ensure!(!data.path().join("keys").exists(), "keys were made");
    // Given development keys that were made before, then they are not used.
    ensure_development_keys(&data.path().join("keys"))?;
    let ended = up(data.path(), &[], &elsewhere)?;
    ensure!(ended.status.code() == Some(2), "{}", error(&ended));
    // Unless the settings say so.
    let mut command = Command::new(huishang());
    command.args(["up", "--data"]).arg(data.path()).args(elsewhere).env("HUISHANG_LOG__FORMAT", "json");
    command.env("HUISHANG_IDENTITY__ALLOW_DEVELOPMENT_KEYS", "true");
    Process::start("up", &mut command, |line| line.contains("\"serving\"").then_some(()))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_one_realm() -> anyhow::Result<()> {
    // Given two realms with the same keys
    let other =
        SandboxConfig { settings: vec![("HUISHANG_REALM", "linjiang".into())], ..SandboxConfig::default() };
    let sandbox = Sandbox::start_with(Mode::Embedded, other)?;
    // When a token of the realm main is shown to the realm linjiang
    let client = sandbox.client(Role::Auditor, None).await?;
    let refused = client.call(ListDepartmentsRequest::default()).await.unwrap_err();
    // Then it is refused, and the message says why.
    ensure!(Client::reason(&refused).as_deref() == Some("TOKEN_INVALID"), "{refused}");
    ensure!(refused.message().contains("\"huishang/linjiang\""), "{refused}");
    // Whoever signs for the realm is accepted there.
    let server = sandbox.server();
    let list = |realm: &str| {
        Command::new(huishang())
            .args(["department", "list", "--as", "auditor", "--server", &server, "--data"])
            .arg(sandbox.folder())
            .env("HUISHANG_REALM", realm)
            .output()
    };
    ensure!(list("linjiang")?.status.success(), "{}", error(&list("linjiang")?));
    ensure!(list("main")?.status.code() == Some(5), "{}", error(&list("main")?));
    Ok(())
}
