//! What a command returns, what it expects, and that it leaves nothing when it is only validated.

use super::{Place, context, department, profile, refused, register, stream};
use crate::clock::Clock;
use crate::handle::{CommandContext, Executed};
use crate::{CommandError, Kit};
use domain::directory::department::{Command, Department, State};
use domain::ledger::rehearsal_clock::{self, RehearsalClock};
use domain::{Timestamp, Uuid};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

async fn rename(
    kit: &Kit,
    context: CommandContext,
    name: &str,
) -> Result<Executed<Department>, CommandError> {
    let command = Command::Register(profile("A", name));
    kit.execute::<Department>(&context, department("A"), command).await
}

fn name(done: &Executed<Department>) -> String {
    match done.state() {
        State::Listed(profile) => profile.name.to_string(),
        State::Absent => "absent".to_owned(),
    }
}

#[tokio::test]
async fn the_answer_is_the_aggregate_as_it_is_now_even_for_a_repeat() {
    let place = Place::new();
    let kit = place.kit();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let done = rename(&kit, context(first), "one").await.unwrap();
    assert_eq!((done.position, name(&done)), (1, "one".to_owned()));
    let done = rename(&kit, context(second), "two").await.unwrap();
    assert_eq!((done.position, name(&done)), (2, "two".to_owned()));
    // From the same copy of the service, and from one that knows nothing but the journal.
    let other = place.kit();
    for kit in [&kit, &other] {
        let repeated = rename(kit, context(first), "one").await.unwrap();
        assert_eq!((repeated.position, name(&repeated)), (1, "two".to_owned()));
    }
    let unchanged = rename(&other, context(Uuid::now_v7()), "two").await.unwrap();
    assert_eq!((unchanged.position, name(&unchanged)), (3, "two".to_owned()), "it remembers what is there");
    assert_eq!(place.log.read(2, 1).unwrap()[0].types, ["huishang.log.v1.CommandNoted"]);
}

#[tokio::test]
async fn a_command_is_decided_at_the_moment_that_the_clock_was_moved_to_before_it() {
    let place = Place::new();
    let shows = |moment: &str| Clock::Movable(watch::Sender::new(moment.parse().unwrap()));
    // Neither of the two follows the log.
    let [operator, other] =
        [(); 2].map(|()| place.kit_by(shows("2027-03-01T01:00:00Z"), place.folder.path()));
    let clock_at: Timestamp = "2027-03-08T01:00:00Z".parse().unwrap();
    let move_clock = rehearsal_clock::Command::Move { clock_at };
    let id = RehearsalClock::realm_id();
    operator.execute::<RehearsalClock>(&context(Uuid::now_v7()), id, move_clock).await.unwrap();
    let done = rename(&other, context(Uuid::now_v7()), "one").await.unwrap();
    let record = place.journal.read(&stream("A"), done.position - 1).await.unwrap().remove(0);
    assert_eq!((record.envelope.time, other.clock().now()), (clock_at, clock_at));
}

#[tokio::test]
async fn a_command_that_expects_an_older_position_is_refused_with_what_changed_since() {
    let place = Place::new();
    let (kit, other) = (place.kit(), place.kit());
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    register(&kit, Uuid::now_v7(), "B", "another").await.unwrap();
    register(&other, Uuid::now_v7(), "A", "two").await.unwrap();

    let expecting =
        |position| CommandContext { expected_position: Some(position), ..context(Uuid::now_v7()) };
    for position in [0, 1, 2] {
        let refused = rename(&kit, expecting(position), "three").await.err().unwrap();
        let CommandError::ChangedSince { expected, position: last, events } = refused else {
            panic!("{refused}")
        };
        assert_eq!((expected, last), (position, 3));
        assert_eq!(events.len(), if position == 0 { 2 } else { 1 }, "{events:?}");
        assert!(events.iter().all(|event| event == "DepartmentRegistered"), "{events:?}");
    }
    let done = rename(&kit, expecting(3), "three").await.unwrap();
    assert_eq!((done.position, name(&done)), (4, "three".to_owned()));
}

#[tokio::test]
async fn a_command_that_was_carried_out_returns_its_first_position_whatever_it_expected() {
    let place = Place::new();
    let kit = place.kit();
    let context = CommandContext { expected_position: Some(0), ..context(Uuid::now_v7()) };
    assert_eq!(rename(&kit, context.clone(), "one").await.unwrap().position, 1);
    register(&kit, Uuid::now_v7(), "A", "two").await.unwrap();
    assert_eq!(rename(&kit, context, "one").await.unwrap().position, 1);
}

#[tokio::test]
async fn what_is_only_validated_is_refused_or_shown_and_leaves_nothing() {
    let place = Place::new();
    let kit = place.kit();
    let id = Uuid::now_v7();
    let validate = || CommandContext { validate_only: true, ..context(id) };

    let shown = rename(&kit, validate(), "one").await.unwrap();
    assert_eq!((shown.position, name(&shown)), (0, "one".to_owned()));
    assert_eq!(place.end(), 0);
    assert_eq!(kit.load::<Department>(department("A")).await.unwrap(), State::Absent);

    let mut own_parent = profile("A", "one");
    own_parent.parent = Some(own_parent.code.clone());
    let refused = kit
        .execute::<Department>(&validate(), department("A"), Command::Register(own_parent))
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, CommandError::Rejected { context: "directory", .. }), "{refused}");

    // The same id then carries the command out.
    let done = rename(&kit, context(id), "one").await.unwrap();
    assert_eq!((done.position, place.end()), (1, 1));
}

#[tokio::test]
async fn a_command_that_changed_nothing_gives_its_first_answer_whatever_happens_since() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    let id = Uuid::now_v7();
    let first = rename(&kit, context(id), "one").await.unwrap();
    assert_eq!((first.position, name(&first)), (2, "one".to_owned()));
    register(&kit, Uuid::now_v7(), "A", "two").await.unwrap();

    // From the same copy of the service, and from one that knows nothing but the journal.
    for kit in [kit.clone(), place.kit()] {
        let repeated = rename(&kit, context(id), "one").await.unwrap();
        assert_eq!((repeated.position, name(&repeated)), (2, "two".to_owned()));
        let other = CommandContext { digest: [8; 32], ..context(id) };
        assert_eq!(rename(&kit, other, "three").await.err(), Some(CommandError::IdReused(id)));
    }
    assert_eq!(place.end(), 3);
}

#[tokio::test]
async fn a_command_id_stands_for_one_command_about_each_resource() {
    let place = Place::new();
    let kit = place.kit();
    let id = Uuid::now_v7();
    for _ in 0..2 {
        assert_eq!(register(&kit, id, "A", "one").await, Ok(1));
        assert_eq!(register(&kit, id, "B", "one").await, Ok(2));
    }
    assert_eq!(place.end(), 2);
}

#[tokio::test]
async fn a_command_that_changes_nothing_is_noted_once_however_often_it_comes_at_once() {
    let place = Place::new();
    let kits = [place.kit(), place.kit()];
    register(&kits[0], Uuid::now_v7(), "A", "one").await.unwrap();
    let id = Uuid::now_v7();
    let sends = (0..20).map(|nth| rename(&kits[nth % 2], context(id), "one"));
    for answer in futures::future::join_all(sends).await {
        assert_eq!(answer.unwrap().position, 2);
    }
    assert_eq!(place.end(), 2);
}

#[tokio::test]
async fn what_a_command_leaves_beside_its_own_aggregate_is_decided_on_what_is_so_now() {
    // Given a copy of the service that remembers B by an older name than it has
    let place = Place::new();
    let (kit, other) = (place.kit(), place.kit());
    register(&kit, Uuid::now_v7(), "B", "one").await.unwrap();
    register(&other, Uuid::now_v7(), "B", "two").await.unwrap();
    // When a command on A gives B the name that is remembered
    let of = |code| Command::Register(profile(code, "one"));
    let context = context(Uuid::now_v7());
    let done = kit.commit::<Department, _>(&context, department("A"), |unit| {
        Box::pin(async move {
            unit.decide::<Department>(department("A"), of("A")).await?;
            unit.decide::<Department>(department("B"), of("B")).await
        })
    });
    done.await.unwrap();
    // Then B has it.
    let State::Listed(profile) = place.kit().load::<Department>(department("B")).await.unwrap() else {
        panic!("it is listed")
    };
    assert_eq!(profile.name.as_str(), "one");
}

#[tokio::test]
async fn a_refusal_counts_only_if_all_before_it_was_decided_on_what_is_so_now() {
    // Given a command on A and B that is refused for B, while another copy of the service changes A in between
    let place = Place::new();
    let (kit, other) = (place.kit(), place.kit());
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let mut own_parent = profile("B", "one");
    own_parent.parent = Some(own_parent.code.clone());
    let refused = kit
        .commit::<Department, _>(&context(Uuid::now_v7()), department("A"), move |unit| {
            let (other, counted, own_parent) = (other.clone(), counted.clone(), own_parent.clone());
            Box::pin(async move {
                unit.decide::<Department>(department("A"), Command::Register(profile("A", "one"))).await?;
                if counted.fetch_add(1, Ordering::Relaxed) == 1 {
                    register(&other, Uuid::now_v7(), "A", "two").await?;
                }
                unit.decide::<Department>(department("B"), Command::Register(own_parent)).await
            })
        })
        .await;
    // Then it was decided on the cache, on a journal that went on meanwhile, and on one that did not.
    assert!(matches!(refused.err(), Some(CommandError::Rejected { context: "directory", .. })));
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_note_is_no_change_to_a_caller_who_expects_a_position() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    assert_eq!(register(&kit, Uuid::now_v7(), "A", "one").await, Ok(2));
    let expecting =
        |position| CommandContext { expected_position: Some(position), ..context(Uuid::now_v7()) };
    assert_eq!(rename(&kit, expecting(1), "two").await.unwrap().position, 3);
    assert_eq!(register(&kit, Uuid::now_v7(), "A", "two").await, Ok(4));
    for kit in [kit, place.kit()] {
        let refused = rename(&kit, expecting(1), "three").await.err().unwrap();
        let CommandError::ChangedSince { position, events, .. } = refused else { panic!("{refused}") };
        assert_eq!((position, events), (3, vec!["DepartmentRegistered".to_owned()]));
    }
}

#[tokio::test]
async fn a_repeat_is_answered_before_anything_else_is_looked_at() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    let same = context(Uuid::now_v7());
    // It changes nothing in what it is about, and writes elsewhere.
    let (about, other) = (department("A"), department("B"));
    let done = kit.commit::<Department, _>(&same, about, |unit| {
        Box::pin(async move {
            unit.decide::<Department>(about, Command::Register(profile("A", "one"))).await?;
            unit.decide::<Department>(other, Command::Register(profile("B", "another"))).await
        })
    });
    assert_eq!(done.await.unwrap().position, 3);
    register(&kit, Uuid::now_v7(), "A", "two").await.unwrap();
    for kit in [kit, place.kit()] {
        let repeated = kit.commit::<Department, _>(&same, about, |_| Box::pin(async { Err(refused()) }));
        assert_eq!(repeated.await.unwrap().position, 3);
    }
}

#[tokio::test]
async fn a_command_that_comes_until_it_changes_something_is_not_noted_before() {
    let place = Place::new();
    let kit = place.kit();
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();
    let asking = || CommandContext { until_it_changes: true, ..context(Uuid::nil()) };
    assert_eq!(rename(&kit, asking(), "one").await.unwrap().position, 1);
    assert_eq!(place.end(), 1);
    register(&kit, Uuid::now_v7(), "A", "two").await.unwrap();
    assert_eq!(rename(&kit, asking(), "one").await.unwrap().position, 3);
    register(&kit, Uuid::now_v7(), "A", "two").await.unwrap();
    assert_eq!(rename(&kit, asking(), "one").await.unwrap().position, 3);
}
