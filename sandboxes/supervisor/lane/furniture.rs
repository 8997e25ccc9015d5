//! What a job sees in a room: mounts, devices and settings as in a container of the strong lane.

use std::fs::{self, Metadata};
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

use crate::constants::{
    OPERATOR_LIMITS, PROGRAM_DIR, SHARED_MEMORY_MB, SLACK_FILES, SLACK_MB, WORK_DIR,
};
use crate::fault::{AtPath, Fault, Outcome};
use crate::lane::groups::write;
use crate::sys::{self, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC};

/// Flags of a mount that holds no program, no device and no right.
pub const CLOSED: u64 = MS_NOSUID | MS_NODEV | MS_NOEXEC;
const SHARED_FILES: u64 = 1024;
const READ_BY_ALL: u32 = 0o004;
/// The engine's own list for containers: here /proc is the room's own.
const MASKED: [&str; 9] = [
    "acpi",
    "kcore",
    "keys",
    "latency_stats",
    "timer_list",
    "sched_debug",
    "scsi",
    "interrupts",
    "asound",
];
/// System V IPC and message queues would outlive a job; nothing that we judge needs them.
const NO_IPC: [(&str, &str); 4] = [
    ("kernel/shmmni", "0"),
    ("kernel/msgmni", "0"),
    ("kernel/sem", "0 0 0 0"),
    ("fs/mqueue/queues_max", "0"),
];
const LAST_CAPABILITY: &str = "/proc/sys/kernel/cap_last_cap";
const CAP_CHOWN: u32 = 0;
const CAP_KILL: u32 = 5;
const CAP_SETGID: u32 = 6;
const CAP_SETUID: u32 = 7;
const KEPT: [u32; 4] = [CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID];
/// Read-only and empty.
const NOTHING: &str = "/sys";

/// Mount a file system, or change a mount; the error names the place.
pub fn mount(source: &str, target: &str, kind: &str, flags: u64, data: &str) -> Outcome<()> {
    let result = sys::mount_at(source, target, kind, flags, data);
    result.map_err(|error| Fault::during(&format!("mount {target}"), &error))
}

/// Keep what is mounted here from being seen where these mounts were copied from.
pub fn keep_mounts_private() -> Outcome<()> {
    mount("", "/", "", MS_REC | MS_PRIVATE, "")
}

/// Lay out a room from inside its namespaces, and keep no more rights than its supervisor needs.
pub fn furnish() -> Outcome<()> {
    keep_mounts_private()?;
    mount("proc", "/proc", "proc", CLOSED, "")?;
    for (name, value) in NO_IPC {
        write(&format!("/proc/sys/{name}"), value)?;
    }
    loopback_up()?;
    mount("tmpfs", NOTHING, "tmpfs", CLOSED | MS_RDONLY, "size=4k,mode=0555")?;
    close_proc()?;
    for path in ["/dev/pts", "/dev/mqueue"] {
        hide(path)?;
    }
    let shared = format!("size={SHARED_MEMORY_MB}m,nr_inodes={SHARED_FILES},mode=1777");
    mount("shm", "/dev/shm", "tmpfs", CLOSED, &shared)?;
    let size_mb = OPERATOR_LIMITS.disk_mb + SLACK_MB;
    let files = OPERATOR_LIMITS.files + SLACK_FILES;
    let folder = format!("size={size_mb}m,nr_inodes={files},mode=0755,uid=0,gid=0");
    for path in [WORK_DIR, PROGRAM_DIR] {
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, &folder)?;
    }
    drop_capabilities()
}

/// Put nothing over a folder: a copy of a mount costs less than a file system of its own.
fn hide(path: &str) -> Outcome<()> {
    mount(NOTHING, path, "", MS_BIND, "")
}

/// Hide what every user could read. What is written there needs users that no room has.
fn close_proc() -> Outcome<()> {
    for name in MASKED {
        let path = format!("/proc/{name}");
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::during(&path, &error)),
            Ok(state) if state.is_dir() => hide(&path)?,
            Ok(state) if is_read_by_all(&state) => mount("/dev/null", &path, "", MS_BIND, "")?,
            Ok(_) => {}
        }
    }
    Ok(())
}

fn is_read_by_all(state: &Metadata) -> bool {
    state.permissions().mode() & READ_BY_ALL != 0
}

/// Bring up the loopback device: jobs may talk to themselves.
fn loopback_up() -> Outcome<()> {
    let socket = UdpSocket::bind(("0.0.0.0", 0))?;
    sys::loopback_up(socket.as_fd()).map_err(|error| Fault::during("loopback", &error))
}

/// Drop every capability but the supervisor's four, for good: from the bounding set too.
fn drop_capabilities() -> Outcome<()> {
    let text = fs::read_to_string(LAST_CAPABILITY).at(LAST_CAPABILITY)?;
    let last: u32 = text.trim().parse().map_err(|_| Fault::System(LAST_CAPABILITY.into()))?;
    sys::set_attribute(sys::PR_CAP_AMBIENT, sys::PR_CAP_AMBIENT_CLEAR_ALL)?;
    for capability in (0..=last).filter(|capability| !KEPT.contains(capability)) {
        sys::set_attribute(sys::PR_CAPBSET_DROP, capability.into())?;
    }
    Ok(sys::set_capabilities(&KEPT)?)
}
