"""Laws: what we write we read; whatever comes ends in a value or in our own sentence."""

from __future__ import annotations

import json
from contextlib import suppress

import hypothesis.strategies as st
from hypothesis import assume, example, given

from validator.errors import InvalidPointerError, UnsupportedVersionError
from validator.wire.digest import Algorithm, Digest
from validator.wire.pointer import MAX_TEXT, PlainText, Pointer, read_pointer
from validator.wire.uri import InvalidUriError, WebUri, parse_uri

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.tuples(st.lists(LABEL, max_size=3), st.from_regex(r"[a-z]{2,8}", fullmatch=True)).map(
    lambda parts: ".".join([*parts[0], parts[1]])
)
PATH = st.from_regex(r"(/[A-Za-z0-9._~-]{0,8}){0,4}", fullmatch=True)
WEB = st.builds(
    lambda host, port, path: f"https://{host}{f':{port}' if port else ''}{path}",
    HOST,
    st.none() | st.integers(1, 65535),
    PATH,
)
TYPE = st.from_regex(r"[a-z][a-z_]{0,31}", fullmatch=True)
DIGEST = st.binary(min_size=32, max_size=32).map(lambda data: Digest(Algorithm.BLAKE3, data))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
ALMOST = st.dictionaries(st.sampled_from(["v", "t", "u", "h", "x"]), JSON | st.just(1), min_size=1)


def read_or_refused(text: str) -> Pointer | PlainText | str:
    """What reading ends in: a value, or the sentence of our own error."""
    try:
        return read_pointer(text)
    except (InvalidPointerError, UnsupportedVersionError) as error:
        return error.detail


def fits_one_line(sentence: object) -> bool:
    return isinstance(sentence, str) and sentence.isprintable() and 0 < len(sentence) < 400


@given(TYPE, WEB, DIGEST)
def test_a_pointer_reads_back_as_what_was_written(kind: str, uri: str, digest: Digest) -> None:
    try:
        pointer = Pointer(kind, uri, digest)
    except InvalidPointerError:
        assume(False)
    assert len(pointer.text.encode()) <= MAX_TEXT
    assert read_pointer(pointer.text) == pointer


@given(st.text() | st.text().map(lambda text: '{"v":' + text) | ALMOST.map(json.dumps))
@example('{"v":1,"t":"code","u":"https://a.b/","h":"' + "a" * 64 + '"}')
def test_any_text_is_a_pointer_plain_text_or_one_sentence(text: str) -> None:
    found = read_or_refused(text)

    assert isinstance(found, Pointer) or found == PlainText(text) or fits_one_line(found)


@given(TYPE, WEB, DIGEST, st.integers(0, 254), st.characters())
def test_a_changed_pointer_is_never_taken_for_the_same(
    kind: str, uri: str, digest: Digest, at: int, char: str
) -> None:
    assume(len(uri) < 100)
    pointer = Pointer(kind, uri, digest)
    changed = (
        pointer.text[: at % len(pointer.text)] + char + pointer.text[at % len(pointer.text) + 1 :]
    )
    assume(changed != pointer.text)
    with suppress(InvalidPointerError, UnsupportedVersionError):
        found = read_pointer(changed)
        # A host's letters may change their case; the text of the URI then differs all the same.
        assert found != pointer


@given(
    st.text()
    | st.text().map(lambda text: f"https://{text}")
    | st.from_regex(r"https?://[a-z0-9.\[\]:@%\\#-]{1,20}(/[ -~]{0,10})?")
)
def test_any_text_is_a_uri_or_one_sentence(text: str) -> None:
    try:
        uri = parse_uri(text)
    except InvalidUriError as error:
        uri = None
        said = str(error)
    if uri is None:
        assert fits_one_line(said)
    else:
        assert text.isascii()
    if isinstance(uri, WebUri):
        assert parse_uri(f"{uri.scheme}://{uri.authority}{uri.target}") == uri


@given(st.integers(0, 2**32 - 1))
def test_an_address_as_one_number_is_never_a_host(number: int) -> None:
    for spelled in (str(number), hex(number), f"0{number:o}", f"1.{number}"):
        with suppress(InvalidUriError):
            raise AssertionError(parse_uri(f"https://{spelled}/"))
