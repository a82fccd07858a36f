//! The description of the HTTP door, and whether the door does what it says.

use anyhow::{Context as _, ensure};
use domain::Role;
use service_kit::config::Config;
use service_kit::identity::{Claims, SigningKey};
use std::process::Command;
use tests::{Mode, Sandbox, SandboxConfig, root};

/// Requests that are made for each operation; `HUISHANG_OPENAPI_CASES` has another number.
const CASES: &str = "2";

/// A token with all roles that one person may have.
fn token(sandbox: &Sandbox) -> anyhow::Result<String> {
    let config = Config::default();
    let now = jiff::Timestamp::now().as_second();
    let several = Role::ALL.iter().filter(|role| !matches!(role, Role::Auditor | Role::Security));
    let claims = Claims {
        aud: config.audience(),
        iss: config.identity.issuer,
        sub: "everybody".into(),
        department: Some("WATER".into()),
        roles: several.map(|role| role.as_str().to_owned()).collect(),
        iat: now,
        exp: now + 3600,
    };
    Ok(SigningKey::read(&sandbox.signing_key())?.sign(&claims)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_is_as_it_describes_itself_whatever_is_sent() -> anyhow::Result<()> {
    // Its clock cannot be moved.
    let system = SandboxConfig { clock: "system".into(), ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, system)?;
    let token = token(&sandbox)?;
    let address = sandbox.http_with_token(None)?.address().to_owned();
    let script = root().join("tests/openapi/run");
    let cases = std::env::var("HUISHANG_OPENAPI_CASES").unwrap_or_else(|_| CASES.to_owned());
    let mut command = Command::new(&script);
    command.args([&format!("http://{address}"), &token, &cases]);
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.with_context(|| format!("{} cannot be run", script.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_can_be_read_without_a_token() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let anybody = sandbox.http_with_token(None)?;
    let page = anybody.get("/docs").await?;
    ensure!(page.status == 200 && page.text().contains("RegisterDepartment"), "{}", page.status);
    ensure!(page.header("content-security-policy").starts_with("default-src 'none'"), "{page:?}");
    ensure!(anybody.get("/docs.css").await?.header("content-type").starts_with("text/css"));
    Ok(())
}
