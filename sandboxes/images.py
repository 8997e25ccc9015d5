"""Build a sandbox image, and say which one is there. Nothing is ever pulled.

`python -m sandboxes.images build [--tag TAG] [--base IMAGE]` prints the id of what it built.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandboxes.engine import connect
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandboxes.engine import Engine

HERE = Path(__file__).parent
GROUP = "core"
DEFAULT_TAG = "tos-validator/sandbox:latest"
DEFAULT_BASE = "debian:bookworm-slim"
LABEL_SOURCE = "tos-validator.source"
"""Label of an image: digest of everything that went into its build from this repository."""

SUPERVISOR = (
    "__init__", "counters", "custody", "messages", "protocol", "resources", "supervisor",
    "syscall_numbers", "syscall_table", "syscalls", "tree", "wire",
    "lane/__init__", "lane/frames", "lane/groups", "lane/keeper", "lane/linux", "lane/room",
    "lane/users",
)  # fmt: skip
MAIN = b"""import sys

if sys.argv[1:] == ["lane"]:
    from sandboxes.lane.keeper import main
else:
    from sandboxes.supervisor import main

raise SystemExit(main())
"""


class BuildError(Exception):
    """The engine could not build the image."""


def sources(group: str = GROUP) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of exactly the files that a build may see."""
    yield "Dockerfile", (HERE / "images" / group / "Dockerfile").read_bytes()
    for name in ("package.json", "package-lock.json"):
        yield f"toolchain/{name}", (HERE / "toolchain" / name).read_bytes()
    yield "supervisor/__main__.py", MAIN
    for name in SUPERVISOR:
        yield f"supervisor/sandboxes/{name}.py", (HERE / f"{name}.py").read_bytes()


def source_digest(group: str = GROUP) -> str:
    """Return one digest over the files of `sources`: the same files, the same digest."""
    total = hashlib.sha256()
    for name, content in sources(group):
        total.update(b"%s %d\n" % (name.encode(), len(content)))
        total.update(content)
    return f"sha256:{total.hexdigest()}"


def build_context(group: str = GROUP) -> bytes:
    """Return the build context as a tar archive without times or owners."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in sources(group):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def build_image(
    engine: Engine, tag: str = DEFAULT_TAG, base: str = DEFAULT_BASE, group: str = GROUP
) -> str:
    """Build and tag the image of a group; return its id. The base must be there or pullable."""
    last = ""
    for event in engine.api.build(
        fileobj=io.BytesIO(build_context(group)),
        custom_context=True,
        tag=tag,
        buildargs={"BASE": base},
        labels={LABEL_SOURCE: source_digest(group)},
        rm=True,
        forcerm=True,
        decode=True,
        timeout=1800,
    ):
        if "error" in event:
            raise BuildError(f"{tag}: {event['error'].strip()} (after: {last})")
        last = str(event.get("stream", "")).strip() or last
    return engine.image_id(tag)


def is_current(engine: Engine, image: str) -> bool:
    """True when the image was built from the files of this very release."""
    return engine.image_labels(image).get(LABEL_SOURCE) == source_digest()


def ensure_image(engine: Engine, tag: str = DEFAULT_TAG, base: str = DEFAULT_BASE) -> str:
    """Return the id of the image under this tag, building it when it is missing or old."""
    try:
        known = engine.image_id(tag)
    except SandboxUnavailableError:
        return build_image(engine, tag, base)
    return known if is_current(engine, tag) else build_image(engine, tag, base)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: `build`, `ensure` (only when old), `id`."""
    parser = argparse.ArgumentParser(prog="python -m sandboxes.images")
    parser.add_argument("command", choices=("build", "ensure", "id"))
    parser.add_argument("--tag", default=DEFAULT_TAG)
    parser.add_argument("--base", default=DEFAULT_BASE)
    options = parser.parse_args(arguments)
    try:
        engine = connect()
        if options.command == "id":
            found = engine.image_id(options.tag)
        else:
            make = build_image if options.command == "build" else ensure_image
            found = make(engine, options.tag, options.base)
    except (SandboxUnavailableError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
