//! Orders of the host as values, and how they are checked: see `sandboxes/messages.py`.

use std::collections::HashSet;

use crate::fault::{Outcome, broken};
use crate::limits::Limits;
use crate::names::check_tree;
use crate::wire::{Fields, Message};

/// One program to run: `Job` of `sandboxes/protocol.py`.
pub struct Job {
    pub argv: Vec<String>,
    pub stdin: Vec<u8>,
    pub files: Vec<(String, Vec<u8>)>,
    pub limits: Limits,
    pub collect: Vec<String>,
}

/// Plain files by relative path, and which of them are programs.
pub struct Tree {
    pub files: Vec<(String, Vec<u8>)>,
    pub executable: HashSet<String>,
}

impl Tree {
    /// Read what `tree_message` wrote.
    pub fn read(message: Message) -> Outcome<Self> {
        let mut fields = Fields::of(message.fields)?;
        let names = fields.texts("files")?;
        let executable: HashSet<String> = fields.texts("executable")?.into_iter().collect();
        fields.done()?;
        let files = named(names, message.blobs)?;
        let found = files.iter().filter(|(name, _)| executable.contains(name)).count();
        if found != executable.len() {
            return broken("executable: names a file that is not there");
        }
        Ok(Self { files, executable })
    }
}

impl Job {
    /// Read what `job_message` wrote, refusing limits above the operator's.
    pub fn read(message: Message) -> Outcome<Self> {
        let mut fields = Fields::of(message.fields)?;
        let argv = fields.texts("argv")?;
        let limits = Limits::read(Fields::of(fields.object("limits")?)?)?;
        let (names, collect) = (fields.texts("files")?, fields.texts("collect")?);
        fields.done()?;
        let mut blobs = message.blobs.into_iter();
        let Some(stdin) = blobs.next() else {
            return broken("stdin: missing");
        };
        if argv.first().is_none_or(String::is_empty) {
            return broken("argv: must name a program");
        }
        if argv.iter().any(|word| word.contains('\0')) {
            return broken("argv: must not hold NUL characters");
        }
        check_tree(&collect)?;
        Ok(Self { argv, stdin, files: named(names, blobs.collect())?, limits, collect })
    }
}

fn named(names: Vec<String>, blobs: Vec<Vec<u8>>) -> Outcome<Vec<(String, Vec<u8>)>> {
    check_tree(&names)?;
    if names.len() != blobs.len() {
        return broken("files: names and contents differ in number");
    }
    Ok(names.into_iter().zip(blobs).collect())
}

#[cfg(test)]
mod tests {
    use super::{Job, Tree};
    use crate::json;
    use crate::wire::Message;

    const LIMITS: &str = r#"{"cpu_s":1,"wall_s":2.5,"memory_mb":3,"processes":4,"output_kb":5,
        "disk_mb":6,"files":7}"#;

    fn message(fields: &str, blobs: &[&[u8]]) -> Message {
        Message {
            kind: "run".into(),
            fields: json::parse(fields.as_bytes()).expect("JSON"),
            blobs: blobs.iter().map(|blob| blob.to_vec()).collect(),
        }
    }

    fn job(argv: &str, files: &str, collect: &str, blobs: &[&[u8]]) -> Option<Job> {
        let fields =
            format!(r#"{{"argv":{argv},"limits":{LIMITS},"files":{files},"collect":{collect}}}"#);
        Job::read(message(&fields, blobs)).ok()
    }

    #[test]
    fn a_job_is_read_with_its_files() {
        let blobs: [&[u8]; 2] = [b"in", b"content"];
        let job = job(r#"["cc","-o"]"#, r#"["a/b"]"#, r#"["c"]"#, &blobs).expect("sound");
        assert_eq!(job.argv, ["cc", "-o"]);
        assert_eq!(job.stdin, b"in");
        assert_eq!(job.files, [("a/b".to_owned(), b"content".to_vec())]);
        assert_eq!((job.limits.wall_s, job.limits.files), (2.5, 7));
        assert_eq!(job.collect, ["c"]);
    }

    #[test]
    fn a_job_that_no_cage_may_be_given_is_refused() {
        let good = |argv, files, collect, blobs| job(argv, files, collect, blobs).is_some();
        assert!(good(r#"["a"]"#, "[]", "[]", &[b""]));
        assert!(!good("[]", "[]", "[]", &[b""]));
        assert!(!good(r#"[""]"#, "[]", "[]", &[b""]));
        assert!(!good("[7]", "[]", "[]", &[b""]));
        assert!(!good(r#"["a","\u0000"]"#, "[]", "[]", &[b""]));
        assert!(!good(r#"["a"]"#, "[]", "[]", &[]));
        assert!(!good(r#"["a"]"#, r#"["x"]"#, "[]", &[b""]));
        assert!(!good(r#"["a"]"#, "[]", "[]", &[b"", b""]));
        assert!(!good(r#"["a"]"#, r#"["../x"]"#, "[]", &[b"", b""]));
        assert!(!good(r#"["a"]"#, "[]", r#"["/etc/passwd"]"#, &[b""]));
        assert!(!good(r#"["a"]"#, "[]", r#"["x","x"]"#, &[b""]));
    }

    #[test]
    fn a_tree_names_its_programs() {
        let read = |executable: &str, blobs: &[&[u8]]| {
            let fields = format!(r#"{{"files":["a","b"],"executable":{executable}}}"#);
            Tree::read(message(&fields, blobs))
        };
        let tree = read(r#"["b"]"#, &[b"1", b"2"]).expect("sound");
        assert_eq!(tree.files[1], ("b".to_owned(), b"2".to_vec()));
        assert!(tree.executable.contains("b") && tree.executable.len() == 1);
        assert!(read(r#"["c"]"#, &[b"1", b"2"]).is_err());
        assert!(read("[7]", &[b"1", b"2"]).is_err());
        assert!(read("[]", &[b"1"]).is_err());
    }
}
