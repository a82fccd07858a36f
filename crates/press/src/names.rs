//! What departments and bodies were called at a moment.

use documents::Names;
use domain::directory::department::Department;
use domain::scheduling::body::Body;
use domain::{Aggregate, Code, Timestamp, Uuid};
use proto::record::EventCodec;
use service_kit::{CommandError, Kit, events};

/// What these were called at a moment, so that a later name changes no file.
pub async fn names<'a>(
    kit: &Kit,
    departments: impl IntoIterator<Item = &'a Code>,
    bodies: impl IntoIterator<Item = &'a Code>,
    at: Timestamp,
) -> Result<Names, CommandError> {
    let mut names = Names::default();
    for code in departments {
        let state = as_of::<Department>(kit, Department::id(code), at).await?;
        if let Some(profile) = state.profile() {
            names.departments.insert(code.clone(), profile.name.to_string());
        }
    }
    for code in bodies {
        let state = as_of::<Body>(kit, Body::id(code), at).await?;
        if let Some(version) = state.version() {
            names.bodies.insert(code.clone(), version.charter.name.to_string());
        }
    }
    Ok(names)
}

/// An aggregate as it was at a moment.
async fn as_of<A: EventCodec>(kit: &Kit, id: Uuid, at: Timestamp) -> Result<A::State, CommandError> {
    let mut state = <A as Aggregate>::State::default();
    for record in kit.journal().read(&A::stream(id), 0).await? {
        if record.envelope.time > at {
            break;
        }
        let events = events::decode::<A>(&record)?;
        state = A::fold(state, &events);
    }
    Ok(state)
}
