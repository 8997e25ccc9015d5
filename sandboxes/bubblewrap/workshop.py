"""What the cage needs made once on this machine: its first process, and a warm cache for zig.

Kept under the user's cache folder, named by what it was made from; where that cannot be written,
in a folder that goes with the sandbox.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandboxes.bubblewrap.cage import CAGE_DIR, PYTHON
from sandboxes.host_toolchains import host_program, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandboxes.bubblewrap.harvest import Leaf

INSIDE: Final = Path(__file__).parent / "inside"
COMPILE_S: Final = 300
WARM_C: Final = b"""\
#include <math.h>
#include <stdio.h>
int main(int count, char **words) { (void)words; printf("%f", sin(count)); return 0; }
"""
WARM_CPP: Final = b"""\
#include <iostream>
#include <thread>
int main() { std::thread t([] {}); t.join(); std::cout << 1; }
"""
# Inside the cage, because zig's cache remembers under which paths a thing was made.
WARM_UP: Final = (
    'mkdir -p "$HOME/.zig" && /opt/bin/cc -O2 -o c /program/warm.c -lm'
    " && /opt/bin/c++ -O2 -o cpp /program/warm.cpp -lm"
    ' && rm /program/warm.c /program/warm.cpp && cp -R "$HOME/.zig/." /program/'
)


class Workshop:
    """Makes things once and keeps them by digest."""

    def __init__(self, scratch: Path, cache: Path | None = None) -> None:
        self._cache = self._own_folder(cache or _cache_folder(), scratch)

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
        return (zig, ("cc",)) if zig else (None, ())

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

    def zig_cache(self, zig: Path) -> Path:
        """Return where a cache is, or is to be, that has zig's C and C++ runtimes built."""
        return self._cache / f"zig-{_digest(str(zig).encode(), str(zig.stat().st_mtime).encode())}"

    def keep(self, target: Path, leaves: Mapping[str, Leaf]) -> None:
        """Write a tree under its final name at once, unless somebody was faster."""
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / "tree"
            write_tree(made, leaves)
            with contextlib.suppress(OSError):
                made.replace(target)


def _cache_folder() -> Path:
    with contextlib.suppress(RuntimeError):
        return Path.home() / ".cache" / "tos-validator"
    return Path("/nonexistent")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def write_tree(root: Path, leaves: Mapping[str, Leaf]) -> None:
    """Write a new tree that every user may read."""
    _make_folder(root)
    for name, leaf in leaves.items():
        path = root / name
        for parent in reversed(path.relative_to(root).parents):
            if parent.name:
                _make_folder(root / parent)
        path.write_bytes(leaf.content)
        path.chmod(0o755 if leaf.executable else 0o644)


def _make_folder(path: Path) -> None:
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


def remove_tree(path: Path) -> None:
    """Delete a tree that only the host wrote."""
    shutil.rmtree(path, ignore_errors=True)
