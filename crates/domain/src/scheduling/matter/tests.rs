use super::*;
use crate::Role;
use crate::scheduling::body::{self, Body};
use crate::testing::{Given, actor, at, charter, code, given, line, text};
use proptest::prelude::*;

const DAY: &str = "2027-03-08T00:00:00Z";

fn session() -> Uuid {
    Uuid::from_u128(7)
}

fn intake() -> Intake {
    Intake {
        title: line("柳树巷积水"),
        summary: Some(text("每逢大雨即积水")),
        body: code("FLOOD"),
        case_reference: Some(line("12345-2027-0001")),
        split_from: None,
        deferrals: 0,
        concerned: vec![code("WATER")],
        label: Label::Internal,
        class: None,
    }
}

fn taken_in() -> Event {
    Event::TakenIn { intake: intake(), raised_by: Some(code("ROADS")) }
}

fn on_agenda() -> Event {
    Event::PutOnAgenda {
        session: session(),
        topic: 1,
        concerned: vec![code("PARKS")],
        label: Label::Internal,
    }
}

fn deferred(deferrals: u32) -> Event {
    let resume_on = "2027-03-08".parse().unwrap();
    Event::Deferred { session: None, resume_on, resume_at: at(DAY), deferrals, reason: None }
}

fn put_on_agenda(session: Uuid, body: &str) -> Command {
    let body = code(body);
    let (label, class) = (Label::Internal, MatterClass::Ordinary);
    Command::PutOnAgenda {
        session,
        body,
        from: None,
        topic: 1,
        concerned: vec![],
        label,
        class,
        is_admitted: false,
        intake: None,
    }
}

fn defer() -> Command {
    let resume_on = "2027-03-08".parse().unwrap();
    Command::Defer { resume_on, resume_at: at(DAY), reason: text("资料不全"), deferrals_max: 2 }
}

fn absorb(from: u128, deferrals: u32) -> Command {
    let (from, body, label) = (Uuid::from_u128(from), code("FLOOD"), Label::Internal);
    Command::Absorb { from, body, deferrals, concerned: vec![], label, class: None }
}

fn after(history: &[Event]) -> Given<Matter> {
    given::<Matter>(history).at("2027-03-01T01:00:00Z")
}

fn stage_after(history: &[Event]) -> Stage {
    Matter::fold(State::default(), history).known().unwrap().stage()
}

#[test]
fn a_deferred_matter_comes_back_on_its_day_and_once() {
    let history = [taken_in(), deferred(1)];
    assert_eq!(after(&history).when(Command::CheckDeadlines), Ok(vec![]));
    let resumed = Event::Resumed { resume_at: at(DAY) };
    assert_eq!(after(&history).at(DAY).when(Command::CheckDeadlines), Ok(vec![resumed.clone()]));
    let history = [taken_in(), deferred(1), resumed];
    assert_eq!(stage_after(&history), Stage::Backlog);
    assert_eq!(after(&history).at(DAY).when(Command::CheckDeadlines), Ok(vec![]));
}

#[test]
fn deferrals_are_counted_over_the_whole_life_of_a_matter() {
    let by_session = Event::Deferred {
        session: Some(session()),
        resume_on: "2027-03-08".parse().unwrap(),
        resume_at: at(DAY),
        deferrals: 2,
        reason: None,
    };
    let history = [taken_in(), deferred(1), on_agenda(), by_session];
    assert_eq!(after(&history).when(defer()), Err(Rejection::DeferralsExhausted { deferrals: 2, max: 2 }));
}

#[test]
fn a_matter_is_on_one_agenda_at_a_time_and_before_its_own_body() {
    let other = Uuid::from_u128(8);
    let taken = after(&[taken_in(), on_agenda()]).when(put_on_agenda(other, "FLOOD"));
    let (action, needed) = ("put on an agenda", "in the backlog or deferred");
    assert_eq!(taken, Err(Rejection::WrongStage { action, needed, stage: Stage::OnAgenda }));
    let elsewhere = after(&[taken_in()]).when(put_on_agenda(other, "CITY"));
    let (title, body_code, needed_code) = (intake().title, code("FLOOD"), code("CITY"));
    assert_eq!(elsewhere, Err(Rejection::OfAnotherBody { title, body_code, needed_code }));
    assert_eq!(after(&[]).when(put_on_agenda(other, "CITY")), Err(Rejection::NotFound { what: "matter" }));
}

#[test]
fn a_session_that_has_lost_a_matter_does_nothing_to_it() {
    let taken_off = Event::TakenOffAgenda { session: session(), reason: None };
    let history = [taken_in(), on_agenda(), taken_off];
    let decide = Command::Decide { session: session(), verdict: Verdict::Adopted };
    assert_eq!(after(&history).when(decide), Ok(vec![]));
}

#[test]
fn a_referral_is_accepted_into_the_other_backlog_or_comes_back() {
    let referred = Event::Referred { session: None, to: code("CITY"), chair: code("MAYOR"), reason: None };
    let history = [taken_in(), referred];
    let accepted = after(&history).when(Command::AcceptReferral).unwrap();
    let state = Matter::fold(Matter::fold(State::default(), &history), &accepted);
    let known = state.known().unwrap();
    assert_eq!((known.stage(), &known.body), (Stage::Backlog, &code("CITY")));
    assert!(known.concerned.contains(&code("MAYOR")));

    let returned = after(&history).when(Command::ReturnReferral { reason: text("职责不符") }).unwrap();
    let state = Matter::fold(Matter::fold(State::default(), &history), &returned);
    let known = state.known().unwrap();
    assert_eq!((known.stage(), &known.body), (Stage::Backlog, &code("FLOOD")));
    assert_eq!(known.reason, Some(text("职责不符")));
    assert!(after(&[taken_in()]).when(Command::AcceptReferral).is_err());
}

#[test]
fn what_absorbs_a_matter_has_been_deferred_as_often_as_that() {
    let command = absorb(3, 2);
    let absorbed = Event::Absorbed {
        from: Uuid::from_u128(3),
        deferrals: 2,
        concerned: vec![],
        label: Label::Internal,
        class: None,
    };
    assert_eq!(after(&[taken_in(), deferred(1)]).when(command.clone()), Ok(vec![absorbed]));
    // The docket of a session counts on its own, from what the matter had when it was prepared.
    assert!(matches!(after(&[taken_in(), on_agenda()]).when(command), Err(Rejection::WrongStage { .. })));
}

#[test]
fn the_body_in_charge_says_who_may_act_on_a_matter() {
    let of = |departments: &[&str], body: &str| {
        let defined = body::Event::Defined {
            body: code(body),
            charter: charter(departments),
            pending: vec![],
            pending_offices: vec![],
        };
        Body::evolve(body::State::default(), &defined)
    };
    let (flood, city) = (of(&["WATER"], "FLOOD"), of(&["MAYOR"], "CITY"));
    let by = |department| Issued { at: at(DAY), by: actor("li", department, Role::Clerk) };
    let own = Matter::fold(State::default(), &[taken_in()]);
    let referred = Event::Referred { session: None, to: code("CITY"), chair: code("MAYOR"), reason: None };
    let away = Matter::evolve(own.clone(), &referred);
    let withdraw = Command::Withdraw { session: None, reason: Some(text("已解决")) };

    assert_eq!(check(&own, &flood, &defer(), &by("WATER")), Ok(()));
    assert!(matches!(check(&own, &flood, &defer(), &by("ROADS")), Err(Rejection::NotTheSecretariat { .. })));
    assert_eq!(check(&own, &flood, &withdraw, &by("ROADS")), Ok(()));
    assert!(matches!(check(&own, &flood, &withdraw, &by("PARKS")), Err(Rejection::NotYourDepartment { .. })));
    assert_eq!(check(&away, &city, &Command::AcceptReferral, &by("MAYOR")), Ok(()));
    assert!(check(&away, &city, &Command::AcceptReferral, &by("WATER")).is_err());
    let unknown = check(
        &State::default(),
        &body::State::default(),
        &Command::TakeIn { intake: intake() },
        &by("ROADS"),
    );
    assert_eq!(unknown, Err(Rejection::UnknownBody { body_code: code("FLOOD") }));
}

fn commands() -> impl Strategy<Value = Command> {
    let id = |n: u128| Uuid::from_u128(n);
    let reason = || text("理由");
    let resume_at = (1_i64..60).prop_map(|days| at(DAY) + jiff::SignedDuration::from_hours(24 * days));
    let absorbs = (0..4_u128, 0..3_u32).prop_map(|(from, deferrals)| absorb(from, deferrals));
    prop_oneof![
        3 => (0..3_u128).prop_map(move |session| put_on_agenda(id(session), "FLOOD")),
        1 => (0..3_u128).prop_map(move |session| Command::TakeOffAgenda { session: id(session), reason: None }),
        4 => resume_at.prop_map(move |resume_at| Command::Defer {
            resume_on: "2027-03-08".parse().unwrap(), resume_at, reason: reason(), deferrals_max: 2,
        }),
        4 => Just(Command::CheckDeadlines),
        1 => Just(Command::Refer { session: None, to: code("CITY"), chair: code("MAYOR"), reason: None }),
        1 => Just(Command::AcceptReferral),
        1 => Just(Command::ReturnReferral { reason: reason() }),
        1 => absorbs,
        1 => Just(Command::Split { into: vec![id(1), id(2)], reason: reason() }),
        1 => Just(Command::Merge { matter: id(9), into: id(8), reason: reason() }),
        1 => (0..3_u128).prop_map(move |session| Command::Decide { session: id(session), verdict: Verdict::Adopted }),
        1 => Just(Command::Withdraw { session: None, reason: Some(reason()) }),
    ]
}

proptest! {
    #[test]
    fn a_matter_is_open_or_has_an_end_and_every_deferral_ends_once(
        life in proptest::collection::vec((commands(), 0_i64..72), 0..80)
    ) {
        let mut now = at("2027-03-01T01:00:00Z");
        let mut state = Matter::fold(State::default(), &[taken_in()]);
        let mut resumed = 0;
        for (command, hours) in life {
            now += jiff::SignedDuration::from_hours(hours);
            let issued = Issued { at: now, by: actor("li", "WATER", Role::Clerk) };
            let before = state.known().unwrap().clone();
            let Ok(events) = Matter::decide(&state, command, &issued) else { continue };
            prop_assert!(before.stage().is_open() || events.is_empty(), "{events:?} after {before:?}");
            resumed += events.iter().filter(|event| matches!(event, Event::Resumed { .. })).count();
            state = Matter::fold(state, &events);
            let known = state.known().unwrap();
            prop_assert!(known.deferrals <= 2 && known.deferrals >= before.deferrals);
            prop_assert!(resumed <= known.deferrals as usize, "a deferral ended twice");
        }
    }
}

mod classes;
mod labels;
