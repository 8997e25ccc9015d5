"""Transactions of the published vectors, built through the package's own types."""

from __future__ import annotations

from typing import Any

from validator.wire import tos


def payload(document: dict[str, Any]) -> tos.AiPayload:
    """Vectors write a miner's key as hex; a node's JSON has 32 numbers."""
    if "RegisterMiner" in document:
        fields = document["RegisterMiner"]
        key = tos.key_to_json(tos.PublicKey.from_hex(fields["miner_address"]))
        document = {"RegisterMiner": fields | {"miner_address": key}}
    return tos.payload_from_json({"a_i_mining": document})


def transaction(row: dict[str, Any]) -> tos.Transaction:
    return tos.Transaction(
        source=tos.PublicKey.from_hex(row["public_key"]),
        payload=payload(row["payload"]),
        fee=row["fee"],
        nonce=row["account_nonce"],
        reference=tos.Reference(
            bytes.fromhex(row["reference"]["hash"]), row["reference"]["topoheight"]
        ),
        version=tos.TxVersion(row["version"]),
        chain_id=row["chain_id"],
        multisig=multisig(row),
        signature=bytes.fromhex(row["signature_hex"]),
    )


def multisig(row: dict[str, Any]) -> tos.MultiSig | None:
    if "multisig" not in row:
        return None
    return tos.MultiSig(
        tuple(
            tos.MultiSigSignature(entry["id"], bytes.fromhex(entry["signature_hex"]))
            for entry in row["multisig"]["signatures"]
        )
    )
