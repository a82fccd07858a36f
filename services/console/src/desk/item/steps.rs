//! What can be done with an item now: what its next steps say of everybody, and what the rules say to the reader.

use crate::desk::Query;
use crate::desk::act::{self, Moves, Refused};
use crate::desk::item::ACTS;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::session::token_name;
use proto::resolution::v1::{GetNextStepsRequest, Item, NextStep};
use tonic::Status;

/// What the reader can do, what others can, and what refuses the rest. What nobody can do now is not said to those who never
/// could.
pub(super) async fn moves(
    reader: &Reader,
    around: &Surroundings,
    item: &Item,
    typed: Option<&Query>,
) -> Result<Moves, Status> {
    let request = GetNextStepsRequest { item_id: item.item_id.clone(), ..Default::default() };
    let of = [("itemId", item.item_id.as_str())];
    let moves = act::moves(reader, ACTS, &of, typed);
    let (answer, moves) = futures::future::try_join(reader.ask(request), moves).await?;
    Ok(as_the_steps_say(reader, around, &answer.steps, moves))
}

/// An act is validated before anybody has filled its form in, so that the rules accept what they would refuse then; the steps
/// know.
fn as_the_steps_say(reader: &Reader, around: &Surroundings, steps: &[NextStep], moves: Moves) -> Moves {
    let step_of = |name: &str| {
        let act = ACTS.iter().find(|act| act.name() == name)?;
        steps.iter().find(|step| Some(step.command.as_str()) == act.command())
    };
    let mut shown = Moves::default();
    for offer in moves.possible {
        match step_of(offer.name) {
            Some(step) if may(reader, step) => shown.possible.push(offer),
            Some(step) if step.reason.is_empty() => shown.of_others.push(Refused {
                sentence: by_whom(reader, around, step),
                ..refused(reader, step, offer.name, offer.label)
            }),
            Some(step) => shown.refused.push(refused(reader, step, offer.name, offer.label)),
            // It would change nothing.
            None => {}
        }
    }
    let theirs = |act: &Refused| step_of(act.name).is_some_and(|step| step.reason.is_empty());
    shown.of_others.extend(moves.of_others.into_iter().filter(theirs));
    shown.refused.extend(moves.refused.into_iter().filter(|act| step_of(act.name).is_some()));
    shown
}

/// Whether the reader is one of those who may take a step. A token that names no role may have some that only the services
/// know.
fn may(reader: &Reader, step: &NextStep) -> bool {
    let holder = &reader.holder;
    step.by.iter().any(|actor| {
        reader.is_of(&actor.department_code)
            && (holder.roles.is_empty() || holder.is(&token_name(actor.role())))
    })
}

fn by_whom(reader: &Reader, around: &Surroundings, step: &NextStep) -> String {
    let words = reader.words;
    let actors = step.by.iter().map(|actor| {
        let role = words.role(&token_name(actor.role()));
        match actor.department_code.as_str() {
            "" => role,
            code => format!("{} {role}", around.directory.name(code)),
        }
    });
    words.say("For: {roles}", &[("roles", &words.list(&actors.collect::<Vec<_>>()))])
}

fn refused(reader: &Reader, step: &NextStep, name: &'static str, label: String) -> Refused {
    let details = step.details.iter();
    let details = details.map(|detail| (detail.key.as_str(), detail.value.as_str())).collect();
    let sentence = reader.preferences.language.reason("huishang.resolution.v1", &step.reason, &details);
    Refused {
        name,
        label,
        sentence: reader.with_moments(
            sentence.unwrap_or_else(|| step.message.clone()),
            step.details.iter().map(|detail| detail.value.as_str()),
        ),
        reason: Some(step.reason.clone()).filter(|reason| !reason.is_empty()),
    }
}
