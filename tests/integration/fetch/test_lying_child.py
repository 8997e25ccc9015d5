"""A child that was taken over: whatever it says, the parent's limits hold."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from validator.errors import ContentTooSlowError, DigestMismatchError, FetchError
from validator.fetch import client
from validator.fetch.client import Fetcher, FetchLimits
from validator.settings import FetchSettings
from validator.wire.digest import Algorithm, Digest

if TYPE_CHECKING:
    from pathlib import Path

OPENING = """
import socket, struct, time
parent = socket.socket(fileno=0)
def say(kind, data=b""):
    parent.sendall(struct.pack(">cI", kind, len(data)) + data)
parent.recv(65536)
"""
READY = "say(b'R')\nparent.recv(65536)\n"
LIMITS = FetchLimits(1024, 1.0)


@pytest.fixture
def lying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the child's program into this file."""
    program = tmp_path / "validator" / "fetch" / "__main__.py"
    program.parent.mkdir(parents=True)
    for folder in (program.parent, program.parent.parent):
        (folder / "__init__.py").touch()
    monkeypatch.setattr(client, "_ENVIRONMENT", {"PYTHONPATH": str(tmp_path)})
    return program


def failure(program: Path, body: str) -> str:
    program.write_text(OPENING + textwrap.dedent(body))
    with Fetcher(FetchSettings()) as fetcher:
        with pytest.raises(FetchError) as caught:
            fetcher.fetch("https://example.org/", None, LIMITS)
        assert not fetcher._idle
    assert caught.value.code == "TV070"
    return caught.value.detail


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("say(b'D', b'x' * 1025)\nparent.recv(1)", "not asked for"),
        ("say(b'D', b'x' * 1024)\nsay(b'D', b'x')\nparent.recv(1)", "not asked for"),
        ("say(b'R')\nparent.recv(1)", "not asked for"),
        ("say(b'?')\nparent.recv(1)", "no known kind"),
        ("parent.sendall(b'D\\xff\\xff\\xff\\xff')\nparent.recv(1)", "too long"),
        (
            'say(b\'F\', b\'{"failure": "\\x1b[31mpwned", "status": 1}\')\nparent.recv(1)',
            "names no",
        ),
        ("say(b'D', b'x')", "ended with code 0"),
        ("raise SystemExit(3)", "ended with code 3"),
    ],
)
def test_what_breaks_the_protocol_ends_the_child(lying: Path, body: str, said: str) -> None:
    detail = failure(lying, READY + body)

    assert said in detail
    assert detail.isprintable()


@pytest.mark.parametrize("body", ["raise SystemExit(1)", "say(b'D', b'x')\nparent.recv(1)"])
def test_a_child_that_does_not_get_ready_is_an_error(lying: Path, body: str) -> None:
    assert failure(lying, body) == "the fetcher's process did not start"


def test_a_child_that_drips_for_ever_is_ended(lying: Path) -> None:
    lying.write_text(OPENING + READY + "while True:\n    say(b'D', b'')\n    time.sleep(0.1)\n")
    begun = time.monotonic()
    with Fetcher(FetchSettings()) as fetcher, pytest.raises(ContentTooSlowError):
        fetcher.fetch("https://example.org/", None, LIMITS)

    assert time.monotonic() - begun < 20


def test_content_that_a_child_makes_up_has_not_the_digest(lying: Path) -> None:
    lying.write_text(OPENING + READY + "say(b'D', b'forged')\nsay(b'E')\nparent.recv(1)\n")
    named = Digest.of(b"genuine", Algorithm.BLAKE3)
    with Fetcher(FetchSettings()) as fetcher, pytest.raises(DigestMismatchError):
        fetcher.fetch("https://example.org/", named, LIMITS)
