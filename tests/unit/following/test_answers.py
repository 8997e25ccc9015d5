"""From answers on the chain to our own intake, and who is to blame where that fails."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain_content import (
    SEALED_URI,
    TASK_URI,
    Shelf,
    answer_document,
    committed,
    pointer,
    sealed_document,
    spelled,
    task_document,
)
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR
from tests.fakes.following import Following, Inline, following
from tests.fakes.store import CountingIds
from validator.content.loading import Loader
from validator.domain.submission import Origin
from validator.errors import (
    ContentTooLargeError,
    ContentUnreachableError,
    StoreUnavailableError,
    TargetRefusedError,
)
from validator.following.answers import INTERNAL, LATE, Judging
from validator.services import SubmissionService
from validator.settings import LimitSettings
from validator.store.chain import CLOSED, OWN, UNSEEN
from validator.store.chain_values import (
    AnswerFacts,
    AnswerRow,
    AnswerStanding,
    Changes,
    TaskRow,
    TaskStanding,
)
from validator.store.store import Store, open_store
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.wire.pointer import Pointer

LIMITS = LimitSettings()


class House:
    """A market on the chain, content on a shelf, and our own intake."""

    def __init__(self, chain: Following, store: Store) -> None:
        self.chain = chain
        self.store = store
        self.shelf = Shelf({})
        self.bodies: list[bytes] = []
        self.trouble: Exception | None = None
        self.plain_text = False
        self.restart()

    def restart(self) -> None:
        self.chain.restart()
        loader = Loader(self.shelf, LIMITS.submission_bytes, self.plain_text)
        self.judging = Judging(
            self.chain.store, self.chain.follower, loader, self.submit, tos.Network.DEVNET,
            self.chain.clock, Inline(),
        )  # fmt: skip

    def submit(self, body: bytes, owner: str, origin: Origin, idempotency_key: str) -> str:
        self.bodies.append(body)
        if self.trouble is not None:
            raise self.trouble
        assert owner == self.chain.world.chain.genesis.hex()
        assert origin is Origin.CHAIN
        service = SubmissionService(self.store, CountingIds(), LIMITS)
        accepted = service.submit(body, owner, origin, idempotency_key)
        return accepted.row.submission_id

    def turn(self, times: int = 2) -> None:
        """The first step reads tasks, the next one answers."""
        for _ in range(times):
            self.chain.sync()
            self.judging.step()

    def market(self, document: Any = None, task: dict[str, Any] | None = None) -> None:
        world = self.chain.world
        world.fund(PUBLISHER, MINER, SECOND, VALIDATOR)
        world.register(PUBLISHER, MINER, SECOND, VALIDATOR)
        data = document if isinstance(document, bytes) else spelled(document or task_document(task))
        self.shelf.content.setdefault(TASK_URI, data)
        self.publish(pointer(data, TASK_URI).text)

    def publish(self, text: str, key: tos.SecretKey = PUBLISHER, task: bytes = TASK) -> None:
        deadline = self.chain.world.chain.top.timestamp + 2_000_000
        payload = tos.PublishTask(task, 10**10, tos.Difficulty.BEGINNER, deadline, text)
        self.chain.world.do(key, payload)

    def answer(
        self, key: tos.SecretKey = MINER, uri: str = "https://example.org/a", **top: Any
    ) -> str:
        """Answer with a bundle of one's own, and return the answer's id."""
        address = tos.encode_address(key.public, tos.Network.DEVNET)
        named = {"task_id": TASK.hex(), "submitter": address}
        data = spelled(answer_document(**(named | top)))
        self.shelf.content.setdefault(uri, data)
        return self.send(key, pointer(data, uri))

    def send(self, key: tos.SecretKey, named: Pointer | str) -> str:
        text = named if isinstance(named, str) else named.text
        self.chain.world.do(key, tos.SubmitAnswer(TASK, text, tos.answer_hash(text), 10**9))
        found = self.chain.world.chain.mining.tasks[TASK].submitted_answers[-1].answer_id
        return str(found.hex())

    def settle(self) -> None:
        """Blocks until all is stable."""
        self.chain.world.mine(9)

    @property
    def task(self) -> TaskRow:
        found = self.chain.store.task(TASK.hex())
        assert found is not None
        return found

    @property
    def rows(self) -> dict[str, AnswerRow]:
        return {row.answer_id: row for row in self.chain.store.answers(TASK.hex())}


@contextmanager
def opened(tmp_path: Path, own: tos.PublicKey | None = VALIDATOR.public) -> Iterator[House]:
    with ExitStack() as stack:
        chain = stack.enter_context(following(own=own))
        store = stack.enter_context(open_store(chain.url, tmp_path, chain.clock, CountingIds()))
        yield House(chain, store)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as found:
        yield found


def test_a_stable_answer_becomes_a_submission_once(house: House) -> None:
    house.market()
    name = house.answer()
    house.turn()
    assert house.task.standing is TaskStanding.WATCHED
    assert house.rows[name].standing is AnswerStanding.NEW  # its block may still change
    assert house.bodies == []

    house.settle()
    house.turn(5)
    house.restart()
    house.turn(5)

    row = house.rows[name]
    assert (row.standing, row.sentence) == (AnswerStanding.SUBMITTED, None)
    assert len(house.bodies) == 1
    genesis = house.chain.world.chain.genesis.hex()
    stored = house.store.submission(genesis, str(row.submission_id))
    assert (stored.origin, stored.answer_label, stored.task_label) == (
        Origin.CHAIN, name, TASK.hex(),
    )  # fmt: skip
    body = json.loads(house.bodies[0])
    assert body["answer"]["miner"] == tos.encode_address(MINER.public, tos.Network.DEVNET)
    assert body["task"]["reward"] == str(10**10)
    assert [uri for uri, _ in house.shelf.asked].count(TASK_URI) == 1


def test_killed_between_intake_and_our_row_the_same_submission_is_found_again(house: House) -> None:
    house.market()
    name = house.answer()
    house.settle()
    settle = house.chain.store.settle_answer

    def killed(answer_id: str, standing: AnswerStanding, *given: Any, **more: Any) -> None:
        if standing is not AnswerStanding.SUBMITTED:
            settle(answer_id, standing, *given, **more)

    house.chain.store.settle_answer = killed  # type: ignore[method-assign]
    house.turn()
    assert house.rows[name].standing is AnswerStanding.NEW
    house.chain.store.settle_answer = settle  # type: ignore[method-assign]
    house.restart()
    house.turn(3)
    assert len(house.bodies) == 1  # not before its time

    house.chain.clock.advance(10)
    house.turn()

    assert house.bodies[0] == house.bodies[1]
    assert len(house.store.submissions(house.chain.world.chain.genesis.hex(), None, 9).items) == 1
    assert house.rows[name].standing is AnswerStanding.SUBMITTED


def test_a_submission_of_an_earlier_release_stays_in_force(house: House) -> None:
    house.market()
    name = house.answer()
    genesis = house.chain.world.chain.genesis.hex()
    service = SubmissionService(house.store, CountingIds(), LIMITS)
    other = spelled({"task": {"type": "code", "language": "python", "checks": [
        {"check": "tests", "cases": [{"stdin": "", "expected_stdout": ""}]}]},
        "answer": {"code": "pass"}})  # fmt: skip
    first = service.submit(other, genesis, Origin.CHAIN, name).row.submission_id
    house.settle()
    house.turn()

    assert house.rows[name].submission_id == first


def test_our_own_tasks_and_answers_are_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path, PUBLISHER.public) as publisher:
        publisher.market()
        publisher.answer()
        publisher.settle()
        publisher.turn(4)
        assert publisher.shelf.asked == []
        assert publisher.task.standing is TaskStanding.NEW
    with opened(tmp_path, MINER.public) as miner:
        miner.market()
        own, other = miner.answer(), miner.answer(SECOND, "https://example.org/b")
        miner.settle()
        miner.turn(4)
        assert miner.rows[own].standing is AnswerStanding.REFUSED  # nobody waits for it
        assert miner.rows[own].sentence == OWN
        assert miner.rows[other].standing is AnswerStanding.SUBMITTED


def unseen(house: House) -> list[str | None]:
    told = house.chain.store.chain_events(0, 10_000)
    return [one.task_id for one in told if one.kind == "answers_unseen"]


def test_an_answer_whose_block_we_did_not_see_is_told_and_left_with_the_truth(
    house: House,
) -> None:
    house.market()
    first, second = house.answer(), house.answer(SECOND, "https://example.org/b")
    house.chain.node.pruned = house.chain.world.chain.topoheight + 1
    house.turn(4)
    assert house.rows == {}
    house.chain.world.mine()
    house.turn(4)
    assert unseen(house) == []  # it is not stable yet: its block may still come

    house.settle()
    house.turn(4)
    house.restart()
    house.turn(4)

    assert unseen(house) == [TASK.hex()]
    for row in (house.rows[first], house.rows[second]):
        assert (row.standing, row.sentence) == (AnswerStanding.NEW, UNSEEN)
    assert house.bodies == []

    house.chain.world.node.skip(3_000_000)
    house.chain.world.mine()
    house.turn(4)
    assert house.rows[first].standing is AnswerStanding.REFUSED
    assert house.rows[first].sentence == UNSEEN


def test_an_answer_whose_block_is_seen_after_all_is_judged(house: House) -> None:
    house.market()
    name = house.answer()
    time = house.chain.world.chain.top.timestamp
    house.settle()
    house.chain.node.pruned = house.chain.world.chain.topoheight
    house.turn(4)
    assert house.rows[name].sentence == UNSEEN

    names = AnswerFacts.__dataclass_fields__
    values = {one: getattr(house.rows[name], one) for one in names}
    known = AnswerFacts(**values | {"timestamp_ms": time})
    house.chain.store.observe(Changes(answers=(known,)))
    assert house.rows[name].sentence is None
    house.turn()

    assert house.rows[name].standing is AnswerStanding.SUBMITTED


def test_an_answer_that_we_scored_is_not_judged_again(house: House) -> None:
    house.market()
    name = house.answer()
    house.chain.world.do(VALIDATOR, tos.ValidateAnswer(TASK, bytes.fromhex(name), 10))
    house.settle()
    house.turn(4)

    assert house.bodies == []
    assert house.rows[name].own_score == 10


def test_another_submitters_bundle_is_refused_unjudged(house: House) -> None:
    house.market()
    first = house.answer()
    stolen = pointer(house.shelf.content["https://example.org/a"], "https://example.org/a")  # type: ignore[arg-type]
    thief = house.send(SECOND, stolen)
    house.settle()
    house.turn(4)

    assert house.rows[first].standing is AnswerStanding.SUBMITTED
    row = house.rows[thief]
    assert row.standing is AnswerStanding.REFUSED
    assert row.sentence == (
        "answer_invalid: answer document: submitter names another account than the chain"
    )
    assert len(house.bodies) == 1


TARGET = TargetRefusedError("content lies at a target that this validator does not fetch from")
HOSTILE = [
    (b'{"schema": "tosv.answer/1"}', AnswerStanding.NEW, "the content has another digest than"),
    (ContentTooLargeError("the content has more bytes"), AnswerStanding.REFUSED, "the content has"),
    (TARGET, AnswerStanding.REFUSED, "content lies at a target"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "standing", "said"), HOSTILE)
def test_a_hostile_answer_is_one_sentence_and_nothing_is_judged(
    house: House, content: Any, standing: AnswerStanding, said: str
) -> None:
    house.market()
    house.shelf.content["https://example.org/a"] = content
    name = house.answer()
    house.settle()
    house.turn(4)

    row = house.rows[name]
    assert row.standing is standing  # what lies there may yet become what was named
    assert str(row.sentence).startswith(f"unavailable: answer document: {said}")
    assert "\n" not in str(row.sentence)
    assert house.bodies == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"v":1,"t":"code","u":"http://169.254.169.254/x","h":"00"}', "answer_invalid: "),
        ('{"v":2,"t":"code"}', "declined: "),
    ],
)
def test_a_broken_pointer_is_the_answers_own_fault(house: House, text: str, said: str) -> None:
    house.market()
    name = house.send(MINER, text)
    house.settle()
    house.turn(4)

    assert house.rows[name].standing is AnswerStanding.REFUSED
    assert str(house.rows[name].sentence).startswith(said)


def test_what_intake_refuses_of_an_answer_is_refused_with_its_sentence(house: House) -> None:
    house.market()
    files = {f"f{number}.py": {"text": ""} for number in range(LIMITS.files + 1)}
    name = house.answer(answer={"files": files})
    house.settle()
    house.turn(4)

    assert house.rows[name].standing is AnswerStanding.REFUSED
    assert str(house.rows[name].sentence).startswith("answer_invalid: answer.files")
    assert len(house.bodies) == 1


def test_a_publishers_own_broken_document_quarantines_the_task(house: House) -> None:
    house.market(document=b'{"schema": "tosv.task/1", "task": {"type": "code"}, "extra": 1}')
    name = house.answer()
    house.settle()
    house.turn(4)

    assert house.task.standing is TaskStanding.QUARANTINED
    assert str(house.task.sentence).startswith("task_invalid: task document")
    assert house.rows[name].standing is AnswerStanding.NEW
    assert house.bodies == []


def test_a_plain_task_is_watched_only_if_the_operator_says_so(house: House) -> None:
    world = house.chain.world
    world.fund(PUBLISHER)
    world.register(PUBLISHER)
    house.publish("Compute 6*7 and explain.")
    house.turn()
    assert house.task.standing is TaskStanding.DECLINED
    assert "plain text" in str(house.task.sentence)

    house.plain_text = True
    house.restart()
    house.publish("Compute 7*7 and explain.", task=b"\x01" * 32)
    house.turn()
    row = house.chain.store.task("01" * 32)
    assert row is not None
    assert row.standing is TaskStanding.WATCHED


def test_what_cannot_be_had_now_is_asked_for_ever_later_and_not_at_once(house: House) -> None:
    house.shelf.content[TASK_URI] = ContentUnreachableError("the server cannot be reached")
    house.market()
    for tries in range(1, 5):
        house.turn(4)
        assert house.task.tries == tries
        assert len(house.shelf.asked) == tries
        house.chain.clock.advance(5 * 2 ** (tries - 1))
    assert house.task.standing is TaskStanding.NEW
    assert house.task.sentence == "unavailable: task document: the server cannot be reached"

    house.shelf.content[TASK_URI] = spelled(task_document())
    house.turn()

    assert (house.task.standing, house.task.sentence) == (TaskStanding.WATCHED, None)


def test_an_answer_that_cannot_be_had_now_is_judged_when_it_can(house: House) -> None:
    house.market()
    house.shelf.content["https://example.org/a"] = ContentUnreachableError("is away")
    name = house.answer()
    house.settle()
    house.turn(4)
    assert house.rows[name].sentence == "unavailable: answer document: is away"
    assert house.rows[name].tries == 1

    address = tos.encode_address(MINER.public, tos.Network.DEVNET)
    named = {"task_id": TASK.hex(), "submitter": address}
    house.shelf.content["https://example.org/a"] = spelled(answer_document(**named))
    house.chain.clock.advance(5)
    house.turn()

    assert house.rows[name].standing is AnswerStanding.SUBMITTED


@pytest.mark.parametrize("trouble", [StoreUnavailableError("is away"), RuntimeError("a defect")])
def test_our_own_trouble_is_ours_and_passes(house: House, trouble: Exception) -> None:
    house.market()
    name = house.answer()
    house.settle()
    house.trouble = trouble
    house.turn(4)
    row = house.rows[name]
    assert row.standing is AnswerStanding.NEW
    assert row.sentence in ("unavailable: is away", INTERNAL)

    house.trouble = None
    house.chain.clock.advance(5)
    house.turn()

    assert house.rows[name].standing is AnswerStanding.SUBMITTED


def test_a_sealed_task_is_closed_to_answers_once_its_sealed_part_is_out(house: House) -> None:
    sealed = sealed_document(task_id=TASK.hex())
    house.market(document=task_document(sealed_checks=committed(sealed)))
    early = house.answer()
    house.settle()
    house.turn(4)
    assert house.task.standing is TaskStanding.NEW
    assert "unavailable: sealed part" in str(house.task.sentence)
    assert house.bodies == []

    house.shelf.content[SEALED_URI] = spelled(sealed)
    house.chain.clock.advance(5)
    house.turn()
    house.chain.world.node.skip(60_000)
    late = house.answer(SECOND, "https://example.org/b")
    house.settle()
    house.turn(4)

    assert house.rows[early].standing is AnswerStanding.SUBMITTED
    assert house.rows[late].standing is AnswerStanding.REFUSED
    assert house.rows[late].sentence == LATE


def test_answers_to_what_is_over_are_left_unjudged(house: House) -> None:
    house.market()
    name = house.answer()
    house.settle()
    house.chain.world.node.skip(3_000_000)
    house.chain.world.mine()
    house.turn(4)

    assert house.bodies == []
    assert (house.rows[name].standing, house.rows[name].sentence) == (
        AnswerStanding.REFUSED, CLOSED,
    )  # fmt: skip
    assert house.task.standing is TaskStanding.DECLINED


def test_the_same_content_under_a_new_id_keeps_its_submission(house: House) -> None:
    house.market()
    first = house.answer()
    house.settle()
    house.turn(4)
    # Another node applied the same SubmitAnswer in another block.
    names = AnswerFacts.__dataclass_fields__
    facts = AnswerFacts(**{name: getattr(house.rows[first], name) for name in names})
    house.chain.store.observe(
        Changes(answers=(replace(facts, answer_id="ee" * 32),), gone=(first,))
    )

    house.judging.step()

    assert len(house.bodies) == 1
    assert house.rows[first].standing is AnswerStanding.GONE
    again = house.rows["ee" * 32]
    assert again.standing is AnswerStanding.SUBMITTED
    assert again.submission_id == house.rows[first].submission_id


def test_nothing_is_judged_while_endpoints_differ(house: House) -> None:
    house.market()
    house.answer()
    house.settle()
    house.chain.sync()
    house.chain.endpoints.differing = ("two chains",)
    house.turn(4)

    assert house.bodies == []
