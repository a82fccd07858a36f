//! The rehearsal of an upgrade: what two versions make of the same log.

use crate::commands::{ensure_failed, json, register, text};
use anyhow::ensure;
use domain::Role;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tests::{Mode, Sandbox, huishang};

/// A version that names a department otherwise, as a change of a view would.
const OTHER_VERSION: &str = r#"#!/bin/sh
trap 'kill $child' TERM
HUISHANG "$@" &
child=$!
wait $child || wait $child
code=$?
for data; do :; done
[ "$1" != up ] || python3 - "$data/views/directory.sqlite" <<'END'
import sqlite3, sys
view = sqlite3.connect(sys.argv[1])
view.execute("UPDATE departments SET name = 'Otherwise' WHERE code = 'D2'")
view.commit()
END
exit $code
"#;

fn rehearse(backup: &Path, installed: &Path) -> anyhow::Result<Output> {
    let arguments = ["upgrade", "--rehearse", text(backup), "--installed", text(installed)];
    Ok(Command::new(huishang()).args(arguments).output()?)
}

fn other_version(folder: &Path) -> anyhow::Result<PathBuf> {
    let program = folder.join("other-version");
    std::fs::write(&program, OTHER_VERSION.replace("HUISHANG", text(&huishang())))?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700))?;
    Ok(program)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_names_where_two_versions_differ() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    register(&sandbox.client(Role::Clerk, None).await?, 0..4).await?;
    let backup = sandbox.folder().join("backup");
    json(&sandbox.run("operator", &["log", "backup", text(&backup), "--json"])?)?;

    let same = rehearse(&backup, &huishang())?;
    let said = String::from_utf8_lossy(&same.stdout);
    ensure!(same.status.success() && said.contains("there are no differences"), "{same:?}");
    ensure!(said.contains("the view directory is the same of 4 records"), "{said}");

    let differs = rehearse(&backup, &other_version(sandbox.folder())?)?;
    let said = String::from_utf8_lossy(&differs.stdout);
    ensure!(said.contains("name=\"Otherwise\"") && said.contains("name=\"Department D2\""), "{differs:?}");
    ensure_failed(&differs, 1, "directory")
}
