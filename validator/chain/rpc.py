"""JSON-RPC 2.0 with one node over HTTP: a deadline, a cap, strict JSON, no redirects.

Protocol note, section 9. What a node says is hostile: it is quoted cut and made visible, if at all.
"""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

import httpcore

from checkers.strict_json import StrictJsonError, loads
from validator.chain.connection import CallClock, DeadlineBackend
from validator.errors import ChainUnreadableError, ConfigurationError
from validator.wire.plain import plain
from validator.wire.uri import WebUri, parse_uri

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

MAX_DEPTH: Final = 64
"""Nesting of a reply. AI mining needs 9; contracts of others, in the same blocks, need more."""
MESSAGE_LENGTH: Final = 120
CONNECTIONS: Final = 8
"""Calls at once to one node; more of them wait, within their deadline."""
KEPT_S: Final = 30.0
_OK: Final = 200
_ENCODING: Final = b"content-encoding"
_MEMBERS: Final = frozenset({"jsonrpc", "id", "result", "error"})
_LARGEST_CODE: Final = 2**31
_GROWING: Final = frozenset({"get_ai_mining_task", "get_ai_mining_active_tasks"})
"""Replies that anybody makes longer who pays for answers and scores (protocol note, 9.2)."""
_HEADERS: Final = (
    ("Content-Type", "application/json"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "tos-validator"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that a node answers with; the message is cut and made visible."""

    code: int
    message: str


class Rpc:
    """Calls to one node. Threads may share it.

    `timeout_s` is for all of one call, from the name's address to the last byte; `reply_bytes`
    for a reply's body. `tls`: what certificates are verified against, None: public authorities.
    """

    def __init__(
        self,
        name: str,
        url: str,
        timeout_s: float,
        reply_bytes: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        uri = parse_uri(url)
        if not isinstance(uri, WebUri):
            raise ConfigurationError(f"chain.nodes: {plain(name)}: must be an address of the web")
        self.name = name
        self._timeout_s = timeout_s
        self._reply_bytes = reply_bytes
        self._authority = uri.authority
        self._url = httpcore.URL(
            scheme=uri.scheme.encode(), host=uri.host.encode(), port=uri.port, target=b"/json_rpc"
        )
        self._clock = CallClock()
        self._ids = itertools.count(1)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS,
            keepalive_expiry=KEPT_S,
            network_backend=DeadlineBackend(self._clock),
        )

    def close(self) -> None:
        """Close the connections. Calls under way fail."""
        self._pool.close()

    def call(self, method: str, params: Mapping[str, Any] | None = None) -> object:
        """Read something: the result as JSON, or a Fault. Raises ChainUnreadableError.

        A connection that was kept too long may be gone: then it is asked once more on another one.
        """
        until = time.monotonic() + self._timeout_s
        try:
            return self._once(method, params, until)
        except httpcore.TimeoutException:
            self.odd(method, f"did not answer within {self._timeout_s:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            if not self._clock.stale:
                self.odd(method, "cannot be reached or broke off")
        return self._last(method, params, until)

    def send(self, method: str, params: Mapping[str, Any]) -> object:
        """Do the same for what changes something: it never goes out twice."""
        return self._last(method, params, time.monotonic() + self._timeout_s)

    def odd(self, method: str, what: str, *, over: bool = False) -> NoReturn:
        """Raise ChainUnreadableError: this node, asked for this, did or sent something odd.

        `over`: a cap of ours was met, which for some methods is not the node's own doing.
        """
        raise ChainUnreadableError(
            f"node {plain(self.name, 64)}, {method}: {what}",
            too_large=over and method in _GROWING,
        )

    def _last(self, method: str, params: Mapping[str, Any] | None, until: float) -> object:
        try:
            return self._once(method, params, until)
        except httpcore.TimeoutException:
            self.odd(method, f"did not answer within {self._timeout_s:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            self.odd(method, "cannot be reached or broke off")

    def _once(self, method: str, params: Mapping[str, Any] | None, until: float) -> object:
        number = next(self._ids)
        asked: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:  # an empty object is refused where there are no parameters
            asked["params"] = params
        self._clock.begin(until)
        body = self._post(method, json.dumps(asked, separators=(",", ":")).encode())
        return self._read(method, number, body)

    def _post(self, method: str, content: bytes) -> bytes:
        headers = [("Host", self._authority), *_HEADERS, ("Content-Length", str(len(content)))]
        waits = {"pool": self._clock.left()}
        with self._pool.stream(
            "POST", self._url, headers=headers, content=content, extensions={"timeout": waits}
        ) as response:
            if response.status != _OK:
                self.odd(method, f"answers with HTTP status {response.status}")
            self._check_encoding(method, response)
            body = bytearray()
            for piece in response.iter_stream():
                body += piece
                if len(body) > self._reply_bytes:
                    said = f"the reply has more than {self._reply_bytes} bytes"
                    self.odd(method, said, over=True)
            return bytes(body)

    def _check_encoding(self, method: str, response: httpcore.Response) -> None:
        found = [value.lower() for key, value in response.headers if key.lower() == _ENCODING]
        if any(value.strip() not in (b"", b"identity") for value in found):
            self.odd(method, "the reply is packed, which nobody asked for")

    def _read(self, method: str, number: int, body: bytes) -> object:
        try:
            reply = loads(body, max_depth=MAX_DEPTH)
        except StrictJsonError as error:
            self.odd(method, f"the reply {plain(str(error), MESSAGE_LENGTH)}")
        if not isinstance(reply, dict) or not reply.keys() <= _MEMBERS:
            self.odd(method, "the reply is no object of JSON-RPC")
        if reply.get("jsonrpc") != "2.0" or ("result" in reply) == ("error" in reply):
            self.odd(method, "the reply must have jsonrpc 2.0 and either result or error")
        if "error" in reply:
            return self._fault(method, reply["error"])
        if not _is_number(reply.get("id"), number):
            self.odd(method, "the reply is to another call")
        return reply["result"]

    def _fault(self, method: str, error: object) -> Fault:
        code = error.get("code") if isinstance(error, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        if (
            not isinstance(code, int)
            or isinstance(code, bool)
            or abs(code) >= _LARGEST_CODE
            or not isinstance(message, str)
        ):
            self.odd(method, "the error must have a code and a message")
        return Fault(code, plain(message, MESSAGE_LENGTH))


def _is_number(value: object, number: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == number
