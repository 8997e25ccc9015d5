from __future__ import annotations

from typing import Any

import pytest

from tests.components import require_vectors, vector_rows
from tests.unit.wire.tos import making
from validator.wire import tos
from validator.wire.tos import schnorr

VALID = vector_rows("ai_mining_tx.json", "vectors")
INVALID = vector_rows("ai_mining_invalid.json", "vectors")
REFUSED = vector_rows("ai_mining_invalid.json", "encoder_must_refuse")
OTHERS = vector_rows("wire_format.json", "vectors")
SIGNED = vector_rows("wire_format.json", "signed")
EVERY_FILE = [
    "ai_mining_derived.json", "ai_mining_invalid.json", "ai_mining_tx.json", "bech32.json",
    "hashes.json", "schnorr.json", "wire_format.json",
]  # fmt: skip


def named(row: dict[str, Any]) -> str:
    return str(row["name"])


@pytest.mark.parametrize("name", EVERY_FILE)
def test_the_published_vectors_are_there(name: str) -> None:
    assert require_vectors(name)


@pytest.mark.parametrize("row", VALID, ids=named)
def test_a_transaction_of_the_vectors_encodes_to_its_bytes(row: dict[str, Any]) -> None:
    built = making.transaction(row)

    assert tos.encode_payload(built.payload).hex() == row["payload_hex"]  # type: ignore[arg-type]
    assert built.unsigned().hex() == row["unsigned_hex"]
    assert built.encode().hex() == row["tx_hex"]
    assert built.hash().hex() == row["tx_hash"]
    assert (built.size, built.minimum_fee) == (row["size"], row["minimum_fee"])


@pytest.mark.parametrize("row", VALID, ids=named)
def test_the_bytes_of_the_vectors_decode_to_their_transaction(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["tx_hex"])

    found = tos.decode_canonical(data)

    assert found == making.transaction(row)
    assert found.signature_holds()
    assert tos.decode_payload(bytes.fromhex(row["payload_hex"])) == found.payload
    assert tos.encode_address(found.source, tos.Network(row["network"])) == row["address"]


@pytest.mark.parametrize("row", VALID, ids=named)
def test_the_vectors_key_and_nonce_give_their_signature(row: dict[str, Any]) -> None:
    secret, nonce = bytes.fromhex(row["secret_key"]), bytes.fromhex(row["nonce_k"])

    made = schnorr.sign_with_nonce(secret, bytes.fromhex(row["unsigned_hex"]), nonce)

    assert tos.SecretKey(secret).public.hex() == row["public_key"]
    assert made.hex() == row["signature_hex"]


@pytest.mark.parametrize("row", [row for row in VALID if "multisig" in row], ids=named)
def test_each_participant_of_a_multisig_signs_the_hash_of_the_signed_bytes(
    row: dict[str, Any],
) -> None:
    built, entries = making.transaction(row), row["multisig"]["signatures"]
    keys = {entry["id"]: tos.PublicKey.from_hex(entry["public_key"]) for entry in entries}
    message = built.multisig_message()

    assert message.hex() == row["multisig"]["hash_signed_by_participants"]
    assert built.multisig_holds(keys)
    assert not built.multisig_holds(dict.fromkeys(keys, built.source))
    assert not built.multisig_holds({})
    for entry in entries:
        secret, nonce = bytes.fromhex(entry["secret_key"]), bytes.fromhex(entry["nonce_k"])
        assert schnorr.sign_with_nonce(secret, message, nonce).hex() == entry["signature_hex"]


@pytest.mark.parametrize("row", [row for row in INVALID if row["fails_at"] == "decode"], ids=named)
def test_what_no_node_decodes_is_refused_when_decoding(row: dict[str, Any]) -> None:
    with pytest.raises(tos.DecodeError) as caught:
        tos.decode_transaction(bytes.fromhex(row["tx_hex"]))

    assert caught.value.stage is tos.Stage.DECODE


@pytest.mark.parametrize(
    "row", [row for row in INVALID if row["fails_at"] == "signature"], ids=named
)
def test_what_was_altered_decodes_and_is_refused_at_its_signature(row: dict[str, Any]) -> None:
    found = tos.decode_canonical(bytes.fromhex(row["tx_hex"]))

    with pytest.raises(tos.SignatureError):
        found.require_signature()


@pytest.mark.parametrize("row", [row for row in INVALID if not row["fails_at"]], ids=named)
def test_what_a_node_lets_pass_decodes_but_is_not_canonical(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["tx_hex"])

    found = tos.decode_transaction(data)

    found.require_signature()
    assert found.hash().hex() == row["tx_hash"]
    assert not tos.is_canonical(data)
    with pytest.raises(tos.DecodeError) as caught:
        tos.decode_canonical(data)
    assert caught.value.stage is tos.Stage.CANONICAL


def test_every_stage_of_the_invalid_vectors_is_one_of_those_above() -> None:
    assert {row["fails_at"] for row in INVALID} <= {"decode", "signature", None}


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: next(iter(row["payload"])))
def test_text_that_would_be_cut_on_the_wire_is_refused(row: dict[str, Any]) -> None:
    document = {"a_i_mining": row["payload"]}

    with pytest.raises(tos.DecodeError, match="256 bytes of UTF-8; the wire carries at most 255"):
        tos.payload_from_json(document)


@pytest.mark.parametrize("row", OTHERS, ids=named)
def test_other_types_of_the_vectors_decode_to_what_they_say(row: dict[str, Any]) -> None:
    data, said = bytes.fromhex(row["tx_hex"]), row["tx"]

    found = tos.decode_canonical(data)

    assert found.encode() == data
    assert (found.version, found.chain_id) == (said["version"], said["chain_id"])
    assert found.source.hex() == said["source"]
    assert (found.fee, found.nonce) == (said["fee"], said["nonce"])
    assert shown(found.payload) == said["payload"]


def shown(payload: tos.Payload) -> Any:
    """The vectors' own way to write payloads."""
    match payload:
        case tos.Burn(asset, amount):
            return {"asset": asset.hex(), "amount": amount}
        case tos.Transfers(transfers):
            return [
                {
                    "asset": one.asset.hex(),
                    "destination": one.destination.hex(),
                    "amount": one.amount,
                    "extra_data": one.extra_data.hex() if one.extra_data else None,
                }
                for one in transfers
            ]
        case tos.MultiSigSetup(threshold, participants):
            keys = [key.hex() for key in participants]
            return {"threshold": threshold, "participants": keys}
    pytest.fail("an AI-mining payload among the other types")


@pytest.mark.parametrize("row", SIGNED)
def test_really_signed_transactions_of_other_types_verify(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["tx_hex"])

    found = tos.decode_canonical(data)

    assert found.source.hex() == row["source"]
    assert found.unsigned() == data[: row["signed_part_length"]]
    found.require_signature()
