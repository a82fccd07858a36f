//! What clerks put down for departments without users, and what those contest of it.

use super::{Reply, Service, cascade, item_id, listed};
use domain::directory::department::Department;
use domain::resolution::action_item::put_down::Kind;
use domain::resolution::action_item::{ActionItem, Command, Grounds, Item, Said, Saying};
use domain::resolution::register;
use domain::resolution::resolution::Resolution;
use domain::scheduling::stewards::{self, Stewards};
use domain::{Code, Text};
use proto::resolution::v1 as pb;
use proto::{Invalid, Violation, read_fields};
use service_kit::serve::read;
use service_kit::{CommandError, Kit};
use tonic::{Request, Response};

pub(super) async fn put_down(
    service: &Service,
    request: Request<pb::PutDownRequest>,
) -> Reply<pb::PutDownResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let saying = Saying {
        department: read("for_code", request.for_code.clone())?,
        said_by: read("said_by", request.said_by.clone())?,
        means: read("means", request.means)?,
        said_on: read("said_on", request.said_on.clone())?,
    };
    let said = said(&request)?;
    let calendar = service.calendar().await?;
    let kit = service.kit.clone();
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let (saying, said, calendar, kit) = (saying.clone(), said.clone(), calendar.clone(), kit.clone());
        Box::pin(async move {
            let state = unit.load::<ActionItem>(id).await?;
            let without_users = match listed(unit, "for_code", &saying.department).await {
                Ok(department) => department.without_users,
                // Whoever does not see the item does not learn what the directory lacks.
                Err(_) if state.item().is_none() => false,
                Err(fault) => return Err(fault),
            };
            let stewards = unit.load::<Stewards>(Stewards::realm_id()).await?;
            let assigned_under = state.item().map(|item| item.assignment.resolution);
            let decided_on = match assigned_under {
                Some(resolution) => {
                    let resolution = unit.load::<Resolution>(resolution).await?;
                    resolution.registered().map(|known| known.registration.decided_on)
                }
                None => None,
            };
            let grounds = Grounds {
                decided_on,
                stewards: state.item().map(|item| stewards_of(&stewards, item)).unwrap_or_default(),
                without_users: without_users.then(|| saying.department.clone()).into_iter().collect(),
                leaders: vec![],
            };
            let named = match &said {
                Said::Blockage { help_from, .. } => Some(help_from.clone()),
                _ => None,
            };
            cascade::decide(&kit, unit, id, Command::PutDown { saying, said, grounds, calendar }).await?;
            match named {
                Some(code) => listed(unit, "help_from_code", &code).await.map(drop),
                None => Ok(()),
            }
        })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::PutDownResponse { position, item }))
}

pub(super) async fn contest(
    service: &Service,
    request: Request<pb::ContestPutDownRequest>,
) -> Reply<pb::ContestPutDownResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::ContestPutDown { kind, reason; calendar })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ContestPutDownResponse { position, item }))
}

/// What counts of the directory and the body for the next steps of an item.
pub(super) async fn grounds(kit: &Kit, item: &Item) -> Result<Grounds, CommandError> {
    let mut grounds = Grounds { leaders: super::instruct::leaders(kit, item).await?, ..Grounds::default() };
    let helpers = item.blockages.iter().map(|blockage| &blockage.help_from);
    for code in item.parties().chain(helpers) {
        let state = kit.load::<Department>(Department::id(code)).await?;
        if state.profile().is_some_and(|profile| profile.without_users) {
            grounds.without_users.push(code.clone());
        }
    }
    if !grounds.without_users.is_empty() {
        grounds.stewards = stewards_of(&kit.load::<Stewards>(Stewards::realm_id()).await?, item);
    }
    Ok(grounds)
}

/// The departments whose clerks see to the business of the body that decided an item.
fn stewards_of(stewards: &stewards::State, item: &Item) -> Vec<Code> {
    let body = register::body_of(&item.assignment.number);
    body.map(|body| stewards.of(&body).cloned().collect()).unwrap_or_default()
}

/// What was said, from the fields that its kind has a use for.
fn said(request: &pb::PutDownRequest) -> Result<Said, Invalid> {
    let kind: Kind = read("kind", request.kind)?;
    nothing_else(request, kind)?;
    let text = || read::<Text, _>("text", request.text.clone().unwrap_or_default());
    let blocked = || read::<Code, _>("blocked_code", request.blocked_code.clone().unwrap_or_default());
    let evidence = || read("evidence", request.evidence.clone());
    Ok(match kind {
        Kind::Acknowledgement => Said::Acknowledgement,
        Kind::Contest => Said::Contest { reason: text()? },
        Kind::Progress => {
            let percent = request.percent.ok_or_else(|| Invalid::field("percent", "is missing"))?;
            Said::Progress { percent, note: text()?, evidence: evidence()? }
        }
        Kind::Blockage => {
            let help_from = request.help_from_code.clone().unwrap_or_default();
            Said::Blockage { reason: text()?, help_from: read("help_from_code", help_from)? }
        }
        Kind::Clearance => Said::Clearance { note: text()? },
        Kind::HelpPromised => Said::HelpPromised { blocked: blocked()? },
        Kind::HelpGiven => Said::HelpGiven { blocked: blocked()?, note: text()? },
        Kind::Extension => Said::Extension { due: read("due", request.due.clone())?, reason: text()? },
        Kind::Completion => Said::Completion { summary: text()?, evidence: evidence()? },
    })
}

/// Refuses what the kind has no use for: it would be lost.
fn nothing_else(request: &pb::PutDownRequest, kind: Kind) -> Result<(), Invalid> {
    let is = |of: &[Kind]| of.contains(&kind);
    let given = [
        ("text", request.text.is_some(), !is(&[Kind::Acknowledgement, Kind::HelpPromised])),
        ("percent", request.percent.is_some(), is(&[Kind::Progress])),
        ("evidence", !request.evidence.is_empty(), is(&[Kind::Progress, Kind::Completion])),
        ("help_from_code", request.help_from_code.is_some(), is(&[Kind::Blockage])),
        ("blocked_code", request.blocked_code.is_some(), is(&[Kind::HelpPromised, Kind::HelpGiven])),
        ("due", request.due.is_some(), is(&[Kind::Extension])),
    ];
    let violations: Vec<Violation> = given
        .into_iter()
        .filter(|(_, is_given, is_used)| *is_given && !is_used)
        .map(|(field, ..)| Violation {
            field: field.to_owned(),
            description: "must be unset for what was said".to_owned(),
        })
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }) }
}
