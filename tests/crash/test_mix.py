"""Failure test 15: a random mix of the failures, for minutes in `make soak`."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.crash.house import SEEDS, House

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.parametrize("seed", SEEDS), pytest.mark.timeout(600)]

SECONDS = 180 if SOAK else 10


def kill_child(house: House) -> None:
    children = house.children()
    if children:
        house.random.choice(children).kill()


def kill_worker(house: House) -> None:
    house.kill("worker")
    house.start_worker()


def kill_broker(house: House) -> None:
    house.kill("broker")
    time.sleep(house.random.uniform(0, 0.5))
    house.start_broker()


def wipe_broker(house: House) -> None:
    house.redis("admin").flushall()


def kill_relay(house: House) -> None:
    house.kill("relay")
    house.start_relay()


def kill_connections(house: House) -> None:
    house.redis("admin").client_kill_filter(_type="normal", skipme=True)


def freeze_broker(house: House) -> None:
    broker = house.processes["broker"]
    broker.send_signal(signal.SIGSTOP)
    time.sleep(house.random.uniform(0.2, 1.5))
    broker.send_signal(signal.SIGCONT)


def garbage(house: House) -> None:
    house.redis().rpush("fast", b"\xff garbage")


FAULTS = (
    kill_child, kill_worker, kill_broker, wipe_broker,
    kill_relay, kill_connections, freeze_broker, garbage,
)  # fmt: skip


def test_15_a_random_mix_of_failures_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, attempts=10) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.05"] * 20)
        house.wait_begun(1)
        deadline = time.monotonic() + SECONDS
        faults = list(FAULTS)
        house.random.shuffle(faults)
        while time.monotonic() < deadline:
            fault = faults.pop() if faults else house.random.choice(FAULTS)
            fault(house)
            ids += house.accept(*["sleep-0.05"] * house.random.randint(1, 5))
            time.sleep(house.random.uniform(0.1, 1.0))
            house.revive()
        began = time.monotonic()
        while len(house.services.store.finished(ids)) < len(ids):
            house.revive()
            assert time.monotonic() - began < 120, (house.states(ids), house.log("relay")[-2000:])
            time.sleep(0.2)
        house.check_ledger(ids)
