//! Names of files in a tree: what `check_name` and `check_tree` of `sandboxes/wire.py` let through.

use std::collections::HashSet;

use crate::constants::{MAX_COMPONENT, MAX_NAME};
use crate::fault::{Outcome, broken};

/// Refuse a name that is not a relative POSIX path without surprises.
fn check_name(name: &str) -> Outcome<()> {
    if name.len() > MAX_NAME || name.split('/').any(|part| part.len() > MAX_COMPONENT) {
        return broken("a file name is too long");
    }
    if name.contains('\0') || name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return broken("a file name must be relative, without empty, '.' or '..' parts");
    }
    Ok(())
}

/// Refuse names that are bad, doubled, or of which one is a folder of another.
pub fn check_tree(names: &[String]) -> Outcome<()> {
    let mut known = HashSet::with_capacity(names.len());
    for name in names {
        check_name(name)?;
        if !known.insert(name.as_str()) {
            return broken("a file name is given twice");
        }
    }
    for name in names {
        if name.match_indices('/').any(|(at, _)| known.contains(&name[..at])) {
            return broken("a file name is also the folder of another");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_tree;
    use crate::constants::{MAX_COMPONENT, MAX_NAME};

    fn good(names: &[&str]) -> bool {
        check_tree(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).is_ok()
    }

    #[test]
    fn only_relative_paths_without_surprises_are_names() {
        assert!(good(&["a", "b/c", "b/d", " ", "\n", "...", "a.b", "\u{e9}/-"]));
        for name in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b"] {
            assert!(!good(&[name]), "{name:?}");
        }
    }

    #[test]
    fn names_have_a_length() {
        let part = "x".repeat(MAX_COMPONENT);
        assert!(good(&[&part]));
        assert!(!good(&[&format!("{part}x")]));
        let long = vec!["ab"; MAX_NAME].join("/");
        assert!(!good(&[&long]));
        assert!(good(&[&long[..MAX_NAME - 2]]));
    }

    #[test]
    fn a_tree_has_each_name_once_and_no_file_for_a_folder() {
        assert!(good(&[]));
        assert!(!good(&["a", "a"]));
        assert!(!good(&["a/b/c", "a"]));
        assert!(!good(&["a/b", "a/b/c"]));
        assert!(good(&["a/b", "a/bc/d", "ab"]));
    }
}
