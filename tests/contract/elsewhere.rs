//! Who may do what, where a table of states cannot ask it.

use proto::contract::rpcs;
use std::collections::BTreeSet;
use std::path::Path;

/// Commands whose rules cannot be asked here, and the test that asks them of a whole service.
pub const ELSEWHERE: [(&str, &str); 44] = [
    ("room register", "crates/domain/src/scheduling/room/tests.rs"),
    ("travel define", "crates/domain/src/scheduling/travel.rs"),
    ("timetable propose", "tests/it/timetables.rs"),
    ("timetable adopt", "tests/it/timetables.rs"),
    ("timetable withdraw", "tests/it/timetables.rs"),
    ("poll open", "services/scheduling/src/tests/polls.rs"),
    ("poll answer", "services/scheduling/src/tests/polls.rs"),
    ("poll propose", "services/scheduling/src/tests/polls.rs"),
    ("poll decline", "services/scheduling/src/tests/polls.rs"),
    ("poll adopt", "services/scheduling/src/tests/polls.rs"),
    ("poll withdraw", "services/scheduling/src/tests/polls.rs"),
    ("diary record-absence", "services/scheduling/src/tests/diaries.rs"),
    ("diary withdraw-absence", "services/scheduling/src/tests/diaries.rs"),
    ("diary import", "services/scheduling/src/tests/diaries.rs"),
    ("diary subscribe", "tests/it/subscribed_calendars.rs"),
    ("diary refresh", "tests/it/subscribed_calendars.rs"),
    ("diary forget", "services/scheduling/src/tests/diaries.rs"),
    ("subscription define", "tests/it/delivery.rs"),
    ("subscription change", "tests/it/delivery.rs"),
    ("subscription switch-off", "tests/it/delivery.rs"),
    ("subscription switch-on", "tests/it/delivery.rs"),
    ("subscription withdraw", "tests/it/delivery.rs"),
    ("subscription rotate-secret", "tests/it/delivery.rs"),
    ("subscription replay", "tests/it/delivery.rs"),
    ("subscription resend", "tests/it/delivery.rs"),
    ("subscription answer-invitation", "tests/it/mail_answers.rs"),
    ("calendar-feed create", "tests/it/calendars.rs"),
    ("calendar-feed revoke", "tests/it/calendars.rs"),
    ("item keep-evidence", "tests/it/put_down.rs"),
    ("item split", "tests/it/cascade.rs"),
    ("sign-out record", "tests/it/sign_in.rs"),
    ("department register", "crates/domain/src/directory/department/tests.rs"),
    ("member register", "crates/domain/src/directory/member/tests.rs"),
    ("member remove", "crates/domain/src/directory/member/tests.rs"),
    // For people of one role, whatever department they speak for.
    ("session override", "role"),
    ("clock move", "role"),
    ("erasure request", "role"),
    ("ladder define", "role"),
    ("resolution record", "role"),
    ("item remove-dependency", "role"),
    ("target set", "role"),
    ("target change", "role"),
    ("target withdraw", "role"),
    ("calendar define", "role"),
];

#[test]
fn what_is_asked_elsewhere_is_there_and_is_not_asked_here() {
    let all: BTreeSet<&str> =
        rpcs().iter().filter(|rpc| !rpc.reads).map(|rpc| rpc.command.as_str()).collect();
    let gone: Vec<&str> =
        ELSEWHERE.iter().map(|(command, _)| *command).filter(|it| !all.contains(it)).collect();
    assert_eq!(gone, Vec::<&str>::new());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (command, held_by) in ELSEWHERE.iter().filter(|(_, held_by)| *held_by != "role") {
        assert!(root.join(held_by).is_file(), "{command} is held by {held_by}, which is not there");
    }
}
