//! The view of resolutions, items, and what happened to an item.

/// Selects the rowids of the items that concern somebody: their department leads, supports, is asked for help, judges, or leads
/// what they are a part of, or they are stewards of the body.
macro_rules! items_concerning {
    () => {
        "SELECT rowid FROM items WHERE lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT items.rowid FROM called_upon JOIN items ON items.id = called_upon.item
             WHERE called_upon.department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT items.rowid FROM supporting JOIN items ON items.id = supporting.item
             WHERE supporting.department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT items.rowid FROM leading_above JOIN items ON items.id = leading_above.item
             WHERE leading_above.department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT rowid FROM items WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies'))"
    };
}

/// The condition that an item, of the table or selection of this name, concerns somebody: the same, looked at by itself.
macro_rules! item_concerns {
    ($item:literal) => {
        concat!(
            $item,
            ".lead_code IN (SELECT value FROM json_each(?, '$.departments')) OR ",
            $item,
            ".body_code IN (SELECT value FROM json_each(?, '$.bodies'))
             OR EXISTS (SELECT 1 FROM called_upon WHERE called_upon.item = ",
            $item,
            ".id AND department IN (SELECT value FROM json_each(?, '$.departments')))
             OR EXISTS (SELECT 1 FROM supporting WHERE supporting.item = ",
            $item,
            ".id AND department IN (SELECT value FROM json_each(?, '$.departments')))
             OR EXISTS (SELECT 1 FROM leading_above WHERE leading_above.item = ",
            $item,
            ".id AND department IN (SELECT value FROM json_each(?, '$.departments')))"
        )
    };
}

/// Items as they were, each as often as it changed: what is selected from. With arguments: the columns that have the due
/// moment, and the number and the rowid, and the tables in the order in which they are walked.
macro_rules! past_items {
    () => {
        past_items!("spans.due_at", "items JOIN item_spans AS spans ON spans.item = items.rowid")
    };
    ($due_at:literal, $tables:expr) => {
        past_items!($due_at, "items.number", "items.rowid", $tables)
    };
    ($due_at:literal, $number:literal, $rowid:literal, $tables:expr) => {
        concat!(
            "(SELECT ",
            $rowid,
            " AS rowid, ",
            $number,
            " AS number, items.id AS id, items.written AS written, items.title AS title, items.resolution AS resolution, items.body_code AS body_code,
                items.searched AS searched, ",
            $due_at,
            " AS due_at, spans.span AS span, spans.item AS item, spans.since AS since, spans.until AS until,
                spans.lead_code AS lead_code, spans.stage AS stage, spans.due_on AS due_on,
                spans.first_due_at AS first_due_at, spans.first_done_at AS first_done_at,
                spans.promised_at AS promised_at, spans.missed_promised_at AS missed_promised_at,
                spans.missed_done_at AS missed_done_at, spans.acceptor_code AS acceptor_code,
                spans.called_upon AS called_upon, spans.paused_since AS paused_since,
                spans.claimed_at AS claimed_at, spans.heard_at AS heard_at,
                spans.holder_code AS holder_code, spans.holds AS holds,
                spans.returned AS returned, spans.extended AS extended, spans.reopened AS reopened,
                nullif(spans.is_blocked, 0) AS blocked_reason,
                nullif(spans.extension_requested, 0) AS extension_due_on
            FROM ",
            $tables,
            ")"
        )
    };
}

mod chain;
mod change;
mod dissent;
mod forecast;
mod history;
mod item;
mod notice;
mod resolution;
mod scorecard;
mod target;
mod tree;

pub(crate) use change::changes;
pub(crate) use forecast::{forecast, records as forecast_records};
#[cfg(test)]
pub(crate) use item::List;
pub use item::items;
pub(crate) use item::{item, items_under};
#[cfg(test)]
pub(crate) use resolution::list as list_of_resolutions;
pub(crate) use resolution::{resolution, resolutions};
pub(crate) use scorecard::scorecard;
pub(crate) use target::{judged, target, targets};
pub(crate) use tree::tree;

use domain::deliberation::docket::Docket;
use domain::followup::follow_up::FollowUp;
use domain::resolution::action_item::ActionItem;
use domain::resolution::resolution::Resolution;
use domain::resolution::target::PhasedTarget;
use domain::scheduling::matter::Matter;
use domain::scheduling::session::Session;
use domain::text::composed;
use domain::{Aggregate as _, Uuid};
use proto::{Invalid, Wire};
use rusqlite::Transaction;
use service_kit::serve::read;
use service_kit::spans::note_moment;
use service_kit::view::ViewError;
use service_kit::{Record, View};

/// The tables that queries are answered from.
pub struct ResolutionView;

impl View for ResolutionView {
    const NAME: &'static str = "resolution";
    const SCHEMA: &'static str = concat!(
        origins::tables!(),
        service_kit::moments_table!(),
        service_kit::pairs_table!("item_pairs"),
        service_kit::pairs_table!("resolution_pairs"),
        include_str!("schema.sql")
    );
    const CATEGORIES: &'static [&'static str] = &[
        Docket::CATEGORY,
        Resolution::CATEGORY,
        ActionItem::CATEGORY,
        PhasedTarget::CATEGORY,
        FollowUp::CATEGORY,
        Session::CATEGORY,
        Matter::CATEGORY,
    ];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        note_moment(tables, record)?;
        origins::project(tables, record)?;
        match record.stream.category.as_str() {
            Docket::CATEGORY => resolution::project_docket(tables, record),
            Resolution::CATEGORY => resolution::project(tables, record),
            ActionItem::CATEGORY => item::project(tables, record),
            PhasedTarget::CATEGORY => target::project(tables, record),
            FollowUp::CATEGORY => notice::project(tables, record),
            _ => Ok(()),
        }
    }
}

/// How one resolution or item is named in a query.
pub(crate) struct Named {
    /// The column that identifies it, compared with the value.
    condition: &'static str,
    value: String,
}

impl Named {
    /// Reads the two fields of a query of which one must be given; the id takes precedence. The id `-` stands
    /// for none, as the path of a URL cannot leave it out.
    pub(crate) fn read(id_field: &str, id: &str, number: &str) -> Result<Named, Invalid> {
        match (id, number.trim()) {
            ("" | "-", "") => Err(Invalid::field(id_field, "is missing; give the id or the number")),
            ("" | "-", number) => {
                Ok(Named { condition: "written = ?", value: composed(number).into_owned() })
            }
            (id, _) => Ok(Named { condition: "id = ?", value: uuid(id_field, id)? }),
        }
    }
}

/// Reads an id, in the form in which the tables hold it.
fn uuid(field: &str, id: &str) -> Result<String, Invalid> {
    Ok(read::<Uuid, String>(field, id.to_owned())?.to_string())
}

/// Reads a filter on one of several values; one that is unset or unspecified filters nothing.
fn enum_filter<E: Wire<i32>>(field: &str, value: Option<i32>) -> Result<Option<i32>, Invalid> {
    let value = value.filter(|&value| value != 0);
    value.map(|value| Ok(read::<E, i32>(field, value)?.to_wire())).transpose()
}
