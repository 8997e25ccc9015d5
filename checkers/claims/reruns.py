"""Running a claim's own script or SQL again, in the sandbox, to see its number come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checkers.claims.printed import agrees, read_printed
from checkers.protocol import CheckStatus
from checkers.results import complaint, ending
from sandboxes.languages import run_argv
from sandboxes.protocol import Job, Limits, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.claims.options import ClaimsOptions
    from checkers.claims.reading import Claim
    from checkers.protocol import Answer, Context
    from sandboxes.protocol import Outcome, Session

MAX_PROGRAMS: Final = 50
LIMITS: Final = Limits(cpu_s=20, wall_s=40, memory_mb=512, output_kb=64, disk_mb=256)
SQL_PROGRAM: Final = Path(__file__).parent / "programs" / "select.py"

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
        self._dialect = options.dialect.model_dump(mode="json")
        self._context = context
        self._runs = 0

    def rerun(self, claim: Claim) -> Ended:
        """PASS when the program prints the claim's number; FAIL, or UNDECIDED, with the reason."""
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
            return _compared(claim, outcome.stdout)
        why = f"has a program that {ending(outcome, LIMITS)}"
        if outcome.status is Status.WALL_LIMIT:  # perhaps the machine's doing
            return CheckStatus.UNDECIDED, why
        return CheckStatus.FAIL, f"{why}: {complaint(outcome.stderr, 200)}".rstrip(": ")

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
            form = {"columns": self._columns, "dialect": self._dialect}
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


def _compared(claim: Claim, stdout: bytes) -> Ended:
    try:
        said = read_printed(str(claim.value))
    except ValueError as error:
        return CheckStatus.FAIL, str(error)
    lines = stdout.decode(errors="replace").strip().splitlines()
    try:
        shown = read_printed(lines[-1] if lines else "")
    except ValueError:
        return CheckStatus.FAIL, "has a program whose last line of output is no number"
    if agrees(said, shown.value, exact=False):
        return CheckStatus.PASS, ""
    return CheckStatus.FAIL, "has a program that prints another number than the claim"
