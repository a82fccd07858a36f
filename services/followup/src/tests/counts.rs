//! The board is counted while records are projected. It must always be what counting the follow-ups themselves gives.

use super::{code, line};
use crate::views::{self, FollowupView};
use domain::aggregate::derived_id;
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Command, FollowUp, FollowedItem, Stage, State, Subject};
use domain::followup::ladder::Ladder;
use domain::{Actor, Aggregate as _, Date, Issued, Timestamp, Uuid};
use jiff::SignedDuration;
use journal::Record;
use proptest::prelude::*;
use proto::followup::v1 as pb;
use proto::followup::v1::BoardColumn as Column;
use proto::record::{Envelope, EventCodec as _};
use rusqlite::Connection;
use service_kit::View as _;
use std::collections::BTreeMap;

const LEADS: [&str; 3] = ["AUDIT", "ROADS", "WATER"];
const ITEMS: usize = 8;
const COLUMNS: [Column; 9] = [
    Column::Open,
    Column::DueSoon,
    Column::Late,
    Column::Blocked,
    Column::Escalated,
    Column::Unacknowledged,
    Column::AwaitingAcceptance,
    Column::Extended,
    Column::Done,
];

/// What happens to one of the items, and how many hours after what came before.
type Step = (usize, u16, Action);

#[derive(Debug, Clone, Copy)]
enum Action {
    Plan { lead: usize, due_in: i8 },
    Acknowledge,
    Contest,
    ResolveContest { lead: usize },
    Block,
    Unblock,
    Claim,
    Return,
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
        3 => Just(Action::Block),
        2 => Just(Action::Unblock),
        3 => Just(Action::Claim),
        2 => Just(Action::Return),
        3 => (-3..40_i8).prop_map(|due_in| Action::Extend { due_in }),
        2 => Just(Action::Satisfy),
        2 => (-3..40_i8).prop_map(|due_in| Action::Reopen { due_in }),
        1 => Just(Action::Cancel),
        6 => Just(Action::CheckDeadlines),
    ];
    prop::collection::vec((0..ITEMS, 0..72_u16, action), 0..120)
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

/// A day that is so many days from a moment, and its end.
fn due(at: Timestamp, days: i8) -> (Date, Timestamp) {
    let day = zone().date_of(zone().moved(at, days.into()));
    (day, zone().start_of(day.tomorrow().unwrap()) - SignedDuration::from_micros(1))
}

fn command(action: Action, item: usize, at: Timestamp) -> Command {
    match action {
        Action::Plan { lead, due_in } => {
            let (due_on, due_at) = due(at, due_in);
            let subject = Subject {
                resolution: Uuid::from_u128(1),
                number: line(&format!("FLOOD-2027-0001/{}", item + 1)),
                title: line("泵站改造"),
                lead: code(LEADS[lead]),
                co_responsible: vec![],
                due_on,
                due_at,
                acknowledge_by: at + SignedDuration::from_hours(72),
                zone: zone(),
            };
            Command::Plan { subject, ladder: Ladder::default() }
        }
        Action::Acknowledge => Command::Acknowledge,
        Action::Contest => Command::Contest,
        Action::ResolveContest { lead } => Command::ResolveContest {
            lead: code(LEADS[lead]),
            acknowledge_by: at + SignedDuration::from_hours(72),
        },
        Action::Block => Command::Block { help_from: code("HEALTH") },
        Action::Unblock => Command::Unblock,
        Action::Claim => Command::Claim,
        Action::Return => Command::Return,
        Action::Extend { due_in } | Action::Reopen { due_in } => {
            let cause =
                if matches!(action, Action::Extend { .. }) { Cause::Extension } else { Cause::Reopening };
            let (due_on, due_at) = due(at, due_in);
            Command::Replan { due_on, due_at, cause }
        }
        Action::Satisfy => Command::Satisfy,
        Action::Cancel => Command::Cancel,
        Action::CheckDeadlines => Command::CheckDeadlines,
    }
}

/// A view, and the states that the same records add up to.
struct Both {
    tables: Connection,
    states: BTreeMap<usize, State>,
    now: Timestamp,
    position: u64,
}

impl Both {
    fn new() -> Both {
        let tables = Connection::open_in_memory().unwrap();
        tables.execute_batch(FollowupView::SCHEMA).unwrap();
        Both { tables, states: BTreeMap::new(), now: super::at("2027-03-01T01:00:00Z"), position: 0 }
    }

    fn step(&mut self, (item, hours, action): Step) {
        self.now += SignedDuration::from_hours(hours.into());
        let (command, state) = (command(action, item, self.now), self.states.entry(item).or_default());
        let issued = Issued { at: self.now, by: Actor::process("test") };
        let Ok(events) = FollowUp::decide(state, command, &issued) else { return };
        if events.is_empty() {
            return;
        }
        *state = FollowUp::fold(std::mem::take(state), &events);
        self.position += 1;
        let command_id = derived_id(Uuid::nil(), &[&self.position.to_string()]);
        let record = Record {
            position: self.position,
            stream: FollowUp::stream(id(item)),
            envelope: Envelope {
                command_id,
                command_digest: vec![0; 32],
                time: self.now,
                actor: issued.by,
                causation_id: None,
                correlation_id: command_id,
                traceparent: None,
                part: 1,
                parts: 1,
            },
            events: events.iter().map(FollowUp::encode).collect(),
        };
        let projected = self.tables.transaction().unwrap();
        FollowupView::apply(&projected, &record).unwrap();
        projected.commit().unwrap();
    }

    fn items(&self) -> impl Iterator<Item = (usize, &FollowedItem)> {
        self.states.iter().filter_map(|(&item, state)| Some((item, state.followed_item()?)))
    }

    /// The board as the rules have it: every follow-up looked at in turn.
    fn naive_board(&self, now: Timestamp) -> Vec<pb::BoardRow> {
        let mut rows: BTreeMap<String, pb::BoardCounts> = BTreeMap::new();
        for (_, item) in self.items() {
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
        let listed = views::follow_ups(&request, now, &zone()).unwrap()(&self.tables).unwrap().rows;
        let listed = listed.into_iter().map(|found| found.subject.unwrap().number).collect();
        let led =
            self.items().filter(|(_, item)| item.subject.lead.as_str() == lead && is_in(column, item, now));
        (listed, led.map(|(_, item)| item.subject.number.as_str().to_owned()).collect())
    }

    fn check(&self, now: Timestamp) -> Result<(), TestCaseError> {
        let board = views::board(now, &zone())(&self.tables).unwrap();
        prop_assert_eq!(&board, &self.naive_board(now));
        for (column, lead) in COLUMNS.iter().flat_map(|column| LEADS.map(|lead| (*column, lead))) {
            let (listed, expected) = self.listed(column, lead, now);
            prop_assert_eq!(listed, expected, "{:?} of {}", column, lead);
        }
        Ok(())
    }
}

fn id(item: usize) -> Uuid {
    derived_id(Uuid::nil(), &["item", &item.to_string()])
}

fn is_in(column: Column, item: &FollowedItem, now: Timestamp) -> bool {
    let (running, due_at) = (item.stage == Stage::Open, item.subject.due_at);
    let open = matches!(item.stage, Stage::Open | Stage::Claimed);
    match column {
        Column::Unspecified => false,
        Column::Open => open,
        Column::DueSoon => running && due_at >= now && zone().days_between(now, due_at) <= 7,
        Column::Late => running && due_at < now,
        Column::Blocked => open && item.blocked.is_some(),
        Column::Escalated => open && item.escalated.is_some(),
        Column::Unacknowledged => open && !item.acknowledged,
        Column::AwaitingAcceptance => item.stage == Stage::Claimed,
        Column::Extended => open && item.extensions > 0,
        Column::Done => item.stage == Stage::Satisfied,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// After every record, and then at moments before and after, exactly at due moments among them.
    #[test]
    fn the_board_is_what_counting_the_follow_ups_gives(steps in steps(), days in prop::collection::vec(-60..200_i64, 4)) {
        let mut both = Both::new();
        for step in steps {
            both.step(step);
            prop_assert_eq!(views::board(both.now, &zone())(&both.tables).unwrap(), both.naive_board(both.now));
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

#[test]
fn lists_are_read_from_indexes() {
    let both = Both::new();
    let plan = |order_by: &str, columns: &[Column], lead: Option<&str>| -> String {
        let request = pb::ListFollowUpsRequest {
            columns: columns.iter().map(|&column| column.into()).collect(),
            lead_code: lead.map(str::to_owned),
            order_by: order_by.to_owned(),
            ..Default::default()
        };
        views::list(&request, both.now, &zone()).unwrap().plan(&both.tables).unwrap()
    };
    for columns in [&[][..], &[Column::Open], &[Column::Late], &[Column::DueSoon], &[Column::Done]] {
        for order_by in ["due_at", "due_at desc", "number"] {
            for lead in [None, Some("WATER")] {
                let plan = plan(order_by, columns, lead);
                assert!(plan.contains(" USING INDEX "), "{columns:?} {order_by} {lead:?}: {plan}");
            }
        }
    }
    for column in COLUMNS {
        for order_by in ["due_at", "due_at desc"] {
            let plan = plan(order_by, &[column], None);
            assert!(
                plan.contains("_by_due") && !plan.contains("TEMP B-TREE"),
                "{column:?} {order_by}: {plan}"
            );
        }
    }
}
