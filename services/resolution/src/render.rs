//! What clients see of a resolution and of an item. The rows of the view show the same; a test compares them.

use domain::calendar::Zone;
use domain::resolution::action_item::next::Step;
use domain::resolution::action_item::{Blockage, Item, Part, Rejection};
use domain::resolution::clock_ledger::{Holder, Span};
use domain::resolution::resolution::Registered;
use domain::{Code, Refusal as _, Timestamp, Uuid};
use proto::Wire as _;
use proto::contract::{role_number, rpc};
use proto::resolution::v1 as pb;

/// An item as it is at a moment; days are counted in the zone.
pub(crate) fn item(id: Uuid, item: &Item, now: Timestamp, zone: &Zone) -> pb::Item {
    let assignment = &item.assignment;
    let (days_late, oldest) = (item.days_late(now, zone), item.blockages.first());
    let (suspension, held_by) = (item.suspension.as_ref(), Holder::of(item));
    pb::Item {
        item_id: id.to_wire(),
        number: assignment.number.to_wire(),
        title: assignment.title.to_wire(),
        resolution_id: assignment.resolution.to_wire(),
        lead_code: assignment.lead.to_wire(),
        co_responsible_codes: assignment.co_responsible.to_wire(),
        stage: item.stage.to_wire(),
        percent: item.percent(),
        due_on: assignment.due_on.to_wire(),
        due_at: assignment.due_at.to_wire(),
        acknowledge_by: assignment.acknowledge_by.to_wire(),
        blocked_reason: oldest.map(|blockage| blockage.reason.to_wire()),
        help_from_code: oldest.map(|blockage| blockage.help_from.to_wire()),
        extension_due_on: item.extension.as_ref().map(|extension| extension.due_on.to_wire()),
        extensions: item.extensions_granted,
        late: days_late.is_some(),
        days_late: days_late.unwrap_or_default(),
        holds: item.holds,
        acceptor_code: item.acceptor.to_wire(),
        first_due_on: item.first_due.due_on.to_wire(),
        days_past_promise: item.days_past_promise(now, zone),
        paused_at: item.paused_since.to_wire(),
        parts: item.parts.iter().map(part).collect(),
        blockages: item.blockages.iter().map(blockage).collect(),
        suspended_reason: suspension.map(|suspension| suspension.reason.to_wire()),
        suspended_authority: suspension.map(|suspension| suspension.authority.to_wire()),
        waits_for_numbers: item.waits_for.values().map(|number| number.to_wire()).collect(),
        parent_number: item.place.as_ref().map(|place| place.parent_number.to_wire()),
        put_down: item.put_down.to_wire(),
        kept_evidence: item
            .kept
            .iter()
            .map(|(sha256, kept)| pb::KeptEvidence { sha256: sha256.clone(), bytes: kept.bytes })
            .collect(),
        sub_item_numbers: item.sub_items.iter().map(|(_, number)| number.to_wire()).collect(),
        holder: holder(&held_by).into(),
        holder_code: held_by.department().map(|code| code.to_wire()),
    }
}

/// A command as the rules decide it now.
pub(crate) fn step(step: &Step) -> pb::NextStep {
    let by = step.by.iter().map(|who| pb::StepActor {
        role: role_number(who.role),
        department_code: who.department.as_ref().map(Code::to_string).unwrap_or_default(),
    });
    let refused = step.refused.as_ref();
    let path = format!("{}/{}", crate::NAME, step.rpc);
    let details = refused.map(Rejection::details).unwrap_or_default().into_iter();
    pb::NextStep {
        command: rpc(&path).map(|rpc| rpc.command.clone()).unwrap_or_default(),
        by: by.collect(),
        reason: refused.map(|refused| refused.reason().to_owned()).unwrap_or_default(),
        message: refused.map(Rejection::to_string).unwrap_or_default(),
        details: details.map(|(key, value)| pb::ReasonDetail { key: key.to_owned(), value }).collect(),
    }
}

/// What a supporting department does of an item.
pub(crate) fn part(part: &Part) -> pb::ItemPart {
    pb::ItemPart {
        department_code: part.department.to_wire(),
        stage: part.stage.to_wire(),
        percent: part.percent,
    }
}

/// Why the work of a department cannot go on.
pub(crate) fn blockage(blockage: &Blockage) -> pb::ItemBlockage {
    pb::ItemBlockage {
        department_code: blockage.department.to_wire(),
        reason: blockage.reason.to_wire(),
        help_from_code: blockage.help_from.to_wire(),
        help: blockage.help.to_wire(),
    }
}

/// A resolution as it is now.
pub(crate) fn resolution(id: Uuid, registered: &Registered) -> pb::Resolution {
    let ending = registered.ending.as_ref();
    let by = |is_superseded: bool| {
        ending.filter(|ending| ending.is_superseded == is_superseded).map(|ending| ending.by.to_string())
    };
    pb::Resolution {
        resolution_id: id.to_wire(),
        registration: registered.registration.to_wire(),
        registered_at: registered.registered_at.to_wire(),
        stage: registered.stage().to_wire(),
        reason: ending.map(|ending| ending.reason.to_wire()),
        successor_resolution_id: by(true),
        ended_at: ending.and_then(|ending| ending.ended_at.to_wire()),
        amended_by_resolution_ids: registered.amended_by.to_wire(),
        rescinded_by_resolution_id: by(false),
        carried_over_item_ids: ending.map(|ending| ending.carried_over.to_wire()).unwrap_or_default(),
        // What was adopted elsewhere, which alone is shown so, has no votes.
        dissents: vec![],
    }
}

fn holder(holder: &Holder) -> pb::ItemHolder {
    match holder {
        Holder::Lead(_) => pb::ItemHolder::Lead,
        Holder::Extension(..) => pb::ItemHolder::Extension,
        Holder::Late(_) => pb::ItemHolder::Late,
        Holder::Helper(_) => pb::ItemHolder::Helper,
        Holder::Acceptor(_) => pb::ItemHolder::Acceptor,
        Holder::Ruling => pb::ItemHolder::Ruling,
        Holder::Suspended => pb::ItemHolder::Suspended,
        Holder::OtherItem => pb::ItemHolder::OtherItem,
        Holder::Done => pb::ItemHolder::Done,
    }
}

/// A stretch of time in which one holder has an item.
pub(crate) fn span(span: &Span) -> pb::ItemSpan {
    pb::ItemSpan {
        holder: holder(&span.holder).into(),
        department_code: span.holder.department().map(|code| code.to_wire()),
        extension: if let Holder::Extension(_, nth) = span.holder { nth } else { 0 },
        starts_on: span.starts_on.to_wire(),
        ends_on: span.ends_on.to_wire(),
        working_days: span.working_days,
    }
}
