"""Calling a function of the answer: a driver in the cage, a fresh process for every call."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any

from checkers.option_parts import CALL_LANGUAGES
from checkers.results import failed
from checkers.sources import Stopped
from checkers.tests.tally import CHECK
from checkers.tests.values import Returned, UnreadableError, read_returned
from sandboxes.languages import LANGUAGES
from sandboxes.protocol import PROGRAM_DIR, WORK_DIR, Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.sources import Source
    from sandboxes.protocol import Limits, Outcome, Session

_DRIVERS = {
    # -I: neither the working directory nor the environment can put a module before the driver's.
    "python": ("call.py", ("python3", "-I", "-B")),
    "javascript": ("call.cjs", ("node",)),
}


@cache
def program_text(name: str) -> bytes:
    """A file of `programs/`, which is laid into the cage."""
    return (resources("checkers.tests") / "programs" / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Called:
    """One call: how its process ended, and what came back (None: nothing readable)."""

    outcome: Outcome
    returned: Returned | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the answer that can be called. `path` is its file."""

    session: Session
    language: str
    path: str
    name: str

    def call(self, args: Sequence[Any], kwargs: dict[str, Any], limits: Limits) -> Called:
        """Call it once in a fresh process. The result comes back apart from what it prints."""
        driver, command = _DRIVERS[self.language]
        result = f"result-{secrets.token_hex(8)}.json"
        request = {
            "path": f"{PROGRAM_DIR}/{self.path}",
            "function": self.name,
            "args": list(args),
            "kwargs": kwargs,
            "result": f"{WORK_DIR}/{result}",
        }
        job = Job(
            argv=(*command, f"{WORK_DIR}/{driver}", f"{WORK_DIR}/request.json"),
            files={driver: program_text(driver), "request.json": json.dumps(request).encode()},
            limits=limits,
            collect=(result,),
        )
        outcome = self.session.run(job)
        return Called(outcome, _returned(outcome, result))


def _returned(outcome: Outcome, result: str) -> Returned | None:
    record = outcome.artifacts.get(result) if outcome.ok else None
    if record is None:
        return None
    try:
        return read_returned(record)
    except UnreadableError:
        return None


def function_of(session: Session, source: Source, entry: str) -> Function:
    """Find `function` or `module:function`; raises `Stopped` when the answer has no such file."""
    module, _, name = entry.rpartition(":")
    path = source.entry if not module else _file_of(source, module)
    return Function(session, source.language, path, name)


def _file_of(source: Source, module: str) -> str:
    for extension in LANGUAGES[source.language].extensions:
        if module + extension in source.files:
            return module + extension
    raise Stopped(failed(CHECK, f"the answer holds no module {module}"))


def can_call(language: str) -> bool:
    """True for languages that have a driver."""
    return language in CALL_LANGUAGES
