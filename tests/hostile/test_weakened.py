"""The corpus can fail: each kind of wall, taken down on purpose, is missed by a case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandboxes.bubblewrap import BubblewrapSandbox, backend, filters
from sandboxes.protocol import Grip, Status
from sandboxes.selfcheck import PROPERTIES
from tests.components import require_bubblewrap
from tests.hostile.runner import Runner
from tests.hostile.table import CASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.hostile.bait import Bait
    from tests.hostile.case import Case

pytestmark = pytest.mark.timeout(60)
CASE = {case.program: case for case in CASES}


class Boaster(BubblewrapSandbox):
    """Declares everything as held."""

    def declared(self) -> Mapping[str, Grip]:
        return dict.fromkeys(PROPERTIES, Grip.HELD)


@pytest.fixture(autouse=True)
def _cage() -> None:
    require_bubblewrap()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Words to take out of bwrap's command, and words to put in."""
    change: dict[str, list[str]] = {"out": [], "in": []}
    plain = backend.command

    def weak(*parts: object) -> list[str]:
        words = [w for w in plain(*parts) if w not in change["out"]]  # type: ignore[arg-type]
        at = words.index("--info-fd")
        return [*words[:at], *change["in"], *words[at:]]

    monkeypatch.setattr(backend, "command", weak)
    return change


def missed(case: Case, bait: Bait, sandbox: BubblewrapSandbox) -> None:
    with sandbox, pytest.raises(AssertionError):
        Runner(sandbox, bait).run(case)


@pytest.mark.parametrize("program", ["kernel/sockets.c", "kernel/doors.c", "kernel/old_ways.c"])
def test_without_the_filter(monkeypatch: pytest.MonkeyPatch, bait: Bait, program: str) -> None:
    monkeypatch.setattr(filters, "as_descriptor", lambda: -1)

    missed(CASE[program], bait, BubblewrapSandbox())


def test_with_the_hosts_network(commands: dict[str, list[str]], bait: Bait) -> None:
    commands["out"] = ["--unshare-net"]

    missed(CASE["network/addresses.py"], bait, BubblewrapSandbox())


def test_with_the_hosts_secret_in_view(commands: dict[str, list[str]], bait: Bait) -> None:
    path = bait.facts["secret"]
    folder = path.rpartition("/")[0]
    commands["in"] = ["--perms", "0755", "--dir", folder, "--ro-bind", path, path]

    missed(CASE["secrets/host_paths.py"], bait, BubblewrapSandbox())
    missed(CASE["compile/incbin_host.c"], bait, BubblewrapSandbox())


def test_with_a_place_that_can_be_written(commands: dict[str, list[str]], bait: Bait) -> None:
    commands["in"] = ["--perms", "1777", "--tmpfs", "/run/lock"]

    missed(CASE["filesystem/writable_places.py"], bait, BubblewrapSandbox())


def test_without_groups_of_memory_that_were_promised(bait: Bait) -> None:
    missed(CASE["resources/memfd.c"], bait, Boaster(control_groups=False))


def test_an_end_under_another_name_is_missed(bait: Bait) -> None:
    mistaken = replace(CASE["time/ignores.c"], right=(Status.OK,))

    missed(mistaken, bait, BubblewrapSandbox())
