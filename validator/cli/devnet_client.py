"""A client of the development chain: its RPC and its control surface, for what `up` sets up there.

Not for a real node: it believes what it is told. It never leaves this machine.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from validator.wire.tos import Network, Reference, Transaction, encode_address

if TYPE_CHECKING:
    from validator.wire.tos import Payload, PublicKey, SecretKey

HOST: Final = "127.0.0.1"
TIMEOUT_S: Final = 10.0


class DevnetCallError(Exception):
    """The chain does not answer; one sentence."""


class DevnetRefusalError(DevnetCallError):
    """The chain answers, and says no."""


@dataclass(frozen=True, slots=True)
class DevnetClient:
    """One chain by its port. Every method raises DevnetCallError."""

    port: int

    @property
    def url(self) -> str:
        """Address of the node, without a path, as the setting `chain.nodes` takes it."""
        return f"http://{HOST}:{self.port}"

    def state(self) -> dict[str, Any]:
        """Return heights, genesis (hex) and period, as `GET /devnet/state` says them."""
        found: dict[str, Any] = self._exchange("GET", "/devnet/state", None)
        return found

    def mine(self, blocks: int = 1) -> None:
        """Make blocks now."""
        self._exchange("POST", "/devnet/mine", {"blocks": blocks})

    def hurry(self, period_ms: int) -> None:
        """Make a block so often from now on; on the chain's own clock 3 s pass with each."""
        self._exchange("POST", "/devnet/auto", {"period_ms": period_ms})

    def faucet(self, key: PublicKey, amount: int) -> None:
        """Give an account so many units, in a block made at once."""
        address = encode_address(key, Network.DEVNET)
        self._exchange("POST", "/devnet/faucet", {"address": address, "amount": amount})

    def call(self, method: str, params: object = None) -> Any:  # noqa: ANN401 - any JSON value
        """Return the result of an RPC method."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params is not None:
            body["params"] = params
        reply = self._exchange("POST", "/json_rpc", body)
        if "result" not in reply:
            error = reply.get("error") or {}
            raise DevnetRefusalError(f"{method}: {error.get('message', 'no result')}")
        return reply["result"]

    def next_nonce(self, key: PublicKey) -> int:
        """Return the nonce of the account's next transaction, after those in the mempool."""
        address = {"address": encode_address(key, Network.DEVNET)}
        mined = 0
        if self.call("has_nonce", address)["exist"]:
            mined = self.call("get_nonce", address)["nonce"]
        try:
            waiting: int = self.call("get_mempool_cache", address)["max"]
        except DevnetRefusalError:  # the node's word for an account of which nothing waits
            return mined
        return max(mined, waiting + 1)

    def registered_at(self, key: PublicKey) -> int | None:
        """Return the height at which the account was registered, None when it is not."""
        try:
            miner = self.call("get_ai_mining_miner", {"address": list(key.data)})
        except DevnetRefusalError:
            return None
        height: int = miner["registered_at"]
        return height

    def send(self, key: SecretKey, payload: Payload) -> bytes:
        """Sign and send a transaction with the account's next nonce; return its hash."""
        info = self.call("get_info")
        reference = Reference(bytes.fromhex(info["top_block_hash"]), info["topoheight"])
        nonce = self.next_nonce(key.public)
        draft = Transaction(key.public, payload, 0, nonce, reference)
        signed = replace(draft, fee=draft.minimum_fee).signed(key)
        self.call("submit_transaction", {"data": signed.encode().hex()})
        return signed.hash()

    def _exchange(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - any JSON value
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT_S)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            found = json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DevnetCallError(
                f"the development chain at {self.url} does not answer ({error})"
            ) from None
        finally:
            connection.close()
        if reply.status != http.HTTPStatus.OK:
            raise DevnetRefusalError(f"{path}: {found.get('detail', reply.status)}")
        return found
