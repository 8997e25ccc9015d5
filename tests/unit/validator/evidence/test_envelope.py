from __future__ import annotations

import base64
import json

import pytest
from securesystemslib import dsse
from securesystemslib.signer import CryptoSigner, SSlibKey

from tests.fakes.evidence import MemorySigner
from validator.audit.ed25519 import PublicKey
from validator.errors import EvidenceRefusedError, InvalidEvidenceError
from validator.evidence.envelope import IN_TOTO, Envelope, read_envelope, sign_envelope
from validator.evidence.key_file import LibrarySigner

ONE, TWO, THREE = MemorySigner(1), MemorySigner(2), MemorySigner(3)
PAYLOAD = b'{"any": "bytes", "even": \xff}'


def test_the_specification_s_vector_of_the_pre_authentication_encoding() -> None:
    envelope = Envelope(b"hello world", "http://example.com/HelloWorld", ())

    assert envelope.pae() == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_payload_is_given_back_once_its_signature_holds() -> None:
    envelope = read_envelope(sign_envelope(PAYLOAD, [ONE]).encode())

    verified = envelope.verify([ONE.public])

    assert (verified.payload, verified.payload_type) == (PAYLOAD, IN_TOTO)
    assert verified.key_ids == (ONE.public.key_id,)


def test_another_payload_type_key_or_signature_is_refused() -> None:
    good = sign_envelope(PAYLOAD, [ONE])
    ((key_id, signature),) = good.signatures
    bent = bytes([signature[0] ^ 1]) + signature[1:]
    wrong = [
        Envelope(PAYLOAD + b" ", IN_TOTO, good.signatures),
        Envelope(PAYLOAD, "text/plain", good.signatures),
        Envelope(PAYLOAD, IN_TOTO, ((key_id, bent),)),
        Envelope(PAYLOAD, IN_TOTO, ((key_id, b""),)),
        Envelope(PAYLOAD, IN_TOTO, (("other", signature),)),
    ]

    for envelope in wrong:
        with pytest.raises(EvidenceRefusedError):
            envelope.verify([ONE.public])
    with pytest.raises(EvidenceRefusedError):
        good.verify([TWO.public])


def test_several_signatures_count_toward_a_threshold_and_each_key_once() -> None:
    envelope = sign_envelope(PAYLOAD, [ONE, TWO])

    assert len(envelope.verify([ONE.public, TWO.public], 2).key_ids) == 2
    assert envelope.verify([THREE.public, TWO.public]).key_ids == (TWO.public.key_id,)
    with pytest.raises(EvidenceRefusedError, match="2 of the keys"):
        envelope.verify([ONE.public, THREE.public], 2)
    with pytest.raises(EvidenceRefusedError, match="fewer trusted keys"):
        envelope.verify([ONE.public, ONE.public], 2)
    for threshold in (0, -1):
        with pytest.raises(EvidenceRefusedError):
            envelope.verify([ONE.public], threshold)


def test_the_library_verifies_what_we_sign() -> None:
    theirs = dsse.Envelope.from_dict(json.loads(sign_envelope(PAYLOAD, [ONE]).encode()))
    key = SSlibKey.from_crypto(ONE.private.public_key())

    assert list(theirs.verify([key], 1)) == [ONE.public.key_id]
    assert theirs.payload == PAYLOAD


def test_we_verify_what_the_library_signs() -> None:
    signer = CryptoSigner.generate_ed25519()
    theirs = dsse.Envelope(PAYLOAD, IN_TOTO, {})
    theirs.sign(signer)
    public = PublicKey(bytes.fromhex(signer.public_key.keyval["public"]))

    ours = read_envelope(json.dumps(theirs.to_dict(), indent=2).encode())

    assert ours.verify([public]).payload == PAYLOAD


def test_any_signer_of_the_library_signs_for_us() -> None:
    signer = LibrarySigner(CryptoSigner.generate_ed25519())

    assert sign_envelope(PAYLOAD, [signer]).verify([signer.public]).payload == PAYLOAD


def test_a_key_of_the_library_that_is_not_ed25519_is_refused() -> None:
    with pytest.raises(Exception, match="public key"):
        LibrarySigner(CryptoSigner.generate_ecdsa())


def changed(**members: object) -> bytes:
    return json.dumps(sign_envelope(PAYLOAD, [ONE]).document() | members).encode()


SIGNATURE = sign_envelope(PAYLOAD, [ONE]).document()["signatures"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"payload": 1, "payload": 2}',
        changed(more=1),
        changed(payload=7),
        changed(payload="not base64!"),
        changed(payload="QQ"),
        changed(payload="QR=="),
        changed(payloadType=""),
        changed(payloadType=["a"]),
        changed(signatures=[]),
        changed(signatures={}),
        changed(signatures=[SIGNATURE, SIGNATURE]),
        changed(signatures=[SIGNATURE | {"keyid": ""}]),
        changed(signatures=[SIGNATURE | {"keyid": None}]),
        changed(signatures=[{"sig": SIGNATURE["sig"]}]),
        changed(signatures=[SIGNATURE | {"keyid": str(n)} for n in range(17)]),
    ],
)
def test_what_is_no_envelope_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidEvidenceError):
        read_envelope(content)


def test_the_payload_is_signed_as_it_is_and_not_as_it_reads() -> None:
    spaced = sign_envelope(b'{"a": 1}', [ONE])
    tight = base64.b64encode(b'{"a":1}').decode()

    with pytest.raises(EvidenceRefusedError):
        read_envelope(json.dumps(spaced.document() | {"payload": tight}).encode()).verify(
            [ONE.public]
        )
