//! A job's three pipes: what it is given, what it says, and where its output is cut.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use crate::fault::Outcome;

const CHUNK: usize = 65536;

/// What a job is still to read.
pub struct Input {
    pipe: Option<File>,
    data: Vec<u8>,
    given: usize,
    /// More may come, so the pipe stays open.
    lasting: bool,
}

impl Input {
    /// Give the data, and close the pipe after it unless more may come.
    pub fn new(pipe: File, data: Vec<u8>, lasting: bool) -> Self {
        let pipe = (lasting || !data.is_empty()).then_some(pipe);
        Self { pipe, data, given: 0, lasting }
    }

    /// Return the pipe if there is something to write to it.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().filter(|_| self.given < self.data.len()).map(AsFd::as_fd)
    }

    /// Give more, after what is still waiting.
    pub fn add(&mut self, data: &[u8]) {
        self.data.drain(..self.given);
        self.given = 0;
        self.data.extend_from_slice(data);
    }

    /// Write what the pipe takes now; close it when there is no more to come.
    pub fn feed(&mut self) -> Outcome<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let end = self.data.len().min(self.given + CHUNK);
        match pipe.write(&self.data[self.given..end]) {
            Ok(size) => self.given += size,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Nobody will ever read the rest.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.given = self.data.len(),
            Err(error) => return Err(error.into()),
        }
        if self.given == self.data.len() {
            (self.data, self.given) = (Vec::new(), 0);
            if !self.lasting {
                self.pipe = None;
            }
        }
        Ok(())
    }
}

/// One of a job's output streams, cut at its cap.
pub struct Output {
    pub name: &'static str,
    pub data: Vec<u8>,
    pub truncated: bool,
    pipe: Option<File>,
    cap: usize,
}

/// What one look at a pipe found: bytes, nothing yet, or that there is nothing to come.
enum Taken {
    Some(usize),
    NotYet,
    End,
}

impl Output {
    /// Keep up to `cap` bytes.
    pub fn new(name: &'static str, pipe: File, cap: usize) -> Self {
        Self { name, data: Vec::new(), truncated: false, pipe: Some(pipe), cap }
    }

    /// Return the pipe until its end has been seen.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Read once; return how many of the bytes that are kept now are new.
    pub fn take(&mut self) -> Outcome<usize> {
        Ok(match self.read()? {
            Taken::Some(size) => size,
            Taken::NotYet | Taken::End => 0,
        })
    }

    /// Read what is left; return how many bytes are new. Use when every writer is dead: then an
    /// empty pipe stays empty, even if somebody's end of it is still on its way in a socket.
    pub fn drain(&mut self) -> Outcome<usize> {
        let mut total = 0;
        while let Taken::Some(size) = self.read()? {
            total += size;
        }
        self.pipe = None;
        Ok(total)
    }

    fn read(&mut self) -> Outcome<Taken> {
        let Some(pipe) = &mut self.pipe else { return Ok(Taken::End) };
        let before = self.data.len();
        self.data.resize(before + CHUNK, 0);
        let result = pipe.read(&mut self.data[before..]);
        let size = *result.as_ref().unwrap_or(&0);
        self.data.truncate(before + size);
        match result {
            Ok(0) => {
                self.pipe = None;
                return Ok(Taken::End);
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Taken::NotYet),
            Err(error) => return Err(error.into()),
        }
        if self.data.len() > self.cap {
            self.data.truncate(self.cap);
            self.truncated = true;
        }
        Ok(Taken::Some(self.data.len() - before))
    }
}

/// The lines of a job that talks, told to the host one at a time.
#[derive(Default)]
pub struct Lines {
    whole: VecDeque<Vec<u8>>,
    begun: Vec<u8>,
    /// The host has been told a line and has not answered yet.
    pub asked: bool,
}

impl Lines {
    /// Cut what the job has said into lines.
    pub fn hear(&mut self, data: &[u8]) {
        for part in data.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.whole.push_back(std::mem::take(&mut self.begun));
            }
        }
    }

    /// Count what was begun as a line: the job has ended.
    pub fn finish(&mut self) {
        if !self.begun.is_empty() {
            self.whole.push_back(std::mem::take(&mut self.begun));
        }
    }

    /// Return the line to tell now; none while the host owes an answer.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        if self.asked {
            return None;
        }
        let line = self.whole.pop_front();
        self.asked = line.is_some();
        line
    }

    /// Say whether lines are waiting to be told.
    pub fn waiting(&self) -> bool {
        !self.whole.is_empty()
    }

    /// Tell nothing of what is waiting.
    pub fn forget(&mut self) {
        self.whole.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, OwnedFd};

    use super::{Input, Lines, Output};
    use crate::sys;

    fn pipe() -> (File, File) {
        let (read, write) = io::pipe().expect("a pipe");
        let ends = [OwnedFd::from(read), OwnedFd::from(write)];
        let [read, write] = ends.map(|fd| {
            sys::set_nonblocking(fd.as_fd()).expect("ours");
            File::from(fd)
        });
        (read, write)
    }

    #[test]
    fn output_is_cut_at_its_cap_and_says_so() {
        for (sent, cap, kept, truncated) in
            [(0, 5, 0, false), (5, 5, 5, false), (6, 5, 5, true), (60_000, 5, 5, true)]
        {
            let (read, mut write) = pipe();
            let mut output = Output::new("stdout", read, cap);
            assert_eq!(output.take().expect("nothing yet"), 0);
            write.write_all(&vec![b'x'; sent]).expect("fits");
            assert_eq!(output.take().expect("there"), kept);
            assert_eq!((output.data.len(), output.truncated), (kept, truncated));
        }
    }

    #[test]
    fn the_end_of_an_output_is_seen_once() {
        let (read, write) = pipe();
        let mut output = Output::new("stderr", read, 5);
        drop(write);
        assert!(output.pipe().is_some());
        assert_eq!(output.take().expect("its end"), 0);
        assert!(output.pipe().is_none());
        assert_eq!(output.take().expect("nothing"), 0);
    }

    #[test]
    fn draining_ends_although_somebody_holds_the_other_end() {
        let (read, mut write) = pipe();
        let mut output = Output::new("stdout", read, 500_000);
        write.write_all(&[b'x'; 65_536]).expect("fits");
        assert_eq!(output.drain().expect("there"), 65_536);
        assert!(output.pipe().is_none());
    }

    #[test]
    fn input_is_given_in_pieces_and_then_closed() {
        let (mut read, write) = pipe();
        let mut input = Input::new(write, vec![b'x'; 100_000], false);
        let mut heard = Vec::new();
        while input.pipe().is_some() {
            input.feed().expect("a reader");
            let mut part = [0; 65_536];
            let size = read.read(&mut part).expect("there");
            heard.extend_from_slice(&part[..size]);
        }
        assert_eq!(read.read_to_end(&mut heard).expect("closed"), 100_000 - heard.len());
        assert_eq!(heard.len(), 100_000);
    }

    #[test]
    fn no_input_is_closed_at_once_unless_more_may_come() {
        let (mut read, write) = pipe();
        let mut input = Input::new(write, vec![], true);
        assert!(input.pipe().is_none());
        assert!(read.read(&mut [0]).is_err(), "open and empty");
        input.add(b"a");
        input.add(b"b");
        assert!(input.pipe().is_some());
        input.feed().expect("a reader");
        let mut part = [0; 9];
        assert_eq!(read.read(&mut part).expect("there"), 2);
        assert!(input.pipe().is_none());
        let (mut read, write) = pipe();
        assert!(Input::new(write, vec![], false).pipe().is_none());
        assert_eq!(read.read(&mut [0]).expect("closed"), 0);
    }

    #[test]
    fn input_that_nobody_reads_is_forgotten() {
        let (read, write) = pipe();
        drop(read);
        let mut input = Input::new(write, vec![1, 2, 3], true);
        input.feed().expect("no fault of ours");
        assert!(input.pipe().is_none());
    }

    #[test]
    fn lines_are_told_one_at_a_time() {
        let mut lines = Lines::default();
        lines.hear(b"a");
        assert_eq!(lines.next(), None);
        lines.hear(b"b\n\nrest");
        assert_eq!(lines.next(), Some(b"ab\n".to_vec()));
        assert_eq!(lines.next(), None, "until the host has answered");
        lines.asked = false;
        assert_eq!(lines.next(), Some(b"\n".to_vec()));
        lines.asked = false;
        assert_eq!(lines.next(), None);
        lines.finish();
        assert!(lines.waiting());
        assert_eq!(lines.next(), Some(b"rest".to_vec()));
    }
}
