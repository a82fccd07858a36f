//! Domain ↔ wire, a file per context: values first, then the events of each aggregate.

mod decision;
mod deliberation;
mod delivery;
mod directory;
mod followup;
#[cfg(test)]
mod golden;
mod ledger;
mod resolution;
#[cfg(test)]
mod sample;
mod scheduling;
