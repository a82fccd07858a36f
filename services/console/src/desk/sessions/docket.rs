//! The sitting: topics and ballots, who is there, and what can happen next.

use super::debate::{self, Group};
use super::drafts::{Drafted, Drafts};
use super::secret_vote::{self, Published};
use super::{acts, debate_acts};
use crate::desk::Query;
use crate::desk::act::{Act, Offer};
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::session::token_name;
use crate::desk::words::Words;
use proto::deliberation::v1::outcome::Outcome;
use proto::deliberation::v1::{
    Ballot, Docket, DocketStage, DocketTopic, NextStep, ReasonDetail, RoleOnTopic, SeatStandIns, Statement,
    TopicRole, VoteChoice,
};
use proto::scheduling::v1::Session;
use std::collections::BTreeMap;

/// A docket as a page shows it.
pub(super) struct Sitting {
    pub(super) stage: String,
    /// Whether it ended without its session: nobody came to a quorum, or a countersign became a meeting. It is prepared again
    /// when the session is convened again.
    pub(super) is_set_aside: bool,
    pub(super) present: usize,
    /// How many take part.
    pub(super) invited: usize,
    pub(super) topics: Vec<Topic>,
    pub(super) seats: Vec<Seat>,
    pub(super) ballot: Option<OpenBallot>,
    pub(super) offers: Vec<Offer>,
    pub(super) refused: Vec<RefusedStep>,
}

/// A topic.
pub(super) struct Topic {
    pub(super) number: u32,
    /// Its number on paper.
    pub(super) printed: String,
    /// The heading of the section that begins with it.
    pub(super) section: Option<String>,
    /// Whether it is decided in its sub-topics.
    pub(super) is_divided: bool,
    /// Whether it was taken on the agenda from the floor.
    pub(super) is_from_floor: bool,
    pub(super) title: String,
    pub(super) stage: String,
    /// `done`, `open` or nothing.
    pub(super) mark: &'static str,
    pub(super) outcome: String,
    /// What is said and moved on it.
    pub(super) debate: Vec<Group>,
    /// The results of its ballots.
    pub(super) results: Vec<String>,
    /// What was published of its secret ballots.
    pub(super) published: Vec<Published>,
    pub(super) proposal: Option<String>,
    /// What each department said on it.
    pub(super) statements: Vec<String>,
    /// Who has recused themselves; empty if nobody has.
    pub(super) recused: String,
    pub(super) timebox_minutes: u32,
    pub(super) spent_minutes: u64,
    pub(super) items: Vec<Drafted>,
    /// Forms of a line.
    pub(super) offers: Vec<Offer>,
    /// Those with more to fill in.
    pub(super) longer: Vec<Offer>,
    /// The version that a ballot would be about.
    pub(super) version: usize,
}

/// A department that takes part, or may take the place of one that decides.
pub(super) struct Seat {
    pub(super) code: String,
    pub(super) name: String,
    /// The seats whose place it may take; empty for those that take part.
    pub(super) in_place_of: String,
    pub(super) delegate: Option<String>,
    /// Who is to come, if that is known.
    pub(super) named: Option<String>,
    /// Whether the reader may record that it comes or leaves.
    pub(super) may_record: bool,
    pub(super) command_id: String,
}

/// The ballot that is open.
pub(super) struct OpenBallot {
    pub(super) number: u32,
    pub(super) topic_number: u32,
    pub(super) voted: usize,
    /// Whether it is secret. Who votes in it gets a code, which is shown once.
    pub(super) is_secret: bool,
    /// The motion or the amendment that is voted on, where it is not the draft.
    pub(super) motion: Option<String>,
    pub(super) votes: Vec<Vote>,
}

/// A seat that may vote.
pub(super) struct Vote {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) has_voted: bool,
    pub(super) choices: Vec<Choice>,
    /// Whether the reader may cast it.
    pub(super) may_cast: bool,
    pub(super) command_id: String,
    /// What its voter alone knows of a secret vote; empty where it is not secret, or not the reader's.
    pub(super) voter_secret: String,
}

/// A choice that a vote may be.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) word: String,
    pub(super) is_chosen: bool,
}

/// A step that is refused, and why.
pub(super) struct RefusedStep {
    pub(super) label: String,
    pub(super) sentence: String,
    pub(super) reason: String,
}

/// What a page shows of a docket.
pub(super) fn sitting(
    reader: &Reader,
    around: &Surroundings,
    session: &Session,
    (docket, position): (&Docket, u64),
    steps: &[NextStep],
    typed: Option<&Query>,
) -> Sitting {
    let words = reader.words;
    let present: BTreeMap<&str, &str> =
        docket.present.iter().map(|one| (one.department_code.as_str(), one.delegate.as_str())).collect();
    let is_going_on = matches!(docket.stage(), DocketStage::Prepared | DocketStage::Open);
    let attending: Vec<(&str, String)> = attending(words, around, docket);
    let seats: Vec<Seat> = attending
        .into_iter()
        .map(|(code, in_place_of)| {
            let named = session.delegates.iter().find(|delegate| delegate.department_code == code);
            Seat {
                code: code.to_owned(),
                name: around.directory.name(code),
                in_place_of,
                delegate: present.get(code).map(|delegate| (*delegate).to_owned()),
                named: named.map(|delegate| delegate.delegate.clone()),
                may_record: is_going_on && (is_clerk(reader, docket) || is_in_the_chair(reader, docket)),
                command_id: client::command_id(),
            }
        })
        .collect();
    let open = docket
        .topics
        .iter()
        .find_map(|topic| Some((topic, topic.ballots.last().filter(|last| is_open(last))?)));
    let drafts = Drafts { reader, around, steps, position, typed };
    Sitting {
        stage: stage(words, session, docket),
        is_set_aside: docket.stage() == DocketStage::Adjourned,
        present: present.len(),
        invited: docket.agenda.iter().map(|agenda| agenda.participants.len()).sum(),
        ballot: open.map(|(topic, ballot)| open_ballot(reader, docket, steps, &seats, topic, ballot)),
        topics: docket.topics.iter().map(|topic| shown(&drafts, docket, topic)).collect(),
        offers: possible(reader, docket, steps, None, None),
        refused: refused_steps(reader, docket, steps),
        seats,
    }
}

/// How far it has come. A countersign that became a meeting is set aside as one without a quorum is, and was not adjourned.
fn stage(words: Words, session: &Session, docket: &Docket) -> String {
    match docket.stage() {
        DocketStage::Adjourned if session.adjournments == 0 => words.t("Became a meeting").to_owned(),
        _ => words.value("huishang.deliberation.v1.DocketStage", docket.stage),
    }
}

/// Who may be there: those that take part, and the substitutes of seats that are not there, each with these seats.
fn attending<'d>(words: Words, around: &Surroundings, docket: &'d Docket) -> Vec<(&'d str, String)> {
    let Some(agenda) = &docket.agenda else { return vec![] };
    let mut all: Vec<(&str, String)> =
        agenda.participants.iter().map(|one| (one.department_code.as_str(), String::new())).collect();
    let voters: Vec<_> = agenda.constitution.iter().flat_map(|body| &body.voters).collect();
    let absent = voters.iter().filter(|voter| {
        !is_there(docket, &voter.department_code)
            && all.iter().any(|(code, _)| *code == voter.department_code)
    });
    let substitutes: Vec<&String> = absent.flat_map(|voter| &voter.substitute_codes).collect();
    for substitute in substitutes {
        if all.iter().all(|(code, _)| code != substitute) {
            let seats = voters.iter().filter(|voter| voter.substitute_codes.contains(substitute));
            let seats: Vec<String> =
                seats.map(|voter| around.directory.name(&voter.department_code)).collect();
            all.push((substitute, words.say("in place of {names}", &[("names", &words.list(&seats))])));
        }
    }
    all
}

fn is_there(docket: &Docket, department: &str) -> bool {
    docket.present.iter().any(|one| one.department_code == department)
}

/// The departments that decide on a topic.
fn deciding_on<'d>(docket: &'d Docket, topic: &DocketTopic) -> Vec<&'d str> {
    let participants = docket.agenda.iter().flat_map(|agenda| &agenda.participants);
    let is_decided_by =
        |role: &TopicRole| role.topic_number == topic.number && role.role() == RoleOnTopic::Decides;
    participants
        .filter(|one| one.roles.iter().any(is_decided_by))
        .map(|one| one.department_code.as_str())
        .collect()
}

/// Whether a department votes for a seat on a topic: it is its own, or it is one of those that may stand in for it.
fn votes_for(topic: &DocketTopic, department: &str, seat: &str) -> bool {
    let stands_in = |known: &SeatStandIns| {
        known.department_code == seat && known.stand_in_codes.iter().any(|code| code == department)
    };
    department == seat || topic.stand_ins.iter().any(stands_in)
}

/// The department for which the reader speaks on a topic: the own one, or where that does not take part a seat whose place it
/// takes.
fn spoken_for(reader: &Reader, docket: &Docket, topic: &DocketTopic) -> Option<String> {
    let own = reader.holder.department.as_deref()?;
    let participants = docket.agenda.iter().flat_map(|agenda| &agenda.participants);
    let mut codes = participants.map(|one| &one.department_code);
    if codes.clone().any(|code| code == own) {
        return Some(own.to_owned());
    }
    codes.find(|seat| votes_for(topic, own, seat)).cloned()
}

fn is_open(ballot: &Ballot) -> bool {
    ballot.result.is_none() && ballot.voided_reason.is_none()
}

/// The steps that the reader may take, of a topic or of none.
fn possible(
    reader: &Reader,
    docket: &Docket,
    steps: &[NextStep],
    topic: Option<u32>,
    typed: Option<&Query>,
) -> Vec<Offer> {
    let is_clerk = is_clerk(reader, docket);
    let is_theirs = |step: &NextStep| may(reader, step) || is_clerk && is_put_down(step);
    let steps = steps.iter().filter(|step| step.topic_number == topic && is_theirs(step));
    let acts = steps.filter_map(|step| acts::of_command(&step.command));
    let acts = acts.filter(|act| !is_at_a_seat(act) && !debate_acts::is_at_its_place(act));
    // Clerks put down what others say.
    let offer = |act: &Act| match is_clerk {
        true => act.offer(reader.words, typed),
        false => act.offer_to(reader, typed),
    };
    acts.map(offer).collect()
}

/// Whether somebody may do it for their department now, so that a clerk of the docket may put it down.
fn is_put_down(step: &NextStep) -> bool {
    !step.by.is_empty()
        && acts::of_command(&step.command).is_some_and(|act| acts::PUT_DOWN.contains(&act.name()))
}

/// What has its forms at the seats, or at the items.
fn is_at_a_seat(act: &Act) -> bool {
    ["RecordArrival", "RecordDeparture", "CastVote", "CastSecretVote", "ReviseItem", "DropItem"]
        .contains(&act.name())
}

/// Whether the reader is a clerk of the docket, who records who comes and how all vote.
pub(super) fn is_clerk(reader: &Reader, docket: &Docket) -> bool {
    let constitution = docket.agenda.as_ref().and_then(|agenda| agenda.constitution.as_ref());
    let is_own = |code: &String| reader.holder.department.as_ref() == Some(code);
    reader.holder.is("clerk") && constitution.is_some_and(|body| body.secretariat_codes.iter().any(is_own))
}

/// Whether the reader may be in the chair.
fn is_in_the_chair(reader: &Reader, docket: &Docket) -> bool {
    let constitution = docket.agenda.as_ref().and_then(|agenda| agenda.constitution.as_ref());
    let is_own = |code: &String| reader.holder.department.as_ref() == Some(code);
    let is_chair =
        constitution.is_some_and(|body| is_own(&body.chair_code) || body.deputy_codes.iter().any(is_own));
    reader.holder.is("chair") && is_chair
}

/// Whether the reader is one of those who may take a step.
pub(super) fn may(reader: &Reader, step: &NextStep) -> bool {
    let is_theirs = |role: &str, department: &str| reader.holder.is(role) && reader.is_of(department);
    step.by.iter().any(|actor| is_theirs(&token_name(actor.role()), &actor.department_code))
}

fn refused_steps(reader: &Reader, docket: &Docket, steps: &[NextStep]) -> Vec<RefusedStep> {
    let language = reader.preferences.language;
    let refused = steps.iter().filter(|step| !step.reason.is_empty());
    let shown = refused.filter_map(|step| {
        let act = acts::of_command(&step.command)?;
        let details = step.details.iter();
        let details = details.map(|detail| (detail.key.as_str(), as_printed(docket, detail))).collect();
        let sentence = language.reason("huishang.deliberation.v1", &step.reason, &details);
        let topic = docket.topics.iter().find(|topic| step.topic_number == Some(topic.number));
        let topic = topic.map(|topic| format!(" {}", topic.printed_number)).unwrap_or_default();
        Some(RefusedStep {
            label: format!("{}{topic}", reader.words.t(act.label)),
            sentence: reader.with_moments(
                sentence.unwrap_or_else(|| step.message.clone()),
                step.details.iter().map(|detail| detail.value.as_str()),
            ),
            reason: step.reason.clone(),
        })
    });
    shown.collect()
}

/// A detail of a refusal; the number of a topic is the one that it has on paper.
fn as_printed<'d>(docket: &'d Docket, detail: &'d ReasonDetail) -> &'d str {
    let number = detail.value.parse().ok().filter(|_| detail.key.ends_with("topic_number"));
    let topic = number.and_then(|number: u32| docket.topics.iter().find(|topic| topic.number == number));
    topic.map_or(detail.value.as_str(), |topic| topic.printed_number.as_str())
}

/// The steps on a topic: those that are a line, and those with more to fill in. Each has an id of its own.
fn of_topic(
    reader: &Reader,
    docket: &Docket,
    steps: &[NextStep],
    topic: &DocketTopic,
    typed: Option<&Query>,
) -> (Vec<Offer>, Vec<Offer>) {
    let typed = typed.filter(|form| form.number("topicNumber") == Some(topic.number.into()));
    let mut offers = possible(reader, docket, steps, Some(topic.number), typed);
    for offer in &mut offers {
        let name = offer.name;
        let is_asked = |path: &str| match path {
            // One appeals, and amends an amendment, at what it is about.
            "topicNumber" | "amendedNumber" | "pointNumber" => false,
            // A longer form fills it in.
            "version" => name != "SubmitAmendment",
            "declaratory" => topic.items.is_empty(),
            _ => true,
        };
        offer.fields.retain(|field| is_asked(field.path));
        for field in &mut offer.fields {
            if field.path == "departmentCode" && !offer.is_typed && !is_clerk(reader, docket) {
                field.value = spoken_for(reader, docket, topic).unwrap_or_default();
            }
            field.id = format!("{}-{}", field.id, topic.number);
            // Whoever amends begins with the text as it is.
            if name == "SubmitAmendment" && field.path == "text" && !offer.is_typed {
                field.value = topic.versions.last().cloned().unwrap_or_default();
            }
        }
    }
    offers.into_iter().partition(|offer| offer.fields.len() < 2)
}

fn shown(drafts: &Drafts<'_>, docket: &Docket, topic: &DocketTopic) -> Topic {
    let Drafts { reader, around, steps, typed, .. } = *drafts;
    let words = reader.words;
    let (offers, longer) = of_topic(reader, docket, steps, topic, typed);
    let results = topic.ballots.iter().filter(|ballot| ballot.result.is_some());
    let sentence = |ballot: &Ballot| {
        let told = words.told("huishang.deliberation.v1.Ballot", "sentence", &ballot.sentence);
        match on_motion(words, topic, ballot) {
            Some(motion) => format!("{motion}: {told}"),
            None => told,
        }
    };
    Topic {
        number: topic.number,
        printed: topic.printed_number.clone(),
        section: topic.section.clone(),
        is_divided: topic.has_sub_topics,
        is_from_floor: topic.moved_from.is_some(),
        title: topic.title.clone(),
        stage: words.value("huishang.deliberation.v1.TopicStage", topic.stage),
        mark: match (topic.outcome.is_some(), topic.opened_at.is_some()) {
            (true, _) => "done",
            (false, true) => "open",
            (false, false) => "",
        },
        outcome: outcome_word(words, topic).to_owned(),
        debate: debate::on(drafts, docket, topic),
        results: results.map(sentence).collect(),
        published: secret_vote::published(words, topic),
        proposal: topic.versions.last().cloned(),
        statements: topic.statements.iter().map(|statement| stated(words, around, statement)).collect(),
        recused: recused(words, around, topic),
        timebox_minutes: topic.timebox_minutes,
        spent_minutes: topic.spent_seconds / 60,
        items: drafts.of(topic),
        offers,
        longer,
        version: topic.versions.len(),
    }
}

/// What a department said.
fn stated(words: Words, around: &Surroundings, statement: &Statement) -> String {
    let name = around.directory.name(&statement.department_code);
    let stance = words.value("huishang.deliberation.v1.Stance", statement.stance);
    let values: [(&str, &dyn ToString); 3] =
        [("name", &name), ("stance", &stance), ("reasons", &statement.reasons)];
    words.say("{name}: {stance}. {reasons}", &values)
}

fn recused(words: Words, around: &Surroundings, topic: &DocketTopic) -> String {
    let names: Vec<String> = topic.recused_codes.iter().map(|code| around.directory.name(code)).collect();
    match names.is_empty() {
        true => String::new(),
        false => words.say("Recused: {names}", &[("names", &words.list(&names))]),
    }
}

/// The motion or the amendment that a ballot is on, if it is on one.
fn on_motion(words: Words, topic: &DocketTopic, ballot: &Ballot) -> Option<String> {
    if let Some(number) = ballot.amendment_number {
        return Some(format!("{} {number}", words.t("Amendment")));
    }
    let number = ballot.motion_number?;
    let which = format!("{} {number}", words.t("Motion"));
    // Whoever has recused themselves sees the ballot and not the motion.
    let motion = topic.motions.iter().find(|motion| motion.number == number);
    let aim = motion.map(|motion| words.value("huishang.deliberation.v1.MotionKind", motion.kind));
    Some(aim.into_iter().fold(which, |which, aim| format!("{which}, {aim}")))
}

/// How a topic ended; nothing before.
pub(in crate::desk) fn outcome_word(words: Words, topic: &DocketTopic) -> &'static str {
    match topic.outcome.as_ref().and_then(|outcome| outcome.outcome.as_ref()) {
        None => "",
        Some(Outcome::Adopted(_)) => words.t("Adopted"),
        Some(Outcome::Rejected(_)) => words.t("Rejected"),
        Some(Outcome::Deferred(_)) => words.t("Deferred"),
        Some(Outcome::Referred(_)) => words.t("Referred"),
        Some(Outcome::Withdrawn(_)) => words.t("Withdrawn"),
    }
}

fn open_ballot(
    reader: &Reader,
    docket: &Docket,
    steps: &[NextStep],
    seats: &[Seat],
    topic: &DocketTopic,
    ballot: &Ballot,
) -> OpenBallot {
    let words = reader.words;
    let is_clerk = is_clerk(reader, docket);
    let is_own =
        |code: &str| reader.holder.department.as_deref().is_some_and(|own| votes_for(topic, own, code));
    let act = if ballot.secret { secret_vote::CAST.command() } else { Some("docket cast-vote") };
    let is_vote =
        |step: &&NextStep| Some(step.command.as_str()) == act && step.topic_number == Some(topic.number);
    let may_vote = steps.iter().filter(is_vote).any(|step| may(reader, step));
    let deciding = deciding_on(docket, topic);
    let votes = seats
        .iter()
        .filter(|seat| deciding.contains(&seat.code.as_str()) && !topic.recused_codes.contains(&seat.code));
    let votes = votes.map(|seat| {
        let vote =
            ballot.votes.iter().find(|vote| vote.department_code == seat.code).map(|vote| vote.choice());
        let is_sealed = ballot.sealed_votes.iter().any(|vote| vote.department_code == seat.code);
        let choices = [VoteChoice::Yes, VoteChoice::No, VoteChoice::Abstain].map(|choice| Choice {
            value: choice.as_str_name(),
            word: words.value("huishang.deliberation.v1.VoteChoice", choice.into()),
            is_chosen: vote == Some(choice),
        });
        let may_cast = !ballot.secret && is_clerk || is_own(&seat.code) && may_vote;
        Vote {
            code: seat.code.clone(),
            name: seat.name.clone(),
            has_voted: vote.is_some() || is_sealed,
            choices: choices.into(),
            may_cast,
            command_id: client::command_id(),
            voter_secret: if ballot.secret && may_cast { client::voter_secret() } else { String::new() },
        }
    });
    OpenBallot {
        number: ballot.number,
        topic_number: topic.number,
        voted: ballot.votes.len() + ballot.sealed_votes.len(),
        is_secret: ballot.secret,
        motion: on_motion(words, topic, ballot),
        votes: votes.collect(),
    }
}
