use super::*;

#[tokio::test]
async fn departments_are_listed_a_page_at_a_time() {
    let fixture = Fixture::with_departments(&["NDRC", "MOF", "MIIT"]).await;
    let position = fixture.register(department("MOF-BUDGET", Some("MOF"))).await.unwrap().position;
    let list = |page_token: String| pb::ListDepartmentsRequest {
        at_least_position: position,
        page_size: 3,
        page_token,
        order_by: "code desc".into(),
    };
    let codes = |page: &pb::ListDepartmentsResponse| -> Vec<String> {
        page.departments.iter().map(|department| department.code.clone()).collect()
    };
    let first = fixture.service.list_departments(clerk(list(String::new()))).await.unwrap().into_inner();
    assert_eq!(codes(&first), ["NDRC", "MOF-BUDGET", "MOF"]);
    assert!(first.position >= position);
    let rest = list(first.next_page_token);
    let second = fixture.service.list_departments(clerk(rest)).await.unwrap().into_inner();
    assert_eq!(codes(&second), ["MIIT"]);
    assert_eq!(second.next_page_token, "");
}

#[tokio::test]
async fn an_unset_or_empty_filter_keeps_every_member() {
    let fixture = Fixture::with_departments(&["NDRC", "MOF"]).await;
    fixture.service.register_member(operator(member("li", "NDRC"))).await.unwrap();
    let last = fixture.service.register_member(operator(member("wang", "MOF"))).await.unwrap().into_inner();
    for (department_code, codes) in
        [(None, vec!["li", "wang"]), (Some(""), vec!["li", "wang"]), (Some("MOF"), vec!["wang"])]
    {
        let list = pb::ListMembersRequest {
            at_least_position: last.position,
            department_code: department_code.map(str::to_owned),
            ..Default::default()
        };
        let members = fixture.service.list_members(clerk(list)).await.unwrap().into_inner().members;
        assert_eq!(members.into_iter().map(|member| member.code).collect::<Vec<_>>(), codes);
    }
}

#[tokio::test]
async fn addresses_are_shown_within_their_department_and_to_those_who_see_all() {
    let fixture = Fixture::with_departments(&["NDRC", "MOF"]).await;
    fixture.register(department("MOF-BUDGET", Some("MOF"))).await.unwrap();
    let mut wang = member("wang", "MOF-BUDGET");
    wang.member.as_mut().unwrap().email = Some("wang@mof.example".to_owned());
    let last = fixture.service.register_member(operator(wang)).await.unwrap().into_inner().position;
    for (role, department, shown) in [
        (Role::Delegate, "MOF-BUDGET", true),
        (Role::Delegate, "MOF", true),
        (Role::DepartmentLead, "NDRC", false),
        (Role::Chair, "", false),
        (Role::Supervisor, "NDRC", true),
    ] {
        let list = pb::ListMembersRequest { at_least_position: last, ..Default::default() };
        let listed = fixture.service.list_members(by(list, department, role)).await.unwrap().into_inner();
        let [member] = &listed.members[..] else { panic!("{listed:?}") };
        assert_eq!(member.email.is_some(), shown, "{role:?} of {department}");
    }
}

#[test]
fn no_list_reads_every_row_or_sorts_any() {
    let tables = rusqlite::Connection::open_in_memory().unwrap();
    tables.execute_batch(<crate::views::DirectoryView as service_kit::View>::SCHEMA).unwrap();
    for order_by in ["code", "code desc", "name", "name desc"] {
        let order_by = order_by.to_owned();
        let departments = pb::ListDepartmentsRequest { order_by: order_by.clone(), ..Default::default() };
        let list = crate::views::list_of_departments(&departments).unwrap();
        assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
        for department_code in [None, Some("MOF".to_owned())] {
            let order_by = order_by.clone();
            let members = pb::ListMembersRequest { order_by, department_code, ..Default::default() };
            let list = crate::views::list_of_members(&members).unwrap();
            assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
        }
    }
}
