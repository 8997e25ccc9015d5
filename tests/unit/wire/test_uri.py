from __future__ import annotations

import pytest

from validator.wire.uri import FileUri, InvalidUriError, IpfsUri, WebUri, parse_uri

CID_0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
CID_1 = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://example.org", WebUri("https", "example.org", 443, "/")),
        ("HTTPS://Example.ORG/A", WebUri("https", "example.org", 443, "/A")),
        ("https://example.org:81/a/b?c=d/?f", WebUri("https", "example.org", 81, "/a/b?c=d/?f")),
        ("https://example.org?x", WebUri("https", "example.org", 443, "/?x")),
        ("https://xn--bcher-kva.org/%c3%bc", WebUri("https", "xn--bcher-kva.org", 443, "/%c3%bc")),
        ("https://192.0.2.1/", WebUri("https", "192.0.2.1", 443, "/")),
        ("https://[2001:DB8::0:1]/", WebUri("https", "2001:db8::1", 443, "/")),
        ("http://localhost:80/", WebUri("http", "localhost", 80, "/")),
        (f"ipfs://{CID_0}", IpfsUri(CID_0, "")),
        (f"ipfs://{CID_1}/a/b%20c.json", IpfsUri(CID_1, "/a/b%20c.json")),
        ("file:///a/b-c_d.json", FileUri(("a", "b-c_d.json"))),
    ],
)  # fmt: skip
def test_a_uri_is_read_in_one_way(text: str, read: object) -> None:
    assert parse_uri(text) == read


def test_an_authority_is_spelled_as_a_host_header() -> None:
    spelled = {
        "https://example.org/": "example.org",
        "https://example.org:443/": "example.org",
        "https://example.org:80/": "example.org:80",
        "https://[2001:db8::1]:8443/": "[2001:db8::1]:8443",
    }
    for text, authority in spelled.items():
        uri = parse_uri(text)
        assert isinstance(uri, WebUri)
        assert uri.authority == authority


@pytest.mark.parametrize(
    "text",
    [
        # a host that two readers would read as two
        "https://user@example.org/", "https://user:pass@example.org/", "https://a@b@c/",
        "https://example.org#@10.0.0.1/", "https://example.org\\@10.0.0.1/",
        "https://example.org#", "https:example.org", "https:/example.org", "https:///example.org",
        "//example.org/", "example.org",
        # addresses in other spellings
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://127.1/",
        "https://0177.0.0.1/", "https://127.0.0.01/", "https://1.2.3.4.5/", "https://256.1.1.1/",
        "https://1.2.3/", "https://example.0x/", "https://127.0.0.1./", "https://[::1%25lo]/",
        "https://[::1%lo]/", "https://[127.0.0.1]/", "https://::1/", "https://[::1/", "https://[]/",
        # names
        "https://example.org./", "https://.example.org/", "https://a..b/", "https://-a.org/",
        "https://a-.org/", "https://a_b.org/", "https://ex%61mple.org/", "https:///",
        "https://" + "a" * 64 + ".org/", "https://" + "a." * 127 + "org/", "https://bücher.example/",
        "https://ⓔxample.org/", "https://example。org/",
        # ports
        "https://example.org:/", "https://example.org:0/", "https://example.org:00443/",
        "https://example.org:65536/", "https://example.org:+1/", "https://example.org:" + "9" * 500,
        # characters
        "https://example.org/a b", "https://example.org/\r\nX: y", "https://example.org/\x00",
        "https://example.org/%", "https://example.org/%g0", "https://example.org/<>", " https://a.b/",
        "https://a.b/\n", "https://example.org/é", "https://example.org/\u202e", "https://a.b/|",
        # schemes
        "", ":", "ftp://example.org/", "data:,x", "javascript:1", "httpss://a.b/", "gopher://a.b/",
        "file://host/a", "file:///", "file:/a", "file:///../a", "file:///a/../b", "file:///.a",
        "file:///a//b", "file:///a/%2e%2e/b", "file:///a?b", "file:///a/",
        f"ipfs://{CID_0}/../x", f"ipfs://{CID_0}/%2e%2E/x", f"ipfs://{CID_0}/a%2fb",
        f"ipfs://{CID_0}/a%5cb", f"ipfs://{CID_0}/%00", f"ipfs://{CID_0}/%252e", f"ipfs://{CID_0}?x",
        f"ipfs://{CID_0}/./x", "ipfs://example.org/", "ipfs://", f"ipfs://{CID_1.upper()}",
        f"ipfs://{CID_0}#x", f"ipfs://{CID_0}:80/",
        "https://example.org/" + "a" * 2048,
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(InvalidUriError) as caught:
        parse_uri(text)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 120
