//! Matters (事项), before and between sessions: the list, and the form that takes one in.

mod acts;
mod matter;
mod similar;

use super::act::{self, Input, NotDone, Offer};
use super::answer::{Failure, html, see_other};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::items::summary;
use super::limits::ROWS_PER_PAGE;
use super::markup::Markup;
use super::pager::Pager;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk, Query, number};
use askama::Template;
use http::Response;
use proto::scheduling::v1::{ListMattersRequest, MatterSummary};
use tonic::body::Body;

pub(super) use acts::ACTS;
pub(super) use matter::{act, page};
pub(super) use similar::{CHARACTERS_COMPARED_MIN, href as href_of_similar};

struct Row {
    href: String,
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
    /// For those who may take one in.
    offer: Option<Offer>,
    body: String,
    /// Words that are looked for, and the reference of a case.
    words: String,
    case: String,
}

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    listed(desk, reader, asked, None).await
}

/// Takes a matter in, and shows it.
pub(super) async fn take_in(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let form = Query::of(&asked.body);
    let act = act::named(ACTS, &form)?;
    if act.name() != acts::TAKE_IN.name() {
        return Err(Failure::NotFound);
    }
    match act.carry_out_for(reader, &form, "matter", "matter_id").await {
        Ok((position, id)) => {
            Ok(see_other(&format!("/matters/{id}?done={}&at={position}#notice", act.name())))
        }
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            let refused = NotDone::new(&form, status, code);
            Ok(refused.on(listed(desk, reader, asked, Some(&refused)).await?))
        }
    }
}

async fn listed(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    refused: Option<&NotDone>,
) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let settled = query.get("settled").map(|value| value == "yes");
    let request = ListMattersRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "taken_in_at desc".into(),
        settled,
        body_code: query.get("body").map(number::plain),
        text: query.get("words").map(str::to_owned),
        case_reference: query.get("case").map(str::to_owned),
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
    frame.notice = refused.map(|refused| act::not_done(reader, ACTS, &refused.form, &refused.status));
    let may_take_in = acts::TAKE_IN.may_be_tried_by(reader);
    let of_query = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let page = MattersPage {
        offer: may_take_in.then(|| acts::TAKE_IN.offer(words, refused.map(|refused| &refused.form))),
        body: of_query("body"),
        words: of_query("words"),
        case: of_query("case"),
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
        href: format!("/matters/{}", matter.matter_id),
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
