//! An OpenID Connect provider, at which tests sign in.

use crate::python_programs;
use anyhow::ensure;
use harness::{Process, root};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

/// A running provider, which has new keys each time it is started.
pub struct OidcProvider {
    port: u16,
    users: String,
    process: Option<Process>,
}

impl OidcProvider {
    /// Starts a provider that knows one user, with these claims in JSON.
    pub fn start(user: &serde_json::Value) -> anyhow::Result<OidcProvider> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut provider = OidcProvider { port, users: user.to_string(), process: None };
        provider.resume()?;
        Ok(provider)
    }

    /// Ends it, so that it cannot be reached.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again at the same address, with other keys.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.stop();
        let mut command = Command::new(python());
        command.args(["-m", "oidc_provider_mock", "--port", &self.port.to_string()]);
        command.args(["--user-claims", &self.users]);
        let is_up = |line: &str| line.contains("running on").then_some(());
        self.process = Some(Process::start("oidc-provider", &mut command, is_up)?.0);
        Ok(())
    }

    /// What its tokens have as `iss`.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Signs a user in for an audience; returns the token.
    pub fn sign_in(&self, user: &str, audience: &str) -> anyhow::Result<String> {
        let script = root().join("tests/oidc/sign_in.py");
        let signed_in = Command::new(python()).arg(script).args([&self.issuer(), user, audience]).output()?;
        ensure!(signed_in.status.success(), "{}", String::from_utf8_lossy(&signed_in.stderr));
        Ok(String::from_utf8(signed_in.stdout)?.trim().to_owned())
    }
}

/// The Python that has the provider, and with it PyPI's cryptography.
pub(crate) fn python() -> PathBuf {
    python_programs("oidc").join("python")
}
