//! Inside the fast lane's container: a keeper, and for each submission a room of its own.
//!
//! A room is a fresh user, mount, process, IPC, network, host name and control group namespace with
//! a control group below the container's. In it runs the very supervisor that is pid 1 of a
//! container in the strong lane (ADR 10).

mod frames;
mod furniture;
pub mod groups;
pub mod keeper;
mod room;
