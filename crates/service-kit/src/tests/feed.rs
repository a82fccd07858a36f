//! Many consumers follow one reading of the journal: each has every record that it wants once, in order, wherever it
//! begins and however long it takes; what it does not want costs it nothing.

use super::{Place, context, reached, register};
use crate::consumer::{self, checkpoint};
use crate::limits::FEED_RECORDS_AHEAD_MAX;
use crate::view::ViewError;
use crate::{Kit, Record, Scope, View, ViewStore};
use domain::directory::department::Department;
use domain::resolution::register::{Command, Register};
use domain::{Aggregate as _, Code, Uuid};
use rusqlite::Transaction;
use std::sync::Mutex;

/// Keeps the positions of what it is given; there are several of them.
struct Positions<const NTH: usize>;

const SCHEMA: &str = "CREATE TABLE positions (nth INTEGER PRIMARY KEY, position INTEGER NOT NULL)";

impl<const NTH: usize> View for Positions<NTH> {
    const NAME: &'static str = ["positions-0", "positions-1", "positions-2", "positions-3"][NTH];
    const SCHEMA: &'static str = SCHEMA;
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        tables.execute("INSERT INTO positions (position) VALUES (?1)", [record.position as i64])?;
        Ok(())
    }
}

async fn positions(view: &ViewStore, at_least: u64) -> Vec<u64> {
    let query = view.query(Scope::whole(), at_least, |tables| {
        tables
            .connection
            .prepare("SELECT position FROM positions ORDER BY nth")?
            .query_map([], |row| Ok(row.get::<_, i64>(0)? as u64))?
            .collect::<rusqlite::Result<Vec<u64>>>()
    });
    query.await.unwrap().0
}

/// The positions of the departments' records.
fn wanted(place: &Place) -> Vec<u64> {
    let records = place.log.read(0, 100_000).unwrap();
    let of_departments = records.iter().filter(|record| record.stream.starts_with(Department::CATEGORY));
    of_departments.map(|record| record.position).collect()
}

/// Writes a record that concerns no department.
async fn write_another(kit: &Kit) -> u64 {
    let body = Code::parse("BODY").unwrap();
    let id = Register::id(&body, 2027);
    let issue = Command::Issue { body, year: 2027, resolution: Uuid::now_v7() };
    kit.execute::<Register>(&context(Uuid::now_v7()), id, issue).await.unwrap().position
}

#[tokio::test(flavor = "multi_thread")]
async fn each_consumer_has_what_it_wants_once_in_order_wherever_it_begins() {
    let place = Place::new();
    let kit = place.kit();
    let write = async |prefix: &str, records: usize| {
        for nth in 0..records {
            register(&kit, Uuid::now_v7(), &format!("{prefix}{nth}"), "a name").await.unwrap();
            write_another(&kit).await;
        }
    };
    write("A", 30).await;
    let first = ViewStore::spawn::<Positions<0>>(&kit, vec![]).unwrap();
    write("B", 30).await;
    let second = ViewStore::spawn::<Positions<1>>(&kit, vec![]).unwrap();
    write("C", 1).await;
    let third = ViewStore::spawn::<Positions<2>>(&kit, vec![]).unwrap();
    tokio::join!(write("D", 60), write("E", 60), write("F", 60));
    let fourth = ViewStore::spawn::<Positions<3>>(&kit, vec![]).unwrap();
    write("G", 3).await;
    let end = place.end();
    for view in [first, second, third, fourth] {
        assert_eq!(positions(&view, end).await, wanted(&place));
    }
}

#[tokio::test]
async fn what_does_not_concern_a_view_moves_it_without_a_write_and_is_saved_when_it_stops() {
    let place = Place::new();
    let kit = place.kit();
    let view = ViewStore::spawn::<Positions<0>>(&kit, vec![]).unwrap();
    let changed_at = register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    reached(view.position(), changed_at).await;
    let mut end = changed_at;
    for _ in 0..20 {
        end = write_another(&kit).await;
        reached(view.position(), end).await;
    }
    assert_eq!(*view.changed().borrow(), changed_at);
    let file = place.folder.path().join("positions-0.sqlite");
    let saved = || checkpoint(&consumer::open(&file, SCHEMA).unwrap()).unwrap().unwrap().position;
    assert_eq!(saved(), changed_at);
    kit.stop().cancel();
    kit.ended().await;
    assert_eq!(saved(), end);

    // The next process goes on from there.
    let kit = place.kit();
    let view = ViewStore::spawn::<Positions<0>>(&kit, vec![]).unwrap();
    let last = register(&kit, Uuid::now_v7(), "B", "two").await.unwrap();
    assert_eq!(positions(&view, last).await, [changed_at, last]);
}

/// Held by whoever wants the view to wait.
static GATE: Mutex<()> = Mutex::new(());

struct Slow;

impl View for Slow {
    const NAME: &'static str = "slow";
    const SCHEMA: &'static str = SCHEMA;
    const CATEGORIES: &'static [&'static str] = &[Department::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        drop(GATE.lock());
        Positions::<0>::apply(tables, record)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]
async fn a_consumer_that_cannot_keep_up_holds_up_nobody_and_misses_nothing() {
    let place = Place::new();
    let kit = place.kit();
    let slow = ViewStore::spawn::<Slow>(&kit, vec![]).unwrap();
    let quick = ViewStore::spawn::<Positions<0>>(&kit, vec![]).unwrap();
    // Both are in the feed before anything is held up.
    let joined = register(&kit, Uuid::now_v7(), "A", "a name").await.unwrap();
    assert_eq!((positions(&slow, joined).await, positions(&quick, joined).await), (vec![1], vec![1]));

    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (closed, is_closed) = std::sync::mpsc::channel();
    let holding = std::thread::spawn(move || {
        let _gate = GATE.lock();
        closed.send(()).unwrap();
        let _ = held.recv();
    });
    is_closed.recv().unwrap();
    let mut end = joined;
    // More than it can keep, twice: what it is dropped with does not bring it back into the feed.
    for nth in 0..2 * FEED_RECORDS_AHEAD_MAX + 20 {
        end = register(&kit, Uuid::now_v7(), &format!("B{nth}"), "a name").await.unwrap();
    }
    assert_eq!(positions(&quick, end).await, wanted(&place));
    assert_eq!(*slow.position().borrow(), joined);
    drop(hold);
    holding.join().unwrap();
    assert_eq!(positions(&slow, end).await, wanted(&place));
}
