"""The compiler command around zig, with a program in zig's place that tells how it is called."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandboxes.bubblewrap.cage import Host, Layout, Mode, Wires, command
from sandboxes.bubblewrap.workshop import OBJECT, Workshop, _keep_link
from sandboxes.languages.host import ZIG_DIR, ZIG_RUNTIME, Provision, native, zig_script

LINK = ("--strip-debug", f"{ZIG_RUNTIME}/crt1.o", "@OBJECTS@", f"{ZIG_RUNTIME}/libc++.a")
FAKE = '#!/bin/bash\necho "$@" >> "$HOME/calls"\ncase "$*" in *broken*) exit 1 ;; esac\n'


@pytest.fixture
def compiler(tmp_path: Path) -> Path:
    zig = tmp_path / "zig"
    zig.write_text(FAKE)
    zig.chmod(0o755)
    script = tmp_path / "c++"
    script.write_text(zig_script("c++", LINK).replace(f"{ZIG_DIR}/zig", str(zig)))
    script.chmod(0o755)
    return script


def call(compiler: Path, *words: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["bash", compiler, *words],
        env={"HOME": str(compiler.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        timeout=10,
    )
    calls = compiler.parent / "calls"
    return done.returncode, calls.read_text().splitlines() if calls.exists() else []


def test_levels_of_optimisation_reach_the_compiler_and_never_the_link(compiler: Path) -> None:
    code, calls = call(compiler, "-O2", "-o", "/program/a.out", "-O0", "-g", "/p/a.cpp", "-lm")
    assert code == 0
    compiled, linked = calls
    assert compiled.startswith("c++ ")
    assert "-O2 -O0 -g -c" in compiled
    assert "/p/a.cpp" in compiled
    assert "-lm" not in compiled
    home = compiler.parent
    assert linked == (
        f"ld.lld -o /program/a.out --strip-debug {ZIG_RUNTIME}/crt1.o {home}/.zig-0.o"
        f" {ZIG_RUNTIME}/libc++.a"
    )


def test_every_source_is_compiled_by_itself_and_all_are_linked(compiler: Path) -> None:
    _, calls = call(compiler, "-o", "out", "/p/a.cpp", "/p/b c.cpp")
    assert [line.startswith("c++") for line in calls] == [True, True, False]
    assert ".zig-0.o" in calls[2]
    assert ".zig-1.o" in calls[2]


def test_a_source_that_does_not_compile_ends_it_with_nothing_linked(compiler: Path) -> None:
    code, calls = call(compiler, "-o", "out", "/p/broken.cpp", "/p/b.cpp")
    assert code == 1
    assert len(calls) == 2, "the second source is reported too"


def test_a_syntax_check_links_nothing(compiler: Path) -> None:
    code, calls = call(compiler, "-fsyntax-only", "/p/a.cpp", "/p/b.cpp")
    assert code == 0
    assert all(line.startswith("c++ ") for line in calls)
    assert len(calls) == 2
    assert not any("-fsyntax-only" in line for line in calls)


def test_libraries_are_kept_under_the_names_that_the_cage_uses(tmp_path: Path) -> None:
    library = tmp_path / "z" / "o" / "abc" / "libc++.a"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"archive")
    made = tmp_path / "made"
    made.mkdir()
    words = ["-O3", "-o", "product", OBJECT, "-L/", "z/o/abc/libc++.a"]
    assert _keep_link(words, tmp_path, made).split() == [
        "--strip-debug", "-O3", "@OBJECTS@", "-L/", f"{ZIG_RUNTIME}/libc++.a",
    ]  # fmt: skip
    assert (made / "libc++.a").read_bytes() == b"archive"


def test_without_built_libraries_the_language_is_missing_and_the_mend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zig = tmp_path / "zig"
    zig.write_text("")
    monkeypatch.setattr("sandboxes.languages.host.host_program", lambda _name: None)
    monkeypatch.setattr("sandboxes.languages.host.wheel", lambda _package, _program: zig)
    found = native("c++", Workshop(tmp_path, tmp_path / "cache").zig_runtime)
    assert found.missing == "run `python -m sandboxes.languages.setup`"


def test_zig_finds_itself_where_the_cage_can_have_no_proc() -> None:
    host = Host(Path("/bwrap"), (), Path("/in"), Path("/etc"), Path("/tools"), Mode.USER)
    layout = Layout(Path("/p"), 64, provision=Provision(finds_itself="/zig"))
    wires = Wires(3, 4, 5)
    assert "/proc/self/exe" not in command(host, Provision(), layout, wires)
    words = command(replace(host, proc=False), Provision(), layout, wires)
    at = words.index("/proc/self/exe")
    assert words[at - 2 : at] == ["--symlink", "/zig"]
