//! A query that runs only as long as somebody waits for its answer.

use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Instructions of SQLite between two looks at whether anybody still waits.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// Held by whoever waits for an answer; when it is dropped, the query is interrupted.
#[derive(Default)]
pub(super) struct WaitedFor {
    is_over: Arc<AtomicBool>,
}

/// The same, as the query sees it.
pub(super) struct Waiting {
    is_over: Arc<AtomicBool>,
}

impl WaitedFor {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting { is_over: self.is_over.clone() }
    }
}

impl Drop for WaitedFor {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Waiting {
    /// Runs the query, as long as somebody waits.
    pub(super) fn run<T>(
        self,
        tables: &mut Connection,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let is_over = self.is_over;
        tables.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || is_over.load(Ordering::Relaxed)))?;
        let answer = query(tables);
        tables.progress_handler(0, None::<fn() -> bool>)?;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ErrorCode;
    use std::thread;

    fn endless(tables: &Connection) -> rusqlite::Result<i64> {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        tables.query_row(sql, [], |row| row.get(0))
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]
    fn a_query_ends_when_nobody_waits_for_it_and_its_connection_serves_others() {
        let waited_for = WaitedFor::default();
        let waiting = waited_for.waiting();
        let asked = thread::spawn(move || {
            let mut tables = Connection::open_in_memory().unwrap();
            let ended = waiting.run(&mut tables, endless).unwrap_err().sqlite_error_code();
            (tables, ended)
        });
        drop(waited_for);
        let (mut tables, ended) = asked.join().unwrap();
        assert_eq!(ended, Some(ErrorCode::OperationInterrupted));
        let next = WaitedFor::default();
        assert_eq!(
            next.waiting().run(&mut tables, |tables| tables.query_row("SELECT 7", [], |row| row.get(0))),
            Ok(7)
        );
    }
}
