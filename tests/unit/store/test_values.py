from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import NotFoundError
from validator.store.values import checked_id, dump, instant, load, micros, plain, seconds

times = st.datetimes(timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(times)
def test_times_come_back_to_the_microsecond(at: datetime) -> None:
    assert instant(micros(at)) == at
    assert -(2**63) <= micros(at) < 2**63


def test_times_of_any_zone_are_stored_in_utc() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert instant(micros(at)) == at
    assert instant(micros(at)).tzinfo is UTC


@given(json_values)
def test_json_comes_back_and_is_plain_ascii(value: object) -> None:
    text = dump(value)

    assert load(text) == value
    assert text.isascii()
    assert "\x00" not in text


def test_json_refuses_what_json_has_no_word_for() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            dump(value)


@given(st.text(st.characters(), max_size=3000))
def test_sentences_become_what_every_database_takes(text: str) -> None:
    kept = plain(text)

    kept.encode("utf-8")
    assert "\x00" not in kept
    assert len(kept) <= 2000


@given(st.text(st.characters(), max_size=100))
def test_an_id_is_short_printable_ascii_or_not_found(given: str) -> None:
    try:
        assert checked_id(given).isascii()
    except NotFoundError:
        return
    assert given.isprintable()
    assert 0 < len(given) <= 64


def test_seconds_become_whole_microseconds() -> None:
    assert seconds(0.1) == 100_000
    assert seconds(15) == 15_000_000
