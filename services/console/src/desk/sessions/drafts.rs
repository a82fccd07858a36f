//! The items that a decision is carried out by, as they are drafted: what they say, and the forms that revise and drop them.

use super::acts::{DROP_ITEM, REVISE_ITEM};
use super::debate::Press;
use super::docket::may;
use crate::desk::act::{Act, OfferedField};
use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::Words;
use crate::desk::{Query, moment};
use proto::deliberation::v1::due_rule::Rule;
use proto::deliberation::v1::{DocketTopic, DraftedItem, ItemDraft, NextStep};

/// An item as far as it has been worked out, and what can be done with it.
pub(super) struct Drafted {
    /// Its title.
    pub(super) said: String,
    pub(super) terms: Vec<Markup>,
    pub(super) presses: Vec<Press>,
}

/// What the drafts of a docket are shown to somebody with.
#[derive(Clone, Copy)]
pub(super) struct Drafts<'a> {
    pub(super) reader: &'a Reader,
    pub(super) around: &'a Surroundings,
    pub(super) steps: &'a [NextStep],
    /// Up to where the log was read for them: a form says what its reader has seen.
    pub(super) position: u64,
    /// The form that was refused, if one was.
    pub(super) typed: Option<&'a Query>,
}

impl Drafts<'_> {
    /// Those of a topic.
    pub(super) fn of(&self, topic: &DocketTopic) -> Vec<Drafted> {
        let is_free = |act: &Act| {
            let of_topic = self.steps.iter().filter(|step| step.topic_number == Some(topic.number));
            let mut same = of_topic.filter(|step| Some(step.command.as_str()) == act.command());
            same.any(|step| may(self.reader, step))
        };
        let acts: Vec<Act> = [REVISE_ITEM, DROP_ITEM].into_iter().filter(is_free).collect();
        topic.items.iter().map(|item| self.drafted(item, &acts)).collect()
    }

    fn drafted(&self, item: &DraftedItem, acts: &[Act]) -> Drafted {
        let draft = item.draft.clone().unwrap_or_default();
        let presses = acts.iter().map(|act| self.press(act, item.number, &draft)).collect();
        Drafted { terms: self.terms(&draft), presses, said: draft.title }
    }

    /// What it says beside its title.
    fn terms(&self, draft: &ItemDraft) -> Vec<Markup> {
        let name = |code: &str| self.around.directory.name(code);
        let lead = draft.lead_code.as_deref().map(name);
        let supporting: Vec<String> = draft.co_responsible_codes.iter().map(|code| name(code)).collect();
        let words = self.reader.words;
        let supporting = (!supporting.is_empty())
            .then(|| words.say("with {names}", &[("names", &words.list(&supporting))]));
        let texts = lead.into_iter().chain(supporting).chain([draft.deliverable.clone()]);
        let texts = texts.chain(draft.criterion.clone());
        let due = draft.due.as_ref().and_then(|due| due.rule.as_ref()).map(|rule| due(words, rule));
        texts.map(|text| Markup::text(&text)).chain(due).collect()
    }

    /// An act on the item: with what was typed if it was refused, and else with what the item is.
    fn press(&self, act: &Act, number: u32, draft: &ItemDraft) -> Press {
        let is_its = |form: &&Query| form.number("itemNumber") == Some(number.into());
        let offer = act.offer(self.reader.words, self.typed.filter(is_its));
        let asked = offer.fields.into_iter().filter(|field| field.path != "itemNumber");
        let fields = asked.map(|field| {
            let id = format!("{}-{number}", field.id);
            filled_in(self.reader.words, OfferedField { id, ..field }, draft, offer.is_typed)
        });
        Press {
            name: offer.name,
            label: offer.label,
            command_id: offer.command_id,
            fields: fields.collect(),
            filled_in: vec![
                ("itemNumber", number.to_string()),
                ("expected_position", self.position.to_string()),
            ],
            is_typed: offer.is_typed,
        }
    }
}

/// A field with what the item says there; where something else was typed, beside that.
fn filled_in(words: Words, mut field: OfferedField, draft: &ItemDraft, is_typed: bool) -> OfferedField {
    let Some((value, unit)) = on_record(field.path, draft) else { return field };
    if !is_typed {
        (field.value, field.unit) = (value, unit.to_owned());
    } else if field.value != value || (!value.is_empty() && !unit.is_empty() && field.unit != unit) {
        let word = field.options.iter().find(|(known, _)| known == unit).map(|(_, word)| word.as_str());
        field.on_record = match (value.as_str(), word) {
            ("", _) => words.t("nothing").to_owned(),
            (value, Some(word)) => format!("{value} {word}"),
            (value, None) => value.to_owned(),
        };
    }
    field
}

/// What an item says in a field of its form, and what a number counts there.
fn on_record(path: &str, draft: &ItemDraft) -> Option<(String, &'static str)> {
    let rule = draft.due.as_ref().and_then(|due| due.rule.as_ref());
    let value = match path {
        "draft.title" => draft.title.clone(),
        "draft.deliverable" => draft.deliverable.clone(),
        "draft.criterion" => draft.criterion.clone().unwrap_or_default(),
        "draft.leadCode" => draft.lead_code.clone().unwrap_or_default(),
        "draft.coResponsibleCodes" => draft.co_responsible_codes.join(" "),
        "draft.due.dueOn" => match rule {
            Some(Rule::DueOn(date)) => date.clone(),
            _ => String::new(),
        },
        "draft.due" => {
            return Some(match rule {
                Some(Rule::AfterDays(days)) => (days.to_string(), "afterDays"),
                Some(Rule::AfterWorkingDays(days)) => (days.to_string(), "afterWorkingDays"),
                Some(Rule::AfterHours(hours)) => (hours.to_string(), "afterHours"),
                Some(Rule::DueOn(_)) | None => (String::new(), "afterWorkingDays"),
            });
        }
        _ => return None,
    };
    Some((value, ""))
}

fn due(words: Words, rule: &Rule) -> Markup {
    match rule {
        Rule::DueOn(date) => {
            Markup::fill(words.t("Due on {date}."), &[("date", moment::full_day(words, date))])
        }
        Rule::AfterDays(n) => Markup::text(&words.say("Due {n} days after the decision.", &[("n", n)])),
        Rule::AfterWorkingDays(n) => {
            Markup::text(&words.say("Due {n} working days after the decision.", &[("n", n)]))
        }
        Rule::AfterHours(n) => Markup::text(&words.say("Due {n} hours after the decision.", &[("n", n)])),
    }
}
