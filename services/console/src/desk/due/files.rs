//! The due dates as files: the table for spreadsheets, and the dates themselves for calendars.

use super::{head, read};
use crate::desk::answer::Failure;
use crate::desk::past::Past;
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
    past: &Past,
    form: Form,
) -> Result<Response<Body>, Failure> {
    let (words, due) = (reader.words, read(reader, past).await?);
    let totals = due.totals.clone().unwrap_or_default();
    let weeks = due.weeks.iter().map(|week| {
        let number = head(words, week, 0).number;
        format!("{number} {} – {}", week.starts_on, week.ends_on)
    });
    let first = [words.t("Code"), words.t("Department"), words.t("Late")].map(str::to_owned);
    let line = |name: String, row: &DueRow| {
        let names = [Cell::Text(row.department_code.clone()), Cell::Text(name)];
        let counts = [row.late].into_iter().chain(row.due.iter().copied()).chain([row.later]);
        names.into_iter().chain(counts.map(Cell::Number)).collect()
    };
    let rows = due.rows.iter().map(|row| line(around.directory.name(&row.department_code), row));
    let grid = Grid {
        name: "due",
        language: words.0,
        headings: first.into_iter().chain(weeks).chain([words.t("Later").to_owned()]).collect(),
        rows: rows.chain([line(words.t("All").to_owned(), &totals)]).collect(),
        position: due.position,
        evaluated_at: due.evaluated_at,
    };
    export::grid(desk, reader, asked, "/v1/due-weeks", &grid, form).await
}
