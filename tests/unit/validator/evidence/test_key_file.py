from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.fakes.evidence import MemorySigner
from validator.audit.ed25519 import PublicKey
from validator.errors import EvidenceKeyError
from validator.evidence.key_file import (
    KEY_FILE,
    PUBLIC_FILE,
    LibrarySigner,
    open_key,
    open_or_create,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = open_or_create(tmp_path)
    second = open_or_create(tmp_path)

    assert first.public == second.public
    assert first.public.verifies(second.sign(b"message"), b"message")
    assert not first.public.verifies(second.sign(b"message"), b"massage")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / KEY_FILE).parent.stat().st_mode & 0o077 == 0
    assert PublicKey.read((tmp_path / PUBLIC_FILE).read_bytes()) == first.public
    assert sorted(path.name for path in (tmp_path / KEY_FILE).parent.iterdir()) == [
        "key.pem",
        "key.pub.pem",
    ]


def test_several_processes_at_the_first_start_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from validator.evidence.key_file import open_or_create\n"
        "print(open_or_create(pathlib.Path(sys.argv[1])).public.raw.hex())\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = {process.communicate(timeout=60)[0] for process in started}

    assert len(said) == 1
    assert len(said.pop().strip()) == 64


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o611])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    open_or_create(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)

    with pytest.raises(EvidenceKeyError, match="open to others"):
        open_or_create(tmp_path)


def test_a_link_a_pipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    open_or_create(tmp_path)
    link, pipe, folder = tmp_path / "link", tmp_path / "pipe", tmp_path / "folder"
    link.symlink_to(tmp_path / KEY_FILE)
    os.mkfifo(pipe, 0o600)
    folder.mkdir(mode=0o700)

    for path in (link, pipe, folder, tmp_path / "nothing"):
        with pytest.raises(EvidenceKeyError):
            open_key(path)


def test_a_dangling_link_in_the_key_s_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir(mode=0o700)
    (tmp_path / KEY_FILE).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EvidenceKeyError):
        open_or_create(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def pem(key: object, *, passphrase: bytes | None = None) -> bytes:
    how = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        pem(Ed25519PrivateKey.generate())[:60],
        pem(Ed25519PrivateKey.generate(), passphrase=b"secret"),
        pem(generate_private_key(SECP256R1())),
    ],
    ids=["empty", "junk", "cut", "encrypted", "another kind"],
)
def test_what_is_no_key_is_refused_without_telling_its_bytes(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(EvidenceKeyError, match=r"key\.pem is") as caught:
        open_key(path)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_public_half_of_another_key_is_noticed(tmp_path: Path) -> None:
    open_or_create(tmp_path)
    (tmp_path / PUBLIC_FILE).write_bytes(MemorySigner(2).public.pem())

    with pytest.raises(EvidenceKeyError, match="not the public half"):
        open_or_create(tmp_path)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(b"a file where the folder must be")

    with pytest.raises(EvidenceKeyError, match="cannot be written"):
        open_or_create(tmp_path)


def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_or_create(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(EvidenceKeyError, match="another user"):
        open_key(tmp_path / KEY_FILE)


def test_a_key_that_went_away_is_an_error_of_its_own(tmp_path: Path) -> None:
    signer = open_or_create(tmp_path)

    class Away:
        public_key = signer._signer.public_key

        def sign(self, _payload: bytes) -> object:
            raise OSError("the token was pulled out")

    with pytest.raises(EvidenceKeyError, match="does not sign"):
        LibrarySigner(Away()).sign(b"message")  # type: ignore[arg-type]


def test_the_secret_shows_in_no_text(tmp_path: Path) -> None:
    signer = open_or_create(tmp_path)
    middle = (tmp_path / KEY_FILE).read_text().splitlines()[1]

    assert middle not in repr(signer) + str(signer.__dict__)
