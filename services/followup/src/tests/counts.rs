//! A follow-up's row must always be what the rules have of it, and the board, which is counted while records are
//! projected, what counting the follow-ups themselves gives.

mod weeks_and_changes;

use super::{code, line};
use crate::views::{self, FollowupView};
use domain::aggregate::derived_id;
use domain::calendar::{WorkingCalendar, Zone};
use domain::followup::follow_up::{Cause, Command, FollowUp, FollowedItem, Moved, Stage, State, Subject};
use domain::followup::ladder::Ladder;
use domain::scheduling::stewards::{self, Stewards};
use domain::testing::actor;
use domain::{Actor, Aggregate as _, Date, Issued, Role, Timestamp, Uuid};
use jiff::SignedDuration;
use proptest::prelude::*;
use proto::Wire as _;
use proto::followup::v1 as pb;
use proto::followup::v1::BoardColumn as Column;
use service_kit::Scope;
use service_kit::spans::Past;
use service_kit::view::InMemory;
use std::collections::{BTreeMap, BTreeSet};

const LEADS: [&str; 3] = ["AUDIT", "ROADS", "WATER"];
/// Every other item is of the first.
const BODIES: [&str; 2] = ["FLOOD", "HEAT"];
const ITEMS: usize = 8;
const COLUMNS: [Column; 13] = [
    Column::Open,
    Column::DueSoon,
    Column::Late,
    Column::Blocked,
    Column::Escalated,
    Column::Unacknowledged,
    Column::AwaitingAcceptance,
    Column::Extended,
    Column::Done,
    Column::Paused,
    Column::Cancelled,
    Column::WasLate,
    Column::Ahead,
];

/// What happens to one of the items, and how many hours after what came before.
type Step = (usize, u16, Action);

#[derive(Debug, Clone, Copy)]
enum Action {
    Plan { lead: usize, due_in: i8 },
    Acknowledge,
    Contest,
    ResolveContest { lead: usize },
    Block { blocked: usize },
    Unblock { blocked: usize },
    NameAcceptor,
    Report,
    Instruct,
    Pause,
    Resume { due_in: i8 },
    Claim,
    Return { due_in: i8 },
    Reproject { supervisor: u32 },
    Extend { due_in: i8 },
    Satisfy,
    Reopen { due_in: i8 },
    Cancel,
    CheckDeadlines,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let action = prop_oneof![
        6 => (0..LEADS.len(), -3..40_i8).prop_map(|(lead, due_in)| Action::Plan { lead, due_in }),
        3 => Just(Action::Acknowledge),
        2 => Just(Action::Contest),
        3 => (0..LEADS.len()).prop_map(|lead| Action::ResolveContest { lead }),
        3 => (0..LEADS.len()).prop_map(|blocked| Action::Block { blocked }),
        2 => (0..LEADS.len()).prop_map(|blocked| Action::Unblock { blocked }),
        4 => prop::sample::select(vec![Action::NameAcceptor, Action::Report, Action::Instruct, Action::Cancel]),
        4 => prop::sample::select(vec![Action::Pause, Action::Satisfy]),
        2 => (-3..40_i8).prop_map(|due_in| Action::Resume { due_in }),
        3 => Just(Action::Claim),
        2 => (-3..40_i8).prop_map(|due_in| Action::Return { due_in }),
        1 => (1..9_u32).prop_map(|supervisor| Action::Reproject { supervisor }),
        3 => (-3..40_i8).prop_map(|due_in| Action::Extend { due_in }),
        2 => (-3..40_i8).prop_map(|due_in| Action::Reopen { due_in }),
        6 => Just(Action::CheckDeadlines),
    ];
    prop::collection::vec((0..ITEMS, 0..72_u16, action), 0..120)
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

/// A day that is so many days from a moment, and its end.
fn due(at: Timestamp, days: i8) -> (Date, Timestamp) {
    let day = zone().date_of(zone().moved(at, days.into()));
    (day, zone().start_of(day.tomorrow().unwrap()) - SignedDuration::from_micros(1))
}

fn moved((due_on, due_at): (Date, Timestamp)) -> Option<Moved> {
    Some(Moved { due_on, due_at, first_due: None, acknowledge_by: None })
}

fn command(action: Action, item: usize, at: Timestamp) -> Command {
    let calendar = calendar();
    match action {
        Action::Plan { lead, due_in } => {
            let (due_on, due_at) = due(at, due_in);
            let subject = Subject {
                resolution: Uuid::from_u128(1),
                body: Some(code(BODIES[item % 2])),
                number: line(&format!("FLOOD-2027-0001/{}", item + 1)),
                title: line("泵站改造"),
                lead: code(LEADS[lead]),
                co_responsible: vec![],
                due_on,
                due_at,
                acknowledge_by: at + SignedDuration::from_hours(72),
                zone: zone(),
            };
            let ladder = Ladder { report: 4, stale: 6, look_back_months: 1, ..Ladder::default() };
            Command::Plan { subject, ladder, calendar }
        }
        Action::Acknowledge => Command::Acknowledge { calendar },
        Action::Contest => Command::Contest { calendar },
        Action::ResolveContest { lead } => Command::ResolveContest {
            lead: code(LEADS[lead]),
            acknowledge_by: at + SignedDuration::from_hours(72),
            due: moved(due(at, 20)),
            calendar,
        },
        Action::Block { blocked } => {
            Command::Block { department: code(LEADS[blocked]), help_from: code("HEALTH") }
        }
        Action::Unblock { blocked } => Command::Unblock { department: Some(code(LEADS[blocked])) },
        Action::NameAcceptor => Command::NameAcceptor { acceptor: Some(code("PRESS")) },
        Action::Report => Command::Report { calendar },
        Action::Instruct => Command::Instruct,
        Action::Pause => Command::Pause,
        Action::Resume { due_in } => Command::Resume { due: moved(due(at, due_in)), calendar },
        Action::Claim => Command::Claim { calendar },
        Action::Return { due_in } => Command::Return { due: moved(due(at, due_in)), calendar },
        Action::Reproject { supervisor } => {
            Command::Reproject { ladder: Ladder { supervisor, ..Ladder::default() }, calendar }
        }
        Action::Extend { due_in } | Action::Reopen { due_in } => {
            let cause =
                if matches!(action, Action::Extend { .. }) { Cause::Extension } else { Cause::Reopening };
            let (due_on, due_at) = due(at, due_in);
            Command::Replan { due_on, due_at, cause, calendar }
        }
        Action::Satisfy => Command::Satisfy { calendar },
        Action::Cancel => Command::Cancel,
        Action::CheckDeadlines => Command::CheckDeadlines { calendar },
    }
}

fn steward() -> Scope {
    let named = stewards::Event::Named { body: code("FLOOD"), stewards: vec![code("WATER")] };
    let stewards = Stewards::fold(stewards::State::default(), &[named]);
    Scope::of(&actor("wen", "WATER", Role::Clerk), &Default::default(), &stewards)
}

/// What the rules had of all follow-ups at some time, and the numbers of those in each column.
struct Then {
    at: Timestamp,
    rows: Vec<pb::FollowUp>,
    columns: [Vec<String>; 13],
}

/// A view, and the states that the same records add up to.
struct Both {
    view: InMemory<FollowupView>,
    states: BTreeMap<usize, State>,
    now: Timestamp,
}

impl Both {
    fn new() -> Both {
        let view = InMemory::new().unwrap();
        Both { view, states: BTreeMap::new(), now: super::at("2027-03-01T01:00:00Z") }
    }

    /// As queries open it, with what the planner is told of a grown log.
    fn grown() -> Both {
        let both = Both::new();
        both.view.tables().execute_batch("ANALYZE sqlite_schema").unwrap();
        both
    }

    /// Whether anything came of it.
    fn step(&mut self, (item, hours, action): Step) -> bool {
        self.now += SignedDuration::from_hours(hours.into());
        let (command, state) = (command(action, item, self.now), self.states.entry(item).or_default());
        let issued = Issued { at: self.now, by: Actor::process("test") };
        let Ok(events) = FollowUp::decide(state, command, &issued) else { return false };
        if events.is_empty() {
            return false;
        }
        *state = FollowUp::fold(std::mem::take(state), &events);
        self.view.project::<FollowUp>(id(item), self.now, &events).unwrap();
        true
    }

    fn items(&self) -> impl Iterator<Item = (usize, &FollowedItem)> {
        self.states.iter().filter_map(|(&item, state)| Some((item, state.followed_item()?)))
    }

    /// The board as the rules have it: every follow-up looked at in turn that is counted for somebody.
    fn naive_board(&self, now: Timestamp, is_counted: impl Fn(&Subject) -> bool) -> Vec<pb::BoardRow> {
        let mut rows: BTreeMap<String, pb::BoardCounts> = BTreeMap::new();
        for (_, item) in self.items().filter(|(_, item)| is_counted(&item.subject)) {
            let counts = rows.entry(item.subject.lead.as_str().to_owned()).or_default();
            let is_in = |column| u32::from(is_in(column, item, now));
            counts.open += is_in(Column::Open);
            counts.due_soon += is_in(Column::DueSoon);
            counts.late += is_in(Column::Late);
            counts.blocked += is_in(Column::Blocked);
            counts.escalated += is_in(Column::Escalated);
            counts.unacknowledged += is_in(Column::Unacknowledged);
            counts.awaiting_acceptance += is_in(Column::AwaitingAcceptance);
            counts.extended += is_in(Column::Extended);
            counts.done += is_in(Column::Done);
            counts.paused += is_in(Column::Paused);
            counts.cancelled += is_in(Column::Cancelled);
            counts.was_late += is_in(Column::WasLate);
        }
        let row = |(department_code, counts)| pb::BoardRow { department_code, counts: Some(counts) };
        rows.into_iter().map(row).collect()
    }

    /// The numbers of the follow-ups in a column, as the view lists them and as the rules have it.
    fn listed(&self, column: Column, lead: &str, now: Timestamp) -> (Vec<String>, Vec<String>) {
        let request = pb::ListFollowUpsRequest {
            columns: vec![column.into()],
            lead_code: Some(lead.to_owned()),
            order_by: "number".to_owned(),
            ..Default::default()
        };
        let listed = self.list(&request, now);
        let listed = listed.into_iter().map(|found| found.subject.unwrap().number).collect();
        let led =
            self.items().filter(|(_, item)| item.subject.lead.as_str() == lead && is_in(column, item, now));
        (listed, led.map(|(_, item)| item.subject.number.as_str().to_owned()).collect())
    }

    /// Every row is what the rules have of its follow-up.
    fn check_rows(&self) -> Result<(), TestCaseError> {
        let request = pb::ListFollowUpsRequest { order_by: "number".to_owned(), ..Default::default() };
        prop_assert_eq!(self.list(&request, self.now), self.rows());
        let list = views::List::read(&request).unwrap().query(None, self.now, &zone(), &Scope::whole());
        let notices = views::list_of_notices(&pb::ListNoticesRequest::default()).unwrap();
        let lead = |department| {
            let actor = actor("li", department, Role::DepartmentLead);
            Scope::of(&actor, &Default::default(), &Default::default())
        };
        let past = Some(Past { position: i64::MAX - 1, at: self.now });
        let then = |order_by: &str| {
            let request = pb::ListFollowUpsRequest {
                order_by: order_by.to_owned(),
                as_of_position: Some(1),
                ..Default::default()
            };
            // As everybody's is walked.
            views::List::read(&request).unwrap().query(past, self.now, &zone(), &Scope::whole())
        };
        for scope in [steward(), lead("WATER"), lead("HEALTH"), lead("PRESS")] {
            for order_by in ["due_at", "number"] {
                prop_assert_eq!(then(order_by).seen_differently(self.view.within(&scope)).unwrap(), 0);
            }
            prop_assert_eq!(list.seen_differently(self.view.within(&scope)).unwrap(), 0);
            prop_assert_eq!(notices.seen_differently(self.view.within(&scope)).unwrap(), 0);
        }
        Ok(())
    }

    fn list(&self, request: &pb::ListFollowUpsRequest, now: Timestamp) -> Vec<pb::FollowUp> {
        views::follow_ups(request, now, &zone()).unwrap()(self.view.within(&Scope::whole())).unwrap().0.rows
    }

    fn rows(&self) -> Vec<pb::FollowUp> {
        self.items().map(|(nth, _)| self.row(nth)).collect()
    }

    /// What there is to compare with later.
    fn snapshot(&self) -> Then {
        let in_column = |column| {
            let listed = self.items().filter(|(_, item)| is_in(column, item, self.now));
            listed.map(|(_, item)| item.subject.number.as_str().to_owned()).collect()
        };
        Then { at: self.now, rows: self.rows(), columns: COLUMNS.map(in_column) }
    }

    /// The lists as they were are the lists that were shown then, by position and by moment.
    fn check_past_lists(&self, position: u64, then: &Then) -> Result<(), TestCaseError> {
        let by_position = pb::ListFollowUpsRequest {
            order_by: "number".to_owned(),
            as_of_position: Some(position),
            ..Default::default()
        };
        let as_of_at = then.at.to_wire();
        let by_moment = pb::ListFollowUpsRequest { as_of_at, as_of_position: None, ..by_position.clone() };
        for asked in [by_position, by_moment] {
            prop_assert_eq!(&self.list(&asked, self.now), &then.rows);
            for (column, expected) in COLUMNS.iter().zip(&then.columns) {
                let columns = vec![(*column).into()];
                let listed = self.list(&pb::ListFollowUpsRequest { columns, ..asked.clone() }, self.now);
                let listed: Vec<String> =
                    listed.into_iter().map(|found| found.subject.unwrap().number).collect();
                prop_assert_eq!(&listed, expected, "{:?} at {}", column, position);
            }
        }
        for order_by in ORDERS {
            for (lead_code, columns) in
                [(None, 0), (Some("WATER"), 0), (None, 9), (None, 12), (Some("ROADS"), 9)]
            {
                let lead_code = lead_code.map(str::to_owned);
                let is_listed = |row: &&pb::FollowUp| {
                    let subject = row.subject.as_ref().unwrap();
                    lead_code.as_ref().is_none_or(|code| subject.lead_code == *code)
                        && (columns == 0 || then.columns[columns as usize - 1].contains(&subject.number))
                };
                let expected: BTreeSet<&str> =
                    then.rows.iter().filter(is_listed).map(|row| row.item_id.as_str()).collect();
                let asked = pb::ListFollowUpsRequest {
                    order_by: order_by.to_owned(),
                    lead_code: lead_code.clone(),
                    columns: (columns > 0).then_some(columns).into_iter().collect(),
                    as_of_position: Some(position),
                    ..Default::default()
                };
                self.check_walk(&asked, &expected)?;
            }
        }
        let of_flood = pb::GetBoardRequest {
            as_of_position: Some(position),
            body_code: Some("FLOOD".to_owned()),
            ..Default::default()
        };
        let query = views::board(&of_flood, self.now, &zone()).unwrap();
        let (board, totals, _) = query(self.view.within(&Scope::whole())).unwrap();
        let open = then.rows.iter().filter(|row| row.body_code.as_deref() == Some("FLOOD") && row.stage < 3);
        prop_assert_eq!(totals.open as usize, open.count());
        prop_assert_eq!(sum(&board.rows), totals);
        Ok(())
    }

    /// A past list, page by page, has each of these once, and in its order; also for somebody whom all of them concern.
    fn check_walk(
        &self,
        asked: &pb::ListFollowUpsRequest,
        expected: &BTreeSet<&str>,
    ) -> Result<(), TestCaseError> {
        let everybody = LEADS.into_iter().chain(["HEALTH", "PRESS"]).map(code).collect::<Vec<_>>();
        let named = stewards::Event::Named { body: code("FLOOD"), stewards: everybody.clone() };
        let heat = stewards::Event::Named { body: code("HEAT"), stewards: everybody };
        let stewards = Stewards::fold(stewards::State::default(), &[named, heat]);
        let clerk = Scope::of(&actor("wen", "WATER", Role::Clerk), &Default::default(), &stewards);
        for scope in [Scope::whole(), clerk] {
            let (mut walked, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = pb::ListFollowUpsRequest { page_size: 3, page_token, ..asked.clone() };
                let query = views::follow_ups(&request, self.now, &zone()).unwrap();
                let (page, _) = query(self.view.within(&scope)).unwrap();
                walked.extend(page.rows.into_iter().map(|row| {
                    let subject = row.subject.unwrap();
                    (row.item_id, subject.due_at.map(|at| at.seconds), subject.number)
                }));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            let ids: Vec<&str> = walked.iter().map(|(id, ..)| id.as_str()).collect();
            prop_assert_eq!(ids.len(), expected.len(), "{:?}", asked);
            prop_assert_eq!(&ids.into_iter().collect::<BTreeSet<_>>(), expected, "{:?}", asked);
            if asked.order_by.ends_with("desc") {
                walked.reverse();
            }
            let is_sorted = match asked.order_by.starts_with("due_at") {
                true => walked.is_sorted_by_key(|(_, due_at, _)| *due_at),
                false => walked.is_sorted_by_key(|(.., number)| number.clone()),
            };
            prop_assert!(is_sorted, "{:?}: {:?}", asked, walked);
        }
        Ok(())
    }

    fn row(&self, nth: usize) -> pb::FollowUp {
        let (state, now) = (&self.states[&nth], self.now);
        let item = state.followed_item().unwrap();
        let subject = &item.subject;
        let late = is_in(Column::Late, item, now);
        pb::FollowUp {
            item_id: id(nth).to_string(),
            subject: Some(pb::FollowUpSubject {
                resolution_id: subject.resolution.to_wire(),
                number: subject.number.to_wire(),
                title: subject.title.to_wire(),
                lead_code: subject.lead.to_wire(),
                co_responsible_codes: subject.co_responsible.to_wire(),
                due_on: subject.due_on.to_wire(),
                due_at: subject.due_at.to_wire(),
                acknowledge_by: subject.acknowledge_by.to_wire(),
            }),
            stage: item.stage.to_wire(),
            acknowledged: item.acknowledged,
            help_from_code: item.blocked.values().next().map(|code| code.as_str().to_owned()),
            late,
            days_late: if late { zone().days_between(subject.due_at, now) } else { 0 },
            escalated_to: item.escalated.map_or(0, |tier| tier.to_wire()),
            extensions: item.extensions,
            next_notice_at: state.next_deadline().and_then(|at| at.to_wire()),
            acceptor_code: item.acceptor.to_wire(),
            first_due_on: item.first_due_on.to_wire(),
            highest_escalation: item.highest_escalation.map_or(0, |tier| tier.to_wire()),
            paused: is_in(Column::Paused, item, now),
            body_code: subject.body.to_wire(),
            instructed: item.instructed,
        }
    }

    /// The board and its totals are what counting gives: for those who see everything, and for a clerk of WATER, which
    /// is a steward of FLOOD.
    fn check_board(&self, now: Timestamp) -> Result<(), TestCaseError> {
        let is_seen =
            |subject: &Subject| subject.lead == code("WATER") || subject.body == Some(code("FLOOD"));
        let boards =
            [(Scope::whole(), self.naive_board(now, |_| true)), (steward(), self.naive_board(now, is_seen))];
        for (scope, expected) in boards {
            let request = pb::GetBoardRequest::default();
            let (board, totals, _) =
                views::board(&request, now, &zone()).unwrap()(self.view.within(&scope)).unwrap();
            prop_assert_eq!(totals, sum(&expected));
            prop_assert_eq!(board.rows, expected);
        }
        Ok(())
    }

    /// A board as it was is the board that was shown then: by moment, and by position at the moment of the last change.
    fn check_past(&self, boards: &[(Timestamp, Vec<pb::BoardRow>)], nth: usize) -> Result<(), TestCaseError> {
        let by_moment = pb::GetBoardRequest { as_of_at: boards[nth].0.to_wire(), ..Default::default() };
        let position = Some(nth as u64 + 1);
        let by_position = pb::GetBoardRequest { as_of_position: position, ..Default::default() };
        for request in [by_moment, by_position] {
            let query = views::board(&request, self.now, &zone()).unwrap();
            let (board, totals, at) = query(self.view.within(&Scope::whole())).unwrap();
            let (_, rows) = boards[..=nth].iter().find(|(moment, _)| *moment == at).unwrap();
            prop_assert_eq!(totals, sum(rows));
            prop_assert_eq!(&board.rows, rows);
        }
        Ok(())
    }

    fn check(&self, now: Timestamp) -> Result<(), TestCaseError> {
        self.check_board(now)?;
        self.check_due_weeks(now)?;
        for (column, lead) in COLUMNS.iter().flat_map(|column| LEADS.map(|lead| (*column, lead))) {
            let (listed, expected) = self.listed(column, lead, now);
            prop_assert_eq!(listed, expected, "{:?} of {}", column, lead);
        }
        Ok(())
    }
}

fn sum(rows: &[pb::BoardRow]) -> pb::BoardCounts {
    rows.iter().filter_map(|row| row.counts).fold(pb::BoardCounts::default(), |sum, row| pb::BoardCounts {
        open: sum.open + row.open,
        due_soon: sum.due_soon + row.due_soon,
        late: sum.late + row.late,
        blocked: sum.blocked + row.blocked,
        escalated: sum.escalated + row.escalated,
        unacknowledged: sum.unacknowledged + row.unacknowledged,
        awaiting_acceptance: sum.awaiting_acceptance + row.awaiting_acceptance,
        extended: sum.extended + row.extended,
        done: sum.done + row.done,
        paused: sum.paused + row.paused,
        cancelled: sum.cancelled + row.cancelled,
        was_late: sum.was_late + row.was_late,
    })
}

fn id(item: usize) -> Uuid {
    derived_id(Uuid::nil(), &["item", &item.to_string()])
}

fn is_in(column: Column, item: &FollowedItem, now: Timestamp) -> bool {
    let held = item.paused || item.contested;
    let (running, due_at) = (item.stage == Stage::Open && !held, item.subject.due_at);
    let open = matches!(item.stage, Stage::Open | Stage::Claimed);
    match column {
        Column::Unspecified => false,
        Column::Open => open,
        Column::DueSoon => running && due_at >= now && zone().days_between(now, due_at) <= 7,
        Column::Late => running && due_at < now,
        Column::Blocked => open && !item.blocked.is_empty(),
        Column::Escalated => open && item.escalated.is_some(),
        Column::Unacknowledged => open && !item.acknowledged,
        Column::AwaitingAcceptance => item.stage == Stage::Claimed,
        Column::Extended => open && item.extensions > 0,
        Column::Done => item.stage == Stage::Satisfied,
        Column::Paused => item.stage == Stage::Open && held,
        Column::Cancelled => item.stage == Stage::Cancelled,
        Column::Ahead => running && due_at >= now,
        Column::WasLate => item.was_late,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// After every record, and then at moments before and after, exactly at due moments among them.
    #[test]
    fn the_board_is_what_counting_the_follow_ups_gives(steps in steps(), days in prop::collection::vec(-60..200_i64, 4)) {
        let mut both = Both::new();
        let (mut boards, mut thens) = (Vec::new(), Vec::new());
        for step in steps {
            // Records of one moment cannot be told apart by it.
            both.now += SignedDuration::from_secs(1);
            if both.step(step) {
                boards.push((both.now, both.naive_board(both.now, |_| true)));
                thens.push(both.snapshot());
            }
            both.check_rows()?;
            both.check_board(both.now)?;
        }
        for (nth, then) in thens.iter().enumerate() {
            both.check_past(&boards, nth)?;
            if (boards.len() - nth) % 9 == 1 {
                both.check_changed_since(both.now, nth as u64)?;
            }
            // One in some, from the last: there are many lists.
            if (boards.len() - nth) % 9 == 1 {
                both.check_past_lists(nth as u64 + 1, then)?;
            }
        }
        let mut moments: Vec<Timestamp> =
            days.iter().map(|days| both.now + SignedDuration::from_hours(24 * days)).collect();
        let around = |item: &FollowedItem| {
            let (due_at, days) = (item.subject.due_at, |days: i64| SignedDuration::from_hours(24 * days));
            let least = SignedDuration::from_micros(1);
            [due_at, due_at + least, due_at - days(7), due_at - days(8), due_at - days(8) + least]
        };
        moments.extend(both.items().flat_map(|(_, item)| around(item)));
        for now in moments {
            both.check(now)?;
        }
    }
}

/// Indexes that find so few of a million follow-ups that sorting them costs little.
const FEW: [&str; 9] = [
    "held_by_due",
    "follow_ups_of_resolution",
    "open_by_due",
    "open_of_lead",
    "blocked_by_due",
    "escalated_by_due",
    "unacknowledged_by_due",
    "claimed_by_due",
    "extended_by_due",
];

/// The same of what they were: what was open then, or of a department or a resolution. Of each due moment, few were
/// ever due at it, and these moments are few.
const FEW_THEN: [&str; 4] = ["open_spans_by_end", "spans_of_lead", "follow_ups_of_resolution", "dues"];

/// What belongs to something is found by that, in whatever order it is asked for, now and as of the past: no other follow-up is
/// looked at.
#[test]
fn what_a_filter_leaves_few_of_is_found_by_it() {
    let both = Both::grown();
    let (some, code) = (|| Some(Uuid::nil().to_string()), || Some("WATER".to_owned()));
    let every = pb::ListFollowUpsRequest::default;
    let narrow = [
        pb::ListFollowUpsRequest { lead_code: code(), ..every() },
        pb::ListFollowUpsRequest { called_upon_code: code(), ..every() },
        pb::ListFollowUpsRequest { body_code: code(), ..every() },
        pb::ListFollowUpsRequest { resolution_id: some(), ..every() },
        pb::ListFollowUpsRequest { session_id: some(), ..every() },
        pb::ListFollowUpsRequest { matter_id: some(), ..every() },
        pb::ListFollowUpsRequest { case_reference: Some("12345-1".to_owned()), ..every() },
    ];
    for request in narrow {
        for (order_by, as_of_position) in ORDERS.iter().flat_map(|by| [(by, None), (by, Some(7))]) {
            let order_by = (*order_by).to_owned();
            let request = pb::ListFollowUpsRequest { order_by, as_of_position, ..request.clone() };
            let past = as_of_position.map(|_| Past { position: 7, at: both.now });
            let list = views::List::read(&request).unwrap().query(past, both.now, &zone(), &Scope::whole());
            let plan = list.plan(both.view.tables()).unwrap();
            // The moments at which anything was due are few.
            let walks = |step: &&String| step.starts_with("SCAN ") && !step.contains("dues");
            assert_eq!(plan.iter().find(walks), None, "{request:?}: {plan:?}");
        }
    }
}

#[test]
fn no_list_reads_every_row_or_sorts_many() {
    let both = Both::grown();
    let columns = std::iter::once(vec![])
        .chain(COLUMNS.map(|column| vec![column]))
        .chain([vec![Column::Late, Column::Blocked], vec![Column::Open, Column::Extended]]);
    for (columns, order_by) in columns.flat_map(|c| ORDERS.map(|order_by| (c.clone(), order_by))) {
        for (lead, resolution) in [(false, false), (true, false), (false, true), (true, true)] {
            let request = pb::ListFollowUpsRequest {
                columns: columns.iter().map(|&column| column.into()).collect(),
                lead_code: lead.then(|| "WATER".to_owned()),
                resolution_id: resolution.then(|| Uuid::nil().to_string()),
                order_by: order_by.to_owned(),
                ..Default::default()
            };
            let list = views::List::read(&request).unwrap().query(None, both.now, &zone(), &Scope::whole());
            assert_eq!(list.slow_plan(both.view.tables(), &FEW).unwrap(), None);
            let request = pb::ListFollowUpsRequest { as_of_position: Some(7), ..request };
            let past = Some(Past { position: 7, at: both.now });
            let list = views::List::read(&request).unwrap().query(past, both.now, &zone(), &Scope::whole());
            assert_eq!(list.slow_plan(both.view.tables(), &FEW_THEN).unwrap(), None);
        }
    }
    for order_by in ["occurred_at", "occurred_at desc"] {
        for filters in 0..16 {
            let is_set = |filter: u32| filters & 1 << filter != 0;
            let request = pb::ListNoticesRequest {
                order_by: order_by.to_owned(),
                lead_code: is_set(0).then(|| "WATER".to_owned()),
                item_id: is_set(1).then(|| Uuid::nil().to_string()),
                kinds: if is_set(2) { vec![1, 2] } else { vec![] },
                starts_at: both.now.to_wire(),
                ends_at: if is_set(3) { both.now.to_wire() } else { None },
                ..Default::default()
            };
            let list = views::list_of_notices(&request).unwrap();
            assert_eq!(list.slow_plan(both.view.tables(), &[]).unwrap(), None);
        }
    }
}

const ORDERS: [&str; 4] = ["due_at", "due_at desc", "number", "number desc"];

#[test]
fn weeks_begin_on_mondays_and_say_how_many_working_days_they_have() {
    // Given the week before the National Day of 2026, from a Wednesday on, with a Sunday that is made up for
    let date = |text: &str| text.parse::<Date>().unwrap();
    let weekend = calendar().weekend().to_vec();
    let days_off = ["2026-10-01", "2026-10-02", "2026-10-03"].map(date);
    let calendar = WorkingCalendar::new("Asia/Shanghai", weekend, days_off, [date("2026-10-10")]).unwrap();
    let request = pb::GetDueWeeksRequest { weeks: Some(2), ..Default::default() };
    // When it is Wednesday
    let query = views::due_weeks(&request, None, super::at("2026-09-30T01:00:00Z"), calendar).unwrap();
    let (_, _, weeks, _) = query(InMemory::<FollowupView>::new().unwrap().within(&Scope::whole())).unwrap();
    // Then one working day is left of the first week, and the next has a sixth; a holiday on a Saturday takes none away.
    let week =
        |nth: usize| (weeks[nth].starts_on.as_str(), weeks[nth].ends_on.as_str(), weeks[nth].working_days);
    assert_eq!(week(0), ("2026-09-30", "2026-10-04", 1));
    assert_eq!(week(1), ("2026-10-05", "2026-10-11", 6));
    assert_eq!(weeks[0].week, "2026-W40");
    assert_eq!(weeks[0].holidays, ["2026-10-01", "2026-10-02"]);
    assert_eq!(weeks[1].make_up_days, ["2026-10-10"]);
}
