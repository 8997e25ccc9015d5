"""Strict reading of a report: findings of the contract's form, or a SARIF 2.1.0 log.

What cannot be read is a finding all the same, an invalid one, and counts as a false alarm: a report
gains nothing by being vague. The miner is told which one it is and what to mend.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checkers.audit.categories import canonical
from checkers.audit.places import Place
from checkers.sarif.reading import SarifError, SarifResult, read_log

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FINDINGS: Final = 1000
"""Findings in one report. The largest public audits have some hundreds."""

MAX_SHOWN: Final = 80
MAX_TITLE: Final = 300

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
"""Mildest first; the distance between two is what step 5 counts."""

_SEVERITY_NAMES: Final[Mapping[str, str]] = {
    **{name: name for name in SEVERITIES},
    "informational": "info",
    "note": "info",
    "moderate": "medium",
}


class ReportError(ValueError):
    """The report as a whole cannot be read; the sentence says what to mend."""


@dataclass(frozen=True, slots=True, order=True)
class Reported:
    """A valid finding. `severity` is one of `SEVERITIES`, or empty where none was given."""

    place: Place
    severity: str
    title: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An invalid finding: its number in the report from 1, and why in a sentence."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as it was read. Exact copies of an invalid finding are listed once."""

    reported: tuple[Reported, ...]
    refused: tuple[Refused, ...]


class _InvalidError(ValueError):
    """One finding is invalid; the sentence goes on from its number."""


def read_report(
    report: Sequence[Any] | Mapping[str, Any], scope: Mapping[str, int], taxonomy: str | None = None
) -> Reading:
    """Read a report on the files of `scope` (name to number of lines).

    Raises `ReportError` where there is no list of findings in it, or too long a one.
    """
    entries = _entries(report)
    if len(entries) > MAX_FINDINGS:
        raise ReportError(too_many(len(entries)))
    reported: list[Reported] = []
    refused: dict[str, Refused] = {}
    for number, entry in enumerate(entries, start=1):
        try:
            reported.append(_read(entry, scope, taxonomy))
        except _InvalidError as error:
            refused.setdefault(_key(entry), Refused(number, f"finding {number} {error}"))
    return Reading(tuple(sorted(reported)), tuple(refused.values()))


def too_many(number: int) -> str:
    """Return what is said of a report that is too long."""
    return (
        f"the report holds {number} findings; at most {MAX_FINDINGS} are read, "
        "so give one for each weakness"
    )


def _entries(report: Sequence[Any] | Mapping[str, Any]) -> Sequence[Any]:
    if not isinstance(report, Mapping):
        return report
    if set(report) == {"findings"} and isinstance(report["findings"], list):
        return report["findings"]
    try:
        return read_log(report)
    except SarifError as error:
        raise ReportError(f"the findings are an object, so a SARIF log, and {error}") from None


def _key(entry: Any) -> str:  # noqa: ANN401
    """Return what makes two invalid findings copies: all but severity and texts."""
    if isinstance(entry, SarifResult):
        return repr((entry.names, entry.file, entry.lines))
    if isinstance(entry, Mapping):
        words = ("category", "file", "lines", "line_start", "line_end")
        return json.dumps({word: entry.get(word) for word in words})
    return json.dumps(entry)


def _read(entry: Any, scope: Mapping[str, int], taxonomy: str | None) -> Reported:  # noqa: ANN401
    if isinstance(entry, SarifResult):
        return _of_sarif(entry, scope, taxonomy)
    if not isinstance(entry, Mapping):
        raise _InvalidError("is no object with category, file and lines")
    file = _file(entry.get("file"), scope)
    return Reported(
        Place(
            file, _within(_lines(entry), file, scope), _category(entry.get("category"), taxonomy)
        ),
        _severity(entry.get("severity")),
        _text(entry, "title")[:MAX_TITLE],
        _text(entry, "explanation"),
    )


def _of_sarif(result: SarifResult, scope: Mapping[str, int], taxonomy: str | None) -> Reported:
    if result.lines is None:
        raise _InvalidError("has no location with a region and its startLine")
    known = (canonical(name, taxonomy) for name in result.names)
    category = next((name for name in known if name is not None), None)
    if category is None:
        _category(result.names[0] if result.names else None, taxonomy)
        raise _InvalidError("names no known category")
    file = _file(result.file, scope)
    place = Place(file, _within(result.lines, file, scope), category)
    return Reported(place, result.severity, result.title[:MAX_TITLE], result.text)


def _category(value: Any, taxonomy: str | None) -> str:  # noqa: ANN401
    if not isinstance(value, str) or not value.strip():
        raise _InvalidError("has no category; give one such as SWC-107, CWE-841 or reentrancy")
    found = canonical(value, taxonomy)
    if found is None:
        raise _InvalidError(
            f"has the category {_shown(value)}, which is no known name or number of "
            "SWC, DASP, CWE or OWASP"
        )
    return found


def _file(value: Any, scope: Mapping[str, int]) -> str:  # noqa: ANN401
    """Return the audited file that is meant; a longer path that ends with it will do."""
    if value is None and len(scope) == 1:
        return next(iter(scope))
    if not isinstance(value, str):
        raise _InvalidError(f"has no file; the audited one is {_names(scope)}")
    name = value.removeprefix("./")
    if name in scope:
        return name
    ends = [known for known in scope if name.endswith(f"/{known}")]
    if len(ends) != 1:
        raise _InvalidError(f"is about {_shown(value)}; the audited file is {_names(scope)}")
    return ends[0]


def _names(scope: Mapping[str, int]) -> str:
    return " or ".join(_shown(name) for name in sorted(scope)[:5])


def _lines(entry: Mapping[str, Any]) -> tuple[int, int]:
    given = entry.get("lines")
    if given is None:
        given = [entry.get("line_start"), entry.get("line_end", entry.get("line_start"))]
    if isinstance(given, int):
        given = [given]
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= 2:  # noqa: PLR2004 - a range
        raise _InvalidError("has no lines; give the first and the last, such as [12, 20]")
    if any(isinstance(line, bool) or not isinstance(line, int) for line in given):
        raise _InvalidError("has lines that are no whole numbers; give them such as [12, 20]")
    return given[0], given[-1]


def _within(lines: tuple[int, int], file: str, scope: Mapping[str, int]) -> tuple[int, int]:
    first, last = lines
    if first > last:
        raise _InvalidError("has its last line before its first")
    if first < 1 or last > scope[file]:
        raise _InvalidError(
            f"cites lines outside {_shown(file)}, which has lines 1 to {scope[file]}"
        )
    return lines


def _severity(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    found = _SEVERITY_NAMES.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise _InvalidError("has an unknown severity; give critical, high, medium, low or info")
    return found


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _InvalidError(f"has {'an' if name[0] in 'aeiou' else 'a'} {name} that is no text")
    return value


def _shown(text: str) -> str:
    return ascii(text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "...")
