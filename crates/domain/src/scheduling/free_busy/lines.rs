//! Content lines: unfolded, with their parameters, in the components that hold them.

use super::Unreadable;

/// A property, such as `DTSTART;TZID=Asia/Shanghai:20270301T090000`.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Property {
    /// A parameter, its name in capitals.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn unreadable(&self) -> Unreadable {
        Unreadable::Line { line: self.name.clone() }
    }
}

/// An event, or some other component of a calendar, without those inside it.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) name: String,
    properties: Vec<Property>,
}

impl Component {
    pub(super) fn first(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    pub(super) fn all<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }
}

/// The components of all calendars in a text.
pub(super) fn components(text: &str) -> Result<Vec<Component>, Unreadable> {
    let lines = unfolded(text);
    let named = |line: Option<&String>, expected: &str| {
        line.is_some_and(|line| line.trim().eq_ignore_ascii_case(expected))
    };
    if !named(lines.first(), "BEGIN:VCALENDAR") || !named(lines.last(), "END:VCALENDAR") {
        return Err(Unreadable::NotACalendar);
    }
    let (mut open, mut found): (Vec<Component>, Vec<Component>) = (Vec::new(), Vec::new());
    for line in &lines {
        let property = property(line).ok_or_else(|| Unreadable::Line {
            line: line.chars().take_while(char::is_ascii_alphanumeric).collect(),
        })?;
        match property.name.as_str() {
            "BEGIN" => open.push(Component { name: property.value.to_ascii_uppercase(), properties: vec![] }),
            "END" => {
                let ended = open.pop().filter(|open| open.name.eq_ignore_ascii_case(&property.value));
                found.push(ended.ok_or(Unreadable::NotACalendar)?);
            }
            _ => {
                let Some(within) = open.last_mut() else { return Err(Unreadable::NotACalendar) };
                within.properties.push(property);
            }
        }
    }
    if open.is_empty() { Ok(found) } else { Err(Unreadable::NotACalendar) }
}

/// The lines of a text; one that begins with a space or a tab goes on with the one before it.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(|line| line.trim_end_matches('\r')) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// A line; none when it is no property. A value in quotes may have colons and semicolons.
fn property(line: &str) -> Option<Property> {
    let mut is_quoted = false;
    let colon = line.char_indices().find(|(_, character)| {
        is_quoted ^= *character == '"';
        *character == ':' && !is_quoted
    });
    let (head, value) = line.split_at(colon?.0);
    let mut parts = head.split(';');
    let name = parts.next()?.trim().to_ascii_uppercase();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let parameters = parts.filter_map(|part| part.split_once('='));
    let parameters =
        parameters.map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()));
    is_name.then(|| Property { parameters: parameters.collect(), name, value: value[1..].trim().to_owned() })
}
