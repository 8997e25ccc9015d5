from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from sandboxes.docker.engine import owner_mark
from tests.fakes.front_house import BrokenStore, FrontHouse, TestClient, client_of, front_house
from validator.pipeline.proofs import FOLDER, Proof, Record, write

if TYPE_CHECKING:
    from pathlib import Path


def codes(client: TestClient) -> tuple[int, list[str]]:
    reply = client.get("/readyz")
    return reply.status_code, [reason["code"] for reason in reply.json()["reasons"]]


def test_alive_says_nothing_of_others(tmp_path: Path) -> None:
    with front_house(tmp_path) as house:
        house.store = BrokenStore()
        with client_of(house.app()) as client:
            assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_everything_answers(client: TestClient) -> None:
    assert codes(client) == (200, [])


def test_a_broker_that_is_away_is_named(client: TestClient, house: FrontHouse) -> None:
    house.probes.broker_up = False

    assert codes(client) == (503, ["broker_unavailable"])


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    with front_house(tmp_path) as house:
        house.store = BrokenStore()
        with client_of(house.app()) as client:
            assert codes(client) == (503, ["database_unavailable"])


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"outbox": 5, "queued": 5}, "outbox_not_moving"),
        ({"queued": 5}, "work_not_taken"),
        ({"running": 2, "queued": 1}, "work_not_finishing"),
    ],
)
def test_work_that_does_not_move_is_named(
    client: TestClient, house: FrontHouse, counts: dict[str, float], code: str
) -> None:
    still = {"oldest_s": 10_000.0, "last_finish_s": 10_000.0}
    house.probes.counts = {"outbox": 0, "queued": 0, "running": 0, **counts, **still}

    status, found = codes(client)

    assert status == 503
    assert code in found


def test_every_reason_has_a_sentence(client: TestClient, house: FrontHouse) -> None:
    house.probes.broker_up = False
    still = {"oldest_s": 10_000.0, "last_finish_s": 10_000.0}
    house.probes.counts = {"outbox": 1, "queued": 1, "running": 1, **still}

    for reason in client.get("/readyz").json()["reasons"]:
        assert reason["message"].endswith(".")


def test_workers_whose_self_test_failed_are_named(client: TestClient, house: FrontHouse) -> None:
    now = datetime.now(UTC)
    proof = Proof("docker", None, 8, 1.0, (), "the self-test contradicts what the cage declares")
    record = Record(owner_mark(), now.isoformat(), "quick", (proof,))
    write(house.settings.data_dir / FOLDER, record, now)

    assert codes(client) == (503, ["cage_not_proven"])
