"""Failure tests 3, 4, 8, 10, 13: what a failing broker can and cannot do to accepted work."""

from __future__ import annotations

import shutil
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import redis

from tests.components import SOAK
from tests.crash.house import SEEDS, House, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("seed", SEEDS)

GARBAGE = (
    b"not json at all",
    b"\x00\xff\xfe\x80",
    b"[1, 2, 3]",
    b"{}",
    b'{"body": 1}',
    b"null",
    b'{"body":"x","headers":{"task":"tosv.validate_submission","id":"1"},"properties":{}}',
)


def test_3_a_killed_broker_comes_back_with_its_queue(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, republish_s=60) as house:  # so that only the file can restore it
        house.start_relay()
        ids = house.accept(*["ok"] * 100)
        wait_until(lambda: house.redis().llen("fast") >= 100, 40, "all are published")
        house.kill("broker")
        house.start_broker()
        assert house.redis().llen("fast") == 100
        house.start_worker()
        house.wait_final(ids)
        house.check_ledger(ids)


def test_3_a_broker_killed_in_the_middle_of_work_loses_nothing(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.1"] * 40)
        house.wait_begun(house.random.randint(4, 20))
        house.kill("broker")
        ids += house.accept(*["ok"] * 10)  # accepted while it is down
        time.sleep(house.random.uniform(0.2, 1))
        house.start_broker()
        house.wait_final(ids)
        house.check_ledger(ids)


def test_4_a_wiped_broker_is_filled_again_from_the_rows(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        ids = house.accept(*["ok"] * 50)
        wait_until(lambda: house.redis().llen("fast") >= 50, 40, "all are published")
        house.kill("broker")
        for left in ("appendonlydir", "appendonly.aof"):
            shutil.rmtree(tmp_path / "broker" / left, ignore_errors=True)
        house.start_broker()
        assert house.redis().llen("fast") < 50
        house.start_worker()
        house.wait_final(ids)
        house.check_ledger(ids)


def test_8_a_storm_of_killed_connections_doubles_no_effect(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.1"] * 40)
        house.wait_begun(2)
        admin = house.redis("admin")
        for _ in range(6):
            time.sleep(house.random.uniform(0.1, 0.5))
            admin.client_kill_filter(_type="normal", skipme=True)
        house.wait_final(ids)
        house.check_ledger(ids)


def test_10_garbage_in_the_queue_stops_no_work(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        broker = house.redis()
        ids = house.accept("ok")
        wait_until(lambda: broker.llen("fast") >= 1, 40, "it is published")
        for garbage in house.random.sample(GARBAGE, len(GARBAGE) if SOAK else 3):
            broker.rpush("fast", garbage)  # at the end from which a worker takes
        ids += house.accept(*["ok"] * 5)
        house.start_worker()
        deaths = 0
        deadline = time.monotonic() + 200
        while len(house.services.store.finished(ids)) < len(ids):
            assert time.monotonic() < deadline, house.log("worker")[-3000:]
            if house.processes["worker"].poll() is not None:  # as the launcher would
                deaths += 1
                house.start_worker()
            time.sleep(0.05)
        house.check_ledger(ids)
        assert deaths <= len(GARBAGE)


def test_10_a_message_without_one_of_our_ids_starts_nothing(tmp_path: Path, seed: int) -> None:
    from validator.jobs.queues import VALIDATE

    with House(tmp_path, seed) as house:
        house.start_worker()
        publisher = house.celery("relay")
        for arguments in (["sub_1"], [7], [None], [], ["../etc"], [["sub_" + "0" * 32]]):
            publisher.send_task(VALIDATE, args=arguments, queue="fast", retry=False)
        for name in ("celery.chain", "celery.starmap", "os.system"):
            publisher.send_task(name, args=["x"], queue="fast", retry=False)
        ids = house.accept("ok")
        house.start_relay()
        house.wait_final(ids)
        house.check_ledger(ids)
        assert set(house.runs()) == set(ids)
        assert house.processes["worker"].poll() is None


def test_13_a_frozen_broker_delays_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.1"] * 10)
        house.wait_begun(2)
        house.processes["broker"].send_signal(signal.SIGSTOP)
        began = time.monotonic()
        ids += house.accept(*["ok"] * 5)
        assert time.monotonic() - began < 2  # acceptance does not wait for the broker
        time.sleep(house.random.uniform(3, 12))  # on both sides of the socket's time limit
        house.processes["broker"].send_signal(signal.SIGCONT)
        house.wait_final(ids)
        house.check_ledger(ids)


def test_a_worker_account_cannot_ring_for_experts_or_posting(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        worker, front = house.redis("worker"), house.redis("front")
        worker.lpush("sandbox", b"x")
        for queue in ("expert", "post", "anything"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                worker.lpush(queue, b"x")
        with pytest.raises(redis.exceptions.NoPermissionError):
            worker.config_set("maxmemory", "1")
        with pytest.raises(redis.exceptions.NoPermissionError):
            front.lpush("fast", b"x")
        stranger = redis.Redis(port=front.connection_pool.connection_kwargs["port"])
        with pytest.raises(redis.exceptions.AuthenticationError), suppress(ConnectionError):
            stranger.ping()
        for client in (worker, front, stranger):
            client.close()
