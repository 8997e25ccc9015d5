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
from typing import Final

from sandboxes.bubblewrap.cage import CAGE_DIR, PYTHON
from sandboxes.host_toolchains import host_program, wheel, zig_script

INSIDE: Final = Path(__file__).parent / "inside"
COMPILE_S: Final = 300
WARM: Final = {
    "cc": ("warm.c", '#include <math.h>\n#include <stdio.h>\nint main(){printf("%f",sin(1));}\n'),
    "c++": (
        "warm.cpp",
        "#include <iostream>\n#include <thread>\n#include <regex>\n"
        'int main(){std::regex r("a");std::thread t([]{});t.join();std::cout<<1;}\n',
    ),
}


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
        """Return a cache in which zig's C and C++ runtimes are already built."""
        target = (
            self._cache / f"zig-{_digest(str(zig).encode(), str(zig.stat().st_mtime).encode())}"
        )
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                self._warm(zig, Path(folder))
                with contextlib.suppress(OSError):  # somebody was faster
                    (Path(folder) / ".zig").replace(target)
        return target

    def _warm(self, zig: Path, folder: Path) -> None:
        (folder / ".zig").mkdir()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
        for mode, (name, text) in WARM.items():
            (folder / name).write_text(text)
            script = folder / f"zig-{mode}"
            script.write_text(zig_script(str(zig), mode, str(folder / ".zig")))
            script.chmod(0o755)
            for options in (("-O2",), ("-fsyntax-only",)):
                subprocess.run(
                    [script, *options, "-o", folder / "out", folder / name, "-lm"],
                    env=environment,
                    capture_output=True,
                    timeout=COMPILE_S,
                    check=False,
                )


def _cache_folder() -> Path:
    with contextlib.suppress(RuntimeError):
        return Path.home() / ".cache" / "tos-validator"
    return Path("/nonexistent")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def remove_tree(path: Path) -> None:
    """Delete a tree that only the host wrote."""
    shutil.rmtree(path, ignore_errors=True)
