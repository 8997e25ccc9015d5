//! Why a supervisor or a keeper ends. Whatever it cannot explain ends it, and its container.

use std::fmt;
use std::io::{self, Write};

/// The end of a program that serves the host.
#[derive(Debug)]
pub enum Fault {
    /// Nobody is at the other end any more: the ordinary end.
    HostGone,
    /// The other end broke the protocol.
    Wire(String),
    /// The kernel refused something, or something happened that has no explanation.
    System(String),
}

impl Fault {
    /// Name what was being done when the kernel refused it.
    pub fn during(what: &str, error: &io::Error) -> Self {
        Self::System(format!("{what}: {error}"))
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::System(error.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostGone => text.write_str("the host is gone"),
            Self::Wire(reason) | Self::System(reason) => text.write_str(reason),
        }
    }
}

/// Tell the operator, in one piece: others may write to the same standard error.
pub fn complain(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes()); // the exit code tells, too
}

/// What most steps return.
pub type Outcome<T> = Result<T, Fault>;

/// Say that the other end broke the protocol.
pub fn broken<T>(reason: impl Into<String>) -> Outcome<T> {
    Err(Fault::Wire(reason.into()))
}

/// Say which path the kernel refused.
pub trait AtPath<T> {
    /// Add the path to the error.
    fn at(self, path: &str) -> Outcome<T>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &str) -> Outcome<T> {
        self.map_err(|error| Fault::during(path, &error))
    }
}
