//! Access: who could see a matter on a day.

use crate::desk::Asked;
use crate::desk::answer::Failure;
use crate::desk::reader::{Reader, Surroundings};
use crate::refused;
use proto::ledger::v1::{DepartmentReaders, GetReadersRequest};
use tonic::Code;

/// What is asked, and what was found.
pub(super) struct Access {
    /// The id, as it was given.
    pub(super) id: String,
    pub(super) at: String,
    /// What came of it; nothing if nothing was asked.
    pub(super) sentence: Option<String>,
    pub(super) departments: Vec<Row>,
}

pub(super) struct Row {
    pub(super) name: String,
    pub(super) who: String,
    pub(super) closed: String,
}

/// What a supervisor or an auditor asks here.
pub(super) async fn of(
    reader: &Reader,
    around: &Surroundings,
    asked: &Asked,
) -> Result<Option<Access>, Failure> {
    if !reader.holder.oversees() {
        return Ok(None);
    }
    let (words, query) = (reader.words, asked.query());
    let given = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let mut access =
        Access { id: given("see"), at: given("see_at"), sentence: None, departments: Vec::new() };
    if access.id.is_empty() {
        return Ok(Some(access));
    }
    let as_of_at = around.calendar.read(&access.at);
    let request = GetReadersRequest { subject_id: access.id.clone(), as_of_at, ..Default::default() };
    let answer = match reader.ask(request).await {
        Ok(answer) => answer,
        Err(status) if status.code() == Code::InvalidArgument => {
            access.sentence = Some(refused::sentence(&status, words.0));
            return Ok(Some(access));
        }
        Err(status) => return Err(status.into()),
    };
    let position: [(&str, &dyn ToString); 1] = [("n", &answer.position)];
    access.sentence = Some(match answer.kind.is_empty() {
        true => words.say("At log position {n} there was nothing with this id, so nobody could see it.", &position),
        false => words.say(
            "At log position {n} these departments could see it; supervisors, auditors and operators see everything.",
            &position,
        ),
    });
    access.departments = answer.departments.iter().map(|readers| row(reader, around, readers)).collect();
    Ok(Some(access))
}

fn row(reader: &Reader, around: &Surroundings, readers: &DepartmentReaders) -> Row {
    let words = reader.words;
    let who = match readers.all {
        true => words.t("all who spoke for it"),
        false => words.t("its clerks"),
    };
    let closed: Vec<String> = readers.closed_topic_numbers.iter().map(u32::to_string).collect();
    Row {
        name: around.directory.name(&readers.department_code),
        who: who.to_owned(),
        closed: closed.join(", "),
    }
}
