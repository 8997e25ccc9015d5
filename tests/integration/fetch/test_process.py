"""The fetcher as it runs: a process of its own that has nothing and is not believed."""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.fakes.certificates import Authority
from tests.fakes.content_server import answer, endless, redirect, serving
from validator.errors import (
    ContentNotFoundError,
    ContentTooLargeError,
    ContentTooSlowError,
    ContentUnreachableError,
    DigestMismatchError,
    FetchError,
    TargetRefusedError,
)
from validator.fetch import client
from validator.fetch.client import Fetcher, FetchLimits
from validator.fetch.lockdown import CPU_S, DESCRIPTORS, MEMORY, NOBODY
from validator.settings import FetchSettings
from validator.wire.digest import Algorithm, Digest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "hunter2-of-the-parent"
CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Readable for everybody, as a devnet's folder must be for a child that is nobody."""
    found = tmp_path / "content"
    found.mkdir(mode=0o755)
    (found / "a.json").write_text('{"a": 1}')
    return found


@pytest.fixture
def local(folder: Path) -> Iterator[Fetcher]:
    """May reach the folder and this machine."""
    with fetcher(schemes=("https", "file"), file_root=folder, loopback=True) as found:
        yield found


def fetcher(**settings: Any) -> Fetcher:
    return Fetcher(FetchSettings(**settings))


def child_of(found: Fetcher) -> psutil.Process:
    """The one process that it has started."""
    assert len(found._idle) == 1
    return psutil.Process(found._idle[0].pid)


def descriptors(child: psutil.Process) -> list[Path]:
    return list(Path(f"/proc/{child.pid}/fd").iterdir())


def test_the_child_has_no_environment_and_no_descriptor_of_the_parent(
    local: Fetcher, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOSV_DATABASE__URL", SECRET)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with (tmp_path / "secret").open("w") as held:
        os.set_inheritable(held.fileno(), True)  # as a careless library would
        local.fetch("file:///a.json")

        child = child_of(local)
        assert set(child.environ()) == {"PYTHONPATH", "LC_ALL"}
        opened = {path.name: str(path.readlink()) for path in descriptors(child)}
    assert opened.pop("0").startswith("socket:")
    assert {opened.pop("1"), opened.pop("2")} == {"/dev/null"}
    assert list(opened.values()) == [str(folder)]
    assert SECRET not in " ".join(child.cmdline())
    assert child.cwd() == "/"


def test_without_a_folder_the_child_has_its_socket_alone() -> None:
    with fetcher() as found:
        with pytest.raises(TargetRefusedError):
            found.fetch("https://127.0.0.1/")

        assert {path.name for path in descriptors(child_of(found))} == {"0", "1", "2"}


def test_the_child_cannot_gain_privileges_and_has_limits(local: Fetcher) -> None:
    local.fetch("file:///a.json")

    child = child_of(local)
    status = Path(f"/proc/{child.pid}/status").read_text()
    assert "NoNewPrivs:\t1\n" in status
    found = Path(f"/proc/{child.pid}/limits").read_text().splitlines()[1:]
    limits = {line[:26].strip(): line[26:].split()[:2] for line in found}
    for name, value in (
        ("Max address space", MEMORY),
        ("Max cpu time", CPU_S),
        ("Max file size", 0),
        ("Max core file size", 0),
        ("Max open files", DESCRIPTORS),
        ("Max processes", 0),
    ):
        assert limits[name] == [str(value)] * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_child_of_root_is_nobody(local: Fetcher) -> None:
    local.fetch("file:///a.json")

    child = child_of(local)
    assert set(child.uids()) == {NOBODY}
    assert set(child.gids()) == {NOBODY}
    assert "CapEff:\t0000000000000000\n" in Path(f"/proc/{child.pid}/status").read_text()


def test_content_with_the_right_digest_comes_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    content = os.urandom(3_000_000)
    with (
        serving({"/c": answer(content)}, authority.server("127.0.0.1")) as server,
        fetcher(loopback=True, authorities=authority.file) as found,
    ):
        uri = f"https://127.0.0.1:{server.port}/c"
        for algorithm in Algorithm:
            assert found.fetch(uri, Digest.of(content, algorithm)) == content


def test_a_certificate_that_nobody_vouches_for_is_one_sentence(tmp_path: Path) -> None:
    with (
        serving({}, Authority(tmp_path).server("127.0.0.1")) as server,
        fetcher(loopback=True) as found,
        pytest.raises(ContentUnreachableError, match="no certificate that holds"),
    ):
        found.fetch(f"https://127.0.0.1:{server.port}/")


def test_another_digest_is_an_error_and_the_child_stays(local: Fetcher) -> None:
    wrong = Digest.of(b"something else", Algorithm.BLAKE3)
    with pytest.raises(DigestMismatchError, match=str(wrong)):
        local.fetch("file:///a.json", wrong)

    before = child_of(local).pid
    assert local.fetch("file:///a.json") == b'{"a": 1}'
    assert child_of(local).pid == before


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.org/",
        "https://127.0.0.1:22/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://0x7f.1/",
        "https://8.8.8.8:22/",
        "https://user:pass@8.8.8.8/",
        "ftp://example.org/",
        "file:///etc/passwd",
        f"ipfs://{CID}",
        "",
        "https://example.org/\r\nX: y",
        "https://" + "a" * 5000,
    ],
)
def test_every_refused_target_gets_the_same_words(uri: str, request: pytest.FixtureRequest) -> None:
    found: Fetcher = request.getfixturevalue("strict")
    with pytest.raises(TargetRefusedError) as caught:
        found.fetch(uri)

    assert caught.value.detail == client.REFUSED


@pytest.fixture(scope="module")
def strict() -> Iterator[Fetcher]:
    """As the settings are where nothing is set."""
    with fetcher() as found:
        yield found


def test_ten_gigabytes_are_one_sentence_and_come_not(local: Fetcher) -> None:
    with serving({"/": answer(b"", length=10 * 1024**3)}) as server:
        begun = time.monotonic()
        with pytest.raises(ContentTooLargeError) as caught:
            local.fetch(f"http://127.0.0.1:{server.port}/")

    assert caught.value.detail == f"the content has more than {64 * 1024**2} bytes"
    assert time.monotonic() - begun < 10


def test_what_is_slow_ends_in_time_and_the_child_stays(local: Fetcher) -> None:
    with (
        serving({"/": endless(b"x", pause=0.05)}) as server,
        pytest.raises(ContentTooSlowError, match=r"within 0\.5 s"),
    ):
        local.fetch(f"http://127.0.0.1:{server.port}/", None, FetchLimits(1024, 0.5))
    assert local.fetch("file:///a.json")
    assert child_of(local).is_running()


def test_a_child_that_hangs_is_stopped_and_replaced(local: Fetcher) -> None:
    local.fetch("file:///a.json")
    before = child_of(local)
    before.suspend()
    with pytest.raises(ContentTooSlowError):
        local.fetch("file:///a.json", None, FetchLimits(1024, 0.2))

    assert not before.is_running()
    assert local.fetch("file:///a.json") == b'{"a": 1}'


def test_a_child_killed_at_work_is_an_error_and_the_next_fetch_has_a_new_one(
    local: Fetcher,
) -> None:
    local.fetch("file:///a.json")
    before = child_of(local)
    with serving({"/": endless(b"x", pause=0.05)}) as server, ThreadPoolExecutor(1) as pool:
        fetch = pool.submit(local.fetch, f"http://127.0.0.1:{server.port}/")
        while not server.requests:
            time.sleep(0.01)
        before.kill()
        with pytest.raises(FetchError, match="was ended by signal 9") as caught:
            fetch.result(20)

    assert caught.value.code == "TV070"
    assert caught.value.passing
    assert local.fetch("file:///a.json") == b'{"a": 1}'
    assert child_of(local).pid != before.pid


def test_a_child_that_died_idle_is_replaced_unseen(local: Fetcher) -> None:
    local.fetch("file:///a.json")
    before = child_of(local)
    before.kill()
    before.wait(10)

    assert local.fetch("file:///a.json") == b'{"a": 1}'


def test_a_child_ends_when_its_parent_is_gone(local: Fetcher) -> None:
    local.fetch("file:///a.json")
    child = child_of(local)
    local._idle[0]._socket.shutdown(socket.SHUT_RDWR)  # as the kernel does for the dead

    assert child.wait(10) == 0


def test_a_child_is_replaced_after_its_share_of_fetches(
    local: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FETCHES", 2)
    local.fetch("file:///a.json")
    before = child_of(local)
    local.fetch("file:///a.json")

    assert not local._idle
    assert not before.is_running()


def test_several_fetches_go_on_at_once_up_to_the_setting(folder: Path) -> None:
    both = threading.Barrier(2, timeout=20)

    def together(connection: socket.socket) -> None:
        both.wait()
        answer(b"both")(connection)

    with (
        serving({"/": together}) as server,
        fetcher(loopback=True, processes=2) as found,
        ThreadPoolExecutor(2) as pool,
    ):
        uri = f"http://127.0.0.1:{server.port}/"
        assert list(pool.map(found.fetch, [uri, uri], timeout=60)) == [b"both", b"both"]
        assert len(found._idle) == 2


def test_a_closed_fetcher_fetches_nothing_and_leaves_no_process(local: Fetcher) -> None:
    local.fetch("file:///a.json")
    child = child_of(local)
    local.close()

    assert not child.is_running()
    with pytest.raises(FetchError, match="closed"):
        local.fetch("file:///a.json")


def test_no_fetch_may_have_more_than_the_settings(local: Fetcher) -> None:
    with pytest.raises(ValueError, match="more than the settings"):
        local.fetch("file:///a.json", None, FetchLimits(1024, 1000))


def test_a_certificate_file_that_is_not_there_is_an_error_of_the_fetcher(tmp_path: Path) -> None:
    with fetcher(authorities=tmp_path / "none.pem") as found, pytest.raises(FetchError) as caught:
        found.fetch("https://example.org/")

    assert caught.value.code == "TV070"


def test_a_redirect_from_this_machine_does_not_lead_to_a_private_one(local: Fetcher) -> None:
    with serving({"/": redirect("https://10.0.0.1/")}) as server, pytest.raises(TargetRefusedError):
        local.fetch(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("make", ["link", "pipe", "folder", "way through a link"])
def test_only_regular_files_without_a_link_on_the_way_are_content(
    local: Fetcher, folder: Path, make: str
) -> None:
    uri = "file:///odd"
    match make:
        case "link":
            (folder / "odd").symlink_to("a.json")
        case "pipe":
            os.mkfifo(folder / "odd")
        case "folder":
            (folder / "odd").mkdir()
        case _:
            (folder / "odd").symlink_to("/etc")
            uri = "file:///odd/hostname"
    with pytest.raises(TargetRefusedError):
        local.fetch(uri)


def test_a_file_deeper_in_is_content_and_an_absent_one_is_not_found(
    local: Fetcher, folder: Path
) -> None:
    (folder / "x" / "y").mkdir(parents=True)
    (folder / "x" / "y" / "z").write_bytes(b"deep")

    assert local.fetch("file:///x/y/z") == b"deep"
    for uri in ("file:///x/none", "file:///none/z"):
        with pytest.raises(ContentNotFoundError):
            local.fetch(uri)


def test_a_file_of_ten_gigabytes_is_refused_by_its_size(local: Fetcher, folder: Path) -> None:
    with (folder / "huge").open("wb") as huge:
        huge.truncate(10 * 1024**3)
    with pytest.raises(ContentTooLargeError):
        local.fetch("file:///huge")


def test_a_gateway_on_this_machine_serves_content_and_nothing_else_there() -> None:
    replies = {
        f"/ipfs/{CID}/a.json": answer(b"by cid"),
        f"/ipfs/{CID}/moved": redirect(f"/ipfs/{CID}/a.json"),
        f"/ipfs/{CID}/out": redirect("/api/v0/id"),
        f"/ipfs/{CID}/sly": redirect(f"/ipfs/{CID}/%2e%2e/%2e%2e/api"),
        "/api/v0/id": answer(b"secret"),
    }
    with serving(replies) as server:
        gateway = f"http://127.0.0.1:{server.port}"
        settings = {"schemes": ("https", "ipfs"), "ipfs_gateway": gateway}
        with fetcher(**settings, ipfs_gateway_on_loopback=True) as found:
            assert found.fetch(f"ipfs://{CID}/a.json") == b"by cid"
            assert found.fetch(f"ipfs://{CID}/moved") == b"by cid"
            for uri in (f"ipfs://{CID}/out", f"ipfs://{CID}/sly", f"{gateway}/api/v0/id"):
                with pytest.raises(TargetRefusedError):
                    found.fetch(uri)
        assert not [line for line in server.requests if b"/api" in line]


def test_a_signal_to_the_group_of_the_terminal_does_not_reach_the_child(local: Fetcher) -> None:
    local.fetch("file:///a.json")

    assert os.getpgid(child_of(local).pid) != os.getpgid(0)
