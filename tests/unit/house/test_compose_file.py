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
    # watch and experts ring nobody by the broker: they look into the database.
    assert set(RIGHTS) == set(GRANTS) - {"watch", "expert"} == set(SERVICES.values())


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


CHAIN = ("signer", "watch")
KEY_VOLUMES = {"keys": "/var/lib/tos-signer/keys", "protection": "/var/lib/tos-signer/protection"}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    return dict(volume.split(":")[:2] for volume in service.get("volumes", []))


@pytest.mark.parametrize(("volume", "place"), KEY_VOLUMES.items())
def test_the_key_and_the_history_are_mounted_by_the_signer_alone(
    compose: dict[str, Any], volume: str, place: str
) -> None:
    holders = [name for name, service in compose.items() if volume in mounts(service)]
    assert holders == ["signer"]
    assert mounts(compose["signer"])[volume] == place


def test_signer_and_watch_share_the_socket_and_no_account_with_the_rest(
    compose: dict[str, Any],
) -> None:
    holders = {name for name, service in compose.items() if "signing" in mounts(service)}
    assert holders == set(CHAIN)
    users = {name: service.get("user") for name, service in compose.items()}
    assert users["signer"] == users["watch"] is not None
    assert not [name for name in users if name not in CHAIN and users[name] == users["signer"]]


def test_the_signer_reaches_neither_database_nor_broker(compose: dict[str, Any]) -> None:
    signer = compose["signer"]
    assert signer["networks"] == ["nodes"]
    others = [name for name, service in compose.items() if "nodes" in service.get("networks", [])]
    assert set(others) == set(CHAIN)
    assert "PASSWORD" not in str(signer["environment"])
    assert "ports" not in signer


def test_watch_has_its_own_account_and_no_engine(compose: dict[str, Any]) -> None:
    url = compose["watch"]["environment"]["TOSV_DATABASE__URL"]
    assert url == f"postgresql+psycopg://{PREFIX}watch:{secret('watch')}@db:5432/tosv"
    prepared = compose["prepare"]["environment"]["TOSV_DATABASE__WATCH_PASSWORD"]
    assert prepared == secret("watch")
    assert str(compose["watch"]).count("PASSWORD") == 1


@pytest.mark.parametrize("name", CHAIN)
def test_what_meets_the_chain_is_as_locked_down_as_the_rest(
    compose: dict[str, Any], name: str
) -> None:
    service = compose[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"sandboxd", "/var/run/docker.sock", "data"} & set(mounts(service))
    # The library that the codec loads is unpacked to the temporary folder.
    assert all("exec" in options.split(",") for options in service["tmpfs"])
