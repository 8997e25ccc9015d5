"""The thread that reads the chain beside the requests."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tests.fakes.chain import foreign
from validator.errors import StoreUnavailableError
from validator.signing.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.fakes.signing import Rig


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_foreign_verdict_halts_without_anybody_asking(
    house: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    house.chain.answer(1)
    poller = Poller(house.desk.gate, 0.01)
    poller.start()
    try:
        until(lambda: "signing is open" in caplog.text)
        house.chain.mine(foreign(1, 50, nonce=0))
        until(lambda: house.desk.gate.state.phase.value == "halted")
        until(lambda: "signing is halted foreign_verdict" in caplog.text)
    finally:
        poller.close()
    assert caplog.text.count("signing is open") == 1  # what stays the same is not said again


def test_a_poll_that_fails_does_not_end_the_polling(
    house: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    polls = []

    def fail() -> None:
        polls.append(1)
        raise (StoreUnavailableError if len(polls) % 2 else RuntimeError)("the disk is full")

    monkeypatch.setattr(house.desk.gate, "poll", fail)
    poller = Poller(house.desk.gate, 0.01)
    poller.start()
    until(lambda: len(polls) > 2)
    poller.close()

    assert "not reconciled: the disk is full" in caplog.text
    assert "by a fault of ours" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_a_poller_that_never_began_ends(house: Rig) -> None:
    Poller(house.desk.gate, 10).close()
