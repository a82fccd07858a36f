//! Domain ↔ wire, a file per context: values first, then the events of each aggregate.

mod deliberation;
mod ledger;
mod scheduling;
