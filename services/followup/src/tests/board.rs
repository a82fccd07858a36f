use super::*;
use crate::views::{self, FollowupView};
use domain::calendar::Zone;
use domain::directory::hierarchy::{self, Hierarchy};
use domain::text::CODE_CHARS_MAX;
use pb::BoardColumn as Column;
use prost::Message as _;
use service_kit::limits::{PAGE_ITEMS_MAX, RESPONSE_BYTES_MAX};
use service_kit::view::InMemory;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_board_counts_by_department_and_lists_what_it_counts() {
    let place = Place::new();
    let (first, second) = (place.assign(1, "WATER").await, place.assign(2, "WATER").await);
    let third = place.assign(10, "ROADS").await;
    place.decide(first, "WATER", Command::Acknowledge).await;
    let blocked = Command::ReportBlockage { reason: text("数据未放开"), help_from: code("HEALTH") };
    place.decide(first, "WATER", blocked).await;
    place.decide(third, "ROADS", Command::Acknowledge).await;
    place.decide(third, "ROADS", claim()).await;
    assert_eq!(place.follow_up(third).await.stage(), pb::FollowUpStage::Claimed);
    // Seven calendar days before, whatever the hour.
    place.move_clock("2027-03-23T15:59:59Z");
    assert_eq!(counts(&board(&place).await, "WATER").due_soon, 0);
    place.move_clock("2027-03-23T16:00:00Z");
    let soon = board(&place).await;
    let water = counts(&soon, "WATER");
    assert_eq!(
        (water.open, water.due_soon, water.late, water.blocked, water.unacknowledged),
        (2, 2, 0, 1, 1)
    );

    place.move_clock("2027-04-05T01:00:00Z");
    place.notices(second, 3).await;
    place.follow_up_when(first, |found| found.escalated_to != 0).await;
    place.decide(third, "AUDIT", Command::Accept { part: None, note: None }).await;
    assert_eq!(place.follow_up(third).await.stage(), pb::FollowUpStage::Satisfied);
    let board = board(&place).await;
    let water = counts(&board, "WATER");
    assert_eq!((water.open, water.due_soon, water.late, water.escalated), (2, 0, 2, 2));
    let roads = counts(&board, "ROADS");
    assert_eq!((roads.open, roads.awaiting_acceptance, roads.done), (0, 0, 1));
    let totals = board.totals.unwrap();
    assert_eq!((totals.open, totals.late, totals.done), (2, 2, 1));

    let stuck = place.follow_ups(&[Column::Late, Column::Blocked]).await;
    let [stuck] = &stuck[..] else { panic!("{stuck:?}") };
    assert_eq!((stuck.item_id.as_str(), stuck.days_late), (first.to_string().as_str(), 5));
    assert_eq!(stuck.help_from_code.as_deref(), Some("HEALTH"));
    let numbers: Vec<String> =
        place.follow_ups(&[]).await.into_iter().map(|f| f.subject.unwrap().number).collect();
    assert_eq!(numbers, ["FLOOD-2027-0001/1", "FLOOD-2027-0001/2", "FLOOD-2027-0001/10"]);
    place.assert_agreed_on_what_comes_next(&[first, second, third]).await;
}

#[tokio::test]
async fn the_board_of_some_of_the_items_counts_what_their_list_has() {
    let place = Place::new();
    let (first, second) = (place.assign(1, "WATER").await, place.assign(2, "ROADS").await);
    place.assign(3, "HEALTH").await;
    let below = hierarchy::Command::Place { department: code("ROADS"), parent: Some(code("WATER")) };
    let context = context("below", "WATER");
    place.copy.service.kit.execute::<Hierarchy>(&context, Hierarchy::realm_id(), below).await.unwrap();
    place.decide(first, "WATER", Command::Acknowledge).await;
    let blocked = Command::ReportBlockage { reason: text("数据未放开"), help_from: code("HEALTH") };
    place.decide(first, "WATER", blocked).await;
    let filters = || pb::ListFollowUpsRequest { at_least_position: place.end(), ..Default::default() };
    let resolution_id = || Some(Uuid::from_u128(1).to_string());
    let other = || Some(Uuid::from_u128(2).to_string());
    for (asked, expected) in [
        (pb::ListFollowUpsRequest { under_code: Some("WATER".into()), ..filters() }, vec![first, second]),
        (pb::ListFollowUpsRequest { under_code: Some("ROADS".into()), ..filters() }, vec![second]),
        (pb::ListFollowUpsRequest { called_upon_code: Some("HEALTH".into()), ..filters() }, vec![first]),
        (
            pb::ListFollowUpsRequest {
                resolution_id: resolution_id(),
                under_code: Some("WATER".into()),
                ..filters()
            },
            vec![first, second],
        ),
        (pb::ListFollowUpsRequest { resolution_id: other(), ..filters() }, vec![]),
        (pb::ListFollowUpsRequest { session_id: other(), ..filters() }, vec![]),
        (pb::ListFollowUpsRequest { matter_id: other(), ..filters() }, vec![]),
        (pb::ListFollowUpsRequest { case_reference: Some("12345-1".into()), ..filters() }, vec![]),
        (pb::ListFollowUpsRequest { body_code: Some("FLOOD".into()), ..filters() }, vec![]),
    ] {
        let board = pb::GetBoardRequest {
            at_least_position: place.end(),
            under_code: asked.under_code.clone(),
            body_code: asked.body_code.clone(),
            resolution_id: asked.resolution_id.clone(),
            session_id: asked.session_id.clone(),
            matter_id: asked.matter_id.clone(),
            case_reference: asked.case_reference.clone(),
            called_upon_code: asked.called_upon_code.clone(),
            ..Default::default()
        };
        let listed = place.copy.service.list_follow_ups(supervisor(asked)).await.unwrap().into_inner();
        let ids: Vec<String> = listed.follow_ups.iter().map(|one| one.item_id.clone()).collect();
        assert_eq!(ids, expected.iter().map(Uuid::to_string).collect::<Vec<_>>(), "{board:?}");
        let board = place.copy.service.get_board(supervisor(board)).await.unwrap().into_inner();
        assert_eq!(board.totals.unwrap().open as usize, expected.len());
        let rows: u32 = board.rows.iter().map(|row| row.counts.unwrap().open).sum();
        assert_eq!(rows as usize, expected.len());
    }
    let past = |resolution_id: Option<String>| pb::GetBoardRequest {
        as_of_position: Some(place.end()),
        resolution_id,
        ..Default::default()
    };
    for (asked, open) in [(past(resolution_id()), 3), (past(other()), 0)] {
        let board = place.copy.service.get_board(supervisor(asked)).await.unwrap().into_inner();
        assert_eq!(board.totals.unwrap().open, open);
    }
    let both = pb::GetBoardRequest { as_of_at: Some(Default::default()), ..past(None) };
    let refused = place.copy.service.get_board(supervisor(both)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["as_of_position"]);
}

#[tokio::test]
async fn notices_are_found_by_kind_and_time_and_faults_are_named() {
    let place = Place::new();
    let item = place.assign(1, "WATER").await;
    place.move_clock("2027-03-05T01:00:00Z");
    place.notices(item, 1).await;
    place.move_clock("2027-04-01T01:00:00Z");
    place.notices(item, 2).await;
    let ask = |kinds: &[i32], starts_at: &str| pb::ListNoticesRequest {
        kinds: kinds.to_vec(),
        starts_at: proto::Wire::to_wire(&at(starts_at)),
        lead_code: Some("WATER".into()),
        ..Default::default()
    };
    let in_april = ask(&[], "2027-04-01T00:00:00Z");
    let listed = place.copy.service.list_notices(supervisor(in_april)).await.unwrap().into_inner();
    assert_eq!(kinds(&listed.notices), [Kind::Overdue]);
    let of_kind = ask(&[Kind::AcknowledgementOverdue.into(); 3], "2027-03-01T00:00:00Z");
    let listed = place.copy.service.list_notices(supervisor(of_kind)).await.unwrap().into_inner();
    assert_eq!(kinds(&listed.notices), [Kind::AcknowledgementOverdue]);

    // As of a moment between the two, and as of the position of the first, only that had been sent.
    let then = pb::ListNoticesRequest {
        as_of_at: proto::Wire::to_wire(&at("2027-03-20T01:00:00Z")),
        ..pb::ListNoticesRequest::default()
    };
    let as_of = pb::ListNoticesRequest {
        as_of_position: Some(listed.notices[0].position),
        ..pb::ListNoticesRequest::default()
    };
    for request in [then, as_of] {
        let past = place.copy.service.list_notices(supervisor(request)).await.unwrap().into_inner();
        assert_eq!(past.notices, listed.notices);
    }

    let unknown = ask(&[1, 99], "2027-03-01T00:00:00Z");
    let status = place.copy.service.list_notices(supervisor(unknown)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["kinds[1]"]);
    let unspecified = pb::ListFollowUpsRequest { columns: vec![0], ..Default::default() };
    let status = place.copy.service.list_follow_ups(supervisor(unspecified)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["columns[0]"]);
}

#[test]
fn a_board_of_more_departments_than_one_answer_holds_is_read_page_by_page() {
    const DEPARTMENTS: u32 = 40_000;
    let view = InMemory::<FollowupView>::new().unwrap();
    let begin = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO board SELECT printf('%05d', i) || ?2, 'FLOOD', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM n";
    let longest = "\u{20000}".repeat(CODE_CHARS_MAX - 5);
    view.tables().execute(begin, (DEPARTMENTS, &longest)).unwrap();
    let (now, zone) = (at("2027-03-01T01:00:00Z"), Zone::named("Asia/Shanghai").unwrap());
    let (mut departments, mut bytes, mut page_token) = (BTreeSet::new(), 0, String::new());
    loop {
        let request = pb::GetBoardRequest { page_size: PAGE_ITEMS_MAX, page_token, ..Default::default() };
        let (page, totals, _) =
            views::board(&request, now, &zone).unwrap()(view.within(&Scope::whole())).unwrap();
        assert_eq!(totals.open, DEPARTMENTS, "the totals are those of all departments");
        let answer = pb::GetBoardResponse {
            rows: page.rows,
            totals: Some(totals),
            next_page_token: page.next_page_token,
            ..Default::default()
        };
        assert!(answer.encoded_len() < RESPONSE_BYTES_MAX);
        bytes += answer.encoded_len();
        departments.extend(answer.rows.into_iter().map(|row| row.department_code));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(departments.len() == DEPARTMENTS as usize && bytes > RESPONSE_BYTES_MAX, "{bytes} bytes");
}

async fn board(place: &Place) -> pb::GetBoardResponse {
    let request = pb::GetBoardRequest { at_least_position: place.end(), ..Default::default() };
    place.copy.service.get_board(supervisor(request)).await.unwrap().into_inner()
}

fn counts(board: &pb::GetBoardResponse, department: &str) -> pb::BoardCounts {
    board.rows.iter().find(|row| row.department_code == department).unwrap().counts.unwrap()
}
