"""Where in the order of blocks a height lies, and which block an answer was applied in.

A DAG has several blocks of one height, so that height and topoheight drift apart; re-orders put
blocks a few places off. Both are bounded by the stable depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from validator.wire.tos import answer_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.chain.blocks import RawBlock
    from validator.wire.tos.rules import Answer

SPREAD: Final = 24
"""Places that a block may lie from where its height alone would put it: three stable depths."""


class Ordered(Protocol):
    """What is asked of a node, beyond the port, to find blocks."""

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        """Return the ordered block there; `whole`: with its transactions."""


def first_at(node: Ordered, height: int, low: int, high: int) -> int:
    """Return about the least topoheight, `low` to `high`, from which on blocks have that height.

    Off by a few places where heights do not rise (see SPREAD); about log2(high - low) calls.
    Raises ChainUnreadableError.
    """
    while low < high:
        middle = (low + high) // 2
        if node.raw_block(middle, whole=False).height >= height:
            high = middle
        else:
            low = middle + 1
    return low


def block_of_answer(
    node: Ordered, task: bytes, answer: Answer, low: int, high: int
) -> RawBlock | None:
    """Return the block, `low` to `high`, that gave the answer its id; None when none did.

    Its height is `submitted_at`, and answer_id follows from its height and timestamp (protocol
    note, section 2): this proves the block. Raises ChainUnreadableError.
    """
    height = answer.submitted_at
    guess = min(max(height, low), high)  # without side blocks this is the place
    if _gave(block := node.raw_block(guess, whole=False), task, answer):
        return block
    for place in _around(first_at(node, height, low, high), low, high):
        if _gave(block := node.raw_block(place, whole=False), task, answer):
            return block
    return None


def _gave(block: RawBlock, task: bytes, answer: Answer) -> bool:
    if block.height != answer.submitted_at:
        return False
    made = answer_id(
        task, answer.submitter.data, answer.answer_hash, block.height, block.timestamp_ms
    )
    return made == answer.answer_id


def _around(place: int, low: int, high: int) -> Iterator[int]:
    for step in range(SPREAD + 1):
        for each in {place + step, place - step}:
            if low <= each <= high:
                yield each
