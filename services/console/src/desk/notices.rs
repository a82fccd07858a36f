//! Notices (通知): what was sent to whom, and what will be sent in the next 14 days if nobody acts.

use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::ROWS_PER_PAGE;
use super::markup::Markup;
use super::pager::Pager;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::story::addressee;
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use http::Response;
use proto::followup::v1::{
    ListNoticesRequest, ListUpcomingNoticesRequest, ListUpcomingNoticesResponse, Notice,
};
use tonic::body::Body;

struct Row {
    when: Markup,
    kind: String,
    to: String,
    href: String,
    number: String,
    title: String,
    lead: String,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    frame: Frame,
    /// What would be sent is so from now on only.
    is_past: bool,
    upcoming: Vec<Row>,
    has_more: bool,
    sent: Vec<Row>,
    pager: Pager,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let upcoming = ListUpcomingNoticesRequest { page_size: ROWS_PER_PAGE, ..Default::default() };
    let sent = ListNoticesRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        order_by: "occurred_at desc".into(),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, sent, form).await;
    }
    let upcoming = async {
        match past.is_asked() {
            // What would be sent is said of the present.
            true => Ok(ListUpcomingNoticesResponse::default()),
            false => reader.ask(upcoming).await,
        }
    };
    let (upcoming, sent) = futures::future::try_join(upcoming, reader.ask(sent)).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Notices, words.t("Notices"));
    let (at, position) = (past.at.or(upcoming.evaluated_at), past.position.unwrap_or(sent.position));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, at, position, "/v1/upcoming-notices").await);
    frame.offer_files(&query, "/notices");
    past.show(words, &query, &mut frame);
    let page = NoticesPage {
        is_past: past.is_asked(),
        upcoming: rows(words, &around, past, &upcoming.notices),
        has_more: !upcoming.next_page_token.is_empty(),
        sent: rows(words, &around, past, &sent.notices),
        pager: Pager::new(&query, "/notices", &sent.next_page_token),
        frame,
    };
    Ok(html(&page))
}

fn rows(words: Words, around: &Surroundings, past: &Past, notices: &[Notice]) -> Vec<Row> {
    let row = |notice: &Notice| Row {
        when: around.calendar.short(words, &notice.occurred_at.unwrap_or_default()),
        kind: words.value("huishang.followup.v1.NoticeKind", notice.kind),
        to: addressee(words, around, &notice.addressee),
        href: match &notice.session_id {
            Some(session) => format!("/sessions/{session}"),
            None => past.link(&format!("/items/{}", notice.item_id)),
        },
        number: notice.number.clone(),
        title: notice.title.clone(),
        lead: around.directory.name(&notice.lead_code),
    };
    notices.iter().map(row).collect()
}
