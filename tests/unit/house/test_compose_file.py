"""docker-compose.yml says of roles what the code says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from validator.cli.broker import RIGHTS
from validator.store.roles import GRANTS, PREFIX

SERVICES = {"api": "front", "relay": "relay", "worker": "worker"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (Path(__file__).parents[3] / "docker-compose.yml").read_text()
    found: dict[str, Any] = YAML(typ="safe").load(text)["services"]
    return found


def secret(role: str) -> str:
    return f"${{TOSV_{role.upper()}_PASSWORD:?run make compose-up}}"


def test_the_broker_s_users_have_the_rights_of_the_embedded_one(compose: dict[str, Any]) -> None:
    users = " ".join(compose["redis"]["command"]).split(" --user ")[1:]
    assert users[0] == "default off"
    wanted = {
        f"{role} on >{secret(role)} resetkeys resetchannels -@all {rights}"
        for role, rights in RIGHTS.items()
    }
    assert set(users[1:]) == wanted
    assert set(RIGHTS) == set(SERVICES.values())
    # Whoever follows a chain starts `watch` beside these; it speaks to no broker.
    assert set(GRANTS) == {*SERVICES.values(), "watch"}


@pytest.mark.parametrize(("service", "role"), SERVICES.items())
def test_each_service_has_its_own_accounts_and_no_other(
    compose: dict[str, Any], service: str, role: str
) -> None:
    variables = compose[service]["environment"]
    database = f"postgresql+psycopg://{PREFIX}{role}:{secret(role)}@db:5432/tosv"
    assert variables["TOSV_DATABASE__URL"] == database
    assert variables["TOSV_BROKER__URL"] == f"redis://{role}:{secret(role)}@redis:6379/0"
    others = {"TOSV_DB_PASSWORD", *(f"TOSV_{name.upper()}_PASSWORD" for name in GRANTS)}
    others.remove(f"TOSV_{role.upper()}_PASSWORD")
    assert not [name for name in others if name in str(compose[service])]


def test_only_sandboxd_reaches_the_engine_and_it_reaches_nothing_else(
    compose: dict[str, Any],
) -> None:
    holders = [name for name, service in compose.items() if "docker.sock" in str(service)]
    assert holders == ["sandboxd"]
    assert compose["sandboxd"]["network_mode"] == "none"
    assert "PASSWORD" not in str(compose["sandboxd"])


def test_only_loopback_is_published(compose: dict[str, Any]) -> None:
    ports = [port for service in compose.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
