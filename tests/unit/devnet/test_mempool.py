"""What the mempool refuses, with the node's code and text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from devnet import views
from devnet.errors import NodeError
from devnet.ledger import TOS_ASSET
from tests.fakes.devnet import FUNDS, MINER, POOR, PUBLISHER, SECOND, TASK, VALIDATOR, secret
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import World

VERDICT = tos.ValidateAnswer(TASK, bytes(32), 85)
REGISTER = tos.RegisterMiner(PUBLISHER.public, 10**9)


def refusal(world: World, transaction: tos.Transaction) -> NodeError:
    with pytest.raises(NodeError) as caught:
        world.node.submit(transaction.encode())
    return caught.value


@pytest.fixture
def funded(world: World) -> World:
    world.fund(PUBLISHER)
    return world


def test_an_ai_transaction_that_breaks_every_rule_is_let_in(funded: World) -> None:
    name = funded.send(PUBLISHER, tos.ValidateAnswer(TASK, bytes(32), 255))

    assert name in funded.chain.mempool


def test_the_same_transaction_twice_is_228_then_289(funded: World) -> None:
    sent = funded.signed(PUBLISHER, VERDICT)
    funded.node.submit(sent.encode())
    again = refusal(funded, sent)
    funded.send(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    funded.mine()

    assert (again.code, again.message) == (228, f"Tx {sent.hash().hex()} already in mempool")
    # The verdict broke a rule and so was not executed: only the burn is in the chain.
    burned = funded.signed(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    funded.node.submit(burned.encode())
    funded.mine()
    assert refusal(funded, burned).code == 289
    assert refusal(funded, sent).code == 300


def test_a_taken_nonce_is_220_whatever_the_fee(funded: World) -> None:
    funded.send(PUBLISHER, VERDICT)

    error = refusal(funded, funded.signed(PUBLISHER, VERDICT, nonce=0, fee=10**6))

    assert error.code == 220
    assert "Tx nonce 0 already used by Tx" in error.message


def test_a_nonce_outside_the_pending_range_is_279(funded: World) -> None:
    funded.send(PUBLISHER, VERDICT)

    error = refusal(funded, funded.signed(PUBLISHER, VERDICT, nonce=2))

    assert (error.code, error.message) == (
        279,
        "Invalid tx nonce 2 for mempool cache, range: [0-0]",
    )


def test_a_nonce_that_is_not_the_accounts_is_300(funded: World) -> None:
    assert refusal(funded, funded.signed(PUBLISHER, VERDICT, nonce=1)).code == 300


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"version": tos.TxVersion.T1, "chain_id": 3}, 273, "Invalid tx version"),
        ({"fee": 9_999}, 235, "Invalid Tx fee, expected at least 0.00010000, got 0.00009999"),
        (
            {"reference": tos.Reference(bytes(32), 2)}, 231,
            "Transaction has an invalid reference: topoheight 2 is higher than our topoheight 1",
        ),
        ({"fee_type": tos.FeeType.ENERGY}, 309, "Invalid transaction format"),
        ({"fee_type": tos.FeeType.UNO}, 309, "Invalid transaction format"),
    ],
)  # fmt: skip
def test_a_wrong_envelope_has_its_code(
    funded: World, changes: dict[str, Any], code: int, text: str
) -> None:
    error = refusal(funded, funded.signed(PUBLISHER, VERDICT, **changes))

    assert (error.code, error.message) == (code, text)


def test_a_reference_hash_is_not_looked_at(funded: World) -> None:
    reference = tos.Reference(b"\xff" * 32, 0)

    assert funded.send(PUBLISHER, VERDICT, reference=reference) in funded.chain.mempool


def test_a_signature_of_another_or_over_other_bytes_is_254(funded: World) -> None:
    good = funded.signed(PUBLISHER, VERDICT)
    other = replace(good, signature=MINER.sign(good.unsigned()))
    changed = replace(good, fee=20_000)

    assert refusal(funded, other).code == 254
    assert refusal(funded, changed).code == 254


def test_a_source_that_is_no_point_never_passes(funded: World) -> None:
    no_point = next(key for n in range(256) if not (key := tos.PublicKey(bytes([n] * 32))).is_point)
    sent = replace(funded.signed(PUBLISHER, VERDICT), source=no_point)

    assert refusal(funded, sent).code == 302


def test_who_cannot_pay_fee_and_amount_is_told_299(world: World) -> None:
    world.fund(POOR, amount=10**9)
    world.fund(PUBLISHER, amount=10**9 + 10_000)

    error = refusal(world, world.signed(POOR, tos.RegisterMiner(POOR.public, 10**9)))

    assert error.code == 299
    assert error.message == "Insufficient funds: available 1000000000, required 1000010000"
    assert world.send(PUBLISHER, REGISTER)
    assert refusal(world, world.signed(PUBLISHER, VERDICT)).code == 299  # spent by the one before


def test_an_unknown_account_has_no_funds(world: World) -> None:
    assert refusal(world, world.signed(secret(99), VERDICT)).code == 299


def test_amounts_beyond_64_bits_are_refused(funded: World) -> None:
    huge = tos.RegisterMiner(PUBLISHER.public, 2**64 - 1)

    assert refusal(funded, funded.signed(PUBLISHER, huge)).code == 299


def test_bytes_after_the_end_are_ignored(funded: World) -> None:
    sent = funded.signed(PUBLISHER, VERDICT)
    funded.node.submit(sent.encode() + b"rest")

    assert sent.hash() in funded.chain.mempool


def test_bytes_that_do_not_decode_are_bad_params(funded: World) -> None:
    with pytest.raises(NodeError) as caught:
        funded.node.submit(b"\x00\x01")

    assert caught.value.code == -32602


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (tos.Burn(TOS_ASSET, 0), 309),
        (tos.Transfers((tos.Transfer(TOS_ASSET, PUBLISHER.public, 1),)), 296),
        (tos.Transfers((tos.Transfer(TOS_ASSET, MINER.public, 1, bytes(129)),)), 240),
        (tos.MultiSigSetup(0), 306),
        (tos.MultiSigSetup(2, (MINER.public,)), 308),
        (tos.MultiSigSetup(1, (PUBLISHER.public,)), 307),
    ],
)
def test_other_payloads_have_rules_of_their_own(
    funded: World, payload: tos.Payload, code: int
) -> None:
    assert refusal(funded, funded.signed(PUBLISHER, payload, fee=50_000)).code == code


def test_energy_cannot_be_had_here(funded: World) -> None:
    payload = tos.Transfers((tos.Transfer(TOS_ASSET, MINER.public, 1),))
    sent = funded.signed(PUBLISHER, payload, fee=0, fee_type=tos.FeeType.ENERGY)

    assert refusal(funded, sent).message == "Insufficient energy"


def with_multisig(sent: tos.Transaction, *keys: tuple[int, tos.SecretKey]) -> tos.Transaction:
    """The participants sign the same bytes; the source's signature does not cover theirs."""
    entries = [
        tos.MultiSigSignature(place, key.sign(sent.multisig_message())) for place, key in keys
    ]
    return replace(sent, multisig=tos.MultiSig(tuple(entries)))


def test_a_multisig_account_needs_its_participants(funded: World) -> None:
    stray = with_multisig(funded.signed(PUBLISHER, VERDICT, fee=15_000), (0, MINER))
    assert refusal(funded, stray).code == 306

    setup = tos.MultiSigSetup(2, (MINER.public, VALIDATOR.public))
    funded.do(PUBLISHER, setup)
    plain = funded.signed(PUBLISHER, VERDICT, fee=20_000)

    assert refusal(funded, plain).code == 312
    assert refusal(funded, with_multisig(plain, (0, MINER))).code == 307
    assert refusal(funded, with_multisig(plain, (0, MINER), (5, VALIDATOR))).code == 307
    assert refusal(funded, with_multisig(plain, (0, MINER), (1, SECOND))).code == 254
    assert funded.node.submit(with_multisig(plain, (0, MINER), (1, VALIDATOR)).encode())
    cache = funded.chain.mempool.senders[PUBLISHER.public]
    assert views.sender(cache)["multisig"] == {
        "threshold": 2, "participants": [list(MINER.public.data), list(VALIDATOR.public.data)],
    }  # fmt: skip


def test_pending_transactions_are_chosen_by_fee_and_each_senders_in_order(world: World) -> None:
    world.fund(PUBLISHER, MINER)
    cheap = world.send(PUBLISHER, VERDICT, fee=10_000)
    late = world.send(PUBLISHER, VERDICT, fee=90_000)
    dear = world.send(MINER, VERDICT, fee=20_000)

    assert world.mine().transactions == (dear, cheap, late)


def test_a_block_overtakes_what_waited(world: World) -> None:
    world.fund(PUBLISHER)
    world.do(PUBLISHER, tos.Burn(TOS_ASSET, 5))

    assert len(world.chain.mempool) == 0
    assert world.chain.ledger.totals.burned == 5
    assert world.chain.ledger.amount(PUBLISHER.public) == FUNDS - 5 - 10_000


def test_fee_rates_follow_what_waits(world: World) -> None:
    keys = [secret(number) for number in range(40, 50)]
    world.fund(*keys)
    assert set(world.chain.mempool.fee_rates().values()) == {10_000}
    for number, key in enumerate(keys):
        world.send(key, VERDICT, fee=10_000 * (number + 1))

    rates = world.chain.mempool.fee_rates()
    assert rates == {"high": 90_000, "medium": 55_000, "low": 20_000, "default": 10_000}
