//! A department can come while one of its delegates can: it is missing while all of them are away, and everybody who looks for a
//! time is told that, and of nobody who it is.

use crate::commands::{ensure_failed, json};
use crate::in_both_modes;
use crate::pages::Browser;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::{Member, RegisterMemberRequest};
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{
    BusyCause, DiaryHolder, DiaryHolderKind, FindSlotsRequest, GetDiaryRequest, GetDiaryResponse,
    RecordAbsenceRequest, SlotPenaltyReason, SuggestedSlot, WithdrawAbsenceRequest,
};
use tests::{Client, Mode, Sandbox, command};
use uuid::Uuid;

/// The codes of the two delegates of ROADS.
const DELEGATES: [&str; 2] = ["wang.fang", "zhao.min"];
/// All of Monday, 8 March, in the realm's zone.
const MONDAY: [&str; 2] = ["2027-03-07T16:00:00Z", "2027-03-08T16:00:00Z"];

fn holder(code: &str) -> Option<DiaryHolder> {
    Some(DiaryHolder { kind: DiaryHolderKind::Member.into(), code: code.into() })
}

fn member(code: &str) -> Member {
    Member {
        code: code.into(),
        name: format!("The name of {code}"),
        department_code: "ROADS".into(),
        email: None,
        roles: vec!["delegate".into()],
    }
}

/// A session that WATER and ROADS decide, and what is known of the delegates of ROADS.
struct Story {
    sandbox: Sandbox,
    clerk: Client,
    lead: Client,
    session_id: String,
}

impl Story {
    async fn start(mode: Mode) -> anyhow::Result<Story> {
        let sandbox = Sandbox::start(mode)?;
        let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
        for code in ["WATER", "ROADS"] {
            clerk.register_department(code).await?;
        }
        clerk.register_room("HALL").await?;
        let operator = sandbox.client(Role::Operator, None).await?;
        for code in DELEGATES {
            operator.call(RegisterMemberRequest { member: Some(member(code)), ..command() }).await?;
        }
        let session_id = clerk.joint_session(&operator, &["WATER", "ROADS"]).await?;
        let lead = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
        Ok(Story { sandbox, clerk, lead, session_id })
    }

    async fn away(&self, code: &str) -> anyhow::Result<String> {
        let [starts_at, ends_at] = MONDAY.map(|moment| Some(Client::moment(moment)));
        let record = RecordAbsenceRequest { holder: holder(code), starts_at, ends_at, ..command() };
        Ok(self.lead.call(record).await?.absence_id)
    }

    /// The position of the last record that is committed.
    async fn end(&self) -> anyhow::Result<u64> {
        Ok(self.lead.call(GetHeadRequest::default()).await?.position)
    }

    /// By what ROADS is kept from coming on Monday, as whoever looks for a slot is told; nothing when it can come.
    async fn missing(&self) -> anyhow::Result<Option<BusyCause>> {
        let find = FindSlotsRequest {
            at_least_position: self.end().await?,
            session_id: self.session_id.clone(),
            earliest_start_at: Some(Client::moment("2027-03-08T01:00:00Z")),
            latest_start_at: Some(Client::moment("2027-03-08T09:00:00Z")),
            ..Default::default()
        };
        let found = self.clerk.call(find).await?;
        ensure!(DELEGATES.iter().all(|code| !format!("{found:?}").contains(code)), "{found:?}");
        let of_roads = |slot: &SuggestedSlot| {
            let penalties = slot.penalties.iter().filter(|one| one.department_code() == "ROADS");
            penalties.map(|one| (one.reason(), one.cause())).collect::<Vec<_>>()
        };
        let said = of_roads(found.slots.first().context("a slot")?);
        ensure!(found.slots.iter().all(|slot| of_roads(slot) == said), "the same all day: {found:?}");
        match said[..] {
            [] => Ok(None),
            [(SlotPenaltyReason::DeciderMissing, cause)] => Ok(Some(cause)),
            _ => anyhow::bail!("{said:?}"),
        }
    }

    async fn diary(&self, reader: &Client, members: &[&str]) -> Result<GetDiaryResponse, tonic::Status> {
        let [from_at, until_at] = MONDAY.map(|moment| Some(Client::moment(moment)));
        let member_codes = members.iter().map(|code| (*code).to_owned()).collect();
        let at_least_position = self.end().await.unwrap_or_default();
        let ask =
            GetDiaryRequest { at_least_position, from_at, until_at, member_codes, ..Default::default() };
        reader.call(ask).await
    }
}

async fn a_department_is_missing_while_all_its_delegates_are_away(mode: Mode) -> anyhow::Result<()> {
    // Given two delegates of a department that decides
    let story = Story::start(mode).await?;
    ensure!(story.missing().await?.is_none());

    // When one of them is away, then the other can come; when both are, nobody
    story.away(DELEGATES[0]).await?;
    ensure!(story.missing().await?.is_none(), "one can come");
    let second = story.away(DELEGATES[1]).await?;
    ensure!(story.missing().await? == Some(BusyCause::MembersAway));

    // Then others see when that is, and why in kind; who is away is for those who answer for the department
    let others = story.diary(&story.clerk, &[]).await?;
    let [entry] = &others.entries[..] else { anyhow::bail!("{others:?}") };
    let of = entry.holder.clone().context("a holder")?;
    ensure!((of.kind(), of.code.as_str()) == (DiaryHolderKind::Department, "ROADS"), "{entry:?}");
    ensure!(entry.cause() == BusyCause::MembersAway && entry.absence_id.is_none(), "{entry:?}");
    let refused = story.diary(&story.clerk, &DELEGATES).await.unwrap_err();
    ensure!(refused.message().contains("the member wang.fang does not exist"), "{refused:?}");
    let own = story.diary(&story.lead, &DELEGATES).await?;
    ensure!(own.entries.len() == 2 && own.entries.iter().all(|it| it.absence_id.is_some()), "{own:?}");

    // When one of them is back, then the department can come again
    let withdraw =
        || WithdrawAbsenceRequest { holder: holder(DELEGATES[1]), absence_id: second.clone(), ..command() };
    let refused = story.clerk.call(withdraw()).await.unwrap_err();
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{refused:?}");
    story.lead.call(withdraw()).await?;
    ensure!(story.missing().await?.is_none(), "one is back");

    // When the other one of them is no delegate any more, then the one who is away is the only one who could come
    let operator = story.sandbox.client(Role::Operator, None).await?;
    let no_delegate = Member { roles: vec!["clerk".into()], ..member(DELEGATES[1]) };
    operator.call(RegisterMemberRequest { member: Some(no_delegate), ..command() }).await?;
    ensure!(story.missing().await? == Some(BusyCause::MembersAway));
    Ok(())
}
in_both_modes!(a_department_is_missing_while_all_its_delegates_are_away);

#[tokio::test(flavor = "multi_thread")]
async fn a_members_diary_is_kept_on_the_command_line_by_http_and_by_a_form() -> anyhow::Result<()> {
    let mut story = Story::start(Mode::Embedded).await?;
    let whose = ["--kind", "member", "--code", DELEGATES[0]];
    let run = |verb: &[&str], then: &[&str]| {
        story.sandbox.run("operator", &[&["diary"], verb, then, &["--json"]].concat())
    };
    let [starts_at, ends_at] = MONDAY;
    let times = ["--starts-at", starts_at, "--ends-at", ends_at];
    let recorded = json(&run(&["record-absence"], &[&whose[..], &times].concat())?)?;
    let absence_id = recorded["absenceId"].as_str().context("an id")?;
    ensure!(recorded["availability"]["holder"]["code"] == DELEGATES[0], "{recorded}");
    let since = recorded["position"].as_str().context("a position")?;
    let asked = ["--member-codes", DELEGATES[0], "--from-at", starts_at, "--at-least-position", since];
    let shown = json(&run(&["show"], &asked)?)?;
    ensure!(shown["entries"][0]["absenceId"] == absence_id, "{shown}");
    let calendar = ["--calendar", "Own", "--content", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"];
    json(&run(&["import"], &[&whose[..], &calendar].concat())?)?;
    json(&run(&["forget"], &[&whose[..], &calendar[..2]].concat())?)?;
    json(&run(&["withdraw-absence", "--absence-id", absence_id], &whose)?)?;
    let nobody = ["--kind", "member", "--code", "nobody", "--starts-at", starts_at, "--ends-at", ends_at];
    ensure_failed(&run(&["record-absence"], &nobody)?, 3, "the member nobody does not exist")?;
    let chinese = [&nobody[..], &["--lang", "zh"]].concat();
    ensure_failed(&run(&["record-absence"], &chinese)?, 3, "代码为 nobody 的成员不存在")?;

    let http = story.sandbox.http(Role::DepartmentLead, Some("ROADS"))?;
    let body = serde_json::json!({
        "commandId": client::command_id(), "holder": { "kind": "DIARY_HOLDER_KIND_MEMBER", "code": DELEGATES[1] },
        "startsAt": starts_at, "endsAt": ends_at,
    });
    let answer = http.post("/v1/diary/absences", &body).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let recorded: serde_json::Value = serde_json::from_str(&answer.text())?;
    let since = recorded["position"].as_str().context("a position")?;
    let asked = format!("memberCodes={}&fromAt={starts_at}&atLeastPosition={since}", DELEGATES[1]);
    let path = format!("/v1/diary?{asked}");
    let answer = http.get(&path).await?;
    ensure!(answer.status == 200 && answer.text().contains("BUSY_CAUSE_ABSENCE"), "{}", answer.text());

    let browser = Browser::sign_in(&mut story.sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    let page = browser.page("/calendars/followed").await?;
    let token = page.split_once("name=\"form_token\" value=\"").context("a form")?.1;
    let token = token.split('"').next().unwrap_or_default();
    let post = async |fields: &str| {
        let form = format!("form_token={token}&command_id={}&calendar=Own&{fields}", Uuid::new_v4());
        browser.post("/calendars/followed", &form).await
    };
    let url = "url=https%3A%2F%2Fcalendar.invalid%2Fsecret.ics";
    let followed = post(&format!("action=subscribe&code=ROADS&member={}&{url}", DELEGATES[0])).await?;
    let page = followed.text();
    let row = format!("<td>{}</td><td>https://calendar.invalid</td>", DELEGATES[0]);
    ensure!(followed.status == 200 && page.contains(&row), "{page}");
    let forgotten = post(&format!("action=forget&kind=member&code={}", DELEGATES[0])).await?;
    ensure!(!forgotten.text().contains(&row), "{}", forgotten.text());
    Ok(())
}
