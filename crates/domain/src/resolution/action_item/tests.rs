use super::*;
use crate::resolution::evidence::EVIDENCE_MAX;
use crate::testing::{actor, code, given, text};
use crate::{Actor, Role};
use proptest::prelude::*;

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn due_at(date: &str) -> (Date, Timestamp) {
    let date = date.parse().unwrap();
    (date, calendar().end_of(date))
}

fn assignment() -> Assignment {
    let (due_on, due_at) = due_at("2027-03-31");
    Assignment {
        resolution: Uuid::from_u128(1),
        number: Line::parse("JC-2027-0001/1").unwrap(),
        title: Line::parse("排水泵站改造").unwrap(),
        deliverable: text("十二座泵站改造完成"),
        criterion: text("满负荷试运行两小时"),
        lead: code("WATER"),
        co_responsible: vec![code("HOUSING"), code("WATER")],
        due_on,
        due_at,
        acknowledge_by: "2027-03-04T15:59:59.999999Z".parse().unwrap(),
    }
}

fn document() -> Evidence {
    Evidence {
        title: Line::parse("验收报告").unwrap(),
        sha256: Line::parse(&"0a".repeat(32)).unwrap(),
        uri: Line::parse("https://files.example.cn/report.pdf").unwrap(),
    }
}

fn claim() -> Command {
    Command::ClaimCompletion { summary: text("done"), evidence: vec![document()] }
}

fn extend(due: DueRule) -> Command {
    Command::RequestExtension { due, reason: text("floods"), calendar: calendar() }
}

fn grant() -> Command {
    Command::GrantExtension { calendar: calendar() }
}

fn water() -> Actor {
    actor("li", "WATER", Role::DepartmentLead)
}

fn housing() -> Actor {
    actor("zhao", "HOUSING", Role::DepartmentLead)
}

fn supervisor() -> Actor {
    actor("wang", "SUPERVISION", Role::Supervisor)
}

/// Issues commands one after another, each by its actor; all have to be accepted.
fn played(commands: Vec<(Actor, Command)>) -> Vec<Event> {
    let mut history = vec![Event::Assigned { assignment: assignment() }];
    for (by, command) in commands {
        let step = format!("{command:?}");
        let events = given::<ActionItem>(&history).at("2027-03-02T02:00:00Z").by(by).when(command);
        history.extend(events.unwrap_or_else(|refused| panic!("{step}: {refused}")));
    }
    history
}

fn item(history: &[Event]) -> Item {
    ActionItem::fold(State::default(), history).item().unwrap().clone()
}

mod follow_through;
mod promise;

use follow_through::then;

#[test]
fn work_is_accepted_by_somebody_else() {
    let claimed = played(vec![(water(), Command::Acknowledge), (water(), claim())]);
    let accept = Command::Accept { part: None, note: None };
    assert_eq!(
        given::<ActionItem>(&claimed).by(water()).when(accept.clone()),
        Err(Rejection::OwnWork { department_code: code("WATER") })
    );
    assert_eq!(
        given::<ActionItem>(&claimed).by(supervisor()).when(accept.clone()),
        Ok(vec![Event::Accepted { department: Some(code("SUPERVISION")), note: None }])
    );
    let returned = played(vec![
        (water(), Command::Acknowledge),
        (water(), claim()),
        (
            supervisor(),
            Command::ReturnWork {
                part: None,
                reason: text("two stations are missing"),
                calendar: calendar(),
            },
        ),
    ]);
    assert!(matches!(
        given::<ActionItem>(&returned).by(supervisor()).when(accept),
        Err(Rejection::WrongStage { stage: "underway", needed: "claimed", .. })
    ));
    assert_eq!(
        given::<ActionItem>(&returned)
            .by(water())
            .when(Command::ClaimCompletion { summary: text("done"), evidence: vec![] }),
        Err(Rejection::EvidenceRequired)
    );
}

#[test]
fn only_the_departments_of_the_item_work_on_it() {
    let underway = played(vec![(water(), Command::Acknowledge)]);
    let report = Command::ReportProgress { percent: 40, note: text("five of twelve"), evidence: vec![] };
    let refused = given::<ActionItem>(&underway)
        .by(actor("sun", "FINANCE", Role::DepartmentLead))
        .when(report.clone())
        .unwrap_err();
    assert_eq!(refused.to_string(), "only WATER, HOUSING may do this; you speak for FINANCE");
    let supported = given::<ActionItem>(&underway).by(housing()).when(report.clone()).unwrap();
    assert_eq!(item(&[underway.clone(), supported].concat()).percent(), 0, "the lead's figure counts");
    let led = given::<ActionItem>(&underway).by(water()).when(report).unwrap();
    assert_eq!(item(&[underway.clone(), led].concat()).percent(), 40);
    assert!(matches!(
        given::<ActionItem>(&underway).by(actor("sun", "FINANCE", Role::DepartmentLead)).when(claim()),
        Err(Rejection::NotYourDepartment { .. })
    ));
}

#[test]
fn an_assignment_is_contested_in_time_and_ruled_on_by_another() {
    let assigned = [Event::Assigned { assignment: assignment() }];
    let contest = Command::Contest { reason: text("roads are not ours") };
    assert!(matches!(
        given::<ActionItem>(&assigned).at("2027-03-05T00:00:00Z").by(water()).when(contest.clone()),
        Err(Rejection::ContestTooLate { .. })
    ));
    let contested = played(vec![(water(), contest)]);
    let rule_until = |to: &str, due| Command::ResolveContest {
        reassign_to: Some(code(to)),
        due,
        reason: text("it is theirs"),
        calendar: calendar(),
    };
    let rule = |to: &str| rule_until(to, Some(DueRule::AfterWorkingDays(10)));
    assert_eq!(
        given::<ActionItem>(&contested).by(water()).when(rule("HOUSING")),
        Err(Rejection::OwnCase { department_code: code("WATER") })
    );
    let ruled = given::<ActionItem>(&contested)
        .at("2027-03-04T02:00:00Z")
        .by(supervisor())
        .when(rule("LAND"))
        .unwrap();
    assert_eq!(
        given::<ActionItem>(&contested).by(supervisor()).when(rule_until("LAND", None)),
        Err(Rejection::DueRequired { number: Line::parse("JC-2027-0001/1").unwrap() }),
        "a new lead has its own time"
    );
    let dismiss =
        Command::ResolveContest { reassign_to: None, due: None, reason: text("no"), calendar: calendar() };
    let dismissed =
        given::<ActionItem>(&contested).at("2027-03-04T02:00:00Z").by(supervisor()).when(dismiss).unwrap();
    let dismissed = [contested.clone(), dismissed].concat();
    assert_eq!(item(&dismissed).assignment.due_on, due_at("2027-04-02").0, "the ruling took two days");
    assert!(matches!(
        given::<ActionItem>(&dismissed).by(water()).when(Command::Contest { reason: text("still") }),
        Err(Rejection::AlreadyContested { .. })
    ));
    let item = item(&[contested, ruled].concat());
    assert_eq!((item.stage, item.assignment.lead.as_str()), (Stage::Assigned, "LAND"));
    assert_eq!(item.first_due.due_on, due_at("2027-03-18").0, "its own promise");
    assert_eq!(item.assignment.acknowledge_by, due_at("2027-03-09").1, "a Tuesday, over a weekend");
}

#[test]
fn a_due_date_is_moved_at_most_twice_and_only_to_a_later_date() {
    let mut commands = vec![(water(), Command::Acknowledge)];
    for _ in 0..EXTENSIONS_MAX {
        let underway = played(commands.clone());
        let due_on = item(&underway).assignment.due_on;
        assert_eq!(
            given::<ActionItem>(&underway).by(water()).when(extend(DueRule::On(due_on))),
            Err(Rejection::DueTooEarly { due_on, earliest_due_on: due_on.tomorrow().unwrap() })
        );
        commands.push((water(), extend(DueRule::AfterWorkingDays(3))));
        assert_eq!(
            given::<ActionItem>(&played(commands.clone())).by(water()).when(grant()),
            Err(Rejection::OwnCase { department_code: code("WATER") })
        );
        commands.push((supervisor(), grant()));
    }
    let moved = played(commands);
    assert_eq!(item(&moved).assignment.due_on, due_at("2027-04-08").0, "six working days after a Wednesday");
    assert_eq!(
        given::<ActionItem>(&moved).by(water()).when(extend(DueRule::AfterDays(1))),
        Err(Rejection::ExtensionsExhausted { requested: 2, max: 2 })
    );
}

#[test]
fn a_date_is_bound_to_ten_years_like_a_number_of_days() {
    let underway = played(vec![(water(), Command::Acknowledge)]);
    let due_on = item(&underway).assignment.due_on;
    let after = |days: i64| DueRule::On(due_on + jiff::Span::new().days(days));
    let when = |due| given::<ActionItem>(&underway).by(water()).when(extend(due));
    assert_eq!(when(after(3_651)), Err(Rejection::DueOutOfRange { days: 3_651, max: 3_650 }));
    assert_eq!(when(DueRule::AfterDays(3_651)), when(after(3_651)));
    assert!(when(after(3_650)).is_ok());
}

#[test]
fn what_was_accepted_survives_its_resolution_and_can_be_reopened() {
    let accepted = played(vec![
        (water(), Command::Acknowledge),
        (water(), claim()),
        (supervisor(), Command::Accept { part: None, note: None }),
    ]);
    let rescind = Command::Rescind { reason: text("superseded") };
    assert_eq!(given::<ActionItem>(&accepted).when(rescind.clone()), Ok(vec![]));
    let looked = given::<ActionItem>(&accepted)
        .by(supervisor())
        .when(Command::RecordLookBack { observation: text("two pumps are off again"), holds: false })
        .unwrap();
    let reopen = Command::Reopen {
        reason: text("look-back"),
        due: Some(DueRule::AfterDays(10)),
        calendar: calendar(),
    };
    let seen = [accepted, looked].concat();
    assert_eq!(item(&seen).holds, Some(false));
    let again = given::<ActionItem>(&seen).at("2027-06-01T02:00:00Z").by(supervisor()).when(reopen).unwrap();
    let reopened = item(&[seen.clone(), again.clone()].concat());
    assert_eq!((reopened.stage, reopened.assignment.due_on), (Stage::Underway, due_at("2027-06-11").0));
    let ended = given::<ActionItem>(&[seen, again].concat()).when(rescind).unwrap();
    assert_eq!(ended, vec![Event::Rescinded { reason: text("superseded") }]);
}

fn commands() -> impl Strategy<Value = Command> {
    let due = prop_oneof![
        (0..40u32).prop_map(DueRule::AfterDays),
        (0..40u32).prop_map(DueRule::AfterWorkingDays),
        (1..9i8).prop_map(|month| DueRule::On(Date::constant(2027, month, 5))),
        Just(DueRule::AfterDays(u32::MAX)),
    ];
    let evidence =
        prop_oneof![Just(vec![]), Just(vec![document()]), Just(vec![document(); EVIDENCE_MAX + 1])];
    let to = prop_oneof![Just(None), Just(Some(code("HOUSING"))), Just(Some(code("WATER")))];
    prop_oneof![
        Just(Command::Assign { assignment: assignment() }),
        Just(Command::Acknowledge),
        Just(Command::Contest { reason: text("no") }),
        to.prop_map(|reassign_to| Command::ResolveContest {
            reassign_to,
            due: Some(DueRule::AfterDays(30)),
            reason: text("so"),
            calendar: calendar()
        }),
        (0..120u32, evidence.clone()).prop_map(|(percent, evidence)| Command::ReportProgress {
            percent,
            note: text("on"),
            evidence
        }),
        Just(Command::ReportBlockage { reason: text("stuck"), help_from: code("FINANCE") }),
        Just(Command::ClearBlockage { blocked: None, note: text("free") }),
        Just(Command::AcknowledgeHelp { blocked: code("WATER") }),
        Just(Command::GiveHelp { blocked: code("WATER"), note: text("so") }),
        Just(Command::Suspend { reason: text("flood"), authority: Line::parse("Plan").unwrap() }),
        Just(Command::Resume { note: text("dry"), calendar: calendar() }),
        Just(Command::AwaitItem { on: Uuid::from_u128(2), on_number: Line::parse("JC/2").unwrap() }),
        Just(Command::Release { on: Uuid::from_u128(2), calendar: calendar() }),
        due.clone().prop_map(|due| Command::RequestExtension {
            due,
            reason: text("time"),
            calendar: calendar()
        }),
        Just(grant()),
        Just(Command::RefuseExtension { reason: text("no") }),
        evidence.prop_map(|evidence| Command::ClaimCompletion { summary: text("did"), evidence }),
        Just(Command::Accept { part: None, note: None }),
        Just(Command::ReturnWork { part: None, reason: text("lacking"), calendar: calendar() }),
        proptest::option::of(due).prop_map(|due| Command::Reopen {
            reason: text("again"),
            due,
            calendar: calendar()
        }),
        Just(Command::RecordLookBack { observation: text("seen"), holds: false }),
    ]
}

/// About every second command is one that moves the item forward.
fn life() -> impl Strategy<Value = Command> {
    let on = prop_oneof![
        Just(Command::Acknowledge),
        Just(grant()),
        Just(claim()),
        Just(Command::Accept { part: None, note: None }),
        (1..40u32).prop_map(|days| Command::RequestExtension {
            due: DueRule::AfterDays(days),
            reason: text("time"),
            calendar: calendar()
        }),
    ];
    prop_oneof![on, commands()]
}

proptest! {
    /// Whatever commands come, by whomever and whenever: work is never accepted by a party, an extension is to a later
    /// date, the clock stands still exactly while somebody else is waited for, and an item that is not under way has
    /// neither a blockage nor an extension request.
    #[test]
    fn an_item_stays_sound(
        life in proptest::collection::vec((life(), 0..4usize, 0..3_000i64), 0..40)
    ) {
        let actors = [water(), housing(), supervisor(), Actor::process("x")];
        let mut at: Timestamp = "2027-03-02T02:00:00Z".parse().unwrap();
        let mut state = ActionItem::fold(State::default(), &[Event::Assigned { assignment: assignment() }]);
        for (command, by, minutes) in life {
            at += jiff::SignedDuration::from_mins(minutes);
            let issued = Issued { at, by: actors[by].clone() };
            let before = state.clone();
            let Ok(events) = ActionItem::decide(&state, command, &issued) else { continue };
            for event in &events {
                state = ActionItem::evolve(state, event);
            }
            let (Some(before), Some(item)) = (before.item(), state.item()) else { continue };
            for event in &events {
                match event {
                    Event::Accepted { department, .. } => {
                        prop_assert!(item.parties().all(|party| department.as_ref() != Some(party)));
                        prop_assert_eq!(before.stage, Stage::Claimed);
                    }
                    Event::ExtensionGranted { .. } => {
                        prop_assert!(item.assignment.due_on > before.assignment.due_on);
                    }
                    _ => {}
                }
            }
            prop_assert!(item.extensions_granted <= EXTENSIONS_MAX);
            prop_assert!(item.percent() <= PERCENT_MAX);
            if item.stage != Stage::Underway {
                prop_assert_eq!((&item.blockages, &item.extension), (&vec![], &None));
            }
            // The clock stands still exactly while there is somebody else to wait for.
            let waits = matches!(item.stage, Stage::Claimed | Stage::Contested)
                || item.suspension.is_some()
                || !item.waits_for.is_empty();
            prop_assert_eq!(item.paused_since.is_some(), waits);
        }
    }
}
