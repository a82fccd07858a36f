//! Minutes: what people say about them, and the document, which is derived from the log whenever it is read.

use super::{Reply, Service, docket_id};
use data_encoding::HEXLOWER;
use documents::Language;
use documents::minutes::Record;
use domain::calendar::Zone;
use domain::deliberation::docket::Docket;
use domain::deliberation::minutes::{Command, Digest, Draft, Minutes, Rejection};
use domain::resolution::resolution::Resolution;
use domain::{Aggregate as _, Line, Uuid};
use proto::deliberation::v1 as pb;
use proto::{Wire as _, read_fields};
use service_kit::access_log::ShownLabel;
use service_kit::handle::Executed;
use service_kit::{CommandError, Kit, Scope, events};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response};

pub(super) async fn correct(
    service: &Service,
    request: Request<pb::CorrectMinutesRequest>,
) -> Reply<pb::CorrectMinutesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::Correct { text })?;
    let done = service.kit.execute::<Minutes>(&context, id, command).await?;
    Ok(Response::new(pb::CorrectMinutesResponse { position: done.position, minutes: shown(id, &done) }))
}

pub(super) async fn confirm(
    service: &Service,
    request: Request<pb::ConfirmMinutesRequest>,
) -> Reply<pb::ConfirmMinutesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::Confirm { department_code: department })?;
    let done = service.kit.execute::<Minutes>(&context, id, command).await?;
    Ok(Response::new(pb::ConfirmMinutesResponse { position: done.position, minutes: shown(id, &done) }))
}

pub(super) async fn object(
    service: &Service,
    request: Request<pb::ObjectToMinutesRequest>,
) -> Reply<pb::ObjectToMinutesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::Object { department_code: department, reason })?;
    let done = service.kit.execute::<Minutes>(&context, id, command).await?;
    Ok(Response::new(pb::ObjectToMinutesResponse { position: done.position, minutes: shown(id, &done) }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetMinutesRequest>,
) -> Reply<pb::GetMinutesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Minutes>(&scope, id).await?;
    let draft = state.draft().ok_or_else(absent)?;
    let (html, labels) = match language(request.language()) {
        Some(language) => {
            let calendar = service.calendar().await?;
            let record = visible(record(&service.kit, id, draft).await?.ok_or_else(absent)?, &scope);
            let labels = record.proceedings.topics.iter().map(|topic| topic.label).collect();
            (documents::minutes::html(&record, language, calendar.zone()), labels)
        }
        None => (String::new(), vec![]),
    };
    let answer = pb::GetMinutesResponse { minutes: Some(render(id, draft)), html, position };
    Ok(ShownLabel::on(labels, Response::new(answer)))
}

pub(super) fn language(wire: pb::DocumentLanguage) -> Option<Language> {
    match wire {
        pb::DocumentLanguage::Unspecified => None,
        pb::DocumentLanguage::Chinese => Some(Language::Chinese),
        pb::DocumentLanguage::English => Some(Language::English),
    }
}

pub(super) fn absent() -> CommandError {
    CommandError::rejected::<Minutes>(Rejection::NotFound { what: "the minutes".into() })
}

/// The hashes of the documents, for sealing them.
pub(crate) async fn digests(
    kit: &Kit,
    id: Uuid,
    draft: &Draft,
    zone: &Zone,
) -> Result<Vec<Digest>, CommandError> {
    let Some(record) = record(kit, id, draft).await? else { return Ok(Vec::new()) };
    let digest = |language, name: &str| {
        let html = documents::minutes::html(&record, language, zone);
        let sha256 = HEXLOWER.encode(&Sha256::digest(html));
        let line = |text: &str| Line::parse(text).expect("a short line");
        Digest { language: line(name), sha256: line(&sha256) }
    };
    Ok(vec![digest(Language::Chinese, "zh"), digest(Language::English, "en")])
}

/// What the minutes are made from: the docket's own history, and what was said about them.
pub(super) async fn record(kit: &Kit, id: Uuid, draft: &Draft) -> Result<Option<Record>, CommandError> {
    let records = kit.journal().read(&Docket::stream(id), 0).await?;
    let mut events = Vec::new();
    for record in &records {
        let decoded = events::decode::<Docket>(record)?;
        events.extend(decoded.into_iter().map(|event| (record.envelope.time, event)));
    }
    let Some(mut record) = Record::of(events.iter().map(|(at, event)| (*at, event))) else { return Ok(None) };
    record.notes = draft.notes.clone();
    for change in record.proceedings.topics.iter().flat_map(|topic| &topic.changes) {
        let state = kit.load::<Resolution>(change.resolution).await?;
        if let Some(known) = state.registered() {
            record.resolutions.insert(change.resolution, known.registration.number.clone());
        }
    }
    Ok(Some(record))
}

/// The record without what was said on topics from which whoever asks has recused themselves, and without topics that they do
/// not see.
pub(super) fn visible(mut record: Record, scope: &Scope) -> Record {
    let hidden = record.proceedings.hidden_from(|audience| scope.covers(audience));
    if !hidden.is_empty() {
        record.proceedings = record.proceedings.seen_by(|audience| scope.covers(audience)).into_owned();
        record.proceedings.topics.retain(|topic| !hidden.contains(&topic.number));
    }
    for topic in &mut record.proceedings.topics {
        if scope.is_recused(&topic.recused) {
            topic.statements.clear();
            topic.amendments.clear();
            topic.motions.clear();
            topic.floor.points.clear();
        }
    }
    record
}

fn shown(id: Uuid, done: &Executed<Minutes>) -> Option<pb::Minutes> {
    done.state().draft().map(|draft| render(id, draft))
}

fn render(id: Uuid, draft: &Draft) -> pb::Minutes {
    let stage = match (draft.settled, draft.sealed.is_empty()) {
        (false, _) => pb::MinutesStage::Drafted,
        (true, true) => pb::MinutesStage::Settled,
        (true, false) => pb::MinutesStage::Sealed,
    };
    pb::Minutes {
        docket_id: id.to_string(),
        stage: stage.into(),
        confirm_by: draft.confirm_by.to_wire(),
        confirmed_codes: draft.confirming().map(ToString::to_string).collect(),
        objecting_codes: draft.objecting().map(ToString::to_string).collect(),
        notes: draft.notes.to_wire(),
        digests: draft.sealed.to_wire(),
    }
}
