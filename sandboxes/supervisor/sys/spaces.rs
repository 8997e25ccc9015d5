//! Namespaces and what is mounted in them.

use std::ffi::{CString, c_char, c_int, c_short, c_ulong};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use super::check;

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

const SIOCSIFFLAGS: c_ulong = 0x8914;
const IFF_UP: c_short = 1;

/// `struct ifreq` with flags.
#[repr(C)]
struct Interface {
    name: [u8; 16],
    flags: c_short,
    rest: [u8; 22],
}

unsafe extern "C" {
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_char,
    ) -> c_int;
    fn unshare(flags: c_int) -> c_int;
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
