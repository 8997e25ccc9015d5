"""Join the sources into one file, and make its page: `python -m checkers.static.rules.join PAGE`.

The sources share parts by YAML anchors, which semgrep does not read; the joined file has none.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from checkers.static.rules import FOLDER, JOINED

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVELS: Final = {"ERROR": "error", "WARNING": "warning", "INFO": "note"}
"""semgrep's words, and those of SARIF that findings carry."""

TITLES: Final = {
    "c": "C and C++",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript and TypeScript",
    "python": "Python",
    "solidity": "Solidity",
}
_HEAD: Final = """\
# Rules of the check `static` for semgrep

Made from `checkers/static/rules/*.yaml` by `python -m checkers.static.rules.join PAGE`.

semgrep runs in a sandbox with these {count} rules and no others; all of them were written for this
project. The version of the tool in a verdict ends in the first 12 hex digits of the SHA-256 of
`checkers/static/rules/rules.json` (`1.182.0+rules.<12 hex>`). Comments such as `nosemgrep` have no
effect. A file that semgrep could not read in full is reported as not checked, never as clean.

A rule looks at shapes of code, some follow a value through one function. No finding does not mean
that the code is right, and a note or a warning may be about code that is well in its place.

`level` is what `max_severity` of the check is compared with; `weakness` is the name that audits
use.
"""


def sources() -> list[dict[str, Any]]:
    """Return all rules in the order of languages, and within one as written."""
    found: list[dict[str, Any]] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        with path.open(encoding="utf-8") as file:
            found += YAML(typ="safe", pure=True).load(file)["rules"]
    return found


def joined(rules: Iterable[dict[str, Any]]) -> str:
    """Return the text of the one file."""
    return json.dumps({"rules": list(rules)}, indent=1, ensure_ascii=True) + "\n"


def page(rules: Iterable[dict[str, Any]]) -> str:
    """Return the page that explains every rule."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rule in rules:
        groups[rule["id"].split("-")[0]].append(rule)
    parts = [_HEAD.format(count=sum(map(len, groups.values())))]
    for language, mine in sorted(groups.items()):
        parts.append(f"\n## {TITLES[language]}\n\n")
        parts.append("| rule | level | weakness | CWE | what it means |\n|---|---|---|---|---|\n")
        parts += [_row(rule) for rule in mine]
    return "".join(parts)


def _row(rule: dict[str, Any]) -> str:
    numbers = ", ".join(str(number) for number in rule["metadata"]["cwe"])
    message = rule["message"].replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    level = LEVELS[rule["severity"]]
    return (
        f"| `{rule['id']}` | {level} | {rule['metadata']['category']} | {numbers} | {message} |\n"
    )


def main(page_path: Path) -> None:
    """Write the joined file beside the sources, and the page."""
    rules = sources()
    (FOLDER / JOINED).write_text(joined(rules), encoding="utf-8")
    page_path.write_text(page(rules), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
