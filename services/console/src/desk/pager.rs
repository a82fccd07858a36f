//! Lists that are longer than a page.

use super::Query;

/// The links of a list to its first page and to the page after this one.
pub(super) struct Pager {
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    pub(super) const TOKEN: &'static str = "page";

    /// The token of the page that is asked for; empty for the first.
    pub(super) fn token(query: &Query) -> String {
        query.get(Pager::TOKEN).unwrap_or_default().to_owned()
    }

    /// The links from a page to the others.
    pub(super) fn new(query: &Query, path: &str, next_token: &str) -> Pager {
        let first = query.get(Pager::TOKEN).map(|_| query.link(path, &[Pager::TOKEN], None));
        let next = (!next_token.is_empty())
            .then(|| query.link(path, &[Pager::TOKEN], Some((Pager::TOKEN, next_token))));
        Pager { first, next }
    }

    /// Whether the page has all of the list.
    pub(super) fn is_whole(&self) -> bool {
        self.first.is_none() && self.next.is_none()
    }
}
