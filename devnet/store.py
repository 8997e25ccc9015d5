"""The chain on disk: a journal of what happened, played again at the start.

The AI state cannot be computed from the blocks in their final order, because a re-order does not
roll it back; so every new block and every re-order is written down in the order of its coming.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, Protocol

from devnet.blocks import Block, Credit
from devnet.errors import DevnetError
from devnet.mempool import Mempool
from validator.wire.tos import PublicKey, Transaction, decode_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from devnet.chain import Chain
    from devnet.mempool import Pending

SCHEMA: Final = "1"
TABLES: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS transactions (hash BLOB PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS blocks (hash BLOB PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pending
  (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, first_seen INTEGER NOT NULL);
"""
BUSY_S: Final = 1.0


class Store(Protocol):
    """Where the chain is kept."""

    def replay(self, chain: Chain) -> None:
        """Bring a new chain to where the last process left it."""

    def extended(self, chain: Chain, block: Block) -> None:
        """Keep a new block."""

    def rewritten(
        self, chain: Chain, base: int, blocks: Sequence[Block], *, keep_mining: bool
    ) -> None:
        """Keep a re-order."""

    def waiting(self, chain: Chain) -> None:
        """Keep what the mempool holds."""

    def close(self) -> None:
        """Let go of it."""


class MemoryStore:
    """Keeps nothing: the chain ends with its process."""

    def replay(self, chain: Chain) -> None:
        """Nothing was kept."""

    def extended(self, chain: Chain, block: Block) -> None:
        """Nothing is kept."""

    def rewritten(
        self, chain: Chain, base: int, blocks: Sequence[Block], *, keep_mining: bool
    ) -> None:
        """Nothing is kept."""

    def waiting(self, chain: Chain) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is held."""


class SqliteStore:
    """One SQLite file, owned by one process."""

    def __init__(self, path: Path, seed: str) -> None:
        """Open or make the file.

        Raises DevnetError when another process has it, or it belongs to another seed or schema.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=BUSY_S)
        try:
            self._prepare(path, {"schema": SCHEMA, "seed": seed})
        except sqlite3.Error as error:
            self._db.close()
            raise DevnetError(
                f"data-dir: {path} cannot be used ({error}); stop the other devnet that has it,"
                " or choose another folder"
            ) from None
        except DevnetError:
            self._db.close()
            raise

    def _prepare(self, path: Path, facts: dict[str, str]) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; a power cut may cost a development chain its last blocks.
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._db:
            self._db.executescript(TABLES)
            known = dict(self._db.execute("SELECT name, value FROM facts"))
            if known and known != facts:
                raise DevnetError(
                    f"data-dir: {path} holds a chain of another seed or version;"
                    " remove it or choose another folder"
                )
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())

    def replay(self, chain: Chain) -> None:
        """Play the journal, then admit again what waited. Signatures were verified then."""
        for (body,) in self._all("SELECT body FROM journal ORDER BY number"):
            self._play(chain, json.loads(body))
        chain.mempool = Mempool()  # what the journal left there is not what waited at the end
        rows = self._all(
            "SELECT data, first_seen FROM pending JOIN transactions USING (hash) ORDER BY number"
        )
        for data, first_seen in rows:
            chain.resume(decode_transaction(data), first_seen)

    def _play(self, chain: Chain, entry: dict[str, Any]) -> None:
        blocks = [self._block(bytes.fromhex(name)) for name in entry["blocks"]]
        names = {name for block in blocks for name in block.transactions}
        transactions = {name: self._transaction(name) for name in names}
        if "base" in entry:
            chain.rewrite(entry["base"], blocks, transactions, keep_mining=entry["keep_mining"])
        else:
            chain.extend(blocks[0], transactions)

    def extended(self, chain: Chain, block: Block) -> None:
        """Keep a new block and the mempool after it."""
        with self._db:
            self._keep(chain, [block])
            self._note({"blocks": [block.hash.hex()]})
            self._set_waiting(chain.mempool.everything())

    def rewritten(
        self, chain: Chain, base: int, blocks: Sequence[Block], *, keep_mining: bool
    ) -> None:
        """Keep a re-order and the mempool after it."""
        with self._db:
            self._keep(chain, blocks)
            names = [block.hash.hex() for block in blocks]
            self._note({"base": base, "blocks": names, "keep_mining": keep_mining})
            self._set_waiting(chain.mempool.everything())

    def waiting(self, chain: Chain) -> None:
        """Keep what the mempool holds."""
        with self._db:
            self._set_waiting(chain.mempool.everything())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _all(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        with closing(self._db.execute(query, values)) as rows:
            yield from rows.fetchall()

    def _note(self, entry: dict[str, Any]) -> None:
        self._db.execute("INSERT INTO journal (body) VALUES (?)", (json.dumps(entry),))

    def _keep(self, chain: Chain, blocks: Sequence[Block]) -> None:
        for block in blocks:
            self._db.execute(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?)", (block.hash, _written(block))
            )
            for name in block.transactions:
                self._keep_transaction(name, chain.records[name].transaction)

    def _keep_transaction(self, name: bytes, transaction: Transaction) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO transactions VALUES (?, ?)", (name, transaction.encode())
        )

    def _set_waiting(self, entries: list[Pending]) -> None:
        """Write down what waits, in its order: among equal fees the order decides."""
        known = [name for (name,) in self._all("SELECT hash FROM pending ORDER BY number")]
        wanted = [entry.name for entry in entries]
        if wanted[: len(known)] != known:
            self._db.execute("DELETE FROM pending")
            known = []
        for entry in entries[len(known) :]:
            self._keep_transaction(entry.name, entry.transaction)
            self._db.execute(
                "INSERT INTO pending (hash, first_seen) VALUES (?, ?)",
                (entry.name, entry.first_seen),
            )

    def _block(self, name: bytes) -> Block:
        ((body,),) = self._all("SELECT body FROM blocks WHERE hash = ?", name)
        return _read(json.loads(body))

    def _transaction(self, name: bytes) -> Transaction:
        ((data,),) = self._all("SELECT data FROM transactions WHERE hash = ?", name)
        return decode_transaction(data)


def _written(block: Block) -> str:
    return json.dumps(
        {
            "height": block.height,
            "timestamp": block.timestamp,
            "parent": block.parent.hex(),
            "transactions": [name.hex() for name in block.transactions],
            "credits": [[credit.key.hex(), credit.amount] for credit in block.credits],
            "nonce": block.nonce,
        }
    )


def _read(body: dict[str, Any]) -> Block:
    return Block(
        body["height"],
        body["timestamp"],
        bytes.fromhex(body["parent"]),
        tuple(bytes.fromhex(name) for name in body["transactions"]),
        tuple(Credit(PublicKey.from_hex(key), amount) for key, amount in body["credits"]),
        body["nonce"],
    )
