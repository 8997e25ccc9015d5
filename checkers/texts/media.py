"""`media`: is it a real image or PDF, large enough, and nothing besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers import jail
from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import CheckResult, CheckStatus, Finding
from checkers.results import cut, errored, failed
from checkers.targets import target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.options import MediaOptions
    from checkers.protocol import Context, Submission

SECONDS: Final = 20.0
PENALTY: Final = 40
_COSTS: Final = frozenset({"size", "acting", "polyglot"})


class MediaCheck:
    """Form only; what is to be seen is not judged."""

    name = "media"
    version = "1"

    def check(self, submission: Submission, options: MediaOptions, context: Context) -> CheckResult:
        """Judge one answer."""
        found = target_of(submission.answer, options.target)
        if found is None:
            return failed(self.name, f"the answer holds no {options.target}")
        request = options.model_dump(mode="json")
        seconds = min(SECONDS, context.remaining())
        try:
            reply = jail.run("media", request, blobs=[found[1]], seconds=seconds)
        except jail.JailError as error:
            message = "decoding the file took too much time or memory"
            return errored(self.name, error.reason, message)
        if "fault" in reply:
            finding = Finding("format", cut(reply["fault"]), "high")
            return failed(self.name, cut(f"{options.target} {reply['fault']}"), (finding,))
        return _result(options, reply)


def _result(options: MediaOptions, reply: dict[str, Any]) -> CheckResult:
    findings = tuple(_findings(options, reply))
    broken = [finding for finding in findings if finding.category in _COSTS]
    score = max(0, 100 - PENALTY * len(broken))
    passed = score >= (options.pass_at or DEFAULT_PASS_AT[options.check])
    sizes = {name: reply[name] for name in ("width", "height", "frames", "pages") if name in reply}
    told = ", ".join(f"{name} {size}" for name, size in sizes.items())
    summary = "; ".join(finding.title for finding in broken[:3]) or f"{reply['type']}: {told}"
    return CheckResult(
        options.check,
        CheckStatus.PASS if passed else CheckStatus.FAIL,
        score,
        cut(summary),
        findings,
        metrics={name: float(size) for name, size in sizes.items()},
    )


def _findings(options: MediaOptions, reply: dict[str, Any]) -> Iterator[Finding]:
    for side, least in (("width", options.min_width), ("height", options.min_height)):
        if least is not None and side in reply and reply[side] < least:
            said = f"{side} of {reply[side]} pixels; expected at least {least}"
            yield Finding("size", said, "high")
    for what in reply["acting"]:
        yield Finding("acting", f"the PDF holds {what}", "high")
    for category, said in reply["extras"]:
        severity = "high" if category in _COSTS else "medium"
        yield Finding(category, f"the file {said}", severity)
