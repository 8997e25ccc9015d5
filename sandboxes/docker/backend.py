"""The `docker` backend: a fresh, hardened container per session, with a supervisor as pid 1."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from sandboxes.docker.attachment import Attachment
from sandboxes.docker.containers import Containers, Running
from sandboxes.docker.deadlines import Deadlines
from sandboxes.docker.engine import Engine, connect, container
from sandboxes.docker.pool import Pool, PoolSize
from sandboxes.docker.session import ContainerSession
from sandboxes.images.groups import DEFAULT_PREFIX, GROUPS, build_hint, group_of, tag_of
from sandboxes.languages import judge_of
from sandboxes.messages import OPERATOR_LIMITS
from sandboxes.protocol import (
    Description,
    Grip,
    Job,
    Limits,
    SandboxError,
    SandboxUnavailableError,
    Toolchain,
    ToolchainMissingError,
)
from sandboxes.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

UID_LOW, UID_HIGH = 200_000, 2_000_000_000
WEAKER: Mapping[str, Grip] = {}
CPUS = 2
"""Processors that one submission may use at once: what threads gain is alike on every host."""
NO_POOL = PoolSize(kept=0)
VERSION_LIMITS = Limits(cpu_s=20, wall_s=30, memory_mb=1024)


class ContainerSandbox(ABC):
    """What every backend made of containers has in common: images, toolchains, sessions."""

    name = "docker"

    def __init__(self, prefix: str, image: str | None, engine: Engine | None, cap: Limits) -> None:
        """`image` is for every language instead of the images whose tags begin with `prefix`."""
        self._own_engine = engine is None
        self._engine = engine or connect()
        self.images = _image_ids(self._engine, prefix, image)
        self._cap = cap
        self._facts = self._engine.facts()
        self._lock = threading.Lock()
        self._sessions: set[ContainerSession] = set()
        self._toolchains: dict[str, Toolchain] = {}
        self._deadlines = Deadlines()
        self._containers = Containers(self._engine)

    def open(self, language: str) -> ContainerSession:
        """Make a clean room with this language's toolchain."""
        session = self._room(self._image(language))
        with self._lock:
            self._sessions.add(session)
        return session

    def _image(self, language: str) -> str:
        group = group_of(language)
        if group is None:
            raise ToolchainMissingError(language, "no image holds it")
        if group not in self.images:
            raise ToolchainMissingError(language, build_hint(group))
        return self.images[group]

    @abstractmethod
    def _room(self, image: str) -> ContainerSession:
        """Return a room whose supervisor is at rest. Raises SandboxUnavailableError."""

    def _forget(self, session: ContainerSession) -> None:
        with self._lock:
            self._sessions.discard(session)

    def toolchain(self, language: str) -> Toolchain:
        """Ask the image itself, once."""
        with self._lock:
            known = self._toolchains.get(language)
        if known is None:
            judge = judge_of(language)
            with self.open(judge.cage) as session:
                outcome = session.run(Job(judge.version, limits=VERSION_LIMITS))
            if not outcome.ok:
                raise ToolchainMissingError(language, "its version cannot be read")
            known = judge.parse(outcome.stdout.decode(errors="replace"))
            with self._lock:
                self._toolchains[language] = known
        return known

    def describe(self) -> Description:
        """Backend, image ids, and what is not fully held."""
        declared = self.declared()
        weak = tuple(sorted(name for name, grip in declared.items() if grip is not Grip.HELD))
        by_language = {
            language: self.images[group.name]
            for group in GROUPS.values()
            if group.name in self.images
            for language in group.languages or (group.name,)
        }
        ids = set(by_language.values())
        return Description(self.name, ids.pop() if len(ids) == 1 else None, weak, by_language)

    def declared(self) -> Mapping[str, Grip]:
        """What this backend says of itself; the self-check proves it."""
        from sandboxes.selfcheck import PROPERTIES

        return {name: WEAKER.get(name, Grip.HELD) for name in PROPERTIES}

    def close(self) -> None:
        """End every session, and wait until their containers are gone."""
        with self._lock:
            sessions, self._sessions = self._sessions, set()
        for session in sessions:
            session.close()
        self._let_go()
        self._containers.close()
        self._deadlines.close()
        if self._own_engine:
            self._engine.close()

    @abstractmethod
    def _let_go(self) -> None:
        """End what stands ready."""


class DockerSandbox(ContainerSandbox):
    """Opens a container of the language's image for each session; some are started ahead."""

    def __init__(
        self,
        prefix: str = DEFAULT_PREFIX,
        *,
        image: str | None = None,
        engine: Engine | None = None,
        cap: Limits = OPERATOR_LIMITS,
        runtime: str | None = None,
        pool: PoolSize = NO_POOL,
    ) -> None:
        super().__init__(prefix, image, engine, cap)
        self._runtime = runtime
        self.name = f"docker+{runtime}" if runtime else "docker"
        self._pool: Pool[_Fresh] = Pool(self._start, self._discard, _Fresh.sound, pool)

    def standing(self) -> dict[str, int]:
        """How many containers of each image stand ready."""
        return self._pool.standing()

    def _room(self, image: str) -> ContainerSession:
        return (self._pool.take(image) or self._start(image)).session

    def _start(self, image: str) -> _Fresh:
        """Start a container and wait until its supervisor is at rest."""
        resources = Resources.for_job(Limits(), 0)
        containers = self._containers
        cpus = min(CPUS, self._facts.processors)
        wanted = container(image, self._cap, resources, containers.owner, cpus, self._runtime)
        running = containers.start(wanted, Attachment)

        def end(session: ContainerSession, _: bool) -> None:
            self._forget(session)
            containers.later(lambda: self._remove(running, session))

        session = ContainerSession(
            running,
            self._cap,
            self._deadlines,
            end,
            lambda wanted: self._engine.update(running.identity, self._here(wanted)),
        )
        try:
            session.begin(UID_LOW + secrets.randbelow(UID_HIGH - UID_LOW))
        except SandboxError as error:
            session.close()
            raise SandboxUnavailableError(f"the sandbox did not come up: {error}") from error
        return _Fresh(running, session)

    def _here(self, resources: Resources) -> Resources:
        """Name a core that the engine's machine has: it may be another one than this."""
        if resources.core is None:
            return resources
        return replace(resources, core=resources.core % self._facts.processors)

    def _remove(self, running: Running[Attachment], session: ContainerSession) -> None:
        """Delete the container: on a thread that reads no output."""
        self._containers.remove_now(running.identity)
        session.release()

    @staticmethod
    def _discard(fresh: _Fresh) -> None:
        fresh.session.close()

    def _let_go(self) -> None:
        self._pool.close()


class _Fresh:
    """A container that nobody has used."""

    __slots__ = ("running", "session")

    def __init__(self, running: Running[Attachment], session: ContainerSession) -> None:
        self.running = running
        self.session = session

    def sound(self) -> bool:
        """True while it can still be given away."""
        return self.running.sound()


def _image_ids(engine: Engine, prefix: str, image: str | None) -> dict[str, str]:
    """Return the id of each group's image that is there; at least one has to be."""
    if image is not None:
        return dict.fromkeys(GROUPS, engine.image_id(image))
    found = {name: engine.image(tag_of(prefix, name)) for name in GROUPS}
    there = {name: str(known["Id"]) for name, known in found.items() if known is not None}
    if not there:
        raise SandboxUnavailableError(
            f"no image {tag_of(prefix, '*')} on this engine; "
            "build them with `tos-validator sandbox images build`"
        )
    return there
