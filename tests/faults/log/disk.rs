//! Intercepts the calls by which this program changes files, to record them or make them fail.
//!
//! The linker picks the functions defined here over the C library's functions of the same names, for the
//! standard library, sled and the log. They make the system call. Calls that concern files in a watched
//! directory are recorded in order, or fail as configured.
#![expect(unsafe_code, reason = "the symbols must have the C library's names to override them")]

use super::workload::Acknowledged;
use std::ffi::{CStr, OsStr, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;

/// A change of the watched directory; paths are relative to it.
#[derive(Debug, Clone)]
pub enum Step {
    MakeDir(PathBuf),
    Create(PathBuf),
    Write {
        file: PathBuf,
        offset: u64,
        bytes: Vec<u8>,
    },
    SetLen {
        file: PathBuf,
        len: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    Sync(PathBuf),
    /// A commit was acknowledged to the caller of the log.
    Acknowledged(Acknowledged),
}

/// The kinds of calls that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Change,
    Sync,
}

/// Which call fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub kind: Kind,
    /// Number of the call among those of its kind, from 1.
    pub number: u64,
    pub errno: c_int,
    /// Whether all later calls of its kind fail too, as on a full disk.
    pub persists: bool,
}

#[derive(Debug, Default)]
struct Watch {
    steps: Vec<Step>,
    calls: [u64; 2],
    fault: Option<Fault>,
    failed: Vec<PathBuf>,
    synced_again: Vec<PathBuf>,
    acknowledged_after_failed_sync: usize,
}

/// What was recorded of the watched directory.
#[derive(Debug)]
pub struct Recorded {
    pub steps: Vec<Step>,
    /// Number of changes.
    pub changes: u64,
    /// Number of syncs.
    pub syncs: u64,
    /// Paths of the calls that were made to fail.
    pub failed: Vec<PathBuf>,
    /// Paths that were synced again after their sync had failed.
    pub synced_again: Vec<PathBuf>,
    /// How many commits were acknowledged after a sync had failed.
    pub acknowledged_after_failed_sync: usize,
}

static ROOT: RwLock<Option<PathBuf>> = RwLock::new(None);
static WATCH: Mutex<Option<Watch>> = Mutex::new(None);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static WATCHING: AtomicBool = AtomicBool::new(false);
/// Number of calls that are waiting for the disk or being made.
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn lock() -> MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the path relative to the watched directory; `None` if it is not inside it.
fn relative(path: &Path) -> Option<PathBuf> {
    if !WATCHING.load(Ordering::SeqCst) {
        return None;
    }
    let root = ROOT.read().unwrap_or_else(PoisonError::into_inner);
    path.strip_prefix(root.as_ref()?).ok().map(Path::to_owned)
}

/// A directory being watched until [`Watching::finish`]; only one can be watched at a time.
#[must_use]
pub struct Watching(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

/// Starts watching a directory; its path must not contain symbolic links. Waits while another is watched.
pub fn watch(root: &Path, fault: Option<Fault>) -> Watching {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    *lock() = Some(Watch { fault, ..Watch::default() });
    *ROOT.write().unwrap_or_else(PoisonError::into_inner) = Some(root.to_owned());
    WATCHING.store(true, Ordering::SeqCst);
    Watching(guard)
}

impl Watching {
    /// Stops watching and returns what was recorded.
    pub fn finish(self) -> Recorded {
        WATCHING.store(false, Ordering::SeqCst);
        let Watch {
            steps,
            calls: [changes, syncs],
            failed,
            synced_again,
            acknowledged_after_failed_sync,
            ..
        } = lock().take().expect("a directory is watched");
        Recorded { steps, changes, syncs, failed, synced_again, acknowledged_after_failed_sync }
    }
}

/// Returns whether a directory is being watched.
pub fn is_watched(dir: &Path) -> bool {
    relative(dir).is_some()
}

/// Records that a commit was acknowledged to its caller; `last` tells whether no other is in flight.
pub fn record_acknowledged(acknowledged: Acknowledged, last: bool) {
    let mut lock = lock();
    let watch = lock.as_mut().expect("a directory is watched");
    watch.steps.push(Step::Acknowledged(acknowledged));
    if last && watch.a_sync_failed() {
        watch.acknowledged_after_failed_sync += 1;
    }
}

/// Returns whether a call has been made to fail.
pub fn has_failed() -> bool {
    lock().as_ref().is_some_and(|watch| !watch.failed.is_empty())
}

/// While this value lives, calls that would change the watched directory block.
pub struct Paused(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, Option<Watch>>);

/// Pauses the disk.
pub fn pause() -> Paused {
    Paused(lock())
}

impl Paused {
    /// Waits until a call is waiting for the disk.
    pub fn wait_for_a_call(&self) {
        while CALLS.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
    }
}

/// Makes a call on a path, unless it is to fail, and records it if it succeeds.
fn call(
    path: Option<PathBuf>,
    kind: Kind,
    make: impl FnOnce() -> i64,
    step: impl FnOnce(PathBuf, i64) -> Step,
) -> i64 {
    let Some(path) = path.and_then(|path| relative(&path)) else { return make() };
    CALLS.fetch_add(1, Ordering::SeqCst);
    let result = match lock().as_mut() {
        Some(watch) => watch.call(path, kind, make, step),
        None => make(),
    };
    CALLS.fetch_sub(1, Ordering::SeqCst);
    result
}

impl Watch {
    fn call(
        &mut self,
        path: PathBuf,
        kind: Kind,
        make: impl FnOnce() -> i64,
        step: impl FnOnce(PathBuf, i64) -> Step,
    ) -> i64 {
        self.calls[kind as usize] += 1;
        let number = self.calls[kind as usize];
        let fails = |fault: &Fault| {
            fault.kind == kind && (number == fault.number || fault.persists && number > fault.number)
        };
        if let Some(fault) = self.fault.filter(fails) {
            self.failed.push(path);
            set_errno(fault.errno);
            return -1;
        }
        if kind == Kind::Sync && self.a_sync_failed() && self.failed.contains(&path) {
            self.synced_again.push(path.clone());
        }
        let result = make();
        if result >= 0 {
            self.steps.push(step(path, result));
        }
        result
    }

    fn a_sync_failed(&self) -> bool {
        !self.failed.is_empty() && self.fault.is_some_and(|fault| fault.kind == Kind::Sync)
    }
}

fn set_errno(number: c_int) {
    // SAFETY: the address is this thread's own and always valid.
    unsafe { *libc::__errno_location() = number };
}

/// Returns the current path of an open descriptor.
fn path_of(file: c_int) -> Option<PathBuf> {
    if !WATCHING.load(Ordering::SeqCst) {
        return None;
    }
    let path = std::fs::read_link(format!("/proc/self/fd/{file}")).ok()?;
    path.is_absolute().then_some(path)
}

fn path_from(path: *const c_char) -> Option<PathBuf> {
    if !WATCHING.load(Ordering::SeqCst) {
        return None;
    }
    // SAFETY: by the C library's contract the caller passes a string.
    let path = unsafe { CStr::from_ptr(path) };
    Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

fn copied(bytes: *const c_void, count: i64) -> Vec<u8> {
    // SAFETY: the kernel has just read that many bytes from there.
    unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize) }.to_vec()
}

#[unsafe(no_mangle)]
extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    let open = || unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags, mode) };
    let creates = flags & libc::O_CREAT != 0;
    let new = path_from(path).filter(|path| creates && !path.exists());
    if new.is_none() && flags & libc::O_TRUNC != 0 {
        return call(path_from(path), Kind::Change, open, |file, _| Step::SetLen { file, len: 0 }) as c_int;
    }
    call(new, Kind::Change, open, |file, _| Step::Create(file)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn write(file: c_int, bytes: *const c_void, count: usize) -> isize {
    let write = || unsafe { libc::syscall(libc::SYS_write, file, bytes, count) };
    let step = |path, written| {
        let end = unsafe { libc::lseek(file, 0, libc::SEEK_CUR) };
        Step::Write { file: path, offset: (end - written) as u64, bytes: copied(bytes, written) }
    };
    call(path_of(file), Kind::Change, write, step) as isize
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(file: c_int, bytes: *const c_void, count: usize, offset: i64) -> isize {
    let write = || unsafe { libc::syscall(libc::SYS_pwrite64, file, bytes, count, offset) };
    let step =
        |path, written| Step::Write { file: path, offset: offset as u64, bytes: copied(bytes, written) };
    call(path_of(file), Kind::Change, write, step) as isize
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(file: c_int, len: i64) -> c_int {
    let truncate = || unsafe { libc::syscall(libc::SYS_ftruncate, file, len) };
    call(path_of(file), Kind::Change, truncate, |file, _| Step::SetLen { file, len: len as u64 }) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn fsync(file: c_int) -> c_int {
    let sync = || unsafe { libc::syscall(libc::SYS_fsync, file) };
    call(path_of(file), Kind::Sync, sync, |path, _| Step::Sync(path)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(file: c_int) -> c_int {
    let sync = || unsafe { libc::syscall(libc::SYS_fdatasync, file) };
    call(path_of(file), Kind::Sync, sync, |path, _| Step::Sync(path)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let rename = || unsafe { libc::syscall(libc::SYS_renameat, libc::AT_FDCWD, from, libc::AT_FDCWD, to) };
    let step = |from: PathBuf, _| {
        let to = path_from(to).and_then(|to| to.file_name().map(OsStr::to_owned)).unwrap_or_default();
        Step::Rename { to: from.with_file_name(to), from }
    };
    call(path_from(from), Kind::Change, rename, step) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    let unlink = || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) };
    call(path_from(path), Kind::Change, unlink, |path, _| Step::Remove(path)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    let make = || unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, mode) };
    call(path_from(path), Kind::Change, make, |path, _| Step::MakeDir(path)) as c_int
}
