"""All analyzers by name, and which of them read an answer that names none."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from checkers.protocol import Reason
from checkers.results import errored, task_fault
from checkers.sources import Stopped
from checkers.static.go_tools import GoVet
from checkers.static.native_tools import ClangTidy, Cppcheck
from checkers.static.python_tools import Bandit, Mypy, Ruff
from checkers.static.rust_tools import Clippy
from checkers.static.script_tools import Oxlint, Shellcheck, Tsc
from checkers.static.semgrep import Semgrep
from checkers.static.slither import Slither
from checkers.static.solc import Solc
from checkers.static.vyper import Vyper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.static.protocol import Analyzer

CHECK = "static"

_ALL: tuple[Analyzer, ...] = (
    Bandit(),
    ClangTidy(),
    Clippy(),
    Cppcheck(),
    GoVet(),
    Mypy(),
    Oxlint(),
    Ruff(),
    Semgrep(),
    Shellcheck(),
    Slither(),
    Solc(),
    Tsc(),
    Vyper(),
)
WHEN_ASKED: Final = frozenset({("semgrep", "c"), ("semgrep", "cpp")})
"""Not among the default tools: of sound C with macros it reads a part only: "not checked"."""

TOOLS: Mapping[str, Analyzer] = MappingProxyType({tool.name: tool for tool in _ALL})


def chosen(language: str, asked: tuple[str, ...] | None) -> tuple[Analyzer, ...]:
    """Return the analyzers for an answer, by name; raises `Stopped` with the right party's fault.

    Where the task names none, all that read the language.
    """
    names = sorted(set(asked or ()))
    unknown = [name for name in names if name not in TOOLS]
    if unknown:
        message = f"this engine has no analyzer called {unknown[0]}"
        raise Stopped(errored(CHECK, Reason.TOOLCHAIN_MISSING, message))
    for name in names:
        if language not in TOOLS[name].languages:
            reads = ", ".join(sorted(TOOLS[name].languages))
            message = f"the task asks for {name} over {language}; {name} reads {reads}"
            raise Stopped(task_fault(CHECK, message))
    found = [TOOLS[name] for name in names]
    found = found or [
        tool
        for tool in _ALL
        if language in tool.languages and (tool.name, language) not in WHEN_ASKED
    ]
    if not found:
        message = f"this engine has no analyzer for {language}"
        raise Stopped(errored(CHECK, Reason.TOOLCHAIN_MISSING, message))
    return tuple(found)
