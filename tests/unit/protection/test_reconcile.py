"""What scenarios do not show: freshness, laws over many readings, and one restore of fifty."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.protection import GENESIS, KEY, created, h, on_chain, opened, reading, request
from validator.errors import SigningClosedError, SigningRefusedError, VerdictConflictError
from validator.protection.reconcile import (
    QUIET_BLOCKS,
    Known,
    Phase,
    Reading,
    Reason,
    Recorded,
    SigningState,
    reconcile,
)
from validator.protection.rules import Refusal
from validator.protection.values import KeyState, fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from validator.protection.database import ProtectionDatabase

PLAIN = KeyState(KEY, True, None, None, None, False, 50, 0)


def known(key: KeyState = PLAIN, **answers: Recorded) -> Known:
    found = {bytes.fromhex(name[1:]): row for name, row in answers.items()}
    return Known(GENESIS, key, found, frozenset(), frozenset())


def step(database: ProtectionDatabase, state: SigningState, seen: Reading | None) -> SigningState:
    state, plan = reconcile(state, database.known(KEY, seen), seen, 1.0)
    database.apply(KEY, plan)
    return state


def test_a_state_that_never_read_the_chain_is_closed() -> None:
    with pytest.raises(SigningClosedError, match="closed: not_reconciled"):
        SigningState().require_open(0, 10)


def test_an_open_state_closes_when_the_reading_is_too_old() -> None:
    state, _ = reconcile(SigningState(), known(), reading(60), 100.0)

    state.require_open(109.9, 10)
    with pytest.raises(SigningClosedError, match="chain_unreadable"):
        state.require_open(110.1, 10)


def test_an_operator_s_halt_is_told_as_such() -> None:
    state, plan = reconcile(
        SigningState(), known(replace(PLAIN, halted="lost a laptop")), reading(60), 0
    )

    assert (state.phase, state.reasons) == (Phase.HALTED, (Reason.OPERATOR,))
    assert plan.adopt == ()


def test_every_refusal_has_a_sentence() -> None:
    sentences = {refusal.sentence for refusal in Refusal}

    assert len(sentences) == len(Refusal)
    assert not [each for each in sentences if each.endswith(".")]


readings = st.builds(
    lambda stable, nonce, missing, verified, pending, pruned, since, genesis: Reading(
        genesis,
        stable,
        since,
        nonce,
        pruned,
        tuple(
            on_chain(request(n, height=height), n, verified=verified)
            for n, height in enumerate(missing)
        ),
        frozenset(h(n) for n in range(pending)),
    ),
    st.integers(0, 80),
    st.integers(0, 3),
    st.lists(st.integers(0, 90), max_size=2),
    st.booleans(),
    st.integers(0, 1),
    st.none() | st.integers(0, 80),
    st.integers(0, 80),
    st.sampled_from([GENESIS, GENESIS, GENESIS, h(0)]),
)


@given(seen=st.lists(st.none() | readings, max_size=20), declared=st.booleans())
def test_signing_opens_only_on_a_reading_that_explains_everything(
    seen: list[Reading | None], declared: bool
) -> None:
    state = SigningState()
    key = replace(PLAIN, declared=declared)
    for each in seen:
        before = state
        state, plan = reconcile(state, known(key), each, 0)
        if state.phase is Phase.OPEN:
            assert each is not None
            assert each.genesis == GENESIS
            assert not each.verdicts
            assert not each.pending
            assert each.next_nonce == key.settled_nonce
            assert not declared or before.clear == QUIET_BLOCKS - 1
        if plan.halt is not None:
            assert state.phase is Phase.HALTED
            assert each is not None
            assert all(verdict.verified for verdict in each.verdicts)
            key = replace(key, halted=plan.halt.value)
        if key.halted is not None:
            assert state.phase is Phase.HALTED


@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_a_declared_gap_opens_after_eight_rises_of_the_stable_height_and_no_sooner(
    steps: list[int],
) -> None:
    key = replace(PLAIN, declared=True)
    state, plan = reconcile(SigningState(), known(key), reading(50), 0)
    assert plan.low == 50
    height, rises = 50, 0
    for rise in steps:
        height += rise
        rises += rise > 0
        state, plan = reconcile(state, known(key), reading(height), 0)
        if rises == QUIET_BLOCKS:
            assert state.phase is Phase.OPEN
            assert plan.ends_declaration
            return
        assert state.phase is Phase.QUIET
        assert not plan.ends_declaration


@pytest.mark.parametrize(("height", "phase"), [(58, Phase.QUIET), (59, Phase.HALTED)])
def test_after_a_gap_the_farthest_endpoint_says_how_far_the_lost_past_may_reach(
    height: int, phase: Phase
) -> None:
    key = replace(PLAIN, declared=True)
    lost = on_chain(request(1, height=height), 0)
    seen = replace(reading(50, 1, lost), newest_stable=58)
    state, plan = reconcile(SigningState(), known(key), seen, 0)

    assert (state.phase, state.start_height) == (phase, 58)
    assert plan.low == (58 if phase is Phase.QUIET else None)


def test_scores_whose_rows_were_pruned_are_explained_by_their_contents(tmp_path: Path) -> None:
    asked = request(1, 80)
    with created(tmp_path / "now") as database:
        state = SigningState()
        for stable in range(50, 59):
            state = step(database, state, reading(stable))
        database.protect(asked)
        assert database.prune(KEY, asked.height) == 1
        # As after a restart: the block with the transaction is not read, the task shows the score.
        old = on_chain(asked, -1, verified=False)
        state = step(database, SigningState(), reading(200, 0, old))
        assert (state.phase, state.reasons) == (Phase.OPEN, ())
        other = on_chain(request(1, 81), -1, verified=False)
        above = on_chain(request(2, height=asked.height + 1, content=1), -1, verified=False)
        for strange in (other, above):
            state = step(database, SigningState(), reading(200, 0, strange))
            assert (state.phase, state.reasons) == (Phase.CLOSED, (Reason.UNVERIFIED,))
        twin = replace(other, nonce=0, verified=True)
        state = step(database, SigningState(), reading(200, 1, twin))
        assert (state.phase, state.reasons) == (Phase.HALTED, (Reason.FOREIGN_SCORE,))


def test_a_stale_copy_over_a_newer_chain_signs_nothing_else_for_fifty_answers(
    tmp_path: Path,
) -> None:
    place, copy = tmp_path / "now", tmp_path / "copy"
    with created(place) as database:
        state = SigningState()
        for height in range(50, 59):
            state = step(database, state, reading(height))
        assert state.phase is Phase.OPEN
    shutil.copytree(place, copy)
    with opened(place) as database:
        for answer in range(50):
            database.protect(request(answer, 80))
    shutil.rmtree(place)
    shutil.copytree(copy, place)
    # Forty were mined; ten wait somewhere, signed and unseen.
    mined = [on_chain(request(answer, 80), answer) for answer in range(40)]
    conflicting: list[int] = []

    with opened(place) as database:
        state = step(database, SigningState(), None)
        assert state.phase is Phase.CLOSED
        state = step(database, state, reading(160, 40, *mined))
        assert (state.phase, state.reasons) == (Phase.HALTED, (Reason.FOREIGN_VERDICT,))
        database.resume(KEY, fingerprint(KEY))
        for height in range(161, 170):
            state = step(database, state, reading(height, 40, *mined))
        state.require_open(1.0, 1.0)
        for answer in range(50):
            try:
                database.protect(request(answer, 20))
                conflicting.append(answer)
            except (VerdictConflictError, SigningRefusedError):
                continue
        assert database.protect(request(100)).is_new

    assert conflicting == []
