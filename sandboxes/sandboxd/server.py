"""`sandboxd`: the one process of a host that holds the engine, and a narrow door to it.

A client may open a session for a language in its configured image and use it within the operator's
limits. There is no word in the protocol for a mount, a network, a privilege or a command of the
engine, and a word that is not in the protocol ends the connection. A session lives as long as its
connection.

`python -m sandboxes.sandboxd --socket PATH [--backend NAME ...] [--images PREFIX] [--ahead N]`
"""

from __future__ import annotations

import argparse
import logging
import queue
import signal
import socket
import stat
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandboxes.docker.address import Address
from sandboxes.factory import BACKENDS, open_sandbox
from sandboxes.images.groups import DEFAULT_PREFIX
from sandboxes.messages import OPERATOR_LIMITS, job_of, outcome_message, taken_message, tree_of
from sandboxes.protocol import (
    Limits,
    Sandbox,
    SandboxError,
    SandboxUnavailableError,
    Session,
    ToolchainMissingError,
)
from sandboxes.sandboxd.stream import Stream
from sandboxes.wire import Fields, Message, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

SESSIONS = 64
SEND_S = 60.0  # a client that does not read for so long is gone
BACKLOG = 128
STOP_POLL_S = 0.2
AHEAD_OF_NEED = 4
AHEAD = 2  # orders a client may send before it has read the answer to the first


class StoppedError(Exception):
    """The client ended a conversation, or itself."""


class SandboxServer:
    """Listens on a Unix socket and serves sessions of its sandboxes, the first by default."""

    def __init__(
        self,
        sandboxes: tuple[Sandbox, ...],
        path: Path,
        *,
        mode: int = 0o600,
        sessions: int = SESSIONS,
        cap: Limits = OPERATOR_LIMITS,
    ) -> None:
        self._sandboxes = sandboxes
        self.cap = cap
        self._path = path
        self._places = threading.BoundedSemaphore(sessions)
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._closed = False
        self._listener = _listen(path, mode)
        self._thread = threading.Thread(target=self._accept, name="sandboxd", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                if self._closed:
                    return
                raise
            connection = Connection(self, Stream(accepted, SEND_S))
            if not self._places.acquire(blocking=False):
                connection.refuse("unavailable", "sandboxd holds as many sessions as it may")
                continue
            with self._lock:  # whoever finds it in the list finds it started
                self._connections.add(connection)
                connection.start()

    def backend(self, name: str | None) -> Sandbox:
        """Return the sandbox of that name. Raises SandboxUnavailableError."""
        for sandbox in self._sandboxes:
            if name in (None, sandbox.name):
                return sandbox
        names = ", ".join(sandbox.name for sandbox in self._sandboxes)
        raise SandboxUnavailableError(f"this sandboxd has no {name}, only {names}")

    def left(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._connections.discard(connection)
        self._places.release()

    def close(self) -> None:
        """Stop listening and end every session; the sandbox itself stays the caller's."""
        self._closed = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.join()
        self._thread.join()


class Connection:
    """One client. A thread reads orders and notices the end; another one carries them out."""

    def __init__(self, server: SandboxServer, stream: Stream) -> None:
        self._server = server
        self._stream = stream
        self._orders: queue.Queue[Message | None] = queue.Queue(AHEAD)
        self._session: Session | None = None
        self._gone = threading.Event()
        self._threads = [
            threading.Thread(target=target, name="sandboxd-client", daemon=True)
            for target in (self._read, self._serve)
        ]

    def start(self) -> None:
        """Begin to serve."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until the client's session is closed."""
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """End the connection from our side."""
        self._gone.set()
        self._stream.shut()

    def refuse(self, code: str, text: str) -> None:
        """Say no and hang up, in place of `start`."""
        self._say_no(code, text)
        self._stream.close()

    def _say_no(self, code: str, text: str) -> None:
        with suppress(OSError):
            self._stream.say("error", {"code": code, "text": text, "language": None, "hint": ""})

    def _read(self) -> None:
        """Hand orders over; when the client goes, its running job goes with it."""
        try:
            while not self._gone.is_set():
                try:
                    order = self._stream.receive()
                except TimeoutError:
                    continue
                if order is None:
                    break
                self._orders.put_nowait(order)
        except (OSError, WireError, queue.Full) as error:
            log.info("client broke off: %s", error)
        finally:
            self._gone.set()
            if self._session is not None:
                self._session.close()
            with suppress(queue.Full):
                self._orders.put_nowait(None)

    def _next(self) -> Message | None:
        while True:
            try:
                return self._orders.get(timeout=1)
            except queue.Empty:
                if self._gone.is_set():
                    return None

    def _serve(self) -> None:
        try:
            while (order := self._next()) is not None:
                self._answer(order)
        except (OSError, StoppedError) as error:
            log.info("client is gone: %s", error)
        except WireError as error:
            log.warning("client refused: %s", error)
            self._say_no("refused", str(error))
        finally:
            self.hang_up()
            if self._session is not None:
                self._session.close()
            # A descriptor that is given back under a reader may be another connection's by then.
            self._threads[0].join()
            self._stream.close()
            self._server.left(self)

    def _answer(self, order: Message) -> None:
        """Carry out one order; what goes wrong inside the sandbox becomes an `error` message."""
        try:
            reply = self._carry_out(order)
        except ToolchainMissingError as error:
            reply = _error("toolchain_missing", str(error), error.language, error.hint)
        except SandboxUnavailableError as error:
            reply = _error("unavailable", str(error))
        except SandboxError as error:
            reply = _error("sandbox", str(error))
        self._stream.send(reply)

    def _carry_out(self, order: Message) -> Message:
        if order.kind in ("describe", "toolchain", "open"):
            return getattr(self, f"_{order.kind}")(Fields(order.fields))  # type: ignore[no-any-return]
        session = self._session
        if session is None or order.kind not in ("put", "take", "run", "build", "converse"):
            raise WireError("unknown order")
        if order.kind == "put":
            tree = tree_of(order)
            session.put(tree.files, tree.executable)
            return Message("done")
        if order.kind == "take":
            Fields(order.fields).done()
            return taken_message(session.take())
        job = job_of(order, self._server.cap)
        if order.kind == "converse":
            return outcome_message(session.converse(job, self._reply))
        return outcome_message(session.build(job) if order.kind == "build" else session.run(job))

    def _describe(self, fields: Fields) -> Message:
        sandbox = self._server.backend(fields.optional_text("backend", limit=64))
        fields.done()
        found = sandbox.describe()
        return Message(
            "described",
            {
                "name": sandbox.name,
                "backend": found.backend,
                "image": found.image,
                "weak": list(found.weak),
                "images": dict(found.images),
                "declared": {name: grip.value for name, grip in sandbox.declared().items()},
            },
        )

    def _toolchain(self, fields: Fields) -> Message:
        sandbox = self._server.backend(fields.optional_text("backend", limit=64))
        language = fields.text("language", limit=32)
        fields.done()
        found = sandbox.toolchain(language)
        return Message("toolchain", {"name": found.name, "version": found.version})

    def _open(self, fields: Fields) -> Message:
        sandbox = self._server.backend(fields.optional_text("backend", limit=64))
        language = fields.text("language", limit=32)
        image = fields.optional_text("image", limit=256)
        fields.done()
        if self._session is not None:
            raise WireError("a connection has one session")
        ours = sandbox.describe().image_of(language)
        if image is not None and image != ours:
            raise WireError("image: not the one that this sandboxd is configured with")
        session = sandbox.open(language)
        self._session = session
        # The reader looks at the session only when it ends, so the end may have been missed.
        if self._gone.is_set():
            raise StoppedError
        return Message("opened", {"image": session.image})

    def _reply(self, line: bytes) -> bytes:
        self._stream.send(Message("line", {}, [line]))
        answer = self._next()
        if answer is None or answer.kind == "stop":
            raise StoppedClientError if answer else StoppedError
        if answer.kind != "say":
            raise WireError("expected an answer to the line")
        return b"".join(answer.blobs)


class StoppedClientError(SandboxError):
    """The client's own reply failed; it knows why."""


def _error(code: str, text: str, language: str | None = None, hint: str = "") -> Message:
    fields = {"code": code, "text": text[:1000], "language": language, "hint": hint[:1000]}
    return Message("error", fields)


def _listen(path: Path, mode: int) -> socket.socket:
    """Bind the socket with its final permissions; take over a dead one, never a living one."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SandboxUnavailableError(f"{path}: there is something else than a socket")
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            if probe.connect_ex(str(path)) == 0:
                raise SandboxUnavailableError(f"{path}: another sandboxd is listening there")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        # Nobody can connect before listen(), so the default permissions in between do no harm.
        path.chmod(mode)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SandboxUnavailableError(
            f"{path}: cannot listen: {error.strerror or error}"
        ) from error
    return listener


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandboxes.sandboxd")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--mode", type=lambda text: int(text, 8), default=0o600)
    parser.add_argument(
        "--backend", action="append", choices=BACKENDS[1:],
        help="may be given again: others beside the first are left out where they cannot be had",
    )  # fmt: skip
    parser.add_argument("--images", default=DEFAULT_PREFIX, help="what the images' tags begin with")
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--ahead", type=int, default=AHEAD_OF_NEED, help="containers kept ready")
    parser.add_argument("--engine", metavar="URL")
    parser.add_argument("--engine-certificates", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    engine = Address(options.engine, options.engine_certificates)

    def opener(backend: str) -> Callable[[], Sandbox]:
        return lambda: open_sandbox(
            backend, images=options.images, engine=engine, ahead=options.ahead
        )

    openers = [opener(backend) for backend in options.backend or ["docker"]]
    return serve(openers, options.socket, options.mode, options.sessions)


def serve(openers: Sequence[Callable[[], Sandbox]], path: Path, mode: int, sessions: int) -> int:
    """Open the backends, listen, and wait for a signal; 1 with one sentence if that cannot be."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as opened:
        try:
            sandboxes = _opened(openers, opened)
            server = SandboxServer(tuple(sandboxes), path, mode=mode, sessions=sessions)
        except SandboxError as error:
            sys.stderr.write(f"sandboxd: {error}\n")
            return 1
        names = ", ".join(sandbox.name for sandbox in sandboxes)
        sys.stdout.write(f"sandboxd: {names} on {path}\n")
        sys.stdout.flush()
        # A signal may be delivered to another thread, which does not interrupt an endless wait.
        while not stop.wait(STOP_POLL_S):
            pass
        server.close()
    return 0


def _opened(openers: Sequence[Callable[[], Sandbox]], opened: ExitStack) -> list[Sandbox]:
    """Open the first backend, or raise; and those of the others that can be had."""
    sandboxes: list[Sandbox] = []
    for opener in openers:
        try:
            sandbox = opener()
        except SandboxError as error:
            if not sandboxes:
                raise
            log.warning("left out: %s", error)
            continue
        opened.callback(sandbox.close)
        sandboxes.append(sandbox)
    return sandboxes
