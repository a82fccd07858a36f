//! Messages on the realm's subjects that are no records: junk, and a record that somebody publishes again.

use anyhow::ensure;
use domain::Role;
use tests::{Mode, Sandbox, department_stream};

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_publish_is_passed_over_and_everything_goes_on() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    ensure!(clerk.register_department("WATER").await? == 1);

    let context = async_nats::jetstream::new(async_nats::connect(sandbox.nats_url()).await?);
    let record = context.get_stream("huishang-main").await?.get_raw_message(1).await?;
    let subject = format!("huishang.main.{}", department_stream("WATER"));
    let junk = vec![7; 100];
    for (subject, payload) in [
        (subject.clone(), record.payload.to_vec()),
        (subject, junk.clone()),
        ("huishang.main.a.b.c".into(), junk),
    ] {
        context.publish(subject, payload.into()).await?.await?;
    }

    ensure!(clerk.register_department("ROADS").await? == 5);
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let log = auditor.whole_log().await?;
    let kinds: Vec<&str> = log.iter().flat_map(|record| &record.types).map(String::as_str).collect();
    let registered = "huishang.directory.events.v1.DepartmentRegistered";
    let passed_over = "huishang.log.v1.MessagePassedOver";
    ensure!(kinds == [registered, passed_over, passed_over, passed_over, registered], "{kinds:?}");
    ensure!(auditor.verify_log().await? == 5);
    let listed = sandbox.run("clerk", &["department", "list", "--at-least-position", "5"])?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    ensure!(listed.matches("Department WATER").count() == 1 && listed.contains("ROADS"), "{listed}");
    for text in ["a message that is no record is passed over", "it has no salt", "huishang.main.a.b.c"] {
        ensure!(
            sandbox.process("ledger").log().contains(text),
            "{text:?}: {}",
            sandbox.process("ledger").log()
        );
    }
    // The stream into which it was published takes commands.
    ensure!(clerk.register_department("WATER").await? == 6);
    Ok(())
}
