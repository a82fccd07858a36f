//! The documents of the repository, and what is in them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tests::root;

/// Folders without documents of ours.
const PASSED_OVER: [&str; 2] = ["target", "huishang-data"];

/// One Markdown file.
pub struct Document {
    /// Its path from the root of the checkout.
    pub name: String,
    path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The line of its opening fence, from 1.
    pub line: usize,
    /// What follows the opening fence, such as `sh run`.
    pub info: String,
    /// What is inside.
    pub text: String,
}

/// Every document, sorted by name.
pub fn all() -> Vec<Document> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(open(&path));
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// The document with this name.
pub fn named(name: &str) -> Document {
    open(&root().join(name))
}

fn open(path: &Path) -> Document {
    let name = path.strip_prefix(root()).unwrap().display().to_string();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    Document { name, path: path.to_owned(), text }
}

impl Document {
    /// Its fenced blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(self.text.lines()) {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    open = Some(Block { line: number, info: info.trim().to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.text.extend([line, "\n"]),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: the last block is not closed", self.name);
        blocks
    }

    /// Its lines with their numbers; those of fenced blocks are left out.
    fn prose(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(self.text.lines()) {
            let fence = line.starts_with("```");
            inside ^= fence;
            if !inside && !fence {
                lines.push((number, line));
            }
        }
        lines
    }

    /// The code in its sentences, with the lines where it is.
    pub fn inline_code(&self) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        for (number, line) in self.prose() {
            found.extend(line.split('`').skip(1).step_by(2).map(|code| (number, code)));
        }
        found
    }

    /// The targets of its links, with the lines where they are.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in self.prose() {
            let text: String = line.split('`').step_by(2).collect();
            let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| (number, target.to_owned())));
        }
        links
    }

    /// What a link from here leads to: nothing to be said when it is there, or else what is wrong.
    pub fn follow(&self, target: &str) -> Result<(), String> {
        if target.contains("://") {
            return Ok(());
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match file {
            "" => self.path.clone(),
            file => self.path.parent().unwrap().join(file),
        };
        if !path.exists() {
            return Err(format!("{target}: there is no such file"));
        }
        if anchor.is_empty() {
            return Ok(());
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{target}: {error}"))?;
        let there = Document { name: target.to_owned(), path, text };
        if there.anchors().iter().any(|found| found == anchor) {
            return Ok(());
        }
        Err(format!("{target}: there is no such heading; there are {}", there.anchors().join(", ")))
    }

    /// The anchors of its headings, as hosting sites make them.
    fn anchors(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let headings = self.prose().into_iter().filter(|(_, line)| line.starts_with('#'));
        headings
            .map(|(_, line)| {
                let slug: String = line
                    .trim_start_matches('#')
                    .trim()
                    .to_lowercase()
                    .chars()
                    .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect();
                let times = seen.entry(slug.clone()).or_default();
                *times += 1;
                if *times > 1 { format!("{slug}-{}", *times - 1) } else { slug }
            })
            .collect()
    }

    /// The rows of its tables, each with its cells.
    pub fn rows(&self) -> Vec<Vec<&str>> {
        let tables = self.prose().into_iter().filter(|(_, line)| line.starts_with('|'));
        tables.map(|(_, line)| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
    }
}
