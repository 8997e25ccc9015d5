"""The embedded backend: bubblewrap, with the toolchains of this machine."""

from __future__ import annotations

from sandboxes.bubblewrap.backend import BubblewrapSandbox
from sandboxes.bubblewrap.session import BubblewrapSession

__all__ = ["BubblewrapSandbox", "BubblewrapSession"]
