"""Users of rooms, as host and keeper both know them."""

from __future__ import annotations

from typing import Final

FIRST_USER: Final = 200_000
"""Where a room's uids begin, as the room counts."""
USERS: Final = 1_100_000  # more than the jobs of a session can be
KERNEL_LOW: Final = 300_000_000
KERNEL_HIGH: Final = 2_000_000_000
"""Where they begin for the kernel: above those of people and services, below the sign."""
