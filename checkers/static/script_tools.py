"""Oxlint and tsc over JavaScript and TypeScript, shellcheck over shell scripts."""

from __future__ import annotations

import json
import re
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
from sandboxes.images.groups import ANALYZERS
from sandboxes.protocol import PROGRAM_DIR, Job

if TYPE_CHECKING:
    from checkers.static.protocol import Diagnostic, Report, Target
    from sandboxes.protocol import Limits, Outcome

OXLINT_CONFIG: Final = "rules.json"
_OXLINT: Final = {
    "plugins": ["typescript", "unicorn", "oxc", "node", "promise"],
    "categories": {"correctness": "error", "suspicious": "warn"},
    "env": {"es2024": True, "node": True},
    "rules": {
        "no-eval": "error",
        "no-implied-eval": "error",
        "no-new-func": "error",
        "no-script-url": "error",
        "typescript/no-implied-eval": "error",
        "no-unused-vars": "warn",
        "no-shadow": "off",
        "unicorn/no-empty-file": "off",
    },
}
_OXLINT_CWE: Final = {
    "no-eval": 95,
    "no-implied-eval": 95,
    "no-new-func": 95,
    "no-script-url": 79,
}


class Oxlint:
    """With a configuration of ours alone: one of the answer's could name plugins, which are code.

    The environment has no switch that turns comments off, so they are masked before.
    """

    name = "oxlint"
    languages = frozenset({"javascript", "typescript"})
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every file by name."""
        argv = (
            "oxlint", "--config", OXLINT_CONFIG, "--disable-nested-config", "--no-ignore",
            "--threads", "1", "--format", "json", *target.paths(),
        )  # fmt: skip
        files = {OXLINT_CONFIG: json.dumps(_OXLINT).encode()}
        return Job(argv, files=files, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It counts the files that it read; a diagnostic without a rule is one of its parser."""
        why = cut_short(outcome)
        document = None if why else parsed(outcome.stdout)
        if why or outcome.exit_code not in (0, 1) or not isinstance(document, dict):
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        for row in objects(document.get("diagnostics")):
            code = text(row.get("code"))
            if not code:
                own = target.own_name(text(row.get("filename")))
                unread = f"it cannot read {own or 'a file'}"
                continue
            found.append(self._one(target, row, code))
        if document.get("number_of_files") != len(target.paths()):
            unread = unread or "it did not read every file"
        return report(self.name, found, unread)

    def _one(self, target: Target, row: dict[str, Any], code: str) -> Diagnostic:
        line = line_of(member(row, "labels", 0, "span", "line"))
        rule = _bare_rule(code)
        level = Level.ERROR if row.get("severity") == "error" else Level.WARNING
        if rule == "no-unused-vars":
            level = Level.NOTE
        what = (self.name, rule, level, text(row.get("message")))
        cwe = (_OXLINT_CWE[rule],) if rule in _OXLINT_CWE else ()
        return diagnostic(target, text(row.get("filename")), (line, line), what, cwe)


def _bare_rule(code: str) -> str:
    """`eslint(no-eval)` to `no-eval`, `typescript-eslint(x)` to `typescript-eslint/x`."""
    plugin, _, rule = code.rstrip(")").partition("(")
    return rule if plugin == "eslint" else f"{plugin}/{rule}" if rule else code


_TSC_LINE: Final = re.compile(r"([^\n(]{1,200})\((\d{1,8}),\d{1,8}\): error TS(\d{1,5}): (.*)")
_TSC_GLOBAL: Final = re.compile(r"error TS\d{1,5}: (.*)")
_TSC_TYPES: Final = "/opt/node-analyzers/node_modules/@types"
_NOT_HERE: Final = frozenset({"2307", "2792", "7016"})
"""A package that is not installed: that does not make the answer wrong."""


class Tsc:
    """Types of TypeScript, as the check `compile` has them. Files by name: no tsconfig is read."""

    name = "tsc"
    languages = frozenset({"typescript"})
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check all files as one program and write nothing."""
        argv = (
            "tsc", "--noEmit", "--target", "es2022", "--module", "nodenext",
            "--moduleResolution", "nodenext", "--strictNullChecks", "--skipLibCheck",
            "--typeRoots", _TSC_TYPES, "--types", "node", "--pretty", "false",
            "--rootDir", PROGRAM_DIR, *target.places(),
        )  # fmt: skip
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It ends with 1 or 2 where there are errors, which it prints one a line."""
        why = cut_short(outcome)
        if why or outcome.exit_code not in (0, 1, 2):
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        lines = outcome.stdout.decode(errors="replace").splitlines()
        for line in lines:
            place = _TSC_LINE.fullmatch(line)
            if place is not None:
                found.append(self._one(target, place))
            elif _TSC_GLOBAL.match(line):
                unread = f"it gave up: {line}"
        if outcome.exit_code and not found:
            unread = unread or "it ended without a report"
        return report(self.name, found, unread)

    def _one(self, target: Target, place: re.Match[str]) -> Diagnostic:
        # Paths are relative to the working directory, which is beside the program.
        path = f"{PROGRAM_DIR}/{place[1].partition('program/')[2]}"
        level = Level.NOTE if place[3] in _NOT_HERE else Level.ERROR
        what = (self.name, f"TS{place[3]}", level, place[4])
        return diagnostic(target, path, (int(place[2]), int(place[2])), what)


_SHELL_LEVELS: Final = {"error": Level.ERROR, "warning": Level.WARNING}
_SHELL_CWE: Final = {2086: 78, 2046: 78, 2294: 95, 2115: 22}
_STOPPED: Final = frozenset({1072, 1073})
"""Codes by which it says that it stopped reading."""


class Shellcheck:
    """Without a file of rules; files that a script names are not followed."""

    name = "shellcheck"
    languages = frozenset({"bash"})
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every file by name."""
        argv = ("shellcheck", "--norc", "--shell", "bash", "--format", "json1", *target.paths())
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It ends with 1 where there are findings, and with 2 when a file could not be read."""
        why = cut_short(outcome)
        document = None if why else parsed(outcome.stdout)
        rows = member(document, "comments")
        if why or outcome.exit_code not in (0, 1) or not isinstance(rows, list):
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        for row in objects(rows):
            path, code = text(row.get("file")), line_of(row.get("code"))
            if code in _STOPPED:
                unread = f"it cannot read {target.own_name(path) or 'a file'}"
                continue
            lines = (line_of(row.get("line")), line_of(row.get("endLine")))
            level = _SHELL_LEVELS.get(text(row.get("level")), Level.NOTE)
            what = (self.name, f"SC{code}", level, text(row.get("message")))
            cwe = (_SHELL_CWE[code],) if code in _SHELL_CWE else ()
            found.append(diagnostic(target, path, lines, what, cwe))
        return report(self.name, found, unread)
