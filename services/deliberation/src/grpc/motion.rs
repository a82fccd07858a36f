//! Motions: read from requests, and as clients see them.

use super::{Reply, Service, docket_id};
use domain::deliberation::docket::{Command, Motion, MotionKind};
use domain::{Code, Date};
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
    let kind = asked(request.kind, request.resume_on.take(), request.referred_to_code.take())?;
    let to = match &kind {
        MotionKind::Refer { referred_to } => Some(referred_to.clone()),
        MotionKind::CloseDebate | MotionKind::Defer { .. } => None,
    };
    let command = read_fields!(request => Command::MoveMotion {
        topic_number: topic, department_code: department, reason; kind, calendar
    })?;
    let (position, docket) = service.decide_referring(&context, id, command, to).await?;
    Ok(Response::new(pb::MoveMotionResponse { position, docket }))
}

/// What a motion asks for. A field that is not for its kind is unset.
fn asked(
    kind: i32,
    resume_on: Option<String>,
    referred_to_code: Option<String>,
) -> Result<MotionKind, Invalid> {
    let missing = |field| Invalid::field(field, "is missing");
    let unset = |field, given: &Option<String>| match given {
        None => Ok(()),
        Some(_) => Err(Invalid::field(field, "is not for a motion of this kind")),
    };
    match pb::MotionKind::try_from(kind) {
        Ok(pb::MotionKind::CloseDebate) => {
            unset("resume_on", &resume_on)?;
            unset("referred_to_code", &referred_to_code)?;
            Ok(MotionKind::CloseDebate)
        }
        Ok(pb::MotionKind::Defer) => {
            unset("referred_to_code", &referred_to_code)?;
            let resume_on: Date = read("resume_on", resume_on.ok_or_else(|| missing("resume_on"))?)?;
            Ok(MotionKind::Defer { resume_on })
        }
        Ok(pb::MotionKind::Refer) => {
            unset("resume_on", &resume_on)?;
            let to = referred_to_code.ok_or_else(|| missing("referred_to_code"))?;
            let referred_to: Code = read("referred_to_code", to)?;
            Ok(MotionKind::Refer { referred_to })
        }
        _ => Err(missing("kind")),
    }
}

/// A motion as clients see it.
pub(super) fn shown(motion: &Motion) -> pb::Motion {
    let (kind, resume_on, referred_to_code) = match &motion.kind {
        MotionKind::CloseDebate => (pb::MotionKind::CloseDebate, None, None),
        MotionKind::Defer { resume_on } => (pb::MotionKind::Defer, Some(resume_on.to_wire()), None),
        MotionKind::Refer { referred_to } => (pb::MotionKind::Refer, None, Some(referred_to.to_wire())),
    };
    pb::Motion {
        number: motion.number,
        department_code: motion.department.to_wire(),
        kind: kind.into(),
        resume_on,
        referred_to_code,
        reason: motion.reason.to_wire(),
        seconded_by_code: motion.seconded_by.to_wire(),
        stage: motion.stage.to_wire(),
        put_down_by_clerk: motion.put_down_by_clerk,
        second_put_down_by_clerk: motion.second_put_down_by_clerk,
    }
}
