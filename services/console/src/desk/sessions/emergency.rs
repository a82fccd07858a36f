//! The clocks of an emergency: who was called, who acknowledged, and until when it has to be decided.

use super::acts::ACKNOWLEDGE;
use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use futures::future::join_all;
use proto::scheduling::v1::{EmergencyCall, EmergencyCallStage, Session, SessionEmergency};

/// An emergency as a page shows it.
pub(super) struct Emergency {
    /// What the clock of the decision says.
    pub(super) clock: Markup,
    /// Whether it ran out.
    pub(super) overdue: bool,
    pub(super) calls: Vec<Call>,
}

/// A call as a page shows it.
pub(super) struct Call {
    pub(super) code: String,
    pub(super) name: String,
    /// Whom it stands in for, when that is another department.
    pub(super) in_place_of: Option<String>,
    pub(super) stage: String,
    pub(super) called: Markup,
    pub(super) until: Markup,
    pub(super) acknowledged: Option<Markup>,
    /// Whose clerk acknowledged on its behalf.
    pub(super) on_behalf_by: Option<String>,
    /// Whether the reader may acknowledge it.
    pub(super) may_acknowledge: bool,
    pub(super) command_id: String,
}

/// The emergency of a session, if it is one.
pub(super) async fn of(reader: &Reader, around: &Surroundings, session: &Session) -> Option<Emergency> {
    let emergency = session.emergency.as_ref()?;
    let calls = emergency.calls.iter().map(async |made| {
        let is_open = matches!(made.stage(), EmergencyCallStage::Waiting | EmergencyCallStage::Unreached);
        let of = [("sessionId", session.session_id.as_str()), ("departmentCode", &made.department_code)];
        let may_be_open = is_open && emergency.ended_at.is_none();
        call(reader, around, made, may_be_open && ACKNOWLEDGE.is_possible(reader, &of).await)
    });
    Some(Emergency {
        clock: clock(reader, around, emergency),
        overdue: emergency.overdue,
        calls: join_all(calls).await,
    })
}

fn clock(reader: &Reader, around: &Surroundings, emergency: &SessionEmergency) -> Markup {
    let words = reader.words;
    let moment = |at: Option<prost_types::Timestamp>| around.calendar.short(words, &at.unwrap_or_default());
    let due = ("due", moment(emergency.decide_by));
    match emergency.ended_at {
        Some(_) => {
            let cause = words.value("huishang.scheduling.v1.EmergencyEndCause", emergency.end_cause().into());
            let ended = ("ended", moment(emergency.ended_at));
            let values = [due, ended, ("cause", Markup::text(&cause))];
            Markup::fill(
                words.t("The clock stood still {ended}: {cause}. The decision was due {due}."),
                &values,
            )
        }
        None if emergency.overdue => {
            Markup::fill(words.t("The decision was due {due}, and there is none."), &[due])
        }
        None => {
            let half = ("half", moment(emergency.halfway_at));
            Markup::fill(words.t("The decision is due {due}; half of the time is over {half}."), &[due, half])
        }
    }
}

fn call(reader: &Reader, around: &Surroundings, call: &EmergencyCall, may_acknowledge: bool) -> Call {
    let words = reader.words;
    let name = |code: &str| around.directory.name(code);
    let moment = |at: prost_types::Timestamp| around.calendar.short(words, &at);
    Call {
        code: call.department_code.clone(),
        name: name(&call.department_code),
        in_place_of: (call.seat_code != call.department_code).then(|| name(&call.seat_code)),
        stage: words.value("huishang.scheduling.v1.EmergencyCallStage", call.stage),
        called: moment(call.called_at.unwrap_or_default()),
        until: moment(call.acknowledge_by.unwrap_or_default()),
        acknowledged: call.acknowledged_at.map(moment),
        on_behalf_by: call.on_behalf_by_code.as_deref().map(name),
        may_acknowledge,
        command_id: client::command_id(),
    }
}
