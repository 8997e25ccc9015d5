"""From the settings to clients of the nodes that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.chain.node import NodeClient
from validator.errors import ConfigurationError
from validator.wire.tos import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.settings import Settings


def open_nodes(settings: Settings, names: Sequence[str] | None = None) -> tuple[NodeClient, ...]:
    """Return a client of every node in the operator's order, or of those named, in that order.

    They connect as they are asked, and are to be closed. Raises ConfigurationError for a name
    without a node.
    """
    known = {node.name: node for node in settings.chain.nodes}
    wanted = tuple(known) if names is None else tuple(names)
    for name in wanted:
        if name not in known:
            raise ConfigurationError(
                f"signer.endpoints: {name} is none of chain.nodes; name one of"
                f" {', '.join(known) or 'those that you add there'}"
            )
    return tuple(
        NodeClient(
            name,
            known[name].url,
            Network(settings.network),
            settings.chain.timeout_s,
            settings.chain.reply_bytes,
        )
        for name in wanted
    )
