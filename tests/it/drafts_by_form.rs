//! Items that are drafted, revised and dropped by the forms of a session's page; two editors, of whom the second loses nothing.

use crate::in_both_modes;
use crate::pages::{Browser, fields_before};
use crate::substitutes::{arrives, convened, scheduled};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::due_rule::Rule;
use proto::deliberation::v1::{GetDocketRequest, ItemDraft, OpenDocketRequest, OpenTopicRequest};
use tests::{Client, Mode, Sandbox, command};

const DRAFT: &str = "<input class=\"brief\" id=\"DraftItems-itemsdue-1\"";
const REVISE: &str = "<textarea id=\"ReviseItem-drafttitle-1\"";
const DROP: &str = "<textarea id=\"DropItem-reason-1\"";

/// What is drafted on the docket.
async fn drafted(clerk: &Client, docket_id: &str) -> anyhow::Result<Vec<ItemDraft>> {
    let docket =
        clerk.call(GetDocketRequest { docket_id: docket_id.to_owned(), ..Default::default() }).await?;
    let topic = docket.docket.unwrap_or_default().topics.into_iter().next().context("a topic")?;
    Ok(topic.items.into_iter().filter_map(|item| item.draft).collect())
}

async fn the_second_editor_of_an_item_is_told_and_loses_nothing(mode: Mode) -> anyhow::Result<()> {
    // Given a docket whose first topic is open
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for code in ["WATER", "ROADS"] {
        clerk.register_department(code).await?;
    }
    let session = clerk.joint_session(&operator, &["WATER", "ROADS"]).await?;
    scheduled(&clerk, &session).await?;
    convened(&clerk, &operator, &session).await?;
    for department in ["WATER", "ROADS"] {
        arrives(&clerk, &session, department).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: session.clone(), ..command() }).await?;
    clerk.call(OpenTopicRequest { docket_id: session.clone(), topic_number: 1, ..command() }).await?;
    let address = format!("/sessions/{session}");
    let one = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    let other = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;

    // When an item is drafted by the form, so long after the decision and with who supports it
    let form = fields_before(&one.page(&address).await?, DRAFT)?;
    let typed = "action=DraftItems&items[].title=Drains&items[].deliverable=600+mm&items[].leadCode=WATER\
        &items[].coResponsibleCodes=ROADS&items[].due=5&items[].due.unit=afterWorkingDays";
    let sent = one.post(&address, &format!("{form}&{typed}")).await?;
    ensure!(sent.status == 303, "{}", sent.text());
    let items = drafted(&clerk, &session).await?;
    let due = items[0].due.clone().and_then(|due| due.rule);
    ensure!(
        due == Some(Rule::AfterWorkingDays(5)) && items[0].co_responsible_codes == ["ROADS"],
        "{items:?}"
    );

    // and two have the form that revises it before them,
    let [first, second] = [one.page(&address).await?, other.page(&address).await?];
    ensure!(
        first.contains("name=\"draft.due\" inputmode=\"numeric\" autocomplete=\"off\" value=\"5\""),
        "{first}"
    );
    let typed = "action=ReviseItem&draft.deliverable=800+mm&draft.leadCode=WATER&draft.coResponsibleCodes=ROADS\
        &draft.due.dueOn=2027-09-30&draft.title=";
    let sent = one.post(&address, &format!("{}&{typed}Wider+drains", fields_before(&first, REVISE)?)).await?;
    ensure!(sent.status == 303, "{}", sent.text());

    // then the second is refused with what changed, keeps what was typed, and sees what is on record beside it,
    let late = format!("{}&{typed}New+drains", fields_before(&second, REVISE)?);
    let refused = other.post(&address, &late).await?;
    let page = refused.text();
    ensure!(refused.status == 409 && page.contains("<code>CHANGED_SINCE</code>"), "{page}");
    ensure!(page.contains("item revised") && page.contains(">New drains</textarea>"), "{page}");
    ensure!(
        page.contains("On record now: Wider drains") && !page.contains("On record now: 800 mm"),
        "{page}"
    );
    ensure!(drafted(&clerk, &session).await?[0].title == "Wider drains");

    // and sends it again knowingly.
    let again = format!("{}&{typed}New+drains", fields_before(&page, REVISE)?);
    let sent = other.post(&address, &again).await?;
    ensure!(sent.status == 303, "{}", sent.text());
    let items = drafted(&clerk, &session).await?;
    ensure!(
        items.len() == 1 && items[0].title == "New drains" && items[0].deliverable == "800 mm",
        "{items:?}"
    );

    // Two rules for one due date are refused, and what was typed is kept.
    let form = fields_before(&other.page(&address).await?, REVISE)?;
    let refused = other.post(&address, &format!("{form}&{typed}Pumps&draft.due=5")).await?;
    ensure!(refused.status == 400 && refused.text().contains(">Pumps</textarea>"), "{}", refused.text());
    // Whoever drops what was revised meanwhile is asked again; then it is dropped.
    let stale = fields_before(&first, DROP)?;
    let refused = one.post(&address, &format!("{stale}&action=DropItem&reason=Not+needed")).await?;
    ensure!(refused.status == 409 && refused.text().contains(">Not needed</textarea>"), "{}", refused.text());
    let form = fields_before(&refused.text(), DROP)?;
    let dropped = one.post(&address, &format!("{form}&action=DropItem&reason=Not+needed")).await?;
    ensure!(dropped.status == 303 && drafted(&clerk, &session).await?.is_empty(), "{}", dropped.text());
    // Whoever revises what was dropped meanwhile gets back what was typed, though there is no form for it any more.
    let late = format!("{}&{typed}Pumps&draft.criterion=Dry", fields_before(&refused.text(), REVISE)?);
    let lost = one.post(&address, &late).await?;
    ensure!(lost.status == 409 && lost.text().contains("<dd>Dry</dd>"), "{} {}", lost.status, lost.text());
    // A department that only takes part has none of these forms, and is refused without them.
    let guest = Browser::sign_in(&mut sandbox, Role::Delegate, Some("ROADS")).await?;
    let page = guest.page(&address).await?;
    ensure!(!page.contains("value=\"ReviseItem\"") && !page.contains("value=\"DraftItems\""), "{page}");
    let own = fields_before(&page, "<button class=\"btn\">Sign out")?;
    let forced = guest.post(&address, &format!("{own}&itemNumber=1&{typed}Ours")).await?;
    ensure!(forced.status == 403 && forced.text().contains("ROLE_REQUIRED"), "{}", forced.text());
    Ok(())
}
in_both_modes!(the_second_editor_of_an_item_is_told_and_loses_nothing);
