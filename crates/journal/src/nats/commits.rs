//! Whether a commit is in the stream as a whole.
//!
//! An atomic batch stores all messages of a commit or none, but anybody can publish some of them, and a broker that is
//! killed may have stored some. The parts of a commit stand next to each other, so the messages beside a part show
//! whether it is one of a whole commit; every ledger and every reader decides alike.

use crate::{Position, Record};

/// What there is of a record's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// Every part is in its place.
    Whole,
    /// Something else is in the place of a part: none of it has an effect.
    Incomplete,
    /// The stream ends with it; the rest may come.
    Open,
}

/// Returns the position of the first part of a record's commit; `None` if there is no such position.
pub(super) fn first_position(record: &Record) -> Option<Position> {
    (record.position + 1).checked_sub(record.envelope.part.into()).filter(|&first| first > 0)
}

/// Judges a record's commit by the records from its first position on, as far as the stream has them.
pub(super) fn judge<'r>(record: &Record, found: impl IntoIterator<Item = &'r Record>) -> Commit {
    let Some(first) = first_position(record) else { return Commit::Incomplete };
    let (id, parts) = (record.envelope.command_id, record.envelope.parts);
    let mut found = found.into_iter();
    for (part, position) in (1..=parts).zip(first..) {
        let Some(found) = found.next() else { return Commit::Open };
        let envelope = &found.envelope;
        if (found.position, envelope.command_id, envelope.part, envelope.parts) != (position, id, part, parts)
        {
            return Commit::Incomplete;
        }
    }
    Commit::Whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use domain::Uuid;

    /// The records of commits with so many parts each, of which these positions are there.
    fn records(commits: &[(u128, u32, &[u32])]) -> Vec<Record> {
        let record = |(id, part, parts)| {
            let mut envelope = sample::commit(Uuid::from_u128(id), &[(&sample::stream(), 0)]).envelope;
            (envelope.part, envelope.parts) = (part, parts);
            Record { position: 0, stream: sample::stream(), envelope, events: vec![] }
        };
        let all =
            commits.iter().flat_map(|&(id, parts, there)| there.iter().map(move |&part| (id, part, parts)));
        (1..).zip(all.map(record)).map(|(position, record)| Record { position, ..record }).collect()
    }

    fn judged(commits: &[(u128, u32, &[u32])]) -> Vec<Commit> {
        let all = records(commits);
        let from = |record| first_position(record).unwrap_or(1) as usize - 1;
        all.iter().map(|record| judge(record, &all[from(record)..])).collect()
    }

    #[test]
    fn every_part_of_a_commit_is_judged_alike() {
        use Commit::{Incomplete, Open, Whole};
        assert_eq!(judged(&[(1, 1, &[1]), (2, 3, &[1, 2, 3])]), [Whole; 4]);
        assert_eq!(judged(&[(1, 3, &[1, 2])]), [Open; 2]);
        assert_eq!(judged(&[(1, 3, &[1, 2]), (2, 1, &[1])]), [Incomplete, Incomplete, Whole]);
        assert_eq!(judged(&[(1, 3, &[2, 3])]), [Incomplete; 2], "its first part has no position");
        assert_eq!(judged(&[(1, 2, &[1]), (2, 2, &[2])]), [Incomplete; 2], "the parts are of two commits");
        assert_eq!(judged(&[(1, 2, &[1, 1, 2])]), [Incomplete, Whole, Whole]);
        assert_eq!(judged(&[(1, 2, &[1]), (1, 3, &[2, 3])]), [Incomplete; 3]);
    }
}
