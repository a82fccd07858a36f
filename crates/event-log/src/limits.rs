//! Limits of records, commits and internal buffers.

/// Maximum payload of a record, in bytes.
///
/// Larger content belongs outside the log, with its hash in the record.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Maximum number of records in a commit.
pub const COMMIT_RECORDS_MAX: usize = 256;
/// Maximum payload bytes in a commit, over all its records.
pub const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Maximum length of a stream name, in bytes.
pub const STREAM_BYTES_MAX: usize = 255;
/// Maximum length of an event type name, in bytes.
pub const TYPE_BYTES_MAX: usize = 255;
/// Maximum number of event types in a record.
pub const TYPES_MAX: usize = 255;
/// A read stops after this many payload bytes, but returns at least one record.
pub const READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Capacity of the writer's queue, in commits; further callers wait for room.
pub const QUEUED_COMMITS_MAX: usize = 8 * 1024;
/// Number of records in a backup segment; only the last segment may have fewer.
pub const SEGMENT_RECORDS: u64 = 16 * 1024;

/// Maximum size of a value given to sled, in bytes.
///
/// sled writes a leaf of up to 17 values as one item, and stores an item larger than a quarter of a 512 KiB
/// segment in a separate file that it never syncs. 17 × 7,500 bytes stays below that.
pub(crate) const CHUNK_BYTES_MAX: usize = 7_500;
/// Number of positions in a window of the stream index. An entry has at most twice as many bytes.
pub(crate) const INDEX_WINDOW_RECORDS: u64 = 2_048;
/// Number of positions in a run of the index, which is written at once; a multiple of the window size.
pub(crate) const INDEX_RUN_RECORDS: u64 = 8 * INDEX_WINDOW_RECORDS;
/// Number of index runs that may be pending before commits wait for them.
pub(crate) const INDEX_RUNS_PENDING_MAX: usize = 1;
/// Maximum number of streams whose last positions are cached.
pub(crate) const CACHED_STREAMS_MAX: usize = 256 * 1024;
/// Number of records before the anchor that are verified when the log is opened.
pub(crate) const TAIL_RECORDS: u64 = 256;
/// Bytes that the log takes on the disk for one byte of a record, at most, with index, tree and what sled adds.
pub(crate) const DISK_BYTES_PER_BYTE_MAX: u64 = 4;
/// Bytes that sled and the index write when the log is closed, at most, beside what its records take: sled begins one of
/// its segments. Where there is a reserve, they are kept free above it.
pub(crate) const CLOSE_BYTES_MAX: u64 = 512 * 1024;
