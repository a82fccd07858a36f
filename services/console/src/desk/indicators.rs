//! Indicators (指标): how sessions go beside the baselines that were reported, by period, body and department.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::{INDICATOR_ROWS_MAX, ROWS_AT_ONCE};
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::words::{Words, said};
use super::{Asked, Desk, Query};
use crate::grid::{Cell, Grid};
use askama::Template;
use futures::future::try_join_all;
use http::Response;
use jiff::civil::Date;
use proto::followup::v1::{GetIndicatorsRequest, GetIndicatorsResponse, Indicator};
use proto::scheduling::v1::ListBodiesRequest;
use tonic::body::Body;

const INDICATOR: &str = "huishang.followup.v1.Indicator";

/// What the indicators can be taken apart by, as addresses name it.
const PARTS: [(&str, &str); 4] = [
    ("quarter", said("by quarter")),
    ("month", said("by month")),
    ("body", said("by body")),
    ("department", said("by department")),
];

struct Row {
    name: String,
    value: String,
    baseline: String,
    /// What was counted, and what it was divided by.
    numerator: String,
    denominator: String,
}

/// The same indicators of a part.
struct PartRow {
    name: String,
    /// The page of that part.
    href: String,
    values: Vec<String>,
    figures: Vec<Option<f64>>,
}

#[derive(Template)]
#[template(path = "indicators.html")]
struct IndicatorsPage {
    frame: Frame,
    lede: String,
    from: String,
    to: String,
    body: String,
    department: String,
    by: String,
    bodies: Vec<(String, String)>,
    departments: Vec<(String, String)>,
    ways: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    parts: Vec<PartRow>,
    /// Whether there are more parts than are shown.
    has_more: bool,
}

/// The page, of a period, a body and a department with those below, as far as they are given.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let by = query.get("by").filter(|by| PARTS.iter().any(|(known, _)| known == by)).unwrap_or_default();
    let form = export::wanted(&query);
    if let Some(form) = form.filter(|_| by.is_empty()) {
        return export::list(desk, reader, asked, request(&query, past), form).await;
    }
    let bodies = ListBodiesRequest { page_size: ROWS_AT_ONCE, ..Default::default() };
    let (answer, bodies) =
        futures::future::try_join(reader.ask(request(&query, past)), reader.ask(bodies)).await?;
    let bodies: Vec<_> = bodies.bodies.into_iter().map(|body| (body.code, body.name)).collect();
    let departments = around.directory.departments().iter();
    let departments: Vec<_> = departments.map(|one| (one.code.clone(), one.name.clone())).collect();
    let now = answer.evaluated_at.unwrap_or_default();
    let until = query.get("to").and_then(|to| to.parse().ok()).unwrap_or_else(|| around.calendar.date(&now));
    let mut queries = parts(by, &query, until, &bodies, &departments);
    let has_more = queries.len() > INDICATOR_ROWS_MAX;
    queries.truncate(INDICATOR_ROWS_MAX);
    let parts = queries.into_iter().map(async |(name, part)| {
        let of_part = reader.ask(request(&part, past)).await?;
        let values = of_part.indicators.iter().map(|one| value(words, one, one.value)).collect();
        let figures = of_part.indicators.iter().map(|one| one.value).collect();
        let href = past.link(&part.link("/indicators", &["by", export::FORM], None));
        Ok::<_, Failure>(PartRow { name, href, values, figures })
    });
    let parts = try_join_all(parts).await?;
    if let Some(form) = form {
        let grid = table(words, &answer, &parts);
        return export::grid(desk, reader, asked, "/v1/indicators", &grid, form).await;
    }
    let mut frame = Frame::new(reader, &around, asked, Nav::Indicators, words.t("Indicators"));
    frame.offer_files(&query, "/indicators");
    let stamp = Stamp::new(reader, &around.calendar, answer.evaluated_at, answer.position, "/v1/indicators");
    frame.stamp = Some(stamp.await);
    past.show(words, &query, &mut frame);
    let given = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let page = IndicatorsPage {
        lede: lede(words, &around, &query, &answer.indicators),
        from: given("from"),
        to: given("to"),
        body: given("body"),
        department: given("department"),
        by: by.to_owned(),
        ways: PARTS.map(|(name, way)| (name, words.t(way))).into(),
        rows: answer.indicators.iter().map(|indicator| row(words, indicator)).collect(),
        bodies,
        departments,
        parts,
        has_more,
        frame,
    };
    Ok(html(&page))
}

/// The parts as a table, for files: a line for each, and before them what was reported before.
fn table(words: Words, answer: &GetIndicatorsResponse, parts: &[PartRow]) -> Grid {
    let unit = |indicator: &Indicator| words.told(INDICATOR, "unit", &indicator.unit);
    let heading = |indicator: &Indicator| format!("{} ({})", name(words, &indicator.name), unit(indicator));
    let line = |name: &str, figures: &mut dyn Iterator<Item = Option<f64>>| {
        [Cell::Text(name.to_owned())].into_iter().chain(figures.map(Cell::Figure)).collect()
    };
    let baselines = line(words.t("Baseline"), &mut answer.indicators.iter().map(|one| one.baseline));
    let parts = parts.iter().map(|part| line(&part.name, &mut part.figures.iter().copied()));
    let first = words.t("Of").to_owned();
    Grid {
        name: "indicators",
        language: words.0,
        headings: [first].into_iter().chain(answer.indicators.iter().map(heading)).collect(),
        rows: [baselines].into_iter().chain(parts).collect(),
        position: answer.position,
        evaluated_at: answer.evaluated_at,
    }
}

fn request(query: &Query, past: &Past) -> GetIndicatorsRequest {
    let given = |name: &str| query.get(name).map(str::to_owned);
    GetIndicatorsRequest {
        starts_on: given("from"),
        ends_on: given("to"),
        body_code: given("body"),
        under_code: given("department"),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    }
}

/// The parts that are asked for: what each is called, and what its page is asked for with.
fn parts(
    by: &str,
    query: &Query,
    until: Date,
    bodies: &[(String, String)],
    departments: &[(String, String)],
) -> Vec<(String, Query)> {
    let of = |pairs: &[(&str, String)]| {
        let names: Vec<&str> =
            pairs.iter().map(|(name, _)| *name).chain(["by", "as_of", "position"]).collect();
        let mut part = query.without(&names);
        part.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Query(part)
    };
    let each = |field: &'static str, known: &[(String, String)]| {
        known.iter().map(|(code, name)| (name.clone(), of(&[(field, code.clone())]))).collect()
    };
    let period = |first: Date, months: i8, name: String| {
        let last = first.checked_add(jiff::Span::new().months(i64::from(months) - 1)).unwrap_or(first);
        (name, of(&[("from", first.to_string()), ("to", last.last_of_month().to_string())]))
    };
    let year = until.year();
    match by {
        "quarter" => [year.saturating_sub(1), year]
            .into_iter()
            .flat_map(|year| (0..4).map(move |quarter| (year, quarter)))
            .filter_map(|(year, quarter)| Some((Date::new(year, quarter * 3 + 1, 1).ok()?, quarter)))
            .map(|(first, quarter)| period(first, 3, format!("{} Q{}", first.year(), quarter + 1)))
            .collect(),
        "month" => (1..=12)
            .filter_map(|month| Date::new(year, month, 1).ok())
            .map(|first| period(first, 1, format!("{}-{:02}", first.year(), first.month())))
            .collect(),
        "body" => each("body", bodies),
        "department" => each("department", departments),
        _ => Vec::new(),
    }
}

fn row(words: Words, indicator: &Indicator) -> Row {
    let told = |field, sentence: &str| words.told(INDICATOR, field, sentence);
    let counted = |number: f64, field, meaning: &str| match meaning.is_empty() {
        true => String::new(),
        false => words.say("{n}: {what}", &[("n", &figure(number)), ("what", &told(field, meaning))]),
    };
    Row {
        name: name(words, &indicator.name),
        value: value(words, indicator, indicator.value),
        baseline: value(words, indicator, indicator.baseline),
        numerator: counted(indicator.numerator, "numerator_meaning", &indicator.numerator_meaning),
        denominator: counted(indicator.denominator, "denominator_meaning", &indicator.denominator_meaning),
    }
}

/// An indicator's name, as readers say it.
fn name(words: Words, name: &str) -> String {
    match words.is_chinese() {
        true => words.told(INDICATOR, "name", name),
        false => super::words::capitalized(&name.replace('_', " ")),
    }
}

fn value(words: Words, indicator: &Indicator, value: Option<f64>) -> String {
    let unit = words.told(INDICATOR, "unit", &indicator.unit);
    value.map_or_else(|| "–".to_owned(), |value| format!("{} {unit}", figure(value)))
}

/// A number with at most one place after the point.
fn figure(number: f64) -> String {
    let shown = format!("{number:.1}");
    shown.strip_suffix(".0").map_or(shown.clone(), str::to_owned)
}

/// Of what the indicators are, and how the first of them compares.
fn lede(words: Words, around: &Surroundings, query: &Query, indicators: &[Indicator]) -> String {
    let first = indicators.iter().find(|one| one.name == "effective_session_ratio");
    let department = query.get("department").map(|code| around.directory.name(code));
    let of: Vec<String> = query.get("body").map(str::to_owned).into_iter().chain(department).collect();
    let whose = match of.is_empty() {
        true => words.t("all bodies").to_owned(),
        false => words.list(&of),
    };
    match first.and_then(|one| Some((one.value?, one.baseline?))) {
        Some((value, baseline)) => words.say(
            "{whose}: {value} % of the sessions were effective; {baseline} % were, as was reported before.",
            &[("whose", &whose), ("value", &figure(value)), ("baseline", &figure(baseline))],
        ),
        None => words.say("{whose}: no session was concluded then.", &[("whose", &whose)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_begins_and_ends_with_its_months() {
        let query = Query::of(b"by=quarter&body=FLOOD&from=2020-01-01");
        let quarters = parts("quarter", &query, Date::constant(2027, 5, 3), &[], &[]);
        let (name, part) = &quarters[4];
        assert_eq!((quarters.len(), name.as_str()), (8, "2027 Q1"));
        assert_eq!((part.get("from"), part.get("to")), (Some("2027-01-01"), Some("2027-03-31")));
        assert_eq!((part.get("body"), part.get("by")), (Some("FLOOD"), None), "the other filters stay");
        assert_eq!([figure(38.0), figure(5.66)], ["38", "5.7"]);
    }
}
