"""A statement made from the stored document is the one made from the verdict itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.protocol import Case, CheckResult, CheckStatus, Finding, Reason, Tool
from tests.fakes.bundles import HIDING, OPEN, SALT, SIGNER, grounds, verdict
from tests.fakes.store import START
from validator.domain.verdict import CheckRecord, Decision, Flag, Tier, Verdict
from validator.errors import InvalidEvidenceError
from validator.evidence.seal import draft, seal
from validator.store.values import dump, load
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.documents import as_judged, verdict_to_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = TEXT.filter(bool)
SCORE = st.integers(0, 100)
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)
FINDING = st.builds(
    Finding, TEXT, TEXT, st.sampled_from(["low", "high"]), st.none() | TEXT,
    st.none() | st.tuples(st.integers(1, 9), st.integers(9, 99)), TEXT,
)  # fmt: skip
CASE = st.builds(
    Case, TEXT, st.sampled_from(CheckStatus), st.integers(0, 9), st.booleans(), st.booleans(),
    st.booleans(), TEXT,
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> CheckRecord:
    status = draw(st.sampled_from(CheckStatus))
    decided = status in (CheckStatus.PASS, CheckStatus.FAIL)
    result = CheckResult(
        draw(NAME),
        status,
        draw(SCORE) if decided else None,
        draw(TEXT),
        tuple(draw(st.lists(FINDING, max_size=3))),
        tuple(draw(st.lists(CASE, max_size=3))),
        draw(st.dictionaries(TEXT, NUMBER, max_size=3)),
        draw(st.none() | st.builds(Tool, NAME, NAME)),
        draw(st.sampled_from(Reason)) if status is CheckStatus.ERROR else None,
        draw(st.booleans()),
        draw(st.floats(0, 1e6)),
    )
    return CheckRecord(
        result, draw(st.integers(0, 1000)), draw(st.booleans()), draw(st.booleans()),
        draw(st.integers(1, 100)),
    )  # fmt: skip


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    decision = draw(st.sampled_from(Decision))
    decided = decision in (Decision.ACCEPT, Decision.REJECT)
    return verdict(
        decision=decision,
        score=draw(SCORE) if decided else None,
        confidence=draw(st.floats(0, 1)),
        tier=draw(st.sampled_from(Tier)),
        next_tier=draw(st.none() | st.sampled_from(Tier)),
        reasons=tuple(draw(st.lists(TEXT, max_size=3))),
        checks=tuple(draw(st.lists(records(), max_size=4))),
        flags=tuple(draw(st.lists(st.builds(Flag, TEXT, TEXT, st.floats(0, 1)), max_size=2))),
        task_id=draw(st.none() | NAME),
        versions=draw(st.dictionaries(NAME, NAME, max_size=2)),
        created_at=START + timedelta(microseconds=draw(st.integers(0, 10**12))),
    )


@given(verdicts(), st.sampled_from([OPEN, HIDING]))
def test_the_stored_document_is_stated_as_the_verdict_is(made: Verdict, body: bytes) -> None:
    stored = load(dump(verdict_to_json(made)))

    found = draft(stored, grounds(body), SALT)

    assert found.statement.encode() == seal(made, grounds(body), [SIGNER], SALT).envelope.payload


@given(verdicts())
def test_anybody_recomputes_the_digest_from_the_document_stored_or_shown(made: Verdict) -> None:
    stored = load(dump(verdict_to_json(made)))
    shown = stored | {
        "evidence": {"digest": "sha256:" + "1" * 64, "uri": "/x"},
        "chain": {"network": "devnet", "tx": "22", "status": "final"},
    }

    stated = draft(shown, grounds(), SALT).statement.predicate.document.sha256

    assert sha256_digest(canonical_json(stored)) == f"sha256:{stated}"
    assert as_judged(shown) == stored


JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PLACES = [
    (name,) for name in verdict_to_json(verdict()) if name not in ("evidence", "signature", "chain")
] + [
    *(("checks", 0, name) for name in verdict_to_json(verdict())["checks"][0]),
    *(("plan", name) for name in ("id", "digest")),
    *(("sandbox", name) for name in ("backend", "image", "images", "weak")),
]  # fmt: skip


@given(st.sampled_from(PLACES), JSON, st.booleans())
def test_a_damaged_document_is_refused_by_name_or_stated_as_it_is(
    place: tuple[Any, ...], value: Any, remove: bool
) -> None:
    document = load(dump(verdict_to_json(verdict())))
    part = document
    for step in place[:-1]:
        part = part[step]
    if remove:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    try:
        found = draft(document, grounds(), SALT)
    except InvalidEvidenceError:
        return
    assert found.verdict == as_judged(document)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", object()])
def test_what_canonical_json_cannot_say_is_no_document(value: Any) -> None:
    document = verdict_to_json(replace(verdict(), confidence=value))

    with pytest.raises(InvalidEvidenceError):
        draft(document, grounds(), SALT)
