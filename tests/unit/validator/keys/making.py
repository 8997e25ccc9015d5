"""Key files that cost little to open."""

from __future__ import annotations

from pydantic import SecretBytes

from validator import keys
from validator.wire.tos import Network, SecretKey

CHEAP = keys.Cost(memory_kib=8 * 1024, iterations=1, lanes=1)
PASSPHRASE = SecretBytes(b"correct horse")
SECRET = bytes.fromhex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00")


def chain_file(network: Network = Network.DEVNET, genesis: bytes | None = None) -> keys.KeyFile:
    return keys.seal(SecretKey(SECRET), network, PASSPHRASE, genesis=genesis, cost=CHEAP)
