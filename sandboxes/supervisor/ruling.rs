//! From what was seen of a job to the status of its end. Pure.

use crate::constants::{MARGIN, SIGNAL_NAMES};
use crate::limits::{Limits, MIB};
use crate::sys;

/// How a job ended, as the host spells it: its values are made of `Status` in
/// `sandboxes/protocol.py`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub &'static str);

/// The end of a program by itself: an exit code, or the number of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    Signal(i32),
}

impl End {
    /// Read a wait status.
    pub fn of(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Exit(status >> 8 & 0xff),
            number => Self::Signal(number),
        }
    }

    fn is_good(self) -> bool {
        self == Self::Exit(0)
    }
}

/// Return a signal's name as the host knows it.
pub fn signal_name(number: i32) -> String {
    let known = SIGNAL_NAMES.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("SIG{number}"), |(_, name)| (*name).to_owned())
}

/// Everything that decides.
pub struct Facts {
    pub limits: Limits,
    /// Output was cut.
    pub truncated: bool,
    /// Why the supervisor itself ended the job.
    pub reason: Option<Status>,
    /// How the program's first process ended; none where it was killed.
    pub end: Option<End>,
    pub cpu_s: f64,
    pub wall_s: f64,
    pub peak: u64,
    pub refused_fork: bool,
    pub oom_kill: bool,
    pub over_disk: Option<Status>,
}

/// Name the end of a job, from the kernel's counters first and the program's own end last.
pub fn status_of(facts: &Facts) -> Status {
    if facts.truncated {
        return Status::OUTPUT_LIMIT;
    }
    // A program that hangs because it got no more processes did not run out of time.
    let starved = facts.refused_fork && facts.reason == Some(Status::WALL_LIMIT);
    let end = facts.end.unwrap_or(End::Exit(0));
    let when = |holds: bool, status: Status| holds.then_some(status);
    let late = facts.cpu_s > facts.limits.cpu_s || end == End::Signal(sys::SIGXCPU);
    when(starved, Status::PROCESS_LIMIT)
        .or(facts.reason)
        .or(when(facts.oom_kill, Status::MEMORY_LIMIT))
        .or(when(late, Status::CPU_LIMIT))
        .or(when(end == End::Signal(sys::SIGXFSZ), Status::DISK_LIMIT))
        .or(facts.over_disk)
        .or(when(!end.is_good() && facts.refused_fork, Status::PROCESS_LIMIT))
        .or(when(!end.is_good(), Status::RUNTIME_ERROR))
        .unwrap_or(Status::OK)
}

/// Return the program's own end, if it is that which counts.
pub fn natural_end(facts: &Facts, status: Status) -> Option<End> {
    facts.end.filter(|_| [Status::OK, Status::RUNTIME_ERROR].contains(&status))
}

/// Say whether time or memory came close to a limit.
pub fn is_close(facts: &Facts) -> bool {
    let limits = &facts.limits;
    facts.cpu_s > MARGIN * limits.cpu_s
        || facts.wall_s > MARGIN * limits.wall_s
        || facts.peak as f64 > MARGIN * (limits.memory_mb * MIB) as f64
}

#[cfg(test)]
mod tests {
    use super::{End, Facts, Status, is_close, natural_end, signal_name, status_of};
    use crate::constants::DEFAULT_LIMITS;
    use crate::limits::MIB;

    fn quiet() -> Facts {
        Facts {
            limits: DEFAULT_LIMITS,
            truncated: false,
            reason: None,
            end: Some(End::Exit(0)),
            cpu_s: 0.0,
            wall_s: 0.0,
            peak: 0,
            refused_fork: false,
            oom_kill: false,
            over_disk: None,
        }
    }

    fn ruled(change: impl FnOnce(&mut Facts)) -> Status {
        let mut facts = quiet();
        change(&mut facts);
        status_of(&facts)
    }

    #[test]
    fn a_wait_status_is_an_exit_or_a_signal() {
        assert_eq!(End::of(0), End::Exit(0));
        assert_eq!(End::of(3 << 8), End::Exit(3));
        assert_eq!(End::of(11), End::Signal(11));
        assert_eq!(End::of(11 | 0x80), End::Signal(11), "with a core dump");
        assert_eq!(signal_name(11), "SIGSEGV");
        assert_eq!(signal_name(6), "SIGABRT");
        assert_eq!(signal_name(40), "SIG40");
    }

    #[test]
    fn the_programs_own_end_counts_when_nothing_else_does() {
        assert_eq!(ruled(|_| ()), Status::OK);
        assert_eq!(ruled(|facts| facts.end = Some(End::Exit(1))), Status::RUNTIME_ERROR);
        assert_eq!(ruled(|facts| facts.end = Some(End::Signal(11))), Status::RUNTIME_ERROR);
    }

    #[test]
    fn each_limit_is_named_whatever_the_programs_end() {
        for end in [End::Exit(0), End::Exit(1), End::Signal(9)] {
            let ruled = |change: fn(&mut Facts)| {
                ruled(|facts| {
                    facts.end = Some(end);
                    change(facts);
                })
            };
            assert_eq!(ruled(|facts| facts.truncated = true), Status::OUTPUT_LIMIT);
            assert_eq!(ruled(|facts| facts.oom_kill = true), Status::MEMORY_LIMIT);
            assert_eq!(ruled(|facts| facts.cpu_s = 5.1), Status::CPU_LIMIT);
            assert_eq!(
                ruled(|facts| facts.over_disk = Some(Status::FILE_LIMIT)),
                Status::FILE_LIMIT
            );
        }
        assert_eq!(ruled(|facts| facts.end = Some(End::Signal(24))), Status::CPU_LIMIT);
        assert_eq!(ruled(|facts| facts.end = Some(End::Signal(25))), Status::DISK_LIMIT);
    }

    #[test]
    fn a_refused_fork_counts_for_who_failed_or_hung() {
        let refused = |end, reason| {
            ruled(|facts| (facts.refused_fork, facts.end, facts.reason) = (true, end, reason))
        };
        assert_eq!(refused(Some(End::Exit(0)), None), Status::OK);
        assert_eq!(refused(Some(End::Exit(1)), None), Status::PROCESS_LIMIT);
        assert_eq!(refused(None, Some(Status::WALL_LIMIT)), Status::PROCESS_LIMIT);
        assert_eq!(refused(None, Some(Status::MEMORY_LIMIT)), Status::MEMORY_LIMIT);
    }

    #[test]
    fn the_end_is_told_only_where_it_is_the_programs_own() {
        let facts = quiet();
        assert_eq!(natural_end(&facts, Status::OK), Some(End::Exit(0)));
        assert_eq!(natural_end(&facts, Status::CPU_LIMIT), None);
        assert_eq!(natural_end(&Facts { end: None, ..facts }, Status::RUNTIME_ERROR), None);
    }

    #[test]
    fn the_last_tenth_is_close() {
        assert!(!is_close(&quiet()));
        assert!(is_close(&Facts { cpu_s: 4.6, ..quiet() }));
        assert!(is_close(&Facts { wall_s: 9.1, ..quiet() }));
        assert!(is_close(&Facts { peak: 240 * MIB, ..quiet() }));
        assert!(!is_close(&Facts { cpu_s: 4.4, wall_s: 8.9, peak: 200 * MIB, ..quiet() }));
    }
}
