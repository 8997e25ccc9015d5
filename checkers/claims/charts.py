"""Charts attached to a report: is a file that is called an image one."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from checkers.protocol import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Probe = Callable[[str, bytes, float], str | None]
    """Name, content and seconds to what is wrong with the file, as a clause, if anything is."""

MAX_FINDINGS: Final = 20
MAX_PROBES: Final = 20

# First bytes: PNG specification 5.2, JFIF/Exif, GIF 87a/89a, RFC 9649 (WebP), ISO 32000 (PDF).
_STARTS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        ".png": (b"\x89PNG\r\n\x1a\n",),
        ".jpg": (b"\xff\xd8\xff",),
        ".jpeg": (b"\xff\xd8\xff",),
        ".gif": (b"GIF87a", b"GIF89a"),
        ".webp": (b"RIFF",),
        ".pdf": (b"%PDF-",),
    }
)


def chart_findings(
    files: Mapping[str, bytes], probe: Probe | None, remaining: Callable[[], float]
) -> tuple[Finding, ...]:
    """One finding for each file with an image's suffix that is no such image.

    `remaining` returns the seconds that are left. Files beyond `MAX_PROBES`, and SVG, which is
    text, are looked at by their first bytes alone.
    """
    probes = 0
    found = []
    for name in sorted(files):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in _STARTS and suffix != ".svg":
            continue
        fault = _fault(suffix, files[name])
        if fault is None and probe is not None and suffix != ".svg" and probes < MAX_PROBES:
            probes += 1
            fault = probe(name, files[name], remaining())
        if fault is not None:
            title = "an attached chart is no image"
            found.append(Finding("chart", title, "medium", name, explanation=fault))
    return tuple(found[:MAX_FINDINGS])


def _fault(suffix: str, content: bytes) -> str | None:
    if suffix == ".svg":
        head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        return None if head.startswith(b"<") and b"<svg" in head else "holds no <svg> element"
    if content.startswith(_STARTS[suffix]):
        return None
    return f"its first bytes are not those of a {suffix[1:].upper()} file"
