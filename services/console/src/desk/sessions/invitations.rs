//! Who has answered the invitation to a session, who comes in whose place, and what else is at its time.

use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::Words;
use proto::scheduling::v1::{ExpectedAttendance, Invitation, Session, SessionClash};

const ANSWER: &str = "huishang.scheduling.v1.InvitationAnswer";
const RULE: &str = "huishang.scheduling.v1.ScreeningRule";

/// The invitations as a page shows them.
pub(super) struct Invitations {
    /// Until when they are to be answered.
    pub(super) until: Option<Markup>,
    /// How many of those that decide come, beside the quorum.
    pub(super) expected: Option<String>,
    pub(super) rows: Vec<Row>,
    /// Other sessions at the same time.
    pub(super) clashes: Vec<Clash>,
    /// What was overridden, and why.
    pub(super) overrides: Vec<String>,
}

pub(super) struct Row {
    pub(super) name: String,
    pub(super) answer: String,
    /// Why, whether it came late, when it was reminded, and who comes in its place.
    pub(super) notes: Vec<Markup>,
}

pub(super) struct Clash {
    pub(super) sentence: Markup,
    /// The page of the other session, for whoever sees it.
    pub(super) href: Option<String>,
}

/// The invitations to a session; none where nobody is invited and nothing was overridden.
pub(super) fn of(reader: &Reader, around: &Surroundings, session: &Session) -> Option<Invitations> {
    let words = reader.words;
    if session.invitations.is_empty() && session.overrides.is_empty() && session.clashes.is_empty() {
        return None;
    }
    Some(Invitations {
        until: session.answer_by.map(|by| around.calendar.full(words, &by)),
        expected: session.expected.as_ref().map(|expected| attendance(words, expected)),
        rows: session.invitations.iter().map(|one| row(reader, around, session, one)).collect(),
        clashes: session.clashes.iter().map(|one| clash(reader, around, one)).collect(),
        overrides: session
            .overrides
            .iter()
            .map(|one| format!("{}: {}", words.value(RULE, one.rule), one.reason))
            .collect(),
    })
}

fn attendance(words: Words, expected: &ExpectedAttendance) -> String {
    let values: [(&str, &dyn ToString); 5] = [
        ("accepted", &expected.accepted_count),
        ("tentative", &expected.tentative_count),
        ("declined", &expected.declined_count),
        ("waiting", &expected.waiting_count),
        ("quorum", &expected.quorum),
    ];
    words.say(
        "Of those that decide {accepted} come, {tentative} do not know yet, {declined} do not come, {waiting} have not \
         answered; {quorum} are needed",
        &values,
    )
}

fn row(reader: &Reader, around: &Surroundings, session: &Session, invitation: &Invitation) -> Row {
    let words = reader.words;
    let answer = invitation.answer.map(|answer| words.value(ANSWER, answer));
    let delegate = session.delegates.iter().find(|one| one.department_code == invitation.department_code);
    let delegate = delegate.map(|one| words.say("Delegate: {name}", &[("name", &one.delegate)]));
    let late = invitation.late.then(|| words.t("answered late").to_owned());
    let said = invitation.reason.clone().into_iter().chain(delegate).chain(late);
    let reminded = invitation.reminded_at.map(|on| {
        let moment = around.calendar.short(words, &on);
        Markup::fill(words.t("reminded on {moment}"), &[("moment", moment)])
    });
    Row {
        name: around.directory.name(&invitation.department_code),
        answer: answer.unwrap_or_else(|| words.t("not answered").to_owned()),
        notes: said.map(|text| Markup::text(&text)).chain(reminded).collect(),
    }
}

fn clash(reader: &Reader, around: &Surroundings, clash: &SessionClash) -> Clash {
    let words = reader.words;
    let at = |at: Option<prost_types::Timestamp>| around.calendar.short(words, &at.unwrap_or_default());
    let sentence = Markup::fill(
        words.t("{department} decides in another session from {from} until {until}"),
        &[
            ("department", Markup::text(&around.directory.name(&clash.department_code))),
            ("from", at(clash.starts_at)),
            ("until", at(clash.ends_at)),
        ],
    );
    let reason = clash.reason.as_deref().map(Markup::text);
    let sentence = Markup::join([Some(sentence), reason].into_iter().flatten(), words.t(": "));
    Clash { sentence, href: clash.session_id.as_ref().map(|id| format!("/sessions/{id}")) }
}
