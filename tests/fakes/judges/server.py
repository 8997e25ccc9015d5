"""A loopback server that speaks as OpenAI's and Anthropic's APIs do; a script decides every reply.

By hand, for a demonstration: `python -m tests.fakes.judges`. Every reply is marked scripted.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.judges.judges import Judge  # noqa: TC001 - of a type alias
from tests.fakes.judges.prompts import Prompt, read_anthropic, read_openai
from tests.fakes.judges.troubles import Trouble, spoiled

Plan = Callable[[int, Prompt], Trouble | None]
"""Which fault the request of this number, from 0, meets."""

SCRIPTED = "scripted"
_STATUS = {
    Trouble.TOO_MANY: 429,
    Trouble.BROKEN: 500,
    Trouble.OVERLOADED: 529,
    Trouble.UNAUTHORIZED: 401,
    Trouble.NOT_FOUND: 404,
}
_HUGE = 8 * 1024 * 1024


class JudgeServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; remembers every prompt."""

    daemon_threads = True
    request_queue_size = 512
    block_on_close = False

    def __init__(
        self, judge: Judge, plan: Plan | None = None, port: int = 0, slow_s: float = 5.0
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.judge = judge
        self.plan = plan or (lambda _number, _prompt: None)
        self.slow_s = slow_s
        self.prompts: list[Prompt] = []
        self.bodies: list[bytes] = []
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens; OpenAI's paths begin with /v1, Anthropic's SDK adds that itself."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def base_url(self, api: str) -> str:
        """What an operator sets as `base_url` for this API."""
        return f"{self.url}/v1" if api == "openai" else self.url

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what tests want."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: JudgeServer
    timeout = 30
    wbufsize = -1  # head and body in one packet: none of them waits for an acknowledgement
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        api = "openai" if self.path.endswith("/chat/completions") else "anthropic"
        prompt = (read_openai if api == "openai" else read_anthropic)(headers, json.loads(body))
        server = self.server
        with server.lock:
            number = len(server.prompts)
            server.prompts.append(prompt)
            server.bodies.append(body)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            self._reply(prompt, server.plan(number, prompt))
        finally:
            with server.lock:
                server.at_once -= 1

    def _reply(self, prompt: Prompt, trouble: Trouble | None) -> None:
        if trouble is Trouble.DROPPED:
            self._hang_up()
            return
        if trouble is Trouble.SLOW_BYTE:
            self.server.stopped.wait(self.server.slow_s)
        if trouble in _STATUS:
            error = {"error": {"type": "scripted", "message": f"scripted {trouble}"}}
            self._send(_STATUS[trouble], json.dumps(error).encode(), {"retry-after": "1"})
            return
        if trouble is Trouble.REDIRECTED:
            self._send(302, b"", {"location": f"{self.server.url}/elsewhere"})
            return
        said = spoiled(self.server.judge(prompt), trouble, prompt)
        body = envelope(prompt, said, trouble)
        if trouble is Trouble.CUT_BODY:
            self._send(200, body[: len(body) // 2], {}, told=len(body))
            self._hang_up()
            return
        extra = {"content-encoding": "gzip"} if trouble is Trouble.PACKED else {}
        self._send(200, body, extra)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], told: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body) if told is None else told))
        self.send_header("x-request-id", f"{SCRIPTED}-{len(self.server.prompts)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def envelope(prompt: Prompt, said: str, trouble: Trouble | None) -> bytes:
    """Return the body in which a document is sent, with the tokens that are charged for it."""
    odd = {
        Trouble.NO_HTTP_JSON: b"<html>bad gateway</html>",
        Trouble.EMPTY_ENVELOPE: b"{}",
        Trouble.HUGE: b'{"a": "' + b"x" * _HUGE + b'"}',
        Trouble.DEEP: b"[" * 100_000 + b"]" * 100_000,
    }
    if trouble in odd:
        return odd[trouble]
    made = (_openai if prompt.api == "openai" else _anthropic)(prompt, said, trouble)
    if trouble is Trouble.NO_USAGE:
        made.pop("usage")
    if trouble is Trouble.NO_CHOICES:
        made["choices" if prompt.api == "openai" else "content"] = []
    return json.dumps(made).encode()


def _tokens(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) // 4 + 1


def _openai(prompt: Prompt, said: str, trouble: Trouble | None) -> dict[str, Any]:
    ended = {Trouble.TRUNCATED: "length", Trouble.FILTERED: "content_filter"}
    refused = trouble is Trouble.REFUSAL
    text = said[: len(said) // 2] if trouble is Trouble.TRUNCATED else said
    read, written = _tokens(prompt.system + prompt.user), _tokens(text)
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": prompt.model,
        "system_fingerprint": f"fp_{SCRIPTED}",
        "choices": [
            {
                "index": 0,
                "finish_reason": ended.get(trouble, "stop") if trouble else "stop",
                "message": {
                    "role": "assistant",
                    "content": None if refused else text,
                    "refusal": "I cannot help with that." if refused else None,
                },
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _anthropic(prompt: Prompt, said: str, trouble: Trouble | None) -> dict[str, Any]:
    ended = {
        Trouble.TRUNCATED: "max_tokens",
        Trouble.FILTERED: "refusal",
        Trouble.REFUSAL: "refusal",
    }
    text = said[: len(said) // 2] if trouble is Trouble.TRUNCATED else said
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": prompt.model,
        "stop_reason": ended.get(trouble, "end_turn") if trouble else "end_turn",
        "stop_sequence": None,
        "content": [{"type": "text", "text": text}],
        "usage": {
            "input_tokens": _tokens(prompt.system + prompt.user),
            "output_tokens": _tokens(text),
        },
    }


@contextmanager
def judging(
    judge: Judge, plan: Plan | None = None, *, port: int = 0, slow_s: float = 5.0
) -> Iterator[JudgeServer]:
    """Run a server for a while."""
    server = JudgeServer(judge, plan, port, slow_s)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
        deadline = time.monotonic() + 10
        while server.at_once and time.monotonic() < deadline:
            time.sleep(0.01)
