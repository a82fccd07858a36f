//! Scorecards (记分卡): how departments kept what they promised.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::{ROWS_AT_ONCE, ROWS_PER_PAGE};
use super::pager::Pager;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::targets;
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use proto::resolution::v1::{
    ForecastRecord, GetScorecardRequest, ListForecastRecordsRequest, Scorecard, Target,
};
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
    targets_missed: usize,
    /// Where those targets are.
    targets: Option<String>,
    /// How good forecasts were; nothing where there are too few to judge.
    forecasts: String,
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
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let request = GetScorecardRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        starts_on: given("from"),
        ends_on: given("to"),
        body_code: given("body"),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let records = ListForecastRecordsRequest { page_size: ROWS_AT_ONCE, ..Default::default() };
    let (answer, missed, records) =
        futures::future::try_join3(reader.ask(request), targets::missed(reader, past), reader.ask(records))
            .await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Scorecards, words.t("Scorecards"));
    frame.offer_files(&query, "/scorecards");
    frame.stamp = Some(
        Stamp::new(reader, &around.calendar, answer.evaluated_at, answer.position, "/v1/scorecards").await,
    );
    past.show(words, &query, &mut frame);
    let page = ScorecardsPage {
        frame,
        from: given("from").unwrap_or_default(),
        to: given("to").unwrap_or_default(),
        body: given("body").unwrap_or_default(),
        lede: lede(words, &answer.rows),
        rows: answer.rows.iter().map(|card| row(&around, past, card, &missed, &records.records)).collect(),
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

fn row(
    around: &Surroundings,
    past: &Past,
    scorecard: &Scorecard,
    missed: &[Target],
    records: &[ForecastRecord],
) -> Row {
    let code = &scorecard.department_code;
    let is_of = |target: &&Target| target.terms.as_ref().is_some_and(|terms| terms.department_code == *code);
    let targets_missed = missed.iter().filter(is_of).count();
    // Forecasts are as good as they are now.
    let record = records.iter().find(|record| record.department_code == *code && !past.is_asked());
    let is_late = scorecard.accepted_late + scorecard.open_late > 0;
    let days_late = format!("{} / {}", scorecard.median_days_late, scorecard.worst_days_late);
    Row {
        href: past.link(&format!("/items?lead={code}")),
        targets_missed,
        targets: (targets_missed > 0).then(|| past.link(&format!("/targets?missed=yes&department={code}"))),
        forecasts: record
            .map(|record| format!("{:.2} ({})", record.brier_score, record.forecasts))
            .unwrap_or_default(),
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
