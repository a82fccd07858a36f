//! The dissent of a resolution is what was voted against it in the end, and is read by those who may see the votes.

use super::*;
use domain::deliberation::docket::Command as Step;

/// HEALTH votes no after all, WATER yes, and AUDIT has recused itself.
fn carried_against_health(docket: Uuid) -> Vec<(&'static str, Step)> {
    let seats = ["WATER", "ROADS", "HEALTH", "AUDIT"];
    let deciding = |department| Participant {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
    };
    let agenda = Agenda {
        constitution: testing::constitution(&seats),
        participants: seats.map(deciding).into(),
        ..agenda(docket)
    };
    let vote = |department, choice, why: &str| {
        let (split, reason) = (vec![], Some(text(why)));
        (department, Step::CastVote { topic: 1, department: code(department), choice, split, reason })
    };
    let recuse = Step::RecordRecusal {
        topic: 1,
        department: code("AUDIT"),
        reason: text("自己的地"),
        current_version_only: false,
    };
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    vec![
        ("WATER", Step::Prepare { agenda }),
        ("WATER", Step::SubmitProposal { topic: 1, text: text("汛期前改造泵站。") }),
        ("WATER", Step::OpenBallot { topic: 1, version: 1, calendar: calendar.clone() }),
        vote("AUDIT", Choice::No, "回避之前"),
        ("AUDIT", recuse),
        vote("WATER", Choice::No, "初步想法"),
        vote("WATER", Choice::Yes, "想好了"),
        vote("ROADS", Choice::Yes, "必要"),
        vote("HEALTH", Choice::No, "太贵"),
        vote("HEALTH", Choice::No, "又贵又晚"),
        ("WATER", Step::CloseBallot { topic: 1, casting_vote: None }),
        ("WATER", Step::AdoptDecision { topic: 1, declaratory: true, calendar }),
    ]
}

#[tokio::test]
async fn dissent_is_the_last_vote_of_who_voted_with_its_reason() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.carry_out(docket, carried_against_health(docket)).await;
    let at_least_position = place.end();
    let request = || pb::GetResolutionRequest {
        at_least_position,
        number: "FLOOD-2027-0001".into(),
        ..Default::default()
    };
    let shown = async |department: &str, role| {
        let asked = place.service.get_resolution(by(request(), department, role)).await;
        asked.unwrap().into_inner().resolution.unwrap()
    };
    let against =
        pb::Dissent { department_code: "HEALTH".into(), partly: false, reason: Some("又贵又晚".into()) };
    assert_eq!(shown("ROADS", Role::Delegate).await.dissents, std::slice::from_ref(&against));
    assert_eq!(shown("AUDIT", Role::Supervisor).await.dissents, [against], "it watches over the matter");
    for role in [Role::Delegate, Role::Clerk] {
        let of_recused = shown("AUDIT", role).await;
        assert_eq!(of_recused.dissents, [], "{role:?} of a department that recused itself");
        assert_eq!(of_recused.registration.unwrap().dissenting_codes, ["HEALTH"]);
    }
}
