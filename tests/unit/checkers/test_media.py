from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from checkers.protocol import CheckResult, CheckStatus
from tests.unit.checkers.bench import judge

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def media(data: bytes, **options: Any) -> CheckResult:
    return judge({"check": "media", "target": "files/x", **options}, files={"x": data})


def picture(form: str, size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize(size).save(buffer, form, **more)
    return buffer.getvalue()


def pdf(action: str | None = None, attachment: bool = False, locked: bool = False) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if action is not None:
        entry = {NameObject("/S"): NameObject(action), NameObject("/F"): TextStringObject("x")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(entry)
    if attachment:
        writer.add_attachment("a.txt", b"x")
    if locked:
        writer.encrypt("x", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", FORMATS)
def test_real_images_pass_and_cut_ones_fail(form: str) -> None:
    whole = picture(form)

    assert media(whole, min_width=40, min_height=30).score == 100
    assert media(whole).metrics == {"width": 40, "height": 30, "frames": 1}
    for kept in (len(whole) - 20, len(whole) // 2, 12):
        assert media(whole[:kept]).status is CheckStatus.FAIL


def test_size_and_type_are_told_with_what_was_expected() -> None:
    small = media(picture("PNG"), min_width=41)

    assert small.summary == "width of 40 pixels; expected at least 41"
    assert small.status is CheckStatus.FAIL
    assert (
        media(picture("PNG"), types=["pdf"]).summary
        == "files/x is png by its content; expected pdf"
    )
    assert media(b"hello").summary.startswith("files/x is of no known type by its content")


def test_content_is_base64_or_a_data_uri() -> None:
    text = base64.b64encode(picture("PNG")).decode()

    for content in (
        text,
        f"data:image/png;base64,{text}",
        "\n".join(text[i : i + 76] for i in range(0, len(text), 76)),
    ):
        assert judge({"check": "media"}, content).score == 100
    for content in ("hello!", "data:image/png,x", "data:;base64,####"):
        assert judge({"check": "media"}, content).status is CheckStatus.FAIL


def test_bombs_are_refused_before_they_are_decoded() -> None:
    pixels = zlib.compress(b"\0" * 1_000_000)

    assert "pixels are decoded" in media(png(100_000, 100_000, chunk(b"IDAT", pixels))).summary
    assert (
        media(png(2, 2, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 100_000_000)))).status
        is CheckStatus.FAIL
    )
    frames = [Image.new("L", (400, 400), index % 251) for index in range(510)]
    many = picture("GIF", (400, 400), save_all=True, append_images=frames)
    assert "frames" in media(many).summary


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_two_things_at_once_fails(form: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as inner:
        inner.writestr("evil.sh", "echo")

    both = media(picture(form) + archive.getvalue())
    assert both.status is CheckStatus.FAIL
    assert "the file is a zip archive too" in [finding.title for finding in both.findings]
    loose = media(picture(form) + b"hello")
    assert loose.score == 100
    assert [finding.title for finding in loose.findings] == ["the file holds 5 bytes after its end"]


def test_a_pdf_passes_unless_it_acts() -> None:
    assert media(pdf()).summary == "pdf: pages 1"
    assert media(pdf(), min_width=5000).score == 100  # pages have no pixels
    assert media(pdf("/JavaScript")).summary == "the PDF holds JavaScript"
    assert media(pdf("/Launch")).summary == "the PDF holds an action that starts a program"
    assert media(pdf(attachment=True)).summary == "the PDF holds embedded files"
    assert media(pdf("/URI")).score == 100
    assert "so that nobody can look into it" in media(pdf(locked=True)).summary
    for broken in (b"%PDF-1.4\nnothing", pdf()[:200], b"%PDF-" + b"\xff" * 100):
        assert media(broken).status is CheckStatus.FAIL


def test_a_string_that_looks_like_utf_16_hides_no_encryption() -> None:
    """The library reads it with a codec that has to be loaded before the jail closes."""
    made = (pdf(locked=True) for _ in range(20_000))
    file = next(data for data in made if b"/U <00" in data)

    assert "so that nobody can look into it" in media(file).summary
