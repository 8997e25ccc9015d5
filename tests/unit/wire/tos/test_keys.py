from __future__ import annotations

import copy
import io
import logging
import pickle
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from validator.wire import tos
from validator.wire.tos import group, schnorr

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = bytes.fromhex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00")
SPELLINGS = (
    SECRET.hex(), repr(SECRET), str(int.from_bytes(SECRET, "little")),
    str(int.from_bytes(SECRET, "big")), str(list(SECRET))[1:-1],
)  # fmt: skip


@pytest.fixture
def key() -> tos.SecretKey:
    return tos.SecretKey(SECRET)


def test_the_same_message_gives_the_same_signature_and_another_gives_another_nonce(
    key: tos.SecretKey,
) -> None:
    assert key.sign(b"one") == key.sign(b"one")
    assert key.sign(b"one") != key.sign(b"two")
    nonces = {
        schnorr.derive_nonce(secret, public, message)
        for secret in (SECRET, b"\x02" + bytes(31))
        for public in (key.public.data, bytes(32))
        for message in (b"", b"one", b"two")
    }
    assert len(nonces) == 12


def test_a_nonce_is_a_scalar_and_its_domain_is_no_other_hash_of_the_protocol(
    key: tos.SecretKey,
) -> None:
    nonce = schnorr.derive_nonce(SECRET, key.public.data, b"m")

    assert group.is_canonical_scalar(nonce)
    assert nonce != group.ZERO
    # The challenge hashes key, message, point: were it spelled like k's hash, k would be public.
    assert not schnorr.NONCE_DOMAIN.startswith(key.public.data[: len(schnorr.NONCE_DOMAIN)])


def test_two_signatures_of_different_messages_share_no_nonce(key: tos.SecretKey) -> None:
    """Equal nonces would give x = (e1 - e2) / (s1 - s2) to anybody."""
    first, second = key.sign(b"one"), key.sign(b"two")

    s, e = (
        (int.from_bytes(first[part], "little") - int.from_bytes(second[part], "little"))
        % group.ORDER
        for part in (slice(32), slice(32, 64))
    )

    assert e * pow(s, -1, group.ORDER) % group.ORDER != int.from_bytes(SECRET, "little")


def test_that_formula_finds_the_secret_when_a_nonce_is_used_twice() -> None:
    nonce = b"\x07" + bytes(31)
    first, second = (schnorr.sign_with_nonce(SECRET, m, nonce) for m in (b"one", b"two"))

    s, e = (
        (int.from_bytes(first[part], "little") - int.from_bytes(second[part], "little"))
        % group.ORDER
        for part in (slice(32), slice(32, 64))
    )

    assert e * pow(s, -1, group.ORDER) % group.ORDER == int.from_bytes(SECRET, "little")


def test_signing_takes_no_public_key_from_a_caller() -> None:
    with pytest.raises(TypeError):
        tos.SecretKey(SECRET).sign(b"m", bytes(32))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "scalar",
    [bytes(32), group.ORDER.to_bytes(32, "little"), b"\xff" * 32, b"", bytes(31), bytes(33)],
    ids=["zero", "order", "ones", "empty", "short", "long"],
)
def test_what_is_no_secret_is_refused_without_being_shown(scalar: bytes) -> None:
    with pytest.raises(tos.InvalidKeyError) as caught:
        tos.SecretKey(scalar)

    assert scalar.hex() not in str(caught.value) or not scalar


def test_generated_keys_differ_and_sign() -> None:
    keys = [tos.SecretKey.generate() for _ in range(3)]

    assert len({key.public for key in keys}) == 3
    assert all(key.public.verify(b"m", key.sign(b"m")) for key in keys)


def test_the_secret_is_in_no_text_of_the_key(key: tos.SecretKey) -> None:
    shown = f"{key!r} {key!s} {key:} {[key]} { ({'key': key}) }"

    assert key.public.hex() in shown
    assert not [spelling for spelling in SPELLINGS if spelling in shown]
    assert not hasattr(key, "__dict__")


def test_the_secret_is_in_no_log(key: tos.SecretKey, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("signing").debug("with %s and %r", key, key)
        key.sign(b"m")

    assert not [spelling for spelling in SPELLINGS if spelling in caplog.text]


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_key_is_neither_pickled_nor_copied(
    key: tos.SecretKey, way: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="neither pickled nor copied") as caught:
        way(key)

    assert SECRET.hex() not in str(caught.value)


def test_an_error_while_signing_shows_no_secret(
    key: tos.SecretKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schnorr, "verify", lambda *_: False)
    try:
        key.sign(b"m")
    except tos.SignatureError as error:
        said = io.StringIO()
        traceback.print_exception(error, file=said)
        assert not [spelling for spelling in SPELLINGS if spelling in said.getvalue()]
    else:
        pytest.fail("a signature that does not verify left the signer")


def test_a_nonce_of_zero_signs_nothing() -> None:
    with pytest.raises(tos.SignatureError):
        schnorr.sign_with_nonce(SECRET, b"m", group.ZERO)


def test_a_wiped_key_signs_no_more(key: tos.SecretKey) -> None:
    public = key.public

    key.wipe()

    for use in (key.reveal, lambda: key.sign(b"m")):
        with pytest.raises(tos.InvalidKeyError, match="wiped"):
            use()
    assert key.public == public


def test_anybody_could_sign_for_the_identity_so_nothing_under_it_holds() -> None:
    response = b"\x05" + bytes(31)
    commitment = group.multiply(response, group.GENERATOR)
    challenge = schnorr._challenge(group.IDENTITY, b"m", commitment)

    identity = tos.PublicKey(group.IDENTITY)

    assert not identity.verify(b"m", response + challenge)
    assert not identity.is_point


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_what_is_no_signature_does_not_hold(key: tos.SecretKey, signature: bytes) -> None:
    assert not key.public.verify(b"m", signature)


def test_signatures_with_a_zero_half_are_computed_not_stumbled_over(key: tos.SecretKey) -> None:
    """libsodium calls a product that is the identity an error."""
    for signature in (bytes(32) + b"\x01" + bytes(31), b"\x01" + bytes(31) + bytes(32)):
        assert not key.public.verify(b"m", signature)


@pytest.mark.parametrize(
    "text", ["", "00", "g" * 64, "0" * 63, "0" * 65, " " + "0" * 63, "0 " * 32, "\uff10" * 64]
)
def test_a_public_key_is_64_hex_digits(text: str) -> None:
    with pytest.raises(tos.InvalidKeyError):
        tos.PublicKey.from_hex(text)


def test_the_binding_leaves_no_file_behind() -> None:
    import sys

    tos.SecretKey(SECRET).sign(b"m")

    assert not Path(sys.modules["rbcl._sodium"].lib_path).exists()
