"""Which engines may be asked, and how ssh is told to reach one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.docker.address import CERTIFICATES, Address
from sandboxes.docker.engine import connect, owner_is_gone, owner_mark
from sandboxes.docker.tunnel import command
from sandboxes.protocol import SandboxUnavailableError


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    for name in CERTIFICATES:
        (tmp_path / name).touch()
    return tmp_path


def test_a_socket_of_this_machine_and_ssh_may_be_asked() -> None:
    for url in (None, "unix:///var/run/docker.sock", "ssh://judge@host:2222", "ssh://host"):
        assert Address(url).fault() is None


def test_tcp_needs_every_file_of_the_certificates(certificates: Path) -> None:
    url = "tcp://10.0.0.1:2376"

    assert Address(url, certificates).fault() is None
    assert "without client certificates is refused" in str(Address(url).fault())
    (certificates / "key.pem").unlink()
    assert str(Address(url, certificates).fault()).startswith("key.pem missing")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://10.0.0.1:2375", "only unix://, tcp:// and ssh://"),
        ("https://10.0.0.1:2376", "only unix://"),
        ("npipe:////./pipe/docker", "only unix://"),
        ("fd://", "only unix://"),
        ("/var/run/docker.sock", "no scheme"),
        ("", "no scheme"),
        ("unix://var/run/docker.sock", "absolute path"),
        ("unix://", "absolute path"),
        ("tcp://:2376", "a host and a port"),
        ("tcp://10.0.0.1", "a host and a port"),
        ("tcp://10.0.0.1:99999", "not a URL"),
        ("ssh://-oProxyCommand=id", "needs a host"),
        ("ssh://judge:secret@host", "no password"),
        ("ssh://-l@host", "user name"),
        ("ssh://", "needs a host"),
    ],
)
def test_everything_else_is_refused_in_one_sentence(url: str, sentence: str) -> None:
    fault = Address(url).fault()

    assert fault is not None
    assert sentence in fault
    assert "secret" not in fault
    with pytest.raises(SandboxUnavailableError, match=r"sandbox\.engine"):
        connect(Address(url))


def test_certificates_without_tcp_are_a_mistake_and_not_ignored(certificates: Path) -> None:
    for url in (None, "unix:///run/docker.sock", "ssh://host"):
        assert Address(url, certificates).fault() is not None


def test_only_an_engine_of_this_machine_knows_all_its_owners() -> None:
    boot, room, pid, start = owner_mark().split("/")
    elsewhere = f"another-boot/{room}/{pid}/{start}"

    assert not Address("unix:///run/docker.sock").remote
    assert Address("ssh://host").remote
    assert owner_is_gone(elsewhere, now=10, created=5, max_age_s=60)
    assert not owner_is_gone(elsewhere, now=10, created=5, max_age_s=60, shared=True)
    assert owner_is_gone(elsewhere, now=100, created=5, max_age_s=60, shared=True)
    assert not owner_is_gone(f"{boot}/{room}/{pid}/{start}", 100, 5, 60, shared=True)


def test_ssh_asks_nobody_and_gets_no_option_from_the_url() -> None:
    words = command("ssh://judge@host.example:2222", Path("/x/engine.sock"))

    assert words[-3:] == ["--", "host.example", "cat >/dev/null"]
    assert "BatchMode=yes" in words
    assert words[words.index("-L") + 1] == "/x/engine.sock:/var/run/docker.sock"
    assert words[words.index("-p") + 1] == "2222"
    assert words[words.index("-l") + 1] == "judge"
    assert "/x/engine.sock:/run/engine" in command("ssh://h/run/engine", Path("/x/engine.sock"))
