"""What builds have made, so that the same build is not done twice for the same owner.

A build is a pure function of image, files and command, and is taken for one only when it ended well
and far from its limits. Keys hold every input and the owner: no submitter can put anything where
another one finds it. Kept in the memory of one process, within a bound; what is kept is hashed, and
hashed again before each use.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sandboxes.protocol import Job, Outcome, Session, Tree

KEPT_BYTES: Final = 64 * 1024 * 1024
ENTRIES: Final = 256


@dataclass(frozen=True, slots=True)
class Product:
    """A build that ended well: how, and the tree that it left."""

    outcome: Outcome
    tree: Tree
    digest: str


class BuildCache:
    """Products by key, those used last kept longest. Safe to use from several threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES, entries: int = ENTRIES) -> None:
        self._kept_bytes, self._entries = kept_bytes, entries
        self._lock = threading.Lock()
        self._products: OrderedDict[str, Product] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> Product | None:
        """Return a product that still is what it was when it was made."""
        with self._lock:
            product = self._products.get(key)
            if product is None:
                return None
            self._products.move_to_end(key)
        if tree_digest(product.tree.files, product.tree.executable) == product.digest:
            return product
        self._drop(key)
        return None

    def keep(self, key: str, outcome: Outcome, tree: Tree) -> None:
        """Remember a product; forget the oldest ones where room is short."""
        if tree.size > self._kept_bytes:
            return
        product = Product(outcome, tree, tree_digest(tree.files, tree.executable))
        self._drop(key)
        with self._lock:
            self._products[key] = product
            self._size += tree.size
            while self._size > self._kept_bytes or len(self._products) > self._entries:
                _, old = self._products.popitem(last=False)
                self._size -= old.tree.size

    def _drop(self, key: str) -> None:
        with self._lock:
            product = self._products.pop(key, None)
            if product is not None:
                self._size -= product.tree.size


class CachedSession:
    """A session whose builds are looked up first. `owner` separates submitters and tenants."""

    def __init__(self, session: Session, cache: BuildCache, owner: str) -> None:
        self._session = session
        self._cache = cache
        self._owner = owner
        self._program: str | None = tree_digest({}, ())  # None: not known any more

    @property
    def image(self) -> str | None:
        """Digest of the image."""
        return self._session.image

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        """Make `/program` hold exactly these files."""
        self._session.put(files, executable)
        self._program = tree_digest(files, executable)

    def take(self) -> Tree | None:
        """Return what `/program` holds."""
        return self._session.take()

    def build(self, job: Job) -> Outcome:
        """Have `/program` be what this job makes of it, by running it or from before."""
        key = self._key(job)
        product = None if key is None else self._cache.get(key)
        if product is not None:
            self._session.put(product.tree.files, product.tree.executable)
            self._program = product.digest
            return product.outcome
        outcome = self._session.build(job)
        if outcome.ok:
            self._program = None
            if key is not None and not outcome.marginal:
                self._remember(key, outcome)
        return outcome

    def _remember(self, key: str, outcome: Outcome) -> None:
        tree = self._session.take()
        if tree is not None:
            self._cache.keep(key, outcome, tree)
            self._program = tree_digest(tree.files, tree.executable)

    def _key(self, job: Job) -> str | None:
        # Without an image nothing says that the toolchain is still the one of last time.
        if self.image is None or self._program is None:
            return None
        parts = (
            self._owner, self.image, self._program, job.argv, astuple(job.limits),
            _hash(job.stdin), tree_digest(job.files, ()), job.collect,
        )  # fmt: skip
        return _hash(json.dumps(parts).encode())

    def run(self, job: Job) -> Outcome:
        """Run a job in a fresh working directory."""
        return self._session.run(job)

    def converse(self, job: Job, reply: Callable[[bytes], bytes]) -> Outcome:
        """Run a job that talks."""
        return self._session.converse(job, reply)

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def tree_digest(files: Mapping[str, bytes], executable: Collection[str]) -> str:
    """Return one digest over names, modes and contents, whatever their order."""
    manifest = sorted((name, name in executable, _hash(text)) for name, text in files.items())
    return _hash(json.dumps(manifest).encode())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
