from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretBytes

from tests.unit.validator.keys.making import CHEAP, PASSPHRASE, SECRET, chain_file
from validator import keys
from validator.errors import (
    KeyFileDamagedError,
    KeyMismatchError,
    WrongKeyError,
    WrongPassphraseError,
)
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.tos import Network, SecretKey, encode_address

if TYPE_CHECKING:
    from collections.abc import Callable


def rewritten(change: Callable[[dict[str, Any]], object], *, checksum: bool) -> bytes:
    """A file changed by somebody who did, or did not, think of the checksum."""
    document = json.loads(chain_file().to_bytes())
    change(document)
    if checksum:
        del document["checksum"]
        document["checksum"] = sha256_digest(canonical_json(document))
    return json.dumps(document).encode()


@pytest.mark.parametrize("kind", list(keys.Kind))
def test_a_key_comes_back_from_its_file(kind: keys.Kind) -> None:
    key = keys.from_secret(kind, SECRET)
    sealed = keys.seal(key, Network.TESTNET, PASSPHRASE, genesis=b"\x07" * 32, cost=CHEAP)

    read = keys.KeyFile.from_bytes(sealed.to_bytes())
    opened = read.open(PASSPHRASE)

    assert read == sealed
    assert opened.reveal() == SECRET
    assert keys.public_of(opened) == keys.public_of(key) == read.binding.public_key
    assert keys.kind_of(opened) is kind


def test_the_file_shows_all_but_the_secret() -> None:
    sealed = chain_file()
    text = sealed.to_bytes().decode()
    public = SecretKey(SECRET).public

    assert public.hex() in text
    assert '"network": "devnet"' in text
    for spelling in (SECRET.hex(), PASSPHRASE.get_secret_value().decode()):
        assert spelling not in text + repr(sealed)
    assert sealed.binding.address == encode_address(public, Network.DEVNET)


def test_two_files_of_one_key_and_passphrase_share_nothing_encrypted() -> None:
    first, second = chain_file(), chain_file()

    assert first.salt != second.salt
    assert first.nonce != second.nonce
    assert first.sealed != second.sealed


def test_the_standard_cost_is_rfc_9106s_second_recommendation() -> None:
    assert (keys.STANDARD.memory_kib, keys.STANDARD.iterations, keys.STANDARD.lanes) == (
        65536,
        3,
        4,
    )


def test_a_wrong_passphrase_is_told_from_a_damaged_file() -> None:
    data = chain_file().to_bytes()

    with pytest.raises(WrongPassphraseError, match="does not open"):
        keys.KeyFile.from_bytes(data).open(SecretBytes(b"wrong horse"))
    damaged = data.replace(b'"text": "', b'"text": "00', 1).replace(b'00"\n  }', b'"\n  }', 1)
    with pytest.raises(KeyFileDamagedError):
        keys.KeyFile.from_bytes(damaged)


def test_a_flip_of_any_byte_is_seen() -> None:
    data = chain_file().to_bytes()
    good = keys.KeyFile.from_bytes(data)

    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        try:
            found = keys.KeyFile.from_bytes(bytes(altered))
        except KeyFileDamagedError:
            continue
        assert found == good  # blank space between words


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(network="mainnet"),
        lambda d: d.update(kind="evidence"),
        lambda d: d.update(genesis="00" * 32),
        lambda d: d.update(public_key="00" * 32),
        lambda d: d["kdf"].update(lanes=2),
        lambda d: d["kdf"].update(iterations=2),
        lambda d: d.update(salt="00" * 16),
        lambda d: d["cipher"].update(nonce="00" * 12),
        lambda d: d["cipher"].update(text="00" * 48),
    ],
    ids=["network", "kind", "genesis", "public", "lanes", "iterations", "salt", "nonce", "text"],
)
def test_no_word_of_the_file_can_be_changed(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(KeyFileDamagedError, match="changed since"):
        keys.KeyFile.from_bytes(rewritten(change, checksum=False))
    with pytest.raises(WrongPassphraseError):
        keys.KeyFile.from_bytes(rewritten(change, checksum=True)).open(PASSPHRASE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(schema="tosv.key/2"), "schema"),
        (lambda d: d.pop("kind"), "kind"),
        (lambda d: d.update(network="moonnet"), "network"),
        (lambda d: d.update(note="x"), "note"),
        (lambda d: d["kdf"].update(memory_kib=2**31), "kdf.memory_kib"),
        (lambda d: d["kdf"].update(iterations=10**9), "kdf.iterations"),
        (lambda d: d["kdf"].update(name="none"), "kdf.name"),
        (lambda d: d["cipher"].update(text="00"), "cipher.text"),
        (lambda d: d.update(salt=5), "salt"),
    ],
    ids=["schema", "kind", "network", "extra", "memory", "time", "kdf", "text", "salt"],
)
def test_what_is_no_key_file_is_refused_by_its_field(
    change: Callable[[dict[str, Any]], object], field: str
) -> None:
    with pytest.raises(KeyFileDamagedError, match=f"see {field}"):
        keys.KeyFile.from_bytes(rewritten(change, checksum=True))


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff", b"NaN", b"[" * 100_000, b'{"schema": "\\ud800"}'],
    ids=["empty", "list", "null", "cut", "bytes", "nan", "deep", "surrogate"],
)
def test_bytes_that_are_no_json_object_are_refused(data: bytes) -> None:
    with pytest.raises(KeyFileDamagedError, match="no key file"):
        keys.KeyFile.from_bytes(data)


def test_a_file_whose_secret_gives_another_public_key_is_refused() -> None:
    """Made by a program that does not check: the cipher is right, the pair is not."""
    good = chain_file()
    other = SecretKey.generate()

    class Liar:
        public = other.public

        def reveal(self) -> bytes:
            return SECRET

    liar: Any = Liar()
    liar.public = other.public.data  # as an evidence key shows it
    sealed = keys.seal(liar, Network.DEVNET, PASSPHRASE, cost=CHEAP)

    with pytest.raises(KeyMismatchError, match="does not give its public key"):
        keys.KeyFile.from_bytes(sealed.to_bytes()).open(PASSPHRASE)
    assert good.open(PASSPHRASE).reveal() == SECRET


def test_a_key_is_refused_on_another_network_genesis_or_for_another_use() -> None:
    binding = chain_file(Network.TESTNET, b"\x01" * 32).binding

    binding.require(keys.Kind.CHAIN, Network.TESTNET, b"\x01" * 32)
    binding.require()
    with pytest.raises(WrongKeyError, match="bound to testnet and must not be used on mainnet"):
        binding.require(network=Network.MAINNET)
    with pytest.raises(WrongKeyError, match="another genesis block"):
        binding.require(genesis=b"\x02" * 32)
    with pytest.raises(WrongKeyError, match="the chain key, not the evidence key"):
        binding.require(keys.Kind.EVIDENCE)
    chain_file().binding.require(genesis=b"\x02" * 32)  # not bound to a genesis


def test_an_evidence_key_hides_as_a_chain_key_does() -> None:
    import copy
    import pickle

    key = keys.EvidenceKey(SECRET)

    assert SECRET.hex() not in f"{key!r} {key}"
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            way(key)  # type: ignore[operator]
    key.wipe()
    with pytest.raises(Exception, match="wiped"):
        key.sign(b"m")


def test_an_evidence_key_signs_as_rfc_8032_says() -> None:
    """RFC 8032, 7.1, test 1."""
    key = keys.EvidenceKey(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )

    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert (
        key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065")
    )


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"short"])
def test_bytes_that_are_no_chain_secret_are_refused_unseen(secret: bytes) -> None:
    with pytest.raises(KeyMismatchError) as caught:
        keys.from_secret(keys.Kind.CHAIN, secret)

    assert secret.hex() not in str(caught.value)
