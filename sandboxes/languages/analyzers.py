"""Analyzers for the embedded cage: what `make setup-analyzers` laid beside the environment.

They are never the project's own: its linters judge the project, these judge answers, and each has
a lock file of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandboxes.images.groups import ANALYZERS, GROUPS
from sandboxes.languages import host
from sandboxes.languages.host import Provision

if TYPE_CHECKING:
    from collections.abc import Mapping

MEND: Final = "run `make setup-analyzers`"
SOURCE: Final = Path(__file__).parents[1] / "images" / ANALYZERS
PYTHON_PART: Final = "/opt/analyzers"
NODE_PART: Final = "/opt/node-analyzers/node_modules"
SCRIPT: Final = "analyzer"

PROGRAMS: Final[Mapping[str, str]] = {
    "bandit": "python/bandit/__main__.py",
    "clang-tidy": "python/clang_tidy/data/bin/clang-tidy",
    "cppcheck": "python/cppcheck/Cppcheck/cppcheck",
    "mypy": "python/mypy/__main__.py",
    "oxlint": "node_modules/oxlint/bin/oxlint",
    "ruff": "python/bin/ruff",
    "semgrep": "python/bin/semgrep",
    "shellcheck": "python/bin/shellcheck",
    "tsc": "node_modules/typescript/lib/tsc.js",
}
"""Where each tool of the group lies below `folder()`."""


def folder() -> Path:
    """Return where the analyzers of this environment are, whether or not they have been made."""
    return Path(sys.prefix) / ANALYZERS


def there() -> tuple[str, ...]:
    """Return the names of the tools that can be had."""
    has_node = not host.node().missing
    return tuple(
        name
        for name in GROUPS[ANALYZERS].tools
        if (folder() / PROGRAMS[name]).is_file()
        and (has_node or not PROGRAMS[name].startswith("node_modules"))
    )


def provision() -> Provision:
    """Return the part of the cage that holds the tools that are there; at least one has to be."""
    found = there()
    if not found:
        return Provision(missing=MEND)
    binds = {str(folder() / "python"): PYTHON_PART}
    names = dict.fromkeys(found, SCRIPT)
    if (folder() / "node_modules").is_dir() and not host.node().missing:
        binds |= {str(folder() / "node_modules"): NODE_PART, **host.node().binds}
        names |= host.node().names
    return Provision(binds=binds, names=names, scripts={SCRIPT: (SOURCE / "analyzer").read_text()})
