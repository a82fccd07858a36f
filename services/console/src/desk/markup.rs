//! Pieces of HTML within sentences and cells.

use askama::filters::HtmlSafe;
use std::fmt;

/// HTML that is written as it is: every text in it was escaped when it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl HtmlSafe for Markup {}

impl fmt::Display for Markup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Markup {
    /// A text.
    pub(super) fn text(text: &str) -> Markup {
        Markup(escaped(text))
    }

    /// A link.
    pub(super) fn link(href: &str, text: &str) -> Markup {
        Markup(format!("<a href=\"{}\">{}</a>", escaped(href), escaped(text)))
    }

    /// A light: colour, word and shape.
    pub(super) fn light(light: Light, word: &str) -> Markup {
        Markup(format!("<span class=\"light\" data-light=\"{}\">{}</span>", light.name(), escaped(word)))
    }

    /// A moment, also for machines.
    pub(super) fn time(machine: &str, shown: &str) -> Markup {
        Markup(format!("<time datetime=\"{}\">{}</time>", escaped(machine), escaped(shown)))
    }

    /// A sentence with pieces in the places of the names in braces.
    pub(super) fn fill(sentence: &str, pieces: &[(&str, Markup)]) -> Markup {
        Markup(client::language::fill(&escaped(sentence), |name| {
            pieces.iter().find(|(known, _)| *known == name).map(|(_, piece)| piece.0.clone())
        }))
    }

    /// Pieces with a separator between them.
    pub(super) fn join(pieces: impl IntoIterator<Item = Markup>, separator: &str) -> Markup {
        let pieces: Vec<String> = pieces.into_iter().map(|piece| piece.0).collect();
        Markup(pieces.join(&escaped(separator)))
    }
}

/// 绿黄红.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Light {
    Red,
    Amber,
    Green,
}

impl Light {
    pub(super) fn name(self) -> &'static str {
        match self {
            Light::Red => "red",
            Light::Amber => "amber",
            Light::Green => "green",
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        let evil = "<script>alert('1')</script>\" onclick=\"";
        let link = Markup::link(&format!("/items?q={evil}"), evil);
        let filled = Markup::fill("<b>{link}</b> {text}", &[("link", link), ("text", Markup::text(evil))]);
        assert!(
            !filled.to_string().contains("<script") && !filled.to_string().contains("\" onclick"),
            "{filled}"
        );
        assert!(filled.to_string().starts_with("&lt;b&gt;<a href="), "{filled}");
    }
}
