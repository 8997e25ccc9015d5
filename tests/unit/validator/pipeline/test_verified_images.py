from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes.images.verify import Trial
from sandboxes.protocol import Description, SandboxUnavailableError
from tests.fakes.cages import CountingCage
from validator.cli import images as command
from validator.pipeline.verified_images import (
    LIST_FILE,
    ListedCage,
    note_verified,
    read_verified,
)

if TYPE_CHECKING:
    from pathlib import Path

GOOD, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


class ImageCage(CountingCage):
    """Opens sessions of one image; says before that they are of `told`."""

    def __init__(self, image: str | None, told: str | None = None) -> None:
        super().__init__()
        self.image = image
        self.told = told or image
        self.closed = 0

    def describe(self) -> Description:
        return Description("docker", self.told, ())

    def close(self) -> None:
        self.closed += 1


def test_what_was_found_good_is_read_back(tmp_path: Path) -> None:
    note_verified(tmp_path / "data", {"python": GOOD, "bash": OTHER})
    note_verified(tmp_path / "data", {"bash": None, "node": GOOD})

    assert read_verified(tmp_path / "data") == {"python": GOOD, "node": GOOD}
    assert [path.name for path in (tmp_path / "data").iterdir()] == [LIST_FILE]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"schema": "tosv.verified-images/1", "images": []}',
        b'{"schema": "tosv.verified-images/2", "images": {"python": "sha256:%s"}}' % (b"1" * 64),
        b'{"schema": "tosv.verified-images/1", "images": {"python": 7, "bash": "latest"}}',
    ],
)
def test_a_list_that_cannot_be_read_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    assert read_verified(tmp_path) == {}
    (tmp_path / LIST_FILE).write_bytes(content)
    assert read_verified(tmp_path) == {}


def test_only_a_group_without_a_failure_goes_on_the_list(tmp_path: Path) -> None:
    note_verified(tmp_path, {"node": OTHER})
    trials = [
        Trial("python", "python", ok=True, detail=""),
        Trial("node", "javascript", ok=True, detail=""),
        Trial("node", "typescript", ok=False, detail=""),
        Trial("bash", "bash", ok=True, detail=""),
    ]

    command._note(tmp_path, trials, {"python": GOOD, "node": GOOD})

    assert read_verified(tmp_path) == {"python": GOOD}


def test_a_listed_image_opens() -> None:
    cage = ImageCage(GOOD)
    listed = ListedCage(cage, [GOOD])  # type: ignore[arg-type]

    assert listed.open("python").image == GOOD
    assert listed.toolchain("python").name == "python"
    assert listed.describe() == cage.describe()
    assert (listed.name, listed.declared()) == (cage.name, cage.declared())


def test_a_cage_without_images_opens() -> None:
    assert ListedCage(ImageCage(None), []).open("python").image is None  # type: ignore[arg-type]


@pytest.mark.parametrize("told", [OTHER, GOOD])
def test_an_image_that_is_not_listed_never_runs_a_program(told: str) -> None:
    cage = ImageCage(OTHER, told)
    listed = ListedCage(cage, [GOOD])  # type: ignore[arg-type]

    with pytest.raises(SandboxUnavailableError, match="verified list"):
        listed.open("python")
    assert cage.jobs == []
    assert cage.opened == (0 if told == OTHER else 1)
    assert cage.closed == cage.opened
    listed.close()
    assert cage.closed == cage.opened + 1


def test_a_toolchain_of_an_image_that_is_not_listed_is_not_asked() -> None:
    listed = ListedCage(ImageCage(OTHER), [GOOD])  # type: ignore[arg-type]

    with pytest.raises(SandboxUnavailableError, match="verified list"):
        listed.toolchain("python")
