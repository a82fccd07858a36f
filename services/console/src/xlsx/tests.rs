use super::*;
use crate::table::tests::departments;
use client::Language;

fn about() -> About {
    About { asked: "/v1/departments".into(), time_zone: "Asia/Shanghai".into(), ..About::default() }
}

#[test]
fn what_begins_like_a_formula_is_a_text_that_stays_one() {
    for name in ["=1+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "+1 2"] {
        let table = departments(name, Language::English);
        let column = table.columns.iter().find(|column| column.heading == "name").unwrap();
        assert_eq!(cell(&table, column, &table.rows[0]), Cell::Text(name.to_owned()));
        assert!(is_formula(name) && write(&table, &about()).unwrap().starts_with(b"PK"));
    }
}

#[test]
fn what_a_table_does_not_have_is_said_beside_it() {
    let table = departments("Water", Language::English);
    let about = About { filters: vec![("level".into(), "municipal".into())], ..about() };
    let facts = about.facts(&table);
    let fact = |name: &str| facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(fact("Filters"), Some("level = municipal"));
    assert_eq!(fact("Rows"), Some("1; there are more, which are not in this table"));
    assert_eq!(fact("Log position"), Some("42"));
}

#[test]
fn a_text_that_is_too_long_for_a_cell_is_cut_between_characters() {
    let long = shortened("会".repeat(CELL_CHARS_MAX + 1));
    assert!(long.ends_with("会…") && long.chars().count() == CELL_CHARS_MAX + 1);
    assert_eq!(shortened("会商".into()), "会商");
}
