from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from validator.settings import FetchSettings, Settings

FOLDER = Path("/srv/content")


def test_without_a_setting_only_https_is_fetched() -> None:
    found = FetchSettings()

    assert (found.schemes, found.ports, found.loopback) == (("https",), (443,), False)
    assert found.max_bytes == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"schemes": ("ipfs",)}, "ipfs_gateway"),
        ({"ipfs_gateway": "https://gateway.example"}, "schemes names ipfs"),
        ({"schemes": ("file",)}, "file_root"),
        ({"file_root": FOLDER}, "schemes names file"),
        ({"schemes": ("file",), "file_root": Path("content")}, "absolute"),
        ({"schemes": ("http",)}, "schemes"),
        ({"ports": (0,)}, "ports"),
        ({"max_bytes": 65 * 1024 * 1024}, "max_bytes"),
        ({"seconds": 0}, "seconds"),
        ({"schemes": ("ipfs",), "ipfs_gateway": "http://127.0.0.1:8080"}, "must be https, unless"),
        ({"schemes": ("ipfs",), "ipfs_gateway": "https://a.example/ipfs"}, "and no more"),
        ({"schemes": ("ipfs",), "ipfs_gateway": "https://a.example/"}, "and no more"),
        ({"schemes": ("ipfs",), "ipfs_gateway": "file:///a"}, "and no more"),
        ({"schemes": ("ipfs",), "ipfs_gateway": "nonsense"}, "ipfs_gateway"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FetchSettings(**values)


@pytest.mark.parametrize(
    ("fetch", "named"),
    [
        (FetchSettings(loopback=True), "loopback is for"),
        (FetchSettings(schemes=("https", "file"), file_root=FOLDER), "file_root is for"),
    ],
)
def test_what_is_for_a_devnet_is_refused_elsewhere(fetch: FetchSettings, named: str) -> None:
    assert Settings(network="devnet", fetch=fetch).fetch is fetch
    for network in ("testnet", "mainnet"):
        with pytest.raises(ValidationError, match=named):
            Settings(network=network, fetch=fetch)  # type: ignore[arg-type]


def test_a_gateway_on_this_machine_is_allowed_where_it_is_said() -> None:
    found = FetchSettings(
        schemes=("ipfs",), ipfs_gateway="http://127.0.0.1:8080", ipfs_gateway_on_loopback=True
    )

    assert Settings(network="mainnet", fetch=found).fetch is found
