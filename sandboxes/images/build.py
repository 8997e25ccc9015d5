"""Build the sandbox images, and say which ones are there. Nothing is ever pulled.

`python -m sandboxes.images build|ensure|list|verify [--group NAME ...]`. An image's Dockerfile is
that of its group after `base.Dockerfile` and `supervisor.Dockerfile` and before
`finish.Dockerfile`: all groups share the layers of the first two, so the supervisor is compiled
once for all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sandboxes.docker.engine import connect
from sandboxes.images.groups import DEFAULT_PREFIX, GROUPS, Group, chosen, tag_of
from sandboxes.images.supervisor import program_files
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sandboxes.docker.engine import Engine

HERE = Path(__file__).parents[1]
DEFAULT_BASE = "debian:bookworm-slim"
LABEL_SOURCE = "tos-validator.source"
"""Label of an image: digest of everything that went into its build from this repository."""

BUILD_S = 3600
MIB = 1024 * 1024

COMMON = ("images/add-packages",)

State = Literal["current", "old", "missing"]


class BuildError(Exception):
    """The engine could not build an image."""


@dataclass(frozen=True, slots=True)
class Found:
    """One group's image as it is on this machine; `state` compares it with this release."""

    group: str
    languages: tuple[str, ...]
    tag: str
    state: State
    id: str | None = None
    size_mb: int | None = None


def dockerfile(group: str) -> bytes:
    """Return the whole Dockerfile of a group."""
    parts = (
        "base.Dockerfile", "supervisor.Dockerfile", f"{group}/Dockerfile", "finish.Dockerfile"
    )  # fmt: skip
    return b"\n".join((HERE / "images" / part).read_bytes() for part in parts)


def sources(group: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of exactly the files that a build may see."""
    yield "Dockerfile", dockerfile(group)
    for name in (*COMMON, *GROUPS[group].files):
        yield name, (HERE / name).read_bytes()
    yield from program_files()


def source_digest(group: str) -> str:
    """Return one digest over the files of `sources`: the same files, the same digest."""
    total = hashlib.sha256()
    for name, content in sources(group):
        total.update(b"%s %d\n" % (name.encode(), len(content)))
        total.update(content)
    return f"sha256:{total.hexdigest()}"


def build_context(group: str) -> bytes:
    """Return the build context as a tar archive without times or owners."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in sources(group):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if content.startswith(b"#!") else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def build_image(
    engine: Engine, group: str, prefix: str = DEFAULT_PREFIX, base: str = DEFAULT_BASE
) -> str:
    """Build and tag the image of a group; return its id. The base must be there or pullable."""
    tag, last = tag_of(prefix, group), ""
    for event in engine.api.build(
        fileobj=io.BytesIO(build_context(group)),
        custom_context=True,
        tag=tag,
        buildargs={"BASE": base},
        labels={LABEL_SOURCE: source_digest(group)},
        rm=True,
        forcerm=True,
        decode=True,
        timeout=BUILD_S,
    ):
        if "error" in event:
            raise BuildError(f"{tag}: {event['error'].strip()} (after: {last})")
        said = str(event.get("stream", "")).strip()
        if said and not said.startswith(("--->", "Removing intermediate")):
            last = said
    return engine.image_id(tag)


def look(engine: Engine, group: Group, prefix: str = DEFAULT_PREFIX) -> Found:
    """Say what is there of one group."""
    tag = tag_of(prefix, group.name)
    image = engine.image(tag)
    if image is None:
        return Found(group.name, group.languages, tag, "missing")
    label = (image["Config"].get("Labels") or {}).get(LABEL_SOURCE)
    state: State = "current" if label == source_digest(group.name) else "old"
    size_mb = int(image.get("Size", 0)) // MIB
    return Found(group.name, group.languages, tag, state, str(image["Id"]), size_mb)


def ensure_image(
    engine: Engine, group: str, prefix: str = DEFAULT_PREFIX, base: str = DEFAULT_BASE
) -> str:
    """Return the id of a group's image, building it when it is missing or old."""
    found = look(engine, GROUPS[group], prefix)
    if found.id is not None and found.state == "current":
        return found.id
    return build_image(engine, group, prefix, base)


def make_images(
    engine: Engine,
    groups: Iterable[Group],
    prefix: str = DEFAULT_PREFIX,
    base: str = DEFAULT_BASE,
    *,
    anew: bool,
    say: Callable[[str], None],
) -> None:
    """Build the images of these groups, all of them with `anew`, else those missing or old."""
    for group in groups:
        before = look(engine, group, prefix)
        if before.state == "current" and not anew:
            say(f"{group.name}: current")
            continue
        say(f"{group.name}: building")
        began = time.monotonic()
        build_image(engine, group.name, prefix, base)
        after = look(engine, group, prefix)
        took = round(time.monotonic() - began)
        say(f"{group.name}: {after.id}, {after.size_mb} MB, {took} s")


def table(found: Iterable[Found]) -> str:
    """Return what was found as lines for people."""
    rows = [("group", "languages", "image", "id", "MB", "state")]
    for one in found:
        short = (one.id or "-").removeprefix("sha256:")[:12]
        size = "-" if one.size_mb is None else str(one.size_mb)
        languages = ", ".join(one.languages) or "-"
        rows.append((one.group, languages, one.tag, short, size, one.state))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
             for row in rows)  # fmt: skip
    return "".join(f"{line.rstrip()}\n" for line in lines)


def to_json(found: Iterable[Found]) -> list[dict[str, object]]:
    """Return what was found for programs."""
    return [asdict(one) | {"languages": list(one.languages)} for one in found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 1 with one sentence when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m sandboxes.images")
    parser.add_argument("command", choices=("build", "ensure", "list", "verify"))
    parser.add_argument("--group", action="append", default=[], choices=tuple(GROUPS))
    parser.add_argument("--images", default=DEFAULT_PREFIX, help="what the tags begin with")
    parser.add_argument("--base", default=DEFAULT_BASE)
    options = parser.parse_args(arguments)
    groups = chosen(options.group)
    try:
        engine = connect()
        if options.command == "list":
            found = [look(engine, group, options.images) for group in groups]
            sys.stdout.write(table(found))
            return 0
        if options.command == "verify":
            from sandboxes.images.verify import verify_images

            return 0 if verify_images(engine, groups, options.images, _say) else 1
        anew = options.command == "build"
        make_images(engine, groups, options.images, options.base, anew=anew, say=_say)
    except (SandboxUnavailableError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
