from __future__ import annotations

import base64

import pytest

from tests.fakes.evidence import ORIGIN, MemorySigner
from validator.audit.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from validator.audit.ed25519 import PublicKey
from validator.audit.merkle import leaf_hash
from validator.audit.notes import Note, NoteKey, read_note, sign_note
from validator.errors import EvidenceKeyError, EvidenceRefusedError, InvalidEvidenceError

# The example of c2sp.org/signed-note.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n"
    "\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
SIGNER = MemorySigner()
STATE = Checkpoint(ORIGIN, 7, leaf_hash(b"root"))


def spec_key() -> NoteKey:
    name, _, encoded = VKEY.split("+", 2)
    return NoteKey(name, PublicKey(base64.b64decode(encoded)[1:]))


def test_the_specification_s_note_verifies_under_its_key() -> None:
    assert spec_key().vkey() == VKEY
    assert read_note(NOTE).verify([spec_key()]) == (spec_key(),)
    assert read_note(NOTE).encode() == NOTE


def test_a_note_that_was_changed_is_refused() -> None:
    changed = read_note(NOTE.replace(b"example message", b"example massage"))

    with pytest.raises(EvidenceRefusedError, match="does not hold"):
        changed.verify([spec_key()])


def test_signatures_of_strangers_are_passed_over() -> None:
    ours = sign_note("text\n", "ours", SIGNER)
    theirs = sign_note("text\n", "theirs", MemorySigner(2))
    both = read_note(Note("text\n", (*theirs.signatures, *ours.signatures)).encode())

    assert both.verify([NoteKey("ours", SIGNER.public)]) == (NoteKey("ours", SIGNER.public),)
    with pytest.raises(EvidenceRefusedError, match="no trusted key"):
        read_note(theirs.encode()).verify([NoteKey("ours", SIGNER.public)])


def test_a_bad_signature_of_a_known_key_spoils_good_ones_of_others() -> None:
    one, two = sign_note("text\n", "one", SIGNER), sign_note("other\n", "two", MemorySigner(2))
    mixed = read_note(Note("text\n", (*one.signatures, *two.signatures)).encode())
    keys = [NoteKey("one", SIGNER.public), NoteKey("two", MemorySigner(2).public)]

    with pytest.raises(EvidenceRefusedError, match="does not hold"):
        mixed.verify(keys)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"message", b"mess\tage"),
        NOTE.replace(b"message", b"mess\xffage"),
        NOTE.replace("\u2014 ".encode(), b"- "),
        NOTE.replace(b"foo ", b"fo o "),
        NOTE.replace(b"/foo", b"+foo"),
        NOTE.replace(b"yaQM=", b"yaQN="),  # the same bytes in another spelling
        NOTE.replace(b"yaQM=", b"yaQM"),
        "text\n\n\u2014 name AAAA\n".encode(),
        b"x" * 70_000 + NOTE,
        NOTE + NOTE.splitlines(keepends=True)[2] * 64,
    ],
)
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidEvidenceError):
        read_note(content)


@pytest.mark.parametrize("name", ["", "with blank", "plus+", "line\n", "no\u2003break"])
def test_a_name_that_no_note_can_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidEvidenceError):
        NoteKey(name, SIGNER.public)


def test_a_checkpoint_is_read_back_and_verified_under_its_origin() -> None:
    signed = sign_checkpoint(STATE, SIGNER)

    assert signed.note.text.startswith(f"{ORIGIN}\n7\n")
    assert read_checkpoint(signed.encode()) == signed
    assert signed.verify(SIGNER.public) == STATE
    with pytest.raises(EvidenceRefusedError):
        signed.verify(MemorySigner(2).public)


def test_lines_of_others_in_a_checkpoint_are_kept() -> None:
    extended = Checkpoint(ORIGIN, 7, STATE.root, ("one more line", "and another"))

    assert read_checkpoint(sign_checkpoint(extended, SIGNER).encode()).checkpoint == extended


@pytest.mark.parametrize(
    "text",
    [
        "origin\n7\n",
        "origin\n07\n" + "A" * 43 + "=\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n9223372036854775808\n" + "A" * 43 + "=\n",
        "origin\n\u0667\n" + "A" * 43 + "=\n",
        "origin\n7\nAAAA\n",
        "origin\n7\n" + "A" * 43 + "\n",
        "origin\n7\n" + "A" * 43 + "=\n\nlast\n",
        "two words\n7\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused_though_it_is_signed(text: str) -> None:
    signed = sign_note(text, "origin", SIGNER)

    with pytest.raises(InvalidEvidenceError):
        read_checkpoint(signed.encode())


def test_a_public_key_is_read_from_pem_and_from_digits() -> None:
    assert PublicKey.read(SIGNER.public.pem()) == SIGNER.public
    assert PublicKey.read(SIGNER.public.raw.hex().encode() + b"\n") == SIGNER.public


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"junk",
        b"\xff\xfe",
        b"a" * 63,
        b"x" * 10_000,
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_is_no_public_key_is_refused(text: bytes) -> None:
    with pytest.raises(EvidenceKeyError):
        PublicKey.read(text)


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = generate_private_key(SECP256R1()).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(EvidenceKeyError, match="not an Ed25519 key"):
        PublicKey.read(pem)
