"""A registration killed on the way is paid for once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretBytes

from devnet.store import SqliteStore
from tests.crash.dying_register import SEED
from tests.crash.house import ROOT
from tests.fakes.devnet import FUNDS, VALIDATOR, World, world
from tests.fakes.signing import CHEAP, PASSPHRASE
from validator.domain.clock import SystemClock
from validator.keys import seal, write_key_file
from validator.protection.database import ProtectionDatabase
from validator.protection.values import fingerprint
from validator.wire.tos import Network

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = VALIDATOR.public


def reopened(folder: Path) -> World:
    return world(SqliteStore(folder / "chain.sqlite3", SEED), SEED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A funded account on a chain in a file, its key, and an empty history."""
    chain = reopened(tmp_path)
    chain.fund(VALIDATOR)
    genesis = chain.chain.genesis
    chain.node.close()
    secret = SecretBytes(PASSPHRASE.encode())
    sealed = seal(VALIDATOR, Network.DEVNET, secret, genesis=genesis, cost=CHEAP)
    write_key_file(tmp_path / "k.json", sealed)
    (tmp_path / "pw").touch(0o600)
    (tmp_path / "pw").write_text(PASSPHRASE)
    history = tmp_path / ".tos-validator" / "protection"
    name = fingerprint(PUBLIC.data)
    ProtectionDatabase.create(history, genesis, PUBLIC.data, name, SystemClock()).close()
    return tmp_path


def register(folder: Path, point: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "tests.crash.dying_register", point, "chain.sqlite3"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("point", ["kept", "nonce_taken", "submitted"])
def test_a_registration_that_was_killed_is_made_once(folder: Path, point: str) -> None:
    assert register(folder, point).returncode == -9
    kept = (folder / "k.json.registration").read_bytes()

    again = register(folder, "none")
    third = register(folder, "none")

    assert (again.returncode, third.returncode) == (0, 0), again.stderr
    assert json.loads(again.stdout) == json.loads(third.stdout)
    assert (folder / "k.json.registration").read_bytes() == kept
    chain = reopened(folder)
    assert chain.chain.ledger.amount(PUBLIC) == FUNDS - 10**9 - 10_000
    assert chain.chain.ledger.nonce(PUBLIC) == 1
    chain.node.close()
    history = folder / ".tos-validator" / "protection"
    with ProtectionDatabase.open(history, None, SystemClock()) as database:
        assert database.known(PUBLIC.data, None).nonces == {0}
