use super::*;

/// Texts in which there is nothing to see.
const INVISIBLE: &[&str] = &[
    "",
    " ",
    "\u{3000}",
    "\u{200b}",
    "\u{3164}",
    "\u{2800}",
    "\u{ad}",
    "\u{feff}",
    "\u{301}",
    "\u{20dd}",
    "\u{202e}",
    "\u{2066}\u{2069}",
    "\u{200e}",
    "\u{2028}",
    "\u{e0041}",
    "\u{feff} \u{200b}\u{301}",
];

#[test]
fn what_nobody_can_see_is_empty() {
    for text in INVISIBLE {
        assert_eq!(Code::parse(text), Err(TextError::Empty), "{text:?}");
        assert_eq!(Line::parse(text), Err(TextError::Empty), "{text:?}");
        assert_eq!(Text::parse(text), Err(TextError::Empty), "{text:?}");
    }
}

#[test]
fn names_of_every_script_are_visible() {
    for text in ["王", "Ö", "हिन्दी", "שלום", "👩‍🔧", "①", "㐀", "\u{e000}", "한", "é"]
    {
        assert_eq!(Line::parse(text).map(|line| line.to_string()), Ok(text.to_owned()));
    }
}

#[test]
fn a_line_is_one_line() {
    for end in ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'] {
        let text = format!("one{end}two");
        assert_eq!(Line::parse(&text), Err(TextError::SeveralLines), "{end:?}");
        assert!(Code::parse(&text).is_err(), "{end:?}");
        assert_eq!(Line::parse(&format!("one{end}")).unwrap().as_str(), "one", "{end:?} at the end");
    }
    assert_eq!(Text::parse("one\ntwo").unwrap().as_str(), "one\ntwo");
}

#[test]
fn a_line_does_not_turn_the_direction_of_writing() {
    for character in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
        let text = format!("pay{character}1000");
        assert_eq!(Line::parse(&text), Err(TextError::Direction { character }));
        assert_eq!(Code::parse(&text), Err(TextError::Direction { character }));
    }
    assert_eq!(
        Line::parse("a\u{202e}b").unwrap_err().to_string(),
        "has the character \\u{202e}, which changes the direction of text and is not allowed"
    );
    assert!(Line::parse("שלום\u{200f} (1)").is_ok(), "marks are what mixed lines need");
}

#[test]
fn a_code_hides_nothing() {
    for text in ["DOC\u{3164}", "DOC\u{115f}", "DOC\u{ffa0}", "DOC\u{200b}", "D\u{ad}OC"] {
        assert!(matches!(Code::parse(text), Err(TextError::Character { .. })), "{text:?}");
    }
}

#[test]
fn what_looks_the_same_is_the_same() {
    let composed = Code::parse("CAFÉ").unwrap();
    assert_eq!(Code::parse("CAFE\u{301}"), Ok(composed));
    assert_eq!(Line::parse("Bu\u{308}ro"), Line::parse("Büro"));
    assert_eq!(Text::parse("각"), Text::parse("\u{1100}\u{1161}\u{11a8}"));
    // A limit holds for what is kept.
    let long = "e\u{301}".repeat(LINE_CHARS_MAX);
    assert_eq!(Line::parse(&long).unwrap().as_str().chars().count(), LINE_CHARS_MAX);
}

#[test]
fn a_search_disregards_case_width_and_composition() {
    for (one, other) in [
        ("DOC", "ｄｏｃ"),
        ("2027", "２０２７"),
        ("ガス", "ｶﾞｽ"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("Cafe\u{301}", "CAFÉ"),
        ("泵站", "泵\u{200b}站"),
    ] {
        assert_eq!(search_key(one), search_key(other), "{one}");
    }
    assert_ne!(search_key("cafe"), search_key("café"));
}

proptest::proptest! {
    #[test]
    fn what_was_taken_once_is_taken_again_unchanged(text in "\\PC{1,40}") {
        if let Ok(line) = Line::parse(&text) {
            proptest::prop_assert_eq!(Line::parse(line.as_str()), Ok(line));
        }
    }
}

#[test]
fn what_is_always_composed_is_composed_after_every_character() {
    let plain = ('\0'..'\u{300}').chain('\u{4e00}'..='\u{9fff}');
    for c in plain {
        let text = format!("e{c}가{c}");
        assert_eq!(composed(&text), text.nfc().collect::<String>(), "{c:?}");
        assert_eq!(is_nfc_quick(text.chars()), IsNormalized::Yes, "{c:?}");
    }
}
