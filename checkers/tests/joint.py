"""Building a harness together with the answer, and whose fault it is when that does not work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checkers.option_parts import file_bytes
from checkers.protocol import Reason
from checkers.results import errored, failed, task_fault
from checkers.sources import Stopped, diagnostics, settle_compile
from checkers.tests.tally import CHECK
from sandboxes.languages import LANGUAGES, build, stage, syntax
from sandboxes.protocol import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.option_parts import Harness
    from checkers.protocol import Submission
    from checkers.sources import Source
    from sandboxes.protocol import Outcome, Session

INCLUDED = ".inc"
"""Put behind the names of sources that the harness includes."""

_ERROR = re.compile(r"(?:fatal )?error\b")

# What compilers and linkers call a name that nobody defines.
_UNDEFINED = re.compile(
    r"(?:undefined reference to|undefined symbol:|implicit declaration of function"
    r"|undeclared identifier|call to undeclared function) [`'\u2018]?([A-Za-z_][A-Za-z0-9_]*)"
    r"|['\u2018]([A-Za-z_][A-Za-z0-9_]*)['\u2019] (?:undeclared|was not declared)"
)


def build_jointly(
    session: Session, source: Source, harness: Harness, submission: Submission
) -> None:
    """Leave harness and answer as one program in `/program`; raises `Stopped` otherwise.

    When the two do not build together, the answer is to blame if it does not compile by itself,
    if an error lies in its files, or if it lacks names that the task's text asks for. What is
    left is the task's fault.
    """
    outcome = _build_together(session, harness, {**source.files, **file_bytes(harness.files)})
    if outcome.ok:
        return
    if outcome.status is Status.INTERNAL_ERROR:
        raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox could not build"))
    _answer_alone(session, source, harness)
    found = tuple(
        finding
        for finding in diagnostics(outcome)
        # A warning breaks no build, and a note only points from the harness's error to the answer.
        if _ERROR.match(finding.title) and _owner(finding.file) in source.files
    )
    if found:
        raise Stopped(failed(CHECK, "the answer does not build with the task's harness", found))
    missing = _undefined(outcome)
    if missing and all(_asked_for(name, submission) for name in missing):
        raise Stopped(failed(CHECK, f"the answer does not define {', '.join(missing)}"))
    raise Stopped(
        task_fault(CHECK, "the task's harness does not build with an answer that compiles")
    )


def _answer_alone(session: Session, source: Source, harness: Harness) -> None:
    """Compile, without linking, the answer beside the headers that the harness brings."""
    table = LANGUAGES[harness.language]
    headers = {
        name: data for name, data in file_bytes(harness.files).items() if not table.owns(name)
    }
    files = {**headers, **source.files}
    entry = source.entry if table.owns(source.entry) else None
    settle_compile(CHECK, lambda: syntax(session, harness.language, files, entry), "compile")


def _owner(file: str | None) -> str:
    return (file or "").removeprefix("../program/").removesuffix(INCLUDED)


def _undefined(outcome: Outcome) -> list[str]:
    text = (outcome.stderr + outcome.stdout).decode(errors="replace")
    return sorted({one or other for one, other in _UNDEFINED.findall(text)})


def _asked_for(name: str, submission: Submission) -> bool:
    word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
    texts = (submission.title, submission.description)
    materials = (data.decode(errors="replace") for data in submission.materials.values())
    return any(word.search(text) for text in (*texts, *materials))


def _build_together(session: Session, harness: Harness, files: Mapping[str, bytes]) -> Outcome:
    """C and C++ harnesses include the answer's sources, so only their own are compiled."""
    table = LANGUAGES[harness.language]
    if harness.language not in ("c", "cpp"):
        return stage(session, harness.language, files, harness.entry)
    included = any(
        f'#include "{name}"'.encode() in body.content
        for body in harness.files.values()
        for name in files
        if table.owns(name)
    )
    if not included:
        return build(session, harness.language, files, harness.entry)
    headers = {
        name: data for name, data in files.items() if name == harness.entry or not table.owns(name)
    }
    # The include finds them; the compiler's list of sources does not.
    renamed = {f"{name}{INCLUDED}": data for name, data in files.items() if name not in headers}
    entry = headers[harness.entry]
    for name in files:
        if name not in headers:
            quoted = f'#include "{name}{INCLUDED}"'.encode()
            entry = entry.replace(f'#include "{name}"'.encode(), quoted)
    return build(session, harness.language, {**headers, **renamed, harness.entry: entry}, None)
