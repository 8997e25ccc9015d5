"""The chain's own errors, as the command line says them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def chain_library() -> Iterator[None]:
    """Turn a libsodium that cannot be loaded into a ConfigurationError."""
    from validator.wire.tos import LibraryError

    try:
        yield
    except LibraryError as error:
        raise ConfigurationError(str(error)) from None
