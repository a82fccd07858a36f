//! Text that people and their programs wrote into files.

/// A text without the byte order mark that some programs begin a file with.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::without_bom;

    #[test]
    fn only_a_mark_at_the_beginning_is_taken_off() {
        assert_eq!(without_bom("\u{feff}{}"), "{}");
        assert_eq!(without_bom("{\u{feff}}"), "{\u{feff}}");
        assert_eq!(without_bom(""), "");
    }
}
