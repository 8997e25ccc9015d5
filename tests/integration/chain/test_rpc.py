"""One call over real sockets, against servers that mean no good."""

from __future__ import annotations

import gzip
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.raw_server import RawServer, reply, request
from validator.chain.rpc import Fault, Rpc
from validator.errors import ChainUnreadableError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 10_000


OPEN: list[Rpc] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def rpc(server: RawServer, timeout_s: float = 5) -> Rpc:
    OPEN.append(Rpc("n", server.url, timeout_s, LIMIT))
    return OPEN[-1]


def answered(**members: Any) -> bytes:
    """A reply with id 1, which is that of the first call."""
    return json.dumps({"jsonrpc": "2.0", "id": 1} | members).encode()


def says(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> RawServer:
    def serve(taken: socket.socket) -> None:
        while request(taken):
            taken.sendall(reply(body, *headers, status=status))

    return RawServer(serve)


def test_a_result_and_a_fault_are_values() -> None:
    with says(answered(result={"a": [1]})) as server:
        assert rpc(server).call("m") == {"a": [1]}
    with says(answered(error={"code": -5, "message": "no\x1b[2J" + "x" * 500})) as server:
        found = rpc(server).call("m")
    assert isinstance(found, Fault)
    assert found.code == -5
    assert found.message.startswith("no\\x1b[2J")
    assert len(found.message) < 130


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"null", "no object of JSON-RPC"),
        (b"[]", "no object of JSON-RPC"),
        (b'{"jsonrpc":"2.0","id":1,"result":1,"result":2}', "appears twice"),
        (b'{"jsonrpc":"2.0","id":1,"result":NaN}', "the reply"),
        (b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 80 + b"]" * 80 + b"}", "deep"),
        (answered(), "either result or error"),
        (answered(result=1, error={}), "either result or error"),
        (answered(result=1, more=1), "no object of JSON-RPC"),
        (answered(result=1, id=2), "to another call"),
        (answered(result=1, id=True), "to another call"),
        (answered(result=1, id="1"), "to another call"),
        (answered(result=1, jsonrpc="1.0"), "jsonrpc 2.0"),
        (answered(error=None), "a code and a message"),
        (answered(error={"code": "1", "message": "x"}), "a code and a message"),
        (answered(error={"code": 2**31, "message": "x"}), "a code and a message"),
        (answered(error={"code": 1}), "a code and a message"),
        (answered(result="x" * LIMIT), f"more than {LIMIT} bytes"),
    ],
)
def test_an_odd_reply_is_one_sentence(body: bytes, said: str) -> None:
    with says(body) as server, pytest.raises(ChainUnreadableError) as caught:
        rpc(server).call("m")
    assert said in caught.value.detail
    assert caught.value.detail.startswith("node n, m: ")
    assert len(caught.value.detail) < 300


def test_packed_replies_redirects_and_other_statuses_are_refused() -> None:
    body = answered(result=1)
    with (
        says(gzip.compress(body), b"Content-Encoding: gzip") as server,
        pytest.raises(ChainUnreadableError, match="packed"),
    ):
        rpc(server).call("m")
    with says(body) as target:
        where = f"Location: {target.url}/json_rpc".encode()
        with (
            says(b"", where, status=b"307 Temporary Redirect") as server,
            pytest.raises(ChainUnreadableError, match="HTTP status 307"),
        ):
            rpc(server).call("m")
        assert target.connections == 0
    with (
        says(body, status=b"503 Down") as server,
        pytest.raises(ChainUnreadableError, match="HTTP status 503"),
    ):
        rpc(server).call("m")


def test_proxies_of_the_environment_are_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    with says(answered(result=1)) as server, says(answered(result=2)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert rpc(server).call("m") == 1
        assert proxy.connections == 0


def test_one_deadline_holds_for_a_reply_that_drips() -> None:
    def drip(taken: socket.socket) -> None:
        request(taken)
        for byte in reply(answered(result="x" * 200)):
            taken.sendall(bytes([byte]))
            time.sleep(0.05)

    with RawServer(drip) as server:
        before = time.monotonic()
        with pytest.raises(ChainUnreadableError, match="did not answer within"):
            rpc(server, 0.5).call("m")
        assert time.monotonic() - before < 2


def test_a_body_without_end_is_cut_at_the_cap() -> None:
    sent = 0

    def endless(taken: socket.socket) -> None:
        nonlocal sent
        request(taken)
        taken.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 10**9:
            taken.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent += 4096

    with (
        RawServer(endless) as server,
        pytest.raises(ChainUnreadableError, match=f"more than {LIMIT} bytes") as caught,
    ):
        rpc(server, 20).call("m")
    assert sent < 10**8
    assert not caught.value.too_large


def test_the_size_of_a_task_is_no_fault_of_the_node() -> None:
    for method, others in (("get_ai_mining_task", True), ("get_info", False)):
        with (
            says(answered(result="x" * LIMIT)) as server,
            pytest.raises(ChainUnreadableError, match=f"more than {LIMIT} bytes") as caught,
        ):
            rpc(server).call(method)
        assert caught.value.too_large is others


def ending_kept(heard: list[bytes]) -> RawServer:
    """Answers one call on a connection, takes the next one there, and hangs up without a word."""

    def serve(taken: socket.socket) -> None:
        number = len(heard) + 1
        heard.append(request(taken))
        body = json.dumps({"jsonrpc": "2.0", "id": json.loads(heard[-1])["id"], "result": number})
        taken.sendall(reply(body.encode()))
        if number == 1:
            heard.append(request(taken))

    return RawServer(serve)


def test_a_stale_connection_is_asked_once_more_for_reads() -> None:
    heard: list[bytes] = []
    with ending_kept(heard) as server:
        calls = rpc(server)
        assert calls.call("m") == 1
        assert calls.call("m") == 3
        assert server.connections == 2
    assert [json.loads(each)["id"] for each in heard] == [1, 2, 3]


def test_a_stale_connection_is_not_asked_again_for_writes() -> None:
    heard: list[bytes] = []
    with ending_kept(heard) as server:
        calls = rpc(server)
        assert calls.call("m") == 1
        with pytest.raises(ChainUnreadableError, match="broke off"):
            calls.send("m", {"data": "00"})
        assert len(heard) == 2


def test_a_fresh_connection_that_breaks_is_not_asked_again() -> None:
    with RawServer(lambda taken: request(taken) and None) as server:  # type: ignore[arg-type, return-value]
        with pytest.raises(ChainUnreadableError, match="cannot be reached or broke off"):
            rpc(server).call("m")
        assert server.connections == 1


def test_params_are_absent_where_there_are_none() -> None:
    heard: list[bytes] = []

    def serve(taken: socket.socket) -> None:
        while body := request(taken):
            heard.append(body)
            number = json.loads(body)["id"]
            taken.sendall(reply(answered(result=1, id=number)))

    with RawServer(serve) as server:
        calls = rpc(server)
        calls.call("m")
        calls.call("m", {"a": 1})
        assert server.connections == 1
    assert heard[0] == b'{"jsonrpc":"2.0","id":1,"method":"m"}'
    assert json.loads(heard[1])["params"] == {"a": 1}


def test_threads_share_a_client() -> None:
    def serve(taken: socket.socket) -> None:
        while body := request(taken):
            asked = json.loads(body)
            taken.sendall(reply(answered(result=asked["params"]["n"], id=asked["id"])))

    found: list[bool] = []

    def work(calls: Rpc, number: int) -> None:
        found.extend(calls.call("m", {"n": number}) == number for _ in range(20))

    with RawServer(serve) as server:
        calls = rpc(server, 20)
        threads = [threading.Thread(target=work, args=(calls, each)) for each in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 240


def test_https_holds_only_with_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server("127.0.0.1")

    def serve(taken: socket.socket) -> None:
        with context.wrap_socket(taken, server_side=True) as inner:
            request(inner)
            inner.sendall(reply(answered(result=1)))

    with RawServer(serve) as server:
        url = server.url.replace("http:", "https:")
        OPEN.append(Rpc("n", url, 5, LIMIT, authority.client()))
        assert OPEN[-1].call("m") == 1
        OPEN.append(Rpc("n", url, 5, LIMIT))
        with pytest.raises(ChainUnreadableError, match="cannot be reached"):
            OPEN[-1].call("m")
