"""The draw: nobody with an interest, not too many of one hand, and anyone can repeat it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.rounds import new_round
from validator.domain.voting import Candidate, Parties, Rules
from validator.rounds.draw import Exclusion, draw, drawable, eligible_digest, sort_out

ROUND = "rnd_" + "1" * 32
SEED = bytes(range(32))
NAMES = [f"{number:064x}" for number in range(40)]
NOBODY = Parties("e" * 64, "f" * 64)


def rules(seats: int = 7, cluster_seats: int = 1) -> Rules:
    made = new_round(rules={"seats": seats}).rules
    return Rules(**{n: getattr(made, n) for n in Rules.__dataclass_fields__} | {
        "cluster_seats": cluster_seats,
    })  # fmt: skip


pools = st.lists(
    st.builds(
        Candidate,
        st.sampled_from(NAMES),
        st.integers(0, 2**64 - 1),
        st.none() | st.sampled_from(["a", "b", "c"]),
    ),
    unique_by=lambda one: one.voter,
)
someone = st.sampled_from(NAMES)
some = st.lists(someone, max_size=5).map(tuple)
parties = st.builds(Parties, someone, someone, some, some, some)


@given(pools, parties, st.integers(1, 12), st.integers(1, 3), st.binary(min_size=32, max_size=32))
def test_no_draw_seats_an_interested_one_or_too_many_of_a_cluster(
    pool: list[Candidate], interested: Parties, seats: int, share: int, seed: bytes
) -> None:
    eligible, excluded = sort_out(pool, interested)
    drawn = draw(ROUND, seed, rules(seats, share), eligible)

    named = {
        interested.publisher, interested.submitter, *interested.linked, *interested.answerers,
    }  # fmt: skip
    theirs = {one.cluster for one in pool if one.voter in named and one.cluster}
    assert {one.voter for one in eligible} | set(excluded) == {one.voter for one in pool}
    for seat in drawn:
        assert seat.voter not in named | set(interested.earlier)
        assert seat.cluster not in theirs
    clusters = Counter(seat.cluster for seat in drawn if seat.cluster)
    assert all(count <= share for count in clusters.values())
    assert [seat.place for seat in drawn] == list(range(len(drawn)))
    assert len({seat.voter for seat in drawn}) == len(drawn) <= seats


@given(pools, st.integers(1, 12), st.randoms())
def test_seats_stay_empty_only_when_nobody_may_take_them(
    pool: list[Candidate], seats: int, order: object
) -> None:
    order.shuffle(pool)  # type: ignore[attr-defined]
    drawn = draw(ROUND, SEED, rules(seats), sort_out(pool, NOBODY)[0])

    clusters = {one.cluster for one in pool if one.cluster}
    alone = sum(one.cluster is None for one in pool)
    assert len(drawn) == min(seats, alone + len(clusters))
    assert len(drawn) == drawable(rules(seats), pool)


@given(pools, st.randoms())
def test_the_order_in_which_candidates_are_handed_in_changes_nothing(
    pool: list[Candidate], order: object
) -> None:
    shuffled = list(pool)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    first, second = (sort_out(one, NOBODY)[0] for one in (pool, shuffled))

    assert draw(ROUND, SEED, rules(), first) == draw(ROUND, SEED, rules(), second)
    assert eligible_digest(ROUND, rules(), first) == eligible_digest(ROUND, rules(), second)


def test_anyone_can_repeat_a_draw_from_its_description() -> None:
    eligible = [Candidate(name, 5) for name in NAMES]

    by_hand = sorted(
        NAMES,
        key=lambda name: blake3(
            b"TOSV-DRAW/1\x00" + SEED + bytes.fromhex(name) + ROUND.encode()
        ).digest(),
    )[:7]

    assert [seat.voter for seat in draw(ROUND, SEED, rules(), eligible)] == by_hand


def test_the_digest_of_the_eligible_is_that_of_its_canonical_json() -> None:
    frozen = {
        "schema": "tosv.eligible/1",
        "round": ROUND,
        "seats": 7,
        "cluster_seats": 1,
        "eligible": [{"voter": NAMES[1], "stake": "18446744073709551615", "cluster": "a"}],
    }
    text = json.dumps(frozen, sort_keys=True, separators=(",", ":"))

    found = eligible_digest(ROUND, rules(), [Candidate(NAMES[1], 2**64 - 1, "a")])

    assert found == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_another_seed_or_another_round_draws_others() -> None:
    eligible = [Candidate(name) for name in NAMES]
    first = draw(ROUND, SEED, rules(), eligible)

    assert draw(ROUND, bytes(32), rules(), eligible) != first
    assert draw("rnd_" + "2" * 32, SEED, rules(), eligible) != first


def test_everybody_has_the_same_chance_whatever_the_stake() -> None:
    eligible = [Candidate(name, 10**number) for number, name in enumerate(NAMES[:10])]
    seen: Counter[str] = Counter()
    for number in range(2000):
        seed = hashlib.sha256(str(number).encode()).digest()
        seen.update(seat.voter for seat in draw(ROUND, seed, rules(3), eligible))

    # 600 on average; a standard deviation of about 20, and ten voters: six of them leave none out.
    assert all(480 < seen[name] < 720 for name in NAMES[:10])


def test_each_exclusion_has_its_reason() -> None:
    pool = [
        Candidate(name, 1, "x" if number in (3, 6) else None)
        for number, name in enumerate(NAMES[:8])
    ]
    interested = Parties(NAMES[0], NAMES[1], (NAMES[2],), (NAMES[3],), (NAMES[4],))

    eligible, excluded = sort_out(pool, interested)

    assert [one.voter for one in eligible] == [NAMES[5], NAMES[7]]
    assert excluded == {
        NAMES[0]: Exclusion.PUBLISHER,
        NAMES[1]: Exclusion.SUBMITTER,
        NAMES[2]: Exclusion.LINKED,
        NAMES[3]: Exclusion.ANSWERED,
        NAMES[4]: Exclusion.EARLIER,
        NAMES[6]: Exclusion.LINKED,  # one hand with an answerer
    }
