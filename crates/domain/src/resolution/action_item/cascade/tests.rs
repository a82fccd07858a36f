use super::*;
use crate::due::DueRule;
use crate::process::{carry_out, rescind_sub_items};
use crate::resolution::action_item::{ActionItem, Due, State};
use crate::resolution::evidence::Evidence;
use crate::resolution::roll_up::{Node, RollUp, roll_up};
use crate::testing::{actor, code, line, text};
use crate::{Actor, Aggregate as _, Refusal as _};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BEGIN: &str = "2027-03-01T01:00:00Z";

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn assignment(lead: &str) -> Assignment {
    let due_on = "2027-06-30".parse().unwrap();
    Assignment {
        resolution: Uuid::from_u128(7),
        number: line("STATE-2027-0001/1"),
        title: line("Dry cities"),
        deliverable: text("No street is flooded"),
        criterion: text("Two summers"),
        lead: code(lead),
        co_responsible: vec![],
        due_on,
        due_at: calendar().end_of(due_on),
        acknowledge_by: "2027-03-04T15:59:59.999999Z".parse().unwrap(),
    }
}

fn obligation(lead: &str, due: DueRule) -> Obligation {
    Obligation {
        title: line("Drains"),
        deliverable: text("Drains"),
        criterion: text("Water runs off"),
        lead: code(lead),
        co_responsible: vec![],
        due,
    }
}

fn lead(department: &str) -> Actor {
    actor(&format!("li of {department}"), department, Role::DepartmentLead)
}

fn issued(by: Actor) -> Issued {
    Issued { at: BEGIN.parse().unwrap(), by }
}

#[test]
fn a_session_carries_out_an_item_for_its_lead_while_that_is_at_work_on_it() {
    let realm = Realm::with_root();
    let check = |state: &State, department: &str| {
        let refused = carry_out::check(state, &issued(actor("chen", department, Role::Clerk)));
        refused.map_err(|refused| refused.reason())
    };
    assert_eq!(check(&realm.state(ROOT), "STATE"), Ok(()));
    assert_eq!(check(&realm.state(ROOT), "OTHER"), Err("NOT_THE_LEAD"));
    assert_eq!(check(&State::default(), "STATE"), Err("NOT_FOUND"));
    let assigned = Event::Assigned { assignment: assignment("STATE") };
    let waiting = ActionItem::fold(State::default(), &[assigned]);
    assert_eq!(check(&waiting, "STATE"), Err("ITEM_NOT_UNDERWAY"), "it is not acknowledged yet");
}

/// The items of a cascade, as their services have them.
#[derive(Default)]
struct Realm {
    items: BTreeMap<Uuid, State>,
}

impl Realm {
    fn with_root() -> Realm {
        let mut realm = Realm::default();
        realm.step(ROOT, Command::Assign { assignment: assignment("STATE") }, lead("STATE")).unwrap();
        realm.step(ROOT, Command::Acknowledge, lead("STATE")).unwrap();
        realm
    }

    fn state(&self, id: Uuid) -> State {
        self.items.get(&id).cloned().unwrap_or_default()
    }

    fn item(&self, id: Uuid) -> Item {
        self.items[&id].item().unwrap().clone()
    }

    /// Decides a command, with what follows from it by itself.
    fn step(&mut self, id: Uuid, command: Command, by: Actor) -> Result<(), Rejection> {
        let state = self.state(id);
        let around = self.neighbours(&state);
        let command = Command::InCascade { around, command: Box::new(command) };
        let events = ActionItem::decide(&state, command, &issued(by))?;
        let state = ActionItem::fold(state, &events);
        self.items.insert(id, state.clone());
        for (below, command) in events.iter().flat_map(|event| rescind_sub_items::react(&state, event)) {
            self.step(below, command, Actor::process("test")).unwrap();
        }
        Ok(())
    }

    fn neighbours(&self, state: &State) -> Neighbours {
        let Some(item) = state.item() else { return Neighbours::default() };
        let parent = item.place.as_ref().map(|place| self.item(place.parent));
        let parent = parent.map(|parent| Parent {
            number: parent.assignment.number.clone(),
            stage: parent.stage,
            due_on: parent.assignment.due_on,
        });
        let open = item.sub_items.iter().filter(|(id, _)| !self.item(*id).is_over());
        Neighbours { parent, open: open.map(|(_, number)| number.clone()).collect() }
    }

    fn split(&mut self, id: Uuid, into: Vec<Obligation>, by: Actor) -> Result<Vec<Uuid>, Rejection> {
        let bound = ["STATE", "CITY", "WARD", "AUDIT", "OTHER"].map(code).into();
        let sub_items = split(id, &self.item(id), into, &[code("OFFICE")], &calendar(), &issued(by.clone()))?;
        binds_nobody_else(&self.item(id), &sub_items, &bound)?;
        let named = sub_items.iter().map(|it| (it.id, it.assignment.number.clone())).collect();
        self.step(id, Command::NoteSubItems { sub_items: named, is_split: true }, by.clone())?;
        let ids = sub_items.iter().map(|it| it.id).collect();
        for sub_item in sub_items {
            self.step(sub_item.id, sub_item.assign(), by.clone())?;
        }
        Ok(ids)
    }

    /// Counted again, from the items themselves.
    fn recount(&self, id: Uuid) -> RollUp {
        let item = self.item(id);
        let parts: Vec<(Item, RollUp)> =
            item.sub_items.iter().map(|(below, _)| (self.item(*below), self.recount(*below))).collect();
        let counted: Vec<u32> = parts
            .iter()
            .filter(|(part, _)| part.stage != Stage::Rescinded)
            .map(|(_, rolled)| rolled.percent)
            .collect();
        let percent = match item.stage {
            Stage::Accepted => 100,
            _ if counted.is_empty() => item.percent(),
            _ => counted.iter().sum::<u32>() / counted.len() as u32,
        };
        let open = parts.iter().filter(|(part, _)| !part.is_over()).count() as u32;
        RollUp {
            percent,
            below: parts.iter().map(|(_, rolled)| 1 + rolled.below).sum(),
            open: open + parts.iter().map(|(_, rolled)| rolled.open).sum::<u32>(),
            late: 0,
        }
    }
}

const ROOT: Uuid = Uuid::from_u128(1);

fn claim() -> Command {
    let sha256 = line(&"0a".repeat(32));
    let evidence = vec![Evidence { title: line("Report"), sha256, uri: line("urn:report") }];
    Command::ClaimCompletion { summary: text("done"), evidence }
}

fn accept() -> Command {
    Command::Accept { part: None, note: None }
}

fn supervisor() -> Actor {
    actor("zhou", "AUDIT", Role::Supervisor)
}

#[test]
fn an_item_is_split_into_items_that_its_lead_sees_and_judges() {
    let mut realm = Realm::with_root();
    let into =
        vec![obligation("CITY", DueRule::AfterWorkingDays(10)), obligation("STATE", DueRule::AfterDays(5))];
    let [city, own] = realm.split(ROOT, into, lead("STATE")).unwrap()[..] else { panic!("two") };
    let item = realm.item(city);
    assert_eq!(item.assignment.number.as_str(), "STATE-2027-0001/1.1");
    assert_eq!(item.assignment.due_on, "2027-03-15".parse::<Date>().unwrap());
    assert_eq!(item.acceptor, Some(code("STATE")));
    assert!(item.concerned().any(|concerned| *concerned == code("STATE")));
    assert_eq!(realm.item(own).acceptor, None, "nobody judges their own work");
    assert_eq!(realm.item(ROOT).sub_items.len(), 2);

    realm.step(city, Command::Acknowledge, lead("CITY")).unwrap();
    let more = realm.split(city, vec![obligation("WARD", DueRule::AfterDays(3))], lead("CITY")).unwrap();
    let ward = realm.item(more[0]);
    assert_eq!(ward.assignment.number.as_str(), "STATE-2027-0001/1.1.1");
    assert_eq!((ward.tier(), ward.place.unwrap().above), (3, vec![code("CITY"), code("STATE")]));
    let by_clerk = actor("wang", "OFFICE", Role::Clerk);
    let again = realm.split(ROOT, vec![obligation("CITY", DueRule::AfterDays(1))], by_clerk).unwrap();
    assert_eq!(realm.item(again[0]).assignment.number.as_str(), "STATE-2027-0001/1.3");
}

#[test]
fn what_does_not_fit_below_an_item_is_refused() {
    let mut realm = Realm::with_root();
    let mut refused = |into: Vec<Obligation>, by: Actor| realm.split(ROOT, into, by).unwrap_err();
    let one = || vec![obligation("CITY", DueRule::AfterDays(5))];
    for by in
        [lead("CITY"), actor("xu", "STATE", Role::Clerk), actor("xu", "CITY", Role::Clerk), supervisor()]
    {
        assert!(matches!(refused(one(), by), Rejection::NotYourDepartment { .. }));
    }
    assert!(matches!(refused(vec![], lead("STATE")), Rejection::SubItemsRequired { .. }));
    let stranger =
        Obligation { co_responsible: vec![code("MARS")], ..obligation("CITY", DueRule::AfterDays(5)) };
    for stranger in [obligation("MARS", DueRule::AfterDays(5)), stranger] {
        let refused = refused(vec![obligation("CITY", DueRule::AfterDays(5)), stranger], lead("STATE"));
        assert!(
            matches!(&refused, Rejection::NoPartInDecision { department_code, .. } if *department_code == code("MARS")),
            "nobody is bound who had no part: {refused:?}"
        );
    }
    let late = vec![obligation("CITY", DueRule::On("2027-07-01".parse().unwrap()))];
    assert!(matches!(refused(late, lead("STATE")), Rejection::DueAfterParent { .. }));
    let over = vec![obligation("CITY", DueRule::On("2027-02-26".parse().unwrap()))];
    assert!(matches!(refused(over, lead("STATE")), Rejection::DueTooEarly { .. }));
    let many = vec![one().remove(0); SUB_ITEMS_PER_SPLIT_MAX + 1];
    assert!(matches!(refused(many, lead("STATE")), Rejection::TooManySubItems { .. }));

    let mut last = ROOT;
    for _ in 1..TIERS_MAX {
        let into = vec![obligation("STATE", DueRule::AfterDays(5))];
        last = realm.split(last, into, lead("STATE")).unwrap()[0];
        assert!(matches!(
            realm.split(last, one(), lead("STATE")).unwrap_err(),
            Rejection::WrongStage { .. } | Rejection::TooManyTiers { .. }
        ));
        realm.step(last, Command::Acknowledge, lead("STATE")).unwrap();
    }
    assert!(matches!(realm.split(last, one(), lead("STATE")), Err(Rejection::TooManyTiers { max: 5, .. })));
}

#[test]
fn an_item_is_done_after_what_is_below_it_and_due_no_earlier() {
    let mut realm = Realm::with_root();
    let city = realm.split(ROOT, vec![obligation("CITY", DueRule::AfterDays(5))], lead("STATE")).unwrap()[0];
    let open = realm.step(ROOT, claim(), lead("STATE")).unwrap_err();
    assert_eq!(open.to_string(), "item STATE-2027-0001/1 has open sub-items (1): STATE-2027-0001/1.1");
    realm.step(city, Command::Acknowledge, lead("CITY")).unwrap();
    let extend = |date: &str| Command::RequestExtension {
        due: DueRule::On(date.parse().unwrap()),
        reason: text("rain"),
        calendar: calendar(),
    };
    let beyond = realm.step(city, extend("2027-07-01"), lead("CITY"));
    assert!(matches!(beyond, Err(Rejection::DueAfterParent { .. })));
    realm.step(city, extend("2027-06-30"), lead("CITY")).unwrap();
    realm.step(city, claim(), lead("CITY")).unwrap();
    realm.step(city, accept(), lead("STATE")).unwrap();
    realm.step(ROOT, claim(), lead("STATE")).unwrap();
    let reopen = || Command::Reopen {
        reason: text("it leaks"),
        due: Some(DueRule::AfterDays(3)),
        calendar: calendar(),
    };
    let below_a_claim = realm.step(city, reopen(), supervisor());
    assert!(matches!(below_a_claim, Err(Rejection::WrongStage { stage: "claimed", .. })));
    let back = Command::ReturnWork { part: None, reason: text("it leaks"), calendar: calendar() };
    realm.step(ROOT, back, supervisor()).unwrap();
    realm.step(city, reopen(), supervisor()).unwrap();
    assert_eq!(realm.item(city).stage, Stage::Underway);
    assert!(matches!(realm.step(ROOT, claim(), lead("STATE")), Err(Rejection::SubItemsOpen { .. })));
}

#[test]
fn what_a_session_decides_is_put_below_the_item_that_it_carries_out_while_that_is_worked_on() {
    let mut realm = Realm::with_root();
    let decided = Uuid::from_u128(2);
    let new = || Assignment { number: line("CITY-2027-0001/1"), ..assignment("CITY") };
    realm.step(decided, Command::Assign { assignment: new() }, Actor::process("test")).unwrap();
    let placed = [(decided, line("CITY-2027-0001/1"))];
    for (id, command) in carry_out::place(ROOT, &realm.item(ROOT), &placed) {
        realm.step(id, command, Actor::process("test")).unwrap();
    }
    assert_eq!(realm.item(decided).place.unwrap().parent_number.as_str(), "STATE-2027-0001/1");
    assert_eq!(realm.item(ROOT).sub_items.len(), 1);
    let next = realm.split(ROOT, vec![obligation("CITY", DueRule::AfterDays(5))], lead("STATE")).unwrap()[0];
    assert_eq!(
        realm.item(next).assignment.number.as_str(),
        "STATE-2027-0001/1.1",
        "the first of its own parts"
    );
    realm.step(ROOT, Command::Rescind { reason: text("repealed") }, Actor::process("test")).unwrap();
    assert_eq!(realm.item(next).stage, Stage::Rescinded);
    assert_eq!(realm.item(decided).stage, Stage::Assigned, "its own body decided it, and rescinds it");
    let late = [(Uuid::from_u128(3), line("CITY-2027-0002/1"))];
    assert_eq!(carry_out::place(ROOT, &realm.item(ROOT), &late), vec![], "it stands on its own");
}

#[derive(Debug, Clone)]
enum Action {
    Split(u8),
    Step(Box<Command>, &'static str),
}

fn actions() -> impl Strategy<Value = Action> {
    let departments = || prop_oneof![Just("STATE"), Just("CITY"), Just("WARD")];
    let by_lead =
        |command: Command| departments().prop_map(move |by| Action::Step(Box::new(command.clone()), by));
    let by_audit = |command: Command| Action::Step(Box::new(command), "AUDIT");
    prop_oneof![
        4 => (1..4_u8).prop_map(Action::Split),
        6 => by_lead(Command::Acknowledge),
        5 => by_lead(claim()),
        3 => (0..=100_u32, departments()).prop_map(|(percent, by)| {
            let report = Command::ReportProgress { percent, note: text("so far"), evidence: vec![] };
            Action::Step(Box::new(report), by)
        }),
        4 => Just(by_audit(accept())),
        1 => Just(by_audit(Command::ReturnWork { part: None, reason: text("it leaks"), calendar: calendar() })),
        1 => Just(by_audit(Command::Reopen { reason: text("it leaks"), due: Some(DueRule::AfterDays(2)), calendar: calendar() })),
        1 => Just(by_audit(Command::Rescind { reason: text("repealed") })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens in a cascade: what is claimed or accepted has nothing open below it, neither has what is rescinded,
    /// and percent and counts are those that are counted again from the items themselves.
    #[test]
    fn a_cascade_is_done_from_below(life in prop::collection::vec((any::<prop::sample::Index>(), actions()), 0..60)) {
        let mut realm = Realm::with_root();
        for (which, action) in life {
            let ids: Vec<Uuid> = realm.items.keys().copied().collect();
            let id = *which.get(&ids);
            match action {
                Action::Split(parts) => {
                    let own = realm.item(id).assignment.lead.clone();
                    let into = ["STATE", "CITY", "WARD"][..parts as usize].iter();
                    let into = into.map(|lead| obligation(lead, DueRule::AfterDays(4))).collect();
                    realm.split(id, into, lead(own.as_str())).ok();
                }
                Action::Step(command, "AUDIT") => {
                    realm.step(id, *command, supervisor()).ok();
                }
                Action::Step(command, by) => {
                    realm.step(id, *command, lead(by)).ok();
                }
            }
            let mut nodes = BTreeMap::new();
            for (id, state) in &realm.items {
                let item = state.item().unwrap();
                let parent = item.place.as_ref().map(|place| place.parent);
                if let Some(parent) = parent.map(|parent| realm.item(parent)) {
                    prop_assert!(item.is_over() || !matches!(parent.stage, Stage::Claimed | Stage::Accepted | Stage::Rescinded));
                    prop_assert_eq!(item.tier(), parent.tier() + 1);
                    let Due { due_on, .. } = item.first_due;
                    prop_assert!(due_on <= parent.first_due.due_on);
                }
                prop_assert!(item.tier() <= TIERS_MAX);
                let reported_percent = item.reported_percent;
                nodes.insert(*id, Node { parent, stage: item.stage, reported_percent, late: false });
            }
            for (id, rolled) in roll_up(&nodes) {
                prop_assert_eq!(rolled, realm.recount(id));
            }
        }
    }
}
