"""The validator's account on the development chain that `up` brings along: key, funds, history.

Made at the first start with a data directory, in an order in which a kill at any moment costs
nothing: passphrase, key file, funds, registration, history. The account is registered and that
block is stable before there is a history, since a nonce that is used later by anything but the
signer halts signing. With a history there it makes nothing anew: it only looks whether key, chain
and history still belong together.

The passphrase lies beside the key it protects. That is for a development chain only, where nothing
is worth anything.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator import keys
from validator.cli.devnet_client import DevnetCallError
from validator.cli.protection import FOLDER
from validator.errors import ConfigurationError, HistoryMissingError, ValidatorError
from validator.keys import passphrase
from validator.keys.storage import write_new
from validator.protection.database import ProtectionDatabase
from validator.protection.status import read_status
from validator.protection.values import fingerprint
from validator.signing.beside import BesideKey
from validator.wire.tos import Network, PublicKey, RegisterMiner, SecretKey, TosError
from validator.wire.tos.rules import MIN_REGISTRATION_FEE

if TYPE_CHECKING:
    from pathlib import Path

    from validator.cli.devnet_client import DevnetClient
    from validator.domain.clock import Clock

KEY_FOLDER: Final = "keys"
KEY_FILE: Final = "chain.json"
PASSPHRASE_FILE: Final = "passphrase"
FUNDS: Final = 10**12
"""Units that the faucet gives at once; a verdict costs 10 000."""
TRIES: Final = 4
"""Blocks that may pass until the registration is in one."""
MAX_STABLE_DEPTH: Final = 64
"""Blocks made at most until the registration is stable; the chain's own depth is 8."""

_WAY_OUT: Final = "choose another --data-dir, or start with --no-chain"


@dataclass(frozen=True, slots=True)
class DevnetAccount:
    """The account, ready for a signer."""

    address: str
    key_file: Path
    passphrase_file: Path


def prepare(data_dir: Path, chain: DevnetClient, clock: Clock) -> DevnetAccount:
    """Return the account of this data directory, made or completed as far as that is missing.

    Raises ConfigurationError with what to do when key, history and chain do not belong together,
    and when the chain or the disk refuses.
    """
    try:
        return _Preparation(data_dir, chain, clock).run()
    except (DevnetCallError, TosError, OSError) as error:
        raise ConfigurationError(
            f"the account on the development chain cannot be prepared: {error};"
            " --no-chain starts without it"
        ) from None


@dataclass(frozen=True, slots=True)
class _Preparation:
    data_dir: Path
    chain: DevnetClient
    clock: Clock

    @property
    def key_file(self) -> Path:
        return self.data_dir / KEY_FOLDER / KEY_FILE

    @property
    def passphrase_file(self) -> Path:
        return self.data_dir / KEY_FOLDER / PASSPHRASE_FILE

    @property
    def history(self) -> Path:
        return self.data_dir / FOLDER

    def run(self) -> DevnetAccount:
        genesis = bytes.fromhex(self.chain.state()["genesis"])
        known = self._known_keys(genesis)
        made = self._key(genesis, may_be_new=not known)
        key = made.binding.public_key
        if known and key not in known:
            raise ConfigurationError(
                f"data_dir: the history in {self.history} is not that of the key in"
                f" {self.key_file}; put the key file back, or {_WAY_OUT}"
            )
        if known:
            self._require_registered(PublicKey(key))
        else:
            self._require_unused()
            self._register(made)
            self._make_history(genesis, key)
        address = made.binding.address or ""
        return DevnetAccount(address, self.key_file, self.passphrase_file)

    def _known_keys(self, genesis: bytes) -> frozenset[bytes]:
        """Return the keys of the history; none where there is no history, or half of one."""
        try:
            found = read_status(self.history)
        except HistoryMissingError:
            return frozenset()
        if found["genesis"] != genesis.hex():
            raise self._other_chain("history")
        return frozenset(bytes.fromhex(each["public_key"]) for each in found["keys"])

    def _key(self, genesis: bytes, *, may_be_new: bool) -> keys.KeyFile:
        if self.key_file.exists():
            found = keys.read_key_file(self.key_file)
            if found.binding.network is not Network.DEVNET or found.binding.genesis != genesis:
                raise self._other_chain("key")
            found.binding.require(keys.Kind.CHAIN)
            return found
        if not may_be_new:
            raise ConfigurationError(
                f"data_dir: {self.key_file} is gone, and {self.history} holds the history of its"
                f" key; put the file back, or {_WAY_OUT}"
            )
        self.key_file.parent.mkdir(mode=0o700, exist_ok=True)
        if not self.passphrase_file.exists():
            write_new(self.passphrase_file, f"{secrets.token_hex(32)}\n".encode())
        word = passphrase.from_file(self.passphrase_file, new=True)
        made = keys.seal(keys.generate(keys.Kind.CHAIN), Network.DEVNET, word, genesis=genesis)
        keys.write_key_file(self.key_file, made)
        return made

    def _require_unused(self) -> None:
        """What the key signed may be on no chain yet: the mark beside it tells of a history."""
        if BesideKey(self.key_file).mark() is not None:
            raise self._history_gone()

    def _history_gone(self) -> ValidatorError:
        return ConfigurationError(
            f"data_dir: the account in {self.key_file} has signed before, and its history"
            f" is gone; put {self.history} back, or {_WAY_OUT}"
        )

    def _require_registered(self, key: PublicKey) -> None:
        """A history is made for a registered account only, so another chain shows by this."""
        if self.chain.registered_at(key) is None:
            raise self._other_chain("history")

    def _register(self, made: keys.KeyFile) -> None:
        key = PublicKey(made.binding.public_key)
        for _ in range(TRIES):
            if self.chain.registered_at(key) is not None:
                break
            # Sent by an earlier start that was killed: it is in the mempool, and needs a block.
            if self.chain.next_nonce(key) == 0:
                self.chain.faucet(key, FUNDS)
                self._send_registration(made)
            self.chain.mine()
        self._settle(key)

    def _settle(self, key: PublicKey) -> None:
        """Make blocks until the registration, the account's one transaction, is stable."""
        height = self.chain.registered_at(key)
        if height is None:
            raise DevnetCallError("the chain does not register it")
        if self.chain.next_nonce(key) != 1:
            raise self._history_gone()
        for _ in range(MAX_STABLE_DEPTH):
            if self.chain.call("get_info")["stableheight"] >= height:
                return
            self.chain.mine()
        raise DevnetCallError("its registration does not get stable")

    def _send_registration(self, made: keys.KeyFile) -> None:
        secret = made.open(passphrase.from_file(self.passphrase_file))
        if not isinstance(secret, SecretKey):
            raise ConfigurationError(f"data_dir: {self.key_file} holds no chain key; {_WAY_OUT}")
        try:
            self.chain.send(secret, RegisterMiner(secret.public, MIN_REGISTRATION_FEE))
        finally:
            secret.wipe()

    def _make_history(self, genesis: bytes, key: bytes) -> None:
        name = fingerprint(key)
        try:
            database = ProtectionDatabase.open(self.history, genesis, self.clock)
        except HistoryMissingError:
            ProtectionDatabase.create(self.history, genesis, key, name, self.clock).close()
            return
        with database:  # made by a start that was killed before it registered the key
            database.register(key, name)

    def _other_chain(self, what: str) -> ValidatorError:
        return ConfigurationError(
            f"data_dir: the {what} in {self.data_dir} belongs to another chain than the one that"
            f" runs there; put that chain's devnet.sqlite3 back, or {_WAY_OUT}"
        )
