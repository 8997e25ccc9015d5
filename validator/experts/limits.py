"""Under which ceilings a review's money counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.store.expert_spending import Charge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.settings.experts import ExpertSettings

_LONGEST: Final = 128  # letters of a name that is kept as it is


@dataclass(frozen=True, slots=True)
class SpendKey:
    """Whose money a call is: ids that no request can choose (threat model, rows 1 and 31).

    Of an API submission `tenant` is the account, and publisher and miner are none: there they are
    claims of the body, by which one could use up another's budget.
    """

    task: str
    publisher: str | None = None
    miner: str | None = None
    tenant: str | None = None


def charges_of(key: SpendKey, day: int, settings: ExpertSettings) -> tuple[Charge, ...]:
    """Return every budget that a reservation of this day, in days since 1970, counts against."""
    return tuple(_charges(key, day, settings))


def _charges(key: SpendKey, day: int, settings: ExpertSettings) -> Iterator[Charge]:
    yield Charge("task", _kept(key.task), 0, settings.max_task)
    parties = (
        ("publisher", key.publisher, settings.max_publisher),
        ("miner", key.miner, settings.max_miner),
        ("tenant", key.tenant, settings.max_tenant),
    )
    for scope, name, ceiling in parties:
        if name is not None:
            yield Charge(scope, _kept(name), day, ceiling)
    yield Charge("day", "", day, settings.max_day)


def _kept(name: str) -> str:
    """The name itself where every database takes it, else its digest."""
    if name.isascii() and name.isprintable() and len(name) <= _LONGEST:
        return name
    return f"sha256:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"
