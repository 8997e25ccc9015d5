"""A Docker engine of a test's own, which may be killed: the machine's is left alone."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psutil

from tests.components import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

START_S: Final = 90.0
SETTLE_S: Final = 10.0


class OwnEngine:
    """A dockerd in a network namespace of its own.

    In the host's namespace a second engine without a bridge would delete the bridge of the first.
    """

    def __init__(self, folder: Path, runtimes: Mapping[str, object] | None = None) -> None:
        """`runtimes` are more of them than runc, as the engine's own configuration names them."""
        self.folder = folder
        (folder / "daemon.json").write_text(json.dumps({"runtimes": dict(runtimes or {})}))
        self.url = f"unix://{folder}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                ["unshare", "--net", "--", "dockerd", "--host", self.url,
                 "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"),
                 "--pidfile", str(self.folder / "pid"),
                 "--config-file", str(self.folder / "daemon.json"), "--bridge=none",
                 "--iptables=false", "--ip6tables=false", "--log-level", "error"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._await()

    def _await(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process is not None:
            asked = self._docker("version", "--format", "{{.Server.Version}}")
            if asked.returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        said = (self.folder / "log").read_text()[-400:]
        missing(f"a second Docker engine does not start: {said}")

    def _docker(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", "--host", self.url, *words],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def load(self, tag: str) -> None:
        """Give it an image of the machine's engine."""
        saved = subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE)
        subprocess.run(
            ["docker", "--host", self.url, "load", "--quiet"],
            stdin=saved.stdout, check=True, stdout=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        if saved.stdout is not None:
            saved.stdout.close()
        assert saved.wait(60) == 0

    def kill(self) -> None:
        """As a crash of the machine's memory or an impatient operator does it."""
        for process in self._daemons():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(30)
        for name in ("pid", "exec/containerd/containerd.pid", "docker.sock"):
            (self.folder / name).unlink(missing_ok=True)

    def stop(self) -> None:
        """As an operator does it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    def _daemons(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            return [first, *(child for child in first.children() if "containerd" in child.name())]
        return []

    def containers(self) -> list[str]:
        """Whatever is there, running or not.

        An engine that was killed while it deleted lists as dead what it deletes when it comes up
        again: the container is gone, inspecting it finds nothing, and only the list has it still.
        """
        listed = self._docker("ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Status}}")
        assert listed.returncode == 0, listed.stderr
        return [line for line in listed.stdout.splitlines() if self._has(line.split()[0])]

    def _has(self, identity: str) -> bool:
        asked = self._docker("inspect", "--type", "container", identity)
        assert asked.returncode == 0 or "no such container" in asked.stderr.lower(), asked.stderr
        return asked.returncode == 0

    def emptied(self) -> list[str]:
        """What is there still once the engine had time to end what it is deleting."""
        until = time.monotonic() + SETTLE_S
        while (left := self.containers()) and time.monotonic() < until:
            time.sleep(0.2)
        return left

    def __enter__(self) -> Self:
        self.start()
        return self

    def _forsaken(self) -> list[psutil.Process]:
        """Shims that a killed engine does not know any more."""
        found = []
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error):
                if "containerd-shim" in process.name() and any(
                    word.startswith(str(self.folder)) for word in process.cmdline()
                ):
                    found.append(process)
        return found

    def _tidy(self) -> None:
        """Take away what a killed engine leaves on a machine: shims and mounts."""
        for process in self._forsaken():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        mounted = [line.split()[4] for line in lines]
        for point in reversed([one for one in mounted if one.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "--lazy", point], check=False, timeout=30)

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._tidy()
