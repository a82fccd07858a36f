//! Every page has the forms that the console promises: itself, its past, files, calendars, its call for programs, and on paper
//! what it was made of. A page that lacks one is named here, so that none is forgotten.

use crate::in_both_modes;
use crate::pages::items_of_two_departments;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::ListResolutionsRequest;
use proto::scheduling::v1::{GetSessionRequest, ListMattersRequest, ScheduleSessionRequest, SessionOutline};
use std::collections::BTreeSet;
use tests::{Client, HttpClient, Mode, Sandbox, command, outline, until};

/// What a page can be had as, beside itself.
#[derive(Default)]
struct Forms {
    /// CSV and Excel: it is a table.
    files: bool,
    /// iCalendar: it has dates.
    calendar: bool,
    /// As of a past moment: its rpcs say what was so then.
    past: bool,
    /// It says nothing of the log, but of the installation or of what its reader may do: nothing makes it again.
    of_no_log: bool,
}

const TABLE: Forms = Forms { files: true, calendar: false, past: false, of_no_log: false };
const PAST: Forms = Forms { past: true, ..TABLE };
const NOTHING: Forms = Forms { files: false, ..TABLE };
const OF_NO_LOG: Forms = Forms { of_no_log: true, ..NOTHING };

/// The pages of an installation with an item, a session that has a slot, a matter and a resolution.
async fn pages(sandbox: &Sandbox) -> anyhow::Result<Vec<(String, Forms)>> {
    let item = items_of_two_departments(sandbox).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let outline = SessionOutline { body_code: "FLOOD".into(), ..outline("Drains", "WATER") };
    let session = clerk.admitted_session(outline).await?;
    clerk.register_room("R-1").await?;
    let schedule = ScheduleSessionRequest {
        session_id: session.clone(),
        room_code: "R-1".into(),
        starts_at: Some(Client::moment("2027-03-08T02:00:00Z")),
        ..command()
    };
    let at_least_position = clerk.call(schedule).await?.position;
    clerk.call(GetSessionRequest { at_least_position, session_id: session.clone() }).await?;
    let matters = clerk.call(ListMattersRequest { at_least_position, ..Default::default() }).await?.matters;
    let matter = matters.first().context("a matter")?.matter_id.clone();
    let recorded = ListResolutionsRequest { at_least_position, ..Default::default() };
    let resolutions = clerk.call(recorded).await?.resolutions;
    let resolution = resolutions.first().context("a resolution")?.resolution_id.clone();
    let dated = |forms| Forms { calendar: true, ..forms };
    let pages = [
        ("/today".to_owned(), NOTHING),
        ("/board".to_owned(), PAST),
        ("/due".to_owned(), dated(PAST)),
        ("/items".to_owned(), dated(PAST)),
        (format!("/items/{item}"), Forms { files: false, ..dated(PAST) }),
        ("/sessions".to_owned(), dated(TABLE)),
        (format!("/sessions/{session}"), dated(NOTHING)),
        ("/week".to_owned(), TABLE),
        ("/month".to_owned(), TABLE),
        ("/timetables".to_owned(), TABLE),
        ("/resolutions".to_owned(), TABLE),
        (format!("/resolutions/{resolution}"), NOTHING),
        ("/matters".to_owned(), TABLE),
        (format!("/matters/{matter}"), NOTHING),
        ("/chains".to_owned(), PAST),
        ("/targets".to_owned(), PAST),
        ("/scorecards".to_owned(), PAST),
        ("/indicators".to_owned(), PAST),
        ("/indicators?by=body".to_owned(), PAST),
        ("/notices".to_owned(), PAST),
        ("/proof".to_owned(), OF_NO_LOG),
        ("/system".to_owned(), OF_NO_LOG),
    ];
    Ok(pages.into())
}

/// The address of a page with one more pair.
fn with(page: &str, pair: &str) -> String {
    format!("{page}{}{pair}", if page.contains('?') { '&' } else { '?' })
}

async fn text(reader: &HttpClient, page: &str) -> anyhow::Result<String> {
    let answer = reader.send("GET", page, &[("accept-language", "en")], "").await?;
    ensure!(answer.status == 200, "{page}: {} {}", answer.status, answer.text());
    Ok(answer.text())
}

async fn ensure_forms(reader: &HttpClient, page: &str, forms: &Forms, position: u64) -> anyhow::Result<()> {
    let shown = text(reader, page).await?;
    ensure!(shown.contains("<code>GET /v1/"), "{page} does not say its call for programs");
    let proves = shown.contains("class=\"address\">huishang-paper/1 ");
    ensure!(proves != forms.of_no_log, "{page} on paper: {proves}");
    for (form, is_offered, media_type) in [
        ("csv", forms.files, "text/csv"),
        ("xlsx", forms.files, "application/vnd.openxmlformats"),
        ("ics", forms.calendar, "text/calendar"),
    ] {
        ensure!(shown.contains(&format!("form={form}\" download")) == is_offered, "{page} as {form}");
        if !is_offered {
            continue;
        }
        let file = reader.send("GET", &with(page, &format!("form={form}")), &[], "").await?;
        ensure!(
            file.status == 200 && file.header("content-type").starts_with(media_type),
            "{page}: {file:?}"
        );
        ensure!(form != "csv" || file.text().contains("huishang-paper/1 "), "{page}: {}", file.text());
    }
    ensure!(shown.contains("name=\"as_of\"") == forms.past, "{page} as of a past moment");
    if forms.past {
        let then = text(reader, &with(page, &format!("position={position}"))).await?;
        ensure!(then.contains("This is the past"), "{page} does not say that it is the past");
    }
    Ok(())
}

async fn every_page_has_its_forms(mode: Mode) -> anyhow::Result<()> {
    // Given something on each page
    let mut sandbox = Sandbox::start(mode)?;
    let pages = pages(&sandbox).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let position = clerk.call(GetHeadRequest {}).await?.position;
    clerk.register_department("PARKS").await?;
    let reader = sandbox.http(Role::Supervisor, Some("OFFICE"))?;
    until("both items are followed up", async || {
        text(&reader, "/items?column=open").await.ok()?.contains("data-rows=\"2\"").then_some(())
    })
    .await;
    // When each is asked for in each form, then it has those that are said here
    for (page, forms) in &pages {
        ensure_forms(&reader, page, forms, position).await?;
    }
    // and every page of the navigation is among them.
    let today = text(&reader, "/today").await?;
    let (_, nav) = today.split_once("<nav class=\"nav\"").context("a navigation")?;
    let nav = nav.split("</nav>").next().unwrap_or_default();
    let linked: BTreeSet<&str> =
        nav.split("<a href=\"").skip(1).filter_map(|link| link.split('"').next()).collect();
    let known: BTreeSet<&str> = pages.iter().map(|(page, _)| page.as_str()).collect();
    ensure!(linked.len() > 10 && linked.is_subset(&known), "{:?}", linked.difference(&known));
    Ok(())
}
in_both_modes!(every_page_has_its_forms);
