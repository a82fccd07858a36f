//! Sessions that are requested ahead for many days, and copies of one.

use super::*;

fn series(word: &str, recurrence: pb::SeriesRecurrence) -> pb::RequestSeriesRequest {
    let mut outline = request("of a series").outline.unwrap();
    // Nine o'clock in Shanghai; the day does not count.
    outline.earliest_start_at = at("2027-01-01T01:00:00Z").to_wire();
    pb::RequestSeriesRequest {
        command_id: id(word),
        outline: Some(outline),
        recurrence: Some(recurrence),
        ..Default::default()
    }
}

fn last_working_days() -> pb::SeriesRecurrence {
    pb::SeriesRecurrence {
        pattern: pb::SeriesPattern::LastWorkingDay.into(),
        first_on: "2027-04-01".into(),
        until_on: "2027-06-30".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_series_is_requested_once_and_each_session_lives_by_itself() {
    let fixture = Fixture::furnished().await;
    let ask = || clerk(series("ahead", last_working_days()));
    let requested = fixture.service.request_series(ask()).await.unwrap().into_inner();
    let days: Vec<&str> = requested.sessions.iter().map(|session| session.starts_on.as_str()).collect();
    assert_eq!(days, ["2027-04-30", "2027-05-31", "2027-06-30"]);
    assert_eq!(fixture.service.request_series(ask()).await.unwrap().into_inner(), requested, "a repeat");
    let outline = fixture.session(&requested.sessions[1].session_id).await.outline.unwrap();
    assert_eq!(outline.title, "会商 of a series 2027-05-31");
    assert_eq!(Timestamp::from_wire(outline.earliest_start_at), Ok(at("2027-05-31T01:00:00Z")));
    let cancel = pb::CancelSessionRequest {
        command_id: id("cancel one"),
        session_id: requested.sessions[0].session_id.clone(),
        reason: "并入五月".into(),
        ..Default::default()
    };
    fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    let other = fixture.session(&requested.sessions[1].session_id).await;
    assert_eq!(other.stage(), pb::SessionStage::Requested);
}

#[tokio::test]
async fn a_series_without_days_or_of_emergencies_is_refused() {
    let fixture = Fixture::furnished().await;
    let never = pb::SeriesRecurrence {
        except_on: vec!["2027-04-30".into()],
        until_on: "2027-04-30".into(),
        ..last_working_days()
    };
    let refused = fixture.service.request_series(clerk(series("never", never))).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["recurrence"]);
    let backwards = pb::SeriesRecurrence { until_on: "2027-03-01".into(), ..last_working_days() };
    let refused = fixture.service.request_series(clerk(series("backwards", backwards))).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["recurrence.until_on"]);
    let mut urgent = series("urgent", last_working_days());
    urgent.outline.as_mut().unwrap().set_kind(pb::SessionKind::Emergency);
    let refused = fixture.service.request_series(clerk(urgent)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["outline.kind"]);
}

#[tokio::test]
async fn a_copy_has_matters_of_its_own_and_is_made_only_of_what_one_sees() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let copy = |word: &str| pb::CloneSessionRequest {
        command_id: id(word),
        session_id: session_id.clone(),
        title: Some("再次会商".into()),
        earliest_start_at: at("2027-04-08T01:00:00Z").to_wire(),
        ..Default::default()
    };
    let copied =
        fixture.service.clone_session(clerk(copy("copy"))).await.unwrap().into_inner().session.unwrap();
    let before = fixture.session(&session_id).await.outline.unwrap();
    let after = copied.outline.unwrap();
    assert_eq!((after.title.as_str(), &after.attendees), ("再次会商", &before.attendees));
    assert_eq!(copied.stage, i32::from(pb::SessionStage::Requested));
    assert_ne!(after.topics[0].matter_id, before.topics[0].matter_id);
    let unseen = fixture.service.clone_session(by(copy("unseen"), "MIIT", Role::Clerk)).await.unwrap_err();
    assert_eq!(unseen.code(), Grpc::NotFound);
}

#[tokio::test]
async fn a_copy_has_no_topic_that_its_clerk_does_not_see() {
    // Given a session with a secret topic on which MOF has no role
    let fixture = Fixture::furnished().await;
    let mut asked = request("with a secret");
    let outline = asked.outline.as_mut().unwrap();
    let secret = pb::SessionTopic {
        number: 1,
        title: "不宜公开".into(),
        label: Some(pb::Label::Secret.into()),
        ..outline.topics[0].clone()
    };
    (outline.topics[0].number, outline.duration_minutes) = (2, 120);
    outline.topics.insert(0, secret);
    let decides = |topic_number| pb::TopicRole { topic_number, role: pb::RoleOnTopic::Decides.into() };
    outline.attendees[0].roles = vec![decides(1), decides(2)];
    outline.attendees[1].roles[0].topic_number = 2;
    let requested = fixture.service.request_session(clerk(asked)).await.unwrap().into_inner();
    let session_id = requested.session.unwrap().session_id;
    let copy = |word: &str| pb::CloneSessionRequest {
        command_id: id(word),
        session_id: session_id.clone(),
        earliest_start_at: at("2027-04-08T01:00:00Z").to_wire(),
        ..Default::default()
    };
    // When it is copied by those in the chair, and by a clerk of MOF
    let topics = async |request| {
        let copied = fixture.service.clone_session(request).await.unwrap().into_inner().session.unwrap();
        let outline = fixture.session(&copied.session_id).await.outline.unwrap();
        outline.topics.into_iter().map(|topic| topic.title).collect::<Vec<_>>()
    };
    // Then the copy of MOF has what MOF sees.
    assert_eq!(topics(clerk(copy("of NDRC"))).await, ["不宜公开", "资金来源"]);
    assert_eq!(topics(by(copy("of MOF"), "MOF", Role::Clerk)).await, ["资金来源"]);
}
