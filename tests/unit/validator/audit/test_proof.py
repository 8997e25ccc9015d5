from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.evidence import MemorySigner, memory_log
from tests.fakes.store import START
from validator.audit.ed25519 import PublicKey
from validator.audit.notes import check_name
from validator.audit.proof import LogProof, read_proof
from validator.errors import EvidenceKeyError, InvalidEvidenceError

SIGNER = MemorySigner()


def made() -> LogProof:
    with memory_log(6) as log:
        return log.prove(4, log.checkpoint(SIGNER, START, published=None))


PROOF = made()
TEXT = PROOF.encode()
HASH = TEXT.split(b"\n")[2]


def test_extra_data_of_others_is_kept() -> None:
    extended = replace(PROOF, extra=b"opaque")

    assert read_proof(extended.encode()) == extended
    assert read_proof(TEXT).extra is None


@pytest.mark.parametrize(
    "content",
    [
        b"x" * 100_000,
        TEXT.replace(b"@v1", b"@v2"),
        TEXT.replace(b"index 4\n", b""),
        TEXT.replace(b"index 4", b"index 04"),
        TEXT.replace(b"index 4", b"index -4"),
        TEXT.replace(b"index 4", "index \u0664".encode()),
        TEXT.replace(b"index 4", b"extra !\nindex 4"),
        TEXT.replace(HASH, b"QUJD"),
        TEXT.replace(HASH, HASH[:-1]),
        TEXT.replace(HASH, b"\n".join([HASH] * 64)),
        b"c2sp.org/tlog-proof@v1\n\n" + PROOF.signed.encode(),
    ],
    ids=[
        "long", "version", "no index", "zeroes", "negative", "digits", "extra", "short hash",
        "spelling", "long path", "nothing",
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidEvidenceError):
        read_proof(content)


@pytest.mark.parametrize("raw", [b"", b"1" * 31, b"1" * 33])
def test_a_key_has_32_bytes(raw: bytes) -> None:
    with pytest.raises(EvidenceKeyError, match="32 bytes"):
        PublicKey(raw)


def test_a_name_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(InvalidEvidenceError, match="UTF-8"):
        check_name("\ud800")
