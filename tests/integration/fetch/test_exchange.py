"""The child's own side against real servers, with a resolver and an address of the test's."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.content_server import ContentServer, Reply, answer, endless, redirect, serving
from validator.fetch.exchange import Web
from validator.fetch.frames import Failure, FetchFailedError
from validator.fetch.network import Deadline
from validator.fetch.policy import Policy, WebTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KIB = 1024
MIB = 1024 * KIB
HERE = "127.0.0.1"


class Resolver:
    """Names as the test says; every name that it does not know is this machine."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self.asked: list[str] = []
        self._names = names or {}

    def __call__(self, host: str, port: int) -> Sequence[str]:
        turn = self.asked.count(host)
        self.asked.append(host)
        answers = self._names.get(host, [[HERE]])
        return answers[min(turn, len(answers) - 1)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Place:
    """A server that calls itself example.test, and a client that may reach 127.0.0.1 alone."""

    def __init__(self, server: ContentServer, web: Web) -> None:
        self.server = server
        self.web = web

    def get(
        self, path: str = "/", limit: int = MIB, seconds: float = 10, host: str = "example.test"
    ) -> bytes:
        target = self.web.policy.target(f"https://{host}:{self.server.port}{path}")
        assert isinstance(target, WebTarget)
        pieces = self.web.fetch(target, limit, Deadline(time.monotonic() + seconds))
        return b"".join(pieces)

    def failure(self, path: str = "/", **limits: float | str) -> Failure:
        with pytest.raises(FetchFailedError) as caught:
            self.get(path, **limits)  # type: ignore[arg-type]
        return caught.value.failure


@contextmanager
def placed(
    authority: Authority,
    replies: Mapping[str, Reply],
    resolver: Resolver | None = None,
    *names: str,
) -> Iterator[Place]:
    with serving(replies, authority.server(*(names or ("example.test", "*.test")))) as server:
        policy = Policy(schemes=("https",), ports=(server.port,), redirects=3)
        web = Web(
            policy,
            authority.client(),
            resolver or Resolver(),
            lambda _reach, address: address == HERE,
            own_host=True,
        )
        yield Place(server, web)


def test_content_comes_from_the_checked_address_under_the_servers_name(
    authority: Authority,
) -> None:
    resolver = Resolver()
    with placed(authority, {"/a?b=1": answer(b"content")}, resolver) as place:
        assert place.get("/a?b=1") == b"content"

        request = place.server.requests[0]
        assert f"Host: example.test:{place.server.port}\r\n".encode() in request
        assert place.server.names == ["example.test"]
        assert resolver.asked == ["example.test"]


def test_a_request_tells_nothing_of_who_asks(authority: Authority) -> None:
    with placed(authority, {"/": answer(b"")}) as place:
        place.get()

    names = {line.split(b":")[0] for line in place.server.requests[0].split(b"\r\n")[1:] if line}
    assert names == {b"Host", b"Accept", b"Accept-Encoding", b"Connection", b"User-Agent"}


def test_a_name_that_changes_its_address_is_asked_for_once(authority: Authority) -> None:
    resolver = Resolver({"example.test": [[HERE], ["169.254.169.254"]]})
    with placed(authority, {"/": answer(b"first")}, resolver) as place:
        assert place.get() == b"first"

    assert resolver.asked == ["example.test"]


def test_a_name_that_changes_before_a_redirect_is_checked_again(authority: Authority) -> None:
    resolver = Resolver({"example.test": [[HERE], ["169.254.169.254"]]})
    with placed(authority, {"/": redirect("/again"), "/again": answer(b"no")}, resolver) as place:
        assert place.failure() is Failure.REFUSED
        assert place.server.accepted == 1


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], [HERE, "10.0.0.1"], ["10.0.0.1", HERE], [HERE, "::1"], ["::ffff:127.0.0.1"]],
)
def test_one_closed_address_closes_the_whole_name(
    authority: Authority, addresses: list[str]
) -> None:
    with placed(authority, {}, Resolver({"example.test": [addresses]})) as place:
        assert place.failure() is Failure.REFUSED
        assert place.server.accepted == 0


def test_a_name_without_an_address_is_unreachable(authority: Authority) -> None:
    with placed(authority, {}, Resolver({"example.test": [[]]})) as place:
        assert place.failure() is Failure.UNREACHABLE


def test_an_address_of_this_machine_is_refused_even_if_it_is_public(authority: Authority) -> None:
    with placed(authority, {"/": answer(b"inside")}) as place:
        place.web = replace(place.web, own_host=False)

        assert place.failure() is Failure.REFUSED
        assert not place.server.requests


def test_redirects_are_followed_up_to_their_number(authority: Authority) -> None:
    replies = {f"/{n}": redirect(f"/{n + 1}") for n in range(9)} | {"/9": answer(b"there")}
    with placed(authority, replies) as place:
        assert place.get("/6") == b"there"
        assert place.failure("/5") is Failure.REFUSED


@pytest.mark.parametrize(
    "location",
    [
        "http://example.test/",
        "https://inside.test:{port}/",
        "https://example.test:1/",
        "https://127.0.0.1/",
        "https://localhost:{port}/",
        "https://[::1]:{port}/",
        "https://2130706433:{port}/",
        "https://user@example.test:{port}/",
        "//inside.test:{port}/",
        "file:///etc/passwd",
        "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
        "gopher://example.test/",
        "https://example.test:{port}/\x01",
    ],
)
def test_a_redirect_is_checked_as_strictly_as_the_first_target(
    authority: Authority, location: str
) -> None:
    replies: dict[str, Reply] = {}
    closed = {"inside.test": [["10.0.0.1"]], "localhost": [["127.0.0.2"]], "::1": [["::1"]]}
    resolver = Resolver(closed)
    with placed(authority, replies, resolver) as place:
        replies["/"] = redirect(location.format(port=place.server.port))

        assert place.failure() in (Failure.REFUSED, Failure.BROKEN)
        assert place.server.accepted == 1


def test_ten_gigabytes_are_refused_by_their_length_before_one_comes(authority: Authority) -> None:
    with placed(authority, {"/": answer(b"", length=10 * 1024**3)}) as place:
        begun = time.monotonic()

        assert place.failure(limit=64 * MIB) is Failure.TOO_LARGE
        assert time.monotonic() - begun < 5


def test_a_length_of_absurdly_many_digits_is_too_large(authority: Authority) -> None:
    replies = {"/": answer(b"", f"Content-Length: {'9' * 19}", length=-1)}
    with placed(authority, replies) as place:
        assert place.failure() is Failure.TOO_LARGE


def test_a_body_without_an_end_is_cut_at_the_limit(authority: Authority) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with placed(authority, {"/": endless(chunk, "Transfer-Encoding: chunked")}) as place:
        assert place.failure() is Failure.TOO_LARGE


def test_a_body_without_a_length_is_cut_at_the_limit(authority: Authority) -> None:
    with placed(authority, {"/": endless(b"x" * 65536)}) as place:
        assert place.failure() is Failure.TOO_LARGE


def test_exactly_the_limit_is_taken(authority: Authority) -> None:
    with placed(authority, {"/": answer(b"x" * 1024)}) as place:
        assert len(place.get(limit=1024)) == 1024
        assert place.failure(limit=1023) is Failure.TOO_LARGE


@pytest.mark.parametrize(
    "reply",
    [
        endless(b"1\r\nx\r\n", "Transfer-Encoding: chunked", pause=0.05),
        endless(b"x", "Content-Length: 1000000", pause=0.05),
        endless(b"X: y\r\n", pause=0.05, ends_head=False),
        endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.05, status="103 Early Hints"),
        lambda connection: connection.recv(1),
    ],
    ids=["chunks", "bytes", "headers", "hints", "silence"],
)
def test_whatever_drips_ends_with_the_deadline(authority: Authority, reply: Reply) -> None:
    with placed(authority, {"/": reply}) as place:
        begun = time.monotonic()

        assert place.failure(seconds=0.7) is Failure.TOO_SLOW
        assert time.monotonic() - begun < 3


def test_redirects_do_not_start_the_clock_anew(authority: Authority) -> None:
    def late(location: str) -> Reply:
        then = redirect(location)
        return lambda connection: (time.sleep(0.4), then(connection))[1]

    replies = {"/": late("/1"), "/1": late("/2"), "/2": late("/3"), "/3": answer(b"too late")}
    with placed(authority, replies) as place:
        assert place.failure(seconds=0.8) is Failure.TOO_SLOW


def test_headers_without_an_end_are_cut(authority: Authority) -> None:
    header = b"X-Y: " + b"z" * 8192 + b"\r\n"
    with placed(authority, {"/": endless(header, ends_head=False)}) as place:
        assert place.failure() is Failure.BROKEN


def test_gzip_that_was_not_asked_for_is_unpacked(authority: Authority) -> None:
    packed = gzip.compress(b"content" * 1000)
    with placed(authority, {"/": answer(packed, "Content-Encoding: gzip")}) as place:
        assert place.get() == b"content" * 1000


def test_a_gzip_bomb_is_counted_as_it_unpacks(authority: Authority) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for _ in range(100):
            file.write(bytes(MIB))
    bomb = packed.getvalue()
    assert len(bomb) < MIB
    with placed(authority, {"/": answer(bomb, "Content-Encoding: gzip")}) as place:
        tracemalloc.start()
        try:
            assert place.failure(limit=2 * MIB) is Failure.TOO_LARGE
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak < 8 * MIB


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"a" * 1000)[:-5], "gzip"),
        (gzip.compress(b"a") + b"more", "gzip"),
        (gzip.compress(b"a") + gzip.compress(b"b"), "gzip"),
        (b"no gzip at all", "gzip"),
        (gzip.compress(gzip.compress(b"a")), "gzip, gzip"),
        (b"", "br"),
        (b"", "deflate"),
    ],
)
def test_other_encodings_and_broken_gzip_are_no_content(
    authority: Authority, body: bytes, encoding: str
) -> None:
    with placed(authority, {"/": answer(body, f"Content-Encoding: {encoding}")}) as place:
        assert place.failure() is Failure.BROKEN


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("404 Not Found", Failure.NOT_FOUND),
        ("410 Gone", Failure.NOT_FOUND),
        ("500 Oops", Failure.STATUS),
        ("206 Partial Content", Failure.STATUS),
        ("302 Found", Failure.STATUS),  # and no Location
        ("204 No Content", Failure.STATUS),
    ],
)
def test_only_200_is_content(authority: Authority, status: str, failure: Failure) -> None:
    with placed(authority, {"/": answer(b"", status=status)}) as place:
        assert place.failure() is failure


@pytest.mark.parametrize(
    "reply",
    [
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        answer(b"xy", "Content-Length: 3"),
        answer(b"x", "Content-Encoding: gzip", "Content-Encoding: gzip"),
        answer(b"short", length=100),
    ],
    ids=["ssh", "two lengths", "two encodings", "cut"],
)
def test_what_is_not_proper_http_is_broken(authority: Authority, reply: Reply) -> None:
    with placed(authority, {"/": reply}) as place:
        assert place.failure() is Failure.BROKEN


def test_a_certificate_of_another_name_is_refused(authority: Authority) -> None:
    with placed(authority, {"/": answer(b"")}, None, "other.test") as place:
        assert place.failure() is Failure.CERTIFICATE
        assert not place.server.requests


def test_a_certificate_of_another_authority_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    with placed(authority, {"/": answer(b"")}) as place:
        place.web = replace(place.web, tls=Authority(tmp_path, "stranger").client())

        assert place.failure() is Failure.CERTIFICATE


def test_a_certificate_that_ended_is_refused(authority: Authority) -> None:
    with serving({"/": answer(b"")}, authority.server("example.test", expired=True)) as server:
        policy = Policy(schemes=("https",), ports=(server.port,), redirects=0)
        place = Place(
            server, Web(policy, authority.client(), Resolver(), lambda *_: True, own_host=True)
        )
        assert place.failure() is Failure.CERTIFICATE


def test_a_server_without_tls_is_unreachable(authority: Authority) -> None:
    with serving({"/": answer(b"")}) as server:
        policy = Policy(schemes=("https",), ports=(server.port,), redirects=0)
        place = Place(
            server, Web(policy, authority.client(), Resolver(), lambda *_: True, own_host=True)
        )
        assert place.failure(seconds=3) in (Failure.UNREACHABLE, Failure.TOO_SLOW)


def test_proxies_of_the_environment_are_ignored(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with placed(authority, {"/": answer(b"straight")}) as place:
        assert place.get() == b"straight"


def test_a_closed_port_is_unreachable(authority: Authority) -> None:
    with placed(authority, {}) as place:
        place.server.close()

        assert place.failure() is Failure.UNREACHABLE
