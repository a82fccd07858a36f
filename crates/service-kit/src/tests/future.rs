//! An event type from the future is kept, passed over when reading, and refused when deciding.

use super::{Place, department, register, stream};
use crate::CommandError;
use domain::Uuid;
use domain::directory::department::{Department, State};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const LATER: &str = "type.googleapis.com/huishang.scheduling.events.v9.DepartmentSplit";

#[tokio::test]
async fn nothing_is_decided_on_a_history_with_an_unknown_event() {
    let place = Place::new();
    let kit = place.kit();
    let first_id = Uuid::now_v7();
    let first = register(&kit, first_id, "A", "one").await.unwrap();
    let later = place.append("A", LATER, b"\x0a\x03\xff\x00\x7f no message of ours").await;

    let refused = register(&kit, Uuid::now_v7(), "A", "two").await.unwrap_err();
    let CommandError::UnknownEventType(unknown) = &refused else { panic!("{refused}") };
    assert_eq!((unknown.position, unknown.stream.clone()), (later, stream("A")));
    assert_eq!(place.end(), later, "nothing was written");
    assert!(matches!(kit.load::<Department>(department("A")).await, Err(CommandError::UnknownEventType(_))));

    let status = Status::from(refused);
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("upgrade this service"), "{status}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "UNKNOWN_EVENT_TYPE");
    assert_eq!(info.metadata["type"], "huishang.scheduling.events.v9.DepartmentSplit");

    // What was done before keeps its answer, from another copy of the service too.
    assert_eq!(register(&kit, first_id, "A", "one").await, Ok(first));
    assert_eq!(register(&place.kit(), first_id, "A", "one").await, Ok(first));
    // Other streams are not affected.
    register(&kit, Uuid::now_v7(), "B", "two").await.unwrap();
    assert!(matches!(kit.load::<Department>(department("B")).await, Ok(State::Listed(_))));
}

#[tokio::test]
async fn an_unknown_event_is_kept_byte_for_byte() {
    let place = Place::new();
    let bytes: Vec<u8> = (0..=255).collect();
    let position = place.append("A", LATER, &bytes).await;
    let read = place.journal.read(&stream("A"), 0).await.unwrap();
    assert_eq!((read[0].events[0].type_url.as_str(), &read[0].events[0].value), (LATER, &bytes));
    let stored = &place.log.read(position - 1, 1).unwrap()[0];
    assert_eq!(stored.types, ["huishang.scheduling.events.v9.DepartmentSplit"]);
    assert!(stored.payload.windows(256).any(|part| part == bytes), "the log has the very bytes");
}
