//! The week and the month say which days are no ordinary ones, and which sessions they have; a clerk moves one from there by a link
//! and a form.

use crate::in_both_modes;
use crate::pages::Browser;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::{DefineCalendarRequest, Weekday, WorkingCalendar};
use proto::scheduling::v1::{ListSessionsRequest, ScheduleSessionRequest};
use tests::{Client, Mode, Sandbox, command, outline};

async fn holidays_and_sessions_are_in_the_week_and_the_month(mode: Mode) -> anyhow::Result<()> {
    // Given a holiday on a Monday, the Sunday after it that makes up for it, and two sessions in different weeks
    let mut sandbox = Sandbox::start(mode)?;
    let calendar = WorkingCalendar {
        time_zone: "Asia/Shanghai".into(),
        weekend: vec![Weekday::Saturday.into(), Weekday::Sunday.into()],
        holidays: vec!["2027-03-08".into()],
        make_up_days: vec!["2027-03-14".into()],
    };
    let operator = sandbox.client(Role::Operator, None).await?;
    operator.call(DefineCalendarRequest { calendar: Some(calendar), ..command() }).await?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let mut at_least_position = 0;
    let mut sessions = Vec::new();
    for (title, starts_at) in [("First", "2027-03-09T02:00:00Z"), ("Second", "2027-03-17T02:00:00Z")] {
        let session_id = clerk.admitted_session(outline(title, "OFFICE")).await?;
        let starts_at = Some(Client::moment(starts_at));
        let schedule = ScheduleSessionRequest {
            session_id: session_id.clone(),
            room_code: "ROOM".into(),
            starts_at,
            ..command()
        };
        at_least_position = clerk.call(schedule).await?.position;
        sessions.push(session_id);
    }
    let within = async |from: &str, until: &str| {
        let request = ListSessionsRequest {
            at_least_position,
            order_by: "starts_at".into(),
            starts_from_at: Some(Client::moment(from)),
            starts_until_at: Some(Client::moment(until)),
            ..Default::default()
        };
        let listed = clerk.call(request).await?.sessions;
        anyhow::Ok(listed.into_iter().map(|session| session.title).collect::<Vec<_>>())
    };
    ensure!(within("2027-03-09T02:00:00Z", "2027-03-17T02:00:00Z").await? == ["First"]);
    ensure!(within("2027-03-01T00:00:00Z", "2027-04-01T00:00:00Z").await? == ["First", "Second"]);
    ensure!(within("2027-03-18T00:00:00Z", "2027-04-01T00:00:00Z").await?.is_empty());

    // When a clerk opens the week and the month, then such days are marked, by a word too,
    let browser = Browser::sign_in(&mut sandbox, Role::Clerk, Some("OFFICE")).await?;
    let (off, on) =
        ("<span class=\"day day-off\">day off</span>", "<span class=\"day day-on\">workday</span>");
    let week = browser.page("/week?from=2027-03-10").await?;
    let month = browser.page("/month?from=2027-03-10").await?;
    for (page, day) in
        [(&week, "2027-03-08"), (&month, "2027-03-08"), (&week, "2027-03-14"), (&month, "2027-03-14")]
    {
        let (_, after) = page.split_once(&format!("<time datetime=\"{day}\">")).context("the day")?;
        let after = &after[..after.find("<time").unwrap_or(after.len())];
        ensure!(after.contains(off) == (day == "2027-03-08"), "{day}: {after}");
        ensure!(after.contains(on) == (day == "2027-03-14"), "{day}: {after}");
    }
    // and the sessions of those days are there, with the way to move them, which the others have not.
    ensure!(week.contains(">First</a>") && !week.contains(">Second</a>"), "{week}");
    ensure!(month.contains(">First</a>") && month.contains(">Second</a>"), "{month}");
    let moves = format!("<a href=\"/sessions/{}#slots\">", sessions[0]);
    ensure!(week.contains(&moves) && month.contains(&moves), "{week}");
    let session = browser.page(&format!("/sessions/{}", sessions[0])).await?;
    ensure!(session.contains("id=\"slots\"") && session.contains("value=\"MoveSession\""), "{session}");
    let supervisor = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    let seen = supervisor.page("/week?from=2027-03-10").await?;
    ensure!(seen.contains(">First</a>") && !seen.contains("#slots"), "{seen}");
    // Whoever may see neither sees none.
    let stranger = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    let seen = stranger.page("/month?from=2027-03-10").await?;
    ensure!(!seen.contains("First") && !seen.contains("Second"), "{seen}");
    Ok(())
}
in_both_modes!(holidays_and_sessions_are_in_the_week_and_the_month);
