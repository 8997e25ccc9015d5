//! What the container's own control group counts, read from inside, on cgroup v1 and v2.
//!
//! The mount is read-only and the numbers are the kernel's: nothing that a job does can forge them,
//! and no process escapes them by forking, renaming itself or leaving its session.

use std::cell::RefCell;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::fault::{AtPath, Fault, Outcome};
use crate::sys;

/// Where engines mount control groups.
pub const ROOT: &str = "/sys/fs/cgroup";
/// More than the longest of these files.
const READ_SIZE: usize = 16384;

/// Folders of one control group, by controller; version 2 has one for all.
#[derive(Clone)]
pub struct Group {
    pub unified: bool,
    pub cpu: String,
    pub memory: String,
    pub pids: String,
}

impl Group {
    /// Return the group at the top of a mount, as the engine makes it: the container's own.
    pub fn at(root: &str) -> Self {
        let unified = Path::new(&format!("{root}/cgroup.controllers")).exists();
        let folder = |name: &str| match unified {
            true => root.to_owned(),
            false => format!("{root}/{name}"),
        };
        Self { unified, cpu: folder("cpuacct"), memory: folder("memory"), pids: folder("pids") }
    }

    /// Return the group of this name below.
    pub fn below(&self, name: &str) -> Self {
        Self {
            unified: self.unified,
            cpu: format!("{}/{name}", self.cpu),
            memory: format!("{}/{name}", self.memory),
            pids: format!("{}/{name}", self.pids),
        }
    }

    /// Return each folder once.
    pub fn folders(&self) -> Vec<&str> {
        let mut folders = vec![self.cpu.as_str(), &self.memory, &self.pids];
        folders.dedup();
        folders
    }
}

/// A tmpfs: how much of it is in use, counted by the kernel.
pub struct Area {
    fd: File,
}

/// Bytes and files in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    pub bytes: u64,
    pub files: u64,
}

impl Area {
    /// Look at the file system of this folder, for as long as the value lives.
    pub fn open(path: &str) -> Outcome<Self> {
        let mut options = File::options();
        options.read(true).custom_flags(sys::O_DIRECTORY);
        Ok(Self { fd: options.open(path).at(path)? })
    }

    /// Bytes and files in use, those of deleted files still held open included.
    pub fn used(&self) -> Outcome<Used> {
        let (bytes, files) = sys::used_space(self.fd.as_fd())?;
        Ok(Used { bytes, files })
    }
}

/// One reading of the counters that only grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub cpu_s: f64,
    pub oom_kills: u64,
    pub refused_forks: u64,
}

/// Open files of the group, read again and again without a path look-up.
pub struct Counters {
    unified: bool,
    cpu: File,
    memory: File,
    stat: File,
    oom: File,
    forks: File,
    pids: File,
    text: RefCell<Vec<u8>>,
}

impl Counters {
    /// Open the files; a group without one of them cannot be measured, and holds no job.
    pub fn open(group: &Group) -> Outcome<Self> {
        let read = |folder: &str, v1: &str, v2: &str| {
            let path = format!("{folder}/{}", if group.unified { v2 } else { v1 });
            File::open(&path).at(&path)
        };
        Ok(Self {
            unified: group.unified,
            cpu: read(&group.cpu, "cpuacct.usage", "cpu.stat")?,
            memory: read(&group.memory, "memory.usage_in_bytes", "memory.current")?,
            stat: read(&group.memory, "memory.stat", "memory.stat")?,
            oom: read(&group.memory, "memory.oom_control", "memory.events")?,
            forks: read(&group.pids, "pids.events", "pids.events")?,
            pids: read(&group.pids, "pids.current", "pids.current")?,
            text: RefCell::new(vec![0; READ_SIZE]),
        })
    }

    /// Read processor time, kills for want of memory, and forks refused at the limit.
    pub fn sample(&self) -> Outcome<Sample> {
        Ok(Sample {
            cpu_s: self.cpu_s()?,
            oom_kills: self.oom_kills()?,
            refused_forks: self.refused_forks()?,
        })
    }

    /// Processor seconds of every process there ever was in the group.
    pub fn cpu_s(&self) -> Outcome<f64> {
        if self.unified {
            Ok(self.value(&self.cpu, b"usage_usec")? as f64 / 1e6)
        } else {
            Ok(self.number(&self.cpu)? as f64 / 1e9)
        }
    }

    /// How many processes the kernel killed because of the memory limit.
    pub fn oom_kills(&self) -> Outcome<u64> {
        self.value(&self.oom, b"oom_kill")
    }

    /// How often a fork was refused because of the process limit.
    pub fn refused_forks(&self) -> Outcome<u64> {
        self.value(&self.forks, b"max")
    }

    /// Processes and threads alive in the group, the supervisor included.
    pub fn processes(&self) -> Outcome<u64> {
        self.number(&self.pids)
    }

    /// Bytes charged to the group, page cache included: cheap, and never too low.
    pub fn charged(&self) -> Outcome<u64> {
        self.number(&self.memory)
    }

    /// Bytes of anonymous and shared memory, tmpfs files included, page cache not.
    pub fn resident(&self) -> Outcome<u64> {
        let names = [self.anonymous(), b"shmem"];
        self.read(&self.stat, |text| Some(value_in(text, names[0])? + value_in(text, names[1])?))
    }

    /// Bytes that the kernel itself holds for the group: what the dead have left goes with a delay.
    pub fn kernels_own(&self) -> Outcome<u64> {
        // Shared memory is among the files.
        let files: &[u8] = if self.unified { b"file" } else { b"cache" };
        let names = [self.anonymous(), files];
        let users = |text: &[u8]| Some(value_in(text, names[0])? + value_in(text, names[1])?);
        let used = self.read(&self.stat, users)?;
        Ok(self.charged()?.saturating_sub(used))
    }

    fn anonymous(&self) -> &'static [u8] {
        if self.unified { b"anon" } else { b"rss" }
    }

    fn number(&self, file: &File) -> Outcome<u64> {
        self.read(file, |text| digits(text.trim_ascii_end()))
    }

    fn value(&self, file: &File, name: &[u8]) -> Outcome<u64> {
        self.read(file, |text| value_in(text, name))
    }

    fn read(&self, file: &File, find: impl Fn(&[u8]) -> Option<u64>) -> Outcome<u64> {
        let mut text = self.text.borrow_mut();
        let size = file.read_at(&mut text, 0)?;
        find(&text[..size])
            .ok_or_else(|| Fault::System("the control group does not count what it should".into()))
    }
}

fn value_in(text: &[u8], name: &[u8]) -> Option<u64> {
    let lines = text.split(|byte| *byte == b'\n');
    let mut found = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(b" "));
    found.next().and_then(digits)
}

fn digits(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Counters, Group, Sample};
    use crate::scratch::Folder;

    const V1: [(&str, &str); 6] = [
        ("cpuacct/cpuacct.usage", "2500000000\n"),
        ("memory/memory.usage_in_bytes", "1000\n"),
        ("memory/memory.stat", "cache 50\nrss 70\nrss_huge 5\nshmem 30\ntotal_rss 400\n"),
        ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
        ("pids/pids.events", "max 7\n"),
        ("pids/pids.current", "5\n"),
    ];
    const V2: [(&str, &str); 7] = [
        ("cgroup.controllers", "cpu memory pids\n"),
        ("cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
        ("memory.current", "1000\n"),
        ("memory.stat", "anon 70\nfile 50\nshmem 30\nanon_thp 5\n"),
        ("memory.events", "low 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 8\n"),
        ("pids.events", "max 7\n"),
        ("pids.current", "5\n"),
    ];

    fn group_of(files: &[(&str, &str)], folder: &Folder) -> Group {
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        Group::at(folder.path())
    }

    #[test]
    fn both_control_group_versions_are_read_alike() {
        for (files, unified) in [(&V1[..], false), (&V2[..], true)] {
            let folder = Folder::new();
            let group = group_of(files, &folder);
            let counters = Counters::open(&group).expect("all files are there");
            assert_eq!(group.unified, unified);
            assert_eq!(group.folders().len(), if unified { 1 } else { 3 });
            let wanted = Sample { cpu_s: 2.5, oom_kills: 3, refused_forks: 7 };
            assert_eq!(counters.sample().expect("sound"), wanted);
            assert_eq!(counters.charged().expect("sound"), 1000);
            assert_eq!(counters.resident().expect("sound"), 100);
            assert_eq!(counters.kernels_own().expect("sound"), 880);
            assert_eq!(counters.processes().expect("sound"), 5);
        }
    }

    #[test]
    fn a_container_without_counters_is_no_sandbox() {
        for files in [&V1[..], &V2[..]] {
            for left_out in 1..files.len() {
                let folder = Folder::new();
                let mut there = files.to_vec();
                there.remove(left_out);
                let error = Counters::open(&group_of(&there, &folder)).err().expect("missing");
                assert!(error.to_string().contains("No such file"), "{error}");
            }
        }
    }

    #[test]
    fn a_file_that_does_not_count_is_an_error_and_never_nothing() {
        let folder = Folder::new();
        let group = group_of(&V2, &folder);
        folder.write("memory.events", b"low 0\noom 4\n");
        folder.write("pids.current", b"");
        let counters = Counters::open(&group).expect("all files are there");
        assert!(counters.oom_kills().is_err());
        assert!(counters.processes().is_err());
    }
}
