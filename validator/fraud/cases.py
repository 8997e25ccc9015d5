"""The case file of a suspected ring, for the operator: a document and a picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.fraud.drawing import draw
from validator.fraud.rings import EDGE, ring_flags
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from validator.fraud.records import FraudFlag
    from validator.fraud.rings import Ring

SCHEMA: Final = "tosv.fraud_case/1"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`case_id` is a digest of the document's content, so that equal findings are one case."""

    case_id: str
    document: dict[str, Any]
    picture: str
    """SVG, without scripts or references; every word of others in it is escaped."""


def case_file(ring: Ring, flags: Iterable[FraudFlag] = ()) -> CaseFile:
    """Return the case of one ring.

    `flags` are other flags on its members (too fast, copies); those on anybody else are left out.
    The document says who did what; it decides nothing.
    """
    members = set(ring.members)
    own = [*ring_flags([ring]), *(flag for flag in flags if flag.account in members)]
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "members": list(ring.members),
        "edge_from": str(EDGE),
        "weights": [
            {"accused": one, "other": other, "weight": f"{weight:.4f}"}
            for one, other, weight in ring.weights
        ],
        "links": [
            {
                "accused": link.accused,
                "other": link.other,
                "kind": link.kind.value,
                "weight": f"{link.weight:.4f}",
                "detail": link.detail,
                "evidence": list(link.evidence),
            }
            for link in ring.links
        ],
        "flags": [
            flag_document(flag)
            for flag in sorted(own, key=lambda flag: (flag.account, flag.kind, flag.evidence))
        ],
    }
    case_id = hashlib.sha256(canonical_json(body)).hexdigest()
    return CaseFile(case_id, {"case_id": case_id, **body}, draw(ring, case_id))


def flag_document(flag: FraudFlag) -> dict[str, Any]:
    """Return what a case file says of a flag."""
    return {
        "account": flag.account,
        "kind": flag.kind.value,
        "weight": f"{flag.weight:.4f}",
        "detail": flag.detail,
        "evidence": list(flag.evidence),
    }
