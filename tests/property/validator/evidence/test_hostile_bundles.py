"""Nothing but our own refusals, whatever stands in a bundle."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.bundles import HIDING, OPEN, SIGNER, both
from validator.errors import ValidatorError
from validator.evidence.bundle import SealedBundle, read_bundle
from validator.evidence.envelope import read_envelope
from validator.evidence.statement import read_statement
from validator.evidence.verification import submitted_task, verify_public, verify_sealed
from validator.evidence.withheld import shown_digest

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = [bundle.encode() for body in (OPEN, HIDING) for bundle in both(body)]
PARTS = [*FILES, both()[0].envelope.encode(), both()[0].envelope.payload, HIDING]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def judge(content: bytes) -> None:
    bundle = read_bundle(content)
    if isinstance(bundle, SealedBundle):
        verify_sealed(bundle, SIGNER.public)
    else:
        verify_public(bundle, SIGNER.public)


READERS: list[Callable[[bytes], object]] = [
    judge,
    read_envelope,
    read_statement,
    lambda content: shown_digest(submitted_task(content)),
]


@given(st.data(), st.sampled_from(PARTS), st.sampled_from(READERS))
def test_changed_bytes(data: st.DataObject, part: bytes, read: Callable[[bytes], object]) -> None:
    begin = data.draw(st.integers(0, len(part)))
    end = data.draw(st.integers(begin, min(len(part), begin + 30)))

    with contextlib.suppress(ValidatorError):
        read(part[:begin] + data.draw(st.binary(max_size=12)) + part[end:])


def places_of(part: bytes) -> list[tuple[Any, ...]]:
    """Every way into a document."""

    def walk(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if isinstance(value, dict):
            steps = list(value.items())
        elif isinstance(value, list):
            steps = list(enumerate(value))
        else:
            steps = []
        return [path, *(place for step, item in steps for place in walk(item, (*path, step)))]

    return walk(json.loads(part), ())


@given(st.data(), st.sampled_from(PARTS), st.sampled_from(READERS), JSON)
def test_changed_members(
    data: st.DataObject, part: bytes, read: Callable[[bytes], object], value: Any
) -> None:
    document = json.loads(part)
    path = data.draw(st.sampled_from(places_of(part)))
    if not path:
        document = value
    else:
        here = document
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    with contextlib.suppress(ValidatorError):
        read(json.dumps(document).encode())


@given(st.integers(0, 10**9), st.sampled_from(FILES))
def test_no_bit_of_a_bundle_may_flip_and_the_bundle_say_something_else(
    number: int, file: bytes
) -> None:
    bit = number % (len(file) * 8)
    changed = bytearray(file)
    changed[bit // 8] ^= 1 << bit % 8
    try:
        judge(bytes(changed))
    except ValidatorError:
        return
    assert json.loads(bytes(changed)) == json.loads(file)
