//! What must hold whatever breaks: each fault is injected for real, from a seed, and repeated by one command.

mod history;
mod jetstream_store;
mod load;
mod partition;
mod stale;
