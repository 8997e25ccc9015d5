"""Semgrep over six families of languages, with rules of our own (`checkers.static.rules`).

The core is called directly: its Python front end costs several seconds for one answer and gives the
same findings. The core's interface is private, so its version is pinned and a test compares both;
where there is no core beside the modules, the front end is called.

Semgrep says nothing of files that it leaves out or reads in part: it skips the parser where no word
of a rule occurs, and goes on after a syntax error. So it is told to parse everything, must name
every file as scanned, and any trouble that it reports makes the answer not checked. Its parsers are
lenient all the same; a language's own parser has to stand before it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from checkers.protocol import Tool
from checkers.results import cut
from checkers.static import rules
from checkers.static.protocol import Diagnostic, Level, Report
from checkers.strict_json import StrictJsonError, loads
from sandboxes.protocol import PROGRAM_DIR, Job, Status

if TYPE_CHECKING:
    from checkers.static.protocol import Target
    from sandboxes.protocol import Limits, Outcome

VERSION: Final = "1.182.0"
CORE: Final = "/opt/analyzers/semgrep/bin/semgrep-core"
"""Where both cages have it."""
CERTIFICATES: Final = "/opt/analyzers/certifi/cacert.pem"
"""It does not start without any, though it never reaches a network."""

RULES_FILE: Final = "rules.json"
TARGETS_FILE: Final = "targets.json"
MESSAGE_CHARS: Final = 600
MAX_LINE: Final = 10_000_000
MAX_DEPTH: Final = 100

# Neither looks for configuration, ignore files or news; neither has a time limit of its own, which
# would make findings depend on the machine's load.
_START: Final = f"""\
export SSL_CERT_FILE={CERTIFICATES}
core={CORE}
if [ -x "$core" ]; then
  exec "$core" -j 1 -rules {RULES_FILE} -targets {TARGETS_FILE} \\
    -no_filter_irrelevant_rules -json_nodots
fi
exec semgrep scan --config {RULES_FILE} --quiet --json --jobs 1 --metrics off \\
  --disable-version-check --disable-nosem --no-git-ignore --x-ignore-semgrepignore-files \\
  --max-target-bytes 0 --timeout 0 --optimizations none "$@"
"""

_LEVELS: Final = {"ERROR": Level.ERROR, "WARNING": Level.WARNING, "INFO": Level.NOTE}


class Semgrep:
    """Patterns of weaknesses. No rule but ours is read, and no comment silences one."""

    name = "semgrep"
    languages = frozenset(
        {"c", "cpp", "go", "java", "javascript", "python", "solidity", "typescript"}
    )
    cage = "analyzers"

    def job(self, target: Target, limits: Limits) -> Job:
        """Return the scan of all files, each by its own name."""
        paths = [f"{PROGRAM_DIR}/{name}" for name in sorted(target.files)]
        listed = [_code_target(path, target.language) for path in paths]
        files = {
            RULES_FILE: rules.joined(),
            TARGETS_FILE: json.dumps(["Targets", listed]).encode(),
        }
        return Job(("sh", "-c", _START, "semgrep", *paths), files=files, limits=limits)

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Both programs end with 0 whether or not there are findings."""
        odd = next(
            (name for name in sorted(target.files) if not _is_text(target.files[name])), None
        )
        if odd is not None:  # what it finds there may be at another line than it says
            shown = target.names.get(odd, "a file")
            return self._report((), f"{shown} is not UTF-8 text, so semgrep cannot read it")
        document = _document(outcome)
        if isinstance(document, str):
            return self._report((), document)
        found = {_diagnostic(target, row) for row in _objects(document.get("results"))}
        lost = None in found
        kept = sorted(one for one in found if one is not None)
        why = _unread(document, target)
        return self._report(
            tuple(kept), why or ("semgrep reported a finding without a place" if lost else None)
        )

    def _report(self, found: tuple[Diagnostic, ...], unchecked: str | None) -> Report:
        return Report(Tool(self.name, f"{VERSION}+rules.{rules.digest()}"), found, unchecked)


def _code_target(path: str, language: str) -> list[Any]:
    """One entry of the core's list of targets (semgrep_output_v1, code_target)."""
    place = {"fpath": path, "ppath": path}
    return ["CodeTarget", {"path": place, "analyzer": language, "products": ["sast"]}]


def _document(outcome: Outcome) -> dict[str, Any] | str:
    """Return the output, or say why there is none that can be trusted to be whole."""
    if outcome.status not in (Status.OK, Status.RUNTIME_ERROR):
        return f"semgrep met its {outcome.status.value.replace('_', ' ')} on this answer"
    if outcome.status is Status.RUNTIME_ERROR:
        ended = f"by {outcome.signal}" if outcome.signal else f"with {outcome.exit_code}"
        return f"semgrep ended {ended}, without having read the answer"
    try:
        document = loads(outcome.stdout, max_depth=MAX_DEPTH)
    except StrictJsonError:
        return "semgrep wrote no report"
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        return "semgrep wrote no report"
    if document.get("version") != VERSION:
        return f"this semgrep is not the pinned {VERSION}"
    return document


def _unread(document: dict[str, Any], target: Target) -> str | None:
    """Name the first file, in the answer's words, that was not read from its start to its end."""
    scanned = _member(document, "paths", "scanned")
    scanned = scanned if isinstance(scanned, list) else []
    troubled = {_text(_place_of(error)): _kind(error) for error in _objects(document.get("errors"))}
    for name in sorted(target.files):
        path = f"{PROGRAM_DIR}/{name}"
        shown = target.names.get(name, "a file")
        if path in troubled:
            return f"semgrep could not read all of {shown} ({troubled[path]})"
        if path not in scanned:
            return f"semgrep left out {shown}"
    errors = document.get("errors")
    if errors or not isinstance(errors, list):
        return f"semgrep reported trouble of its own ({', '.join(sorted(set(troubled.values())))})"
    return "semgrep left out some of its rules" if document.get("skipped_rules") else None


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _place_of(error: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The core has a location, the front end a path."""
    return _member(error, "location", "path") or error.get("path")


def _kind(error: dict[str, Any]) -> str:
    """Name an error, as in `PartialParsing`: a word, or a list that starts with it."""
    kind = error.get("error_type") or error.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    return cut(_text(kind), 60) or "an error without a name"


def _diagnostic(target: Target, row: dict[str, Any]) -> Diagnostic | None:
    """Read one finding; None for one that is not about a file of the answer."""
    name = _text(row.get("path")).removeprefix(f"{PROGRAM_DIR}/")
    first, last = _line(row, "start"), _line(row, "end")
    # The front end puts the name of the rules' folder before the rule's.
    rule = _text(row.get("check_id")).rsplit(".", 1)[-1]
    if name not in target.files or not first or not rule:
        return None
    cwe = _member(row, "extra", "metadata", "cwe")
    return Diagnostic(
        file=target.names.get(name, name),
        lines=(first, max(first, last)),
        tool="semgrep",
        rule=cut(rule, 80),
        level=_LEVELS.get(_text(_member(row, "extra", "severity")), Level.WARNING),
        message=cut(" ".join(_text(_member(row, "extra", "message")).split()), MESSAGE_CHARS),
        cwe=tuple(sorted({one for one in cwe if _is_number(one)})) if isinstance(cwe, list) else (),
    )


def _line(row: dict[str, Any], end: str) -> int:
    line = _member(row, end, "line")
    return line if _is_number(line) else 0


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_LINE


def _member(value: Any, *path: str) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
