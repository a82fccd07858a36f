//! HTML that is written tag by tag, with every text escaped.

use crate::paper::{Block, Paper};
use crate::words::Words;

/// As plain as minutes, with the red of a paper's heading.
const STYLE: &str = "body{max-width:44em;margin:2em auto;line-height:1.7;font-family:serif}\
.mark,h1,.number{text-align:center}.mark{color:#d7000f;font-size:2em}hr{border:0;border-top:2px solid #d7000f}\
.signed{text-align:right;padding-right:4em}";

/// A paper as a page of HTML.
pub fn html(paper: &Paper) -> String {
    let words = Words::of(paper.language);
    let mut page = Page::begin(words.code, &paper.name, STYLE);
    for block in &paper.blocks {
        match block {
            Block::Mark(text) => page.of_class("p", "mark", text),
            Block::Number(text) => page.of_class("p", "number", text),
            Block::Rule => page.0 += "<hr>\n",
            Block::Title(text) => page.element("h1", text),
            Block::Heading(text) => page.element("h2", text),
            Block::Subheading(text) => page.element("h3", text),
            Block::Paragraph(text) => page.element("p", text),
            Block::Labelled { label, text } => page.element("p", &format!("{label}{text}")),
            Block::Signed { by, day } => {
                page.of_class("p", "signed", by);
                page.of_class("p", "signed", day);
            }
            Block::Gap => {}
        }
    }
    page.end()
}

/// A page being written.
pub(crate) struct Page(String);

impl Page {
    /// Begins a page in a language, with its title and its style.
    pub(crate) fn begin(language: &str, title: &str, style: &str) -> Page {
        let mut page = Page(format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
        ));
        page.text(title);
        page.0 += "</title>\n<style>";
        page.0 += style;
        page.0 += "</style>\n</head>\n<body>\n";
        page
    }

    /// One element with nothing but text in it.
    pub(crate) fn element(&mut self, tag: &str, text: &str) {
        self.0 += &format!("<{tag}>");
        self.text(text);
        self.0 += &format!("</{tag}>\n");
    }

    /// The same of a class, which the style knows.
    fn of_class(&mut self, tag: &str, class: &str, text: &str) {
        self.0 += &format!("<{tag} class=\"{class}\">");
        self.text(text);
        self.0 += &format!("</{tag}>\n");
    }

    /// A text of several lines, a paragraph for each.
    pub(crate) fn paragraphs(&mut self, text: &str) {
        text.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.element("p", line.trim()));
    }

    /// A table with a row of headings.
    pub(crate) fn table(&mut self, headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.0 += "<table>\n";
        self.row("th", headings.iter().copied());
        for row in rows {
            self.row("td", row.iter().map(String::as_str));
        }
        self.0 += "</table>\n";
    }

    fn row<'t>(&mut self, tag: &str, cells: impl Iterator<Item = &'t str>) {
        self.0 += "<tr>";
        for cell in cells {
            self.0 += &format!("<{tag}>");
            self.text(cell);
            self.0 += &format!("</{tag}>");
        }
        self.0 += "</tr>\n";
    }

    /// The whole page.
    pub(crate) fn end(self) -> String {
        self.0 + "</body>\n</html>\n"
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0 += "&amp;",
                '<' => self.0 += "&lt;",
                '>' => self.0 += "&gt;",
                '"' => self.0 += "&quot;",
                _ => self.0.push(character),
            }
        }
    }
}
