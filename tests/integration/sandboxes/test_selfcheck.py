"""Every backend bears out what it declares, property by property."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes.bubblewrap import BubblewrapSandbox
from sandboxes.protocol import Grip
from sandboxes.selfcheck import PROPERTIES, run_selfcheck
from tests.components import require_bubblewrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandboxes.protocol import Sandbox, Session, Toolchain

# The self-check finds this machine's own address by a datagram socket that sends nothing.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"])

BACKENDS = [
    "bubblewrap",
    "bubblewrap without control groups",
    pytest.param("docker", marks=pytest.mark.docker),
]


@pytest.fixture(scope="module", params=BACKENDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param == "docker":
        yield request.getfixturevalue("docker_sandbox")
        return
    require_bubblewrap()
    with BubblewrapSandbox(control_groups=request.param == "bubblewrap") as made:
        yield made


@pytest.mark.parametrize("name", PROPERTIES)
def test_the_declaration_of_the_backend_is_borne_out(sandbox: Sandbox, name: str) -> None:
    report = run_selfcheck(sandbox, [name])

    assert report.ok, "; ".join(f"{line.declared.value}: {line.detail}" for line in report.lines)


class Boaster:
    """A backend that promises what it does not hold: the network, memory, files."""

    name = "boaster"

    def __init__(self, inner: Sandbox, grip: Grip) -> None:
        self._inner = inner
        self._grip = grip

    def declared(self) -> Mapping[str, Grip]:
        return dict.fromkeys(PROPERTIES, self._grip)

    def open(self, language: str) -> Session:
        return self._inner.open(language)

    def toolchain(self, language: str) -> Toolchain:
        return self._inner.toolchain(language)


def test_a_promise_that_is_not_kept_is_found_out(tmp_path: Path) -> None:
    require_bubblewrap()
    with BubblewrapSandbox(control_groups=False) as inner:
        report = run_selfcheck(Boaster(inner, Grip.HELD), ["memory-file"])  # type: ignore[arg-type]

    assert [line.name for line in report.failed] == ["memory-file"]


def test_a_declaration_that_is_too_modest_is_found_out() -> None:
    require_bubblewrap()
    with BubblewrapSandbox() as inner:
        report = run_selfcheck(Boaster(inner, Grip.NOT_HELD), ["network-tcp"])  # type: ignore[arg-type]

    assert not report.ok
