//! From the supervisor's fork to the first instruction of a job.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::fchown;

use crate::constants::ENVIRONMENT;
use crate::fault::Outcome;
use crate::limits::{Limits, MIB};
use crate::messages::Job;
use crate::{seccomp, sys};

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// A shell's exit code for a program that is not there.
const MISSING: i32 = 127;
const OPEN_FILES: u64 = 1024;
const LOCKED_BYTES: u64 = 65536;
const UMASK: u32 = 0o022;
const ENOENT: i32 = 2;
const ENOTDIR: i32 = 20;

/// Where a start failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Cage,
    Program,
}

/// A job's first process and the other ends of its pipes, which never wait.
pub struct Started {
    pub pid: i32,
    pub stdin: File,
    pub stdout: File,
    pub stderr: File,
    /// Where it failed and the kernel's error, if the program did not start.
    pub failure: Option<(Stage, i32)>,
}

/// Fork and execute a job's program as a user of its own.
pub fn start(job: &Job, uid: u32, folder: &str) -> Outcome<Started> {
    let program = Program::of(&job.argv)?;
    let (child_in, stdin) = io::pipe()?;
    let (stdout, child_out) = io::pipe()?;
    let (stderr, child_err) = io::pipe()?;
    let (mut report, failed) = io::pipe()?;
    let pid = sys::fork_here()?;
    if pid == 0 {
        let standard = [child_in.into(), child_out.into(), child_err.into()];
        Child { program, standard, uid, limits: job.limits, folder }.live(failed);
    }
    drop((child_in, child_out, child_err, failed));
    let [stdin, stdout, stderr] = [stdin.into(), stdout.into(), stderr.into()]
        .map(|fd: OwnedFd| sys::set_nonblocking(fd.as_fd()).map(|()| File::from(fd)));
    let mut said = Vec::new();
    report.read_to_end(&mut said)?; // ends when the program has started
    Ok(Started { pid, stdin: stdin?, stdout: stdout?, stderr: stderr?, failure: failure(&said) })
}

fn failure(said: &[u8]) -> Option<(Stage, i32)> {
    let (stage, number) = said.split_first()?;
    let stage = if *stage == Stage::Program as u8 { Stage::Program } else { Stage::Cage };
    Some((stage, i32::from_ne_bytes(number.try_into().unwrap_or_default())))
}

/// What is executed, made before the fork.
struct Program {
    paths: Vec<CString>,
    argv: Vec<CString>,
    env: Vec<CString>,
}

impl Program {
    fn of(argv: &[String]) -> io::Result<Self> {
        let name = &argv[0];
        let paths: io::Result<Vec<CString>> = if name.contains('/') {
            Ok(vec![CString::new(name.as_str())?])
        } else {
            PATH.split(':').map(|folder| Ok(CString::new(format!("{folder}/{name}"))?)).collect()
        };
        let words = argv.iter().map(|word| Ok(CString::new(word.as_str())?));
        let env = ENVIRONMENT.iter().chain(&[("PATH", PATH)]);
        let env = env.map(|(name, value)| Ok(CString::new(format!("{name}={value}"))?));
        Ok(Self {
            paths: paths?,
            argv: words.collect::<io::Result<_>>()?,
            env: env.collect::<io::Result<_>>()?,
        })
    }

    /// Execute the first that there is; return the error that tells most.
    fn execute(&self) -> io::Error {
        let mut absent = io::Error::from_raw_os_error(ENOENT);
        let mut refused = None;
        for path in &self.paths {
            let error = sys::execute(path, &self.argv, &self.env);
            match error.raw_os_error() {
                Some(ENOENT | ENOTDIR) => absent = error,
                _ => refused = refused.or(Some(error)),
            }
        }
        refused.unwrap_or(absent)
    }
}

/// The forked child, until it is the job.
struct Child<'a> {
    program: Program,
    standard: [OwnedFd; 3],
    uid: u32,
    limits: Limits,
    folder: &'a str,
}

impl Child<'_> {
    fn live(self, mut failed: PipeWriter) -> ! {
        let (stage, error) = match self.enter_the_cage() {
            Ok(()) => (Stage::Program, self.program.execute()),
            Err(error) => (Stage::Cage, error),
        };
        let mut report = vec![stage as u8];
        report.extend(error.raw_os_error().unwrap_or(0).to_ne_bytes());
        let _ = failed.write_all(&report); // the exit code tells, too
        sys::exit_now(MISSING)
    }

    fn enter_the_cage(&self) -> io::Result<()> {
        sys::usual_signals()?;
        sys::new_session()?;
        for (target, fd) in (0..).zip(&self.standard) {
            sys::put_at(fd.as_fd(), target)?;
            fchown(fd, Some(self.uid), Some(self.uid))?; // else the job may not open /dev/stdin
        }
        self.restrict()?;
        std::env::set_current_dir(self.folder)
    }

    fn restrict(&self) -> io::Result<()> {
        // Behind the group's own count, should the supervisor starve.
        let cpu_s = self.limits.cpu_s as u64 + 2;
        for (resource, value) in [
            (sys::RLIMIT_CORE, 0),
            (sys::RLIMIT_CPU, cpu_s),
            (sys::RLIMIT_FSIZE, self.limits.disk_mb * MIB),
            (sys::RLIMIT_NOFILE, OPEN_FILES),
            (sys::RLIMIT_MEMLOCK, LOCKED_BYTES),
        ] {
            sys::set_limit(resource, value)?;
        }
        // In a namespace of users only a dumpable process may write its own files in /proc; after
        // its change of user it is none again.
        sys::set_attribute(sys::PR_SET_DUMPABLE, 1)?;
        // The kernel shall take the job, never the supervisor.
        File::options().write(true).open("/proc/self/oom_score_adj")?.write_all(b"1000")?;
        sys::set_umask(UMASK);
        sys::become_user(self.uid)?;
        seccomp::install()
    }
}

#[cfg(test)]
mod tests {
    use super::{Program, Stage, failure};

    #[test]
    fn a_name_is_looked_for_on_the_path_and_a_path_is_not() {
        let paths = |name: &str| {
            let program = Program::of(&[name.into(), "x".into()]).expect("no NUL");
            program.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(paths("cc"), ["/usr/local/bin/cc", "/usr/bin/cc", "/bin/cc"]);
        assert_eq!(paths("/program/run"), ["/program/run"]);
        assert_eq!(paths("./run"), ["./run"]);
    }

    #[test]
    fn the_environment_is_that_of_every_cage() {
        let program = Program::of(&["x".into()]).expect("no NUL");
        let env: Vec<_> = program.env.iter().map(|word| word.to_str().expect("text")).collect();
        assert!(env.contains(&"PATH=/usr/local/bin:/usr/bin:/bin"));
        assert!(env.contains(&"HOME=/box") && env.contains(&"PYTHONHASHSEED=0"));
    }

    #[test]
    fn a_report_names_stage_and_error() {
        let mut said = vec![Stage::Program as u8];
        said.extend(2i32.to_ne_bytes());
        assert!(failure(&said) == Some((Stage::Program, 2)));
        said[0] = Stage::Cage as u8;
        assert!(failure(&said) == Some((Stage::Cage, 2)));
        assert!(failure(&[]).is_none());
    }
}
