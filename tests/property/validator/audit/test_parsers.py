"""Nothing but our own refusals comes out of the readers, whatever goes in."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.evidence import MemorySigner, leaf, memory_log
from tests.fakes.store import START
from validator.audit.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from validator.audit.ed25519 import PublicKey
from validator.audit.leaf import read_leaf
from validator.audit.log_file import verify_log, write_log
from validator.audit.notes import read_note
from validator.audit.proof import read_proof
from validator.errors import ValidatorError

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = MemorySigner()
READERS: list[Callable[[bytes], object]] = [
    read_note,
    read_checkpoint,
    read_proof,
    read_leaf,
    PublicKey.read,
    lambda content: verify_log(io.BytesIO(content), [SIGNER.public]),
]


def specimens() -> list[bytes]:
    with memory_log(5) as log:
        signed = log.checkpoint(SIGNER, START, published=None)
        file = io.BytesIO()
        write_log(log, signed, SIGNER.public, file)
        proof = log.prove(3, signed).encode()
        return [signed.encode(), proof, file.getvalue(), leaf().encode(), SIGNER.public.pem()]


SPECIMENS = specimens()


@given(st.binary(max_size=400), st.sampled_from(READERS))
def test_invented_bytes(content: bytes, read: Callable[[bytes], object]) -> None:
    with contextlib.suppress(ValidatorError):
        read(content)


@given(st.data(), st.sampled_from(SPECIMENS), st.sampled_from(READERS))
def test_changed_bytes(
    data: st.DataObject, specimen: bytes, read: Callable[[bytes], object]
) -> None:
    begin = data.draw(st.integers(0, len(specimen)))
    end = data.draw(st.integers(begin, min(len(specimen), begin + 40)))
    content = specimen[:begin] + data.draw(st.binary(max_size=20)) + specimen[end:]

    with contextlib.suppress(ValidatorError):
        read(content)


NAME = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="+"),
    min_size=1,
    max_size=40,
).filter(lambda name: not any(char.isspace() for char in name))


@given(NAME, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back_as_it_was(origin: str, size: int, root: bytes) -> None:
    signed = sign_checkpoint(Checkpoint(origin, size, root), SIGNER)

    assert read_checkpoint(signed.encode()) == signed
    assert signed.verify(SIGNER.public) == Checkpoint(origin, size, root)


@given(st.sampled_from([read_note, read_checkpoint, read_proof]), st.data())
def test_what_is_read_has_one_spelling(
    read: Callable[[bytes], object], data: st.DataObject
) -> None:
    specimen = data.draw(st.sampled_from(SPECIMENS[:2]))
    place = data.draw(st.integers(0, len(specimen) - 1))
    content = specimen[:place] + data.draw(st.binary(max_size=3)) + specimen[place + 1 :]

    try:
        found = read(content)
    except ValidatorError:
        return
    assert found.encode() == content  # type: ignore[attr-defined]
