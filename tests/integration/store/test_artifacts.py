from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from validator.errors import NotFoundError, StoreUnavailableError
from validator.store.artifacts import FolderArtifacts

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"evidence\x00\xff"
NAME = hashlib.sha256(CONTENT).hexdigest()
DIGEST = f"sha256:{NAME}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def artifacts(root: Path) -> FolderArtifacts:
    return FolderArtifacts(root)


def place(root: Path) -> Path:
    return root / "sha256" / NAME[:2] / NAME


@pytest.mark.parametrize("content", [b"", CONTENT, b"x" * 3_000_000], ids=["none", "some", "3MB"])
def test_what_was_put_can_be_read_by_its_digest(
    artifacts: FolderArtifacts, root: Path, content: bytes
) -> None:
    digest = artifacts.put(content)

    again = FolderArtifacts(root)
    assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert again.get(digest) == content
    assert again.open(digest).read() == content
    assert again.exists(digest)
    assert again.size(digest) == len(content)


def test_lies_at_the_place_of_the_contract_and_nothing_else_is_left(
    artifacts: FolderArtifacts, root: Path
) -> None:
    artifacts.put(CONTENT)
    artifacts.put(CONTENT)

    assert [path for path in root.rglob("*") if not path.is_dir()] == [place(root)]
    assert place(root).stat().st_mode & 0o377 == 0


def test_what_was_never_put_is_not_found(artifacts: FolderArtifacts) -> None:
    assert not artifacts.exists(DIGEST)
    for read in (artifacts.get, artifacts.open, artifacts.size):
        with pytest.raises(NotFoundError):
            read(DIGEST)


@pytest.mark.parametrize(
    "name",
    [
        *("", NAME, f"sha256:{NAME[:-1]}", f"sha256:{NAME.upper()}", "sha256:../../etc/passwd"),
        *(f"{DIGEST}\n", f"sha256:../{NAME[3:]}", f"md5:{NAME}"),
    ],
)
def test_a_name_that_is_no_digest_reaches_no_file(artifacts: FolderArtifacts, name: str) -> None:
    artifacts.put(CONTENT)

    assert not artifacts.exists(name)
    with pytest.raises(NotFoundError):
        artifacts.get(name)


def test_a_damaged_artifact_is_never_given_out(artifacts: FolderArtifacts, root: Path) -> None:
    artifacts.put(CONTENT)
    place(root).chmod(0o600)
    place(root).write_bytes(CONTENT[:-1])

    with pytest.raises(StoreUnavailableError, match="damaged"):
        artifacts.get(DIGEST)


def test_putting_the_bytes_again_mends_a_damaged_artifact(
    artifacts: FolderArtifacts, root: Path
) -> None:
    artifacts.put(CONTENT)
    place(root).chmod(0o600)
    place(root).write_bytes(b"")

    artifacts.put(CONTENT)

    assert artifacts.get(DIGEST) == CONTENT


class TestLinks:
    def test_a_link_in_place_of_an_artifact_is_not_read(
        self, artifacts: FolderArtifacts, root: Path, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_bytes(CONTENT)
        place(root).parent.mkdir(parents=True)
        place(root).symlink_to(elsewhere)

        assert not artifacts.exists(DIGEST)
        with pytest.raises(NotFoundError):
            artifacts.get(DIGEST)

    def test_a_link_in_place_of_an_artifact_is_replaced_and_not_written_through(
        self, artifacts: FolderArtifacts, root: Path, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_bytes(b"mine")
        place(root).parent.mkdir(parents=True)
        place(root).symlink_to(elsewhere)

        artifacts.put(CONTENT)

        assert elsewhere.read_bytes() == b"mine"
        assert not place(root).is_symlink()
        assert artifacts.get(DIGEST) == CONTENT

    @pytest.mark.parametrize("step", ["sha256", f"sha256/{NAME[:2]}"])
    def test_a_link_in_place_of_a_folder_is_not_followed(
        self, artifacts: FolderArtifacts, root: Path, tmp_path: Path, step: str
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (root / step).parent.mkdir(exist_ok=True)
        (root / step).symlink_to(elsewhere)

        with pytest.raises(StoreUnavailableError):
            artifacts.put(CONTENT)
        with pytest.raises(NotFoundError):
            artifacts.get(DIGEST)

        assert list(elsewhere.iterdir()) == []


def test_a_pipe_in_place_of_an_artifact_does_not_hang_the_reader(
    artifacts: FolderArtifacts, root: Path
) -> None:
    place(root).parent.mkdir(parents=True)
    os.mkfifo(place(root))

    assert not artifacts.exists(DIGEST)
    with pytest.raises(NotFoundError):
        artifacts.get(DIGEST)


def test_many_may_put_the_same_bytes_at_once(artifacts: FolderArtifacts, root: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(artifacts.put, [CONTENT] * 32))

    assert digests == {DIGEST}
    assert [path for path in root.rglob("*") if not path.is_dir()] == [place(root)]


def test_a_failed_write_leaves_nothing_behind(
    artifacts: FolderArtifacts, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    artifacts.put(b"other")
    place(root).parent.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailableError, match="No space left"):
            artifacts.put(CONTENT)

    assert list(place(root).parent.iterdir()) == []
    assert not artifacts.exists(DIGEST)
