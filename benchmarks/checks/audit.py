"""The order of reports under the rule of `audit`, on labelled Solidity contracts.

Source of the reports and of the order: the collection SmartBugs-curated, of which the public data
has 56 contracts, and the table of good, lazy and spamming reports measured on it. A recall-only
judge (what counts is what was found, not what was invented) is measured beside the rule.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.checks import share
from checkers.audit.categories import canonical
from checkers.audit.explanations import Source
from checkers.audit.findings import MAX_FINDINGS, read_report
from checkers.audit.matching import Known
from checkers.audit.places import Place
from checkers.audit.scoring import Score, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.timing import Ratio

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "code"
DASP: Final = tuple(f"DASP-{number}" for number in range(1, 11))
NEVER_TRUE: Final = "hardcoded_credentials"
FILE: Final = "Target.sol"

Report = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract with its labels; `lines` is its source."""

    lines: tuple[str, ...]
    known: tuple[Known, ...]
    source: Source

    def finding(self, category: str, first: int, last: int | None = None) -> dict[str, Any]:
        """Return a finding that cites these lines, and quotes them and their function's first."""
        last = first if last is None else last
        around = self.source.functions.around((first, last)) or (first, last)
        quoted = " ".join((*self.lines[first - 1 : last], *self.lines[around[0] - 1 :][:1]))
        return {
            "category": category,
            "file": FILE,
            "lines": [first, last],
            "severity": "high",
            "explanation": f"weak: {quoted[:2000]}",
        }

    def true(self) -> Report:
        """Return the perfect report."""
        return [self.finding(one.place.category, *one.place.lines) for one in self.known]

    def scored(self, report: Report, corroborated: Sequence[Place] = ()) -> Score:
        """Score a report; nothing here is paid."""
        # A longer report is refused, so a spammer stays below that.
        reading = read_report(report[:MAX_FINDINGS], {FILE: len(self.lines)})
        return score(reading, self.known, {FILE: self.source}, corroborated)


def measure(short: bool) -> Iterator[Ratio]:
    """Measure all reports; `short` changes nothing, the whole takes seconds."""
    del short
    if not DATA.exists():
        sys.stdout.write("audit: left out, the labelled contracts are not there\n")
        return
    contracts = load(DATA)
    yield share("audit: contracts", len(contracts))
    perfect = mean(contracts, Contract.true)
    yield share("audit: perfect report", perfect, 100.0)
    tenfold = mean(contracts, lambda one: one.true() * 10)
    yield share("audit: every finding ten times, less perfect", tenfold - perfect, 0.0)
    half = (mean(contracts, lambda one: one.true()[::2]) + mean(contracts, _second_half)) / 2
    yield share("audit: half of the findings, at least", half, 45.0)
    yield share("audit: half of the findings, at most", half, 60.0, at_most=True)
    yield share("audit: perfect and 2 false alarms", mean(contracts, _two_false))
    yield share("audit: only the function's first line", mean(contracts, _headers))
    for name, spam in SPAMS.items():
        yield share(f"audit: spam, {name}", mean(contracts, spam), 25.0, at_most=True)
    for name, wrong in WRONG.items():
        yield share(f"audit: {name}", mean(contracts, wrong), 1.0, at_most=True)
    yield share("audit: two colluding spammers", colluding(contracts), 25.0, at_most=True)
    yield share("audit: recall-only judge on the worst spam", recall_only(contracts))


def load(folder: Path) -> list[Contract]:
    """Return the labelled contracts of a data folder."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    rows = (folder / "solidity_contracts.jsonl").read_text(encoding="utf-8").splitlines()
    made = []
    for row in map(json.loads, rows):
        text = row["source"]
        known = tuple(_known(one) for one in labels[row["id"]]["findings"])
        made.append(Contract(tuple(text.split("\n")), known, Source(FILE, text)))
    return made


def _known(label: dict[str, Any]) -> Known:
    category = canonical(label["category"])
    if category is None:
        raise ValueError(f"the label {label['category']!r} is in no taxonomy")
    return Known(Place(FILE, (min(label["lines"]), max(label["lines"])), category))


def mean(contracts: Sequence[Contract], report: Callable[[Contract], Report]) -> float:
    """Return the mean points of one kind of report."""
    return sum(one.scored(report(one)).points for one in contracts) / len(contracts)


def colluding(contracts: Sequence[Contract]) -> float:
    """Return the better of two spammers who report the same places to corroborate each other."""
    best = 0.0
    for spam in SPAMS.values():
        points = [_with_friend(one, spam(one)) for one in contracts]
        best = max(best, sum(points) / len(points))
    return best


def _with_friend(contract: Contract, report: Report) -> int:
    friend = contract.scored(report).findings
    return contract.scored(report, [one.place for one in friend]).points


def recall_only(contracts: Sequence[Contract]) -> float:
    """Return the points of `every category, whole file` where only what is found counts."""
    hit = sum(
        any(found.place.category == known.place.category for found in one.findings)
        for contract in contracts
        for one in [contract.scored(_whole_file(contract))]
        for known in contract.known
    )
    return 100 * hit / sum(len(contract.known) for contract in contracts)


def _second_half(contract: Contract) -> Report:
    return contract.true()[1::2]


def _two_false(contract: Contract) -> Report:
    last = len(contract.lines)
    return contract.true() + [contract.finding(NEVER_TRUE, line) for line in (1, last)]


def _headers(contract: Contract) -> Report:
    around = (contract.source.functions.around(one.place.lines) for one in contract.known)
    return [
        contract.finding(one.place.category, (place or one.place.lines)[0])
        for one, place in zip(contract.known, around, strict=True)
    ]


def _every_line(contract: Contract) -> Report:
    names = sorted({one.place.category for one in contract.known})
    lines = range(1, len(contract.lines) + 1)
    return [contract.finding(name, line) for name in names for line in lines]


def _every_function(contract: Contract) -> Report:
    spans = contract.source.functions.spans
    return [contract.finding(name, *lines) for name in DASP for lines in spans]


def _whole_file(contract: Contract) -> Report:
    return [contract.finding(name, 1, len(contract.lines)) for name in DASP]


def _every_fourth_line(contract: Contract) -> Report:
    lines = range(1, len(contract.lines) + 1, 4)
    return [contract.finding(name, line) for line in lines for name in DASP]


def _guesses(contract: Contract) -> Report:
    dice = random.Random(len(contract.lines))
    count = len(contract.lines)
    return [contract.finding(dice.choice(DASP), dice.randint(1, count)) for _ in range(3)]


def _moved(contract: Contract) -> Report:
    """True findings 40 lines further down, beyond the end where the file is that short."""
    places = [one.place for one in contract.known]
    return [contract.finding(one.category, *(line + 40 for line in one.lines)) for one in places]


def _wrong_category(contract: Contract) -> Report:
    return [contract.finding(NEVER_TRUE, *one.place.lines) for one in contract.known]


SPAMS: Final[dict[str, Callable[[Contract], Report]]] = {
    "true category on every line": _every_line,
    "every category, every function": _every_function,
    "every category, whole file": _whole_file,
    "every category, every 4th line": _every_fourth_line,
    "three random guesses": _guesses,
}
WRONG: Final[dict[str, Callable[[Contract], Report]]] = {
    "right category, lines moved by 40": _moved,
    "right lines, wrong category": _wrong_category,
    "empty report": lambda _: [],
}
