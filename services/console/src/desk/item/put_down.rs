//! What clerks put down for departments without users, and what those contest of it, as forms.

use crate::desk::act::{self, Act, Field, Input, Moves, Offer, OfferedField};
use crate::desk::item::ACTS;
use crate::desk::item::acts::REASON;
use crate::desk::item::{further, steps};
use crate::desk::limits::PUT_DOWN_FOR_MAX;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::said;
use crate::desk::{Asked, Query};
use proto::directory::v1::Department;
use proto::resolution::v1::Item;
use tonic::Status;

/// A kind of thing that was said.
const fn of_kind(kind: &'static str) -> Field {
    Field { path: "kind", label: "", input: Input::Fixed(kind) }
}

const FOR: Field = Field { path: "forCode", label: said("For which department"), input: Input::OneOf };
const SAID_BY: Field = Field { path: "saidBy", label: said("Who said it"), input: Input::Text };
const MEANS: Field = Field {
    path: "means",
    label: said("By what means"),
    input: Input::Enum("huishang.resolution.v1.SaidMeans"),
};
const SAID_ON: Field = Field { path: "saidOn", label: said("On what day"), input: Input::Date };
const TEXT: Field = Field { path: "text", label: said("What was said"), input: Input::Text };

/// What is put down on a page: what most departments have to say. The rest is put down at the command line.
pub(in crate::desk) const PUTTING_DOWN: &[Act] = &[
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/PutDown-Acknowledgement",
        label: said("Put down an acknowledgement"),
        fields: &[of_kind("SAID_KIND_ACKNOWLEDGEMENT"), FOR, SAID_BY, MEANS, SAID_ON],
        sample: r#"{"kind": "SAID_KIND_ACKNOWLEDGEMENT", "saidBy": "-", "means": "SAID_MEANS_TELEPHONE"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/PutDown-Progress",
        label: said("Put down a report"),
        fields: &[
            of_kind("SAID_KIND_PROGRESS"),
            FOR,
            SAID_BY,
            MEANS,
            SAID_ON,
            Field { path: "percent", label: said("How much is done, in percent"), input: Input::Number },
            TEXT,
        ],
        sample: r#"{"kind": "SAID_KIND_PROGRESS", "saidBy": "-", "means": "SAID_MEANS_TELEPHONE",
            "percent": 50, "text": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/PutDown-Completion",
        label: said("Put down a claim"),
        fields: &[
            of_kind("SAID_KIND_COMPLETION"),
            FOR,
            SAID_BY,
            MEANS,
            SAID_ON,
            TEXT,
            Field { path: "evidence[].title", label: said("Title of the evidence"), input: Input::Text },
            Field { path: "evidence[].sha256", label: said("SHA-256 of the document"), input: Input::Text },
            Field { path: "evidence[].uri", label: said("Where it is kept"), input: Input::Text },
        ],
        sample: r#"{"kind": "SAID_KIND_COMPLETION", "saidBy": "-", "means": "SAID_MEANS_TELEPHONE", "text": "-",
            "evidence": [{"title": "-", "uri": "urn:document",
            "sha256": "1111111111111111111111111111111111111111111111111111111111111111"}]}"#,
    },
];

/// What a department takes back.
pub(in crate::desk) const CONTESTING: &[Act] = &[Act {
    rpc: "huishang.resolution.v1.ResolutionService/ContestPutDown",
    label: said("Contest what was put down"),
    fields: &[
        Field {
            path: "kind",
            label: said("Which of it"),
            input: Input::Enum("huishang.resolution.v1.SaidKind"),
        },
        REASON,
    ],
    sample: r#"{"reason": "-"}"#,
}];

/// The acts on an item among which the one with this name is.
pub(super) fn acts_with(name: Option<&str>) -> &'static [Act] {
    let has = |acts: &&&'static [Act]| acts.iter().any(|act| Some(act.name()) == name);
    [ACTS, PUTTING_DOWN, CONTESTING, further::HELPING, further::ARRANGING]
        .iter()
        .find(has)
        .copied()
        .unwrap_or(ACTS)
}

/// What a page says of an act that was carried out before it was loaded.
pub(super) fn done(reader: &Reader, asked: &Asked) -> Option<crate::desk::frame::Notice> {
    act::done(reader.words, acts_with(asked.query().get("done")), asked)
}

/// What can be done with an item now, what is put down for others among it.
pub(super) async fn moves(
    reader: &Reader,
    around: &Surroundings,
    item: &Item,
    today: &str,
    typed: Option<&Query>,
) -> Result<Moves, Status> {
    let mut moves = steps::moves(reader, around, item, typed).await?;
    moves.append(further::moves(reader, around, item, typed).await?);
    let mut put_down = Moves::default();
    for department in without_users(around, item) {
        let of = [("itemId", item.item_id.as_str()), (FOR.path, &department.code), (SAID_ON.path, today)];
        add(&mut put_down, act::moves(reader, PUTTING_DOWN, &of, typed).await?, department, today);
    }
    moves.append(put_down);
    moves.append(contests(reader, item, typed).await?);
    Ok(moves)
}

/// The departments that carry it out and are without users.
fn without_users<'a>(around: &'a Surroundings, item: &Item) -> impl Iterator<Item = &'a Department> {
    let is_party =
        |code: &str| item.lead_code == code || item.co_responsible_codes.iter().any(|one| one == code);
    let marked = around.directory.departments().iter().filter(|department| department.without_users);
    marked.filter(move |department| is_party(&department.code)).take(PUT_DOWN_FOR_MAX)
}

/// Adds what can be put down for one more department: a form for all of them.
fn add(moves: &mut Moves, found: Moves, department: &Department, today: &str) {
    for mut offer in found.possible {
        let choice = (department.code.clone(), department.name.clone());
        match moves.possible.iter_mut().find(|known| known.name == offer.name) {
            Some(known) => field(known, FOR.path).for_each(|field| field.options.push(choice.clone())),
            None => {
                field(&mut offer, FOR.path).for_each(|field| field.options.push(choice.clone()));
                for field in field(&mut offer, SAID_ON.path).filter(|field| field.value.is_empty()) {
                    field.value = today.to_owned();
                }
                moves.possible.push(offer);
            }
        }
    }
    let named = |mut refused: act::Refused| {
        refused.label = format!("{} ({})", refused.label, department.name);
        refused
    };
    moves.refused.extend(found.refused.into_iter().map(named));
    if moves.of_others.is_empty() {
        moves.of_others = found.of_others;
    }
}

fn field<'a>(offer: &'a mut Offer, path: &'static str) -> impl Iterator<Item = &'a mut OfferedField> {
    offer.fields.iter_mut().filter(move |field| field.path == path)
}

/// What the reader's department can contest of what was put down for it.
async fn contests(reader: &Reader, item: &Item, typed: Option<&Query>) -> Result<Moves, Status> {
    let own = reader.holder.department.as_deref();
    let marked = item.put_down.iter().filter(|one| Some(one.department_code.as_str()) == own);
    let kinds: Vec<&str> = marked.map(|one| one.kind().as_str_name()).collect();
    let Some(&first) = kinds.first() else { return Ok(Moves::default()) };
    let mut moves =
        act::moves(reader, CONTESTING, &[("itemId", &item.item_id), ("kind", first)], typed).await?;
    for offer in &mut moves.possible {
        for field in field(offer, "kind") {
            field.options.retain(|(value, _)| kinds.contains(&value.as_str()));
        }
    }
    Ok(moves)
}
