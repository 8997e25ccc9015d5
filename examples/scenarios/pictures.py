"""Pictures for the scenarios' report: where findings lie, what a filter made, a report's chart."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw

from sandboxes.protocol import Job, Limits, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from examples.demo.results import Judged
    from sandboxes.protocol import Sandbox

SIDE: Final = 160
"""Pixels of the picture that is shown; any other would do."""
_SEED: Final = "7"
_WIDTH: Final = 780
_MAX_PIXELS: Final = 512 * 512
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HELD: Final = (60, 60, 70)
_HIT: Final = (42, 157, 90)
_MISS: Final = (200, 60, 50)
_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the report: what it shows, and its bytes as a data URI."""

    title: str
    uri: str


def pictures(judged: Sequence[Judged], sandbox: Sandbox) -> dict[str, tuple[Picture, ...]]:
    """Return the pictures of every answer, by its name."""
    return {item.example.name: tuple(_of(item, sandbox)) for item in judged}


def _of(item: Judged, sandbox: Sandbox) -> Iterator[Picture]:
    task, answer = item.example.document["task"], item.example.document["answer"]
    for check in task.get("checks", ()):
        if check["check"] == "audit":
            yield _places(task, check, answer)
        if check["check"] == "performance":
            yield from _filtered(check, answer, sandbox)
    for name, body in sorted(answer.get("files", {}).items()):
        data = base64.b64decode(body.get("base64", ""))
        if data.startswith(_PNG):  # what the check `media` decoded; a browser decodes it again
            yield Picture(name, _uri(data))


def _places(
    task: Mapping[str, Any], check: Mapping[str, Any], answer: Mapping[str, Any]
) -> Picture:
    """Known weaknesses above, claimed ranges below, along the lines of the contract."""
    total = task["materials"][check["target"]]["text"].count("\n") + 1
    gold = [known["lines"][0] for known in check["known"]]
    image = Image.new("RGB", (_WIDTH, 64), "white")
    draw = ImageDraw.Draw(image)

    def x(line: int) -> int:
        return int(line / total * (_WIDTH - 4))

    for line in gold:
        draw.rectangle((x(line), 4, x(line) + 3, 28), fill=_HELD)
    for finding in answer.get("findings", ()):
        first, last = finding["lines"][0], finding["lines"][-1]
        near = any(first - _NEAR <= line <= last + _NEAR for line in gold)
        draw.rectangle((x(first), 36, x(last) + 3, 60), fill=_HIT if near else _MISS)
    found = len(answer.get("findings", ()))
    title = f"lines 1 to {total}: {len(gold)} known weaknesses above, {found} claims below"
    return Picture(title, _uri(_png(image)))


def _filtered(
    check: Mapping[str, Any], answer: Mapping[str, Any], sandbox: Sandbox
) -> Iterator[Picture]:
    """The picture before, as it should become, and as this answer makes it."""
    before = _run(sandbox, check["generator"]["code"], b"", (str(SIDE), _SEED))
    wanted = _run(sandbox, check["baseline"]["code"], before)
    made = _run(sandbox, answer["code"], before)
    for title, data in (("before", before), ("as asked", wanted), ("as answered", made)):
        image = _picture(data)
        if image is not None:
            yield Picture(title, _uri(_png(image)))
    first, second = _picture(wanted), _picture(made)
    if first is not None and second is not None and first.size == second.size:
        pairs = zip(first.tobytes(), second.tobytes(), strict=True)
        apart = bytes(min(255, 8 * abs(one - other)) for one, other in pairs)
        yield Picture("difference, times 8", _uri(_png(Image.frombytes("L", first.size, apart))))


def _run(sandbox: Sandbox, code: str, stdin: bytes, args: tuple[str, ...] = ()) -> bytes:
    """Run a program in a cage of its own; whatever goes wrong, there is no picture."""
    try:
        with sandbox.open("python") as session:
            session.put({"main.py": code.encode()})
            argv = ("python3", "/program/main.py", *args)
            outcome = session.run(Job(argv, stdin=stdin, limits=Limits(output_kb=1024)))
            return outcome.stdout if outcome.ok else b""
    except SandboxError:
        return b""


def _picture(data: bytes) -> Image.Image | None:
    """Read a plain PGM strictly: the bytes are a miner's."""
    words = data.split()
    if (
        len(words) < 4
        or words[0] != b"P2"
        or not all(w.isdigit() and len(w) < 6 for w in words[1:])
    ):
        return None
    width, height, _, *values = map(int, words[1:])
    if not 0 < width * height <= _MAX_PIXELS or len(values) != width * height:
        return None
    return Image.frombytes("L", (width, height), bytes(min(255, value) for value in values))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()
