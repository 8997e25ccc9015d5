//! Trees of files inside the container: laid down, handed over, taken back, measured, emptied.
//!
//! Everything here runs while no process of a job is alive, so nothing can change under its hands;
//! what the dead have left (links, pipes, names without meaning, folders a thousand deep) still can
//! surprise, and is met with calls that never follow a link.

use std::collections::HashSet;
use std::ffi::{CString, OsString};
use std::fs::{self, DirEntry, File, FileTimes, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown,
};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::constants::MAX_NAME;
use crate::fault::{AtPath, Fault, Outcome};
use crate::sys;

/// User and group of the supervisor.
pub const ROOT: u32 = 0;
/// Mode of folders, and of files that are programs.
pub const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
const OWNER_RUNS: u32 = 0o100;
/// Extended attributes that an owner may set; a security module's labels are none of them.
const OWNERS_ATTRIBUTES: [&[u8]; 2] = [b"user.", b"system.posix_acl_"];
const OPEN_FOLDER: i32 = sys::O_DIRECTORY | sys::O_NOFOLLOW;
// A pipe or device left under a wanted name must not block the supervisor.
const OPEN_FILE: i32 = sys::O_NOFOLLOW | sys::O_NONBLOCK;

/// Use the job's own rights for a while: none of the supervisor's reach hostile files.
pub fn acting_as<T>(uid: u32, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    sys::lend_rights(uid)?;
    let result = work();
    sys::own_rights()?;
    result
}

/// Change the mode of what is no link.
pub fn set_mode(path: impl AsRef<Path>, mode: u32) -> Outcome<()> {
    let path = path.as_ref();
    fs::set_permissions(path, Permissions::from_mode(mode)).at(&path.to_string_lossy())
}

/// Write a tree into an empty folder of the supervisor's and give it to `owner`.
///
/// Names have been checked. The folder itself stays the supervisor's.
pub fn lay(
    root: &str,
    files: &[(String, Vec<u8>)],
    owner: u32,
    executable: &HashSet<String>,
) -> Outcome<()> {
    let mut made = HashSet::new();
    for (name, content) in files {
        for (end, _) in name.match_indices('/') {
            let folder = &name[..end];
            if made.insert(folder) {
                let path = format!("{root}/{folder}");
                fs::DirBuilder::new().mode(FOLDER_MODE).create(&path).at(&path)?;
            }
        }
        let path = format!("{root}/{name}");
        let mut options = File::options();
        let mut file =
            options.write(true).create_new(true).mode(FILE_MODE).open(&path).at(&path)?;
        file.write_all(content).at(&path)?;
        if executable.contains(name) {
            file.set_permissions(Permissions::from_mode(FOLDER_MODE)).at(&path)?;
        }
        if owner != ROOT {
            fchown(&file, Some(owner), Some(owner)).at(&path)?;
        }
    }
    if owner != ROOT {
        for folder in made {
            own(Path::new(&format!("{root}/{folder}")), owner)?;
        }
    }
    Ok(())
}

/// Give a folder, file or link to a user, never what a link points to.
pub fn own(path: &Path, owner: u32) -> Outcome<()> {
    lchown(path, Some(owner), Some(owner)).at(&path.to_string_lossy())
}

/// Give a tree of the supervisor's, and the folder itself, to a job.
pub fn hand_over(root: &str, owner: u32) -> Outcome<()> {
    walk(root, |entry| own(&entry.path(), owner))?;
    own(Path::new(root), owner)
}

/// A file of a program, with its mode.
pub struct Kept {
    pub name: String,
    pub content: Vec<u8>,
    pub mode: u32,
}

impl Kept {
    /// Say whether its owner may run it.
    pub fn is_program(&self) -> bool {
        self.mode & OWNER_RUNS != 0
    }
}

/// Return the regular files of a tree of the supervisor's.
pub fn read_back(root: &str) -> Outcome<Vec<Kept>> {
    let mut found = Vec::new();
    walk(root, |entry| {
        let path = entry.path();
        let shown = path.to_string_lossy();
        let state = entry.metadata().at(&shown)?;
        if state.is_file() {
            let below = path.strip_prefix(root).ok().and_then(Path::to_str);
            let name = below.ok_or_else(|| Fault::System("a kept name is no text".into()))?;
            let content = fs::read(&path).at(&shown)?;
            found.push(Kept { name: name.to_owned(), content, mode: state.mode() & 0o777 });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Call `visit` for everything below a folder, each folder before what is in it.
fn walk(root: &str, mut visit: impl FnMut(&DirEntry) -> Outcome<()>) -> Outcome<()> {
    let mut todo = vec![PathBuf::from(root)];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).at(&folder.to_string_lossy())? {
            let entry = entry?;
            visit(&entry)?;
            if entry.file_type()?.is_dir() {
                todo.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Leave only plain files and folders that everyone may read. Use under `acting_as`.
///
/// False when a name in it is not text or is too long to be carried; the caller then throws the
/// tree away. Only the owner may do this: taking a set-uid file back needs a right that the
/// supervisor does not have.
pub fn tidy(root: &str) -> Outcome<bool> {
    let mut todo = vec![PathBuf::from(root)];
    set_mode(root, FOLDER_MODE)?;
    strip(root)?;
    while let Some(folder) = todo.pop() {
        for name in names_in(&folder)? {
            let path = folder.join(&name);
            if path.as_os_str().len() > MAX_NAME || name.to_str().is_none() {
                return Ok(false);
            }
            let shown = path.to_string_lossy();
            let state = fs::symlink_metadata(&path).at(&shown)?;
            if state.is_dir() {
                set_mode(&path, FOLDER_MODE)?;
                todo.push(path);
            } else if state.is_file() {
                let runs = state.mode() & OWNER_RUNS != 0;
                set_mode(&path, if runs { FOLDER_MODE } else { FILE_MODE })?;
            } else {
                fs::remove_file(&path).at(&shown)?;
            }
        }
    }
    Ok(true)
}

/// Return the names in a folder, read to the end before anything there is changed.
fn names_in(folder: &Path) -> Outcome<Vec<OsString>> {
    let entries = fs::read_dir(folder).at(&folder.to_string_lossy())?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

/// Take from a folder what its owner could hang on it: attributes and times. Use under `acting_as`.
///
/// They would outlive what is in it, tell the next job something, and hold memory meanwhile.
pub fn strip(folder: &str) -> Outcome<()> {
    let path = CString::new(folder).map_err(io::Error::from)?;
    for name in sys::attributes_of(&path).at(folder)? {
        if OWNERS_ATTRIBUTES.iter().any(|kind| name.as_bytes().starts_with(kind)) {
            sys::remove_attribute(&path, &name).at(folder)?;
        }
    }
    let now = SystemTime::now();
    let times = FileTimes::new().set_accessed(now).set_modified(now);
    File::open(folder).and_then(|open| open.set_times(times)).at(folder)
}

/// Read regular files out of a job's tree, up to `cap` bytes in all. Use under `acting_as`.
///
/// What is missing, special, reached through a link, or too large is left out.
pub fn collect(root: &str, names: &[String], mut cap: u64) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in names {
        if let Ok(Some(content)) = read_plain(root, name, cap) {
            cap -= content.len() as u64;
            found.push((name.clone(), content));
        }
    }
    found
}

fn read_plain(root: &str, name: &str, cap: u64) -> io::Result<Option<Vec<u8>>> {
    // The job may have closed its own folder, too.
    let mut options = File::options();
    let mut at = options.read(true).custom_flags(OPEN_FOLDER).open(root)?;
    let (folders, last) = name.rsplit_once('/').unwrap_or(("", name));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        at = sys::open_below(at.as_fd(), &CString::new(part)?, OPEN_FOLDER)?;
    }
    let file = sys::open_below(at.as_fd(), &CString::new(last)?, OPEN_FILE)?;
    let state = file.metadata()?;
    if !state.is_file() || state.len() > cap {
        return Ok(None);
    }
    let mut content = Vec::with_capacity(state.len() as usize);
    file.take(state.len()).read_to_end(&mut content)?;
    Ok(Some(content))
}

/// Empty a folder, whatever is in it. Use under `acting_as` for a job's.
///
/// Folders inside folders are first moved to the top: no depth can exhaust the path or the stack.
pub fn wipe(root: &str) -> Outcome<()> {
    let top = Path::new(root);
    let mut serial = 0;
    loop {
        let names = names_in(top)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            let path = top.join(name);
            if is_folder(&path)? {
                empty_into(&path, top, &mut serial)?;
                fs::remove_dir(&path).at(&path.to_string_lossy())?;
            } else {
                fs::remove_file(&path).at(&path.to_string_lossy())?;
            }
        }
    }
}

fn is_folder(path: &Path) -> Outcome<bool> {
    Ok(fs::symlink_metadata(path).at(&path.to_string_lossy())?.is_dir())
}

/// Delete the files of a folder and move its folders to the top under names that are free there.
fn empty_into(folder: &Path, top: &Path, serial: &mut u64) -> Outcome<()> {
    set_mode(folder, 0o700)?;
    for name in names_in(folder)? {
        let below = folder.join(name);
        if is_folder(&below)? {
            set_mode(&below, 0o700)?;
            fs::rename(&below, free_name(top, serial)).at(&below.to_string_lossy())?;
        } else {
            fs::remove_file(&below).at(&below.to_string_lossy())?;
        }
    }
    Ok(())
}

fn free_name(top: &Path, serial: &mut u64) -> PathBuf {
    loop {
        *serial += 1;
        let path = top.join(serial.to_string());
        if fs::symlink_metadata(&path).is_err() {
            return path;
        }
    }
}
