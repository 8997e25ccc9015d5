"""Cppcheck and clang-tidy over C and C++. Both print lines of a form that we choose or know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checkers.static.outputs import cut_short, diagnostic, report, unchecked, wide
from checkers.static.protocol import Level
from sandboxes.images.groups import ANALYZERS
from sandboxes.protocol import Job

if TYPE_CHECKING:
    from checkers.static.protocol import Diagnostic, Report, Target
    from sandboxes.protocol import Limits, Outcome

NATIVE: Final = frozenset({"c", "cpp"})
_SOURCES: Final = (".c", ".cpp", ".cc", ".cxx")
_STANDARD: Final = {"c": "c17", "cpp": "c++20"}

_CPPCHECK_FORM: Final = "{file}\\t{line}\\t{severity}\\t{id}\\t{cwe}\\t{message}"
_CPPCHECK_LINE: Final = re.compile(r"([^\t]*)\t(\d{1,8})\t(\w+)\t([\w.:-]+)\t(\d{0,6})\t(.*)")
_CPPCHECK_LEVELS: Final = {"error": Level.ERROR, "warning": Level.WARNING}
_CPPCHECK_GAVE_UP: Final = re.compile(
    r"syntaxError|preprocessorErrorDirective|internal(Ast)?Error|unknownMacro|cppcheckError"
    r"|noValidConfiguration|unhandledChar|cppcheckLimit|tooManyFiles"
)
_CPPCHECK_TALK: Final = re.compile(
    r"normalCheckLevelMaxBranches|toomanyconfigs|missingInclude(System)?"
)


class Cppcheck:
    """Suppressions inside a source count only by an option that is not given."""

    name = "cppcheck"
    languages = NATIVE
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every source; headers are read where they are included."""
        argv = (
            "cppcheck", "--quiet", "--enable=warning,performance,portability",
            f"--std={_STANDARD[target.language]}", f"--template={_CPPCHECK_FORM}",
            "--template-location=", "-U__cppcheck__", *target.places(*_SOURCES),
        )  # fmt: skip
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Findings are on standard error, one a line."""
        why = cut_short(outcome)
        if why or outcome.exit_code != 0:
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        for line in outcome.stderr.decode(errors="replace").splitlines():
            place = _CPPCHECK_LINE.fullmatch(line)
            if place is None:
                unread = unread or ("it printed something that is no finding" if line else None)
            elif _CPPCHECK_GAVE_UP.fullmatch(place[4]):
                unread = f"it cannot read {target.own_name(place[1]) or 'a file'}: {place[6]}"
            elif not _CPPCHECK_TALK.fullmatch(place[4]):
                found.append(self._one(target, place))
        return report(self.name, found, unread)

    def _one(self, target: Target, place: re.Match[str]) -> Diagnostic:
        level = _CPPCHECK_LEVELS.get(place[3], Level.NOTE)
        what = (self.name, place[4], level, place[6])
        number = int(place[5] or 0)
        line = int(place[2])
        return diagnostic(target, place[1], (line, line), what, (number,) if number else ())


TIDY_CHECKS: Final = (
    "-*,bugprone-*,clang-analyzer-*,cert-*,concurrency-*,-bugprone-easily-swappable-parameters,"
    "-bugprone-reserved-identifier,-cert-dcl37-c,-cert-dcl51-cpp,-cert-msc30-c,-cert-msc50-cpp,"
    "-cert-err33-c,-bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-*,"
    "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,"
    "-bugprone-unchecked-string-to-number-conversion,-cert-err34-c,-concurrency-mt-unsafe"
)
_RESOURCES: Final = "/opt/analyzers/clang_tidy/data/lib/clang/23"
_TIDY_LINE: Final = re.compile(
    r"(/[^\n:]{1,300}):(\d{1,8}):\d{1,8}: (warning|error): (.*?)(?: \[([\w.,+-]+)\])?"
)
_KNOWN_CWE: Final = {
    "clang-analyzer-core.DivideZero": 369,
    "clang-analyzer-core.NullDereference": 476,
    "clang-analyzer-core.uninitialized": 457,
    "clang-analyzer-unix.Malloc": 401,
    "clang-analyzer-cplusplus.NewDelete": 416,
    "clang-analyzer-cplusplus.NewDeleteLeaks": 401,
    "clang-analyzer-security.ArrayBound": 788,
}
"""Those that cppcheck reports with a number, so that both count once."""
_CWE: Final = re.compile(r"\bCWE-(\d{1,5})\b")


class ClangTidy:
    """With a configuration of ours: one of the answer's could switch checks off."""

    name = "clang-tidy"
    languages = NATIVE
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every source; what it says of the answer's own headers counts too."""
        argv = (
            "clang-tidy", "--quiet", "--config={}", f"--checks={TIDY_CHECKS}",
            "--header-filter=^/program/", *target.places(*_SOURCES), "--",
            f"-std={_STANDARD[target.language]}", f"-resource-dir={_RESOURCES}",
            "-U__clang_analyzer__", "-Wno-everything", "-fno-caret-diagnostics",
        )  # fmt: skip
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It ends with 1 where a source does not compile for it, which it says as an error."""
        why = cut_short(outcome)
        if why or outcome.exit_code not in (0, 1):
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        for line in outcome.stdout.decode(errors="replace").splitlines():
            place = _TIDY_LINE.fullmatch(line)
            if place is None:
                continue  # the line of source that it quotes begins with a number or a space
            if place[3] == "error":
                own = target.own_name(place[1])
                unread = f"it cannot read {own or 'a file'}: {place[4]}"
                continue
            found.append(self._one(target, place))
        if outcome.exit_code and unread is None:
            unread = "it ended without a report"
        return report(self.name, found, unread)

    def _one(self, target: Target, place: re.Match[str]) -> Diagnostic:
        rule = (place[5] or "unnamed").partition(",")[0]
        grave = rule.startswith(
            ("clang-analyzer-core", "clang-analyzer-unix", "clang-analyzer-cpl")
        )
        level = Level.ERROR if grave else Level.WARNING
        number = _CWE.search(place[4])
        known = int(number[1]) if number else _KNOWN_CWE.get(rule, 0)
        cwe = (known,) if known else ()
        line = int(place[2])
        what = (self.name, rule, level, place[4])
        return diagnostic(target, place[1], (line, line), what, cwe)
