from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.validator.keys.making import CHEAP, SECRET
from validator import keys
from validator.cli import run
from validator.wire import tos

GENESIS = "0a" * 32
PUBLIC = tos.SecretKey(SECRET).public

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    # A guess at a passphrase costs little here.
    seal = keys.seal
    monkeypatch.setattr(keys, "seal", lambda *a, **k: seal(*a, **k | {"cost": CHEAP}))
    secret_file("pw", b"correct horse\n")
    secret_file("pw2", b"another horse\n")
    secret_file("raw", SECRET)


def secret_file(name: str, data: bytes) -> None:
    Path(name).write_bytes(data)
    Path(name).chmod(0o600)


def succeed(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert run(["keys", *arguments, "--json"]) == 0, capsys.readouterr().err
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def refused(capsys: Capture, code: str, *arguments: str) -> str:
    """One sentence and an error code; no secret, no traceback."""
    assert run(["keys", *arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == code
    assert len(err.splitlines()) == 1
    for hidden in ("Traceback", SECRET.hex(), "horse"):
        assert hidden not in out + err
    return err


@pytest.mark.parametrize("kind", ["chain", "evidence"])
def test_a_new_key_can_be_shown_without_its_passphrase(capsys: Capture, kind: str) -> None:
    made = succeed(capsys, "new", "k", "--kind", kind, "--passphrase-file", "pw")

    shown = succeed(capsys, "show", "k")

    assert made == {"file": "k"} | shown
    assert (shown["kind"], shown["network"], shown["genesis"]) == (kind, "devnet", None)
    assert (shown["address"] or "tst1").startswith("tst1")
    assert (shown["address"] is None) == (kind == "evidence")
    assert Path("k").stat().st_mode & 0o777 == 0o600


def test_show_prints_lines_that_can_be_copied(capsys: Capture) -> None:
    succeed(capsys, "new", "k", "--network", "mainnet", "--passphrase-file", "pw")
    shown = succeed(capsys, "show", "k")

    assert run(["keys", "show", "k"]) == 0

    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert lines["address"] == shown["address"]
    assert lines["public_key"] == shown["public_key"]


@pytest.mark.parametrize(
    "data", [SECRET, SECRET.hex().encode(), SECRET.hex().upper().encode() + b"\n"]
)
def test_a_plain_secret_is_brought_in(capsys: Capture, data: bytes) -> None:
    secret_file("plain", data)

    made = succeed(
        capsys, "import", "plain", "k", "--network", "testnet", "--genesis", GENESIS,
        "--public-key", PUBLIC.hex(), "--passphrase-file", "pw",
    )  # fmt: skip

    assert made["public_key"] == PUBLIC.hex()
    assert (made["network"], made["genesis"]) == ("testnet", GENESIS)
    assert SECRET.hex() not in Path("k").read_text()


def test_export_and_import_hand_the_same_key_on(capsys: Capture) -> None:
    first = succeed(capsys, "import", "raw", "a", "--genesis", GENESIS, "--passphrase-file", "pw")

    out = succeed(
        capsys, "export", "a", "b", "--passphrase-file", "pw", "--new-passphrase-file", "pw2"
    )
    back = succeed(
        capsys, "import", "b", "c", "--source-passphrase-file", "pw2", "--passphrase-file", "pw"
    )

    assert first | {"file": ""} == out | {"file": ""} == back | {"file": ""}
    refused(capsys, "TV043", "export", "b", "d", "--passphrase-file", "pw",
            "--new-passphrase-file", "pw")  # fmt: skip
    assert not Path("d").exists()


def test_nothing_ever_prints_or_writes_the_secret_plainly(capsys: Capture) -> None:
    succeed(capsys, "import", "raw", "k", "--passphrase-file", "pw")
    secret_file("m", b"yes")
    run(["keys", "show", "k"])
    run(["keys", "export", "k", "k2", "--passphrase-file", "pw", "--new-passphrase-file", "pw"])
    run(["keys", "sign", "k", "m", "--purpose", "vote", "--round", "r", "--genesis", GENESIS,
         "--passphrase-file", "pw"])  # fmt: skip

    said = "".join(capsys.readouterr())
    written = [Path(name).read_bytes() for name in ("k", "k2")]
    assert SECRET.hex() not in said
    assert not [data for data in written if SECRET in data or SECRET.hex().encode() in data]


def test_a_statement_is_signed_with_its_purpose_genesis_and_round(capsys: Capture) -> None:
    succeed(capsys, "import", "raw", "k", "--genesis", GENESIS, "--passphrase-file", "pw")
    secret_file("m", b"yes")

    said = succeed(
        capsys, "sign", "k", "m", "--purpose", "vote", "--round", "rnd_1",
        "--passphrase-file", "pw",
    )  # fmt: skip

    statement = keys.Statement(keys.Purpose.VOTE, bytes.fromhex(GENESIS), "rnd_1", b"yes")
    assert statement.holds(PUBLIC, bytes.fromhex(said["signature"]))
    assert said["public_key"] == PUBLIC.hex()


def test_bytes_alone_are_never_signed(capsys: Capture) -> None:
    succeed(capsys, "import", "raw", "k", "--passphrase-file", "pw")
    secret_file("m", b"yes")

    for missing in (["--round", "r"], ["--purpose", "vote"], ["--purpose", "raw", "--round", "r"]):
        refused(capsys, "TV012", "sign", "k", "m", *missing, "--genesis", GENESIS)
    sign = ["sign", "k", "m", "--purpose", "vote", "--round", "r", "--passphrase-file", "pw"]
    assert "--genesis is missing" in refused(capsys, "TV012", *sign)
    assert "--genesis must be 64 hex" in refused(capsys, "TV012", *sign, "--genesis", "0a")


def test_a_key_of_one_network_or_kind_is_not_used_for_another(capsys: Capture) -> None:
    secret_file("m", b"yes")
    succeed(capsys, "import", "raw", "k", "--network", "testnet", "--genesis", GENESIS,
            "--passphrase-file", "pw")  # fmt: skip
    succeed(capsys, "new", "e", "--kind", "evidence", "--passphrase-file", "pw")
    sign = ["m", "--purpose", "vote", "--round", "r", "--passphrase-file", "pw"]

    said = refused(capsys, "TV044", "sign", "k", *sign)
    assert "bound to testnet and must not be used on devnet" in said
    other = ["--network", "testnet", "--genesis", "0b" * 32]
    assert "another genesis" in refused(capsys, "TV044", "sign", "k", *sign, *other)
    assert "evidence" in refused(capsys, "TV044", "sign", "e", *sign, "--genesis", GENESIS)
    refused(capsys, "TV044", "import", "k", "k2", "--network", "mainnet")
    refused(capsys, "TV044", "import", "k", "k2", "--kind", "evidence")


def test_the_network_of_the_settings_counts(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOSV_NETWORK", "mainnet")

    made = succeed(capsys, "new", "k", "--passphrase-file", "pw")

    assert made["network"] == "mainnet"
    assert made["address"].startswith("tos1")


def test_a_secret_and_a_public_key_that_do_not_belong_together_are_refused(
    capsys: Capture,
) -> None:
    other = tos.SecretKey.generate().public.hex()

    said = refused(capsys, "TV046", "import", "raw", "k", "--public-key", other,
                   "--passphrase-file", "pw")  # fmt: skip

    assert PUBLIC.hex() in said
    assert not Path("k").exists()


@pytest.mark.parametrize(
    "data", [b"", bytes(32), b"\xff" * 32, SECRET + b"\n", SECRET[:31], b"zz" * 32]
)
def test_what_is_no_secret_is_not_brought_in(capsys: Capture, data: bytes) -> None:
    secret_file("plain", data)

    refused(capsys, "TV046", "import", "plain", "k", "--passphrase-file", "pw")

    assert not Path("k").exists()


def test_each_fault_of_a_file_has_an_error_of_its_own(capsys: Capture) -> None:
    succeed(capsys, "new", "k", "--passphrase-file", "pw")
    secret_file("damaged", Path("k").read_bytes().replace(b"devnet", b"mainnet"))
    Path("open").write_bytes(Path("k").read_bytes())
    Path("open").chmod(0o644)
    Path("link").symlink_to("k")

    refused(capsys, "TV040", "show", "none")
    refused(capsys, "TV040", "new", "k", "--passphrase-file", "pw")
    refused(capsys, "TV041", "show", "open")
    refused(capsys, "TV041", "show", "link")
    refused(capsys, "TV042", "show", "damaged")
    refused(capsys, "TV043", "export", "k", "x", "--passphrase-file", "pw2",
            "--new-passphrase-file", "pw")  # fmt: skip
    refused(capsys, "TV045", "new", "x", "--passphrase-file", "none")
    Path("raw").chmod(0o644)
    refused(capsys, "TV041", "import", "raw", "x", "--passphrase-file", "pw")


def test_a_library_that_cannot_be_loaded_is_a_fault_of_the_set_up(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise tos.LibraryError("libsodium cannot be loaded; set TMPDIR")

    monkeypatch.setattr("validator.wire.tos.group._library", broken)

    assert "TMPDIR" in refused(capsys, "TV020", "new", "k", "--passphrase-file", "pw")
