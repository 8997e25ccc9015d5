"""What one leaf of the audit log says: what kind of thing happened, when, and what it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from checkers.strict_json import StrictJsonError, loads
from validator.errors import InvalidEvidenceError
from validator.wire.canonical import canonical_json
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAF_SCHEMA: Final = "tosv.leaf/1"
MAX_LEAF: Final = 64 * 1024
"""Bytes of a leaf: it names things by digest and never holds them."""

MAX_DEPTH: Final = 16
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_MEMBERS: Final = frozenset({"schema", "kind", "at", "body"})


class LeafKind(StrEnum):
    """What happened."""

    VERDICT = "verdict"
    REFUSAL = "refusal"
    KEY_CHANGE = "key_change"
    CONFIG_CHANGE = "config_change"
    OPERATOR_OVERRIDE = "operator_override"
    IMPORT_EXPORT = "import_export"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry. `body` holds plain JSON: digests, ids, sentences of ours; nothing hidden."""

    kind: LeafKind
    at: datetime
    body: Mapping[str, Any]

    def encode(self) -> bytes:
        """Return the one spelling of this leaf, whose hash is in the tree.

        Raises InvalidEvidenceError for a body that is no JSON, or too large.
        """
        try:
            content = canonical_json(
                {
                    "schema": LEAF_SCHEMA,
                    "kind": self.kind.value,
                    "at": rfc3339(self.at),
                    "body": dict(self.body),
                }
            )
        except ValueError as error:
            raise InvalidEvidenceError(f"the leaf is not JSON: {error}") from None
        if len(content) > MAX_LEAF:
            raise InvalidEvidenceError(f"a leaf of the log has at most {MAX_LEAF} bytes")
        return content


def read_leaf(content: bytes) -> Leaf:
    """Read a leaf. Raises InvalidEvidenceError for anything that `Leaf.encode` would not give."""
    try:
        found = loads(content, max_depth=MAX_DEPTH, max_bytes=MAX_LEAF)
    except StrictJsonError as error:
        raise InvalidEvidenceError(f"the leaf {error}") from None
    leaf = leaf_of(found)
    if leaf.encode() != content:
        raise InvalidEvidenceError("the leaf is not in its one spelling")
    return leaf


def leaf_of(found: object) -> Leaf:
    """Return the leaf that this JSON value is. Raises InvalidEvidenceError."""
    if not isinstance(found, dict) or set(found) != _MEMBERS or found["schema"] != LEAF_SCHEMA:
        raise InvalidEvidenceError(f"the leaf is not of the form {LEAF_SCHEMA}")
    return Leaf(_kind(found["kind"]), _time(found["at"]), _body(found["body"]))


def _kind(value: object) -> LeafKind:
    try:
        return LeafKind(str(value))
    except ValueError:
        raise InvalidEvidenceError("the leaf's kind is not known") from None


def _time(value: object) -> datetime:
    try:
        if isinstance(value, str) and _TIME.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        pass
    raise InvalidEvidenceError("the leaf's time is not one such as 2026-01-31T12:00:00.000000Z")


def _body(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidEvidenceError("the leaf's body must be an object")
    return value
