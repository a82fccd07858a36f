//! A matter (事项): what is to be settled, from when it is taken in until it has an outcome. It outlives the sessions
//! that discuss it: what they put off comes back, and what is beyond their body goes to another.
//!
//! The folder holds its parts: `authority` is who may do what, `state` what is known of it.

mod authority;
mod state;

pub use authority::check;
pub use state::{Known, Progress, Stage, State};

use crate::decision_rule::MatterClass;
use crate::{Aggregate, Audience, Code, Date, Issued, Label, Line, Text, Timestamp, Uuid, rejections};

/// Parts that one matter may be split into, at most.
pub const PARTS_MAX: usize = 10;
/// Times that a matter may be deferred in its life, where its body says nothing else.
pub const DEFERRALS_MAX_DEFAULT: u32 = 2;

/// What is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Its title.
    pub title: Line,
    /// What is to be settled.
    pub summary: Option<Text>,
    /// The body in whose backlog it waits.
    pub body: Code,
    /// The case that raised it, such as a hotline ticket.
    pub case_reference: Option<Line>,
    /// The matter that it was split from.
    pub split_from: Option<Uuid>,
    /// How many times it has been deferred before, as a part of that one.
    pub deferrals: u32,
    /// The departments that may know of it, besides the one that raised it.
    pub concerned: Vec<Code>,
    /// Who may see what is said of it: no topic about it has a weaker label.
    pub label: Label,
    /// Its class, as a part of a matter that has one.
    pub class: Option<MatterClass>,
}

/// How a matter was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// 通过
    Adopted,
    /// 不通过
    Rejected,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes a matter in; the actor's department raises it.
    TakeIn {
        /// What is taken in.
        intake: Intake,
    },
    /// Puts it on the agenda of a session; issued in the commit that changes the session.
    PutOnAgenda {
        /// The session.
        session: Uuid,
        /// The body of the session.
        body: Code,
        /// The session that was merged into it, which had the matter.
        from: Option<Uuid>,
        /// The number of the topic.
        topic: u32,
        /// The departments that take part in the session.
        concerned: Vec<Code>,
        /// The label of the topic.
        label: Label,
        /// The class of the session, which is that of a matter that has one.
        class: MatterClass,
        /// Whether the session is admitted already, so that the matter is of its class from now on.
        is_admitted: bool,
        /// What is taken in first, when the topic names no matter.
        intake: Option<Intake>,
    },
    /// Returns it to the backlog, because its session does not discuss it.
    TakeOffAgenda {
        /// The session.
        session: Uuid,
        /// Why.
        reason: Option<Text>,
    },
    /// Puts it off until a day.
    Defer {
        /// The day.
        resume_on: Date,
        /// Its first moment.
        resume_at: Timestamp,
        /// Why.
        reason: Text,
        /// How many times its body allows that in its life.
        deferrals_max: u32,
    },
    /// Puts it off until a day, as its session decided; the docket has counted.
    DeferBySession {
        /// The session.
        session: Uuid,
        /// The day.
        resume_on: Date,
        /// Its first moment.
        resume_at: Timestamp,
        /// How many times it has been deferred by now.
        deferrals: u32,
    },
    /// Brings it back when the day until which it was put off has come.
    CheckDeadlines,
    /// Refers it to another body, which accepts or returns it.
    Refer {
        /// The session that did, if one did.
        session: Option<Uuid>,
        /// The other body.
        to: Code,
        /// The department in its chair.
        chair: Code,
        /// Why; a session's docket has its reason.
        reason: Option<Text>,
    },
    /// Takes it into the backlog of the body that it was referred to.
    AcceptReferral,
    /// Gives it back to the body that referred it.
    ReturnReferral {
        /// Why.
        reason: Text,
    },
    /// Has its parts dealt with as matters of their own, which are taken in by the same commit.
    Split {
        /// The parts.
        into: Vec<Uuid>,
        /// Why.
        reason: Text,
    },
    /// Has it dealt with as a part of another matter, which absorbs it in the same commit.
    Merge {
        /// Its own id.
        matter: Uuid,
        /// The other matter.
        into: Uuid,
        /// Why.
        reason: Text,
    },
    /// Takes on another matter.
    Absorb {
        /// The other matter.
        from: Uuid,
        /// The body that it is before.
        body: Code,
        /// How many times it has been deferred.
        deferrals: u32,
        /// The departments that may know of it.
        concerned: Vec<Code>,
        /// Its label.
        label: Label,
        /// Its class, if it has one.
        class: Option<MatterClass>,
    },
    /// Has it be of a class, by whose rule it is decided whatever session deals with it.
    Classify {
        /// The session of this class that was admitted, if one was; issued in the commit that changes the session.
        session: Option<Uuid>,
        /// The class.
        class: MatterClass,
        /// Why; what a session classifies needs no reason.
        reason: Option<Text>,
    },
    /// Labels it otherwise.
    Relabel {
        /// The session whose topic is labelled so, if one is; issued in the commit that changes the session.
        session: Option<Uuid>,
        /// The label.
        label: Label,
        /// The departments that may know of it then, besides those that do already.
        concerned: Vec<Code>,
        /// Why.
        reason: Text,
    },
    /// Notes the decision of its session.
    Decide {
        /// The session.
        session: Uuid,
        /// How it was decided.
        verdict: Verdict,
    },
    /// Ends it without a decision.
    Withdraw {
        /// The session that did, if one did.
        session: Option<Uuid>,
        /// Why; a session's docket has its reason.
        reason: Option<Text>,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The matter was taken in, and waits in the backlog of its body.
    TakenIn {
        /// What was taken in.
        intake: Intake,
        /// The department that raised it.
        raised_by: Option<Code>,
    },
    /// It is on the agenda of a session.
    PutOnAgenda {
        /// The session.
        session: Uuid,
        /// The number of the topic.
        topic: u32,
        /// The departments that take part in the session.
        concerned: Vec<Code>,
        /// The label of the topic.
        label: Label,
    },
    /// It is in the backlog again.
    TakenOffAgenda {
        /// The session that does not discuss it.
        session: Uuid,
        /// Why.
        reason: Option<Text>,
    },
    /// It was put off.
    Deferred {
        /// The session that did, if one did.
        session: Option<Uuid>,
        /// The day on which it comes back.
        resume_on: Date,
        /// The first moment of that day.
        resume_at: Timestamp,
        /// How many times it has been deferred in its life, this time included.
        deferrals: u32,
        /// Why; a session's docket has its reason.
        reason: Option<Text>,
    },
    /// The day until which it was put off has come: it is in the backlog again.
    Resumed {
        /// The first moment of that day.
        resume_at: Timestamp,
    },
    /// It was referred to another body.
    Referred {
        /// The session that did, if one did.
        session: Option<Uuid>,
        /// The other body.
        to: Code,
        /// The department in its chair.
        chair: Code,
        /// Why; a session's docket has its reason.
        reason: Option<Text>,
    },
    /// The other body has it in its backlog.
    ReferralAccepted {
        /// The body that accepted it.
        body: Code,
    },
    /// It is in the backlog of the body that had referred it.
    ReferralReturned {
        /// The body that returned it.
        from: Code,
        /// Why.
        reason: Text,
    },
    /// Its parts are matters of their own.
    Split {
        /// The parts.
        into: Vec<Uuid>,
        /// Why.
        reason: Text,
    },
    /// It is a part of another matter.
    Merged {
        /// The other matter.
        into: Uuid,
        /// Why.
        reason: Text,
    },
    /// Another matter is a part of it.
    Absorbed {
        /// The other matter.
        from: Uuid,
        /// How many times it counts as deferred now.
        deferrals: u32,
        /// The departments that may know of the other one, as far as they may know of this one.
        concerned: Vec<Code>,
        /// The label of the other one.
        label: Label,
        /// The class of the other one, if it has one.
        class: Option<MatterClass>,
    },
    /// It is of this class.
    Classified {
        /// The session of this class that was admitted, if one was.
        session: Option<Uuid>,
        /// The class.
        class: MatterClass,
        /// Why, when somebody said so.
        reason: Option<Text>,
    },
    /// It is labelled otherwise.
    Relabelled {
        /// The label.
        label: Label,
        /// The departments that may know of it now, besides those that did already.
        concerned: Vec<Code>,
        /// Why.
        reason: Text,
    },
    /// A session decided it.
    Decided {
        /// The session.
        session: Uuid,
        /// How.
        verdict: Verdict,
    },
    /// It ended without a decision.
    Withdrawn {
        /// The session that withdrew it, if one did.
        session: Option<Uuid>,
        /// Why; a session's docket has its reason.
        reason: Option<Text>,
    },
}

rejections! {
    /// Why a command on a matter is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        WrongStage("WRONG_STAGE") { action: &'static str, needed: &'static str, stage: Stage } =
            "a matter can be {action} only when it is {needed}; this one is {stage}",
        UnknownBody("UNKNOWN_BODY") { body_code: Code } =
            "body {body_code} is not defined; check its code, or define it first",
        OfAnotherBody("OF_ANOTHER_BODY") { title: Line, body_code: Code, needed_code: Code } =
            "the matter \"{title}\" is before body {body_code}; {needed_code} can settle it when it is referred there \
             and accepted",
        NotTheSecretariat("NOT_THE_SECRETARIAT") {
            body_code: Code,
            needed_codes: String,
            department_code: String,
        } = "only clerks of {needed_codes}, the secretariat of body {body_code}, may do this; you speak for \
             {department_code}",
        DepartmentRequired("DEPARTMENT_REQUIRED") =
            "this is for a department to do, and you speak for none; have its code put into your token",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        ResumesInThePast("RESUMES_IN_THE_PAST") { resume_on: Date } =
            "a matter is deferred until a day to come; {resume_on} has begun",
        DeferralsExhausted("DEFERRALS_EXHAUSTED") { deferrals: u32, max: u32 } =
            "the matter has been deferred {deferrals} times, and its body allows {max}; it has to be decided, \
             referred or withdrawn",
        ReferredToItself("REFERRED_TO_ITSELF") { body_code: Code } =
            "the matter is before body {body_code} already; refer it to another body",
        MergedIntoItself("MERGED_INTO_ITSELF") = "a matter cannot be merged into itself",
        PartsOutOfRange("PARTS_OUT_OF_RANGE") { given: usize, max: usize } =
            "a matter is split into 2 to {max} parts, not {given}",
        LabelTooWeak("LABEL_TOO_WEAK") { label: Label, needed: Label } =
            "the matter is labelled {needed}, and {label} is weaker; have it labelled otherwise first, with a reason",
        OfAnotherClass("OF_ANOTHER_CLASS") {
            title: Line,
            matter_class: MatterClass,
            needed_class: MatterClass,
        } = "the matter \"{title}\" is of class {matter_class}, and decided by the rule of that class; to have it settled as \
             {needed_class}, whoever is in the chair classifies it otherwise first, with a reason",
    }
}

/// The matter aggregate.
#[derive(Debug)]
pub struct Matter;

impl Matter {
    /// The id of a matter that is taken in because a topic names none. The seed is the session's id, or that of the
    /// command that added the topic.
    pub fn of_topic(seed: Uuid, topic: u32) -> Uuid {
        crate::aggregate::derived_id(seed, &[Self::CATEGORY, &topic.to_string()])
    }
}

impl Aggregate for Matter {
    const CATEGORY: &'static str = "scheduling.matter";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (State::Absent, Command::TakeIn { intake }) => Ok(vec![taken_in(intake, issued)]),
            (
                State::Absent,
                Command::PutOnAgenda {
                    session,
                    topic,
                    concerned,
                    label,
                    class,
                    is_admitted,
                    intake: Some(intake),
                    ..
                },
            ) => {
                let put = Event::PutOnAgenda { session, topic, concerned, label };
                let classified = is_admitted.then(|| classified_by(session, class));
                Ok([taken_in(intake, issued), put].into_iter().chain(classified).collect())
            }
            (State::Absent, _) => Err(Rejection::NotFound { what: "matter" }),
            (State::Known(known), command) => decide(known, command, issued),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.known().map_or(Audience::Everybody, |known| {
            Audience::of(&known.concerned).before(known.body.clone()).before(known.body_in_charge().clone())
        })
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

fn taken_in(intake: Intake, issued: &Issued) -> Event {
    Event::TakenIn { intake, raised_by: issued.by.department.clone() }
}

fn decide(known: &Known, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::TakeIn { .. } => Err(known.wrong_stage("taken in", "new")),
        Command::PutOnAgenda { session, body, from, topic, concerned, label, class, is_admitted, .. } => {
            let may_move = from.is_some_and(|from| known.is_on_agenda_of(from));
            let put = Event::PutOnAgenda { session, topic, concerned, label };
            let put = put_on_agenda(known, may_move, body, put)?;
            known.must_be_of(class)?;
            let classified = (is_admitted && known.class.is_none()).then(|| classified_by(session, class));
            Ok(put.into_iter().chain(classified).collect())
        }
        Command::TakeOffAgenda { session, reason } => Ok(known
            .is_on_agenda_of(session)
            .then_some(Event::TakenOffAgenda { session, reason })
            .into_iter()
            .collect()),
        Command::Defer { resume_on, resume_at, reason, deferrals_max } => {
            known.must_wait("deferred")?;
            if resume_at <= issued.at {
                return Err(Rejection::ResumesInThePast { resume_on });
            }
            let deferrals = known.deferrals;
            if deferrals >= deferrals_max {
                return Err(Rejection::DeferralsExhausted { deferrals, max: deferrals_max });
            }
            let (session, reason) = (None, Some(reason));
            Ok(vec![Event::Deferred { session, resume_on, resume_at, deferrals: deferrals + 1, reason }])
        }
        Command::DeferBySession { session, resume_on, resume_at, deferrals } => {
            Ok(by(known, session, |session| Event::Deferred {
                session: Some(session),
                resume_on,
                resume_at,
                deferrals,
                reason: None,
            }))
        }
        Command::CheckDeadlines => Ok(match known.progress {
            Progress::Deferred { resume_at, .. } if resume_at <= issued.at => {
                vec![Event::Resumed { resume_at }]
            }
            _ => vec![],
        }),
        Command::Refer { session, to, chair, reason } => refer(known, session, to, chair, reason),
        Command::AcceptReferral | Command::ReturnReferral { .. } => answer_referral(known, command),
        Command::Split { into, reason } => {
            known.must_wait("split")?;
            if !(2..=PARTS_MAX).contains(&into.len()) {
                return Err(Rejection::PartsOutOfRange { given: into.len(), max: PARTS_MAX });
            }
            Ok(vec![Event::Split { into, reason }])
        }
        Command::Merge { matter, into, reason } => merge(known, matter, into, reason),
        Command::Absorb { from, body, deferrals, concerned, label, class } => {
            if known.body != body && !known.absorbed.contains(&from) {
                return Err(known.of_another_body(body));
            }
            let deferrals = known.deferrals.max(deferrals);
            absorb(known, Event::Absorbed { from, deferrals, concerned, label, class })
        }
        Command::Classify { session, class, reason } => classify(known, session, class, reason),
        Command::Relabel { session, label, concerned, reason } => {
            relabel(known, session, Event::Relabelled { label, concerned, reason })
        }
        Command::Decide { session, verdict } => {
            Ok(by(known, session, |session| Event::Decided { session, verdict }))
        }
        Command::Withdraw { session: Some(session), reason } => {
            Ok(by(known, session, |session| Event::Withdrawn { session: Some(session), reason }))
        }
        Command::Withdraw { session: None, reason } => {
            if known.progress == Progress::Withdrawn {
                return Ok(vec![]);
            }
            known.must_wait("withdrawn")?;
            Ok(vec![Event::Withdrawn { session: None, reason }])
        }
    }
}

/// What the session of a matter made of it; nothing when it is not on that session's agenda any more.
fn by(known: &Known, session: Uuid, event: impl FnOnce(Uuid) -> Event) -> Vec<Event> {
    if known.is_on_agenda_of(session) { vec![event(session)] } else { vec![] }
}

/// A matter that waits, or is on the agenda of the session already, or of one that is merged into it.
fn put_on_agenda(known: &Known, may_move: bool, body: Code, put: Event) -> Result<Vec<Event>, Rejection> {
    let Event::PutOnAgenda { session, topic, concerned, label } = &put else { return Ok(vec![]) };
    if known.body != body {
        return Err(known.of_another_body(body));
    }
    let here = Progress::OnAgenda { session: *session, topic: *topic };
    let knows_all = concerned.iter().all(|code| known.concerned.contains(code));
    if known.progress == here && knows_all && *label == known.label {
        return Ok(vec![]);
    }
    if !may_move && !known.is_on_agenda_of(*session) {
        known.must_wait("put on an agenda")?;
    }
    known.must_not_weaken(*label)?;
    Ok(vec![put])
}

/// The stricter label stays, and a secret matter does not become known to whoever knew of one that is not.
fn absorb(known: &Known, absorbed: Event) -> Result<Vec<Event>, Rejection> {
    let Event::Absorbed { from, deferrals, concerned, label, class } = absorbed else { return Ok(vec![]) };
    if known.absorbed.contains(&from) {
        return Ok(vec![]);
    }
    known.must_be_able_to_absorb(deferrals)?;
    class.map_or(Ok(()), |class| known.must_be_of(class))?;
    if matches!(known.progress, Progress::OnAgenda { .. }) {
        // Its topic has the label that it has.
        let (label, needed) = (known.label, label);
        if label < needed {
            return Err(Rejection::LabelTooWeak { label, needed });
        }
    }
    let concerned = if known.label == Label::Secret && label < known.label { vec![] } else { concerned };
    Ok(vec![Event::Absorbed { from, deferrals, concerned, label, class }])
}

fn classified_by(session: Uuid, class: MatterClass) -> Event {
    Event::Classified { session: Some(session), class, reason: None }
}

/// A matter is of the class of the first session for which it was admitted, until it is classified otherwise while it waits.
fn classify(
    known: &Known,
    session: Option<Uuid>,
    class: MatterClass,
    reason: Option<Text>,
) -> Result<Vec<Event>, Rejection> {
    match session {
        Some(session) if !known.is_on_agenda_of(session) => return Ok(vec![]),
        Some(_) => known.must_be_of(class)?,
        None => known.must_wait("classified otherwise")?,
    }
    Ok(if known.class == Some(class) { vec![] } else { vec![Event::Classified { session, class, reason }] })
}

/// A matter on an agenda is labelled with its topic. One that has left that agenda follows it only to a stricter label:
/// what it is from now on was not the session's to weaken.
fn relabel(known: &Known, session: Option<Uuid>, relabelled: Event) -> Result<Vec<Event>, Rejection> {
    let Event::Relabelled { label, .. } = &relabelled else { return Ok(vec![]) };
    let follows = match session {
        None => {
            if matches!(known.progress, Progress::OnAgenda { .. }) {
                return Err(known.wrong_stage("labelled otherwise", "on no agenda; there, its topic is"));
            }
            true
        }
        Some(session) if known.is_on_agenda_of(session) => true,
        Some(session) => {
            let elsewhere = matches!(known.progress, Progress::OnAgenda { .. });
            known.last_session == Some(session) && !elsewhere && *label > known.label
        }
    };
    Ok(if follows && *label != known.label { vec![relabelled] } else { vec![] })
}

fn refer(
    known: &Known,
    session: Option<Uuid>,
    to: Code,
    chair: Code,
    reason: Option<Text>,
) -> Result<Vec<Event>, Rejection> {
    if let Some(session) = session {
        return Ok(by(known, session, |session| Event::Referred {
            session: Some(session),
            to,
            chair,
            reason,
        }));
    }
    if matches!(&known.progress, Progress::Referred { to: its } if *its == to) {
        return Ok(vec![]);
    }
    known.must_wait("referred")?;
    if known.body == to {
        return Err(Rejection::ReferredToItself { body_code: to });
    }
    Ok(vec![Event::Referred { session: None, to, chair, reason }])
}

fn answer_referral(known: &Known, command: Command) -> Result<Vec<Event>, Rejection> {
    let Progress::Referred { to } = &known.progress else {
        return Err(known.wrong_stage("accepted or returned", "referred"));
    };
    Ok(vec![match command {
        Command::ReturnReferral { reason } => Event::ReferralReturned { from: to.clone(), reason },
        _ => Event::ReferralAccepted { body: to.clone() },
    }])
}

fn merge(known: &Known, matter: Uuid, into: Uuid, reason: Text) -> Result<Vec<Event>, Rejection> {
    if known.progress == (Progress::Merged { into }) {
        return Ok(vec![]);
    }
    known.must_wait("merged")?;
    if matter == into {
        return Err(Rejection::MergedIntoItself);
    }
    Ok(vec![Event::Merged { into, reason }])
}

#[cfg(test)]
mod tests;
