"""Answering a harness's requests by running the answer in the answer's own session."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from checkers.protocol import Reason
from checkers.results import ending, errored
from checkers.sources import Stopped
from checkers.strict_json import StrictJsonError, loads
from checkers.tests.attempts import MAX_TIME_LIMITS, PATIENCE, is_starved, timed_run
from checkers.tests.calling import Called, can_call, function_of
from checkers.tests.tally import CHECK
from checkers.tests.values import AnyOrder
from sandboxes.languages import run_argv
from sandboxes.protocol import Job, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkers.protocol import Context
    from checkers.sources import Source
    from sandboxes.protocol import Limits, Outcome, Session

MAX_REQUESTS = 10_000
_ENTRY = re.compile(r"([A-Za-z0-9_/-]+:)?[A-Za-z_$][A-Za-z0-9_$]{0,127}")

Reply = dict[str, Any]


class AnswerServer:
    """Serves one harness run. Both sides are hostile: the harness's lines, the answer's values.

    `answer_s` is the time that went into running the answer; `last_failed` says whether the last
    request ended badly by the answer's doing; `marginal` whether a run stayed close to a limit.
    """

    def __init__(self, session: Session, source: Source, limits: Limits, context: Context) -> None:
        self._session = session
        self._source = source
        self._limits = limits
        self._context = context
        self._requests = 0
        self._time_limits = 0
        self.answer_s = 0.0
        self.last_failed = False
        self.marginal = False

    def reply(self, line: bytes) -> bytes:
        """One line in, one line out; what is no request gets no answer."""
        request = _request(line)
        if request is None:
            return b""
        self._requests += 1
        started = self._context.monotonic()
        try:
            made = self._serve(request)
        finally:
            self.answer_s += self._context.monotonic() - started
        self.last_failed = "error" in made
        return json.dumps({"id": request.get("id"), **made}).encode() + b"\n"

    def _serve(self, request: dict[str, Any]) -> Reply:
        if self._requests > MAX_REQUESTS:
            return _refusal(f"more than {MAX_REQUESTS} requests")
        if self._time_limits >= MAX_TIME_LIMITS:
            return _refusal("the answer met its time limits three times")
        match request:
            case {"call": {"entry": str() as entry, **rest}} if _ENTRY.fullmatch(entry):
                return self._call(entry, rest.get("args", []), rest.get("kwargs", {}))
            case {"run": dict() as wish}:
                return self._run(wish.get("args", []), wish.get("stdin", ""))
            case _:
                return _refusal("send {run: {args, stdin}} or {call: {entry, args, kwargs}}")

    def _call(self, entry: str, args: Any, kwargs: Any) -> Reply:  # noqa: ANN401
        if not can_call(self._source.language):
            return _refusal(f"functions of {self._source.language} cannot be called; use run")
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            return _refusal("args must be an array and kwargs an object")
        try:
            function = function_of(self._session, self._source, entry)
        except Stopped as stop:
            return {"error": ["AnswerError", stop.result.summary]}
        made: list[Called] = []

        def once(limits: Limits) -> Outcome:
            made.append(function.call(args, kwargs, limits))
            return made[-1].outcome

        outcome = self._settled(once)
        returned = made[-1].returned
        if returned is None:
            said = ending(outcome, self._limits)
            return {"error": ["AnswerError", f"the function did not return: {said}"]}
        if returned.error is not None:
            return {"error": list(returned.error)}
        return {"value": _plain(returned.value), "typed": returned.typed}

    def _run(self, args: Any, stdin: Any) -> Reply:  # noqa: ANN401
        if not isinstance(stdin, str) or not isinstance(args, list):
            return _refusal("args must be an array of texts and stdin a text")
        if not all(isinstance(arg, str) and "\0" not in arg for arg in args):
            return _refusal("args must be texts without NUL")
        source, memory_mb = self._source, self._limits.memory_mb
        argv = run_argv(source.language, source.entry, tuple(args), memory_mb)
        job_input = stdin.encode()
        outcome = self._settled(
            lambda limits: self._session.run(Job(argv, job_input, limits=limits))
        )
        if outcome.status.is_limit:
            return {"error": ["AnswerError", f"the program {ending(outcome, self._limits)}"]}
        return {
            "value": {
                "stdout": outcome.stdout.decode(errors="replace"),
                "stderr": outcome.stderr.decode(errors="replace"),
                "exit_code": outcome.exit_code,
                "status": outcome.status.value,
            }
        }

    def _settled(self, run: Callable[[Limits], Outcome]) -> Outcome:
        """Run, and again where one run cannot tell; what nobody can tell stops the check."""
        outcome = timed_run(run, self._limits, self._context)
        wall = outcome.status is Status.WALL_LIMIT
        if wall or outcome.marginal or outcome.status is Status.INTERNAL_ERROR:
            patience = PATIENCE if is_starved(outcome) else 1.0
            again = timed_run(run, self._limits, self._context, patience)
            if again.status is Status.INTERNAL_ERROR:
                raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox failed"))
            if wall and again.status not in (Status.WALL_LIMIT, Status.CPU_LIMIT):
                message = "the answer met its wall limit once and not again"
                raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))
            self.marginal = self.marginal or again.marginal
            outcome = again
        self._time_limits += outcome.status in (Status.CPU_LIMIT, Status.WALL_LIMIT)
        return outcome


def _request(line: bytes) -> dict[str, Any] | None:
    try:
        request = loads(line, max_depth=64)
    except StrictJsonError:
        return None
    is_request = isinstance(request, dict) and ("call" in request or "run" in request)
    return request if is_request else None


def _refusal(message: str) -> Reply:
    return {"error": ["AnswerError", message]}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """JSON without types, for simple readers: sets as lists, no NaN, no huge integers."""
    if isinstance(value, (list, AnyOrder)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    if isinstance(value, int) and value.bit_length() > 4096:  # noqa: PLR2004 - JSON readers choke
        return None
    return value
