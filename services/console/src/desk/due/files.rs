//! The due dates as files: the table for spreadsheets, and the dates themselves for calendars.

use super::{both, head, request};
use crate::desk::answer::Failure;
use crate::desk::api::api_call;
use crate::desk::past::{Past, Since};
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::{Asked, Desk, export};
use crate::grid::{Cell, Grid};
use crate::table::Form;
use http::Response;
use proto::followup::v1::DueRow;
use tonic::body::Body;

/// The table of the page, in one of these forms.
pub(super) async fn table(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    around: &Surroundings,
    (since, past): (&Since, &Past),
    form: Form,
) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let (due, changed) = both(reader, since, past).await?;
    let totals = due.totals.clone().unwrap_or_default();
    let weeks = due.weeks.iter().map(|week| {
        let number = head(words, week, 0).number;
        format!("{number} {} – {}", week.starts_on, week.ends_on)
    });
    let columns: Vec<String> =
        [words.t("Late").to_owned()].into_iter().chain(weeks).chain([words.t("Later").to_owned()]).collect();
    let changed_columns = columns.iter().map(|column| words.say("{column}, changed", &[("column", column)]));
    let changed_columns: Vec<String> = changed_columns.filter(|_| since.is_asked()).collect();
    let first = [words.t("Code"), words.t("Department")].map(str::to_owned);
    let counts =
        |row: &DueRow| [row.late].into_iter().chain(row.due.clone()).chain([row.later]).collect::<Vec<_>>();
    let changed_of = |row: &DueRow| {
        let changed = changed.as_ref()?;
        let of = changed.rows.iter().find(|one| one.department_code == row.department_code);
        let of = if row.department_code.is_empty() { changed.totals.as_ref() } else { of };
        Some(of.map_or_else(|| vec![0; row.due.len() + 2], counts))
    };
    let line = |name: String, row: &DueRow| {
        let names = [Cell::Text(row.department_code.clone()), Cell::Text(name)];
        let all = counts(row).into_iter().chain(changed_of(row).into_iter().flatten());
        names.into_iter().chain(all.map(Cell::Number)).collect()
    };
    let rows = due.rows.iter().map(|row| line(around.directory.name(&row.department_code), row));
    let grid = Grid {
        name: "due",
        language: words.0,
        headings: first.into_iter().chain(columns).chain(changed_columns).collect(),
        rows: rows.chain([line(words.t("All").to_owned(), &totals)]).collect(),
        position: due.position,
        evaluated_at: due.evaluated_at,
    };
    export::grid(desk, reader, asked, &api_call(&request(since, past)), &grid, form).await
}
