"""Salts: the same for ever, and only for whoever has the key."""

from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.fakes.bundles import VERDICT_ID
from validator.errors import EvidenceKeyError
from validator.evidence.commitments import SALT_SIZE
from validator.evidence.salts import SALT_KEY, Salts

if TYPE_CHECKING:
    from pathlib import Path


def test_a_salt_is_the_same_after_a_restart_and_another_for_another_verdict(
    tmp_path: Path,
) -> None:
    first = Salts.open(tmp_path).of(VERDICT_ID)

    assert Salts.open(tmp_path).of(VERDICT_ID) == first
    assert Salts.open(tmp_path).of(f"ver_{9:032x}") != first
    assert len(first) == SALT_SIZE


def test_two_data_directories_have_different_salts(tmp_path: Path) -> None:
    assert Salts.open(tmp_path / "a").of(VERDICT_ID) != Salts.open(tmp_path / "b").of(VERDICT_ID)


def test_a_salt_is_the_hmac_that_the_reference_names(tmp_path: Path) -> None:
    salts = Salts.open(tmp_path)
    key = (tmp_path / SALT_KEY).read_bytes()

    wanted = hmac.new(key, b"tosv/salt/1\x00" + VERDICT_ID.encode(), hashlib.sha256).digest()

    assert salts.of(VERDICT_ID) == wanted


def test_the_key_is_for_its_owner_alone_and_made_once_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: Salts.open(tmp_path).of(VERDICT_ID), range(32)))

    assert len(found) == 1
    assert (tmp_path / SALT_KEY).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / SALT_KEY).parent.iterdir()] == ["salt.key"]


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / SALT_KEY
    path.parent.mkdir()
    path.touch(0o600)
    path.write_bytes(content)

    with pytest.raises(EvidenceKeyError, match="32 bytes"):
        Salts.open(tmp_path)
    assert path.read_bytes() == content


def test_a_key_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    Salts.open(tmp_path)
    (tmp_path / SALT_KEY).chmod(0o644)

    with pytest.raises(EvidenceKeyError, match="open to others"):
        Salts.open(tmp_path)
