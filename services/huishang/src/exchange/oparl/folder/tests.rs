use super::*;
use serde_json::json;
use url::Url;

fn urls() -> Urls {
    Urls::new(Url::parse("https://city.example/oparl").unwrap())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A meeting with these topics.
fn meeting(key: &str, topics: &[&str]) -> Objects {
    let items = topics.iter().enumerate().map(|(order, title)| {
        Object::new(Kind::AgendaItem, format!("{key}-{order}"), json!({"name": title, "order": order}))
    });
    let mut all: Vec<Object> = items.collect();
    let keys = all.iter().map(|item| item.key.clone()).collect();
    let fields = json!({"name": key, "start": "2027-03-01T09:00:00+08:00"});
    let meeting = Object::new(Kind::Meeting, key, fields);
    all.push(meeting.containing("agendaItem", Contained::Several(Kind::AgendaItem, keys)));
    all.sort_by(|one, other| (one.kind, &one.key).cmp(&(other.kind, &other.key)));
    Objects { all, texts: BTreeMap::new() }
}

fn write(folder: &Path, objects: Objects, second: i64) -> Changes {
    let urls = urls();
    Folder::open(folder, &urls).unwrap().write(objects, &urls, at(second)).unwrap()
}

fn read(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn what_is_as_it_was_keeps_its_dates_and_what_contains_a_change_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(write(folder, meeting("1", &["Dam", "Weir"]), 0).new, 3);
    assert_eq!(write(folder, meeting("1", &["Dam", "Weir"]), 10), Changes { same: 3, ..Default::default() });
    assert_eq!(read(folder, "meeting/1.json")["modified"], "2027-01-15T08:00:00+00:00");

    let changes = write(folder, meeting("1", &["Dam", "Lock"]), 20);
    assert_eq!(changes, Changes { changed: 2, same: 1, ..Default::default() });
    let meeting = read(folder, "meeting/1.json");
    assert_eq!(meeting["created"], "2027-01-15T08:00:00+00:00");
    assert_eq!(meeting["modified"], "2027-01-15T08:00:20+00:00");
    assert_eq!(meeting["agendaItem"][1], read(folder, "agenda-item/1-1.json"));
    assert_eq!(read(folder, "agenda-item/1-0.json")["modified"], "2027-01-15T08:00:00+00:00");
}

#[test]
fn what_is_not_public_any_more_says_nothing_but_that() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, meeting("1", &["Dam", "Hidden"]), 0);
    let changes = write(folder, meeting("1", &["Dam"]), 10);
    assert_eq!(changes, Changes { changed: 1, deleted: 1, same: 1, ..Default::default() });
    let gone = json!({
        "id": "https://city.example/oparl/agenda-item/1-1.json",
        "type": "https://schema.oparl.org/1.1/AgendaItem",
        "created": "2027-01-15T08:00:00+00:00",
        "modified": "2027-01-15T08:00:10+00:00",
        "deleted": true,
    });
    assert_eq!(read(folder, "agenda-item/1-1.json"), gone);
    assert_eq!(read(folder, "list/agenda-item.json")["data"].as_array().unwrap().len(), 1);
    for entry in ["meeting/1.json", "list/meeting.json", "list/agenda-item.json"] {
        assert!(!read(folder, entry).to_string().contains("Hidden"), "{entry}");
    }
    // Once deleted, it stays so; published again, it is there again.
    assert_eq!(write(folder, meeting("1", &["Dam"]), 20).deleted, 0);
    assert_eq!(read(folder, "agenda-item/1-1.json"), gone);
    write(folder, meeting("1", &["Dam", "Weir"]), 30);
    assert_eq!(read(folder, "agenda-item/1-1.json")["name"], "Weir");
    assert_eq!(read(folder, "agenda-item/1-1.json").get("deleted"), None);
}

#[test]
fn what_does_not_take_place_is_said_to_those_only_who_heard_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let cancelled = |key: &str| {
        let mut objects = meeting(key, &["Dam"]);
        for object in &mut objects.all {
            object.only_if_known = true;
            object.fields.remove("start");
        }
        let meeting = objects.all.iter_mut().find(|object| object.kind == Kind::Meeting).unwrap();
        meeting.fields.insert("cancelled".into(), true.into());
        objects
    };
    assert_eq!(write(folder, cancelled("1"), 0), Changes::default());
    assert!(!folder.join("meeting/1.json").exists());
    write(folder, meeting("1", &["Dam"]), 10);
    write(folder, cancelled("1"), 20);
    let told = read(folder, "meeting/1.json");
    assert_eq!((&told["cancelled"], &told["start"]), (&json!(true), &json!("2027-03-01T09:00:00+08:00")));
}

#[test]
fn a_long_list_has_pages_and_a_shorter_one_leaves_none_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let titles: Vec<String> = (0..201).map(|number| format!("Topic {number}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    write(folder, meeting("1", &titles), 0);
    let pages = ["list/agenda-item.json", "list/agenda-item-2.json", "list/agenda-item-3.json"];
    let listed: Vec<Value> = pages.iter().map(|page| read(folder, page)).collect();
    let sizes: Vec<usize> = listed.iter().map(|page| page["data"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 1]);
    assert_eq!(listed[1]["links"]["next"], "https://city.example/oparl/list/agenda-item-3.json");
    assert_eq!(listed[2]["links"].get("next"), None);
    write(folder, meeting("1", &["Topic 0"]), 10);
    assert!(!folder.join(pages[1]).exists() && !folder.join(pages[2]).exists());
}

#[test]
fn a_folder_of_another_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes"), "mine").unwrap();
    let refused = Folder::open(folder.path(), &urls()).unwrap_err().to_string();
    assert!(refused.contains("something else"), "{refused}");

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), meeting("1", &["Dam"]), 0);
    let elsewhere = Urls::new(Url::parse("https://town.example/").unwrap());
    let refused = Folder::open(folder.path(), &elsewhere).unwrap_err().to_string();
    assert!(refused.contains("another address"), "{refused}");
    let held = Folder::open(folder.path(), &urls()).unwrap();
    let refused = Folder::open(folder.path(), &urls()).unwrap_err().to_string();
    assert!(refused.contains("another export"), "{refused}");
    drop(held);
    Folder::open(folder.path(), &urls()).unwrap();
}

#[test]
fn names_of_any_script_are_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let object = Object::new(Kind::Organization, "body-防汛", json!({"name": "防汛会商"}));
    write(folder.path(), Objects { all: vec![object], texts: BTreeMap::new() }, 0);
    let organization = read(folder.path(), "organization/body-防汛.json");
    assert_eq!(organization["id"], "https://city.example/oparl/organization/body-%E9%98%B2%E6%B1%9B.json");
}

#[test]
fn whoever_serves_the_folder_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), meeting("1", &["Dam"]), 0);
    let mode = |file: &str| std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("meeting"), mode("meeting/1.json")), (FOLDER_MODE, FILE_MODE));
}
