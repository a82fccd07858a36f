//! What leaders have to say of an item.

use super::{Reply, Service, item_id};
use domain::directory::hierarchy::Hierarchy;
use domain::resolution::action_item::{ActionItem, Command, Item};
use domain::resolution::register;
use domain::scheduling::stewards::Stewards;
use domain::{Code, Text};
use proto::resolution::v1 as pb;
use service_kit::scope::leadership;
use service_kit::serve::read;
use service_kit::{CommandError, Kit};
use tonic::{Request, Response};

pub(super) async fn instruct(
    service: &Service,
    request: Request<pb::InstructItemRequest>,
) -> Reply<pb::InstructItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let text: Text = read("text", request.text)?;
    let kit = service.kit.clone();
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let (text, kit) = (text.clone(), kit.clone());
        Box::pin(async move {
            let leaders = match unit.load::<ActionItem>(id).await?.item() {
                Some(item) => leaders(&kit, item).await?,
                None => vec![],
            };
            unit.decide::<ActionItem>(id, Command::Instruct { text, leaders }).await
        })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::InstructItemResponse { position, item }))
}

/// The departments whose leaders are the leadership of an item.
pub(super) async fn leaders(kit: &Kit, item: &Item) -> Result<Vec<Code>, CommandError> {
    let hierarchy = kit.load::<Hierarchy>(Hierarchy::realm_id()).await?;
    let stewards = kit.load::<Stewards>(Stewards::realm_id()).await?;
    let body = register::body_of(&item.assignment.number);
    Ok(leadership(&item.assignment.lead, body.as_ref(), &hierarchy, &stewards))
}
