//! A consumer's file that is damaged is moved aside and rebuilt, when it is opened and later; one that the system
//! refuses is an error that says what to do.

use super::{Place, reached, register};
use crate::process::Processes;
use crate::tests::view::Names;
use crate::{Kit, Scope, ViewStore};
use domain::Uuid;
use domain::directory::department::{Department, Event};
use harness::until;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type View = Names<false>;

const NAMES: [&str; 3] = ["one", "two", "three"];

/// A place with three records, and a view that has been through them and was stopped.
async fn stopped() -> (Place, PathBuf) {
    let place = Place::new();
    let kit = place.kit();
    let view = ViewStore::spawn::<View>(&kit, vec![]).unwrap();
    for (code, name) in ["A", "B", "C"].into_iter().zip(NAMES) {
        register(&kit, Uuid::now_v7(), code, name).await.unwrap();
    }
    reached(view.position(), place.end()).await;
    kit.stop().cancel();
    kit.ended().await;
    drop(view);
    let file = place.folder.path().join("names.sqlite");
    (place, file)
}

/// Asks until the view answers: a question that meets the damage is refused, and asked again.
async fn names(view: &ViewStore, at_least: u64) -> Vec<String> {
    until("an answer", async || {
        let asked = view.query(Scope::whole(), at_least, |tables| {
            tables
                .connection
                .prepare("SELECT name FROM names ORDER BY position")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()
        });
        match asked.await {
            Ok((names, _)) => Some(names),
            Err(status) => {
                assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
                None
            }
        }
    })
    .await
}

/// The damaged files that were moved aside.
fn aside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".sqlite.damaged-") && name.ends_with('Z')).collect()
}

/// What is done to the bytes of a file.
type Damage = Box<dyn Fn(&mut Vec<u8>)>;

fn damages(bytes: usize) -> Vec<(String, Damage)> {
    let mut damages: Vec<(String, Damage)> = vec![
        ("garbage".to_owned(), Box::new(|bytes| bytes.fill(0x5A))),
        ("zeros".to_owned(), Box::new(|bytes| bytes.fill(0))),
        ("text".to_owned(), Box::new(|bytes| *bytes = b"no database".to_vec())),
    ];
    for length in [0, 1, 15, 16, 99, 100, 101, 512, 4095, 4096, 4097, bytes / 2, bytes - 4096, bytes - 1] {
        damages.push((format!("cut to {length}"), Box::new(move |bytes| bytes.truncate(length))));
    }
    // The file's header, and that of its first page.
    for at in 0..112 {
        damages.push((format!("byte {at}"), Box::new(move |bytes| bytes[at] ^= 0xFF)));
    }
    // What it says of its tables.
    for back in (40..bytes.min(700)).step_by(7) {
        damages.push((format!("layout {back}"), Box::new(move |bytes| bytes[4096 - back] ^= 0x01)));
    }
    // The first bytes of every other page.
    for page in 1..bytes / 4096 {
        damages.push((format!("page {page}"), Box::new(move |bytes| bytes[page * 4096..][..12].fill(0xFF))));
    }
    damages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_moved_aside_and_rebuilt_whatever_the_damage() {
    let (place, file) = stopped().await;
    let intact = fs::read(&file).unwrap();
    assert!(!file.with_extension("sqlite-wal").exists(), "all of it is in one file");
    let (mut moved, mut expected) = (0, NAMES.to_vec());
    for (what, damage) in damages(intact.len()) {
        let mut bytes = intact.clone();
        damage(&mut bytes);
        fs::write(&file, bytes).unwrap();
        let kit = place.kit();
        let view = ViewStore::spawn::<View>(&kit, vec![]).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(names(&view, place.end()).await, expected, "{what}");
        register(&kit, Uuid::now_v7(), "D", &what).await.unwrap();
        expected.push(what.clone().leak());
        assert_eq!(names(&view, place.end()).await, expected, "{what}");
        // What nobody has read may still be damaged.
        let set_aside = kit.set_aside((0, ""), 10).map_or(vec![], |(records, _)| records);
        assert_eq!(set_aside, [], "{what}");
        kit.stop().cancel();
        kit.ended().await;
        drop(view);
        moved += aside(place.folder.path()).len();
        for name in fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
            if name.is_file() {
                fs::remove_file(name).unwrap();
            }
        }
    }
    assert!(moved > 50, "{moved} were moved aside");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_the_files_beside_it_is_rebuilt_as_well() {
    for companion in ["wal", "shm"] {
        for damage in [Vec::new(), vec![0xA5; 40], vec![0x5A; 100_000]] {
            let (place, file) = stopped().await;
            fs::write(file.with_extension(format!("sqlite-{companion}")), damage).unwrap();
            let view = ViewStore::spawn::<View>(&place.kit(), vec![]).unwrap();
            assert_eq!(names(&view, place.end()).await, NAMES);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_comes_while_the_view_is_kept_is_dealt_with_too() {
    let place = Place::new();
    let kit = place.kit();
    let view = ViewStore::spawn::<View>(&kit, vec![]).unwrap();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    assert_eq!(names(&view, place.end()).await, ["one"]);
    // What is in the write-ahead log goes into the file, which is then overwritten where it lies.
    let file = place.folder.path().join("names.sqlite");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let length = fs::metadata(&file).unwrap().len();
    let mut damaged = fs::File::options().write(true).open(&file).unwrap();
    std::io::Write::write_all(&mut damaged, &vec![0x5A; length as usize]).unwrap();
    drop(other);

    register(&kit, Uuid::now_v7(), "B", "two").await.unwrap();
    assert_eq!(names(&view, place.end()).await, ["one", "two"]);
    register(&kit, Uuid::now_v7(), "C", "three").await.unwrap();
    assert_eq!(names(&view, place.end()).await, NAMES);
    assert_eq!(aside(place.folder.path()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_manager_whose_file_is_damaged_starts_over() {
    let place = Place::new();
    let reactions = Arc::new(AtomicUsize::new(0));
    let run = |kit: &Kit| {
        let reactions = reactions.clone();
        Processes::new(kit).run::<Department, _>(
            "count",
            |Event::Registered { .. }| true,
            move |_, _| {
                reactions.fetch_add(1, Ordering::Relaxed);
                Box::pin(std::future::ready(Ok(())))
            },
        )
    };
    let kit = place.kit();
    let progress = run(&kit);
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    reached(progress, place.end()).await;
    kit.stop().cancel();
    kit.ended().await;
    fs::write(place.folder.path().join("count.process.sqlite"), "no database").unwrap();
    let kit = place.kit();
    reached(run(&kit), place.end()).await;
    assert_eq!((reactions.load(Ordering::Relaxed), aside(place.folder.path()).len()), (2, 1));
}

#[tokio::test]
async fn a_file_that_the_system_refuses_is_named_and_stays_where_it_is() {
    let place = Place::new();
    let file = place.folder.path().join("names.sqlite");
    fs::create_dir(&file).unwrap();
    let Err(error) = ViewStore::spawn::<View>(&place.kit(), vec![]) else { panic!("a folder is no file") };
    let error = error.to_string();
    assert!(error.contains(file.to_str().unwrap()) && error.contains("check who owns them"), "{error}");
    assert!(file.is_dir());
}
