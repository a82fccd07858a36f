//! A topic that is added after all were invited.

use super::{Reply, Service, not_found, relabelling, render, session_id};
use crate::facts;
use domain::Text;
use domain::aggregate::derived_id;
use domain::scheduling::agenda::name_matters;
use domain::scheduling::session::{DepartmentRole, Session, Topic};
use proto::Invalid;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use std::collections::BTreeSet;
use tonic::Request;

/// What is to be added.
#[derive(Clone)]
struct Wanted {
    topic: Topic,
    /// Whether it has its number from its place, and its label from its matter or its topic.
    is_numbered: bool,
    is_labelled: bool,
    roles: Vec<DepartmentRole>,
    reason: Text,
}

impl Wanted {
    fn read(request: pb::AddTopicRequest) -> Result<Wanted, Invalid> {
        let given = request.topic.as_ref();
        Ok(Wanted {
            is_numbered: given.is_some_and(|topic| topic.number > 0),
            is_labelled: given.is_some_and(|topic| topic.label.is_some()),
            topic: read("topic", request.topic)?,
            roles: read("roles", request.roles)?,
            reason: read("reason", request.reason)?,
        })
    }
}

pub(super) async fn add(
    service: &Service,
    request: Request<pb::AddTopicRequest>,
) -> Reply<pb::AddTopicResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let wanted = Wanted::read(request)?;
    let seed = derived_id(id, &[&context.command_id.to_string()]);
    let added = service.kit.commit::<Session, _>(&context, id, |unit| {
        let (mut wanted, default_calendar) = (wanted.clone(), service.default_calendar.clone());
        Box::pin(async move {
            let before = unit.load::<Session>(id).await?;
            let filed = before.filed().ok_or_else(|| not_found("session"))?;
            let mut topics = filed.outline.topics.clone();
            if !wanted.is_numbered {
                wanted.topic.number = u32::try_from(topics.len() + 1).unwrap_or(u32::MAX);
            }
            let number = wanted.topic.number;
            topics.push(wanted.topic);
            name_matters(&mut topics, &[], seed);
            let unlabelled = BTreeSet::from_iter((!wanted.is_labelled).then_some(number));
            relabelling::keep_labels(unit, &mut topics, &unlabelled, &[]).await?;
            let topic = topics.pop().ok_or_else(|| not_found("topic"))?;
            let command =
                facts::added_topic(unit, &default_calendar, id, (topic, wanted.roles, wanted.reason)).await?;
            let command = command.ok_or_else(|| not_found("session"))?;
            facts::must_be_allowed(unit, id, &command).await?;
            facts::decide_session(unit, id, &command, seed, &default_calendar).await
        })
    });
    let (position, session) = service.answered(&context, id, added.await).await?;
    Ok(render::shown(session, |session| pb::AddTopicResponse { position, session }))
}
