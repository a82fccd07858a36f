//! Who could see a thing at a time: the scope of every department, asked as any query asks it.

use crate::AsOf;
use crate::concern::Concern;
use domain::deliberation::docket::Docket;
use domain::directory::hierarchy::Hierarchy;
use domain::resolution::action_item::ActionItem;
use domain::resolution::resolution::Resolution;
use domain::resolution::target::PhasedTarget;
use domain::scheduling::emergency::Emergency;
use domain::scheduling::matter::Matter;
use domain::scheduling::poll::Poll;
use domain::scheduling::session::Session;
use domain::scheduling::stewards::Stewards;
use domain::scheduling::timetable::Timetable;
use domain::{Actor, Aggregate, Code, Role, StreamName, Uuid};
use service_kit::scope::Scope;
use service_kit::{CommandError, Kit};

/// What the people of a department could see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentReaders {
    /// The department.
    pub department: Code,
    /// Whether everybody who spoke for it could see the thing.
    pub all: bool,
    /// Whether its clerks could see it.
    pub clerks: bool,
    /// Whether its leaders could see it.
    pub leaders: bool,
    /// The topics that were closed to them: to whoever spoke for it, or where only its clerks and leaders could see the thing, to
    /// its clerks.
    pub closed_topics: Vec<u32>,
}

/// Who could see a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readers {
    /// What it is, such as `scheduling.session`; empty if there was nothing then.
    pub kind: &'static str,
    /// The departments whose people could.
    pub departments: Vec<DepartmentReaders>,
}

/// Who could see the thing with this id when the log ended with a position.
///
/// # Errors
/// What was so then cannot be read.
pub async fn readers(kit: &Kit, id: Uuid, position: u64) -> Result<Readers, CommandError> {
    let then = AsOf { kit, position: Some(position) };
    let Some(kind) = kind_of(then, id).await? else { return Ok(Readers::default()) };
    let stream = StreamName { category: kind.into(), id };
    let concern = Concern::of(then, &stream).await?;
    let hierarchy = then.load::<Hierarchy>(Hierarchy::realm_id()).await?;
    let stewards = then.load::<Stewards>(Stewards::realm_id()).await?;
    let mut found = Vec::new();
    for department in concern.named(&hierarchy, &stewards) {
        let of = |role: Role| {
            let actor =
                Actor { subject: String::new(), department: Some(department.clone()), roles: vec![role] };
            let scope = Scope::of(&actor, &hierarchy, &stewards);
            (concern.is_within(&scope, &actor), concern.closed_topics(&scope, &actor))
        };
        let ((all, closed_to_all), (clerks, closed_to_clerks)) = (of(Role::DepartmentLead), of(Role::Clerk));
        let (leaders, _) = of(Role::Leader);
        // Whatever leaders see, clerks see.
        if all || clerks {
            let closed = if all { closed_to_all } else { closed_to_clerks };
            let closed_topics = closed.into_iter().collect();
            found.push(DepartmentReaders { department, all, clerks, leaders, closed_topics });
        }
    }
    Ok(Readers { kind, departments: found })
}

/// Of what kind the thing with this id was.
async fn kind_of(then: AsOf<'_>, id: Uuid) -> Result<Option<&'static str>, CommandError> {
    macro_rules! first_of {
        ($($kind:ty),+) => {
            $(if then.load::<$kind>(id).await? != Default::default() {
                return Ok(Some(<$kind as Aggregate>::CATEGORY));
            })+
        };
    }
    first_of!(Session, Docket, Matter, Resolution, ActionItem, PhasedTarget, Emergency, Timetable, Poll);
    Ok(None)
}
