"""Laws of the chain's codec: both ways are the identity, and hostile bytes meet only our errors."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from validator.wire import tos
from validator.wire.tos import group, schnorr
from validator.wire.tos.address import decode_bech32, encode_bech32

U8 = st.integers(0, 2**8 - 1)
U64 = st.integers(0, 2**64 - 1)
HASH = st.binary(min_size=32, max_size=32)
KEY = HASH.map(tos.PublicKey)
SCALAR = st.integers(0, group.ORDER - 1).map(lambda value: value.to_bytes(32, "little"))
SECRET = st.integers(1, group.ORDER - 1).map(
    lambda value: tos.SecretKey(value.to_bytes(32, "little"))
)
SIGNATURE = st.tuples(SCALAR, SCALAR).map(b"".join)
TEXT = st.text(st.characters(exclude_categories=["Cs"])).filter(
    lambda text: len(text.encode()) <= 255
)

AI_PAYLOAD: st.SearchStrategy[tos.AiPayload] = st.one_of(
    st.builds(tos.PublishTask, HASH, U64, st.sampled_from(tos.Difficulty), U64, TEXT),
    st.builds(tos.SubmitAnswer, HASH, TEXT, HASH, U64),
    st.builds(tos.ValidateAnswer, HASH, HASH, U8),
    st.builds(tos.RegisterMiner, KEY, U64),
)
TRANSFER = st.builds(tos.Transfer, HASH, KEY, U64, st.none() | st.binary(max_size=40))
OTHER_PAYLOAD = st.one_of(
    st.builds(tos.Burn, HASH, U64),
    st.lists(TRANSFER, min_size=1, max_size=4).map(lambda some: tos.Transfers(tuple(some))),
    st.just(tos.MultiSigSetup(0)),
    st.builds(
        tos.MultiSigSetup,
        st.integers(1, 255),
        st.lists(KEY, min_size=1, max_size=4, unique=True).map(tuple),
    ),
)
MULTISIG = st.none() | st.lists(
    st.builds(tos.MultiSigSignature, U8, SIGNATURE), max_size=4, unique_by=lambda entry: entry.id
).map(lambda entries: tos.MultiSig(tuple(entries)))


@st.composite
def transactions(draw: st.DrawFn, payload: st.SearchStrategy[Any]) -> tos.Transaction:
    version = draw(st.sampled_from(tos.TxVersion))
    return tos.Transaction(
        draw(KEY),
        draw(payload),
        draw(U64),
        draw(U64),
        draw(st.builds(tos.Reference, HASH, U64)),
        version,
        draw(U8) if version is tos.TxVersion.T1 else None,
        draw(st.sampled_from(tos.FeeType)),
        draw(MULTISIG),
        draw(SIGNATURE),
    )


@given(transactions(AI_PAYLOAD | OTHER_PAYLOAD))
def test_decoding_what_was_encoded_is_the_identity(transaction: tos.Transaction) -> None:
    data = transaction.encode()

    assert tos.decode_canonical(data) == transaction
    assert len(data) == transaction.size
    assert data.startswith(transaction.unsigned())


@given(AI_PAYLOAD)
def test_payloads_come_back_from_bytes_and_from_json(payload: tos.AiPayload) -> None:
    assert tos.decode_payload(tos.encode_payload(payload)) == payload
    assert tos.payload_from_json(tos.payload_to_json(payload)) == payload


@given(transactions(AI_PAYLOAD), st.sampled_from([None, *tos.Network]))
def test_json_and_back_is_the_identity_or_says_that_it_is_not(
    transaction: tos.Transaction, network: tos.Network | None
) -> None:
    document = tos.transaction_to_json(transaction, network)

    if transaction.fee_type is tos.FeeType.TOS:
        assert tos.transaction_from_json(document) == transaction
    else:
        with pytest.raises(tos.DecodeError, match="hash is not that of"):
            tos.transaction_from_json(document)


@given(transactions(AI_PAYLOAD | OTHER_PAYLOAD), st.data())
def test_any_changed_bytes_decode_to_themselves_or_meet_our_error(
    transaction: tos.Transaction, data: st.DataObject
) -> None:
    altered = bytearray(transaction.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(altered) - 1))
        altered[where] = data.draw(U8)
    cut = bytes(altered[: data.draw(st.integers(0, len(altered)))])

    for hostile in (bytes(altered), cut, bytes(altered) + cut):
        _read(hostile)


@given(st.binary(max_size=600))
def test_any_bytes_at_all_meet_only_our_error(data: bytes) -> None:
    _read(data)
    _read(b"\x00" + bytes(32) + b"\x06" + data)
    _read(b"\x01\x03" + bytes(32) + b"\x01" + data)


def _read(data: bytes) -> None:
    """Whatever decodes must encode to the bytes that were taken."""
    try:
        found = tos.decode_transaction(data)
    except tos.TosError:
        assert not tos.is_canonical(data)
        return
    assert data.startswith(found.encode())
    assert tos.is_canonical(data) == (len(data) == found.size)
    found.signature_holds()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(transactions(AI_PAYLOAD), st.data())
def test_a_field_of_json_replaced_by_anything_meets_only_our_error(
    transaction: tos.Transaction, data: st.DataObject
) -> None:
    document = tos.transaction_to_json(transaction, tos.Network.DEVNET)
    place: Any = document
    while isinstance(place[name := data.draw(st.sampled_from(sorted(place)))], dict):
        place = place[name]
    place[name] = data.draw(JSON)

    try:
        tos.transaction_from_json(document)
    except tos.TosError:
        return
    assert tos.transaction_from_json(document).hash().hex() == document["hash"]


@given(SECRET, st.binary(max_size=300), st.binary(min_size=1, max_size=300))
def test_a_signature_holds_for_its_message_and_key_alone(
    secret: tos.SecretKey, message: bytes, other: bytes
) -> None:
    signature = secret.sign(message)

    assert secret.public.verify(message, signature)
    assert not secret.public.verify(message + other, signature)
    assert not tos.PublicKey(group.GENERATOR).verify(message, signature) or (
        secret.public.data == group.GENERATOR
    )


@given(HASH, st.binary(max_size=80), SIGNATURE | st.binary(max_size=70))
def test_verification_of_anything_says_yes_or_no(
    public: bytes, message: bytes, signature: bytes
) -> None:
    assert schnorr.verify(public, message, signature) in (True, False)


@given(KEY, st.sampled_from(tos.Network))
def test_addresses_come_back(key: tos.PublicKey, network: tos.Network) -> None:
    text = tos.encode_address(key, network)

    assert tos.decode_address(text, network).public_key == key
    assert len(text) == 63


@given(KEY, st.sampled_from(tos.Network), st.data())
def test_a_slip_in_an_address_is_seen(
    key: tos.PublicKey, network: tos.Network, data: st.DataObject
) -> None:
    """BIP-173: up to four wrong letters are always found."""
    text = list(tos.encode_address(key, network))
    places = data.draw(st.sets(st.integers(4, len(text) - 1), min_size=1, max_size=4))
    for place in places:
        others = sorted(set("qpzry9x8gf2tvdw0s3jn54khce6mua7l") - {text[place]})
        text[place] = data.draw(st.sampled_from(others))

    with pytest.raises(tos.AddressError):
        tos.decode_address("".join(text))


@given(st.text() | st.text("tos1qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_any_text_is_an_address_or_meets_our_error(text: str) -> None:
    try:
        found = tos.decode_address(text)
    except tos.AddressError:
        return
    assert text in {tos.encode_address(found.public_key, network) for network in tos.Network}


@given(st.binary(max_size=160))
def test_bech32_comes_back(data: bytes) -> None:
    assert decode_bech32(encode_bech32("tst", data)) == ("tst", data)
