//! A calendar that is kept elsewhere is followed: what it says keeps a department busy, and while it cannot be read, what it said
//! stays, and everybody who looks for a time is told of when it is.

use crate::in_both_modes;
use crate::pages::Browser;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    BusyCause, CalendarAttempt, CalendarFailure, DiaryHolder, DiaryHolderKind, FindSlotsRequest,
    ForgetBusyTimesRequest, GetDiaryRequest, GetDiaryResponse, RefreshBusyTimesRequest, SlotObstacleKind,
    SubscribeBusyTimesRequest,
};
use tests::{Client, Mode, Receiver, Sandbox, SandboxConfig, command, until};

/// A path that nobody is to be shown: whoever has it can read the calendar.
const SECRET: &str = "/8c1f-secret-link/director.ics";
const CALENDAR: &str = "Director";

fn calendar(events: &[(&str, &str)]) -> String {
    let event = |(starts, ends): &(&str, &str)| {
        format!("BEGIN:VEVENT\r\nSUMMARY:Planted title\r\nDTSTART:{starts}\r\nDTEND:{ends}\r\nEND:VEVENT\r\n")
    };
    let events: String = events.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

/// All of Monday and Tuesday, 8 and 9 March.
fn busy() -> String {
    calendar(&[("20270308T000000", "20270310T000000")])
}

fn holder() -> Option<DiaryHolder> {
    Some(DiaryHolder { kind: DiaryHolderKind::Department.into(), code: "ROADS".into() })
}

struct Followed {
    sandbox: Sandbox,
    server: Receiver,
    operator: Client,
    lead: Client,
}

impl Followed {
    /// ROADS follows a calendar of a server inside, which the operator allows.
    async fn start(mode: Mode) -> anyhow::Result<Followed> {
        let server = Receiver::calendars(&busy())?;
        let settings = vec![
            ("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
            ("HUISHANG_DELIVERY__ALLOW_HTTP", "true".to_owned()),
            ("HUISHANG_DIARIES__REFRESH_MINUTES", "30".to_owned()),
        ];
        let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
        let operator = sandbox.client(Role::Operator, None).await?;
        let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
        for code in ["WATER", "ROADS"] {
            clerk.register_department(code).await?;
        }
        let lead = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
        lead.call(SubscribeBusyTimesRequest {
            holder: holder(),
            calendar: CALENDAR.into(),
            url: server.url_of(SECRET),
            ..command()
        })
        .await?;
        Ok(Followed { sandbox, server, operator, lead })
    }

    async fn diary(&self, reader: &Client) -> anyhow::Result<GetDiaryResponse> {
        let ask = GetDiaryRequest {
            at_least_position: self.end().await?,
            from_at: Some(Client::moment("2027-03-07T00:00:00Z")),
            until_at: Some(Client::moment("2027-03-20T00:00:00Z")),
            ..Default::default()
        };
        Ok(reader.call(ask).await?)
    }

    /// The position of the last record that is committed.
    async fn end(&self) -> anyhow::Result<u64> {
        Ok(self.operator.call(GetHeadRequest::default()).await?.position)
    }

    /// The diary once it is so.
    async fn until(&self, what: &str, is_so: impl Fn(&GetDiaryResponse) -> bool) -> GetDiaryResponse {
        until(what, async || self.diary(&self.lead).await.ok().filter(|diary| is_so(diary))).await
    }

    /// Moves the clock on by what is enough for another look.
    async fn later(&self, moment: &str) -> anyhow::Result<()> {
        let clock_at = Some(Client::moment(moment));
        self.operator.call_patiently(MoveClockRequest { clock_at, ..command() }).await?;
        Ok(())
    }

    async fn refresh(&self) -> anyhow::Result<CalendarAttempt> {
        let refresh = RefreshBusyTimesRequest { holder: holder(), calendar: CALENDAR.into(), ..command() };
        Ok(self.lead.call(refresh).await?.attempt())
    }

    /// The requests that the server has noted, each with how it was to be answered and whether the calendar was known.
    fn requests(&self) -> anyhow::Result<Vec<(String, bool)>> {
        let noted = self.server.received()?;
        let request =
            |one: &serde_json::Value| Some((one["answer"].as_str()?.to_owned(), one["known"].as_bool()?));
        noted.iter().map(request).collect::<Option<_>>().context("requests")
    }
}

fn failure(diary: &GetDiaryResponse) -> Option<CalendarFailure> {
    Some(diary.calendars.first()?.calendar.as_ref()?.failure())
        .filter(|it| *it != CalendarFailure::Unspecified)
}

fn is_stale(diary: &GetDiaryResponse) -> bool {
    !diary.entries.is_empty() && diary.entries.iter().all(|entry| entry.cause() == BusyCause::StaleCalendar)
}

fn is_fresh(diary: &GetDiaryResponse) -> bool {
    !diary.entries.is_empty() && diary.entries.iter().all(|entry| entry.cause() == BusyCause::Calendar)
}

async fn a_calendar_is_followed_and_marked_stale_while_it_fails(mode: Mode) -> anyhow::Result<()> {
    let followed = Followed::start(mode).await?;
    let first = followed.until("the first reading", is_fresh).await;
    ensure!(first.entries[0].read_at == Some(Client::moment("2027-03-01T01:00:00Z")), "{first:?}");
    let known = first.calendars[0].calendar.clone().context("the calendar")?;
    let origin = format!("http://127.0.0.1:{}", followed.server.port());
    ensure!(known.origin.as_deref() == Some(origin.as_str()) && known.time_count == 1, "{known:?}");

    // It has not changed: its server says so, and nothing is recorded.
    let before = followed.end().await?;
    followed.later("2027-03-01T01:30:00Z").await?;
    until("a second look", async || followed.requests().ok().filter(|all| all.len() == 2)).await;
    ensure!(followed.requests()?[1].1, "the server was told what is known");
    for (minute, way, expected) in [
        ("2027-03-01T02:00:00Z", "500", CalendarFailure::Status),
        ("2027-03-01T02:30:00Z", "inside", CalendarFailure::NotAllowed),
        ("2027-03-01T03:00:00Z", "endless", CalendarFailure::TooLarge),
    ] {
        followed.server.answer_by(way)?;
        followed.later(minute).await?;
        // What it said stays.
        let is_so = |diary: &GetDiaryResponse| failure(diary) == Some(expected) && is_stale(diary);
        let stale = followed.until(way, is_so).await;
        let known = stale.calendars[0].calendar.as_ref().context("the calendar")?;
        ensure!(known.stale_since_at == Some(Client::moment("2027-03-01T02:00:00Z")), "{known:?}");
        ensure!(stale.entries[0].read_at == first.entries[0].read_at, "as of when it was read");
    }
    // Four moves of the clock, and three failures; the look between them left nothing.
    ensure!(followed.end().await? == before + 7, "one record for what is new");

    followed.server.serve(&calendar(&[("20270311T090000", "20270311T100000")]))?;
    followed.server.answer_by("elsewhere")?;
    ensure!(followed.refresh().await? == CalendarAttempt::Read, "it is read when somebody asks");
    let fresh = followed.until("the new times", is_fresh).await;
    ensure!(fresh.entries.len() == 1 && failure(&fresh).is_none(), "{fresh:?}");
    ensure!(fresh.entries[0].starts_at == Some(Client::moment("2027-03-11T01:00:00Z")), "{fresh:?}");

    let forget = ForgetBusyTimesRequest { holder: holder(), calendar: CALENDAR.into(), ..command() };
    followed.lead.call(forget).await?;
    let none = followed.diary(&followed.lead).await?;
    ensure!(none.entries.is_empty() && none.calendars.is_empty(), "{none:?}");
    let asked = followed.requests()?.len();
    followed.later("2027-03-01T09:00:00Z").await?;
    ensure!(followed.requests()?.len() == asked, "nobody asks for it any more");
    Ok(())
}
in_both_modes!(a_calendar_is_followed_and_marked_stale_while_it_fails);

async fn whoever_looks_for_a_slot_is_told_of_when_a_calendar_is(mode: Mode) -> anyhow::Result<()> {
    let followed = Followed::start(mode).await?;
    followed.until("the first reading", is_fresh).await;
    followed.server.answer_by("503")?;
    ensure!(followed.refresh().await? == CalendarAttempt::Failed, "it says that it could not be read");
    let clerk = followed.sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_room("HALL").await?;
    let session_id = clerk.joint_session(&followed.operator, &["WATER", "ROADS"]).await?;
    let find = FindSlotsRequest {
        at_least_position: followed.end().await?,
        session_id,
        earliest_start_at: Some(Client::moment("2027-03-08T00:00:00Z")),
        latest_start_at: Some(Client::moment("2027-03-09T09:00:00Z")),
        ..Default::default()
    };
    let found = clerk.call(find).await?;
    let read_at = Some(Client::moment("2027-03-01T01:00:00Z"));
    let penalties = found.slots.iter().flat_map(|slot| &slot.penalties);
    let told = penalties.filter(|penalty| penalty.cause() == BusyCause::StaleCalendar);
    let told: Vec<_> = told.map(|penalty| penalty.read_at).collect();
    let obstacles = found.opening.iter().flat_map(|opening| &opening.obstacles);
    let busy = obstacles.filter(|one| one.kind() == SlotObstacleKind::DepartmentBusy);
    let named: Vec<_> = busy.map(|one| (one.cause(), one.read_at)).collect();
    let in_reasons = !told.is_empty() && told.iter().all(|at| *at == read_at);
    ensure!(in_reasons || named == [(BusyCause::StaleCalendar, read_at)], "{found:?}");

    // Which calendar says so is not for others, and where it is for nobody.
    let others = followed.diary(&clerk).await?;
    ensure!(is_stale(&others) && others.calendars.is_empty(), "{others:?}");
    let own = format!("{:?}", followed.diary(&followed.lead).await?);
    ensure!(!own.contains("secret-link"), "{own}");
    let exported = followed.sandbox.folder().join("log.jsonl");
    let exporting = followed.sandbox.run("operator", &["log", "export", &exported.display().to_string()])?;
    ensure!(exporting.status.success(), "{exporting:?}");
    let log = std::fs::read_to_string(exported)?;
    ensure!(!log.contains("secret-link") && !log.contains("Planted title"), "the log shows it");
    Ok(())
}
in_both_modes!(whoever_looks_for_a_slot_is_told_of_when_a_calendar_is);

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_subscribed_to_by_its_keepers_and_only_where_it_may_be() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for code in ["WATER", "ROADS"] {
        clerk.register_department(code).await?;
    }
    let lead = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
    let subscribe = |url: &str| SubscribeBusyTimesRequest {
        holder: holder(),
        calendar: CALENDAR.into(),
        url: url.into(),
        ..command()
    };
    let refused = clerk.call(subscribe("https://calendar.example/a.ics")).await.unwrap_err();
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{refused:?}");
    for url in ["http://calendar.example/a.ics", "https://127.0.0.1/a.ics", "webcal://x.example/a", "日历"]
    {
        let refused = lead.call(subscribe(url)).await.unwrap_err();
        ensure!(refused.code() == tonic::Code::InvalidArgument, "{url}: {refused:?}");
    }
    let refresh = RefreshBusyTimesRequest { holder: holder(), calendar: CALENDAR.into(), ..command() };
    let refused = lead.call(refresh).await.unwrap_err();
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_FOUND"), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_followed_by_a_form_and_says_why_it_is_stale() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, Some("ROADS")).await?.register_department("ROADS").await?;
    let browser = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    let page = browser.page("/calendars/followed").await?;
    ensure!(page.contains("There is no such calendar for which you answer."), "{page}");
    let token = page.split_once("name=\"form_token\" value=\"").context("a form")?.1;
    let token = token.split('"').next().unwrap_or_default();
    let post = async |action: &str, url: &str| {
        let form = format!(
            "action={action}&form_token={token}&command_id={}&calendar=Director&code=ROADS&url={url}",
            uuid::Uuid::new_v4()
        );
        browser.post("/calendars/followed", &form).await
    };
    let inside = post("subscribe", "https%3A%2F%2F10.0.0.7%2Fsecret.ics").await?;
    ensure!(inside.status == 400 && inside.text().contains("no public address"), "{}", inside.text());
    let followed = post("subscribe", "https%3A%2F%2Fcalendar.invalid%2Fsecret.ics").await?;
    ensure!(
        followed.status == 200 && followed.text().contains("https://calendar.invalid"),
        "{}",
        followed.text()
    );
    let stale = until("why it is stale", async || {
        let page = browser.page("/calendars/followed").await.ok()?;
        page.contains("stale since").then_some(page)
    })
    .await;
    ensure!(!stale.contains("secret.ics"), "only its server is shown: {stale}");
    let forgotten = post("forget", "").await?;
    ensure!(forgotten.text().contains("There is no such calendar"), "{}", forgotten.text());
    Ok(())
}
