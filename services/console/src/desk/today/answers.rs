//! Answers that are awaited: to invitations and polls, from the reader's department; and for those who look after a body, from
//! departments that have not answered in time.

use super::Task;
use crate::desk::limits::ROWS_PER_PAGE;
use crate::desk::markup::{Light, Markup};
use crate::desk::reader::{Reader, Surroundings};
use prost_types::Timestamp;
use proto::scheduling::v1::{
    GetBodyRequest, InvitationSummary, ListInvitationsRequest, ListPollsRequest, PollSummary,
};
use std::collections::{BTreeMap, BTreeSet};
use tonic::Status;

/// What awaits an answer, for whoever speaks for a department.
pub(super) async fn awaited(reader: &Reader, around: &Surroundings) -> Result<Vec<Task>, Status> {
    let holder = &reader.holder;
    let Some(own) = holder.department.as_deref() else { return Ok(vec![]) };
    if !["department-lead", "delegate", "clerk"].iter().any(|role| holder.is(role)) {
        return Ok(vec![]);
    }
    let mut tasks = Vec::new();
    let invitations = ListInvitationsRequest {
        page_size: ROWS_PER_PAGE,
        answered: Some(false),
        department_code: Some(own.to_owned()),
        ..Default::default()
    };
    let polls = ListPollsRequest {
        page_size: ROWS_PER_PAGE,
        waiting_for_code: Some(own.to_owned()),
        ..Default::default()
    };
    let (invitations, polls) = futures::future::try_join(reader.ask(invitations), reader.ask(polls)).await?;
    tasks.extend(invitations.invitations.iter().map(|row| invitation(reader, around, row)));
    tasks.extend(polls.polls.iter().map(|row| poll(reader, around, row)));
    if holder.is("clerk") {
        tasks.extend(missing(reader, around, own).await?);
    }
    Ok(tasks)
}

/// A moment by which something is answered.
fn by(reader: &Reader, around: &Surroundings, at: Option<Timestamp>) -> Markup {
    around.calendar.short(reader.words, &at.unwrap_or_default())
}

fn invitation(reader: &Reader, around: &Surroundings, row: &InvitationSummary) -> Task {
    let words = reader.words;
    let starts = ("starts", by(reader, around, row.starts_at));
    let until = row.answer_by.map(|at| ("until", by(reader, around, Some(at))));
    let sentence = match (until, row.reminded_at) {
        (Some(until), None) => {
            Markup::fill(words.t("It starts on {starts}; answer by {until}."), &[starts, until])
        }
        (Some(until), Some(_)) => Markup::fill(
            words.t("It starts on {starts}; the answer was asked for by {until}."),
            &[starts, until],
        ),
        (None, _) => Markup::fill(words.t("It starts on {starts}; your answer is awaited."), &[starts]),
    };
    let is_late = row.reminded_at.is_some();
    Task {
        href: format!("/sessions/{}", row.session_id),
        number: String::new(),
        due_on: order(row.answer_by.or(row.starts_at)),
        lead: around.directory.name(&row.body_code),
        light: if is_late { Light::Red } else { Light::Amber },
        light_word: match is_late {
            true => words.t("Red, unanswered").to_owned(),
            false => words.t("Yellow, an invitation").to_owned(),
        },
        title: row.title.clone(),
        sentence,
        act: "AnswerInvitation",
        act_word: words.t("Answer…"),
    }
}

fn poll(reader: &Reader, around: &Surroundings, row: &PollSummary) -> Task {
    let words = reader.words;
    Task {
        href: format!("/sessions/{}", row.session_id),
        number: String::new(),
        due_on: order(row.close_by),
        lead: around.directory.name(&row.body_code),
        light: Light::Amber,
        light_word: words.t("Yellow, a poll of times").to_owned(),
        title: row.title.clone(),
        sentence: Markup::fill(
            words.t("Say which of its times suit, by {until}."),
            &[("until", by(reader, around, row.close_by))],
        ),
        act: "poll",
        act_word: words.t("Answer…"),
    }
}

/// The sessions of bodies that the reader's department looks after, for which somebody has not answered in time.
async fn missing(reader: &Reader, around: &Surroundings, own: &str) -> Result<Vec<Task>, Status> {
    let request = ListInvitationsRequest {
        page_size: ROWS_PER_PAGE,
        answered: Some(false),
        reminded: Some(true),
        ..Default::default()
    };
    let rows = reader.ask(request).await?.invitations;
    let bodies: BTreeSet<&str> = rows.iter().map(|row| row.body_code.as_str()).collect();
    let mut looked_after = BTreeSet::new();
    for body in bodies {
        let request = GetBodyRequest { body_code: body.to_owned(), ..Default::default() };
        let charter = reader.ask(request).await?.body.and_then(|body| body.charter).unwrap_or_default();
        if charter.chair_code == own || charter.secretariat_codes.iter().any(|code| code == own) {
            looked_after.insert(body);
        }
    }
    let mut sessions: BTreeMap<&str, (&InvitationSummary, Vec<String>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| looked_after.contains(row.body_code.as_str())) {
        let (_, silent) = sessions.entry(&row.session_id).or_insert((row, vec![]));
        silent.push(around.directory.name(&row.department_code));
    }
    Ok(sessions.into_values().map(|(row, silent)| unanswered(reader, around, row, &silent)).collect())
}

fn unanswered(reader: &Reader, around: &Surroundings, row: &InvitationSummary, silent: &[String]) -> Task {
    let words = reader.words;
    let named = Markup::text(&silent.join(words.t(", ")));
    Task {
        href: format!("/sessions/{}", row.session_id),
        number: String::new(),
        due_on: order(row.answer_by),
        lead: around.directory.name(&row.body_code),
        light: Light::Amber,
        light_word: words.t("Yellow, answers are missing").to_owned(),
        title: row.title.clone(),
        sentence: Markup::fill(
            words.t("Not answered by {until}: {departments}."),
            &[("until", by(reader, around, row.answer_by)), ("departments", named)],
        ),
        act: "invitations",
        act_word: words.t("Open…"),
    }
}

/// The moment as it sorts among days.
fn order(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}
