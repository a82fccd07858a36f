//! Lists as files for spreadsheets: all of their rows, and not only those of the page.

use super::answer::{Failure, file};
use super::limits::{EXPORT_ROWS_MAX, ROWS_AT_ONCE};
use super::pager::Pager;
use super::past::Past;
use super::reader::Reader;
use super::{Asked, Desk, Provenance, Query};
use crate::asker::console_url;
use crate::csv;
use crate::grid::Grid;
use crate::route;
use crate::table::{Form, Table, rows_of};
use crate::xlsx::{self, About};
use http::Response;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use proto::Wire as _;
use serde_json::Value as Json;
use tonic::Status;
use tonic::body::Body;

/// What a page asks for in place of itself.
pub(super) const FORM: &str = "form";

/// The form in which a list is asked for, if it is for a file.
pub(super) fn wanted(query: &Query) -> Option<Form> {
    query.get(FORM).and_then(Form::named)
}

/// Where the list of a page is as a file.
pub(super) fn link(query: &Query, path: &str, form: &str) -> String {
    query.link(path, &[Pager::TOKEN, FORM], Some((FORM, form)))
}

/// The file with what a list has for this request, on all of its pages.
pub(super) async fn list<R: proto::Rpc>(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    request: R,
    form: Form,
) -> Result<Response<Body>, Failure> {
    let table = whole(reader, request).await?;
    let provenance = provenance(reader, asked, &table.rest).await;
    let bytes = match form {
        Form::Csv => csv::with_provenance(csv::write(&table), provenance.as_ref()),
        Form::Xlsx => {
            let route = route::by_name(R::PATH).and_then(|rpc| rpc.contract.route.as_ref());
            let api = route.map(|route| route.path.clone()).unwrap_or_default();
            xlsx::write(&table, &about(desk, reader, asked, api, provenance).await?)?
        }
    };
    Ok(file(bytes, form.media_type(), &form.file_of(&table)))
}

/// The file with a table of a page that is no list, of what this path answers.
pub(super) async fn grid(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    api: &str,
    grid: &Grid,
    form: Form,
) -> Result<Response<Body>, Failure> {
    let at = grid.evaluated_at.filter(|_| !Past::is_asked_by(&asked.query()));
    let provenance = Provenance::of(reader, grid.position, at).await;
    let provenance = provenance.map(|provenance| provenance.at(asked.head.uri.path(), &asked.query(), None));
    let bytes = match form {
        Form::Csv => csv::with_provenance(csv::write_grid(grid), provenance.as_ref()),
        Form::Xlsx => {
            let about = about(desk, reader, asked, api.to_owned(), provenance).await?;
            xlsx::write_grid(grid, &about)?
        }
    };
    Ok(file(bytes, form.media_type(), &form.named_file(grid.name)))
}

async fn whole<R: proto::Rpc>(reader: &Reader, request: R) -> Result<Table, Failure> {
    let rpc = route::by_name(R::PATH).ok_or(Failure::NotFound)?;
    let rows = rows_of(&rpc.method.output()).ok_or(Failure::NotFound)?;
    let broken = |error| Status::internal(format!("the list cannot be asked for: {error}"));
    let request = DynamicMessage::decode(rpc.method.input(), &request.encode_to_vec()[..]);
    let mut request = request.map_err(broken)?;
    // What has no pages is asked for once.
    let has_pages = rpc.method.input().get_field_by_name("page_token").is_some();
    if has_pages {
        request.set_field_by_name("page_size", Value::U32(ROWS_AT_ONCE));
    }
    let (mut whole, mut page_token) = (None::<Table>, String::new());
    loop {
        if has_pages {
            request.set_field_by_name("page_token", Value::String(page_token));
        }
        let answer = reader.call(R::PATH, request.encode_to_vec()).await?;
        let page = Table::read(&rows, &answer, reader.words.0)?;
        let table = match whole.take() {
            Some(before) => before.and(page),
            None => page,
        };
        if table.next_page_token.is_empty() || table.rows.len() >= EXPORT_ROWS_MAX {
            return Ok(table);
        }
        page_token = table.next_page_token.clone();
        whole = Some(table);
    }
}

/// What a file says of itself, by what was answered.
pub(super) async fn provenance(reader: &Reader, asked: &Asked, answer: &Json) -> Option<Provenance> {
    let position = answer["position"].as_str()?.parse().ok()?;
    let query = asked.query();
    // Those of the past were evaluated then; the clock shows what it shows now.
    let at = answer["evaluatedAt"].as_str().filter(|_| !Past::is_asked_by(&query));
    let at = at.and_then(|at| at.parse::<jiff::Timestamp>().ok()?.to_wire());
    let provenance = Provenance::of(reader, position, at).await?;
    let query = Query(query.without(&[Pager::TOKEN]));
    Some(provenance.at(asked.head.uri.path(), &query, None))
}

async fn about(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    api: String,
    provenance: Option<Provenance>,
) -> Result<About, Failure> {
    let around = reader.surroundings(desk).await?;
    let query = asked.query();
    let filters = query
        .0
        .iter()
        .filter(|(name, value)| name != FORM && name != Pager::TOKEN && !value.trim().is_empty());
    let roles: Vec<String> = reader.holder.roles.iter().map(|role| reader.words.role(role)).collect();
    let department = reader.holder.department.as_deref().map(|code| around.directory.name(code));
    let who: Vec<String> = department.into_iter().chain([reader.words.list(&roles)]).collect();
    Ok(About {
        asked: api,
        filters: filters.cloned().collect(),
        reader: who.join(" "),
        time_zone: around.time_zone.clone(),
        head: None,
        provenance,
        console_url: console_url(&asked.head, desk.https),
        is_past: Past::is_asked_by(&query),
    })
}
