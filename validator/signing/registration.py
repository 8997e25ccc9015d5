"""The account's registration on the chain: one transaction, on disk before it is sent.

Nothing but a RegisterMiner of the key itself is signed here. A registration that fails in its
block loses the amount (protocol note, 6.4), and two of them lose it once; so the rules are checked
before, and a second run sends the bytes of the first one again.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.strict_json import StrictJsonError, loads
from validator.errors import ChainUnreadableError, HistoryMissingError, RegistrationRefusedError
from validator.keys.storage import read_private, write_new
from validator.protection.database import ProtectionDatabase
from validator.protection.status import read_status
from validator.wire.canonical import canonical_json
from validator.wire.plain import plain
from validator.wire.tos import (
    DecodeError,
    Reference,
    RegisterMiner,
    SecretKey,
    Transaction,
    decode_canonical,
)
from validator.wire.tos.rules import MIN_REGISTRATION_FEE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from validator.chain.ports import Node
    from validator.domain.clock import Clock
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Miner

SCHEMA: Final = "tosv.registration/1"
NONCE_REASON: Final = "registration"
LOOK_S: Final = 1.0
"""Pause between two looks at the chain; a block comes about every 3 s."""
_DEPTH: Final = 2
_MAX: Final = 4096
"""Bytes of the file; it has about 600."""
_MEMBERS: Final = {"schema", "genesis", "transaction"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a registration would cost and rest on. Amounts in units.

    `amount` is the chain's registration fee, `fee` that of the transaction.
    """

    amount: int
    fee: int
    balance: int
    nonce: int
    reference: Reference


class Registration:
    """The registration of one key, on the chain that all `nodes` must show alike."""

    def __init__(
        self, nodes: Sequence[Node], key: PublicKey, genesis: bytes, key_file: Path
    ) -> None:
        self._nodes = nodes
        self._key = key
        self._genesis = genesis
        self.file = key_file.with_name(f"{key_file.name}.registration")

    def registered(self) -> Miner | None:
        """Return what the chain holds of the account, None while it is not registered.

        Raises ChainUnreadableError when a node does not answer or shows another chain.
        """
        for node in self._nodes:
            if node.genesis() != self._genesis:
                raise ChainUnreadableError(
                    f"node {plain(node.name)} shows another chain than the key is bound to"
                )
        found = [node.miner(self._key) for node in self._nodes]
        if any((each is None) is not (found[0] is None) for each in found):
            raise ChainUnreadableError("the nodes differ about whether the account is registered")
        return found[0]

    def plan(self, amount: int, fee: int | None = None) -> Plan:
        """Return what a new registration takes; `fee` None: the least that a node takes.

        Raises RegistrationRefusedError where the chain would refuse it or keep the amount for
        nothing, and ChainUnreadableError.
        """
        if amount < MIN_REGISTRATION_FEE:
            raise RegistrationRefusedError(
                f"--fee-amount: the chain takes no less than {MIN_REGISTRATION_FEE} units"
            )
        if self.registered() is not None:
            raise RegistrationRefusedError("the account is registered already")
        node = self._nodes[0]
        if any(each.pending(self._key) is not None for each in self._nodes):
            raise RegistrationRefusedError("a transaction of this account waits to be mined")
        info = node.info()
        reference = Reference(info.top_hash, info.topoheight)
        nonce, balance = self._nonce(), node.balance(self._key)
        least = self._made(Plan(amount, 0, balance, nonce, reference)).minimum_fee
        made = Plan(amount, least if fee is None else fee, balance, nonce, reference)
        if made.fee < least:
            raise RegistrationRefusedError(f"--fee: a node takes no less than {least} units")
        if balance < amount + made.fee:
            raise RegistrationRefusedError(
                f"the account has {balance} units, and needs {amount + made.fee}"
            )
        return made

    def kept(self) -> Transaction | None:
        """Return the registration that was made before. Raises RegistrationRefusedError."""
        if not os.path.lexists(self.file):
            return None
        found = self._read(read_private(self.file))
        if (
            not isinstance(found.payload, RegisterMiner)
            or found.source != self._key
            or not found.signature_holds()
        ):
            raise self._damaged("it holds no registration of this key")
        return found

    def make(self, plan: Plan, secret: SecretKey) -> Transaction:
        """Sign the registration and put it on disk, beside the key. Raises KeyFileError."""
        made = self._made(plan).signed(secret)
        document = {
            "schema": SCHEMA,
            "genesis": self._genesis.hex(),
            "transaction": made.encode().hex(),
        }
        write_new(self.file, canonical_json(document))
        return made

    def send(self, transaction: Transaction, take_nonce: Callable[[int], None]) -> None:
        """Send it; `take_nonce` tells the history, where there is one, what the nonce is for.

        The same bytes may be sent again. Raises RegistrationRefusedError when they can be mined
        no more, SubmitRefusedError, and ChainUnreadableError when no node answers.
        """
        if self.registered() is not None:
            return
        if self._nonce() > transaction.nonce:
            if self.registered() is not None:  # mined between the two looks
                return
            raise RegistrationRefusedError(
                f"nonce {transaction.nonce} of the kept registration is used, and the account is"
                f" not registered; once that is stable, remove {plain(str(self.file))}"
            )
        take_nonce(transaction.nonce)
        data = transaction.encode()
        for node in self._nodes[:-1]:
            with contextlib.suppress(ChainUnreadableError):  # taken or not, bytes can be repeated
                node.submit(data)
                return
        self._nodes[-1].submit(data)

    def confirm(self, wait_s: float, clock: Clock, sleep: Callable[[float], None]) -> Miner | None:
        """Return the account as registered, None when it is not after `wait_s` seconds."""
        end = clock.monotonic() + wait_s
        while True:
            with contextlib.suppress(ChainUnreadableError):
                found = self.registered()
                if found is not None:
                    return found
            if clock.monotonic() >= end:
                return None
            sleep(LOOK_S)

    def _nonce(self) -> int:
        found = {node.next_nonce(self._key) for node in self._nodes}
        if len(found) > 1:
            raise ChainUnreadableError("the nodes differ about the account's next nonce")
        return found.pop()

    def _made(self, plan: Plan) -> Transaction:
        payload = RegisterMiner(self._key, plan.amount)
        return Transaction(self._key, payload, plan.fee, plan.nonce, plan.reference)

    def _read(self, content: bytes) -> Transaction:
        try:
            found = loads(content, max_depth=_DEPTH, max_bytes=_MAX)
        except StrictJsonError as error:
            raise self._damaged(str(error)) from None
        if not isinstance(found, dict) or set(found) != _MEMBERS or found["schema"] != SCHEMA:
            raise self._damaged(f"it is not of the form {SCHEMA}")
        if found["genesis"] != self._genesis.hex():
            raise self._damaged("it is of another chain")
        try:
            return decode_canonical(bytes.fromhex(str(found["transaction"])))
        except (ValueError, DecodeError):
            raise self._damaged("it holds no transaction") from None

    def _damaged(self, why: str) -> RegistrationRefusedError:
        return RegistrationRefusedError(f"{plain(str(self.file))}: {why}; look at it, or remove it")


@contextlib.contextmanager
def unused_history(
    folder: Path, key: PublicKey, genesis: bytes, clock: Clock
) -> Iterator[Callable[[int], None]]:
    """Own the history, if there is one, so that no signer runs; yield what takes a nonce.

    A nonce that nothing accounts for halts the signer later. Raises ProtectionInUseError while a
    signer runs, RegistrationRefusedError when the key has signed anything, and the errors of an
    unsound history.
    """
    try:
        opened = ProtectionDatabase.open(folder, genesis, clock)
    except HistoryMissingError:
        yield lambda _: None
        return
    with opened as database:
        keys = {each["public_key"]: each for each in read_status(folder)["keys"]}
        seen = keys.get(key.hex())
        if seen is None:
            yield lambda _: None
            return
        if seen["verdicts"] or seen["open_attempts"]:
            raise RegistrationRefusedError(
                "this key has signed verdicts already; its account is the signer's alone"
            )
        yield lambda nonce: database.account_for(key.data, nonce, NONCE_REASON)
