//! Access: who could see a matter on a day.

use crate::desk::Asked;
use crate::desk::answer::Failure;
use crate::desk::limits::ROWS_AT_ONCE;
use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::session::{self, token_name};
use crate::refused;
use jiff::civil::Date;
use prost_types::Timestamp as Moment;
use proto::ledger::v1::{self as pb, DepartmentReaders, GetReadersRequest, ListAccessesRequest};
use proto::scheduling::v1::Label;
use tonic::Code;

/// For how long readers are looked for where no day is asked for: 31 days, as many as can be.
const LOOKED_SECONDS: i64 = 31 * 86_400;

/// What is asked, and what was found.
pub(super) struct Access {
    /// The id, as it was given.
    pub(super) id: String,
    pub(super) at: String,
    /// What came of it; nothing if nothing was asked.
    pub(super) sentence: Option<String>,
    pub(super) departments: Vec<Row>,
    /// Who read it; nothing for whoever may not know.
    pub(super) looked: Option<Looked>,
}

/// Who read it.
pub(super) struct Looked {
    pub(super) sentence: String,
    pub(super) rows: Vec<Look>,
}

/// A call that read it.
pub(super) struct Look {
    pub(super) when: Markup,
    pub(super) who: String,
    pub(super) department: String,
    pub(super) roles: String,
    pub(super) what: String,
    pub(super) label: String,
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
    let mut access = Access {
        id: given("see"),
        at: given("see_at"),
        sentence: None,
        departments: Vec::new(),
        looked: None,
    };
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
    access.looked = looked(reader, around, &access).await?;
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

/// Who read it on the day that is asked for, or else in the last days, by the machines' clocks.
async fn looked(reader: &Reader, around: &Surroundings, access: &Access) -> Result<Option<Looked>, Failure> {
    if !reader.holder.is("auditor") {
        return Ok(None);
    }
    let (words, calendar) = (reader.words, &around.calendar);
    let day = calendar.read(&access.at).map(|at| calendar.date(&at));
    let begin = |date: Date| calendar.read(&format!("{date}T00:00"));
    let span = day.and_then(|day| Some((begin(day)?, begin(day.tomorrow().ok()?)?)));
    // What was read in this second, too.
    let now = session::now() + 1;
    let moment = |seconds| Moment { seconds, nanos: 0 };
    let (from, until) = span.unwrap_or((moment(now - LOOKED_SECONDS), moment(now)));
    let request = ListAccessesRequest {
        page_size: ROWS_AT_ONCE,
        subject_id: Some(access.id.clone()),
        from_at: Some(from),
        until_at: Some(until),
        ..Default::default()
    };
    let answer = reader.ask(request).await?;
    let span = [("from", calendar.full_text(words, &from)), ("until", calendar.full_text(words, &until))];
    let [from, until] = span.each_ref().map(|(name, text)| (*name, text as &dyn ToString));
    // Whoever was refused has read nothing.
    let answered = answer.accesses.iter().filter(|access| access.code == "OK");
    let rows: Vec<Look> = answered.map(|access| look(reader, around, access)).collect();
    let count = ("n", &rows.len() as &dyn ToString);
    let sentence = match (answer.kept, rows.len(), answer.next_page_token.is_empty()) {
        (false, ..) => {
            words.t("This installation keeps no access log in a folder, so nobody knows who did.").to_owned()
        }
        (true, 0, _) => words.say("From {from} until {until} nobody read it.", &[from, until]),
        (true, _, true) => {
            words.say("From {from} until {until} it was read {n} times.", &[from, until, count])
        }
        (true, _, false) => words.say(
            "From {from} until {until} it was read more than {n} times; these are the first.",
            &[from, until, count],
        ),
    };
    Ok(Some(Looked { sentence, rows }))
}

fn look(reader: &Reader, around: &Surroundings, access: &pb::Access) -> Look {
    let words = reader.words;
    let roles: Vec<String> = access.roles().map(|role| words.role(&token_name(role))).collect();
    let department = Some(access.department_code.as_str()).filter(|code| !code.is_empty());
    let label = Label::from_str_name(&format!("LABEL_{}", access.label.to_uppercase()));
    let name = access.rpc.rsplit('/').next().unwrap_or_default();
    Look {
        when: around.calendar.full(words, &access.accessed_at.unwrap_or_default()),
        who: access.caller.clone(),
        department: department.map(|code| around.directory.name(code)).unwrap_or_default(),
        roles: words.list(&roles),
        what: name.to_owned(),
        label: label
            .map(|label| words.value("huishang.scheduling.v1.Label", label.into()))
            .unwrap_or_default(),
    }
}

fn row(reader: &Reader, around: &Surroundings, readers: &DepartmentReaders) -> Row {
    let words = reader.words;
    let who = match (readers.all, readers.leaders) {
        (true, _) => words.t("all who spoke for it"),
        (false, true) => words.t("its clerks and leaders"),
        (false, false) => words.t("its clerks"),
    };
    let closed: Vec<String> = readers.closed_topic_numbers.iter().map(u32::to_string).collect();
    Row {
        name: around.directory.name(&readers.department_code),
        who: who.to_owned(),
        closed: closed.join(", "),
    }
}
