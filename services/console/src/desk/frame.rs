//! What is around every page: its head, its navigation, its foot.

use super::asset::{SCRIPT, STYLE};
use super::markup::Markup;
use super::moment::Calendar;
use super::pager::Pager;
use super::preferences::{Preferences, Theme};
use super::provenance::OF_NO_CONTENT;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Provenance, Query, calendar_file, export};
use crate::paper::Code;
use client::Language;
use prost_types::Timestamp;
use proto::Wire as _;

/// The pages in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nav {
    Today,
    Board,
    Due,
    Items,
    Sessions,
    Resolutions,
    Matters,
    Chains,
    Targets,
    Scorecards,
    Indicators,
    Notices,
    Proof,
    System,
}

impl Nav {
    const ALL: [Nav; 14] = [
        Nav::Today,
        Nav::Board,
        Nav::Due,
        Nav::Items,
        Nav::Sessions,
        Nav::Resolutions,
        Nav::Matters,
        Nav::Chains,
        Nav::Targets,
        Nav::Scorecards,
        Nav::Indicators,
        Nav::Notices,
        Nav::Proof,
        Nav::System,
    ];

    fn path(self) -> &'static str {
        match self {
            Nav::Today => "/today",
            Nav::Board => "/board",
            Nav::Due => "/due",
            Nav::Items => "/items",
            Nav::Sessions => "/sessions",
            Nav::Resolutions => "/resolutions",
            Nav::Matters => "/matters",
            Nav::Chains => "/chains",
            Nav::Targets => "/targets",
            Nav::Scorecards => "/scorecards",
            Nav::Indicators => "/indicators",
            Nav::Notices => "/notices",
            Nav::Proof => "/proof",
            Nav::System => "/system",
        }
    }

    pub(super) fn name(self, words: Words) -> &'static str {
        match self {
            Nav::Today => words.t("Today"),
            Nav::Board => words.t("Board"),
            Nav::Due => words.t("Due dates"),
            Nav::Items => words.t("Items"),
            Nav::Sessions => words.t("Sessions"),
            Nav::Resolutions => words.t("Resolutions"),
            Nav::Matters => words.t("Matters"),
            Nav::Chains => words.t("Chains"),
            Nav::Targets => words.t("Targets"),
            Nav::Scorecards => words.t("Scorecards"),
            Nav::Indicators => words.t("Indicators"),
            Nav::Notices => words.t("Notices"),
            Nav::Proof => words.t("Proof"),
            Nav::System => words.t("System"),
        }
    }
}

/// An entry of the navigation.
pub(super) struct NavEntry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    /// What `aria-current` says of it.
    pub(super) current: Option<&'static str>,
}

/// What is around a page.
pub(super) struct Frame {
    pub(super) words: Words,
    preferences: Preferences,
    pub(super) title: String,
    /// The address of the page, with its query.
    pub(super) here: String,
    /// Empty for somebody who is not signed in.
    pub(super) nav: Vec<NavEntry>,
    pub(super) who: String,
    pub(super) form_token: String,
    pub(super) stamp: Option<Stamp>,
    /// Where the rows of the page are as files for spreadsheets: what each is called, and its address.
    pub(super) files: Vec<(&'static str, String)>,
    pub(super) notice: Option<Notice>,
    /// What the reader typed into a form that was refused, by the labels of its fields.
    pub(super) typed: Vec<(String, String)>,
    /// Whether its reader may ask who could see what.
    oversees: bool,
    /// What the page was made with that its address does not say.
    pub(super) made_with: Option<(&'static str, String)>,
}

/// The state of the log that a page shows.
pub(super) struct Stamp {
    pub(super) position: u64,
    pub(super) moment: Markup,
    /// The moment as a field of a form has it.
    pub(super) field: String,
    /// Whether another moment can be asked for.
    pub(super) rewinds: bool,
    /// What else the page was asked for, which stays so then.
    pub(super) kept: Vec<(String, String)>,
    /// The same call for programs.
    pub(super) api: String,
    /// What lets anybody make the page again.
    provenance: Option<Provenance>,
}

/// What came of the reader's last act, or that a page shows the past.
pub(super) struct Notice {
    /// `done`, `refused` or `past`.
    pub(super) kind: &'static str,
    pub(super) sentence: String,
    pub(super) reason: Option<String>,
}

/// What a printed page says of itself, and the code with its line.
pub(super) struct PaperOfPage {
    /// The code; none if the line is too long for one.
    pub(super) code: Option<Code>,
    pub(super) filters: String,
    pub(super) line: String,
    pub(super) root: String,
    /// The line, and the signed head.
    pub(super) text: String,
}

impl Stamp {
    /// The same page as it is now.
    pub(super) fn now(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("?{}", query.extend_pairs(&self.kept).finish())
    }

    /// As of this moment, or else now, when what is shown was made of the log up to this position.
    pub(super) async fn new(
        reader: &Reader,
        calendar: &Calendar,
        at: Option<Timestamp>,
        position: u64,
        api: &str,
    ) -> Stamp {
        let provenance = Provenance::of(reader, position, at).await;
        let at = at.or_else(|| provenance.as_ref()?.paper.clock_at.to_wire());
        Stamp { provenance, ..Stamp::of_this_installation(reader, calendar, at, position, api) }
    }

    /// The same on a page about the installation itself: what it says is in no copy of the log.
    pub(super) fn of_this_installation(
        reader: &Reader,
        calendar: &Calendar,
        at: Option<Timestamp>,
        position: u64,
        api: &str,
    ) -> Stamp {
        let at = at.unwrap_or_default();
        let (moment, field) = (calendar.full(reader.words, &at), calendar.field(&at));
        let (api, kept) = (api.to_owned(), Vec::new());
        Stamp { position, moment, field, rewinds: false, kept, api, provenance: None }
    }
}

impl Frame {
    /// Around a page of somebody who is signed in. `within` is the entry of the navigation that the page belongs to.
    pub(super) fn new(
        reader: &Reader,
        around: &Surroundings,
        asked: &Asked,
        within: Nav,
        title: &str,
    ) -> Frame {
        let words = reader.words;
        let here = asked.head.uri.path_and_query().map_or("/today", |here| here.as_str()).to_owned();
        let current = |entry: Nav| match entry == within {
            true if asked.head.uri.path() == entry.path() => Some("page"),
            true => Some("true"),
            false => None,
        };
        let nav = Nav::ALL.map(|entry| NavEntry {
            path: entry.path(),
            name: entry.name(words),
            current: current(entry),
        });
        let roles: Vec<String> = reader.holder.roles.iter().map(|role| words.role(role)).collect();
        let department = reader.holder.department.as_deref().map(|code| around.directory.name(code));
        let who: Vec<String> = department.into_iter().chain([words.list(&roles)]).collect();
        Frame {
            words,
            preferences: reader.preferences,
            title: title.to_owned(),
            here,
            nav: nav.into(),
            who: who.join(" "),
            form_token: reader.session.form_token.clone(),
            stamp: None,
            files: Vec::new(),
            notice: None,
            typed: Vec::new(),
            oversees: reader.holder.oversees(),
            made_with: None,
        }
    }

    /// Around a page that says nothing of any matter.
    pub(super) fn bare(preferences: Preferences, title: &str, here: &str) -> Frame {
        Frame {
            words: Words(preferences.language),
            preferences,
            title: title.to_owned(),
            here: here.to_owned(),
            nav: Vec::new(),
            who: String::new(),
            form_token: String::new(),
            stamp: None,
            files: Vec::new(),
            notice: None,
            typed: Vec::new(),
            oversees: false,
            made_with: None,
        }
    }

    /// Whether its reader may ask who could see what.
    pub(super) fn oversees(&self) -> bool {
        self.oversees
    }

    /// Offers the list at this path as files, with the filters of the query.
    pub(super) fn offer_files(&mut self, query: &Query, path: &str) {
        let files = [("CSV", "csv"), ("Excel", "xlsx")];
        self.files = files.map(|(name, form)| (name, export::link(query, path, form))).into();
    }

    /// Offers the dates of the list at this path as a calendar, too.
    pub(super) fn offer_calendar(&mut self, query: &Query, path: &str) {
        self.files.push(("iCalendar", export::link(query, path, calendar_file::ICS)));
    }

    pub(super) fn t<'a>(&self, english: &'a str) -> &'a str {
        self.words.t(english)
    }

    /// The same call for programs; empty if there is none.
    pub(super) fn api(&self) -> &str {
        self.stamp.as_ref().map(|stamp| stamp.api.as_str()).unwrap_or_default()
    }

    pub(super) fn style(&self) -> &str {
        &STYLE.path
    }

    /// The theme, where the reader has chosen one.
    pub(super) fn theme(&self) -> Option<&'static str> {
        let theme = self.preferences.theme;
        (theme != Theme::Auto).then(|| theme.name())
    }

    pub(super) fn script(&self) -> &str {
        &SCRIPT.path
    }

    /// Whether single keys lead through the page.
    pub(super) fn has_keys(&self) -> bool {
        self.preferences.keys
    }

    /// What a printed page says of itself.
    pub(super) fn paper(&self) -> Option<PaperOfPage> {
        let provenance = self.stamp.as_ref()?.provenance.clone()?;
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let query = Query::of(query.as_bytes());
        let with = self.made_with.as_ref().map(|(name, value)| (*name, value.as_str()));
        let provenance = provenance.at(path, &query, with);
        let of_no_content: Vec<&str> = OF_NO_CONTENT.into_iter().chain([Pager::TOKEN]).collect();
        let filters = query.without(&of_no_content);
        let filters: Vec<String> = filters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        Some(PaperOfPage {
            code: provenance.paper.code(),
            filters: filters.join("; "),
            line: provenance.paper.to_string(),
            root: provenance.root(),
            text: provenance.text(),
        })
    }

    /// What stands at the foot of each printed sheet.
    pub(super) fn stamp_of_sheet(&self) -> String {
        let position = self
            .stamp
            .as_ref()
            .map(|stamp| self.words.say("log position {n}", &[("n", &grouped(stamp.position))]));
        let parts = [Some(self.t("Huishang").to_owned()), Some(self.title.clone()), position];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// The page in the other language: its name, tag and address.
    pub(super) fn other_language(&self) -> (&'static str, &'static str, String) {
        match self.words.0 {
            Language::Chinese => ("English", "en", self.with("lang", "en")),
            Language::English => ("中文", "zh-CN", self.with("lang", "zh")),
        }
    }

    /// The address of this page with another choice.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let separator = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{separator}{name}={value}", self.here)
    }
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 12, 999, 1_000, 18_427, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "12", "999", "1,000", "18,427", "1,234,567"]);
    }
}
