//! From admission to the session itself: room and time, invitations, delegates, convening, the end.

use super::{Answer, CONVENE_EARLY, Delegate, Event, Filed, Kind, Rejection, Slot, Stage, must_speak_for};
use crate::{Code, Issued, Text, Timestamp};

pub(super) fn schedule(
    filed: &Filed,
    room: Code,
    from: Timestamp,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let until = filed.end_when_from(from);
    let slot = Slot { room, from, until };
    if filed.stage == Stage::Scheduled && filed.slot.as_ref() == Some(&slot) {
        return Ok(vec![]);
    }
    filed.must_be(&[Stage::Admitted], "scheduled", "admitted")?;
    let earliest = filed.outline.earliest_start;
    if from < earliest {
        return Err(Rejection::BeforeEarliestStart { from, earliest });
    }
    if from < issued.at {
        return Err(Rejection::StartsInThePast { from, now: issued.at });
    }
    let invited = filed.outline.departments().cloned().collect();
    Ok(vec![Event::Scheduled { room: slot.room, from, until, invited }])
}

pub(super) fn cancel(filed: &Filed, reason: Text) -> Result<Vec<Event>, Rejection> {
    if filed.stage == Stage::Cancelled {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Requested, Stage::Screened, Stage::Returned, Stage::Admitted, Stage::Scheduled],
        "cancelled",
        "not yet convened",
    )?;
    Ok(vec![Event::Cancelled { reason }])
}

pub(super) fn answer_invitation(
    filed: &Filed,
    department: Code,
    answer: Answer,
    reason: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Scheduled], "answered", "scheduled")?;
    let Some(invitation) = filed.invitations.iter().find(|known| known.department == department) else {
        return Err(Rejection::NotInvited { department });
    };
    must_speak_for(&department, issued)?;
    if answer == Answer::Decline && reason.is_none() {
        return Err(Rejection::NoReason { department });
    }
    if invitation.answer == Some(answer) && invitation.reason == reason {
        return Ok(vec![]);
    }
    Ok(vec![Event::InvitationAnswered { department, answer, reason }])
}

pub(super) fn name_delegate(
    filed: &Filed,
    named: Delegate,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Admitted, Stage::Scheduled], "given a delegate", "admitted or scheduled")?;
    if !filed.outline.is_attended_by(&named.department) {
        return Err(Rejection::NotInvited { department: named.department });
    }
    must_speak_for(&named.department, issued)?;
    if filed.delegates.contains(&named) {
        return Ok(vec![]);
    }
    let Delegate { department, delegate, in_place_of } = named;
    Ok(vec![Event::DelegateNamed { department, delegate, in_place_of }])
}

pub(super) fn convene(filed: &Filed, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match (filed.stage, &filed.slot) {
        (Stage::Convened, _) => Ok(vec![]),
        (Stage::Scheduled, Some(Slot { room, from, .. })) => {
            let opens = from.checked_sub(CONVENE_EARLY).unwrap_or(Timestamp::MIN);
            if issued.at < opens {
                return Err(Rejection::TooEarly { from: *from, opens });
            }
            Ok(vec![Event::Convened { room: Some(room.clone()) }])
        }
        (Stage::Admitted, _) if filed.outline.kind == Kind::Emergency => {
            Ok(vec![Event::Convened { room: None }])
        }
        (state, _) => Err(Rejection::WrongState {
            wish: "convened",
            needed: "scheduled, or admitted in an emergency",
            state,
        }),
    }
}

pub(super) fn conclude(filed: &Filed) -> Result<Vec<Event>, Rejection> {
    if filed.stage == Stage::Concluded {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Convened, Stage::Countersigning],
        "concluded",
        "convened or turned into a countersign",
    )?;
    Ok(vec![Event::Concluded])
}
