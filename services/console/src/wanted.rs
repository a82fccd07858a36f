//! In which form a caller wants a refusal, and in which language its sentence.

use crate::table::Form;
use client::Language;
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_LANGUAGE};

/// What a caller says of the answer that it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Whether refusals are to be problems (RFC 9457).
    pub(crate) problem: bool,
    /// Whether a stream is to come as server-sent events.
    pub(crate) events: bool,
    /// As what table a list is to come, if it is to be one.
    pub(crate) table: Option<Form>,
    pub(crate) language: Language,
}

impl Wanted {
    pub(crate) fn read(headers: &HeaderMap) -> Wanted {
        Wanted {
            problem: accepts(headers, "application/problem+json"),
            events: accepts(headers, "text/event-stream"),
            table: [Form::Csv, Form::Xlsx]
                .into_iter()
                .find(|form| accepts(headers, form.media_type().split(';').next().unwrap_or_default())),
            language: language(headers),
        }
    }
}

/// Whether a media type is named among those that are accepted.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(weighed).any(|(name, weight)| name.eq_ignore_ascii_case(media_type) && weight > 0)
}

/// The one of our languages that the caller likes best; English if it names none.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let lists = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let ours = lists.flat_map(weighed).filter_map(|(name, weight)| {
        let language = match name.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Language::Chinese,
            "en" | "*" => Language::English,
            _ => return None,
        };
        (weight > 0).then_some((language, weight))
    });
    // Of those that are liked as much, the first.
    let best = ours.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(Language::English, |(language, _)| language)
}

/// The entries of a list such as `zh-CN, en;q=0.5`, with their weights in thousandths.
fn weighed(list: &str) -> impl Iterator<Item = (&str, u32)> {
    list.split(',').map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (name, (weight.clamp(0.0, 1.0) * 1000.0) as u32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str, language: &str) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        headers.insert(ACCEPT_LANGUAGE, language.parse().unwrap());
        Wanted::read(&headers)
    }

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        for (list, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en;q=0.8, zh", Language::Chinese),
            ("fr, zh-Hant;q=0.2", Language::Chinese),
            ("en, zh", Language::English),
            ("zh;q=0", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(wanted("*/*", list).language, expected, "{list}");
        }
    }

    #[test]
    fn problems_and_events_come_only_to_those_who_name_them() {
        assert!(wanted("application/problem+json, */*;q=0.1", "en").problem);
        assert!(!wanted("application/json, */*", "en").problem);
        assert!(wanted("text/event-stream", "en").events);
        assert!(!wanted("text/event-stream;q=0", "en").events);
    }
}
