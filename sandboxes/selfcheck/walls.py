"""Attacks on the walls: network, files of the host, rights, other processes, the kernel."""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from sandboxes import languages, seccomp
from sandboxes.protocol import BUILD_LIMITS, ENVIRONMENT, Status
from sandboxes.selfcheck.registry import AttackError, Proof, Range, describe, proves

OWN_CODE: Final = 41
DOORS: Final = (
    "io_uring_setup", "keyctl", "add_key", "bpf", "perf_event_open", "userfaultfd",
)  # fmt: skip
EXPECTED: Final = frozenset(ENVIRONMENT) | {
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "PWD", "OLDPWD", "SHLVL", "_",
    "LD_LIBRARY_PATH", "USER", "LOGNAME",
}  # fmt: skip

# Each line: a try that must fail. Prints what did not.
TRIES = """\
import ctypes, json, os, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    ctypes.set_errno(0)
    if libc.syscall(*words) < 0: raise OSError(ctypes.get_errno(), "refused")
open_doors = []
def attempt(name, action):
    try:
        action()
    except (OSError, ValueError): return
    open_doors.append(name)
"""
REPORT = "\nprint(json.dumps(open_doors))\n"


def _tries(at: Range, body: str, *args: str) -> Proof:
    opened = at.ask(TRIES + body + REPORT, *args)
    return Proof(not opened, f"open: {', '.join(opened)}" if opened else "every try was refused")


@proves("network-tcp", "No TCP connection leaves the cage.")
def network_tcp(at: Range) -> Proof:
    """Well-known addresses and this host's own."""
    return _tries(
        at,
        "def tcp(a):\n"
        "    s = socket.create_connection((a, 53), 0.5); s.close()\n"
        "for a in ('1.1.1.1', '8.8.8.8', '169.254.169.254', sys.argv[1]):\n"
        "    attempt(a, lambda: tcp(a))\n",
        at.facts["address"],
    )


@proves("network-udp", "No datagram leaves the cage.")
def network_udp(at: Range) -> Proof:
    """Sending alone must fail: there is no route."""
    return _tries(
        at,
        "def udp(a):\n"
        "    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    s.sendto(b'x', (a, 53))\n"
        "for a in ('1.1.1.1', '8.8.8.8', sys.argv[1]):\n"
        "    attempt(a, lambda: udp(a))\n",
        at.facts["address"],
    )


@proves("network-loopback", "Services on this host's loopback are out of reach.")
def network_loopback(at: Range) -> Proof:
    """A listener made for this proof."""
    body = (
        "attempt('loopback', lambda: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1))"
    )
    return _tries(at, body, str(at.port))


@proves("network-unix", "Abstract sockets of this host are out of reach.")
def network_unix(at: Range) -> Proof:
    """A listener made for this proof; abstract names belong to the network namespace."""
    body = (
        "def abstract():\n"
        "    s = socket.socket(socket.AF_UNIX); s.connect('\\0' + sys.argv[1])\n"
        "attempt('abstract', abstract)\n"
    )
    return _tries(at, body, at.abstract)


@proves("no-engine", "No container engine or system bus can be reached.")
def no_engine(at: Range) -> Proof:
    """The sockets under their usual names."""
    return _tries(
        at,
        "def unix(p):\n"
        "    s = socket.socket(socket.AF_UNIX); s.connect(p)\n"
        "for p in ('/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock',\n"
        "          '/run/containerd/containerd.sock', '/run/dbus/system_bus_socket'):\n"
        "    attempt(p, lambda: unix(p))\n",
    )


@proves("no-host-paths", "Files of this host are out of sight: homes, secrets, this project.")
def no_host_paths(at: Range) -> Proof:
    """Reads what only the host may."""
    return _tries(
        at,
        "def read(p):\n"
        "    if os.path.isdir(p):\n"
        "        if not os.listdir(p): raise OSError('empty')\n"
        "    else: open(p, 'rb').read(1)\n"
        "for p in sys.argv[1:]: attempt(p, lambda: read(p))\n",
        at.secret_path,
        str(Path(__file__).resolve().parent),
        str(Path.home()),
        "/etc/shadow",
        "/root",
        "/proc/kcore",
        "/sys/kernel/security",
    )


@proves("no-host-environment", "Nothing of this process's environment is seen.")
def no_host_environment(at: Range) -> Proof:
    """Names outside a short list."""
    names = at.ask("import json, os\nprint(json.dumps(sorted(os.environ)))")
    extra = [name for name in names if name not in EXPECTED]
    return Proof(not extra, f"{len(names)} variables, unexpected: {', '.join(extra) or 'none'}")


@proves("program-read-only", "A program cannot change itself for the next run.")
def program_read_only(at: Range) -> Proof:
    """Writes, deletes, renames."""
    return _tries(
        at,
        "attempt('write', lambda: open('/program/main.py', 'a'))\n"
        "attempt('create', lambda: open('/program/new', 'w'))\n"
        "attempt('delete', lambda: os.unlink('/program/main.py'))\n"
        "attempt('rename', lambda: os.rename('/program/main.py', '/program/x'))\n"
        "attempt('mode', lambda: os.chmod('/program/main.py', 0o777))\n",
    )


@proves("system-read-only", "Nothing outside the working directory can be written.")
def system_read_only(at: Range) -> Proof:
    """Places that a careless cage leaves writable."""
    return _tries(
        at,
        "for p in ('/', '/usr', '/usr/bin', '/etc', '/dev', '/opt', '/run', '/var', '/lib',\n"
        "          '/proc/sys/kernel', '/program', '/home', '/root'):\n"
        "    attempt(p, lambda: os.close(os.open(p + '/mine', os.O_CREAT | os.O_WRONLY)))\n",
    )


@proves("no-capabilities", "A program has no capability, in any set that counts.")
def no_capabilities(at: Range) -> Proof:
    """Asks the kernel."""
    sets = at.ask(
        "import ctypes, json\n"
        "head = (ctypes.c_uint32 * 2)(0x20080522, 0)\n"
        "data = (ctypes.c_uint32 * 6)()\n"
        "ctypes.CDLL(None).capget(head, data)\n"
        "print(json.dumps(list(data)))\n"
    )
    return Proof(not any(sets), f"capability words {sets}")


@proves("no-new-privileges", "No set-user-id program can give rights back.")
def no_new_privileges(at: Range) -> Proof:
    """Asks the kernel."""
    flag = at.ask("import ctypes\nprint(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))")
    return Proof(flag == 1, f"no_new_privs is {flag}")


@proves("not-root", "A program does not run as this host's root.")
def not_root(at: Range) -> Proof:
    """Looks at the running program from outside."""
    token = secrets.token_hex(8)
    job = threading.Thread(
        target=at.run, args=("import time\ntime.sleep(1.5)\n", token), daemon=True
    )
    job.start()
    users: set[int] = set()
    while job.is_alive() and not users:
        users = {Path(f"/proc/{pid}").stat().st_uid for pid in _carriers(token, b"main.py")}
        time.sleep(0.05)
    job.join()
    inside = at.ask("import os\nprint(os.geteuid())")
    return Proof(inside != 0 and 0 not in users, f"user {inside} inside, {sorted(users)} outside")


def _carriers(token: str, also: bytes = b"") -> list[int]:
    """Processes of this host that carry a token in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            # The job itself, not the programs that carry its command line to the cage.
            if token.encode() in words and b"--" not in words and also in b"".join(words):
                found.append(int(entry.name))
    return found


@proves("namespaces", "A program can neither mount nor make or join namespaces.")
def namespaces(at: Range) -> Proof:
    """Calls of the C library, errors wanted."""
    return _tries(
        at,
        "def must(result):\n"
        "    if result < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
        "for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000):\n"
        "    attempt(hex(flag), lambda: must(libc.unshare(flag)))\n"
        "attempt('mount', lambda: must(libc.mount(b'none', b'/box', b'tmpfs', 0, None)))\n"
        "attempt('umount', lambda: must(libc.umount2(b'/program', 2)))\n"
        "attempt('chroot', lambda: os.chroot('/box'))\n"
        "attempt('device', lambda: os.mknod('/box/d', 0o20666, os.makedev(1, 3)))\n",
    )


@proves("kernel-doors", "Doors of the kernel that programs do not need are shut.")
def kernel_doors(at: Range) -> Proof:
    """io_uring, vsock, kernel crypto, keys, bpf, perf, user faults, raw packets."""
    known = seccomp.NUMBERS.get(platform.machine())
    if known is None:
        raise AttackError(f"no system call numbers for {platform.machine()}")
    numbers = {name: known[name] for name in DOORS}
    return _tries(
        at,
        "n = json.loads(sys.argv[1])\n"
        "room = ctypes.create_string_buffer(256)\n"
        "attempt('io_uring', lambda: call(n['io_uring_setup'], 4, room))\n"
        "attempt('keyctl', lambda: call(n['keyctl'], 0, -3, 1))\n"
        "attempt('add_key', lambda: call(n['add_key'], b'user', b'x', b'y', 1, -3))\n"
        "attempt('bpf', lambda: call(n['bpf'], 0, room, 72))\n"
        "attempt('perf', lambda: call(n['perf_event_open'], room, 0, -1, -1, 0))\n"
        "attempt('userfaultfd', lambda: call(n['userfaultfd'], 1))\n"
        "for family in (40, 38, 17, 16, 31):\n"
        "    attempt(f'family {family}',\n"
        "            lambda: socket.socket(family, socket.SOCK_DGRAM).close())\n"
        "attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM).close())\n"
        "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())\n",
        json.dumps(numbers),
    )


@proves("clock", "The clock of this host cannot be set.")
def clock(at: Range) -> Proof:
    """Sets it to itself, in case it can."""
    return _tries(
        at,
        "attempt('clock', lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))\n",
    )


@proves("no-host-processes", "Processes outside cannot be seen, signalled or traced.")
def no_host_processes(at: Range) -> Proof:
    """Tries this very process, and the first of the cage."""
    return _tries(
        at,
        "proc = os.listdir('/proc') if os.path.isdir('/proc') else []\n"
        "seen = [p for p in proc if p.isdigit()]\n"
        "if len(seen) > 16: open_doors.append(f'{len(seen)} processes seen')\n"
        "attempt('signal', lambda: os.kill(int(sys.argv[1]), 0) if int(sys.argv[1]) > 64\n"
        "        else (_ for _ in ()).throw(OSError()))\n"
        "for pid in (1, os.getppid()):\n"
        "    if pid <= 0 or pid == os.getpid(): continue\n"
        "    attempt(f'memory of {pid}', lambda: open(f'/proc/{pid}/mem', 'rb').close())\n"
        "    attempt(f'files of {pid}', lambda: os.listdir(f'/proc/{pid}/fd'))\n"
        "    def trace():\n"
        "        if libc.ptrace(16, pid, 0, 0) != 0: raise OSError('refused')\n"
        "    attempt(f'trace of {pid}', trace)\n",
        str(os.getpid()),
    )


@proves("cage-survives", "A program cannot make the cage forget how it ended.")
def cage_survives(at: Range) -> Proof:
    """Kills, starves and limits whatever started it; then exits with a code of its own."""
    outcome = at.run(
        "import os, resource, signal, sys\n"
        "for pid in {1, os.getppid()} - {0}:\n"
        "    for attack in (lambda: os.kill(pid, signal.SIGKILL),\n"
        "                   lambda: os.kill(pid, signal.SIGSTOP),\n"
        "                   lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0)),\n"
        "                   lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))):\n"
        "        try: attack()\n"
        "        except OSError: pass\n"
        f"sys.exit({OWN_CODE})\n"
    )
    held = outcome.status is Status.RUNTIME_ERROR and outcome.exit_code == OWN_CODE
    return Proof(held, describe(outcome))


@proves("build-isolated", "A compiler runs in the same cage: it cannot take in a host's file.")
def build_isolated(at: Range) -> Proof:
    """.incbin of a secret, and a source without end."""
    sound = "int main(void) { return 0; }\n"
    taken = f'__asm__(".incbin \\"{at.secret_path}\\"");\n{sound}'
    included = f'#include "{at.secret_path}"\n{sound}'
    limits = replace(BUILD_LIMITS, cpu_s=4, wall_s=8, memory_mb=256, output_kb=64)
    with at.sandbox.open("c") as session:
        control = languages.build(session, "c", {"main.c": sound.encode()})
        if not control.ok:
            raise AttackError(f"a sound program does not compile: {describe(control)}")
        ends = [
            languages.build(session, "c", {"main.c": text.encode()}, limits=limits)
            for text in (taken, included, '#include "/dev/zero"\n')
        ]
    leaked = any(at.secret.encode() in end.stderr for end in ends)
    held = (
        not leaked
        and not any(end.ok for end in ends)
        and all(end.status is not Status.INTERNAL_ERROR for end in ends)
    )
    return Proof(held, "; ".join(end.status.value for end in ends))
