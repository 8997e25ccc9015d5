"""The desk without judges, and licences on disk."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from validator.domain.clock import SystemClock
from validator.domain.reviews import Tier
from validator.errors import ExpertsMissingError
from validator.experts import licences
from validator.experts.desk import Desk, configured
from validator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = SimpleNamespace(
    name="small-1", tier="standard", family="alpha", api="openai", model="m-1", base_url=None,
    price_in=100, price_out=400, key_file="/run/secrets/model", key="do-not-show",
)  # fmt: skip


def test_without_seats_there_is_no_judge_and_nothing_to_ask(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    desk = Desk(settings, SystemClock())

    assert not configured(settings)
    assert desk.seats == ()
    assert not desk.judges("general")
    assert desk.status()["status"] == "not_configured"
    for call in (
        desk.require,
        lambda: desk.ask({}, Tier.STANDARD),
        lambda: desk.calibrate([], Tier.STANDARD),
        lambda: desk.rejudge(b""),
    ):
        with pytest.raises(ExpertsMissingError):
            call()


def test_a_seat_is_known_without_anything_secret() -> None:
    settings: Any = SimpleNamespace(experts=SimpleNamespace(seats=(ENTRY,)))

    (seat,) = Desk(settings, SystemClock()).seats

    assert (seat.name, seat.tier, seat.scripted) == ("small-1", Tier.STANDARD, False)
    assert "do-not-show" not in repr(seat)
    assert "secrets" not in repr(seat)


def test_licences_are_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert licences.read(tmp_path) is None
    licences.write(tmp_path, b"first")

    def power_cut(_: int) -> None:
        raise OSError("on purpose")

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(OSError, match="on purpose"):
        licences.write(tmp_path, b"second")

    assert licences.read(tmp_path) == b"first"
    mode = (tmp_path / licences.FILE).parent.stat().st_mode
    assert stat.S_IMODE(mode) == 0o700
