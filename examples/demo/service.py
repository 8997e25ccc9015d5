"""A service of the demo's own: `tos-validator up` in a temporary folder, gone at the end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

from examples.demo.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.demo.stopping import Stop

START_S = 90.0
GRACE_S = 25.0  # longer than `up` gives its own children
TAIL_CHARS = 600
_PR_SET_PDEATHSIG = 1  # prctl(2)
_UP = "from validator.cli import main; main()"
_KEPT = "TOSV_SANDBOX__"  # a demo must never write into a database that the variables name
_HURRY = {
    # Nothing here waits for a person: signer and follower look as often as blocks come.
    "TOSV_SIGNER__POLL_S": "0.5",
    "TOSV_CHAIN__SYNC_S": "1",
    "TOSV_CHAIN__SCAN_S": "5",
    # An answer that completes its task waits so long for others of it, in the chain's time.
    "TOSV_POST__WAIT_MS": "60000",
}


class NoServiceError(Exception):
    """The service does not start or does not answer; one sentence."""


class OwnService:
    """Starts `up` on a free port, waits until it is ready, and takes everything away again."""

    def __init__(self, stop: Stop, sandbox: str = "auto", *, chain: bool = True) -> None:
        self._stop = stop
        self._sandbox = sandbox
        self.chain_port = _free_port() if chain else None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
            await_ready(self.url, self._stop, self._still_there)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _start(self) -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._folder = Path(tempfile.mkdtemp(prefix="tos-validator-demo-"))
        argv = [sys.executable, "-c", _UP, "up", "--host", "127.0.0.1", "--port", str(port)]
        if self.chain_port is None:
            argv.append("--no-chain")
        else:
            argv += ["--devnet-port", str(self.chain_port)]
        env = {k: v for k, v in os.environ.items() if not k.startswith("TOSV_") or _KEPT in k}
        if self._sandbox != "auto":
            env["TOSV_SANDBOX__BACKEND"] = self._sandbox
        env |= _HURRY | {"TOSV_DATA_DIR": str(self.data_dir)}
        with (self._folder / "up.log").open("wb") as log:
            self._process = subprocess.Popen(
                argv,
                env=env,
                cwd=self._folder,  # no tos-validator.toml of the current folder is read
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which stops the service
                preexec_fn=_bound_to(os.getpid()),
            )

    @property
    def data_dir(self) -> Path:
        """The service's data directory, gone at the end."""
        return (self._folder or Path()) / "data"

    def _still_there(self) -> None:
        """Raise with the launcher's own last words once it has ended."""
        if self._process is None or self._process.poll() is None:
            return
        raise NoServiceError(f"the service did not start: {self._last_words()}")

    def _last_words(self) -> str:
        log = (self._folder or Path()) / "up.log"
        text = log.read_text(encoding="utf-8", errors="replace").strip() if log.exists() else ""
        return visible(text[-TAIL_CHARS:]) or "it ended without a word"

    def close(self) -> None:
        """End the service and delete its folder. A further Ctrl-C meanwhile only hurries it."""
        if self._process is not None:
            _end(self._process, self._stop)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def await_ready(url: str, stop: Stop, still_there: Callable[[], None] = lambda: None) -> None:
    """Return once `/readyz` says so. Raises NoServiceError with the reasons it gave last."""
    deadline = time.monotonic() + START_S
    last = "no answer"
    with httpx.Client(base_url=url, timeout=5, trust_env=False) as client:
        while time.monotonic() < deadline:
            stop.check()
            still_there()
            try:
                reply = client.get("/readyz")
                if reply.status_code == httpx.codes.OK:
                    return
                last = visible(reply.text, TAIL_CHARS)
            except httpx.HTTPError as error:
                last = type(error).__name__
            stop.sleep(0.1)
    raise NoServiceError(f"{url} is not ready after {START_S:g} s: {last}")


def _end(process: subprocess.Popen[bytes], stop: Stop) -> None:
    asked = stop.count
    deadline = time.monotonic() + GRACE_S
    process.terminate()
    while process.poll() is None and time.monotonic() < deadline and stop.count <= max(1, asked):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children are bound to it
    process.wait()


def _bound_to(parent: int) -> Callable[[], None]:
    """For the forked child: stop in good order when the demo dies, even by `kill -9`."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return bind


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
