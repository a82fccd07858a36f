//! The cascade of an item (三级会商): what it is a part of, and everything below it.

use crate::desk::markup::Markup;
use crate::desk::moment;
use crate::desk::past::Past;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::Words;
use proto::resolution::v1::{GetTreeRequest, GetTreeResponse, Item, TreeNode};
use tonic::Status;

/// An item in it.
pub(super) struct Branch {
    pub(super) tier: u32,
    pub(super) href: String,
    pub(super) number: String,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) stage: String,
    pub(super) percent: u32,
    pub(super) due: Markup,
    pub(super) is_late: bool,
    pub(super) is_this: bool,
}

/// What the page shows of it.
#[derive(Default)]
pub(super) struct Cascade {
    pub(super) branches: Vec<Branch>,
    pub(super) left_out: String,
    pub(super) sessions: Vec<Carrying>,
}

/// A session that was requested to carry out one of its items.
pub(super) struct Carrying {
    pub(super) href: String,
    pub(super) number: String,
}

/// The tree around an item, when there is one.
pub(super) async fn tree(
    reader: &Reader,
    item: &Item,
    at_least_position: u64,
    past: &Past,
) -> Result<GetTreeResponse, Status> {
    let request = GetTreeRequest {
        at_least_position,
        item_id: item.item_id.clone(),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    reader.ask(request).await
}

/// An item that is part of no other, has nothing below it and no session that carries it out has no cascade.
pub(super) fn written(words: Words, around: &Surroundings, tree: &GetTreeResponse, past: &Past) -> Cascade {
    if tree.nodes.len() < 2 && tree.sessions.is_empty() {
        return Cascade::default();
    }
    let branch = |node: &TreeNode| Branch {
        tier: node.tier,
        href: past.link(&format!("/items/{}", node.item_id)),
        number: node.number.clone(),
        title: node.title.clone(),
        lead: around.directory.name(&node.lead_code),
        stage: words.value("huishang.resolution.v1.ItemStage", node.stage),
        percent: node.percent,
        due: moment::day(words, &node.due_on),
        is_late: node.late,
        is_this: node.number == tree.asked_number,
    };
    let carrying = tree.sessions.iter().map(|session| Carrying {
        href: format!("/sessions/{}", session.session_id),
        number: session.number.clone(),
    });
    Cascade {
        branches: tree.nodes.iter().map(branch).collect(),
        left_out: match tree.left_out_count {
            0 => String::new(),
            n => words.say("{n} more items are below it.", &[("n", &n)]),
        },
        sessions: carrying.collect(),
    }
}
