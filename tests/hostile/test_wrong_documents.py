"""Wrong submissions through the command and through HTTP: one clear sentence, nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.components import require_bubblewrap
from tests.fakes.front_house import TestClient, client_of, front_house
from tests.hostile.documents import DOCUMENTS, Wrong
from validator.cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(60)
EVERY = pytest.mark.parametrize("wrong", DOCUMENTS, ids=lambda wrong: wrong.name)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with (
        front_house(tmp_path_factory.mktemp("house")) as house,
        client_of(house.app()) as opened,
    ):
        yield opened


def is_one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text and len(text) < 2100


@EVERY
def test_the_command_refuses_it_by_name(
    wrong: Wrong,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)
    Path("wrong.json").write_bytes(wrong.make())

    code = run(["check", "--sandbox", "bubblewrap", "wrong.json", "--json"])

    said = capsys.readouterr()
    assert code == 2
    assert is_one_sentence(said.err), said.err
    assert wrong.field in said.err
    assert wrong.mend in said.err
    problem = json.loads(said.out)["error"]
    assert problem["code"].startswith("TV")
    assert problem["hint"]


@EVERY
def test_the_service_refuses_it_by_name(wrong: Wrong, client: TestClient) -> None:
    reply = client.post(
        "/v1/submissions", content=wrong.make(), headers={"content-type": "application/json"}
    )

    assert reply.status_code == wrong.status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    told = json.dumps(problem, ensure_ascii=False)
    assert wrong.field in told or wrong.status == 413
    assert wrong.mend in told
    assert len(reply.content) < 20_000
    assert "Traceback" not in told


@EVERY
def test_the_service_still_takes_a_right_one_after_it(wrong: Wrong, client: TestClient) -> None:
    from tests.fakes.submissions import body

    headers = {"content-type": "application/json"}
    client.post("/v1/submissions", content=wrong.make(), headers=headers)

    assert client.post("/v1/submissions", content=body(), headers=headers).status_code == 202


def test_names_that_differ_in_case_alone_are_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cages are Linux, where they are: the answer is judged, and as one or the other."""
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)
    from tests.fakes.submissions import body

    files = {"main.py": {"text": "print(4)"}, "Main.py": {"text": "print(5)"}}
    Path("a.json").write_bytes(body(answer={"files": files}))

    assert run(["check", "--sandbox", "bubblewrap", "a.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decision"] == "accept"
