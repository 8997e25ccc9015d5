"""Values that the wire cannot carry are refused when they are made, by the field's name."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from validator.wire import tos
from validator.wire.tos import address

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = tos.SecretKey((9).to_bytes(32, "little"))
VERDICT = tos.ValidateAnswer(bytes(32), bytes(32), 1)
REFERENCE = tos.Reference(bytes(32), 0)
HALF = bytes(64)


def made(**changes: Any) -> tos.Transaction:
    fields: dict[str, Any] = {
        "source": KEY.public, "payload": VERDICT, "fee": 1, "nonce": 0, "reference": REFERENCE,
    }  # fmt: skip
    return tos.Transaction(**fields | changes)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: made(fee=-1), "fee must be"),
        (lambda: made(fee=2**64), "fee must be"),
        (lambda: made(fee=1.0), "fee must be"),
        (lambda: made(nonce=True), "nonce must be"),
        (lambda: made(chain_id=3), "chain_id has no place in version 0"),
        (lambda: made(version=tos.TxVersion.T1), "chain_id must be"),
        (lambda: made(version=tos.TxVersion.T1, chain_id=256), "chain_id must be"),
        (lambda: made(version=0), "version must be one of"),
        (lambda: made(fee_type=0), "fee_type must be one of"),
        (lambda: made(signature=bytes(63)), "signature must be 64 bytes"),
        (lambda: made(signature=b"\xff" * 64), "not below the group's order"),
        (lambda: made().encode(), "signature is missing"),
        (lambda: made().hash(), "signature is missing"),
        (lambda: tos.Reference(bytes(31), 0), "reference.hash must be 32 bytes"),
        (lambda: tos.Reference(bytes(32), -1), "reference.topoheight must be"),
        (lambda: tos.ValidateAnswer(b"", bytes(32), 1), "task_id must be 32 bytes"),
        (lambda: tos.ValidateAnswer(bytes(32), bytearray(32), 1), "answer_id must be"),  # type: ignore[arg-type]
        (lambda: tos.ValidateAnswer(bytes(32), bytes(32), 256), "validation_score must be"),
        (lambda: tos.SubmitAnswer(bytes(32), "é" * 128, bytes(32), 1), "answer_content is 256"),
        (lambda: tos.SubmitAnswer(bytes(32), "\ud800", bytes(32), 1), "lone surrogate"),
        (lambda: tos.SubmitAnswer(bytes(32), b"text", bytes(32), 1), "must be text"),  # type: ignore[arg-type]
        (lambda: tos.PublishTask(bytes(32), 1, 0, 1, ""), "difficulty must be"),  # type: ignore[arg-type]
        (lambda: tos.RegisterMiner(bytes(32), 1), "miner_address must be"),  # type: ignore[arg-type]
        (lambda: tos.PublicKey(bytes(31)), "public key must be 32 bytes"),
        (lambda: tos.MultiSigSignature(256, HALF), "multisig.id must be"),
        (lambda: tos.MultiSig((tos.MultiSigSignature(1, HALF),) * 2), "an id twice"),
        (lambda: tos.Transfers(()), "transfers must be 1 to 500"),
        (lambda: tos.Transfer(bytes(32), KEY.public, 1, bytes(1025)), "extra_data must be"),
        (lambda: tos.MultiSigSetup(1, ()), "participants are none exactly when"),
        (lambda: tos.MultiSigSetup(0, (KEY.public,)), "participants are none exactly when"),
        (lambda: tos.MultiSigSetup(1, (KEY.public,) * 2), "different keys"),
        (lambda: tos.answer_id(b"", bytes(32), bytes(32), 0, 0), "task_id must be"),
        (lambda: tos.answer_id(bytes(32), bytes(32), bytes(32), -1, 0), "block_height must be"),
    ],
    ids=count(),
)  # fmt: skip
def test_it_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(tos.EncodeError, match=said):
        make()


def test_only_the_source_signs_a_transaction() -> None:
    with pytest.raises(tos.SignatureError, match="not the source"):
        made().signed(tos.SecretKey.generate())

    assert made().signed(KEY).signature_holds()
    assert not made().signature_holds()


def test_a_transaction_over_a_mebibyte_is_not_even_read() -> None:
    data = made().signed(KEY).encode()

    assert tos.decode_transaction(data + bytes(1024 * 1024 - len(data))).payload == VERDICT
    with pytest.raises(tos.DecodeError, match="more than 1048576 bytes"):
        tos.decode_transaction(data + bytes(1024 * 1024 - len(data) + 1))


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "payload variant: 1 bytes are needed"),
        (b"\x04", "payload variant: 4"),
        (b"\x02" + bytes(66), "1 bytes follow its end"),
        (b"\x00" + bytes(40) + b"\x04" + bytes(9), "difficulty: 4"),
        (b"\x01" + bytes(32) + b"\x02\xff\xfe" + bytes(40), "not UTF-8"),
        (b"\x01" + bytes(32) + b"\x03\xed\xa0\x80" + bytes(40), "not UTF-8"),
    ],
    ids=count(),
)
def test_a_payload_that_is_none_is_refused(payload: bytes, said: str) -> None:
    with pytest.raises(tos.DecodeError, match=said):
        tos.decode_payload(payload)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\x01\x00\x00", "transfers: 0"),
        (b"\x01\x01\xf5", "transfers: 501"),
        (b"\x01\x00\x01" + bytes(72) + b"\x02", "extra_data: 2"),
        (b"\x01\x00\x01" + bytes(72) + b"\x01\x04\x01", "extra_data: 1025"),
        (b"\x02\x01\x00", "needs at least one"),
        (b"\x02\x01\x02" + bytes(64), "named twice"),
        (b"\x05", "type tag: 5"),
    ],
)
def test_other_types_are_read_as_strictly_as_nodes_do(body: bytes, said: str) -> None:
    with pytest.raises(tos.DecodeError, match=said):
        tos.decode_transaction(b"\x00" + KEY.public.data + body + bytes(200))


def test_a_multisig_with_one_id_twice_does_not_decode() -> None:
    entries = tuple(tos.MultiSigSignature(one, bytes(64)) for one in (1, 2))
    data = bytearray(made(multisig=tos.MultiSig(entries), signature=bytes(64)).encode())
    data[-64 - 65] = 1

    with pytest.raises(tos.DecodeError, match="named twice"):
        tos.decode_transaction(bytes(data))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a prefix, a 1"),
        ("tos", "a prefix, a 1"),
        ("1" * 400, "at most 320"),
        ("toß1qqqqqqqqqq", "a prefix, a 1"),
        ("tos1bbbbbbbbbb", "bech32 alphabet"),
        ("tos1\u202eqqqqqqqqqq", "bech32 alphabet"),
    ],
)
def test_text_that_is_no_address(text: str, said: str) -> None:
    with pytest.raises(tos.AddressError, match=said):
        tos.decode_address(text)


def test_addresses_of_another_kind_are_told_apart() -> None:
    from validator.wire.tos.address import encode_bech32

    integrated = encode_bech32("tos", bytes(32) + b"\x01" + b"note")
    unknown = encode_bech32("tos", bytes(32) + b"\x02")
    longer = encode_bech32("tos", bytes(32) + b"\x00\x00")

    for text, said in ((integrated, "integrated"), (unknown, "type 2"), (longer, "key and a 0")):
        with pytest.raises(tos.AddressError, match=said):
            tos.decode_address(text)


def test_an_address_of_another_network_is_refused_by_name() -> None:
    text = tos.encode_address(KEY.public, tos.Network.MAINNET)

    with pytest.raises(tos.AddressError, match="an address of devnet begins with tst1"):
        tos.decode_address(text, tos.Network.DEVNET)


@pytest.mark.parametrize("change", [str.upper, str.capitalize, str.title])
def test_an_address_in_capitals_is_refused_with_the_reason(change: Callable[[str], str]) -> None:
    text = tos.encode_address(KEY.public, tos.Network.MAINNET)

    with pytest.raises(tos.AddressError, match="lower case"):
        tos.decode_address(change(text))


@pytest.mark.parametrize(
    "digits", [[0] * 52 + [1], [0] * 54], ids=["a spare bit that is set", "a digit too many"]
)
def test_an_address_with_bits_that_say_nothing_is_refused(digits: list[int]) -> None:
    """BIP-173: less than one digit of padding, and all of it zero. The checksum is right."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    rest = address._polymod([*address._spread("tos"), *digits, *[0] * 6]) ^ 1
    checksum = [rest >> 5 * (5 - i) & 31 for i in range(6)]
    text = "tos1" + "".join(letters[digit] for digit in (*digits, *checksum))

    with pytest.raises(tos.AddressError, match="whole byte"):
        tos.decode_address(text)
