//! Emergencies to which the reader's department was called, and has not answered yet: nothing is more urgent.

use super::Task;
use crate::desk::limits::ROWS_PER_PAGE;
use crate::desk::markup::{Light, Markup};
use crate::desk::reader::{Reader, Surroundings};
use futures::future::try_join_all;
use proto::scheduling::v1::{EmergencyCall, GetSessionRequest, ListSessionsRequest, Session};
use tonic::Status;

/// Those that wait for whoever speaks for a department; the one whose time is over first leads.
pub(super) async fn waiting(reader: &Reader, around: &Surroundings) -> Result<Vec<Task>, Status> {
    let holder = &reader.holder;
    let Some(own) = holder.department.as_deref() else { return Ok(vec![]) };
    if !["department-lead", "delegate", "clerk", "chair"].iter().any(|role| holder.is(role)) {
        return Ok(vec![]);
    }
    let called = ListSessionsRequest {
        page_size: ROWS_PER_PAGE,
        called_code: Some(own.to_owned()),
        ..Default::default()
    };
    let sessions = reader.ask(called).await?.sessions.into_iter();
    let asked = sessions.map(async |row| {
        let request = GetSessionRequest { session_id: row.session_id, ..Default::default() };
        Ok::<_, Status>(reader.ask(request).await?.session)
    });
    let sessions: Vec<Session> = try_join_all(asked).await?.into_iter().flatten().collect();
    let mut calls: Vec<(&Session, &EmergencyCall)> =
        sessions.iter().filter_map(|session| Some((session, call_of(session, own)?))).collect();
    calls.sort_by_key(|(_, call)| call.acknowledge_by.map(|by| (by.seconds, by.nanos)));
    Ok(calls.into_iter().map(|(session, call)| task(reader, around, session, call)).collect())
}

/// The last call of a department that it has not acknowledged.
fn call_of<'s>(session: &'s Session, own: &str) -> Option<&'s EmergencyCall> {
    let mut calls = session.emergency.as_ref()?.calls.iter().rev();
    calls.find(|call| call.department_code == own && call.acknowledged_at.is_none())
}

fn task(reader: &Reader, around: &Surroundings, session: &Session, call: &EmergencyCall) -> Task {
    let words = reader.words;
    let outline = session.outline.clone().unwrap_or_default();
    let until = around.calendar.short(words, &call.acknowledge_by.unwrap_or_default());
    Task {
        href: format!("/sessions/{}", session.session_id),
        number: String::new(),
        // Before everything that is due on a day.
        due_on: String::new(),
        lead: around.directory.name(&outline.body_code),
        light: Light::Red,
        light_word: words.t("Red, an emergency").to_owned(),
        title: outline.title,
        sentence: Markup::fill(
            words.t("Your department is called: acknowledge it by {until}."),
            &[("until", until)],
        ),
        act: "emergency",
        act_word: words.t("Acknowledge…"),
    }
}
