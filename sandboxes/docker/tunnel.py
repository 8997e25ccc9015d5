"""A local socket that `ssh` forwards to the engine's socket on another machine.

Docker's SDK speaks ssh through a pipe that is no socket, but what a supervisor is told goes over
the engine's raw stream; so the whole socket is forwarded instead.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sandboxes.protocol import SandboxUnavailableError

ENGINE_SOCKET: Final = "/var/run/docker.sock"
START_S: Final = 20.0
PAUSE_S: Final = 1.0  # between two tries to come back
POLL_S: Final = 0.05
OPTIONS: Final = {
    "BatchMode": "yes",  # nobody is there to type a password or accept a host key
    "ConnectTimeout": "10",
    "ExitOnForwardFailure": "yes",
    "ServerAliveInterval": "15",
    "StreamLocalBindUnlink": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
}


def command(url: str, local: Path) -> list[str]:
    """Return the command line of ssh for a URL that `Address.fault` let pass."""
    parts = urlsplit(url)
    remote = parts.path if len(parts.path) > 1 else ENGINE_SOCKET
    words = ["ssh", "-T", "-L", f"{local}:{remote}"]
    for name, value in OPTIONS.items():
        words += ["-o", f"{name}={value}"]
    if parts.username:
        words += ["-l", parts.username]
    if parts.port:
        words += ["-p", str(parts.port)]
    # It ends when our end of its input does, so also when this process is killed.
    return [*words, "--", str(parts.hostname), "cat >/dev/null"]


class Tunnel:
    """One `ssh`, started again whenever it ends, until closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._folder = Path(tempfile.mkdtemp(prefix="tos-validator-engine-"))
        self.socket = self._folder / "engine.sock"
        self._closing = threading.Event()
        self._process = self._start()
        try:
            self._await()
        except SandboxUnavailableError:
            self.close()
            self._drain()
            raise
        atexit.register(self.close)
        threading.Thread(target=self._keep, name="engine-tunnel", daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command(self._url, self.socket),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailableError(f"ssh cannot be started: {error}") from error

    def _await(self) -> None:
        deadline = time.monotonic() + START_S
        while not self.socket.exists():
            if self._process.poll() is not None:
                stderr = self._process.stderr
                said = os.read(stderr.fileno(), 4096) if stderr else b""
                why = said.decode(errors="replace").strip().rpartition("\n")[2][:200]
                raise SandboxUnavailableError(f"ssh does not reach the engine: {why}")
            if time.monotonic() > deadline:
                raise SandboxUnavailableError("ssh does not reach the engine in time")
            time.sleep(POLL_S)

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._drain()
            if not self._closing.wait(PAUSE_S):
                self._process = self._start()

    def _drain(self) -> None:
        """Read what ssh says until it ends: a full pipe would stop it."""
        process = self._process
        with process:
            while process.stderr and os.read(process.stderr.fileno(), 4096):
                pass

    def close(self) -> None:
        """End it for good."""
        atexit.unregister(self.close)
        self._closing.set()
        self._process.terminate()
        shutil.rmtree(self._folder, ignore_errors=True)
