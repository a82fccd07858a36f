//! What every command promises: its answer, its refusals, and what `validate_only` and `expected_position` do.

use super::*;

#[tokio::test]
async fn a_command_answers_with_the_resource_as_it_is_now() {
    let fixture = Fixture::empty();
    let command = department("MOF", None);
    let registered = fixture.register(command.clone()).await.unwrap();
    assert_eq!(registered.department, command.department);
    assert_eq!(fixture.register(command).await.unwrap(), registered, "a repeat returns the first answer");

    let done = fixture.service.register_member(operator(member("wang", "MOF"))).await.unwrap().into_inner();
    assert_eq!(done.member, member("wang", "MOF").member);
}

#[tokio::test]
async fn a_member_is_taken_out_once_and_their_code_is_free() {
    let fixture = Fixture::with_departments(&["MOF", "MEE"]).await;
    let remove = |word: &str| pb::RemoveMemberRequest {
        command_id: id(word),
        member_code: "wang".into(),
        ..Default::default()
    };
    let never = fixture.service.remove_member(operator(remove("never"))).await.unwrap_err();
    assert_eq!(
        (never.code(), refusal(&never, "what")),
        (Grpc::NotFound, ("NOT_FOUND".into(), "member".into()))
    );
    fixture.service.register_member(operator(member("wang", "MOF"))).await.unwrap();
    let by_another = fixture.service.remove_member(by(remove("mee"), "MEE", Role::Clerk)).await.unwrap_err();
    assert_eq!(refusal(&by_another, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "MOF".into()));
    let colleague =
        fixture.service.remove_member(by(remove("mof"), "MOF", Role::Delegate)).await.unwrap_err();
    assert_eq!(refusal(&colleague, "needed_codes"), ("CLERK_REQUIRED".into(), "MOF".into()));
    let own = || by(remove("own"), "MOF", Role::Clerk);
    let removed = fixture.service.remove_member(own()).await.unwrap().into_inner();
    assert_eq!(removed.member, Some(pb::RemovedMember { code: "wang".into() }));
    assert_eq!(fixture.service.remove_member(own()).await.unwrap().into_inner(), removed, "a repeat");
    let again = fixture.service.remove_member(by(remove("again"), "MOF", Role::Clerk)).await;
    assert!(again.is_ok(), "it is already so");
    let list = pb::ListMembersRequest { at_least_position: removed.position, ..Default::default() };
    assert_eq!(fixture.service.list_members(operator(list)).await.unwrap().into_inner().members, []);
    let taken = fixture.service.register_member(by(member("wang", "MEE"), "MEE", Role::Clerk)).await;
    assert_eq!(taken.unwrap().into_inner().member.unwrap().department_code, "MEE");
}

#[tokio::test]
async fn a_named_department_must_be_in_the_directory() {
    let fixture = Fixture::with_departments(&["MOF"]).await;
    let orphan = fixture.register(department("MOF-TAX", Some("MOFF"))).await.unwrap_err();
    assert_eq!(faulty_fields(&orphan), ["department.parent_code"]);
    let stray = fixture.service.register_member(operator(member("wang", "MOFF"))).await.unwrap_err();
    assert_eq!(faulty_fields(&stray), ["member.department_code"]);
}

#[tokio::test]
async fn departments_in_a_circle_are_refused_with_the_chain() {
    let fixture = Fixture::with_departments(&["A"]).await;
    fixture.register(department("B", Some("A"))).await.unwrap();
    fixture.register(department("C", Some("B"))).await.unwrap();
    let circle = pb::RegisterDepartmentRequest { command_id: id("circle"), ..department("A", Some("C")) };
    let refused = fixture.register(circle).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::FailedPrecondition);
    assert_eq!(refusal(&refused, "chain"), ("PARENT_CYCLE".into(), "A under C under B under A".into()));
    // Once C is no longer below, A may be below C.
    let top = pb::RegisterDepartmentRequest { command_id: id("top"), ..department("C", None) };
    fixture.register(top).await.unwrap();
    let below = pb::RegisterDepartmentRequest { command_id: id("below"), ..department("A", Some("C")) };
    fixture.register(below).await.unwrap();
}

/// Each of the two would be right alone: the second to be written is decided again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_would_close_a_circle_together_are_not_both_accepted() {
    let fixture = Fixture::with_departments(&["A", "B"]).await;
    for round in 0..20 {
        let place = |code: &str, parent: Option<&str>| pb::RegisterDepartmentRequest {
            command_id: id(&format!("{code} under {parent:?} in round {round}")),
            ..department(code, parent)
        };
        let (one, other) =
            tokio::join!(fixture.register(place("A", Some("B"))), fixture.register(place("B", Some("A"))));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let refused = one.err().or(other.err()).unwrap();
        assert_eq!(refusal(&refused, "chain").0, "PARENT_CYCLE");
        for code in ["A", "B"] {
            fixture.register(place(code, None)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn validation_writes_nothing_and_refuses_for_real() {
    let fixture = Fixture::empty();
    let command = department("MOF", None);
    let dry_run = pb::RegisterDepartmentRequest { validate_only: true, ..command.clone() };
    let validated = fixture.register(dry_run).await.unwrap();
    assert_eq!((validated.position, &validated.department), (0, &command.department));
    assert_eq!(fixture.register(command.clone()).await.unwrap().position, 1, "nothing was written before");

    let own_parent = pb::RegisterDepartmentRequest { validate_only: true, ..department("MEE", Some("MEE")) };
    let refused = fixture.register(own_parent).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::FailedPrecondition);
    assert_eq!(refusal(&refused, "department_code"), ("OWN_PARENT".into(), "MEE".into()));
}

#[tokio::test]
async fn a_command_on_an_outdated_view_is_aborted_with_what_changed() {
    let fixture = Fixture::empty();
    let known = fixture.register(department("MOF", None)).await.unwrap().position;
    let mut renamed = department("MOF", None);
    renamed.command_id = id("rename");
    renamed.department.as_mut().unwrap().name = "财政部".into();
    fixture.register(renamed).await.unwrap();

    let mut late = department("MOF", None);
    late.command_id = id("late");
    late.expected_position = Some(known);
    let aborted = fixture.register(late).await.unwrap_err();
    assert_eq!(aborted.code(), Grpc::Aborted);
    assert_eq!(refusal(&aborted, "events"), ("CHANGED_SINCE".into(), "DepartmentRegistered".into()));
}
