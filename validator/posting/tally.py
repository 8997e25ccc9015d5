"""How many heads in a row something has been so."""

from __future__ import annotations


class Tally:
    """Counts for each name the heads at which it was added; two steps at one head count once."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def add(self, name: str, height: int) -> int:
        """Count the head of this height for a name, and return the name's count."""
        count, last = self._counts.get(name, (0, None))
        if height != last:
            self._counts[name] = (count + 1, height)
        return self.count(name)

    def count(self, name: str) -> int:
        """Return a name's count, 0 for one that was never added or is forgotten."""
        return self._counts.get(name, (0, 0))[0]

    def forget(self, name: str) -> None:
        """Begin again at 0."""
        self._counts.pop(name, None)
