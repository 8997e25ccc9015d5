//! A strict, small reader and writer of JSON (RFC 8259), for the heads of frames.
//!
//! It reads what the host's encoder writes and refuses the rest: no name twice, no lone surrogate,
//! no depth beyond the few levels of a head. Its input has a cap of its own (`wire`), so what it
//! allocates has one too.

use std::fmt::Write;

/// Levels of lists and objects: a head has three.
const MAX_DEPTH: usize = 8;

/// One JSON value. Names of an object are in the order in which they came.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number without fraction and exponent.
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Value {
    /// Counts of ours are far below 2^63.
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Make a list of strings.
pub fn texts<T: AsRef<str>>(words: &[T]) -> Value {
    Value::List(words.iter().map(|word| word.as_ref().into()).collect())
}

/// Read one value that fills the whole text; the error says what is wrong with it.
pub fn parse(text: &[u8]) -> Result<Value, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "not UTF-8")?;
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(value) } else { Err("something follows the value") }
}

struct Reader<'a> {
    rest: &'a str,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn takes(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Skip white space, then take this character if it is next.
    fn next_is(&mut self, mark: &str) -> bool {
        self.space();
        self.takes(mark)
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        self.space();
        match self.rest.bytes().next() {
            Some(b'"') => Ok(Value::Text(self.text()?)),
            Some(b'[' | b'{') if depth == MAX_DEPTH => Err("too deep"),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.takes("null") => Ok(Value::Null),
            _ if self.takes("true") => Ok(Value::Bool(true)),
            _ if self.takes("false") => Ok(Value::Bool(false)),
            _ => Err("no value"),
        }
    }

    fn list(&mut self, depth: usize) -> Read<Value> {
        self.takes("[");
        let mut items = Vec::new();
        if self.next_is("]") {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.next_is("]") {
                return Ok(Value::List(items));
            }
            if !self.next_is(",") {
                return Err("a list without end");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.takes("{");
        let mut fields: Vec<(String, Value)> = Vec::new();
        if self.next_is("}") {
            return Ok(Value::Object(fields));
        }
        loop {
            self.space();
            let name = self.text()?;
            // Objects of a head have a dozen names at most, so this stays cheap.
            if fields.len() >= 64 || fields.iter().any(|(known, _)| *known == name) {
                return Err("a name twice, or too many names");
            }
            if !self.next_is(":") {
                return Err("a name without a value");
            }
            fields.push((name, self.value(depth + 1)?));
            if self.next_is("}") {
                return Ok(Value::Object(fields));
            }
            if !self.next_is(",") {
                return Err("an object without end");
            }
        }
    }

    fn number(&mut self) -> Read<Value> {
        let end = self
            .rest
            .find(|mark: char| !matches!(mark, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let digits = word.strip_prefix('-').unwrap_or(word);
        if !plain_number(digits) {
            return Err("a number that is none");
        }
        if digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return word.parse().map(Value::Int).map_err(|_| "a number too large");
        }
        match word.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Value::Float(number)),
            _ => Err("a number too large"),
        }
    }

    fn text(&mut self) -> Read<String> {
        if !self.takes("\"") {
            return Err("no string where one has to be");
        }
        let mut text = String::new();
        loop {
            let end = self
                .rest
                .find(|mark: char| mark == '"' || mark == '\\' || mark < ' ')
                .ok_or("a string without end")?;
            let (plain, rest) = self.rest.split_at(end);
            text.push_str(plain);
            self.rest = rest;
            if self.takes("\"") {
                return Ok(text);
            }
            if !self.takes("\\") {
                return Err("a control character in a string");
            }
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let mark = self.rest.chars().next().ok_or("a string without end")?;
        self.rest = &self.rest[mark.len_utf8()..];
        Ok(match mark {
            '"' | '\\' | '/' => mark,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => return Err("an unknown escape"),
        })
    }

    fn unicode(&mut self) -> Read<char> {
        let high = self.four()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or("half a character");
        }
        if !self.takes("\\u") {
            return Err("half a character");
        }
        let low = self.four()?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err("half a character");
        }
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or("half a character")
    }

    fn four(&mut self) -> Read<u32> {
        let digits = self.rest.get(..4).ok_or("an escape without end")?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("an escape without digits");
        }
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).map_err(|_| "an escape without digits")
    }
}

/// Say whether these are digits, a fraction and an exponent as JSON spells them, without a sign.
fn plain_number(word: &str) -> bool {
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((before, after)) => (before, Some(after.strip_prefix(['+', '-']).unwrap_or(after))),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((before, after)) => (before, Some(after)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// Append a value as JSON text.
pub fn write(value: &Value, to: &mut String) {
    match value {
        Value::Null => to.push_str("null"),
        Value::Bool(true) => to.push_str("true"),
        Value::Bool(false) => to.push_str("false"),
        Value::Int(number) => {
            let _ = write!(to, "{number}"); // a String takes everything
        }
        Value::Float(number) => {
            let _ = write!(to, "{number}"); // never an exponent, never NaN here
        }
        Value::Text(text) => write_text(text, to),
        Value::List(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, to);
                write(item, to);
            }
            to.push(']');
        }
        Value::Object(fields) => {
            to.push('{');
            for (at, (name, item)) in fields.iter().enumerate() {
                separate(at, to);
                write_text(name, to);
                to.push(':');
                write(item, to);
            }
            to.push('}');
        }
    }
}

fn separate(at: usize, to: &mut String) {
    if at > 0 {
        to.push(',');
    }
}

fn write_text(text: &str, to: &mut String) {
    to.push('"');
    for mark in text.chars() {
        match mark {
            '"' | '\\' => {
                to.push('\\');
                to.push(mark);
            }
            '\0'..='\u{1f}' => {
                let _ = write!(to, "\\u{:04x}", u32::from(mark));
            }
            _ => to.push(mark),
        }
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, Value, parse, write};

    fn again(text: &str) -> String {
        let mut written = String::new();
        write(&parse(text.as_bytes()).expect(text), &mut written);
        written
    }

    #[test]
    fn what_is_read_is_written_alike() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-7",
            "0.25",
            "\"\"",
            "[]",
            "{}",
            "[1,[2,{\"a\":null}]]",
            "{\"a\":\"b\\\\\\\"\",\"c\":[false]}",
            "\"\\u0000\\u001f\"",
            "9223372036854775807",
        ] {
            assert_eq!(again(text), text);
        }
    }

    #[test]
    fn escapes_and_white_space_are_understood() {
        assert_eq!(
            parse(b" [ \"\\u00e9\\ud83d\\ude00\\n\\/\" , 1e2 ,\t-0.5E-1 ] "),
            Ok(Value::List(vec![
                Value::Text("\u{e9}\u{1f600}\n/".into()),
                Value::Float(100.0),
                Value::Float(-0.05),
            ]))
        );
    }

    #[test]
    fn whatever_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "nul",
            "NaN",
            "Infinity",
            "-",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e999",
            "0x1",
            "99999999999999999999",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "[",
            "[1",
            "[1,]",
            "[,1]",
            "{",
            "{1:2}",
            "{\"a\"}",
            "{\"a\":1,}",
            "{\"a\":1,\"a\":2}",
            "1 2",
            "[]x",
            "--1",
            "1-2",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn depth_has_a_cap() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn no_change_of_one_byte_breaks_the_reader() {
        let text = br#"{"kind":"run","fields":{"argv":["a\u00e9"],"n":-1.5e3},"sizes":[1,2]}"#;
        for at in 0..text.len() {
            for byte in 0..=255 {
                let mut changed = text.to_vec();
                changed[at] = byte;
                let _ = parse(&changed);
            }
            let _ = parse(&text[..at]);
        }
    }
}
