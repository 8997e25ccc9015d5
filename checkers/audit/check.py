"""`audit`: is a security audit right and complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers import jail
from checkers.audit.findings import MAX_FINDINGS, ReportError, too_many
from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import CheckResult, CheckStatus, Finding, Reason, Tool, band_of
from checkers.results import cut, errored, failed, task_fault
from checkers.sources import Stopped
from checkers.strict_json import StrictJsonError, loads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.audit.options import AuditOptions
    from checkers.audit.places import Scanner
    from checkers.protocol import Answer, Context, Submission

SECONDS: Final = 30.0
SCAN_SECONDS: Final = 120.0
RULE: Final = Tool("audit-f1", "1")
REPORT_FILES: Final = (".sarif", ".sarif.json")
MAX_REPORT_BYTES: Final = 8 * 1024 * 1024

HOW: Final = (
    "give them in the answer's `findings`, as a list of "
    '{"category": "SWC-107", "title", "severity", "file", "lines": [12, 20], "explanation"} '
    "or as a SARIF 2.1.0 log"
)


class AuditCheck:
    """Compares a report with hidden weaknesses; nothing but points and band comes out of them.

    `scanner` is the validator's own analyzer, which a paid audit needs.
    """

    name = "audit"
    version = "1"

    def __init__(self, scanner: Scanner | None = None) -> None:
        self._scanner = scanner

    def check(self, submission: Submission, options: AuditOptions, context: Context) -> CheckResult:
        """Judge one answer."""
        source = submission.materials.get(options.target)
        if source is None:
            return task_fault(self.name, "the task's target is none of its materials")
        try:
            report = report_of(submission.answer)
            scanned = self._scan(options.target, source, context) if options.paid else None
        except ReportError as error:
            broken = self._broken_task(source, options, context)
            return broken or failed(self.name, cut(str(error)), tool=RULE)
        except Stopped as stop:
            return stop.result
        return self._compare(request_for(report, options, scanned), source, options, context)

    def _compare(
        self, request: dict[str, Any], source: bytes, options: AuditOptions, context: Context
    ) -> CheckResult:
        try:
            reply = jail.run(
                "audit", request, blobs=[source], seconds=min(SECONDS, context.remaining())
            )
        except jail.JailError as error:
            message = "comparing the report took too much time or memory"
            return errored(self.name, error.reason, message)
        return _result(reply, options.pass_at or DEFAULT_PASS_AT[self.name])

    def _broken_task(
        self, source: bytes, options: AuditOptions, context: Context
    ) -> CheckResult | None:
        """Return the task's own fault, if it has one: it goes before any fault of an answer."""
        found = self._compare(request_for((), options, None), source, options, context)
        return found if found.status is CheckStatus.ERROR else None

    def _scan(self, name: str, source: bytes, context: Context) -> list[list[Any]]:
        """Return the scanner's places as the jail takes them; raises `Stopped`."""
        if self._scanner is None:
            message = "a paid audit needs the validator's own scanner, which is not there"
            raise Stopped(errored(self.name, Reason.TOOLCHAIN_MISSING, message))
        seconds = min(SCAN_SECONDS, context.remaining())
        places = self._scanner(context.sandbox, {name: source}, seconds)
        if places is None:
            message = "the validator's own scanner could not read the target"
            raise Stopped(errored(self.name, Reason.INTERNAL, message))
        return [[one.file, *one.lines, one.category] for one in sorted(places)]


def request_for(
    report: Sequence[Any] | Mapping[str, Any],
    options: AuditOptions,
    scanned: list[list[Any]] | None,
) -> dict[str, Any]:
    """Return what the jail's work is asked (`checkers.audit.judging.judge`)."""
    return {
        "report": report,
        "files": [options.target],
        "known": [one.model_dump(mode="json") for one in options.known],
        "taxonomy": options.taxonomy,
        "scanned": scanned,
    }


def report_of(answer: Answer) -> list[Any] | dict[str, Any]:
    """Return the findings of an answer: its `findings`, else JSON in `content`, else a SARIF file.

    Raises `ReportError` where there is no report, several ones, or too long a one.
    """
    found: list[Any] | dict[str, Any]
    if answer.findings is not None:
        given = answer.findings
        found = list(given) if isinstance(given, tuple) else dict(given)
    else:
        found = _in_content(answer.content or "") or _in_files(answer.files)
    if isinstance(found, list) and len(found) > MAX_FINDINGS:
        raise ReportError(too_many(len(found)))
    return found


def _in_content(content: str) -> list[Any] | dict[str, Any] | None:
    if content.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        value = loads(content, max_bytes=MAX_REPORT_BYTES)
    except StrictJsonError:
        return None
    if isinstance(value, list):
        return {"findings": value}
    is_report = isinstance(value, dict) and ("runs" in value or set(value) == {"findings"})
    return value if is_report else None


def _in_files(files: Mapping[str, bytes]) -> dict[str, Any]:
    logs = sorted(name for name in files if name.lower().endswith(REPORT_FILES))
    if not logs:
        raise ReportError(f"the answer holds no list of findings; {HOW}")
    if len(logs) > 1:
        raise ReportError("the answer holds several SARIF files; give one")
    try:
        value = loads(files[logs[0]], max_bytes=MAX_REPORT_BYTES)
    except StrictJsonError as error:
        raise ReportError(f"the file {logs[0]!a} cannot be read: it {error}") from None
    if not isinstance(value, dict):
        raise ReportError(f"the file {logs[0]!a} is no SARIF log")
    return value


def _result(reply: dict[str, Any], pass_at: int) -> CheckResult:
    if "task_fault" in reply:
        return task_fault(AuditCheck.name, reply["task_fault"])
    if "report_fault" in reply:
        return failed(AuditCheck.name, cut(reply["report_fault"]), tool=RULE)
    points = reply["points"]
    shown = tuple(_finding(*one) for one in reply["findings"])
    refused = tuple(
        Finding("invalid_finding", cut(why), "info", explanation="It counts as a false alarm.")
        for why in reply["refused"]
    )
    return CheckResult(
        AuditCheck.name,
        CheckStatus.PASS if points >= pass_at else CheckStatus.FAIL,
        points,
        _summary(points, len(shown), len(refused)),
        findings=shown + refused,
        metrics={"findings": float(len(shown)), "invalid": float(len(refused))},
        tool=RULE,
    )


def _finding(
    category: str, file: str, first: int, last: int, title: str, severity: str, text: str
) -> Finding:
    return Finding(category, title or category, severity, file, (first, last), text)


def _summary(points: int, valid: int, invalid: int) -> str:
    said = f"{valid} {'finding' if valid == 1 else 'findings'} after merging copies"
    if invalid:
        said += f" and {invalid} invalid, which {'counts' if invalid == 1 else 'count'} as false"
    return f"{said}; against the known weaknesses the report is {band_of(points)}"


def explain(submission: Submission, options: AuditOptions, seconds: float) -> list[str]:
    """Return why a report got its points, a sentence for each finding and each missed weakness.

    It names what is hidden, so it is for the operator alone. Empty where the check itself did not
    come to points. What a scanner says is left out. Raises `checkers.jail.JailError`.
    """
    source = submission.materials.get(options.target)
    try:
        report = report_of(submission.answer)
    except ReportError:
        return []
    if source is None:
        return []
    request = {**request_for(report, options, None), "explain": True}
    reply = jail.run("audit", request, blobs=[source], seconds=seconds)
    explained: list[str] = reply.get("explained", [])
    return explained
