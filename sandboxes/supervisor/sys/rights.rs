//! What a process may do and use: limits, users, capabilities, system calls.

use std::ffi::{c_int, c_ulong, c_void};
use std::io;
use std::ptr;

use super::check;

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

const SECCOMP_MODE_FILTER: c_ulong = 2;
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    length: u16,
    filter: *const u8,
}

unsafe extern "C" {
    fn capset(header: *const c_void, sets: *const c_void) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn setegid(gid: u32) -> c_int;
    fn seteuid(uid: u32) -> c_int;
    fn setgroups(count: usize, groups: *const u32) -> c_int;
    fn setresgid(real: u32, effective: u32, saved: u32) -> c_int;
    fn setresuid(real: u32, effective: u32, saved: u32) -> c_int;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    fn umask(mode: u32) -> u32;
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
