"""What a node's error means for a transaction that was sent."""

from __future__ import annotations

import pytest

from validator.chain.refusals import is_absent, refusal_of
from validator.chain.rpc import Fault


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (228, "Tx aa already in mempool"),
        (289, "TX aa is already in blockchain"),
        (229, "Tx aa already in mempool"),  # the codes shift between versions
        (228, ""),
    ],
)
def test_what_is_there_already_is_no_refusal(code: int, message: str) -> None:
    assert refusal_of(Fault(code, message), "n") is None


@pytest.mark.parametrize(
    ("code", "message", "refusal"),
    [
        (220, "Tx nonce 1 already used by Tx aa", "nonce"),
        (279, "Invalid tx nonce 9 for mempool cache, range: [1-2]", "nonce"),
        (300, "Invalid nonce for TX aa: expected 1, got 2", "nonce"),
        (300, "words of a later version", "nonce"),
        (235, "Invalid Tx fee, expected at least 0.0001, got 0", "fee"),
        (231, "Transaction has an invalid reference: topoheight 9 is higher", "reference"),
        (253, "Blockchain is syncing", "syncing"),
        (299, "Insufficient funds: available 1, required 2", "funds"),
        (299, "chain id mismatch", "other"),
        (254, "Invalid transaction signature", "other"),
        (236, "Invalid Tx fee, expected at least 0.0001, got 0", "fee"),
        (-32602, "Invalid params: nonce", "other"),
        (-32004, "already in mempool", "other"),
        (0, "already in blockchain", "other"),
    ],
)
def test_every_other_error_is_a_refusal_with_its_meaning(
    code: int, message: str, refusal: str
) -> None:
    found = refusal_of(Fault(code, message), "n")
    assert found is not None
    assert (found.refusal, found.node_code) == (refusal, code)
    assert f"node n says {code}" in found.detail


def test_absence_needs_the_code_and_the_sentence() -> None:
    assert is_absent(Fault(-32600, "Invalid request: Task not found"), "task not found")
    assert not is_absent(Fault(-32600, "trouble"), "task not found")
    assert not is_absent(Fault(-32603, "Task not found"), "task not found")
