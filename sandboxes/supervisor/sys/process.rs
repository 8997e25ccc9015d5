//! Processes: begun, signalled, waited for, ended.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong};
use std::fs::File;
use std::io;
use std::ptr;

use super::files::{O_CLOEXEC, O_NONBLOCK};
use super::{check, owned};

pub const SIGKILL: c_int = 9;
pub const SIGPIPE: c_int = 13;
pub const SIGCHLD: c_int = 17;
pub const SIGXCPU: c_int = 24;
pub const SIGXFSZ: c_int = 25;

#[cfg(target_arch = "x86_64")]
const SYS_CLONE: c_long = 56;
#[cfg(target_arch = "aarch64")]
const SYS_CLONE: c_long = 220;
const WNOHANG: c_int = 1;
const SIG_BLOCK: c_int = 0;
const SIG_SETMASK: c_int = 2;
const SIG_DFL: usize = 0;
const CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
const ECHILD: i32 = 10;

/// `sigset_t` of glibc: one bit for each signal, the first one lowest.
type Signals = [u64; 16];

/// `struct rusage`: two times, then the peak of resident memory in KiB.
#[repr(C)]
#[derive(Default)]
struct Usage {
    times: [c_long; 4],
    peak_kb: c_long,
    rest: [c_long; 13],
}

unsafe extern "C" {
    fn _exit(code: c_int) -> !;
    fn clock_gettime(clock: c_int, now: *mut [i64; 2]) -> c_int;
    fn execve(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> c_int;
    fn fork() -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn setsid() -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn signalfd(fd: c_int, signals: *const Signals, flags: c_int) -> c_int;
    fn sigprocmask(how: c_int, signals: *const Signals, old: *mut Signals) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
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

/// Processor seconds of this process alone.
pub fn own_cpu_s() -> f64 {
    let mut now = [0; 2];
    // SAFETY: the pointer is to a timespec, two 64-bit numbers; this clock cannot fail.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now[0] as f64 + now[1] as f64 / 1e9
}
