"""What has to be decided: questions with the claims that answer them, then all further claims."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkers.claims.printed import unit_name
from checkers.claims.reading import Claim, Refused, read_claims
from checkers.protocol import CheckStatus

if TYPE_CHECKING:
    from checkers.claims.options import ClaimsOptions
    from checkers.claims.query import Query
    from checkers.protocol import Answer


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to decide.

    `query` is what counts: the question's, else the claim's own; None where only a program of the
    miner's says how the number came about. `end` and `why` are set where no computing is needed.
    """

    name: str
    query: Query | None
    claim: Claim | None
    asked: bool = False
    hidden: bool = False
    end: CheckStatus | None = None
    why: str = ""

    @property
    def unit(self) -> str | None:
        """The unit that the claim says its number is in: beside it, or in its own query."""
        if self.claim is None:
            return None
        own = self.claim.query.unit if self.asked and self.claim.query is not None else None
        return own if self.claim.unit is None else self.claim.unit

    @property
    def needs_computing(self) -> bool:
        """True when the recomputed number decides."""
        return self.end is None and self.query is not None


def plan(answer: Answer, options: ClaimsOptions) -> tuple[Item, ...]:
    """List everything to decide, questions first, in the order of the task and of the answer."""
    good, bad = read_claims(answer.claims)
    for name in options.elsewhere:
        good.pop(name, None)
        bad.pop(name, None)
    items = []
    for question in options.questions:
        claim, refused = good.pop(question.id, None), bad.pop(question.id, None)
        items.append(_answered(question.id, question.asked(), claim, refused, question.hidden))
    items += [_further(claim, allowed=options.allow_extra) for claim in _different(good)]
    items += [_failed(refused.id, refused.why) for refused in bad.values()]
    return tuple(items)


def _answered(
    name: str, query: Query, claim: Claim | None, refused: Refused | None, hidden: bool
) -> Item:
    end, why = None, ""
    if refused is not None:
        end, why = CheckStatus.FAIL, refused.why
    elif claim is None:
        end, why = CheckStatus.FAIL, "is missing: no claim has this id"
    elif claim.query is not None and canonical(claim.query) != canonical(query):
        end, why = CheckStatus.FAIL, _difference(claim.query, query)
    elif _units_differ(claim):
        end, why = CheckStatus.FAIL, "has one unit in its query and another in its field unit"
    return Item(name, query, claim, asked=True, hidden=hidden, end=end, why=why)


def _units_differ(claim: Claim) -> bool:
    own = claim.query.unit if claim.query is not None else None
    return None not in (own, claim.unit) and unit_name(own) != unit_name(claim.unit)


def _further(claim: Claim, *, allowed: bool) -> Item:
    if not allowed:
        return _failed(claim.id, "answers no question, and this task allows no further claims")
    if claim.query is None and claim.program is None:
        return _failed(claim.id, "has no query, script or sql, and no question has its id")
    return Item(claim.id, claim.query, claim)


def _failed(name: str, why: str) -> Item:
    return Item(name, None, None, end=CheckStatus.FAIL, why=why)


def _different(claims: dict[str, Claim]) -> list[Claim]:
    """Leave out claims that say again what another one says: repeating a truth earns nothing."""
    seen: set[str] = set()
    found = []
    for claim in claims.values():
        query = claim.query and (canonical(claim.query), claim.query.unit)
        meaning = repr((query, claim.unit, claim.value, claim.program))
        if meaning not in seen:
            found.append(claim)
        seen.add(meaning)
    return found


def canonical(query: Query) -> str:
    """Two queries mean the same iff these are equal, units (which go with the number) aside.

    Conditions and the values of a list have no order, and 1.0 is 1.
    """
    return json.dumps(_meant(query), sort_keys=True)


def _meant(query: Query) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in query.plain().items() if name != "unit"}
    plain["where"] = _sorted([_condition(one) for one in plain.get("where", [])])
    return plain


def _condition(condition: dict[str, Any]) -> dict[str, Any]:
    value = condition.get("value")
    return {**condition, "value": _sorted(value)} if isinstance(value, list) else condition


def _sorted(values: list[Any]) -> list[Any]:
    """Without order and repetition."""
    by_text = {json.dumps(value, sort_keys=True): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """One spelling of numbers, however deep they lie."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _difference(mine: Query, asked: Query) -> str:
    """Name the fields only: what the question has in them is in the question."""
    mine_plain, asked_plain = _meant(mine), _meant(asked)
    names = sorted(
        name
        for name in {*mine_plain, *asked_plain}
        if mine_plain.get(name) != asked_plain.get(name)
    )
    return f"asks something else than the question of its id: they differ in {', '.join(names)}"
