use super::*;
use crate::exchange::popolo::Defaults;
use proto::directory::v1::{DepartmentKind, DepartmentLevel, Member};

const DEFAULTS: Defaults<'static> = Defaults { level: "municipal", kind: "agency" };

/// What a folder with these files has.
fn read_files(files: &[(&str, &str)], known: &Directory) -> anyhow::Result<Read> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    read(folder.path(), known)
}

#[test]
fn a_page_of_a_list_has_departments_and_those_who_work_for_them() {
    // As another publisher has it: addresses without a file's ending, memberships within persons, older versions.
    let list = r#"{"data": [
        {"id": "https://ris.example/organization/7", "type": "https://schema.oparl.org/1.0/Organization",
         "name": "Tiefbauamt", "shortName": "A66", "organizationType": "Verwaltungsbereich",
         "subOrganizationOf": "https://ris.example/organization/1/"},
        {"id": "https://ris.example/organization/1/", "type": "https://schema.oparl.org/1.1/Organization", "name": "Stadt"},
        {"id": "https://ris.example/organization/2", "type": "https://schema.oparl.org/1.1/Organization",
         "name": "Bauausschuss", "organizationType": "Gremium"},
        {"id": "https://ris.example/organization/3", "type": "https://schema.oparl.org/1.1/Organization", "deleted": true}
    ], "pagination": {"totalElements": 4}, "links": {}}"#;
    let persons = r#"[
        {"id": "https://ris.example/person/chen", "type": "https://schema.oparl.org/1.1/Person", "name": "陈",
         "email": ["chen@ris.example", "c@ris.example"], "membership": [
            {"id": "https://ris.example/membership/1", "type": "https://schema.oparl.org/1.1/Membership",
             "organization": "https://ris.example/organization/7", "role": "delegate"},
            {"id": "https://ris.example/membership/2", "type": "https://schema.oparl.org/1.1/Membership",
             "organization": "https://ris.example/organization/2", "role": "Vorsitz"}]},
        {"id": "https://ris.example/person/wu", "type": "https://schema.oparl.org/1.1/Person", "name": "Wu",
         "membership": [{"id": "https://ris.example/membership/3", "type": "https://schema.oparl.org/1.1/Membership",
             "organization": "https://ris.example/organization/2"}]}
    ]"#;
    let files = [("list/a.json", list), ("persons.json", persons), ("notes.txt", "no JSON")];
    let read = read_files(&files, &Directory::default()).unwrap();
    assert_eq!(read.passed_over, 3, "a committee, what was deleted, and who is in the committee only");

    let directory = read.popolo.directory(&Directory::default(), DEFAULTS).unwrap();
    let departments: Vec<_> = directory
        .departments
        .iter()
        .map(|one| (one.code.as_str(), one.name.as_str(), one.parent_code.as_deref()))
        .collect();
    assert_eq!(departments, [("1", "Stadt", None), ("A66", "Tiefbauamt", Some("1"))]);
    assert_eq!(directory.departments[1].kind(), DepartmentKind::Agency);
    assert_eq!(directory.departments[1].level(), DepartmentLevel::Municipal);
    let chen = Member {
        code: "chen".into(),
        name: "陈".into(),
        department_code: "A66".into(),
        email: Some("chen@ris.example".into()),
        roles: vec!["delegate".into()],
    };
    assert_eq!(directory.members, [chen]);
}

#[test]
fn who_was_published_from_here_is_the_member_of_before() {
    let chen = Member {
        code: "chen".into(),
        name: "Chen".into(),
        department_code: "A".into(),
        ..Default::default()
    };
    let known = Directory { members: vec![chen], ..Directory::default() };
    let key = key_of_person("chen");
    let organization = r#"{"id": "https://a.example/organization/department-A.json",
        "type": "https://schema.oparl.org/1.1/Organization", "shortName": "A", "name": "A"}"#;
    let person = format!(
        r#"{{"id": "https://a.example/person/{key}.json", "type": "https://schema.oparl.org/1.1/Person", "name": "Chen",
            "membership": [{{"id": "m", "type": "https://schema.oparl.org/1.1/Membership",
            "organization": "https://a.example/organization/department-A.json"}}]}}"#
    );
    let read = read_files(&[("o.json", organization), ("p.json", &person)], &known).unwrap();
    assert_eq!(read.popolo.persons[0].id, "chen");
}

#[test]
fn what_is_no_folder_of_oparl_is_refused() {
    let nothing = read_files(&[("a.json", "{}")], &Directory::default()).unwrap_err();
    assert!(nothing.to_string().contains("no organizations of OParl"), "{nothing}");
    let broken = read_files(&[("a.json", "{")], &Directory::default()).unwrap_err();
    assert!(broken.to_string().contains("a.json"), "{broken}");
}
