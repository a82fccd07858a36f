//! Domain ↔ wire, a file per context: values first, then the events of each aggregate.

mod deliberation;
mod followup;
mod ledger;
mod resolution;
mod scheduling;
