use crate::views::{self, ResolutionView};
use domain::calendar::Zone;
use domain::{Timestamp, Uuid};
use proto::resolution::v1::{ListItemsRequest, ListResolutionsRequest};
use rusqlite::Connection;
use service_kit::spans::Past;
use service_kit::{Scope, View as _};

/// Indexes that find so few of a million items that sorting them costs little.
const FEW: [&str; 8] = [
    "claimed_by_age",
    "underway_by_age",
    "items_of_resolution",
    "open_by_due",
    "open_of_lead",
    "blocked_by_due",
    "blocked_of_lead",
    // What one department supports.
    "supported_by",
];

/// The same of what they were: what was open then, what a department led, what a resolution has. Of each due moment,
/// few were ever due at it, and these moments are few.
const FEW_THEN: [&str; 6] =
    ["items_of_resolution", "open_spans_by_end", "spans_of_lead", "spans_of_promise", "supported_by", "dues"];

/// A view as queries open it, with what the planner is told of a grown log.
fn grown() -> Connection {
    let tables = Connection::open_in_memory().unwrap();
    tables.execute_batch(ResolutionView::SCHEMA).unwrap();
    tables.execute_batch("ANALYZE sqlite_schema").unwrap();
    tables
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

/// Lists of what is rare among all items, and the index of each: in one of the others, all items would be looked at.
#[test]
fn what_is_rare_is_found_by_an_index_of_its_own() {
    let tables = grown();
    let every = ListItemsRequest::default;
    let rare = [
        (ListItemsRequest { paused: Some(true), ..every() }, "paused_by_due", "open_spans_by_end"),
        (
            ListItemsRequest { extension_requested: Some(true), ..every() },
            "extension_by_due",
            "open_spans_by_end",
        ),
        (ListItemsRequest { not_holding: Some(true), ..every() }, "not_holding_by_due", "spans_not_holding"),
        (ListItemsRequest { blocked: Some(true), ..every() }, "blocked_by_due", "open_spans_by_end"),
        (ListItemsRequest { holder_code: Some("WATER".into()), ..every() }, "held_by", "open_spans_by_end"),
    ];
    let now = Timestamp::UNIX_EPOCH;
    for (request, index, index_then) in rare {
        for order_by in ["number", "number desc", "due_at", "due_at desc"] {
            let request = ListItemsRequest { order_by: order_by.to_owned(), ..request.clone() };
            let list = views::List::read(&request).unwrap().query(None, now, &zone(), &Scope::whole());
            let plan = list.plan(&tables).unwrap();
            assert!(plan.iter().any(|step| step.contains(index)), "{request:?}: {plan:?}");
            let request = ListItemsRequest { as_of_position: Some(7), ..request };
            let past = Some(Past { position: 7, at: now });
            let list = views::List::read(&request).unwrap().query(past, now, &zone(), &Scope::whole());
            let plan = list.plan(&tables).unwrap();
            assert!(plan.iter().any(|step| step.contains(index_then)), "{request:?}: {plan:?}");
        }
    }
    let judged = ListItemsRequest { acceptor_code: Some("AUDIT".to_owned()), ..every() };
    let list = views::List::read(&judged).unwrap().query(None, now, &zone(), &Scope::whole());
    let plan = list.plan(&tables).unwrap();
    assert!(plan.iter().any(|step| step.contains("judged_by")), "{plan:?}");
}

/// What belongs to something is found by that, in whatever order it is asked for, now and as of the past: no other item is looked
/// at.
#[test]
fn what_a_filter_leaves_few_of_is_found_by_it() {
    let tables = grown();
    let (some, code) = (|| Some(Uuid::nil().to_string()), || Some("WATER".to_owned()));
    let every = ListItemsRequest::default;
    let narrow = [
        ListItemsRequest { lead_code: code(), ..every() },
        ListItemsRequest { co_responsible_code: code(), ..every() },
        ListItemsRequest { acceptor_code: code(), ..every() },
        ListItemsRequest { called_upon_code: code(), ..every() },
        ListItemsRequest { body_code: code(), ..every() },
        ListItemsRequest { resolution_id: some(), ..every() },
        ListItemsRequest { session_id: some(), ..every() },
        ListItemsRequest { matter_id: some(), ..every() },
        ListItemsRequest { case_reference: Some("12345-1".to_owned()), ..every() },
    ];
    let now = Timestamp::UNIX_EPOCH;
    for request in narrow {
        for order_by in ["number", "number desc", "due_at", "due_at desc"] {
            for as_of_position in [None, Some(7)] {
                let order_by = order_by.to_owned();
                let request = ListItemsRequest { order_by, as_of_position, ..request.clone() };
                let past = as_of_position.map(|_| Past { position: 7, at: now });
                let list = views::List::read(&request).unwrap().query(past, now, &zone(), &Scope::whole());
                let plan = list.plan(&tables).unwrap();
                // The moments at which anything was due are few.
                let walks = |step: &&String| step.starts_with("SCAN ") && !step.contains("dues");
                assert_eq!(plan.iter().find(walks), None, "{request:?}: {plan:?}");
            }
        }
    }
}

#[test]
fn no_list_reads_every_row_or_sorts_many() {
    let tables = grown();
    for filters in 0..32_u32 {
        let is_set = |filter: u32| filters & 1 << filter != 0;
        for stage in [None, Some(1), Some(5), Some(6)] {
            for late in [None, Some(true), Some(false)] {
                for order_by in ["number", "number desc", "due_at", "due_at desc", "claimed_at"] {
                    let request = ListItemsRequest {
                        order_by: order_by.to_owned(),
                        stage,
                        late,
                        lead_code: is_set(0).then(|| "WATER".to_owned()),
                        co_responsible_code: is_set(1).then(|| "ROADS".to_owned()),
                        resolution_id: is_set(2).then(|| Uuid::nil().to_string()),
                        latest_due_on: is_set(3).then(|| "2027-03-31".to_owned()),
                        blocked: is_set(4).then_some(true),
                        ..Default::default()
                    };
                    let now = Timestamp::UNIX_EPOCH;
                    let list =
                        views::List::read(&request).unwrap().query(None, now, &zone(), &Scope::whole());
                    assert_eq!(list.slow_plan(&tables, &FEW).unwrap(), None);
                    let request = ListItemsRequest { as_of_position: Some(7), ..request };
                    let past = Some(Past { position: 7, at: now });
                    let list =
                        views::List::read(&request).unwrap().query(past, now, &zone(), &Scope::whole());
                    assert_eq!(list.slow_plan(&tables, &FEW_THEN).unwrap(), None);
                }
            }
        }
    }
    for order_by in ["number", "due_at desc"] {
        for filter in 0..4 {
            let request = ListItemsRequest {
                order_by: order_by.to_owned(),
                session_id: (filter == 0).then(|| Uuid::nil().to_string()),
                matter_id: (filter == 1).then(|| Uuid::nil().to_string()),
                case_reference: (filter == 2).then(|| "12345-1".to_owned()),
                body_code: (filter == 3).then(|| "FLOOD".to_owned()),
                ..Default::default()
            };
            let list = views::List::read(&request).unwrap().query(
                None,
                Timestamp::UNIX_EPOCH,
                &zone(),
                &Scope::whole(),
            );
            assert_eq!(list.slow_plan(&tables, &FEW).unwrap(), None);
        }
    }
    for filters in 0..8_i32 {
        for order_by in ["number", "number desc", "decided_on", "decided_on desc"] {
            let request = ListResolutionsRequest {
                order_by: order_by.to_owned(),
                body_code: (filters & 1 != 0).then(|| "FLOOD".to_owned()),
                session_id: (filters & 2 != 0).then(|| Uuid::nil().to_string()),
                stage: (filters & 4 != 0).then_some(2),
                ..Default::default()
            };
            let list = views::list_of_resolutions(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["resolutions_of_session"]).unwrap(), None);
        }
    }
}
