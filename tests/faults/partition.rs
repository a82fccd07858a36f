//! Connections that carry nothing any more and are not closed.
