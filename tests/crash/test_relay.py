"""Failure tests 5 and 6: between acceptance and the ring."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.crash.house import SEEDS, House, document, wait_until
from validator.cli.broker import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("seed", SEEDS)


def test_5_what_a_killed_front_door_accepted_is_judged(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        port = free_port()
        house.start_front(port)
        wait_until(lambda: _get(port, "/healthz") == 200, 60, "the front door is up")
        accepted: list[str] = []
        threads = [
            threading.Thread(target=_post_until_refused, args=(port, accepted)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(accepted) > house.random.randint(30, 80), 30, "some are accepted")
        house.kill("front")
        for thread in threads:
            thread.join()
        assert accepted
        house.wait_final(accepted)
        house.check_ledger(accepted)


def test_6_a_relay_killed_between_publish_and_delete_doubles_no_effect(
    tmp_path: Path, seed: int
) -> None:
    with House(tmp_path, seed) as house:
        ids = house.accept(*["ok"] * 60)
        kill_at = house.random.randint(5, 40)
        house.start_relay(die_after=kill_at)
        house.processes["relay"].wait(60)
        # Published and still in the outbox: it will be published again.
        assert house.redis().llen("fast") == kill_at
        assert len(house.services.store.pending(1000)) == 60
        house.start_relay()
        wait_until(lambda: house.redis().llen("fast") >= 60 + kill_at, 40, "doubles are published")
        house.start_worker()
        house.wait_final(ids)
        house.check_ledger(ids)
        assert max(house.runs().values()) == 1  # the double found no lease to take


def _post_until_refused(port: int, accepted: list[str]) -> None:
    number = 0
    while True:
        number += 1
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            body = document("ok", number * 1000 + os.getpid() + threading.get_ident() % 1000)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/submissions", body, headers)
            reply = connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()
        assert reply.status == 202, content
        accepted.append(json.loads(content)["submission_id"])
        time.sleep(0.002)


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
