//! Which objects of a list a reader wants, and which page of them.

use super::list_page;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;
use url::form_urlencoded;

/// Objects on a page, at most, and unless fewer are asked for.
const PAGE_OBJECTS_MAX: usize = 100;

/// What is wrong with a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongFilter(pub(super) String);

/// A reader's choice. Parameters that OParl does not know are passed over.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Filter {
    created_since: Option<Timestamp>,
    created_until: Option<Timestamp>,
    modified_since: Option<Timestamp>,
    modified_until: Option<Timestamp>,
    omit_internal: bool,
    limit: Option<usize>,
    page: Option<usize>,
    /// What was given, for the links to other pages; but for the page.
    given: BTreeMap<String, String>,
}

impl Filter {
    pub(super) fn read(query: &str) -> Result<Filter, WrongFilter> {
        let mut filter = Filter::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let moment = || {
                let read = value.parse::<Timestamp>();
                read.map(Some).map_err(|_| wrong(&name, "takes a moment such as 2027-03-01T09:00:00+08:00"))
            };
            let number = || match value.parse::<usize>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(wrong(&name, "takes a number from 1 on")),
            };
            match &*name {
                "created_since" => filter.created_since = moment()?,
                "created_until" => filter.created_until = moment()?,
                "modified_since" => filter.modified_since = moment()?,
                "modified_until" => filter.modified_until = moment()?,
                "omit_internal" => filter.omit_internal = value == "true",
                "limit" => filter.limit = number()?.map(|limit| limit.min(PAGE_OBJECTS_MAX)),
                "page" => filter.page = number()?,
                _ => continue,
            }
            if name != "page" {
                filter.given.insert(name.into_owned(), value.into_owned());
            }
        }
        Ok(filter)
    }

    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// A page of the list at this address.
    pub(super) fn page(&self, kind: &str, list: &str, objects: &[Value]) -> Value {
        let kept: Vec<&Value> = objects.iter().filter(|object| self.keeps(object)).collect();
        let size = self.limit.unwrap_or(PAGE_OBJECTS_MAX);
        let page = self.page.unwrap_or(1);
        let first = (page - 1).saturating_mul(size);
        let data: Vec<Value> =
            kept.iter().skip(first).take(size).map(|object| self.shown(kind, (*object).clone())).collect();
        list_page(data, kept.len(), size, page, |page| self.link(list, page))
    }

    /// What was deleted is for those only who ask what has changed.
    fn keeps(&self, object: &Value) -> bool {
        let at = |name: &str| object[name].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let (created, modified) = (at("created"), at("modified"));
        let since = |from: Option<Timestamp>, at: Option<Timestamp>| from.is_none_or(|from| at >= Some(from));
        let until =
            |to: Option<Timestamp>, at: Option<Timestamp>| to.is_none_or(|to| at.is_some_and(|at| at <= to));
        (self.modified_since.is_some() || object["deleted"] != true)
            && since(self.created_since, created)
            && until(self.created_until, created)
            && since(self.modified_since, modified)
            && until(self.modified_until, modified)
    }

    fn shown(&self, kind: &str, mut object: Value) -> Value {
        let internal: &[&str] = match kind {
            "agenda-item" => &["auxiliaryFile"],
            "meeting" => &["auxiliaryFile", "agendaItem"],
            "paper" => &["auxiliaryFile", "location"],
            "person" => &["membership"],
            "body" => &["legislativeTerm"],
            _ => &[],
        };
        if let Some(fields) = object.as_object_mut().filter(|_| self.omit_internal) {
            fields.retain(|name, _| !internal.contains(&name.as_str()));
        }
        object
    }

    /// The address of another page: the same choice, always written in the same order.
    fn link(&self, list: &str, page: usize) -> String {
        let Ok(mut url) = Url::parse(list) else { return list.to_owned() };
        {
            let mut query = url.query_pairs_mut();
            query.clear().extend_pairs(&self.given);
            if page > 1 {
                query.append_pair("page", &page.to_string());
            }
        }
        if url.query() == Some("") {
            url.set_query(None);
        }
        url.into()
    }
}

fn wrong(name: &str, why: &str) -> WrongFilter {
    WrongFilter(format!("{name} {why}"))
}
