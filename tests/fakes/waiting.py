"""A submission that nothing but its peers can decide on, from its acceptance to its verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.fakes.rounds import PUBLISHER, Voting, new_round
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.jobs.attempt import Attempt
from validator.settings import Settings, VoteSettings

if TYPE_CHECKING:
    from pathlib import Path

    from validator.domain.voting import Round
    from validator.services import Services

TASK, ANSWER = "task-1", "answer-1"
WORDS = "The sea is salt because rivers bring minerals to it and the sun takes the water away."
WHY = (
    "Rain dissolves rocks on land, because it is slightly acid. Therefore rivers carry ions to the"
    " sea. Water evaporates and leaves the ions behind, so that their share has risen for long."
)


def prose(**answer: str) -> bytes:
    """An essay: its one check is never enough to accept it."""
    task = {
        "id": TASK, "type": "general", "title": "Why is the sea salt?",
        "checks": [{"check": "reasoning", "required": False}],
    }  # fmt: skip
    return json.dumps(
        {"task": task, "answer": {"id": ANSWER, "content": WORDS, "reasoning": WHY} | answer}
    ).encode()


def with_peers(folder: Path) -> Settings:
    """Settings of an operator who has peers."""
    return Settings(data_dir=folder, votes=VoteSettings(enabled=True))


def submit(services: Services, body: bytes | None = None) -> str:
    """Accept a submission; its id."""
    accepted = services.submissions.submit(body or prose(), LOCAL_OWNER, Origin.API, None)
    return accepted.row.submission_id


def work(services: Services, submission_id: str, worker: str = "worker") -> bool:
    """Make one attempt as a worker does; False when there was nothing to do."""
    lease = services.store.take_lease(submission_id, worker)
    if lease is None:
        return False
    Attempt(services, lease, sleep=lambda _: None).work()
    return True


def decided(house: Voting, submission_id: str, scores: list[int]) -> Round:
    """A round on it in which the drawn voters vote so."""
    found, voters = house.drawn(replace(new_round(), submission_id=submission_id))
    assert found.parties.publisher == PUBLISHER
    for voter, score in zip(voters, scores, strict=True):
        house.commit(found, voter, score)
    for voter in voters:
        house.reveal(found, voter)
    return house.service.read(LOCAL_OWNER, found.round_id)
