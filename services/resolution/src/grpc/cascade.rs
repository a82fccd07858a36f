//! Cascades: splitting an item, what an item above or below allows, and the tree.

use super::{Reply, Service, item_id};
use crate::views::{self, Named};
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::Docket;
use domain::directory::department::{self, Department};
use domain::directory::hierarchy::Hierarchy;
use domain::resolution::action_item::{
    self, ActionItem, Assignment, Command, Item, Neighbours, Parent, Rejection, SubItem, cascade,
};
use domain::resolution::adopted_elsewhere::Obligation;
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::resolution::{Origin, Registration, Resolution};
use domain::scheduling::body::Body;
use domain::{Code, Uuid};
use proto::resolution::v1 as pb;
use proto::{Invalid, Violation};
use service_kit::serve::read;
use service_kit::spans::AsOf;
use service_kit::{CommandContext, CommandError, Kit, Position, UnitOfWork};
use std::collections::BTreeSet;
use tonic::{Request, Response};

impl Service {
    /// Decides a command that the items above and below may forbid.
    pub(super) async fn decide_in_cascade(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<(Position, Option<pb::Item>), CommandError> {
        let kit = self.kit.clone();
        let decided = self.kit.commit::<ActionItem, _>(context, id, move |unit| {
            let (command, kit) = (command.clone(), kit.clone());
            Box::pin(async move { decide(&kit, unit, id, command).await })
        });
        self.answer(id, &decided.await?).await
    }
}

pub(super) async fn decide(
    kit: &Kit,
    unit: &mut UnitOfWork,
    id: Uuid,
    command: Command,
) -> Result<(), CommandError> {
    let around = match unit.load::<ActionItem>(id).await?.item() {
        Some(item) => neighbours(kit, item).await?,
        None => Neighbours::default(),
    };
    unit.decide::<ActionItem>(id, Command::InCascade { around, command: Box::new(command) }).await
}

/// What is above and below an item now, whoever asks: of another item, a refusal names its number and its dates.
async fn neighbours(kit: &Kit, item: &Item) -> Result<Neighbours, CommandError> {
    let mut around = Neighbours::default();
    if let Some(place) = &item.place
        && let Some(parent) = kit.load::<ActionItem>(place.parent).await?.item()
    {
        around.parent = Some(Parent {
            number: parent.assignment.number.clone(),
            stage: parent.stage,
            due_on: parent.assignment.due_on,
        });
    }
    for (id, number) in &item.sub_items {
        let state = kit.load::<ActionItem>(*id).await?;
        if state.item().is_some_and(|sub_item| !sub_item.is_over()) {
            around.open.push(number.clone());
        }
    }
    Ok(around)
}

pub(super) async fn split(
    service: &Service,
    request: Request<pb::SplitItemRequest>,
) -> Reply<pb::SplitItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let into: Vec<Obligation> = read("sub_items", request.sub_items)?;
    let calendar = service.calendar().await?;
    let kit = service.kit.clone();
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let (kit, into, calendar) = (kit.clone(), into.clone(), calendar.clone());
        Box::pin(async move { split_into(&kit, unit, id, into, calendar).await })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::SplitItemResponse { position, item }))
}

/// One commit over the item and its new parts, so that their numbers follow on each other.
async fn split_into(
    kit: &Kit,
    unit: &mut UnitOfWork,
    id: Uuid,
    into: Vec<Obligation>,
    calendar: WorkingCalendar,
) -> Result<(), CommandError> {
    let state = unit.load::<ActionItem>(id).await?;
    let not_found = || Rejection::NotFound { what: "the action item".to_owned() };
    let item = state.item().ok_or_else(|| CommandError::rejected::<ActionItem>(not_found()))?;
    let secretariat = secretariat(unit, item).await?;
    let named: Vec<Vec<Code>> = into
        .iter()
        .map(|it| std::iter::once(&it.lead).chain(&it.co_responsible).cloned().collect())
        .collect();
    let sub_items = cascade::split(id, item, into, &secretariat, &calendar, unit.issued())
        .map_err(CommandError::rejected::<ActionItem>)?;
    must_be_listed(unit, &named).await?;
    let bound = bound(kit, item).await?;
    cascade::binds_nobody_else(item, &sub_items, &bound).map_err(CommandError::rejected::<ActionItem>)?;
    let noted = sub_items.iter().map(|it| (it.id, it.assignment.number.clone())).collect();
    unit.decide::<ActionItem>(id, Command::NoteSubItems { sub_items: noted, is_split: true }).await?;
    let on = sub_items.iter().map(|it| it.id).collect();
    for sub_item in sub_items {
        unit.decide::<ActionItem>(sub_item.id, SubItem::assign(sub_item)).await?;
    }
    // None of them waits for what waits for the item.
    let before = dependencies::Command::AddAll { item: id, on };
    unit.decide::<Dependencies>(Dependencies::realm_id(), before).await
}

/// The departments that keep the record of the body that decided an item.
async fn secretariat(unit: &mut UnitOfWork, item: &Item) -> Result<Vec<Code>, CommandError> {
    let resolution = unit.load::<Resolution>(item.assignment.resolution).await?;
    let Some(registered) = resolution.registered() else { return Ok(vec![]) };
    let body = unit.load::<Body>(Body::id(&registered.registration.body)).await?;
    Ok(body.version().map(|version| version.charter.secretariat.clone()).unwrap_or_default())
}

/// Who may be bound by what an item is split into: whoever took part in the decision, owes the item, or is below those that do.
/// These are facts, whether or not the one who splits it sees them.
async fn bound(kit: &Kit, item: &Item) -> Result<BTreeSet<Code>, CommandError> {
    let hierarchy = kit.load::<Hierarchy>(Hierarchy::realm_id()).await?;
    let owing = |item: &Item| {
        let Assignment { lead, co_responsible, .. } = &item.assignment;
        std::iter::once(lead).chain(co_responsible).cloned().collect::<Vec<_>>()
    };
    let mut bound: BTreeSet<Code> = owing(item).iter().flat_map(|code| hierarchy.downwards(code)).collect();
    let resolution = kit.load::<Resolution>(item.assignment.resolution).await?;
    let Some(registered) = resolution.registered() else { return Ok(bound) };
    let Registration { origin, items, .. } = &registered.registration;
    match origin {
        Origin::Session { session, .. } => {
            let docket = kit.load::<Docket>(*session).await?;
            let participants = docket.proceedings().into_iter().flat_map(|known| &known.agenda.participants);
            bound.extend(participants.map(|participant| participant.department.clone()));
        }
        // Who took part is not on record; whom it binds is.
        Origin::Elsewhere { .. } => {
            for other in items {
                let state = kit.load::<ActionItem>(*other).await?;
                bound.extend(state.item().map(owing).unwrap_or_default());
            }
        }
    }
    Ok(bound)
}

async fn must_be_listed(unit: &mut UnitOfWork, named: &[Vec<Code>]) -> Result<(), CommandError> {
    let mut violations = Vec::new();
    for (nth, codes) in named.iter().enumerate() {
        for (place, code) in codes.iter().enumerate() {
            if unit.load::<Department>(Department::id(code)).await? == department::State::Absent {
                let field = match place {
                    0 => format!("sub_items[{nth}].lead_code"),
                    _ => format!("sub_items[{nth}].co_responsible_codes[{}]", place - 1),
                };
                let description = format!("names department {code}, which is not in the directory");
                violations.push(Violation { field, description });
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }.into()) }
}

pub(super) async fn tree(
    service: &Service,
    request: Request<pb::GetTreeRequest>,
) -> Reply<pb::GetTreeResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let named = Named::read("item_id", &request.item_id, &request.number)?;
    let (now, calendar) = (service.kit.clock().now(), service.calendar().await?);
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let query = views::tree(named, as_of, now, calendar.zone());
    let at_least = as_of.at_least(request.at_least_position);
    let (found, position) = service.view.query(scope, at_least, query).await?;
    let not_found = || action_item::Rejection::NotFound { what: "the action item".to_owned() };
    let found = found.ok_or_else(|| CommandError::rejected::<ActionItem>(not_found()))?;
    Ok(Response::new(pb::GetTreeResponse { position, ..found }))
}
