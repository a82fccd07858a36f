use super::*;

#[tokio::test]
async fn the_directory_is_listed_a_page_at_a_time() {
    let place = Place::furnished().await;
    let position = place.register_department("MOF-BUDGET", Some("MOF")).await.unwrap();
    let ask = |page_token: String| pb::ListDepartmentsRequest {
        at_least_position: position,
        page_size: 3,
        page_token,
        order_by: "code desc".into(),
    };
    let first = place.service.list_departments(clerk(ask(String::new()))).await.unwrap().into_inner();
    let codes = |page: &pb::ListDepartmentsResponse| -> Vec<String> {
        page.departments.iter().map(|department| department.code.clone()).collect()
    };
    assert_eq!(codes(&first), ["NDRC", "MOF-BUDGET", "MOF"]);
    assert!(first.position >= position);
    let second =
        place.service.list_departments(clerk(ask(first.next_page_token))).await.unwrap().into_inner();
    assert_eq!(codes(&second), ["MIIT"]);
    assert_eq!(second.next_page_token, "");

    let rooms = pb::ListRoomsRequest { at_least_position: position, seats_min: 11, ..Default::default() };
    let rooms = place.service.list_rooms(clerk(rooms)).await.unwrap().into_inner();
    assert_eq!(rooms.rooms, []);
}

#[tokio::test]
async fn members_and_departments_stand_under_departments_that_are_there() {
    let place = Place::furnished().await;
    let orphan = place.register_department("MOF-TAX", Some("MOFF")).await.unwrap_err();
    assert_eq!(faulty_fields(&orphan), ["profile.parent"]);

    let member = |department: &str| pb::RegisterMemberRequest {
        command_id: id(department),
        profile: Some(values::MemberProfile {
            code: "wang".into(),
            name: "王主任".into(),
            department: department.into(),
            email: None,
            roles: vec!["delegate".into()],
        }),
    };
    let stray = place.service.register_member(clerk(member("MOFF"))).await.unwrap_err();
    assert_eq!(faulty_fields(&stray), ["profile.department"]);
    let mut right = member("MOF");
    right.command_id = id("wang");
    let position = place.service.register_member(clerk(right)).await.unwrap().into_inner().position;
    let ask = pb::ListMembersRequest {
        at_least_position: position,
        department: "MOF".into(),
        ..Default::default()
    };
    let members = place.service.list_members(clerk(ask)).await.unwrap().into_inner().members;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].name, "王主任");
}

#[tokio::test]
async fn rules_and_calendar_have_a_default_until_they_are_defined() {
    let place = Place::empty();
    let ask = || pb::GetRulesRequest { at_least_position: 0, body: "JOINT".into() };
    let before = place.service.get_rules(clerk(ask())).await.unwrap().into_inner();
    assert_eq!((before.defined, before.rules.unwrap().topics_max), (false, 5));
    let rules = values::MeetingRules {
        topics_max: 2,
        minutes_max: 60,
        notice_days_min: 1,
        papers_days_min: 1,
        sessions_per_quarter_max: Some(4),
    };
    let define = pb::DefineRulesRequest { command_id: id("rules"), body: "JOINT".into(), rules: Some(rules) };
    place.service.define_rules(clerk(define)).await.unwrap();
    let after = place.service.get_rules(clerk(ask())).await.unwrap().into_inner();
    assert_eq!((after.defined, after.rules), (true, Some(rules)));

    let ask = || pb::GetCalendarRequest { at_least_position: 0 };
    let before = place.service.get_calendar(clerk(ask())).await.unwrap().into_inner();
    assert_eq!((before.defined, before.calendar.unwrap().time_zone.as_str()), (false, "Asia/Shanghai"));
    let calendar = values::WorkingCalendar {
        time_zone: "Asia/Urumqi".into(),
        weekend: vec![values::Weekday::Sunday.into()],
        holidays: vec!["2027-10-01".into()],
        make_up_days: vec![],
    };
    let define = pb::DefineCalendarRequest { command_id: id("calendar"), calendar: Some(calendar.clone()) };
    place.service.define_calendar(clerk(define)).await.unwrap();
    let after = place.service.get_calendar(clerk(ask())).await.unwrap().into_inner();
    assert_eq!((after.defined, after.calendar), (true, Some(calendar)));
}
