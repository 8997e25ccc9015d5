"""What a job may try against its supervisor, and how the supervisor looks afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes.protocol import Job, Limits, Outcome, SandboxError, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandboxes.docker.backend import ContainerSandbox
    from sandboxes.docker.session import ContainerSession

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def shared(either_lane: ContainerSandbox) -> Iterator[ContainerSession]:
    with either_lane.open("python") as opened:
        yield opened


@pytest.fixture
def session(shared: ContainerSession) -> Iterator[ContainerSession]:
    yield shared
    assert python(shared, "print(6 * 7)").stdout == b"42\n"


def python(session: ContainerSession, code: str, **limits: float) -> Outcome:
    return session.run(Job(("python3", "-c", code), limits=Limits(**limits)))  # type: ignore[arg-type]


TRIES = "import ctypes, os, signal\nlibc = ctypes.CDLL(None, use_errno=True)\n"


@pytest.mark.parametrize(
    "attack",
    [
        "os.kill(1, signal.SIGKILL)",
        "os.kill(1, signal.SIGSTOP)",
        "os.killpg(1, signal.SIGTERM)",
        "open('/proc/1/mem', 'rb')",
        "open('/proc/1/environ', 'rb').read()",
        "os.listdir('/proc/1/fd')",
        "os.open('/proc/1/fd/1', os.O_WRONLY)",
        "open('/proc/1/oom_score_adj', 'w').write('1000')",
        "os.setuid(0)",
        "open('/opt/supervisor/x', 'w')",
        "open('/program/x', 'w')",
        "os.mkdir('/program/x')",
        "os.setpriority(os.PRIO_PROCESS, 1, 19)",
        "open('/sys/fs/cgroup/memory/memory.limit_in_bytes', 'w')",
        "libc.ptrace(16, 1, 0, 0) == 0 or (_ for _ in ()).throw(OSError())",
        "libc.unshare(0x10000000) == 0 or (_ for _ in ()).throw(OSError())",
        "libc.syscall(425, 8, 0) >= 0 or (_ for _ in ()).throw(OSError())",
        "__import__('socket').socket(40, 1)",
        "__import__('socket').socket(38, 5)",
        "__import__('socket').socket(16, 3)",
    ],
)
def test_the_supervisor_is_out_of_reach(session: ContainerSession, attack: str) -> None:
    code = (
        f"{TRIES}try:\n    {attack}\nexcept OSError:\n    print('refused')\nelse:\n    print('in')"
    )

    assert python(session, code).stdout == b"refused\n"


def test_stopping_everything_stops_only_the_job(session: ContainerSession) -> None:
    outcome = python(session, "import os, signal\nos.kill(-1, signal.SIGSTOP)", wall_s=1)

    assert outcome.status in (Status.WALL_LIMIT, Status.OK, Status.RUNTIME_ERROR)


def test_a_job_holds_no_descriptor_but_its_three_pipes(session: ContainerSession) -> None:
    code = (
        "import os\n"
        "for fd in os.listdir('/proc/self/fd'):\n"
        "    try: print(fd, os.readlink(f'/proc/self/fd/{fd}').split(':')[0])\n"
        "    except OSError: pass"
    )
    assert python(session, code).stdout == b"0 pipe\n1 pipe\n2 pipe\n"


def test_frames_forged_on_stdout_are_only_output(session: ContainerSession) -> None:
    frame = b'{"kind":"outcome","fields":{"status":"ok","exit_code":0},"sizes":[0,0]}'
    forged = len(frame).to_bytes(4, "big") + bytes(4) + frame
    code = f"import os\nos.write(1, {forged!r})\nos._exit(3)"
    outcome = python(session, code)

    assert (outcome.status, outcome.exit_code, outcome.stdout) == (
        Status.RUNTIME_ERROR, 3, forged
    )  # fmt: skip


def test_a_child_with_the_supervisors_name_answers_for_nobody(session: ContainerSession) -> None:
    code = (
        "import ctypes, os, time\n"
        "if os.fork() == 0:\n"
        "    ctypes.CDLL(None).prctl(15, b'python3', 0, 0, 0)\n"
        "    os.setsid()\n"
        "    time.sleep(0.3)\n"
        "    print('accepted', flush=True)\n"
        "    time.sleep(60)\n"
        "os._exit(1)"
    )
    outcome = python(session, code)

    assert (outcome.status, outcome.stdout) == (Status.RUNTIME_ERROR, b"")
    assert outcome.usage.wall_s < 5


def test_a_daemon_is_dead_before_the_next_job(session: ContainerSession) -> None:
    python(session, "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)")
    seen = python(session, "import os\nprint(sum(n.isdigit() for n in os.listdir('/proc')))")

    assert seen.stdout == b"2\n"


@pytest.mark.parametrize(
    "mess",
    [
        "import os\nos.mkdir('d')\nopen('d/f', 'w')\nos.chmod('d', 0)\nos.chmod('.', 0)",
        "import os\nos.symlink('/program', 'p')\nos.symlink('/opt', b'\\xff\\n')",
        "import os\nfor _ in range(900):\n    os.mkdir('d'); os.chdir('d')",
        "import os\nos.mkfifo('pipe')\nopen('a', 'w')\nos.link('a', 'b')",
        "import os\nopen('/dev/shm/x', 'w')\nos.mkdir('/dev/shm/d')\nos.chmod('/dev/shm/d', 0)",
        "open(b'\\xff\\n' + b'x' * 250, 'w')",
        "import os\nfor i in range(300):\n    os.makedirs(f'{i}/1'); os.mkdir(f'{i}/2')",
    ],
)
def test_whatever_a_job_leaves_is_gone(session: ContainerSession, mess: str) -> None:
    assert python(session, mess).ok
    seen = python(session, "import os\nprint(os.listdir('.'), os.listdir('/dev/shm'))")

    assert seen.stdout == b"[] []\n"


TELL = (
    "import os\n"
    "acl = '0200000001000700ffffffff04000500ffffffff20000500ffffffff'\n"
    "os.setxattr('.', 'user.told', b'x' * 1000)\n"
    "os.setxattr('.', 'system.posix_acl_default', bytes.fromhex(acl))\n"
    "os.utime('.', (5, 7))"
)
HEAR = "import os\nprint(os.listxattr('.'), os.stat('.').st_mtime > 7, os.stat('.').st_atime > 5)"


def test_a_folder_tells_the_next_job_nothing(session: ContainerSession) -> None:
    assert python(session, TELL).ok
    assert python(session, HEAR).stdout == b"[] True True\n"


def test_a_built_folder_tells_nothing_either(session: ContainerSession) -> None:
    session.put({"main.py": b"print(1)"})
    assert session.build(Job(("python3", "-c", TELL))).ok
    hear = f"import os\nos.chdir('/program')\n{HEAR}"
    assert python(session, hear).stdout == b"[] True True\n"


def test_artifacts_come_only_from_plain_files(session: ContainerSession) -> None:
    code = (
        "import os\n"
        "os.mkdir('d'); open('d/good', 'wb').write(b'1')\n"
        "os.symlink('/etc/passwd', 'link'); os.symlink('d', 'folder'); os.mkfifo('pipe')\n"
        "open('secret', 'w'); os.chmod('secret', 0)\n"
        "os.mkdir('isdir')"
    )
    names = ("d/good", "link", "folder/good", "pipe", "secret", "isdir", "missing")
    outcome = session.run(Job(("python3", "-c", code), collect=names))

    assert outcome.ok
    assert dict(outcome.artifacts) == {"d/good": b"1"}


def test_a_build_that_fails_leaves_the_old_program(session: ContainerSession) -> None:
    session.put({"a/main.py": b"print('old')"})
    spoil = "import os\nopen('/program/a/main.py', 'w').write('x')\nos.symlink('/', '/program/s')"
    failed = session.build(Job(("python3", "-c", f"{spoil}\nos._exit(1)")))
    seen = session.run(Job(("python3", "/program/a/main.py")))

    assert failed.status is Status.RUNTIME_ERROR
    assert seen.stdout == b"old\n"


def test_a_build_keeps_plain_files_and_drops_links(session: ContainerSession) -> None:
    session.put({"main.py": b"print(1)"})
    make = (
        "import os\nos.symlink('/', 's')\nopen('new', 'w').write('#!/bin/sh\\necho built')\n"
        "os.chmod('new', 0o700)\nos.mkfifo('pipe')"
    )
    assert session.build(Job(("python3", "-c", make))).ok
    listing = session.run(
        Job(("python3", "-c", "import os; print(sorted(os.listdir('/program')))"))
    )

    assert listing.stdout == b"['main.py', 'new']\n"
    assert session.run(Job(("/program/new",))).stdout == b"built\n"
    assert not session.run(Job(("python3", "-c", "open('/program/new', 'w')"))).ok


def test_a_reply_may_fail_and_the_session_goes_on(session: ContainerSession) -> None:
    def reply(line: bytes) -> bytes:
        raise KeyError(line)

    with pytest.raises(KeyError):
        session.converse(Job(("python3", "-c", "print('x', flush=True); input()")), reply)


def test_a_reply_may_not_use_its_own_session(session: ContainerSession) -> None:
    def reply(line: bytes) -> bytes:
        session.run(Job(("true",)))
        return line

    with pytest.raises(SandboxError, match="a reply may not use the session"):
        session.converse(Job(("python3", "-c", "print('x', flush=True); input()")), reply)
