"""The outermost ring: who may knock, what every answer carries, and no traceback ever."""

from __future__ import annotations

import ipaddress
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog
from starlette.requests import ClientDisconnect

from validator.errors import ConfigurationError, ForbiddenOriginError, ValidatorError
from validator.web.problems import instance_of, problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from validator.settings import ServerSettings

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
NO_STORE = (b"cache-control", b"no-store")
MAX_HOST = 300

log = structlog.get_logger("web")


def check_listen_address(server: ServerSettings) -> None:
    """Refuse to start where strangers could call: there are no keys yet."""
    if server.behind_loopback_publish or is_loopback(server.host):
        return
    raise ConfigurationError(
        f"server.host is {server.host!r}, but the service has no API keys yet and listens on "
        "loopback only: set it to 127.0.0.1, or set server.behind_loopback_publish when a "
        "container publishes the port on the host's loopback."
    )


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Tell whether this address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class Guard:
    """Checks peer, Host and Origin, adds the security headers, ends every defect in a 500.

    Pure ASGI: the framework's middleware class would add a task and a queue to each request.
    """

    def __init__(self, app: ASGIApp, server: ServerSettings) -> None:
        self._app = app
        self._server = server
        self._hosts = frozenset(host.lower() for host in server.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; websockets are refused, lifespan passes."""
        if scope["type"] == "http":
            await self._serve(scope, receive, _Sender(send))
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: _Sender) -> None:
        try:
            self._check_caller(scope)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
        except ForbiddenOriginError as error:
            await problem_response(error, instance_of(scope))(scope, receive, send)
        except Exception:  # the last ring: a defect of ours, told by number, never by traceback
            number = secrets.token_hex(8)
            log.exception("request failed", error_id=number, method=scope["method"][:20])
            if send.started:
                raise
            defect = ValidatorError(f"The engine failed on this request; its log says {number}.")
            await problem_response(defect, instance_of(scope))(scope, receive, send)

    def _check_caller(self, scope: Scope) -> None:
        client = scope.get("client")
        if client and not self._server.behind_loopback_publish and not is_loopback(client[0]):
            raise ForbiddenOriginError("The service speaks to this machine only.")
        host, origin, site, mode = _caller_headers(scope)
        if _host_name(host) not in self._hosts:
            raise ForbiddenOriginError(f"Host {_printable(host)!r} is not in server.allowed_hosts.")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            raise ForbiddenOriginError(f"Origin {_printable(origin)!r} is another site.")
        # A followed link is harmless; anything else that a foreign page starts is not.
        if site in ("cross-site", "same-site") and not (
            mode == "navigate" and scope["method"] == "GET"
        ):
            raise ForbiddenOriginError(f"A {site} request of a browser is not served.")


class _Sender:
    """Adds the security headers and knows whether the answer has begun."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = [*message.get("headers", ()), *SECURITY_HEADERS]
            for name, _ in headers:
                if name == b"cache-control":
                    break
            else:
                headers.append(NO_STORE)
            message = {**message, "headers": headers}
        await self._send(message)


def _caller_headers(scope: Scope) -> tuple[str, str | None, str, str]:
    """Return Host (empty when absent or given twice), Origin, Sec-Fetch-Site, Sec-Fetch-Mode."""
    hosts: list[str] = []
    origin: str | None = None
    site = mode = ""
    for name, value in scope["headers"]:
        if name == b"host":
            hosts.append(value.decode("latin-1").lower())
        elif name == b"origin":
            origin = value.decode("latin-1")
        elif name == b"sec-fetch-site":
            site = value.decode("latin-1")
        elif name == b"sec-fetch-mode":
            mode = value.decode("latin-1")
    return (hosts[0] if len(hosts) == 1 else ""), origin, site, mode


@lru_cache(maxsize=256)
def _host_name(host: str) -> str:
    """Return the name without the port; empty for anything odd."""
    if len(host) > MAX_HOST:
        return ""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host
    return name if port.isascii() and port.isdigit() else ""


def _printable(text: str) -> str:
    return text[:100].encode("ascii", "backslashreplace").decode()
