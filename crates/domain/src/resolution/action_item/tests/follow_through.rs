use super::*;

pub(super) fn then(history: Vec<Event>, at: &str, by: Actor, command: Command) -> Vec<Event> {
    let events = given::<ActionItem>(&history).at(at).by(by).when(command).unwrap();
    [history, events].concat()
}

#[test]
fn each_department_has_a_blockage_of_its_own_and_is_owed_help() {
    let finance = || actor("sun", "FINANCE", Role::DepartmentLead);
    let stuck = |why, help| Command::ReportBlockage { reason: text(why), help_from: code(help) };
    let clear =
        |blocked: Option<&str>| Command::ClearBlockage { blocked: blocked.map(code), note: text("paid") };
    let blocked = played(vec![
        (water(), Command::Acknowledge),
        (water(), stuck("no funds", "FINANCE")),
        (housing(), stuck("no site", "LAND")),
        (finance(), Command::AcknowledgeHelp { blocked: code("WATER") }),
    ]);
    let of = |history: &[Event]| -> Vec<(String, Help)> {
        item(history).blockages.iter().map(|one| (one.help_from.to_string(), one.help)).collect()
    };
    assert_eq!(of(&blocked), [("FINANCE".into(), Help::Acknowledged), ("LAND".into(), Help::Owed)]);
    let give = |blocked: &str| Command::GiveHelp { blocked: code(blocked), note: text("paid") };
    assert!(matches!(
        given::<ActionItem>(&blocked).by(finance()).when(give("HOUSING")),
        Err(Rejection::NotYourDepartment { .. })
    ));
    assert_eq!(
        given::<ActionItem>(&blocked).by(finance()).when(give("FINANCE")),
        Err(Rejection::NotBlocked { department_code: code("FINANCE") })
    );
    let helped = given::<ActionItem>(&blocked).by(finance()).when(give("WATER")).unwrap();
    let helped = [blocked, helped].concat();
    assert_eq!(of(&helped)[0].1, Help::Given);
    assert!(
        given::<ActionItem>(&helped).by(finance()).when(clear(Some("WATER"))).is_err(),
        "not for the helper"
    );
    assert!(
        given::<ActionItem>(&helped).by(housing()).when(clear(Some("WATER"))).is_err(),
        "nor for another"
    );
    let freed = given::<ActionItem>(&helped).by(water()).when(clear(None)).unwrap();
    assert_eq!(of(&[&helped[..], &freed].concat()), [("LAND".into(), Help::Owed)]);
}

#[test]
fn only_the_acceptor_or_a_supervisor_outside_the_parties_judges() {
    let claimed = played(vec![(water(), Command::Acknowledge), (water(), claim())]);
    let accept = Command::Accept { part: None, note: None };
    let when = |history: &[Event], by| given::<ActionItem>(history).by(by).when(accept.clone());
    let stranger = || actor("x", "USDA", Role::DepartmentLead);
    assert_eq!(when(&claimed, housing()), Err(Rejection::OwnWork { department_code: code("HOUSING") }));
    assert_eq!(
        when(&claimed, actor("x", "HOUSING", Role::Supervisor)),
        Err(Rejection::OwnWork { department_code: code("HOUSING") })
    );
    assert_eq!(
        when(&claimed, stranger()).unwrap_err().to_string(),
        "only a supervisor outside the parties judges the work; you speak for USDA"
    );
    let name = |acceptor| Command::NameAcceptor { acceptor: Some(code(acceptor)), reason: text("it knows") };
    assert_eq!(
        given::<ActionItem>(&claimed).by(supervisor()).when(name("HOUSING")),
        Err(Rejection::AcceptorIsParty { department_code: code("HOUSING") })
    );
    let named = given::<ActionItem>(&claimed).by(supervisor()).when(name("USDA")).unwrap();
    let named = [claimed, named].concat();
    assert!(when(&named, stranger()).is_ok());
    assert!(when(&named, supervisor()).is_ok());
    assert_eq!(
        when(&named, actor("x", "LAND", Role::DepartmentLead)).unwrap_err().to_string(),
        "only USDA, or a supervisor outside the parties, judges the work; you speak for LAND"
    );
}

#[test]
fn each_supporting_department_has_a_part_that_is_judged_for_itself() {
    let of_part = |part| Command::Accept { part: Some(code(part)), note: None };
    let back =
        || Command::ReturnWork { part: Some(code("HOUSING")), reason: text("half"), calendar: calendar() };
    let part = |history: &[Event]| item(history).parts.first().cloned().unwrap();
    let mut commands = vec![
        (water(), Command::Acknowledge),
        (housing(), Command::Acknowledge),
        (housing(), Command::ReportProgress { percent: 60, note: text("on"), evidence: vec![] }),
    ];
    let begun = played(commands.clone());
    assert_eq!((part(&begun).stage, part(&begun).percent), (PartStage::Underway, 60));
    let early = given::<ActionItem>(&begun).by(supervisor()).when(of_part("HOUSING"));
    assert!(matches!(early, Err(Rejection::WrongStage { stage: "underway", needed: "claimed", .. })));
    commands.extend([(housing(), claim()), (supervisor(), back()), (housing(), claim())]);
    commands.push((supervisor(), of_part("HOUSING")));
    let done = played(commands);
    assert_eq!(part(&done).stage, PartStage::Accepted);
    assert_eq!((item(&done).stage, item(&done).percent()), (Stage::Underway, 0), "the rest is still owed");
    assert_eq!(
        given::<ActionItem>(&done).by(supervisor()).when(of_part("WATER")),
        Err(Rejection::NoSuchPart { department_code: code("WATER") })
    );
}

/// Claimed on Tuesday, 2 March, and judged ten weeks later.
#[test]
fn judging_takes_no_time_from_whoever_did_the_work() {
    let claimed = played(vec![(water(), Command::Acknowledge), (water(), claim())]);
    let back = Command::ReturnWork { part: None, reason: text("two are missing"), calendar: calendar() };
    let item = item(&then(claimed, "2027-05-11T02:00:00Z", supervisor(), back));
    assert_eq!(item.assignment.due_on, due_at("2027-06-09").0, "fifty working days later");
    assert_eq!(item.first_due.due_on, due_at("2027-06-09").0, "and so is what was promised");
    let zone = calendar().zone().clone();
    let now = "2027-05-11T02:00:00Z".parse().unwrap();
    assert_eq!((item.days_late(now, &zone), item.days_past_promise(now, &zone)), (None, 0));
    assert_eq!(item.percent(), 0, "what the lead last said");
}

#[test]
fn an_item_that_is_suspended_or_waits_for_another_is_due_that_much_later() {
    let suspend = Command::Suspend { reason: text("flood"), authority: Line::parse("Plan 3").unwrap() };
    let wait = |by: u128| Command::AwaitItem {
        on: Uuid::from_u128(by),
        on_number: Line::parse(&format!("JC-2027-0002/{by}")).unwrap(),
    };
    let release = |by: u128| Command::Release { on: Uuid::from_u128(by), calendar: calendar() };
    let held =
        played(vec![(water(), Command::Acknowledge), (supervisor(), suspend), (supervisor(), wait(2))]);
    assert!(matches!(given::<ActionItem>(&held).by(water()).when(claim()), Err(Rejection::Suspended { .. })));
    let resume = Command::Resume { note: text("dry"), calendar: calendar() };
    let resumed = then(held, "2027-03-04T02:00:00Z", supervisor(), resume.clone());
    assert_eq!(item(&resumed).assignment.due_on, due_at("2027-03-31").0, "it still waits for another");
    let released = then(resumed, "2027-03-09T02:00:00Z", Actor::process("x"), release(2));
    assert_eq!(item(&released).assignment.due_on, due_at("2027-04-07").0, "five working days in all");
    assert_eq!(
        given::<ActionItem>(&released).by(supervisor()).when(resume),
        Err(Rejection::NotSuspended { number: Line::parse("JC-2027-0001/1").unwrap() })
    );
    assert_eq!(given::<ActionItem>(&released).when(release(2)), Ok(vec![]));
}

#[test]
fn a_department_is_urged_twice_a_week_at_most() {
    let urge = |at: &str, history: &[Event]| {
        let command = Command::Urge { text: text("the rain comes"), calendar: calendar() };
        given::<ActionItem>(history).at(at).by(supervisor()).when(command)
    };
    let mut history = played(vec![]);
    for at in ["2027-03-01T02:00:00Z", "2027-03-07T02:00:00Z"] {
        history.extend(urge(at, &history).unwrap());
    }
    assert_eq!(
        urge("2027-03-07T03:00:00Z", &history),
        Err(Rejection::UrgesExhausted { urges: 2, max: 2, next_on: "2027-03-08".parse().unwrap() })
    );
    assert!(urge("2027-03-07T16:00:00Z", &history).is_ok(), "Monday has begun in Shanghai");
}

#[test]
fn an_extension_that_is_over_when_it_is_decided_on_is_not_granted() {
    let asked = played(vec![(water(), Command::Acknowledge), (water(), extend(DueRule::AfterDays(5)))]);
    let late = given::<ActionItem>(&asked).at("2027-05-04T02:00:00Z").by(supervisor()).when(grant());
    let (due_on, earliest_due_on) = (due_at("2027-04-05").0, due_at("2027-05-04").0);
    assert_eq!(late, Err(Rejection::DueTooEarly { due_on, earliest_due_on }));
    assert!(given::<ActionItem>(&asked).at("2027-04-05T02:00:00Z").by(supervisor()).when(grant()).is_ok());
}

#[test]
fn an_item_whose_date_is_over_is_reopened_with_a_date_and_never_by_a_party() {
    let accepted = played(vec![
        (water(), Command::Acknowledge),
        (water(), claim()),
        (supervisor(), Command::Accept { part: None, note: None }),
    ]);
    let reopen = |due| Command::Reopen { reason: text("it leaks"), due, calendar: calendar() };
    let when = |by, due| given::<ActionItem>(&accepted).at("2027-04-01T02:00:00Z").by(by).when(reopen(due));
    assert_eq!(
        when(supervisor(), None),
        Err(Rejection::DueRequired { number: Line::parse("JC-2027-0001/1").unwrap() })
    );
    assert!(when(supervisor(), Some(DueRule::AfterDays(5))).is_ok());
    assert_eq!(
        when(actor("x", "WATER", Role::Supervisor), Some(DueRule::AfterDays(5))),
        Err(Rejection::OwnCase { department_code: code("WATER") })
    );
}

#[test]
fn a_hash_of_zeros_is_no_evidence() {
    let underway = played(vec![(water(), Command::Acknowledge)]);
    let sha256 = Line::parse(&"0".repeat(64)).unwrap();
    let evidence = vec![Evidence { sha256: sha256.clone(), ..document() }];
    let claim = Command::ClaimCompletion { summary: text("done"), evidence };
    assert_eq!(given::<ActionItem>(&underway).by(water()).when(claim), Err(Rejection::NotADigest { sha256 }));
}

#[test]
fn after_a_return_it_is_as_far_as_was_said_last() {
    let report = |percent| Command::ReportProgress { percent, note: text("so far"), evidence: vec![] };
    let back = |part| Command::ReturnWork { part, reason: text("it leaks"), calendar: calendar() };
    let reported = played(vec![(water(), Command::Acknowledge), (water(), report(80))]);
    let claimed = then(reported, "2027-03-10T02:00:00Z", water(), claim());
    let accept = Command::Accept { part: None, note: None };
    let accepted = then(claimed.clone(), "2027-03-11T02:00:00Z", supervisor(), accept);
    assert_eq!(item(&accepted).percent(), 100);
    let returned = then(claimed, "2027-03-11T02:00:00Z", supervisor(), back(None));
    assert_eq!(item(&returned).percent(), 80, "what the lead said last");
    let reopen =
        Command::Reopen { reason: text("it leaks"), due: Some(DueRule::AfterDays(20)), calendar: calendar() };
    let reopened = then(accepted, "2027-03-12T02:00:00Z", supervisor(), reopen);
    assert_eq!(item(&reopened).percent(), 80);
    let fewer = then(reopened, "2027-03-13T02:00:00Z", water(), report(60));
    assert_eq!(item(&fewer).percent(), 60, "fewer than before, too");
    let part = |history: &[Event]| item(history).parts[0].percent;
    let acknowledged = [(water(), Command::Acknowledge), (housing(), Command::Acknowledge)];
    let mut history = played(acknowledged.into_iter().chain([(housing(), report(70))]).collect());
    history = then(history, "2027-03-10T02:00:00Z", housing(), claim());
    history = then(history, "2027-03-11T02:00:00Z", supervisor(), back(Some(code("HOUSING"))));
    assert_eq!(part(&history), 70, "and so for a part");
}

#[test]
fn a_leader_instructs_until_the_item_is_over_and_nobody_else_does() {
    let instruct = |by: Actor, history: &[Event]| {
        let command =
            Command::Instruct { text: text("Before the rain"), leaders: vec![code("CITY"), code("WATER")] };
        given::<ActionItem>(history).by(by).when(command)
    };
    let leader = |department: &str| actor("zhou", department, Role::Leader);
    let underway = played(vec![(water(), Command::Acknowledge)]);
    for own in ["CITY", "WATER"] {
        let said = instruct(leader(own), &underway).unwrap();
        assert_eq!(said, [Event::Instructed { text: text("Before the rain") }]);
    }
    assert_eq!(
        instruct(leader("HOUSING"), &underway).unwrap_err().to_string(),
        "only CITY, WATER may do this; you speak for HOUSING"
    );
    let accepted = played(vec![
        (water(), Command::Acknowledge),
        (water(), claim()),
        (supervisor(), Command::Accept { part: None, note: None }),
    ]);
    assert!(matches!(
        instruct(leader("CITY"), &accepted),
        Err(Rejection::WrongStage { stage: "accepted", .. })
    ));
}
