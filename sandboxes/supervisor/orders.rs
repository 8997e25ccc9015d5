//! The supervisor: takes orders over two pipes and runs one job at a time.
//!
//! It is root with four capabilities (SETUID, SETGID, CHOWN, KILL) in a container without network
//! and with a read-only root; each job is a uid of its own without any. After a job everything is
//! killed and its files are deleted with the job's own rights; only then the supervisor says
//! `ready` again. Whatever it cannot explain ends it, and with it the container: a session is lost
//! rather than wrong.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::constants::{DEFAULT_LIMITS, PROGRAM_DIR, TAKEN_BYTES, VERSION, WORK_DIR};
use crate::counters::{Area, Counters, Used};
use crate::custody::Custody;
use crate::fault::{Fault, Outcome, broken};
use crate::host::Host;
use crate::json;
use crate::lane::groups::Hold;
use crate::limits::{Limits, MIB, Resources};
use crate::messages::{Job, Tree};
use crate::report::Told;
use crate::ruling::Status;
use crate::sys;
use crate::tree::{
    FOLDER_MODE, Kept, ROOT, acting_as, collect, hand_over, lay, own, read_back, set_mode, strip,
    tidy, wipe,
};
use crate::wire::{Fields, Message};

const SHARED_MEMORY: &str = "/dev/shm";
const SETTLE: Duration = Duration::from_secs(5);
/// How long memory of the dead is waited for, and how much of it troubles nobody: the supervisor's
/// own share of a group is larger.
const GIVEN_BACK: Duration = Duration::from_secs(1);
const KERNELS_REST: u64 = 16 * MIB;
const PAUSE: Duration = Duration::from_millis(2);
/// Far more jobs than a session can run.
const UIDS: u32 = 1_000_000;
const LOWEST_UID: u32 = 100_000;
const HIGHEST_UID: u32 = (1 << 31) - UIDS;
const PRIVATE_MODE: u32 = 0o700;

/// What a job is to do with `/program`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Run,
    Build,
    Converse,
}

/// The loop over orders.
///
/// In a lane's room it sets its group's limits itself, through `hold`, and knows from the start
/// where the uids of its jobs begin; in a container of its own the host sees to both.
pub struct Supervisor {
    host: Host,
    counters: Counters,
    hold: Option<Hold>,
    work: Area,
    shared: Area,
    program: Area,
    /// What the two areas of a job hold while they are empty.
    empty: (Used, Used),
    uid: u32,
    last_uid: u32,
    wake: File,
}

impl Supervisor {
    /// Take the container, or room, as it is now for an empty one.
    pub fn new(host: Host, counters: Counters, room: Option<(Hold, u32)>) -> Outcome<Self> {
        // Nobody may look into us, or stop us, by way of /proc.
        sys::set_attribute(sys::PR_SET_DUMPABLE, 0)?;
        let (work, shared) = (Area::open(WORK_DIR)?, Area::open(SHARED_MEMORY)?);
        let empty = (work.used()?, shared.used()?);
        let (hold, uid) = room.map_or((None, 0), |(hold, uid)| (Some(hold), uid));
        Ok(Self {
            host,
            counters,
            hold,
            work,
            shared,
            program: Area::open(PROGRAM_DIR)?,
            empty,
            uid,
            last_uid: if uid > 0 { uid + UIDS } else { 0 },
            wake: sys::child_signals()?,
        })
    }

    /// Answer orders until the host goes away.
    pub fn serve(&mut self) -> Outcome<()> {
        loop {
            let ready =
                vec![("version", VERSION.into()), ("program_kb", self.program_kb()?.into())];
            self.host.say_done("ready", ready)?;
            let order = self.host.next_order()?;
            match order.kind.as_str() {
                "start" => self.begin(order)?,
                "put" => self.put(&Tree::read(order)?)?,
                "take" => self.take(order)?,
                "run" => self.job(Kind::Run, Job::read(order)?)?,
                "build" => self.job(Kind::Build, Job::read(order)?)?,
                "converse" => self.job(Kind::Converse, Job::read(order)?)?,
                _ => return broken("unknown order"),
            }
        }
    }

    fn program_kb(&self) -> Outcome<u64> {
        Ok(self.program.used()?.bytes / 1024)
    }

    fn begin(&mut self, order: Message) -> Outcome<()> {
        let mut fields = Fields::of(order.fields)?;
        let uid = fields.integer("uid", LOWEST_UID.into(), HIGHEST_UID.into())?;
        fields.done()?;
        self.uid = uid as u32;
        self.last_uid = self.uid + UIDS;
        Ok(())
    }

    fn put(&mut self, tree: &Tree) -> Outcome<()> {
        wipe(PROGRAM_DIR)?;
        // tmpfs holds whole pages, and its pages are the group's memory.
        let program_kb =
            tree.files.iter().map(|(_, content)| content.len() as u64 / 1024 + 4).sum();
        self.limit(&DEFAULT_LIMITS, program_kb)?;
        lay(PROGRAM_DIR, &tree.files, ROOT, &tree.executable)
    }

    fn take(&mut self, order: Message) -> Outcome<()> {
        Fields::of(order.fields)?.done()?;
        if self.program.used()?.bytes > TAKEN_BYTES {
            return self.host.say("too_large", vec![], &[]);
        }
        let kept = read_back(PROGRAM_DIR)?;
        let names: Vec<&str> = kept.iter().map(|file| file.name.as_str()).collect();
        let programs = kept.iter().filter(|file| file.is_program());
        let mut executable: Vec<&str> = programs.map(|file| file.name.as_str()).collect();
        executable.sort_unstable();
        let blobs: Vec<&[u8]> = kept.iter().map(|file| &file.content[..]).collect();
        let fields = vec![("files", json::texts(&names)), ("executable", json::texts(&executable))];
        match self.host.say("tree", fields, &blobs) {
            // A build may leave more names than a head can carry.
            Err(Fault::Wire(_)) => self.host.say("too_large", vec![], &[]),
            result => result,
        }
    }

    fn limit(&mut self, limits: &Limits, program_kb: u64) -> Outcome<()> {
        match &mut self.hold {
            Some(hold) => hold.set(Resources::for_job(limits, program_kb)),
            None => Ok(()),
        }
    }

    fn job(&mut self, kind: Kind, mut job: Job) -> Outcome<()> {
        if self.uid == 0 || self.uid >= self.last_uid {
            return broken("no uid is left for a job");
        }
        self.uid += 1;
        self.limit(&job.limits, self.program_kb()?)?;
        let kept = if kind == Kind::Build { Some(self.lend_program()?) } else { None };
        lay(WORK_DIR, &job.files, self.uid, &HashSet::new())?;
        job.files.clear();
        own(Path::new(WORK_DIR), self.uid)?;
        let mut told = self.hold_in_custody(kind, &mut job)?;
        let cap = job.limits.disk_mb * MIB;
        let artifacts = acting_as(self.uid, || Ok(collect(WORK_DIR, &job.collect, cap)))?;
        if let Some(kept) = kept
            && !self.settle(kept, told.status == Status::OK)?
        {
            told.refuse_names();
        }
        let names: Vec<&str> = artifacts.iter().map(|(name, _)| name.as_str()).collect();
        told.fields.push(("artifacts", json::texts(&names)));
        let streams = told.streams.iter().map(Vec::as_slice);
        let blobs: Vec<&[u8]> =
            streams.chain(artifacts.iter().map(|(_, content)| &content[..])).collect();
        self.host.say("outcome", told.fields, &blobs)?;
        self.clean()
    }

    fn hold_in_custody(&mut self, kind: Kind, job: &mut Job) -> Outcome<Told> {
        let (both, one) = ([&self.work, &self.program], [&self.work]);
        let (areas, folder): (&[&Area], &str) = match kind {
            Kind::Build => (&both, PROGRAM_DIR),
            Kind::Run | Kind::Converse => (&one, WORK_DIR),
        };
        let talks = kind == Kind::Converse;
        let mut custody = Custody::start(job, self.uid, folder, &self.counters, areas, talks)?;
        custody.watch(&mut self.host, &self.wake)?;
        custody.finish_talk(&mut self.host)?;
        custody.told()
    }

    fn lend_program(&self) -> Outcome<Vec<Kept>> {
        let kept = read_back(PROGRAM_DIR)?;
        hand_over(PROGRAM_DIR, self.uid)?;
        Ok(kept)
    }

    /// Make the built tree the program, or put the old one back; false if it was refused.
    fn settle(&self, kept: Vec<Kept>, keep_new: bool) -> Outcome<bool> {
        if keep_new && acting_as(self.uid, || tidy(PROGRAM_DIR))? {
            hand_over(PROGRAM_DIR, ROOT)?;
            return Ok(true);
        }
        self.empty_folder(PROGRAM_DIR)?;
        let modes: Vec<(String, u32)> =
            kept.iter().map(|file| (file.name.clone(), file.mode)).collect();
        let files: Vec<(String, Vec<u8>)> =
            kept.into_iter().map(|file| (file.name, file.content)).collect();
        lay(PROGRAM_DIR, &files, ROOT, &HashSet::new())?;
        for (name, mode) in modes {
            set_mode(format!("{PROGRAM_DIR}/{name}"), mode)?;
        }
        Ok(!keep_new)
    }

    /// Delete what the job left, and make sure that nothing is left.
    fn clean(&self) -> Outcome<()> {
        self.empty_folder(WORK_DIR)?;
        acting_as(self.uid, || wipe(SHARED_MEMORY))?;
        let deadline = Instant::now() + SETTLE;
        while (self.work.used()?, self.shared.used()?) != self.empty {
            if Instant::now() > deadline {
                return Err(Fault::System("a job's files could not be deleted".into()));
            }
            collect_sockets()?;
            sleep(PAUSE);
        }
        self.await_memory()
    }

    /// Give the kernel a moment to take back what it held for a job's many dead: the next job shall
    /// not run into its limit because of them.
    fn await_memory(&self) -> Outcome<()> {
        let deadline = Instant::now() + GIVEN_BACK;
        while self.counters.charged()? > KERNELS_REST
            && self.counters.kernels_own()? > KERNELS_REST
            && Instant::now() < deadline
        {
            sleep(PAUSE);
        }
        Ok(())
    }

    fn empty_folder(&self, path: &str) -> Outcome<()> {
        own(Path::new(path), self.uid)?;
        acting_as(self.uid, || {
            set_mode(path, PRIVATE_MODE)?;
            wipe(path)?;
            strip(path)
        })?;
        own(Path::new(path), ROOT)?;
        set_mode(path, FOLDER_MODE)
    }
}

/// Have the kernel look for sockets that hold each other: deleted files may be in flight there.
///
/// It looks whenever a local socket is closed, but later, by a worker of its own.
fn collect_sockets() -> Outcome<()> {
    UnixDatagram::unbound()?;
    Ok(())
}
