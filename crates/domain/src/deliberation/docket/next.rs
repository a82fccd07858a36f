//! What can happen next on a docket, by whom, and what refuses the rest: every command is put to the rules.

mod choice;
mod floor;
mod motions;
mod speakers;
mod text;

use super::mandates::carried;
use super::{
    Command, Docket, ItemDraft, Mode, Proceedings, Rejection, RollCallVote, Stance, State, Topic, TopicStage,
};
use crate::calendar::WorkingCalendar;
use crate::deliberation::ballot::{Choice, Hands, OpenedVote};
use crate::next_step::{self, Who};
use crate::{Actor, Aggregate, Code, Date, Issued, Line, Role, Text, Timestamp};
use jiff::ToSpan as _;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A command on a docket that was put to the rules.
pub type Step = next_step::Step<Rejection>;

/// A command with its rpc, and who is asked for it.
struct Asked {
    rpc: &'static str,
    topic: Option<u32>,
    /// Made for each department: some commands speak for one.
    command: Box<dyn Fn(&Code) -> Command>,
    /// Who is asked, if it is neither those who lead nor those who take part.
    people: Option<Vec<Who>>,
    presides: bool,
    /// Whether the answer follows from the ballots of all topics, and so from those alone that are seen.
    of_all_ballots: bool,
}

/// What can happen next, and what refuses the rest, in the order in which a docket goes. What would change nothing is left
/// out, and nothing is said of the topics that are hidden from whoever looks.
pub fn steps(state: &State, hidden: &BTreeSet<u32>, at: Timestamp, calendar: &WorkingCalendar) -> Vec<Step> {
    let Some(proceedings) = state.proceedings() else { return vec![] };
    let seen = match state {
        State::Open(proceedings) if !hidden.is_empty() => {
            Cow::Owned(State::Open(proceedings.without(hidden).into_owned()))
        }
        _ => Cow::Borrowed(state),
    };
    let asked = asked(state, proceedings, hidden, calendar, at);
    let put = |asked: &Asked| {
        let state = if asked.of_all_ballots { &seen } else { state };
        step(state, proceedings, asked, at)
    };
    let unseen = proceedings.in_nothing_but(hidden);
    asked.iter().filter_map(put).filter_map(|step| step.without(&unseen)).collect()
}

fn step(state: &State, proceedings: &Proceedings, asked: &Asked, at: Timestamp) -> Option<Step> {
    let topic = asked.topic.and_then(|number| proceedings.find_topic(number).ok());
    let decide = |who: &Who, by: Actor| {
        let Some(own) = &who.department else { return Ok(0) };
        let put = |department: &Code| {
            let issued = Issued { at, by: by.clone() };
            Docket::decide(state, (asked.command)(department), &issued).map(|events| events.len())
        };
        let for_itself = put(own);
        if asked.presides || matches!(for_itself, Ok(events) if events > 0) {
            return for_itself;
        }
        // Whoever takes the place of a seat acts for it.
        let seats = topic.map(|topic| carried(proceedings, topic, own)).unwrap_or_default();
        let mut for_seats = seats.into_iter().map(put);
        for_seats.find(|tried| matches!(tried, Ok(events) if *events > 0)).unwrap_or(for_itself)
    };
    let for_who_they_are = |refusal: &Rejection| {
        matches!(
            refusal,
            Rejection::NotYourDepartment { .. }
                | Rejection::NotEntitledToVote { .. }
                | Rejection::NotEntitledToSpeak { .. }
                | Rejection::NotAParticipant { .. }
                // It is secret.
                | Rejection::NotFound { .. }
        )
    };
    let people = asked.people.clone().unwrap_or_else(|| candidates(proceedings, asked.presides));
    Step::put(asked.rpc, asked.topic, people, decide, for_who_they_are)
}

/// Those who lead, or those who speak for their departments.
fn candidates(proceedings: &Proceedings, presides: bool) -> Vec<Who> {
    let constitution = &proceedings.agenda.constitution;
    let who = |role| move |department: &Code| Who::of(role, department);
    if presides {
        let chairs = constitution.chairs().map(who(Role::Chair));
        return chairs.chain(constitution.secretariat.iter().map(who(Role::Clerk))).collect();
    }
    let participants = proceedings.agenda.participants.iter().map(|participant| &participant.department);
    // Of those that are there without taking part, each takes the place of a seat.
    let substitutes =
        proceedings.present.keys().filter(|department| !proceedings.agenda.takes_part(department));
    participants.chain(substitutes).map(who(Role::Delegate)).collect()
}

fn asked(
    state: &State,
    proceedings: &Proceedings,
    hidden: &BTreeSet<u32>,
    calendar: &WorkingCalendar,
    at: Timestamp,
) -> Vec<Asked> {
    let seen = || proceedings.topics.iter().filter(|topic| !hidden.contains(&topic.number));
    let mut all = vec![presiding("OpenDocket", None, || Command::Open)];
    if matches!(state, State::Prepared(_) | State::Open(_)) {
        all.extend(floor::asked(state, proceedings, hidden));
    }
    if matches!(state, State::Open(_)) {
        let agenda = &proceedings.agenda;
        for topic in seen().filter(|topic| !agenda.has_sub_topics(topic.number)) {
            all.extend(on_topic(proceedings, topic, calendar));
            all.extend(speakers::asked(proceedings, topic));
            all.extend(motions::asked(proceedings, topic, calendar));
            all.extend(text::asked(topic));
            all.extend(choice::asked(state, topic));
            all.extend(on_ballot(state, topic));
        }
    }
    if let (State::Open(_), Mode::Countersign { sign_by }) = (state, proceedings.agenda.mode) {
        let later = sign_by.max(at).saturating_add(24.hours()).unwrap_or(sign_by);
        let day = calendar.clone();
        let extend =
            move || Command::ExtendSigning { sign_by: later, reason: words(), calendar: day.clone() };
        all.push(presiding("ExtendSigning", None, extend));
        all.push(presiding("CallMeeting", None, || Command::CallMeeting { reason: words() }));
    }
    if matches!(state, State::Open(_)) && seen().any(|topic| topic.open_ballot().is_some()) {
        let calendar = calendar.clone();
        let remind = move || Command::RemindSeats { text: None, calendar: calendar.clone() };
        all.push(Asked { of_all_ballots: true, ..presiding("RemindSeats", None, remind) });
    }
    all.push(presiding("CloseDocket", None, || Command::Close));
    all
}

fn presiding(rpc: &'static str, topic: Option<u32>, command: impl Fn() -> Command + 'static) -> Asked {
    Asked {
        rpc,
        topic,
        command: Box::new(move |_| command()),
        people: None,
        presides: true,
        of_all_ballots: false,
    }
}

/// For these people alone, whoever else takes part.
fn by_people(
    rpc: &'static str,
    topic: u32,
    people: Vec<Who>,
    command: impl Fn(&Code) -> Command + 'static,
) -> Asked {
    Asked {
        rpc,
        topic: Some(topic),
        command: Box::new(command),
        people: Some(people),
        presides: false,
        of_all_ballots: false,
    }
}

fn speaking(rpc: &'static str, topic: u32, command: impl Fn(Code) -> Command + 'static) -> Asked {
    Asked { topic: Some(topic), ..speaking_for_all(rpc, command) }
}

/// Of a department, and of no topic.
fn speaking_for_all(rpc: &'static str, command: impl Fn(Code) -> Command + 'static) -> Asked {
    Asked {
        rpc,
        topic: None,
        command: Box::new(move |own| command(own.clone())),
        people: None,
        presides: false,
        of_all_ballots: false,
    }
}

/// Any text: no rule asks what it says.
fn words() -> Text {
    Text::parse("…").expect("a text")
}

fn on_topic(proceedings: &Proceedings, topic: &Topic, calendar: &WorkingCalendar) -> Vec<Asked> {
    let mut all = to_its_decision(topic, calendar);
    all.extend(otherwise(proceedings, topic, calendar));
    let topic_number = topic.number;
    if matches!(topic.stage, TopicStage::Open { .. }) {
        let pause = move || Command::PauseTopic { topic: topic_number };
        let close = move || Command::CloseDebate { topic: topic_number };
        let digress = move || Command::RecordDigression { topic: topic_number, minutes: 1, note: None };
        all.push(presiding("PauseTopic", Some(topic_number), pause));
        all.push(presiding("CloseDebate", Some(topic_number), close));
        all.push(presiding("RecordDigression", Some(topic_number), digress));
    }
    if !topic.recused.is_empty() {
        all.push(speaking("WithdrawRecusal", topic_number, move |department| Command::WithdrawRecusal {
            topic: topic_number,
            department,
            reason: words(),
        }));
    }
    all
}

/// The ways in which a topic ends without a decision.
fn otherwise(proceedings: &Proceedings, topic: &Topic, calendar: &WorkingCalendar) -> Vec<Asked> {
    let (topic, calendar) = (topic.number, calendar.clone());
    let moved_by = proceedings.agenda.constitution.chair.clone();
    // One that is not the own.
    let other = Code::parse(if proceedings.agenda.body.as_str() == "A" { "B" } else { "A" }).expect("a code");
    vec![
        presiding("RejectTopic", Some(topic), move || Command::RejectTopic { topic, reason: words() }),
        presiding("WithdrawTopic", Some(topic), move || Command::WithdrawTopic { topic, reason: words() }),
        presiding("DeferTopic", Some(topic), move || Command::DeferTopic {
            topic,
            resume_on: Date::MAX,
            moved_by: moved_by.clone(),
            reason: words(),
            calendar: calendar.clone(),
        }),
        presiding("ReferTopic", Some(topic), move || Command::ReferTopic {
            topic,
            referred_to: other.clone(),
            reason: words(),
        }),
    ]
}

fn to_its_decision(topic: &Topic, calendar: &WorkingCalendar) -> Vec<Asked> {
    let (on_consent, on_ballot, calendar) = (calendar.clone(), calendar.clone(), calendar.clone());
    let declaratory = topic.items.is_empty();
    let (topic, version) = (topic.number, topic.current_version());
    vec![
        presiding("OpenTopic", Some(topic), move || Command::OpenTopic { topic }),
        speaking("RecordStatement", topic, move |department| Command::RecordStatement {
            topic,
            department,
            stance: Stance::Support,
            reasons: words(),
        }),
        presiding("SubmitProposal", Some(topic), move || Command::SubmitProposal { topic, text: words() }),
        speaking("SubmitAmendment", topic, move |department| Command::SubmitAmendment {
            topic,
            department,
            version: None,
            amends: None,
            text: words(),
        }),
        presiding("DraftItems", Some(topic), move || Command::DraftItems { topic, items: vec![draft()] }),
        speaking("RecordRecusal", topic, move |department| Command::RecordRecusal {
            topic,
            department,
            reason: words(),
            current_version_only: false,
        }),
        presiding("RecordGeneralConsent", Some(topic), move || Command::RecordGeneralConsent {
            topic,
            version,
            calendar: on_consent.clone(),
        }),
        presiding("OpenBallot", Some(topic), move || Command::OpenBallot {
            topic,
            version,
            calendar: on_ballot.clone(),
        }),
        presiding("AdoptDecision", Some(topic), move || Command::AdoptDecision {
            topic,
            declaratory,
            calendar: calendar.clone(),
        }),
    ]
}

/// What can become of the ballot that is open, or would be.
fn on_ballot(state: &State, topic: &Topic) -> Vec<Asked> {
    let number = topic.number;
    let Some(secret) = state.open_secret_ballot(number) else {
        let agenda = state.proceedings().map(|proceedings| &proceedings.agenda);
        let first = agenda.and_then(|agenda| agenda.deciding_on(number).next().cloned());
        return vec![
            speaking("CastVote", number, move |department| Command::CastVote {
                topic: number,
                department,
                choice: Choice::Yes,
                split: vec![],
                reason: None,
            }),
            presiding("CloseBallot", Some(number), move || Command::CloseBallot {
                topic: number,
                casting_vote: None,
            }),
            presiding("RecordRollCall", Some(number), move || {
                let choice = Choice::Yes;
                let votes =
                    first.iter().map(|code| RollCallVote { department: code.clone(), choice }).collect();
                Command::RecordRollCall { topic: number, votes }
            }),
            presiding("RecordHandCount", Some(number), move || Command::RecordHandCount {
                topic: number,
                hands: Hands { yes: 1, no: 0, abstain: 0 },
            }),
        ];
    };
    // Nobody has to open the votes to know that they can be counted.
    let any = OpenedVote { tracking_code: Line::parse("…").expect("a line"), choice: Choice::Abstain };
    let (ballot, opened) = (secret.number, vec![any; state.votes_to_open(number).len()]);
    let count = move || Command::CountSecretBallot { topic: number, opened: opened.clone() };
    vec![
        speaking("CastSecretVote", number, move |department| Command::CastSecretVote {
            topic: number,
            ballot,
            department,
            sealed: vec![],
        }),
        presiding("CloseBallot", Some(number), count),
        presiding("VoidBallot", Some(number), move || Command::VoidBallot { topic: number, reason: words() }),
    ]
}

/// An item about which nothing is known yet.
fn draft() -> ItemDraft {
    ItemDraft {
        title: Line::parse("…").expect("a line"),
        deliverable: words(),
        criterion: None,
        lead: None,
        co_responsible: vec![],
        due: None,
    }
}
