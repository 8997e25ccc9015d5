"""Requests per second of one URL: by wrk where installed, else by a small raw-socket client."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 16


def _lua(body: bytes) -> str:
    quoted = body.decode("utf-8").replace("]==]", "")
    return (
        'wrk.method = "POST"\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
        f"wrk.body = [==[{quoted}]==]\n"
    )


def _by_wrk(url: str, body: bytes | None, seconds: float) -> float:
    argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    with tempfile.TemporaryDirectory() as folder:
        if body is not None:
            script = Path(folder) / "post.lua"
            script.write_text(_lua(body))
            argv += ["-s", str(script)]
        done = subprocess.run(
            [*argv, url], capture_output=True, text=True, timeout=seconds + 30, check=True
        )
    if "Non-2xx" in done.stdout:
        raise RuntimeError(f"{url} refused requests under load: {done.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk printed no rate: {done.stdout}{done.stderr}")
    return float(found.group(1))


def _request(url: str, body: bytes | None) -> tuple[tuple[str, int], bytes]:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    head = (
        f"{'POST' if body is not None else 'GET'} {parts.path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
    )
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (host, port), head.encode() + b"\r\n" + (body or b"")


def _read_reply(stream: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(stream)
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(head.split(b"\r\n", 1)[0].decode("latin-1"))
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))  # type: ignore[union-attr]
    while len(rest) < length:
        rest += _some(stream)


def _some(stream: socket.socket) -> bytes:
    data = stream.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def _by_sockets(url: str, body: bytes | None, seconds: float) -> float:
    address, request = _request(url, body)
    end = time.monotonic() + seconds
    counts: list[int] = []

    def client() -> None:
        with socket.create_connection(address, timeout=10) as stream:
            done = 0
            while time.monotonic() < end:
                stream.sendall(request)
                _read_reply(stream)
                done += 1
            counts.append(done)

    clients = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return sum(counts) / seconds


def requests_per_second(url: str, body: bytes | None = None, seconds: float = 3) -> float:
    """Drive `url` from 16 kept-alive connections; GET, or POST of `body` as JSON.

    Raises RuntimeError when the server answers anything but 2xx.
    """
    drive = _by_wrk if shutil.which("wrk") else _by_sockets
    return drive(url, body, seconds)
