"""Acts, copies, votes and transfers with as few words as possible."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from validator.fraud.behaviour import Favour
from validator.fraud.copies import Resemblance, Source
from validator.fraud.links import Transfer
from validator.fraud.records import Act

_NUMBERS = count()


def act(account: str, at_s: float, task: str = "t", seen_s: float = 0, **rest: object) -> Act:
    plain = Act(
        f"ans{next(_NUMBERS)}", account, task, "code", "publisher", int(seen_s * 1000),
        int(at_s * 1000), accepted=True,
    )  # fmt: skip
    return replace(plain, **rest)  # type: ignore[arg-type]


def copy(
    account: str, author: str | None, order: int, source: str, before: int, **rest: object
) -> Resemblance:
    plain = Resemblance(
        f"ans{next(_NUMBERS)}", account, order, Source.ANSWER, source, 0.95, author, before
    )
    return replace(plain, **rest)  # type: ignore[arg-type]


def paid(sender: str, receiver: str, amount: int, at: int) -> Transfer:
    return Transfer(f"tx{next(_NUMBERS)}", sender, receiver, amount, at)


def votes(voter: str, author: str, score: float, number: int, others: float = 60) -> list[Favour]:
    return [Favour(f"v{next(_NUMBERS)}", voter, author, score, others) for _ in range(number)]
