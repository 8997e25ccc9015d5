"""News over a node's WebSocket: something may have happened, look now (protocol note, 9.4).

What a message says is not even read: that it came is all that counts, and how often it may wake
anybody is bounded. Whoever waits looks by himself after a while, whatever comes or not.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from validator.errors import ConfigurationError
from validator.wire.plain import plain
from validator.wire.uri import WebUri, parse_uri

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from websockets.sync.client import ClientConnection

log = logging.getLogger(__name__)

EVENTS: Final = ("new_block", "stable_topo_height_changed", "transaction_executed")
LEAST_S: Final = 0.25
"""Between two wake-ups: a node that floods makes nobody spin."""
PAUSE_S: Final = 0.002
"""After each message, for the same reason; the rest waits in the node's socket."""
MESSAGE_BYTES: Final = 2**20
QUEUED: Final = 16
OPEN_S: Final = 10.0
PING_S: Final = 20.0
"""How often we ping, and how long we wait for the pong."""
LISTEN_S: Final = 0.5
"""How soon a listener sees that it is to end."""
BACKOFF_S: Final = (1.0, 60.0)
STEADY_S: Final = 60.0
"""A connection that held so long starts the backoff anew."""


class Wakeups:
    """Listens to nodes, each on a thread of its own, until it is closed.

    `urls` are those of the settings. `tls`: what certificates are verified against; None: public
    authorities.
    """

    def __init__(self, urls: Sequence[str], tls: ssl.SSLContext | None = None) -> None:
        self._event = threading.Event()
        self._stop = threading.Event()
        self._woken_at = float("-inf")
        uris = [_web(url) for url in urls]
        self._threads = [
            threading.Thread(target=self._listen, args=(uri, tls), name="wakeups", daemon=True)
            for uri in uris
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def wait(self, seconds: float) -> bool:
        """Wait for news, at most so long; whether some came since the last wait.

        One thread waits. It returns at once after `close`.
        """
        woken = self._event.wait(seconds)
        if woken and not self._stop.is_set():
            self._stop.wait(min(seconds, self._woken_at + LEAST_S - time.monotonic()))
            self._event.clear()
            self._woken_at = time.monotonic()
        return woken

    def wake(self) -> None:
        """Let the one who waits look now."""
        self._event.set()

    def close(self) -> None:
        """Hang up everywhere, and let the one who waits go on."""
        self._stop.set()
        self._event.set()
        for thread in self._threads:
            thread.join(OPEN_S + LISTEN_S)

    def _listen(self, uri: WebUri, tls: ssl.SSLContext | None) -> None:
        backoff, most = BACKOFF_S
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._connection(uri, tls)
            except (OSError, EOFError, WebSocketException) as error:
                log.debug("news of %s: %s", uri.authority, plain(str(error)))
            except Exception:
                log.exception("news of %s, by a fault of ours", uri.authority)
            if time.monotonic() - began >= STEADY_S:
                backoff = BACKOFF_S[0]
            # Many listeners of one node that comes back must not come all at once.
            self._stop.wait(backoff * (0.5 + secrets.randbelow(1000) / 1000))
            backoff = min(2 * backoff, most)

    def _connection(self, uri: WebUri, tls: ssl.SSLContext | None) -> None:
        """Listen until the connection ends."""
        scheme = "wss" if uri.scheme == "https" else "ws"
        # A socket of our own: then there is no proxy, and no redirect to another host.
        with (
            socket.create_connection((uri.host, uri.port), OPEN_S) as own,
            connect(
                f"{scheme}://{uri.authority}/json_rpc",
                sock=own,
                ssl=tls,
                compression=None,
                user_agent_header="tos-validator",
                proxy=None,
                open_timeout=OPEN_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=LISTEN_S,
                max_size=MESSAGE_BYTES,
                max_queue=QUEUED,
            ) as node,
        ):
            _subscribe(node)
            self._hear(node)

    def _hear(self, node: ClientConnection) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                node.recv(LISTEN_S)
                self.wake()
                time.sleep(PAUSE_S)


def _subscribe(node: ClientConnection) -> None:
    for number, event in enumerate(EVENTS, 1):
        asked = {"jsonrpc": "2.0", "id": number, "method": "subscribe"}
        node.send(json.dumps(asked | {"params": {"notify": event}}))


def _web(url: str) -> WebUri:
    uri = parse_uri(url)
    if not isinstance(uri, WebUri):
        raise ConfigurationError("chain.nodes: url: must be an address of the web")
    return uri
