//! One submission's room: fresh namespaces around a supervisor that is pid 1 in them.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use crate::counters::{Counters, Group};
use crate::fault::{AtPath, Fault, Outcome};
use crate::host::Host;
use crate::lane::furniture::furnish;
use crate::lane::groups::{Hold, RoomGroup, write};
use crate::orders::Supervisor;
use crate::sys::{self, Waited};

/// Its control group namespace comes later, when it has entered its group.
const NAMESPACES: i32 = sys::CLONE_NEWUSER
    | sys::CLONE_NEWNS
    | sys::CLONE_NEWPID
    | sys::CLONE_NEWIPC
    | sys::CLONE_NEWNET
    | sys::CLONE_NEWUTS;
/// Where a room's uids begin, as the room counts.
const FIRST_USER: u32 = 200_000;
/// More than the jobs of a session can be.
const USERS: u32 = 1_100_000;
/// Where they begin for the kernel: above those of people and services, below the sign.
const KERNEL_LOW: u32 = 300_000_000;
const KERNEL_HIGH: u32 = 2_000_000_000;
const ROOT: u32 = 0;
const GO: u8 = b'g';

/// A room as the keeper sees it: a process, its group, and two pipes.
pub struct Room {
    group: RoomGroup,
    pid: i32,
    /// What the host says goes in here; never waits.
    pub input: File,
    /// Its supervisor speaks here once it is ready.
    pub output: File,
}

impl Room {
    /// Make it.
    pub fn new(top: &Group, serial: u64) -> Outcome<Self> {
        let group = RoomGroup::new(top, serial)?;
        let (theirs_in, input) = io::pipe()?;
        let (output, theirs_out) = io::pipe()?;
        let (wait, mut go) = io::pipe()?;
        let pid = match sys::clone_into(NAMESPACES) {
            Err(error) => {
                group.remove()?;
                return Err(Fault::during("clone", &error));
            }
            Ok(pid) => pid,
        };
        if pid == 0 {
            drop((input, output, go));
            First { group, host_in: theirs_in, host_out: theirs_out, wait }.live();
        }
        let input = OwnedFd::from(input);
        sys::set_nonblocking(input.as_fd())?;
        let room = Self { group, pid, input: input.into(), output: OwnedFd::from(output).into() };
        match map_users(pid).and_then(|()| Ok(go.write_all(&[GO])?)) {
            Ok(()) => Ok(room),
            Err(fault) => room.end().and(Err(fault)),
        }
    }

    /// Kill everything in the room and delete its group.
    pub fn end(self) -> Outcome<()> {
        // Pid 1 of its namespace: nothing survives it.
        sys::send_signal(self.pid, sys::SIGKILL)?;
        match sys::wait(self.pid, true)? {
            Waited::Child(_) => self.group.remove(),
            Waited::NotYet | Waited::NoChildren => Err(Fault::System("a room is no child".into())),
        }
    }
}

/// Give the room users that no other has: its root is nobody outside.
fn map_users(first: i32) -> Outcome<()> {
    let mut random = [0; 4];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .at("random")?;
    let base = KERNEL_LOW + u32::from_be_bytes(random) % (KERNEL_HIGH - KERNEL_LOW);
    let text = format!("0 {base} 1\n{FIRST_USER} {} {USERS}\n", base + 1);
    write(&format!("/proc/{first}/uid_map"), &text)?;
    write(&format!("/proc/{first}/gid_map"), &text)
}

/// Pid 1 of a new room, from its first moment. What fails here ends it, and the lane tells.
struct First {
    group: RoomGroup,
    host_in: PipeReader,
    host_out: PipeWriter,
    wait: PipeReader,
}

impl First {
    fn live(self) -> ! {
        let code = match self.settle() {
            Ok(mut supervisor) => crate::exit_code("supervisor", supervisor.serve()),
            Err(fault) => crate::exit_code("room", Err(fault)),
        };
        sys::exit_now(code)
    }

    fn settle(mut self) -> Outcome<Supervisor> {
        // The host's streams are the keeper's alone, and so is whatever else it had open.
        sys::put_at(self.host_in.as_fd(), 0)?;
        sys::put_at(self.host_out.as_fd(), 1)?;
        sys::close_all_but(&[self.host_in.as_fd(), self.host_out.as_fd(), self.wait.as_fd()])?;
        // Still the container's user 0, whose groups these are; soon nobody of the host's.
        self.group.enter()?;
        let counters = Counters::open(&self.group.group)?;
        let hold = Hold::open(&self.group.group)?;
        sys::leave_namespaces(sys::CLONE_NEWCGROUP)
            .map_err(|error| Fault::during("unshare", &error))?;
        let mut word = [0];
        self.wait.read_exact(&mut word)?;
        drop(self.wait);
        sys::become_user(ROOT)?;
        furnish()?;
        let ends = [OwnedFd::from(self.host_in), OwnedFd::from(self.host_out)];
        let [host_in, host_out] = ends.map(File::from);
        Supervisor::new(Host::new(host_in, host_out), counters, Some((hold, FIRST_USER)))
    }
}
