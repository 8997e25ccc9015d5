//! What a job may use, and what the kernel holds for all that belongs to it.

use crate::constants::{OPERATOR_LIMITS, SHARED_MEMORY_MB, SUPERVISOR_MB};
use crate::fault::Outcome;
use crate::wire::Fields;

/// Bytes of a mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// What one job may use: `Limits` of `sandboxes/protocol.py`, with the same names and units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub cpu_s: f64,
    pub wall_s: f64,
    pub memory_mb: u64,
    pub processes: u64,
    pub output_kb: u64,
    pub disk_mb: u64,
    pub files: u64,
}

impl Limits {
    /// Read what the host sent, refusing what is above the operator's limits.
    pub fn read(mut fields: Fields) -> Outcome<Self> {
        let most = OPERATOR_LIMITS;
        let limits = Self {
            cpu_s: fields.positive("cpu_s", most.cpu_s)?,
            wall_s: fields.positive("wall_s", most.wall_s)?,
            memory_mb: fields.integer("memory_mb", 1, most.memory_mb)?,
            processes: fields.integer("processes", 1, most.processes)?,
            output_kb: fields.integer("output_kb", 1, most.output_kb)?,
            disk_mb: fields.integer("disk_mb", 1, most.disk_mb)?,
            files: fields.integer("files", 1, most.files)?,
        };
        fields.done()?;
        Ok(limits)
    }

    /// Bytes that each of stdout and stderr may have.
    pub fn output(&self) -> usize {
        (self.output_kb * 1024) as usize
    }
}

/// What is held for a room while a job runs in it: bytes, files in memory included, and tasks, the
/// supervisor included. `Resources` of `sandboxes/resources.py` says the same for a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    pub memory: u64,
    pub pids: u64,
}

impl Resources {
    /// Room for the job, its files and its program (all in memory), and the supervisor.
    pub fn for_job(limits: &Limits, program_kb: u64) -> Self {
        let files_mb = limits.disk_mb + program_kb / 1024;
        let memory_mb = limits.memory_mb + files_mb + SHARED_MEMORY_MB + SUPERVISOR_MB;
        Self { memory: memory_mb * MIB, pids: limits.processes + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Resources};
    use crate::constants::{DEFAULT_LIMITS, OPERATOR_LIMITS, RESOURCES_EXAMPLES};
    use crate::fault::Outcome;
    use crate::json;
    use crate::wire::Fields;

    const USUAL: [(&str, &str); 7] = [
        ("cpu_s", "5"),
        ("wall_s", "10.5"),
        ("memory_mb", "256"),
        ("processes", "64"),
        ("output_kb", "1024"),
        ("disk_mb", "64"),
        ("files", "1024"),
    ];

    fn read(text: &str) -> Outcome<Limits> {
        Limits::read(Fields::of(json::parse(text.as_bytes()).expect("JSON"))?)
    }

    fn with(name: &str, value: &str) -> String {
        let fields = USUAL.map(|(known, usual)| {
            format!("\"{known}\":{}", if known == name { value } else { usual })
        });
        format!("{{{}}}", fields.join(","))
    }

    #[test]
    fn limits_are_read_by_name() {
        let found = read(&with("", "")).expect("sound");
        assert_eq!(found, Limits { wall_s: 10.5, ..DEFAULT_LIMITS });
    }

    #[test]
    fn what_is_not_above_nothing_and_within_the_operators_limits_is_refused() {
        for (name, _) in USUAL {
            for value in ["0", "-1", "1e18", "\"1\"", "null", "true", "[]"] {
                assert!(read(&with(name, value)).is_err(), "{name} {value}");
            }
        }
        assert!(read(&with("files", &format!("{}", OPERATOR_LIMITS.files))).is_ok());
        assert!(read(&with("files", &format!("{}", OPERATOR_LIMITS.files + 1))).is_err());
        assert!(read(&with("memory_mb", "1.0")).is_err());
        assert!(read("{}").is_err());
        assert!(read(&with("files", "1,\"more\":1")).is_err());
    }

    #[test]
    fn resources_are_those_of_the_host() {
        for (limits, program_kb, memory, pids) in RESOURCES_EXAMPLES {
            let wanted = Resources { memory: *memory, pids: *pids };
            assert_eq!(Resources::for_job(limits, *program_kb), wanted);
        }
    }
}
