"""Scoring one report inside the jail: report, sources and scanner's places are all of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers.audit.categories import canonical
from checkers.audit.explaining import sentences
from checkers.audit.explanations import Source
from checkers.audit.findings import ReportError, read_report
from checkers.audit.matching import Known
from checkers.audit.places import Place
from checkers.audit.scoring import Score, is_scanned, score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.audit.findings import Reading
    from checkers.audit.matching import Merged

MAX_EXPLANATION: Final = 500


class TaskFaultError(ValueError):
    """The task's own part cannot be used; the sentence says why."""


def judge(request: dict[str, Any], *blobs: bytes) -> dict[str, Any]:
    """Score `request["report"]` on the files `request["files"]`, whose contents are the blobs.

    Further members: `known` (`[{category, file, lines, severity}]`), `taxonomy`, and for a paid
    audit `scanned` (`[[file, first, last, category]]`), else None. Returns `{"report_fault":
    sentence}`, `{"task_fault": sentence}`, or `{"points", "findings", "refused"}`: of these only
    `points` was computed from what is hidden. With `request["explain"]` it holds `explained` too,
    which is for the operator alone.
    """
    try:
        texts = _texts(request["files"], blobs)
        scope = {name: _count_lines(text) for name, text in texts.items()}
        places = _places(request["scanned"])
        known = [_known(one, scope, places) for one in request["known"]]
    except TaskFaultError as error:
        return {"task_fault": str(error)}
    try:
        reading = read_report(request["report"], scope, request["taxonomy"])
    except ReportError as error:
        return {"report_fault": str(error)}
    sources = {name: Source(name, text) for name, text in texts.items()}
    result = score(reading, known, sources, corroborated=places)
    reply = _reply(reading, result)
    if request.get("explain"):
        reply["explained"] = sentences(result, known, sources)
        reply["unresolved"] = [_place_json(result.findings[one]) for one in result.unresolved]
    return reply


def _texts(names: list[str], blobs: tuple[bytes, ...]) -> dict[str, str]:
    texts = {}
    for name, blob in zip(names, blobs, strict=True):
        try:
            text = blob.decode()
        except UnicodeDecodeError:
            raise TaskFaultError(f"the audited file {name!a} is not UTF-8 text") from None
        texts[name] = text.replace("\r\n", "\n").replace("\r", "\n")
    return texts


def _count_lines(text: str) -> int:
    return max(1, text.count("\n") + (not text.endswith("\n")))


def _places(scanned: list[list[Any]] | None) -> tuple[Place, ...]:
    return tuple(Place(file, (first, last), name) for file, first, last, name in scanned or ())


def _known(one: Mapping[str, Any], scope: Mapping[str, int], scanned: tuple[Place, ...]) -> Known:
    category = canonical(one["category"])
    if category is None:
        raise TaskFaultError("a known weakness has a category that the table does not hold")
    if one["file"] not in scope:
        raise TaskFaultError("a known weakness is in a file that is not the target of the audit")
    lines = one["lines"]
    if lines[-1] > scope[one["file"]]:
        raise TaskFaultError("a known weakness cites lines after the end of its file")
    place = Place(one["file"], (lines[0], lines[-1]), category)
    return Known(place, one["severity"], is_scanned(place, scanned))


def _reply(reading: Reading, result: Score) -> dict[str, Any]:
    return {
        "points": result.points,
        "findings": [_finding(one) for one in result.findings],
        "refused": [one.why for one in reading.refused],
    }


def _finding(merged: Merged) -> list[Any]:
    """Return a finding as its reporter wrote it; of merged ones the text of the first."""
    part = merged.parts[0]
    severity = part.severity or "info"
    text = part.explanation[:MAX_EXPLANATION]
    return [*_place_json(merged), part.title, severity, text]


def _place_json(merged: Merged) -> list[Any]:
    place = merged.place
    return [place.category, place.file, *place.lines]
