//! The settings that limit load.

use crate::limits::{
    ADDRESS_CONNECTIONS_MAX_DEFAULT, ANSWER_SECONDS_MAX_DEFAULT, ANSWER_STALL_SECONDS_MAX_DEFAULT,
    CALLER_MEMORY_MIB_MAX_DEFAULT, CALLER_REQUESTS_PER_SECOND_MAX_DEFAULT, CALLER_SHARE_PERCENT_DEFAULT,
    CONNECTION_REQUESTS_AT_ONCE_MAX_DEFAULT, CONNECTIONS_MAX_DEFAULT, DEPARTMENT_WRITE_BURST_MIB_DEFAULT,
    DEPARTMENT_WRITE_KIB_PER_SECOND_MAX_DEFAULT, LOG_READERS_MAX_DEFAULT, LOG_RESERVE_MIB_DEFAULT,
    REQUEST_BODY_SECONDS_MAX_DEFAULT, REQUESTS_AT_ONCE_MAX_DEFAULT, SUPERVISION_SHARE_PERCENT_DEFAULT,
    UNKNOWN_CONNECTION_SECONDS_MAX_DEFAULT, UNKNOWN_CONNECTIONS_MAX_DEFAULT, VERIFICATIONS_MAX_DEFAULT,
    VIEW_LAG_SECONDS_MAX_DEFAULT,
};
use serde::{Deserialize, Serialize};

/// Limits on load. A caller is the subject of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Connections open at once that have brought a valid token. The first request on a further one is refused with
    /// `RESOURCE_EXHAUSTED`.
    pub connections_max: usize,
    /// Those of them that come from one address, or from one network of IPv6. It must be raised where clients come
    /// through a proxy that opens more.
    pub address_connections_max: usize,
    /// Connections open at once that have brought no valid token yet; for a further one, the oldest of the address
    /// that has most of them is closed.
    pub unknown_connections_max: usize,
    /// Seconds in which a connection must bring a valid token; it is closed otherwise.
    pub unknown_connection_seconds_max: u32,
    /// Requests under way at once on one connection; a client waits before it sends a further one.
    pub connection_requests_at_once_max: u32,
    /// Requests under way at once; a further one is refused with `RESOURCE_EXHAUSTED`.
    pub requests_at_once_max: usize,
    /// Percent that one caller may take of the connections, of the requests at once, of the readers of the log and
    /// of the verifications; at least one. A further one is refused with `RESOURCE_EXHAUSTED`.
    pub caller_share_percent: u32,
    /// Percent of the readers of the log and of the verifications that are kept for auditors; at least one, where
    /// there are several.
    pub supervision_share_percent: u32,
    /// MiB of requests and answers that are held for one caller; an answer beyond it is replaced by
    /// `RESOURCE_EXHAUSTED`.
    pub caller_memory_mib_max: usize,
    /// Seconds in which a request must arrive as a whole; it ends with `CANCELLED` otherwise.
    pub request_body_seconds_max: u32,
    /// Seconds for which a client may leave unread what it was sent of an answer; the stream is reset then.
    pub answer_stall_seconds_max: u32,
    /// Requests of one caller in a second; a further one is refused with `RESOURCE_EXHAUSTED`. 0 means no limit.
    pub caller_requests_per_second_max: u32,
    /// KiB of records that one department may write in a second; commands that would write more are refused with
    /// `RESOURCE_EXHAUSTED`. 0 means no limit.
    pub department_write_kib_per_second_max: u32,
    /// MiB of records that a department may write at once after it was quiet.
    pub department_write_burst_mib: u32,
    /// Readers of the log at once.
    pub log_readers_max: usize,
    /// Verifications of the log at once, and of the views of a process.
    pub verifications_max: usize,
    /// MiB that must stay free on the disk of the log; with less, commands are refused with
    /// `RESOURCE_EXHAUSTED` and queries go on. 0 means no reserve.
    pub log_reserve_mib: u64,
    /// Seconds in which a call is answered, at most; a caller may allow less.
    pub answer_seconds_max: u64,
    /// Seconds by which views may lag what is committed; beyond that their service is not ready.
    pub view_lag_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections_max: CONNECTIONS_MAX_DEFAULT,
            address_connections_max: ADDRESS_CONNECTIONS_MAX_DEFAULT,
            unknown_connections_max: UNKNOWN_CONNECTIONS_MAX_DEFAULT,
            unknown_connection_seconds_max: UNKNOWN_CONNECTION_SECONDS_MAX_DEFAULT,
            connection_requests_at_once_max: CONNECTION_REQUESTS_AT_ONCE_MAX_DEFAULT,
            requests_at_once_max: REQUESTS_AT_ONCE_MAX_DEFAULT,
            caller_share_percent: CALLER_SHARE_PERCENT_DEFAULT,
            supervision_share_percent: SUPERVISION_SHARE_PERCENT_DEFAULT,
            caller_memory_mib_max: CALLER_MEMORY_MIB_MAX_DEFAULT,
            request_body_seconds_max: REQUEST_BODY_SECONDS_MAX_DEFAULT,
            answer_stall_seconds_max: ANSWER_STALL_SECONDS_MAX_DEFAULT,
            caller_requests_per_second_max: CALLER_REQUESTS_PER_SECOND_MAX_DEFAULT,
            department_write_kib_per_second_max: DEPARTMENT_WRITE_KIB_PER_SECOND_MAX_DEFAULT,
            department_write_burst_mib: DEPARTMENT_WRITE_BURST_MIB_DEFAULT,
            log_readers_max: LOG_READERS_MAX_DEFAULT,
            verifications_max: VERIFICATIONS_MAX_DEFAULT,
            log_reserve_mib: LOG_RESERVE_MIB_DEFAULT,
            answer_seconds_max: ANSWER_SECONDS_MAX_DEFAULT,
            view_lag_seconds_max: VIEW_LAG_SECONDS_MAX_DEFAULT,
        }
    }
}
