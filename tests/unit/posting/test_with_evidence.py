"""The poster with the real evidence: from a judgement to a bundle that anybody can verify."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from tests.fakes.posted import OPEN_BODY
from tests.fakes.store import CountingIds, FrozenClock
from validator.domain.posting import PostState
from validator.domain.submission import Origin, State
from validator.errors import EvidenceRefusedError
from validator.evidence.shelf import EvidenceShelf
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.posting.alerts import Alert
from validator.posting.evidence import PostEvidence
from validator.services import SubmissionService
from validator.store.chain_tables import chain_answers
from validator.wire.documents import verdict_to_json

if TYPE_CHECKING:
    import pytest

    from tests.fakes.posting import PostHouse
    from validator.store.judged import JudgedRow


def _no_cage() -> Any:
    raise AssertionError("no check of this plan needs a cage")


def judged(house: PostHouse) -> tuple[str, str, int]:
    """An answer of the chain, judged by the real pipeline: its id, the verdict's, the score."""
    answer = house.answer(None)
    limits, ids = house.service.limits, CountingIds()
    service = SubmissionService(house.store, ids, limits)
    row = service.submit(OPEN_BODY, house.world.chain.genesis.hex(), Origin.CHAIN, None).row
    lease = house.store.take_lease(row.submission_id, "w1")
    assert lease is not None
    verdict = Pipeline(_no_cage, limits, FrozenClock(), ids, jobs=1).run(
        parse(OPEN_BODY, limits), row.submission_id
    )
    assert verdict.score is not None
    house.store.finish(lease, verdict, verdict_to_json(verdict), State.DONE)
    change = update(chain_answers).where(chain_answers.c.answer_id == answer)
    values = {"standing": "submitted", "submission_id": row.submission_id}
    house.database.write(lambda c: c.execute(change.values(values)))
    return answer, verdict.verdict_id, verdict.score


def test_a_judgement_becomes_a_stable_score_with_released_evidence(house: PostHouse) -> None:
    house.evidence = PostEvidence.open(house.store, house.service)
    house.restart()
    answer, verdict_id, score = judged(house)
    house.run(5)
    shelf = EvidenceShelf(house.service.data_dir)
    assert house.state(answer) is PostState.CONFIRMED
    assert not shelf.look(verdict_id).released
    house.run(10)

    assert house.state(answer) is PostState.FINALIZED
    assert house.scores(answer) == [score]
    assert house.alerts.counts == {}
    assert shelf.look(verdict_id).released == (score >= 70)  # an accept closes the task


def test_evidence_is_kept_by_the_confirmer_where_it_could_not_be_at_first(
    house: PostHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.evidence = PostEvidence.open(house.store, house.service)
    house.restart()
    answer, verdict_id, _ = judged(house)
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise EvidenceRefusedError("not now")

        broken.setattr(PostEvidence, "keep", refuse)
        house.run(5)
    assert house.state(answer) is PostState.CONFIRMED
    house.run(10)

    assert house.state(answer) is PostState.FINALIZED
    assert EvidenceShelf(house.service.data_dir).look(verdict_id).released


def test_evidence_of_a_verdict_that_was_made_again_since_is_told_of_and_holds_up_no_release(
    house: PostHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.evidence = PostEvidence.open(house.store, house.service)
    house.restart()
    answer, _, score = judged(house)
    with monkeypatch.context() as broken:
        broken.setattr(PostEvidence, "keep", lambda *_: None)
        house.run(2)
    honest = house.store.judged

    def again(name: str) -> JudgedRow:
        row = honest(name)
        return replace(row, document=row.document | {"score": score - 1})

    monkeypatch.setattr(house.store, "judged", again)
    house.run(10)

    assert house.post(answer).score == score
    assert house.state(answer) is PostState.FINALIZED
    assert house.alerts.counts == {Alert.EVIDENCE: 1}
    assert house.posts.closed(0) == [house.post(answer).task_id]
