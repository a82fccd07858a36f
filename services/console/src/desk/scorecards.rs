//! Scorecards (记分卡): how departments kept what they promised.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::ROWS_PER_PAGE;
use super::pager::Pager;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use proto::resolution::v1::{GetScorecardRequest, Scorecard};
use tonic::body::Body;

struct Row {
    href: String,
    name: String,
    items: u32,
    kept: u32,
    accepted_late: u32,
    open_late: u32,
    /// Median and most of the days by which promises were missed; nothing when none was.
    days_late: String,
    returned: u32,
    extended: u32,
    reopened: u32,
    not_holding: u32,
}

#[derive(Template)]
#[template(path = "scorecards.html")]
struct ScorecardsPage {
    frame: Frame,
    from: String,
    to: String,
    body: String,
    lede: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// The page, of the items first promised for a period, and of a body if one is asked for.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let given = |name: &str| query.get(name).map(str::to_owned);
    let request = GetScorecardRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        starts_on: given("from"),
        ends_on: given("to"),
        body_code: given("body"),
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let (around, answer) = reader.ask_around(desk, request).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Scorecards, words.t("Scorecards"));
    frame.offer_files(&query, "/scorecards");
    frame.stamp =
        Some(Stamp::new(reader, &around.calendar, answer.evaluated_at, answer.position, "/v1/scorecard"));
    let page = ScorecardsPage {
        frame,
        from: given("from").unwrap_or_default(),
        to: given("to").unwrap_or_default(),
        body: given("body").unwrap_or_default(),
        lede: lede(words, &answer.rows),
        rows: answer.rows.iter().map(|scorecard| row(&around, scorecard)).collect(),
        pager: Pager::new(&query, "/scorecards", &answer.next_page_token),
    };
    Ok(html(&page))
}

/// What the rows of the page come to.
fn lede(words: Words, rows: &[Scorecard]) -> String {
    let sum = |count: fn(&Scorecard) -> u32| rows.iter().map(count).sum::<u32>();
    words.say(
        "{kept} of {n} items were done by the date first promised; {late} are open past it.",
        &[("kept", &sum(|row| row.kept)), ("n", &sum(|row| row.items)), ("late", &sum(|row| row.open_late))],
    )
}

fn row(around: &Surroundings, scorecard: &Scorecard) -> Row {
    let is_late = scorecard.accepted_late + scorecard.open_late > 0;
    let days_late = format!("{} / {}", scorecard.median_days_late, scorecard.worst_days_late);
    Row {
        href: format!("/items?lead={}", scorecard.department_code),
        name: around.directory.name(&scorecard.department_code),
        items: scorecard.items,
        kept: scorecard.kept,
        accepted_late: scorecard.accepted_late,
        open_late: scorecard.open_late,
        days_late: if is_late { days_late } else { String::new() },
        returned: scorecard.returned,
        extended: scorecard.extended,
        reopened: scorecard.reopened,
        not_holding: scorecard.not_holding,
    }
}
