//! Matters (事项), before and between sessions.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::items::summary;
use super::limits::ROWS_PER_PAGE;
use super::markup::Markup;
use super::pager::Pager;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use proto::scheduling::v1::{ListMattersRequest, MatterSummary};
use tonic::body::Body;

struct Row {
    title: String,
    stage: String,
    body: String,
    raised_by: String,
    taken_in: Markup,
    deferrals: u32,
    session: Option<String>,
}

#[derive(Template)]
#[template(path = "matters.html")]
struct MattersPage {
    frame: Frame,
    settled: Option<bool>,
    summary: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let settled = query.get("settled").map(|value| value == "yes");
    let request = ListMattersRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "taken_in_at desc".into(),
        settled,
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let (around, answer) = reader.ask_around(desk, request).await?;
    let pager = Pager::new(&query, "/matters", &answer.next_page_token);
    let mut frame = Frame::new(reader, &around, asked, Nav::Matters, words.t("Matters"));
    frame.offer_files(&query, "/matters");
    frame.stamp = Some(Stamp::new(reader, &around.calendar, None, answer.position, "/v1/matters").await);
    let page = MattersPage {
        frame,
        settled,
        summary: summary(words, answer.matters.len(), &pager),
        rows: answer.matters.iter().map(|matter| row(words, &around, matter)).collect(),
        pager,
    };
    Ok(html(&page))
}

fn row(words: Words, around: &Surroundings, matter: &MatterSummary) -> Row {
    Row {
        title: matter.title.clone(),
        stage: words.value("huishang.scheduling.v1.MatterStage", matter.stage),
        body: matter.body_code.clone(),
        raised_by: matter
            .raised_by_code
            .as_deref()
            .map(|code| around.directory.name(code))
            .unwrap_or_default(),
        taken_in: around.calendar.short(words, &matter.taken_in_at.unwrap_or_default()),
        deferrals: matter.deferrals,
        session: matter.session_id.as_ref().map(|id| format!("/sessions/{id}")),
    }
}
