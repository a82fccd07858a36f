//! Three brokers.
