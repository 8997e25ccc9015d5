//! The job's own system call filter, made of the one table by `sandboxes/seccomp/__init__.py`.

use std::io;

use crate::sys;

#[cfg(target_arch = "x86_64")]
const FILTER: &[u8] = include_bytes!("filter.x86_64");
#[cfg(target_arch = "aarch64")]
const FILTER: &[u8] = include_bytes!("filter.aarch64");

/// Put the filter on this process, for good; what it becomes and its children keep it.
pub fn install() -> io::Result<()> {
    sys::set_attribute(sys::PR_SET_NO_NEW_PRIVS, 1)?;
    sys::install_filter(FILTER)
}

#[cfg(test)]
mod tests {
    use super::FILTER;

    #[test]
    fn the_filter_is_a_program_that_ends() {
        // A whole number of instructions, as many as the kernel takes, and the last returns.
        assert!(FILTER.len() > 8 && FILTER.len().is_multiple_of(8) && FILTER.len() / 8 <= 4096);
        assert_eq!(FILTER[FILTER.len() - 8], 0x06);
    }
}
