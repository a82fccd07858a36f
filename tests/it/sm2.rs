//! Heads that are also signed by SM2 with SM3, as another implementation verifies them.

use crate::commands::{ensure_failed, json, offline, register, text};
use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Role;
use proto::ledger::v1::{GetSignedHeadRequest, GetSignedHeadResponse};
use std::path::Path;
use std::process::Command;
use tests::{Mode, Sandbox, SandboxConfig};

fn openssl(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let said =
        Command::new("openssl").args(arguments).current_dir(folder).output().context("openssl runs")?;
    ensure!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(())
}

/// A signature as OpenSSL reads it: two numbers in DER.
fn der(signature: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
        let zero: &[u8] = if bytes[start] >= 0x80 { &[0] } else { &[] };
        let value = [zero, &bytes[start..]].concat();
        [&[0x02, value.len() as u8], &value[..]].concat()
    };
    let numbers = [number(&signature[..32]), number(&signature[32..])].concat();
    [&[0x30, numbers.len() as u8], &numbers[..]].concat()
}

/// Has OpenSSL verify the line after that of Ed25519.
fn ensure_openssl_agrees(folder: &Path, signed: &GetSignedHeadResponse) -> anyhow::Result<()> {
    let (body, lines) = signed.signed_head.split_once("\n\n").context("a signed head")?;
    let line = lines.lines().nth(1).context("a second signature")?;
    let bytes = BASE64.decode(line.rsplit(' ').next().context("a signature")?)?;
    ensure!(bytes.len() == 4 + 64, "{line}");
    std::fs::write(folder.join("text"), format!("{body}\n"))?;
    std::fs::write(folder.join("signature"), der(&bytes[4..]))?;
    openssl(folder, &["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"])?;
    let verify = ["dgst", "-sm3", "-verify", "public.pem", "-sigopt", "distid:1234567812345678"];
    openssl(folder, &[&verify[..], &["-signature", "signature", "text"]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_and_receipts_are_also_signed_by_sm2() -> anyhow::Result<()> {
    // Given a ledger with such a key, which OpenSSL has made
    let folder = tempfile::tempdir()?;
    openssl(folder.path(), &["genpkey", "-algorithm", "SM2", "-out", "key.pem"])?;
    let key_file = folder.path().join("key.pem");
    let settings = vec![("HUISHANG_LEDGER__SM2_KEY", text(&key_file).to_owned())];
    let sandbox =
        Sandbox::start_with(Mode::Embedded, SandboxConfig { settings, ..SandboxConfig::default() })?;
    register(&sandbox.client(Role::Clerk, None).await?, 0..3).await?;
    let signed = sandbox.client(Role::Auditor, None).await?.call(GetSignedHeadRequest {}).await?;
    // Then OpenSSL verifies its signature, and so do we, of heads and of receipts.
    ensure_openssl_agrees(folder.path(), &signed)?;
    let verify = |key: &str| sandbox.run("auditor", &["log", "verify", "--sm2-key", key]);
    ensure!(verify(&signed.sm2_key)?.status.success(), "{:?}", verify(&signed.sm2_key)?);
    let receipt = folder.path().join("receipt");
    std::fs::write(&receipt, sandbox.run("auditor", &["log", "receipt", "2"])?.stdout)?;
    let check = |key: &str| {
        offline(&["log", "check-receipt", text(&receipt), "--key", &signed.key, "--sm2-key", key, "--json"])
    };
    json(&check(&signed.sm2_key)?)?;
    // One that another key has signed, or none, is not accepted.
    let head = std::fs::read_to_string(&receipt)?;
    let without =
        head.lines().filter(|line| !line.contains(signed.signed_head.lines().last().unwrap_or_default()));
    std::fs::write(&receipt, without.map(|line| format!("{line}\n")).collect::<String>())?;
    ensure_failed(&check(&signed.sm2_key)?, 1, "no valid signature by the SM2 key")?;
    ensure_failed(&verify(&signed.key)?, 2, "--sm2-key")
}
