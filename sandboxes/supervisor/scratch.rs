//! A folder for one unit test, deleted with it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// An empty folder below the one for temporary files.
pub struct Folder {
    path: String,
}

impl Folder {
    pub fn new() -> Self {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = format!("supervisor-{}-{serial}", std::process::id());
        let path = std::env::temp_dir().join(name).display().to_string();
        fs::create_dir(&path).expect("a folder for the test");
        Self { path }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Write a file and the folders above it.
    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.at(name);
        fs::create_dir_all(Path::new(&path).parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    /// Names in the folder, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path); // a test may have made it undeletable
    }
}
