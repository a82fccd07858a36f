//! How large a docket may grow: whoever takes part must be able to read the whole of it in one answer.

use super::{Command, Docket, Event, MotionKind, OptionChoice, Proceedings, Rejection, State, Topic};
use crate::Aggregate;
use crate::deliberation::ballot::Ballot;
use crate::text::TEXT_BYTES_MAX;

/// Bytes that a docket may have before it takes no further statements, proposals, amendments and items.
pub const BYTES_FOR_TEXTS_MAX: usize = 2560 * 1024;
/// Bytes that a docket may have before it takes no further ballots, and no further reasons for votes. What is left to
/// 4 MiB is enough for the agenda, and for everything that ends a docket: votes without reasons, recusals, outcomes.
pub const BYTES_MAX: usize = 3264 * 1024;

/// Bytes that one command adds, at most: its record is smaller.
const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// Bytes for the numbers, stages and dates of one part of a docket.
const PART_BYTES: usize = 64;
/// Bytes for what a department has in a ballot: its vote, and its place on the roll.
const VOTE_BYTES: usize = 160;
/// Bytes for the rules of a ballot, its result and the sentence about it.
const RESULT_BYTES: usize = 512;

impl Command {
    /// The size up to which a docket takes this command; none for those that it always takes.
    pub(super) fn bytes_max(&self) -> Option<usize> {
        match self {
            Command::RecordStatement { .. }
            | Command::SubmitProposal { .. }
            | Command::SubmitAmendment { .. }
            | Command::ResolveAmendment { adopt: true, .. }
            | Command::DraftItems { .. }
            | Command::DeclareChanges { .. }
            | Command::GiveFloor { reason: Some(_), .. }
            | Command::RaisePointOfOrder { .. }
            | Command::MoveMotion { .. }
            | Command::ReviseItem { .. } => Some(BYTES_FOR_TEXTS_MAX),
            Command::OpenChoice { .. } => Some(BYTES_FOR_TEXTS_MAX),
            Command::OpenBallot { .. }
            | Command::PutAmendment { .. }
            | Command::RecordGeneralConsent { .. }
            | Command::GiveMandate { .. }
            | Command::CastVote { reason: Some(_), .. } => Some(BYTES_MAX),
            _ => None,
        }
    }
}

/// Refuses events that would make the docket larger than that.
pub(super) fn check(state: &State, events: &[Event], max: usize) -> Result<(), Rejection> {
    let bytes = |state: &State| state.proceedings().map_or(0, bytes);
    let before = bytes(state);
    if before + COMMAND_BYTES_MAX <= max || events.is_empty() {
        return Ok(());
    }
    let after = bytes(&Docket::fold(state.clone(), events));
    match after > max && after > before {
        true => Err(Rejection::DocketFull { bytes: after, max }),
        false => Ok(()),
    }
}

/// About how many bytes it has, and not less than that; votes that are still to come count already.
fn bytes(proceedings: &Proceedings) -> usize {
    let voters = proceedings.agenda.participants.iter();
    let votes = voters.map(|voter| 2 * voter.department.as_str().len() + VOTE_BYTES).sum();
    let mandates = proceedings.mandates.iter().map(|mandate| {
        let codes = mandate.holders.iter().chain([&mandate.department]);
        codes.map(|code| code.as_str().len() + 2).sum::<usize>() + PART_BYTES
    });
    let topics = proceedings.topics.iter().map(|topic| bytes_of_topic(topic, votes));
    let reminders = proceedings.reminders.last.iter();
    let reminders = reminders
        .map(|(department, reminder)| department.as_str().len() + 2 * reminder.topics.len() + PART_BYTES);
    topics.chain(mandates).chain(reminders).sum()
}

fn bytes_of_topic(topic: &Topic, votes: usize) -> usize {
    let statements = topic.statements.iter().map(|(department, statement)| {
        department.as_str().len() + statement.reasons.as_str().len() + PART_BYTES
    });
    let versions = topic.versions.iter().map(|text| text.as_str().len() + PART_BYTES);
    let amendments = topic.amendments.iter().map(|amendment| {
        let seconder = amendment.seconded_by.as_ref().map_or(0, |code| code.as_str().len());
        let codes = amendment.department.as_str().len() + seconder + 2 * PART_BYTES;
        // What it may have when it is carried over, the version that it may become, and its ballot count already: what is
        // pending can be decided.
        let to_come = topic.amendment_in_ballot() != Some(amendment.number);
        codes
            + match amendment.stage.is_open() {
                true => 2 * TEXT_BYTES_MAX + if to_come { RESULT_BYTES + votes } else { 0 },
                false => amendment.text.as_str().len(),
            }
    });
    let items = topic.items.iter().map(|item| item.draft.bytes() + PART_BYTES);
    let ballots = topic.ballots.iter().map(|ballot| RESULT_BYTES + votes + bytes_of_reasons(ballot));
    let choices = topic.choices.iter().map(|choice| bytes_of_choice(choice, votes));
    let changes = topic.changes.iter().map(|change| PART_BYTES + change.carried_over.len() * PART_BYTES);
    let points = topic.floor.points.iter().map(|point| {
        let ruling = point.ruling.as_ref().map_or(0, |ruling| ruling.reason.as_str().len());
        point.department.as_str().len() + point.text.as_str().len() + ruling + PART_BYTES
    });
    let motions = topic.motions.iter().map(|motion| {
        let seconder = motion.seconded_by.as_ref().map_or(0, |code| code.as_str().len());
        let proposed = match &motion.kind {
            MotionKind::Main { title, text } => title.as_str().len() + text.as_str().len(),
            _ => 0,
        };
        let texts = motion.department.as_str().len() + motion.reason.as_str().len() + seconder + proposed;
        // Its ballot counts from when it is moved: what is pending can be decided.
        let to_come = motion.stage.is_open() && topic.motion_in_ballot() != Some(motion.number);
        texts + 2 * PART_BYTES + if to_come { RESULT_BYTES + votes } else { 0 }
    });
    let speakers = topic.floor.waiting.iter().chain(topic.floor.spoken.keys());
    let speakers = speakers.map(|code| code.as_str().len() + PART_BYTES);
    let acceptances = topic.acceptances.values().flatten().map(|code| code.as_str().len() + PART_BYTES);
    statements
        .chain(versions)
        .chain(amendments)
        .chain(items)
        .chain(ballots)
        .chain(choices)
        .chain(points)
        .chain(motions)
        .chain(speakers)
        .chain(acceptances)
        .chain(changes)
        .sum()
}

/// With what each seat prefers, and the figures: a row for each option at most.
fn bytes_of_choice(choice: &OptionChoice, votes: usize) -> usize {
    let options = choice.options.iter().map(|option| option.as_str().len() + PART_BYTES);
    let figures = 6 * choice.options.len() * (choice.options.len() + 1);
    choice.question.as_str().len() + options.sum::<usize>() + figures + votes + RESULT_BYTES
}

fn bytes_of_reasons(ballot: &Ballot) -> usize {
    ballot.votes.values().filter_map(|vote| vote.reason.as_ref()).map(|reason| reason.as_str().len()).sum()
}
