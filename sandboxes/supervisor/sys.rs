//! Calls of the kernel that Rust's standard library does not offer, each with its safe face.
//!
//! All `unsafe` of the program is in this file. It relies on one fact: the program has one thread.
//! Layouts and numbers are those of Linux with glibc on x86_64 and aarch64.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_short, c_ulong, c_void};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

pub const SIGKILL: c_int = 9;
pub const SIGPIPE: c_int = 13;
pub const SIGCHLD: c_int = 17;
pub const SIGXCPU: c_int = 24;
pub const SIGXFSZ: c_int = 25;

pub const O_NONBLOCK: c_int = 0o4000;
pub const O_CLOEXEC: c_int = 0o2_000_000;
#[cfg(target_arch = "x86_64")]
pub const O_DIRECTORY: c_int = 0o200_000;
#[cfg(target_arch = "x86_64")]
pub const O_NOFOLLOW: c_int = 0o400_000;
#[cfg(target_arch = "aarch64")]
pub const O_DIRECTORY: c_int = 0o40_000;
#[cfg(target_arch = "aarch64")]
pub const O_NOFOLLOW: c_int = 0o100_000;

pub const POLLIN: c_short = 1;
pub const POLLOUT: c_short = 4;

pub const RLIMIT_CPU: c_int = 0;
pub const RLIMIT_FSIZE: c_int = 1;
pub const RLIMIT_CORE: c_int = 4;
pub const RLIMIT_NOFILE: c_int = 7;
pub const RLIMIT_MEMLOCK: c_int = 8;

pub const PR_SET_DUMPABLE: c_int = 4;
pub const PR_SET_SECCOMP: c_int = 22;
pub const PR_CAPBSET_DROP: c_int = 24;
pub const PR_SET_NO_NEW_PRIVS: c_int = 38;
pub const PR_CAP_AMBIENT: c_int = 47;
pub const PR_CAP_AMBIENT_CLEAR_ALL: c_ulong = 4;

pub const CLONE_NEWNS: c_int = 0x0002_0000;
pub const CLONE_NEWCGROUP: c_int = 0x0200_0000;
pub const CLONE_NEWUTS: c_int = 0x0400_0000;
pub const CLONE_NEWIPC: c_int = 0x0800_0000;
pub const CLONE_NEWUSER: c_int = 0x1000_0000;
pub const CLONE_NEWPID: c_int = 0x2000_0000;
pub const CLONE_NEWNET: c_int = 0x4000_0000;

pub const MS_RDONLY: c_ulong = 0x1;
pub const MS_NOSUID: c_ulong = 0x2;
pub const MS_NODEV: c_ulong = 0x4;
pub const MS_NOEXEC: c_ulong = 0x8;
pub const MS_BIND: c_ulong = 0x1000;
pub const MS_REC: c_ulong = 0x4000;
pub const MS_PRIVATE: c_ulong = 0x4_0000;

#[cfg(target_arch = "x86_64")]
const SYS_CLONE: c_long = 56;
#[cfg(target_arch = "aarch64")]
const SYS_CLONE: c_long = 220;
const WNOHANG: c_int = 1;
const SIG_BLOCK: c_int = 0;
const SIG_SETMASK: c_int = 2;
const SIG_DFL: usize = 0;
const F_GETFL: c_int = 3;
const F_SETFL: c_int = 4;
const CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
const SECCOMP_MODE_FILTER: c_ulong = 2;
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;
const SIOCSIFFLAGS: c_ulong = 0x8914;
const IFF_UP: c_short = 1;
const ECHILD: i32 = 10;

/// `sigset_t` of glibc: one bit for each signal, the first one lowest.
type Signals = [u64; 16];

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

/// `struct rusage`: two times, then the peak of resident memory in KiB.
#[repr(C)]
#[derive(Default)]
struct Usage {
    times: [c_long; 4],
    peak_kb: c_long,
    rest: [c_long; 13],
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    length: u16,
    filter: *const u8,
}

/// `struct ifreq` with flags.
#[repr(C)]
struct Interface {
    name: [u8; 16],
    flags: c_short,
    rest: [u8; 22],
}

unsafe extern "C" {
    fn _exit(code: c_int) -> !;
    fn capset(header: *const c_void, sets: *const c_void) -> c_int;
    fn clock_gettime(clock: c_int, now: *mut [i64; 2]) -> c_int;
    fn dup2(fd: c_int, target: c_int) -> c_int;
    fn execve(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn fork() -> c_int;
    fn fstatvfs(fd: c_int, state: *mut StatVfs) -> c_int;
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_char,
    ) -> c_int;
    fn openat(folder: c_int, name: *const c_char, flags: c_int, ...) -> c_int;
    fn poll(fds: *mut Poll, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn setegid(gid: u32) -> c_int;
    fn seteuid(uid: u32) -> c_int;
    fn setgroups(count: usize, groups: *const u32) -> c_int;
    fn setresgid(real: u32, effective: u32, saved: u32) -> c_int;
    fn setresuid(real: u32, effective: u32, saved: u32) -> c_int;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    fn setsid() -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn signalfd(fd: c_int, signals: *const Signals, flags: c_int) -> c_int;
    fn sigprocmask(how: c_int, signals: *const Signals, old: *mut Signals) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn umask(mode: u32) -> u32;
    fn unshare(flags: c_int) -> c_int;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn owned(result: c_int) -> io::Result<OwnedFd> {
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// End this process at once, without anything that a library would do at the end.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: takes no pointer and does not return.
    unsafe { _exit(code) }
}

/// Fork; 0 in the child.
pub fn fork_here() -> io::Result<i32> {
    // SAFETY: there is one thread, so no lock can be left held in the child.
    check(unsafe { fork() })
}

/// Fork into fresh namespaces; 0 in the child.
pub fn clone_into(flags: c_int) -> io::Result<i32> {
    let flags = (flags | SIGCHLD) as c_ulong;
    // SAFETY: without a stack and without CLONE_VM this is a fork, see `fork_here`.
    let pid = unsafe { syscall(SYS_CLONE, flags, 0usize, 0usize, 0usize, 0usize) };
    check(pid as c_int)
}

/// Become another program. Returns only when that fails.
pub fn execute(path: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    let pointers = |words: &[CString]| -> Vec<*const c_char> {
        words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both lists end with a null pointer, and what they point to outlives the call.
    unsafe { execve(path.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Signal one process, or with -1 every process but the caller that it may signal.
pub fn send_signal(pid: i32, number: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    check(unsafe { kill(pid, number) }).map(drop)
}

/// A child that has ended: its wait status, and its peak of resident memory in KiB.
pub struct Ended {
    pub pid: i32,
    pub status: i32,
    pub peak_kb: u64,
}

/// What waiting for a child found.
pub enum Waited {
    Child(Ended),
    NotYet,
    NoChildren,
}

/// Wait for a child, any one with -1; with `block` until one has ended.
pub fn wait(pid: i32, block: bool) -> io::Result<Waited> {
    let (mut status, mut usage) = (0, Usage::default());
    let options = if block { 0 } else { WNOHANG };
    // SAFETY: both pointers are to values of ours of the kernel's layout.
    match check(unsafe { wait4(pid, &mut status, options, &mut usage) }) {
        Ok(0) => Ok(Waited::NotYet),
        Ok(pid) => Ok(Waited::Child(Ended { pid, status, peak_kb: usage.peak_kb as u64 })),
        Err(error) if error.raw_os_error() == Some(ECHILD) => Ok(Waited::NoChildren),
        Err(error) => Err(error),
    }
}

/// Keep SIGCHLD from interrupting anything, and return a descriptor that is readable after one.
pub fn child_signals() -> io::Result<File> {
    let mut signals: Signals = [0; 16];
    signals[0] = 1 << (SIGCHLD - 1);
    // SAFETY: the set is of glibc's layout and is only read.
    unsafe {
        check(sigprocmask(SIG_BLOCK, &signals, ptr::null_mut()))?;
        owned(signalfd(-1, &signals, O_NONBLOCK | O_CLOEXEC)).map(File::from)
    }
}

/// Give a child that is to become another program the usual signals: none blocked, none ignored.
pub fn usual_signals() -> io::Result<()> {
    for number in [SIGPIPE, SIGXFSZ, SIGCHLD] {
        // SAFETY: no handler is installed, the default is restored.
        unsafe { signal(number, SIG_DFL) };
    }
    // SAFETY: the set is of glibc's layout and is only read.
    check(unsafe { sigprocmask(SIG_SETMASK, &[0; 16], ptr::null_mut()) }).map(drop)
}

/// Begin a session of one's own.
pub fn new_session() -> io::Result<()> {
    // SAFETY: takes no pointer.
    check(unsafe { setsid() }).map(drop)
}

/// Make `target`, one of the three standard streams, mean the same as `fd`.
pub fn put_at(fd: BorrowedFd<'_>, target: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer; nothing of ours owns the descriptors 0, 1 and 2.
    check(unsafe { dup2(fd.as_raw_fd(), target) }).map(drop)
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

/// Processor seconds of this process alone.
pub fn own_cpu_s() -> f64 {
    let mut now = [0; 2];
    // SAFETY: the pointer is to a timespec, two 64-bit numbers; this clock cannot fail.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now[0] as f64 + now[1] as f64 / 1e9
}

/// Set soft and hard limit of this process and what it becomes.
pub fn set_limit(resource: c_int, value: u64) -> io::Result<()> {
    // SAFETY: the pointer is to a `struct rlimit`, two 64-bit numbers.
    check(unsafe { setrlimit(resource, &[value, value]) }).map(drop)
}

/// Take these bits away from the modes of new files.
pub fn set_umask(mode: u32) {
    // SAFETY: takes no pointer and cannot fail.
    unsafe { umask(mode) };
}

/// Change an attribute of this process by numbers alone.
pub fn set_attribute(option: c_int, value: c_ulong) -> io::Result<()> {
    let none: c_ulong = 0;
    // SAFETY: the options that we use so take no pointer.
    check(unsafe { prctl(option, value, none, none, none) }).map(drop)
}

/// Put a filter of `struct sock_filter` on this process and its children, for good.
pub fn install_filter(code: &'static [u8]) -> io::Result<()> {
    let program = Program { length: (code.len() / 8) as u16, filter: code.as_ptr() };
    let none: c_ulong = 0;
    // SAFETY: the kernel copies the program, whose length is that of the slice.
    check(unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program, none, none) })
        .map(drop)
}

/// Become this user and group, without any other group, for good.
pub fn become_user(uid: u32) -> io::Result<()> {
    // SAFETY: no group is read through the pointer.
    unsafe {
        check(setgroups(0, ptr::null()))?;
        check(setresgid(uid, uid, uid))?;
        check(setresuid(uid, uid, uid)).map(drop)
    }
}

/// Use the rights of this user and group; they can be given up again.
pub fn lend_rights(uid: u32) -> io::Result<()> {
    // SAFETY: takes no pointer.
    unsafe {
        check(setegid(uid))?;
        check(seteuid(uid)).map(drop)
    }
}

/// Use the rights of root again, after `lend_rights`.
pub fn own_rights() -> io::Result<()> {
    // SAFETY: takes no pointer.
    unsafe {
        check(seteuid(0))?;
        check(setegid(0)).map(drop)
    }
}

/// Have exactly these capabilities, numbers below 32, and inherit none.
pub fn set_capabilities(kept: &[u32]) -> io::Result<()> {
    let mask = kept.iter().fold(0u32, |mask, number| mask | 1 << number);
    let (header, sets) = ([CAPABILITY_VERSION_3, 0], [mask, mask, 0, 0, 0, 0]);
    // SAFETY: header and sets are of the layout of version 3.
    check(unsafe { capset((&raw const header).cast(), (&raw const sets).cast()) }).map(drop)
}

/// Leave the namespaces named by `flags` for fresh ones.
pub fn leave_namespaces(flags: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    check(unsafe { unshare(flags) }).map(drop)
}

/// Mount a file system, or change a mount. Empty words are given as none.
pub fn mount_at(
    source: &str,
    target: &str,
    kind: &str,
    flags: c_ulong,
    data: &str,
) -> io::Result<()> {
    let words = [source, target, kind, data].map(|word| CString::new(word).unwrap_or_default());
    let [source, target, kind, data] =
        words.each_ref().map(|word| if word.is_empty() { ptr::null() } else { word.as_ptr() });
    // SAFETY: each pointer is null or to a string that ends with NUL and outlives the call.
    check(unsafe { mount(source, target, kind, flags, data) }).map(drop)
}

/// Bring up the loopback device of a socket's network namespace.
pub fn loopback_up(socket: BorrowedFd<'_>) -> io::Result<()> {
    let mut wanted = Interface { name: [0; 16], flags: IFF_UP, rest: [0; 22] };
    wanted.name[..2].copy_from_slice(b"lo");
    // SAFETY: the pointer is to a `struct ifreq` of 40 bytes.
    check(unsafe { ioctl(socket.as_raw_fd(), SIOCSIFFLAGS, &raw mut wanted) }).map(drop)
}
