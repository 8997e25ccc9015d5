"""Vectors of hashes, addresses, keys, signatures, ids and fees."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.components import require_vectors, vector_rows
from validator.wire import tos
from validator.wire.tos import address, group, schnorr

FEES = vector_rows("ai_mining_derived.json", "minimum_fee")
KEYS = vector_rows("schnorr.json", "keys_and_signatures")


@pytest.mark.parametrize("row", vector_rows("hashes.json", "blake3"), ids=lambda row: row["name"])
def test_blake3(row: dict[str, Any]) -> None:
    assert tos.blake3_256(bytes.fromhex(row["input"])).hex() == row["digest"]


@pytest.mark.parametrize("row", vector_rows("hashes.json", "sha3_512"), ids=lambda row: row["name"])
def test_sha3_is_that_of_fips_202(row: dict[str, Any]) -> None:
    assert hashlib.sha3_512(bytes.fromhex(row["input"])).hexdigest() == row["digest"]


@pytest.mark.parametrize("row", vector_rows("ai_mining_derived.json", "answer_hash"))
def test_answer_hash(row: dict[str, Any]) -> None:
    assert tos.answer_hash(row["content"]).hex() == row["answer_hash"]


@pytest.mark.parametrize("row", vector_rows("ai_mining_derived.json", "answer_id"))
def test_answer_id(row: dict[str, Any]) -> None:
    found = tos.answer_id(
        bytes.fromhex(row["task_id"]),
        bytes.fromhex(row["submitter"]),
        bytes.fromhex(row["answer_hash"]),
        row["block_height"],
        row["block_timestamp_ms"],
    )

    assert found.hex() == row["answer_id"]


@pytest.mark.parametrize("row", FEES, ids=lambda row: str(row["size"]))
def test_minimum_fee(row: dict[str, Any]) -> None:
    assert tos.minimum_fee(row["size"], row["multisig_signatures"]) == row["fee"]


def test_each_recipient_of_a_transfer_costs_extra() -> None:
    assert tos.minimum_fee(232, outputs=3) == 10_000 + 3 * 5_000


def test_a_fee_of_nothing_is_not_computed() -> None:
    with pytest.raises(tos.EncodeError):
        tos.minimum_fee(0)


def test_the_generator_is_the_one_that_the_base_point_gives() -> None:
    published = require_vectors("schnorr.json")

    assert group.GENERATOR.hex() == published["H"]
    assert group.BASE.hex() == published["basepoint"]
    assert group.derived_generator() == group.GENERATOR


@pytest.mark.parametrize("row", vector_rows("schnorr.json", "vectors"), ids=lambda row: row["name"])
def test_published_signatures_with_a_given_nonce(row: dict[str, Any]) -> None:
    secret, message, nonce, signature = (
        bytes.fromhex(row[part]) for part in ("secret_key", "message", "nonce_k", "signature")
    )

    assert tos.SecretKey(secret).public.hex() == row["public_key"]
    assert schnorr.sign_with_nonce(secret, message, nonce) == signature
    assert tos.PublicKey.from_hex(row["public_key"]).verify(message, signature)


@pytest.mark.parametrize("row", [row for row in KEYS if "signature" in row])
def test_published_signatures_verify(row: dict[str, Any]) -> None:
    key = tos.PublicKey.from_hex(row["public_key"])

    assert key.verify(bytes.fromhex(row["message"]), bytes.fromhex(row["signature"]))
    assert not key.verify(bytes.fromhex(row["message"]) + b"x", bytes.fromhex(row["signature"]))


@pytest.mark.parametrize("row", [row for row in KEYS if "from" in row["op"]])
def test_published_keys(row: dict[str, Any]) -> None:
    seed = (
        row["seed"]
        if "seed" in row
        else int.from_bytes(bytes.fromhex(row["private_key"]), "little")
    )
    scalar = (seed % group.ORDER).to_bytes(32, "little")

    if scalar == group.ZERO:  # the published key of nothing is the identity; we refuse such a key
        assert bytes.fromhex(row["public_key"]) == group.IDENTITY
        with pytest.raises(tos.InvalidKeyError):
            tos.SecretKey(scalar)
    else:
        assert tos.SecretKey(scalar).public.hex() == row["public_key"]


@pytest.mark.parametrize("row", vector_rows("bech32.json", "raw"), ids=lambda row: row["name"])
def test_raw_bech32(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["data"])

    assert address.encode_bech32(row["hrp"], data) == row["encoded"]
    assert address.decode_bech32(row["encoded"]) == (row["hrp"], data)


@pytest.mark.parametrize("row", vector_rows("bech32.json", "addresses"))
def test_addresses(row: dict[str, Any]) -> None:
    key = tos.PublicKey.from_hex(row["public_key"])

    for network in tos.Network:
        text = row["mainnet"] if network is tos.Network.MAINNET else row["other_networks"]
        assert tos.encode_address(key, network) == text
        assert tos.decode_address(text, network) == tos.Address(key, network.prefix)


@pytest.mark.parametrize("row", vector_rows("bech32.json", "node_constants"))
def test_addresses_that_nodes_carry(row: dict[str, Any]) -> None:
    assert tos.decode_address(row["address"]).public_key.hex() == row["public_key"]


@pytest.mark.parametrize("row", vector_rows("bech32.json", "invalid"))
def test_texts_that_are_no_address(row: dict[str, Any]) -> None:
    with pytest.raises(tos.AddressError):
        tos.decode_address(row["text"])


@pytest.mark.parametrize("row", vector_rows("bech32.json", "spec_address_vectors_not_node_order"))
def test_addresses_in_the_order_that_nodes_do_not_use(row: dict[str, Any]) -> None:
    """They hold the type before the key: not one may be taken for that key's account."""
    try:
        found = tos.decode_address(row["address"]).public_key.hex()
    except tos.AddressError:
        return
    assert found != row["public_key"] or set(row["public_key"]) == {"0"}


@pytest.mark.parametrize(
    ("kind", "extra"), [("validate", 0), ("register", 0), ("publish", 1), ("submit", 1)]
)
def test_sizes_without_text(kind: str, extra: int) -> None:
    sizes = require_vectors("ai_mining_derived.json")["sizes"]
    plain = {
        "validate": tos.ValidateAnswer(bytes(32), bytes(32), 0),
        "register": tos.RegisterMiner(tos.PublicKey(bytes(32)), 0),
        "publish": tos.PublishTask(bytes(32), 0, tos.Difficulty.BEGINNER, 0, ""),
        "submit": tos.SubmitAnswer(bytes(32), "", bytes(32), 0),
    }[kind]
    name = f"{kind}_t0_plus_text" if extra else f"{kind}_t0"

    built = tos.Transaction(tos.PublicKey(bytes(32)), plain, 0, 0, tos.Reference(bytes(32), 0))

    assert built.size == sizes[name]
