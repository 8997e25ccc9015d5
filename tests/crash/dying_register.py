"""`account register` on a chain kept in a file, killed at a named point of its first run."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devnet.store import SqliteStore
from tests.fakes.account_node import AccountNode
from tests.fakes.devnet import world
from validator.cli import nodes, run
from validator.protection.database import ProtectionDatabase
from validator.signing.registration import Registration

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = "register"


def _dying(kind: type, name: str) -> None:
    """Let a method be the last thing that this process does."""
    method: Callable[..., Any] = getattr(kind, name)

    def last(self: object, *given: Any, **named: Any) -> Any:
        method(self, *given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, last)


POINTS: dict[str, Callable[[], None]] = {
    "kept": lambda: _dying(Registration, "make"),
    "nonce_taken": lambda: _dying(ProtectionDatabase, "account_for"),
    "submitted": lambda: _dying(AccountNode, "submit"),
    "none": lambda: None,
}


def main(point: str, chain: Path) -> int:
    """Run the command in the working directory, on the chain in this file."""
    made = world(SqliteStore(chain, SEED), SEED)
    node = AccountNode(made, mines=point == "none")
    nodes.nodes_of = lambda _: nullcontext((node,))  # type: ignore[assignment]
    POINTS[point]()
    command = ["account", "register", "--key-file", "k.json", "--passphrase-file", "pw"]
    code = run([*command, "--wait", "0", "--json"])
    made.mine()
    made.node.close()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
