//! An erasure is completed, whatever step it was interrupted after.

use super::*;
use domain::directory::member::{self, Member, Profile};
use domain::{Actor, Code, Line, Role, Text};
use event_log::{EventLog, Options};
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use journal::personal::Keys;
use service_kit::clock::Clock;
use service_kit::config::Limits;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A process, on the files of those before it.
fn started(folder: &Path) -> (Kit, EventLog) {
    let options = Options { reserve_bytes: 0, ..Options::new(folder.join("log")) };
    let (log, _) = EventLog::open(options).unwrap();
    let keys = Keys::open(&folder.join("personal-keys")).unwrap();
    let journal: Arc<dyn Journal> = Arc::new(EmbeddedJournal::new(log.clone(), keys));
    (Kit::new(journal, Clock::System, folder, Limits::default(), CancellationToken::new()), log)
}

async fn stopped(kit: Kit, log: EventLog) {
    kit.stop().cancel();
    kit.ended().await;
    drop(kit);
    log.close().await;
}

fn context() -> CommandContext {
    CommandContext::new(
        Uuid::new_v4(),
        [7; 32],
        Actor { subject: "chen".into(), department: None, roles: vec![Role::Operator] },
    )
}

fn member() -> Profile {
    Profile {
        code: Code::parse("li.wei").unwrap(),
        name: Line::parse("Li Wei").unwrap(),
        department: Code::parse("WATER").unwrap(),
        email: None,
        roles: vec![],
    }
}

async fn requested(kit: &Kit) -> Uuid {
    let erasure_id = Uuid::new_v4();
    let command = Command::Request {
        erasure_id,
        key_ids: kit.journal().keys().ids_of("li.wei").await.unwrap().into_iter().collect(),
        marks: vec![],
        reason: Text::parse("They have left").unwrap(),
        authority: Line::parse("Order 7").unwrap(),
    };
    kit.execute::<Erasures>(&context(), Erasures::realm_id(), command).await.unwrap();
    erasure_id
}

/// The member's name, as the log tells it.
async fn name(kit: &Kit) -> String {
    let state = kit.show::<Member>(&Scope::whole(), Member::id(&member().code)).await.unwrap();
    state.profile().unwrap().name.to_string()
}

async fn completed(kit: &Kit, erasure_id: Uuid) {
    let mut committed = kit.journal().committed();
    let waiting = async {
        loop {
            committed.mark_unchanged();
            let state = kit.show::<Erasures>(&Scope::whole(), Erasures::realm_id()).await.unwrap();
            if state.find(erasure_id).is_some_and(|erasure| erasure.stage == Stage::Completed) {
                break;
            }
            committed.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the erasure is completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_erasure_is_completed_by_the_next_process() {
    for steps in 0..=3 {
        let folder = tempfile::tempdir().unwrap();
        let (kit, log) = started(folder.path());
        let register = member::Command::Register(member());
        kit.execute::<Member>(&context(), Member::id(&member().code), register).await.unwrap();
        assert_eq!(name(&kit).await, "Li Wei");

        // Given an erasure that was interrupted after some steps
        let erasure_id = requested(&kit).await;
        let key_id =
            kit.load::<Erasures>(Erasures::realm_id()).await.unwrap().find(erasure_id).unwrap().key_ids[0];
        if steps >= 1 {
            kit.journal().keys().destroy(key_id).await.unwrap();
        }
        if steps >= 2 {
            note(&kit, "key destroyed", Command::NoteKeyDestroyed { erasure_id }, erasure_id).await.unwrap();
        }
        if steps >= 3 {
            note(&kit, "completed", Command::Complete { erasure_id }, erasure_id).await.unwrap();
        }
        stopped(kit, log).await;

        // When the next process starts
        let (kit, log) = started(folder.path());
        assert!(name(&kit).await.starts_with("erased-"), "nothing is read after the request, {steps} steps");
        start(&kit);
        completed(&kit, erasure_id).await;

        // Then it has three records, the key is gone, and the log is intact
        assert_eq!(records(&kit).await.unwrap().len(), 3, "after {steps} steps");
        assert!(kit.journal().keys().is_destroyed(key_id).await.unwrap());
        assert!(!folder.path().join("personal-keys").join(key_id.to_string()).exists());
        assert_eq!(log.verify_while(|_| true).unwrap().unwrap().head.position, 4);
        // And what the person does later is stored under another key
        let again = Profile { name: Line::parse("Li W.").unwrap(), ..member() };
        let register = member::Command::Register(again);
        kit.execute::<Member>(&context(), Member::id(&member().code), register).await.unwrap();
        assert_eq!(name(&kit).await, "Li W.");
        let ids = kit.journal().keys().ids_of("li.wei").await.unwrap();
        assert!(ids.len() == 1 && !ids.contains(&key_id), "{ids:?}");
        stopped(kit, log).await;
    }
}

/// The copy is older than the erasure.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_put_back_from_a_copy_is_destroyed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (kit, log) = started(folder.path());
    let register = member::Command::Register(member());
    kit.execute::<Member>(&context(), Member::id(&member().code), register).await.unwrap();
    let key_id = *kit.journal().keys().ids_of("li.wei").await.unwrap().first().unwrap();
    let file = folder.path().join("personal-keys").join(key_id.to_string());
    let copy = std::fs::read(&file).unwrap();
    let erasure_id = requested(&kit).await;
    start(&kit);
    completed(&kit, erasure_id).await;
    stopped(kit, log).await;

    std::fs::write(&file, copy).unwrap();
    let (kit, log) = started(folder.path());
    assert!(name(&kit).await.starts_with("erased-"));
    carry_out_all(&kit).await.unwrap();
    assert!(!file.exists());
    stopped(kit, log).await;
}
