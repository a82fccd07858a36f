//! The path templates of `google.api.http`, as far as Huishang uses them: fixed segments, variables of one segment, and
//! a verb after the last one.

use percent_encoding::percent_decode_str;

/// A path template, such as `/v1/sessions/{session_id}:admit`.
#[derive(Debug)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    verb: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Segment {
    Fixed(String),
    Variable(String),
}

impl Template {
    pub(crate) fn parse(text: &str) -> Template {
        let last_segment = text.rfind('/').map_or(0, |slash| slash + 1);
        let (path, verb) = match text[last_segment..].rfind(':') {
            Some(colon) => (&text[..last_segment + colon], Some(text[last_segment + colon + 1..].to_owned())),
            None => (text, None),
        };
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => Segment::Variable(name.to_owned()),
            None => Segment::Fixed(segment.to_owned()),
        };
        Template { segments: path.split('/').map(segment).collect(), verb }
    }

    /// Whether it ends in a verb. What has one is to be compared first: without, the verb would be part of a variable.
    pub(crate) fn has_verb(&self) -> bool {
        self.verb.is_some()
    }

    /// The names of its variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name.as_str()),
            Segment::Fixed(_) => None,
        })
    }

    /// The values of the variables in a path, if it is such a path. A value that is no UTF-8 fits nothing.
    pub(crate) fn read(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let path = match &self.verb {
            Some(verb) => path.strip_suffix(verb.as_str())?.strip_suffix(':')?,
            None => path,
        };
        let mut given = path.split('/');
        let mut values = Vec::new();
        for segment in &self.segments {
            let text = given.next()?;
            match segment {
                Segment::Fixed(fixed) if fixed == text => {}
                Segment::Variable(name) if !text.is_empty() => {
                    values.push((name.as_str(), percent_decode_str(text).decode_utf8().ok()?.into_owned()));
                }
                _ => return None,
            }
        }
        given.next().is_none().then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str, path: &str) -> Option<Vec<String>> {
        let template = Template::parse(template);
        Some(template.read(path)?.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn a_path_fits_with_all_of_its_segments_and_its_verb() {
        let admit = "/v1/sessions/{session_id}:admit";
        assert_eq!(read(admit, "/v1/sessions/7:admit"), Some(vec!["session_id=7".into()]));
        for other in
            ["/v1/sessions/7", "/v1/sessions/:admit", "/v1/sessions/7:admit/", "/v1/rooms/7:admit", ""]
        {
            assert_eq!(read(admit, other), None, "{other}");
        }
        let two = "/v1/dockets/{docket_id}/topics/{topic_number}:open";
        let values = Some(vec!["docket_id=a".into(), "topic_number=2".into()]);
        assert_eq!(read(two, "/v1/dockets/a/topics/2:open"), values);
        assert_eq!(read("/v1/log:verify", "/v1/log:verify"), Some(vec![]));
    }

    #[test]
    fn a_value_may_have_any_character_and_stays_one_segment() {
        let item = "/v1/items/{item_id}";
        assert_eq!(read(item, "/v1/items/F-1%2F2"), Some(vec!["item_id=F-1/2".into()]));
        assert_eq!(read(item, "/v1/items/%E6%B0%B4"), Some(vec!["item_id=水".into()]));
        assert_eq!(read(item, "/v1/items/a%3Ab"), Some(vec!["item_id=a:b".into()]));
        assert_eq!(read(item, "/v1/items/%ff"), None);
    }
}
