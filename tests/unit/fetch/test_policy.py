from __future__ import annotations

from dataclasses import replace

import pytest

from validator.fetch.client import policy_of
from validator.fetch.frames import Failure, FetchFailedError
from validator.fetch.policy import Policy, Reach, WebTarget
from validator.settings import FetchSettings
from validator.wire.uri import FileUri

CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"
STRICT = policy_of(FetchSettings())
DEVNET = replace(STRICT, loopback=True, file_root="/srv", schemes=("https", "file"))
GATEWAY = replace(STRICT, schemes=("https", "ipfs"), gateway="https://gateway.example:8443")


def refused(policy: Policy, uri: str) -> bool:
    with pytest.raises(FetchFailedError) as caught:
        policy.target(uri)
    return caught.value.failure is Failure.REFUSED


def web(policy: Policy, uri: str) -> WebTarget:
    target = policy.target(uri)
    assert isinstance(target, WebTarget)
    return target


def test_a_child_reads_the_policy_that_was_sent() -> None:
    for policy in (STRICT, DEVNET, GATEWAY):
        assert Policy.from_json(policy.to_json()) == policy


def test_by_default_only_https_on_its_port_is_a_target() -> None:
    assert web(STRICT, "https://example.org/a").reach is Reach.PUBLIC
    for uri in (
        "http://example.org/", "https://example.org:8443/", "http://127.0.0.1/", "file:///a",
        f"ipfs://{CID}", "https://localhost:1/", "nonsense",
    ):  # fmt: skip
        assert refused(STRICT, uri)


def test_reach_says_which_addresses_a_name_may_have() -> None:
    assert Reach.PUBLIC.allows("8.8.8.8")
    assert not Reach.PUBLIC.allows("127.0.0.1")
    assert Reach.LOOPBACK.allows("127.0.0.1")
    assert not Reach.LOOPBACK.allows("8.8.8.8")
    assert not Reach.LOOPBACK.allows("10.0.0.1")


def test_on_a_devnet_this_machine_is_a_target_by_its_own_names_only() -> None:
    for uri in ("http://127.0.0.1:1234/", "https://localhost:99/", "http://[::1]/"):
        assert web(DEVNET, uri).reach is Reach.LOOPBACK
    for uri in ("http://127.0.0.2/", "http://example.org/", "https://example.org:99/"):
        assert refused(DEVNET, uri)
    assert DEVNET.target("file:///a/b") == FileUri(("a", "b"))


def test_a_public_server_cannot_lead_to_this_machine() -> None:
    for location in ("http://127.0.0.1:1/", "https://localhost/", "//[::1]/"):
        with pytest.raises(FetchFailedError):
            DEVNET.follow(web(DEVNET, "https://example.org/"), location)


def test_this_machine_may_lead_to_itself_and_out() -> None:
    here = web(DEVNET, "http://127.0.0.1:1/a")

    assert DEVNET.follow(here, "/b").uri.target == "/b"
    assert DEVNET.follow(here, "http://127.0.0.1:2/").reach is Reach.LOOPBACK
    assert DEVNET.follow(here, "https://example.org/").reach is Reach.PUBLIC


def test_a_gateway_is_asked_at_its_own_port_for_content_by_cid() -> None:
    target = web(GATEWAY, f"ipfs://{CID}/a")

    assert target.uri.origin == ("https", "gateway.example", 8443)
    assert target.uri.target == f"/ipfs/{CID}/a"
    assert target.reach is Reach.PUBLIC
    assert refused(GATEWAY, f"https://gateway.example:8443/ipfs/{CID}")


@pytest.mark.parametrize(
    ("location", "ends"),
    [
        (f"/ipfs/{CID}/b", f"/ipfs/{CID}/b"),
        (f"https://{CID}.example/", "/"),
        ("/debug", None),
        ("/ipfs/../debug", None),
        (f"/ipfs/{CID}/%2e%2e/x", None),
        (f"/ipfs/{CID}?download=1", None),
        ("https://gateway.example/", "/"),  # another origin, as public as any
        ("http://gateway.example:8443/", None),
    ],
)
def test_a_redirect_of_the_gateway_stays_with_content(location: str, ends: str | None) -> None:
    target = web(GATEWAY, f"ipfs://{CID}/a")
    if ends is None:
        with pytest.raises(FetchFailedError):
            GATEWAY.follow(target, location)
    else:
        assert GATEWAY.follow(target, location).uri.target == ends


def test_a_gateway_on_this_machine_gives_nobody_else_its_reach() -> None:
    local = replace(GATEWAY, gateway="http://127.0.0.1:8080", gateway_on_loopback=True)

    assert web(local, f"ipfs://{CID}").reach is Reach.LOOPBACK
    assert refused(local, f"http://127.0.0.1:8080/ipfs/{CID}")
    with pytest.raises(FetchFailedError):
        local.follow(web(local, f"ipfs://{CID}"), "http://127.0.0.1:8081/")
    both = replace(local, loopback=True)
    with pytest.raises(FetchFailedError):
        both.follow(web(both, f"ipfs://{CID}"), "http://127.0.0.1:8081/")
