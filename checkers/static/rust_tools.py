"""Clippy over Rust, in the cage of Rust itself. Its driver reads files as the compiler does."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from checkers.static.outputs import (
    cut_short,
    diagnostic,
    line_of,
    member,
    objects,
    parsed,
    report,
    text,
    unchecked,
    wide,
)
from checkers.static.protocol import Level
from sandboxes.protocol import PROGRAM_DIR, Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checkers.static.protocol import Diagnostic, Report, Target
    from sandboxes.protocol import Limits, Outcome

GROUPS: Final = {
    "clippy::correctness": Level.ERROR,
    "clippy::suspicious": Level.WARNING,
    "clippy::perf": Level.NOTE,
}
"""Of clippy's groups those that are about more than style."""

OF_RUSTC: Final = ("static_mut_refs", "unconditional_recursion", "unused_must_use")
CODE: Final = "clippy::"

# Forced lints can be neither allowed nor capped by a source, and all others are capped away, so
# that what a source denies is no error (rustc book, "Lint levels").
_FORCED: Final = " ".join(f"--force-warn={name}" for name in (*GROUPS, *OF_RUSTC))
# A file that was read as a module of an earlier one is not read again as a crate of its own.
_SCRIPT: Final = f"""\
mkdir out || exit 3
status=0 number=0
for file; do
  number=$((number + 1))
  cat out/*.d 2>/dev/null | grep -qxF "$file:" && continue
  clippy-driver --edition=2021 --crate-type=lib "--crate-name=answer$number" --out-dir=out \\
    --emit=metadata,dep-info --error-format=json --cap-lints=allow {_FORCED} "$file" || status=$?
done
cat out/*.d
exit $status
"""
_ROOTS: Final = ("main.rs", "lib.rs")
_READ: Final = re.compile(rf"({PROGRAM_DIR}/[\w./-]{{1,300}}):")
_IMPLIED: Final = re.compile(r"`--force-warn [\w:-]{1,80}` implied by `--force-warn ([\w:]{1,40})`")
MAX_EXPANSIONS: Final = 20


class Clippy:
    """No `allow` of the answer counts; no package is there, so what imports one is unread."""

    name = "clippy"
    languages = frozenset({"rust"})
    cage = "rust"

    def job(self, target: Target, limits: Limits) -> Job:
        """Check each crate of the answer; the files that usually start one come first."""
        places = sorted(zip(target.places(), target.files, strict=True), key=_order(target))
        argv = ("sh", "-c", _SCRIPT, "clippy", *(path for path, _ in places))
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Its output is on standard error, an object a line; the files that it read on the other.

        It ends with 1 where a source does not compile for it, which it says as an error.
        """
        why = cut_short(outcome)
        if why or outcome.exit_code not in (0, 1):
            return unchecked(self.name, why or "it ended without a report")
        rows = [parsed(line) for line in outcome.stderr.splitlines()]
        good = [row for row in rows if isinstance(row, dict)]
        unread = _unread(outcome, target)
        if len(good) < len(rows):
            unread = "it printed something that is no finding"
        for row in good:
            if row.get("level") == "error" and objects(row.get("spans")):
                own = target.own_name(_place(row, target)[0])
                unread = f"it cannot read {own or 'a file'}: {text(row.get('message'))}"
                break
        return report(self.name, self._all(good, target), unread)

    def _all(self, rows: list[dict[str, Any]], target: Target) -> Iterator[Diagnostic]:
        levels: dict[str, Level] = {}
        for row in rows:
            code = text(member(row, "code", "code"))
            # Said beside the first finding of each lint.
            for child in objects(row.get("children")):
                group = _IMPLIED.fullmatch(text(child.get("message")))
                if group is not None and group[1] in GROUPS:
                    levels.setdefault(code, GROUPS[group[1]])
            if row.get("level") != "warning" or not (code.startswith(CODE) or code in OF_RUSTC):
                continue
            path, lines = _place(row, target)
            level = levels.get(code, Level.WARNING)
            what = (self.name, code.removeprefix(CODE), level, text(row.get("message")))
            yield diagnostic(target, path, lines, what)


def _order(target: Target) -> Any:  # noqa: ANN401 - a key for sorting
    def key(place: tuple[str, str]) -> tuple[bool, int, str]:
        own = PurePosixPath(target.names.get(place[1], place[1]))
        return own.name not in _ROOTS, len(own.parts), str(own)

    return key


def _unread(outcome: Outcome, target: Target) -> str | None:
    """Name a file that no crate has read."""
    said = outcome.stdout.decode(errors="replace").splitlines()
    seen = {match[1] for line in said if (match := _READ.fullmatch(line)) is not None}
    lost = [path for path in target.places() if path not in seen]
    return f"it cannot read {target.own_name(lost[0])}" if lost else None


def _place(row: dict[str, Any], target: Target) -> tuple[str, tuple[int, int]]:
    """Return path and lines; inside a macro of the standard library, those of its call."""
    spans = objects(row.get("spans"))
    span = next((one for one in spans if one.get("is_primary")), {})
    for _ in range(MAX_EXPANSIONS):
        outer = member(span, "expansion", "span")
        if target.own_name(text(span.get("file_name"))) is not None or not isinstance(outer, dict):
            break
        span = outer
    lines = line_of(span.get("line_start")), line_of(span.get("line_end"))
    return text(span.get("file_name")), lines
