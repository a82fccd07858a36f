//! TLS in the client, and a server that is not configured as by default: what `up` prints works as it is.

use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use tests::{Process, huishang};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Realm, issuer, shorter tokens and data directory in a file, in a folder with a space in its name.
const CONFIG: &str = "\
realm = 'river'
data = 'its data'
listen = '127.0.0.1:0'
clock = 'movable:2027-03-01T01:00:00Z'
[identity]
issuer = 'https://issuer.example'
token_lifetime_hours_max = 2
";

/// A process that was started with [`CONFIG`].
struct Configured {
    folder: tempfile::TempDir,
    address: String,
    _process: Process,
}

impl Configured {
    fn start() -> anyhow::Result<Configured> {
        let folder = tempfile::Builder::new().prefix("a folder").tempdir()?;
        std::fs::write(folder.path().join("its config.toml"), CONFIG)?;
        let mut shell = within(folder.path(), "sh");
        shell.args(["-c", "exec \"$0\" up --config 'its config.toml' >printed"]).arg(huishang());
        shell.env("HUISHANG_LOG__FORMAT", "json");
        let (process, address) = Process::start("up", &mut shell, |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == "serving").then(|| line["address"].as_str().unwrap_or_default().to_owned())
        })?;
        Ok(Configured { folder, address, _process: process })
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = within(self.folder.path(), &huishang().to_string_lossy());
        Ok(command.args(arguments).args(["--config", "its config.toml"]).output()?)
    }
}

/// A command in the folder, which knows nothing of whoever runs the tests.
fn within(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUISHANG_")) {
        command.env_remove(name);
    }
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Accepts TLS connections with a certificate that is its own authority, and hands on what they carry. Returns its URL
/// and the authority.
async fn start_tls(folder: &Path, backend: &str) -> anyhow::Result<(String, String)> {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    let backend = backend.to_owned();
    tokio::spawn(async move {
        while let Ok((accepted, _)) = listener.accept().await {
            let (acceptor, backend) = (acceptor.clone(), backend.clone());
            tokio::spawn(async move {
                let mut outside = acceptor.accept(accepted).await?;
                let mut inside = TcpStream::connect(backend).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    let file = folder.join("authority.pem");
    std::fs::write(&file, certified.cert.pem())?;
    Ok((url, file.to_string_lossy().into_owned()))
}

#[test]
fn what_up_prints_works_as_it_is() -> anyhow::Result<()> {
    let configured = Configured::start()?;
    let printed = std::fs::read_to_string(configured.folder.path().join("printed"))?;
    let commands: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    ensure!(commands.len() >= 7, "{printed}");
    let mut shell = within(configured.folder.path(), "sh");
    let ran = shell.args(["-e", "-c", &commands.join("\n")]).output()?;
    ensure!(ran.status.success(), "{printed}\n{}", text(&ran));
    ensure!(text(&ran).matches("交通运输局").count() == 3, "{}", text(&ran));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_the_demo_reach_a_server_with_tls_and_only_one_that_is_trusted() -> anyhow::Result<()> {
    let configured = Configured::start()?;
    let (url, authority) = start_tls(configured.folder.path(), &configured.address).await?;
    let list = ["department", "list", "--as", "auditor", "--server", &url];
    let listed = configured.run(&[&list[..], &["--ca-file", &authority]].concat())?;
    ensure!(listed.status.success() && text(&listed).contains("no departments"), "{}", text(&listed));

    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?.cert.pem();
    let wrong = configured.folder.path().join("stranger.pem");
    std::fs::write(&wrong, stranger)?;
    let refused = configured.run(&[&list[..], &["--ca-file", wrong.to_str().context("a path")?]].concat())?;
    ensure!(refused.status.code() == Some(2), "{}", text(&refused));
    let why = format!("--server: {url} shows a certificate that is not trusted: ");
    ensure!(
        text(&refused).contains(&why) && text(&refused).contains("--ca-file names"),
        "{}",
        text(&refused)
    );

    let demo = configured.run(&["demo", "--server", &url, "--ca-file", &authority])?;
    ensure!(demo.status.success() && text(&demo).contains("all verified"), "{}", text(&demo));
    has_no_loose_ends(&text(&demo))
}

/// Whether the story is one: each heading has something below it, times are local, and who is late is told so.
fn has_no_loose_ends(story: &str) -> anyhow::Result<()> {
    let lines: Vec<&str> = story.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("   ── ")) {
        ensure!(lines.get(at + 1).is_some_and(|next| !next.trim().is_empty()), "nothing below {line}");
    }
    ensure!(!story.contains(":00Z"), "a time in UTC:\n{story}");
    for late in ["INDUSTRY: overdue", "LAND: overdue"] {
        ensure!(story.contains(late), "{late} is not told:\n{story}");
    }
    Ok(())
}
