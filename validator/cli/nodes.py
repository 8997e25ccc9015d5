"""The nodes of the settings, for commands that ask the chain themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from validator.chain.ports import Node
    from validator.settings import Settings


def nodes_of(settings: Settings) -> tuple[Node, ...]:
    """Return the nodes of `chain.nodes`, one or more. Raises ConfigurationError for none."""
    from validator.chain.opening import open_nodes

    if not settings.chain.nodes:
        raise ConfigurationError("chain.nodes: name a node, for example of a devnet")
    return open_nodes(settings)
