from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.bundles import HIDING, OPEN, SALT, SECRET, SIGNER, both, log_of, sealed, verdict
from tests.fakes.evidence import MemorySigner, memory_log
from validator.audit.leaf import Leaf, LeafKind
from validator.errors import (
    EvidenceRefusedError,
    InvalidEvidenceError,
    UnexpectedTaskError,
    ValidatorError,
)
from validator.evidence.bundle import PublicBundle, SealedBundle, read_bundle
from validator.evidence.envelope import Envelope, sign_envelope
from validator.evidence.verification import need_task, verify_public, verify_sealed
from validator.evidence.withheld import shown_digest, shown_task, whole_digest

BODIES = {"open": OPEN, "hiding": HIDING}


@pytest.fixture(params=BODIES)
def content(request: pytest.FixtureRequest) -> bytes:
    return BODIES[request.param]


def test_bundles_are_read_back_as_they_were(content: bytes) -> None:
    for bundle in both(content):
        assert read_bundle(bundle.encode()) == bundle


def test_both_bundles_hold_under_the_key(content: bytes) -> None:
    public, whole = both(content)

    holding = verify_public(public, SIGNER.public)

    assert holding == verify_sealed(whole, SIGNER.public)
    assert (holding.place, holding.checkpoint.size) == (3, 5)
    assert holding.key_ids == (SIGNER.public.key_id,)


def test_they_do_not_hold_under_another_key(content: bytes) -> None:
    public, whole = both(content)

    with pytest.raises(EvidenceRefusedError):
        verify_public(public, MemorySigner(2).public)
    with pytest.raises(EvidenceRefusedError):
        verify_sealed(whole, MemorySigner(2).public)


def test_the_public_bundle_says_nothing_of_what_is_hidden() -> None:
    public, whole = both(HIDING)

    for hidden in (SECRET.encode(), SALT.hex().encode(), b"stdin"):
        assert hidden not in public.encode()
        assert hidden not in public.envelope.payload
    assert SALT.hex().encode() in whole.encode()


def edited(bundle: PublicBundle | SealedBundle, *path: Any, value: Any) -> bytes:
    """The bundle's file with one member set (or, for None, taken out)."""
    document = json.loads(bundle.encode())
    here = document
    for step in path[:-1]:
        here = here[step]
    if value is None:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return json.dumps(document).encode()


def test_an_inclusion_proof_without_a_signed_checkpoint_is_refused() -> None:
    public, _ = both()
    proof = public.proof.encode().decode()

    with pytest.raises(EvidenceRefusedError, match="no signed checkpoint"):
        read_bundle(edited(public, "log", "proof", value=proof.partition("\n\n")[0] + "\n"))
    unsigned = "\n".join(proof.split("\n")[:-2]) + "\n"
    with pytest.raises(ValidatorError):
        read_bundle(edited(public, "log", "proof", value=unsigned))


def test_a_checkpoint_of_another_log_s_key_is_refused() -> None:
    made = sealed()
    with memory_log(3) as log:
        public, _ = log_of(made, log)
        place = public.proof.index
        from tests.fakes.store import START

        foreign = log.checkpoint(MemorySigner(9), START, published=None)
        theirs = replace(public, proof=log.prove(place, foreign))

    with pytest.raises(EvidenceRefusedError, match="no trusted key"):
        verify_public(theirs, SIGNER.public)


def test_an_envelope_beside_the_leaf_of_another_is_refused() -> None:
    one, _ = both()
    other = sealed(given=verdict(score=99)).envelope

    with pytest.raises(EvidenceRefusedError, match="about another envelope"):
        verify_public(replace(one, envelope=other), SIGNER.public)


def test_a_leaf_of_another_kind_is_no_leaf_of_a_verdict() -> None:
    made = sealed()
    posing = replace(made, leaf=Leaf(LeafKind.REFUSAL, made.leaf.at, made.leaf.body))
    with memory_log() as log:
        public, _ = log_of(posing, log)

    with pytest.raises(EvidenceRefusedError, match="about another envelope"):
        verify_public(public, SIGNER.public)


def test_signed_bytes_that_are_no_statement_are_refused() -> None:
    made = sealed()
    for envelope in (
        sign_envelope(b'{"hello": "world"}', [SIGNER]),
        sign_envelope(made.envelope.payload, [SIGNER], "text/plain"),
    ):
        with memory_log() as log:
            public, _ = log_of(replace(made, envelope=envelope), log)
        with pytest.raises((InvalidEvidenceError, EvidenceRefusedError)):
            verify_public(public, SIGNER.public)


def test_a_second_signature_of_a_stranger_does_not_disturb() -> None:
    made = sealed()
    stranger = sign_envelope(made.envelope.payload, [MemorySigner(5)])
    pairs = (*stranger.signatures, *made.envelope.signatures)
    envelope = Envelope(made.envelope.payload, made.envelope.payload_type, pairs)
    body = {**made.leaf.body, "envelope": envelope.digest}
    with memory_log() as log:
        public, _ = log_of(
            replace(made, envelope=envelope, leaf=replace(made.leaf, body=body)), log
        )

    assert verify_public(public, SIGNER.public).key_ids == (SIGNER.public.key_id,)


CHANGES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "salt": (("salt",), "00" * 32),
    "submission": (("submission",), "e30="),
    "recorded": (("recorded",), {"more": "e30="}),
    "score": (("verdict", "score"), 99),
    "decision": (("verdict", "decision"), "reject"),
    "check": (("verdict", "checks", 0, "summary"), "other"),
    "no checks": (("verdict", "checks"), []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sealed_part_that_was_changed_is_refused(change: str) -> None:
    _, whole = both(HIDING)
    path, value = CHANGES[change]

    bundle = read_bundle(edited(whole, *path, value=value))

    assert isinstance(bundle, SealedBundle)
    with pytest.raises((EvidenceRefusedError, InvalidEvidenceError)):
        verify_sealed(bundle, SIGNER.public)


def test_another_submission_is_refused_though_its_task_is_the_same() -> None:
    _, whole = both()
    other = OPEN.replace(b"** 2", b"** 3")
    assert other != OPEN

    with pytest.raises(EvidenceRefusedError, match="input/submission"):
        verify_sealed(replace(whole, submission=other), SIGNER.public)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"task": 1}',
        b'{"task": {"checks": 1}}',
        b'{"task": {"checks": [1]}}',
        b'{"task": {"checks": [{"cases": 1}]}}',
        b'{"task": {"checks": [{"calls": [1]}]}}',
    ],
)
def test_bytes_that_are_no_submission_are_refused(body: bytes) -> None:
    _, whole = both()

    with pytest.raises(InvalidEvidenceError, match="submission"):
        verify_sealed(replace(whole, submission=body), SIGNER.public)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "tosv.evidence/2"),
        (("schema",), None),
        (("more",), 1),
        (("log",), []),
        (("log", "proof"), 1),
        (("log", "leaf"), {}),
        (("log", "leaf", "kind"), "feast"),
        (("envelope", "payload"), "!"),
        (("keys", "log"), []),
        (("keys",), None),
    ],
)
def test_what_is_no_public_bundle_is_refused(path: tuple[Any, ...], value: object) -> None:
    public, _ = both()

    with pytest.raises(InvalidEvidenceError):
        read_bundle(edited(public, *path, value=value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("salt",), "00"),
        (("salt",), "AB" * 32),
        (("salt",), "zz" * 32),
        (("salt",), 7),
        (("submission",), 1),
        (("recorded",), []),
        (("recorded",), {"x": 1}),
        (("verdict",), 1),
        (("public",), {}),
    ],
)
def test_what_is_no_sealed_bundle_is_refused(path: tuple[Any, ...], value: object) -> None:
    _, whole = both()

    with pytest.raises(InvalidEvidenceError):
        read_bundle(edited(whole, *path, value=value))


def test_the_expected_task_must_be_named_and_must_be_the_one(content: bytes) -> None:
    public, whole = both(content)
    statement = verify_public(public, SIGNER.public).statement
    task = json.loads(content)["task"]

    with pytest.raises(UnexpectedTaskError, match="is it yours"):
        need_task(statement, None, None)
    for digest in (shown_digest(task), shown_digest(task).removeprefix("sha256:")):
        need_task(statement, digest, None)
    need_task(statement, None, shown_task(task))
    need_task(statement, None, task, whole.salt)
    need_task(statement, whole_digest(task), None, whole.salt)
    with pytest.raises(UnexpectedTaskError, match="another one"):
        need_task(statement, "sha256:" + "0" * 64, None, whole.salt)
    with pytest.raises(UnexpectedTaskError, match="another one"):
        need_task(statement, None, task | {"title": "other"}, whole.salt)
    with pytest.raises(UnexpectedTaskError, match="another one"):
        need_task(statement, shown_digest(task), task | {"title": "other"}, whole.salt)


def test_a_task_that_looks_the_same_but_hides_something_else_is_not_taken_for_it() -> None:
    easy = json.loads(HIDING.replace(b'"1"', b'"2"'))["task"]
    task = json.loads(HIDING)["task"]
    assert shown_digest(easy) == shown_digest(task)
    statement = verify_public(both(HIDING)[0], SIGNER.public).statement

    for given, salt in ((easy, SALT), (easy, None), (task, None), (task, bytes(32))):
        with pytest.raises(UnexpectedTaskError, match="hidden part"):
            need_task(statement, None, given, salt)
    open_ = verify_public(both(OPEN)[0], SIGNER.public).statement
    with pytest.raises(UnexpectedTaskError):
        need_task(open_, None, task, SALT)


def test_the_whole_task_s_digest_opens_nothing_of_a_public_bundle_that_hides() -> None:
    statement = verify_public(both(HIDING)[0], SIGNER.public).statement

    with pytest.raises(UnexpectedTaskError):
        need_task(statement, whole_digest(json.loads(HIDING)["task"]), None)
