//! What boards are added up from, as SQL.

/// The sums of the columns.
macro_rules! sums {
    () => {
        "coalesce(sum(open), 0) AS open, coalesce(sum(due_soon), 0) AS due_soon, coalesce(sum(late), 0) AS late,
         coalesce(sum(blocked), 0) AS blocked, coalesce(sum(escalated), 0) AS escalated,
         coalesce(sum(unacknowledged), 0) AS unacknowledged, coalesce(sum(claimed), 0) AS claimed,
         coalesce(sum(extended), 0) AS extended, coalesce(sum(done), 0) AS done, coalesce(sum(held), 0) AS held,
         coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(was_late), 0) AS was_late"
    };
}

/// The counts of a department.
macro_rules! of_each {
    ($($from:tt)*) => { concat!("SELECT lead_code, ", sums!(), " FROM ", $($from)*) };
}

/// The counts of all departments together.
macro_rules! of_all {
    ($($from:tt)*) => { concat!("SELECT ", sums!(), " FROM ", $($from)*) };
}

/// The accounts; its values are now, the end of the days ahead, and now.
macro_rules! accounts {
    () => {
        "(SELECT board.*,
              (SELECT coalesce(sum(running.follow_ups), 0) FROM running
               WHERE running.lead_code = board.lead_code AND running.body_code = board.body_code
                   AND due_at >= ? AND due_at <= ?) AS due_soon,
              (SELECT coalesce(sum(running.follow_ups), 0) FROM running
               WHERE running.lead_code = board.lead_code AND running.body_code = board.body_code
                   AND due_at < ?) AS late
          FROM board)"
    };
}

/// The clocks that ran at a position, found without a look at the others; its values are [`Past::way`].
macro_rules! running_then {
    () => {
        service_kit::spans_at!("running_spans", "running_spans_by_end", "running_spans_by_begin")
    };
}

/// The accounts as they were; its values are the position, the three moments as above, and those of the clocks.
macro_rules! past_accounts {
    () => {
        concat!(
            "(SELECT spans.*, coalesce(clocks.due_soon, 0) AS due_soon, coalesce(clocks.late, 0) AS late
              FROM board CROSS JOIN board_spans AS spans
                  ON spans.lead_code = board.lead_code AND spans.body_code = board.body_code
                  AND spans.since = (SELECT max(earlier.since) FROM board_spans AS earlier
                                     WHERE earlier.lead_code = board.lead_code
                                         AND earlier.body_code = board.body_code AND earlier.since <= ?)
              LEFT JOIN (SELECT lead_code, body_code,
                             sum(iif(due_at >= ? AND due_at <= ?, follow_ups, 0)) AS due_soon,
                             sum(iif(due_at < ?, follow_ups, 0)) AS late
                         FROM running_spans WHERE ",
            running_then!(),
            " GROUP BY lead_code, body_code) AS clocks
                  ON clocks.lead_code = spans.lead_code AND clocks.body_code = spans.body_code)"
        )
    };
}
