"""How a program ends and what it leaves: processes, files, results, and what is told of it."""

from __future__ import annotations

import hashlib
import secrets
import signal
import time
from dataclasses import replace
from typing import Final

from sandboxes import languages
from sandboxes.protocol import Job, Outcome, Status
from sandboxes.selfcheck.registry import QUICK, Proof, Range, describe, proves
from sandboxes.selfcheck.walls import _carriers

SETTLE_S: Final = 2.0


def _gone(token: str) -> bool:
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        if not _carriers(token):
            return True
        time.sleep(0.05)
    return False


SLEEPER = "[sys.executable, '-c', 'import time; time.sleep(300)', sys.argv[1]]"


@proves("tree-killed", "When a program ends, all its processes end.")
def tree_killed(at: Range) -> Proof:
    """Children in sessions of their own outlive the parent."""
    token = secrets.token_hex(8)
    source = (
        "import subprocess, sys\n"
        f"for _ in range(3): subprocess.Popen({SLEEPER}, start_new_session=True)\n"
    )
    outcome = at.run(source, token)
    return Proof(outcome.ok and _gone(token), describe(outcome))


@proves("daemon-killed", "A daemon that has left its parents behind dies with the program.")
def daemon_killed(at: Range) -> Proof:
    """Forks twice, leaves the session, ignores signals, holds the output open."""
    token = secrets.token_hex(8)
    source = (
        "import os, signal, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
        f"        os.execv(sys.executable, {SLEEPER})\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    began = time.monotonic()
    outcome = at.run(source, token)
    prompt = time.monotonic() - began < QUICK.wall_s / 2
    return Proof(outcome.ok and prompt and _gone(token), describe(outcome))


@proves("stopped-killed", "A tree that is stopped at a limit leaves no process.")
def stopped_killed(at: Range) -> Proof:
    """The children, too, when the parent is over time."""
    token = secrets.token_hex(8)
    source = (
        "import subprocess, sys, time\n"
        f"for _ in range(3): subprocess.Popen({SLEEPER}, start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    outcome = at.run(source, token, limits=replace(QUICK, wall_s=1))
    return Proof(outcome.status is Status.WALL_LIMIT and _gone(token), describe(outcome))


@proves("clean-files", "The next run finds no file of the one before.")
def clean_files(at: Range) -> Proof:
    """Working directory, temporary folders, shared memory; one session."""
    source = (
        "import json, os\n"
        "found = []\n"
        "places = ('/box', '/tmp', '/var/tmp', '/dev/shm', '/run', os.path.expanduser('~'))\n"
        "for p in filter(os.path.isdir, places):\n"
        "    found += [p for n in os.listdir(p) if n.startswith('left')]\n"
        "for p in places:\n"
        "    try: open(p + '/left' + p.replace('/', '-'), 'w').write('x')\n"
        "    except OSError: pass\n"
        "print(json.dumps(found))\n"
    )
    with at.sandbox.open("python") as session:
        at.run(source, session=session)
        second = at.run(source, session=session)
    return Proof(second.stdout.strip() == b"[]", f"found {second.stdout.decode().strip()}")


@proves("clean-ipc", "The next run finds no shared memory, semaphore or queue of the one before.")
def clean_ipc(at: Range) -> Proof:
    """System V objects outlive processes."""
    source = (
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "key = 0x544F5356\n"
        "found = [libc.shmget(key, 0, 0), libc.semget(key, 0, 0), libc.msgget(key, 0)]\n"
        "print([n for n in found if n >= 0])\n"
        "libc.shmget(key, 4096, 0o1666); libc.semget(key, 1, 0o1666); libc.msgget(key, 0o1666)\n"
    )
    with at.sandbox.open("python") as session:
        at.run(source, session=session)
        second = at.run(source, session=session)
    return Proof(second.ok and second.stdout.strip() == b"[]", describe(second))


@proves("exit-codes", "The exit code is told exactly.")
def exit_codes(at: Range) -> Proof:
    """Those too that shells use for signals."""
    wrong = []
    with at.sandbox.open("python") as session:
        for code in (0, 1, 2, 70, 126, 127, 128, 137, 139, 255):
            outcome = at.run(f"import os\nos._exit({code})", session=session)
            expected = Status.OK if code == 0 else Status.RUNTIME_ERROR
            if (outcome.status, outcome.exit_code, outcome.signal) != (expected, code, None):
                wrong.append(f"{code}: {describe(outcome)}")
    return Proof(not wrong, "; ".join(wrong) or "ten codes told")


@proves("signals", "The signal that ended a program is told, apart from every exit code.")
def signals(at: Range) -> Proof:
    """Sent by the program to itself."""
    wrong = []
    with at.sandbox.open("python") as session:
        for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT, signal.SIGTERM):
            source = f"import os\nos.kill(os.getpid(), {int(number)})\n"
            outcome = at.run(source, session=session)
            told = (outcome.status, outcome.exit_code, outcome.signal)
            if told != (Status.RUNTIME_ERROR, None, number.name):
                wrong.append(f"{number.name}: {describe(outcome)}")
    return Proof(not wrong, "; ".join(wrong) or "four signals told")


@proves("memory-told-from-crash", "Too much memory is told from a crash and from a kill.")
def memory_told_from_crash(at: Range) -> Proof:
    """The same signal, two reasons."""
    own = at.run("import os\nos.kill(os.getpid(), 9)")
    crash = at.run("import ctypes\nctypes.string_at(0)")
    greedy = at.run(
        "import time\nkept = []\nfor _ in range(64): kept.append(bytearray(b'x') * (4 << 20))\n"
        "time.sleep(1)",
        limits=replace(QUICK, memory_mb=64),
    )
    seen = (own.status, crash.signal, greedy.status)
    wanted = (Status.RUNTIME_ERROR, "SIGSEGV", Status.MEMORY_LIMIT)
    return Proof(seen == wanted, f"{own.status.value}, {crash.signal}, {greedy.status.value}")


@proves("stdin", "Standard input arrives whole, and ends.")
def stdin(at: Range) -> Proof:
    """A mebibyte of noise."""
    noise = secrets.token_bytes(1 << 20)
    source = "import hashlib, sys\nprint(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
    outcome = at.run(source, stdin=noise)
    right = outcome.stdout.decode().strip() == hashlib.sha256(noise).hexdigest()
    return Proof(outcome.ok and right, describe(outcome))


@proves("stdin-unread", "A program that does not read its input hangs nothing.")
def stdin_unread(at: Range) -> Proof:
    """More input than any pipe holds."""
    outcome = at.run("print('done')", stdin=bytes(4 << 20))
    return Proof(outcome.ok and outcome.stdout == b"done\n", describe(outcome))


@proves("bytes-exact", "Output comes out byte for byte, whatever it is.")
def bytes_exact(at: Range) -> Proof:
    """Every byte value, on both streams, without a last newline."""
    outcome = at.run(
        "import sys\n"
        "sys.stdout.buffer.write(bytes(range(256)) * 64)\n"
        "sys.stderr.buffer.write(bytes(range(255, -1, -1)) * 64)\n"
    )
    same = outcome.stdout == bytes(range(256)) * 64
    held = same and outcome.stderr == bytes(range(255, -1, -1)) * 64
    return Proof(outcome.ok and held, describe(outcome))


@proves("artifacts-exact", "Collected files come out byte for byte.")
def artifacts_exact(at: Range) -> Proof:
    """In a folder and at the top, empty and not."""
    outcome = at.run(
        "import os\nos.mkdir('d')\n"
        "open('d/a', 'wb').write(bytes(range(256)) * 400)\nopen('b', 'wb')\n",
        collect=("d/a", "b", "missing"),
    )
    wanted = {"d/a": bytes(range(256)) * 400, "b": b""}
    return Proof(dict(outcome.artifacts) == wanted, f"{sorted(outcome.artifacts)}")


@proves("artifacts-plain", "Only regular files are collected; no link or device is followed.")
def artifacts_plain(at: Range) -> Proof:
    """Links to files and folders, a pipe, a folder, a socket; a daemon that swaps them."""
    outcome = at.run(
        "import os, socket\n"
        "os.symlink('/etc/passwd', 'link')\n"
        "os.symlink('/etc', 'folder-link')\n"
        "os.symlink('/proc/1/environ', 'proc-link')\n"
        "os.mkfifo('pipe')\nos.mkdir('folder')\n"
        "socket.socket(socket.AF_UNIX).bind('socket')\n"
        "open('plain', 'w').write('kept')\n"
        "if os.fork() == 0:\n"
        "    while True:\n"
        "        os.symlink('/etc/passwd', 'x'); os.rename('x', 'swapped')\n"
        "        open('x', 'w').close(); os.rename('x', 'swapped')\n",
        collect=(
            "link", "folder-link/passwd", "proc-link", "pipe", "folder", "socket", "plain",
            "swapped",
        ),
    )  # fmt: skip
    kept = {name: text for name, text in outcome.artifacts.items() if text}
    return Proof(kept == {"plain": b"kept"}, f"collected {sorted(kept)}, {describe(outcome)}")


@proves("artifacts-capped", "Collected files are capped in size.")
def artifacts_capped(at: Range) -> Proof:
    """A file with a hole, larger than the disk."""
    outcome = at.run(
        "f = open('huge', 'wb'); f.truncate(16 << 20)\nopen('small', 'w').write('s')\n",
        collect=("huge", "small"),
        limits=replace(QUICK, disk_mb=8),
    )
    sizes = {name: len(text) for name, text in outcome.artifacts.items()}
    held = sum(sizes.values()) <= 8 << 20 and outcome.status is not Status.INTERNAL_ERROR
    return Proof(held, f"collected {sizes}, {describe(outcome)}")


@proves("conversation", "A program can be talked with, line by line, under the same limits.")
def conversation(at: Range) -> Proof:
    """An answer to each line; then a program that never ends its talk."""
    with at.sandbox.open("python") as session:
        session.put({"main.py": b"print('ask', flush=True)\nprint(input()[::-1], flush=True)\n"})
        heard: list[bytes] = []

        def reply(line: bytes) -> bytes:
            heard.append(line)
            return b"abc\n"

        job = Job(languages.run_argv("python", "main.py"), limits=QUICK)
        polite = session.converse(job, reply)
        session.put({"main.py": b"while True: print('more', flush=True)\n"})
        endless = session.converse(replace(job, limits=replace(QUICK, output_kb=4)), reply)
    held = polite.ok and heard[:2] == [b"ask\n", b"cba\n"]
    held = held and endless.status is Status.OUTPUT_LIMIT
    return Proof(held, f"{describe(polite)}; {describe(endless)}")


@proves("build-kept", "What a build made is what runs, and only when it succeeded.")
def build_kept(at: Range) -> Proof:
    """A failing build leaves the program as it was."""
    keep = "import os\nopen('/program/made', 'w').write('yes')\nos.chmod('/program/made', 0o755)\n"
    show = "import os\nprint(os.path.exists('/program/made'), os.path.exists('/program/bad'))"
    with at.sandbox.open("python") as session:
        session.put({"make.py": keep.encode(), "show.py": show.encode(), "bad.py": b"1/0"})
        bad = session.build(_python("bad.py"))
        good = session.build(_python("make.py"))
        shown = session.run(_python("show.py"))
    held = not bad.ok and good.ok and shown.stdout == b"True False\n"
    return Proof(held, f"{describe(bad)}; {describe(good)}; {_text(shown)}")


def _python(entry: str) -> Job:
    return Job(languages.run_argv("python", entry), limits=QUICK)


def _text(outcome: Outcome) -> str:
    return outcome.stdout.decode(errors="replace").strip()
