"""Which image holds which languages. One image per group, so that an answer brings up little."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_PREFIX: Final = "tos-validator/sandbox"
"""What the tags of our images begin with; the setting `sandbox.images`."""


@dataclass(frozen=True, slots=True)
class Group:
    """One image: its Dockerfile is `images/<name>/Dockerfile`.

    `files` are what that Dockerfile copies, as paths below `sandboxes/`, which are also their paths
    in the build context. An image without languages holds `tools` of checks, which all answer to
    `--version`; its cage is asked for by the group's own name.
    """

    name: str
    languages: tuple[str, ...]
    files: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


NODE = ("images/node/package.json", "images/node/package-lock.json")
"""What pins Node.js, in every image that has it."""

# In the order in which they are built: what most answers need first, what builds long last.
GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        group.name: group
        for group in (
            Group("python", ("python",), ("images/python/requirements.lock",)),
            Group("bash", ("bash",)),
            Group("native", ("c", "cpp")),
            Group(
                "node",
                ("javascript", "typescript"),
                (
                    *NODE,
                    "toolchain/package.json",
                    "toolchain/package-lock.json",
                ),
            ),
            Group("rust", ("rust",)),
            Group("java", ("java",)),
            Group("go", ("go",), ("images/go/go.sum",)),
            Group(
                "contracts",
                ("solidity", "vyper"),
                (
                    *NODE,
                    "images/contracts/package.json",
                    "images/contracts/package-lock.json",
                    "images/contracts/requirements.lock",
                    "images/contracts/slither.lock",
                    "images/contracts/compile.js",
                    "images/contracts/compilers.js",
                    "images/contracts/detectors.py",
                    "images/contracts/scan.js",
                    "images/contracts/scan.py",
                    "images/contracts/solc.js",
                    "images/contracts/sources.js",
                    "images/contracts/contract-scan",
                    "images/contracts/solc-unit",
                ),
                ("contract-scan",),
            ),
            Group(
                "analyzers",
                (),
                (
                    *NODE,
                    "images/analyzers/package.json",
                    "images/analyzers/package-lock.json",
                    "images/analyzers/requirements.lock",
                    "images/analyzers/analyzer",
                    "images/analyzers/stdlib_cache.py",
                ),
                (
                    "bandit",
                    "clang-tidy",
                    "cppcheck",
                    "mypy",
                    "oxlint",
                    "ruff",
                    "semgrep",
                    "shellcheck",
                    "tsc",
                ),
            ),
        )
    }
)

ANALYZERS: Final = "analyzers"
"""The cage without a language of its own: the tools that checks run over answers."""

_GROUP_OF = {language: group.name for group in GROUPS.values() for language in group.languages}
_GROUP_OF[ANALYZERS] = ANALYZERS


def group_of(language: str) -> str | None:
    """Return the name of the group whose image holds the language, or is the cage of that name."""
    return _GROUP_OF.get(language)


def tag_of(prefix: str, group: str) -> str:
    """Return the tag of a group's image."""
    return f"{prefix}-{group}:latest"


def chosen(names: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups of these names, or all of them for none; ValueError names a wrong one."""
    wanted = set(names)
    unknown = sorted(wanted - set(GROUPS))
    if unknown:
        raise ValueError(f"no image group {unknown[0]}; choose {', '.join(GROUPS)}")
    return tuple(group for group in GROUPS.values() if not wanted or group.name in wanted)


def build_hint(group: str) -> str:
    """Say how the image of a group is made."""
    return f"build it with `tos-validator sandbox images build --group {group}`"
