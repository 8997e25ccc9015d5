from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.front_house import BrokenStore, FrontHouse, TestClient, client_of, front_house
from validator.errors import ConfigurationError
from validator.settings import ServerSettings
from validator.web.guards import CONTENT_POLICY, check_listen_address, is_loopback

if TYPE_CHECKING:
    from pathlib import Path

EVERY_KIND_OF_REPLY = [
    ("GET", "/healthz"),
    ("GET", "/"),
    ("GET", "/static/site.css"),
    ("GET", "/v1/submissions"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
    ("DELETE", "/v1/submissions"),
    ("POST", "/v1/submissions"),
]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1", "::ffff:127.0.0.1"])
def test_loopback_addresses_may_be_listened_on(host: str) -> None:
    check_listen_address(ServerSettings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "", "127.0.0.1.x"])
def test_other_addresses_are_refused_at_start_until_keys_exist(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.host"):
        check_listen_address(ServerSettings(host=host))


def test_create_app_itself_refuses_a_public_address(tmp_path: Path) -> None:
    with (
        front_house(tmp_path, server={"host": "0.0.0.0"}) as house,
        pytest.raises(ConfigurationError),
    ):
        house.app()


def test_a_container_behind_a_loopback_port_may_listen_everywhere() -> None:
    check_listen_address(ServerSettings(host="0.0.0.0", behind_loopback_publish=True))


def test_a_caller_from_another_machine_is_refused_whatever_the_process_was_told(
    house: FrontHouse,
) -> None:
    with client_of(house.app()) as client:
        inside = client.get("/healthz")
        client._transport.client = ("10.0.0.7", 4000)
        outside = client.get("/healthz")

    assert (inside.status_code, outside.status_code) == (200, 403)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8000"]
)
def test_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "localhost:80:80",
        "localhost:x",
        "localhost:\u0663",
        "",
        "[::1",
        "::1",
        "localhost\x00",
        "a" * 5000,
    ],
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    reply = client.get("/healthz", headers={"host": host.encode()})

    assert reply.status_code == 403
    assert reply.json()["code"] == "TV008"


def test_two_host_headers_are_refused(client: TestClient) -> None:
    both = [("host", "localhost"), ("host", "evil.example")]

    assert client.get("/healthz", headers=both).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:9999",
        "http://localhost:8000",
        "file://",
        "http://127.0.0.1:8000.evil.example",
    ],
)
def test_a_page_of_another_origin_cannot_call(client: TestClient, origin: str) -> None:
    reply = client.get("/v1/submissions", headers={"origin": origin})

    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers


def test_our_own_page_may_call(client: TestClient) -> None:
    reply = client.get("/v1/submissions", headers={"origin": "http://127.0.0.1:8000"})

    assert reply.status_code == 200


def test_a_foreign_page_may_link_to_us_but_not_load_from_us(client: TestClient) -> None:
    linked = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    loaded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}

    assert client.get("/", headers=linked).status_code == 200
    assert client.get("/", headers=loaded).status_code == 403
    assert client.post("/v1/submissions", headers=linked).status_code == 403


@pytest.mark.parametrize(("method", "path"), EVERY_KIND_OF_REPLY)
def test_every_reply_carries_the_security_headers(
    client: TestClient, method: str, path: str
) -> None:
    headers = client.request(method, path).headers

    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert not [name for name in headers if name.startswith("access-control")]


def test_the_content_policy_allows_nothing_inline_and_no_frames() -> None:
    assert "default-src 'none'" in CONTENT_POLICY
    assert "frame-ancestors 'none'" in CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY


def test_preflight_gets_no_permission(client: TestClient) -> None:
    reply = client.options(
        "/v1/submissions",
        headers={"origin": "http://evil.example", "access-control-request-method": "POST"},
    )

    assert reply.status_code == 403


def test_a_defect_is_a_500_problem_with_a_number_and_no_traceback(tmp_path: Path) -> None:
    with front_house(tmp_path) as house:
        house.store = BrokenStore(RuntimeError("secret detail of the defect"))
        with client_of(house.app()) as client:
            reply = client.get("/v1/submissions")

    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "TV000"
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1", "[::1]", "::1"])
def test_loopback_is_recognised(text: str) -> None:
    assert is_loopback(text)


@pytest.mark.parametrize("text", ["testclient", "8.8.8.8", "::ffff:8.8.8.8", "\x00"])
def test_anything_else_is_not_loopback(text: str) -> None:
    assert not is_loopback(text)
