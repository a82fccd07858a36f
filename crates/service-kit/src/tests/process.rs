//! A record over which a process manager fails halts its stream, and nothing else.

use super::{Place, reached, register, set_aside};
use crate::process::{self, EventContext};
use crate::{CommandError, Kit};
use domain::Uuid;
use domain::directory::department::{Department, Event};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

type Done = Arc<Mutex<Vec<String>>>;

/// Notes the names that come, and fails over some while it is `broken`.
fn note(kit: &Kit, done: &Done, broken: bool) -> watch::Receiver<u64> {
    let done = done.clone();
    process::run::<Department, _>(
        kit.clone(),
        "note",
        |_| true,
        move |_, context| {
            let noted = react(&context, &done, broken);
            Box::pin(async move { noted })
        },
    )
}

fn react(context: &EventContext<'_, Department>, done: &Done, broken: bool) -> Result<(), CommandError> {
    let Event::Registered { profile } = context.event;
    let name = profile.name.to_string();
    match name.as_str() {
        "poison" if broken => return Err(CommandError::InvariantViolated("a name that must not be".into())),
        "panic" if broken => panic!("a name to panic over"),
        "refused" => return Err(CommandError::NotFound("there is no such thing".into())),
        _ => {}
    }
    done.lock().unwrap().push(name);
    Ok(())
}

#[tokio::test]
async fn a_process_manager_sets_aside_what_it_fails_over_and_a_newer_version_does_it() {
    let place = Place::new();
    let older = place.kit();
    let done = Done::default();
    let progress = note(&older, &done, true);
    let came = [
        ("A", "one"),
        ("B", "poison"),
        ("C", "panic"),
        ("B", "after the poison"),
        ("D", "refused"),
        ("D", "after the refusal"),
        ("A", "two"),
    ];
    for (code, name) in came {
        register(&older, Uuid::now_v7(), code, name).await.unwrap();
    }
    reached(progress, place.end()).await;
    assert_eq!(*done.lock().unwrap(), ["one", "after the refusal", "two"]);
    let found = set_aside(&older);
    assert_eq!(found.iter().map(|(_, position, _)| *position).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(found[0].2.contains("a name that must not be"), "{found:?}");
    assert!(found[1].2.contains("a name to panic over"), "{found:?}");
    older.stop().cancel();

    let newer = place.kit();
    let done = Done::default();
    let progress = note(&newer, &done, false);
    register(&newer, Uuid::now_v7(), "B", "live").await.unwrap();
    reached(progress, place.end()).await;
    let mut done = done.lock().unwrap().clone();
    assert_eq!(done.pop().as_deref(), Some("live"));
    // Each stream in its order; which comes first does not matter.
    let of_b: Vec<&str> = done.iter().map(String::as_str).filter(|name| *name != "panic").collect();
    assert_eq!((of_b, done.len()), (vec!["poison", "after the poison"], 3));
    assert_eq!(set_aside(&newer), []);
}

#[tokio::test]
async fn a_process_manager_does_not_react_to_a_history_that_it_does_not_understand() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    place.append("B", "type.googleapis.com/huishang.scheduling.events.v9.DepartmentSplit", b"\x01").await;
    let known = place.journal.read(&super::stream("A"), 0).await.unwrap()[0].events[0].clone();
    let after = place.append("B", &known.type_url, &known.value).await;

    let done = Done::default();
    reached(note(&kit, &done, false), after).await;
    assert_eq!(*done.lock().unwrap(), ["one"]);
    let found = set_aside(&kit);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, after);
    assert!(found[0].2.contains("DepartmentSplit"), "{found:?}");
}
