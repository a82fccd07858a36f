use super::*;
use crate::due::DueRule;
use crate::resolution::action_item::put_down::{Grounds, Kind, Means, Said, Saying};
use crate::resolution::action_item::{Assignment, Command};
use crate::resolution::evidence::Evidence;
use crate::testing::{actor, at, code, line, text};
use crate::{Issued, Role, Text, Uuid};
use proptest::prelude::*;

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

/// An item on which commands were tried, with everything that happened when.
struct Life {
    state: State,
    history: Vec<(Timestamp, Event)>,
}

impl Life {
    /// Assigned on Monday, 1 March, and due on Friday, 12 March.
    fn new() -> Life {
        let due_on = "2027-03-12".parse().unwrap();
        let assignment = Assignment {
            resolution: Uuid::from_u128(1),
            number: line("FLOOD-2027-0001/1"),
            title: line("Drain"),
            deliverable: text("A drain"),
            criterion: text("Dry"),
            lead: code("WATER"),
            co_responsible: vec![],
            due_on,
            due_at: calendar().end_of(due_on),
            acknowledge_by: at("2027-03-04T15:59:59Z"),
        };
        let mut life = Life { state: State::default(), history: vec![] };
        life.step("2027-03-01T02:00:00Z", "WATER", Command::Assign { assignment });
        life
    }

    fn step(&mut self, moment: &str, by: &str, command: Command) {
        assert!(self.try_step(at(moment), by, command), "{moment}");
    }

    fn try_step(&mut self, at: Timestamp, by: &str, command: Command) -> bool {
        let role = if by == "AUDIT" { Role::Supervisor } else { Role::DepartmentLead };
        let issued = Issued { at, by: actor(&format!("li of {by}"), by, role) };
        let Ok(events) = ActionItem::decide(&self.state, command, &issued) else { return false };
        for event in events {
            self.state = ActionItem::evolve(std::mem::take(&mut self.state), &event);
            self.history.push((at, event));
        }
        true
    }

    fn spans(&self, now: Timestamp) -> Vec<Span> {
        spans(self.history.iter().map(|(at, event)| (*at, event)), &calendar(), now)
    }

    fn holders(&self, now: &str) -> Vec<(Holder, u32)> {
        self.spans(at(now)).into_iter().map(|span| (span.holder, span.working_days)).collect()
    }
}

fn done() -> (Text, Vec<Evidence>) {
    let evidence = Evidence { title: line("Report"), sha256: line(&"0a".repeat(32)), uri: line("urn:1") };
    (text("done"), vec![evidence])
}

fn claim() -> Command {
    let (summary, evidence) = done();
    Command::ClaimCompletion { summary, evidence }
}

#[test]
fn each_working_day_is_on_the_account_of_whoever_held_the_item() {
    let lead = || Holder::Lead(code("WATER"));
    let mut life = Life::new();
    life.step("2027-03-02T02:00:00Z", "WATER", Command::Acknowledge);
    let stuck = Command::ReportBlockage { reason: text("no data"), help_from: code("ENERGY") };
    life.step("2027-03-03T02:00:00Z", "WATER", stuck);
    let given = Command::GiveHelp { blocked: code("WATER"), note: text("data") };
    life.step("2027-03-08T02:00:00Z", "ENERGY", given);
    let calendar = calendar();
    let due = DueRule::On("2027-03-19".parse().unwrap());
    let ask = Command::RequestExtension { due, reason: text("late data"), calendar: calendar.clone() };
    life.step("2027-03-11T02:00:00Z", "WATER", ask);
    life.step("2027-03-15T02:00:00Z", "AUDIT", Command::GrantExtension { calendar: calendar.clone() });
    life.step("2027-03-23T02:00:00Z", "WATER", claim());
    let back = Command::ReturnWork { part: None, reason: text("wet"), calendar };
    life.step("2027-03-30T02:00:00Z", "AUDIT", back);
    life.step("2027-03-31T02:00:00Z", "WATER", claim());
    life.step("2027-04-02T02:00:00Z", "AUDIT", Command::Accept { part: None, note: None });
    assert_eq!(
        life.holders("2027-12-31T00:00:00Z"),
        [
            (lead(), 2),
            (Holder::Helper(code("ENERGY")), 3),
            (lead(), 4),
            (Holder::Late(code("WATER")), 1),
            (Holder::Extension(code("WATER"), 1), 4),
            (Holder::Late(code("WATER")), 2),
            (Holder::Acceptor(None), 5),
            (Holder::Late(code("WATER")), 1),
            (Holder::Acceptor(None), 2),
        ],
        "what was over when it was extended stays late"
    );
}

#[test]
fn what_it_waits_for_is_on_no_account_of_the_lead() {
    let mut life = Life::new();
    let calendar = calendar();
    life.step("2027-03-02T02:00:00Z", "WATER", Command::Contest { reason: text("not ours") });
    let dismiss = Command::ResolveContest {
        reassign_to: None,
        due: None,
        reason: text("it is"),
        calendar: calendar.clone(),
    };
    life.step("2027-03-04T02:00:00Z", "AUDIT", dismiss);
    life.step("2027-03-05T02:00:00Z", "WATER", Command::Acknowledge);
    let suspend = Command::Suspend { reason: text("flood"), authority: line("Plan 3") };
    life.step("2027-03-08T02:00:00Z", "AUDIT", suspend);
    life.step("2027-03-12T02:00:00Z", "AUDIT", Command::Resume { note: text("dry"), calendar });
    assert_eq!(
        life.holders("2027-03-25T02:00:00Z"),
        [
            (Holder::Lead(code("WATER")), 1),
            (Holder::Ruling, 2),
            (Holder::Lead(code("WATER")), 2),
            (Holder::Suspended, 4),
            (Holder::Lead(code("WATER")), 6),
            (Holder::Late(code("WATER")), 3),
        ],
        "nine working days, as were promised"
    );
}

fn put_down(said: Said) -> Command {
    let saying = Saying {
        department: code("WATER"),
        said_by: line("王科长"),
        means: Means::Telephone,
        said_on: "2027-03-01".parse().unwrap(),
    };
    let grounds =
        Grounds { stewards: vec![code("OFFICE")], without_users: vec![code("WATER")], ..Grounds::default() };
    Command::PutDown { saying, said, grounds, calendar: calendar() }
}

#[test]
fn a_claim_that_the_department_takes_back_took_none_of_its_time() {
    let mut life = Life::new();
    life.step("2027-03-02T02:00:00Z", "OFFICE", put_down(Said::Acknowledgement));
    let (summary, evidence) = done();
    life.step("2027-03-04T02:00:00Z", "OFFICE", put_down(Said::Completion { summary, evidence }));
    let contest =
        Command::ContestPutDown { kind: Kind::Completion, reason: text("Not said"), calendar: calendar() };
    life.step("2027-03-09T02:00:00Z", "WATER", contest);
    assert_eq!(
        life.holders("2027-03-18T02:00:00Z"),
        [
            (Holder::Lead(code("WATER")), 3),
            (Holder::Acceptor(None), 3),
            (Holder::Lead(code("WATER")), 6),
            (Holder::Late(code("WATER")), 1),
        ],
        "nine working days, as were promised"
    );
}

fn command() -> impl Strategy<Value = (&'static str, Command)> {
    let days = 1..20_u32;
    prop_oneof![
        3 => Just(("WATER", Command::Acknowledge)),
        1 => Just(("WATER", Command::Contest { reason: text("no") })),
        2 => proptest::option::of(Just(code("ROADS"))).prop_map(|reassign_to| ("AUDIT", Command::ResolveContest {
            reassign_to,
            due: Some(DueRule::AfterWorkingDays(10)),
            reason: text("so"),
            calendar: calendar(),
        })),
        2 => Just(("WATER", Command::ReportBlockage { reason: text("stuck"), help_from: code("ENERGY") })),
        2 => Just(("ENERGY", Command::GiveHelp { blocked: code("WATER"), note: text("here") })),
        2 => days.prop_map(|days| ("WATER", Command::RequestExtension {
            due: DueRule::AfterDays(days),
            reason: text("time"),
            calendar: calendar(),
        })),
        2 => Just(("AUDIT", Command::GrantExtension { calendar: calendar() })),
        3 => Just(("WATER", claim())),
        2 => Just(("AUDIT", Command::ReturnWork { part: None, reason: text("wet"), calendar: calendar() })),
        1 => Just(("AUDIT", Command::Accept { part: None, note: None })),
        1 => Just(("AUDIT", Command::Reopen {
            reason: text("leaks"),
            due: Some(DueRule::AfterDays(9)),
            calendar: calendar(),
        })),
        2 => Just(("AUDIT", Command::Suspend { reason: text("flood"), authority: line("Plan") })),
        2 => Just(("AUDIT", Command::Resume { note: text("dry"), calendar: calendar() })),
    ]
}

proptest! {
    /// Whatever becomes of an item, its spans follow on each other and add up to its whole time.
    #[test]
    fn the_ledger_adds_up_exactly(life in proptest::collection::vec((command(), 0..9_000_i64), 0..60)) {
        let mut lived = Life::new();
        let mut now = at("2027-03-01T02:00:00Z");
        for ((by, command), minutes) in life {
            now += jiff::SignedDuration::from_mins(minutes);
            lived.try_step(now, by, command);
        }
        let end = if lived.state.item().unwrap().is_over() { lived.history.last().unwrap().0 } else { now };
        let spans = lived.spans(now);
        let whole = calendar().working_days_between("2027-03-01".parse().unwrap(), calendar().date_of(end));
        prop_assert_eq!(spans.iter().map(|span| span.working_days).sum::<u32>(), whole);
        prop_assert!(spans.windows(2).all(|pair| pair[0].ends_on <= pair[1].starts_on));
    }
}
