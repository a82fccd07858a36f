//! The calls by which this program changes files, recorded or made to fail.
//!
//! The linker takes the functions defined here in place of the C library's of the same names, for the
//! standard library, for sled and for the log. They make the system call. What concerns files below a
//! watched directory is recorded in the order in which it happened, or fails as a plan says.
#![expect(unsafe_code, reason = "the symbols must bear the C library's names to take their places")]

use super::workload::Acknowledged;
use std::ffi::{CStr, OsStr, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that happened to the watched directory; paths are relative to it.
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
    /// The caller of the log was told that a commit is durable.
    Told(Acknowledged),
}

/// The two kinds of calls that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Change,
    Sync,
}

/// Which call fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub kind: Kind,
    /// The how many-th call of its kind, from 1.
    pub number: u64,
    pub errno: c_int,
    /// Whether all later ones of its kind fail too, as on a full disk.
    pub stays: bool,
}

#[derive(Debug)]
struct Watch {
    root: PathBuf,
    steps: Vec<Step>,
    calls: [u64; 2],
    fault: Option<Fault>,
    failed: Vec<PathBuf>,
    synced_again: Vec<PathBuf>,
    told_after_failed_sync: bool,
}

impl Watch {
    fn a_sync_failed(&self) -> bool {
        !self.failed.is_empty() && self.fault.is_some_and(|fault| fault.kind == Kind::Sync)
    }
}

/// What was seen of the watched directory.
#[derive(Debug)]
pub struct Seen {
    pub steps: Vec<Step>,
    /// How many changes there were.
    pub changes: u64,
    /// How many syncs there were.
    pub syncs: u64,
    /// Where a call was made to fail.
    pub failed: Vec<PathBuf>,
    /// What was synced after its sync had failed.
    pub synced_again: Vec<PathBuf>,
    /// Whether a commit was acknowledged after any sync had failed.
    pub told_after_failed_sync: bool,
}

static WATCHING: AtomicBool = AtomicBool::new(false);
static WATCH: Mutex<Option<Watch>> = Mutex::new(None);
static TURN: Mutex<()> = Mutex::new(());

fn lock() -> MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory is watched until [`Watching::end`]; who wants to watch another waits for that.
#[must_use]
pub struct Watching(#[expect(dead_code, reason = "it is held, not read")] MutexGuard<'static, ()>);

/// Begins to watch a directory, which must not be named through symbolic links.
pub fn watch(root: &Path, fault: Option<Fault>) -> Watching {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let root = root.to_owned();
    let (failed, synced_again, told_after_failed_sync) = (vec![], vec![], false);
    *lock() = Some(Watch {
        root,
        steps: vec![],
        calls: [0; 2],
        fault,
        failed,
        synced_again,
        told_after_failed_sync,
    });
    WATCHING.store(true, Ordering::SeqCst);
    Watching(turn)
}

impl Watching {
    /// Ends watching.
    pub fn end(self) -> Seen {
        WATCHING.store(false, Ordering::SeqCst);
        let Watch { steps, calls: [changes, syncs], failed, synced_again, told_after_failed_sync, .. } =
            lock().take().expect("a directory is watched");
        Seen { steps, changes, syncs, failed, synced_again, told_after_failed_sync }
    }
}

/// Notes that a commit was acknowledged to its caller.
pub fn told(acknowledged: Acknowledged) {
    if let Some(watch) = lock().as_mut() {
        watch.steps.push(Step::Told(acknowledged));
        watch.told_after_failed_sync |= watch.a_sync_failed();
    }
}

/// Whether a call has been made to fail.
pub fn has_failed() -> bool {
    lock().as_ref().is_some_and(|watch| !watch.failed.is_empty())
}

/// While this lives, whatever would change the watched directory waits.
pub struct Held(#[expect(dead_code, reason = "it is held, not read")] MutexGuard<'static, Option<Watch>>);

/// Stops the disk.
pub fn hold() -> Held {
    Held(lock())
}

/// Makes a call on a path, unless it shall fail, and records what it did when it succeeded.
fn call(
    path: Option<PathBuf>,
    kind: Kind,
    make: impl FnOnce() -> i64,
    step: impl FnOnce(PathBuf, i64) -> Step,
) -> i64 {
    let Some(path) = path.filter(|_| WATCHING.load(Ordering::SeqCst)) else { return make() };
    let mut lock = lock();
    let Some((watch, path)) = lock.as_mut().and_then(|watch| {
        let inner = path.strip_prefix(&watch.root).ok()?.to_owned();
        Some((watch, inner))
    }) else {
        drop(lock);
        return make();
    };
    watch.calls[kind as usize] += 1;
    let number = watch.calls[kind as usize];
    let fault = watch.fault.filter(|fault| {
        fault.kind == kind && (number == fault.number || fault.stays && number > fault.number)
    });
    if let Some(fault) = fault {
        watch.failed.push(path);
        set_errno(fault.errno);
        return -1;
    }
    if kind == Kind::Sync && watch.a_sync_failed() && watch.failed.contains(&path) {
        watch.synced_again.push(path.clone());
    }
    let answer = make();
    if answer >= 0 {
        watch.steps.push(step(path, answer));
    }
    answer
}

fn set_errno(number: c_int) {
    // SAFETY: the address is this thread's own and always valid.
    unsafe { *libc::__errno_location() = number };
}

/// The path that a descriptor was opened by, or to which that was renamed since.
fn path_of(file: c_int) -> Option<PathBuf> {
    if !WATCHING.load(Ordering::SeqCst) {
        return None;
    }
    let path = std::fs::read_link(format!("/proc/self/fd/{file}")).ok()?;
    path.is_absolute().then_some(path)
}

fn named(path: *const c_char) -> Option<PathBuf> {
    if !WATCHING.load(Ordering::SeqCst) {
        return None;
    }
    // SAFETY: the C library's contract is that the caller gives a string.
    let path = unsafe { CStr::from_ptr(path) };
    Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

fn copied(bytes: *const c_void, count: i64) -> Vec<u8> {
    // SAFETY: the system has just read so many bytes from there.
    unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize) }.to_vec()
}

#[unsafe(no_mangle)]
extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    let open = || unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags, mode) };
    let creates = flags & libc::O_CREAT != 0;
    let new = named(path).filter(|path| creates && !path.exists());
    if new.is_none() && flags & libc::O_TRUNC != 0 {
        return call(named(path), Kind::Change, open, |file, _| Step::SetLen { file, len: 0 }) as c_int;
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
        let to = named(to).and_then(|to| to.file_name().map(OsStr::to_owned)).unwrap_or_default();
        Step::Rename { to: from.with_file_name(to), from }
    };
    call(named(from), Kind::Change, rename, step) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    let unlink = || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) };
    call(named(path), Kind::Change, unlink, |path, _| Step::Remove(path)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    let make = || unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, mode) };
    call(named(path), Kind::Change, make, |path, _| Step::MakeDir(path)) as c_int
}
