"""`math`: is the result right. What is not understood is undecided, never wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checkers import jail
from checkers.protocol import CheckResult, CheckStatus, Tool
from checkers.results import cut, failed, task_fault, undecided

if TYPE_CHECKING:
    from checkers.options import MathOptions
    from checkers.protocol import Context, Submission

SECONDS = 5.0
"""For one answer, however many parts it has."""


DIFFERENT = "the result is not the expected one"


class MathCheck:
    """Reads and compares in the jail; the answer is the `content`."""

    name = "math"
    version = "5"

    def check(self, submission: Submission, options: MathOptions, context: Context) -> CheckResult:
        """Judge one answer."""
        content = (submission.answer.content or "").strip()
        if not content:
            return failed(self.name, "the answer is empty")
        request = _request(options, content)
        try:
            reply = jail.run("math", request, seconds=min(SECONDS, context.remaining()))
        except jail.JailError:
            return undecided(self.name, "comparing took too much time or memory")
        tool = Tool("tosv-math", self.version)
        if "task_fault" in reply:
            return task_fault(self.name, cut(f"the task's {reply['task_fault']}"))
        match reply.get("answer"):
            case "equal":
                summary = "the result is the expected one"
                return CheckResult(self.name, CheckStatus.PASS, 100, summary, tool=tool)
            case "different":
                return failed(self.name, cut(str(reply.get("why") or DIFFERENT)), tool=tool)
        why = reply.get("why") or "the two results could not be compared"
        return undecided(self.name, cut(str(why)))


def _request(options: MathOptions, content: str) -> dict[str, Any]:
    expected = options.expected if isinstance(options.expected, list) else [options.expected]
    return {
        "expected": [str(item) for item in expected],
        "answer": content,
        "tolerance": options.tolerance.model_dump() if options.tolerance else None,
        "digits": options.digits,
        "unit": options.unit,
        "ordered": options.ordered,
        "kind": options.kind,
    }
