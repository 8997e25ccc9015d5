"""News over real WebSockets: of blocks, after a node came back, and from one that floods."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.server import serve

from validator.chain import wakeups
from validator.chain.wakeups import LEAST_S, Wakeups
from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.devnet_process import DevnetProcess


def settle(news: Wakeups) -> None:
    """Take the answers to the subscriptions."""
    assert news.wait(20)
    while news.wait(0.6):
        pass


def test_a_block_wakes_and_silence_does_not(devnet: DevnetProcess) -> None:
    with Wakeups([devnet.url]) as news:
        settle(news)
        assert not news.wait(0.5)
        devnet.mine()
        before = time.monotonic()
        assert news.wait(20)
        assert time.monotonic() - before < 10


def test_it_comes_back_after_the_node_was_away(
    devnet: DevnetProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "BACKOFF_S", (0.2, 0.4))
    with Wakeups([devnet.url]) as news:
        settle(news)
        devnet.trouble("down", seconds=1, kind="refused")
        time.sleep(2)
        settle(news)  # the subscriptions of the new connection
        devnet.mine()
        assert news.wait(20)


def test_a_node_that_is_not_there_holds_up_nobody(devnet: DevnetProcess) -> None:
    devnet.end()
    with Wakeups([devnet.url]) as news:
        assert not news.wait(0.3)
        before = time.monotonic()
    assert time.monotonic() - before < 5


def test_closing_lets_the_one_who_waits_go() -> None:
    news = Wakeups([])
    news.close()
    before = time.monotonic()
    assert news.wait(30)
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    "says",
    [
        lambda client: [client.send("no JSON at all") for _ in range(100_000)],
        lambda client: client.send("x" * 2**21),
        lambda client: client.send(b"\xff\xfe"),
    ],
    ids=["flood", "too large", "bytes"],
)
def test_a_node_that_floods_or_sends_nonsense_wakes_no_more_often_than_that(
    says: Callable[[Any], Any],
) -> None:
    def handle(client: Any) -> None:
        says(client)

    with serve(handle, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        with Wakeups([f"http://127.0.0.1:{port}"]) as news:
            until, woken = time.monotonic() + 2, 0
            while time.monotonic() < until:
                woken += news.wait(0.5)
        assert woken <= 2 / LEAST_S + 1
        server.shutdown()


def test_what_is_no_address_of_the_web_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Wakeups(["file:///a"])
