from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.components import vector_rows
from tests.unit.wire.tos import making
from validator.cli import run
from validator.wire import tos

VALID = vector_rows("ai_mining_tx.json", "vectors")
INVALID = vector_rows("ai_mining_invalid.json", "vectors")

Capture = pytest.CaptureFixture[str]


def signed(payload: tos.Payload) -> tos.Transaction:
    key = tos.SecretKey((3).to_bytes(32, "little"))
    return tos.Transaction(key.public, payload, 1, 0, tos.Reference(bytes(32), 0)).signed(key)


def named(row: dict[str, Any]) -> str:
    return str(row["name"])


@pytest.mark.parametrize("row", VALID, ids=named)
def test_a_good_transaction_is_shown_whole(row: dict[str, Any], capsys: Capture) -> None:
    assert run(["tx", "decode", row["tx_hex"], "--json"]) == 0

    shown = json.loads(capsys.readouterr().out)

    assert shown["data"] == tos.payload_to_json(making.transaction(row).payload)
    assert shown["source"] == row["public_key"]
    assert (shown["hash"], shown["size"]) == (row["tx_hash"], row["size"])
    assert (shown["version"], shown["chain_id"]) == (row["version"], row["chain_id"])
    assert (shown["fee"], shown["nonce"]) == (row["fee"], row["account_nonce"])
    assert shown["reference"] == row["reference"]
    assert shown["signature"] == row["signature_hex"]
    assert shown["minimum_fee"] == row["minimum_fee"]
    assert shown["canonical"] is shown["signature_valid"] is True


@pytest.mark.parametrize("row", INVALID, ids=named)
def test_a_bad_transaction_ends_with_1_and_says_why(row: dict[str, Any], capsys: Capture) -> None:
    assert run(["tx", "decode", row["tx_hex"], "--json"]) == 1

    out, err = capsys.readouterr()
    shown = json.loads(out)
    if row["fails_at"] == "decode":
        assert shown["error"]["code"] == "TV047"
        assert len(err.splitlines()) == 1
    else:
        assert shown["signature_valid"] is (row["fails_at"] is None)
        assert shown["canonical"] is (row["fails_at"] is not None)


@pytest.mark.parametrize("text", ["zz", "0", "00 00", "0x00", "\uff10\uff10", "\u202e00"])
def test_what_is_no_hex_ends_with_1(text: str, capsys: Capture) -> None:
    assert run(["tx", "decode", text]) == 1

    out, err = capsys.readouterr()
    assert not out
    assert "hexadecimal digits" in err


def test_hex_comes_from_standard_input_too(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = signed(tos.ValidateAnswer(bytes(32), bytes(32), 70))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{found.encode().hex().upper()}\n"))

    assert run(["tx", "decode", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hash"] == found.hash().hex()


def test_endless_input_is_refused(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("00" * (1024 * 1024 + 1)))

    assert run(["tx", "decode", "-"]) == 1
    assert "more than 2097152 digits" in capsys.readouterr().err


def test_a_hostile_text_cannot_steer_the_terminal(capsys: Capture) -> None:
    found = signed(tos.SubmitAnswer(bytes(32), "\x1b[31m\u202e[bold]x", bytes(32), 1))

    assert run(["tx", "decode", found.encode().hex()]) == 0

    out = capsys.readouterr().out
    assert "\\x1b[31m\\u202e[bold]x" in out
    assert "signature_valid" in out
