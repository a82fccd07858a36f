//! What makes sled's flush reach the disk.
//!
//! sled 0.34 ends a flush with `sync_file_range`, which starts the writing of pages but neither writes
//! the file's metadata nor empties the disk's cache: after a power cut the database is empty. The linker
//! takes the function defined here in place of the C library's, and this one calls `fdatasync`.
//! [`crate::EventLog::open`] refuses to work in a program where that did not happen.

use std::ffi::c_int;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static CALLS: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicBool = AtomicBool::new(false);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How often sled has asked for a sync in this process and got one.
pub fn syncs() -> u64 {
    CALLS.load(Ordering::SeqCst)
}

/// Lets the system forget what it holds of a file in memory, so that who reads it next reads the disk.
///
/// After a failed sync the system keeps what it could not write as if it were written. A log that is opened
/// again would take it for durable, acknowledge more on top of it, and lose all of that with the power.
pub(crate) fn forget_unwritten(file: impl AsFd) {
    if let Err(fault) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::error!(%fault, "the system still holds what it could not write");
    }
}

/// Stands in for the C library's function of this name, in the whole program.
///
/// Once a sync has failed, every later one fails too. The system reports such an error only once, and
/// forgets the pages that it could not write; a second try would succeed and mean nothing. One sync runs
/// at a time, so that none can be given the error that belongs to another and leave that one content.
#[expect(unsafe_code, reason = "the symbol must bear the C library's name to take its place")]
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(file: c_int, _offset: i64, _bytes: i64, _flags: std::ffi::c_uint) -> c_int {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if FAILED.load(Ordering::SeqCst) {
        set_errno(libc::EIO);
        return -1;
    }
    #[expect(unsafe_code, reason = "the caller's descriptor is passed on as it came")]
    let answer = unsafe { libc::fdatasync(file) };
    if answer == 0 {
        CALLS.fetch_add(1, Ordering::SeqCst);
    } else {
        FAILED.store(true, Ordering::SeqCst);
        #[expect(unsafe_code, reason = "the caller's descriptor stays open while it waits for the answer")]
        forget_unwritten(unsafe { BorrowedFd::borrow_raw(file) });
        // Whatever it was, the caller must not take it for a missing system call and try another way.
        set_errno(libc::EIO);
    }
    answer
}

fn set_errno(number: c_int) {
    #[expect(unsafe_code, reason = "sled reads the error where C functions leave it")]
    // SAFETY: the address is this thread's own and always valid.
    unsafe {
        *libc::__errno_location() = number;
    }
}
