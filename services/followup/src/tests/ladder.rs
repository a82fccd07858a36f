use super::*;
use domain::directory::calendar::{self, Calendar};
use domain::due::DueRule;
use domain::resolution::resolution::{self, Origin, Registration, Resolution};
use domain::scheduling::body::Body;
use tokio::task::JoinSet;

#[tokio::test]
async fn every_rung_happens_once_however_many_copies_look_at_the_clock() {
    let place = Place::new();
    let copy = place.another_copy();
    let item = place.assign(1, "WATER").await;
    place.move_clock("2027-03-05T01:00:00Z");
    place.notices(item, 1).await;
    // Past the reminders of seven and of three days: only the later is sent.
    place.move_clock("2027-03-29T01:00:00Z");
    place.notices(item, 2).await;
    copy.bench.kit.stop().cancel();
    // Past the last reminder, the due moment and the first escalation.
    place.move_clock("2027-04-05T01:00:00Z");
    place.notices(item, 4).await;
    let late = place.another_copy();
    place.move_clock("2027-04-09T01:00:00Z");
    let notices = place.notices(item, 5).await;
    assert_eq!(
        kinds(&notices),
        [
            Kind::AcknowledgementOverdue,
            Kind::Reminder,
            Kind::Overdue,
            Kind::EscalatedToSupervisor,
            Kind::EscalatedToLeadership,
        ]
    );
    let addressed: Vec<(&str, u32)> =
        notices.iter().map(|notice| (notice.addressee.as_str(), notice.days)).collect();
    assert_eq!(addressed, [("WATER", 1), ("WATER", 2), ("WATER", 5), ("supervisor", 5), ("leadership", 9)]);
    // A copy that begins with nothing finds nothing left to do, and shows the same.
    let last = place.another_copy();
    assert_eq!(last.notices(item, 5).await, notices);
    assert_eq!(late.notices(item, 5).await, notices);
    let follow_up = place.follow_up_when(item, |found| found.next_notice_at.is_none()).await;
    assert_eq!((follow_up.late, follow_up.days_late), (true, 9));
}

#[tokio::test]
async fn who_was_in_time_is_not_called_late_although_the_clock_jumps() {
    let place = Place::new();
    let mut items = Vec::new();
    for number in 1..=20 {
        let item = place.assign(number, "WATER").await;
        place.decide(item, "WATER", Command::Acknowledge).await;
        items.push(item);
    }
    let neglected = place.assign(21, "WATER").await;
    // All together: they are in the log before their follow-ups can learn of them.
    let mut claims = JoinSet::new();
    for &item in &items {
        let (kit, context) = (place.copy.service.kit.clone(), context(&format!("claim {item}"), "WATER"));
        claims
            .spawn(async move { kit.execute::<ActionItem>(&context, item, claim()).await.unwrap().position });
    }
    claims.join_all().await;
    // At once, while the follow-ups are still learning of them.
    place.move_clock("2027-05-01T01:00:00Z");
    place.notices(neglected, 4).await;
    for &item in &items {
        // Whoever judges them may have been told that they wait; nobody is called late.
        assert!(place.notices(item, 0).await.iter().all(|notice| notice.kind() == Kind::JudgementAwaited));
    }
    place.assert_agreed_on_what_comes_next(&items).await;
    let awaiting = place.follow_ups(&[pb::BoardColumn::AwaitingAcceptance]).await;
    assert_eq!(awaiting.len(), 20);

    // Returned, it is due later by the time that nobody judged it, and nothing happens at once.
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let back = Command::ReturnWork { part: None, reason: text("缺试运行记录"), calendar };
    place.decide(items[0], "AUDIT", back).await;
    let returned = place.follow_up_when(items[0], |found| found.stage() == pb::FollowUpStage::Open).await;
    assert!(!returned.late && returned.next_notice_at.is_some());
    assert_eq!(returned.first_due_on, returned.subject.unwrap().due_on, "what was promised moves along");
    let told = place.notices(items[0], 0).await;
    assert!(told.iter().all(|notice| notice.kind() == Kind::JudgementAwaited), "{told:?}");
}

#[tokio::test]
async fn what_is_foretold_is_what_is_sent() {
    let place = Place::new();
    let item = place.assign(1, "WATER").await;
    place.decide(item, "WATER", Command::Acknowledge).await;
    place.move_clock("2027-03-20T01:00:00Z");
    let request = pb::ListUpcomingNoticesRequest {
        at_least_position: place.end(),
        days: Some(21),
        ..Default::default()
    };
    let answer = place.copy.service.list_upcoming_notices(supervisor(request)).await.unwrap().into_inner();
    let brief =
        |notice: &pb::Notice| (notice.kind(), notice.addressee.clone(), notice.days, notice.occurred_at);
    let foretold: Vec<_> = answer.notices.iter().map(brief).collect();
    assert_eq!(foretold.len(), 6);
    let mut sent = Vec::new();
    for (nth, notice) in answer.notices.iter().enumerate() {
        let at = domain::Timestamp::from_second(notice.occurred_at.unwrap().seconds).unwrap();
        place.move_clock(&at.to_string());
        sent = place.notices(item, nth + 1).await;
    }
    let sent: Vec<_> = sent.iter().map(brief).collect();
    let without_moments = |notices: Vec<(Kind, String, u32, _)>| -> Vec<(Kind, String, u32)> {
        notices.into_iter().map(|(kind, addressee, days, _)| (kind, addressee, days)).collect()
    };
    assert_eq!(without_moments(sent), without_moments(foretold));
    let far = pb::ListUpcomingNoticesRequest { days: Some(93), ..Default::default() };
    let refused = place.copy.service.list_upcoming_notices(supervisor(far)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["days"]);
}

/// Two more holidays before the due date: what is still to come is planned again, and what was sent is not sent again.
#[tokio::test]
async fn another_calendar_counts_for_what_is_followed_up_already() {
    let place = Place::new();
    let item = place.assign(1, "WATER").await;
    place.decide(item, "WATER", Command::Acknowledge).await;
    place.follow_up_when(item, |found| found.acknowledged).await;
    let at_nine = |day: &str| format!("2027-03-{day}T01:00:00Z");
    place.move_clock(&at_nine("22"));
    assert_eq!(place.notices(item, 1).await[0].days, 9, "seven working days before the last of March");
    let weekend = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap().weekend().to_vec();
    let holidays = ["2027-03-29", "2027-03-30"].map(|day| day.parse().unwrap());
    let calendar = WorkingCalendar::new("Asia/Shanghai", weekend, holidays, []).unwrap();
    let context = workbench::context("calendar", "OFFICE", Role::Clerk);
    let kit = &place.copy.service.kit;
    kit.execute::<Calendar>(&context, Calendar::realm_id(), calendar::Command::Define(calendar))
        .await
        .unwrap();
    let moment = |follow_up: &pb::FollowUp| follow_up.next_notice_at.map(|at| at.seconds);
    let planned = Some(domain::testing::at(&at_nine("24")).as_second());
    place.follow_up_when(item, |found| moment(found) == planned).await;
    place.assert_agreed_on_what_comes_next(&[item]).await;
    for (day, count) in [("24", 2), ("26", 3)] {
        place.move_clock(&at_nine(day));
        place.notices(item, count).await;
    }
    place.move_clock("2027-03-31T01:00:00Z");
    let overdue = Some(domain::testing::at("2027-04-01T01:00:00Z").as_second());
    let follow_up = place.follow_up_when(item, |found| moment(found) == overdue).await;
    assert_eq!(follow_up.subject.unwrap().due_on, "2027-03-31", "what was promised stays promised");
    let sent = place.notices(item, 3).await;
    assert_eq!(kinds(&sent), [Kind::Reminder; 3]);
    assert_eq!(sent.iter().map(|notice| notice.days).collect::<Vec<_>>(), [9, 7, 5], "days that are left");
}

#[tokio::test]
async fn another_ladder_counts_for_what_is_followed_up_already() {
    let place = Place::new();
    let body = code("FLOOD");
    let charter = domain::testing::charter(&["WATER", "ROADS"]);
    let define = domain::scheduling::body::Command::Define {
        body: body.clone(),
        charter,
        answered_for: Default::default(),
    };
    let context = workbench::context("body", "WATER", Role::Clerk);
    let kit = &place.copy.service.kit;
    kit.execute::<Body>(&context, Body::id(&body), define).await.unwrap();
    let registration = Registration {
        number: line("FLOOD-2027-0001"),
        origin: Origin::Elsewhere { source: line("国发〔2026〕12号") },
        body: body.clone(),
        title: line("泵站"),
        text: text("改造泵站"),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: vec![],
        changes: vec![],
        label: Default::default(),
    };
    let register = resolution::Command::Register { registration };
    kit.execute::<Resolution>(&context, Uuid::from_u128(1), register).await.unwrap();
    let item = place.assign(1, "WATER").await;
    place.decide(item, "WATER", Command::Acknowledge).await;
    assert_eq!(place.follow_up(item).await.body_code.as_deref(), Some("FLOOD"));
    let ladder = |reminder_days: Vec<u32>| pb::DefineLadderRequest {
        command_id: Uuid::from_u128(9).to_string(),
        body_code: "FLOOD".into(),
        ladder: Some(pb::Ladder { reminder_days, report_days: 5, ..Default::default() }),
        reason: "汛期".into(),
        ..Default::default()
    };
    let done = place.copy.service.define_ladder(supervisor(ladder(vec![20]))).await.unwrap().into_inner();
    assert_eq!(done.ladder.unwrap().reminder_days, [20]);
    let follow_up = place.follow_up(item).await;
    let next = domain::Timestamp::from_second(follow_up.next_notice_at.unwrap().seconds).unwrap();
    assert_eq!(next.to_string(), "2027-03-03T01:00:00Z", "twenty working days before the last of March");
    place.assert_agreed_on_what_comes_next(&[item]).await;
    let unknown = pb::DefineLadderRequest { body_code: "NOWHERE".into(), ..ladder(vec![]) };
    let refused = place.copy.service.define_ladder(supervisor(unknown)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["body_code"]);
    let shown = pb::GetLadderRequest { body_code: "FLOOD".into(), ..Default::default() };
    let shown = place.copy.service.get_ladder(supervisor(shown)).await.unwrap().into_inner();
    assert!(shown.defined && shown.ladder.unwrap().report_days == 5);
}

#[tokio::test]
async fn a_ladder_is_planned_again_by_extension_and_by_reopening() {
    let place = Place::new();
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let item = place.assign(1, "WATER").await;
    place.decide(item, "WATER", Command::Acknowledge).await;
    let due = DueRule::On("2027-04-30".parse().unwrap());
    let ask = Command::RequestExtension { due, reason: text("等待设备"), calendar: calendar.clone() };
    place.decide(item, "WATER", ask).await;
    place.decide(item, "AUDIT", Command::GrantExtension { calendar: calendar.clone() }).await;
    let follow_up = place.follow_up(item).await;
    assert_eq!((follow_up.extensions, follow_up.subject.unwrap().due_on.as_str()), (1, "2027-04-30"));
    place.assert_agreed_on_what_comes_next(&[item]).await;

    place.move_clock("2027-04-30T01:00:00Z");
    place.notices(item, 1).await;
    place.move_clock("2027-05-03T01:00:00Z");
    assert_eq!(kinds(&place.notices(item, 2).await), [Kind::Reminder, Kind::Overdue]);
    place.decide(item, "WATER", claim()).await;
    place.decide(item, "AUDIT", Command::Accept { part: None, note: None }).await;
    assert_eq!(place.follow_up(item).await.stage(), pb::FollowUpStage::Satisfied);
    // Another due date counts, and when it has passed there is another notice.
    let reopen =
        Command::Reopen { reason: text("渗漏"), due: Some(DueRule::AfterWorkingDays(1)), calendar };
    place.decide(item, "AUDIT", reopen).await;
    place.move_clock("2027-05-05T01:00:00Z");
    assert_eq!(kinds(&place.notices(item, 3).await), [Kind::Reminder, Kind::Overdue, Kind::Overdue]);
    place.assert_agreed_on_what_comes_next(&[item]).await;
    place.decide(item, "AUDIT", Command::Rescind { reason: text("规划已变") }).await;
    assert_eq!(place.follow_up(item).await.stage(), pb::FollowUpStage::Cancelled);
    place.assert_agreed_on_what_comes_next(&[item]).await;
}
