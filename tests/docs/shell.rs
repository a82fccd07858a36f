//! A shell that takes the commands of a document, one block after the other, in a directory of its own.

use anyhow::{Context as _, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use tests::{Process, huishang};

/// Ends what a block has printed; the exit code of its last command follows.
const END: &str = "--- the block ends with";
/// Time that one block may take.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// A document's shell, and the servers that it has started.
pub struct Shell {
    folder: tempfile::TempDir,
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    servers: Vec<Process>,
}

impl Shell {
    /// Starts the shell.
    pub fn start() -> anyhow::Result<Shell> {
        let folder = tempfile::tempdir()?;
        let mut child = within(folder.path(), Command::new("sh"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start sh")?;
        let input = child.stdin.take().context("standard input is piped")?;
        let output = child.stdout.take().context("standard output is piped")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut shell = Shell { folder, child, input, lines, servers: Vec::new() };
        shell.run("set -e").map(|_| shell)
    }

    /// Starts a server with a command that does not end, and has the commands that follow use it.
    pub fn start_server(&mut self, command: &str) -> anyhow::Result<()> {
        let mut shell = within(self.folder.path(), Command::new("sh"));
        shell.arg("-c").arg(format!("exec {command}"));
        shell.envs([("HUISHANG_LISTEN", "127.0.0.1:0"), ("HUISHANG_LOG__FORMAT", "json")]);
        let (server, address) = Process::start(command.trim(), &mut shell, |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == "serving").then(|| line["address"].as_str().unwrap_or_default().to_owned())
        })?;
        self.servers.push(server);
        self.run(&format!("export HUISHANG_SERVER=http://{address}")).map(drop)
    }

    /// Runs commands that must all succeed; answers with what they printed.
    pub fn run(&mut self, commands: &str) -> anyhow::Result<String> {
        let (code, printed) = self.send(&format!("{{\n{commands}\n}} 2>&1 </dev/null"))?;
        match code {
            0 => Ok(printed),
            code => bail!("ended with code {code}:\n{printed}"),
        }
    }

    /// Runs a command that must fail; answers with what it printed.
    pub fn run_failing(&mut self, command: &str) -> anyhow::Result<String> {
        let (code, printed) = self.send(&format!("set +e; {{\n{command}\n}} 2>&1 </dev/null"))?;
        match code {
            0 => bail!("succeeded, and was meant to fail:\n{printed}"),
            _ => self.send("set -e").map(|_| printed),
        }
    }

    fn send(&mut self, commands: &str) -> anyhow::Result<(i32, String)> {
        writeln!(self.input, "{commands}\nprintf '\\n{END} %d\\n' $?")?;
        let mut printed = String::new();
        loop {
            let line = match self.lines.recv_timeout(BLOCK_TIMEOUT) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => bail!("took more than {BLOCK_TIMEOUT:?}:\n{printed}"),
                Err(RecvTimeoutError::Disconnected) => bail!("a command failed:\n{printed}"),
            };
            if let Some(code) = line.strip_prefix(END) {
                return Ok((code.trim().parse()?, printed));
            }
            printed.extend([line.as_str(), "\n"]);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that works in the folder, finds this build's binary, and knows nothing of whoever runs the tests.
fn within(folder: &Path, mut command: Command) -> Command {
    let own = huishang();
    let mut places: Vec<PathBuf> = vec![own.parent().expect("it is in a folder").to_owned()];
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUISHANG_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).env("PATH", std::env::join_paths(places).expect("they were in PATH"));
    command
}
