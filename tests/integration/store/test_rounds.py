"""Rounds on both databases: what was taken in stays, once, hidden until the windows are over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.fakes.rounds import (
    PUBLISHER,
    VOTERS,
    Voting,
    capped_median,
    commit_of,
    new_round,
    opening_of,
    reveal_of,
    voting,
)
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.voting import Candidate, Parties, Phase, Stage
from validator.errors import (
    AlreadyVotedError,
    CopiedCommitError,
    InvalidDocumentError,
    InvalidParameterError,
    NoSeedError,
    NotCommittedError,
    NotDrawnError,
    NotFoundError,
    RevealMismatchError,
    RoundDecidedError,
    RoundPhaseError,
    RoundRunningError,
    ValidatorError,
    VoteSignatureError,
)
from validator.rounds import service as rounds_service
from validator.rounds.draw import Exclusion, draw, sort_out
from validator.rounds.service import RETRY_S, RoundService
from validator.store import round_history
from validator.store.chain_values import NewEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.domain.voting import Round
    from validator.rounds.counting import Opinion, Poll
    from validator.rounds.reading import NewRound
    from validator.store.store import Store


@pytest.fixture
def house(store: Store, clock: FrozenClock, ids: CountingIds) -> Voting:
    return voting(store, clock, ids)


def decided(house: Voting, score: int = 80) -> Round:
    """A round in which everybody voted."""
    found, voters = house.drawn()
    for voter in voters:
        house.commit(found, voter, score)
    for voter in voters:
        house.reveal(found, voter)
    return house.service.read(LOCAL_OWNER, found.round_id)


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Do it so many times at once; results, or the errors that were raised."""
    start = threading.Barrier(count)

    def run(number: int) -> object:
        start.wait()
        try:
            return work(number)
        except ValidatorError as error:
            return type(error)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_round_goes_from_open_to_closed(house: Voting, clock: FrozenClock) -> None:
    opened = house.open()
    assert opened.phase(clock.now()) is Phase.OPEN
    house.blocks.mine(10)

    found = house.service.read(LOCAL_OWNER, opened.round_id)
    voters = [seat.voter for seat in house.store.rounds.seats(LOCAL_OWNER, found.round_id)]
    assert (found.phase(clock.now()), found.drawn, len(voters)) == (Phase.COMMIT, 7, 7)
    for voter in voters:
        found = house.commit(found, voter)
    assert found.phase(clock.now()) is Phase.REVEAL  # all have committed: no need to wait
    for voter in voters:
        found = house.reveal(found, voter)
    assert found.phase(clock.now()) is Phase.CLOSED

    result = house.service.result(LOCAL_OWNER, found.round_id)
    assert (result["decision"], result["score"]) == ("final", 80)
    assert house.service.read(LOCAL_OWNER, found.round_id).stage is Stage.CLOSED


def test_haste_of_others_takes_no_time_from_a_voter(house: Voting, clock: FrozenClock) -> None:
    """Who plans by the published deadline is no no-show because the others were quick."""
    drawn, voters = house.drawn()
    published = drawn.commit_until, drawn.reveal_until
    for voter in voters:
        found = house.commit(drawn, voter)
        assert (found.commit_until, found.reveal_until) == published
    for voter in voters[1:]:
        found = house.reveal(found, voter)
    clock.advance((published[1] - clock.now()).total_seconds() - 1)  # type: ignore[operator]

    assert house.service.read(LOCAL_OWNER, drawn.round_id).phase(clock.now()) is Phase.REVEAL
    house.reveal(found, voters[0])

    result = house.service.result(LOCAL_OWNER, drawn.round_id)
    assert {one["conduct"] for one in result["voters"]} == {"voted"}
    closed = house.service.read(LOCAL_OWNER, drawn.round_id)
    assert (closed.commit_until, closed.reveal_until) == published


def test_after_the_last_vote_a_refusal_names_no_time_that_is_yet_to_come(house: Voting) -> None:
    found, voters = house.drawn()
    for voter in voters:
        house.commit(found, voter)
    other = opening_of(found, voters[0], 20)
    with pytest.raises(RoundPhaseError, match="too late for a commit: every drawn voter has"):
        house.service.commit(LOCAL_OWNER, found.round_id, commit_of(found, voters[0], other))
    for voter in voters:
        house.reveal(found, voter)

    with pytest.raises(RoundPhaseError, match="too late for a reveal: every committed vote is"):
        house.service.reveal(LOCAL_OWNER, found.round_id, reveal_of(voters[0], other))
    assert house.service.assignments(LOCAL_OWNER, voters[0], None, 3) == ([], None)


def test_the_last_vote_sent_again_is_told_that_it_is_kept(house: Voting) -> None:
    """Its reply was lost on the way, and with it the round had moved on."""
    found, voters = house.drawn()
    for voter in voters:
        house.commit(found, voter)
    with pytest.raises(AlreadyVotedError, match="this very commit, which is kept"):
        house.commit(found, voters[6])
    for voter in voters:
        house.reveal(found, voter)

    with pytest.raises(AlreadyVotedError, match="this very reveal, which is kept"):
        house.reveal(found, voters[6])


def test_the_seed_is_a_later_stable_block_and_anyone_can_draw_again(house: Voting) -> None:
    opened = house.open()
    tip = house.blocks.height

    house.blocks.mine(8)
    assert house.service.read(LOCAL_OWNER, opened.round_id).stage is Stage.OPEN
    house.blocks.mine(1)
    found = house.service.read(LOCAL_OWNER, opened.round_id)

    assert found.stage is Stage.VOTING
    assert found.seed_topoheight == tip + 1
    made = house.service.drawing(LOCAL_OWNER, found.round_id)
    seed = bytes.fromhex(str(found.seed_hash))
    eligible = sort_out(new_round().pool, found.parties)[0]
    assert list(draw(found.round_id, seed, found.rules, eligible)) == list(made.seats)


def test_a_block_made_before_the_opening_seeds_nothing(house: Voting, clock: FrozenClock) -> None:
    """A follower that lags reads blocks that others, the opener among them, knew before."""
    clock.advance(60)
    opened = house.open()
    clock.advance(-60)  # the next twenty blocks carry times before the opening
    house.blocks.mine(20)
    assert house.service.read(LOCAL_OWNER, opened.round_id).stage is Stage.OPEN

    house.blocks.mine(9)
    found = house.service.read(LOCAL_OWNER, opened.round_id)

    assert found.stage is Stage.VOTING
    assert found.seed_topoheight > opened.seed_topoheight + 18


def test_a_block_that_a_reorder_put_out_of_its_place_seeds_nothing(house: Voting) -> None:
    opened = house.open()
    house.blocks.mine(4)
    first = house.store.chain.first_after(opened.seed_topoheight, 0)
    house.store.chain.replace(
        opened.seed_topoheight, NewEvent("r", "chain_reorder", None, None, {})
    )
    house.blocks.height -= 4
    house.blocks.salt = "another branch"
    house.blocks.mine(12)

    found = house.service.read(LOCAL_OWNER, opened.round_id)

    assert found.stage is Stage.VOTING
    assert first is not None
    assert found.seed_topoheight == first.topoheight
    assert found.seed_hash != first.hash


def test_without_a_chain_no_round_is_opened(store: Store, house: Voting) -> None:
    class NoBlocks:
        def genesis(self) -> None:
            return None

        def tip(self) -> None:
            return None

        def first_after(self, topoheight: int, timestamp_ms: int) -> None:
            return None

    service = type(house.service)(store.rounds, NoBlocks(), house.clock, house.service.ids)

    with pytest.raises(NoSeedError):
        service.open(new_round(), LOCAL_OWNER, Origin.API)


def test_too_few_eligible_are_said_before_anything_is_opened(house: Voting) -> None:
    parties = Parties(VOTERS[0], VOTERS[1], answerers=(VOTERS[2],))
    pool = tuple(Candidate(voter) for voter in VOTERS[:5])

    with pytest.raises(InvalidDocumentError, match="give 2 eligible voters, and the quorum is 3"):
        house.open(new_round(parties=parties, pool=pool))
    hands = tuple(Candidate(voter, cluster="one hand") for voter in VOTERS)
    with pytest.raises(InvalidDocumentError, match="give 1 eligible voters"):
        house.open(new_round(pool=hands))


def test_one_answer_has_one_round_at_a_time(house: Voting) -> None:
    first = house.open()

    with pytest.raises(RoundRunningError, match=first.round_id):
        house.open()
    assert house.open(owner="ann").owner == "ann"
    assert house.service.open(new_round(), LOCAL_OWNER, Origin.CHAIN).origin is Origin.CHAIN


def test_of_two_openings_at_once_one_is_made(house: Voting) -> None:
    found = at_once(4, lambda _: house.open().round_id)

    assert sum(isinstance(one, str) for one in found) == 1
    assert found.count(RoundRunningError) == 3


def test_what_was_decided_is_not_voted_on_until_somebody_likes_it(house: Voting) -> None:
    decided(house)

    with pytest.raises(RoundDecidedError):
        house.open()


def test_a_further_round_draws_others_and_counts_the_votes_so_far(house: Voting) -> None:
    first, voters = house.drawn()
    for number, voter in enumerate(voters):
        house.commit(first, voter, number * 16)  # no three within ten points
    for voter in voters:
        house.reveal(first, voter)
    assert house.service.result(LOCAL_OWNER, first.round_id)["decision"] == "more_votes"

    second, others = house.drawn()

    assert (second.follows, second.number) == (first.round_id, 2)
    assert not set(voters) & set(others)
    for voter in others:
        house.commit(second, voter, 48)
    for voter in others:
        house.reveal(second, voter)
    result = house.service.result(LOCAL_OWNER, second.round_id)
    assert (result["decision"], result["votes_used"]) == ("final", 14)


def unsure(house: Voting, new: NewRound) -> Round:
    """A first round that asks for more votes."""
    found, voters = house.drawn(new)
    for number, voter in enumerate(voters):
        house.commit(found, voter, number * 16)
    for voter in voters:
        house.reveal(found, voter)
    assert house.service.result(LOCAL_OWNER, found.round_id)["decision"] == "more_votes"
    return found


def test_a_count_knows_what_its_voters_said_before(house: Voting) -> None:
    """Of decided rounds of one owner and origin, those that a follow-up decided among them."""
    pool = tuple(Candidate(voter, 100) for voter in VOTERS[:14])
    first = unsure(house, new_round(pool=pool))
    seen: list[Poll] = []

    def aggregate(poll: Poll) -> Opinion:
        seen.append(poll)
        return capped_median(poll)

    house.service = replace(house.service, aggregator=aggregate)
    second = voted_on(house, new_round(pool=pool), 48)
    assert seen[-1].history == ()
    third = voted_on(house, new_round(2, pool=pool), 70)
    known = seen[-1].history
    foreign = voted_on(house, new_round(3, pool=pool), 70, "ann")

    assert {one.round_id for one in known} <= {first.round_id, second.round_id}
    assert {one.final for one in known} == {48}
    assert {one.voter for one in known} == {vote.voter for vote in seen[-2].votes}
    assert known == tuple(sorted(known, key=lambda one: (one.round_id, one.voter)))
    assert foreign.owner == "ann"
    assert seen[-1].history == ()
    result = house.service.result(LOCAL_OWNER, third.round_id)
    assert result["history"]["votes"] == len(known)


def test_the_history_of_a_count_is_bounded(house: Voting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_history, "ROUNDS", 2)
    pool = tuple(Candidate(voter, 100) for voter in VOTERS[:7])
    done = [voted_on(house, new_round(number, pool=pool), 70).round_id for number in range(1, 5)]

    found = house.store.rounds.history(LOCAL_OWNER, Origin.API, VOTERS[:7])

    assert sorted({one.round_id for one in found}) == sorted(done)[-2:]
    assert len(found) == 14


def voted_on(house: Voting, new: NewRound, score: int, owner: str = LOCAL_OWNER) -> Round:
    """A round in which all say the same; closed."""
    found, voters = house.drawn(new, owner)
    for voter in voters:
        house.commit(found, voter, score)
    for voter in voters:
        house.reveal(found, voter)
    return house.service.read(owner, found.round_id)


def test_who_was_kept_out_of_a_round_is_kept_out_of_those_that_follow(house: Voting) -> None:
    """Although the follow-up leaves out parties, links and clusters, and names others."""
    pool = tuple(
        Candidate(voter, 100, {2: "hand", 3: "hand", 4: "hand", 20: "two", 21: "two"}.get(place))
        for place, voter in enumerate(VOTERS)
    )
    parties = Parties(VOTERS[0], VOTERS[1], linked=(VOTERS[5],), answerers=(VOTERS[2],))
    first = unsure(house, new_round(pool=pool, parties=parties))
    # Without the answerer of the cluster; the third member says no more that it is one.
    later = (
        *(Candidate(voter, 100) for voter in (*VOTERS[:2], *VOTERS[3:23])),
        Candidate(VOTERS[23], 100, "hand"),
    )

    second, voters = house.drawn(
        new_round(pool=later, parties=Parties(VOTERS[22], VOTERS[0]), task_type="code")
    )

    excluded = house.service.drawing(LOCAL_OWNER, second.round_id).excluded
    drawn = {seat.voter for seat in house.store.rounds.seats(LOCAL_OWNER, first.round_id)}
    assert {voter for voter, why in excluded.items() if why is not Exclusion.EARLIER} == {
        VOTERS[n] for n in (0, 1, 3, 4, 5, 22, 23)
    } - (drawn - {VOTERS[22], VOTERS[23]})  # fmt: skip
    assert not set(voters) & (set(excluded) | drawn)
    assert (second.parties.publisher, second.parties.submitter) == (VOTERS[0], VOTERS[1])
    assert second.task_type == first.task_type
    eligible = house.service.drawing(LOCAL_OWNER, second.round_id).eligible
    named = {one.voter: one.cluster for one in eligible}
    assert {named.get(VOTERS[n], "two") for n in (20, 21)} == {"two"}


def test_a_follow_up_goes_by_the_rules_of_the_first(house: Voting) -> None:
    first = unsure(house, new_round(rules={"reveal_s": 60, "heads": 5}))

    with pytest.raises(InvalidDocumentError, match=r"quorum.heads must be 5 as in round rnd_"):
        house.open(new_round(asked={"quorum.heads": ("heads", 1)}))
    second = house.open(new_round(asked={"seats": ("seats", 7)}, rules={"heads": 1}))

    assert second.rules == first.rules


def test_of_two_commits_of_one_voter_at_once_one_wins(house: Voting) -> None:
    found, voters = house.drawn()
    votes = [commit_of(found, voters[0], opening_of(found, voters[0], n)) for n in range(6)]

    def cast(number: int) -> object:
        return house.service.commit(LOCAL_OWNER, found.round_id, votes[number])

    answers = at_once(6, cast)

    assert answers.count(AlreadyVotedError) == 5
    assert house.service.read(LOCAL_OWNER, found.round_id).commits == 1


def test_everybody_may_commit_and_reveal_at_once(house: Voting) -> None:
    found, voters = house.drawn()

    taken = at_once(7, lambda n: house.commit(found, voters[n]))
    assert ValidatorError not in [type(one) for one in taken]
    revealed = at_once(7, lambda n: house.reveal(found, voters[n]))

    after = house.service.read(LOCAL_OWNER, found.round_id)
    assert (after.commits, after.reveals, after.stage) == (7, 7, Stage.CLOSED), revealed


def test_a_second_vote_is_refused_and_the_sentence_says_which_one_counts(house: Voting) -> None:
    found, voters = house.drawn()
    house.commit(found, voters[0], 80)

    with pytest.raises(AlreadyVotedError, match="this very commit, which is kept"):
        house.commit(found, voters[0], 80)
    with pytest.raises(AlreadyVotedError, match="another one, which counts"):
        house.commit(found, voters[0], 20)


def test_a_copied_commit_is_refused(house: Voting) -> None:
    found, voters = house.drawn()
    opening = opening_of(found, voters[0])
    house.service.commit(LOCAL_OWNER, found.round_id, commit_of(found, voters[0], opening))

    with pytest.raises(CopiedCommitError):
        house.service.commit(LOCAL_OWNER, found.round_id, commit_of(found, voters[1], opening))


def test_votes_of_strangers_forgers_and_of_the_wrong_time_are_refused(
    house: Voting, clock: FrozenClock
) -> None:
    early = house.open()
    with pytest.raises(RoundPhaseError, match="too early for a commit: its voters are not drawn"):
        house.commit(early, VOTERS[0])
    house.blocks.mine(10)
    found = house.service.read(LOCAL_OWNER, early.round_id)
    voters = [seat.voter for seat in house.store.rounds.seats(LOCAL_OWNER, found.round_id)]
    stranger = next(voter for voter in VOTERS if voter not in voters)
    with pytest.raises(NotDrawnError):
        house.commit(found, stranger)
    forged = commit_of(found, voters[1], opening_of(found, voters[1]))
    stolen = type(forged)(voters[0], forged.commit, forged.signature)
    with pytest.raises(VoteSignatureError):
        house.service.commit(LOCAL_OWNER, found.round_id, stolen)
    house.commit(found, voters[0])
    with pytest.raises(RoundPhaseError, match="too early for a reveal: the reveal window opens at"):
        house.reveal(found, voters[0])
    clock.advance(3600)
    with pytest.raises(RoundPhaseError, match="too late for a commit: the commit window ended at"):
        house.commit(found, voters[1])
    with pytest.raises(NotCommittedError):
        house.reveal(found, voters[1])
    clock.advance(3600)
    with pytest.raises(RoundPhaseError, match="too late for a reveal: its windows ended at"):
        house.reveal(found, voters[0])


def test_a_refused_vote_changes_nothing(house: Voting, clock: FrozenClock) -> None:
    found, voters = house.drawn()
    house.commit(found, voters[0])
    clock.advance(3600)
    wrong = reveal_of(voters[0], house.openings[found.round_id, voters[0]], score=81)

    with pytest.raises(RevealMismatchError, match="does not give the commit on record"):
        house.service.reveal(LOCAL_OWNER, found.round_id, wrong)

    assert house.service.read(LOCAL_OWNER, found.round_id).reveals == 0
    assert house.reveal(found, voters[0]).reveals == 1
    with pytest.raises(AlreadyVotedError):  # the one commit is revealed: the round moved on
        house.reveal(found, voters[0])


def test_ballots_are_read_by_nobody_before_the_windows_are_over(
    house: Voting, clock: FrozenClock
) -> None:
    found, voters = house.drawn()
    for voter in voters[:4]:
        house.commit(found, voter)
    assert house.store.rounds.ballots(LOCAL_OWNER, found.round_id) == []
    clock.advance(3600)
    for voter in voters[:3]:
        house.reveal(found, voter)
    assert house.store.rounds.ballots(LOCAL_OWNER, found.round_id) == []
    assert not house.store.rounds.close(found.round_id, {})

    clock.advance(3600)
    result = house.service.result(LOCAL_OWNER, found.round_id)

    assert sorted(one["conduct"] for one in result["voters"]) == [
        *["absent"] * 3, "unrevealed", *["voted"] * 3,
    ]  # fmt: skip


def test_a_count_that_was_broken_off_is_taken_up_again(house: Voting, clock: FrozenClock) -> None:
    found, voters = house.drawn()
    house.commit(found, voters[0])
    clock.advance(7200)
    house.store.rounds.begin_count(found.round_id)  # and then the process dies

    assert [one.round_id for one in house.store.rounds.due(10)] == [found.round_id]
    assert house.service.advance() == 1
    assert house.service.read(LOCAL_OWNER, found.round_id).stage is Stage.CLOSED
    assert house.service.advance() == 0


def test_a_result_is_written_once(house: Voting) -> None:
    found = decided(house)

    assert not house.store.rounds.close(found.round_id, {"decision": "expert"})
    assert house.service.result(LOCAL_OWNER, found.round_id)["decision"] == "final"


def test_one_round_that_cannot_be_counted_keeps_no_other_waiting(
    house: Voting, clock: FrozenClock
) -> None:
    def fails_on_one(poll: object) -> object:
        if poll.round.answer_id == "answer-1":  # type: ignore[attr-defined]
            raise RuntimeError("a defect")
        return house.service.aggregator(poll)  # type: ignore[arg-type,misc]

    service = type(house.service)(
        house.store.rounds, house.store.chain, clock, house.service.ids, fails_on_one  # type: ignore[arg-type]
    )  # fmt: skip
    for number in (1, 2):
        found, voters = house.drawn(new_round(number))
        house.commit(found, voters[0])
        house.clock.advance(3600)
        house.reveal(found, voters[0])

    assert service.advance() == 1
    assert house.store.rounds.due(10) == []  # it is tried again, but not at once
    clock.advance(RETRY_S)
    assert [one.answer_id for one in house.store.rounds.due(10)] == ["answer-1"]


def broken(house: Voting) -> RoundService:
    """A service whose aggregator fails on whatever does not begin with `good`."""

    def fails(poll: Poll) -> Opinion:
        if not poll.round.answer_id.startswith("good"):
            raise RuntimeError("a defect")
        return capped_median(poll)

    return replace(house.service, aggregator=fails)


def over(house: Voting, new: NewRound) -> Round:
    """A round with one vote, which is all that comes."""
    found, voters = house.drawn(new)
    house.commit(found, voters[0])
    house.clock.advance(3600)
    return house.reveal(found, voters[0])


def test_rounds_that_cannot_be_counted_take_no_others_turn(
    house: Voting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many of them as one look takes on came first."""
    monkeypatch.setattr(rounds_service, "BATCH", 2)
    service = broken(house)
    for number in range(1, 4):
        over(house, new_round(number))
    last = over(house, replace(new_round(), answer_id="good-1"))

    looks = [service.advance() for _ in range(3)]

    assert sum(looks) == 1
    assert house.store.rounds.round(LOCAL_OWNER, last.round_id).stage is Stage.CLOSED


def test_rounds_whose_seed_is_to_come_take_no_others_turn(
    house: Voting, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds_service, "BATCH", 2)
    clock.advance(300)
    waiting = [house.open(new_round(number)) for number in (1, 2)]
    clock.advance(-300)
    ready = house.open(new_round(3))
    house.blocks.mine(10)
    clock.advance(300 + 30)

    looks = [house.service.advance() for _ in range(3)]

    assert sum(looks) == 1
    assert house.store.rounds.round(LOCAL_OWNER, ready.round_id).stage is Stage.VOTING
    for one in waiting:
        assert house.store.rounds.round(LOCAL_OWNER, one.round_id).stage is Stage.OPEN


def test_a_round_that_cannot_be_counted_is_read_and_counted_later(
    house: Voting, clock: FrozenClock
) -> None:
    service = broken(house)
    round_id = over(house, new_round()).round_id

    for _ in range(4):
        assert service.read(LOCAL_OWNER, round_id).phase(clock.now()) is Phase.CLOSED
        with pytest.raises(RoundPhaseError, match="still to be counted"):
            service.result(LOCAL_OWNER, round_id)
        with pytest.raises(RoundRunningError):
            service.open(new_round(), LOCAL_OWNER, Origin.API)
    assert service.read(LOCAL_OWNER, round_id).failures == 1  # not tried at every look
    clock.advance(RETRY_S)
    assert service.read(LOCAL_OWNER, round_id).failures == 2
    clock.advance(RETRY_S)
    assert service.read(LOCAL_OWNER, round_id).failures == 2  # it waits twice as long
    clock.advance(RETRY_S)

    assert house.service.result(LOCAL_OWNER, round_id)["votes_used"] == 1


def test_assignments_are_the_running_rounds_of_a_voter_by_pages(
    house: Voting, clock: FrozenClock
) -> None:
    voter = VOTERS[0]
    pool = tuple(Candidate(one) for one in VOTERS[:5])
    opened = [
        house.open(new_round(number, pool=pool, rules={"seats": 5})) for number in range(1, 6)
    ]
    house.blocks.mine(10)
    assert house.service.advance() == 5
    house.commit(opened[0], voter)

    first, cursor = house.service.assignments(LOCAL_OWNER, voter, None, 3)
    rest, end = house.service.assignments(LOCAL_OWNER, voter, cursor, 3)

    numbers = [one.round.answer_id for one in (*first, *rest)]
    assert numbers == [f"answer-{number}" for number in (5, 4, 3, 2, 1)]
    assert [one.committed for one in (*first, *rest)] == [False] * 4 + [True]
    assert end is None
    assert house.service.assignments("ann", voter, None, 3) == ([], None)
    assert house.service.assignments(LOCAL_OWNER, VOTERS[9], None, 3) == ([], None)
    with pytest.raises(InvalidParameterError):
        house.service.assignments("ann", voter, cursor, 3)
    clock.advance(7200)
    assert house.service.assignments(LOCAL_OWNER, voter, None, 3) == ([], None)


def test_another_owners_round_is_not_found(house: Voting) -> None:
    found, voters = house.drawn(owner="ann")
    vote = commit_of(found, voters[0], opening_of(found, voters[0]))
    service = house.service

    for call in (service.read, service.result, service.drawing):
        with pytest.raises(NotFoundError):
            call("ben", found.round_id)
    with pytest.raises(NotFoundError):
        service.commit("ben", found.round_id, vote)
    with pytest.raises(NotFoundError):
        service.reveal("ben", found.round_id, reveal_of(voters[0], opening_of(found, voters[0])))
    assert house.store.rounds.seats("ben", found.round_id) == []


def test_whoever_was_drawn_for_a_task_may_not_answer_it(house: Voting) -> None:
    found, voters = house.drawn()
    other = next(voter for voter in VOTERS if voter not in voters)

    def answered(submitter: str, owner: str = LOCAL_OWNER, **changes: str) -> Round:
        parties = Parties(PUBLISHER, submitter)
        return house.open(new_round(2, parties=parties, **changes), owner)

    with pytest.raises(InvalidDocumentError, match=f"judge this task in round {found.round_id}"):
        answered(voters[0])
    answered(voters[0], task_id="task-2")
    answered(voters[0], "ann")
    answered(other)


def test_a_round_goes_on_although_its_submitter_was_drawn_for_another_answer(
    house: Voting,
) -> None:
    """Whoever opened the other round left this miner out of `answerers`: no fault of its own."""
    submitter = VOTERS[0]
    unsure(house, new_round(parties=Parties(PUBLISHER, submitter)))
    pool = tuple(Candidate(voter, 100) for voter in VOTERS[:3])
    house.drawn(new_round(2, pool=pool, rules={"seats": 3}))

    assert house.open().number == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE round_commits SET commit_hash = ''",
        "DELETE FROM round_commits",
        "UPDATE round_reveals SET score = 0",
        "DELETE FROM round_reveals",
        "UPDATE round_pools SET document = '[]'",
    ],
)
def test_the_database_itself_refuses_to_change_a_vote(
    house: Voting, database_url: str, statement: str
) -> None:
    decided(house)
    engine = create_engine(database_url)

    with pytest.raises(DBAPIError, match="never change"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_round_is_small_however_many_are_eligible(house: Voting, database_url: str) -> None:
    pool = tuple(Candidate(f"{number:064x}", 10**12) for number in range(1000))
    house.open(new_round(1, pool=pool))
    engine = create_engine(database_url)

    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM rounds")).all()
    engine.dispose()
    assert sum(len(str(value)) for value in row) < 1200


def test_a_pool_is_kept_once_for_many_rounds(house: Voting, database_url: str) -> None:
    for number in range(1, 6):
        house.open(new_round(number))
    engine = create_engine(database_url)

    with engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM round_pools")).scalar_one()
    engine.dispose()
    assert kept == 1
