//! Sample events of the directory.

use crate::convert::sample::{Sample, at, code, line, samples};
use domain::Role;
use domain::calendar::WorkingCalendar;
use domain::directory::{Spelling, calendar, department, hierarchy, member, sign_out};
use domain::spelling;
use jiff::civil::{Weekday, date};

pub fn all() -> Vec<Box<dyn Sample>> {
    let aggregates = [
        samples::<department::Department>(of_a_department()),
        samples::<hierarchy::Hierarchy>(of_the_hierarchy()),
        samples::<member::Member>(of_a_member()),
        samples::<calendar::Calendar>(of_a_calendar()),
        samples::<sign_out::SignOut>(vec![sign_out::Event::SignedOut {
            ended_at: at("2027-03-08T01:00:00Z"),
        }]),
        samples::<Spelling>(vec![spelling::Event::Taken { code: code("MIIT") }]),
    ];
    aggregates.into_iter().flatten().collect()
}

fn of_a_department() -> Vec<department::Event> {
    use department::{Event, Kind, Level, Profile};
    let profile = Profile {
        code: code("MIIT"),
        name: line("工业和信息化部"),
        parent: Some(code("SC")),
        level: Level::National,
        region: None,
        without_users: false,
        kind: Kind::Agency,
    };
    let local = |level, kind| {
        let region = Some(line("山东"));
        Event::Registered { profile: Profile { parent: None, level, region, kind, ..profile.clone() } }
    };
    vec![
        Event::Registered { profile: profile.clone() },
        local(Level::Provincial, Kind::Enterprise),
        local(Level::Municipal, Kind::NonProfit),
        local(Level::County, Kind::Agency),
        Event::Registered { profile: Profile { without_users: true, ..profile } },
    ]
}

fn of_the_hierarchy() -> Vec<hierarchy::Event> {
    let placed = |parent| hierarchy::Event::Placed { department: code("MIIT"), parent };
    vec![placed(Some(code("SC"))), placed(None)]
}

fn of_a_member() -> Vec<member::Event> {
    let registered = member::Event::Registered {
        profile: member::Profile {
            code: code("li.wei"),
            name: line("李伟"),
            department: code("MIIT"),
            email: Some(line("li.wei@example.cn")),
            roles: vec![Role::Delegate, Role::DepartmentLead],
        },
    };
    vec![registered, member::Event::Removed { code: code("li.wei"), department: code("MIIT") }]
}

fn of_a_calendar() -> Vec<calendar::Event> {
    let calendar = WorkingCalendar::new(
        "Asia/Shanghai",
        vec![Weekday::Saturday, Weekday::Sunday],
        [date(2027, 10, 1), date(2027, 10, 4)],
        [date(2027, 10, 9)],
    );
    vec![calendar::Event::Defined { calendar: calendar.unwrap() }]
}
