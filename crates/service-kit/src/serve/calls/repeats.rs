//! Refusals that are alike: the first have lines of their own, the others are counted. A caller that repeats itself,
//! or somebody without a token, cannot flood the log.

use super::access::event_of_refusal;
use crate::access_log::{AccessLog, Entry};
use crate::error::code_name;
use crate::limits::{REFUSAL_KINDS_MAX, REFUSALS_ALIKE_LOGGED_MAX, REFUSALS_COUNTED_INTERVAL};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use tonic::Code;

/// What refusals that are alike have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) rpc: String,
    pub(super) code: Code,
    /// Empty when the status has none.
    pub(super) reason: String,
    /// Empty when the caller is not known.
    pub(super) subject: String,
}

impl Kind {
    /// All that are beyond the number of kinds that are told apart.
    fn others() -> Kind {
        Kind { rpc: "others".into(), code: Code::Unknown, reason: String::new(), subject: String::new() }
    }

    pub(super) fn reason(&self) -> Option<&str> {
        Some(&*self.reason).filter(|reason| !reason.is_empty())
    }

    pub(super) fn subject(&self) -> Option<&str> {
        Some(&*self.subject).filter(|subject| !subject.is_empty())
    }
}

/// How often refusals of each kind came since the last report.
#[derive(Default)]
pub(super) struct Repeats(Mutex<HashMap<Kind, u64>>);

impl Repeats {
    /// Counts a refusal. Whether it is one of the first of its kind.
    pub(super) fn has_its_own_line(&self, kind: &Kind) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_counted_apart = counts.len() < REFUSAL_KINDS_MAX || counts.contains_key(kind);
        let kind = if is_counted_apart { kind.clone() } else { Kind::others() };
        let count = counts.entry(kind).or_default();
        *count += 1;
        *count <= REFUSALS_ALIKE_LOGGED_MAX
    }

    /// Reports at intervals, and at the end, how many had no line of their own.
    pub(super) async fn report_until(self: Arc<Self>, access_log: AccessLog, stop: CancellationToken) {
        while !stop.is_cancelled() {
            stop.run_until_cancelled(tokio::time::sleep(REFUSALS_COUNTED_INTERVAL)).await;
            self.report(&access_log);
        }
    }

    fn report(&self, access_log: &AccessLog) {
        for (kind, count) in self.take() {
            let more = count.saturating_sub(REFUSALS_ALIKE_LOGGED_MAX);
            if more > 0 {
                if let Some(event) = event_of_refusal(kind.code) {
                    let entry = Entry::new(event, &kind.rpc, code_name(kind.code));
                    let (reason, subject) = (kind.reason(), kind.subject());
                    access_log.note(&Entry { reason, subject, more: Some(more), ..entry });
                }
                tracing::info!(
                    target: super::TARGET,
                    rpc = kind.rpc,
                    code = code_name(kind.code),
                    reason = kind.reason(),
                    subject = kind.subject(),
                    more,
                    "not carried out, like those before"
                );
            }
        }
    }

    fn take(&self) -> HashMap<Kind, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(subject: &str) -> Kind {
        Kind { rpc: "Call".into(), code: Code::NotFound, reason: "NOT_FOUND".into(), subject: subject.into() }
    }

    #[test]
    fn only_the_first_of_many_refusals_have_lines_and_the_others_are_counted() {
        let repeats = Repeats::default();
        let lines = (0..1000).filter(|_| repeats.has_its_own_line(&kind("loop"))).count() as u64;
        assert_eq!(lines, REFUSALS_ALIKE_LOGGED_MAX);
        assert!(repeats.has_its_own_line(&kind("other")), "another caller has its own lines");
        assert_eq!(repeats.take()[&kind("loop")], 1000);
        assert!(repeats.has_its_own_line(&kind("loop")), "after a report it begins again");
    }

    #[test]
    fn whoever_varies_cannot_flood_the_log_either() {
        let repeats = Repeats::default();
        let lines = (0..100_000).filter(|at| repeats.has_its_own_line(&kind(&at.to_string()))).count() as u64;
        assert_eq!(lines, REFUSAL_KINDS_MAX as u64 + REFUSALS_ALIKE_LOGGED_MAX);
        assert!(repeats.take().len() <= REFUSAL_KINDS_MAX + 1);
    }
}
