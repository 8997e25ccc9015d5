"""Every backend in turn, and the host it must leave as it found it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, get_args

import pytest

from sandboxes import factory
from sandboxes.docker.engine import connect
from sandboxes.factory import open_sandbox
from sandboxes.images.build import ensure_image
from sandboxes.protocol import SandboxUnavailableError
from tests.components import missing, require_bubblewrap, require_docker
from tests.hostile.bait import laid_out
from tests.hostile.host import left_over, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandboxes.protocol import Sandbox
    from tests.hostile.bait import Bait

BACKENDS = (
    "bubblewrap",
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("docker-fast", marks=pytest.mark.docker),
)
IMAGES = ("python", "bash", "native", "node")


@pytest.fixture(scope="session")
def bait() -> Iterator[Bait]:
    with laid_out() as found:
        yield found


@pytest.fixture(scope="module", params=BACKENDS)
def sandbox(
    request: pytest.FixtureRequest, bait: Bait, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """One backend for a whole module; afterwards nothing of it may be left on this host."""
    with pytest.MonkeyPatch.context() as patch:
        # A temp folder of its own: whatever is in there afterwards was left by this backend.
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("host")))
        opened = _open(request.param)
        opened.close()  # modules, connections and caches are there before the first look
        before = look(bait.facts["name"])
        opened = _open(request.param)
        yield opened
        opened.close()
        assert left_over(before, bait.facts["name"]) == []


def _open(name: str) -> Sandbox:
    """Open a backend; skip where it is not built, and where it cannot be had unless in CI."""
    if name not in get_args(factory.Backend):
        pytest.skip(f"this release has no backend {name}")
    if name == "bubblewrap":
        require_bubblewrap()
    else:
        _require_images()
    try:
        return open_sandbox(name)
    except SandboxUnavailableError as error:
        missing(str(error))
        raise


def _require_images() -> None:
    """An engine, and the images of this very release in it."""
    require_docker()
    engine = connect()
    try:
        for group in IMAGES:
            ensure_image(engine, group)
    finally:
        engine.close()
