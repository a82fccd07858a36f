use super::*;
use domain::due::DueRule;
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
    place.move_clock("2027-04-04T01:00:00Z");
    place.notices(item, 4).await;
    let late = place.another_copy();
    place.move_clock("2027-04-08T01:00:00Z");
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
    assert_eq!(addressed, [("WATER", 1), ("WATER", 3), ("WATER", 4), ("supervisor", 4), ("leadership", 8)]);
    // A copy that begins with nothing finds nothing left to do, and shows the same.
    let last = place.another_copy();
    assert_eq!(last.notices(item, 5).await, notices);
    assert_eq!(late.notices(item, 5).await, notices);
    let follow_up = place.follow_up_when(item, |found| found.next_notice_at.is_none()).await;
    assert_eq!((follow_up.late, follow_up.days_late), (true, 8));
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
        assert_eq!(place.notices(item, 0).await, []);
    }
    place.assert_agreed_on_what_comes_next(&items).await;
    let awaiting = place.follow_ups(&[pb::BoardColumn::AwaitingAcceptance]).await;
    assert_eq!(awaiting.len(), 20);

    // Returned, the clock goes on, and what has passed by then happens.
    place.decide(items[0], "AUDIT", Command::ReturnWork { reason: text("缺试运行记录") }).await;
    let notices = place.notices(items[0], 3).await;
    assert_eq!(kinds(&notices), [Kind::Overdue, Kind::EscalatedToSupervisor, Kind::EscalatedToLeadership]);
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
    place.decide(item, "AUDIT", Command::GrantExtension).await;
    let follow_up = place.follow_up(item).await;
    assert_eq!((follow_up.extensions, follow_up.subject.unwrap().due_on.as_str()), (1, "2027-04-30"));
    place.assert_agreed_on_what_comes_next(&[item]).await;

    place.move_clock("2027-04-30T01:00:00Z");
    place.notices(item, 1).await;
    place.move_clock("2027-05-01T01:00:00Z");
    assert_eq!(kinds(&place.notices(item, 2).await), [Kind::Reminder, Kind::Overdue]);
    place.decide(item, "WATER", claim()).await;
    place.decide(item, "AUDIT", Command::Accept { note: None }).await;
    assert_eq!(place.follow_up(item).await.stage(), pb::FollowUpStage::Satisfied);
    // The same due moment counts again, and it has passed: there is another notice.
    let reopen = Command::Reopen { reason: text("渗漏"), due: None, calendar };
    place.decide(item, "AUDIT", reopen).await;
    assert_eq!(kinds(&place.notices(item, 3).await), [Kind::Reminder, Kind::Overdue, Kind::Overdue]);
    place.assert_agreed_on_what_comes_next(&[item]).await;
    place.decide(item, "AUDIT", Command::Rescind { reason: text("规划已变") }).await;
    assert_eq!(place.follow_up(item).await.stage(), pb::FollowUpStage::Cancelled);
    place.assert_agreed_on_what_comes_next(&[item]).await;
}
