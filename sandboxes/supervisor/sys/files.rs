//! Descriptors and files: waited for, looked at, opened.

use std::ffi::{CStr, CString, c_char, c_int, c_short, c_uint, c_ulong};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{check, owned};

pub const O_NONBLOCK: c_int = 0o4000;
pub const O_CLOEXEC: c_int = 0o2_000_000;
#[cfg(target_arch = "x86_64")]
pub const O_DIRECTORY: c_int = 0o200_000;
#[cfg(target_arch = "aarch64")]
pub const O_DIRECTORY: c_int = 0o40_000;
#[cfg(target_arch = "x86_64")]
pub const O_NOFOLLOW: c_int = 0o400_000;
#[cfg(target_arch = "aarch64")]
pub const O_NOFOLLOW: c_int = 0o100_000;

pub const POLLIN: c_short = 1;
pub const POLLOUT: c_short = 4;

/// After the three standard streams.
const FIRST_OWN: c_uint = 3;
const F_GETFL: c_int = 3;
const F_SETFL: c_int = 4;

/// One descriptor to wait for, and what it is ready for (`struct pollfd`).
#[repr(C)]
pub struct Poll {
    fd: c_int,
    events: c_short,
    ready: c_short,
}

/// `struct statvfs`, 64 bits wide.
#[repr(C)]
#[derive(Default)]
struct StatVfs {
    block: c_ulong,
    fragment: c_ulong,
    blocks: u64,
    free: u64,
    available: u64,
    files: u64,
    files_free: u64,
    rest: [u64; 8],
}

unsafe extern "C" {
    fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int;
    fn dup2(fd: c_int, target: c_int) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn fstatvfs(fd: c_int, state: *mut StatVfs) -> c_int;
    fn llistxattr(path: *const c_char, names: *mut u8, size: usize) -> isize;
    fn lremovexattr(path: *const c_char, name: *const c_char) -> c_int;
    fn openat(folder: c_int, name: *const c_char, flags: c_int, ...) -> c_int;
    fn poll(fds: *mut Poll, count: c_ulong, timeout_ms: c_int) -> c_int;
}

/// Make `target`, one of the three standard streams, mean the same as `fd`.
pub fn put_at(fd: BorrowedFd<'_>, target: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer; nothing of ours owns the descriptors 0, 1 and 2.
    check(unsafe { dup2(fd.as_raw_fd(), target) }).map(drop)
}

/// Close every descriptor but the three standard ones and these.
///
/// For a process forked off for good: what it was forked from still has them in its values.
pub fn close_all_but(kept: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut kept: Vec<c_uint> = kept.iter().map(|fd| fd.as_raw_fd() as c_uint).collect();
    kept.sort_unstable();
    let mut from = FIRST_OWN;
    for fd in kept {
        if from < fd {
            // SAFETY: takes no pointer; who owned these does not use them in this process.
            check(unsafe { close_range(from, fd - 1, 0) })?;
        }
        from = from.max(fd + 1);
    }
    // SAFETY: as above.
    check(unsafe { close_range(from, c_uint::MAX, 0) }).map(drop)
}

/// Have reads and writes through this descriptor fail rather than wait.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: these two commands take no pointer.
    unsafe {
        let flags = check(fcntl(fd.as_raw_fd(), F_GETFL))?;
        check(fcntl(fd.as_raw_fd(), F_SETFL, flags | O_NONBLOCK)).map(drop)
    }
}

/// Open what is called `name` in a folder.
pub fn open_below(folder: BorrowedFd<'_>, name: &CStr, flags: c_int) -> io::Result<File> {
    // SAFETY: the name ends with NUL; no file is created, so no mode is read.
    owned(unsafe { openat(folder.as_raw_fd(), name.as_ptr(), flags | O_CLOEXEC) }).map(File::from)
}

impl Poll {
    /// Wait for this, if it is there; hang-ups and errors are always told.
    pub fn new(fd: Option<BorrowedFd<'_>>, events: c_short) -> Self {
        // The kernel passes over negative numbers.
        Self { fd: fd.map_or(-1, |fd| fd.as_raw_fd()), events, ready: 0 }
    }

    /// Say whether anything at all has happened.
    pub fn is_ready(&self) -> bool {
        self.ready != 0
    }
}

/// Wait until one of these is ready, or so many milliseconds; -1 waits for ever.
pub fn wait_ready(fds: &mut [Poll], timeout_ms: c_int) -> io::Result<()> {
    // SAFETY: pointer and count are of one slice of the kernel's layout.
    match check(unsafe { poll(fds.as_mut_ptr(), fds.len() as c_ulong, timeout_ms) }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        result => result.map(drop),
    }
}

/// Bytes and files in use on the file system behind a descriptor.
pub fn used_space(fd: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let mut state = StatVfs::default();
    // SAFETY: the pointer is to a value of glibc's layout and at least its size.
    check(unsafe { fstatvfs(fd.as_raw_fd(), &mut state) })?;
    Ok(((state.blocks - state.free) * state.fragment, state.files - state.files_free))
}

/// Return the names of a file's extended attributes, those of a link itself.
pub fn attributes_of(path: &CStr) -> io::Result<Vec<CString>> {
    let list = |names: &mut [u8]| {
        // SAFETY: pointer and size are of one slice; with size 0 nothing is written.
        let size = unsafe { llistxattr(path.as_ptr(), names.as_mut_ptr(), names.len()) };
        usize::try_from(size).map_err(|_| io::Error::last_os_error())
    };
    let mut names = vec![0; list(&mut [])?];
    let size = if names.is_empty() { 0 } else { list(&mut names)? };
    let words = names[..size].split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Ok(words.filter_map(|word| CString::new(word).ok()).collect())
}

/// Take an extended attribute away.
pub fn remove_attribute(path: &CStr, name: &CStr) -> io::Result<()> {
    // SAFETY: both names end with NUL.
    check(unsafe { lremovexattr(path.as_ptr(), name.as_ptr()) }).map(drop)
}
