"""Running a claim's own script or SQL again, in the sandbox, to see its number come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checkers.claims.numbers import same_moment
from checkers.claims.printed import Printed, agrees, read_printed, unit_name
from checkers.protocol import CheckStatus
from checkers.results import complaint, ending
from sandboxes.languages import run_argv
from sandboxes.protocol import Job, Limits, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from checkers.claims.options import ClaimsOptions
    from checkers.claims.plan import Item
    from checkers.claims.reading import Claim
    from checkers.protocol import Answer, Context
    from sandboxes.protocol import Outcome, Session

MAX_PROGRAMS: Final = 50
LIMITS: Final = Limits(cpu_s=20, wall_s=40, memory_mb=512, output_kb=64, disk_mb=256)
SQL_PROGRAM: Final = Path(__file__).parent / "programs" / "select.py"

LOADED: Final = b"loaded\n"
"""What `SQL_PROGRAM` says when its table is filled; only then can a failure be the SQL's."""

_KINDS: Final = {
    **dict.fromkeys(("csv", "tsv", "txt"), "csv"),
    **dict.fromkeys(("jsonl", "ndjson"), "jsonl"),
}

Ended = tuple[CheckStatus, str]


class Reruns:
    """Runs programs of one answer, in one session, each in a fresh directory with the dataset."""

    def __init__(
        self,
        session: Session,
        answer: Answer,
        dataset: bytes,
        options: ClaimsOptions,
        context: Context,
    ) -> None:
        self._session = session
        self._answer = answer
        self._dataset = dataset
        self._columns = [[column.name, column.type] for column in options.columns]
        self._kind = _kind(options.dataset, dataset)
        self._dialect = options.dialect.model_dump(mode="json")
        self._context = context
        self._runs = 0

    def rerun(self, item: Item) -> Ended:
        """PASS when the program prints the claim's value; FAIL, or UNDECIDED, with the reason.

        SKIPPED, with the reason, where it is nobody's fault that nothing can be compared.
        """
        claim = item.claim
        assert claim is not None  # noqa: S101 - only claims bring programs
        passed_over = self._passed_over(claim)
        if passed_over:
            return CheckStatus.SKIPPED, passed_over
        self._runs += 1
        if self._runs > MAX_PROGRAMS:
            return CheckStatus.FAIL, f"brings a program too many: {MAX_PROGRAMS} are run"
        program = self._program(claim)
        if program is None:
            return CheckStatus.FAIL, "names a script that is not among the answer's files"
        outcome = self._run(program, claim)
        if outcome is None or outcome.status is Status.INTERNAL_ERROR:
            return CheckStatus.UNDECIDED, "could not be run again for want of time or of a sandbox"
        if outcome.ok:
            return _compared(item, outcome.stdout)
        return _ended_badly(outcome, by_sql=claim.sql is not None)

    def _passed_over(self, claim: Claim) -> str:
        """Why its program is not run at all; empty where it is."""
        if isinstance(claim.value, (dict, list)):
            return "states several values, which no program is compared with"
        if claim.sql is not None and self._kind is None:
            return "brings SQL, which is run on CSV and JSON Lines only"
        return ""

    def _program(self, claim: Claim) -> Mapping[str, bytes] | None:
        if claim.sql is not None:
            return {"select.py": SQL_PROGRAM.read_bytes(), "query.sql": claim.sql.encode()}
        script = claim.script or ""
        if not script.startswith("files/"):
            return {"script.py": script.encode()}
        name = script.removeprefix("files/")
        return dict(self._answer.files) if name in self._answer.files else None

    def _run(self, program: Mapping[str, bytes], claim: Claim) -> Outcome | None:
        remaining = self._context.remaining()
        if remaining <= 1:
            return None
        files = {"dataset.csv": self._dataset}
        if claim.sql is not None:
            form = {"kind": self._kind, "columns": self._columns, "dialect": self._dialect}
            files["form.json"] = json.dumps(form).encode()
            entry = "select.py"
        else:
            script = claim.script or ""
            entry = script.removeprefix("files/") if script.startswith("files/") else "script.py"
        self._session.put(program)
        wall_s = min(LIMITS.wall_s, remaining)
        limits = Limits(
            LIMITS.cpu_s, wall_s, LIMITS.memory_mb, output_kb=64, disk_mb=LIMITS.disk_mb
        )
        argv = run_argv("python", entry, ("dataset.csv",), limits.memory_mb)
        return self._session.run(Job(argv, files=files, limits=limits))


def _ended_badly(outcome: Outcome, *, by_sql: bool) -> Ended:
    if by_sql and not outcome.stderr.startswith(LOADED):
        return CheckStatus.UNDECIDED, "has SQL for which the dataset could not be laid out"
    why = f"has a program that {ending(outcome, LIMITS)}"
    if outcome.status is Status.WALL_LIMIT:  # perhaps the machine's doing
        return CheckStatus.UNDECIDED, why
    stderr = outcome.stderr.removeprefix(LOADED) if by_sql else outcome.stderr
    return CheckStatus.FAIL, f"{why}: {complaint(stderr, 200)}".rstrip(": ")


def _compared(item: Item, stdout: bytes) -> Ended:
    assert item.claim is not None  # noqa: S101 - see `rerun`
    lines = stdout.decode(errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else ""
    text = str(item.claim.value).strip()
    try:
        said = read_printed(text)
    except ValueError:
        if text == last or same_moment(text, last):
            return CheckStatus.PASS, ""
        return CheckStatus.FAIL, "has a program that prints another text than the claim"
    try:
        shown = read_printed(last)
    except ValueError:
        return CheckStatus.FAIL, "has a program whose last line of output is no number"
    if any(_shows(said, value) for value in _values(item, said, shown)):
        return CheckStatus.PASS, ""
    return CheckStatus.FAIL, "has a program that prints another number than the claim"


def _values(item: Item, said: Printed, shown: Printed) -> tuple[Fraction, ...]:
    """What a program's number may mean: 0.5 is 50% wherever the claim or its query says percent."""
    asked = item.query.unit if item.query is not None else None
    percent = "%" in (said.unit, unit_name(item.unit), unit_name(asked))
    if percent and not shown.is_percent:
        return shown.value, shown.value * 100
    if shown.is_percent and not percent:
        return (shown.value / 100,)
    return (shown.value,)


def _shows(said: Printed, value: Fraction) -> bool:
    if said.bound is not None:
        return value < said.value if said.bound == "<" else value > said.value
    return agrees(said, value, exact=False)


def _kind(name: str, data: bytes) -> str | None:
    """`csv` or `jsonl`, as `checkers.tables.reading.kind_of` has it; None for other tables."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if not suffix and data[:4] not in (b"PAR1", b"PK\x03\x04"):
        return "jsonl" if data.lstrip()[:1] == b"{" else "csv"
    return _KINDS.get(suffix)
