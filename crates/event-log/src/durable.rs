//! Makes sled's flush reach the disk.
//!
//! sled 0.34 ends a flush with `sync_file_range`, which starts writeback of the pages but neither writes
//! the file's metadata nor flushes the disk's cache: after a power cut the database is empty. The linker
//! picks the function defined here over the C library's, and this one calls `fdatasync`.
//! [`crate::EventLog::open`] refuses to work in a program where the override is not in effect.

use std::ffi::c_int;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static CALLS: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicBool = AtomicBool::new(false);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Returns the number of successful syncs that sled has requested in this process.
pub fn sync_count() -> u64 {
    CALLS.load(Ordering::SeqCst)
}

/// Drops a file's pages from the kernel's page cache, so that the next reader reads the disk.
///
/// After a failed sync the kernel keeps the pages that it could not write and marks them clean. A log that
/// is reopened would take them for durable, acknowledge more on top of them, and lose it all in a power cut.
pub(crate) fn drop_cached_pages(file: impl AsFd) {
    if let Err(fault) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::error!(%fault, "the page cache still holds pages that could not be written to disk");
    }
}

/// Overrides the C library's function of this name in the whole program.
///
/// Once a sync has failed, every later one fails too. The kernel reports such an error only once and then
/// treats the pages as clean, so a retry would succeed without having written anything. Syncs are serialized,
/// so that none can consume the error of another and let that one succeed.
#[expect(unsafe_code, reason = "the symbol must have the C library's name to override it")]
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(file: c_int, _offset: i64, _bytes: i64, _flags: std::ffi::c_uint) -> c_int {
    let _serialized = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if FAILED.load(Ordering::SeqCst) {
        set_errno(libc::EIO);
        return -1;
    }
    #[expect(unsafe_code, reason = "the caller's descriptor is passed through unchanged")]
    let status = unsafe { libc::fdatasync(file) };
    if status == 0 {
        CALLS.fetch_add(1, Ordering::SeqCst);
    } else {
        FAILED.store(true, Ordering::SeqCst);
        #[expect(unsafe_code, reason = "the caller's descriptor stays open for the duration of the call")]
        drop_cached_pages(unsafe { BorrowedFd::borrow_raw(file) });
        // Whatever the error was, the caller must not mistake it for a missing system call and fall back.
        set_errno(libc::EIO);
    }
    status
}

fn set_errno(number: c_int) {
    #[expect(unsafe_code, reason = "sled reads the error where C functions leave it")]
    // SAFETY: the address is this thread's own and always valid.
    unsafe {
        *libc::__errno_location() = number;
    }
}
