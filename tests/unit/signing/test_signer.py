"""What is signed, what is repeated, and what is refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain import KEY, TASK, foreign, h
from tests.fakes.signing import FEE, FINGERPRINT, ask, check, rig, statement
from validator.audit.leaf import LeafKind, read_leaf
from validator.audit.proof import read_proof
from validator.domain.verdict import SandboxRecord, Tier
from validator.errors import (
    ApprovalNeededError,
    CeilingError,
    ChainUnreadableError,
    FingerprintError,
    InvalidEvidenceError,
    InvalidParameterError,
    NotFoundError,
    SigningClosedError,
    SigningRefusedError,
    StoreDamagedError,
    UnfoundedVerdictError,
    VerdictConflictError,
)
from validator.evidence.envelope import read_envelope
from validator.evidence.key_file import open_or_create
from validator.protection.values import AttemptState, Origin, Verdict
from validator.signing.requests import Approval, Block, Mark, Rebuild, WorkerResult
from validator.wire.tos import SecretKey, ValidateAnswer, decode_canonical

if TYPE_CHECKING:
    from tests.fakes.signing import Rig
    from tests.fakes.store import FrozenClock
    from validator.settings import Settings
    from validator.signing.requests import AnswerClaim, SignVerdict

DIGEST = "sha256:" + "e" * 64  # the result digest of the fakes' verdicts


def rebuild(answer: AnswerClaim, nonce: int, fee: int = FEE) -> Rebuild:
    return Rebuild(
        answer=answer.id, nonce=nonce, fee=fee, reference=Block(hash=h(3), topoheight=901)
    )


def test_a_verdict_is_signed_with_its_evidence(house: Rig) -> None:
    answer = house.chain.answer(1)
    signed = house.desk.signer.sign(ask(answer, 80))

    assert signed.is_new
    assert signed.attempt.transaction is not None
    found = decode_canonical(signed.attempt.transaction)
    assert found.payload == ValidateAnswer(TASK, answer.id, 80)
    assert (found.source, found.nonce, found.fee) == (KEY.public, 0, FEE)
    assert found.signature_holds()
    assert found.hash() == signed.attempt.tx_hash
    assert signed.attempt.state is AttemptState.SIGNED
    assert signed.kept is not None
    public = open_or_create(house.desk.beside._mark.parent.parent / "data").public
    envelope = read_envelope(signed.kept.envelope)
    stated = json.loads(envelope.verify([public]).payload)
    assert stated == json.loads(statement(answer, 80).encode())
    read_proof(signed.kept.proof).verify(signed.kept.leaf, public)
    assert read_leaf(signed.kept.leaf).body["envelope"] == envelope.digest


def test_the_same_request_gives_the_same_bytes_and_another_score_is_refused(house: Rig) -> None:
    answer = house.chain.answer(1)
    first = house.desk.signer.sign(ask(answer, 80))
    again = house.desk.signer.sign(ask(answer, 80, nonce=5))

    assert not again.is_new
    assert again.attempt == first.attempt
    assert again.kept is not None
    assert first.kept is not None
    assert again.kept.envelope == first.kept.envelope
    with pytest.raises(VerdictConflictError) as refusal:
        house.desk.signer.sign(ask(answer, 79))
    assert refusal.value.why == "other_root"


def test_a_refusal_is_a_leaf_that_does_not_tell_the_score(house: Rig) -> None:
    answer = house.chain.answer(1)
    house.desk.signer.sign(ask(answer, 80))
    with pytest.raises(VerdictConflictError):
        house.desk.signer.sign(ask(answer, 79))

    newest = house.desk.book.newest(LeafKind.REFUSAL)
    assert newest is not None
    assert dict(read_leaf(newest).body) == {
        "answer": answer.id.hex(), "code": "TV050", "why": "other_root",
    }  # fmt: skip


def test_the_same_content_under_a_new_id_gets_the_recorded_score(house: Rig) -> None:
    house.desk.signer.sign(ask(house.chain.answer(1, height=101), 80))
    moved = house.chain.answer(1, height=102)

    with pytest.raises(VerdictConflictError) as refusal:
        house.desk.signer.sign(ask(moved, 60, nonce=1))
    assert refusal.value.why == "other_score"
    assert house.desk.signer.sign(ask(moved, 80, nonce=1)).is_new


def test_what_a_crash_left_unsigned_is_signed_as_it_was_prepared(
    house: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = house.chain.answer(1)
    monkeypatch.setattr(type(house.desk.signer), "_give_signature", _die)
    with pytest.raises(SystemExit):
        house.desk.signer.sign(ask(answer, 80))
    monkeypatch.undo()
    (left,) = house.desk.database.attempts(KEY.public.data, answer.id)
    assert left.state is AttemptState.PREPARED

    signed = house.desk.signer.sign(ask(answer, 80, nonce=9))

    assert signed.attempt.nonce == left.nonce == 0
    assert signed.attempt.message == left.message
    assert signed.attempt.state is AttemptState.SIGNED


def _die(*_: object) -> None:
    raise SystemExit


def test_nothing_is_signed_before_the_chain_was_read_or_in_the_quiet_period(shut: Rig) -> None:
    answer = shut.chain.answer(1)
    with pytest.raises(SigningClosedError, match="not_reconciled"):
        shut.desk.signer.sign(ask(answer))
    shut.desk.gate.poll()
    with pytest.raises(SigningClosedError, match="quiet_period"):
        shut.desk.signer.sign(ask(answer))

    assert shut.desk.database.row(KEY.public.data, answer.id) is None


def test_nothing_is_signed_while_the_chain_cannot_be_read(house: Rig, clock: FrozenClock) -> None:
    answer = house.chain.answer(1)
    house.desk.signer.sign(ask(answer))
    house.chain.readable = False
    with pytest.raises(ChainUnreadableError):
        house.desk.signer.sign(ask(house.chain.answer(2), nonce=1))
    house.desk.gate.poll()
    for each in (answer, house.chain.answer(3)):
        with pytest.raises(SigningClosedError, match="chain_unreadable"):
            house.desk.signer.sign(ask(each, nonce=1))
    house.desk.signer.pause(FINGERPRINT)
    house.desk.signer.resume(FINGERPRINT, vouch=False)
    with pytest.raises(SigningClosedError, match="chain_unreadable"):
        house.desk.signer.sign(ask(answer))
    house.chain.readable = True
    house.desk.gate.poll()
    house.desk.signer.sign(ask(house.chain.answer(2), nonce=1))
    clock.advance(31)  # nobody polls any more
    with pytest.raises(SigningClosedError, match="chain_unreadable"):
        house.desk.signer.sign(ask(answer))


def test_a_foreign_verdict_halts_within_one_poll(house: Rig) -> None:
    house.chain.answer(2)
    house.chain.mine(foreign(2, 55, nonce=0))
    house.desk.gate.poll()

    for number in (2, 3):
        with pytest.raises(SigningClosedError, match="halted: foreign_verdict"):
            house.desk.signer.sign(ask(house.chain.answer(number), nonce=1))
    assert house.desk.database.key_states()[0].halted == "foreign_verdict"


def test_a_verdict_that_does_not_verify_closes_and_does_not_halt(house: Rig) -> None:
    from dataclasses import replace

    house.chain.answer(2)
    house.chain.mine(foreign(2, 55, nonce=0))
    good = house.chain.mined[0]
    assert good.transaction is not None
    strangers = foreign(2, 55, 0, key=SecretKey.generate())
    for bytes_ in (
        None, b"\x00" * 30, foreign(2, 56, nonce=0), foreign(2, 55, nonce=1), strangers,
        good.transaction[:-1] + bytes([good.transaction[-1] ^ 1]),
    ):  # fmt: skip
        house.chain.mined[0] = replace(good, transaction=bytes_)
        assert [each.value for each in house.desk.gate.poll().reasons] == ["unverified_verdict"]
    assert house.desk.database.key_states()[0].halted is None


CLAIMS: dict[str, dict[str, Any]] = {
    "answer_hash": {"answer_hash": h(9)},
    "answer_id": {"timestamp_ms": 5},
}


@pytest.mark.parametrize("why", CLAIMS)
def test_ids_are_recomputed(house: Rig, why: str) -> None:
    answer = house.chain.answer(1)
    told = answer.model_copy(update=CLAIMS[why])

    with pytest.raises(UnfoundedVerdictError) as refusal:
        house.desk.signer.sign(ask(told))
    assert refusal.value.why == why


def test_the_chain_must_show_the_answer_as_it_was_told(house: Rig) -> None:
    from tests.fakes.chain import claim

    with pytest.raises(ChainUnreadableError, match="does not show it"):
        house.desk.signer.sign(ask(claim(1)))
    answer = house.chain.answer(1)
    house.chain.odd_facts["node"] = {"submitter": h(8)}
    _refused(house, ask(answer), "other_answer")
    house.chain.odd_facts["node"] = {"publisher": KEY.public.data}
    _refused(house, ask(answer), "own")
    house.chain.odd_facts.clear()
    _refused(house, ask(house.chain.answer(2, height=house.chain.stable + 1)), "not_stable")


def test_a_time_that_the_chain_shows_no_more_is_proven_by_the_id(house: Rig) -> None:
    house.chain.odd_facts["node"] = {"timestamp_ms": None}
    answer = house.chain.answer(1)
    told = answer.model_copy(update={"timestamp_ms": answer.timestamp_ms + 1})

    with pytest.raises(UnfoundedVerdictError) as refusal:
        house.desk.signer.sign(ask(told))
    assert refusal.value.why == "answer_id"
    assert house.desk.signer.sign(ask(answer)).is_new

    house.chain.odd_facts["node"] = {"timestamp_ms": None, "answer": h(9)}
    _refused(house, ask(house.chain.answer(2), nonce=1), "other_answer")


def test_endpoints_that_differ_close_signing(settings: Settings, clock: FrozenClock) -> None:
    from tests.fakes.chain import FakeChain

    two = settings.model_copy(
        update={"signer": settings.signer.model_copy(update={"endpoints": ("a", "b")})}
    )
    with rig(two, clock, FakeChain(clock, endpoints=("a", "b"))) as house:
        house.open()
        answer = house.chain.answer(1)
        house.chain.odd_facts["b"] = {"reward": 1}
        with pytest.raises(ChainUnreadableError, match="differ about the task"):
            house.desk.signer.sign(ask(answer))
        house.chain.odd_facts.clear()
        for odd in ({"next_nonce": 4}, {"stable_height": 5}, {"genesis": h(3)}):
            house.chain.odd["b"] = odd
            house.desk.gate.poll()
            with pytest.raises(SigningClosedError, match="chain_unreadable"):
                house.desk.signer.sign(ask(answer))
        house.chain.odd.clear()
        house.chain.endpoints = ("a",)
        house.desk.gate.poll()
        assert house.desk.gate.fault == "endpoint b does not show it"
        house.chain.endpoints = ("a", "b")
        house.desk.gate.poll()
        assert house.desk.signer.sign(ask(answer)).is_new


BASES: dict[str, dict[str, Any]] = {
    "score": {"checks": (check(81),)},
    "scripted": {"versions": {"expert": "scripted/1"}},
    "chain_payload": {"payload": b"\x02" + bytes(65)},
    "overruled": {"tier": Tier.EXPERT, "checks": (check(10),)},
}


@pytest.mark.parametrize("why", BASES)
def test_evidence_that_does_not_bear_the_verdict_is_refused(house: Rig, why: str) -> None:
    answer = house.chain.answer(1)
    stated = statement(answer, 80, **BASES[why]).encode().decode()

    _refused(house, ask(answer, 80, stated=stated), why)
    assert house.desk.database.row(KEY.public.data, answer.id) is None


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("predicate", "rules"), "score/9", "rules"),
        (("predicate", "score"), 81, "score"),
        (("predicate", "decision"), "reject", "decision"),
        (("predicate", "origin"), "api:local", None),
        (("predicate", "checks", 0, "status"), "fail", "checks"),
        (("predicate", "checks", 0, "reason"), "nobody", "checks"),
        (("predicate", "checks", 0, "tool", "name"), "Scripted-model", "scripted"),
        (("predicate", "checks", 0, "sufficient"), False, "score"),
        (("predicate", "checks", 0, "in_process"), True, "in_process"),
    ],
)
def test_a_statement_that_was_bent_is_refused(
    house: Rig, path: tuple[str | int, ...], value: object, why: str | None
) -> None:
    from validator.wire.canonical import canonical_json

    answer = house.chain.answer(1)
    document = json.loads(statement(answer, 80).encode())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    bent = ask(answer, 80, stated=canonical_json(document).decode())

    if why is None:
        with pytest.raises(InvalidEvidenceError):
            house.desk.signer.sign(bent)
    else:
        _refused(house, bent, why)


def test_a_statement_of_another_chain_or_spelling_is_refused(house: Rig) -> None:
    answer = house.chain.answer(1)
    other = statement(answer, 80, genesis=h(0x99)).encode().decode()
    _refused(house, ask(answer, 80, stated=other), "origin")
    with pytest.raises(InvalidEvidenceError, match="one spelling"):
        house.desk.signer.sign(ask(answer, 80, stated=" " + ask(answer, 80).statement))
    with pytest.raises(SigningRefusedError) as refusal:
        house.desk.signer.sign(
            ask(answer, 80, stated=statement(answer, 80, genesis=h(0x99)).encode().decode(),
                genesis=h(0x99))
        )  # fmt: skip
    assert refusal.value.why == "other_genesis"


def test_a_weak_cage_is_good_enough_on_devnet_alone(house: Rig) -> None:
    from dataclasses import replace

    answer = house.chain.answer(1)
    weak = statement(answer, 80, sandbox=SandboxRecord("bubblewrap", None, ("memory",)))
    asked = ask(answer, 80, stated=weak.encode().decode())
    strict = replace(house.desk.signer._policy, weak_cages=False)
    house.desk.signer._policy = strict
    _refused(house, asked, "weak_cage")

    house.desk.signer._policy = replace(strict, weak_cages=True)
    assert house.desk.signer.sign(asked).is_new


def test_a_great_reward_needs_two_hosts_or_the_operator(house: Rig) -> None:
    house.chain.reward = 15_000_000_001
    answer = house.chain.answer(1)
    one = WorkerResult(host="a", worker="1", result_digest=DIGEST)
    same_host = WorkerResult(host="a", worker="2", result_digest=DIGEST)
    other = WorkerResult(host="b", worker="1", result_digest="sha256:" + "0" * 64)
    for workers in ([], [one], [one, same_host]):
        with pytest.raises(ApprovalNeededError, match="workers of 2 hosts"):
            house.desk.signer.sign(ask(answer, 80, workers=workers))
    _refused(house, ask(answer, 80, workers=[one, other]), "workers")
    good = WorkerResult(host="b", worker="1", result_digest=DIGEST)

    assert house.desk.signer.sign(ask(answer, 80, workers=[one, good])).is_new
    low = house.chain.answer(2)
    assert house.desk.signer.sign(ask(low, 20, nonce=1)).is_new


def test_an_approval_names_the_very_verdict(house: Rig) -> None:
    house.chain.reward = 10**12
    answer = house.chain.answer(1)
    of_another = Approval(by="operator", root=h(5))
    _refused(house, ask(answer, 80, approval=of_another), "approval")
    root = Verdict(TASK, answer.id, 80).root(house.desk.database.genesis, KEY.public.data)

    approved = ask(answer, 80, approval=Approval(by="operator", root=root))
    assert house.desk.signer.sign(approved).is_new
    newest = house.desk.book.newest(LeafKind.OPERATOR_OVERRIDE)
    assert newest is not None
    assert read_leaf(newest).body["what"] == "approval"


def test_an_opinion_needs_the_operator_whatever_the_reward(house: Rig) -> None:
    answer = house.chain.answer(1)
    open_check = check(80, sufficient=False)
    stated = statement(answer, 30, tier=Tier.PEER, checks=(open_check,)).encode().decode()

    with pytest.raises(ApprovalNeededError, match="peer tier"):
        house.desk.signer.sign(ask(answer, 30, stated=stated))
    root = Verdict(TASK, answer.id, 30).root(house.desk.database.genesis, KEY.public.data)
    approval = Approval(by="operator", root=root)
    assert house.desk.signer.sign(ask(answer, 30, stated=stated, approval=approval)).is_new


def test_a_rebuild_keeps_the_nonce_or_waits_until_it_is_spent(house: Rig) -> None:
    answer = house.chain.answer(1)
    first = house.desk.signer.sign(ask(answer, 80))
    with pytest.raises(SigningRefusedError) as refusal:
        house.desk.signer.rebuild(rebuild(answer, nonce=1))
    assert refusal.value.why == "nonce_open"
    dearer = house.desk.signer.rebuild(rebuild(answer, nonce=0, fee=20_000))
    assert dearer.attempt.nonce == 0
    assert dearer.attempt.tx_hash != first.attempt.tx_hash
    assert house.desk.signer.rebuild(rebuild(answer, 0, 20_000)).attempt == dearer.attempt

    house.chain.next_nonce = 1  # it was mined, and a rule of the chain refused it
    house.desk.gate.poll()
    assert house.desk.signer.rebuild(rebuild(answer, nonce=1)).attempt.nonce == 1
    with pytest.raises(NotFoundError):
        house.desk.signer.rebuild(rebuild(house.chain.answer(2), nonce=2))


def test_a_closed_signer_rebuilds_and_repeats_nothing(house: Rig) -> None:
    answer = house.chain.answer(1)
    house.desk.signer.sign(ask(answer, 80))
    house.chain.endpoints = ()
    house.desk.gate.poll()
    house.chain.endpoints = ("node",)
    with pytest.raises(SigningClosedError):
        house.desk.signer.rebuild(rebuild(answer, 0, FEE + 1))
    with pytest.raises(SigningClosedError):
        house.desk.signer.sign(ask(answer, 80))

    assert len(house.desk.database.attempts(KEY.public.data, answer.id)) == 1


def test_attempts_are_marked_as_the_chain_shows_them(house: Rig) -> None:
    answer = house.chain.answer(1)
    signed = house.desk.signer.sign(ask(answer, 80))
    assert signed.attempt.tx_hash is not None
    assert signed.attempt.transaction is not None
    name = signed.attempt.tx_hash

    def marked(state: Any) -> AttemptState:
        return house.desk.signer.mark(Mark(answer=answer.id, tx_hash=name, state=state)).state

    assert marked("sent") is AttemptState.SENT
    with pytest.raises(InvalidParameterError, match="does not read back"):
        marked("confirmed")
    with pytest.raises(InvalidParameterError, match="not used up"):
        marked("spent")
    house.chain.mine(signed.attempt.transaction)
    house.desk.gate.poll()
    with pytest.raises(InvalidParameterError, match="shows a score"):
        marked("spent")
    assert marked("confirmed") is AttemptState.CONFIRMED
    with pytest.raises(NotFoundError):
        house.desk.signer.mark(Mark(answer=answer.id, tx_hash=h(1), state="sent"))
    with pytest.raises(SigningRefusedError) as refusal:
        house.desk.signer.rebuild(rebuild(answer, nonce=1))
    assert refusal.value.why == "on_chain"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"fee_max": 9_999}, "fee"),
        ({"fees_per_day": 19_999}, "fees_per_day"),
        ({"transactions_per_hour": 1}, "per_hour"),
    ],
)
def test_ceilings_outlive_a_restart_and_bind_new_signatures_alone(
    settings: Settings, clock: FrozenClock, limits: dict[str, int], why: str
) -> None:
    from tests.fakes.chain import FakeChain

    chain = FakeChain(clock)
    one, two = chain.answer(1), chain.answer(2)
    with rig(settings, clock, chain) as house:
        house.open()
        first = house.desk.signer.sign(ask(one, 80))
    tight = settings.signer.model_copy(update=limits)
    with rig(settings.model_copy(update={"signer": tight}), clock, chain) as house:
        house.desk.gate.poll()
        with pytest.raises(CeilingError) as refusal:
            house.desk.signer.sign(ask(two, 80, nonce=1))
        assert refusal.value.why == why
        assert house.desk.signer.sign(ask(one, 80)).attempt == first.attempt


def test_a_low_fee_a_nonce_gap_and_endless_rebuilds_are_refused(house: Rig) -> None:
    answer = house.chain.answer(1)
    for asked, why in (
        (ask(answer, 80, fee=9_999), "fee_low"),
        (ask(answer, 80, nonce=1), "nonce_gap"),
    ):
        with pytest.raises(CeilingError) as refusal:
            house.desk.signer.sign(asked)
        assert refusal.value.why == why
    house.desk.signer.sign(ask(answer, 80))
    for extra in range(1, 8):
        house.desk.signer.rebuild(rebuild(answer, 0, FEE + extra))
    with pytest.raises(CeilingError, match="8 transactions for one verdict"):
        house.desk.signer.rebuild(rebuild(answer, 0, FEE + 9))


def test_a_pause_stops_signing_and_resume_costs_nothing(house: Rig) -> None:
    answer = house.chain.answer(1)
    with pytest.raises(FingerprintError):
        house.desk.signer.pause("0000-0000-0000-0000")
    house.desk.signer.pause(FINGERPRINT)
    with pytest.raises(SigningClosedError, match="halted_by_operator"):
        house.desk.signer.sign(ask(answer))
    with pytest.raises(FingerprintError):
        house.desk.signer.resume("0000-0000-0000-0000", vouch=True)
    house.desk.signer.resume(FINGERPRINT, vouch=False)

    assert house.desk.signer.sign(ask(answer)).is_new


def test_a_plain_resume_does_not_end_a_halt(house: Rig) -> None:
    house.chain.answer(2)
    house.chain.mine(foreign(2, 55, nonce=0))
    house.desk.gate.poll()
    house.desk.signer.resume(FINGERPRINT, vouch=False)
    with pytest.raises(SigningClosedError, match="halted"):
        house.desk.signer.sign(ask(house.chain.answer(3), nonce=1))

    house.desk.signer.resume(FINGERPRINT, vouch=True)
    with pytest.raises(SigningClosedError, match="quiet_period"):
        house.desk.signer.sign(ask(house.chain.answer(3), nonce=1))
    house.open()
    late = house.chain.answer(4, height=house.chain.stable - 1)
    assert house.desk.signer.sign(ask(late, nonce=1)).is_new
    row = house.desk.database.row(KEY.public.data, house.chain.answer(2).id)
    assert row is not None
    assert (row.origin, row.score) == (Origin.CHAIN, 55)


def test_a_failed_disk_signs_nothing(house: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = house.chain.answer(1)

    def full(*_: object, **__: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(type(house.desk.book), "keep", full)
    with pytest.raises(Exception, match="disk is full"):
        house.desk.signer.sign(ask(answer))
    monkeypatch.undo()

    assert house.desk.database.row(KEY.public.data, answer.id) is None
    assert not house.desk.database.attempts(KEY.public.data, answer.id)


def _refused(house: Rig, asked: SignVerdict, why: str) -> None:
    with pytest.raises(UnfoundedVerdictError) as refusal:
        house.desk.signer.sign(asked)
    assert refusal.value.why == why


def test_bytes_on_disk_that_carry_another_verdict_never_meet_the_key(house: Rig) -> None:
    first, second = house.chain.answer(1), house.chain.answer(2)
    signer = house.desk.signer
    of_first = signer.sign(ask(first, 80))
    of_second = signer.sign(ask(second, 90, nonce=1))
    used: list[bytes] = []
    signer._secret = type("Watched", (), {"sign": lambda _, message: used.append(message)})()

    with pytest.raises(StoreDamagedError, match="does not carry the verdict of its row"):
        signer._give_signature(
            of_first.row, replace(of_first.attempt, message=of_second.attempt.message)
        )
    assert used == []
