//! Damage to JetStream's store in a complete deployment: in whatever state its files come back, no acknowledged
//! command is missing from the ledger, nothing is committed on top of a wrong stream, and a repair restores the
//! service where it does not recover by itself.
//!
//! `FAULTS_SEED=7 FAULTS_ROUNDS=20 cargo test -p tests --test faults jetstream_store` repeats a run, with more
//! rounds; a round injects every kind of damage once.

use crate::load::all_there;
use crate::seed::{Random, seed, setting};
use anyhow::{Context as _, bail, ensure};
use domain::Role;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::{Client, Mode, Sandbox, huishang};

/// Time within which a deployment must serve again, including the repair.
const RECOVERY_TIME_MAX: Duration = Duration::from_secs(90);

/// Damage done to the files while the broker is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Wiped,
    OlderCopy,
    TailCut,
    BitsFlipped,
    IndexMissing,
}

const KINDS: [Damage; 5] =
    [Damage::Wiped, Damage::OlderCopy, Damage::TailCut, Damage::BitsFlipped, Damage::IndexMissing];

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_the_store_loses_nothing_acknowledged() -> anyhow::Result<()> {
    let (seed, rounds): (u64, u64) = (seed(), setting("FAULTS_ROUNDS", 1));
    eprintln!("FAULTS_SEED={seed} FAULTS_ROUNDS={rounds} repeats this damage");
    for round in 0..rounds {
        let mut chance = Random::new(seed, round);
        for kind in KINDS {
            survives(kind, &mut chance)
                .await
                .with_context(|| format!("{kind:?} in round {round} of seed {seed}"))?;
        }
    }
    Ok(())
}

/// Departments, with the position at which each was acknowledged.
type Acknowledged = BTreeMap<String, u64>;

async fn register(clerk: &Client, done: &mut Acknowledged, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        let code = format!("D{}", done.len());
        done.insert(code.clone(), clerk.register_department(&code).await?);
    }
    Ok(())
}

async fn survives(kind: Damage, chance: &mut Random) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let store = sandbox.folder().join("nats");
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let mut done = Acknowledged::new();
    register(&clerk, &mut done, 12).await?;
    let older = sandbox.folder().join("older");
    if kind == Damage::OlderCopy {
        sandbox.process("nats").kill()?;
        copy(&store, &older)?;
        sandbox.start_process("nats")?;
        register_patiently(&clerk, &mut done).await?;
        register(&clerk, &mut done, 12).await?;
    }
    sandbox.process("nats").kill()?;
    damage(kind, &store, &older, chance)?;
    // Some processes are restarted and have no state; others keep running.
    let mut restarted: Vec<&str> = ["directory", "ledger"].into_iter().filter(|_| chance.one_in(2)).collect();
    if chance.one_in(2) {
        restarted.reverse();
    }
    sandbox.start_process("nats")?;
    for name in &restarted {
        // A ledger that refuses the stream does not become ready.
        let started = sandbox.restart(name);
        ensure!(started.is_ok() || *name == "ledger", "{name} did not start: {started:?}");
    }
    let repairs = recover(&mut sandbox, &mut done).await?;
    eprintln!("{kind:?}: restarted {restarted:?}, {repairs} repairs");
    all_there(&sandbox, &done).await
}

/// Sends a command until it is acknowledged, running repairs when the ledger has exited; returns their number.
async fn recover(sandbox: &mut Sandbox, done: &mut Acknowledged) -> anyhow::Result<u32> {
    let started = Instant::now();
    let mut repairs = 0;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    loop {
        let code = format!("D{}", done.len());
        let tried = tokio::time::timeout(Duration::from_secs(5), clerk.register_department(&code)).await;
        if let Ok(Ok(position)) = tried {
            done.insert(code, position);
            return Ok(repairs);
        }
        if started.elapsed() > RECOVERY_TIME_MAX {
            bail!("nothing is acknowledged after {repairs} repairs: {tried:?}");
        }
        if !sandbox.is_running("ledger")? {
            repairs += 1;
            repair(sandbox)?;
            sandbox.start_process("ledger")?;
        }
    }
}

async fn register_patiently(clerk: &Client, done: &mut Acknowledged) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match register(clerk, done, 1).await {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => {}
        }
    }
}

/// Repairs, first without replacing the stream, which is refused with its own exit code if it is needed.
fn repair(sandbox: &Sandbox) -> anyhow::Result<()> {
    let mut arguments = vec!["ledger", "repair", "--journal", sandbox.nats_url(), "--data"];
    let data = sandbox.data_of("ledger");
    arguments.push(data.to_str().context("a path of the test is UTF-8")?);
    let mut output = Command::new(huishang()).args(&arguments).output()?;
    if output.status.code() == Some(4) {
        arguments.push("--replace-stream");
        output = Command::new(huishang()).args(&arguments).output()?;
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    eprint!("{stdout}");
    Ok(())
}

fn damage(kind: Damage, store: &Path, older: &Path, chance: &mut Random) -> anyhow::Result<()> {
    match kind {
        Damage::Wiped => std::fs::remove_dir_all(store)?,
        Damage::OlderCopy => {
            std::fs::remove_dir_all(store)?;
            copy(older, store)?;
        }
        Damage::TailCut => {
            let blocks = files(store, ".blk")?;
            let block = blocks.last().context("a block")?;
            let length = std::fs::metadata(block)?.len();
            let keep = chance.below(length);
            std::fs::File::options().write(true).open(block)?.set_len(keep)?;
            eprintln!("cut {} from {length} to {keep} bytes", block.display());
        }
        Damage::BitsFlipped => {
            let blocks = files(store, ".blk")?;
            ensure!(!blocks.is_empty(), "a stream has blocks");
            let block = &blocks[chance.below(blocks.len() as u64) as usize];
            let mut bytes = std::fs::read(block)?;
            for _ in 0..=chance.below(3) {
                let at = chance.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << chance.below(8);
                eprintln!("flipped a bit of byte {at} of {}", block.display());
            }
            std::fs::write(block, bytes)?;
        }
        Damage::IndexMissing => {
            for file in files(store, "index.db")? {
                std::fs::remove_file(file)?;
            }
        }
    }
    Ok(())
}

/// Returns the files of JetStream's streams with this ending.
fn files(store: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending)
                && path.to_string_lossy().contains("/streams/huishang")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    ensure!(Command::new("cp").arg("-a").arg(from).arg(to).status()?.success());
    Ok(())
}
