"""`table`: CSV, JSON Lines, Parquet or Excel of the answer against declared columns."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from checkers import jail
from checkers.protocol import CheckResult, CheckStatus, Finding, Tool
from checkers.results import cut, errored, failed, task_fault
from checkers.tables.form import place
from checkers.targets import target_of

if TYPE_CHECKING:
    from checkers.options import TableOptions
    from checkers.protocol import Context, Submission

SECONDS = 30.0


class TableCheck:
    """Form and constraints; reading and judging happen in the jail."""

    name = "table"
    version = "1"

    def check(self, submission: Submission, options: TableOptions, context: Context) -> CheckResult:
        """Judge one answer."""
        found = target_of(submission.answer, options.target)
        if found is None:
            return failed(self.name, f"the answer holds no {options.target}")
        name, data = found
        request = {**options.model_dump(mode="json"), "name": name}
        try:
            reply = jail.run(
                "table", request, blobs=[data], seconds=min(SECONDS, context.remaining())
            )
        except jail.JailError as error:
            return errored(
                self.name, error.reason, "reading the table took too much time or memory"
            )
        return _result(options, reply)


def _result(options: TableOptions, reply: dict[str, Any]) -> CheckResult:
    check, target = options.check, options.target
    tool = Tool("polars", version("polars"))
    if "task_fault" in reply:
        return task_fault(check, cut(f"the task's table: {reply['task_fault']}"))
    if "unreadable" in reply:
        message, row, column = reply["unreadable"]
        said = f"{place(row, column)}{message}"
        finding = Finding("format", cut(said), "high")
        return failed(check, cut(f"{target} is not in the declared form: {said}"), (finding,), tool)
    rows, findings = reply["rows"], []
    if options.min_rows is not None and rows < options.min_rows:
        findings.append(_rows("min_rows", f"at least {options.min_rows}", rows))
    if options.max_rows is not None and rows > options.max_rows:
        findings.append(_rows("max_rows", f"at most {options.max_rows}", rows))
    total = reply["total"] + len(findings)
    for rule, row, column, text in reply["faults"]:
        findings.append(Finding(rule, cut(f"{place(row, column)}{text}"), "high"))
    metrics = {"rows": float(rows), "faults": float(total)}
    if not total:
        summary = f"{rows} rows are as declared"
        return CheckResult(check, CheckStatus.PASS, 100, summary, metrics=metrics, tool=tool)
    shown = f", the first {len(findings)} are shown" if total > len(findings) else ""
    summary = f"{total} {'fault' if total == 1 else 'faults'} in {rows} rows{shown}"
    return CheckResult(
        check, CheckStatus.FAIL, 0, summary, tuple(findings), metrics=metrics, tool=tool
    )


def _rows(rule: str, expected: str, found: int) -> Finding:
    return Finding(rule, f"expected {expected} rows, found {found}", "high")
