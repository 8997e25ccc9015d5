"""The examinations of `doctor` that concern the chain: nodes, the account, what may be fetched.

Nothing at all where no node is named: then this machine has nothing to do with a chain.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.cli.doctor_probes import Probe
from validator.errors import ChainUnreadableError, ValidatorError
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from validator.chain.ports import Node
    from validator.cli.account_view import Account
    from validator.domain.clock import Clock
    from validator.keys import Binding
    from validator.settings import FetchSettings, Settings

LAG_BLOCKS: Final = 8
"""Blocks behind the best of the nodes, from which on one is called weak: the stable depth."""
AGE_S: Final = 60
"""Age of the newest block from which on the chain seems to stand still; one comes each 3 s."""
FEW_VERDICTS: Final = 1000
"""A balance for fewer is called weak."""
_MS: Final = 1000
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sight:
    """What one node shows. `age_s`: of its newest block; negative on a devnet that skipped time."""

    name: str
    network: str
    genesis: bytes
    height: int
    age_s: float


def chain_probes(
    settings: Settings,
    open_nodes: Callable[[Settings], AbstractContextManager[Sequence[Node]]],
    clock: Clock,
) -> Iterator[Probe]:
    """Yield the lines of nodes, account and fetcher."""
    if not settings.chain.nodes:
        return
    binding = _binding(settings)
    try:
        with open_nodes(settings) as nodes:
            yield from _nodes(settings, nodes, binding, clock)
            if binding is not None:
                yield _account(settings, nodes, binding)
    except ValidatorError as error:
        yield Probe("chain nodes", "missing", plain(error.detail), error.hint)
    yield from _endpoints(settings)
    yield _fetch(settings.fetch)


def _binding(settings: Settings) -> Binding | None:
    """What the key file says; None where there is none, which the signer's own line tells."""
    from validator import keys

    if settings.signer.key_file is None:
        return None
    try:
        found = keys.read_key_file(settings.signer.key_file).binding
    except ValidatorError:
        return None
    return found if found.kind is keys.Kind.CHAIN else None


def _nodes(
    settings: Settings, nodes: Sequence[Node], binding: Binding | None, clock: Clock
) -> Iterator[Probe]:
    seen: list[Sight] = []
    for node in nodes:
        try:
            seen.append(_look(node, clock))
        except ChainUnreadableError as error:
            mend = "See that it runs, and its address in chain.nodes."
            yield Probe(f"node {plain(node.name)}", "missing", plain(error.detail), mend)
    best = max((each.height for each in seen), default=0)
    genesis = None if binding is None else binding.genesis
    for sight in seen:
        yield _judge(sight, settings.network, genesis, best)


def _look(node: Node, clock: Clock) -> Sight:
    """Ask one node. Raises ChainUnreadableError."""
    info = node.info()
    newest = node.block(info.topoheight)
    age_s = clock.now().timestamp() - newest.timestamp_ms / _MS
    return Sight(node.name, info.network.value, node.genesis(), info.height, age_s)


def _judge(sight: Sight, network: str, genesis: bytes | None, best: int) -> Probe:
    name = f"node {plain(sight.name)}"
    if sight.network != network:
        detail = f"it is of {sight.network}, the settings say {network}"
        return Probe(name, "missing", detail, "Mend chain.nodes or network.")
    if genesis is not None and sight.genesis != genesis:
        detail = (
            f"its genesis {sight.genesis.hex()[:16]}... is not the one that the key is bound to"
        )
        return Probe(name, "missing", detail, "Use the key of this chain, or another node.")
    where = f"{network}, genesis {sight.genesis.hex()[:16]}..., height {sight.height}"
    if best - sight.height >= LAG_BLOCKS:
        detail = f"{where}, {best - sight.height} blocks behind the best"
        return Probe(name, "weak", detail, "Wait until it has caught up.")
    if sight.age_s > AGE_S:
        detail = f"{where}, newest block {sight.age_s:.0f} s old"
        return Probe(name, "weak", detail, "See whether blocks are made, and this machine's clock.")
    return Probe(name, "ok", where)


def _endpoints(settings: Settings) -> Iterator[Probe]:
    """The signer reads by name; a name that no node has keeps it closed for ever."""
    if settings.signer.key_file is None:
        return
    known = {node.name for node in settings.chain.nodes}
    strange = [name for name in settings.signer.endpoints if name not in known]
    if strange:
        detail = f"signer.endpoints names {plain(strange[0])}, which chain.nodes has not"
        yield Probe("signer endpoints", "missing", detail, "Use the names of chain.nodes.")
    else:
        names = plain(", ".join(settings.signer.endpoints))
        yield Probe("signer endpoints", "ok", f"{names} must show the same")


def _account(settings: Settings, nodes: Sequence[Node], binding: Binding) -> Probe:
    from validator.cli.account_view import look_up
    from validator.wire.tos import PublicKey

    try:
        found = look_up(nodes, PublicKey(binding.public_key), binding.genesis)
    except ChainUnreadableError as error:
        return Probe("account", "missing", plain(error.detail), error.hint)
    return _judge_account(found, str(binding.address), settings.post.fee)


def _judge_account(found: Account, address: str, fee: int) -> Probe:
    from validator.wire.tos.rules import LIMITS

    if found.miner is None:
        detail = f"{address} is not registered, and has {found.balance} units"
        return Probe("account", "missing", detail, "Run tos-validator account register.")
    reputation, paid = found.miner.reputation, found.balance // fee
    judges = [
        difficulty.name.lower()
        for difficulty, limits in LIMITS.items()
        if reputation >= limits.validate_reputation
    ]
    detail = (
        f"{address}, reputation {reputation} (may judge: {', '.join(judges) or 'nothing'}),"
        f" {found.balance} units for {paid} verdicts"
    )
    if not judges or not paid:
        mend = "Send units to the address." if judges else "Its reputation is too low to judge."
        return Probe("account", "missing", detail, mend)
    if paid < FEW_VERDICTS:
        return Probe("account", "weak", detail, "Send units to the address.")
    return Probe("account", "ok", detail)


def _fetch(fetch: FetchSettings) -> Probe:
    if fetch.file_root is not None and not fetch.file_root.is_dir():
        detail = f"fetch.file_root: {plain(str(fetch.file_root))} is no folder"
        return Probe("fetch", "missing", detail, "Make it, or take file out of fetch.schemes.")
    if fetch.authorities is not None and not os.access(fetch.authorities, os.R_OK):
        detail = f"fetch.authorities: {plain(str(fetch.authorities))} cannot be read"
        return Probe("fetch", "missing", detail, "Mend the path or its permissions.")
    ports = ", ".join(map(str, fetch.ports))
    detail = (
        f"{', '.join(fetch.schemes)} on port {ports}, at most {fetch.max_bytes / _MIB:.0f} MiB"
        f" in {fetch.seconds:g} s"
    )
    if fetch.loopback:
        return Probe("fetch", "weak", f"{detail}, this machine included", "For a devnet only.")
    return Probe("fetch", "ok", detail)
