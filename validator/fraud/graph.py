"""Connected components: which accounts (or files) hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def components(edges: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return the connected components of an undirected graph, largest first, each sorted.

    Nodes without an edge are in none. Nearly linear (union by size, path halving: Tarjan and van
    Leeuwen 1984).
    """
    parent: dict[str, str] = {}
    size: dict[str, int] = {}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in edges:
        for node in (one, other):
            parent.setdefault(node, node)
            size.setdefault(node, 1)
        small, large = sorted((root(one), root(other)), key=lambda node: (size[node], node))
        if small != large:
            parent[small] = large
            size[large] += size[small]
    found: dict[str, list[str]] = {}
    for node in sorted(parent):
        found.setdefault(root(node), []).append(node)
    return tuple(sorted((tuple(group) for group in found.values()), key=lambda g: (-len(g), g)))
