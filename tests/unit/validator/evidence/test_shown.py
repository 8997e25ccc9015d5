from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.bundles import VERDICT_ID, both, verdict
from validator.domain.posting import PostState
from validator.evidence.shelf import EvidenceShelf
from validator.evidence.shown import CHAIN_STATUS, with_chain, with_evidence
from validator.wire.documents import as_judged, verdict_to_json

if TYPE_CHECKING:
    from pathlib import Path

STORED = verdict_to_json(verdict())


def test_an_owner_sees_what_is_released_and_the_operator_what_is_kept(tmp_path: Path) -> None:
    shelf = EvidenceShelf(tmp_path)
    assert with_evidence(STORED, shelf, operator=True) == STORED
    kept = shelf.put(*both(), VERDICT_ID)

    assert with_evidence(STORED, shelf) == STORED
    assert with_evidence(STORED, shelf, operator=True)["evidence"] == {
        "digest": kept.public,
        "uri": None,
    }
    shelf.release(VERDICT_ID)
    for operator in (False, True):
        assert with_evidence(STORED, shelf, operator=operator)["evidence"] == {
            "digest": kept.public,
            "uri": f"/v1/verdicts/{VERDICT_ID}/evidence",
        }


def test_every_state_of_a_post_has_a_word_of_the_contract() -> None:
    assert set(CHAIN_STATUS) == set(PostState)
    assert set(CHAIN_STATUS.values()) == {
        "none", "prepared", "submitted", "confirmed", "final", "failed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (None, "none"),
        (PostState.HELD, "none"),
        (PostState.IN_PROGRESS, "prepared"),
        (PostState.FINALIZED, "final"),
        (PostState.FATAL_ERROR, "failed"),
    ],
)
def test_the_chain_s_word_is_laid_over_and_taken_off_again(
    state: PostState | None, word: str
) -> None:
    shown = with_chain(STORED, "devnet", state, "ab")

    assert shown["chain"] == {"network": "devnet", "tx": "ab", "status": word}
    assert as_judged(shown) == STORED
