"""Writing findings as a SARIF 2.1.0 log: one run for each check, the same bytes for the same input.

Texts of others become plain text: brackets are escaped, so that no viewer makes a link of them
(section 3.11.6), and characters that hide or steer are spelled out. Artifact locations are relative
and percent-encoded; a path that is not relative is left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from checkers.names import safe_path
from checkers.sarif.reading import MAX_TEXT, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from checkers.protocol import Finding, Tool

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MEDIA_TYPE: Final = "application/sarif+json"
PRODUCT: Final = "tos-validator"

_LEVELS: Final[Mapping[str, str]] = {"critical": "error", "high": "error", "medium": "warning"}
_SPECIAL: Final = re.compile(r"[\\\[\]]")
_PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")
# Control, format (bidi and zero-width among them), surrogate, private use, line and paragraph ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class CheckFindings:
    """What one check found, and with which tool; `version` is the engine's.

    `complete` is False where the check could not tell, so that no finding does not mean clean.
    """

    check: str
    findings: Sequence[Finding]
    tool: Tool | None = None
    version: str = ""
    complete: bool = True


def write_log(checks: Iterable[CheckFindings]) -> dict[str, Any]:
    """Return a log with one run for each check, in the order given; results keep their order."""
    return {"$schema": SCHEMA, "version": VERSION, "runs": [_run(check) for check in checks]}


def _run(check: CheckFindings) -> dict[str, Any]:
    rules = sorted({finding.category for finding in check.findings})
    index = {category: number for number, category in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": f"{PRODUCT}/{visible(check.check)}",
                **({"version": visible(check.version)} if check.version else {}),
                "rules": [_rule(category) for category in rules],
            },
            **({"extensions": [_extension(check.tool)]} if check.tool else {}),
        },
        "invocations": [{"executionSuccessful": check.complete}],
        "automationDetails": {"id": f"{visible(check.check)}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.category]) for finding in check.findings],
    }


def _extension(tool: Tool) -> dict[str, Any]:
    return {"name": visible(tool.name), "version": visible(tool.version)}


def _rule(category: str) -> dict[str, Any]:
    return {"id": visible(category), "shortDescription": {"text": text_of(category) or "-"}}


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    place = _location(finding)
    return {
        "ruleId": visible(finding.category),
        "ruleIndex": rule,
        "level": _LEVELS.get(finding.severity, "note"),
        "message": {"text": text_of(finding.explanation or finding.title) or "-"},
        **({"locations": [place]} if place else {}),
        "properties": {"severity": finding.severity, "title": text_of(finding.title)},
    }


def _location(finding: Finding) -> dict[str, Any] | None:
    if finding.file is None:
        return None
    try:
        path = safe_path(finding.file)
    except ValueError:
        return None
    # A colon in the first part would make it a scheme (RFC 3986, section 4.2); quote escapes it.
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path, safe="/")}}
    if finding.lines is not None and finding.lines[0] >= 1:
        first, last = finding.lines
        physical["region"] = {"startLine": first, "endLine": max(first, last)}
    return {"physicalLocation": physical}


def text_of(text: str) -> str:
    """Return text as a message's plain text: nothing in it is a link, a placeholder or unseen."""
    cut = visible(text[:MAX_TEXT])
    return _PLACEHOLDER.sub(r"{{\1}}", _SPECIAL.sub(r"\\\g<0>", cut))


def visible(text: str) -> str:
    r"""Return text with control, bidi and other unseen characters spelled as `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in _UNSEEN else _spelled(char)
        for char in text
    )


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode()
