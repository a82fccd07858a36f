//! Files are read as they were written, and what differs in them is named.

use super::compare::{Compared, compare};
use super::document::{Document, Place};

const TABLE: &str = "\u{feff}code,name,late\r\nWATER,\"Water, \"\"old\"\"\",3\r\nROADS,Roads,0\r\n\r\n\"huishang-paper/1 …\"\r\n";

fn read(text: &str) -> Document {
    Document::read(text.as_bytes()).unwrap()
}

#[test]
fn a_number_that_was_changed_is_named_by_its_row_and_column() {
    let given = read(TABLE);
    assert_eq!(compare(&read(TABLE), &given), Compared { figures: 9, hidden: 0, differences: Vec::new() });
    let compared = compare(&read(&TABLE.replace(",3", ",2")), &given);
    let [difference] = &compared.differences[..] else { panic!("{compared:?}") };
    let sentence = difference.sentence();
    assert!(sentence.contains("2 (WATER Water, \"old\")") && sentence.contains("late"), "{sentence}");
    let shortened = TABLE.replace("ROADS,Roads,0\r\n", "");
    assert_eq!(compare(&read(&shortened), &given).differences.len(), 3, "a row that is missing");
    for changed in [TABLE.replace("name,late", "late,name"), TABLE.replace(",3\r", ",3,more\r")] {
        assert!(!compare(&read(&changed), &given).differences.is_empty(), "{changed}");
    }
    let after_the_end = format!("{TABLE}\r\nPARKS,Parks,9\r\n");
    assert_eq!(compare(&read(&after_the_end), &given).differences.len(), 3, "a row past the empty line");
}

#[test]
fn a_page_shows_its_cells_and_sentences_and_not_what_it_asks() {
    let page = |late: u32, asked: &str| {
        read(&format!(
            "<!DOCTYPE html><html><body><header>1</header><main id=\"main\"><div class=\"page-head\"><h1>Board</h1></div>\
             <p class=\"lede\"><a href=\"/x\">{late} items</a> are late.</p><form class=\"act-form\"><p>{asked}</p></form>\
             <table><thead><tr><th>Department</th><th>Late</th></tr></thead><tbody><tr><th>Roads &amp; bridges</th>\
             <td><b>{late}</b></td></tr></tbody></table></main></body></html>"
        ))
    };
    let figures = page(3, "one").figures;
    let values: Vec<&str> = figures.iter().map(|figure| figure.value.as_str()).collect();
    assert_eq!(values, ["3 items are late.", "Department", "Late", "Roads & bridges", "3"]);
    let Place::Cell { row, column } = &figures[4].place else { panic!("{figures:?}") };
    assert_eq!((row.as_str(), column.as_str()), ("Roads & bridges", "Late"));
    assert_eq!(compare(&page(3, "one"), &page(3, "two")).differences, []);
    assert_eq!(compare(&page(3, "one"), &page(4, "one")).differences.len(), 2);
}

#[test]
fn names_that_a_copy_cannot_read_are_not_compared() {
    let given = read("delegate,votes\r\nerased-0a1b2c3d,2\r\n");
    let compared = compare(&read("delegate,votes\r\nLi,2\r\n"), &given);
    assert_eq!((compared.figures, compared.hidden, compared.differences.len()), (3, 1, 0));
}
