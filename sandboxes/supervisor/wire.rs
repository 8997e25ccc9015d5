//! Length-framed messages, as `sandboxes/wire.py` defines them; both ends must agree on VERSION.
//!
//! A frame is two big-endian lengths, a JSON head and the bytes that belong to it. Whoever reads
//! takes the writer for an enemy: lengths are capped before anything is allocated, the head is
//! checked field by field, and an unknown field is an error.

use crate::constants::{MAX_BODY, MAX_HEAD};
use crate::fault::{Outcome, broken};
use crate::json::{self, Value};

const HEADER: usize = 8;
const MAX_KIND: usize = 32;

/// One frame: a kind, named values, and byte strings in order.
#[derive(Debug, PartialEq)]
pub struct Message {
    pub kind: String,
    pub fields: Value,
    pub blobs: Vec<Vec<u8>>,
}

/// Return lengths and head of a frame; its blobs follow. Over the caps of every reader it is none.
pub fn head_of(kind: &str, fields: Vec<(&str, Value)>, blobs: &[&[u8]]) -> Outcome<Vec<u8>> {
    let named = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let sizes = blobs.iter().map(|blob| Value::from(blob.len() as u64)).collect();
    let body: usize = blobs.iter().map(|blob| blob.len()).sum();
    let mut head = String::new();
    json::write(
        &Value::Object(vec![
            ("kind".to_owned(), kind.into()),
            ("fields".to_owned(), Value::Object(named)),
            ("sizes".to_owned(), Value::List(sizes)),
        ]),
        &mut head,
    );
    if head.len() > MAX_HEAD || body > MAX_BODY {
        return broken(format!("a message of {} + {body} bytes is too large", head.len()));
    }
    let mut frame = Vec::with_capacity(HEADER + head.len());
    for length in [head.len(), body] {
        frame.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
    frame.extend_from_slice(head.as_bytes());
    Ok(frame)
}

/// Turns a stream of bytes, cut anywhere, into messages. After an error it is of no use.
pub struct Decoder {
    stage: Stage,
}

enum Stage {
    Lengths(Vec<u8>),
    Head { text: Vec<u8>, head: usize, body: usize },
    Body(Body),
}

/// A message whose head has been read: its blobs are filled one by one, and never copied again.
struct Body {
    message: Message,
    sizes: Vec<usize>,
}

impl Decoder {
    /// Begin between two messages.
    pub fn new() -> Self {
        Self { stage: Stage::default() }
    }

    /// Take more bytes and add the messages that are complete.
    pub fn feed(&mut self, mut data: &[u8], found: &mut Vec<Message>) -> Outcome<()> {
        while self.stage.fill(&mut data) {
            self.stage = match std::mem::take(&mut self.stage) {
                Stage::Lengths(got) => lengths(&got)?,
                Stage::Head { text, body, .. } => Stage::Body(Body::read(&text, body)?),
                Stage::Body(body) => {
                    found.push(body.message);
                    Stage::default()
                }
            };
        }
        Ok(())
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::Lengths(Vec::new())
    }
}

impl Stage {
    fn fill(&mut self, data: &mut &[u8]) -> bool {
        match self {
            Self::Lengths(got) => fill(got, HEADER, data),
            Self::Head { text, head, .. } => fill(text, *head, data),
            Self::Body(body) => body.fill(data),
        }
    }
}

/// Move bytes until a part has all that it wants; false when the data ends before.
fn fill(part: &mut Vec<u8>, wanted: usize, data: &mut &[u8]) -> bool {
    let (now, later) = data.split_at(data.len().min(wanted - part.len()));
    part.extend_from_slice(now);
    *data = later;
    part.len() == wanted
}

fn lengths(got: &[u8]) -> Outcome<Stage> {
    let length =
        |at: usize| got[at..at + 4].iter().fold(0, |total, byte| total << 8 | usize::from(*byte));
    let (head, body) = (length(0), length(4));
    if head > MAX_HEAD || body > MAX_BODY {
        return broken(format!("a frame of {head} + {body} bytes is over the cap"));
    }
    Ok(Stage::Head { text: Vec::new(), head, body })
}

impl Body {
    fn read(head: &[u8], body: usize) -> Outcome<Self> {
        let Ok(value) = json::parse(head) else {
            return broken("the head of a frame is not JSON");
        };
        let mut fields = Fields::of(value)?;
        let kind = fields.text("kind")?;
        if kind.len() > MAX_KIND {
            return broken("kind: too long");
        }
        let inner = fields.object("fields")?;
        let sizes = sizes_of(fields.list("sizes")?, body)?;
        fields.done()?;
        let blobs = vec![Vec::new(); sizes.len()];
        Ok(Self { message: Message { kind, fields: inner, blobs }, sizes })
    }

    fn fill(&mut self, data: &mut &[u8]) -> bool {
        let mut blobs = self.message.blobs.iter_mut().zip(&self.sizes);
        blobs.all(|(blob, size)| fill(blob, *size, data))
    }
}

fn sizes_of(items: Vec<Value>, body: usize) -> Outcome<Vec<usize>> {
    let (mut sizes, mut left) = (Vec::with_capacity(items.len()), body);
    for item in items {
        let size = match item {
            Value::Int(number) => usize::try_from(number).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        if size > left {
            return broken("the sizes of a frame do not add up");
        }
        left -= size;
        sizes.push(size);
    }
    if left > 0 {
        return broken("the sizes of a frame do not add up");
    }
    Ok(sizes)
}

/// Strict reading of an object from the other side: each name once, with type and range.
pub struct Fields {
    left: Vec<(String, Value)>,
}

impl Fields {
    /// Take an object, and nothing else.
    pub fn of(value: Value) -> Outcome<Self> {
        match value {
            Value::Object(left) => Ok(Self { left }),
            _ => broken("expected an object"),
        }
    }

    fn take(&mut self, name: &str) -> Outcome<Value> {
        match self.left.iter().position(|(known, _)| known == name) {
            Some(at) => Ok(self.left.swap_remove(at).1),
            None => broken(format!("{name}: missing")),
        }
    }

    /// Take a string.
    pub fn text(&mut self, name: &str) -> Outcome<String> {
        match self.take(name)? {
            Value::Text(text) => Ok(text),
            _ => broken(format!("{name}: must be a string")),
        }
    }

    /// Take an object, still to be read.
    pub fn object(&mut self, name: &str) -> Outcome<Value> {
        match self.take(name)? {
            object @ Value::Object(_) => Ok(object),
            _ => broken(format!("{name}: must be an object")),
        }
    }

    fn list(&mut self, name: &str) -> Outcome<Vec<Value>> {
        match self.take(name)? {
            Value::List(items) => Ok(items),
            _ => broken(format!("{name}: must be a list")),
        }
    }

    /// Take a list of strings.
    pub fn texts(&mut self, name: &str) -> Outcome<Vec<String>> {
        let items = self.list(name)?.into_iter();
        items
            .map(|item| match item {
                Value::Text(text) => Ok(text),
                _ => broken(format!("{name}: must be a list of strings")),
            })
            .collect()
    }

    /// Take a whole number in a range.
    pub fn integer(&mut self, name: &str, low: u64, high: u64) -> Outcome<u64> {
        if let Value::Int(number) = self.take(name)?
            && let Ok(number) = u64::try_from(number)
            && (low..=high).contains(&number)
        {
            return Ok(number);
        }
        broken(format!("{name}: must be a whole number from {low} to {high}"))
    }

    /// Take a number that is above 0 and at most `high`.
    pub fn positive(&mut self, name: &str, high: f64) -> Outcome<f64> {
        let number = match self.take(name)? {
            Value::Int(number) => number as f64,
            Value::Float(number) => number,
            _ => f64::NAN,
        };
        if number > 0.0 && number <= high {
            return Ok(number);
        }
        broken(format!("{name}: must be a number above 0 and at most {high}"))
    }

    /// Refuse whatever was not asked for.
    pub fn done(self) -> Outcome<()> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(64).collect();
                broken(format!("{shown}: unknown field"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Fields, HEADER, Message, head_of};
    use crate::constants::{MAX_BODY, MAX_HEAD};
    use crate::fault::Outcome;
    use crate::json::Value;

    fn frame(head: &str, body: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        frame.extend((head.len() as u32).to_be_bytes());
        frame.extend((body.len() as u32).to_be_bytes());
        frame.extend(head.as_bytes());
        frame.extend(body);
        frame
    }

    fn heard(data: &[u8]) -> Outcome<Vec<Message>> {
        let mut found = Vec::new();
        Decoder::new().feed(data, &mut found).map(|()| found)
    }

    #[test]
    fn messages_come_back_however_the_stream_is_cut() {
        let blobs: [&[u8]; 3] = [b"one", b"", b"three"];
        let fields = vec![("a", 7.into()), ("b", "\u{e9}\n".into())];
        let mut stream = head_of("put", fields, &blobs).expect("small");
        stream.extend(blobs.concat());
        stream.extend(head_of("take", vec![], &[]).expect("small"));
        let whole = heard(&stream).expect("sound");
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].blobs, blobs);
        assert_eq!(whole[1].kind, "take");
        for cut in 1..stream.len() {
            let (mut decoder, mut found) = (Decoder::new(), Vec::new());
            for part in stream.chunks(cut) {
                decoder.feed(part, &mut found).expect("sound");
            }
            assert_eq!(found, whole, "cut every {cut} bytes");
        }
    }

    #[test]
    fn an_oversized_frame_is_refused_by_its_lengths_alone() {
        let lengths = |head: usize, body: usize| {
            [(head as u32).to_be_bytes(), (body as u32).to_be_bytes()].concat()
        };
        assert!(heard(&lengths(MAX_HEAD, MAX_BODY)).expect("at the cap").is_empty());
        assert!(heard(&lengths(MAX_HEAD + 1, 0)).is_err());
        assert!(heard(&lengths(0, MAX_BODY + 1)).is_err());
        assert!(heard(&[255; HEADER]).is_err());
        assert!(head_of("x", vec![], &[&vec![0; MAX_BODY + 1]]).is_err());
    }

    #[test]
    fn a_head_is_checked_field_by_field() {
        for head in [
            "",
            "[]",
            "7",
            "{}",
            r#"{"kind":"x","fields":{}}"#,
            r#"{"kind":"x","sizes":[2]}"#,
            r#"{"kind":7,"fields":{},"sizes":[2]}"#,
            r#"{"kind":"x","fields":[],"sizes":[2]}"#,
            r#"{"kind":"x","fields":{},"sizes":[1]}"#,
            r#"{"kind":"x","fields":{},"sizes":{}}"#,
            r#"{"kind":"x","fields":{},"sizes":[2,1]}"#,
            r#"{"kind":"x","fields":{},"sizes":[-1,3]}"#,
            r#"{"kind":"x","fields":{},"sizes":[2.0]}"#,
            r#"{"kind":"x","fields":{},"sizes":["2"]}"#,
            r#"{"kind":"x","fields":{},"sizes":[2],"more":1}"#,
            r#"{"kind":"012345678901234567890123456789012","fields":{},"sizes":[2]}"#,
            r#"{"kind":"x","fields":{},"sizes":[9223372036854775807,2]}"#,
        ] {
            assert!(heard(&frame(head, b"ab")).is_err(), "{head}");
        }
        assert!(heard(&frame(r#"{"kind":"x","fields":{},"sizes":[2]}"#, b"ab")).is_ok());
    }

    fn one(name: &str, value: Value) -> Fields {
        Fields::of(Value::Object(vec![(name.into(), value)])).expect("an object")
    }

    #[test]
    fn fields_are_taken_once_with_type_and_range() {
        let mut fields = one("n", Value::Int(5));
        assert!(fields.text("none").is_err());
        assert_eq!(fields.integer("n", 5, 5).ok(), Some(5));
        assert!(fields.integer("n", 0, 9).is_err());
        assert!(fields.done().is_ok());
        assert!(one("n", Value::Int(5)).integer("n", 6, 9).is_err());
        assert!(one("n", Value::Int(-1)).integer("n", 0, 9).is_err());
        assert!(one("n", Value::Float(5.0)).integer("n", 0, 9).is_err());
        assert!(one("n", Value::Null).done().is_err());
        for (value, good) in [
            (Value::Int(1), true),
            (Value::Float(1.5), true),
            (Value::Float(2.5), false),
            (Value::Int(0), false),
            (Value::Int(-1), false),
            ("1".into(), false),
        ] {
            assert_eq!(one("x", value).positive("x", 2.0).is_ok(), good);
        }
    }
}
