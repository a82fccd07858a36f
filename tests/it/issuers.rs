//! Issuers with their keys at a URL: keys are rotated, the URL is away for a while, and what a token comes to can be
//! explained.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use proto::directory::v1::ListDepartmentsRequest;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use tests::{Authority, Client, Mode, OidcProvider, Sandbox, SandboxConfig, TlsFolder, huishang};

const AUDIENCE: &str = "huishang/main";

/// A user whose groups make them a clerk and a delegate of WATER.
fn li() -> Value {
    json!({"sub": "li", "realm_access": {"groups": ["clerks", "water", "staff"]}, "acr": "mfa"})
}

/// The issuers of a file: the provider, with groups that mean something here.
fn issuers(provider: &OidcProvider) -> String {
    format!(
        "[[issuer]]
         issuer = '{0}'
         jwks_url = '{0}/jwks'
         subject_prefix = 'city:'
         [issuer.claims]
         groups = '/realm_access/groups'
         [[issuer.group]]
         name = 'clerks'
         roles = ['clerk']
         [[issuer.group]]
         name = 'water'
         roles = ['delegate']
         department = 'WATER'
         [[certificate]]
         name = 'spiffe://river/archive'
         subject = 'archive'
         roles = ['auditor']
        ",
        provider.issuer()
    )
}

/// A file of issuers, and an installation that uses it.
struct Installation {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Installation {
    fn start(mode: Mode, provider: &OidcProvider) -> anyhow::Result<Installation> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("issuers.toml");
        std::fs::write(&file, issuers(provider))?;
        let settings = vec![("HUISHANG_IDENTITY__ISSUERS_FILE", file.to_string_lossy().into_owned())];
        let config = SandboxConfig { settings, own_keys: true, ..SandboxConfig::default() };
        Ok(Installation { sandbox: Sandbox::start_with(mode, config)?, folder })
    }

    /// Who a token is here, or why it is nobody.
    async fn call(&self, token: &str) -> anyhow::Result<Result<(), tonic::Status>> {
        let client = self.sandbox.client_with_token(token).await?;
        Ok(client.call(ListDepartmentsRequest::default()).await.map(drop))
    }

    fn explain(&self, token: &str, flags: &[&str]) -> anyhow::Result<Output> {
        explain(&self.folder.path().join("issuers.toml"), self.folder.path(), token, flags)
    }
}

fn explain(issuers: &Path, folder: &Path, token: &str, flags: &[&str]) -> anyhow::Result<Output> {
    let file = folder.join("a.token");
    std::fs::write(&file, token)?;
    let explained = Command::new(huishang())
        .args(["identity", "explain", "--token"])
        .arg(file)
        .args(flags)
        .env("HUISHANG_IDENTITY__ISSUERS_FILE", issuers)
        .output();
    explained.context("the binary runs")
}

in_both_modes!(keys_at_a_url_are_rotated_and_outlast_its_absence);

async fn keys_at_a_url_are_rotated_and_outlast_its_absence(mode: Mode) -> anyhow::Result<()> {
    // Given a provider whose tokens are accepted
    let mut provider = OidcProvider::start(&li())?;
    let installation = Installation::start(mode, &provider)?;
    let old = provider.sign_in("li", AUDIENCE)?;
    ensure!(installation.call(&old).await?.is_ok(), "the first key");
    // When the provider rotates its keys, then many who come at once with a new token are all accepted.
    provider.resume()?;
    let new = provider.sign_in("li", AUDIENCE)?;
    let calls = futures::future::join_all((0..20).map(|_| installation.call(&new))).await;
    for call in calls {
        call??;
    }
    // And the old key vouches no more, though its token was remembered.
    let refused = installation.call(&old).await?.expect_err("the old key is gone");
    ensure!(Client::reason(&refused).as_deref() == Some("TOKEN_INVALID"), "{refused}");
    // When the provider is away, then the keys that were read last go on to vouch.
    provider.stop();
    ensure!(installation.call(&new).await?.is_ok(), "the last good keys");
    let refused = installation.call(&old).await?.expect_err("still gone");
    ensure!(Client::reason(&refused).as_deref() == Some("TOKEN_INVALID"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_while_the_provider_is_away_and_accepts_its_tokens_once_it_is_back()
-> anyhow::Result<()> {
    let mut provider = OidcProvider::start(&li())?;
    provider.stop();
    let mut installation = Installation::start(Mode::Embedded, &provider)?;
    let log = installation.sandbox.process("up").log();
    ensure!(log.contains("no token of this issuer is accepted until its keys can be read"), "{log}");
    provider.resume()?;
    let token = provider.sign_in("li", AUDIENCE)?;
    installation.call(&token).await??;
    Ok(())
}

#[test]
fn what_comes_of_a_token_is_explained_without_showing_it() -> anyhow::Result<()> {
    let provider = OidcProvider::start(&li())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("issuers.toml");
    std::fs::write(&file, issuers(&provider))?;
    let token = provider.sign_in("li", AUDIENCE)?;
    let explained = explain(&file, folder.path(), &token, &[])?;
    let printed = String::from_utf8_lossy(&explained.stdout).into_owned();
    ensure!(explained.status.success(), "{printed}{}", String::from_utf8_lossy(&explained.stderr));
    for line in [
        &format!("issuer: {}", provider.issuer()),
        &format!("keys from: {}/jwks", provider.issuer()),
        "algorithm: RS256",
        "groups without effect: staff",
        "in the log: city:li",
        "department: WATER",
        "roles: clerk, delegate",
        "acr: mfa",
    ] {
        ensure!(printed.lines().any(|printed| printed == line), "{line}: {printed}");
    }
    let signature = token.rsplit('.').next().context("a signature")?;
    ensure!(!printed.contains(signature), "{printed}");
    // Given one that is not accepted, it says why.
    for (token, why) in [
        (provider.sign_in("li", "huishang/other")?, "its audience (aud) is not"),
        (token.replace(signature, "AAAA"), "its signature fits none of the keys"),
        ("no token".into(), "it is no signed JWT"),
    ] {
        let explained = explain(&file, folder.path(), &token, &["--json"])?;
        ensure!(explained.status.code() == Some(5), "{why}: {:?}", explained.status);
        let json: Value = serde_json::from_slice(&explained.stdout)?;
        ensure!(json["refused"].as_str().is_some_and(|refused| refused.contains(why)), "{why}: {json}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_issuers_that_changes_is_obeyed_and_one_that_is_wrong_is_not() -> anyhow::Result<()> {
    let provider = OidcProvider::start(&li())?;
    let mut installation = Installation::start(Mode::Embedded, &provider)?;
    let token = provider.sign_in("li", AUDIENCE)?;
    installation.call(&token).await??;
    let file = installation.folder.path().join("issuers.toml");
    let hang_up = |installation: &mut Installation, says: &str| {
        let process = installation.sandbox.process("up");
        let id = process.id().to_string();
        ensure!(Command::new("kill").args(["-HUP", &id]).status()?.success(), "the signal is sent");
        process.wait_for_log(says);
        anyhow::Ok(())
    };
    std::fs::write(&file, "[[issuer]]\nissuer = 'x'\n")?;
    hang_up(&mut installation, "either jwks_file or jwks_url")?;
    installation.call(&token).await??;
    // When the group of clerks means something else, then so does the token that is remembered.
    std::fs::write(&file, issuers(&provider).replace("['clerk']", "[]").replace("['delegate']", "[]"))?;
    hang_up(&mut installation, "read the issuers of tokens again")?;
    let refused = installation.call(&token).await?.expect_err("no role is left");
    ensure!(Client::reason(&refused).as_deref() == Some("ROLE_REQUIRED"), "{refused}");
    let explained = installation.explain(&token, &[])?;
    let why = String::from_utf8_lossy(&explained.stderr);
    ensure!(explained.status.code() == Some(5) && why.contains("no role that is known here"), "{why}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_known_by_its_certificate() -> anyhow::Result<()> {
    let authority = Authority::new()?;
    let folder = TlsFolder::new(&authority.server("localhost")?, Some(&authority))?;
    let certificate =
        "[[certificate]]\nname = 'spiffe://river/archive'\nsubject = 'archive'\nroles = ['auditor']\n";
    let mut settings = folder.settings();
    settings.push(("HUISHANG_IDENTITY__ISSUERS_FILE", folder.file("issuers.toml", certificate)?));
    let config = SandboxConfig { settings, own_keys: true, ..SandboxConfig::default() };
    let sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let server = sandbox.server().replace("http://127.0.0.1", "https://localhost").parse()?;
    let call = async |uri: &str| {
        let own = authority.client(uri)?;
        let connections = client::Connections::lazy(&server, &authority.tls(Some(&own)))?;
        let client = client::Client::new(connections, None);
        anyhow::Ok(client.call(ListDepartmentsRequest::default()).await.map(drop))
    };
    call("spiffe://river/archive").await??;
    let refused = call("spiffe://river/other").await?.expect_err("nobody knows it");
    ensure!(Client::reason(&refused).as_deref() == Some("TOKEN_MISSING"), "{refused}");
    Ok(())
}
