//! The host's end of a supervisor: messages heard and said over two descriptors.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use crate::fault::{Fault, Outcome};
use crate::json::Value;
use crate::wire::{Decoder, Message, head_of};

/// Bytes that are read at once, and that are written together.
const CHUNK: usize = 65536;

/// Streams to and from the host.
pub struct Host {
    input: File,
    output: File,
    decoder: Decoder,
    buffer: Vec<u8>,
    orders: VecDeque<Message>,
    unsaid: Vec<u8>,
}

impl Host {
    /// Speak over these.
    pub fn new(input: File, output: File) -> Self {
        let (decoder, buffer) = (Decoder::new(), vec![0; CHUNK]);
        let (orders, unsaid) = (VecDeque::new(), Vec::new());
        Self { input, output, decoder, buffer, orders, unsaid }
    }

    /// Speak over the standard streams.
    pub fn standard() -> Outcome<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::new(input.into(), output.into()))
    }

    /// Return what is readable when the host has spoken.
    pub fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// Wait for bytes and return the messages that are complete with them.
    pub fn hear(&mut self) -> Outcome<Vec<Message>> {
        let size = self.input.read(&mut self.buffer)?;
        if size == 0 {
            return Err(Fault::HostGone);
        }
        let mut found = Vec::new();
        self.decoder.feed(&self.buffer[..size], &mut found)?;
        Ok(found)
    }

    /// Wait for the next order.
    pub fn next_order(&mut self) -> Outcome<Message> {
        loop {
            if let Some(order) = self.orders.pop_front() {
                return Ok(order);
            }
            let heard = self.hear()?;
            self.orders.extend(heard);
        }
    }

    /// Say that an order has been carried out; if the next one is here already, with its answer.
    pub fn say_done(&mut self, kind: &str, fields: Vec<(&str, Value)>) -> Outcome<()> {
        if self.orders.is_empty() {
            return self.say(kind, fields, &[]);
        }
        self.unsaid.extend(head_of(kind, fields, &[])?);
        Ok(())
    }

    /// Say something; what is small goes out in one piece, since each wakes the engine's relays.
    pub fn say(&mut self, kind: &str, fields: Vec<(&str, Value)>, blobs: &[&[u8]]) -> Outcome<()> {
        let head = head_of(kind, fields, blobs)?;
        let mut together = std::mem::take(&mut self.unsaid);
        together.extend(head);
        for blob in blobs {
            if together.len() + blob.len() > CHUNK {
                self.output.write_all(&together)?;
                together.clear();
            }
            if blob.len() > CHUNK {
                self.output.write_all(blob)?;
            } else {
                together.extend_from_slice(blob);
            }
        }
        Ok(self.output.write_all(&together)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::thread;

    use super::{CHUNK, Host};
    use crate::fault::Fault;
    use crate::sys::{self, Poll};

    fn pair() -> (Host, Host) {
        let file = |fd: OwnedFd| File::from(fd);
        let (one, to_one) = io::pipe().expect("a pipe");
        let (other, to_other) = io::pipe().expect("a pipe");
        (
            Host::new(file(one.into()), file(to_other.into())),
            Host::new(file(other.into()), file(to_one.into())),
        )
    }

    #[test]
    fn what_is_said_is_heard_whatever_its_size() {
        let (mut here, mut there) = pair();
        let blobs: Vec<Vec<u8>> =
            [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5].map(|size| vec![b'x'; size]).into();
        let sent = blobs.clone();
        let speaker = thread::spawn(move || {
            let parts: Vec<&[u8]> = sent.iter().map(Vec::as_slice).collect();
            here.say("outcome", vec![], &parts).expect("somebody hears");
            here.say("ready", vec![], &[]).expect("somebody hears");
        });
        assert_eq!(there.next_order().expect("said").blobs, blobs);
        assert_eq!(there.next_order().expect("said").kind, "ready");
        speaker.join().expect("no failure");
        assert!(matches!(there.next_order(), Err(Fault::HostGone)));
    }

    #[test]
    fn the_end_of_an_order_is_told_with_the_answer_to_the_next_that_is_here() {
        let (mut here, mut there) = pair();
        let said = |host: &Host| {
            let mut polls = [Poll::new(Some(host.input()), sys::POLLIN)];
            sys::wait_ready(&mut polls, 0).expect("a pipe");
            polls[0].is_ready()
        };
        for kind in ["put", "run"] {
            here.say(kind, vec![], &[]).expect("somebody hears");
        }
        assert_eq!(there.next_order().expect("said").kind, "put");
        there.say_done("ready", vec![]).expect("somebody hears");
        assert!(!said(&here));
        assert_eq!(there.next_order().expect("said").kind, "run");
        there.say("outcome", vec![], &[]).expect("somebody hears");
        there.say_done("ready", vec![]).expect("somebody hears");
        let kinds = [(); 3].map(|()| here.next_order().expect("said").kind);
        assert_eq!(kinds, ["ready", "outcome", "ready"]);
        assert!(!said(&here));
    }
}
