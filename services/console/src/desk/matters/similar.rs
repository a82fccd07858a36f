//! What is like a matter and not settled, and the matters that it can be merged into.

use super::acts::MERGE;
use crate::desk::act::Offer;
use crate::desk::limits::ROWS_AT_ONCE;
use crate::desk::reader::Reader;
use proto::scheduling::v1::{
    CompareMatterRequest, ListMattersRequest, Matter, MatterSummary, SimilarKind, SimilarMatter,
};
use tonic::Status;

/// What is shorter is not compared.
pub(in crate::desk) const CHARACTERS_COMPARED_MIN: usize = 3;

/// Something that is like it.
pub(super) struct Similar {
    /// Its id, where the matter can be merged into it; empty elsewhere.
    pub(super) merges_into: String,
    pub(super) command_id: String,
    pub(super) kind: String,
    pub(super) href: String,
    pub(super) title: String,
    /// How much of the shorter title is in the other one, in percent.
    pub(super) likeness: u32,
}

/// Its page.
pub(in crate::desk) fn href(one: &SimilarMatter) -> String {
    let path = match one.kind() {
        SimilarKind::Session => "sessions",
        SimilarKind::Item => "items",
        _ => "matters",
    };
    format!("/{path}/{}", one.similar_id)
}

/// What is like a matter that is not settled, the most similar first; the session that it is on the agenda of is not said.
pub(super) async fn similar(
    reader: &Reader,
    matter: &Matter,
    is_settled: bool,
) -> Result<Vec<SimilarMatter>, Status> {
    if is_settled || matter.title.chars().count() < CHARACTERS_COMPARED_MIN {
        return Ok(Vec::new());
    }
    let request = CompareMatterRequest { text: matter.title.clone(), ..Default::default() };
    let mut similar = reader.ask(request).await?.similar;
    similar.retain(|one| {
        one.similar_id != matter.matter_id && Some(&one.similar_id) != matter.session_id.as_ref()
    });
    Ok(similar)
}

/// The same as a page shows it. Where it may be merged, it may be into each of the matters.
pub(super) fn shown(reader: &Reader, similar: &[SimilarMatter], may_be_merged: bool) -> Vec<Similar> {
    let shown = similar.iter().map(|one| Similar {
        merges_into: match may_be_merged && one.kind() == SimilarKind::Matter {
            true => one.similar_id.clone(),
            false => String::new(),
        },
        command_id: client::command_id(),
        kind: reader.words.value("huishang.scheduling.v1.SimilarKind", one.kind),
        href: href(one),
        title: one.title.clone(),
        likeness: one.likeness_percent,
    });
    shown.collect()
}

/// Offers the matters that are not settled to be chosen from, those that are like it first, then those of its body, then the
/// rest; where there is none, it can be merged into none.
pub(super) async fn choose(
    reader: &Reader,
    matter: &Matter,
    similar: &[SimilarMatter],
    offers: &mut Vec<Offer>,
) -> Result<(), Status> {
    let Some(at) = offers.iter().position(|offer| offer.name == MERGE.name()) else { return Ok(()) };
    let request = ListMattersRequest {
        page_size: ROWS_AT_ONCE,
        order_by: "taken_in_at desc".into(),
        settled: Some(false),
        ..Default::default()
    };
    let mut open = reader.ask(request).await?.matters;
    open.retain(|one| one.matter_id != matter.matter_id);
    open.sort_by_key(|one| rank(one, matter, similar));
    let options = open.into_iter().map(|one| {
        let stage = reader.words.value("huishang.scheduling.v1.MatterStage", one.stage);
        (one.matter_id, format!("{} · {} · {stage}", one.title, one.body_code))
    });
    let options: Vec<(String, String)> = options.collect();
    match offers[at].fields.iter_mut().find(|field| field.path == "intoMatterId") {
        Some(field) if !options.is_empty() => field.options = options,
        _ => drop(offers.remove(at)),
    }
    Ok(())
}

fn rank(one: &MatterSummary, matter: &Matter, similar: &[SimilarMatter]) -> (usize, bool) {
    let like = similar.iter().position(|like| like.similar_id == one.matter_id);
    (like.unwrap_or(similar.len()), one.body_code != matter.body_code)
}
