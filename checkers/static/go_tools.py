"""`go vet` over Go, in the cage of Go itself."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from checkers.static.outputs import (
    cut_short,
    diagnostic,
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

# Files by name, without a module: one of the answer's could ask for another toolchain. One object
# a line for each package.
_VET: Final = """\
export GO111MODULE=off CGO_ENABLED=0 GOTOOLCHAIN=local GOPROXY=off GOFLAGS= GOWORK=off
export GOCACHE=$PWD/.go GOPATH=$PWD/go GODEBUG=installgoroot=all GOMAXPROCS=2
set -o pipefail
status=0
while [ $# -gt 0 ]; do
  files=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  go vet -json "${files[@]}" | tr -d '\\n' || status=1
  echo
done
exit $status
"""
_PLACE: Final = re.compile(r"(.{1,300}\.go):(\d{1,8}):\d{1,8}")
_BROKEN: Final = re.compile(r"vet: (.{1,300}\.go):(\d{1,8}):\d{1,8}: (.*)")
_ELSEWHERE: Final = ("could not import", "cannot find package")


class GoVet:
    """Files that are named are read whatever their build constraints say."""

    name = "go-vet"
    languages = frozenset({"go"})
    cage = "go"

    def job(self, target: Target, limits: Limits) -> Job:
        """Check each folder of the answer as a package."""
        folders: dict[PurePosixPath, list[str]] = {}
        for own, name in target.names.items():
            folders.setdefault(PurePosixPath(name).parent, []).append(f"{PROGRAM_DIR}/{own}")
        words = [word for _, files in sorted(folders.items()) for word in (*files, "--")]
        return Job(("bash", "-c", _VET, "vet", *words), limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It ends with 1 where a package does not compile, which it says on standard error."""
        why = cut_short(outcome)
        if why or outcome.exit_code not in (0, 1):
            return unchecked(self.name, why or "it ended without a report")
        found: list[Diagnostic] = []
        unread = None
        for line in filter(None, outcome.stdout.splitlines()):
            packages = parsed(line)
            if not isinstance(packages, dict):
                unread = "it printed something that is no finding"
                continue
            found += self._all(target, packages)
        broken = list(self._broken(target, outcome.stderr))
        if outcome.exit_code and not broken:
            unread = "a package of the answer imports what is not of the standard library"
        return report(self.name, [*found, *broken], unread)

    def _all(self, target: Target, packages: dict[str, Any]) -> Iterator[Diagnostic]:
        for rules in packages.values():
            for rule, rows in rules.items() if isinstance(rules, dict) else ():
                for row in objects(rows):
                    place = _PLACE.fullmatch(text(row.get("posn")))
                    path, line = (place[1], int(place[2])) if place else ("", 0)
                    what = (self.name, rule, Level.WARNING, text(row.get("message")))
                    yield diagnostic(target, _inside(path), (line, line), what)

    def _broken(self, target: Target, said: bytes) -> Iterator[Diagnostic]:
        for line in said.decode(errors="replace").splitlines():
            place = _BROKEN.fullmatch(line)
            if place is not None and not place[3].startswith(_ELSEWHERE):
                what = (self.name, "does-not-compile", Level.ERROR, place[3])
                row = int(place[2])
                yield diagnostic(target, _inside(place[1]), (row, row), what)


def _inside(path: str) -> str:
    """Give paths that are relative to the working directory their full form."""
    return f"{PROGRAM_DIR}/{path.partition('program/')[2]}"
