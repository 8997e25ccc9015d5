//! How host and keeper talk: frames around the bytes of a room, which only these two can write.
//! The host's half is `sandboxes/docker/frames.py`.

use crate::constants::{FRAME_DATA, FRAME_END, MAX_DATA};
use crate::fault::{Outcome, broken};

/// Bytes of a kind and a big-endian length.
pub const HEADER: usize = 5;

/// What the host says.
#[derive(Debug, PartialEq)]
pub enum Frame<'a> {
    /// Bytes for the room.
    Data(&'a [u8]),
    /// End the room and make the next one.
    End,
}

/// Return the head of a frame.
pub fn head(kind: u8, size: usize) -> [u8; HEADER] {
    let [one, two, three, four] = u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes();
    [kind, one, two, three, four]
}

/// Turns a stream of bytes, cut anywhere, into frames.
#[derive(Default)]
pub struct Frames {
    buffer: Vec<u8>,
    read: usize,
}

impl Frames {
    /// Take more bytes.
    pub fn feed(&mut self, data: &[u8]) {
        self.buffer.drain(..self.read);
        self.read = 0;
        self.buffer.extend_from_slice(data);
    }

    /// Return the next frame that is complete.
    pub fn next(&mut self) -> Outcome<Option<Frame<'_>>> {
        let Some((head, rest)) = self.buffer[self.read..].split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [kind, one, two, three, four] = *head;
        let size = u32::from_be_bytes([one, two, three, four]) as usize;
        if ![FRAME_DATA, FRAME_END].contains(&kind) || size > MAX_DATA {
            return broken(format!("a frame of kind {kind} and {size} bytes"));
        }
        let Some(payload) = rest.get(..size) else {
            return Ok(None);
        };
        self.read += HEADER + size;
        Ok(Some(if kind == FRAME_END { Frame::End } else { Frame::Data(payload) }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Frames, head};
    use crate::constants::{FRAME_DATA, FRAME_END, FRAME_ROOM, MAX_DATA};

    fn heard(stream: &[u8], cut: usize) -> Vec<Option<Vec<u8>>> {
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        for part in stream.chunks(cut) {
            frames.feed(part);
            while let Some(frame) = frames.next().expect("sound") {
                found.push(match frame {
                    Frame::Data(payload) => Some(payload.to_vec()),
                    Frame::End => None,
                });
            }
        }
        found
    }

    #[test]
    fn frames_come_back_however_the_stream_is_cut() {
        let mut stream = Vec::new();
        for payload in [&b"one"[..], b"", b"three"] {
            stream.extend(head(FRAME_DATA, payload.len()));
            stream.extend(payload);
        }
        stream.extend(head(FRAME_END, 0));
        let wanted =
            [Some(b"one".to_vec()), Some(Vec::new()), Some(b"three".to_vec()), None].to_vec();
        for cut in 1..=stream.len() {
            assert_eq!(heard(&stream, cut), wanted, "cut every {cut} bytes");
        }
    }

    #[test]
    fn what_no_host_says_is_refused_before_it_is_read() {
        for (kind, size) in [(FRAME_DATA, MAX_DATA + 1), (FRAME_ROOM, 0), (b'x', 0), (0, 0)] {
            let mut frames = Frames::default();
            frames.feed(&head(kind, size));
            assert!(frames.next().is_err());
        }
        let mut frames = Frames::default();
        frames.feed(&head(FRAME_DATA, MAX_DATA));
        assert_eq!(frames.next().expect("at the cap"), None);
    }
}
