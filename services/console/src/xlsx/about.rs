//! How a table was counted: what was asked, when, of which log, and for whom.

use crate::desk::Provenance;
use crate::desk::words::Words;
use crate::table::{Column, Table};
use proto::ledger::v1::GetHeadResponse;
use serde_json::Value;

/// What is said beside a table.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// The path that was asked, such as `/v1/items`.
    pub(crate) asked: String,
    /// The filters, as they were given.
    pub(crate) filters: Vec<(String, String)>,
    /// For whom; empty if that is not told here.
    pub(crate) reader: String,
    /// The zone of its moments.
    pub(crate) time_zone: String,
    /// The head of the log, where the reader may know it.
    pub(crate) head: Option<GetHeadResponse>,
    /// What lets anybody make a file of a page again.
    pub(crate) provenance: Option<Provenance>,
    /// Where the pages are; empty if that is not known.
    pub(crate) console_url: String,
    /// Whether it shows the past; the pages show the present, so numbers lead nowhere.
    pub(crate) is_past: bool,
}

impl About {
    /// Where the page is that a cell is about.
    pub(super) fn link(&self, row: &Value, column: &Column) -> Option<String> {
        if self.console_url.is_empty() {
            return None;
        }
        let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let item = |id: &str| format!("/items/{id}");
        let session = |id: &str| format!("/sessions/{id}");
        let own = || text("itemId").map(item).or_else(|| text("sessionId").map(session));
        let path = match column.path()[..] {
            ["itemId"] | ["number"] | ["title"] | ["subject", "number" | "title"] => own(),
            ["sessionId"] => text("sessionId").map(session),
            ["docketId"] => text("docketId").map(session),
            ["counts", _] if !self.is_past => text("departmentCode").map(|code| {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.append_pair("lead", code).append_pair("column", column.field.name());
                format!("/items?{}", query.finish())
            }),
            _ => None,
        };
        path.map(|path| format!("{}{path}", self.console_url))
    }

    /// What is said, with its names.
    pub(super) fn facts(&self, table: &Table) -> Vec<(String, String)> {
        let words = Words(table.language);
        let mut facts = vec![(words.t("Asked").to_owned(), format!("GET {}", self.asked))];
        let filters = self.filters.iter().map(|(name, value)| format!("{name} = {value}"));
        let filters = filters.collect::<Vec<_>>().join("\n");
        let none = words.t("none: all that the reader may see").to_owned();
        facts.push((words.t("Filters").to_owned(), if filters.is_empty() { none } else { filters }));
        if !self.reader.is_empty() {
            facts.push((words.t("For").to_owned(), self.reader.clone()));
        }
        let mut rows = table.rows.len().to_string();
        if !table.next_page_token.is_empty() {
            rows = words.say("{n}; there are more, which are not in this table", &[("n", &rows)]);
        }
        facts.push((words.t("Rows").to_owned(), rows));
        if let Some(moment) = table.rest["evaluatedAt"].as_str() {
            facts.push((words.t("As of").to_owned(), moment.to_owned()));
        }
        if let Some(position) = table.rest["position"].as_str() {
            facts.push((words.t("Log position").to_owned(), position.to_owned()));
        }
        if let Some(head) = &self.head {
            let head_of = words.say("{root} at position {n}", &[("root", &head.root), ("n", &head.position)]);
            facts.push((words.t("Root of the log").to_owned(), head_of));
        }
        if let Some(provenance) = &self.provenance {
            let head: [(&str, &dyn ToString); 2] =
                [("root", &provenance.root()), ("n", &provenance.paper.head.0)];
            let head_of = words.say("{root} at position {n}", &head);
            facts.push((words.t("Root of the log").to_owned(), head_of));
            let check = "huishang verify FILE --key KEY".to_owned();
            facts.push((words.t("Check it yourself").to_owned(), check));
            facts.push((words.t("What proves this file").to_owned(), provenance.text()));
        }
        facts.push((words.t("Time zone").to_owned(), self.time_zone.clone()));
        if let Some(totals) = table.rest.get("totals").and_then(Value::as_object) {
            let of_column = |name: &str| {
                let column = table.columns.iter().find(|column| column.path().last() == Some(&name));
                column.map_or_else(|| name.to_owned(), |column| column.heading.clone())
            };
            let totals = totals.iter().map(|(name, total)| format!("{} = {total}", of_column(name)));
            facts.push((words.t("Totals").to_owned(), totals.collect::<Vec<_>>().join("\n")));
        }
        facts
    }
}
