//! One act on several items of the list, with one reason.

use super::super::act::{Act, named};
use super::super::answer::Failure;
use super::super::frame::Notice;
use super::super::item::ACTS;
use super::super::reader::Reader;
use super::super::{Query, act};
use futures::stream::{self, StreamExt as _};
use http::StatusCode;
use tonic::Status;

/// The acts that can be done together; each takes the reason as its only field.
const NAMES: [&str; 2] = ["UrgeItem", "AcceptWork"];
/// Items that are acted on at the same time.
const AT_ONCE: usize = 8;

/// What came of it.
pub(super) struct Done {
    pub(super) notice: Notice,
    pub(super) code: StatusCode,
    /// The list must have what was done up to here.
    pub(super) position: u64,
    /// Those that it was refused for: they stay chosen.
    pub(super) refused: Vec<String>,
}

/// The acts that this reader may do on several items, each by its name and with what its button says.
pub(super) fn offered(reader: &Reader) -> Vec<(&'static str, &'static str)> {
    let acts = ACTS.iter().filter(|act| NAMES.contains(&act.name()) && act.may_be_tried_by(reader));
    acts.map(|act| (act.name(), reader.words.t(act.label))).collect()
}

/// Does it on each of the items that were chosen. What is refused for one is done for the others.
pub(super) async fn act(reader: &Reader, form: &Query) -> Result<Done, Failure> {
    let act = named(ACTS, form)?;
    if !NAMES.contains(&act.name()) {
        return Err(Failure::NotFound);
    }
    let words = reader.words;
    let chosen: Vec<String> = form.all("item").map(str::to_owned).collect();
    if chosen.is_empty() {
        let sentence = words.t("No item was chosen: mark some in the list, and repeat it.").to_owned();
        let notice = Notice { kind: "refused", sentence, reason: None };
        return Ok(Done { notice, code: StatusCode::BAD_REQUEST, position: 0, refused: Vec::new() });
    }
    let tried: Vec<(String, Result<u64, Status>)> =
        stream::iter(chosen).map(|id| one(reader, act, form, id)).buffered(AT_ONCE).collect().await;
    let position = tried.iter().filter_map(|(_, tried)| tried.as_ref().ok()).max().copied();
    let done = tried.iter().filter(|(_, tried)| tried.is_ok()).count();
    let mut sentences = vec![match done {
        1 => words.say("Recorded: {act}, for 1 item.", &[("act", &words.t(act.label))]),
        _ => words.say("Recorded: {act}, for {n} items.", &[("act", &words.t(act.label)), ("n", &done)]),
    }];
    let (mut code, mut reason) = (StatusCode::OK, None);
    // Why, the numbers of those that it was refused for, and their ids.
    let (mut whys, mut ids): (Vec<(String, Vec<String>)>, _) = (Vec::new(), Vec::new());
    for (id, tried) in tried {
        let Err(status) = tried else { continue };
        let (refused_with, status) = Failure::refusal(status)?;
        let refused = act::not_done(reader, ACTS, form, &status);
        let number = form.get(&format!("number.{id}")).unwrap_or(&id).to_owned();
        match whys.iter_mut().find(|(why, _)| *why == refused.sentence) {
            Some((_, numbers)) => numbers.push(number),
            None => whys.push((refused.sentence, vec![number])),
        }
        ids.push(id);
        if done == 0 {
            code = refused_with;
        }
        reason = reason.or(refused.reason);
    }
    sentences.extend(whys.iter().map(|(why, numbers)| {
        let values: [(&str, &dyn ToString); 2] = [("number", &words.list(numbers)), ("why", why)];
        words.say("Refused for {number}: {why}", &values)
    }));
    let kind = if sentences.len() > 1 { "refused" } else { "done" };
    let notice = Notice { kind, sentence: sentences.join(" "), reason };
    Ok(Done { notice, code, position: position.unwrap_or_default(), refused: ids })
}

async fn one(reader: &Reader, act: &Act, form: &Query, id: String) -> (String, Result<u64, Status>) {
    let of_form = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let mut own = vec![("command_id".to_owned(), of_form(&format!("command_id.{id}")))];
    own.extend(act.fields.iter().map(|field| (field.path.to_owned(), of_form("reason"))));
    let tried = act.carry_out(reader, &Query(own), &[("itemId", &id)]).await;
    (id, tried)
}
