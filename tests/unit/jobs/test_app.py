from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from checkers import jail
from checkers.jailed.works import FAMILIES
from validator.cli.broker import RIGHTS
from validator.jobs import create_celery
from validator.jobs.app import celery_settings
from validator.jobs.queues import ALL_QUEUES, UNACKED, VALIDATE, WORKER_QUEUES
from validator.jobs.validate import Validation
from validator.services import build_services
from validator.settings import BrokerSettings, Settings, WorkerSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    broker = BrokerSettings(url=SecretStr("redis://127.0.0.1:1/0"))
    return Settings(data_dir=tmp_path, broker=broker)


@pytest.fixture
def app(settings: Settings) -> Any:
    services = build_services(settings)
    yield create_celery(services)
    services.close()


def test_only_our_task_is_registered(app: Any) -> None:
    assert set(app.tasks) == {VALIDATE}


def test_only_json_is_taken_and_nobody_can_steer_a_worker_from_afar(app: Any) -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.worker_enable_remote_control is False


def test_no_message_is_lost_with_its_child(app: Any) -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1


def test_every_task_has_time_limits_below_the_visibility(app: Any) -> None:
    soft, hard = app.conf.task_soft_time_limit, app.conf.task_time_limit
    assert 0 < soft < hard < app.conf.broker_transport_options["visibility_timeout"]


def test_time_limits_come_from_the_settings(settings: Settings) -> None:
    worker = WorkerSettings(soft_limit_s=5, hard_limit_s=6, visibility_s=7, stop_grace_s=3)
    found = celery_settings(settings.model_copy(update={"worker": worker}))
    assert (found["task_soft_time_limit"], found["task_time_limit"]) == (5, 6)
    assert found["broker_transport_options"]["visibility_timeout"] == 7
    assert found["broker_transport_options"]["unacked_restore_interval"] <= 7
    assert found["worker_soft_shutdown_timeout"] == 3


def test_a_dead_broker_cannot_hang_a_publish(app: Any) -> None:
    assert 0 < app.conf.broker_transport_options["socket_timeout"] <= 10
    assert 0 < app.conf.broker_transport_options["socket_connect_timeout"] <= 10


@pytest.mark.parametrize(
    "hostile",
    ["", "sub_", "sub_" + "g" * 32, "sub_" + "0" * 33, "../" + "0" * 33, "sub_" + "0" * 32 + "\n",
     "sub_" + "٣" * 32, 7, None, True, ["sub_" + "0" * 32], {"id": "sub_" + "0" * 32}],
)  # fmt: skip
def test_a_message_without_one_of_our_ids_reaches_no_store(
    app: Any, monkeypatch: pytest.MonkeyPatch, hostile: object
) -> None:
    def refuse(_self: Validation, submission_id: str) -> None:
        raise AssertionError(submission_id)

    monkeypatch.setattr(Validation, "run", refuse)
    app.tasks[VALIDATE](hostile)


def test_one_of_our_ids_is_passed_on(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(Validation, "run", lambda _self, one: seen.append(one))
    app.tasks[VALIDATE]("sub_" + "0" * 32)
    assert seen == ["sub_" + "0" * 32]


def test_a_child_builds_services_of_its_own(settings: Settings) -> None:
    services = build_services(settings)
    opened: list[Any] = []

    def reopen(given: Settings) -> Any:
        opened.append(replace(services, settings=given))
        return opened[-1]

    create_celery(services, reopen)
    assert opened == []  # nothing before a fork
    validation = Validation(settings, reopen)
    validation.run("sub_" + "0" * 32)  # unknown: no lease
    assert len(opened) == 1
    assert opened[0] is not services
    validation.close()


def test_a_child_prepares_its_jail_when_it_begins_and_not_with_every_opening(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[set[str]] = []
    monkeypatch.setattr(jail, "prepare", lambda families: prepared.append({*families}))
    validation = Validation(settings, build_services)
    validation.open()
    validation.close()
    assert prepared == []

    validation.begin()
    validation.close()
    assert prepared == [set(FAMILIES)]

    worker = settings.worker.model_copy(update={"ready": frozenset(["math"])})
    validation = Validation(settings.model_copy(update={"worker": worker}), build_services)
    validation.begin()
    validation.close()
    assert prepared[1:] == [{"math"}]


def test_the_brokers_rights_name_the_queues_of_the_application() -> None:
    for queue in ALL_QUEUES:
        assert f"~{queue}*" in RIGHTS["relay"]
        assert (f"~{queue}*" in RIGHTS["worker"]) == (queue in WORKER_QUEUES)
    assert UNACKED.startswith("tosv.checks.")
    assert "~tosv.checks.*" in RIGHTS["worker"]
    assert "~*" not in RIGHTS["worker"].split()
