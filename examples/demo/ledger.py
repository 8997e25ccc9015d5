"""What the development chain says of the validator's verdicts, read without asking the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validator.wire.tos import ValidateAnswer, transaction_from_json
from validator.wire.tos.rules import ACCEPT_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.demo.market import Offer
    from validator.cli.devnet_client import DevnetClient

MISSING, CONFIRMED, FINAL = "missing", "confirmed", "final"


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer, and what the chain has of our verdict on it.

    CONFIRMED: our score reads back; FINAL: and so does its transaction, in a stable block.
    """

    offer: Offer
    score: int | None = None
    tx_hash: str = ""
    height: int | None = None

    @property
    def state(self) -> str:
        """How far the verdict has come."""
        if self.score is None:
            return MISSING
        return FINAL if self.tx_hash else CONFIRMED

    @property
    def decision(self) -> str:
        """What the score says by the chain's own threshold; nothing while there is none."""
        if self.score is None:
            return ""
        return "accept" if self.score >= ACCEPT_THRESHOLD else "reject"

    @property
    def agrees(self) -> bool:
        """True when the verdict is final and is the expected one."""
        return self.state == FINAL and self.decision == self.offer.example.expected


class Ledger:
    """Reads tasks and stable blocks of one chain, each block once. Raises DevnetCallError."""

    def __init__(self, chain: DevnetClient, validator: bytes, since: int) -> None:
        self._chain = chain
        self._validator = validator
        self._next = since
        self._found: dict[bytes, tuple[ValidateAnswer, str, int]] = {}

    def read(self, offers: Sequence[Offer]) -> tuple[Entry, ...]:
        """Return where the verdicts on these answers stand now."""
        self._scan()
        tasks = {
            task: self._chain.call("get_ai_mining_task", {"task_id": task.hex()})
            for task in {offer.task_id for offer in offers}
        }
        return tuple(self._entry(offer, tasks[offer.task_id]) for offer in offers)

    def _scan(self) -> None:
        """Keep our verdicts of the blocks that became stable since the last time."""
        stable: int = self._chain.state()["stable_topoheight"]
        for topoheight in range(self._next, stable + 1):
            block = self._chain.call(
                "get_block_at_topoheight", {"topoheight": topoheight, "include_txs": True}
            )
            for shown in block.get("transactions", ()):
                self._keep(shown, block)
        self._next = max(self._next, stable + 1)

    def _keep(self, shown: dict[str, Any], block: dict[str, Any]) -> None:
        """Keep a verdict of ours that this block executed: one that a rule refused is no verdict."""
        transaction = transaction_from_json(shown)  # proves the hash
        verdict = transaction.payload
        ours = transaction.source.data == self._validator
        if not ours or not isinstance(verdict, ValidateAnswer):
            return
        where = {"tx_hash": shown["hash"], "block_hash": block["hash"]}
        if self._chain.call("is_tx_executed_in_block", where):
            self._found[verdict.answer_id] = (verdict, shown["hash"], block["height"])

    def _entry(self, offer: Offer, task: dict[str, Any]) -> Entry:
        score = self._score(offer, task)
        verdict, tx_hash, height = self._found.get(offer.answer_id, (None, "", None))
        if score is None or verdict is None or verdict.validation_score != score:
            return Entry(offer, score)
        return Entry(offer, score, tx_hash, height)

    def _score(self, offer: Offer, task: dict[str, Any]) -> int | None:
        ours = list(self._validator)
        for answer in task["submitted_answers"]:
            if answer["answer_id"] == offer.answer_id.hex():
                scores = answer["validation_scores"]
                return next((each["score"] for each in scores if each["validator"] == ours), None)
        return None
