"""Jobs and outcomes as wire messages, in both directions. Nothing here trusts the other side."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import TYPE_CHECKING

from sandboxes.protocol import Job, Limits, Outcome, Status, Tree, Usage
from sandboxes.wire import Fields, Json, Message, WireError, check_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

LIMIT_NAMES = tuple(field.name for field in dataclass_fields(Limits))
MAX_DETAIL = 400
STREAMS = ("stdout", "stderr")

OPERATOR_LIMITS = Limits(
    cpu_s=600,
    wall_s=600,
    memory_mb=4096,
    processes=512,
    output_kb=16 * 1024,
    disk_mb=1024,
    files=32768,
)
"""The most that any job may ask of a cage, whatever its client wants."""


def over_limits(limits: Limits, cap: Limits) -> str | None:
    """Return the first limit that is above its cap, as a sentence."""
    for name in LIMIT_NAMES:
        if getattr(limits, name) > getattr(cap, name):
            return f"limits.{name}: must be at most {getattr(cap, name):g} in this sandbox"
    return None


MAX_CORE = 8191
"""Highest number of a processor core (CONFIG_NR_CPUS of Linux is at most 8192)."""


def check_job(job: Job, cap: Limits) -> None:
    """Raise ValueError for a job that no cage may be given."""
    problem = over_limits(job.limits, cap)
    if problem:
        raise ValueError(problem)
    if not job.argv or not job.argv[0]:
        raise ValueError("argv: must name a program")
    if any("\0" in word for word in job.argv):
        raise ValueError("argv: must not hold NUL characters")
    if job.core is not None and not 0 <= job.core <= MAX_CORE:
        raise ValueError(f"core: must be from 0 to {MAX_CORE}")
    check_tree(tuple(job.files))
    check_tree(job.collect)


def tree_message(
    kind: str, files: Mapping[str, bytes], executable: Collection[str] = ()
) -> Message:
    """Return a message that carries a tree of files."""
    check_tree(tuple(files))
    head: dict[str, Json] = {"files": list(files), "executable": sorted(executable)}
    return Message(kind, head, list(files.values()))


def tree_of(message: Message) -> Tree:
    """Read what `tree_message` wrote."""
    fields = Fields(message.fields)
    names, executable = fields.texts("files"), frozenset(fields.texts("executable"))
    fields.done()
    files = _named(names, message.blobs)
    if not executable <= files.keys():
        raise WireError("executable: names a file that is not there")
    return Tree(files, executable)


def taken_message(tree: Tree | None) -> Message:
    """Return the answer to `take`."""
    if tree is None:
        return Message("too_large")
    return tree_message("tree", tree.files, tree.executable)


def taken_of(message: Message) -> Tree | None:
    """Read what `taken_message` wrote."""
    if message.kind == "too_large":
        Fields(message.fields).done()
        return None
    if message.kind != "tree":
        raise WireError(f"unexpected {message.kind[:32]}")
    return tree_of(message)


def job_message(kind: str, job: Job) -> Message:
    """Return a message that carries a job.

    Its core is named where it has one: a broker has to know, a supervisor never hears of it.
    """
    head: dict[str, Json] = {
        "argv": list(job.argv),
        "limits": {name: getattr(job.limits, name) for name in LIMIT_NAMES},
        "files": list(job.files),
        "collect": list(job.collect),
    }
    if job.core is not None:
        head["core"] = job.core
    return Message(kind, head, [job.stdin, *job.files.values()])


def job_of(message: Message, cap: Limits) -> Job:
    """Read what `job_message` wrote, refusing limits above the cap."""
    fields = Fields(message.fields)
    argv = fields.texts("argv")
    wanted = Fields(fields.mapping("limits"))
    names, collect = fields.texts("files"), fields.texts("collect")
    core = fields.integer("core", high=MAX_CORE) if "core" in message.fields else None
    fields.done()
    if not message.blobs:
        raise WireError("stdin: missing")
    try:
        limits = _limits(wanted)
        job = Job(
            argv=argv,
            stdin=message.blobs[0],
            files=_named(names, message.blobs[1:]),
            limits=limits,
            collect=collect,
            core=core,
        )
        check_job(job, cap)
    except ValueError as error:
        raise WireError(str(error)) from None
    return job


def _limits(wanted: Fields) -> Limits:
    limits = Limits(
        cpu_s=wanted.number("cpu_s"),
        wall_s=wanted.number("wall_s"),
        memory_mb=wanted.integer("memory_mb"),
        processes=wanted.integer("processes"),
        output_kb=wanted.integer("output_kb"),
        disk_mb=wanted.integer("disk_mb"),
        files=wanted.integer("files"),
    )
    wanted.done()
    return limits


def _named(names: tuple[str, ...], blobs: list[bytes]) -> dict[str, bytes]:
    try:
        check_tree(names)
    except ValueError as error:
        raise WireError(str(error)) from None
    if len(names) != len(blobs):
        raise WireError("files: names and contents differ in number")
    return dict(zip(names, blobs, strict=True))


def outcome_message(outcome: Outcome) -> Message:
    """Return a message that carries an outcome."""
    usage = outcome.usage
    head: dict[str, Json] = {
        "status": outcome.status.value,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "truncated": list(outcome.truncated),
        "usage": {
            "cpu_s": usage.cpu_s,
            "wall_s": usage.wall_s,
            "memory_mb": usage.memory_mb,
            "processes": usage.processes,
        },
        "artifacts": list(outcome.artifacts),
        "marginal": outcome.marginal,
        "detail": outcome.detail[:MAX_DETAIL],
    }
    return Message("outcome", head, [outcome.stdout, outcome.stderr, *outcome.artifacts.values()])


def outcome_of(message: Message, job: Job) -> Outcome:
    """Read what `outcome_message` wrote, and check that it can be the outcome of this job."""
    fields = Fields(message.fields)
    status = _status(fields.text("status", limit=32))
    outcome = Outcome(
        status=status,
        exit_code=fields.optional_integer("exit_code", 0, 255),
        signal=fields.optional_text("signal", limit=32),
        truncated=fields.texts("truncated", limit=8),
        usage=_usage(Fields(fields.mapping("usage"))),
        marginal=fields.flag("marginal"),
        detail=fields.text("detail", limit=MAX_DETAIL),
    )
    names = fields.texts("artifacts")
    fields.done()
    if len(message.blobs) < len(STREAMS):
        raise WireError("stdout and stderr: missing")
    stdout, stderr, *rest = message.blobs
    outcome = replace(outcome, stdout=stdout, stderr=stderr, artifacts=_named(names, rest))
    _check_outcome(outcome, job)
    return outcome


def _status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError:
        raise WireError("status: unknown") from None


def _usage(fields: Fields) -> Usage:
    usage = Usage(
        cpu_s=fields.number("cpu_s"),
        wall_s=fields.number("wall_s"),
        memory_mb=fields.optional_number("memory_mb"),
        processes=fields.optional_integer("processes"),
    )
    fields.done()
    return usage


def _check_outcome(outcome: Outcome, job: Job) -> None:
    cap = job.limits.output_kb * 1024
    if len(outcome.stdout) > cap or len(outcome.stderr) > cap:
        raise WireError("output: longer than its limit")
    if not set(outcome.truncated) <= set(STREAMS):
        raise WireError("truncated: unknown stream")
    if outcome.truncated and outcome.status not in (Status.OUTPUT_LIMIT, Status.INTERNAL_ERROR):
        raise WireError("truncated: a cut stream must be an output limit")
    if outcome.status is Status.OK and outcome.exit_code != 0:
        raise WireError("exit_code: must be 0 when the status is ok")
    if not set(outcome.artifacts) <= set(job.collect):
        raise WireError("artifacts: more than was asked for")
    if sum(map(len, outcome.artifacts.values())) > job.limits.disk_mb * 1024 * 1024:
        raise WireError("artifacts: larger than the disk limit")


def answer_line(
    reply: Callable[[bytes], bytes], line: bytes
) -> tuple[Message, BaseException | None]:
    """Return what to say to a job's line, and what `reply` raised, to be raised after the job."""
    try:
        return Message("say", {}, [reply(line)]), None
    except BaseException as error:  # noqa: BLE001 - raised again once the job is stopped
        return Message("stop"), error
