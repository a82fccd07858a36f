//! Delivery (送达): who is told of what has happened, and where.

pub mod calendar_feed;
pub mod subscription;
