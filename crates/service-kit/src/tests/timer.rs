//! A deadline is over when its command had its effect, and not when it was refused.

use super::{Place, department, profile, register};
use crate::timer::{self, Deadline};
use crate::view::ViewError;
use crate::{Record, Scope, ScopedTables, View, ViewStore};
use domain::directory::department::{Command, Department, Profile};
use domain::{Aggregate as _, Timestamp, Uuid};
use harness::until;
use rusqlite::Transaction;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::watch;

/// How many departments there are.
struct Counted;

impl View for Counted {
    const NAME: &'static str = "counted";
    const SCHEMA: &'static str = "CREATE TABLE departments (position INTEGER PRIMARY KEY)";
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        tables.execute("INSERT INTO departments VALUES (?1)", [record.position as i64])?;
        Ok(())
    }
}

fn counted(tables: ScopedTables<'_>) -> rusqlite::Result<i64> {
    tables.connection.query_row("SELECT count(*) FROM departments", [], |row| row.get(0))
}

/// A moment that has passed, until there is a second department.
fn due(tables: ScopedTables<'_>, _: u32) -> rusqlite::Result<Vec<Deadline>> {
    let deadline = Deadline { at: Timestamp::UNIX_EPOCH, id: department("SECOND"), number: 1 };
    Ok(if counted(tables)? == 1 { vec![deadline] } else { vec![] })
}

/// Whether the rule still refuses the command, and how often it was issued.
static REFUSES: AtomicBool = AtomicBool::new(true);
static ISSUED: AtomicUsize = AtomicUsize::new(0);

fn register_second() -> Command {
    ISSUED.fetch_add(1, Ordering::Relaxed);
    let profile = profile("SECOND", "a name");
    // Nobody is above themselves.
    let parent = REFUSES.load(Ordering::Relaxed).then(|| profile.code.clone());
    Command::Register(Profile { parent, ..profile })
}

#[tokio::test]
async fn a_deadline_whose_command_is_refused_stays_until_it_has_its_effect_once() {
    let place = Place::new();
    let kit = place.kit();
    let view = ViewStore::spawn::<Counted>(&kit, vec![]).unwrap();
    timer::run::<Department>(&kit, &view, watch::channel(u64::MAX).1, "second", due, register_second);
    // Given a deadline whose command a rule refuses, again and again
    register(&kit, Uuid::now_v7(), "FIRST", "a name").await.unwrap();
    until("a second try", async || (ISSUED.load(Ordering::Relaxed) > 1).then_some(())).await;
    assert_eq!(place.end(), 1);
    // When the rule does not any more
    REFUSES.store(false, Ordering::Relaxed);
    // Then it is carried out,
    let mut committed = place.journal.committed();
    committed.wait_for(|&position| position == 2).await.unwrap();
    // once: what comes after it is no repeat.
    let end = register(&kit, Uuid::now_v7(), "THIRD", "a name").await.unwrap();
    let (departments, _) = view.query(Scope::whole(), end, counted).await.unwrap();
    assert_eq!((departments, end), (3, 3));
}
