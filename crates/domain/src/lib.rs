//! The rules of Huishang: pure, synchronous decisions.
//!
//! Nothing here awaits, reads a clock, draws a random number or serialises. `now`, the actor and new
//! ids come in as values, so the whole life of a matter can be run in one single-threaded test.
//!
//! A file per aggregate, read from top to bottom: `Command`, `Event`, `Rejection`, `State`, and the
//! [`Aggregate`] implementation. Where two contexts meet, see [`process`].

pub mod actor;
pub mod aggregate;
pub mod audience;
pub mod calendar;
pub mod constitution;
pub mod date;
pub mod decided_item;
pub mod decision_rule;
pub mod deliberation;
pub mod delivery;
pub mod directory;
pub mod due;
pub mod followup;
pub mod label;
pub mod ledger;
pub mod next_step;
pub mod planning;
pub mod printed_agenda;
pub mod process;
pub mod rejection;
pub mod resolution;
pub mod resolution_change;
pub mod scheduling;
pub mod spelling;
pub mod testing;
pub mod text;
pub mod weekly;

pub use actor::{Actor, ERASED_PREFIX, Issued, PROCESS_PREFIX, Role};
pub use aggregate::{Aggregate, StreamName};
pub use audience::Audience;
pub use jiff::Timestamp;
pub use jiff::civil::Date;
pub use label::Label;
pub use rejection::Refusal;
pub use text::{Code, Line, Text};
pub use uuid::Uuid;
