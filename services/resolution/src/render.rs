//! What clients see of a resolution and of an item. The rows of the view show the same; a test compares them.

use domain::calendar::Zone;
use domain::resolution::action_item::Item;
use domain::resolution::resolution::Registered;
use domain::{Timestamp, Uuid};
use proto::Wire as _;
use proto::resolution::v1 as pb;

/// An item as it is at a moment; days are counted in the zone.
pub(crate) fn item(id: Uuid, item: &Item, now: Timestamp, zone: &Zone) -> pb::Item {
    let assignment = &item.assignment;
    let days_late = item.stage.days_late(assignment.due_at, now, zone);
    pb::Item {
        item_id: id.to_wire(),
        number: assignment.number.to_wire(),
        title: assignment.title.to_wire(),
        resolution_id: assignment.resolution.to_wire(),
        lead_code: assignment.lead.to_wire(),
        co_responsible_codes: assignment.co_responsible.to_wire(),
        stage: item.stage.to_wire(),
        percent: item.percent,
        due_on: assignment.due_on.to_wire(),
        due_at: assignment.due_at.to_wire(),
        acknowledge_by: assignment.acknowledge_by.to_wire(),
        blocked_reason: item.blockage.as_ref().map(|blockage| blockage.reason.to_wire()),
        help_from_code: item.blockage.as_ref().map(|blockage| blockage.help_from.to_wire()),
        extension_due_on: item.extension.as_ref().map(|extension| extension.due_on.to_wire()),
        extensions: item.extensions_granted,
        late: days_late.is_some(),
        days_late: days_late.unwrap_or_default(),
        holds: item.holds,
    }
}

/// A resolution as it is now.
pub(crate) fn resolution(id: Uuid, registered: &Registered) -> pb::Resolution {
    let ending = registered.ending.as_ref();
    pb::Resolution {
        resolution_id: id.to_wire(),
        registration: registered.registration.to_wire(),
        registered_at: registered.registered_at.to_wire(),
        stage: registered.stage().to_wire(),
        reason: ending.map(|ending| ending.reason.to_wire()),
        successor_resolution_id: ending.and_then(|ending| ending.successor).map(|id| id.to_wire()),
        ended_at: ending.and_then(|ending| ending.ended_at.to_wire()),
    }
}
