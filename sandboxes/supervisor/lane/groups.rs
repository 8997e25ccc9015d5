//! Control groups of rooms, below the container's own, on cgroup v1 and v2.
//!
//! The keeper mounts the container's part of the hierarchy in namespaces of its own: that takes
//! neither a privilege on the host nor a mount from it (ADR 10).

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::counters::{Group, ROOT};
use crate::fault::{AtPath, Fault, Outcome};
use crate::lane::furniture::{CLOSED, mount};
use crate::limits::Resources;

const CONTROLLERS: [&str; 3] = ["cpuacct", "memory", "pids"];
const EMPTY: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_micros(500);

/// Mount the controllers writable over the engine's read-only ones; return the top group.
///
/// An error where the host refuses; then there is no fast lane.
pub fn mount_groups() -> Outcome<Group> {
    if Path::new(ROOT).join("cgroup.controllers").exists() {
        mount("cgroup2", ROOT, "cgroup2", CLOSED, "")?;
        make_room_for_children()?;
    } else {
        mount("tmpfs", ROOT, "tmpfs", CLOSED, "size=64k,mode=0755")?;
        for name in CONTROLLERS {
            let path = format!("{ROOT}/{name}");
            fs::create_dir(&path).at(&path)?;
            mount("cgroup", &path, "cgroup", CLOSED, name)?;
        }
    }
    Ok(Group::at(ROOT))
}

/// Version 2 gives controllers to children only of a group that holds no process itself.
fn make_room_for_children() -> Outcome<()> {
    let keeper = format!("{ROOT}/keeper");
    fs::create_dir(&keeper).at(&keeper)?;
    write(&format!("{keeper}/cgroup.procs"), "0")?;
    write(&format!("{ROOT}/cgroup.subtree_control"), "+cpu +memory +pids")
}

/// One room's group: made by the keeper, entered by the room, limited through open files.
pub struct RoomGroup {
    pub group: Group,
}

impl RoomGroup {
    /// Make it.
    pub fn new(top: &Group, serial: u64) -> Outcome<Self> {
        let made = Self { group: top.below(&format!("room-{serial}")) };
        for folder in made.group.folders() {
            fs::create_dir(folder).at(folder)?;
        }
        Ok(made)
    }

    /// Move the calling process, which has one thread, into the group.
    pub fn enter(&self) -> Outcome<()> {
        let file = if self.group.unified { "cgroup.procs" } else { "tasks" };
        let mut folders = self.group.folders().into_iter();
        folders.try_for_each(|folder| write(&format!("{folder}/{file}"), "0"))
    }

    /// Delete the group once its last process is gone; an error if it stays.
    pub fn remove(&self) -> Outcome<()> {
        let until = Instant::now() + EMPTY;
        for folder in self.group.folders() {
            loop {
                match fs::remove_dir(folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        if Instant::now() > until {
                            return Err(Fault::during(folder, &error));
                        }
                        sleep(PAUSE);
                    }
                    _ => break,
                }
            }
        }
        Ok(())
    }
}

/// The open files of a group's limits, for a process that may no longer open them.
pub struct Hold {
    unified: bool,
    memory: File,
    /// A kernel may count no swap.
    swap: Option<File>,
    /// Buffers of TCP, loopback's too: the first version counts them where they have a limit.
    tcp: Option<File>,
    pids: File,
    now: Option<Resources>,
}

impl Hold {
    /// Open the files of a group's limits.
    pub fn open(group: &Group) -> Outcome<Self> {
        let Group { unified, memory, pids, .. } = group;
        let names = match unified {
            true => ("memory.max", "memory.swap.max"),
            false => ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
        };
        let tcp = format!("{memory}/memory.kmem.tcp.limit_in_bytes");
        Ok(Self {
            unified: *unified,
            memory: open(&format!("{memory}/{}", names.0))?,
            swap: open_if_there(&format!("{memory}/{}", names.1))?,
            tcp: if *unified { None } else { open_if_there(&tcp)? },
            pids: open(&format!("{pids}/pids.max"))?,
            now: None,
        })
    }

    /// Hold these limits from now on; an error when the kernel refuses them.
    pub fn set(&mut self, wanted: Resources) -> Outcome<()> {
        if self.now == Some(wanted) {
            return Ok(());
        }
        let memory = wanted.memory.to_string();
        // The first version counts memory and swap together, the second swap alone.
        let swap = if self.unified { "0" } else { &memory };
        let mut writes = [(Some(&self.memory), memory.as_str()), (self.swap.as_ref(), swap)];
        if !self.unified && self.now.is_some_and(|now| wanted.memory > now.memory) {
            writes.reverse(); // memory must never be above memory and swap together
        }
        let pids = wanted.pids.to_string();
        let more = [(self.tcp.as_ref(), memory.as_str()), (Some(&self.pids), pids.as_str())];
        for (file, value) in writes.into_iter().chain(more) {
            if let Some(file) = file {
                file.write_at(value.as_bytes(), 0)?;
            }
        }
        self.now = Some(wanted);
        Ok(())
    }
}

fn open(path: &str) -> Outcome<File> {
    File::options().write(true).open(path).at(path)
}

fn open_if_there(path: &str) -> Outcome<Option<File>> {
    match File::options().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.at(path).map(Some),
    }
}

/// Write a whole value into a file of the kernel's.
pub fn write(path: &str, text: &str) -> Outcome<()> {
    open(path)?.write_all(text.as_bytes()).at(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Hold, RoomGroup};
    use crate::counters::Group;
    use crate::limits::Resources;
    use crate::scratch::Folder;

    const V1: [&str; 4] = [
        "memory/memory.limit_in_bytes",
        "memory/memory.memsw.limit_in_bytes",
        "memory/memory.kmem.tcp.limit_in_bytes",
        "pids/pids.max",
    ];
    const V2: [&str; 4] = ["cgroup.controllers", "memory.max", "memory.swap.max", "pids.max"];

    fn held(names: &[&str], wanted: &[Resources]) -> Vec<String> {
        let folder = Folder::new();
        for name in names {
            folder.write(name, b"");
        }
        let mut hold = Hold::open(&Group::at(folder.path())).expect("the files are there");
        for resources in wanted {
            hold.set(*resources).expect("plain files");
        }
        names.iter().map(|name| fs::read_to_string(folder.at(name)).expect("text")).collect()
    }

    #[test]
    fn limits_are_written_where_each_version_reads_them() {
        let small = Resources { memory: 1000, pids: 3 };
        assert_eq!(held(&V1, &[small]), ["1000", "1000", "1000", "3"]);
        assert_eq!(held(&V2, &[small]), ["", "1000", "0", "3"]);
        let large = Resources { memory: 20_000, pids: 40 };
        assert_eq!(held(&V1, &[small, large]), ["20000", "20000", "20000", "40"]);
    }

    #[test]
    fn a_kernel_that_counts_no_swap_and_no_tcp_still_holds_the_rest() {
        let small = Resources { memory: 1000, pids: 3 };
        assert_eq!(held(&[V1[0], V1[3]], &[small]), ["1000", "3"]);
        assert_eq!(held(&[V2[0], V2[1], V2[3]], &[small]), ["", "1000", "3"]);
    }

    #[test]
    fn a_group_without_limits_holds_nobody() {
        for names in [&V1[..3], &V1[1..], &V2[..3]] {
            let folder = Folder::new();
            for name in names {
                folder.write(name, b"");
            }
            assert!(Hold::open(&Group::at(folder.path())).is_err(), "{names:?}");
        }
    }

    #[test]
    fn a_rooms_group_is_made_once_and_goes() {
        for files in [&["cpuacct/x", "memory/x", "pids/x"][..], &["cgroup.controllers"]] {
            let folder = Folder::new();
            for name in files {
                folder.write(name, b"");
            }
            let top = Group::at(folder.path());
            let made = RoomGroup::new(&top, 7).expect("free");
            assert!(made.group.folders().iter().all(|path| path.ends_with("/room-7")));
            assert!(RoomGroup::new(&top, 7).is_err());
            made.remove().expect("empty");
            made.remove().expect("gone already");
            assert!(!fs::exists(&made.group.memory).expect("readable"));
        }
    }
}
