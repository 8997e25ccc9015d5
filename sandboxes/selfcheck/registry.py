"""Where proofs are kept: a property's sentence, and the function that attacks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandboxes.languages import LANGUAGES, run_argv
from sandboxes.protocol import Job, Limits, Outcome, Sandbox, Session, Status

QUICK = Limits(cpu_s=10, wall_s=20, memory_mb=128, processes=32, output_kb=256, disk_mb=16)


@dataclass(frozen=True, slots=True)
class Proof:
    """What an attack showed."""

    held: bool
    detail: str


Attack = Callable[["Range"], Proof]
PROOFS: dict[str, tuple[str, Attack]] = {}


def proves(name: str, sentence: str) -> Callable[[Attack], Attack]:
    """Register the attack that proves a property."""

    def register(attack: Attack) -> Attack:
        PROOFS[name] = (sentence, attack)
        return attack

    return register


@dataclass(frozen=True, slots=True)
class Range:
    """Where attacks are run: one sandbox, and what the attacker is told of its host."""

    sandbox: Sandbox
    secret_path: str = ""
    """A file of the host that nobody in a cage may read."""
    secret: str = ""
    port: int = 0
    """A service of the host on its loopback, TCP and UDP."""
    abstract: str = ""
    """A service of the host on an abstract socket."""
    facts: Mapping[str, str] = field(default_factory=dict)

    def run(
        self,
        source: str,
        *args: str,
        stdin: bytes = b"",
        collect: tuple[str, ...] = (),
        limits: Limits = QUICK,
        session: Session | None = None,
    ) -> Outcome:
        """Run a Python program, in a session of its own unless one is given."""
        job = Job(run_argv("python", "main.py", args), stdin=stdin, limits=limits, collect=collect)
        if session is not None:
            session.put({"main.py": source.encode()})
            return session.run(job)
        with self.sandbox.open("python") as own:
            own.put({LANGUAGES["python"].main: source.encode()})
            return own.run(job)

    def ask(self, source: str, *args: str, limits: Limits = QUICK) -> Any:  # noqa: ANN401 - JSON
        """Run a program that prints one JSON value; return that value."""
        outcome = self.run(source, *args, limits=limits)
        try:
            return json.loads(outcome.stdout)
        except ValueError:
            raise AttackError(f"the attack did not run: {describe(outcome)}") from None


class AttackError(Exception):
    """The attack could not be made, so nothing is proven."""


def describe(outcome: Outcome) -> str:
    """Say how a job ended, in a few words."""
    how = outcome.signal or (None if outcome.exit_code is None else f"exit {outcome.exit_code}")
    tail = outcome.stderr.decode(errors="replace").strip()[-160:]
    return ", ".join(filter(None, (outcome.status.value, how, outcome.detail, tail)))


def ended(outcome: Outcome, status: Status) -> Proof:
    """Proof that a job ended with a status."""
    return Proof(outcome.status is status, describe(outcome))
