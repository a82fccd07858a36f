//! A record that a view cannot project halts its stream, and nothing else.

use super::{Place, context, reached, register, set_aside};
use crate::events::decode;
use crate::view::ViewError;
use crate::{Kit, Record, Scope, View, ViewStore};
use domain::directory::department::{Department, Event};
use domain::ledger::custody::{Command, Custody};
use domain::{Aggregate as _, Uuid};
use harness::until;
use rusqlite::{Transaction, ffi};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Keeps names, and fails in the middle of some.
pub(super) struct Names<const BROKEN: bool>;

const SCHEMA: &str = "CREATE TABLE names (position INTEGER PRIMARY KEY, name TEXT NOT NULL)";

impl<const BROKEN: bool> View for Names<BROKEN> {
    const NAME: &'static str = "names";
    const SCHEMA: &'static str = SCHEMA;
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        for Event::Registered { profile } in decode::<Department>(record)? {
            let name = profile.name.as_str();
            tables.execute("INSERT INTO names VALUES (?1, ?2)", (record.position as i64, name))?;
            if BROKEN && name == "poison" {
                // The same row again: refused by the tables.
                tables.execute("INSERT INTO names VALUES (?1, ?2)", (record.position as i64, name))?;
            }
            assert!(!BROKEN || name != "panic", "a name to panic over");
        }
        Ok(())
    }
}

async fn names(view: &ViewStore, at_least: u64) -> Vec<String> {
    let asked = view.query(Scope::whole(), at_least, |tables| {
        tables
            .connection
            .prepare("SELECT name FROM names ORDER BY position")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()
    });
    asked.await.unwrap().0
}

async fn name(kit: &Kit, code: &str, name: &str) -> u64 {
    register(kit, Uuid::now_v7(), code, name).await.unwrap()
}

#[tokio::test]
async fn a_record_that_cannot_be_projected_halts_its_stream_alone() {
    let place = Place::new();
    let kit = place.kit();
    name(&kit, "A", "one").await;
    let poison = name(&kit, "B", "poison").await;
    let panic = name(&kit, "C", "panic").await;
    let after = name(&kit, "B", "after the poison").await;
    let end = name(&kit, "A", "two").await;

    // Met as one batch of the past, and then live, one by one.
    let view = ViewStore::spawn::<Names<true>>(&kit, vec![]).unwrap();
    assert_eq!(names(&view, end).await, ["one", "two"], "nothing is left of half a record");
    let live = name(&kit, "C", "after the panic").await;
    let end = name(&kit, "D", "three").await;
    assert_eq!(names(&view, end).await, ["one", "two", "three"]);

    let found = set_aside(&kit);
    let positions: Vec<u64> = found.iter().map(|(_, position, _)| *position).collect();
    assert_eq!(positions, [poison, panic, after, live]);
    assert!(found[0].2.contains("UNIQUE"), "{found:?}");
    assert!(found[1].2.contains("a name to panic over"), "{found:?}");
    assert_eq!(found[2], ("names", after, format!("record {poison} of its stream was set aside before")));
}

#[tokio::test]
async fn a_newer_version_projects_what_an_older_one_set_aside() {
    let place = Place::new();
    let older = place.kit();
    let view = ViewStore::spawn::<Names<true>>(&older, vec![]).unwrap();
    for (code, called) in [("A", "one"), ("B", "poison"), ("C", "panic"), ("B", "later")] {
        name(&older, code, called).await;
    }
    reached(view.position(), place.end()).await;
    assert_eq!(set_aside(&older).len(), 3);
    older.stop().cancel();

    let newer = place.kit();
    let view = ViewStore::spawn::<Names<false>>(&newer, vec![]).unwrap();
    let end = name(&newer, "B", "live").await;
    assert_eq!(names(&view, end).await, ["one", "poison", "panic", "later", "live"]);
    assert_eq!(set_aside(&newer), []);
}

#[tokio::test]
async fn what_is_still_not_understood_stays_set_aside_with_the_later_records_of_its_stream() {
    let place = Place::new();
    let first = place.kit();
    let view = ViewStore::spawn::<Names<true>>(&first, vec![]).unwrap();
    name(&first, "B", "poison").await;
    reached(view.position(), place.end()).await;
    first.stop().cancel();

    let second = place.kit();
    let view = ViewStore::spawn::<Names<true>>(&second, vec![]).unwrap();
    let end = name(&second, "B", "later").await;
    assert_eq!(names(&view, end).await, Vec::<String>::new());
    assert_eq!(set_aside(&second).len(), 2);
}

static DISK_IS_FULL: AtomicBool = AtomicBool::new(true);
static TRIES: AtomicUsize = AtomicUsize::new(0);

struct OnAFullDisk;

impl View for OnAFullDisk {
    const NAME: &'static str = "on-a-full-disk";
    const SCHEMA: &'static str = SCHEMA;
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        TRIES.fetch_add(1, Ordering::Relaxed);
        if DISK_IS_FULL.load(Ordering::Relaxed) {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None).into());
        }
        Names::<false>::apply(tables, record)
    }
}

#[tokio::test]
async fn a_full_disk_is_not_the_fault_of_a_record() {
    let place = Place::new();
    let kit = place.kit();
    let end = name(&kit, "A", "one").await;
    let view = ViewStore::spawn::<OnAFullDisk>(&kit, vec![]).unwrap();
    until("a second try", async || (TRIES.load(Ordering::Relaxed) >= 2).then_some(())).await;
    assert_eq!((*view.position().borrow(), set_aside(&kit)), (0, vec![]));
    DISK_IS_FULL.store(false, Ordering::Relaxed);
    assert_eq!(names(&view, end).await, ["one"]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]
async fn a_query_waits_for_what_the_services_process_managers_make_of_a_position() {
    let place = Place::new();
    let kit = place.kit();
    let (release, held) = tokio::sync::watch::channel(false);
    let copied = crate::process::Processes::new(&kit).run::<Department, _>(
        "copy",
        |Event::Registered { profile }| profile.code.as_str() == "A",
        move |kit, context| {
            let mut held = held.clone();
            Box::pin(async move {
                let _ = held.wait_for(|&released| released).await;
                let command = super::Command::Register(super::profile("COPY", "the copy"));
                context.issue::<Department>(kit, 0, vec![(super::department("COPY"), command)]).await
            })
        },
    );
    let view = ViewStore::spawn::<Names<false>>(&kit, vec![copied]).unwrap();
    let position = name(&kit, "A", "the original").await;
    let query = tokio::spawn({
        let view = view.clone();
        async move { names(&view, position).await }
    });
    reached(view.position(), position).await;
    assert_eq!(names(&view, 0).await, ["the original"], "a query that waits for nothing is answered at once");
    release.send_replace(true);
    assert_eq!(query.await.unwrap(), ["the original", "the copy"]);
}

#[tokio::test]
async fn a_view_whose_records_are_lost_waits_until_somebody_accepts_that() {
    let (before, after) = (Place::new(), Place::new());
    let kit = before.kit();
    for code in ["A", "B", "C"] {
        name(&kit, code, "lost").await;
    }
    let view = ViewStore::spawn::<Names<false>>(&kit, vec![]).unwrap();
    assert_eq!(names(&view, 3).await.len(), 3);
    kit.stop().cancel();

    // The same files, and a journal that has lost everything and begun again.
    let kit = after.kit_in(before.folder.path());
    let view = ViewStore::spawn::<Names<false>>(&kit, vec![]).unwrap();
    for code in ["D", "E", "F", "G"] {
        name(&kit, code, "new").await;
    }
    assert_eq!(names(&view, 0).await, ["lost", "lost", "lost"], "nothing was accepted");
    let accept = Command::AcceptStaleLog { expected_records: 3, actual_records: 4, evidence: "views".into() };
    kit.execute::<Custody>(&context(Uuid::now_v7()), Custody::log_id(), accept).await.unwrap();
    assert_eq!(names(&view, 5).await, ["new", "new", "new", "new"]);
    kit.stop().cancel();

    // What the accepted history loses again has to be accepted again.
    let pasts = crate::view::pasts(before.folder.path());
    let acceptances = journal::witness::Acceptance::all(&*after.journal).await.unwrap();
    assert!(
        pasts.iter().all(|(_, past)| past.last().is_some() && !past.is_given_up(&acceptances)),
        "{pasts:?}"
    );
}
