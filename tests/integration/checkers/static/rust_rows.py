"""Rows of Rust."""

from __future__ import annotations

from tests.integration.checkers.static.rows import MARKER, Failure, Injection

SAME = '{}fn main() {{\n    let x = std::env::args().count();\n    println!("{{}}", x == x);\n}}\n'
BUILD = f'fn main() {{ std::fs::write("/tmp/{MARKER}", "").unwrap(); }}\n'


def clippy(name: str, source: str, planted: dict[str, str | bytes] | None = None) -> Injection:
    return Injection(name, "clippy", "rust", {"main.rs": source}, planted or {}, ("clippy/eq_op",))


INJECTIONS = (
    clippy("allow of the crate", SAME.format("#![allow(clippy::all, warnings)]\n")),
    clippy("allow of one function", SAME.format("#[allow(clippy::eq_op)]\n")),
    clippy("expect", SAME.format("#[expect(clippy::eq_op)]\n")),
    clippy("allow under a condition", SAME.format("#![cfg_attr(clippy, allow(clippy::all))]\n")),
    clippy("hidden from clippy", SAME.format("#[cfg(not(clippy))]\n")),
    clippy("clippy.toml", SAME.format(""), {"clippy.toml": 'msrv = "1.0.0"\n'}),
    clippy(
        "build.rs and a wrapper of cargo",
        SAME.format(""),
        {
            "build.rs": BUILD,
            "Cargo.toml": '[package]\nname = "a"\nbuild = "build.rs"\n',
            ".cargo/config.toml": '[build]\nrustc-wrapper = "./x.sh"\n',
            "x.sh": f"#!/bin/sh\ntouch /tmp/{MARKER}\n",
        },
    ),
    clippy(
        "a weakness in a module",
        "mod deep;\nfn main() { deep::run(); }\n",
        {"deep.rs": SAME.format("#![allow(clippy::all)]\n").replace("fn main", "pub fn run")},
    ),
)

FAILURES = (
    Failure("a syntax error", ("clippy",), "rust", {"main.rs": b"fn main( {\n"}),
    Failure("wrong types", ("clippy",), "rust", {"main.rs": b"fn main() { let _: u8 = true; }"}),
    Failure("no package", ("clippy",), "rust", {"main.rs": b"use rand::Rng;\nfn main() {}\n"}),
    Failure(
        "a file of the machine",
        ("clippy",),
        "rust",
        {"main.rs": b'compile_error!(include_str!("/etc/passwd"));\nfn main() {}\n'},
    ),
    Failure(
        "a file that no crate reads",
        ("clippy",),
        "rust",
        {"main.rs": b"fn main() {}\n", "other.rs": b"pub fn f() -> crate::Nothing {}\n"},
    ),
    Failure(
        "made for a compiler itself",
        ("clippy",),
        "rust",
        {"main.rs": b"struct A;\n#[automatically_derived]\nimpl A {}\nfn main() {}\n"},
    ),
    Failure("no fault", ("clippy",), "rust", {"main.rs": b"fn main() {}\n"}, clean=True),
    Failure(
        "what it denies of itself",
        ("clippy",),
        "rust",
        {"main.rs": b"#![deny(warnings)]\nfn unused() {}\nfn main() {}\n"},
        clean=True,
    ),
)
