//! Views of the list that a reader has saved: names for its filters, kept by the browser.

use super::super::Query;
use super::super::cookies;
use super::super::export;
use super::super::pager::Pager;
use http::{HeaderMap, HeaderValue};
use url::form_urlencoded;

const COOKIE: &str = "views";
/// Views that are kept, at most; the oldest goes first.
const VIEWS_MAX: usize = 10;
/// Bytes of a view as its cookie has it, at most; a browser keeps 4,096 of a cookie.
const VIEW_BYTES_MAX: usize = 400;

/// The views that a browser sent, each by its name and with its filters.
pub(super) fn saved(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = cookies::sent(headers, COOKIE).unwrap_or_default();
    form_urlencoded::parse(kept.as_bytes()).into_owned().take(VIEWS_MAX).collect()
}

/// The filters of the list that is shown.
pub(super) fn filters(query: &Query) -> String {
    let link = query.link("", &[Pager::TOKEN, export::FORM], None);
    link.trim_start_matches('?').to_owned()
}

/// Saves the filters by a name, in place of what had it.
pub(super) fn save(headers: &HeaderMap, name: &str, filters: &str, https: bool) -> Option<HeaderValue> {
    let mut views = without(headers, name);
    let bytes = form_urlencoded::Serializer::new(String::new()).append_pair(name, filters).finish().len();
    if bytes > VIEW_BYTES_MAX {
        return None;
    }
    views.push((name.to_owned(), filters.to_owned()));
    let oldest = views.len().saturating_sub(VIEWS_MAX);
    Some(kept(&views[oldest..], https))
}

/// Forgets what has this name.
pub(super) fn forget(headers: &HeaderMap, name: &str, https: bool) -> HeaderValue {
    kept(&without(headers, name), https)
}

fn without(headers: &HeaderMap, name: &str) -> Vec<(String, String)> {
    saved(headers).into_iter().filter(|(known, _)| known != name).collect()
}

fn kept(views: &[(String, String)], https: bool) -> HeaderValue {
    let value = form_urlencoded::Serializer::new(String::new()).extend_pairs(views).finish();
    cookies::prefer(COOKIE, &value, https)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header;

    fn sent(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().expect("plain ASCII").split(';').next().expect("a pair");
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(pair).expect("plain ASCII"))])
    }

    #[test]
    fn a_view_is_kept_by_its_name_until_it_is_forgotten() {
        let headers =
            sent(&save(&HeaderMap::new(), "水务 逾期; x=y", "lead=WATER&column=late", false).unwrap());
        assert_eq!(saved(&headers), [("水务 逾期; x=y".to_owned(), "lead=WATER&column=late".to_owned())]);
        let headers = sent(&save(&headers, "水务 逾期; x=y", "column=open", false).unwrap());
        assert_eq!(saved(&headers).len(), 1, "it replaces what had its name");
        assert_eq!(saved(&sent(&forget(&headers, "水务 逾期; x=y", false))), []);
    }

    #[test]
    fn the_oldest_views_make_room() {
        let mut headers = HeaderMap::new();
        for number in 0..12 {
            headers = sent(&save(&headers, &format!("view {number}"), "column=late", true).unwrap());
        }
        let names: Vec<String> = saved(&headers).into_iter().map(|(name, _)| name).collect();
        assert_eq!((names.len(), names[0].as_str()), (10, "view 2"));
        assert_eq!(save(&headers, &"长".repeat(100), "", true), None, "a cookie holds only so much");
    }
}
