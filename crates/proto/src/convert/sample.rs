//! Sample events: each is kept in `tests/golden` for good, and tests of the wire form start from them.

use crate::record::{EventCodec, kind_of};
use domain::constitution::{Constitution, Voter};
use domain::decision_rule::{
    Abstention, DecisionRule, MatterClass, Method, Quorum, QuorumBase, Tie, VotingRule,
};
use prost_types::Any;
use std::collections::BTreeSet;

pub use domain::testing::{at, code, line, text};

/// A constitution with everything in it.
pub fn constitution() -> Constitution {
    let voter = |(department, weight, veto)| Voter {
        department: code(department),
        weight,
        veto,
        substitutes: vec![],
    };
    Constitution {
        version: 3,
        chair: code("NDRC"),
        deputies: vec![code("MIIT")],
        secretariat: vec![code("NDRC"), code("MOF")],
        voters: [("NDRC", 1, false), ("MIIT", 3, true)].map(voter).to_vec(),
        rule: DecisionRule {
            class: MatterClass::Important,
            method: Method::QualifiedMajority { numerator: 2, denominator: 3 },
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            quorum: Quorum { base: QuorumBase::AllSeats, numerator: 2, denominator: 3 },
            ballots_per_version: 2,
            voting: VotingRule::default(),
            speaking_minutes: 0,
            needs_seconder: false,
            reminder_working_days: None,
            late_topics: Default::default(),
            second_call: None,
        },
    }
}

/// Bytes that a record's payload may have.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// One sample event, whatever its aggregate.
pub trait Sample {
    /// The event as the log stores it.
    fn stored(&self) -> Any;
    /// Fails unless these bytes are read as this event.
    fn assert_read_from(&self, bytes: &[u8]);
    /// Fails unless the aggregate passes over an event of this type.
    fn assert_passes_over(&self, kind: &str);
}

struct Of<A: EventCodec>(A::Event);

impl<A: EventCodec> Sample for Of<A> {
    fn stored(&self) -> Any {
        A::encode(&self.0)
    }
    fn assert_read_from(&self, bytes: &[u8]) {
        let stored = self.stored();
        let kind = kind_of(&stored);
        assert_eq!(A::decode(kind, bytes).unwrap().as_ref(), Some(&self.0), "{kind}");
    }
    fn assert_passes_over(&self, kind: &str) {
        assert_eq!(A::decode(kind, &self.stored().value).unwrap(), None, "{}", A::CATEGORY);
    }
}

/// The samples of one aggregate; none of its stored types may be without one.
pub fn samples<A: EventCodec>(events: Vec<A::Event>) -> Vec<Box<dyn Sample>> {
    let seen: BTreeSet<String> = events.iter().map(|event| kind_of(&A::encode(event)).to_owned()).collect();
    let types = A::TYPES.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(seen, types, "types of {} in the samples (left) and in the log (right)", A::CATEGORY);
    events.into_iter().map(|event| Box::new(Of::<A>(event)) as Box<dyn Sample>).collect()
}
