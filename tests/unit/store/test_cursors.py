from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import InvalidParameterError
from validator.store import cursors
from validator.store.cursors import Place

KEY = b"k" * 32
PLACE = Place(1_772_366_400_000_000, "sub_" + "0" * 32)

places = st.builds(
    Place,
    st.integers(-(10**17), 10**17),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64),
)


@given(place=places, owner=st.text(), key=st.binary(min_size=1))
def test_a_cursor_leads_back_to_its_place(place: Place, owner: str, key: bytes) -> None:
    assert cursors.decode(key, owner, cursors.encode(key, owner, place)) == place


@given(given=st.text(max_size=300))
def test_no_invented_string_is_a_cursor(given: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        cursors.decode(KEY, "local", given)

    assert caught.value.errors[0].field == "cursor"


@given(data=st.data())
def test_changing_any_character_spoils_a_cursor(data: st.DataObject) -> None:
    cursor = cursors.encode(KEY, "local", PLACE)
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != cursor[at]))

    with pytest.raises(InvalidParameterError):
        cursors.decode(KEY, "local", cursor[:at] + other + cursor[at + 1 :])


@pytest.mark.parametrize("change", ["{}=", "{}\n", " {}", "{}{}", "{}A"])
def test_lengthening_spoils_a_cursor(change: str) -> None:
    cursor = cursors.encode(KEY, "local", PLACE)

    with pytest.raises(InvalidParameterError):
        cursors.decode(KEY, "local", change.replace("{}", cursor))


def test_a_cursor_belongs_to_one_owner_and_one_database() -> None:
    cursor = cursors.encode(KEY, "local", PLACE)

    for key, owner in ((KEY, "her"), (KEY, "loca"), (b"x" * 32, "local")):
        with pytest.raises(InvalidParameterError):
            cursors.decode(key, owner, cursor)


def test_a_cursor_shows_no_owner() -> None:
    assert "local" not in cursors.encode(KEY, "local", PLACE)
