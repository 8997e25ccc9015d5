"""Laws of the house that no linter knows, as small tests over the syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from validator.cli.error_pages import error_classes, pages

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("validator", "checkers", "sandboxes", "devnet", "benchmarks")
# Programs that run beside an answer: they report on a pipe and decide nothing.
IN_THE_CAGE = ("checkers/tests/programs/", "sandboxes/bubblewrap/inside/")
MAX_MODULE = 400
MAX_FUNCTION = 50
MAX_ENTRY = 40


def _modules() -> list[Path]:
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in found if "node_modules" not in path.parts)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(params=_modules(), ids=_named)
def module(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_a_module_fits_a_readers_head(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())

    assert lines <= MAX_MODULE, f"{_named(module)} has {lines} lines; split it"


def test_a_function_fits_a_screen(module: Path) -> None:
    long = [
        f"{_named(module)}:{node.lineno} {node.name}"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION
    ]

    assert not long


def test_no_except_swallows_everything_in_silence(module: Path) -> None:
    """A broad `except` re-raises, records the error, or turns it into an internal one."""
    if _named(module).startswith(IN_THE_CAGE):
        return
    silent = [
        f"{_named(module)}:{node.lineno}"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _answers(node)
    ]

    assert not silent


def test_calls_to_the_outside_have_a_timeout(module: Path) -> None:
    """As far as a name shows that a call leaves the process."""
    loose = [
        f"{_named(module)}:{node.lineno} {_dotted(node.func)}"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Call)
        and _dotted(node.func) in TIMED
        and not {keyword.arg for keyword in node.keywords} & TIMED[_dotted(node.func)]
        and len(node.args) < POSITIONAL.get(_dotted(node.func), 99)
    ]

    assert not loose


TIMED = {
    name: {"timeout"}
    for name in (
        "subprocess.run", "subprocess.check_output", "subprocess.check_call", "subprocess.call",
        "urllib.request.urlopen", "urlopen", "socket.create_connection",
        "httpx.get", "httpx.post", "httpx.request", "httpx.Client", "httpx.AsyncClient",
        "http.client.HTTPConnection", "docker.from_env", "docker.DockerClient",
    )
} | {
    "redis.Redis": {"socket_timeout"},
    "redis.from_url": {"socket_timeout"},
    "redis.Redis.from_url": {"socket_timeout"},
    "Redis": {"socket_timeout"},
    "Redis.from_url": {"socket_timeout"},
}  # fmt: skip
POSITIONAL = {"socket.create_connection": 2}


@pytest.mark.parametrize("name", ["api.py", "worker.py"])
def test_an_entry_point_only_wires(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    forbidden = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Try,
        ast.With, ast.Lambda,
    )  # fmt: skip

    assert len(source.splitlines()) <= MAX_ENTRY
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, forbidden)]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in error_classes()]

    assert len(codes) == len(set(codes))
    assert all(code.startswith("TV") and len(code) == 5 for code in codes)


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_an_error_says_what_it_is_and_what_to_do(kind: type) -> None:
    assert kind.__name__.endswith("Error")
    assert kind.__doc__
    assert 400 <= kind.status < 600  # type: ignore[attr-defined]
    assert kind.title  # type: ignore[attr-defined]
    assert kind.hint.endswith(".")  # type: ignore[attr-defined]


def test_every_error_has_its_page_and_no_page_is_left_over() -> None:
    folder = ROOT / "docs" / "errors"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    assert written == pages(), "run python -m validator.cli.error_pages docs/errors"


def test_the_version_is_said_once() -> None:
    import tomllib

    from validator.domain.verdict import ENGINE

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == ENGINE


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
        for kind in kinds
    )


def _answers(handler: ast.ExceptHandler) -> bool:
    """Re-raises, or hands the error itself on: to a log, a future, an internal error."""
    for node in ast.walk(ast.Module(handler.body, [])):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Name) and node.id == handler.name:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "exception":
            return True
    return False


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def test_the_law_against_silent_excepts_sees_one() -> None:
    silent = ast.parse("try:\n    f()\nexcept Exception:\n    return_false()\n")
    handler = next(node for node in ast.walk(silent) if isinstance(node, ast.ExceptHandler))

    assert _is_broad(handler)
    assert not _answers(handler)
