"""The way to the Docker engine, and the one container specification that we ever ask it for."""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandboxes.docker.address import CERTIFICATES, LOCAL, Address
from sandboxes.docker.profiles import container_profile, outer_profile
from sandboxes.protocol import PROGRAM_DIR, WORK_DIR, SandboxUnavailableError
from sandboxes.resources import MIB, SHARED_MEMORY_MB, SLACK_FILES, SLACK_MB, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandboxes.protocol import Limits

TIMEOUT_S = 30
LABEL = "tos-validator.sandbox"
LABEL_OWNER = "tos-validator.owner"
LABEL_HOUSE = "tos-validator.house"
KEEPER_MB, KEEPER_PIDS = 128, 16
CAPABILITIES = ("SETUID", "SETGID", "CHOWN", "KILL")
# System V IPC and message queues would outlive a job; nothing that we judge needs them.
NO_IPC = {
    "kernel.shmmni": "0",
    "kernel.msgmni": "0",
    "kernel.sem": "0 0 0 0",
    "fs.mqueue.queues_max": "0",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """About an engine: processors, whether AppArmor, which forbids mounts, confines; runtimes."""

    processors: int
    apparmor: bool
    runtimes: frozenset[str]


class Engine:
    """The few things that we ever ask of the engine. Nothing of a request reaches it unread."""

    def __init__(
        self,
        api: Any,  # noqa: ANN401 - docker's client carries no types
        let_go: Callable[[], None] = lambda: None,
        *,
        shared: bool = False,
    ) -> None:
        self.api = api
        self.shared = shared
        """Whether other machines may have containers of ours on it."""
        self._let_go = let_go

    def image_id(self, image: str) -> str:
        """Return the id (a digest) of an image that has to be on this machine."""
        found = self.image(image)
        if found is None:
            raise SandboxUnavailableError(f"no image {image} on this engine")
        return str(found["Id"])

    def image(self, image: str) -> Mapping[str, Any] | None:
        """Return what the engine knows of an image, or None if it is not on this machine."""
        from docker.errors import ImageNotFound

        with engine_errors():
            try:
                found: Mapping[str, Any] = self.api.inspect_image(image)
            except ImageNotFound:
                return None
            return found

    def facts(self) -> Facts:
        """Ask what matters to a container's specification."""
        with engine_errors():
            found = self.api.info()
        confined = any("apparmor" in option for option in found.get("SecurityOptions") or ())
        return Facts(int(found["NCPU"]), confined, frozenset(found.get("Runtimes") or {}))

    def create(self, specification: Mapping[str, Any]) -> str:
        """Create a container and return its id."""
        with engine_errors():
            return str(self.api.create_container_from_config(dict(specification))["Id"])

    def attach(self, container_id: str) -> socket.socket:
        """Return the stream that is the container's stdin, stdout and stderr."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with engine_errors():
            reader = self.api.attach_socket(container_id, streams)
            connection: socket.socket = getattr(reader, "_sock", reader)
            if isinstance(connection, ssl.SSLSocket):
                return connection
            # The SDK's reader and pool must not close, reuse or read ahead on what is now ours.
            return socket.socket(fileno=connection.detach())

    def start(self, container_id: str) -> None:
        """Start a created container."""
        with engine_errors():
            self.api.start(container_id)

    def update(self, container_id: str, resources: Resources) -> None:
        """Change what the engine holds for a running container."""
        api = self.api
        with engine_errors():
            # The SDK's own method knows no process limit.
            url = api._url("/containers/{0}/update", container_id)  # noqa: SLF001
            api._raise_for_status(api._post_json(url, data=resources.body()))  # noqa: SLF001

    def remove(self, container_id: str) -> bool:
        """Kill and delete a container; False for one that the engine is deleting already.

        True also for one that it does not have, though it may go on listing it: an engine that was
        killed can show a container that it deleted when it came up again, until its next start.
        """
        from docker.errors import APIError, NotFound

        with engine_errors():
            try:
                self.api.remove_container(container_id, force=True, v=True)
            except NotFound:
                return True
            except APIError as error:
                if error.status_code != HTTPStatus.CONFLICT:
                    raise
                return False
        return True

    def ours(self, label: str = f"{LABEL}=1") -> list[Mapping[str, Any]]:
        """List every container that carries our label, or another one, running or not."""
        with engine_errors():
            found: list[Mapping[str, Any]] = self.api.containers(all=True, filters={"label": label})
            return found

    def close(self) -> None:
        """Let go of the connections."""
        self.api.close()
        self._let_go()


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn what the SDK and its transport raise into SandboxUnavailableError."""
    from docker.errors import DockerException

    try:
        yield
    except SandboxUnavailableError:
        raise
    # requests' and urllib3's errors are OSErrors or wrapped ones.
    except (DockerException, OSError) as error:
        raise SandboxUnavailableError(f"the Docker engine failed: {error}") from error


def connect(address: Address = LOCAL) -> Engine:
    """Return the engine that answers, or raise SandboxUnavailableError."""
    import docker

    fault = address.fault()
    if fault is not None:
        raise SandboxUnavailableError(f"sandbox.engine: {fault}")
    if address.url is None:
        refuse_open_tcp(None, tls=_tls_is_set())
        with engine_errors():
            return _answering(docker.from_env(timeout=TIMEOUT_S))
    if address.url.startswith("ssh:"):
        return _through_ssh(address.url)
    with engine_errors():
        client = docker.DockerClient(
            base_url=address.url, tls=_client_tls(address), timeout=TIMEOUT_S
        )
        return _answering(client, shared=address.remote)


def _answering(client: Any, **told: Any) -> Engine:  # noqa: ANN401 - docker's client
    client.ping()
    return Engine(client.api, **told)


def _through_ssh(url: str) -> Engine:
    import docker

    from sandboxes.docker.tunnel import Tunnel

    tunnel = Tunnel(url)
    try:
        with engine_errors():
            client = docker.DockerClient(base_url=f"unix://{tunnel.socket}", timeout=TIMEOUT_S)
            return _answering(client, let_go=tunnel.close, shared=True)
    except SandboxUnavailableError:
        tunnel.close()
        raise


def _client_tls(address: Address) -> Any:  # noqa: ANN401 - docker's own type
    from docker.tls import TLSConfig

    if address.certificates is None:
        return False
    authority, certificate, key = (str(address.certificates / name) for name in CERTIFICATES)
    return TLSConfig(client_cert=(certificate, key), ca_cert=authority, verify=True)


def refuse_open_tcp(url: str | None, *, tls: bool) -> None:
    """Raise when the engine would be reached over TCP without client certificates.

    Whoever can reach such a port owns the machine.
    """
    target = url or os.environ.get("DOCKER_HOST", "")  # noqa: TID251 - Docker's own variable
    if urlsplit(target).scheme in ("tcp", "http", "https") and not tls:
        raise SandboxUnavailableError(
            "the Docker engine is on TCP without client certificates: "
            "set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or use its Unix socket"
        )


def _tls_is_set() -> bool:
    return bool(
        os.environ.get("DOCKER_TLS_VERIFY")  # noqa: TID251
        and os.environ.get("DOCKER_CERT_PATH")  # noqa: TID251
    )


def container(
    image: str,
    cap: Limits,
    resources: Resources,
    owner: str,
    cpus: int,
    runtime: str | None = None,
) -> dict[str, Any]:
    """Return the specification of a sandbox container, as the engine's API takes it.

    `image` must be an id: a tag could come to mean something else between check and use.
    """
    size, files = (cap.disk_mb + SLACK_MB) * MIB, cap.files + SLACK_FILES
    tmpfs = f"rw,exec,nosuid,nodev,size={size},nr_inodes={files},mode=0755,uid=0,gid=0"
    host: dict[str, Any] = {
        **_closed_host(resources),
        "CapAdd": list(CAPABILITIES),
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={container_profile()}"],
        "Tmpfs": {WORK_DIR: tmpfs, PROGRAM_DIR: tmpfs},
        "Sysctls": NO_IPC,
        "NanoCpus": cpus * 10**9,
    }
    if runtime is not None:
        host["Runtime"] = runtime
    return _attached(image, owner, host)


def lane_container(image: str, cap: Limits, owner: str, *, apparmor: bool) -> dict[str, Any]:
    """Return the specification of a fast lane's container: rooms are made inside it.

    Its pid 1 may make namespaces, which jobs may not. SETFCAP is what the kernel asks of who maps
    user 0, whose files the container's control groups are. /proc is not masked, because the kernel
    lets nobody mount a fresh one who sees only part of the old; each room masks its own.
    """
    most = Resources.for_job(cap, 2 * cap.disk_mb * 1024)
    resources = Resources(most.memory + KEEPER_MB * MIB, most.pids + KEEPER_PIDS)
    host: dict[str, Any] = {
        **_closed_host(resources),
        "CapAdd": [*CAPABILITIES, "SETFCAP"],
        "SecurityOpt": [
            "no-new-privileges:true",
            f"seccomp={outer_profile()}",
            *(["apparmor=unconfined"] if apparmor else []),
        ],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
    }
    return {**_attached(image, owner, host), "Cmd": ["lane"]}


def _closed_host(resources: Resources) -> dict[str, Any]:
    return {
        **resources.body(),
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "Privileged": False,
        "IpcMode": "private",
        "ShmSize": SHARED_MEMORY_MB * MIB,
        "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
        "LogConfig": {"Type": "none", "Config": {}},
        "Init": False,
        "AutoRemove": True,
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    }


def _attached(image: str, owner: str, host: dict[str, Any]) -> dict[str, Any]:
    return {
        "Image": image,
        "Hostname": "box",
        "User": "0:0",
        "Labels": {LABEL: "1", LABEL_OWNER: owner},
        "NetworkDisabled": True,
        "OpenStdin": True,
        "StdinOnce": True,  # the owner's end closes its stdin, and that ends the supervisor
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "HostConfig": host,
    }


def owner_mark(pid: int | None = None) -> str:
    """Name a process so that no later one is taken for it: boot, pid namespace, pid, start."""
    pid = os.getpid() if pid is None else pid
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    room = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116 - the link's target, not the link
    return f"{boot}/{room}/{pid}/{_started(pid)}"


def _started(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "gone"
    return line.rpartition(")")[2].split()[19]


def owner_is_gone(
    mark: str, now: float, created: float, max_age_s: float, *, shared: bool = False
) -> bool:
    """True when the process that made a container can no longer want it.

    A process of another pid namespace, or of another machine on a shared engine, cannot be looked
    up; what it left is judged by its age.
    """
    parts = mark.split("/")
    here = owner_mark().split("/")
    if len(parts) != len(here):
        return True
    if parts[0] != here[0] and not shared:
        return True
    if parts[:2] != here[:2] or not parts[2].isdigit():
        return now - created > max_age_s
    return _started(int(parts[2])) != parts[3]


def labels_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of an entry of the engine's list."""
    return dict(container.get("Labels") or {})
