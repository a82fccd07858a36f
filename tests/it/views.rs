//! A view that somebody changed is found and named.

use crate::commands::{json, register};
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use tests::{Mode, Sandbox};

async fn a_changed_row_of_a_view_is_named(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let acknowledged = register(&clerk, 0..10).await?;
    let at_least_position = acknowledged["D9"];
    clerk.call(ListDepartmentsRequest { at_least_position, ..Default::default() }).await?;
    let verified = json(&sandbox.run("auditor", &["log", "verify", "--json"])?)?;
    let views = verified["views"].as_array().cloned().unwrap_or_default();
    ensure!(views.len() == 6 && views.iter().all(|view| view["equal"] == true), "{verified}");

    let file = sandbox.data_of("directory").join("views/directory.sqlite");
    let view = rusqlite::Connection::open(file)?;
    view.busy_timeout(std::time::Duration::from_secs(5))?;
    ensure!(view.execute("UPDATE departments SET name = 'Another' WHERE code = 'D4'", [])? == 1);
    for command in ["verify", "verify-views"] {
        let found = sandbox.run("auditor", &["log", command])?;
        let printed = String::from_utf8_lossy(&found.stdout);
        ensure!(found.status.code() == Some(1), "{found:?}");
        for named in [
            "view directory differs",
            "table departments",
            "D4",
            "Another",
            "Department D4",
            "view followup equals",
        ] {
            ensure!(printed.contains(named), "{named:?} is not in: {printed}");
        }
    }
    Ok(())
}
in_both_modes!(a_changed_row_of_a_view_is_named);
