//! Labelling topics, papers and matters otherwise, and the labels that topics have when a request says none.

use super::{Reply, Service, matter, render, session_id};
use domain::scheduling::matter::Matter;
use domain::scheduling::session::{Command, Topic};
use domain::{Label, Text};
use proto::read_fields;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use service_kit::{CommandError, UnitOfWork};
use std::collections::{BTreeMap, BTreeSet};
use tonic::{Request, Response};

pub(super) async fn topic(
    service: &Service,
    request: Request<pb::RelabelTopicRequest>,
) -> Reply<pb::RelabelTopicResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::RelabelTopic { topic_number: topic, label, reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::RelabelTopicResponse { position, session }))
}

pub(super) async fn paper(
    service: &Service,
    request: Request<pb::RelabelPaperRequest>,
) -> Reply<pb::RelabelPaperResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::RelabelPaper {
        topic_number: topic, sha256, label, reason
    })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::RelabelPaperResponse { position, session }))
}

pub(super) async fn matter(
    service: &Service,
    request: Request<pb::RelabelMatterRequest>,
) -> Reply<pb::RelabelMatterResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = matter::matter_id(&request.matter_id)?;
    let label: Label = read("label", request.label)?;
    let reason: Text = read("reason", request.reason)?;
    let (position, matter) = matter::relabel(service, &context, id, label, reason).await?;
    Ok(Response::new(pb::RelabelMatterResponse { position, matter }))
}

/// The numbers of the topics of which a request does not say who may see them.
pub(super) fn unlabelled(topics: &[pb::SessionTopic]) -> BTreeSet<u32> {
    topics.iter().filter(|topic| topic.label.is_none()).map(|topic| topic.number).collect()
}

/// Such a topic has the label of the topic that it replaces, or else of its matter; and a sub-topic is as confidential as its
/// topic.
pub(super) async fn keep_labels(
    unit: &mut UnitOfWork,
    topics: &mut [Topic],
    unlabelled: &BTreeSet<u32>,
    before: &[Topic],
) -> Result<(), CommandError> {
    for topic in topics.iter_mut().filter(|topic| unlabelled.contains(&topic.number)) {
        let Some(matter) = topic.matter else { continue };
        let known = unit.load::<Matter>(matter).await?.known().map(|known| known.label);
        let replaced = before.iter().find(|old| old.matter == topic.matter).map(|old| old.label);
        topic.label = known.into_iter().chain(replaced).max().unwrap_or(topic.label);
    }
    let labels: BTreeMap<u32, Label> = topics.iter().map(|topic| (topic.number, topic.label)).collect();
    for topic in topics.iter_mut().filter(|topic| unlabelled.contains(&topic.number)) {
        let above = topic.parent.and_then(|parent| labels.get(&parent));
        topic.label = topic.label.max(above.copied().unwrap_or(topic.label));
    }
    Ok(())
}
