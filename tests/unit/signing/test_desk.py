"""Messages and their answers, without a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.fakes.chain import KEY, FakeChain
from tests.fakes.signing import FINGERPRINT, ask, rig
from validator.errors import InvalidDocumentError
from validator.signing.frames import LENGTH, MAX_FRAME, frame, read_content
from validator.signing.requests import Prove, SignVerdict, read_ask

if TYPE_CHECKING:
    from tests.fakes.signing import Rig
    from tests.fakes.store import FrozenClock
    from validator.settings import Settings
    from validator.signing.desk import Desk


def said(desk: Desk, message: Any) -> dict[str, Any]:
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return read_content(desk.answer(content)[LENGTH.size :])


def test_a_signature_and_its_repeat_over_the_desk(house: Rig) -> None:
    message = ask(house.chain.answer(1), 80).model_dump(mode="json")
    first = said(house.desk, message)["ok"]
    again = said(house.desk, message)["ok"]

    assert first["new"] is True
    assert again["new"] is False
    for name in ("transaction", "tx_hash", "root", "nonce", "fee", "score"):
        assert again[name] == first[name]
    assert again["evidence"]["envelope"] == first["evidence"]["envelope"]


def test_a_conflict_has_its_own_kind_and_status(house: Rig) -> None:
    answer = house.chain.answer(1)
    said(house.desk, ask(answer, 80).model_dump(mode="json"))
    problem = said(house.desk, ask(answer, 20).model_dump(mode="json"))["problem"]

    assert (problem["kind"], problem["status"]) == ("verdict-conflict", 412)
    assert (problem["code"], problem["why"]) == ("TV050", "other_root")


def test_the_status_tells_the_state_and_no_secret(house: Rig) -> None:
    said(house.desk, ask(house.chain.answer(1), 80).model_dump(mode="json"))
    found = said(house.desk, {"do": "status"})["ok"]

    assert (found["phase"], found["fingerprint"]) == ("open", FINGERPRINT)
    assert (found["tally"], found["fees_in_day"]) == ({"new": 1}, 10_000)
    assert (found["open_attempts"], found["transactions_in_hour"]) == (1, 1)
    assert found["ceilings"]["per_hour"] == house.desk.signer.ceilings.per_hour
    assert found["last_verdict_at"] is not None
    assert (found["log"]["size"], found["published"]) == (3, None)
    assert KEY.reveal().hex() not in json.dumps(found)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "message"),
        (b"[]", "must be an object"),
        (b"{", "message"),
        (b"\xff\xfe", "message"),
        (b'{"do": "status", "do": "status"}', "twice"),
        (b'{"do": "sign_raw"}', "do: must be one of"),
        (b'{"do": ["status"]}', "do: must be one of"),
        (b'{"do": NaN}', "message"),
        (b'{"do": "status", "more": 1}', "more: is not a known field"),
        (b'{"do": "prove", "answer": "00"}', "answer: must be 64 hexadecimal digits"),
        (b'{"do": "prove", "answer": 7}', "answer: must be 64 hexadecimal digits"),
        (b'{"do": "prove"}', "answer: is missing"),
        (b'{"do": "resume", "fingerprint": "x", "vouch": 1}', "vouch: must be true or false"),
        (b'{"do": "reconcile", "endpoints": {"a": {}}}', "is missing"),
        (b"[" * 100 + b"]" * 100, "message"),
    ],
)
def test_bad_messages_get_one_sentence(shut: Rig, content: bytes, word: str) -> None:
    problem = said(shut.desk, content)["problem"]

    assert word in problem["detail"]
    assert problem["status"] == 422
    assert "\n" not in problem["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", 101), ("score", 80.0), ("score", "80"), ("score", True), ("nonce", -1),
        ("fee", 2**64), ("statement", "x" * (2 * 1024 * 1024 + 1)), ("genesis", "AB" * 32),
        ("reference", {"hash": "00" * 32, "topoheight": 2**53}), ("workers", [{}] * 17),
        ("task", "\u202e" * 64), ("approval", {"by": "a b", "root": "00" * 32}),
    ],
)  # fmt: skip
def test_every_field_of_a_request_has_its_range(shut: Rig, name: str, value: object) -> None:
    message = ask(shut.chain.answer(1), 80).model_dump(mode="json") | {name: value}
    problem = said(shut.desk, message)["problem"]

    assert problem["code"] == "TV001"
    assert problem["errors"][0]["field"].startswith(name)


def test_a_defect_of_ours_is_said_without_what_it_held(
    shut: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = KEY.reveal().hex()

    def broken(_: object, answer: bytes) -> None:
        raise RuntimeError(f"it holds {secret}" if not answer else "a fault")

    monkeypatch.setattr(type(shut.desk.signer), "prove", broken)
    problem = said(shut.desk, {"do": "prove", "answer": "00" * 32})["problem"]

    assert problem["detail"] == "an internal error: RuntimeError"
    assert "a request failed" in caplog.text
    assert secret not in caplog.text


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_bring_the_desk_down(shut: Rig, content: bytes) -> None:
    assert said(shut.desk, content)["problem"]["code"] == "TV001"


@given(st.integers(0, 100), st.integers(0, 2**53 - 1), st.integers(0, 2**64 - 1))
def test_a_request_survives_its_frame(score: int, nonce: int, fee: int) -> None:
    from tests.fakes.chain import claim

    made = ask(claim(3), score, nonce, stated="{}", fee=fee)
    read = read_ask(read_content(frame(made.model_dump(mode="json"))[LENGTH.size :]))

    assert isinstance(read, SignVerdict)
    assert read == made


def test_a_hash_of_another_length_is_refused_in_a_request_of_ours() -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Prove(answer=b"short")
    with pytest.raises(InvalidDocumentError):
        read_ask({"do": "prove", "answer": "00" * 31})


def test_a_frame_over_the_cap_is_refused() -> None:
    from validator.errors import TooLargeError

    with pytest.raises(TooLargeError):
        frame({"x": "y" * MAX_FRAME})


def test_a_follower_tells_the_chain(settings: Settings, clock: FrozenClock) -> None:
    from pydantic import SecretBytes

    from tests.fakes.signing import PASSPHRASE
    from validator.signing.opening import opened
    from validator.signing.requests import Reconcile

    chain = FakeChain(clock)
    answer = chain.answer(1)
    with opened(settings, lambda _: SecretBytes(PASSPHRASE.encode()), clock) as desk:

        def tell() -> dict[str, Any]:
            told = Reconcile(endpoints=chain.told()).model_dump(mode="json")
            found: dict[str, Any] = said(desk, told)["ok"]
            return found

        assert desk.gate.poll().phase.value == "closed"
        for _ in range(9):
            tell()
            chain.stable += 1
        chain.stable = 1_000
        assert tell()["phase"] == "open"
        assert said(desk, ask(answer, 80).model_dump(mode="json"))["ok"]["new"]
        chain.readable = False
        assert tell()["phase"] == "closed"
        refused = said(desk, ask(answer, 80).model_dump(mode="json"))["problem"]
        assert refused["kind"] == "signing-closed"
        chain.readable = True
        assert tell()["phase"] == "open"
        clock.advance(31)  # what was told is too old, however often it is looked at
        assert desk.gate.poll().phase.value == "closed"


def test_a_signer_with_an_adapter_is_told_nothing(shut: Rig) -> None:
    problem = said(shut.desk, {"do": "reconcile", "endpoints": {}})["problem"]

    assert problem["detail"] == "do: this signer reads the chain itself"


def test_checkpoints_over_the_desk(house: Rig) -> None:
    note = said(house.desk, {"do": "checkpoint"})["ok"]["checkpoint"]

    assert said(house.desk, {"do": "published", "checkpoint": note})["ok"] == {"size": 2}
    other = note.replace("tosv-audit", "tosv-other", 1)
    assert said(house.desk, {"do": "published", "checkpoint": other})["problem"]["status"] == 422


def test_operators_words_over_the_desk(house: Rig) -> None:
    wrong = said(house.desk, {"do": "pause", "fingerprint": "0000"})["problem"]
    assert wrong["code"] == "TV058"
    paused = said(house.desk, {"do": "pause", "fingerprint": FINGERPRINT})["ok"]
    assert (paused["phase"], paused["reasons"]) == ("halted", ["halted_by_operator"])
    again = said(house.desk, {"do": "resume", "fingerprint": FINGERPRINT})["ok"]
    assert again["phase"] == "open"


def test_the_settings_that_no_signer_can_start_with(settings: Settings, clock: FrozenClock) -> None:
    from validator.errors import ConfigurationError, WrongKeyError
    from validator.settings import ChainSettings

    off = settings.model_copy(update={"network": "testnet"})
    with pytest.raises(ConfigurationError, match="name 2 independent endpoints"), rig(off, clock):
        pytest.fail("it started")
    two = settings.signer.model_copy(update={"endpoints": ("a", "b")})
    off = settings.model_copy(update={"network": "testnet", "signer": two})
    with pytest.raises(WrongKeyError, match="must not be used on testnet"), rig(off, clock):
        pytest.fail("it started")
    url = "http://127.0.0.1:8080"
    names = ChainSettings(nodes=({"name": "a", "url": url}, {"name": "b", "url": f"{url}/"}))  # type: ignore[arg-type]
    off = off.model_copy(update={"chain": names})
    with pytest.raises(ConfigurationError, match="with different addresses"), rig(off, clock):
        pytest.fail("it started")
    none = settings.signer.model_copy(update={"key_file": None})
    bare = settings.model_copy(update={"signer": none})
    with pytest.raises(ConfigurationError, match=r"signer\.key_file"), rig(bare, clock):
        pytest.fail("it started")


def test_off_devnet_the_signer_reads_the_chain_itself(
    settings: Settings, clock: FrozenClock
) -> None:
    from validator.errors import ConfigurationError
    from validator.signing.opening import opened

    two = settings.signer.model_copy(update={"endpoints": ("a", "b")})
    off = settings.model_copy(update={"network": "testnet", "signer": two})

    with (
        pytest.raises(ConfigurationError, match=r"name 2 of `chain\.nodes`"),
        opened(off, lambda _: pytest.fail("no key is needed for that"), clock),
    ):
        pytest.fail("a client could tell it any chain")


def test_one_node_under_two_names_of_this_machine_is_one(
    settings: Settings, clock: FrozenClock
) -> None:
    from validator.errors import ConfigurationError
    from validator.settings import ChainSettings

    two = settings.signer.model_copy(update={"endpoints": ("a", "b")})
    nodes = ChainSettings(
        nodes=({"name": "a", "url": "http://localhost:8080"},  # type: ignore[arg-type]
               {"name": "b", "url": "http://127.0.0.1:8080"})
    )  # fmt: skip
    off = settings.model_copy(update={"network": "testnet", "signer": two, "chain": nodes})

    with pytest.raises(ConfigurationError, match="agrees with itself"), rig(off, clock):
        pytest.fail("it started")
