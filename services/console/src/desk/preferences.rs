//! How a reader likes pages: their language, light or dark, and whether single keys lead through them.

use super::cookies;
use super::{Asked, Query};
use crate::wanted;
use client::Language;
use http::{HeaderMap, HeaderValue};

const LANGUAGE: &str = "lang";
const THEME: &str = "theme";
const KEYS: &str = "keys";

/// How a reader likes pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preferences {
    pub(super) language: Language,
    pub(super) theme: Theme,
    /// Whether single keys lead through pages.
    pub(super) keys: bool,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the reader's system is.
    Auto,
    Light,
    Dark,
}

impl Theme {
    fn parse(name: &str) -> Option<Theme> {
        [Theme::Auto, Theme::Light, Theme::Dark].into_iter().find(|theme| theme.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Preferences {
    /// What was chosen before, or else what the browser says.
    pub(super) fn read(headers: &HeaderMap) -> Preferences {
        let chosen = cookies::sent(headers, LANGUAGE).and_then(|name| name.parse().ok());
        let theme = cookies::sent(headers, THEME).and_then(Theme::parse);
        Preferences {
            language: chosen.unwrap_or_else(|| wanted::language(headers)),
            theme: theme.unwrap_or(Theme::Auto),
            keys: cookies::sent(headers, KEYS) != Some("off"),
        }
    }
}

/// What a link such as `?theme=dark` chooses: the same page without it, and what the browser is to keep.
pub(super) fn chosen(asked: &Asked, https: bool) -> Option<(String, Vec<HeaderValue>)> {
    let query: Query = asked.query();
    let language = query.get(LANGUAGE).filter(|name| name.parse::<Language>().is_ok());
    let theme = query.get(THEME).filter(|name| Theme::parse(name).is_some());
    let keys = query.get(KEYS).filter(|value| ["on", "off"].contains(value));
    let kept: Vec<HeaderValue> = [(LANGUAGE, language), (THEME, theme), (KEYS, keys)]
        .into_iter()
        .filter_map(|(name, value)| Some(cookies::prefer(name, value?, https)))
        .collect();
    (!kept.is_empty()).then(|| (query.link(asked.head.uri.path(), &[LANGUAGE, THEME, KEYS], None), kept))
}
