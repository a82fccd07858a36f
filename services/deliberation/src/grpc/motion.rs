//! Motions: read from requests, and as clients see them.

use super::{Reply, Service, docket_id};
use domain::deliberation::docket::{Command, Motion, MotionKind};
use domain::{Code, Date, Line, Text};
use proto::deliberation::v1 as pb;
use proto::{Invalid, Wire as _, read_fields};
use service_kit::serve::read;
use tonic::{Request, Response};

/// Moves something.
pub(super) async fn move_one(
    service: &Service,
    request: Request<pb::MoveMotionRequest>,
) -> Reply<pb::MoveMotionResponse> {
    let calendar = service.calendar().await?;
    let (context, mut request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let kind = asked(&mut request)?;
    let to = match &kind {
        MotionKind::Refer { referred_to } => Some(referred_to.clone()),
        MotionKind::CloseDebate
        | MotionKind::Defer { .. }
        | MotionKind::Reconsider
        | MotionKind::Appeal { .. }
        | MotionKind::Main { .. } => None,
    };
    let command = read_fields!(request => Command::MoveMotion {
        topic_number: topic, department_code: department, reason; kind, calendar
    })?;
    let (position, docket) = service.decide_referring(&context, id, command, to).await?;
    Ok(Response::new(pb::MoveMotionResponse { position, docket }))
}

/// Puts a motion to the vote: one to defer until a day to come.
pub(super) async fn put(
    service: &Service,
    request: Request<pb::PutMotionRequest>,
) -> Reply<pb::PutMotionResponse> {
    let calendar = service.calendar().await?;
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::PutMotion {
        topic_number: topic, motion_number: motion; calendar
    })?;
    let (position, docket) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::PutMotionResponse { position, docket }))
}

/// What a motion asks for. A field that is not for its kind is unset.
fn asked(request: &mut pb::MoveMotionRequest) -> Result<MotionKind, Invalid> {
    let missing = |field| Invalid::field(field, "is missing");
    let (resume_on, to) = (request.resume_on.take(), request.referred_to_code.take());
    let point = request.point_number.take();
    let (title, text) = (request.title.take(), request.text.take());
    let kind = pb::MotionKind::try_from(request.kind);
    let strange = [
        ("resume_on", resume_on.is_some(), pb::MotionKind::Defer),
        ("referred_to_code", to.is_some(), pb::MotionKind::Refer),
        ("point_number", point.is_some(), pb::MotionKind::Appeal),
        ("title", title.is_some(), pb::MotionKind::Main),
        ("text", text.is_some(), pb::MotionKind::Main),
    ];
    if let Some((field, ..)) = strange.into_iter().find(|(_, is_given, of)| *is_given && kind != Ok(*of)) {
        return Err(Invalid::field(field, "is not for a motion of this kind"));
    }
    match kind {
        Ok(pb::MotionKind::CloseDebate) => Ok(MotionKind::CloseDebate),
        Ok(pb::MotionKind::Reconsider) => Ok(MotionKind::Reconsider),
        Ok(pb::MotionKind::Defer) => {
            let resume_on: Date = read("resume_on", resume_on.ok_or_else(|| missing("resume_on"))?)?;
            Ok(MotionKind::Defer { resume_on })
        }
        Ok(pb::MotionKind::Refer) => {
            let to = to.ok_or_else(|| missing("referred_to_code"))?;
            let referred_to: Code = read("referred_to_code", to)?;
            Ok(MotionKind::Refer { referred_to })
        }
        Ok(pb::MotionKind::Appeal) => {
            Ok(MotionKind::Appeal { point: point.ok_or_else(|| missing("point_number"))? })
        }
        Ok(pb::MotionKind::Main) => {
            let title: Line = read("title", title.ok_or_else(|| missing("title"))?)?;
            let text: Text = read("text", text.ok_or_else(|| missing("text"))?)?;
            Ok(MotionKind::Main { title, text })
        }
        _ => Err(missing("kind")),
    }
}

/// A motion as clients see it.
pub(super) fn shown(motion: &Motion) -> pb::Motion {
    let kind = match &motion.kind {
        MotionKind::CloseDebate => pb::MotionKind::CloseDebate,
        MotionKind::Defer { .. } => pb::MotionKind::Defer,
        MotionKind::Refer { .. } => pb::MotionKind::Refer,
        MotionKind::Reconsider => pb::MotionKind::Reconsider,
        MotionKind::Appeal { .. } => pb::MotionKind::Appeal,
        MotionKind::Main { .. } => pb::MotionKind::Main,
    };
    let mut shown = pb::Motion {
        number: motion.number,
        department_code: motion.department.to_wire(),
        kind: kind.into(),
        reason: motion.reason.to_wire(),
        seconded_by_code: motion.seconded_by.to_wire(),
        stage: motion.stage.to_wire(),
        put_down_by_clerk: motion.put_down_by_clerk,
        second_put_down_by_clerk: motion.second_put_down_by_clerk,
        ..Default::default()
    };
    match &motion.kind {
        MotionKind::Defer { resume_on } => shown.resume_on = Some(resume_on.to_wire()),
        MotionKind::Refer { referred_to } => shown.referred_to_code = Some(referred_to.to_wire()),
        MotionKind::Appeal { point } => shown.point_number = Some(*point),
        MotionKind::Main { title, text } => {
            shown.title = Some(title.to_wire());
            shown.text = Some(text.to_wire());
        }
        MotionKind::CloseDebate | MotionKind::Reconsider => {}
    }
    shown
}
