use crate::views::{self, ResolutionView};
use domain::Timestamp;
use proto::resolution::v1::ListItemsRequest;
use rusqlite::Connection;
use service_kit::View as _;

#[test]
fn lists_of_items_are_read_from_indexes() {
    let tables = Connection::open_in_memory().unwrap();
    tables.execute_batch(ResolutionView::SCHEMA).unwrap();
    let filters = [
        ListItemsRequest::default(),
        ListItemsRequest { late: Some(true), ..Default::default() },
        ListItemsRequest { late: Some(false), ..Default::default() },
        ListItemsRequest { blocked: Some(true), ..Default::default() },
        ListItemsRequest { stage: Some(5), ..Default::default() },
        ListItemsRequest { latest_due_on: Some("2027-03-31".to_owned()), ..Default::default() },
    ];
    for filter in filters {
        for lead_code in [None, Some("WATER".to_owned())] {
            for order_by in ["", "number desc", "due_at", "due_at desc", "lead_code"] {
                let (lead_code, order_by) = (lead_code.clone(), order_by.to_owned());
                let request = ListItemsRequest { lead_code, order_by, ..filter.clone() };
                let plan = views::list(&request, Timestamp::UNIX_EPOCH).unwrap().plan(&tables).unwrap();
                assert!(plan.contains(" USING INDEX "), "{request:?}: {plan}");
            }
        }
    }
}
