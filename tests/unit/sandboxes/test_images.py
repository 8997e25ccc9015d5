"""Image groups, their build contexts, and what is said of them, with an engine that is not real."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.docker import backend as docker
from sandboxes.docker.backend import DockerSandbox
from sandboxes.docker.engine import Engine
from sandboxes.images import build as images
from sandboxes.images import groups as image_groups
from sandboxes.images import verify as image_verify
from sandboxes.images.build import HERE, LABEL_SOURCE, build_context, source_digest, sources
from sandboxes.images.groups import GROUPS, chosen, group_of, tag_of
from sandboxes.images.supervisor import program_files
from sandboxes.languages import LANGUAGES
from sandboxes.languages.hello import HELLO
from sandboxes.protocol import Outcome, SandboxUnavailableError, Status, ToolchainMissingError
from tests.fakes.cages import CountingCage
from validator.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PREFIX = "tos-validator/sandbox"


class FakeApi:
    """Knows images by tag, and "builds" them by noting their labels."""

    def info(self) -> dict[str, Any]:
        return {"NCPU": 2, "SecurityOptions": ["name=seccomp,profile=default"]}

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.built: list[str] = []
        self.error: str | None = None

    def inspect_image(self, image: str) -> Mapping[str, Any]:
        from docker.errors import ImageNotFound

        if image not in self.there:
            raise ImageNotFound(image)
        return self.there[image]

    def build(self, *, tag: str, labels: dict[str, str], **_: object) -> Iterator[dict[str, str]]:
        yield {"stream": "Step 1/9"}
        if self.error:
            yield {"error": self.error}
        self.built.append(tag)
        self.add(tag, labels[LABEL_SOURCE])

    def add(self, tag: str, digest: str) -> None:
        config = {"Labels": {LABEL_SOURCE: digest}}
        self.there[tag] = {"Id": f"sha256:{tag}", "Config": config, "Size": 5 * 1024 * 1024}

    def containers(self, **_: object) -> list[object]:
        return []

    def close(self) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApi:
    monkeypatch.chdir(tmp_path)  # `verify` keeps what it found good in the data directory
    made = FakeApi()
    for module in (images, docker):
        monkeypatch.setattr(module, "connect", lambda: Engine(made))
    monkeypatch.setattr("sandboxes.docker.engine.connect", lambda *_: Engine(made))
    return made


def test_every_language_has_one_group_and_a_small_program() -> None:
    held = [language for group in GROUPS.values() for language in group.languages]

    assert sorted(held) == sorted(LANGUAGES) == sorted(HELLO)
    assert group_of("cpp") == "native"
    assert group_of("cobol") is None
    assert tag_of(PREFIX, "native") == "tos-validator/sandbox-native:latest"


@pytest.mark.parametrize("group", GROUPS)
def test_a_build_sees_exactly_the_named_files(group: str) -> None:
    named = {"Dockerfile", "images/add-packages", *GROUPS[group].files}
    named |= {name for name, _ in program_files()}
    with tarfile.open(fileobj=io.BytesIO(build_context(group))) as tar:
        members = tar.getmembers()
        dockerfile = tar.extractfile("Dockerfile")
        assert dockerfile is not None
        text = dockerfile.read().decode()

    assert {member.name for member in members} == named
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}
    for name in GROUPS[group].files:
        assert name in text
    stages = ("AS base", "AS supervisor", "AS toolchain", "ENTRYPOINT")
    assert sorted(map(text.index, stages)) == [text.index(stage) for stage in stages]


def test_a_folder_of_a_group_holds_nothing_that_its_build_does_not_see() -> None:
    for name, group in GROUPS.items():
        folder = HERE / "images" / name
        there = {f"images/{name}/{path.name}" for path in folder.iterdir()}
        # What locks are made from, and what makes a folder with Python a package.
        sources = ("Dockerfile", "requirements.in", "slither.in", "__init__.py")
        assert there - set(group.files) <= {f"images/{name}/{source}" for source in sources}


def test_the_digest_follows_the_content_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: source_digest(name) for name in GROUPS}

    assert before == {name: source_digest(name) for name in GROUPS}
    assert len(set(before.values())) == len(GROUPS)
    assert build_context("python") == build_context("python")
    monkeypatch.setattr(images, "program_files", lambda: [("supervisor/main.rs", b"other")])
    assert all(source_digest(name) != digest for name, digest in before.items())
    assert next(iter(sources("python")))[0] == "Dockerfile"


def test_groups_are_chosen_by_name_in_the_tables_order() -> None:
    assert [group.name for group in chosen(["native", "python"])] == ["python", "native"]
    assert len(chosen([])) == len(GROUPS)
    with pytest.raises(ValueError, match="no image group perl; choose python, "):
        chosen(["perl", "python"])


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["sandbox", "images", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_list_tells_current_old_and_missing(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.add(tag_of(PREFIX, "python"), source_digest("python"))
    api.add(tag_of(PREFIX, "native"), "sha256:old")

    code, out, _ = command(capsys, "list", "--json")

    found = {one["group"]: one for one in json.loads(out)["images"]}
    assert code == 0
    assert found["python"] == {
        "group": "python", "languages": ["python"], "tag": "tos-validator/sandbox-python:latest",
        "state": "current", "id": "sha256:tos-validator/sandbox-python:latest", "size_mb": 5,
    }  # fmt: skip
    assert (found["native"]["state"], found["bash"]["state"]) == ("old", "missing")
    code, out, _ = command(capsys, "list", "--group", "native")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["group", "native"]
    assert out.splitlines()[1].endswith("5   old")


def test_build_makes_only_what_is_missing_or_old(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.add(tag_of(PREFIX, "python"), source_digest("python"))
    api.add(tag_of(PREFIX, "native"), "sha256:old")
    words = ("build", "--group", "python", "--group", "native", "--group", "bash")

    assert command(capsys, *words)[0] == 0
    assert api.built == [tag_of(PREFIX, "bash"), tag_of(PREFIX, "native")]
    assert command(capsys, *words)[0] == 0
    assert len(api.built) == 2


def test_a_failed_build_is_one_sentence_with_the_engines_words(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.error = "apt-get returned 100\n"

    code, out, err = command(capsys, "build", "--group", "bash")

    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "tos-validator/sandbox-bash:latest: apt-get returned 100 (after: Step 1/9)"
    )


def test_a_group_that_there_is_not_is_a_usage_error(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not api.built
    code, _, err = command(capsys, "list", "--group", "perl")

    assert code == 2
    assert "--group: no image group perl; choose python" in err


@pytest.mark.parametrize("word", ["build", "list", "verify"])
def test_without_an_engine_there_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    def refuse(*_: object) -> Engine:
        raise SandboxUnavailableError("the Docker engine failed: no socket")

    for place in ("sandboxes.docker.engine.connect", "sandboxes.images.build.connect"):
        monkeypatch.setattr(place, refuse)

    code, _, err = command(capsys, word)

    assert code == 2
    assert "the Docker engine failed: no socket" in err
    assert "Traceback" not in err
    assert images.main([word]) == 1
    assert capsys.readouterr().err == "the Docker engine failed: no socket\n"


def verified(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Outcome]
) -> Callable[..., list[image_verify.Trial]]:
    monkeypatch.setattr(image_verify, "DockerSandbox", lambda *_, **__: CountingCage(answer))
    return lambda engine, *groups: list(image_verify.trials(engine, chosen(groups), PREFIX))


def test_verify_fails_for_a_program_that_does_not_print_what_it_should(
    monkeypatch: pytest.MonkeyPatch, api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.add(tag_of(PREFIX, "python"), source_digest("python"))
    good = Outcome(Status.OK, stdout=b"42\n")
    monkeypatch.setattr(
        image_verify, "DockerSandbox", lambda *_, **__: CountingCage(lambda _: good)
    )
    assert command(capsys, "verify", "--group", "python") == (
        0,
        "ok  python python: python 1\n",
        "",
    )

    bad = Outcome(Status.RUNTIME_ERROR, stderr=b"\x1b[2Jno\n")
    monkeypatch.setattr(image_verify, "DockerSandbox", lambda *_, **__: CountingCage(lambda _: bad))
    code, out, _ = command(capsys, "verify", "--group", "python")
    assert code == 1
    assert out.startswith("FAILED  python python: compile_error: ")
    assert "\x1b" not in out


def test_verify_says_what_is_missing_or_old_and_fails(
    monkeypatch: pytest.MonkeyPatch, api: FakeApi
) -> None:
    api.add(tag_of(PREFIX, "python"), "sha256:old")
    try_them = verified(monkeypatch, lambda _: Outcome(Status.OK, stdout=b"42\n"))

    found = try_them(Engine(api), "python", "bash")

    assert [(one.group, one.what, one.ok) for one in found] == [
        ("python", None, False), ("python", "python", True), ("bash", None, False),
    ]  # fmt: skip
    assert found[0].detail.startswith("old; build it with")
    assert found[2].detail.startswith("missing; build it with")


@pytest.mark.parametrize(
    ("outcome", "ok"),
    [
        (Outcome(Status.OK, stdout=b"tool 1.2.3 (x)\n"), True),
        (Outcome(Status.OK, stdout=b"hello\n"), False),
        (Outcome(Status.RUNTIME_ERROR, stdout=b"1.2.3"), False),
    ],
)
def test_every_tool_of_an_image_has_to_tell_its_version(
    monkeypatch: pytest.MonkeyPatch, api: FakeApi, outcome: Outcome, ok: bool
) -> None:
    api.add(tag_of(PREFIX, "analyzers"), source_digest("analyzers"))

    found = verified(monkeypatch, lambda _: outcome)(Engine(api), "analyzers")

    assert [one.what for one in found] == list(GROUPS["analyzers"].tools)
    assert {one.ok for one in found} == {ok}


def test_a_backend_knows_the_images_that_are_there(api: FakeApi) -> None:
    with pytest.raises(SandboxUnavailableError, match="build them with"):
        DockerSandbox(engine=Engine(api))
    api.add(tag_of(PREFIX, "native"), "sha256:any")
    sandbox = DockerSandbox(engine=Engine(api))

    one = "sha256:tos-validator/sandbox-native:latest"
    assert sandbox.describe().images == {"c": one, "cpp": one}
    assert sandbox.describe().image == one
    with pytest.raises(ToolchainMissingError, match="sandbox images build --group python"):
        sandbox.open("python")
    with pytest.raises(ToolchainMissingError, match="no image holds it"):
        sandbox.open("cobol")
    api.add(tag_of(PREFIX, "python"), "sha256:any")
    sandbox.close()
    both = DockerSandbox(engine=Engine(api))
    assert both.describe().image is None
    assert both.describe().image_of("c") == one
    both.close()


def test_one_image_may_stand_for_every_language(api: FakeApi) -> None:
    api.add("mine:1", "sha256:any")
    sandbox = DockerSandbox(image="mine:1", engine=Engine(api))

    assert sandbox.describe().image == "sha256:mine:1"
    assert set(sandbox.describe().images) == {*LANGUAGES, "analyzers"}
    assert "analyzers" in sandbox.images
    assert image_groups.build_hint("go").endswith("--group go`")
    sandbox.close()
    with pytest.raises(SandboxUnavailableError, match="no image other:1 on this engine"):
        DockerSandbox(image="other:1", engine=Engine(api))
