"""The cage's walls as a bwrap command: what is bound where, and nothing else."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

from sandboxes.languages.host import PYTHON_DIR, TOOLS_DIR, Provision
from sandboxes.protocol import ENVIRONMENT, PROGRAM_DIR, WORK_DIR, Limits

MIB: Final = 1024 * 1024
SHM_MB: Final = 16
CAGE_DIR: Final = "/run/cage"
SOURCE_DIR: Final = f"{CAGE_DIR}/source"
INPUT_DIR: Final = f"{CAGE_DIR}/input"
PYTHON: Final = f"{PYTHON_DIR}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
PATH: Final = f"{TOOLS_DIR}:/usr/bin:/bin"
USER_IN_CAGE: Final = 1000

# What of /usr is this machine's own affair. Covered by empty folders.
PRIVATE: Final = ("/usr/local", "/usr/src", "/usr/games", "/usr/lib/python3/dist-packages")
# The linker's cache and the names of alternatives: without them many programs do not start.
FROM_ETC: Final = ("ld.so.cache", "alternatives")
STUBS: Final = {
    "passwd": "job:x:1000:1000:job:/box:/bin/sh\n",
    "group": "job:x:1000:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
# Copies a tree, then becomes the job: no program of the job runs before the copy is done.
LAY: Final = 'cp -R "$1"/. "$2"/ && shift 2 && exec "$@"'


class Mode(Enum):
    """How the cage gets its rights: from root itself, or from a user namespace."""

    ROOT = "root"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Wires:
    """Descriptors that the cage's first process inherits."""

    info: int
    status: int
    go: int
    collect: int = -1
    filter: int = -1

    def passed(self) -> tuple[int, ...]:
        """Those that exist."""
        return tuple(
            fd for fd in (self.info, self.status, self.go, self.collect, self.filter) if fd >= 0
        )


@dataclass(frozen=True, slots=True)
class Host:
    """What this machine gives: the bwrap binary, our first process, and how mounts are made."""

    bwrap: Path
    init: tuple[str, ...]
    inside: Path
    etc: Path
    tools: Path
    mode: Mode
    proc: bool = True
    own_init: Path | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What a cage is made of before its job is known: folders of this machine, and a toolchain."""

    program: Path
    disk_mb: int
    inputs: Path | None = None
    build: bool = False
    user: int = -1
    provision: Provision = field(default_factory=Provision)


@dataclass(frozen=True, slots=True)
class Orders:
    """What the first process is told once there is a job."""

    limits: Limits
    argv: tuple[str, ...]
    input_count: int = 0
    build: bool = False
    data_mb: int = -1
    spare_tasks: int = 0
    """Room above the limit where a control group counts, and tells, what it refused."""

    def encode(self, mode: Mode) -> bytes:
        """Write them as the first process reads them: a length, then words that end with NUL."""
        limits = self.limits
        # Without a user namespace only the job's own processes count; in one, its first process
        # too.
        tasks = limits.processes + (1 if mode is Mode.USER else 0) + self.spare_tasks
        numbers = (
            limits.files + self.input_count + 1,
            limits.disk_mb * MIB,
            tasks,
            # A second more than the limit: the host counts the whole tree and names the limit.
            int(limits.cpu_s) + 2,
            # A little more than the box holds, so that a full box is told from a long file.
            limits.disk_mb * MIB + MIB,
            -1 if self.data_mb < 0 else self.data_mb * MIB,
            1024,
        )
        argv = self.argv
        if self.input_count:
            argv = ("/bin/sh", "-c", LAY, "sh", INPUT_DIR, WORK_DIR, *argv)
        if self.build:
            argv = ("/bin/sh", "-c", LAY, "sh", SOURCE_DIR, PROGRAM_DIR, *argv)
        text = b"".join(os.fsencode(str(word)) + b"\0" for word in (*numbers, *argv))
        return len(text).to_bytes(4, "big") + text


def command(host: Host, python: Provision, layout: Layout, wires: Wires) -> list[str]:
    """Return the whole command line of one cage."""
    return [
        str(host.bwrap),
        *_namespaces(host),
        *_environment(python, layout.provision),
        *_folders((python, layout.provision)),
        "--ro-bind", str(host.etc), "/etc",
        *_system(),
        *_toolchains(host, (python, layout.provision)),
        *_work(host, layout),
        *_proc(host, layout.provision),
        "--info-fd", str(wires.info),
        "--remount-ro", "/",
        "--chdir", WORK_DIR,
        "--",
        *_init(host, layout, wires),
    ]  # fmt: skip


def _namespaces(host: Host) -> list[str]:
    words = [
        "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--hostname", "cage", "--die-with-parent", "--new-session", "--as-pid-1",
        "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP",
    ]  # fmt: skip
    if host.mode is Mode.USER:
        user = str(USER_IN_CAGE)
        return [*words, "--unshare-user", "--uid", user, "--gid", user]
    for name in ("CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL"):
        words += ["--cap-add", name]
    return words


def _environment(*provisions: Provision) -> list[str]:
    values = {**ENVIRONMENT, "PATH": PATH}
    for provision in provisions:
        values.update(provision.environment)
    words = ["--clearenv"]
    for name, value in values.items():
        words += ["--setenv", name, value]
    return words


def _folders(provisions: tuple[Provision, ...]) -> list[str]:
    """Make the folders that binds need: those bwrap makes by itself are closed to the job."""
    wanted = {"/etc", "/var", TOOLS_DIR, CAGE_DIR, SOURCE_DIR, INPUT_DIR}
    for provision in provisions:
        wanted.update(str(Path(target).parent) for target in provision.binds.values())
    parents = {str(parent) for path in wanted for parent in Path(path).parents} - {"/"}
    words = []
    for path in sorted(wanted | parents):
        words += ["--perms", "0755", "--dir", path]
    return words


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "lib32", "libx32"):
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    for name in PRIVATE:
        if Path(name).is_dir():
            words += _empty(name)
    return words


def _empty(path: str) -> list[str]:
    return ["--size", "4096", "--tmpfs", path, "--remount-ro", path]


def _toolchains(host: Host, provisions: tuple[Provision, ...]) -> list[str]:
    words: list[str] = []
    names: dict[str, str] = {}
    for provision in provisions:
        for source, target in provision.binds.items():
            words += ["--ro-bind", source, target]
        for cover in provision.covers:
            words += _empty(cover)
        names.update(provision.names)
        for name in provision.scripts:
            words += ["--ro-bind", str(host.tools / name), f"{TOOLS_DIR}/{name}"]
    for name, target in names.items():
        words += ["--symlink", target, f"{TOOLS_DIR}/{name}"]
    return words


def _work(host: Host, layout: Layout) -> list[str]:
    disk = str(layout.disk_mb * MIB)
    words = [
        *_devices(),
        "--size", disk, "--perms", "0755", "--tmpfs", WORK_DIR,
        "--symlink", "box", "/tmp", "--symlink", "../box", "/var/tmp",  # noqa: S108 - the cage's
        "--ro-bind", str(host.inside), f"{CAGE_DIR}/inside",
    ]  # fmt: skip
    if host.own_init is not None:
        words += ["--ro-bind", str(host.own_init), f"{CAGE_DIR}/init"]
    if layout.build:
        words += ["--ro-bind", str(layout.program), SOURCE_DIR]
        words += ["--size", disk, "--perms", "0755", "--tmpfs", PROGRAM_DIR]
    else:
        words += ["--ro-bind", str(layout.program), PROGRAM_DIR]
    if layout.inputs is not None:
        words += ["--ro-bind", str(layout.inputs), INPUT_DIR]
    return words


def _proc(host: Host, provision: Provision) -> list[str]:
    if host.proc:
        return ["--proc", "/proc"]
    words = ["--perms", "0755", "--dir", "/proc"]
    if provision.finds_itself:
        words += ["--perms", "0755", "--dir", "/proc/self"]
        words += ["--symlink", provision.finds_itself, "/proc/self/exe"]
    return words


def _devices() -> list[str]:
    """Lay out a /dev without terminals, which would cost a second user namespace."""
    words = ["--perms", "0755", "--size", "65536", "--tmpfs", "/dev"]
    for name in ("null", "zero", "full", "random", "urandom"):
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for target, name in (("", "fd"), ("/0", "stdin"), ("/1", "stdout"), ("/2", "stderr")):
        words += ["--symlink", f"/proc/self/fd{target}", f"/dev/{name}"]
    shm = "/dev/shm"  # noqa: S108 - the cage's own
    words += ["--size", str(SHM_MB * MIB), "--perms", "1777", "--tmpfs", shm]
    return [*words, "--remount-ro", "/dev"]


def _init(host: Host, layout: Layout, wires: Wires) -> list[str]:
    numbers = (wires.status, wires.go, wires.collect, wires.filter, layout.user)
    return [*host.init, *map(str, numbers), f"{CAGE_DIR}/inside/collect.py", PYTHON]
