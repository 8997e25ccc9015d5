"""From the chain's text through the real fetcher, from a devnet's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.chain_content import (
    answer_document,
    chain_answer,
    chain_task,
    pointer,
    spelled,
    task_document,
)
from validator.content.loading import Loader
from validator.content.refusal import Fault, Refusal
from validator.fetch.client import Fetcher
from validator.intake import parse
from validator.settings import FetchSettings, LimitSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = LimitSettings()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "content"
    found.mkdir(mode=0o755)
    return found


@pytest.fixture
def loader(folder: Path) -> Iterator[Loader]:
    with Fetcher(FetchSettings(schemes=("file",), file_root=folder)) as fetcher:
        yield Loader(fetcher, LIMITS.submission_bytes)


def test_a_task_and_its_answer_come_from_their_pointers(folder: Path, loader: Loader) -> None:
    task_bytes, answer_bytes = spelled(task_document()), spelled(answer_document())
    (folder / "t.json").write_bytes(task_bytes)
    (folder / "a.json").write_bytes(answer_bytes)
    on_chain = chain_task(pointer(task_bytes, "file:///t.json").text)

    task = loader.task(on_chain)
    assert isinstance(task, dict)
    named = pointer(answer_bytes, "file:///a.json").text
    body = loader.submission(chain_answer(named), task, on_chain)

    assert isinstance(body, bytes)
    assert parse(body, LIMITS).submission.answer.files == {"main.py": b"print(int(input()) ** 2)\n"}


def test_a_task_that_is_not_what_its_pointer_names_is_one_sentence(
    folder: Path, loader: Loader
) -> None:
    (folder / "t.json").write_bytes(spelled(task_document({"title": "changed"})))
    named = pointer(spelled(task_document()), "file:///t.json")
    found = loader.task(chain_task(named.text))

    assert isinstance(found, Refusal)
    assert (found.fault, found.code, found.passing) == (Fault.UNAVAILABLE, "TV076", True)
    assert str(named.digest) in found.sentence


def test_ten_gigabytes_behind_a_pointer_are_one_sentence(folder: Path, loader: Loader) -> None:
    with (folder / "t.json").open("wb") as huge:
        huge.truncate(10 * 1024**3)
    found = loader.task(chain_task(pointer(b"", "file:///t.json").text))

    assert found == Refusal(
        Fault.UNAVAILABLE,
        f"task document: the content has more than {LIMITS.submission_bytes} bytes",
        code="TV072",
    )
