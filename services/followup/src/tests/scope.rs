//! Who sees what of the board, the follow-ups, the notices and the indicators.

use super::*;

fn lead<M>(message: M, department: &str) -> Request<M> {
    by(message, department, Role::DepartmentLead)
}

impl Place {
    /// The follow-ups and notices that a department sees.
    async fn seen(&self, department: &str) -> (usize, usize) {
        let at_least_position = self.end();
        let list = pb::ListFollowUpsRequest { at_least_position, ..Default::default() };
        let follow_ups =
            self.copy.service.list_follow_ups(lead(list, department)).await.unwrap().into_inner();
        let list = pb::ListNoticesRequest { at_least_position, ..Default::default() };
        let notices = self.copy.service.list_notices(lead(list, department)).await.unwrap().into_inner();
        (follow_ups.follow_ups.len(), notices.notices.len())
    }
}

#[tokio::test]
async fn follow_ups_notices_and_counts_are_those_of_ones_own_department() {
    let place = Place::new();
    let first = place.assign(1, "WATER").await;
    place.assign(2, "POWER").await;
    place.decide(first, "WATER", Command::Acknowledge).await;
    let blocked = Command::ReportBlockage { reason: text("数据未放开"), help_from: code("HEALTH") };
    place.decide(first, "WATER", blocked).await;
    place.follow_up_when(first, |found| found.help_from_code.is_some()).await;
    place.move_clock("2027-03-31T01:00:00Z");
    let of_first = place.notices(first, 1).await.len();
    let (all, notices) = (2, place.notices(Uuid::from_u128(2), 1).await.len() + of_first);
    assert_eq!(place.seen("WATER").await, (1, of_first));
    assert_eq!(place.seen("HEALTH").await, (1, of_first), "it is asked for help");
    assert_eq!(place.seen("ROADS").await, (all, notices), "it supports both");
    assert_eq!(place.seen("PRESS").await, (0, 0));
    for (department, open, rows) in [("WATER", 1, 1), ("ROADS", 0, 0), ("PRESS", 0, 0)] {
        let request = pb::GetBoardRequest { at_least_position: place.end(), ..Default::default() };
        let board = place.copy.service.get_board(lead(request, department)).await.unwrap().into_inner();
        let totals = board.totals.unwrap();
        assert_eq!((totals.open, totals.due_soon, board.rows.len()), (open, open, rows), "{department}");
    }
}
