//! One job inside the container, from its first instruction until its last process is dead.
//!
//! The supervisor is pid 1 and has one thread and one job at a time, so whatever else is alive in
//! the container belongs to that job.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::counters::{Area, Counters, Sample, Used};
use crate::fault::{Fault, Outcome};
use crate::host::Host;
use crate::launch::{self, Stage, Started};
use crate::limits::{Limits, MIB};
use crate::messages::Job;
use crate::report::{Told, Usage};
use crate::ruling::{End, Facts, Status};
use crate::streams::{Input, Lines, Output};
use crate::sys::{self, Ended, Poll, Waited};
use crate::wire::Message;

/// What a program says that is started anywhere but as pid 1.
pub const NOT_PID_1: &str = "the supervisor must be pid 1 of a container of its own";
/// How often limits are looked at.
const TICK: Duration = Duration::from_millis(5);
const TICK_MS: i32 = 5;
/// Refused forks after which nobody believes in a mistake.
const BOMB: u64 = 2000;
/// Growth below which the exact count of memory is not worth its price.
const NEWS: u64 = 4 * MIB;
const ESRCH: i32 = 3;

/// Counters as they were before the job.
struct Before {
    sample: Sample,
    own_cpu_s: f64,
    charged: u64,
    resident: u64,
    used: Used,
    began: Instant,
}

/// A running job: its pipes, its limits, and what is known of its end.
pub struct Custody<'a> {
    limits: Limits,
    counters: &'a Counters,
    areas: &'a [&'a Area],
    before: Before,
    pid: i32,
    input: Input,
    outputs: [Output; 2],
    /// Of a job that talks.
    lines: Option<Lines>,
    stopped: bool,
    reason: Option<Status>,
    detail: String,
    ended: Option<i32>,
    wall_s: f64,
    peak: u64,
    most: u64,
    reaped_kb: u64,
}

/// Descriptors of one look, in the order in which `Custody::look` asks for them.
const CONTROL: usize = 0;
const WAKE: usize = 1;
const STDIN: usize = 2;
const OUTPUTS: usize = 3;

impl<'a> Custody<'a> {
    /// Fork and execute the program; the clocks run from here.
    pub fn start(
        job: &mut Job,
        uid: u32,
        folder: &str,
        counters: &'a Counters,
        areas: &'a [&'a Area],
        talks: bool,
    ) -> Outcome<Self> {
        let before = Before {
            sample: counters.sample()?,
            own_cpu_s: sys::own_cpu_s(),
            charged: counters.charged()?,
            resident: counters.resident()?,
            used: usage_of(areas)?,
            began: Instant::now(),
        };
        let started = launch::start(job, uid, folder)?;
        let (reason, detail) = not_started(&started, &job.argv[0]);
        let Started { pid, stdin, stdout, stderr, .. } = started;
        let cap = job.limits.output();
        Ok(Self {
            limits: job.limits,
            counters,
            areas,
            before,
            pid,
            input: Input::new(stdin, std::mem::take(&mut job.stdin), talks),
            outputs: [Output::new("stdout", stdout, cap), Output::new("stderr", stderr, cap)],
            lines: talks.then(Lines::default),
            stopped: false,
            reason,
            detail,
            ended: None,
            wall_s: 0.0,
            peak: 0,
            most: 1,
            reaped_kb: 0,
        })
    }

    /// Serve the pipes and hold the limits until the job ends or must end; then kill it.
    pub fn watch(&mut self, host: &mut Host, wake: &File) -> Outcome<()> {
        let mut check = Instant::now();
        while self.reason.is_none() && self.ended.is_none() {
            let ready = self.look(host.input(), wake.as_fd())?;
            if ready[CONTROL] {
                self.hear(host.hear()?)?;
            }
            if ready[WAKE] {
                forget_signal(wake)?;
            }
            if ready[STDIN] {
                self.input.feed()?;
            }
            for at in 0..self.outputs.len() {
                if ready[OUTPUTS + at] {
                    let new = self.outputs[at].take()?;
                    self.note_output(at, new);
                }
            }
            self.tell(host)?;
            self.reap()?;
            if Instant::now() >= check {
                check = Instant::now() + TICK;
                self.check()?;
            }
        }
        self.wall_s = self.elapsed_s();
        self.kill()?;
        self.drain()
    }

    fn look(&self, control: BorrowedFd<'_>, wake: BorrowedFd<'_>) -> Outcome<[bool; 5]> {
        let [stdout, stderr] = &self.outputs;
        let mut polls = [
            Poll::new(Some(control), sys::POLLIN),
            Poll::new(Some(wake), sys::POLLIN),
            Poll::new(self.input.pipe(), sys::POLLOUT),
            Poll::new(stdout.pipe(), sys::POLLIN),
            Poll::new(stderr.pipe(), sys::POLLIN),
        ];
        sys::wait_ready(&mut polls, TICK_MS)?;
        Ok(polls.each_ref().map(Poll::is_ready))
    }

    fn note_output(&mut self, at: usize, new: usize) {
        let output = &self.outputs[at];
        if output.truncated {
            self.reason = Some(Status::OUTPUT_LIMIT);
        }
        if let (0, Some(lines)) = (at, &mut self.lines) {
            lines.hear(&output.data[output.data.len() - new..]);
        }
    }

    /// Name the limit that the job is over, if it is.
    fn check(&mut self) -> Outcome<()> {
        self.most = self.most.max(self.counters.processes()?.saturating_sub(1));
        self.measure_memory()?;
        let limits = &self.limits;
        let killed = self.counters.oom_kills()? > self.before.sample.oom_kills;
        let refused = self.counters.refused_forks()? - self.before.sample.refused_forks;
        let over = if killed || self.peak > limits.memory_mb * MIB {
            Some(Status::MEMORY_LIMIT)
        } else if self.cpu_s()? > limits.cpu_s {
            Some(Status::CPU_LIMIT)
        } else if refused > BOMB {
            Some(Status::PROCESS_LIMIT)
        } else if let Some(over) = self.over_disk()? {
            Some(over)
        } else {
            (self.elapsed_s() > limits.wall_s).then_some(Status::WALL_LIMIT)
        };
        self.reason = over.or(self.reason);
        Ok(())
    }

    fn elapsed_s(&self) -> f64 {
        self.before.began.elapsed().as_secs_f64()
    }

    /// Measure what the job holds. The exact count is dear, so it is taken only where the cheap
    /// upper bound allows news.
    fn measure_memory(&mut self) -> Outcome<()> {
        let charged = self.counters.charged()?.saturating_sub(self.before.charged);
        if charged > self.peak.max(NEWS) {
            let files = usage_of(self.areas)?.bytes.saturating_sub(self.before.used.bytes);
            let resident = self.counters.resident()?.saturating_sub(self.before.resident);
            self.peak = self.peak.max(resident.saturating_sub(files));
        }
        Ok(())
    }

    fn cpu_s(&self) -> Outcome<f64> {
        let own = sys::own_cpu_s() - self.before.own_cpu_s;
        Ok((self.counters.cpu_s()? - self.before.sample.cpu_s - own).max(0.0))
    }

    fn over_disk(&self) -> Outcome<Option<Status>> {
        let used = usage_of(self.areas)?;
        let before = &self.before.used;
        // One file alone cannot grow past the limit (RLIMIT_FSIZE), so to reach it is to be over.
        if used.bytes.saturating_sub(before.bytes) >= self.limits.disk_mb * MIB {
            return Ok(Some(Status::DISK_LIMIT));
        }
        let files = used.files.saturating_sub(before.files);
        Ok((files > self.limits.files).then_some(Status::FILE_LIMIT))
    }

    /// Send the next line of the job to the host, one at a time.
    fn tell(&mut self, host: &mut Host) -> Outcome<()> {
        match self.lines.as_mut().and_then(Lines::next) {
            Some(line) => host.say("line", vec![], &[&line]),
            None => Ok(()),
        }
    }

    fn hear(&mut self, messages: Vec<Message>) -> Outcome<()> {
        for message in messages {
            let stop = message.kind == "stop";
            let Some(lines) = self.lines.as_mut().filter(|_| stop || message.kind == "say") else {
                return Err(Fault::HostGone); // it has forgotten what it asked for
            };
            lines.asked = false;
            for blob in &message.blobs {
                self.input.add(blob);
            }
            if stop {
                self.stopped = true;
                self.reason = Some(Status::INTERNAL_ERROR);
                self.detail = "stopped by the host".into();
            }
        }
        Ok(())
    }

    /// Deliver what the job said before it ended, within its wall limit.
    pub fn finish_talk(&mut self, host: &mut Host) -> Outcome<()> {
        if let Some(lines) = &mut self.lines {
            lines.finish();
        }
        while !self.stopped {
            let left_s = self.limits.wall_s - self.elapsed_s();
            let Some(lines) = &mut self.lines else { break };
            if left_s <= 0.0 && lines.waiting() {
                self.reason = self.reason.or(Some(Status::WALL_LIMIT));
                lines.forget();
            }
            self.tell(host)?;
            if !self.lines.as_ref().is_some_and(|lines| lines.asked) {
                break;
            }
            let mut polls = [Poll::new(Some(host.input()), sys::POLLIN)];
            sys::wait_ready(&mut polls, ((left_s * 1000.0) as i32).max(TICK_MS))?;
            if polls[0].is_ready() {
                self.hear(host.hear()?)?;
            }
        }
        Ok(())
    }

    /// Kill everything but the supervisor, and bury it. Atomic: no fork slips through.
    fn kill(&mut self) -> Outcome<()> {
        if std::process::id() != 1 {
            return Err(Fault::System(NOT_PID_1.into()));
        }
        loop {
            match sys::send_signal(-1, sys::SIGKILL) {
                Err(error) if error.raw_os_error() != Some(ESRCH) => return Err(error.into()),
                _ => {}
            }
            match sys::wait(-1, true)? {
                Waited::Child(ended) => self.note(&ended),
                Waited::NotYet | Waited::NoChildren => return Ok(()),
            }
        }
    }

    fn reap(&mut self) -> Outcome<()> {
        while let Waited::Child(ended) = sys::wait(-1, false)? {
            self.note(&ended);
        }
        Ok(())
    }

    fn note(&mut self, ended: &Ended) {
        self.reaped_kb = self.reaped_kb.max(ended.peak_kb);
        if ended.pid == self.pid {
            self.ended = Some(ended.status);
        }
    }

    /// Read what is left in the pipes: every writer is dead.
    fn drain(&mut self) -> Outcome<()> {
        for at in 0..self.outputs.len() {
            let new = self.outputs[at].drain()?;
            self.note_output(at, new);
        }
        Ok(())
    }

    /// Say how it went.
    pub fn told(mut self) -> Outcome<Told> {
        self.measure_memory()?;
        let facts = self.facts()?;
        let used = Usage { memory: self.peak.max(self.reaped_kb * 1024), processes: self.most };
        Ok(Told::of(&facts, &used, &self.detail, self.outputs, self.lines.is_some()))
    }

    fn facts(&self) -> Outcome<Facts> {
        let (now, before) = (self.counters.sample()?, &self.before.sample);
        Ok(Facts {
            limits: self.limits,
            truncated: self.outputs.iter().any(|output| output.truncated),
            reason: self.reason,
            end: self.ended.map(End::of),
            cpu_s: self.cpu_s()?,
            wall_s: self.wall_s,
            peak: self.peak,
            refused_fork: now.refused_forks > before.refused_forks,
            oom_kill: now.oom_kills > before.oom_kills,
            over_disk: self.over_disk()?,
        })
    }
}

fn usage_of(areas: &[&Area]) -> Outcome<Used> {
    let mut total = Used::default();
    for area in areas {
        let used = area.used()?;
        total.bytes += used.bytes;
        total.files += used.files;
    }
    Ok(total)
}

fn not_started(started: &Started, name: &str) -> (Option<Status>, String) {
    let Some((stage, number)) = started.failure else {
        return (None, String::new());
    };
    let error = io::Error::from_raw_os_error(number).to_string();
    let cause = error.split(" (os error").next().unwrap_or_default();
    if stage == Stage::Program && name.contains('/') {
        return (None, format!("the program cannot be started: {cause}"));
    }
    (Some(Status::INTERNAL_ERROR), format!("a tool of the cage cannot be started: {cause}"))
}

/// Empty the descriptor: signals of one kind are one, so one read does it.
fn forget_signal(mut wake: &File) -> Outcome<()> {
    match wake.read(&mut [0; 128]) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error.into()),
        _ => Ok(()),
    }
}
