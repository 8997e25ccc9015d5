//! Pid 1 of the fast lane's container: one room at a time, each for one submission.
//!
//! It moves bytes between the host and the room's supervisor, in frames that only it can write: a
//! room that was taken over can speak for itself, never for the keeper or for the next room.

use std::fs::{self, File};
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;

use crate::constants::{FRAME_DATA, FRAME_ROOM, MAX_DATA};
use crate::counters::Group;
use crate::fault::{AtPath, Fault, Outcome, complain};
use crate::lane::frames::{Frame, Frames, HEADER, head};
use crate::lane::furniture::keep_mounts_private;
use crate::lane::groups::{mount_groups, write};
use crate::lane::room::Room;
use crate::sys::{self, Poll, Waited};

/// What may wait for a room that does not read, before the host has to wait.
const BACKLOG: usize = 4 * 1024 * 1024;
const USERS_FILES: [&str; 2] = ["uid_map", "gid_map"];
const LEFT: u8 = b'u';
const FAILED: i32 = 1;

/// Makes rooms and passes on what is said.
struct Keeper {
    top: Group,
    serial: u64,
    host_in: File,
    host_out: File,
    frames: Frames,
    /// For the room, from `given` on.
    waiting: Vec<u8>,
    given: usize,
    /// The host has not been told yet that this room stands.
    new: bool,
    buffer: Vec<u8>,
}

/// Keep rooms until the host is gone.
pub fn keep() -> Outcome<()> {
    leave_the_container()?;
    let keeper = Keeper {
        top: mount_groups()?,
        serial: 0,
        host_in: io::stdin().as_fd().try_clone_to_owned()?.into(),
        host_out: io::stdout().as_fd().try_clone_to_owned()?.into(),
        frames: Frames::default(),
        waiting: Vec::new(),
        given: 0,
        new: true,
        buffer: vec![0; 2 * HEADER + MAX_DATA],
    };
    keeper.serve()
}

impl Keeper {
    fn serve(mut self) -> Outcome<()> {
        let mut room = self.new_room()?;
        loop {
            let [from_room, to_room, from_host] = self.look(&room)?;
            if from_room {
                self.pass_on(&mut room)?;
            }
            if to_room {
                self.give(&mut room)?;
            }
            if from_host {
                room = self.hear(room)?;
            }
        }
    }

    fn new_room(&mut self) -> Outcome<Room> {
        self.serial += 1;
        self.new = true;
        Room::new(&self.top, self.serial)
    }

    fn look(&self, room: &Room) -> Outcome<[bool; 3]> {
        let left = self.waiting.len() - self.given;
        let mut polls = [
            Poll::new(Some(room.output.as_fd()), sys::POLLIN),
            Poll::new((left > 0).then(|| room.input.as_fd()), sys::POLLOUT),
            Poll::new((left < BACKLOG).then(|| self.host_in.as_fd()), sys::POLLIN),
        ];
        sys::wait_ready(&mut polls, -1)?;
        Ok(polls.each_ref().map(Poll::is_ready))
    }

    /// Take what the room says to the host; with its first word, tell that it stands.
    fn pass_on(&mut self, room: &mut Room) -> Outcome<()> {
        let (heads, data) = self.buffer.split_at_mut(2 * HEADER);
        let size = room.output.read(&mut data[..MAX_DATA])?;
        if size == 0 {
            // Its supervisor has said why on our common standard error.
            return Err(Fault::System("the room's supervisor ended by itself".into()));
        }
        heads[..HEADER].copy_from_slice(&head(FRAME_ROOM, 0));
        heads[HEADER..].copy_from_slice(&head(FRAME_DATA, size));
        let from = if self.new { 0 } else { HEADER };
        self.new = false;
        Ok(self.host_out.write_all(&self.buffer[from..2 * HEADER + size])?)
    }

    fn give(&mut self, room: &mut Room) -> Outcome<()> {
        let end = self.waiting.len().min(self.given + MAX_DATA);
        match room.input.write(&self.waiting[self.given..end]) {
            Ok(size) => self.given += size,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            // Its output ends too, and tells.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.given = self.waiting.len();
            }
            Err(error) => return Err(error.into()),
        }
        if self.given == self.waiting.len() {
            self.forget();
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.waiting.shrink_to(MAX_DATA);
        self.given = 0;
    }

    /// Hear the host, and return the room that stands then.
    fn hear(&mut self, mut room: Room) -> Outcome<Room> {
        let size = self.host_in.read(&mut self.buffer)?;
        if size == 0 {
            return Err(Fault::HostGone);
        }
        self.frames.feed(&self.buffer[..size]);
        while let Some(frame) = self.frames.next()? {
            match frame {
                Frame::Data(payload) => self.waiting.extend_from_slice(payload),
                Frame::End => {
                    self.forget();
                    room.end()?;
                    room = self.new_room()?;
                }
            }
        }
        Ok(room)
    }
}

/// Enter a user namespace that knows the container's users, to own mounts and groups in it.
///
/// Another process has to write its maps: who has just left has no rights where it came from.
fn leave_the_container() -> Outcome<()> {
    let (told, mut tell) = io::pipe()?;
    let writer = sys::fork_here()?;
    if writer == 0 {
        drop(tell);
        write_maps(told);
    }
    sys::leave_namespaces(sys::CLONE_NEWUSER | sys::CLONE_NEWNS | sys::CLONE_NEWCGROUP)
        .map_err(|error| Fault::during("unshare", &error))?;
    tell.write_all(&[LEFT])?;
    match sys::wait(writer, true)? {
        Waited::Child(ended) if ended.status == 0 => keep_mounts_private(),
        _ => Err(Fault::System("the maps of users cannot be written".into())),
    }
}

fn write_maps(mut told: PipeReader) -> ! {
    if told.read_exact(&mut [0]).is_err() {
        sys::exit_now(FAILED); // who was to leave has ended, and said why
    }
    let result = USERS_FILES.iter().try_for_each(|name| {
        let own = format!("/proc/self/{name}");
        let known = fs::read_to_string(&own).at(&own)?;
        write(&format!("/proc/1/{name}"), &same_users(&known))
    });
    if let Err(fault) = result {
        complain(&format!("keeper: {fault}"));
        sys::exit_now(FAILED);
    }
    sys::exit_now(0)
}

/// Map each user to itself, from lines of inside, outside and count.
fn same_users(known: &str) -> String {
    let lines = known.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .filter_map(|words| match words.as_slice() {
            [inside, _, count] => Some(format!("{inside} {inside} {count}\n")),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::same_users;

    #[test]
    fn users_keep_their_numbers() {
        assert_eq!(same_users("         0          0 4294967295\n"), "0 0 4294967295\n");
        assert_eq!(same_users("0 1000 1\n1 100000 65536\n"), "0 0 1\n1 1 65536\n");
    }
}
