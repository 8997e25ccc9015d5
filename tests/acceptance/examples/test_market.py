"""The demo's market over a real development chain; a validator of the test's own posts verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.demo import corpus
from examples.demo.ledger import CONFIRMED, FINAL, MISSING, Ledger
from examples.demo.market import MINERS, PICKS, Market, picked
from examples.demo.onchain import await_verdicts
from examples.demo.stopping import Stop, StoppedError
from sandboxes.factory import open_sandbox
from tests.components import require_bubblewrap
from tests.fakes.chain_process import running_devnet
from validator.content.chain_facts import ChainAnswer, ChainTask
from validator.content.loading import Loader
from validator.content.refusal import Refusal
from validator.domain.clock import RandomIds, SystemClock
from validator.intake import parse
from validator.pipeline import Pipeline
from validator.settings import LimitSettings
from validator.wire.tos import (
    Difficulty,
    Network,
    RegisterMiner,
    SecretKey,
    ValidateAnswer,
    decode_address,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from examples.demo.market import Offer
    from validator.cli.devnet_client import DevnetClient
    from validator.wire.digest import Digest

EXAMPLES = picked(corpus.load())
STABLE = 9  # blocks, after which what came before them is stable


@pytest.fixture(scope="module")
def chain() -> Iterator[DevnetClient]:
    with running_devnet() as client:
        yield client


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("content")


@pytest.fixture(scope="module")
def offers(chain: DevnetClient, content: Path) -> tuple[Offer, ...]:
    return Market(chain, content).trade(EXAMPLES, lambda: None)


@pytest.fixture
def validator(chain: DevnetClient) -> SecretKey:
    """A registered account that judges nothing by itself."""
    secret = SecretKey.generate()
    chain.faucet(secret.public, 10**12)
    chain.send(secret, RegisterMiner(secret.public, 10**9))
    chain.mine()
    return secret


def post(chain: DevnetClient, validator: SecretKey, offer: Offer, score: int) -> bytes:
    name = chain.send(validator, ValidateAnswer(offer.task_id, offer.answer_id, score))
    chain.mine()
    return name


def right(offer: Offer) -> int:
    return 100 if offer.example.expected == "accept" else 10


def test_the_picks_are_of_the_corpus_and_of_several_kinds() -> None:
    names = [example.name for example in EXAMPLES]

    assert names == [f"{task}/{answer}" for task, answers in PICKS.items() for answer in answers]
    assert len({example.document["task"]["type"] for example in EXAMPLES}) >= 4
    assert {example.kind for example in EXAMPLES} >= {"reference", "mistake", "hostile"}
    for task in PICKS:
        expected = [example.expected for example in EXAMPLES if example.task == task]
        assert expected == ["reject"] * (len(expected) - 1) + ["accept"]


def test_nothing_goes_to_the_chain_that_was_not_asked_for() -> None:
    only = corpus.select(corpus.load(), ["inequality", "interval-merge"])

    assert {example.task for example in picked(only)} == {"interval-merge"}


def test_every_answer_is_on_the_chain_by_another_miner_than_its_neighbour(
    chain: DevnetClient, offers: tuple[Offer, ...]
) -> None:
    assert [offer.example for offer in offers] == list(EXAMPLES)
    assert {offer.miner for offer in offers} == set(range(1, MINERS + 1))
    for task_id in {offer.task_id for offer in offers}:
        mine = [offer for offer in offers if offer.task_id == task_id]
        shown = chain.call("get_ai_mining_task", {"task_id": task_id.hex()})
        assert shown["status"] == "Active"
        assert [a["answer_id"] for a in shown["submitted_answers"]] == [
            offer.answer_id.hex()
            for offer in mine  # and the right one came last
        ]
        assert len({offer.miner for offer in mine}) == len(mine)


def loaded(chain: DevnetClient, content: Path, offer: Offer) -> bytes:
    """The submission, as a follower makes it of chain and content."""
    task = chain.call("get_ai_mining_task", {"task_id": offer.task_id.hex()})
    answer = next(a for a in task["submitted_answers"] if a["answer_id"] == offer.answer_id.hex())

    def fetch(uri: str, digest: Digest | None, max_bytes: int) -> bytes:
        data = (content / uri.removeprefix("file:///")).read_bytes()
        assert digest is not None
        assert digest.holds_for(data)
        assert len(data) <= max_bytes
        return data

    loader = Loader(fetch, LimitSettings().submission_bytes)
    chain_task = ChainTask(
        offer.task_id, task["description"], task["reward_amount"], Difficulty.BEGINNER,
        1_770_000_000_000, task["deadline"], Network.DEVNET,
    )  # fmt: skip
    submitter = decode_address(offer.address, Network.DEVNET).public_key
    chain_answer = ChainAnswer(
        offer.answer_id, offer.task_id, submitter, answer["answer_content"], 1_770_000_001_000
    )
    task_read = loader.task(chain_task)
    assert not isinstance(task_read, Refusal), task_read
    found = loader.submission(chain_answer, task_read, chain_task)
    assert not isinstance(found, Refusal), found
    return found


def test_what_lies_behind_the_pointers_is_judged_as_expected(
    chain: DevnetClient, content: Path, offers: tuple[Offer, ...]
) -> None:
    require_bubblewrap()
    clock = SystemClock()
    sandbox = open_sandbox("bubblewrap")
    pipeline = Pipeline(lambda: sandbox, LimitSettings(), clock, RandomIds(clock))
    try:
        for offer in offers:
            verdict = pipeline.run(
                parse(loaded(chain, content, offer), pipeline.limits), "sub_test"
            )
            assert verdict.decision.value == offer.example.expected, offer.example.name
            assert verdict.score is not None
            assert (verdict.score >= 70) is (offer.example.expected == "accept")
            if offer.example.expected == "accept":  # as the signer asks for (row 12)
                assert any(
                    record.sufficient and not record.result.in_process
                    for record in verdict.checks
                    if record.result.status.value == "pass"
                ), offer.example.name
    finally:
        sandbox.close()


def test_a_verdict_is_missing_then_confirmed_then_final(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    ledger = Ledger(chain, validator.public.data, chain.state()["topoheight"])
    (entry,) = ledger.read(offers[:1])
    assert (entry.state, entry.score, entry.agrees) == (MISSING, None, False)

    name = post(chain, validator, offers[0], 10)
    (entry,) = ledger.read(offers[:1])
    assert (entry.state, entry.score, entry.agrees) == (CONFIRMED, 10, False)
    height = chain.state()["height"]

    chain.mine(STABLE)
    (entry,) = ledger.read(offers[:1])
    assert (entry.state, entry.score, entry.decision) == (FINAL, 10, "reject")
    assert (entry.tx_hash, entry.height) == (name.hex(), height)
    assert entry.agrees


def test_a_verdict_that_a_rule_refused_is_none(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    ledger = Ledger(chain, validator.public.data, chain.state()["topoheight"])
    post(chain, validator, offers[1], 101)  # the chain takes the fee, and no score
    chain.mine(STABLE)

    (entry,) = ledger.read(offers[1:2])
    assert (entry.state, entry.tx_hash) == (MISSING, "")


def test_the_verdict_of_another_validator_is_not_ours(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    ledger = Ledger(chain, SecretKey.generate().public.data, chain.state()["topoheight"])
    post(chain, validator, offers[2], 100)
    chain.mine(STABLE)

    assert ledger.read(offers[2:3])[0].state == MISSING


def test_waiting_ends_when_all_are_final_and_a_wrong_one_does_not_agree(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    ledger = Ledger(chain, validator.public.data, chain.state()["topoheight"])
    some = offers[3:6]
    for offer in some[:2]:
        post(chain, validator, offer, right(offer))
    post(chain, validator, some[2], 100 - right(some[2]))
    chain.mine(STABLE)
    told: list[tuple[int, int]] = []

    entries = await_verdicts(ledger, some, Stop(), lambda *counts: told.append(counts))

    assert told == [(3, 3)]
    assert [entry.state for entry in entries] == [FINAL] * 3
    assert [entry.agrees for entry in entries] == [True, True, False]


def test_patience_ends_and_what_is_missing_is_shown_as_missing(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    ledger = Ledger(chain, validator.public.data, chain.state()["topoheight"])

    entries = await_verdicts(ledger, offers[6:8], Stop(), lambda *_: None, patience_s=0.1)

    assert [entry.state for entry in entries] == [MISSING, MISSING]


def test_a_stop_ends_the_waiting(
    chain: DevnetClient, offers: tuple[Offer, ...], validator: SecretKey
) -> None:
    class Asked(Stop):
        def sleep(self, seconds: float) -> None:
            raise StoppedError

    ledger = Ledger(chain, validator.public.data, chain.state()["topoheight"])
    with pytest.raises(StoppedError):
        await_verdicts(ledger, offers[6:8], Asked(), lambda *_: None)
