"""The audit log as a file, while the signer runs and when it does not."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from tests.fakes.chain import FakeChain
from tests.fakes.signing import ask, rig
from validator.audit.leaf import LeafKind
from validator.cli import run
from validator.evidence.key_file import KEY_FILE, PUBLIC_FILE
from validator.signing.client import SOCKET
from validator.signing.opening import HISTORY
from validator.signing.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.signing import Rig
    from tests.fakes.store import FrozenClock
    from validator.settings import Settings


@pytest.fixture
def at(settings: Settings) -> list[str]:
    return ["--data-dir", str(settings.data_dir)]


def kinds(file: Path) -> list[str]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line["leaf"]["kind"] for line in lines if "leaf" in line]


def verified(settings: Settings, file: Path) -> bool:
    key = settings.data_dir / PUBLIC_FILE
    return run(["audit", "verify", str(file), "--key", str(key)]) == 0


def test_a_stopped_signer_s_log_is_exported_and_verified_without_a_service(
    settings: Settings, clock: FrozenClock, at: list[str], tmp_path: Path
) -> None:
    chain = FakeChain(clock)
    with rig(settings, clock, chain) as house:
        house.open()
        house.desk.signer.sign(ask(chain.answer(0), 80))
        house.desk.book.checkpoint()
        size = house.desk.book.head.size
    file = tmp_path / "log.jsonl"

    assert run(["audit", "export", str(file), *at]) == 0

    assert verified(settings, file)
    assert kinds(file) == ["key_change", "config_change", "verdict", "checkpoint"]
    assert len(kinds(file)) == size
    again = tmp_path / "again.jsonl"
    assert run(["audit", "export", str(again), "--json", *at]) == 0
    assert again.read_bytes() == file.read_bytes()  # reading it changed nothing


def test_a_running_signer_signs_the_end_and_goes_on(
    house: Rig, settings: Settings, at: list[str], tmp_path: Path
) -> None:
    server = Server(settings.data_dir / SOCKET, house.desk.answer)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        house.desk.signer.sign(ask(house.chain.answer(1), 80))
        key = settings.data_dir / KEY_FILE
        key.rename(tmp_path / "away.pem")  # whoever exports does not need it
        file = tmp_path / "log.jsonl"
        assert run(["audit", "export", str(file), *at]) == 0
        house.desk.signer.sign(ask(house.chain.answer(2), 80, nonce=1))
    finally:
        server.stop()
        thread.join(10)
        server.close()

    assert verified(settings, file)
    assert kinds(file)[-1] == "verdict"
    newest = house.desk.book.newest(LeafKind.CHECKPOINT)
    assert newest is not None
    assert b'"size":3' in newest or b"\\n3\\n" in newest


def test_one_flipped_bit_of_the_export_is_found(
    house: Rig, settings: Settings, at: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    assert run(["audit", "export", str(file), *at]) == 0
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    assert house.desk.book.head.size == 2
    assert not verified(settings, file)


def test_a_log_behind_the_published_checkpoint_is_not_exported(
    settings: Settings, clock: FrozenClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rig(settings, clock):
        pass
    old = (settings.data_dir / HISTORY / "protection.db").read_bytes()
    with rig(settings, clock) as house:
        house.desk.book.publish(house.desk.book.checkpoint())
        house.desk.book.publish(house.desk.book.checkpoint())
    config = tmp_path / "config.toml"
    config.write_text(
        f'data_dir = "{settings.data_dir}"\n[signer]\nkey_file = "{settings.signer.key_file}"\n'
    )
    file = tmp_path / "log.jsonl"
    assert run(["audit", "export", str(file), "--config", str(config)]) == 0
    file.unlink()
    for end in ("-wal", "-shm"):
        (settings.data_dir / HISTORY / f"protection.db{end}").unlink(missing_ok=True)
    (settings.data_dir / HISTORY / "protection.db").write_bytes(old)

    assert run(["audit", "export", str(file), "--config", str(config)]) == 2

    assert "a checkpoint of 3 was published" in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.parametrize("there", [True, False], ids=["file", "history"])
def test_what_cannot_be_written_or_read_is_one_sentence_and_leaves_nothing(
    there: bool, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log.jsonl"
    if there:
        file.write_text("mine")
    data = settings.data_dir if there else tmp_path / "none"

    assert run(["audit", "export", str(file), "--data-dir", str(data)]) == 2

    assert len(capsys.readouterr().err.splitlines()) == 1
    assert (file.read_text() == "mine") if there else not file.exists()


def test_settings_are_a_leaf_when_they_change_and_only_then(
    settings: Settings, clock: FrozenClock
) -> None:
    from validator.audit.leaf import read_leaf

    other = settings.model_copy(
        update={"signer": settings.signer.model_copy(update={"fee_max": 60_000})}
    )
    sizes = []
    for given in (settings, settings, other, settings):
        with rig(given, clock) as house:
            sizes.append(house.desk.book.head.size)
            newest = house.desk.book.newest(LeafKind.CONFIG_CHANGE)
    assert sizes == [2, 2, 3, 4]
    assert newest is not None
    body = read_leaf(newest).body
    assert body["signer"]["fee_max"] == settings.signer.fee_max
    assert "key_file" not in body["signer"]
    assert str(settings.data_dir) not in json.dumps(body)
