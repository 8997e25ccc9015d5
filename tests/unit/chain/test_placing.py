"""Finding blocks by height where height and topoheight differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from validator.chain.blocks import RawBlock
from validator.chain.placing import SPREAD, block_of_answer, first_at
from validator.wire.tos import PublicKey, answer_id
from validator.wire.tos.rules import Answer

TASK, MINER, DIGEST = b"\x01" * 32, PublicKey(b"\x02" * 32), b"\x03" * 32


class Chain:
    """Blocks in order, by their heights; the timestamp is the topoheight's."""

    def __init__(self, heights: list[int]) -> None:
        self.heights = heights
        self.calls = 0

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        assert not whole
        self.calls += 1
        made = topoheight.to_bytes(32, "big")
        return RawBlock(made, topoheight, self.heights[topoheight], 1000 + topoheight, ())

    def answer(self, topoheight: int) -> Answer:
        height = self.heights[topoheight]
        made = answer_id(TASK, MINER.data, DIGEST, height, 1000 + topoheight)
        return Answer(made, "text", DIGEST, MINER, 1, height)


def heights_of(steps: list[int]) -> list[int]:
    """A height rises by 0 (a side block) or 1."""
    made = [0]
    for step in steps:
        made.append(made[-1] + step)
    return made


@given(steps=st.lists(st.integers(0, 1), max_size=300), data=st.data())
def test_the_block_of_an_answer_is_found_wherever_it_is(
    steps: list[int], data: st.DataObject
) -> None:
    heights = heights_of(steps)
    top = len(heights) - 1
    place = data.draw(st.integers(0, top))
    twins = [each for each in range(top + 1) if heights[each] == heights[place]]
    chain = Chain(heights)
    found = block_of_answer(chain, TASK, chain.answer(place), 0, top)

    if place - twins[0] <= SPREAD:  # the chain itself has far fewer blocks of one height
        assert found is not None
        assert found.topoheight == place
    assert chain.calls <= 1 + 10 + 2 * SPREAD + 1


@given(steps=st.lists(st.integers(0, 1), min_size=1, max_size=300), data=st.data())
def test_the_first_block_of_a_height_is_found_in_few_calls(
    steps: list[int], data: st.DataObject
) -> None:
    heights = heights_of(steps)
    top = len(heights) - 1
    height = data.draw(st.integers(0, heights[-1]))
    chain = Chain(heights)

    assert first_at(chain, height, 0, top) == heights.index(height)
    assert chain.calls <= 10


def test_blocks_that_a_re_order_turned_round_are_found() -> None:
    heights = [*range(50), *range(57, 49, -1), *range(58, 70)]
    for place in range(50, 58):
        chain = Chain(heights)
        found = block_of_answer(chain, TASK, chain.answer(place), 0, len(heights) - 1)
        assert found is not None
        assert found.topoheight == place


def test_an_answer_of_no_block_is_not_found_and_never_above_the_stable_one() -> None:
    chain = Chain(list(range(100)))
    late = chain.answer(90)
    assert block_of_answer(chain, TASK, late, 0, 89) is None
    assert block_of_answer(chain, b"\x09" * 32, late, 0, 99) is None
    assert block_of_answer(chain, TASK, late, 95, 99) is None
