//! Pid 1 of every sandbox container: the supervisor of jobs, or with `lane` the keeper of rooms.
//!
//! A static program of its own, so that it starts in the time of a fork and needs nothing of the
//! image around it. It speaks the protocol of `sandboxes/wire.py`; what it shares with the host's
//! side comes from there by way of `constants`, which is written when an image is built.

#![deny(unsafe_code, warnings)]

mod constants;
mod counters;
mod custody;
mod fault;
mod host;
mod json;
mod lane;
mod launch;
mod limits;
mod messages;
mod names;
mod orders;
mod report;
mod ruling;
#[cfg(test)]
mod scratch;
mod seccomp;
mod streams;
mod sys;
mod tree;
#[cfg(test)]
mod tree_tests;
mod wire;

use counters::{Counters, Group};
use custody::NOT_PID_1;
use fault::{Fault, Outcome, complain};
use host::Host;
use orders::Supervisor;

const FAILED: i32 = 1;
const MISUSED: i32 = 2;

fn supervise() -> Outcome<()> {
    let counters = Counters::open(&Group::at(counters::ROOT))?;
    Supervisor::new(Host::standard()?, counters, None)?.serve()
}

/// Serve until the host is gone; refuse to run anywhere but as pid 1 of a container.
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (name, program): (_, fn() -> Outcome<()>) = match words.as_slice() {
        [] => ("supervisor", supervise),
        [word] if word == "lane" => ("keeper", lane::keeper::keep),
        _ => {
            complain("supervisor: takes no words, or the word lane");
            std::process::exit(MISUSED);
        }
    };
    if std::process::id() != 1 {
        // Outside a pid namespace the kill of "everything else" would be the whole machine.
        complain(NOT_PID_1);
        std::process::exit(MISUSED);
    }
    std::process::exit(exit_code(name, program()));
}

/// Tell of an end that was not the host's wish.
pub fn exit_code(name: &str, result: Outcome<()>) -> i32 {
    match result {
        Ok(()) | Err(Fault::HostGone) => 0,
        Err(fault) => {
            complain(&format!("{name}: {fault}"));
            FAILED
        }
    }
}
