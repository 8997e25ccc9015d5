"""What the cage needs made once on this machine: its first process, and libraries for zig.

Kept under the user's cache folder, named by what it was made from; where that cannot be written,
in a folder that goes with the sandbox.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandboxes.bubblewrap.cage import CAGE_DIR, PYTHON
from sandboxes.languages.host import ZIG_RUNTIME, host_program, wheel
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandboxes.bubblewrap.harvest import Leaf

INSIDE: Final = Path(__file__).parent / "inside"
COMPILE_S: Final = 900
ZIG_CACHE: Final = "z"
OBJECT: Final = "warm.o"
RUNTIME_S: Final = 3600
RUNTIME_FORM: Final = b"1"
"""Of the folder of libraries; a new one makes old folders void."""
WARM: Final = {
    "cc": ("warm.c", "#include <math.h>\nint main(int n, char **w) { return w && sin(n) > 2; }\n"),
    "c++": ("warm.cpp", "#include <iostream>\nint main() { std::cout << 1; }\n"),
}
OLD_HEADERS: Final = (
    "cassert cctype cerrno cfloat ciso646 climits clocale cmath csetjmp csignal cstdarg cstddef"
    " cstdio cstdlib cstring ctime cwchar cwctype algorithm bitset complex deque exception fstream"
    " functional iomanip ios iosfwd iostream istream iterator limits list locale map memory new"
    " numeric ostream queue set sstream stack stdexcept streambuf string typeinfo utility valarray"
    " vector"
)
HEADERS: Final = {
    "199711L": OLD_HEADERS,
    "201103L": "array atomic chrono cfenv cinttypes condition_variable cstdint cuchar forward_list"
    " future initializer_list mutex random ratio regex scoped_allocator system_error thread tuple"
    " type_traits typeindex unordered_map unordered_set",
    "201402L": "shared_mutex",
    "201703L": "any charconv filesystem memory_resource optional string_view variant",
    "202002L": "barrier bit compare concepts coroutine format latch numbers ranges semaphore"
    " source_location span stop_token syncstream version",
    "202302L": "expected flat_map flat_set generator mdspan print spanstream stacktrace stdfloat",
}
"""What GCC's <bits/stdc++.h> includes, by the standard that brought it."""


class Workshop:
    """Makes things once and keeps them by digest."""

    def __init__(self, scratch: Path, cache: Path | None = None) -> None:
        self._cache = self._own_folder(cache or _cache_folder(), scratch)
        self.lasts = self._cache != scratch

    @staticmethod
    def _own_folder(wanted: Path, scratch: Path) -> Path:
        # Everything in here is executed or bound later: nobody else may write it.
        with contextlib.suppress(OSError):
            wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
            state = wanted.stat()
            if state.st_uid == Path("/proc/self").stat().st_uid and not state.st_mode & 0o022:
                return wanted
        return scratch

    def first_process(self) -> tuple[Path | None, tuple[str, ...]]:
        """Return our init and how the cage calls it: compiled where a compiler is, else Python."""
        source = INSIDE / "init.c"
        compiler, options = self._compiler()
        if compiler is not None:
            key = _digest(source.read_bytes(), str(compiler).encode(), repr(options).encode())
            target = self._cache / f"init-{key}"
            if target.is_file() or self._compile(compiler, options, source, target):
                return target, (f"{CAGE_DIR}/init",)
        return None, (PYTHON, "-I", "-S", "-B", f"{CAGE_DIR}/inside/init.py")

    def _compiler(self) -> tuple[Path | None, tuple[str, ...]]:
        host = host_program("cc")
        if host is not None:
            return host, ()
        zig = wheel("ziglang", "zig")
        return (zig, ("cc", "-target", f"{platform.machine()}-linux-musl")) if zig else (None, ())

    def _compile(
        self, compiler: Path, options: tuple[str, ...], source: Path, target: Path
    ) -> bool:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / "init"
            environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder}
            environment["ZIG_GLOBAL_CACHE_DIR"] = environment["ZIG_LOCAL_CACHE_DIR"] = folder
            # A static program starts in a third of the time; some hosts have no static libc.
            for linking in (("-static",), ()):
                command = [compiler, *options, "-O2", *linking, "-o", made, source]
                done = subprocess.run(
                    command, env=environment, capture_output=True, timeout=COMPILE_S, check=False
                )
                if done.returncode == 0:
                    made.chmod(0o755)
                    made.replace(target)
                    return True
        return False

    def zig_runtime(self, zig: Path) -> Path:
        """Return where zig's C and C++ libraries are, or are to be."""
        state = zig.stat()
        key = _digest(RUNTIME_FORM, str((state.st_size, state.st_mtime_ns)).encode())
        return self._cache / f"zig-{key}"

    def build_zig_runtime(self, zig: Path) -> None:
        """Have zig build its libraries once, and keep them with the link command that it used.

        Takes minutes. All or nothing: SandboxUnavailableError when zig cannot.
        """
        target = self.zig_runtime(zig)
        if target.is_dir():
            return
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / "made"
            made.mkdir()
            for name, (source, text) in WARM.items():
                (Path(folder) / source).write_text(text)
                words = _linked_by(zig, name, Path(folder), source)
                (made / f"{name}.link").write_text(_keep_link(words, Path(folder), made))
            header = made / "include" / "bits" / "stdc++.h"
            header.parent.mkdir(parents=True)
            header.write_text(_all_headers())
            _open_to_readers(made)
            with contextlib.suppress(OSError):  # somebody was faster
                made.replace(target)


def _linked_by(zig: Path, name: str, folder: Path, source: str) -> list[str]:
    """Compile and link a small program; return the words of the last link command."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "ZIG_VERBOSE_LINK": "1"}
    # A relative path: the words that zig prints are not quoted.
    environment["ZIG_GLOBAL_CACHE_DIR"] = environment["ZIG_LOCAL_CACHE_DIR"] = ZIG_CACHE
    options = ["-mcpu=baseline", "-O2"]
    errors = ""
    for step in (["-c", "-o", OBJECT, source], ["-o", "product", OBJECT]):
        done = subprocess.run(
            [zig, name, *options, *step],
            cwd=folder, env=environment, capture_output=True, timeout=RUNTIME_S, check=False,
        )  # fmt: skip
        errors = done.stderr.decode(errors="replace")
        if done.returncode:
            raise SandboxUnavailableError(f"zig could not build its libraries: {errors[-300:]}")
    links = [line.split() for line in errors.splitlines() if line.startswith("ld.lld ")]
    if not links or OBJECT not in links[-1] or "-o" not in links[-1]:
        raise SandboxUnavailableError("zig did not tell how it links")
    return links[-1][1:]


def _keep_link(words: list[str], folder: Path, made: Path) -> str:
    """Copy the libraries of a link command; return the command as the cage is to use it."""
    at = words.index("-o")
    kept = ["--strip-debug"]
    for word in words[:at] + words[at + 2 :]:
        if word.startswith(f"{ZIG_CACHE}/"):
            library = Path(word).name
            shutil.copyfile(folder / word, made / library)
            kept.append(f"{ZIG_RUNTIME}/{library}")
        else:
            kept.append("@OBJECTS@" if word == OBJECT else word)
    return "\n".join(kept) + "\n"


def _all_headers() -> str:
    """Write <bits/stdc++.h>, which answers written for GCC may include and libc++ lacks."""
    lines = ["#pragma once"]
    for standard, names in HEADERS.items():
        lines.append(f"#if __cplusplus >= {standard}")
        for name in names.split():
            lines += [f"#if __has_include(<{name}>)", f"#include <{name}>", "#endif"]
        lines.append("#endif")
    return "\n".join(lines) + "\n"


def _open_to_readers(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _cache_folder() -> Path:
    with contextlib.suppress(RuntimeError):
        return Path.home() / ".cache" / "tos-validator"
    return Path("/nonexistent")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def write_tree(root: Path, leaves: Mapping[str, Leaf]) -> None:
    """Write a new tree that every user may read."""
    make_folder(root)
    for name, leaf in leaves.items():
        path = root / name
        for parent in reversed(path.relative_to(root).parents):
            if parent.name:
                make_folder(root / parent)
        path.write_bytes(leaf.content)
        path.chmod(0o755 if leaf.executable else 0o644)


def link_tree(source: Path, target: Path) -> None:
    """Have an empty folder hold the files of a tree that nobody will change, without a copy."""
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                make_folder(target / entry.name)
                link_tree(source / entry.name, target / entry.name)
            else:
                os.link(entry.path, target / entry.name)


def make_folder(path: Path) -> None:
    """Make a folder that every user may read."""
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


def remove_tree(path: Path) -> None:
    """Delete a tree that only the host wrote."""
    shutil.rmtree(path, ignore_errors=True)
