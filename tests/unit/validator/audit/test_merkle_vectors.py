"""The vectors of transparency-dev/merkle, read where they lie."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.components import require_shared_data
from validator.audit.merkle import verify_consistency, verify_inclusion
from validator.errors import EvidenceRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 196


def vectors(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    folder = require_shared_data("merkle-proofs/testdata") / kind
    for path in sorted(folder.rglob("*.json")):
        yield str(path.relative_to(folder)), json.loads(path.read_text())


def octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def accepts(kind: str, vector: dict[str, Any]) -> bool:
    proof = [octets(step) for step in vector["proof"] or ()]
    try:
        if kind == "inclusion":
            verify_inclusion(
                octets(vector["leafHash"]), vector["leafIdx"], vector["treeSize"], proof,
                octets(vector["root"]),
            )  # fmt: skip
        else:
            verify_consistency(
                vector["size1"], vector["size2"], proof, octets(vector["root1"]),
                octets(vector["root2"]),
            )  # fmt: skip
    except EvidenceRefusedError:
        return False
    return True


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_every_vector_is_accepted_or_refused_as_it_says(kind: str) -> None:
    wrong = [name for name, vector in vectors(kind) if accepts(kind, vector) is vector["wantErr"]]

    assert wrong == []


def test_none_of_the_vectors_was_left_out() -> None:
    assert sum(1 for kind in ("inclusion", "consistency") for _ in vectors(kind)) == COUNT
