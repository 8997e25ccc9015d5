"""What expert reviews may still spend: reserved before a call, settled after it.

A ceiling is held by one conditional statement on one row, so that processes at once cannot pass it
together. What was reserved and never settled stays counted: money is lost rather than overspent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from validator.store.values import dump, load, micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from validator.store.database import Database

_TAKE = text(
    "INSERT INTO expert_budgets (scope, name, day, spent) VALUES (:scope, :name, :day, :amount)"
    " ON CONFLICT (scope, name, day) DO UPDATE SET spent = expert_budgets.spent + :amount"
    " WHERE expert_budgets.spent + :amount <= :ceiling RETURNING spent"
)
_CORRECT = text(
    "UPDATE expert_budgets SET spent = spent + :amount"
    " WHERE scope = :scope AND name = :name AND day = :day"
)
_SPENT = text(
    "SELECT spent FROM expert_budgets WHERE scope = :scope AND name = :name AND day = :day"
)
_RESERVE = text(
    "INSERT INTO expert_reservations (reservation_id, state, charges, amount, made_at)"
    " VALUES (:id, 'open', :charges, :amount, :now)"
)
_END = text(
    "UPDATE expert_reservations SET state = 'settled', actual = :actual, ended_at = :now"
    " WHERE reservation_id = :id AND state IN ('open', 'lost') RETURNING charges, amount"
)
_LOSE = text(
    "UPDATE expert_reservations SET state = 'lost', actual = amount, ended_at = :now"
    " WHERE state = 'open' AND made_at <= :before"
)
_OPEN = text(
    "SELECT count(*), coalesce(sum(amount), 0) FROM expert_reservations WHERE state = 'open'"
)


@dataclass(frozen=True, slots=True)
class Charge:
    """One budget that a reservation counts against. `day` is 0 for a budget without end."""

    scope: str
    name: str
    day: int
    ceiling: int


class ExhaustedError(Exception):
    """A ceiling would be passed; nothing was reserved."""

    def __init__(self, charge: Charge) -> None:
        self.charge = charge
        super().__init__(charge.scope)


class ExpertSpending:
    """The budgets and reservations of one database. Safe for threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(
        self, reservation_id: str, charges: Sequence[Charge], amount: int, now: datetime
    ) -> None:
        """Count `amount` against every budget, durably, or against none.

        Raises ExhaustedError with the first budget, in the order given, that has too little left.
        """
        for charge in charges:
            if amount > charge.ceiling:  # the first row of a budget is not compared with anything
                raise ExhaustedError(charge)
        # Everyone takes the rows' locks in one order, so that no two wait for each other.
        ordered = sorted(charges, key=lambda one: (one.scope, one.name, one.day))
        row = {
            "id": reservation_id,
            "charges": dump([[one.scope, one.name, one.day] for one in ordered]),
            "amount": amount,
            "now": micros(now),
        }
        self._database.write(lambda connection: _reserve(connection, ordered, row))

    def settle(self, reservation_id: str, actual: int, now: datetime) -> bool:
        """Count `actual` instead of what was reserved; false when that was done before.

        A reservation given up as lost is settled all the same: its process was only slow.
        """
        row = {"id": reservation_id, "actual": actual, "now": micros(now)}
        return self._database.write(lambda connection: _settle(connection, row))

    def give_up(self, before: datetime, now: datetime) -> int:
        """Count what was reserved up to `before` and is still open as spent; return how many."""
        row = {"before": micros(before), "now": micros(now)}
        return self._database.write(lambda connection: connection.execute(_LOSE, row).rowcount)

    def spent(self, scope: str, name: str, day: int) -> int:
        """What is spent or reserved under one budget."""
        row = {"scope": scope, "name": name, "day": day}
        return self._database.read(lambda connection: connection.execute(_SPENT, row).scalar() or 0)

    def open_reservations(self) -> tuple[int, int]:
        """How many are open, and for how much in all."""
        count, amount = self._database.read(lambda connection: connection.execute(_OPEN).one())
        return int(count), int(amount)


def _reserve(connection: Connection, charges: Sequence[Charge], row: dict[str, Any]) -> None:
    for charge in charges:
        wanted = {
            "scope": charge.scope,
            "name": charge.name,
            "day": charge.day,
            "ceiling": charge.ceiling,
            "amount": row["amount"],
        }
        if connection.execute(_TAKE, wanted).first() is None:
            raise ExhaustedError(charge)  # undoes the charges before it
    connection.execute(_RESERVE, row)


def _settle(connection: Connection, row: dict[str, Any]) -> bool:
    found = connection.execute(_END, row).first()
    if found is None:
        return False
    for scope, name, day in load(found.charges):
        wanted = {"scope": scope, "name": name, "day": day, "amount": row["actual"] - found.amount}
        connection.execute(_CORRECT, wanted)
    return True
