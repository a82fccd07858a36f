use super::pb;
use crate::view::{self, DeliberationView};
use rusqlite::Connection;
use service_kit::View as _;

#[test]
fn no_list_reads_every_row_or_sorts_many() {
    let tables = Connection::open_in_memory().unwrap();
    tables.execute_batch(DeliberationView::SCHEMA).unwrap();
    for filters in 0..8_i32 {
        for order_by in ["position", "position desc"] {
            let request = pb::ListDocketsRequest {
                order_by: order_by.to_owned(),
                stage: (filters & 1 != 0).then_some(1),
                body_code: (filters & 2 != 0).then(|| "JOINT".to_owned()),
                department_code: (filters & 4 != 0).then(|| "WATER".to_owned()),
                ..Default::default()
            };
            let list = view::list(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["dockets_of_department"]).unwrap(), None);
        }
    }
}
