//! Whom a record concerns: what its stream is about, and who may know of it.

use crate::AsOf;
use domain::deliberation::docket::{self, Docket};
use domain::deliberation::minutes::Minutes;
use domain::directory::calendar::Calendar;
use domain::directory::department::Department;
use domain::directory::hierarchy;
use domain::followup::follow_up::FollowUp;
use domain::followup::ladder_policy::LadderPolicy;
use domain::resolution::action_item::ActionItem;
use domain::resolution::resolution::Resolution;
use domain::resolution::target::PhasedTarget;
use domain::scheduling::body::Body;
use domain::scheduling::emergency::Emergency;
use domain::scheduling::matter::Matter;
use domain::scheduling::poll::Poll;
use domain::scheduling::session::{self, Session};
use domain::scheduling::stewards;
use domain::scheduling::timetable::Timetable;
use domain::{Actor, Aggregate, Audience, Code, Label, Role, StreamName, Uuid};
use service_kit::CommandError;
use service_kit::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of topics.
pub(super) type Topics = BTreeSet<u32>;

/// Those who see all matters because they watch over them.
const OVERSEE: [Role; 3] = [Role::Supervisor, Role::Auditor, Role::Operator];

/// Whom a stream concerns.
#[derive(Debug)]
pub(super) enum Concern {
    /// Everybody: it is nobody's matter.
    Everybody {
        /// The body that it is.
        body: Option<Code>,
    },
    /// Those who oversee. What is in it would show others how much there is that they do not see.
    Oversight,
    /// The departments that take part in a matter.
    Matter {
        departments: Vec<Code>,
        /// The departments whose clerks keep its record.
        clerks_of: Vec<Code>,
        /// The bodies whose stewards see it.
        bodies: Vec<Code>,
        /// The body whose matter it is.
        body: Option<Code>,
        /// For each of its topics, the departments that recused themselves.
        recused: BTreeMap<u32, BTreeSet<Code>>,
        /// The secret ones of its topics, each with its own audience.
        secret: BTreeMap<u32, Box<Concern>>,
    },
}

impl Concern {
    /// Whom the aggregate of a stream concerns, as it was then.
    pub(super) async fn of(then: AsOf<'_>, stream: &StreamName) -> Result<Concern, CommandError> {
        let id = stream.id;
        match stream.category.as_str() {
            <Department as Aggregate>::CATEGORY
            | <Calendar as Aggregate>::CATEGORY
            | <LadderPolicy as Aggregate>::CATEGORY => Ok(Concern::Everybody { body: None }),
            <Body as Aggregate>::CATEGORY => {
                let body = then.load::<Body>(id).await?;
                Ok(Concern::Everybody { body: body.version().map(|version| version.body.clone()) })
            }
            <Matter as Aggregate>::CATEGORY => {
                let matter = then.load::<Matter>(id).await?;
                let body = matter.known().map(|known| known.body_in_charge().clone());
                Ok(Concern::matter(&Matter::audience(&matter), body, BTreeMap::new()))
            }
            <Session as Aggregate>::CATEGORY => {
                let session = then.load::<Session>(id).await?;
                let body = session.filed().map(|filed| filed.outline.body.clone());
                // The docket has the id of its session.
                let docket = then.load::<Docket>(id).await?;
                let concern = Concern::matter(&Session::audience(&session), body, recusals(&docket));
                Ok(concern.with_secret(secret_in_session(&session)).with_secret(secret_on_docket(&docket)))
            }
            <Timetable as Aggregate>::CATEGORY => {
                let timetable = then.load::<Timetable>(id).await?;
                Ok(Concern::matter(&Timetable::audience(&timetable), None, BTreeMap::new()))
            }
            <Emergency as Aggregate>::CATEGORY => {
                let emergency = then.load::<Emergency>(id).await?;
                let body = emergency.raised().map(|raised| raised.alarm.body.clone());
                Ok(Concern::matter(&Emergency::audience(&emergency), body, BTreeMap::new()))
            }
            <Poll as Aggregate>::CATEGORY => {
                let poll = then.load::<Poll>(id).await?;
                let body = poll.known().map(|known| known.asked.body.clone());
                Ok(Concern::matter(&Poll::audience(&poll), body, BTreeMap::new()))
            }
            <Docket as Aggregate>::CATEGORY => {
                let docket = then.load::<Docket>(id).await?;
                let body = docket.proceedings().map(|proceedings| proceedings.agenda.body.clone());
                let concern = Concern::matter(&Docket::audience(&docket), body, recusals(&docket));
                Ok(concern.with_secret(secret_on_docket(&docket)))
            }
            <Minutes as Aggregate>::CATEGORY => {
                let minutes = then.load::<Minutes>(id).await?;
                // They have the id of their docket.
                let docket = then.load::<Docket>(id).await?;
                let body = docket.proceedings().map(|proceedings| proceedings.agenda.body.clone());
                Ok(Concern::matter(&Minutes::audience(&minutes), body, BTreeMap::new()))
            }
            <Resolution as Aggregate>::CATEGORY => {
                let resolution = then.load::<Resolution>(id).await?;
                let body = body_of(then, Some(id)).await?;
                Ok(Concern::matter(&Resolution::audience(&resolution), body, BTreeMap::new()))
            }
            <ActionItem as Aggregate>::CATEGORY => {
                let item = then.load::<ActionItem>(id).await?;
                let body = body_of(then, item.item().map(|item| item.assignment.resolution)).await?;
                Ok(Concern::matter(&ActionItem::audience(&item), body, BTreeMap::new()))
            }
            <FollowUp as Aggregate>::CATEGORY => {
                let follow_up = then.load::<FollowUp>(id).await?;
                let body =
                    body_of(then, follow_up.followed_item().map(|item| item.subject.resolution)).await?;
                Ok(Concern::matter(&FollowUp::audience(&follow_up), body, BTreeMap::new()))
            }
            <PhasedTarget as Aggregate>::CATEGORY => {
                let target = then.load::<PhasedTarget>(id).await?;
                let body = target.target().and_then(|target| target.terms.body.clone());
                Ok(Concern::matter(&PhasedTarget::audience(&target), body, BTreeMap::new()))
            }
            _ => Ok(Concern::Oversight),
        }
    }

    /// A matter; one that has no history yet is nobody's.
    fn matter(
        audience: &Audience<'_>,
        body: Option<Code>,
        recused: BTreeMap<u32, BTreeSet<Code>>,
    ) -> Concern {
        let owned = |codes: &[&Code]| codes.iter().map(|&code| code.clone()).collect();
        let (departments, clerks_of, bodies) = match audience {
            Audience::Everybody => Default::default(),
            Audience::Concerned { departments, clerks_of, bodies } => {
                (owned(departments), owned(clerks_of), bodies.clone())
            }
        };
        Concern::Matter { departments, clerks_of, bodies, body, recused, secret: BTreeMap::new() }
    }

    /// The same, with these topics of which not all know whom it concerns.
    fn with_secret(mut self, topics: Vec<(u32, Audience<'_>)>) -> Concern {
        if let Concern::Matter { secret, .. } = &mut self {
            let alone = |audience: &Audience<'_>| Box::new(Concern::matter(audience, None, BTreeMap::new()));
            secret.extend(topics.iter().map(|(topic, audience)| (*topic, alone(audience))));
        }
        self
    }

    pub(super) fn is_within(&self, scope: &Scope, actor: &Actor) -> bool {
        match self {
            Concern::Everybody { .. } => true,
            Concern::Oversight => OVERSEE.iter().any(|&role| actor.is(role)),
            Concern::Matter { departments, clerks_of, bodies, .. } => {
                let audience = Audience::of(departments).kept_by(clerks_of);
                scope.covers(&bodies.iter().cloned().fold(audience, Audience::before))
            }
        }
    }

    /// Whether what is for one of its departments, or for none, is for the reader: one of that department, of those above it,
    /// or of those who look after the whole.
    pub(super) fn is_for(&self, scope: &Scope, department: Option<&Code>) -> bool {
        let Concern::Matter { clerks_of, bodies, .. } = self else { return true };
        let audience = Audience::of(department).kept_by(clerks_of);
        scope.covers(&bodies.iter().cloned().fold(audience, Audience::before))
    }

    /// Whether a department takes part.
    pub(super) fn involves(&self, department: &Code) -> bool {
        matches!(self, Concern::Matter { departments, .. } if departments.contains(department))
    }

    /// The departments that may be among those who see it: those whom it names, those above them, and the stewards of its
    /// bodies.
    pub(super) fn named(&self, hierarchy: &hierarchy::State, stewards: &stewards::State) -> BTreeSet<Code> {
        let Concern::Matter { departments, clerks_of, bodies, .. } = self else { return BTreeSet::new() };
        let above = departments.iter().flat_map(|department| hierarchy.upwards(department));
        let stewards = bodies.iter().flat_map(|body| stewards.of(body));
        above.chain(clerks_of).chain(stewards).cloned().collect()
    }

    pub(super) fn body(&self) -> Option<&Code> {
        match self {
            Concern::Everybody { body } | Concern::Matter { body, .. } => body.as_ref(),
            Concern::Oversight => None,
        }
    }

    /// The topics from which the reader's department recused itself, and those that are secret and not its: nothing is said
    /// to it of what happens there.
    pub(super) fn closed_topics(&self, scope: &Scope, actor: &Actor) -> Topics {
        let Concern::Matter { recused, secret, .. } = self else { return Topics::new() };
        let recused = recused.iter().filter(|(_, departments)| scope.is_recused(departments));
        let secret = secret.iter().filter(|(_, concern)| !concern.is_within(scope, actor));
        recused.map(|(topic, _)| *topic).chain(secret.map(|(topic, _)| *topic)).collect()
    }
}

fn secret_in_session(session: &session::State) -> Vec<(u32, Audience<'_>)> {
    let Some(filed) = session.filed() else { return Vec::new() };
    let secret = filed.outline.topics.iter().filter(|topic| topic.label == Label::Secret);
    secret.map(|topic| (topic.number, filed.audience_of(topic))).collect()
}

/// Who votes for whom, and whom an item would bind, is known to the docket.
fn secret_on_docket(docket: &docket::State) -> Vec<(u32, Audience<'_>)> {
    let Some(proceedings) = docket.proceedings() else { return Vec::new() };
    let secret = proceedings.topics.iter().filter(|topic| topic.label == Label::Secret);
    secret.map(|topic| (topic.number, proceedings.audience_of(topic))).collect()
}

fn recusals(docket: &docket::State) -> BTreeMap<u32, BTreeSet<Code>> {
    let topics = docket.proceedings().into_iter().flat_map(|proceedings| &proceedings.topics);
    topics
        .filter(|topic| !topic.recused.is_empty())
        .map(|topic| (topic.number, topic.recused.clone()))
        .collect()
}

/// The body that made a resolution.
async fn body_of(then: AsOf<'_>, resolution: Option<Uuid>) -> Result<Option<Code>, CommandError> {
    let Some(resolution) = resolution else { return Ok(None) };
    let state = then.load::<Resolution>(resolution).await?;
    Ok(state.registered().map(|registered| registered.registration.body.clone()))
}
