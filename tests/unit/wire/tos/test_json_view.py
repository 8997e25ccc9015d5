from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.components import vector_rows
from validator.wire import tos

KEY = tos.SecretKey((7).to_bytes(32, "little"))
VALID = vector_rows("ai_mining_tx.json", "vectors")

Change = Callable[[dict[str, Any]], Any]


def signed(**changes: Any) -> tos.Transaction:
    fields: dict[str, Any] = {
        "source": KEY.public,
        "payload": tos.ValidateAnswer(b"\x01" * 32, b"\x02" * 32, 85),
        "fee": 10_000,
        "nonce": 0,
        "reference": tos.Reference(b"\x03" * 32, 100),
    }
    return tos.Transaction(**fields | changes).signed(KEY)


def test_a_transaction_is_shown_as_a_node_shows_it() -> None:
    transaction = signed()

    assert tos.transaction_to_json(transaction, tos.Network.DEVNET) == {
        "hash": transaction.hash().hex(),
        "version": 0,
        "chain_id": 0,
        "source": tos.encode_address(KEY.public, tos.Network.DEVNET),
        "data": {
            "a_i_mining": {
                "ValidateAnswer": {
                    "task_id": "01" * 32, "answer_id": "02" * 32, "validation_score": 85,
                }
            }
        },
        "fee": 10_000,
        "nonce": 0,
        "reference": {"hash": "03" * 32, "topoheight": 100},
        "multisig": None,
        "signature": transaction.signature.hex() if transaction.signature else "",
        "size": 222,
    }  # fmt: skip


@pytest.mark.parametrize("row", VALID, ids=lambda row: row["name"])
@pytest.mark.parametrize("network", [None, tos.Network.MAINNET, tos.Network.DEVNET])
def test_a_transaction_comes_back_from_its_json(
    row: dict[str, Any], network: tos.Network | None
) -> None:
    transaction = tos.decode_canonical(bytes.fromhex(row["tx_hex"]))
    document = tos.transaction_to_json(transaction, network)

    assert tos.transaction_from_json(document) == transaction


def test_a_miners_key_is_32_numbers() -> None:
    shown = tos.payload_to_json(tos.RegisterMiner(KEY.public, 5))

    assert shown["a_i_mining"]["RegisterMiner"]["miner_address"] == list(KEY.public.data)


def test_other_types_are_shown() -> None:
    transfer = tos.Transfer(bytes(32), KEY.public, 9, b"\x01")
    address = tos.encode_address(KEY.public, tos.Network.MAINNET)

    assert tos.payload_to_json(tos.Burn(bytes(32), 3)) == {
        "burn": {"asset": "00" * 32, "amount": 3}
    }
    assert tos.payload_to_json(tos.Transfers((transfer,)), tos.Network.MAINNET) == {
        "transfers": [{"asset": "00" * 32, "destination": address, "amount": 9, "extra_data": [1]}]
    }
    assert tos.payload_to_json(tos.MultiSigSetup(1, (KEY.public,))) == {
        "multi_sig": {"threshold": 1, "participants": [list(KEY.public.data)]}
    }


def at(*path: str, value: Any = None) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        if value is None:
            del document[path[-1]]
        else:
            document[path[-1]] = value

    return change


VERDICT = ("data", "a_i_mining", "ValidateAnswer")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("fee"), "fee is missing"),
        (at("fee", value="10000"), "fee must be a whole number"),
        (at("fee", value=True), "fee must be a whole number"),
        (at("fee", value=2**64), "fee must be a whole number from 0"),
        (at("nonce", value=-1), "nonce must be a whole number from 0"),
        (at("version", value=2), "version must be 0 or 1"),
        (at("source", value="tos1x"), "source: an address"),
        (at("source", value="zz" * 32), "source must be hex"),
        (at("source", value=[1]), "source must be text"),
        (at("reference", value=[1]), "reference must be an object"),
        (at("reference", "hash", value="0 " * 32), "hash must be hex"),
        (at("reference", "hash", value="00"), "reference.hash must be 32 bytes"),
        (at("data", value="x"), "data must be an object"),
        (at("data", value={"burn": {}}), "data.a_i_mining must be an object"),
        (at("data", "a_i_mining", value={"x": {}, "y": {}}), "exactly one payload"),
        (at("data", "a_i_mining", value={"Challenge": {}}), "none of the four"),
        (at(*VERDICT, value=[1]), "ValidateAnswer must be an object"),
        (at(*VERDICT, "task_id", value="00"), "task_id must be 32 bytes"),
        (at(*VERDICT, "validation_score", value=256), "validation_score must be"),
        (at(*VERDICT, "validation_score", value=84), "hash is not that of"),
        (at("hash", value="00" * 32), "hash is not that of"),
        (at("signature", value="ff" * 64), "not below the group's order"),
        (at("multisig", value={"signatures": 1}), "multisig.signatures must be a list"),
        (at("multisig", value={"signatures": [{"id": 1}]}), "signature is missing"),
    ],
    ids=count(),
)
def test_json_that_is_no_transaction_is_refused_by_the_field(change: Change, said: str) -> None:
    document = tos.transaction_to_json(signed(), tos.Network.DEVNET)
    change(document)

    with pytest.raises(tos.DecodeError, match=said):
        tos.transaction_from_json(document)


@pytest.mark.parametrize(
    ("value", "good"),
    [(list(range(32)), True), ([0] * 31, False), ([256] * 32, False), ([True] * 32, False),
     (["0"] * 32, False), ("00" * 32, False), (None, False)],
)  # fmt: skip
def test_a_key_in_json_is_32_small_numbers(value: object, good: bool) -> None:
    if good:
        assert tos.key_from_json(value).data == bytes(range(32))
    else:
        with pytest.raises(tos.DecodeError, match="list of 32 numbers"):
            tos.key_from_json(value)


def test_energy_fees_do_not_come_back_and_say_so() -> None:
    document = tos.transaction_to_json(signed(fee_type=tos.FeeType.ENERGY), tos.Network.DEVNET)

    with pytest.raises(tos.DecodeError, match="hash is not that of"):
        tos.transaction_from_json(document)


@pytest.mark.parametrize("network", list(tos.Network))
def test_networks_are_found_by_name_and_number(network: tos.Network) -> None:
    assert tos.Network.from_info_name(network.info_name) is network
    assert tos.Network.from_chain_id(network.chain_id) is network


def test_names_of_get_info_are_those_of_nodes() -> None:
    names = [network.info_name for network in tos.Network]

    assert names == ["Mainnet", "Testnet", "Stagenet", "Dev"]
    with pytest.raises(tos.DecodeError):
        tos.Network.from_info_name("devnet")
    with pytest.raises(tos.DecodeError):
        tos.Network.from_chain_id(4)
