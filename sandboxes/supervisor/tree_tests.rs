//! What jobs leave behind, and what becomes of it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::scratch::Folder;
use crate::sys;
use crate::tree::{FOLDER_MODE, ROOT, collect, lay, read_back, set_mode, strip, tidy, wipe};

fn files(files: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|(name, text)| ((*name).into(), text.as_bytes().to_vec())).collect()
}

fn laid(wanted: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    lay(folder.path(), &files(wanted), ROOT, &HashSet::new()).expect("an empty folder");
    folder
}

fn mode(path: &str) -> u32 {
    fs::symlink_metadata(path).expect("is there").mode() & 0o7777
}

#[test]
fn a_tree_is_laid_collected_and_wiped() {
    let folder = laid(&[("a/b/c", "1"), ("d", "")]);
    symlink("/etc/passwd", folder.at("link")).expect("a link");
    symlink("a", folder.at("folder")).expect("a link");
    let _socket = UnixListener::bind(folder.at("socket")).expect("a socket");
    let wanted = ["a/b/c", "d", "link", "folder/b/c", "socket", "a", "none", "d/e"].map(Into::into);

    assert_eq!(collect(folder.path(), &wanted, 10), files(&[("a/b/c", "1"), ("d", "")]));
    assert_eq!(collect(folder.path(), &wanted, 0), files(&[("d", "")]));
    wipe(folder.path()).expect("ours");
    assert!(folder.names().is_empty());
}

#[test]
fn nothing_is_collected_through_a_link_in_the_place_of_the_folder() {
    let folder = laid(&[("a", "1")]);
    let other = Folder::new();
    symlink(folder.path(), other.at("box")).expect("a link");
    assert_eq!(collect(&other.at("box"), &["a".into()], 10), []);
}

#[test]
fn programs_are_laid_and_read_back_as_programs() {
    let folder = Folder::new();
    let executable = HashSet::from(["a/run".to_owned()]);
    let tree = files(&[("a/run", "1"), ("text", "2")]);
    lay(folder.path(), &tree, ROOT, &executable).expect("an empty folder");

    let mut kept = read_back(folder.path()).expect("ours");
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    let seen: Vec<_> = kept
        .iter()
        .map(|file| (file.name.as_str(), &file.content[..], file.is_program()))
        .collect();
    assert_eq!(seen, [("a/run", &b"1"[..], true), ("text", b"2", false)]);
    assert!(lay(folder.path(), &tree, ROOT, &executable).is_err(), "never over what is there");
}

#[test]
fn tidying_drops_what_is_not_plain_and_refuses_names_without_meaning() {
    let folder = laid(&[("a/run", "1"), ("text", "2")]);
    set_mode(folder.at("a/run"), 0o4711).expect("ours");
    set_mode(folder.at("text"), 0o600).expect("ours");
    set_mode(folder.at("a"), 0o700).expect("ours");
    symlink("/", folder.at("link")).expect("a link");

    assert!(tidy(folder.path()).expect("ours"));
    assert_eq!(folder.names(), ["a", "text"]);
    assert_eq!(mode(&folder.at("a")), FOLDER_MODE);
    assert_eq!(mode(&folder.at("a/run")), FOLDER_MODE);
    assert_eq!(mode(&folder.at("text")), 0o644);
    File::create(Path::new(folder.path()).join(OsStr::from_bytes(b"\xff\n"))).expect("a file");
    assert!(!tidy(folder.path()).expect("ours"));
}

#[test]
fn tidying_refuses_a_path_that_no_frame_carries() {
    let folder = Folder::new();
    let deep = vec!["x".repeat(200); 6].join("/");
    fs::create_dir_all(folder.at(&deep)).expect("folders");
    assert!(!tidy(folder.path()).expect("ours"));
}

#[test]
fn a_folder_too_deep_for_any_path_is_wiped() {
    let folder = laid(&[("1", "in the way of a moved folder"), ("2/3/4", "")]);
    let mut here = File::open(folder.path()).expect("ours");
    for _ in 0..3000 {
        let path = format!("/proc/self/fd/{}/d", std::os::fd::AsRawFd::as_raw_fd(&here));
        fs::create_dir(path).expect("a folder");
        here = sys::open_below(here.as_fd(), c"d", sys::O_DIRECTORY).expect("just made");
        set_mode(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&here)), 0o300)
            .expect("ours");
    }
    wipe(folder.path()).expect("ours");
    assert!(folder.names().is_empty());
}

#[test]
fn a_folder_keeps_no_times_that_its_owner_gave_it() {
    let folder = Folder::new();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
    let times = FileTimes::new().set_accessed(long_ago).set_modified(long_ago);
    File::open(folder.path()).and_then(|open| open.set_times(times)).expect("ours");
    strip(folder.path()).expect("ours");
    let state = fs::metadata(folder.path()).expect("is there");
    assert!(state.modified().expect("known") > long_ago);
    assert!(state.accessed().expect("known") > long_ago);
}
