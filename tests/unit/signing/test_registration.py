from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.account_node import AccountNode
from tests.fakes.chain import GENESIS, KEY, FakeChain
from tests.fakes.devnet import VALIDATOR, World, world
from tests.fakes.signing import prepare, rig
from tests.fakes.store import FrozenClock
from validator.domain.clock import SystemClock
from validator.errors import (
    ChainUnreadableError,
    KeyFileError,
    KeyFileExposedError,
    OtherGenesisError,
    ProtectionInUseError,
    RegistrationRefusedError,
    SubmitRefusedError,
)
from validator.protection.database import ProtectionDatabase
from validator.protection.values import Request, Verdict, fingerprint
from validator.signing.opening import HISTORY
from validator.signing.registration import Registration, unused_history
from validator.wire.tos import RegisterMiner, ValidateAnswer, decode_canonical

if TYPE_CHECKING:
    from pathlib import Path

    from validator.wire.tos import PublicKey

AMOUNT = 10**9
FEE = 10_000
PUBLIC = VALIDATOR.public


@pytest.fixture
def chain() -> World:
    made = world()
    made.fund(VALIDATOR)
    return made


@pytest.fixture
def node(chain: World) -> AccountNode:
    return AccountNode(chain, mines=True)


@pytest.fixture
def registration(node: AccountNode, tmp_path: Path) -> Registration:
    return registering(node, folder=tmp_path)


def registering(*nodes: AccountNode, folder: Path) -> Registration:
    return Registration(nodes, PUBLIC, nodes[0].world.chain.genesis, folder / "k.json")


def taken() -> list[int]:
    return []


def test_a_registration_is_kept_then_sent_then_read_back(
    registration: Registration, node: AccountNode, chain: World
) -> None:
    before = chain.chain.ledger.amount(PUBLIC)
    plan = registration.plan(AMOUNT)
    assert (plan.fee, plan.nonce, plan.balance) == (FEE, 0, before)
    made = registration.make(plan, VALIDATOR)
    assert (registration.kept(), node.sent) == (made, [])
    assert registration.file.stat().st_mode & 0o777 == 0o600

    nonces = taken()
    registration.send(made, nonces.append)

    miner = registration.confirm(0, FrozenClock(), lambda _: None)
    assert miner is not None
    assert (miner.registration_fee, nonces) == (AMOUNT, [0])
    assert chain.chain.ledger.amount(PUBLIC) == before - AMOUNT - FEE


def test_it_signs_a_registration_of_the_key_and_nothing_else(registration: Registration) -> None:
    made = registration.make(registration.plan(2 * AMOUNT, FEE + 1), VALIDATOR)

    assert made.payload == RegisterMiner(PUBLIC, 2 * AMOUNT)
    assert (made.fee, made.signature_holds()) == (FEE + 1, True)


def test_after_a_lost_reply_the_same_bytes_are_sent_and_paid_once(
    chain: World, tmp_path: Path
) -> None:
    node = AccountNode(chain, lost=True)
    before = chain.chain.ledger.amount(PUBLIC)
    first = registering(node, folder=tmp_path)
    made = first.make(first.plan(AMOUNT), VALIDATOR)
    with pytest.raises(ChainUnreadableError):
        first.send(made, taken().append)

    node.lost = False
    again = registering(node, folder=tmp_path)
    kept = again.kept()
    assert kept is not None
    again.send(kept, taken().append)
    chain.mine()
    again.send(kept, taken().append)  # registered: nothing more goes out

    assert node.sent == [made.encode()] * 2
    assert again.registered() is not None
    assert chain.chain.ledger.amount(PUBLIC) == before - AMOUNT - FEE


def test_a_second_registration_is_not_made_over_the_first(registration: Registration) -> None:
    plan = registration.plan(AMOUNT)
    first = registration.make(plan, VALIDATOR)

    with pytest.raises(KeyFileError, match="already"):
        registration.make(replace(plan, fee=FEE + 1), VALIDATOR)

    assert registration.kept() == first


@pytest.mark.parametrize(
    ("amount", "fee", "said"),
    [
        (AMOUNT - 1, None, "no less than 1000000000 units"),
        (AMOUNT, FEE - 1, "no less than 10000 units"),
        (10**12, None, "needs 1000000010000"),
    ],
)
def test_what_the_chain_would_refuse_is_refused_before_anything_is_signed(
    registration: Registration, amount: int, fee: int | None, said: str
) -> None:
    with pytest.raises(RegistrationRefusedError, match=said):
        registration.plan(amount, fee)


def test_a_registered_or_busy_account_is_not_registered_again(
    registration: Registration, chain: World
) -> None:
    chain.send(VALIDATOR, RegisterMiner(PUBLIC, AMOUNT))
    with pytest.raises(RegistrationRefusedError, match="waits to be mined"):
        registration.plan(AMOUNT)
    chain.mine()
    with pytest.raises(RegistrationRefusedError, match="registered already"):
        registration.plan(AMOUNT)


def test_a_kept_registration_whose_nonce_was_used_elsewhere_is_not_sent(
    registration: Registration, node: AccountNode, chain: World
) -> None:
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)
    chain.do(VALIDATOR, ValidateAnswer(b"\x01" * 32, b"\x02" * 32, 50))

    with pytest.raises(RegistrationRefusedError, match="nonce 0 of the kept registration is used"):
        registration.send(made, taken().append)

    assert node.sent == []


def test_the_next_node_is_asked_when_one_hangs_up(chain: World, tmp_path: Path) -> None:
    nodes = AccountNode(chain, "a", lost=True), AccountNode(chain, "b")
    registration = registering(*nodes, folder=tmp_path)
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)

    registration.send(made, taken().append)

    assert [node.sent for node in nodes] == [[made.encode()]] * 2


def test_what_a_node_says_to_the_transaction_comes_through(
    registration: Registration, chain: World
) -> None:
    plan = registration.plan(AMOUNT)
    made = registration.make(replace(plan, fee=1), VALIDATOR)

    with pytest.raises(SubmitRefusedError):
        registration.send(made, taken().append)


def test_nodes_that_differ_or_show_another_chain_prove_nothing(
    chain: World, tmp_path: Path
) -> None:
    elsewhere = world(seed="another")
    other = AccountNode(elsewhere, "b")
    registration = registering(AccountNode(chain, "a"), other, folder=tmp_path)
    with pytest.raises(ChainUnreadableError, match="node b shows another chain"):
        registration.registered()

    other.other_genesis = chain.chain.genesis
    elsewhere.fund(VALIDATOR)
    elsewhere.do(VALIDATOR, ValidateAnswer(b"\x01" * 32, b"\x02" * 32, 50))
    with pytest.raises(ChainUnreadableError, match="next nonce"):
        registration.plan(AMOUNT)
    elsewhere.register(VALIDATOR)
    with pytest.raises(ChainUnreadableError, match="whether the account is registered"):
        registration.registered()


def test_waiting_ends_when_it_is_mined_or_the_time_is_over(chain: World, tmp_path: Path) -> None:
    clock, node = FrozenClock(), AccountNode(chain)
    registration = registering(node, folder=tmp_path)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(seconds)
        node.away = len(slept) == 2  # a node that is away for a moment ends nothing
        if len(slept) == 4:
            chain.mine()

    assert registration.confirm(3, clock, sleep) is None
    assert len(slept) == 3
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)
    registration.send(made, taken().append)
    assert registration.confirm(30, clock, sleep) is not None
    assert len(slept) == 4


def _forged(registration: Registration, **changes: Any) -> bytes:
    document = json.loads(registration.file.read_bytes())
    return json.dumps(document | changes).encode()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: b"{", "look at it"),
        (lambda _: b"[]", "not of the form"),
        (lambda r: _forged(r, genesis="00" * 32), "another chain"),
        (lambda r: _forged(r, transaction="zz"), "no transaction"),
        (lambda r: _forged(r, transaction="00"), "no transaction"),
        (lambda r: _forged(r, more=1), "not of the form"),
    ],
    ids=["cut", "array", "genesis", "no hex", "short", "member"],
)
def test_a_damaged_file_is_not_sent(registration: Registration, spoil: Any, said: str) -> None:
    registration.make(registration.plan(AMOUNT), VALIDATOR)
    registration.file.write_bytes(spoil(registration))

    with pytest.raises(RegistrationRefusedError, match=said):
        registration.kept()


def test_a_planted_transaction_of_another_kind_or_key_is_not_sent(
    registration: Registration, chain: World
) -> None:
    from tests.fakes.devnet import MINER

    registration.make(registration.plan(AMOUNT), VALIDATOR)
    chain.fund(MINER)
    theirs = chain.signed(MINER, RegisterMiner(MINER.public, AMOUNT))
    verdict = chain.signed(VALIDATOR, ValidateAnswer(b"\x01" * 32, b"\x02" * 32, 50))
    ours = chain.signed(VALIDATOR, RegisterMiner(PUBLIC, AMOUNT))
    forged = replace(ours, signature=theirs.signature)
    for planted in (theirs, verdict, forged):
        planted_hex = planted.encode().hex()
        registration.file.write_bytes(_forged(registration, transaction=planted_hex))
        with pytest.raises(RegistrationRefusedError, match="no registration of this key"):
            registration.kept()


def test_a_file_that_others_may_read_is_refused(registration: Registration) -> None:
    registration.make(registration.plan(AMOUNT), VALIDATOR)
    registration.file.chmod(0o644)

    with pytest.raises(KeyFileExposedError):
        registration.kept()


def history(folder: Path, genesis: bytes) -> ProtectionDatabase:
    name = fingerprint(PUBLIC.data)
    return ProtectionDatabase.create(folder, genesis, PUBLIC.data, name, SystemClock())


def test_an_empty_history_learns_what_the_nonce_is_for(chain: World, tmp_path: Path) -> None:
    genesis, folder = chain.chain.genesis, tmp_path / "protection"
    history(folder, genesis).close()

    for _ in range(2):
        with unused_history(folder, PUBLIC, genesis, SystemClock()) as take_nonce:
            take_nonce(7)

    with ProtectionDatabase.open(folder, genesis, SystemClock()) as database:
        assert database.known(PUBLIC.data, None).nonces == {7}


def test_without_a_history_or_without_the_key_in_it_there_is_nobody_to_tell(
    chain: World, tmp_path: Path
) -> None:
    genesis = chain.chain.genesis
    with unused_history(tmp_path / "none", PUBLIC, genesis, SystemClock()) as take_nonce:
        take_nonce(0)
    assert not (tmp_path / "none").exists()
    from tests.fakes.devnet import MINER

    history(tmp_path / "protection", genesis).close()
    with unused_history(tmp_path / "protection", MINER.public, genesis, SystemClock()) as take:
        take(0)


def test_while_a_signer_runs_nothing_is_registered(chain: World, tmp_path: Path) -> None:
    genesis, folder = chain.chain.genesis, tmp_path / "protection"
    with (
        history(folder, genesis),
        pytest.raises(ProtectionInUseError),
        unused_history(folder, PUBLIC, genesis, SystemClock()),
    ):
        pytest.fail("it owns the history, too")


def test_a_key_that_has_signed_anything_is_the_signers_alone(chain: World, tmp_path: Path) -> None:
    genesis, folder = chain.chain.genesis, tmp_path / "protection"
    with history(folder, genesis) as database:
        verdict = Verdict(b"\x01" * 32, b"\x02" * 32, 80)
        database.protect(Request(genesis, PUBLIC.data, verdict, b"\x03" * 32, b"\x04" * 32, 9))

    with (
        pytest.raises(RegistrationRefusedError, match="signed verdicts already"),
        unused_history(folder, PUBLIC, genesis, SystemClock()),
    ):
        pytest.fail("it went on")


def test_a_history_of_another_chain_is_refused(chain: World, tmp_path: Path) -> None:
    folder = tmp_path / "protection"
    history(folder, b"\x09" * 32).close()

    with (
        pytest.raises(OtherGenesisError),
        unused_history(folder, PUBLIC, chain.chain.genesis, SystemClock()),
    ):
        pytest.fail("it went on")


def test_the_file_holds_the_very_bytes_that_are_sent(
    registration: Registration, node: AccountNode
) -> None:
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)
    registration.send(made, taken().append)

    kept = json.loads(registration.file.read_bytes())["transaction"]
    assert node.sent == [bytes.fromhex(kept)]
    assert decode_canonical(node.sent[0]) == made
    assert VALIDATOR.reveal().hex() not in registration.file.read_text()


@pytest.mark.parametrize("told", [True, False])
def test_a_signer_that_had_opened_before_halts_only_when_nobody_told_it_of_the_nonce(
    tmp_path: Path, told: bool
) -> None:
    clock = FrozenClock()
    house_settings, fake = prepare(tmp_path), FakeChain(clock)
    with rig(house_settings, clock, fake) as house:
        house.open()
    if told:
        folder = house_settings.data_dir / HISTORY
        with unused_history(folder, KEY.public, GENESIS, clock) as take_nonce:
            take_nonce(0)
    fake.next_nonce = 1

    with rig(house_settings, clock, fake) as house:
        phase = house.desk.gate.poll().phase.value

    assert phase == ("open" if told else "halted")


def test_one_node_that_takes_it_is_enough(chain: World, tmp_path: Path) -> None:
    nodes = AccountNode(chain, "a"), AccountNode(chain, "b")
    registration = registering(*nodes, folder=tmp_path)
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)

    registration.send(made, taken().append)

    assert [node.sent for node in nodes] == [[made.encode()], []]


class MiningNode(AccountNode):
    """A block comes between the look at the account and that at its nonce."""

    def next_nonce(self, key: PublicKey) -> int:
        self.world.mine()
        return super().next_nonce(key)


def test_a_block_between_two_looks_is_no_failure(chain: World, tmp_path: Path) -> None:
    registration = registering(AccountNode(chain), folder=tmp_path)
    made = registration.make(registration.plan(AMOUNT), VALIDATOR)
    registration.send(made, taken().append)
    late = MiningNode(chain)

    registering(late, folder=tmp_path).send(made, taken().append)

    assert late.sent == []
    assert registration.registered() is not None
