//! Sentences with names in braces.

use std::collections::BTreeMap;

/// A sentence with the values of the names in its braces; nothing stands for a name without a value.
pub fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let parts = parts(template).into_iter();
    parts
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Name(name) => value(name).unwrap_or_default(),
        })
        .collect()
}

/// The same in Chinese, where no space stands between two Chinese characters: a value may be a word or a code.
pub(super) fn fill_in_chinese(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::new();
    for part in parts(template) {
        let next = match part {
            Part::Text(text) => text.to_owned(),
            Part::Name(name) => value(name).unwrap_or_default(),
        };
        let (before, after) = (filled.trim_end_matches(' '), next.trim_start_matches(' '));
        let is_chinese = before.ends_with(is_wide) && after.starts_with(is_wide);
        match is_chinese {
            true => {
                filled.truncate(before.len());
                filled.push_str(after);
            }
            false => filled.push_str(&next),
        }
    }
    filled
}

/// Whether a character is one of the scripts of East Asia, or a mark of theirs.
fn is_wide(character: char) -> bool {
    character >= '\u{2e80}'
}

/// The names in a template's braces.
#[cfg(test)]
pub(super) fn names(template: &str) -> std::collections::BTreeSet<&str> {
    let name = |part| match part {
        Part::Text(_) => None,
        Part::Name(name) => Some(name),
    };
    parts(template).into_iter().filter_map(name).collect()
}

/// A sentence in the other language, by the template that it was made of; where two fit, the one with more text.
pub(super) fn translate(templates: &BTreeMap<String, String>, sentence: &str) -> Option<String> {
    translate_with(templates, sentence, |value| value.to_owned())
}

/// The same for a sentence whose values are made of the same templates.
pub(super) fn translate_deeply(templates: &BTreeMap<String, String>, sentence: &str) -> Option<String> {
    translate_with(templates, sentence, |value| {
        let is_part = value.len() < sentence.len();
        is_part.then(|| translate_deeply(templates, value)).flatten().unwrap_or_else(|| value.to_owned())
    })
}

fn translate_with(
    templates: &BTreeMap<String, String>,
    sentence: &str,
    value: impl Fn(&str) -> String,
) -> Option<String> {
    if let Some(same) = templates.get(sentence) {
        return Some(same.clone());
    }
    let fitting = templates.iter().filter_map(|(from, to)| Some((from, to, read(&parts(from), sentence)?)));
    let text = |template: &str| -> usize { fill(template, |_| None).len() };
    let (_, to, values) = fitting.max_by_key(|(from, ..)| text(from))?;
    Some(fill_in_chinese(to, |name| values.get(name).map(|found| value(found))))
}

/// The values that fill a template's parts in a sentence, each as long as possible; one may be empty.
fn read<'a>(template: &[Part<'a>], sentence: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
    let Some((first, rest)) = template.split_first() else {
        return sentence.is_empty().then(BTreeMap::new);
    };
    match first {
        Part::Text(text) => read(rest, sentence.strip_prefix(text)?),
        Part::Name(name) => {
            let ends = sentence.char_indices().map(|(at, _)| at).chain([sentence.len()]).rev();
            ends.into_iter().find_map(|end| {
                let mut values = read(rest, &sentence[end..])?;
                values.insert(name, &sentence[..end]);
                Some(values)
            })
        }
    }
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        parts.extend((!text.is_empty()).then_some(Part::Text(text)));
        parts.push(Part::Name(name));
        rest = after;
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
    parts
}
