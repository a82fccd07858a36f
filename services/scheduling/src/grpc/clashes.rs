//! Sessions at the same time in which the same departments decide: one of the two was overridden on record, or is an emergency.

use super::Service;
use domain::scheduling::diary::{Diary, deciding};
use domain::scheduling::room::Booking;
use domain::scheduling::session::{Filed, Rule, Session, Stage};
use domain::{Code, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::{CommandError, Scope};

impl Service {
    /// The other sessions at the time of one, as somebody sees them: of what they do not see, they see when it is.
    pub(super) async fn clashes(
        &self,
        scope: &Scope,
        id: Uuid,
        filed: &Filed,
    ) -> Result<Vec<pb::SessionClash>, CommandError> {
        let mut clashes = Vec::new();
        if !matches!(filed.stage(), Stage::Scheduled | Stage::Convened) {
            return Ok(clashes);
        }
        for department in deciding(&filed.outline) {
            let diary = self.kit.show::<Diary>(scope, Diary::id(department)).await?;
            for (other, at) in diary.beside(id) {
                clashes.push(self.clash(scope, filed, department, other, at).await?);
            }
        }
        Ok(clashes)
    }

    async fn clash(
        &self,
        scope: &Scope,
        filed: &Filed,
        department: &Code,
        other: Uuid,
        at: Booking,
    ) -> Result<pb::SessionClash, CommandError> {
        let state = self.kit.show::<Session>(scope, other).await?;
        let seen = state.filed();
        Ok(pb::SessionClash {
            department_code: department.to_string(),
            starts_at: at.starts_at.to_wire(),
            ends_at: at.ends_at.to_wire(),
            session_id: seen.map(|_| other.to_string()),
            reason: why(filed).or_else(|| seen.and_then(why)),
        })
    }
}

/// Why a session may be at the same time as another one.
fn why(filed: &Filed) -> Option<String> {
    let overridden = filed.override_of(Rule::OneSessionAtATime).map(ToString::to_string);
    overridden.or_else(|| filed.outline.emergency.as_ref().map(|declared| declared.reason.to_string()))
}
