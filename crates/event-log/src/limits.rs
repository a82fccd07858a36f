//! What one record and one commit may hold, and how much is done at once.

/// The longest payload of a record, in bytes.
///
/// A larger thing belongs beside the log, with its hash in the record.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;
/// The most records in one commit.
pub const COMMIT_RECORDS_MAX: usize = 256;
/// The most payload bytes in one commit, over all its records.
pub const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest name of a stream, in bytes.
pub const STREAM_BYTES_MAX: usize = 255;
/// The longest name of an event type, in bytes.
pub const TYPE_BYTES_MAX: usize = 255;
/// The most event types named by one record.
pub const TYPES_MAX: usize = 255;
/// A read stops after this many payload bytes, though at least one record is given.
pub const READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most commits that wait for the writer; who comes later waits for room.
pub const WAITING_COMMITS_MAX: usize = 8 * 1024;
/// How many records a segment of a backup holds; only the last one may hold fewer.
pub const SEGMENT_RECORDS: u64 = 16 * 1024;

/// The longest value given to sled, in bytes.
///
/// sled writes a whole leaf of up to 17 values as one item, and an item of more than a quarter of a
/// 512 KiB segment goes into a file of its own that is never synced. 17 × 7,500 bytes stay below it.
pub(crate) const CHUNK_BYTES_MAX: usize = 7_500;
/// How many positions make a window of the stream index. An entry has at most twice as many bytes.
pub(crate) const INDEX_WINDOW_RECORDS: u64 = 2_048;
/// How many positions make a run, which is written at once: some whole windows.
pub(crate) const INDEX_RUN_RECORDS: u64 = 8 * INDEX_WINDOW_RECORDS;
/// How many runs of the index may wait to be written before the writer waits for them.
pub(crate) const INDEX_RUNS_WAITING_MAX: usize = 1;
/// How many streams' last positions are remembered, at most.
pub(crate) const REMEMBERED_STREAMS_MAX: usize = 256 * 1024;
/// How many records before the anchor are verified at opening.
pub(crate) const TAIL_RECORDS: u64 = 256;
