//! What falls due when, and what changed after a position, is counted as it is listed.

use super::{Both, LEADS, calendar, is_in, sum, zone};
use crate::views;
use domain::Timestamp;
use pb::BoardColumn as Column;
use proptest::prelude::*;
use proto::followup::v1 as pb;
use service_kit::Scope;
use std::collections::BTreeMap;

impl Both {
    /// What falls due when is what counting gives, and a week's number what the list of that week has.
    pub(super) fn check_due_weeks(&self, now: Timestamp) -> Result<(), TestCaseError> {
        let request = pb::GetDueWeeksRequest { weeks: Some(3), ..Default::default() };
        let query = views::due_weeks(&request, None, now, calendar()).unwrap();
        let (page, totals, weeks, _) = query(self.view.within(&Scope::whole())).unwrap();
        let mut expected: BTreeMap<String, pb::DueRow> = BTreeMap::new();
        for (_, item) in self.items() {
            let (late, ahead) = (is_in(Column::Late, item, now), is_in(Column::Ahead, item, now));
            if !late && !ahead {
                continue;
            }
            let department_code = item.subject.lead.as_str().to_owned();
            let row = expected.entry(department_code.clone()).or_insert_with(|| pb::DueRow {
                department_code,
                due: vec![0; 3],
                ..Default::default()
            });
            let due_on = item.subject.due_on.to_string();
            row.total += 1;
            row.late += u32::from(late);
            match weeks.iter().position(|week| due_on <= week.ends_on) {
                _ if late => {}
                Some(nth) => row.due[nth] += 1,
                None => row.later += 1,
            }
        }
        let expected: Vec<pb::DueRow> = expected.into_values().collect();
        prop_assert_eq!(&page.rows, &expected);
        prop_assert_eq!(totals.total, expected.iter().map(|row| row.total).sum::<u32>());
        for (nth, week) in weeks.iter().enumerate() {
            let request = pb::ListFollowUpsRequest {
                columns: vec![Column::Ahead.into()],
                due_from: Some(week.starts_on.clone()),
                due_until: Some(week.ends_on.clone()),
                ..Default::default()
            };
            let query = views::follow_ups(&request, now, &zone()).unwrap();
            let listed = query(self.view.within(&Scope::whole())).unwrap().0.rows.len();
            prop_assert_eq!(totals.due[nth] as usize, listed, "{}", week.week);
        }
        Ok(())
    }

    /// What changed after a position: each number of the board and of the weeks is what their list has.
    pub(super) fn check_changed_since(&self, now: Timestamp, position: u64) -> Result<(), TestCaseError> {
        let (since, scope) = (Some(position), Scope::whole());
        let board = pb::GetBoardRequest { changed_since_position: since, ..Default::default() };
        let (board, totals, _) =
            views::board(&board, now, &zone()).unwrap()(self.view.within(&scope)).unwrap();
        prop_assert_eq!(totals, sum(&board.rows));
        let weeks =
            pb::GetDueWeeksRequest { weeks: Some(3), changed_since_position: since, ..Default::default() };
        let weeks = views::due_weeks(&weeks, None, now, calendar()).unwrap();
        let (due, all_due, weeks, _) = weeks(self.view.within(&scope)).unwrap();
        prop_assert_eq!(all_due.total, due.rows.iter().map(|row| row.total).sum::<u32>());
        for lead in LEADS {
            let list = |column: Column| pb::ListFollowUpsRequest {
                columns: vec![column.into()],
                lead_code: Some(lead.to_owned()),
                changed_since_position: since,
                ..Default::default()
            };
            let listed = |request: &pb::ListFollowUpsRequest| self.list(request, now).len() as u32;
            let row = board.rows.iter().find(|row| row.department_code == lead);
            let counts = row.and_then(|row| row.counts).unwrap_or_default();
            for (column, count) in [
                (Column::Open, counts.open),
                (Column::DueSoon, counts.due_soon),
                (Column::Late, counts.late),
                (Column::Blocked, counts.blocked),
                (Column::Escalated, counts.escalated),
                (Column::Unacknowledged, counts.unacknowledged),
                (Column::AwaitingAcceptance, counts.awaiting_acceptance),
                (Column::Extended, counts.extended),
                (Column::Done, counts.done),
                (Column::Paused, counts.paused),
                (Column::Cancelled, counts.cancelled),
                (Column::WasLate, counts.was_late),
            ] {
                prop_assert_eq!(count, listed(&list(column)), "{:?} of {} since {}", column, lead, position);
            }
            let row = due.rows.iter().find(|row| row.department_code == lead).cloned();
            let row = row.unwrap_or_else(|| pb::DueRow { due: vec![0; 3], ..Default::default() });
            prop_assert_eq!(row.late, listed(&list(Column::Late)));
            for (week, count) in weeks.iter().zip(&row.due) {
                let (due_from, due_until) = (Some(week.starts_on.clone()), Some(week.ends_on.clone()));
                let request = pb::ListFollowUpsRequest { due_from, due_until, ..list(Column::Ahead) };
                prop_assert_eq!(*count, listed(&request), "{} of {} since {}", &week.week, lead, position);
            }
        }
        Ok(())
    }
}
