//! What the host is told of a job: `outcome_message` of `sandboxes/messages.py`.

use crate::json::{Value, texts};
use crate::limits::MIB;
use crate::ruling::{self, End, Facts, Status};
use crate::streams::Output;

/// Fields of an outcome's head, and the two streams.
pub struct Told {
    pub status: Status,
    pub fields: Vec<(&'static str, Value)>,
    pub streams: [Vec<u8>; 2],
}

/// What a job used, besides what decides: bytes, and the most processes at a time.
pub struct Usage {
    pub memory: u64,
    pub processes: u64,
}

impl Told {
    /// Put what was seen into words. Of a job that talked the host has heard stdout already.
    pub fn of(
        facts: &Facts,
        used: &Usage,
        detail: &str,
        outputs: [Output; 2],
        talked: bool,
    ) -> Self {
        let status = ruling::status_of(facts);
        let end = ruling::natural_end(facts, status);
        let cut = outputs.iter().filter(|output| output.truncated);
        let truncated: Vec<&str> = cut.map(|output| output.name).collect();
        let usage = [
            ("cpu_s", rounded(facts.cpu_s, 1e4)),
            ("wall_s", rounded(facts.wall_s, 1e4)),
            ("memory_mb", rounded(used.memory as f64 / MIB as f64, 10.0)),
            ("processes", used.processes.into()),
        ];
        let fields = vec![
            ("status", status.0.into()),
            ("exit_code", exit_code(end)),
            ("signal", signal(end)),
            ("truncated", texts(&truncated)),
            ("usage", Value::Object(usage.map(|(name, value)| (name.to_owned(), value)).into())),
            ("marginal", Value::Bool(end.is_some() && ruling::is_close(facts))),
            ("detail", detail.into()),
        ];
        let [stdout, stderr] = outputs.map(|output| output.data);
        let stdout = if talked { Vec::new() } else { stdout };
        Self { status, fields, streams: [stdout, stderr] }
    }

    /// A build whose names cannot be carried has not ended well.
    pub fn refuse_names(&mut self) {
        self.status = Status::FILE_LIMIT;
        for (name, value) in &mut self.fields {
            match *name {
                "status" => *value = self.status.0.into(),
                "exit_code" | "signal" => *value = Value::Null,
                "detail" => *value = "the build left file names that cannot be kept".into(),
                _ => {}
            }
        }
    }
}

fn rounded(value: f64, to: f64) -> Value {
    Value::Float((value * to).round() / to)
}

fn exit_code(end: Option<End>) -> Value {
    match end {
        Some(End::Exit(code)) => Value::Int(code.into()),
        _ => Value::Null,
    }
}

fn signal(end: Option<End>) -> Value {
    match end {
        Some(End::Signal(number)) => ruling::signal_name(number).as_str().into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;

    use super::{Told, Usage};
    use crate::constants::DEFAULT_LIMITS;
    use crate::json::{self, Value};
    use crate::limits::MIB;
    use crate::ruling::{End, Facts, Status};
    use crate::streams::Output;

    fn output(name: &'static str, data: &[u8]) -> Output {
        let (read, _) = io::pipe().expect("a pipe");
        let mut output = Output::new(name, File::from(OwnedFd::from(read)), 100);
        output.data = data.to_vec();
        output
    }

    fn told(end: Option<End>, cpu_s: f64, talked: bool) -> Told {
        let facts = Facts {
            limits: DEFAULT_LIMITS,
            truncated: false,
            reason: None,
            end,
            cpu_s,
            wall_s: 0.123_456,
            peak: 0,
            refused_fork: false,
            oom_kill: false,
            over_disk: None,
        };
        let used = Usage { memory: MIB * 3 / 2, processes: 4 };
        Told::of(&facts, &used, "why", [output("stdout", b"out"), output("stderr", b"err")], talked)
    }

    fn head(told: &Told) -> String {
        let fields = told.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut text = String::new();
        json::write(&Value::Object(fields.collect()), &mut text);
        text
    }

    #[test]
    fn the_fields_are_those_that_the_host_reads() {
        let told = told(Some(End::Exit(0)), 1.0, false);
        assert_eq!(
            head(&told),
            r#"{"status":"ok","exit_code":0,"signal":null,"truncated":[],"usage":{"cpu_s":1,"#
                .to_owned()
                + r#""wall_s":0.1235,"memory_mb":1.5,"processes":4},"marginal":false,"#
                + r#""detail":"why"}"#
        );
        assert_eq!(told.streams, [b"out".to_vec(), b"err".to_vec()]);
    }

    #[test]
    fn a_signal_is_told_by_name_and_a_limit_by_itself() {
        let killed = told(Some(End::Signal(11)), 4.9, true);
        assert!(head(&killed).contains(r#""exit_code":null,"signal":"SIGSEGV""#));
        assert!(head(&killed).contains(r#""marginal":true"#));
        assert_eq!(killed.streams, [vec![], b"err".to_vec()]);
        let late = told(Some(End::Signal(11)), 5.1, false);
        assert!(head(&late).contains(r#""status":"cpu_limit","exit_code":null,"signal":null"#));
        assert!(head(&late).contains(r#""marginal":false"#));
    }

    #[test]
    fn a_build_with_names_that_cannot_be_kept_has_not_ended_well() {
        let mut told = told(Some(End::Exit(0)), 1.0, false);
        told.refuse_names();
        assert_eq!(told.status, Status::FILE_LIMIT);
        assert!(head(&told).contains(r#""status":"file_limit","exit_code":null"#));
        assert!(head(&told).contains("names that cannot be kept"));
    }
}
