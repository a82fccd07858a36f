//! A page of a list, as OParl shows it.

use serde_json::{Map, Value, json};

/// A page, from 1, of a list of so many objects with at most `size` on each page; `address` says where a page is.
pub fn list_page(
    data: Vec<Value>,
    total: usize,
    size: usize,
    page: usize,
    address: impl Fn(usize) -> String,
) -> Value {
    let pages = total.div_ceil(size).max(1);
    let mut links = Map::new();
    let mut link = |name: &str, page: usize| links.insert(name.to_owned(), address(page).into());
    link("first", 1);
    link("self", page);
    link("last", pages);
    if page > 1 {
        link("prev", (page - 1).min(pages));
    }
    if page < pages {
        link("next", page + 1);
    }
    let pagination = json!({
        "totalElements": total,
        "elementsPerPage": size,
        "currentPage": page,
        "totalPages": pages,
    });
    json!({"data": data, "pagination": pagination, "links": links})
}
