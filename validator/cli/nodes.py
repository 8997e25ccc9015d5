"""The nodes of the settings, for commands that ask the chain themselves."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.chain.ports import Node
    from validator.settings import Settings


@contextlib.contextmanager
def nodes_of(settings: Settings) -> Iterator[tuple[Node, ...]]:
    """Yield the nodes of `chain.nodes`, one or more. Raises ConfigurationError for none."""
    if not settings.chain.nodes:
        raise ConfigurationError("chain.nodes: name a node, for example of a devnet")
    from validator.chain.opening import open_nodes

    with contextlib.ExitStack() as stack:
        nodes = open_nodes(settings)
        for node in nodes:
            stack.callback(node.close)
        yield nodes
