use super::*;
use crate::Refusal as _;
use crate::resolution::action_item::{ActionItem, Assignment};
use crate::testing::{actor, at, code, line, text};
use crate::{Aggregate as _, Uuid};
use proptest::prelude::*;

const NOW: &str = "2027-03-02T02:00:00Z";

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

/// WATER leads, ROADS supports; OFFICE sees to the business of the body. Both parties are without users.
fn assigned() -> State {
    let due_on = "2027-03-31".parse().unwrap();
    let assignment = Assignment {
        resolution: Uuid::from_u128(1),
        number: line("FLOOD-2027-0001/1"),
        title: line("Pumps"),
        deliverable: text("Pumps"),
        criterion: text("Dry"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS")],
        due_on,
        due_at: calendar().end_of(due_on),
        acknowledge_by: at("2027-03-04T15:59:59Z"),
    };
    decided(&State::default(), ("AUDIT", Role::Supervisor), Command::Assign { assignment }).unwrap()
}

fn grounds() -> Grounds {
    Grounds {
        decided_on: Some("2027-02-26".parse().unwrap()),
        stewards: vec![code("OFFICE")],
        without_users: vec![code("WATER"), code("ROADS")],
        leaders: vec![],
    }
}

fn saying(department: &str) -> Saying {
    let said_on = "2027-03-01".parse().unwrap();
    Saying { department: code(department), said_by: line("王科长"), means: Means::Telephone, said_on }
}

fn down(department: &str, said: Said) -> Command {
    Command::PutDown { saying: saying(department), said, grounds: grounds(), calendar: calendar() }
}

fn decided(state: &State, by: (&str, Role), command: Command) -> Result<State, Rejection> {
    let issued = Issued { at: at(NOW), by: actor("li", by.0, by.1) };
    let events = ActionItem::decide(state, command, &issued)?;
    Ok(ActionItem::fold(state.clone(), &events))
}

const CLERK: (&str, Role) = ("OFFICE", Role::Clerk);
const LEAD: (&str, Role) = ("WATER", Role::DepartmentLead);

fn claim() -> Said {
    let evidence =
        Evidence { title: line("Photo"), sha256: line(&"0a".repeat(32)), uri: line("urn:photo:1") };
    Said::Completion { summary: text("Dry"), evidence: vec![evidence] }
}

fn contest(kind: Kind) -> Command {
    Command::ContestPutDown { kind, reason: text("Nobody of ours said so"), calendar: calendar() }
}

#[test]
fn what_is_put_down_is_the_departments_and_marked() {
    let state = decided(&assigned(), CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let item = state.item().unwrap();
    assert_eq!(item.stage, Stage::Underway);
    let [mark] = &item.put_down[..] else { panic!("one mark: {:?}", item.put_down) };
    assert_eq!((mark.kind, mark.department.as_str()), (Kind::Acknowledgement, "WATER"));
    assert_eq!((mark.by.as_str(), mark.by_department.as_str()), ("li", "OFFICE"));
    let again = decided(&state, CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    assert_eq!(again, state, "already so");
    let own = Command::ReportProgress { percent: 40, note: text("Dug"), evidence: vec![] };
    let said = Said::Progress { percent: 30, note: text("Dug"), evidence: vec![] };
    let reported = decided(&state, CLERK, down("WATER", said)).unwrap();
    assert_eq!(reported.item().unwrap().put_down.len(), 2);
    let reported = decided(&reported, LEAD, own).unwrap();
    let item = reported.item().unwrap();
    assert_eq!(item.percent(), 40);
    assert!(
        item.put_down.iter().all(|one| one.kind == Kind::Acknowledgement),
        "its own word stands in its place"
    );
}

#[test]
fn only_clerks_of_the_body_put_down_only_what_departments_without_users_said() {
    let state = assigned();
    let refused = |by, command| decided(&state, by, command).unwrap_err();
    let strangers = [("ROADS", Role::Clerk), ("NOWHERE", Role::Clerk), ("WATER", Role::DepartmentLead)];
    for stranger in strangers {
        let refused = refused(stranger, down("WATER", Said::Acknowledgement));
        assert!(matches!(refused, Rejection::NotYourDepartment { .. }), "{stranger:?}: {refused}");
    }
    let of_own = |grounds: Grounds| Command::PutDown {
        saying: saying("WATER"),
        said: Said::Acknowledgement,
        grounds,
        calendar: calendar(),
    };
    let unmarked = Grounds { without_users: vec![code("ROADS")], ..grounds() };
    assert!(matches!(refused(CLERK, of_own(unmarked)), Rejection::HasOwnUsers { .. }));
    let own = Grounds { stewards: vec![code("WATER")], ..grounds() };
    let by_itself = refused(("WATER", Role::Clerk), of_own(own));
    assert!(matches!(by_itself, Rejection::HasOwnUsers { .. }), "a department with a clerk has users");
    let signs = |refusal: Rejection| match refusal {
        Rejection::HasOwnUsers { sign, .. } => sign,
        other => panic!("{other}"),
    };
    assert_eq!(signs(by_itself), "you are of it");
    let acted = decided(&state, LEAD, Command::Acknowledge).unwrap();
    let report = || Said::Progress { percent: 10, note: text("Dug"), evidence: vec![] };
    let acted = decided(&acted, CLERK, down("WATER", report())).unwrap_err();
    assert_eq!(signs(acted), "somebody of it has acted on this item");
    let outsider = refused(CLERK, down("FINANCE", Said::Acknowledgement));
    assert!(matches!(outsider, Rejection::HasOwnUsers { .. }));
    let said_on = |said_on: &str| Command::PutDown {
        saying: Saying { said_on: said_on.parse().unwrap(), ..saying("WATER") },
        said: Said::Acknowledgement,
        grounds: grounds(),
        calendar: calendar(),
    };
    assert!(matches!(refused(CLERK, said_on("2027-03-03")), Rejection::SaidLater { .. }));
    let before = refused(CLERK, said_on("2027-02-25"));
    assert!(matches!(before, Rejection::SaidEarlier { .. }), "nobody spoke of it then");
    assert!(decided(&state, CLERK, said_on("2027-02-26")).is_ok(), "on the very day");
    let absent = decided(&State::default(), CLERK, down("WATER", Said::Acknowledgement)).unwrap_err();
    assert!(matches!(absent, Rejection::NotFound { .. }));
}

#[test]
fn nobody_judges_or_rules_on_what_they_said_themselves() {
    // Zhang works for ROADS and for AUDIT, and has both tokens.
    let by =
        |subject: &str, department: &str, role| Issued { at: at(NOW), by: actor(subject, department, role) };
    let lead = by("zhang", "WATER", Role::DepartmentLead);
    let supervisor = by("zhang", "AUDIT", Role::Supervisor);
    let another = by("zhao", "AUDIT", Role::Supervisor);
    let does = |state: &State, command, issued: &Issued| {
        ActionItem::decide(state, command, issued).map(|events| ActionItem::fold(state.clone(), &events))
    };
    let dismiss = || Command::ResolveContest {
        reassign_to: None,
        due: None,
        reason: text("It is yours"),
        calendar: calendar(),
    };
    let contested = does(&assigned(), Command::Contest { reason: text("Not ours") }, &lead).unwrap();
    assert_eq!(does(&contested, dismiss(), &supervisor).unwrap_err().reason(), "OWN_ENTRY");
    assert!(does(&contested, dismiss(), &another).is_ok());

    let underway = does(&assigned(), Command::Acknowledge, &lead).unwrap();
    let later = Command::RequestExtension {
        due: DueRule::On("2027-06-30".parse().unwrap()),
        reason: text("Rain"),
        calendar: calendar(),
    };
    let asked = does(&underway, later, &lead).unwrap();
    for ruling in
        [Command::GrantExtension { calendar: calendar() }, Command::RefuseExtension { reason: text("No") }]
    {
        assert_eq!(does(&asked, ruling.clone(), &supervisor).unwrap_err().reason(), "OWN_ENTRY");
        assert!(does(&asked, ruling, &another).is_ok());
    }

    let Said::Completion { summary, evidence } = claim() else { panic!("a claim") };
    let claimed = does(&underway, Command::ClaimCompletion { summary, evidence }, &lead).unwrap();
    let accept = || Command::Accept { part: None, note: None };
    assert_eq!(does(&claimed, accept(), &supervisor).unwrap_err().reason(), "OWN_ENTRY");
    assert!(does(&claimed, accept(), &another).is_ok());
}

#[test]
fn whoever_puts_a_claim_down_does_not_judge_it() {
    let state = decided(&assigned(), CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let state = decided(&state, CLERK, down("WATER", claim())).unwrap();
    let accept = || Command::Accept { part: None, note: None };
    let own = decided(&state, ("AUDIT", Role::Supervisor), accept()).unwrap_err();
    assert!(matches!(own, Rejection::OwnEntry { .. }), "li put it down: {own}");
    let mut erased = state.item().unwrap().clone();
    erased.put_down.iter_mut().for_each(|one| one.by = format!("{ERASED_PREFIX}0a0a0a0a"));
    let colleague = Issued { at: at(NOW), by: actor("qian", "OFFICE", Role::Supervisor) };
    let erased = State::Assigned(Box::new(erased));
    let unknown = ActionItem::decide(&erased, accept(), &colleague).unwrap_err();
    assert!(matches!(unknown, Rejection::OwnEntry { .. }), "it may have been them: {unknown}");
    let of_none = Actor { department: None, ..actor("li", "OFFICE", Role::Supervisor) };
    let of_none = |state| ActionItem::decide(state, accept(), &Issued { at: at(NOW), by: of_none.clone() });
    let unknown = of_none(&erased).unwrap_err();
    assert!(matches!(unknown, Rejection::OwnEntry { .. }), "li may speak for nobody by now: {unknown}");
    assert!(
        matches!(of_none(&state).unwrap_err(), Rejection::OwnEntry { .. }),
        "and is known by name before"
    );
    let elsewhere = Issued { at: at(NOW), by: actor("zhao", "AUDIT", Role::Supervisor) };
    assert_eq!(ActionItem::decide(&erased, accept(), &elsewhere).unwrap().len(), 1);
    assert_eq!(
        ActionItem::decide(&state, accept(), &colleague).unwrap().len(),
        1,
        "li put it down, not qian"
    );
    let another = Issued { at: at(NOW), by: actor("zhao", "AUDIT", Role::Supervisor) };
    assert_eq!(ActionItem::decide(&state, accept(), &another).unwrap().len(), 1);
}

#[test]
fn a_department_takes_back_what_was_put_down_for_it() {
    let offered = assigned();
    let underway = decided(&offered, CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let claimed = decided(&underway, CLERK, down("WATER", claim())).unwrap();
    let stranger = decided(&claimed, ("ROADS", Role::DepartmentLead), contest(Kind::Completion)).unwrap_err();
    assert!(matches!(stranger, Rejection::NothingPutDown { .. }));
    let back = decided(&claimed, LEAD, contest(Kind::Completion)).unwrap();
    assert_eq!(unmarked(&back), unmarked(&underway), "the claim never was");
    let spoken = decided(&back, CLERK, down("WATER", claim())).unwrap_err();
    assert!(matches!(spoken, Rejection::HasOwnUsers { .. }), "WATER speaks for itself now: {spoken}");
    let twice = decided(&back, LEAD, contest(Kind::Completion)).unwrap_err();
    assert!(matches!(twice, Rejection::NothingPutDown { .. }));
    let offered_again = decided(&back, LEAD, contest(Kind::Acknowledgement)).unwrap();
    let item = offered_again.item().unwrap();
    assert_eq!((item.stage, item.put_down.len()), (Stage::Assigned, 0));
    let three_days = calendar().end_of("2027-03-05".parse().unwrap());
    assert_eq!(item.assignment.acknowledge_by, three_days, "three working days");
    let disputed = decided(&offered_again, LEAD, Command::Contest { reason: text("Not ours") }).unwrap();
    assert_eq!(disputed.item().unwrap().stage, Stage::Contested);
}

#[test]
fn an_acknowledgement_from_which_something_came_is_not_taken_back() {
    let underway = decided(&assigned(), CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let own = Command::ReportProgress { percent: 40, note: text("Dug"), evidence: vec![] };
    let reported = decided(&underway, LEAD, own).unwrap();
    let contested = decided(&reported, LEAD, contest(Kind::Acknowledgement)).unwrap();
    let item = contested.item().unwrap();
    assert_eq!(item.stage, Stage::Underway);
    assert_eq!(item.assignment.acknowledge_by, underway.item().unwrap().assignment.acknowledge_by);
    let claimed = decided(&underway, CLERK, down("WATER", claim())).unwrap();
    let issued = Issued { at: at(NOW), by: actor("zhao", "AUDIT", Role::Supervisor) };
    let command = Command::ReturnWork { part: None, reason: text("Wet"), calendar: calendar() };
    let returned = ActionItem::decide(&claimed, command, &issued).unwrap();
    let returned = ActionItem::fold(claimed, &returned);
    let late = decided(&returned, LEAD, contest(Kind::Acknowledgement)).unwrap_err();
    assert!(matches!(late, Rejection::NothingPutDown { .. }), "{late}");
}

#[test]
fn whoever_puts_a_request_or_a_contest_down_does_not_rule_on_it() {
    let disputed =
        decided(&assigned(), CLERK, down("WATER", Said::Contest { reason: text("Not ours") })).unwrap();
    let dismiss =
        Command::ResolveContest { reassign_to: None, due: None, reason: text("Yours"), calendar: calendar() };
    let own = decided(&disputed, ("AUDIT", Role::Supervisor), dismiss).unwrap_err();
    assert!(matches!(own, Rejection::OwnEntry { .. }), "{own}");
    let underway = decided(&assigned(), CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let request = Said::Extension { due: DueRule::AfterDays(40), reason: text("Rain") };
    let asked = decided(&underway, CLERK, down("WATER", request)).unwrap();
    let grant = Command::GrantExtension { calendar: calendar() };
    let own = decided(&asked, ("AUDIT", Role::Supervisor), grant).unwrap_err();
    assert!(matches!(own, Rejection::OwnEntry { .. }), "{own}");
}

#[test]
fn what_was_judged_stays_judged() {
    let state = decided(&assigned(), CLERK, down("WATER", Said::Acknowledgement)).unwrap();
    let state = decided(&state, CLERK, down("WATER", claim())).unwrap();
    let issued = Issued { at: at(NOW), by: actor("zhao", "AUDIT", Role::Supervisor) };
    let accepted = ActionItem::decide(&state, Command::Accept { part: None, note: None }, &issued).unwrap();
    let accepted = ActionItem::fold(state, &accepted);
    let contested = decided(&accepted, LEAD, contest(Kind::Completion)).unwrap();
    assert_eq!(contested.item().unwrap().stage, Stage::Accepted);
}

fn any_said() -> impl Strategy<Value = Said> {
    prop_oneof![
        Just(Said::Acknowledgement),
        Just(Said::Contest { reason: text("Not ours") }),
        (0..120_u32).prop_map(|percent| Said::Progress { percent, note: text("Dug"), evidence: vec![] }),
        prop::sample::select(vec!["WATER", "ROADS"])
            .prop_map(|one| Said::Blockage { reason: text("No data"), help_from: code(one) }),
        Just(Said::Clearance { note: text("It came") }),
        prop::sample::select(vec!["WATER", "ROADS"])
            .prop_map(|one| Said::HelpPromised { blocked: code(one) }),
        prop::sample::select(vec!["WATER", "ROADS"])
            .prop_map(|one| Said::HelpGiven { blocked: code(one), note: text("Sent") }),
        (0..90_u32).prop_map(|days| Said::Extension { due: DueRule::AfterDays(days), reason: text("Rain") }),
        Just(claim()),
    ]
}

fn unmarked(state: &State) -> State {
    match state.clone() {
        State::Assigned(mut item) => {
            item.put_down.clear();
            item.own_voices.clear();
            item.said_by.clear();
            State::Assigned(item)
        }
        State::Absent => State::Absent,
    }
}

proptest! {
    /// A clerk can put down what the department could say itself, no more and no less, and but for the mark the item is
    /// the same; one mark of a kind for a department, at most.
    #[test]
    fn it_is_as_if_the_department_had_said_it(
        said in prop::collection::vec((prop::sample::select(vec!["WATER", "ROADS"]), any_said()), 0..40)
    ) {
        let (mut marked, mut own) = (assigned(), assigned());
        for (department, said) in said {
            let command = said.clone().command(calendar());
            let by_department = decided(&own, (department, Role::DepartmentLead), command);
            let by_clerk = decided(&marked, CLERK, down(department, said));
            match (by_clerk, by_department) {
                (Ok(by_clerk), Ok(by_department)) => {
                    prop_assert_eq!(unmarked(&by_clerk), unmarked(&by_department));
                    (marked, own) = (by_clerk, by_department);
                }
                (Err(by_clerk), Err(by_department)) => prop_assert_eq!(by_clerk, by_department),
                (by_clerk, by_department) => prop_assert!(false, "{by_clerk:?} but {by_department:?}"),
            }
            let marks = &marked.item().unwrap().put_down;
            for (at, one) in marks.iter().enumerate() {
                let same = |other: &PutDown| other.kind == one.kind && other.department == one.department;
                prop_assert!(!marks[at + 1..].iter().any(same));
            }
        }
    }

    /// Whatever is taken back, nothing of it is left to be taken back again, and no stage is left that nothing can end.
    #[test]
    fn what_is_contested_is_marked_no_longer(
        said in prop::collection::vec((prop::sample::select(vec!["WATER", "ROADS"]), any_said()), 0..20),
        kinds in prop::collection::vec((prop::sample::select(vec!["WATER", "ROADS"]), 0..Kind::ALL.len()), 0..10),
    ) {
        let mut state = assigned();
        for (department, said) in said {
            state = decided(&state, CLERK, down(department, said)).unwrap_or(state);
        }
        for (department, kind) in kinds {
            let kind = Kind::ALL[kind];
            let by = (department, Role::DepartmentLead);
            let was_marked = state.item().unwrap().put_down.iter()
                .any(|one| one.kind == kind && one.department.as_str() == department);
            let contested = decided(&state, by, contest(kind));
            prop_assert_eq!(contested.is_ok(), was_marked);
            state = contested.unwrap_or(state);
            prop_assert!(decided(&state, by, contest(kind)).is_err());
            let item = state.item().unwrap();
            let stands_still = matches!(item.stage, Stage::Claimed | Stage::Contested);
            prop_assert_eq!(item.paused_since.is_some(), stands_still);
        }
    }
}
