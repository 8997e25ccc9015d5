from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from validator.errors import ConfigurationError
from validator.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

SEAT = """
[[experts.seats]]
name = "elm-small"
tier = "standard"
family = "elm"
api = "openai"
model = "elm-4-small"
key_file = "elm.key"
price_in = 150000
price_out = 600000
"""


def load(folder: Path, text: str) -> Any:
    path = folder / "experts.toml"
    path.write_text(text)
    return load_settings(path).experts


def test_a_seat_needs_these_fields_alone(tmp_path: Path) -> None:
    experts = load(tmp_path, SEAT)

    assert experts.seats[0].model == "elm-4-small"
    assert experts.seats[0].price_out == 600_000
    assert not experts.scripted


def test_no_seat_is_configured_and_no_price_of_the_tos_known_by_default(tmp_path: Path) -> None:
    experts = load(tmp_path, "")

    assert experts.seats == ()
    assert experts.tos_usd is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('key_file = "elm.key"', "key_file: must be set"),
        ("price_in = 150000", "price_in"),
        ("price_out = 600000", "price_out"),
        ('family = "elm"', "family"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, change: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load(tmp_path, SEAT.replace(change, ""))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('base_url = "ftp://models.example/v1"', "https://"),
        ('base_url = "https://me:secret@models.example/v1"', "no user"),
        ('base_url = "https://models.example/v1?key=1"', "no user"),
        ('base_url = "http://models.example/v1"', "plain_http"),
        ('fallbacks = ["two words"]', "fallbacks"),
        ("temperature = nan", "temperature"),
        ("price = 1", "price"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        load(tmp_path, SEAT + line)
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize(
    "line",
    [
        'base_url = "http://127.0.0.1:8080/v1"',
        'base_url = "http://models.example/v1"\nplain_http = true',
        'base_url = "https://models.example/v1"',
    ],
)
def test_an_endpoint_of_ones_own_may_need_no_key(tmp_path: Path, line: str) -> None:
    seat = SEAT.replace('key_file = "elm.key"', "")

    assert load(tmp_path, seat + line).seats[0].key_file is None


def test_two_seats_have_two_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="two are named elm-small"):
        load(tmp_path, SEAT + SEAT)


@pytest.mark.parametrize("network", ["testnet", "mainnet"])
def test_a_scripted_seat_sits_on_the_devnet_only(tmp_path: Path, network: str) -> None:
    scripted = SEAT + "scripted = true"

    assert load(tmp_path, scripted).scripted
    with pytest.raises(ConfigurationError, match="scripted is for the network devnet only"):
        load(tmp_path, f'network = "{network}"\n' + scripted)
