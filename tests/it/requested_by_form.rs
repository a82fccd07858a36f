//! Sessions that are requested by the form of the pages: what it refuses, what it keeps, and that pressing twice is one act.

use crate::in_both_modes;
use crate::pages::{Browser, fields_before};
use anyhow::ensure;
use domain::Role;
use proto::scheduling::v1::{GetSessionRequest, ListSessionsRequest, RoleOnTopic, TakeInMatterRequest};
use tests::{Mode, Sandbox, command};

/// What somebody types: two topics, the first of a matter that waits.
fn typed(matter: &str, minutes: u32) -> String {
    format!(
        "title=%E9%98%B2%E6%B1%9B&purpose=Dry&kind=SESSION_KIND_STANDING&duration=60\
         &earliest=2027-04-20T09:00&topic-1-matter={matter}&topic-1-minutes={minutes}\
         &topic-2-title=Road&topic-2-minutes=10&topic-2-label=LABEL_SECRET\
         &role-OFFICE=ROLE_ON_TOPIC_DECIDES&role-%2B1=ROLE_ON_TOPIC_ADVISES&code-%2B1=ROADS&on-%2B1=2"
    )
}

async fn a_session_is_requested_by_a_form(mode: Mode) -> anyhow::Result<()> {
    // Given a body with a matter in its backlog
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    for code in ["OFFICE", "ROADS"] {
        clerk.register_department(code).await?;
    }
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    let matter = TakeInMatterRequest { body_code: "BODY".into(), title: "Willow Lane".into(), ..command() };
    let matter = clerk.call(matter).await?.matter.unwrap_or_default().matter_id;
    let browser = Browser::sign_in(&mut sandbox, Role::Clerk, Some("OFFICE")).await?;
    let page = browser.page("/sessions/new?body=BODY").await?;
    ensure!(page.contains(&format!("<option value=\"{matter}\">Willow Lane</option>")), "{page}");
    let button = "<section>\n      <h2 id=\"what\">";
    let hidden = fields_before(&page, button)?;

    // When a topic has no time, a rule refuses it, and what was typed is kept
    let refused =
        browser.post("/sessions/new", &format!("{hidden}&action=Send&{}", typed(&matter, 0))).await?;
    ensure!(refused.status == 400 && refused.text().contains("TIMEBOX_REQUIRED"), "{}", refused.text());
    ensure!(refused.text().contains("value=\"防汛\""), "{}", refused.text());
    // and what is no number is refused by the label of its field, and kept
    let people = format!("{}&with-OFFICE=three", typed(&matter, 20));
    let refused = browser.post("/sessions/new", &format!("{hidden}&action=Check&{people}")).await?;
    let text = refused.text();
    ensure!(
        refused.status == 400 && text.contains("OFFICE, People with its delegate: is no number"),
        "{text}"
    );
    ensure!(text.contains("name=\"with-OFFICE\"") && text.contains("value=\"three\""), "{text}");
    // and asking the rules records nothing
    let asked =
        browser.post("/sessions/new", &format!("{hidden}&action=Check&{}", typed(&matter, 20))).await?;
    ensure!(asked.status == 200 && asked.text().contains("Nothing is recorded yet"), "{}", asked.text());
    let listed = clerk.call(ListSessionsRequest::default()).await?.sessions;
    ensure!(listed.is_empty(), "{listed:?}");

    // Then sending it twice requests one session, which is what was typed
    let form = format!("{hidden}&action=Send&{}&with-OFFICE=%EF%BC%93", typed(&matter, 20));
    let sent = browser.post("/sessions/new", &form).await?;
    ensure!(sent.status == 303, "{}", sent.text());
    let again = browser.post("/sessions/new", &form).await?;
    ensure!(
        again.header("location") == sent.header("location"),
        "pressed twice, it is one act: {again:?} {}",
        again.text()
    );
    let address = sent.header("location").to_owned();
    let id = address.trim_start_matches("/sessions/").split('?').next().unwrap_or_default().to_owned();
    let request = GetSessionRequest { session_id: id.clone(), ..Default::default() };
    let outline = clerk.call(request).await?.session.and_then(|session| session.outline).unwrap_or_default();
    let topics: Vec<_> = outline.topics.iter().map(|topic| topic.title.as_str()).collect();
    ensure!(topics == ["Willow Lane", "Road"] && outline.topics[0].matter_id() == matter, "{outline:?}");
    let office = outline.attendees.iter().find(|one| one.department_code == "OFFICE");
    ensure!(office.is_some_and(|one| one.companions == 3), "wide digits are digits: {outline:?}");
    let roads = outline.attendees.iter().find(|one| one.department_code == "ROADS");
    let roles: Vec<_> =
        roads.iter().flat_map(|one| &one.roles).map(|one| (one.topic_number, one.role())).collect();
    ensure!(roles == [(2, RoleOnTopic::Advises)], "{roles:?}");

    // and it is revised by the same form, which has what was requested
    let revise = format!("/sessions/{id}/revise");
    let page = browser.page(&revise).await?;
    ensure!(page.contains("value=\"防汛\"") && page.contains("name=\"keep_seats\""), "{page}");
    let hidden = fields_before(&page, button)?;
    let form = format!("{hidden}&action=Send&keep_seats=yes&topic-1-title=Willow+Lane&{}", typed("", 30));
    let revised = browser.post(&revise, &form).await?;
    ensure!(
        revised.status == 303 && revised.header("location").contains("done=ReviseSession"),
        "{}",
        revised.text()
    );

    // A supervisor may not request one, neither by the form nor without it.
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    let page = office.page("/sessions/new?body=BODY").await?;
    ensure!(page.contains("For: ") && !page.contains("value=\"Send\""), "{page}");
    let own = fields_before(&office.page("/matters").await?, "<button class=\"btn\">Sign out")?;
    let forced =
        office.post("/sessions/new", &format!("{own}&action=Send&body=BODY&{}", typed(&matter, 20))).await?;
    ensure!(
        forced.status == 403 && forced.text().contains("ROLE_REQUIRED"),
        "{} {}",
        forced.status,
        forced.text()
    );
    Ok(())
}
in_both_modes!(a_session_is_requested_by_a_form);
