//! Calls of the kernel that Rust's standard library does not offer, each with its safe face.
//!
//! All `unsafe` of the program is in this folder. It relies on one fact: the program has one
//! thread. Layouts and numbers are those of Linux with glibc on x86_64 and aarch64.

#![allow(unsafe_code)]

mod files;
mod process;
mod rights;
mod spaces;

use std::ffi::c_int;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

pub use files::*;
pub use process::*;
pub use rights::*;
pub use spaces::*;

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn owned(result: c_int) -> io::Result<OwnedFd> {
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}
