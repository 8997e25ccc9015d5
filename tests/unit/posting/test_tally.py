from __future__ import annotations

from validator.posting.tally import Tally


def test_heads_are_counted_and_not_steps() -> None:
    tally = Tally()
    counts = [tally.add("a", height) for height in (7, 7, 8, 8, 7)]

    assert counts == [1, 1, 2, 2, 3]  # a re-order to a lower head is another head
    assert (tally.count("a"), tally.count("b")) == (3, 0)


def test_what_is_forgotten_begins_again_and_leaves_others_alone() -> None:
    tally = Tally()
    tally.add("a", 7)
    tally.add("b", 7)
    tally.forget("a")
    tally.forget("never added")

    assert (tally.count("a"), tally.count("b")) == (0, 1)
    assert tally.add("a", 7) == 1
