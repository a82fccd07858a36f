//! TLS in the server: certificates are replaced while calls go on, and whoever cannot connect is told why.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use client::{Connections, Tls, Token};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tests::{Authority, Mode, Sandbox, SandboxConfig, TlsFolder, huishang, until, until_blocking};
use tonic::Status;

/// Time in which a connection without a token must be closed.
const PATIENCE: Duration = Duration::from_secs(30);
/// The name that the servers' certificates are for.
const NAME: &str = "localhost";

fn start(mode: Mode, folder: &TlsFolder) -> anyhow::Result<Sandbox> {
    Sandbox::start_with(mode, SandboxConfig { settings: folder.settings(), ..SandboxConfig::default() })
}

/// The addresses of an installation with TLS.
fn secure(sandbox: &Sandbox) -> String {
    sandbox.server().replace("http://127.0.0.1", &format!("https://{NAME}"))
}

fn connect(sandbox: &Sandbox, tls: &Tls) -> anyhow::Result<client::Client> {
    let connections = Connections::lazy(&secure(sandbox).parse()?, tls)?;
    Ok(client::Client::new(connections, Some(Token::bearer(&sandbox.token_of(Role::Auditor, None)?)?)))
}

/// Calls on a new connection.
async fn call(sandbox: &Sandbox, tls: &Tls) -> anyhow::Result<Result<(), Status>> {
    Ok(connect(sandbox, tls)?.call(ListDepartmentsRequest::default()).await.map(drop))
}

/// Waits until a call on a new connection succeeds, or fails.
async fn until_a_call(succeeds: bool, sandbox: &Sandbox, tls: &Tls) -> anyhow::Result<()> {
    let has_effect = async || match call(sandbox, tls).await {
        Ok(called) => (called.is_ok() == succeeds).then_some(Ok(())),
        Err(error) => Some(Err(error)),
    };
    until("the effect of the changed files", has_effect).await
}

in_both_modes!(certificates_are_replaced_under_load_and_no_call_fails);

async fn certificates_are_replaced_under_load_and_no_call_fails(mode: Mode) -> anyhow::Result<()> {
    // Given an installation, and callers who trust the authority of today and that of tomorrow
    let authorities = [Authority::new()?, Authority::new()?];
    let folder = TlsFolder::new(&authorities[0].server(NAME)?, None)?;
    let sandbox = Arc::new(start(mode, &folder)?);
    let both = Tls {
        trust: client::Trust::Authorities(authorities[0].pem() + &authorities[1].pem()),
        ..Tls::default()
    };
    let (over, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (sandbox, both) = (sandbox.clone(), both.clone());
            let (over, calls) = (over.clone(), calls.clone());
            tokio::spawn(async move {
                let old = connect(&sandbox, &both)?;
                while !over.load(Ordering::SeqCst) {
                    old.call(ListDepartmentsRequest::default()).await.context("on an old connection")?;
                    call(&sandbox, &both).await?.context("on a new connection")?;
                    calls.fetch_add(2, Ordering::SeqCst);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    // When the certificate is replaced, again and again, by one of the other authority
    for round in 1..=3 {
        let (new, old) = (&authorities[round % 2], &authorities[(round + 1) % 2]);
        folder.put(&new.server(NAME)?)?;
        until_a_call(true, &sandbox, &new.tls(None)).await?;
        until_a_call(false, &sandbox, &old.tls(None)).await?;
    }
    over.store(true, Ordering::SeqCst);
    // Then no call has failed.
    for caller in callers {
        caller.await??;
    }
    ensure!(calls.load(Ordering::SeqCst) > 100, "there was no load: {calls:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_change_nothing_and_are_warned_of_once() -> anyhow::Result<()> {
    let authority = Authority::new()?;
    let good = authority.server(NAME)?;
    let folder = TlsFolder::new(&good, None)?;
    let mut sandbox = start(Mode::Embedded, &folder)?;
    let (another, expired) = (authority.server(NAME)?, authority.expired_server(NAME)?);
    for (certificate, key, why) in [
        ("no certificate", &good.key, "no certificate"),
        (good.certificate.as_str(), &"no key".to_owned(), "no private key"),
        (another.certificate.as_str(), &good.key, "the key is not that of the certificate"),
        (expired.certificate.as_str(), &expired.key, "it has expired"),
    ] {
        // When the files are replaced by such that cannot be used, and the process is told to read them, twice
        folder.file("server.pem", certificate)?;
        folder.file("server-key.pem", key)?;
        let process = sandbox.process("up");
        let before = warnings(&process.log());
        hang_up(process.id())?;
        until_blocking("a warning", || (warnings(&process.log()).len() > before.len()).then_some(()));
        hang_up(process.id())?;
        // Then the old certificate is shown, and there is one warning that says why.
        ensure!(call(&sandbox, &authority.tls(None)).await?.is_ok(), "{why}");
        let log = sandbox.process("up").log();
        let new = &warnings(&log)[before.len()..];
        ensure!(new.len() == 1 && new[0].contains(why), "{why}: {new:?}");
    }
    Ok(())
}

fn warnings(log: &str) -> Vec<String> {
    log.lines()
        .filter(|line| line.contains("the certificates of TLS stay as they were"))
        .map(str::to_owned)
        .collect()
}

fn hang_up(process: u32) -> anyhow::Result<()> {
    ensure!(
        Command::new("kill").args(["-HUP", &process.to_string()]).status()?.success(),
        "the signal is sent"
    );
    Ok(())
}

/// `huishang department list` at this address.
fn list(sandbox: &Sandbox, server: &str, flags: &[&str]) -> anyhow::Result<Output> {
    Command::new(huishang())
        .args(["department", "list", "--as", "auditor", "--server", server, "--data"])
        .arg(sandbox.folder())
        .args(flags)
        .output()
        .context("the binary runs")
}

fn ensure_says(output: &Output, code: i32, parts: &[&str]) -> anyhow::Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(code), "{:?}: {said}", output.status);
    for part in parts {
        ensure!(said.contains(part), "{part:?} is missing: {said}");
    }
    Ok(())
}

#[test]
fn whoever_does_not_accept_the_server_is_told_what_to_do() -> anyhow::Result<()> {
    let (authority, stranger) = (Authority::new()?, Authority::new()?);
    for (certificate, trusted, parts) in [
        (authority.expired_server(NAME)?, &authority, ["it has expired", "to be replaced on the server"]),
        (authority.server("huishang.example")?, &authority, ["it is for another name", "huishang.example"]),
        (authority.server(NAME)?, &stranger, ["no trusted authority has signed it", "--ca-file"]),
    ] {
        let folder = TlsFolder::new(&certificate, None)?;
        let sandbox = start(Mode::Embedded, &folder)?;
        let trusted = folder.file("trusted.pem", &trusted.pem())?;
        ensure_says(&list(&sandbox, &secure(&sandbox), &["--ca-file", &trusted])?, 2, &parts)?;
    }
    Ok(())
}

#[test]
fn whoever_speaks_tls_to_the_wrong_port_or_does_not_speak_it_is_told_so() -> anyhow::Result<()> {
    let authority = Authority::new()?;
    let folder = TlsFolder::new(&authority.server(NAME)?, None)?;
    let encrypted = start(Mode::Embedded, &folder)?;
    ensure_says(&list(&encrypted, &encrypted.server(), &[])?, 4, &["TLS_REQUIRED", "https://"])?;
    let plain = Sandbox::start(Mode::Embedded)?;
    let trusted = folder.file("trusted.pem", &authority.pem())?;
    let refused = list(&plain, &secure(&plain), &["--ca-file", &trusted])?;
    ensure_says(&refused, 7, &["no TLS is spoken there", "http://", "tls.certificate_file"])
}

#[test]
fn a_client_without_an_accepted_certificate_is_told_what_to_do() -> anyhow::Result<()> {
    let (authority, stranger) = (Authority::new()?, Authority::new()?);
    let folder = TlsFolder::new(&authority.server(NAME)?, Some(&authority))?;
    let mut sandbox = start(Mode::Embedded, &folder)?;
    let trusted = folder.file("trusted.pem", &authority.pem())?;
    let server = secure(&sandbox);
    let show = |own: &tests::Certified| {
        let certificate = folder.file("own.pem", &own.certificate)?;
        let key = folder.file("own-key.pem", &own.key)?;
        list(&sandbox, &server, &["--ca-file", &trusted, "--cert-file", &certificate, "--key-file", &key])
    };
    ensure_says(&show(&authority.client("spiffe://river/archive")?)?, 0, &[])?;
    ensure_says(
        &show(&stranger.client("spiffe://river/archive")?)?,
        2,
        &["does not accept the certificate"],
    )?;
    let without = list(&sandbox, &server, &["--ca-file", &trusted])?;
    ensure_says(&without, 2, &["asks for a certificate", "--cert-file", "--key-file"])?;
    // The health check neither.
    let health =
        Command::new(huishang()).args(["health", "--server", &server, "--ca-file", &trusted]).output()?;
    ensure_says(&health, 7, &["asks for a certificate"])?;
    // The server's log says so too.
    let log = sandbox.process("up").log();
    ensure!(log.contains("TLS_FAILED") && log.contains("peer sent no certificates"), "{log}");
    Ok(())
}

#[test]
fn connections_that_do_not_complete_the_handshake_make_room_and_do_not_stay() -> anyhow::Result<()> {
    // Given places for two connections without a token, for two seconds
    let authority = Authority::new()?;
    let folder = TlsFolder::new(&authority.server(NAME)?, None)?;
    let mut settings = folder.settings();
    settings.push(("HUISHANG_LIMITS__UNKNOWN_CONNECTIONS_MAX", "2".into()));
    settings.push(("HUISHANG_LIMITS__UNKNOWN_CONNECTION_SECONDS_MAX", "2".into()));
    let sandbox =
        Sandbox::start_with(Mode::Embedded, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let address = sandbox.server().replace("http://", "");
    // When more come, and begin a handshake without going on
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut connection = TcpStream::connect(&address)?;
        connection.write_all(&[0x16, 3, 1])?;
        connection.set_read_timeout(Some(PATIENCE))?;
        silent.push(connection);
    }
    // Then whoever completes it is served, and the others are closed.
    let trusted = folder.file("trusted.pem", &authority.pem())?;
    let health = ["health", "--live", "--server", &secure(&sandbox), "--ca-file", &trusted];
    ensure_says(&Command::new(huishang()).args(health).output()?, 0, &[])?;
    for mut connection in silent {
        let closed = connection.read_to_end(&mut Vec::new());
        ensure!(
            closed.is_ok() || closed.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
        );
    }
    Ok(())
}
