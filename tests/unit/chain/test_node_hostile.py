"""Whatever a node answers, a method of the client returns a value or says ChainUnreadableError."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet import views
from tests.fakes.devnet import TASK, VALIDATOR, world
from tests.unit.chain.test_reading import ANY_JSON
from validator.chain.fields import Fields, items
from validator.chain.node import NodeClient
from validator.chain.rpc import Fault
from validator.errors import ChainUnreadableError, SubmitRefusedError
from validator.wire.tos import Network

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = VALIDATOR.public
FAULTS = st.builds(
    Fault,
    st.sampled_from([-32600, -32602, -32603, -32004, 220, 228, 289, 299, 300, 0]),
    st.sampled_from(["not found", "Task not found", "Miner not found", "nonce", "trouble", ""]),
)
CALLS: dict[str, Callable[[NodeClient], Any]] = {
    "genesis": lambda node: node.genesis(),
    "info": lambda node: node.info(),
    "block": lambda node: node.block(3),
    "task": lambda node: node.task(bytes(32)),
    "active_tasks": lambda node: node.active_tasks(),
    "miner": lambda node: node.miner(KEY),
    "next_nonce": lambda node: node.next_nonce(KEY),
    "balance": lambda node: node.balance(KEY),
    "pending": lambda node: node.pending(KEY),
    "transaction": lambda node: node.transaction(bytes(32)),
    "submit": lambda node: node.submit(b"\x00"),
}


class Scripted:
    """The calls of a client, answered by a test."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers

    def answer(self, method: str, params: Any = None) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def client(answers: list[Any]) -> NodeClient:
    made = NodeClient("n\x1b[2J", "http://127.0.0.1:1", Network.DEVNET, 1, 1000)
    scripted = Scripted(answers)
    made._rpc.call = scripted.answer  # type: ignore[method-assign]
    made._rpc.send = scripted.answer  # type: ignore[method-assign]
    return made


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@given(answers=st.lists(ANY_JSON | FAULTS, min_size=1, max_size=3))
def test_any_answer_gives_a_value_or_one_sentence(
    call: Callable[[NodeClient], Any], answers: list[Any]
) -> None:
    said = ""
    try:
        call(client(answers))
    except (ChainUnreadableError, SubmitRefusedError) as error:
        said = error.detail
    # Anything else that was raised has failed the test; what is said fits a line of a log.
    assert said.isprintable()
    assert len(said) < 500


def test_an_error_is_never_taken_for_nothing_there() -> None:
    fault = Fault(-32603, "Task not found, Miner not found, account not found")
    for name in ("task", "miner", "balance", "pending", "transaction", "next_nonce"):
        with pytest.raises(ChainUnreadableError, match="error -32603"):
            CALLS[name](client([fault]))


@pytest.mark.parametrize("name", ["task", "active_tasks", "pending", "block"])
def test_only_of_tasks_a_list_that_is_too_long_is_no_fault_of_the_node(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = world()
    seen.market()
    shown = json.loads(json.dumps(views.task(seen.chain.mining.tasks[TASK])))
    replies: dict[str, Any] = {
        "task": shown,
        "active_tasks": {TASK.hex(): shown},
        "pending": {"min": 0, "max": 0, "txs": ["aa" * 32], "balances": {}},
        "block": json.loads(
            json.dumps(views.block(seen.chain, seen.chain.top, Network.DEVNET, include=True))
        ),
    }
    calls = CALLS | {
        "task": lambda node: node.task(TASK),
        "block": lambda node: node.raw_block(seen.chain.topoheight),
    }
    calls[name](client([replies[name]]))
    monkeypatch.setattr(Fields, "items", lambda self, key: items(self.get(key), key, 0))

    with pytest.raises(ChainUnreadableError, match="list of at most 0") as caught:
        calls[name](client([replies[name]]))

    assert caught.value.too_large is (name in ("task", "active_tasks"))
