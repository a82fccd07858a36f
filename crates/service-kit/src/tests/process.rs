//! A record on which a process manager fails halts its stream, and nothing else; and no command overtakes the
//! one that makes its aggregate.

use super::{Place, department, profile, reached, refused, register, set_aside, stream};
use crate::process::{EventContext, Processes};
use crate::{CommandError, Kit};
use domain::Uuid;
use domain::directory::department::{Command, Department, Event, Profile};
use harness::until;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

type Done = Arc<Mutex<Vec<String>>>;

/// Notes the names that come, and fails on some of them while it is `broken`.
fn note(kit: &Kit, done: &Done, broken: bool) -> watch::Receiver<u64> {
    let done = done.clone();
    Processes::new(kit).run::<Department, _>(
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
        "refused" if broken => return Err(refused()),
        _ => {}
    }
    done.lock().unwrap().push(name);
    Ok(())
}

#[tokio::test]
async fn a_process_manager_sets_aside_what_it_fails_on_and_a_newer_version_processes_it() {
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
    assert_eq!(*done.lock().unwrap(), ["one", "two"]);
    let found = set_aside(&older);
    assert_eq!(found.iter().map(|(_, position, _)| *position).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    assert!(found[0].2.contains("a name that must not be"), "{found:?}");
    assert!(found[1].2.contains("a name to panic over"), "{found:?}");
    assert!(found[3].2.contains("there is no such thing"), "{found:?}");
    older.stop().cancel();

    let newer = place.kit();
    let done = Done::default();
    let progress = note(&newer, &done, false);
    register(&newer, Uuid::now_v7(), "B", "live").await.unwrap();
    reached(progress, place.end()).await;
    let mut done = done.lock().unwrap().clone();
    assert_eq!(done.pop().as_deref(), Some("live"));
    // Each stream in its order; which comes first does not matter.
    let of_b = done.iter().map(String::as_str).filter(|name| name.contains("poison"));
    assert_eq!(of_b.collect::<Vec<_>>(), ["poison", "after the poison"]);
    let of_d = done.iter().map(String::as_str).filter(|name| name.contains("refus"));
    assert_eq!(of_d.collect::<Vec<_>>(), ["refused", "after the refusal"]);
    assert_eq!(done.len(), 5);
    assert_eq!(set_aside(&newer), []);
}

#[tokio::test]
async fn a_process_manager_does_not_react_to_a_history_that_it_does_not_understand() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    place.append("B", "type.googleapis.com/huishang.scheduling.events.v9.DepartmentSplit", b"\x01").await;
    let known = place.journal.read(&stream("A"), 0).await.unwrap()[0].events[0].clone();
    let after = place.append("B", &known.type_url, &known.value).await;

    let done = Done::default();
    reached(note(&kit, &done, false), after).await;
    assert_eq!(*done.lock().unwrap(), ["one"]);
    let found = set_aside(&kit);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, after);
    assert!(found[0].2.contains("DepartmentSplit"), "{found:?}");
}

/// Answers a department whose code is `SOURCE` with the registration of others, one after the other.
fn copy(
    processes: &mut Processes,
    name: &'static str,
    source: &'static str,
    copies: &'static [&'static str],
    held: watch::Receiver<bool>,
) {
    processes.run::<Department, _>(
        name,
        |_| true,
        move |kit, context| {
            let mut held = held.clone();
            Box::pin(async move {
                let Event::Registered { profile } = context.event;
                if profile.code.as_str() != source {
                    return Ok(());
                }
                let _ = held.wait_for(|&held| !held).await;
                let commands =
                    copies.iter().map(|code| (department(code), Command::Register(own_parent(code))));
                context.issue::<Department>(kit, 0, commands.collect()).await
            })
        },
    );
}

/// A department that cannot be registered when its code is `OWN-PARENT`.
fn own_parent(code: &str) -> Profile {
    let profile = profile(code, "a copy");
    let parent = (code == "OWN-PARENT").then(|| profile.code.clone());
    Profile { parent, ..profile }
}

#[tokio::test]
async fn a_process_manager_reacts_after_those_before_it_whatever_they_wait_for() {
    let place = Place::new();
    let kit = place.kit();
    let (release, held) = watch::channel(true);
    let mut processes = Processes::new(&kit);
    copy(&mut processes, "first", "A", &["MADE-FIRST"], held);
    copy(&mut processes, "second", "B", &["MADE-SECOND"], watch::channel(false).1);
    let progress = processes.progress();
    copy(&mut Processes::new(&kit), "alone", "B", &["MADE-ALONE"], watch::channel(false).1);
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    let end = register(&kit, Uuid::now_v7(), "B", "two").await.unwrap();

    // One that waits for nobody has reacted to what the second was told as well.
    place.journal.wait_committed(end + 1).await.unwrap();
    assert_eq!(place.journal.read(&stream("MADE-ALONE"), 0).await.unwrap()[0].position, end + 1);
    release.send_replace(false);
    for progress in progress {
        reached(progress, end + 3).await;
    }
    let names = place.journal.read(&stream("MADE-FIRST"), 0).await.unwrap();
    assert_eq!(names[0].position, end + 2, "the second waits for the first");
}

#[tokio::test]
async fn a_refused_command_of_a_reaction_holds_up_no_other_and_is_tried_again_without_a_restart() {
    static REFUSES: AtomicBool = AtomicBool::new(true);
    let place = Place::new();
    let kit = place.kit();
    let mut processes = Processes::new(&kit);
    let progress = processes.run::<Department, _>(
        "copy",
        |Event::Registered { profile }| profile.code.as_str() == "A",
        |kit, context| {
            let code = if REFUSES.load(Ordering::Relaxed) { "OWN-PARENT" } else { "ACCEPTED" };
            let commands =
                ["B", code, "C"].map(|code| (department(code), Command::Register(own_parent(code))));
            Box::pin(async move { context.issue::<Department>(kit, 0, commands.into()).await })
        },
    );
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    reached(progress, 1).await;
    assert_eq!(place.end(), 3);
    let found = set_aside(&kit);
    assert_eq!((found.len(), found[0].1), (1, 1), "{found:?}");

    REFUSES.store(false, Ordering::Relaxed);
    let mut committed = place.journal.committed();
    committed.wait_for(|&position| position == 4).await.unwrap();
    until("the end of what is set aside", async || set_aside(&kit).is_empty().then_some(())).await;
    assert_eq!(place.end(), 4, "what was done before is not done again");
}
