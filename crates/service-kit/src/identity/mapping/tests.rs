use super::super::issuers::Issuers;
use super::*;
use serde_json::json;
use std::path::Path;

/// The mapping of the first issuer in a file.
fn mapping(rest: &str) -> Mapping {
    let file = format!("[[issuer]]\nissuer = 'i'\njwks_file = 'k'\n{rest}");
    Issuers::parse(&file, Path::new(""), "a").unwrap().issuers.remove(0).mapping
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

#[test]
fn without_a_mapping_the_claims_are_taken_as_they_are() {
    let claims =
        json!({"sub": "li", "department": "WATER", "roles": ["clerk", "other", 7], "groups": ["chair"]});
    let expected = Actor { subject: "li".into(), department: Some(code("WATER")), roles: vec![Role::Clerk] };
    assert_eq!(Mapping::default().actor(&claims), Ok(expected.clone()));
    assert_eq!(mapping("").actor(&claims), Ok(expected));
}

#[test]
fn groups_give_roles_and_a_department() {
    let mapping = mapping(
        "subject_prefix = 'city:'\n\
         [issuer.claims]\nsubject = 'preferred_username'\ngroups = '/realm_access/groups'\n\
         [[issuer.group]]\nname = '水务局领导'\nroles = ['department-lead', 'delegate']\ndepartment = 'WATER'\n\
         [[issuer.group]]\nname = 'clerks'\nroles = ['clerk', 'delegate']\n",
    );
    let claims = |groups: serde_json::Value| json!({"sub": "x", "preferred_username": "li", "roles": ["operator"], "realm_access": {"groups": groups}});
    let actor = mapping.actor(&claims(json!(["clerks", "水务局领导", "unheard of"]))).unwrap();
    assert_eq!((actor.subject.as_str(), actor.department), ("city:li", Some(code("WATER"))));
    // A claim that is called roles gives none where groups do.
    assert_eq!(actor.roles, [Role::Clerk, Role::Delegate, Role::DepartmentLead]);
    assert_eq!(mapping.unknown_groups(&claims(json!(["clerks", "unheard of"]))), ["unheard of"]);
    assert_eq!(mapping.actor(&claims(json!([]))).unwrap().roles, []);
}

#[test]
fn claims_that_contradict_the_mapping_are_refused_with_the_claim() {
    let mapping = mapping(
        "[issuer.claims]\nsubject = 'upn'\nroles = 'roles'\ngroups = 'groups'\n\
         [[issuer.group]]\nname = 'w'\ndepartment = 'WATER'\n[[issuer.group]]\nname = 'r'\ndepartment = 'ROADS'\n",
    );
    for (claims, why) in [
        (json!({"sub": "li"}), "no claim upn"),
        (json!({"upn": 7}), "upn is not a string"),
        (json!({"upn": "li", "groups": "w"}), "groups is not a list"),
        (json!({"upn": "li", "roles": {"clerk": true}}), "roles is not a list"),
        (json!({"upn": "li", "groups": ["w", "r"]}), "two departments, WATER and ROADS"),
        (json!({"upn": "li", "groups": ["w"], "department": "ROADS"}), "two departments"),
        (json!({"upn": "process:timer"}), "reserved"),
    ] {
        let refused = mapping.actor(&claims).unwrap_err();
        assert!(refused.contains(why), "{claims}: {refused}");
    }
}
