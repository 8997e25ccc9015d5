"""Signing of statements, which are what a chain key signs besides transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.errors import WrongKeyError
from validator.wire.tos import SecretKey

if TYPE_CHECKING:
    from validator.keys.material import AnyKey
    from validator.wire.statement import Statement


def sign_statement(key: AnyKey, statement: Statement) -> bytes:
    """Return the 64-byte signature of a chain key. Raises WrongKeyError for an evidence key."""
    if not isinstance(key, SecretKey):
        raise WrongKeyError("an evidence key signs evidence, not statements")
    return key.sign(statement.to_bytes())
