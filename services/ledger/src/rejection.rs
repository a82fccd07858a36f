//! Why the ledger refuses what no aggregate decides on.

use domain::{Refusal as _, rejections};
use service_kit::CommandError;
use tonic::Status;

rejections! {
    /// Why the ledger refuses.
    Rejection {
        ClockNotMovable("CLOCK_NOT_MOVABLE") =
            "this deployment runs on the machine's clock; for a rehearsal, start it with \
             --clock movable:2027-03-01T01:00:00Z",
        NotFound("NOT_FOUND") { position: u64, head_position: u64 } =
            "there is no record {position} for you; the log ends at position {head_position}",
        BeyondHead("BEYOND_HEAD") { after_position: u64, head_position: u64 } =
            "the log ends at position {head_position}, before {after_position}: it is another log, or it has lost records",
    }
}

impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Status {
        CommandError::Rejected {
            context: "ledger",
            reason: rejection.reason(),
            message: rejection.to_string(),
            details: rejection.details(),
            not_found: rejection.is_not_found(),
        }
        .into()
    }
}
