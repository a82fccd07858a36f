//! The form that sets a target.

use super::{PHASES, phase_word, said};
use crate::desk::act::{Act, NotDone};
use crate::desk::answer::{Failure, see_other};
use crate::desk::reader::Reader;
use crate::desk::{Query, number};
use http::{Response, StatusCode};
use proto::Invalid;
use proto::resolution::v1::{SetTargetRequest, TargetMeasure, TargetPhase, TargetTerms};
use tonic::body::Body;

/// Setting one, which is done from the list; the form has places of its own for its fields.
pub(in crate::desk) const ACTS: &[Act] = &[Act {
    rpc: "huishang.resolution.v1.ResolutionService/SetTarget",
    label: said("Set a target"),
    fields: &[],
    sample: "{}",
}];

/// The measures, by their names in the form.
const MEASURES: [(&str, TargetMeasure); 3] = [
    ("share_done", TargetMeasure::ShareDone),
    ("share_kept", TargetMeasure::ShareKept),
    ("items_done", TargetMeasure::ItemsDone),
];

/// The form, with what was typed before it was refused.
pub(super) struct SetForm {
    pub(super) command_id: String,
    pub(super) phases: Vec<(&'static str, String)>,
    pub(super) measures: Vec<(&'static str, String)>,
    typed: Query,
}

impl SetForm {
    pub(super) fn typed(&self, field: &str) -> &str {
        self.typed.get(field).unwrap_or_default()
    }
}

/// The form, for those who may set one; what is past is not changed.
pub(super) fn form(reader: &Reader, is_past: bool, typed: Option<&Query>) -> Option<SetForm> {
    let may_set = !is_past && ACTS.iter().all(|act| act.may_be_tried_by(reader));
    may_set.then(|| {
        let measure = |measure: TargetMeasure| {
            reader.words.value("huishang.resolution.v1.TargetMeasure", measure.into())
        };
        SetForm {
            command_id: client::command_id(),
            phases: PHASES.map(|(name, phase)| (name, phase_word(reader.words, phase.into()))).into(),
            measures: MEASURES.map(|(name, known)| (name, measure(known))).into(),
            typed: typed.cloned().unwrap_or_default(),
        }
    })
}

/// Sets what a form says, and leads to its page; or what refused it.
pub(super) async fn carried_out(
    reader: &Reader,
    form: &Query,
) -> Result<Result<Response<Body>, NotDone>, Failure> {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    if form.get("goal").is_some() && form.number("goal").is_none() {
        let field = reader.words.t("What is to be reached");
        let refused = Invalid::field(field, reader.words.t(number::NO_NUMBER));
        return Ok(Err(NotDone::new(form, refused.into(), StatusCode::BAD_REQUEST)));
    }
    let phase = PHASES.into_iter().find(|(name, _)| form.get("phase") == Some(*name));
    let measure = MEASURES.into_iter().find(|(name, _)| form.get("measure") == Some(*name));
    let terms = TargetTerms {
        department_code: text("department"),
        phase: phase.map_or(TargetPhase::Unspecified, |(_, phase)| phase).into(),
        title: text("title"),
        measure: measure.map_or(TargetMeasure::Unspecified, |(_, measure)| measure).into(),
        goal: form.number("goal").and_then(|goal| u32::try_from(goal).ok()).unwrap_or_default(),
        starts_on: text("starts_on"),
        ends_on: text("ends_on"),
        body_code: form.get("body").map(str::to_owned),
    };
    let request = SetTargetRequest {
        command_id: text("command_id"),
        terms: Some(terms),
        reason: text("reason"),
        ..Default::default()
    };
    Ok(match reader.ask(request).await {
        Ok(set) => {
            let id = set.target.map(|target| target.target_id).unwrap_or_default();
            Ok(see_other(&format!("/targets/{id}?done=SetTarget&at={}#notice", set.position)))
        }
        Err(status) => {
            let (code, status) = Failure::refusal(status)?;
            Err(NotDone::new(form, status, code))
        }
    })
}
