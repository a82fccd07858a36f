//! The poll of a session: how its times suit each department, and what the reader can do about it.

use super::if_there;
use super::slots::{self, Slots};
use crate::desk::Query;
use crate::desk::act::{Act, Field, Input};
use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::{Words, said};
use prost_types::Timestamp as Moment;
use proto::scheduling::v1::{
    GetPollRequest, Poll as WirePoll, PollReply, PollStage, PollTime, Session, SessionStage, Suitability,
};
use tonic::Status;

const SUITABILITY: &str = "huishang.scheduling.v1.Suitability";

const NUMBER: Field = Field { path: "timeNumber", label: said("Time"), input: Input::Number };
const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };
const DEPARTMENT: Field =
    Field { path: "departmentCode", label: said("Department"), input: Input::Department };

const fn room(path: &'static str) -> Field {
    Field { path, label: said("Room"), input: Input::Text }
}

const fn starts_at(path: &'static str) -> Field {
    Field { path, label: said("Starts"), input: Input::Moment }
}

/// What is done with the poll of a session.
pub(super) const OPEN: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/OpenPoll",
    label: said("Ask the departments"),
    fields: &[
        room("times[0].roomCode"),
        starts_at("times[0].startsAt"),
        room("times[1].roomCode"),
        starts_at("times[1].startsAt"),
        room("times[2].roomCode"),
        starts_at("times[2].startsAt"),
        Field { path: "closeBy", label: said("Answers until"), input: Input::Moment },
    ],
    sample: r#"{"times": [{"roomCode": "A", "startsAt": "2027-03-31T01:00:00Z"}], "closeBy": "2027-03-30T01:00:00Z"}"#,
};
pub(super) const ANSWER: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AnswerPoll",
    label: said("Answer the poll"),
    fields: &[
        DEPARTMENT,
        Field { path: "answers[0].timeNumber", label: said("Time"), input: Input::Number },
        Field {
            path: "answers[0].suitability",
            label: said("Does it suit"),
            input: Input::Enum(SUITABILITY),
        },
    ],
    sample: r#"{"departmentCode": "A", "answers": [{"timeNumber": 1, "suitability": "SUITABILITY_YES"}]}"#,
};
pub(super) const PROPOSE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/ProposeTime",
    label: said("Propose another time"),
    fields: &[
        DEPARTMENT,
        Field { path: "startsAt", label: said("Starts"), input: Input::Local },
        Field { path: "roomCode", label: said("Room"), input: Input::Optional },
        REASON,
    ],
    sample: r#"{"departmentCode": "A", "startsAt": "2027-03-31T01:00:00Z", "reason": "-"}"#,
};
pub(super) const DECLINE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/DeclineTime",
    label: said("Decline the time"),
    fields: &[NUMBER, REASON],
    sample: r#"{"timeNumber": 1, "reason": "-"}"#,
};
pub(super) const ADOPT: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AdoptTime",
    label: said("Adopt the time"),
    fields: &[NUMBER],
    sample: r#"{"timeNumber": 1}"#,
};
pub(super) const WITHDRAW: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/WithdrawPoll",
    label: said("Withdraw the poll"),
    fields: &[REASON],
    sample: r#"{"reason": "-"}"#,
};

/// The poll as a page shows it.
pub(super) struct Poll {
    pub(super) stage: String,
    /// What became of it, or until when departments answer.
    pub(super) state: Markup,
    pub(super) times: Vec<Time>,
    pub(super) departments: Vec<Department>,
    /// Departments that must be able to decide.
    pub(super) quorum: u32,
    /// The reader's department, when it may answer and propose.
    pub(super) own: Option<String>,
    /// Whether the reader may adopt, decline and withdraw.
    pub(super) may_organise: bool,
    /// The zone in which moments are typed.
    pub(super) time_zone: String,
    pub(super) propose_id: String,
    /// What is in the form that proposes another time.
    pub(super) proposing: Proposing,
    pub(super) withdraw_id: String,
}

/// A form that proposes another time, with what the reader typed into it before that was refused.
pub(super) struct Proposing {
    pub(super) is_typed: bool,
    pub(super) starts: String,
    pub(super) room: String,
    pub(super) reason: String,
}

impl Proposing {
    fn of(typed: Option<&Query>) -> Proposing {
        let typed = typed.filter(|form| form.get("action") == Some(PROPOSE.name()));
        let field = |path| typed.and_then(|form| form.get(path)).unwrap_or_default().to_owned();
        Proposing {
            is_typed: typed.is_some(),
            starts: field("startsAt"),
            room: field("roomCode"),
            reason: field("reason"),
        }
    }
}

/// A time as a page shows it.
pub(super) struct Time {
    pub(super) number: u32,
    pub(super) when: Markup,
    pub(super) counts: String,
    pub(super) deciding: u32,
    /// Its place among those that may be adopted, in words; nothing when it is the only one.
    pub(super) rank: String,
    /// Who proposed it and why, why it was declined, and who is known to be busy then.
    pub(super) notes: Vec<String>,
    pub(super) is_open: bool,
    pub(super) is_adopted: bool,
    /// The answers that the reader may give: value, word, whether it is given.
    pub(super) choices: Vec<(&'static str, String, bool)>,
    pub(super) command_ids: [String; 3],
}

/// What one department said.
pub(super) struct Department {
    pub(super) name: String,
    /// To each time, in their order.
    pub(super) answers: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The slots about which a clerk may ask, and until when departments could answer.
pub(super) struct Asking {
    /// Room, start as the form sends it, and as people read it.
    pub(super) slots: Vec<(String, String, Markup)>,
    pub(super) close_by: String,
    pub(super) until: Markup,
    pub(super) command_id: String,
}

/// The poll of a session; without one, what a department needs to propose another time for a session that is scheduled.
pub(super) async fn of(
    reader: &Reader,
    around: &Surroundings,
    session: &Session,
    at_least_position: u64,
    typed: Option<&Query>,
) -> Result<Option<Poll>, Status> {
    let request = GetPollRequest { at_least_position, session_id: session.session_id.clone() };
    let poll = if_there(reader.ask(request).await)?.and_then(|answer| answer.poll);
    let own = may_speak(reader, session);
    let is_scheduled = session.stage() == SessionStage::Scheduled;
    match poll {
        Some(poll) => Ok(Some(shown(reader, around, session, (&poll, own), typed))),
        None if is_scheduled && own.is_some() => {
            let nobody_asked = WirePoll::default();
            let mut poll = shown(reader, around, session, (&nobody_asked, own), typed);
            poll.stage = String::new();
            poll.state =
                Markup::text(reader.words.t("Nobody has been asked. A department may propose another time."));
            Ok(Some(poll))
        }
        None => Ok(None),
    }
}

/// The reader's department, when it attends and the session waits for its time.
fn may_speak(reader: &Reader, session: &Session) -> Option<String> {
    let own = reader.holder.department.clone()?;
    let attendees = session.outline.iter().flat_map(|outline| &outline.attendees);
    let attends = attendees.map(|attendee| &attendee.department_code).any(|code| *code == own);
    let waits = matches!(session.stage(), SessionStage::Admitted | SessionStage::Scheduled);
    (attends && waits && ANSWER.may_be_tried_by(reader)).then_some(own)
}

fn shown(
    reader: &Reader,
    around: &Surroundings,
    session: &Session,
    (poll, own): (&WirePoll, Option<String>),
    typed: Option<&Query>,
) -> Poll {
    let words = reader.words;
    let is_running = matches!(poll.stage(), PollStage::Open | PollStage::Closed);
    let may_begin = !is_running && session.stage() == SessionStage::Scheduled;
    let speaks = own.filter(|_| poll.stage() == PollStage::Open || may_begin);
    Poll {
        stage: words.value("huishang.scheduling.v1.PollStage", poll.stage),
        state: state(words, around, poll),
        times: poll.times.iter().map(|it| time(words, around, poll, it, speaks.as_deref())).collect(),
        departments: departments(words, around, poll),
        quorum: poll.quorum,
        own: speaks,
        may_organise: is_running && ADOPT.may_be_tried_by(reader),
        time_zone: around.time_zone.clone(),
        propose_id: client::command_id(),
        proposing: Proposing::of(typed),
        withdraw_id: client::command_id(),
    }
}

fn state(words: Words, around: &Surroundings, poll: &WirePoll) -> Markup {
    let until = around.calendar.full(words, &poll.close_by.unwrap_or_default());
    match (poll.stage(), poll.adopted_time_number) {
        (PollStage::Open, _) => {
            Markup::fill(words.t("Departments answer until {until}."), &[("until", until)])
        }
        (PollStage::Closed, _) => Markup::fill(
            words.t("Departments answered until {until}; one of the times may be adopted."),
            &[("until", until)],
        ),
        (_, Some(number)) => Markup::text(&words.say("Time {number} was adopted.", &[("number", &number)])),
        (_, None) => {
            let cause = words.value("huishang.scheduling.v1.PollEndCause", poll.end_cause().into());
            let reason = poll.reason.as_deref().unwrap_or_default();
            let sentence = if reason.is_empty() { cause } else { format!("{cause}: {reason}") };
            Markup::text(&sentence)
        }
    }
}

fn time(words: Words, around: &Surroundings, poll: &WirePoll, time: &PollTime, own: Option<&str>) -> Time {
    let slot = time.slot.clone().unwrap_or_default();
    let is_open = time.declined_reason.is_none();
    let counts: [(&str, &dyn ToString); 3] =
        [("yes", &time.yes_count), ("needed", &time.if_needed_count), ("no", &time.no_count)];
    let answers = is_open && poll.stage() == PollStage::Open;
    Time {
        number: time.time_number,
        when: slots::when(words, around, &slot),
        counts: words.say("{yes} yes, {needed} if needed, {no} no", &counts),
        deciding: time.deciding_count,
        rank: rank(words, poll, time),
        notes: notes(words, around, time),
        is_open,
        is_adopted: poll.adopted_time_number == Some(time.time_number),
        choices: own.filter(|_| answers).map_or_else(Vec::new, |own| choices(words, poll, time, own)),
        command_ids: std::array::from_fn(|_| client::command_id()),
    }
}

fn notes(words: Words, around: &Surroundings, time: &PollTime) -> Vec<String> {
    let proposed = time.proposed_by_code.as_deref().map(|code| {
        let values: [(&str, &dyn ToString); 2] =
            [("department", &around.directory.name(code)), ("why", &time.reason())];
        words.say("Proposed by {department}: {why}", &values)
    });
    let declined = time.declined_reason.as_deref();
    let declined = declined.map(|why| words.say("Declined: {why}", &[("why", &why)]));
    let busy = time.penalties.iter().map(|penalty| slots::reason(words, around, penalty));
    proposed.into_iter().chain(declined).chain(busy).collect()
}

/// The place of a time among those that may be adopted, where there are several.
fn rank(words: Words, poll: &WirePoll, time: &PollTime) -> String {
    let count = poll.times.iter().filter(|time| time.rank.is_some()).count();
    let rank = time.rank.filter(|_| count > 1);
    rank.map(|rank| words.say("no. {rank} of {count}", &[("rank", &rank), ("count", &count)]))
        .unwrap_or_default()
}

fn choices(words: Words, poll: &WirePoll, time: &PollTime, own: &str) -> Vec<(&'static str, String, bool)> {
    let reply = poll.replies.iter().find(|reply| reply.department_code == own);
    let given = reply.and_then(|reply| answer_of(reply, time.time_number));
    [Suitability::Yes, Suitability::IfNeeded, Suitability::No]
        .map(|one| (one.as_str_name(), words.value(SUITABILITY, one.into()), given == Some(one)))
        .into()
}

fn answer_of(reply: &PollReply, number: u32) -> Option<Suitability> {
    reply.answers.iter().find(|answer| answer.time_number == number).map(|answer| answer.suitability())
}

/// Those that answered, and those that have not, without an answer.
fn departments(words: Words, around: &Surroundings, poll: &WirePoll) -> Vec<Department> {
    let answered = poll.replies.iter().map(|reply| {
        let by = reply.on_behalf_by_code.as_deref().map(|code| {
            words.say("on its behalf: {department}", &[("department", &around.directory.name(code))])
        });
        Department {
            name: around.directory.name(&reply.department_code),
            answers: poll.times.iter().map(|time| word(words, answer_of(reply, time.time_number))).collect(),
            notes: reply.comment.clone().into_iter().chain(by).collect(),
        }
    });
    let has_replied = |code: &&String| poll.replies.iter().any(|reply| reply.department_code == **code);
    let silent = poll.waiting_codes.iter().filter(|code| !has_replied(code)).map(|code| Department {
        name: around.directory.name(code),
        answers: poll.times.iter().map(|_| word(words, None)).collect(),
        notes: vec![],
    });
    answered.chain(silent).collect()
}

fn word(words: Words, answer: Option<Suitability>) -> String {
    answer.map_or_else(|| "–".to_owned(), |answer| words.value(SUITABILITY, answer.into()))
}

/// What a clerk may ask the departments about: the best slots of several days, until half of the time to the first of them is over.
pub(super) fn asking(
    reader: &Reader,
    around: &Surroundings,
    slots: Option<&Slots>,
    poll: Option<&Poll>,
    now: Option<Moment>,
) -> Option<Asking> {
    let is_running = poll.is_some_and(|poll| poll.may_organise);
    let asked = &slots.filter(|_| !is_running && OPEN.may_be_tried_by(reader))?.of_days;
    let first = asked.iter().map(|row| row.at.seconds).min()?;
    let now = now?.seconds;
    let close_by = Moment { seconds: now + (first - now) / 2, nanos: 0 };
    (asked.len() > 1 && first > now).then(|| Asking {
        slots: asked
            .iter()
            .map(|row| (row.room.clone(), row.starts_at.clone(), row.starts.clone()))
            .collect(),
        close_by: close_by.to_string(),
        until: around.calendar.full(reader.words, &close_by),
        command_id: client::command_id(),
    })
}
