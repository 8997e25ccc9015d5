"""From a judged answer of the chain to evidence that anybody can check, killed anywhere."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.fakes.chain import GENESIS, TASK, FakeChain
from tests.fakes.posted import (
    OPEN_BODY,
    FakePost,
    PostHouse,
    as_client,
    hiding_body,
    post_house,
)
from tests.fakes.signing import Rig, ask, prepare, rig
from tests.fakes.store import FrozenClock
from validator.cli import run
from validator.domain.posting import PostState
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.errors import (
    EvidenceKeyError,
    EvidenceRefusedError,
    InvalidEvidenceError,
    NotFoundError,
    StoreDamagedError,
    ValidatorError,
)
from validator.evidence.bundle import SealedBundle, read_bundle
from validator.evidence.key_file import PUBLIC_FILE
from validator.evidence.salts import SALT_KEY
from validator.evidence.shelf import EvidenceShelf
from validator.evidence.statement import read_statement
from validator.evidence.verification import verify_sealed
from validator.evidence.withheld import shown_digest, whole_digest
from validator.intake import parse
from validator.posting.evidence import PostEvidence, payload_of, policy_version
from validator.protection.values import Verdict
from validator.settings import PostSettings
from validator.wire.canonical import canonical_json, sha256_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.settings import Settings
    from validator.signing.client import KeptEvidence
    from validator.signing.requests import AnswerClaim


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepare(tmp_path)


@pytest.fixture
def signer(settings: Settings) -> Iterator[Rig]:
    with rig(settings, FrozenClock()) as made:
        made.open()
        yield made


@pytest.fixture
def house(settings: Settings) -> Iterator[PostHouse]:
    with post_house(settings) as made:
        yield made


@pytest.fixture
def answer(signer: Rig) -> AnswerClaim:
    return signer.chain.answer(1)


def evidence_of(house: PostHouse, **changes: Any) -> PostEvidence:
    return PostEvidence.open(house.store, house.settings.model_copy(update=changes))


def signed(signer: Rig, answer: AnswerClaim, post: FakePost, statement: str) -> KeptEvidence:
    """What the real signer keeps of this statement."""
    kept = signer.desk.signer.sign(ask(answer, post.score, stated=statement)).kept
    assert kept is not None
    return as_client(kept)


@pytest.mark.parametrize("content", [OPEN_BODY, hiding_body()], ids=["open", "hiding"])
def test_what_was_judged_is_signed_kept_verified_offline_and_replayed(
    content: bytes,
    house: PostHouse,
    signer: Rig,
    answer: AnswerClaim,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    evidence = evidence_of(house)
    post = house.judge(answer.id, content)
    evidence.keep(post, signed(signer, answer, post, evidence.statement(post)))
    shelf, key = EvidenceShelf(house.settings.data_dir), house.settings.data_dir / PUBLIC_FILE
    public, sealed = tmp_path / "public.json", tmp_path / "sealed.json"
    public.write_bytes(shelf.any_public(post.verdict_id))
    sealed.write_bytes(shelf.sealed(post.verdict_id))
    task = json.loads(content)["task"]

    expected = ["--key", str(key), "--task"]
    assert run(["verdicts", "verify", str(public), *expected, shown_digest(task)]) == 0
    assert run(["verdicts", "verify", str(sealed), *expected, whole_digest(task)]) == 0
    assert run(["verdicts", "replay", str(sealed), *expected, whole_digest(task)]) == 0
    assert run(["verdicts", "verify", str(public), *expected, "sha256:" + "0" * 64]) == 1
    assert f"chain:{GENESIS.hex()}" in capsys.readouterr().out


def test_the_statement_has_the_digest_that_anybody_recomputes_from_the_stored_document(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id)

    predicate = read_statement(evidence_of(house).statement(post).encode()).predicate

    stored = house.store.verdict(GENESIS.hex(), post.verdict_id)
    assert predicate.document.sha256 is not None
    assert sha256_digest(canonical_json(stored)) == f"sha256:{predicate.document.sha256}"
    assert predicate.limits == house.settings.limits.model_dump(mode="json")
    assert predicate.origin == f"chain:{GENESIS.hex()}"


def test_the_payload_is_what_the_chain_is_told(house: PostHouse, answer: AnswerClaim) -> None:
    post = house.judge(answer.id)

    assert payload_of(post) == Verdict(TASK, answer.id, post.score).payload
    assert len(payload_of(post)) == 66


def test_a_statement_made_again_after_a_crash_is_the_same(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id, hiding_body())

    assert evidence_of(house).statement(post) == evidence_of(house).statement(post)


def test_without_the_salt_key_nobody_can_make_the_statement_of_a_hiding_task(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id, hiding_body())
    first = evidence_of(house).statement(post)
    (house.settings.data_dir / SALT_KEY).unlink()

    assert evidence_of(house).statement(post) != first


def test_evidence_is_kept_once_and_a_later_proof_changes_nothing(
    house: PostHouse, signer: Rig, answer: AnswerClaim
) -> None:
    evidence = evidence_of(house)
    post = house.judge(answer.id)
    statement = evidence.statement(post)
    first = signed(signer, answer, post, statement)
    evidence.keep(post, first)
    before = EvidenceShelf(house.settings.data_dir).look(post.verdict_id)
    signer.desk.book.checkpoint()

    later = signed(signer, answer, post, statement)
    assert later.proof != first.proof
    evidence.keep(post, later)

    assert EvidenceShelf(house.settings.data_dir).look(post.verdict_id) == before


def test_settings_that_changed_since_the_signature_do_not_lose_the_evidence(
    house: PostHouse, signer: Rig, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id, hiding_body())
    before = evidence_of(house)
    kept = signed(signer, answer, post, before.statement(post))
    changed = evidence_of(house, limits=house.settings.limits.model_copy(update={"budget_s": 17.0}))
    assert changed.statement(post) != before.statement(post)

    changed.keep(post, kept)

    bundle = read_bundle(EvidenceShelf(house.settings.data_dir).sealed(post.verdict_id))
    assert isinstance(bundle, SealedBundle)
    holding = verify_sealed(bundle, signer.desk.book._evidence.public)
    assert holding.statement.predicate.limits["budget_s"] == house.settings.limits.budget_s


def test_ceilings_that_were_lowered_since_refuse_no_verdict_that_was_made(
    house: PostHouse, answer: AnswerClaim
) -> None:
    limits = {"submission_bytes": 100, "checks": 1, "cases": 1, "cpu_s": 0.1, "wall_s": 0.1}
    content = hiding_body()
    post = house.judge(answer.id, content)
    lower = evidence_of(house, limits=house.settings.limits.model_copy(update=limits))
    with pytest.raises(ValidatorError):
        parse(content, lower._limits)

    predicate = read_statement(lower.statement(post).encode()).predicate

    assert predicate.limits["submission_bytes"] == 100


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("content", [OPEN_BODY, hiding_body()], ids=["open", "hiding"])
def test_killed_at_every_write_and_called_again_it_keeps_and_releases_the_same(
    content: bytes,
    house: PostHouse,
    signer: Rig,
    answer: AnswerClaim,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post = house.judge(answer.id, content)
    evidence = evidence_of(house)
    kept = signed(signer, answer, post, evidence.statement(post))
    house.task("Completed")
    house.move(post, PostState.FINALIZED)
    left, points = 0, 0

    def dying(call: Any) -> Any:
        def wrapped(*args: Any, **named: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return call(*args, **named)

        return wrapped

    for name in ("link", "fsync", "replace", "rename", "open"):
        monkeypatch.setattr(os, name, dying(getattr(os, name)))
    while True:
        left = points
        try:
            evidence.keep(post, kept)
            evidence.release(TASK)
            break
        except Killed:
            points += 1
    monkeypatch.undo()

    assert points > 6  # it died at each of them, and went on from what the last one left
    shelf = EvidenceShelf(house.settings.data_dir)
    assert shelf.look(post.verdict_id).released
    bundle = read_bundle(shelf.sealed(post.verdict_id))
    assert isinstance(bundle, SealedBundle)
    assert read_bundle(shelf.public(post.verdict_id)) == bundle.public
    assert bundle.public.envelope.encode() == kept.envelope


@pytest.mark.parametrize(
    ("status", "state", "out"),
    [
        ("Completed", PostState.FINALIZED, True),
        ("Expired", PostState.FINALIZED, True),
        ("Active", PostState.FINALIZED, False),
        ("Cancelled", PostState.FINALIZED, False),
        ("Completed", PostState.CONFIRMED, False),
        ("Completed", PostState.UNCONFIRMED, False),
        ("Completed", PostState.FATAL_ERROR, False),
    ],
)
def test_a_bundle_is_out_once_the_task_is_closed_and_the_verdict_final(
    status: str,
    state: PostState,
    out: bool,
    house: PostHouse,
    signer: Rig,
    answer: AnswerClaim,
) -> None:
    evidence = evidence_of(house)
    post = house.judge(answer.id)
    evidence.keep(post, signed(signer, answer, post, evidence.statement(post)))
    shelf = EvidenceShelf(house.settings.data_dir)
    assert not shelf.look(post.verdict_id).released
    house.task(status)
    house.move(post, state)

    for task in (TASK, TASK.hex()):
        evidence.release(task)

    assert shelf.look(post.verdict_id).released is out


def test_a_final_verdict_without_evidence_of_ours_is_passed_over(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id)
    house.task("Completed")
    house.move(post, PostState.FINALIZED)

    evidence_of(house).release(TASK)

    with pytest.raises(NotFoundError):
        EvidenceShelf(house.settings.data_dir).look(post.verdict_id)


def test_what_the_signer_did_not_sign_is_not_kept(
    house: PostHouse, signer: Rig, answer: AnswerClaim
) -> None:
    evidence = evidence_of(house)
    post = house.judge(answer.id)
    kept = signed(signer, answer, post, evidence.statement(post))
    other = house.judge(signer.chain.answer(2).id)
    forged = json.loads(kept.envelope)
    forged["signatures"][0]["sig"] = "A" * 86 + "=="

    for bad in (
        replace(kept, envelope=canonical_json(forged)),
        replace(kept, leaf=kept.leaf.replace(b"ver_", b"vet_")),
        replace(kept, proof=kept.proof.partition(b"\n\n")[0]),
        replace(kept, envelope=b"\xff"),
    ):
        with pytest.raises((EvidenceRefusedError, InvalidEvidenceError)):
            evidence.keep(post, bad)
    with pytest.raises(EvidenceRefusedError):
        evidence.keep(other, kept)
    with pytest.raises(EvidenceRefusedError, match="not about"):
        evidence.keep(replace(post, answer_id=other.answer_id), kept)
    with pytest.raises(NotFoundError):
        EvidenceShelf(house.settings.data_dir).look(post.verdict_id)


@pytest.mark.parametrize(
    "changes",
    [{"score": 3}, {"submission_id": f"sub_{99:032x}"}],
    ids=["score", "submission"],
)
def test_a_post_that_is_not_about_its_verdict_is_never_stated(
    changes: dict[str, Any], house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id)

    with pytest.raises(StoreDamagedError, match="not about it"):
        evidence_of(house).statement(replace(post, **changes))


def test_a_verdict_that_no_chain_brought_is_never_stated(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id, owner=LOCAL_OWNER, origin=Origin.API)

    with pytest.raises(StoreDamagedError, match="not about it"):
        evidence_of(house).statement(post)


def test_a_body_or_document_that_was_changed_in_the_database_is_never_stated(
    house: PostHouse, answer: AnswerClaim
) -> None:
    post = house.judge(answer.id)
    database = house.store._database
    database.write(lambda c: c.execute(text("DROP TRIGGER verdicts_no_update")))
    database.write(lambda c: c.execute(text("UPDATE verdicts SET document = '{\"score\": 100}'")))
    with pytest.raises(InvalidEvidenceError, match="schema"):
        evidence_of(house).statement(post)

    database.write(lambda c: c.execute(text("UPDATE bodies SET body = x'7b7d'")))
    with pytest.raises(StoreDamagedError, match="not the accepted one"):
        evidence_of(house).statement(post)
    with pytest.raises(NotFoundError):
        evidence_of(house).statement(replace(post, verdict_id=f"ver_{99:032x}"))


def test_before_the_signer_ever_started_nothing_can_be_held_against_a_key(
    house: PostHouse, tmp_path: Path
) -> None:
    with rig(prepare(tmp_path / "elsewhere"), FrozenClock(), FakeChain(FrozenClock())) as other:
        other.open()
        answer = other.chain.answer(1)
        post = house.judge(answer.id)
        evidence = evidence_of(house)
        kept = signed(other, answer, post, evidence.statement(post))

    with pytest.raises(EvidenceKeyError, match="cannot be read"):
        evidence.keep(post, kept)


def test_the_policy_names_the_rules_in_force(settings: Settings) -> None:
    same = settings.model_copy(update={"data_dir": Path("/elsewhere")})
    other = settings.model_copy(update={"post": PostSettings(fee=20_000)})

    assert policy_version(settings) == policy_version(same) != policy_version(other)
    assert policy_version(settings).startswith("policy/1+")
