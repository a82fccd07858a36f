//! A witness, to which a ledger shows its heads.

use crate::oidc::python;
use anyhow::{Context as _, ensure};
use harness::{Process, root};
use std::path::PathBuf;
use std::process::Command;

/// A running witness, of ours or, with `TEST_LITEWITNESS`, the one in that directory.
pub struct Witness {
    folder: tempfile::TempDir,
    programs: Option<PathBuf>,
    url: String,
    key: String,
    _process: Process,
}

impl Witness {
    /// Starts a witness that knows no log.
    pub fn start(name: &str) -> anyhow::Result<Witness> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("logs"), "")?;
        let programs = std::env::var_os("TEST_LITEWITNESS").map(PathBuf::from);
        let mut command = Command::new(python());
        command.arg(root().join("tests/witness/witness.py")).arg(folder.path()).arg(name).args(&programs);
        let announced = |line: &str| {
            let (url, key) = line.strip_prefix("witness ")?.split_once(' ')?;
            Some((url.to_owned(), key.to_owned()))
        };
        let (process, (url, key)) = Process::start("witness", &mut command, announced)?;
        Ok(Witness { folder, programs, url, key, _process: process })
    }

    /// Its public key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How the file of a ledger's witnesses names it.
    pub fn entry(&self) -> String {
        format!("[[witness]]\nkey = '{}'\nurl = '{}'\n", self.key, self.url)
    }

    /// Makes a log known to it, by its key.
    pub fn add_log(&self, key: &str) -> anyhow::Result<()> {
        let Some(programs) = &self.programs else {
            return Ok(std::fs::write(self.folder.path().join("logs"), format!("{key}\n"))?);
        };
        let origin = key.split('+').next().context("the key names its log")?;
        let database = self.folder.path().join("db");
        for arguments in [&["add-log"][..], &["add-key", "-key", key]] {
            let mut command = Command::new(programs.join("witnessctl"));
            command.args(arguments).args(["-origin", origin, "-db"]).arg(&database);
            let added = command.output()?;
            ensure!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        Ok(())
    }
}
