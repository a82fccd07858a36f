//! What else can be done with an item: helping a department that is blocked, splitting the item, having it wait for another
//! one, and naming who judges it.

use crate::desk::Query;
use crate::desk::act::{self, Act, Field, Input, Moves};
use crate::desk::item::acts::REASON;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::said;
use proto::resolution::v1::{HelpStage, Item, ItemStage};
use tonic::Status;

const BLOCKED: Field =
    Field { path: "blockedCode", label: said("Which department is helped"), input: Input::OneOf };
const ON: Field = Field { path: "onItemId", label: said("Number of the other item"), input: Input::Item };

/// What the department does that was asked for help.
pub(in crate::desk) const HELPING: &[Act] = &[
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/AcknowledgeHelp",
        label: said("Agree to help"),
        fields: &[BLOCKED],
        sample: "{}",
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/GiveHelp",
        label: said("Report that help was given"),
        fields: &[BLOCKED, Field { path: "note", label: said("How it was helped"), input: Input::Text }],
        sample: r#"{"note": "-"}"#,
    },
];

/// Who does it, and when: none of it moves the work itself.
pub(in crate::desk) const ARRANGING: &[Act] = &[
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/SplitItem",
        label: said("Split off an item"),
        fields: &[
            Field { path: "subItems[].title", label: said("Title"), input: Input::Text },
            Field {
                path: "subItems[].deliverable",
                label: said("What is to be delivered"),
                input: Input::Text,
            },
            Field {
                path: "subItems[].criterion",
                label: said("How to tell that it is done"),
                input: Input::Text,
            },
            Field { path: "subItems[].leadCode", label: said("Lead"), input: Input::Department },
            Field {
                path: "subItems[].coResponsibleCodes",
                label: said("Who supports it, by their codes"),
                input: Input::Ids,
            },
            Field { path: "subItems[].due.dueOn", label: said("Due"), input: Input::Date },
        ],
        // It is due as soon as anything can be.
        sample: r#"{"subItems": [{"title": "-", "deliverable": "-", "criterion": "-", "leadCode": "A",
            "due": {"afterHours": 1}}]}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/NameAcceptor",
        label: said("Name who judges the work"),
        fields: &[
            Field {
                path: "acceptorCode",
                label: said("Department that judges it; nothing for the supervisors"),
                input: Input::Department,
            },
            REASON,
        ],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/AddDependency",
        label: said("Have it wait for another item"),
        fields: &[ON],
        sample: "{}",
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/RemoveDependency",
        label: said("Have it wait no longer"),
        fields: &[ON],
        sample: "{}",
    },
];

/// What of it is possible now.
pub(super) async fn moves(
    reader: &Reader,
    around: &Surroundings,
    item: &Item,
    typed: Option<&Query>,
) -> Result<Moves, Status> {
    let mut moves = helping(reader, around, item, typed).await?;
    if !matches!(item.stage(), ItemStage::Accepted | ItemStage::Rescinded) {
        moves.append(arranging(reader, item, typed).await?);
    }
    Ok(moves)
}

/// The help that the reader's department owes: a form for all that it could help.
async fn helping(
    reader: &Reader,
    around: &Surroundings,
    item: &Item,
    typed: Option<&Query>,
) -> Result<Moves, Status> {
    let own = reader.holder.department.as_deref();
    let owed = item.blockages.iter().filter(|one| Some(one.help_from_code.as_str()) == own);
    let mut moves = Moves::default();
    for blockage in owed.filter(|one| matches!(one.help(), HelpStage::Owed | HelpStage::Acknowledged)) {
        let blocked = blockage.department_code.as_str();
        let of = [("itemId", item.item_id.as_str()), (BLOCKED.path, blocked)];
        let found = act::moves(reader, HELPING, &of, typed).await?;
        let choice = (blocked.to_owned(), around.directory.name(blocked));
        for offer in found.possible {
            if offer.name == "AcknowledgeHelp" && blockage.help() != HelpStage::Owed {
                continue;
            }
            if moves.possible.iter().all(|known| known.name != offer.name) {
                moves.possible.push(offer);
            }
        }
        let offers = moves
            .possible
            .iter_mut()
            .filter(|offer| offer.name == "GiveHelp" || blockage.help() == HelpStage::Owed);
        let fields = offers.flat_map(|offer| &mut offer.fields).filter(|field| field.path == BLOCKED.path);
        fields.for_each(|field| field.options.push(choice.clone()));
        moves.refused.extend(found.refused);
        if moves.of_others.is_empty() {
            moves.of_others = found.of_others;
        }
    }
    Ok(moves)
}

async fn arranging(reader: &Reader, item: &Item, typed: Option<&Query>) -> Result<Moves, Status> {
    // Whoever may have it wait is refused only for the item that is named, until another one is.
    let of = [("itemId", item.item_id.as_str()), (ON.path, item.item_id.as_str())];
    let [split_and_name, wait] = [&ARRANGING[..2], &ARRANGING[2..]];
    let mut moves = act::moves(reader, split_and_name, &of[..1], typed).await?;
    let found = act::moves(reader, wait, &of, typed).await?;
    let may_wait = found.possible.iter().any(|offer| offer.name == "AddDependency")
        || found.refused.iter().any(|act| act.reason.as_deref() == Some("DEPENDS_ON_ITSELF"));
    let waits = &item.waits_for_numbers;
    if may_wait {
        for act in wait.iter().filter(|act| act.name() == "AddDependency" || !waits.is_empty()) {
            let mut offer = act.offer_to(reader, typed);
            if act.name() == "RemoveDependency" {
                let choices = waits.iter().map(|number| (number.clone(), number.clone()));
                offer.fields.iter_mut().for_each(|field| field.options = choices.clone().collect());
            }
            moves.possible.push(offer);
        }
    } else {
        moves.refused.extend(found.refused.into_iter().filter(|act| act.name == "AddDependency"));
        let is_shown = |name: &str| name == "AddDependency" || !waits.is_empty();
        moves.of_others.extend(found.of_others.into_iter().filter(|act| is_shown(act.name)));
    }
    Ok(moves)
}
