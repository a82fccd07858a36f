//! Places for work at once: how many there are, how many one caller may take, and which are kept.

use crate::error::refusal;
use crate::limits::RETRY_PAUSE;
use domain::{Actor, Role};
use proto::api::v1::Reason;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tonic::Status;
use tonic_types::StatusExt as _;

/// Places for one kind of work. A caller, which is the subject of a token, takes at most its share of them, so that
/// nobody keeps others from working. Cheap to clone.
#[derive(Clone)]
pub struct Places(Arc<Inner>);

struct Inner {
    /// What takes a place, in the plural, for refusals.
    what: &'static str,
    max: usize,
    share: usize,
    /// How many of them only auditors and operators may take.
    kept: usize,
    bytes_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    begun: usize,
    by_caller: HashMap<Arc<str>, Usage>,
}

#[derive(Default)]
struct Usage {
    places: usize,
    bytes: usize,
}

impl Places {
    /// Creates `max` places, of which one caller may take `share_percent`, and at least one.
    pub fn new(what: &'static str, max: usize, share_percent: u32) -> Places {
        let share = percent(max, share_percent);
        Places(Arc::new(Inner { what, max, share, kept: 0, bytes_max: usize::MAX, taken: Mutex::default() }))
    }

    /// The same, with a part of the places kept for auditors: at least one, unless there is only one.
    pub fn kept_for_supervision(self, kept_percent: u32) -> Places {
        let Inner { what, max, share, bytes_max, .. } = *self.0;
        let kept = percent(max, kept_percent).min(max - 1);
        Places(Arc::new(Inner { what, max, share, kept, bytes_max, taken: Mutex::default() }))
    }

    /// The same, where the places of one caller hold at most this many bytes together.
    pub(crate) fn with_bytes_max(self, bytes_max: usize) -> Places {
        let Inner { what, max, share, kept, .. } = *self.0;
        Places(Arc::new(Inner { what, max, share, kept, bytes_max, taken: Mutex::default() }))
    }

    /// Takes a place for work that begins at once, or refuses at once.
    pub fn take(&self, caller: &Actor) -> Result<Place, Status> {
        let mut place = self.reserve(caller)?;
        place.begin(caller)?;
        Ok(place)
    }

    /// Takes a place in the caller's share for work that has not begun. It keeps nobody else from working.
    pub(crate) fn reserve(&self, caller: &Actor) -> Result<Place, Status> {
        let Inner { what, share, .. } = *self.0;
        let mut taken = self.0.lock();
        let caller = match taken.by_caller.get_key_value(caller.subject.as_str()) {
            Some((known, _)) => known.clone(),
            None => Arc::from(caller.subject.as_str()),
        };
        let usage = taken.by_caller.entry(caller.clone()).or_default();
        if usage.places >= share {
            let why = format!("{caller} has {share} {what} under way, which is all that one caller may have");
            return Err(exhausted(Reason::TooManyRequests, why, ("max", share.to_string()), RETRY_PAUSE));
        }
        usage.places += 1;
        drop(taken);
        Ok(Place { places: self.0.clone(), caller, bytes: 0, begun: false })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of a number, and at least one.
pub(crate) fn percent(of: usize, percent: u32) -> usize {
    (of.saturating_mul(percent as usize) / 100).max(1)
}

/// A place that is taken until it is dropped.
pub struct Place {
    places: Arc<Inner>,
    caller: Arc<str>,
    bytes: usize,
    begun: bool,
}

impl Place {
    /// Begins the work, if there is a place for it.
    pub(crate) fn begin(&mut self, caller: &Actor) -> Result<(), Status> {
        let Inner { what, max, kept, .. } = *self.places;
        let max = if caller.is(Role::Auditor) { max } else { max - kept };
        let mut taken = self.places.lock();
        if taken.begun >= max {
            let why =
                format!("{max} {what} are under way; try again in a moment, a command with the same id");
            return Err(exhausted(Reason::TooManyRequests, why, ("max", max.to_string()), RETRY_PAUSE));
        }
        taken.begun += 1;
        self.begun = true;
        Ok(())
    }

    /// Counts bytes that are kept in memory as long as the place is taken.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Status> {
        let max = self.places.bytes_max;
        let mut taken = self.places.lock();
        let Some(usage) = taken.by_caller.get_mut(&self.caller) else { return Ok(()) };
        if usage.bytes.saturating_add(bytes) > max {
            let mib = max >> 20;
            let why = format!(
                "requests and answers of {mib} MiB for {} are under way; read the answers that wait, or ask for \
                 less at once, and try again, a command with the same id",
                self.caller
            );
            return Err(exhausted(Reason::AnswersUnread, why, ("mib_max", mib.to_string()), RETRY_PAUSE));
        }
        usage.bytes += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if self.begun {
            taken.begun -= 1;
        }
        let Some(usage) = taken.by_caller.get_mut(&self.caller) else { return };
        usage.places -= 1;
        usage.bytes -= self.bytes;
        if usage.places == 0 {
            taken.by_caller.remove(&self.caller);
        }
    }
}

/// The status for exceeding a limit, with the time to wait as a `RetryInfo`.
pub(crate) fn exhausted(
    reason: Reason,
    why: String,
    detail: (&'static str, String),
    wait: Duration,
) -> Status {
    let status = refusal(reason, why, [detail]);
    let mut details = status.get_error_details();
    details.set_retry_info(Some(wait));
    Status::with_error_details(status.code(), status.message(), details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(subject: &str, role: Role) -> Actor {
        Actor { subject: subject.to_owned(), department: None, roles: vec![role] }
    }

    #[test]
    fn one_caller_takes_its_share_and_leaves_the_rest_to_others() {
        let places = Places::new("readers", 8, 25);
        let (greedy, modest) = (actor("greedy", Role::Clerk), actor("modest", Role::Clerk));
        let taken: Vec<Place> = std::iter::from_fn(|| places.take(&greedy).ok()).take(8).collect();
        assert_eq!(taken.len(), 2);
        let refused = places.take(&greedy).err().expect("its share is taken");
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(refused.get_details_retry_info().is_some());
        assert!(places.take(&modest).is_ok());
        drop(taken);
        assert!(places.take(&greedy).is_ok());
        assert!(places.0.lock().by_caller.is_empty(), "callers without a place are forgotten");
    }

    #[test]
    fn a_place_that_has_not_begun_keeps_nobody_from_working() {
        let places = Places::new("requests", 2, 100);
        let (slow, quick) = (actor("slow", Role::Clerk), actor("quick", Role::Clerk));
        let mut waiting: Vec<Place> = (0..2).map(|_| places.reserve(&slow).unwrap()).collect();
        let working = places.take(&quick).unwrap();
        waiting[0].begin(&slow).unwrap();
        assert!(waiting[1].begin(&slow).is_err(), "two are under way");
        drop(working);
        waiting[1].begin(&slow).unwrap();
    }

    #[test]
    fn places_for_auditors_are_kept() {
        let places = Places::new("verifications", 2, 50).kept_for_supervision(25);
        let (one, other) = (actor("one", Role::Operator), actor("other", Role::Operator));
        let _taken = places.take(&one).unwrap();
        assert!(places.take(&other).is_err());
        assert!(places.take(&actor("auditor", Role::Auditor)).is_ok());
        let single = Places::new("verifications", 1, 25).kept_for_supervision(25);
        assert!(single.take(&one).is_ok(), "a single place is for everybody");
    }

    #[test]
    fn bytes_are_held_until_the_place_is_left() {
        let places = Places::new("requests", 8, 100).with_bytes_max(3 << 20);
        let reader = actor("reader", Role::Clerk);
        let mut first = places.take(&reader).unwrap();
        first.hold(2 << 20).unwrap();
        let mut second = places.take(&reader).unwrap();
        let refused = second.hold(2 << 20).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        places.take(&actor("other", Role::Clerk)).unwrap().hold(2 << 20).unwrap();
        drop(first);
        second.hold(2 << 20).unwrap();
    }
}
