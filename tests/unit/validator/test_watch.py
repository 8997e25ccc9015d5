"""The process that follows a chain, in this process: what it wires, says and ends with."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.fakes import devnet
from tests.fakes.nodes import FakeEndpoints, FakeWakeups, WorldNode
from validator import watch
from validator.errors import ConfigurationError, SignerUnavailableError
from validator.following.follower import Phase, Standing
from validator.settings import Settings
from validator.store.dialects import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from validator.services import Services

KEY = "ab" * 32


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_once_what_it_watches_and_ends_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    world = devnet.world()
    world.market()

    @contextlib.contextmanager
    def meet(_settings: Settings, _services: Services) -> Iterator[watch.Nodes]:
        wakeups = FakeWakeups()
        wakeups.then = lambda: os.kill(os.getpid(), number) if wakeups.waits > 3 else None
        yield watch.Nodes(FakeEndpoints([WorldNode(world)]), wakeups)

    watch.run(Settings(data_dir=tmp_path), meet)

    genesis = world.chain.genesis.hex()[:8]
    said = [one for one in capsys.readouterr().out.splitlines() if one.startswith("watching")]
    assert said == [f"watching devnet, genesis {genesis}..., height {world.chain.height}"]
    assert (tmp_path / FILE_NAME).exists()
    for timer in [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
        timer.join(2)
        assert not timer.is_alive()  # it would end this process


def test_our_account_is_the_one_that_is_set(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, chain={"own_key": KEY})

    found = watch.our_account(settings)

    assert found is not None
    assert (found.key.hex(), found.genesis) == (KEY, None)


def test_without_a_key_nothing_is_ours(tmp_path: Path) -> None:
    assert watch.our_account(Settings(data_dir=tmp_path)) is None


def test_a_signer_that_is_not_there_is_waited_for_by_the_operator(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, signer={"key_file": tmp_path / "key.json"})

    with pytest.raises(SignerUnavailableError):
        watch.our_account(settings)


def test_without_nodes_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"chain\.nodes: name a node"):
        watch.run(Settings(data_dir=tmp_path))


@dataclass
class Told:
    """A poster that remembers whether it might begin anything, and a follower's standing."""

    begun: list[bool] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)

    def step(self, *, begin: bool) -> None:
        self.begun.append(begin)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("followed", [True, False])
def test_posting_begins_only_where_the_follower_is_sound_and_its_last_step_worked(
    phase: Phase, *, followed: bool
) -> None:
    told = Told(standing=Standing(phase=phase))
    stage = watch.Posting(cast("Any", told), cast("Any", told), lambda: followed)
    stage.step()

    assert told.begun == [phase is Phase.FOLLOWING and followed]
