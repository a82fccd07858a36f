//! The binary under test.

use harness::root;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `huishang` binary of this build, built first when it is missing or older than its sources.
pub fn huishang() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY
        .get_or_init(|| {
            // …/target/debug/deps/it-0123 → …/target/debug/huishang
            let test = std::env::current_exe().expect("a test has a path");
            let folder = test.ancestors().nth(2).expect("tests lie in target/debug/deps");
            // Benchmarks lie in target/release, and need an optimized binary.
            let release = folder.ends_with("release").then_some("--release");
            let built = cargo(root()).arg("binary").args(release).status().expect("cargo can be run");
            assert!(built.success(), "the binary does not build");
            folder.join("huishang")
        })
        .clone()
}

/// Cargo, about to be told what to do in a checkout.
pub fn cargo(checkout: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(checkout);
    // Cargo describes the test's package in these. Build scripts that read them would run again, and all that depends
    // on them would be built again, now and at the next call from outside.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}
