"""The control surface: `/devnet/...`, which no node has.

A wrong request is answered with 422 and one sentence. Requests of web pages are refused, by their
Origin or by a Host that is not this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.routing import Route

from devnet import requests as wishes
from devnet.errors import DevnetError
from devnet.incoming import host_of, read_body
from devnet.trouble import Delay, Doom, Down, Failure, Lie
from validator.wire.tos import AddressError, decode_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from devnet.blocks import Block
    from devnet.node import Node
    from devnet.production import Production

    Action = Callable[[Any], dict[str, Any]]

LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


class Control:
    """One method for each path; each takes its wish and returns what it did."""

    def __init__(self, node: Node, production: Production) -> None:
        self._node = node
        self._trouble = node.trouble
        self._production = production

    def state(self, _: wishes.Nothing) -> dict[str, Any]:
        """Heights, sums, and what is switched on."""
        chain, trouble = self._node.chain, self._trouble
        totals = chain.ledger.totals
        return {
            "genesis": chain.genesis.hex(),
            "network": self._node.network.value,
            "height": chain.height,
            "topoheight": chain.topoheight,
            "stable_topoheight": chain.stable_topoheight,
            "timestamp": chain.top.timestamp,
            "period_ms": self._production.period_ms,
            "supply": {
                "issued": totals.issued,
                "burned": totals.burned,
                "fees": totals.fees,
                "taken": totals.taken,
                "balances": chain.ledger.held(),
            },
            "trouble": {
                "syncing": trouble.syncing,
                "pruned_topoheight": trouble.pruned_topoheight,
                "down": {host: trouble.down(host) for host in sorted(LOCAL_HOSTS)},
                "failures": len(trouble.failures),
                "delays": len(trouble.delays),
                "lies": len(trouble.lies),
                "dooms": len(trouble.dooms),
            },
        }

    def mine(self, wish: wishes.Mine) -> dict[str, Any]:
        """Make blocks."""
        self._node.skip(wish.skip_ms)
        mined = [self._node.mine(side=wish.side) for _ in range(wish.blocks)]
        return {"blocks": [self._placed(block) for block in mined]}

    def auto(self, wish: wishes.Auto) -> dict[str, Any]:
        """Change the period."""
        self._production.set_period(wish.period_ms or None)
        return {"period_ms": self._production.period_ms}

    def faucet(self, wish: wishes.Faucet) -> dict[str, Any]:
        """Give out units in a block made at once."""
        try:
            key = decode_address(wish.address, self._node.network).public_key
        except AddressError as error:
            raise DevnetError(f"address: {error}") from None
        block = self._node.faucet(key, wish.amount)
        return self._placed(block) | {"balance": self._node.chain.ledger.amount(key)}

    def reorder(self, wish: wishes.Reorder) -> dict[str, Any]:
        """Re-order the last blocks."""
        blocks = self._node.reorder(
            wish.depth, wish.kind, order=wish.order, keep_mining=not wish.roll_back_ai
        )
        return {"blocks": [self._placed(block) for block in blocks]}

    def transactions(self, wish: wishes.Transactions) -> dict[str, Any]:
        """Set fates."""
        self._trouble.dooms.extend([Doom(wish.fate, wish.blocks)] * wish.count)
        return {"dooms": len(self._trouble.dooms)}

    def down(self, wish: wishes.GoDown) -> dict[str, Any]:
        """Go down."""
        self._trouble.go_down(wish.kind, wish.seconds, wish.host)
        if wish.kind is Down.REFUSED:
            self._production.pause_listening()
        return {"kind": wish.kind, "seconds": wish.seconds}

    def syncing(self, wish: wishes.Syncing) -> dict[str, Any]:
        """Start or stop syncing."""
        self._trouble.syncing = wish.on
        return {"syncing": wish.on}

    def pruned(self, wish: wishes.Pruned) -> dict[str, Any]:
        """Set the pruned topoheight."""
        self._trouble.pruned_topoheight = wish.topoheight or None
        return {"pruned_topoheight": self._trouble.pruned_topoheight}

    def errors(self, wish: wishes.Errors) -> dict[str, Any]:
        """Set failures."""
        failure = Failure(wish.method, wish.host, wish.count, wish.code, wish.message)
        self._trouble.failures.append(failure)
        return {"failures": len(self._trouble.failures)}

    def slow(self, wish: wishes.Slow) -> dict[str, Any]:
        """Set delays."""
        self._trouble.delays.append(Delay(wish.method, wish.host, wish.count, wish.seconds))
        return {"delays": len(self._trouble.delays)}

    def lie(self, wish: wishes.Lying) -> dict[str, Any]:
        """Set lies."""
        lie = Lie(wish.method, wish.host, wish.count, tuple(wish.path), wish.value)
        self._trouble.lies.append(lie)
        return {"lies": len(self._trouble.lies)}

    def clear(self, _: wishes.Nothing) -> dict[str, Any]:
        """Switch all trouble off."""
        self._trouble.clear()
        return {"cleared": True}

    def explain(self, wish: wishes.Explain) -> dict[str, Any]:
        """Say why a transaction was not executed, which no node tells."""
        record = self._node.chain.records.get(bytes.fromhex(wish.hash))
        if record is None:
            raise DevnetError("hash: no block ever held this transaction")
        executed = record.executed_in
        return {
            "executed_in_block": None if executed is None else executed.hex(),
            "failure": record.failure,
        }

    def _placed(self, block: Block) -> dict[str, Any]:
        return {
            "block_hash": block.hash.hex(),
            "height": block.height,
            "topoheight": self._node.chain.topoheights.get(block.hash),
            "timestamp": block.timestamp,
            "transactions": [name.hex() for name in block.transactions],
        }


def routes(node: Node, production: Production) -> list[Route]:
    """Return the paths of the control surface."""
    control = Control(node, production)
    posts: dict[str, tuple[type[wishes.Wish], Action]] = {
        "mine": (wishes.Mine, control.mine),
        "auto": (wishes.Auto, control.auto),
        "faucet": (wishes.Faucet, control.faucet),
        "reorder": (wishes.Reorder, control.reorder),
        "transactions": (wishes.Transactions, control.transactions),
        "down": (wishes.GoDown, control.down),
        "syncing": (wishes.Syncing, control.syncing),
        "pruned": (wishes.Pruned, control.pruned),
        "errors": (wishes.Errors, control.errors),
        "slow": (wishes.Slow, control.slow),
        "lie": (wishes.Lying, control.lie),
        "clear": (wishes.Nothing, control.clear),
        "explain": (wishes.Explain, control.explain),
    }
    found = [
        Route(f"/devnet/{name}", _endpoint(kind, action), methods=["POST"])
        for name, (kind, action) in posts.items()
    ]
    found.append(Route("/devnet/state", _endpoint(wishes.Nothing, control.state), methods=["GET"]))
    return found


def _endpoint(kind: type[wishes.Wish], action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if "origin" in request.headers or host_of(request) not in LOCAL_HOSTS:
            return _refused(403, "this surface is for programs of this machine")
        body = await read_body(request)
        if body is None:
            return _refused(413, "the body is too large")
        try:
            return JSONResponse(action(kind.model_validate_json(body or b"{}")))
        except ValidationError as error:
            return _refused(422, _sentence(error))
        except DevnetError as error:
            return _refused(422, str(error))

    return answer


def _refused(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"
