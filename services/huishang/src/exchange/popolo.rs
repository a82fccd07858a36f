//! The directory as Popolo (popoloproject.com) has it: organizations, persons and memberships, in JSON. What Popolo has no
//! name for is beside it: the level of a department, and the working calendar. What a file does not say of a department or a
//! member stays as it is.

use crate::language::say;
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel, Member, Weekday, WorkingCalendar};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The prefixes of enum values that are left out in files.
const LEVEL: &str = "DEPARTMENT_LEVEL_";
const KIND: &str = "DEPARTMENT_KIND_";
const WEEKDAY: &str = "WEEKDAY_";

/// The classification of bodies, which are among the organizations of a whole export and are defined in another way.
pub const BODY: &str = "body";

/// A directory as a file has it. What else a file has is passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Popolo {
    #[serde(default)]
    pub organizations: Vec<Organization>,
    #[serde(default)]
    pub persons: Vec<Person>,
    #[serde(default)]
    pub memberships: Vec<Membership>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_calendar: Option<Days>,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    pub id: String,
    pub name: String,
    /// Its kind, such as `agency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// Such as `municipal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether nobody works with this system for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_users: Option<bool>,
}

/// Where a department is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub name: String,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// That somebody works for a department, in a role if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    pub person_id: String,
    pub organization_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// The working calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    pub time_zone: String,
    pub weekend: Vec<String>,
    #[serde(default)]
    pub holidays: Vec<String>,
    #[serde(default)]
    pub make_up_days: Vec<String>,
}

/// What a department is that is new, if its file does not say it.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    pub level: &'a str,
    pub kind: &'a str,
}

/// A directory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// Those above others come before them.
    pub departments: Vec<Department>,
    pub members: Vec<Member>,
    pub calendar: Option<WorkingCalendar>,
}

impl Popolo {
    /// A directory as a file.
    pub fn of(directory: &Directory) -> Popolo {
        let memberships = directory.members.iter().flat_map(|member| {
            let of_role = |role: Option<&String>| Membership {
                person_id: member.code.clone(),
                organization_id: member.department_code.clone(),
                role: role.cloned(),
            };
            match member.roles.is_empty() {
                true => vec![of_role(None)],
                false => member.roles.iter().map(|role| of_role(Some(role))).collect(),
            }
        });
        Popolo {
            organizations: directory.departments.iter().map(Organization::of).collect(),
            persons: directory.members.iter().map(Person::of).collect(),
            memberships: memberships.collect(),
            working_calendar: directory.calendar.as_ref().map(Days::of),
        }
    }

    /// The directory of a file, where the directory is as it is known.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn directory(&self, known: &Directory, defaults: Defaults<'_>) -> Result<Directory, String> {
        let mut faults = Vec::new();
        let departments = self.departments(known, defaults, &mut faults);
        let members = self.members(known, &mut faults);
        let calendar = self.working_calendar.as_ref().and_then(|days| days.calendar(&mut faults));
        match faults.is_empty() {
            true => Ok(Directory { departments, members, calendar }),
            false => Err(faults.join("\n")),
        }
    }

    /// Those above others first: what is registered must be there before what is below it.
    fn departments(
        &self,
        known: &Directory,
        defaults: Defaults<'_>,
        faults: &mut Vec<String>,
    ) -> Vec<Department> {
        let mut left: Vec<Department> = Vec::new();
        let is_body = |one: &&Organization| one.classification.as_deref() == Some(BODY);
        for organization in self.organizations.iter().filter(|one| !is_body(one)) {
            match organization.department(known.department(&organization.id), defaults) {
                _ if left.iter().any(|other| other.code == organization.id) => {
                    faults.push(say("organization {id} is there twice", &[("id", &organization.id)]));
                }
                Ok(department) => left.push(department),
                Err(fault) => faults.push(fault),
            }
        }
        let mut ordered: Vec<Department> = Vec::new();
        while !left.is_empty() {
            let waits =
                |one: &Department| left.iter().any(|other| Some(&other.code) == one.parent_code.as_ref());
            let (waiting, next): (Vec<_>, Vec<_>) = left.iter().cloned().partition(waits);
            if next.is_empty() {
                faults.push(say("organization {id} is below itself", &[("id", &waiting[0].code)]));
                return ordered;
            }
            ordered.extend(next);
            left = waiting;
        }
        ordered
    }

    fn members(&self, known: &Directory, faults: &mut Vec<String>) -> Vec<Member> {
        let mut of_person: BTreeMap<&str, Vec<&Membership>> = BTreeMap::new();
        for membership in &self.memberships {
            of_person.entry(&membership.person_id).or_default().push(membership);
        }
        let mut members: Vec<Member> = Vec::new();
        for person in &self.persons {
            let memberships = of_person.remove(person.id.as_str()).unwrap_or_default();
            let department = memberships.first().map(|membership| &membership.organization_id);
            let one =
                department.filter(|code| memberships.iter().all(|other| other.organization_id == **code));
            match one {
                _ if members.iter().any(|other| other.code == person.id) => {
                    faults.push(say("person {id} is there twice", &[("id", &person.id)]));
                }
                Some(department) => {
                    let before = known.members.iter().find(|member| member.code == person.id);
                    let roles = memberships.iter().filter_map(|membership| membership.role.clone());
                    members.push(person.member(before, department.clone(), roles.collect()));
                }
                None => faults
                    .push(say("person {id} must be a member of one organization", &[("id", &person.id)])),
            }
        }
        faults.extend(of_person.keys().map(|id| say("there is no person {id}", &[("id", id)])));
        members
    }
}

impl Organization {
    fn of(department: &Department) -> Organization {
        Organization {
            id: department.code.clone(),
            name: department.name.clone(),
            classification: Some(kind_of(department)),
            parent_id: department.parent_code.clone(),
            area: department.region.clone().map(|name| Area { name }),
            level: Some(level_of(department)),
            without_users: department.without_users.then_some(true),
        }
    }

    /// The department, which was `before` this if it is known.
    fn department(&self, before: Option<&Department>, defaults: Defaults<'_>) -> Result<Department, String> {
        let level = self.level.clone().or_else(|| before.map(level_of)).unwrap_or(defaults.level.to_owned());
        let kind =
            self.classification.clone().or_else(|| before.map(kind_of)).unwrap_or(defaults.kind.to_owned());
        let unknown = |what: &str| {
            let details: [(&str, &dyn std::fmt::Display); 2] = [("id", &self.id), ("what", &what)];
            say("organization {id} has the unknown {what}", &details)
        };
        let known_level = DepartmentLevel::from_str_name(&long(&level, LEVEL));
        let known_kind = DepartmentKind::from_str_name(&long(&kind, KIND));
        let area = self.area.as_ref().map(|area| area.name.clone());
        Ok(Department {
            code: self.id.clone(),
            name: self.name.clone(),
            parent_code: self.parent_id.clone().or_else(|| before?.parent_code.clone()),
            level: known_level.ok_or_else(|| unknown(&format!("level {level:?}")))?.into(),
            region: area.or_else(|| before?.region.clone()),
            without_users: self.without_users.unwrap_or(before.is_some_and(|before| before.without_users)),
            kind: known_kind.ok_or_else(|| unknown(&format!("classification {kind:?}")))?.into(),
        })
    }
}

impl Person {
    fn of(member: &Member) -> Person {
        Person { id: member.code.clone(), name: member.name.clone(), email: member.email.clone() }
    }

    /// The member of a department, who was `before` this if they are known.
    fn member(&self, before: Option<&Member>, department_code: String, roles: Vec<String>) -> Member {
        let stays = before.filter(|_| roles.is_empty()).map(|before| before.roles.clone());
        Member {
            code: self.id.clone(),
            name: self.name.clone(),
            department_code,
            email: self.email.clone().or_else(|| before?.email.clone()),
            roles: stays.unwrap_or(roles),
        }
    }
}

impl Directory {
    fn department(&self, code: &str) -> Option<&Department> {
        self.departments.iter().find(|department| department.code == code)
    }
}

impl Days {
    fn of(calendar: &WorkingCalendar) -> Days {
        Days {
            time_zone: calendar.time_zone.clone(),
            weekend: calendar.weekend().map(|day| short(day.as_str_name(), WEEKDAY)).collect(),
            holidays: calendar.holidays.clone(),
            make_up_days: calendar.make_up_days.clone(),
        }
    }

    fn calendar(&self, faults: &mut Vec<String>) -> Option<WorkingCalendar> {
        let mut weekend = Vec::new();
        for day in &self.weekend {
            match Weekday::from_str_name(&long(day, WEEKDAY)) {
                Some(day) => weekend.push(day.into()),
                None => {
                    faults.push(say("the working calendar has the unknown weekday {day}", &[("day", day)]));
                    return None;
                }
            }
        }
        Some(WorkingCalendar {
            time_zone: self.time_zone.clone(),
            weekend,
            holidays: self.holidays.clone(),
            make_up_days: self.make_up_days.clone(),
        })
    }
}

/// The level of a department as files have it.
pub fn level_of(department: &Department) -> String {
    short(department.level().as_str_name(), LEVEL)
}

fn kind_of(department: &Department) -> String {
    short(department.kind().as_str_name(), KIND)
}

/// An enum value as files have it.
fn short(value: &str, prefix: &str) -> String {
    value.strip_prefix(prefix).unwrap_or(value).to_lowercase().replace('_', "-")
}

fn long(value: &str, prefix: &str) -> String {
    format!("{prefix}{}", value.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Defaults<'static> = Defaults { level: "municipal", kind: "agency" };

    fn read(json: &str) -> Result<Directory, String> {
        serde_json::from_str::<Popolo>(json).unwrap().directory(&Directory::default(), DEFAULTS)
    }

    #[test]
    fn a_directory_comes_back_as_it_was() {
        let file = r#"{
            "organizations": [
                {"id": "WATER", "name": "City Water", "parent_id": "CITY", "classification": "non-profit"},
                {"id": "CITY", "name": "市政府", "area": {"name": "Zhengzhou"}, "level": "county", "founding_date": "1949"}
            ],
            "persons": [{"id": "chen", "name": "陈", "email": "chen@water.example"}, {"id": "li", "name": "Li"}],
            "memberships": [
                {"person_id": "chen", "organization_id": "WATER", "role": "delegate"},
                {"person_id": "chen", "organization_id": "WATER", "role": "chair"},
                {"person_id": "li", "organization_id": "CITY"}
            ],
            "working_calendar": {"time_zone": "Asia/Shanghai", "weekend": ["saturday"], "holidays": ["2027-10-01"]}
        }"#;
        let directory = read(file).unwrap();
        let codes: Vec<&str> = directory.departments.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["CITY", "WATER"], "those above come first");
        assert_eq!(directory.departments[1].level(), DepartmentLevel::Municipal);
        assert_eq!(directory.members[0].roles, ["delegate", "chair"]);
        assert_eq!(Popolo::of(&directory).directory(&Directory::default(), DEFAULTS), Ok(directory));
    }

    #[test]
    fn what_a_file_does_not_say_stays() {
        let known = read(
            r#"{
                "organizations": [
                    {"id": "CITY", "name": "City"},
                    {"id": "WATER", "name": "Water", "parent_id": "CITY", "classification": "enterprise",
                     "level": "county", "area": {"name": "Zhengzhou"}, "without_users": true}
                ],
                "persons": [{"id": "chen", "name": "Chen", "email": "chen@water.example"}],
                "memberships": [{"person_id": "chen", "organization_id": "WATER", "role": "chair"}]
            }"#,
        )
        .unwrap();
        let names = r#"{
            "organizations": [{"id": "WATER", "name": "City Water"}],
            "persons": [{"id": "chen", "name": "Chen Li"}],
            "memberships": [{"person_id": "chen", "organization_id": "WATER"}]
        }"#;
        let read = serde_json::from_str::<Popolo>(names).unwrap().directory(&known, DEFAULTS).unwrap();
        let renamed = Department { name: "City Water".into(), ..known.departments[1].clone() };
        assert_eq!(read.departments, [renamed]);
        assert_eq!(read.members, [Member { name: "Chen Li".into(), ..known.members[0].clone() }]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let faults = read(
            r#"{
                "organizations": [
                    {"id": "A", "name": "A", "parent_id": "B"}, {"id": "B", "name": "B", "parent_id": "A"},
                    {"id": "C", "name": "C", "level": "galactic"}, {"id": "A", "name": "A"}
                ],
                "persons": [{"id": "li", "name": "Li"}, {"id": "wu", "name": "Wu"}],
                "memberships": [
                    {"person_id": "wu", "organization_id": "A"}, {"person_id": "wu", "organization_id": "B"},
                    {"person_id": "nobody", "organization_id": "A"}
                ],
                "working_calendar": {"time_zone": "Asia/Shanghai", "weekend": ["someday"]}
            }"#,
        )
        .unwrap_err();
        assert_eq!(faults.lines().count(), 7, "{faults}");
    }
}
