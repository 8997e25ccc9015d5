"""The table of system calls, seen from inside: what the kernel really answers."""

from __future__ import annotations

import errno
import json
import platform
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes import languages
from sandboxes.bubblewrap import BubblewrapSandbox
from sandboxes.docker.engine import CAPABILITIES
from sandboxes.docker.profiles import container_profile, outer_profile
from sandboxes.protocol import Job, Limits
from sandboxes.seccomp import program
from sandboxes.seccomp.numbers import NUMBERS
from sandboxes.seccomp.table import ERRORS, FOR_CAGES
from tests.components import require_bubblewrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandboxes.protocol import Sandbox

pytestmark = [pytest.mark.docker, pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"])]

INSTALL = """
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))
code = bytes.fromhex(FILTER)
prog = Program(len(code) // 8, code)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(prog), 0, 0) == 0
"""
PROBE = """
import ctypes, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    return 0 if libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, args)) >= 0 \
        else ctypes.get_errno()
def family(*words):
    try: socket.socket(*words).close()
    except OSError as error: return error.errno
    return 0
"""
CLOSED_CALLS = PROBE + "print(json.dumps({n: call(v) for n, v in json.loads(%r).items()}))\n"
ARGUMENTS = (
    PROBE
    + """
n = json.loads(%r)
room = "/dev/shm/"
def mknod(mode):
    try: os.mknod(room + "x", mode, os.makedev(1, 3))
    except OSError as error: return error.errno
    os.unlink(room + "x"); return 0
def chmod(mode):
    open(room + "y", "w").close()
    try: os.chmod(room + "y", mode)
    except OSError as error: return error.errno
    finally: os.unlink(room + "y")
    return 0
high = 1 << 32
print(json.dumps({
    "inet": family(2, 1), "unix": family(1, 1), "vsock": family(40, 1), "alg": family(38, 5),
    "netlink": family(16, 3), "packet": family(17, 2),
    "vsock, high half": call(n["socket"], 40 | high, 1, 0),
    "inet pair": call(n["socketpair"], 2, 1, 0, 0),
    "personality?": call(n["personality"], 0xFFFFFFFF),
    "personality": call(n["personality"], 0x0040000),
    "fifo": mknod(0o10644), "regular": mknod(0o100644), "device": mknod(0o20666),
    "set-uid fifo": mknod(0o14644), "plain mode": chmod(0o755), "set-uid mode": chmod(0o4755),
    "TIOCSTI": call(n["ioctl"], 0, 0x5412, 0), "TIOCSTI, high half": call(n["ioctl"], 0,
        0x5412 | high, 0),
    "user namespace": call(n["clone"], 0x10000011, 0, 0, 0, 0),
    "future": call(600),
}))
"""
)
REFUSED = {
    "vsock": errno.EAFNOSUPPORT, "alg": errno.EAFNOSUPPORT, "netlink": errno.EAFNOSUPPORT,
    "packet": errno.EAFNOSUPPORT, "vsock, high half": errno.EAFNOSUPPORT,
    "inet pair": errno.EAFNOSUPPORT, "personality": errno.EPERM, "device": errno.EPERM,
    "set-uid fifo": errno.EPERM, "set-uid mode": errno.EPERM, "TIOCSTI": errno.EPERM,
    "TIOCSTI, high half": errno.EPERM, "user namespace": errno.EPERM, "future": errno.ENOSYS,
}  # fmt: skip
OPEN = {"inet", "unix", "personality?", "fifo", "regular", "plain mode"}
FOREIGN = {
    "i386": '__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");',
    "x32": '__asm__ volatile("syscall" : "=a"(r) : "a"(0x40000027L) : "rcx", "r11", "memory");',
}
FOREIGN_CALL = """
#include <stdio.h>
int main(void) { long r; %s printf("%%ld\\n", r); return 0; }
"""
MAKE_A_CAGE = """
os.mkdir("/dev/shm/new")
pid = os.fork()
if pid == 0:
    ok = libc.unshare(0x10020000) == 0
    for name, line in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
        with open("/proc/self/" + name, "w") as file: file.write(line)
    ok &= libc.mount(b"none", b"/", None, 0x44000, None) == 0
    ok &= libc.mount(b"none", b"/dev/shm/new", b"tmpfs", 0, None) == 0
    os.mkdir("/dev/shm/new/old")
    ok &= libc.syscall(PIVOT_ROOT, b"/dev/shm/new", b"/dev/shm/new/old") == 0
    ok &= libc.umount2(b"/old", 2) == 0
    os._exit(0 if ok and os.listdir("/") == ["old"] else 1)
out = {"cage": os.waitpid(pid, 0)[1]}
"""
AS_A_JOB = """
out["job"] = [call(number) for number in CLOSED]
out["clone"] = call(CLONE, 0x10000011, 0, 0, 0, 0)
print(json.dumps(out))
"""
POOL = """
import multiprocessing, subprocess, threading
def times_six(x): return x * 6
if __name__ == "__main__":
    thread = threading.Thread(target=print, args=("",), kwargs={"end": ""})
    thread.start(); thread.join()
    subprocess.run(["true"], check=True)
    with multiprocessing.Pool(2) as pool: print(sum(pool.map(times_six, [3, 4])))
"""


def numbers() -> dict[str, int]:
    return dict(NUMBERS[platform.machine()])


def closed() -> dict[str, int]:
    return {name: number for name, number in numbers().items() if name in ERRORS}


def run_in_container(image: str, profile: str, folder: Path, code: str) -> Any:
    """What a program says that is root in a container with a profile, and has no own filter."""
    path = folder / "profile.json"
    path.write_text(profile)
    # Since Linux 5.12 a namespace in which root is root needs SETFCAP.
    capabilities = [f"--cap-add={name}" for name in (*CAPABILITIES, "SETFCAP")]
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", "--cap-drop=ALL", *capabilities,
         "--security-opt=no-new-privileges", f"--security-opt=seccomp={path}",
         "--entrypoint=python3", image, "-c", code],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize("profile", [container_profile, outer_profile])
def test_the_engine_takes_the_profile_and_every_closed_call_is_refused(
    docker_images: dict[str, str], tmp_path: Path, profile: Any
) -> None:
    free = FOR_CAGES if profile is outer_profile else frozenset()
    asked = {name: number for name, number in closed().items() if name not in free}

    found = run_in_container(
        docker_images["python"], profile(), tmp_path, CLOSED_CALLS % json.dumps(asked)
    )

    assert found == {name: ERRORS[name] for name in asked}


def test_the_container_profile_refuses_by_argument(
    docker_images: dict[str, str], tmp_path: Path
) -> None:
    found = run_in_container(
        docker_images["python"], container_profile(), tmp_path, ARGUMENTS % json.dumps(numbers())
    )

    # The two TIOCSTI are left to the job's filter.
    refused = {name for name, code in found.items() if code and name not in OPEN}
    assert refused >= set(REFUSED) - {"TIOCSTI", "TIOCSTI, high half"}
    assert {name: found[name] for name in OPEN} == dict.fromkeys(OPEN, 0)


def test_an_outer_container_can_make_a_cage_and_its_job_cannot(
    docker_images: dict[str, str], tmp_path: Path
) -> None:
    known = numbers()
    names = (
        f"PIVOT_ROOT, CLONE = {known['pivot_root']}, {known['clone']}\n"
        f"CLOSED = {[known[name] for name in sorted(FOR_CAGES - {'clone'})]}\n"
        f"FILTER = {program().hex()!r}\n"
    )
    code = PROBE + names + MAKE_A_CAGE + INSTALL + AS_A_JOB

    found = run_in_container(docker_images["python"], outer_profile(), tmp_path, code)

    assert found == {"cage": 0, "job": [errno.EPERM] * 5, "clone": errno.EPERM}


@pytest.fixture(params=["docker_sandbox", "fast_lane", "bubblewrap"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param == "bubblewrap":
        require_bubblewrap()
        with BubblewrapSandbox() as made:
            yield made
        return
    yield request.getfixturevalue(request.param)


def ask(sandbox: Sandbox, code: str) -> Any:
    with sandbox.open("python") as session:
        session.put({"main.py": code.encode()})
        outcome = session.run(Job(languages.run_argv("python", "main.py", ())))
    assert outcome.ok, outcome
    return json.loads(outcome.stdout)


def test_a_job_is_refused_every_closed_call_with_an_error_and_never_a_signal(
    sandbox: Sandbox,
) -> None:
    assert ask(sandbox, CLOSED_CALLS % json.dumps(closed())) == {n: ERRORS[n] for n in closed()}


def test_a_job_is_refused_by_argument(sandbox: Sandbox) -> None:
    found = ask(sandbox, (ARGUMENTS % json.dumps(numbers())).replace("/dev/shm/", "./"))

    assert {name: code for name, code in found.items() if code} == REFUSED
    assert {name for name, code in found.items() if not code} == OPEN


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls are x86's")
@pytest.mark.parametrize("machine", FOREIGN)
def test_a_job_is_refused_calls_of_another_machine(sandbox: Sandbox, machine: str) -> None:
    source = FOREIGN_CALL % FOREIGN[machine]
    with sandbox.open("c") as session:
        assert languages.build(session, "c", {"main.c": source.encode()}).ok
        outcome = session.run(Job(languages.run_argv("c", "main.c", ())))

    # The engine's library kills for a machine that its profile does not name.
    killed = sandbox.name != "bubblewrap" and outcome.signal == "SIGSYS"
    assert killed or outcome.stdout == b"%d\n" % -errno.ENOSYS, outcome


@pytest.mark.parametrize(
    ("language", "name", "code"),
    [
        ("c", "main.c", '#include <stdio.h>\nint main(void){puts("42");return 0;}\n'),
        ("cpp", "main.cpp", "#include <iostream>\nint main(){std::cout << 42 << '\\n';}\n"),
        ("javascript", "main.js", "console.log(6 * 7);\n"),
        ("typescript", "main.ts", "const n: number = 42; console.log(n);\n"),
        ("bash", "main.sh", "echo 4 | sed s/$/2/\n"),
        ("python", "main.py", POOL),
    ],
)  # fmt: skip
def test_honest_programs_of_every_language_run_under_the_filter(
    sandbox: Sandbox, language: str, name: str, code: str
) -> None:
    roomy = Limits(cpu_s=20, wall_s=60, memory_mb=1024, processes=64)
    with sandbox.open(language) as session:
        built = languages.build(session, language, {name: code.encode()})
        assert built.ok, built
        outcome = session.run(Job(languages.run_argv(language, name, ()), limits=roomy))

    assert (outcome.stdout, outcome.status.value) == (b"42\n", "ok"), outcome
