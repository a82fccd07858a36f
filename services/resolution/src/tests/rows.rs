//! After any life, the row of an item or resolution is what the rules have of it.

use super::{code, line, text};
use crate::render;
use crate::views::{self, ResolutionView};
use domain::calendar::WorkingCalendar;
use domain::due::DueRule;
use domain::resolution::action_item::put_down::Kind;
use domain::resolution::action_item::{ActionItem, Assignment, Command, Grounds, Means, Said, Saying, State};
use domain::resolution::evidence::Evidence;
use domain::resolution::resolution::{self, Origin, Registration, Resolution, Votes};
use domain::resolution_change::ChangeEffect;
use domain::{Actor, Aggregate as _, Issued, Role, Timestamp, Uuid};
use proptest::prelude::*;
use proto::Wire as _;
use proto::resolution::v1 as pb;
use service_kit::Scope;
use service_kit::spans::{AsOf, Past};
use service_kit::view::InMemory;
use std::collections::BTreeSet;

const BEGIN: &str = "2027-03-02T02:00:00Z";

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn later(now: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_microsecond(now.as_microsecond() + minutes * 60_000_000).unwrap()
}

fn assignment(number: u32) -> Assignment {
    let due_on = "2027-03-31".parse().unwrap();
    Assignment {
        resolution: Uuid::from_u128(7),
        number: line(&format!("FLOOD-2027-0001/{number}")),
        title: line("泵站改造"),
        deliverable: text("泵站改造完成"),
        criterion: text("满负荷试运行两小时"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS"), code("HEALTH")],
        due_on,
        due_at: calendar().end_of(due_on),
        acknowledge_by: "2027-03-08T15:59:59.999999Z".parse().unwrap(),
    }
}

fn evidence() -> Vec<Evidence> {
    vec![Evidence { title: line("报告"), sha256: line(&"0a".repeat(32)), uri: line("urn:report") }]
}

fn commands() -> impl Strategy<Value = Command> {
    let reason = || text("理由");
    let due = (1..40_u32).prop_map(DueRule::AfterDays);
    let lead = prop_oneof![Just(None), Just(Some(code("ROADS"))), Just(Some(code("WATER")))];
    prop_oneof![
        4 => Just(Command::Acknowledge),
        2 => Just(Command::Contest { reason: reason() }),
        2 => lead.prop_map(move |reassign_to| Command::ResolveContest { reassign_to, due: Some(DueRule::AfterDays(30)), reason: reason(), calendar: calendar() }),
        3 => (0..=100_u32).prop_map(move |percent| Command::ReportProgress { percent, note: reason(), evidence: vec![] }),
        2 => Just(Command::ReportBlockage { reason: reason(), help_from: code("HEALTH") }),
        2 => Just(Command::ClearBlockage { blocked: None, note: reason() }),
        3 => due.clone().prop_map(move |due| Command::RequestExtension { due, reason: reason(), calendar: calendar() }),
        2 => Just(Command::GrantExtension { calendar: calendar() }),
        1 => Just(Command::RefuseExtension { reason: reason() }),
        3 => Just(Command::ClaimCompletion { summary: reason(), evidence: evidence() }),
        3 => Just(Command::Accept { part: None, note: None }),
        2 => Just(Command::ReturnWork { part: None, reason: reason(), calendar: calendar() }),
        1 => proptest::option::of(due).prop_map(move |due| Command::Reopen { reason: reason(), due, calendar: calendar() }),
        1 => Just(Command::Accept { part: Some(code("ROADS")), note: None }),
        1 => Just(Command::ReturnWork { part: Some(code("ROADS")), reason: reason(), calendar: calendar() }),
        1 => Just(Command::NameAcceptor { acceptor: Some(code("PRESS")), reason: reason() }),
        1 => Just(Command::GiveHelp { blocked: code("WATER"), note: reason() }),
        1 => Just(Command::Suspend { reason: reason(), authority: line("Plan 3") }),
        1 => Just(Command::Resume { note: reason(), calendar: calendar() }),
        1 => Just(Command::AwaitItem { on: Uuid::from_u128(2), on_number: line("FLOOD-2027-0001/2") }),
        1 => Just(Command::Release { on: Uuid::from_u128(2), calendar: calendar() }),
        1 => Just(Command::Rescind { reason: reason() }),
        4 => said().prop_map(|(department, said)| put_down(department, said)),
        2 => prop::sample::select(Kind::ALL.to_vec()).prop_map(move |kind| Command::ContestPutDown { kind, reason: reason(), calendar: calendar() }),
        1 => any::<bool>().prop_map(move |holds| Command::RecordLookBack { observation: reason(), holds }),
    ]
}

/// What a department says, and by which.
fn said() -> impl Strategy<Value = (&'static str, Said)> {
    let words = || text("据电话");
    let of_parties = prop_oneof![
        2 => Just(Said::Acknowledgement),
        1 => Just(Said::Contest { reason: words() }),
        2 => (0..=100_u32).prop_map(move |percent| Said::Progress { percent, note: words(), evidence: vec![] }),
        1 => Just(Said::Blockage { reason: words(), help_from: code("HEALTH") }),
        1 => Just(Said::Extension { due: DueRule::AfterDays(30), reason: words() }),
        2 => Just(Said::Completion { summary: words(), evidence: evidence() }),
    ];
    let helped = Said::HelpGiven { blocked: code("WATER"), note: text("已派人") };
    prop_oneof![
        6 => (prop::sample::select(vec!["WATER", "ROADS"]), of_parties),
        1 => Just(("HEALTH", helped)),
    ]
}

fn put_down(department: &str, said: Said) -> Command {
    let said_on = "2027-03-01".parse().unwrap();
    Command::PutDown {
        saying: Saying {
            department: code(department),
            said_by: line("王芳"),
            means: Means::Telephone,
            said_on,
        },
        said,
        grounds: Grounds {
            decided_on: None,
            leaders: vec![],
            stewards: vec![code("AUDIT")],
            without_users: ["WATER", "ROADS", "HEALTH"].map(code).to_vec(),
        },
        calendar: calendar(),
    }
}

/// The row of an item as the rules have it.
fn row(id: Uuid, state: &State, now: Timestamp) -> Option<pb::Item> {
    let (item, calendar) = (state.item()?, calendar());
    Some(render::item(id, item, now, calendar.zone()))
}

/// Which items a filter keeps.
type Kept<'k> = &'k dyn Fn(&pb::Item) -> bool;

/// The lists and the stories as they were are what was shown then.
fn check_past(
    view: &InMemory<ResolutionView>,
    position: u64,
    (at, then): &(Timestamp, Vec<pb::Item>),
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let list = |request: pb::ListItemsRequest| {
        let request = pb::ListItemsRequest { as_of_position: Some(position), ..request };
        views::items(&request, now, calendar().zone()).unwrap()(view.within(&Scope::whole())).unwrap().rows
    };
    let every = pb::ListItemsRequest::default;
    let filters: [(pb::ListItemsRequest, Kept<'_>); 11] = [
        (every(), &|_| true),
        (pb::ListItemsRequest { late: Some(true), ..every() }, &|item| item.late),
        (pb::ListItemsRequest { late: Some(false), ..every() }, &|item| !item.late),
        (pb::ListItemsRequest { stage: Some(1), ..every() }, &|item| item.stage == 1),
        (pb::ListItemsRequest { stage: Some(5), ..every() }, &|item| item.stage == 5),
        (pb::ListItemsRequest { lead_code: Some("ROADS".into()), ..every() }, &|item| {
            item.lead_code == "ROADS"
        }),
        (pb::ListItemsRequest { paused: Some(true), ..every() }, &|item| {
            item.stage <= 3 && item.paused_at.is_some()
        }),
        (pb::ListItemsRequest { blocked: Some(true), ..every() }, &|item| item.blocked_reason.is_some()),
        (pb::ListItemsRequest { holder_code: Some("HEALTH".into()), ..every() }, &|item| {
            item.holder_code.as_deref() == Some("HEALTH")
        }),
        (pb::ListItemsRequest { holder_code: Some("WATER".into()), ..every() }, &|item| {
            item.holder_code.as_deref() == Some("WATER")
        }),
        (pb::ListItemsRequest { called_upon_code: Some("PRESS".into()), ..every() }, &|item| {
            item.acceptor_code.as_deref() == Some("PRESS")
        }),
    ];
    for (request, is_kept) in filters {
        let expected: Vec<pb::Item> = then.iter().filter(|item| is_kept(item)).cloned().collect();
        prop_assert_eq!(list(request.clone()), expected, "{:?} at {}", request, position);
    }
    let ids = |items: &[pb::Item]| items.iter().map(|item| item.item_id.clone()).collect::<BTreeSet<_>>();
    for order_by in ["due_at", "due_at desc", "number desc"] {
        for (stage, lead) in [(None, None), (Some(5), None), (Some(6), None), (None, Some("WATER"))] {
            let (order_by, lead_code) = (order_by.to_owned(), lead.map(str::to_owned));
            let mut listed =
                list(pb::ListItemsRequest { order_by: order_by.clone(), stage, lead_code, ..every() });
            let is_listed = |item: &&pb::Item| {
                stage.is_none_or(|stage| item.stage == stage)
                    && lead.is_none_or(|lead| item.lead_code == lead)
            };
            let expected: Vec<pb::Item> = then.iter().filter(is_listed).cloned().collect();
            prop_assert_eq!(listed.len(), expected.len());
            prop_assert_eq!(ids(&listed), ids(&expected), "{} {:?} {:?}", order_by, stage, lead);
            if order_by.ends_with("desc") {
                listed.reverse();
            }
            let is_sorted = match order_by.starts_with("due_at") {
                true => listed.is_sorted_by_key(|item| item.due_at.map(|at| at.seconds)),
                false => listed.is_sorted_by_key(|item| item.number.clone()),
            };
            prop_assert!(is_sorted, "{} {:?}", order_by, listed);
        }
    }
    let until = pb::ItemEntry { occurred_at: at.to_wire(), ..Default::default() };
    for item in then {
        let named = views::Named::read("item_id", &item.item_id, "").unwrap();
        let story = views::item(named, AsOf::Moment(*at), 0, now, calendar());
        let story = story(view.within(&Scope::whole())).unwrap().unwrap();
        prop_assert!(story.history.iter().all(|entry| moment(entry) <= moment(&until)));
        let named = views::Named::read("item_id", &item.item_id, "").unwrap();
        let story = views::item(named, AsOf::Position(position as i64), 0, now, calendar());
        let story = story(view.within(&Scope::whole())).unwrap().unwrap();
        prop_assert_eq!(story.item.as_ref(), Some(item));
        prop_assert!(story.history.iter().all(|entry| entry.position <= position));
        prop_assert_eq!(story.working_days, story.spans.iter().map(|span| span.working_days).sum::<u32>());
    }
    Ok(())
}

/// Somebody sees those of the items as they were that concern them now, whether they are collected or looked at one by one.
fn check_past_within(
    view: &InMemory<ResolutionView>,
    scope: &Scope,
    seen: &BTreeSet<String>,
    position: u64,
    (at, then): (Timestamp, &[pb::Item]),
) -> Result<(), TestCaseError> {
    let expected: Vec<pb::Item> = then.iter().filter(|item| seen.contains(&item.item_id)).cloned().collect();
    for order_by in ["number", "due_at"] {
        let order_by = order_by.to_owned();
        let request = pb::ListItemsRequest { order_by, as_of_position: Some(position), ..Default::default() };
        let query = views::items(&request, at, calendar().zone()).unwrap();
        let listed = query(view.within(scope)).unwrap().rows;
        if request.order_by == "number" {
            prop_assert_eq!(listed, expected.clone());
        } else {
            prop_assert_eq!(listed.len(), expected.len());
        }
        let past = Some(Past { position: position as i64, at });
        // As everybody's is walked.
        let list = views::List::read(&request).unwrap().query(past, at, calendar().zone(), &Scope::whole());
        prop_assert_eq!(list.seen_differently(view.within(scope)).unwrap(), 0);
    }
    Ok(())
}

fn moment(entry: &pb::ItemEntry) -> Option<(i64, i32)> {
    entry.occurred_at.map(|at| (at.seconds, at.nanos))
}

fn registration() -> Registration {
    let votes = Votes {
        method: line("simple majority"),
        eligible: 2,
        recused: 0,
        quorum: 1,
        cast: 2,
        yes: 2,
        no: 0,
        abstain: 0,
        base: 2,
        needed: 2,
        sentence: text("2 of 2"),
        body_version: 3,
    };
    Registration {
        number: line("FLOOD-2027-0001"),
        origin: Origin::Session { session: Uuid::from_u128(3), topic: 1, votes, dissenting: vec![] },
        body: code("FLOOD"),
        title: line("泵站"),
        text: text("改造泵站"),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: vec![Uuid::from_u128(1)],
        changes: vec![],
        label: Default::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_rows_of_items_are_what_the_rules_have_of_them(
        life in prop::collection::vec((0..3_usize, commands(), 0..4_usize, 0..3_000_i64), 0..80)
    ) {
        let of = |department: &str, role| Actor {
            subject: format!("chen of {department}"), department: Some(code(department)), roles: vec![role],
        };
        let actors = [
            of("WATER", Role::DepartmentLead), of("WATER", Role::DepartmentLead), of("ROADS", Role::DepartmentLead),
            of("AUDIT", Role::Supervisor),
        ];
        let mut view = InMemory::<ResolutionView>::new().unwrap();
        let mut now: Timestamp = BEGIN.parse().unwrap();
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let mut states = [const { State::Absent }; 3];
        let mut thens: Vec<(Timestamp, Vec<pb::Item>)> = Vec::new();
        let assigned = (0..3).map(|nth| (nth, Command::Assign { assignment: assignment(nth as u32 + 1) }, 0, 0));
        for (nth, command, by, minutes) in assigned.chain(life) {
            now = later(now, minutes);
            let issued = Issued { at: now, by: actors[by].clone() };
            let Ok(events) = ActionItem::decide(&states[nth], command, &issued) else { continue };
            states[nth] = ActionItem::fold(std::mem::take(&mut states[nth]), &events);
            view.project::<ActionItem>(ids[nth], now, &events).unwrap();
            let every = pb::ListItemsRequest::default();
            let listed = views::items(&every, now, calendar().zone()).unwrap()(view.within(&Scope::whole())).unwrap().rows;
            let expected: Vec<pb::Item> =
                ids.iter().zip(&states).filter_map(|(id, state)| row(*id, state, now)).collect();
            prop_assert_eq!(&listed, &expected);
            thens.push((now, expected));
            for department in ["WATER", "ROADS", "HEALTH", "PRESS"] {
                let scope = Scope::of(&of(department, Role::DepartmentLead), &Default::default(), &Default::default());
                let listed = views::items(&every, now, calendar().zone()).unwrap()(view.within(&scope)).unwrap().rows;
                let list = views::List::read(&every).unwrap().query(None, now, calendar().zone(), &scope);
                prop_assert_eq!(list.seen_differently(view.within(&scope)).unwrap(), 0);
                let seen = ids.iter().zip(&states).filter(|(_, state)| scope.covers(&ActionItem::audience(state)));
                let expected: Vec<pb::Item> = seen.filter_map(|(id, state)| row(*id, state, now)).collect();
                prop_assert_eq!(listed, expected, "{}", department);
            }
        }
        for department in ["WATER", "ROADS", "HEALTH", "PRESS"] {
            let scope = Scope::of(&of(department, Role::DepartmentLead), &Default::default(), &Default::default());
            let seen: BTreeSet<String> = ids.iter().zip(&states)
                .filter(|(_, state)| scope.covers(&ActionItem::audience(state)))
                .map(|(id, _)| id.to_string())
                .collect();
            for (position, (at, then)) in (1..).zip(&thens).step_by(3) {
                check_past_within(&view, &scope, &seen, position, (*at, then))?;
            }
        }
        for (position, then) in (1..).zip(&thens) {
            check_past(&view, position, then, now)?;
        }
    }

    #[test]
    fn the_row_of_a_resolution_is_what_the_rules_have_of_it(
        life in prop::collection::vec((0..4_u8, 0..3_000_i64), 0..8)
    ) {
        let id = Uuid::from_u128(7);
        let mut view = InMemory::<ResolutionView>::new().unwrap();
        let mut now: Timestamp = BEGIN.parse().unwrap();
        let mut state = resolution::State::default();
        for (command, minutes) in [(0, 0)].into_iter().chain(life) {
            now = later(now, minutes);
            let command = match command {
                0 => resolution::Command::Register { registration: registration() },
                1 => resolution::Command::Change {
                    by: Uuid::from_u128(9),
                    effect: ChangeEffect::Amends,
                    carried_over: vec![],
                    reason: text("另作规定"),
                },
                2 => resolution::Command::Change {
                    by: Uuid::from_u128(9),
                    effect: ChangeEffect::Rescinds,
                    carried_over: vec![Uuid::from_u128(1)],
                    reason: text("不再适用"),
                },
                _ => resolution::Command::Change {
                    by: Uuid::from_u128(8),
                    effect: ChangeEffect::Supersedes,
                    carried_over: vec![],
                    reason: text("更新"),
                },
            };
            let issued = Issued { at: now, by: Actor::process("test") };
            let Ok(events) = Resolution::decide(&state, command, &issued) else { continue };
            state = Resolution::fold(state, &events);
            view.project::<Resolution>(id, now, &events).unwrap();
            let resolution::State::Registered(registered) = &state else { continue };
            let named = views::Named::read("resolution_id", &id.to_string(), "").unwrap();
            let shown = views::resolution(named)(view.within(&Scope::whole())).unwrap().unwrap().resolution;
            prop_assert_eq!(shown, Some(render::resolution(id, registered)));
        }
    }
}
